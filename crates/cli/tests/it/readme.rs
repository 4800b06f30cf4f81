use crate::{bellwether, root, text};

/// The transcript of the README is what the program prints. `BLESS=1 cargo test -p cli` writes it.
#[test]
fn the_transcript_is_true() {
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once("```text\n$ bellwether ").unwrap();
    let (command, rest) = rest.split_once('\n').unwrap();
    let (transcript, after) = rest.split_once("```\n").unwrap();
    let args: Vec<&str> = command.split_whitespace().collect();
    let out = bellwether(&args);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let got = text(&out.stdout);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, format!("{before}```text\n$ bellwether {command}\n{got}```\n{after}")).unwrap();
        return;
    }
    assert_eq!(got, transcript, "BLESS=1 cargo test -p cli writes it");
}

/// Two set-up commands and no more, and every link leads somewhere.
#[test]
fn the_readme_has_two_commands_and_no_dead_link() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert_eq!(readme.matches("```sh\n").count(), 2);
    for link in readme.split("](").skip(1).filter_map(|s| s.split(')').next()) {
        assert!(root().join(link).exists(), "{link}");
    }
}
