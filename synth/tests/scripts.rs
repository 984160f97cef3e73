//! The scripts that `build` puts into its folder run as they are, and say the same on every run.

mod common;

use std::process::Command;

use common::{accumulate, have};
use rtl::edge::{Edges, Port};
use rtl::fabric::StepEnd;
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
        let files = constraint_files(target, &Edges::default());
        assert!(!files.is_empty());
        for (path, text) in files {
            assert!(path.starts_with(&format!("constraints/{target}.")), "{path}");
            assert!(text.contains("aclk") && text.contains(&target.clock_mhz().to_string()), "{text}");
        }
    }
}

/// Ports that belong to no clock have their delays in every format.
#[test]
fn constraints_hold_bundled_data() {
    let edges = Edges { input: Port::Aer, output: Port::Aer, step_end: Some(StepEnd::Pin), ..Edges::default() };
    for target in Target::ALL {
        for (path, text) in needs::at_least(1, "constraint files", constraint_files(target, &edges)) {
            for pin in ["aer_in_req", "aer_in_data*", "aer_out_ack", "aer_out_data*", "tick_pin", "tick_last"] {
                assert_eq!(text.matches(pin).count(), 1, "{path}: {pin}\n{text}");
            }
        }
    }
    let one = |ending: &str| constraint_files(Target::Ecp5_25k, &edges).into_iter().find(|(path, _)| path.ends_with(ending)).expect("a file").1;
    assert!(one("sdc").contains("set_max_delay 10.000 -from [get_ports {aer_in_data*}]"), "{}", one("sdc"));
    assert!(one("lpf").contains("MAXDELAY TO PORT \"aer_out_data*\" 10.000 NS;"), "{}", one("lpf"));
    assert!(!constraint_files(Target::Ecp5_25k, &Edges::default())[0].1.contains("aer_"));
}
