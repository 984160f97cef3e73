//! A place of its own for each test, and the program run in it.
#![allow(dead_code, unused_macros)]

/// A snapshot without the expression that made it.
macro_rules! snapshot {
    ($($arguments:tt)*) => {
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!($($arguments)*) })
    };
}

pub mod bus;
pub mod chip;
pub mod dont_care;
pub mod equivalence;
pub mod hardware;
pub mod icarus;
pub mod large;
pub mod mutant;
pub mod routers;
pub mod shrink;
pub mod subjects;
pub mod toggles;
pub mod written;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A temporary folder with the files of `tests/data`; the program runs in it, so that no path depends on the machine.
pub struct Place {
    folder: tempfile::TempDir,
}

/// What a run of the program left behind.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

impl Place {
    pub fn new() -> Place {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for entry in std::fs::read_dir(root().join("tests/data"))
            .expect("tests/data")
            .flatten()
        {
            std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("copy");
        }
        Place { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Builds the folder `out`: it lints, its testbench passes in Icarus, `cosim` finds nothing, and it builds itself again.
    pub fn sound_folder(&self, flags: &str) {
        let built = self.run(&format!("build {flags} --name chip --out out --force"));
        assert_eq!(built.code, 0, "{flags}: {}", built.stderr);
        let lint = self.tool("verilator", "--lint-only -Wall -Iout/rtl out/rtl/chip.v");
        assert_eq!(lint.code, 0, "{flags}: {}", lint.stderr);
        let played = self.tool("make", "-C out/tb clean sim SIM=icarus");
        assert!(played.code == 0 && played.stdout.contains("PASS"), "{flags}: {}{}", played.stdout, played.stderr);
        let ran = self.run("cosim out --json");
        assert_eq!((ran.code, &ran.json()["mismatches"]), (0, &serde_json::json!(0)), "{flags}: {}", ran.stdout);
        let again = self.run("build --config out/spikewright.toml --out again --force");
        assert_eq!(again.code, 0, "{flags}: {}", again.stderr);
        let same = self.tool("diff", "-r -x build out again");
        assert_eq!(same.code, 0, "{flags}: {}", same.stdout);
    }

    /// Copies a bundled file of `examples/mnist` here.
    pub fn example(&self, name: &str) {
        std::fs::copy(root().join("examples/mnist").join(name), self.path(name)).expect("copy");
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
        std::fs::write(path, bytes).expect("write");
    }

    /// Runs `spikewright` with `line`, split at blanks.
    pub fn run(&self, line: &str) -> Ran {
        self.run_with(line, &[])
    }

    pub fn run_with(&self, line: &str, variables: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spikewright"));
        command
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .envs(variables.iter().copied());
        ran(command.output().expect("spikewright starts"))
    }

    /// Runs another program here.
    pub fn tool(&self, program: &str, line: &str) -> Ran {
        ran(Command::new(program)
            .args(line.split_whitespace())
            .current_dir(self.folder.path())
            .output()
            .expect("starts"))
    }

    /// Every file below `name` with its bytes, sorted by path; there is one at least.
    pub fn files(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        collect(&self.path(name), &self.path(name), &mut found);
        found.sort();
        assert!(!found.is_empty(), "no file in {name}");
        found
    }
}

impl Ran {
    /// The one JSON object on stdout.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let name = path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
            found.push((name, std::fs::read(&path).expect("read")));
        }
    }
}

/// False, loudly, if a tool is missing.
pub fn have(tools: &[&str]) -> bool {
    needs::programs(tools)
}
