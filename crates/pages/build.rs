//! The pages are embedded as they are built; a clone without them still compiles, and `serve` says what is missing.

fn main() {
    let dist = std::path::Path::new("../../ui/dist");
    // Without the folder the macro that embeds it fails with less than a sentence.
    let _ = std::fs::create_dir_all(dist);
    println!("cargo::rerun-if-changed=../../ui/dist");
}
