//! Shared by the test binaries of this crate.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

use rtl::Design;
use synth::Tool;
use tempfile::TempDir;

/// True if all tools are there.
pub fn have(tools: &[Tool]) -> bool {
    let missing = tools.iter().filter(|tool| tool.find().is_none());
    needs::nothing_missing(&missing.map(|tool| tool.name().to_string()).collect::<Vec<_>>())
}

/// A copy of `tests/fixtures/accumulate` to work in.
pub fn accumulate() -> TempDir {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/accumulate");
    let to = tempfile::tempdir().unwrap();
    for name in ["rtl", "mem", "."] {
        std::fs::create_dir_all(to.path().join(name)).unwrap();
        for entry in std::fs::read_dir(from.join(name)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::copy(&path, to.path().join(name).join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    to
}

/// A build folder of one Verilog file.
pub fn folder(top: &str, verilog: &str) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    std::fs::create_dir(to.path().join("rtl")).unwrap();
    std::fs::write(to.path().join("manifest.json"), format!("{{\"top\": \"{top}\"}}\n")).unwrap();
    std::fs::write(to.path().join(format!("rtl/{top}.f")), format!("{top}.v\n")).unwrap();
    std::fs::write(to.path().join(format!("rtl/{top}.v")), verilog).unwrap();
    to
}

/// What Icarus prints for these files with `folder/rtl` as working folder.
pub fn icarus(folder: &Path, files: &[PathBuf], testbench: &str) -> String {
    let bench = folder.join("testbench.v");
    std::fs::write(&bench, testbench).unwrap();
    let program = folder.join("testbench.vvp");
    let compiled = Command::new(Tool::Iverilog.find().unwrap())
        .args(["-g2005", "-s", "testbench", "-o"])
        .arg(&program)
        .args(files)
        .arg(&bench)
        .current_dir(folder.join("rtl"))
        .output()
        .unwrap();
    assert!(
        compiled.status.success(),
        "{}",
        String::from_utf8_lossy(&compiled.stderr)
    );
    let ran = Command::new("vvp")
        .arg(&program)
        .current_dir(folder.join("rtl"))
        .output()
        .unwrap();
    String::from_utf8(ran.stdout).unwrap()
}

/// A build folder of a design without memory files.
pub fn design_folder(design: &Design) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    std::fs::create_dir(to.path().join("rtl")).unwrap();
    let mut list = String::new();
    for file in &design.files {
        std::fs::write(to.path().join(&file.path), &file.text).unwrap();
        list += &format!("{}\n", file.path.trim_start_matches("rtl/"));
    }
    std::fs::write(to.path().join(format!("rtl/{}.f", design.top)), list).unwrap();
    std::fs::write(to.path().join("manifest.json"), format!("{{\"top\": \"{}\"}}\n", design.top)).unwrap();
    to
}
