//! What bad input gets: every message names a path, a value, a limit and a remedy, and all are reported at once.

use std::fmt;

/// One thing that is wrong with what the user gave us.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Stable machine-readable name in kebab-case, e.g. `threshold-range`.
    pub code: &'static str,
    /// Where: a file, or a file and the node in it, or a flag (`layer 2 "fc1"`).
    pub path: String,
    /// What was found there.
    pub value: String,
    /// What is allowed.
    pub limit: String,
    /// What the user can do about it.
    pub remedy: String,
}

impl Problem {
    /// Builds a problem; see the fields for the meaning of each part.
    pub fn new(
        code: &'static str,
        path: impl Into<String>,
        value: impl Into<String>,
        limit: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Problem { code, path: path.into(), value: value.into(), limit: limit.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({}); {}", self.path, self.value, self.limit, self.remedy)
    }
}

/// All problems of one input. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// `Ok(value)` if nothing was found, else all that was.
    pub fn unless_empty<T>(found: Vec<Problem>, value: T) -> Result<T, Problems> {
        if found.is_empty() {
            Ok(value)
        } else {
            Err(Problems(found))
        }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Problems(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
