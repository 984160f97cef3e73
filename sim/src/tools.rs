//! The programs that simulation needs: where they are, which version, how to install them.

use std::path::PathBuf;
use std::process::Command;

use crate::error::SimError;

/// A program as `spikewright doctor` lists it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ToolStatus {
    pub name: &'static str,
    /// First line of what it says about itself; `None` if it is not installed.
    pub version: Option<String>,
    pub needed_for: &'static str,
    /// Command that installs it.
    pub install: &'static str,
}

pub(crate) const INSTALL_VERILATOR: &str = "sudo apt-get install -y verilator";
pub(crate) const INSTALL_COMPILER: &str = "sudo apt-get install -y g++";

/// All programs that this crate may start.
pub fn tools() -> Vec<ToolStatus> {
    vec![
        ToolStatus {
            name: "verilator",
            version: Verilator::find().ok().map(|v| v.version),
            needed_for: "cosim (lockstep simulation)",
            install: INSTALL_VERILATOR,
        },
        ToolStatus {
            name: "g++",
            version: Compiler::find().ok().map(|c| c.version),
            needed_for: "cosim (compiles the simulation model)",
            install: INSTALL_COMPILER,
        },
    ]
}

/// Verilator's binary and the folder of its C++ runtime.
#[derive(Clone, Debug)]
pub struct Verilator {
    pub program: PathBuf,
    pub version: String,
    /// Folder with `verilated.h` and the runtime's sources.
    pub include: PathBuf,
}

impl Verilator {
    /// Looks at `$VERILATOR_ROOT/bin` if that is set, else on the path.
    pub fn find() -> Result<Verilator, SimError> {
        let missing = || SimError::MissingTool {
            tool: "verilator".into(),
            install: INSTALL_VERILATOR.into(),
        };
        let root = std::env::var_os("VERILATOR_ROOT").map(PathBuf::from);
        let candidates = root
            .iter()
            .map(|root| root.join("bin/verilator_bin"))
            .chain(["verilator_bin".into(), "verilator".into()]);
        for program in candidates {
            let Some(text) = first_output(&program, "-V") else {
                continue;
            };
            let version = text.lines().next().unwrap_or_default().trim().to_string();
            let said = text.lines().find_map(|line| {
                let (key, value) = line.split_once('=')?;
                (key.trim() == "VERILATOR_ROOT" && !value.trim().is_empty()).then(|| PathBuf::from(value.trim()))
            });
            let include = root
                .clone()
                .or(said)
                .unwrap_or_else(|| "/usr/share/verilator".into())
                .join("include");
            if include.join("verilated.h").is_file() {
                return Ok(Verilator {
                    program,
                    version,
                    include,
                });
            }
        }
        Err(missing())
    }
}

/// The C++ compiler: `$CXX`, else `g++`.
#[derive(Clone, Debug)]
pub struct Compiler {
    pub program: PathBuf,
    pub version: String,
}

impl Compiler {
    pub fn find() -> Result<Compiler, SimError> {
        let program = PathBuf::from(std::env::var_os("CXX").unwrap_or_else(|| "g++".into()));
        let text = first_output(&program, "--version").ok_or_else(|| SimError::MissingTool {
            tool: program.display().to_string(),
            install: INSTALL_COMPILER.into(),
        })?;
        Ok(Compiler {
            version: text.lines().next().unwrap_or_default().trim().to_string(),
            program,
        })
    }
}

fn first_output(program: &PathBuf, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a command to its end; what it printed becomes the error if it fails.
pub(crate) fn run(command: &mut Command, tool: &str, install: &str) -> Result<(), SimError> {
    let shown = || {
        let name = std::path::Path::new(command.get_program())
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        name.into_owned()
    };
    let shown = shown();
    let output = command.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => SimError::MissingTool {
            tool: tool.into(),
            install: install.into(),
        },
        _ => SimError::Io {
            path: shown.clone().into(),
            source: error,
        },
    })?;
    if output.status.success() {
        return Ok(());
    }
    let mut text = String::from_utf8_lossy(&output.stderr).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stdout));
    Err(SimError::Tool {
        command: shown,
        output: text.trim_end().to_string(),
    })
}
