//! The rules of docs/architecture.md that a machine can check.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which crates of the workspace a crate may depend on (design.md's table, in docs/architecture.md).
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("spikewright-names", &[]),
    ("spikewright-hdl", &["spikewright-names"]),
    ("spikewright-net", &["spikewright-names"]),
    ("spikewright-golden", &["spikewright-net"]),
    ("spikewright-rtl", &["spikewright-names", "spikewright-hdl", "spikewright-net"]),
    (
        "spikewright-sim",
        &["spikewright-net", "spikewright-golden", "spikewright-rtl"],
    ),
    ("spikewright-synth", &["spikewright-net", "spikewright-rtl"]),
    (
        "spikewright",
        &[
            "spikewright-hdl",
            "spikewright-net",
            "spikewright-golden",
            "spikewright-rtl",
            "spikewright-sim",
            "spikewright-synth",
        ],
    ),
    ("spikewright-needs", &[]),
];

/// The one file that may name the `verilated` crate.
const VERILATED_FILES: usize = 1;

/// Longest source file, in lines, tests in it included (house style: aim for 200, split near 500).
const LONGEST_FILE: usize = 600;

/// Folders with Rust files, and how many are there at least (a few below what was counted).
const SOURCES: &[(&str, usize)] =
    &[("src", 56), ("tests", 38), ("names", 2), ("hdl", 45), ("net", 80), ("golden", 24), ("rtl", 105), ("sim", 66), ("synth", 18), ("benches", 2)];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn crates_depend_only_on_what_stands_below_them() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let mut found = BTreeMap::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        let ours: Vec<_> = dependencies
            .iter()
            .filter(|dependency| dependency["kind"].is_null() && dependency["path"].is_string())
            .map(|dependency| dependency["name"].as_str().expect("name").to_string())
            .collect();
        found.insert(package["name"].as_str().expect("name").to_string(), ours);
    }
    assert_eq!(
        found.len(),
        MAY_DEPEND_ON.len(),
        "a crate is missing in this test's table: {found:?}"
    );
    // Each crate but the lowest stands on another one.
    let standing = found.values().filter(|dependencies| !dependencies.is_empty());
    needs::at_least(MAY_DEPEND_ON.len() - 2, "crates that stand on others", standing);
    for (name, allowed) in MAY_DEPEND_ON {
        for dependency in &found[*name] {
            assert!(
                allowed.contains(&dependency.as_str()),
                "{name} may not depend on {dependency}"
            );
        }
    }
}

#[test]
fn one_file_names_the_verilated_crate() {
    let naming: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| {
            text.contains("verilated::") || text.contains("use verilated") || text.contains("extern crate verilated")
        })
        .map(|(path, _)| path)
        .filter(|path| !path.ends_with("tests/architecture.rs"))
        .collect();
    assert_eq!(naming.len(), VERILATED_FILES, "one file names the crate `verilated`: {naming:?}");
}

#[test]
fn only_sim_and_synth_start_processes() {
    let product = |path: &Path| path.components().any(|part| part.as_os_str() == "src") && !path.ends_with("tests.rs");
    let starts = |(path, text): &(PathBuf, String)| {
        let product_text = text.split("#[cfg(test)]").next().unwrap_or("");
        product(path) && (product_text.contains("process::Command") || product_text.contains("Command::new("))
    };
    for (path, _) in needs::at_least(4, "files that start a process", sources().into_iter().filter(starts)) {
        let may = ["sim", "synth", "tests"].iter().any(|folder| path.starts_with(folder));
        assert!(may, "{} starts a process; only sim and synth may", path.display());
    }
}

#[test]
fn source_files_stay_short() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST_FILE)
        .collect();
    assert!(
        long.is_empty(),
        "split these files (over {LONGEST_FILE} lines): {long:?}"
    );
}

#[test]
fn no_leftovers() {
    // Put together here, so that this file does not find itself.
    let marks = [
        ["FIX", "ME"].concat(),
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
        ["#[ig", "nore"].concat(),
    ];
    for (path, text) in sources() {
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{} holds {mark}", path.display());
        }
    }
}

/// Every Rust file of the workspace, path relative to the root, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for (folder, least) in SOURCES {
        let mut found = Vec::new();
        collect(&root().join(folder), &mut found);
        all.extend(needs::at_least(*least, &format!("Rust files in {folder}"), found));
    }
    all
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .expect("folder")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("source");
            found.push((path.strip_prefix(root()).expect("below the root").to_path_buf(), text));
        }
    }
}
