//! Why a simulation could not be run. A mismatch is no error: it is a result, see [`crate::LockstepReport`].

use std::path::{Path, PathBuf};

use net::{Problem, Problems};

/// What kept a simulation from running.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// A program is not installed.
    #[error("{tool}: not found; install it with `{install}`")]
    MissingTool { tool: String, install: String },
    /// A program was run and refused its input; `output` is what it printed.
    #[error("`{command}` failed:\n{output}")]
    Tool { command: String, output: String },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    /// A compiled model could not be loaded, or lacks what it should have.
    #[error("{0}")]
    Model(String),
    /// A sample that the network may not see, or options that make no sense.
    #[error("{0}")]
    Problems(#[from] Problems),
}

impl SimError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> SimError + '_ {
        move |source| SimError::Io {
            path: path.to_path_buf(),
            source,
        }
    }

    /// The same as problems with code, path, value, limit and remedy, as every command reports them.
    pub fn into_problems(self) -> Problems {
        let problem = match self {
            SimError::Problems(problems) => return problems,
            SimError::MissingTool { tool, install } => Problem::new(
                "missing-tool",
                tool,
                "not found",
                "needed to simulate the hardware",
                format!("run `{install}`"),
            ),
            SimError::Tool { command, output } => Problem::new(
                "tool-failed",
                command,
                output,
                "the emitted files must pass this tool",
                "undo hand edits in the folder, or report a bug if there are none",
            ),
            SimError::Io { path, source } => Problem::new(
                "file",
                path.display().to_string(),
                source.to_string(),
                "must be readable and writable",
                "check permissions and free space, or set SPIKEWRIGHT_CACHE to another folder",
            ),
            SimError::Model(text) => Problem::new(
                "simulation-model",
                "compiled model",
                text,
                "the design must have the ports and signals of an emitted design",
                "undo hand edits of names in the folder, or report a bug if there are none",
            ),
        };
        problem.into()
    }
}
