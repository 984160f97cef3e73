//! What a command says: text for people, or one JSON object on stdout; errors and progress on stderr.

use std::cell::Cell;
use std::io::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use net::Problems;
use serde_json::{json, Map, Value};

/// Version of the JSON objects' layout (`docs/json.md`); goes up when a field changes its meaning or leaves.
pub const SCHEMA: u32 = 1;

/// Exit code: all is well.
pub const PASSED: u8 = 0;
/// Exit code: a check failed (a mismatch, a design that does not fit).
pub const FAILED: u8 = 1;
/// Exit code: the input is bad; nothing was written.
pub const BAD_INPUT: u8 = 2;

/// Where the output of one command goes.
#[derive(Clone, Debug)]
pub struct Console {
    json: bool,
    command: &'static str,
    flag_seed: Option<u64>,
    /// The seed in use, once a settings file was read too.
    seed: Cell<u64>,
}

/// Seed where neither a flag nor a settings file says one.
pub const DEFAULT_SEED: u64 = 1;

/// What a command found out: its part of the JSON object, and whether its check passed.
#[derive(Debug)]
pub struct Reply {
    pub fields: Map<String, Value>,
    pub passed: bool,
}

impl Reply {
    /// A reply that passed. `fields` must be a JSON object.
    pub fn new(fields: Value) -> Reply {
        let fields = match fields {
            Value::Object(fields) => fields,
            other => Map::from_iter([("value".to_string(), other)]),
        };
        Reply { fields, passed: true }
    }

    /// The same reply, failed unless `passed`.
    pub fn passed_if(self, passed: bool) -> Reply {
        Reply { passed, ..self }
    }
}

impl Console {
    pub fn new(json: bool, command: &'static str, seed: Option<u64>) -> Console {
        Console {
            json,
            command,
            flag_seed: seed,
            seed: Cell::new(seed.unwrap_or(DEFAULT_SEED)),
        }
    }

    /// `--seed`, if given.
    pub fn flag_seed(&self) -> Option<u64> {
        self.flag_seed
    }

    /// The seed that all randomness comes from.
    pub fn seed(&self) -> u64 {
        self.seed.get()
    }

    /// Sets the seed that flag and settings file come to.
    pub fn set_seed(&self, seed: Option<u64>) {
        self.seed.set(seed.unwrap_or(DEFAULT_SEED));
    }

    /// A line for people, on stdout; nothing with `--json`.
    pub fn say(&self, line: impl AsRef<str>) {
        if !self.json {
            print_line(line.as_ref());
        }
    }

    /// Something that a person should know but that stops nothing, on stderr.
    pub fn warn(&self, line: impl AsRef<str>) {
        eprintln!("warning: {}", line.as_ref());
    }

    /// A progress bar over `length` items on stderr, if that is a terminal; else it shows nothing.
    pub fn progress(&self, length: u64, doing: &str) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{msg:>22} [{bar:30}] {pos}/{len} {eta}") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(doing.to_string());
        bar
    }

    /// A spinner on stderr for work without a count, if that is a terminal.
    pub fn spinner(&self, doing: &str) -> ProgressBar {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_message(doing.to_string());
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        bar
    }

    /// Prints the end of a command and returns the exit code.
    pub fn finish(&self, result: Result<Reply, Problems>) -> u8 {
        match result {
            Ok(reply) => {
                if self.json {
                    let mut object = self.envelope();
                    object.insert("passed".to_string(), json!(reply.passed));
                    object.extend(reply.fields);
                    print_line(&Value::Object(object).to_string());
                }
                if reply.passed {
                    PASSED
                } else {
                    FAILED
                }
            }
            Err(problems) => {
                if self.json {
                    let mut object = self.envelope();
                    object.insert("errors".to_string(), json!(problems.0));
                    print_line(&Value::Object(object).to_string());
                } else {
                    eprint!("{}", render(&problems));
                }
                BAD_INPUT
            }
        }
    }

    fn envelope(&self) -> Map<String, Value> {
        let fields = [
            ("schema", json!(SCHEMA)),
            ("version", json!(env!("CARGO_PKG_VERSION"))),
            ("command", json!(self.command)),
            ("seed", json!(self.seed())),
        ];
        fields
            .map(|(name, value)| (name.to_string(), value))
            .into_iter()
            .collect()
    }
}

/// Prints a line on stdout. A reader that has gone away (`spikewright nodes | head -1`) ends the output, not the program
/// with a panic.
fn print_line(line: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        std::process::exit(i32::from(PASSED));
    }
}

/// One block per problem: code and path, then what was found, what is allowed, and what to do.
pub fn render(problems: &Problems) -> String {
    let mut text = String::new();
    for problem in &problems.0 {
        text += &format!("error[{}]: {}\n", problem.code, problem.path);
        for (label, value) in [
            ("found", &problem.value),
            ("limit", &problem.limit),
            ("remedy", &problem.remedy),
        ] {
            if !value.is_empty() {
                text += &format!("  {:<8}{}\n", format!("{label}:"), value.replace('\n', "\n          "));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::Problem;

    #[test]
    fn every_problem_is_a_block_of_four_parts() {
        let problems = Problems(vec![
            Problem::new(
                "threshold-range",
                "layer 2 \"fc1\"",
                "300",
                "at most 127",
                "use --membrane-bits 10",
            ),
            Problem::new("file-read", "x.nir", "no such file", "", "check the path"),
        ]);
        let expected = "error[threshold-range]: layer 2 \"fc1\"\n  found:  300\n  limit:  at most 127\n  \
                        remedy: use --membrane-bits 10\nerror[file-read]: x.nir\n  found:  no such file\n  \
                        remedy: check the path\n";
        assert_eq!(render(&problems), expected);
    }
}
