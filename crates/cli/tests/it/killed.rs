//! A build killed at any point leaves the last good one readable, and the next one completes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{bellwether, fresh, root, text};

#[test]
fn fifty_kills_lose_nothing() {
    let (_keep, case) = fresh("minimal");
    assert!(bellwether(&["build", &case, "--no-tests", "--worlds", "4096"]).status.success());
    let hypotheses = Path::new(&case).join("hypotheses.toml");
    let good = fs::read_to_string(&hypotheses).unwrap();
    let begun = std::time::Instant::now();
    assert!(bellwether(&["build", &case, "--no-tests", "--worlds", "4097"]).status.success());
    let whole = begun.elapsed().as_micros() as u64;
    let mut killed = 0;
    for i in 0..50u64 {
        // Another likelihood and another number of worlds every time, so that every build has much to write.
        fs::write(&hypotheses, good.replace("active = 0.60", &format!("active = 0.{}", 30 + i))).unwrap();
        let worlds = (4096 - i).to_string();
        let mut child = Command::new(env!("CARGO_BIN_EXE_bellwether"))
            .args(["build", &case, "--no-tests", "--worlds", &worlds])
            .current_dir(root())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Spread over the length of a build by a fixed sequence.
        let wait = (i * 7919 + 13) % 50 * whole / 50;
        std::thread::sleep(Duration::from_micros(wait));
        // SIGKILL: no handler runs.
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        let rows = bellwether(&["query", "select count(*) as n from claims", &case]);
        assert!(rows.status.success(), "after kill {i}: {}", text(&rows.stderr));
        assert!(text(&rows.stdout).contains('2'), "{}", text(&rows.stdout));
    }
    assert!(killed >= 25, "only {killed} builds were caught in time");
    let out = bellwether(&["build", &case, "--worlds", "4096"]);
    assert!(out.status.success(), "{}", text(&out.stderr));
    let left: Vec<_> =
        fs::read_dir(Path::new(&case).join(".bellwether/cache")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(left.iter().all(|n| !n.to_string_lossy().ends_with(".tmp")), "{left:?}");
}
