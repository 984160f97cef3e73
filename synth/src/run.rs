//! Starting a tool: output to a log file, errors as problems.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use net::problem::Problem;

/// A tool's run that has ended.
pub(crate) struct Ended {
    pub success: bool,
    /// Everything it wrote.
    pub log: String,
}

impl Ended {
    /// The last line that starts with `ERROR` (what yosys and nextpnr end with), else the last line.
    pub fn error(&self) -> &str {
        let lines = || self.log.lines().map(str::trim).filter(|line| !line.is_empty());
        lines()
            .rfind(|line| line.contains("ERROR:"))
            .or_else(|| lines().last())
            .unwrap_or("no output")
    }
}

/// Runs `program arguments` in `folder` and keeps what it writes in `folder/log_name`.
pub(crate) fn run(program: &Path, arguments: &[String], folder: &Path, log_name: &str) -> Result<Ended, Problem> {
    let log_path = folder.join(log_name);
    let log = File::create(&log_path).map_err(|error| file_problem(&log_path, &error))?;
    let log_too = log.try_clone().map_err(|error| file_problem(&log_path, &error))?;
    let status = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(log_too)
        .status()
        .map_err(|error| {
            Problem::new(
                "tool-start",
                program.display().to_string(),
                error.to_string(),
                "a program that can be started",
                "run tools/setup, then spikewright doctor",
            )
        })?;
    let log = std::fs::read(&log_path).map_err(|error| file_problem(&log_path, &error))?;
    Ok(Ended {
        success: status.success(),
        log: String::from_utf8_lossy(&log).into_owned(),
    })
}

/// A file that could not be read or written.
pub(crate) fn file_problem(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        "file",
        path.display().to_string(),
        error.to_string(),
        "a file that can be read and written here",
        "check the folder and its permissions",
    )
}

/// Reads a text file.
pub(crate) fn read(path: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(path).map_err(|error| file_problem(path, &error))
}

/// Writes a text file.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Problem> {
    std::fs::write(path, text).map_err(|error| file_problem(path, &error))
}

/// A tool that ran but ended with an error that says nothing about whether the design fits.
pub(crate) fn tool_failed(tool: &str, ended: &Ended, log: &Path) -> Problem {
    Problem::new(
        "tool-failed",
        tool,
        ended.error(),
        "it ends without an error on a folder that `spikewright build` wrote",
        format!("see {}; build the folder again if it was edited", log.display()),
    )
}
