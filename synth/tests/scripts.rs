//! The scripts that `build` puts into its folder run as they are, and say the same on every run.

mod common;

use std::process::Command;

use common::{accumulate, have};
use synth::{constraint_files, scripts, Folder, Target, Tool};

#[test]
fn the_scripts_of_a_build_run_in_their_folder() {
    if !have(&[Tool::Yosys]) {
        return;
    }
    let dir = accumulate();
    let folder = Folder::open(dir.path()).unwrap();
    let files = scripts(&folder.top, &folder.sources);
    assert_eq!(files, scripts(&folder.top, &folder.sources));
    std::fs::create_dir(dir.path().join("synth")).unwrap();
    for (path, text) in &files {
        std::fs::write(dir.path().join(path), text).unwrap();
    }
    let made = Command::new("make")
        .current_dir(dir.path().join("synth"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let said = String::from_utf8_lossy(&made.stdout);
    assert!(said.contains("DP16KD"), "{said}");
    assert!(dir.path().join("synth/accumulate.ecp5.json").is_file());
}

#[test]
fn every_target_has_its_clock() {
    for target in Target::ALL {
        let files = constraint_files(target);
        assert!(!files.is_empty());
        for (path, text) in files {
            assert!(path.starts_with(&format!("constraints/{target}.")), "{path}");
            assert!(text.contains("aclk") && text.contains(&target.clock_mhz().to_string()), "{text}");
        }
    }
}
