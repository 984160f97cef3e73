//! What a test needs of the machine, outside tools and shared data, and what the environment asks of it; array files for it, and faults.
//!
//! Where something is missing, the test says `SKIPPED: ...` past the test runner's capture and returns; with
//! `SPIKEWRIGHT_REQUIRE_TOOLS` or `SPIKEWRIGHT_REQUIRE_DATA` set (continuous integration) it fails instead. With
//! `SPIKEWRIGHT_DATA_LOG` set, the name of each test that found its data is appended to that file.

pub mod fault;
mod npy;
pub mod shrink;

use std::fs::OpenOptions;
use std::io::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;

pub use npy::{npy, npy_fortran};

/// Whether programs of these names start. Tries them with `-V`.
pub fn programs(names: &[&str]) -> bool {
    let missing = names.iter().filter(|name| Command::new(name).arg("-V").output().is_err());
    nothing_missing(&missing.map(ToString::to_string).collect::<Vec<_>>())
}

/// Whether no tool is `missing` (their names, and how to get them).
pub fn nothing_missing(missing: &[String]) -> bool {
    if missing.is_empty() {
        return true;
    }
    let list = missing.join(", ");
    assert!(!required("SPIKEWRIGHT_REQUIRE_TOOLS"), "required, but not found: {list}");
    skipped(&format!("{list} not found (tools/setup installs what tests need)"));
    false
}

/// Whether the slow tests are asked for as well (`make test-full`).
pub fn is_full() -> bool {
    std::env::var_os("SPIKEWRIGHT_FULL").is_some()
}

/// The random cases of a test: the `usual` seeds, ten times as many with `SPIKEWRIGHT_FULL`, or with
/// `SPIKEWRIGHT_SEEDS=103..104` those, to run one case again.
pub fn seeds(usual: Range<u64>) -> Range<u64> {
    let wished = std::env::var("SPIKEWRIGHT_SEEDS").ok();
    let wished = wished.as_ref().and_then(|text| text.split_once(".."));
    match wished.map(|(from, to)| (from.parse(), to.parse())) {
        Some((Ok(from), Ok(to))) => from..to,
        _ if is_full() => usual.start..usual.start + 10 * (usual.end - usual.start),
        _ => usual,
    }
}

/// `all`, which a rule is about to look through. A rule over nothing always holds, so there must be `least`: what was counted when the rule was
/// written, or a little below it.
pub fn at_least<T>(least: usize, what: &str, all: impl IntoIterator<Item = T>) -> Vec<T> {
    let all: Vec<T> = all.into_iter().collect();
    assert!(least > 0 && all.len() >= least, "{} {what} to look at, at least {least} are there", all.len());
    all
}

/// `path` of shared data, or `None` where it does not exist.
pub fn data(path: PathBuf) -> Option<PathBuf> {
    if !path.exists() {
        assert!(!required("SPIKEWRIGHT_REQUIRE_DATA"), "required, but absent: {}", path.display());
        skipped(&format!("{} not found", path.display()));
        return None;
    }
    if let Some(log) = std::env::var_os("SPIKEWRIGHT_DATA_LOG") {
        let file = OpenOptions::new().create(true).append(true).open(&log);
        let line = format!("{}\n", test_name());
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .unwrap_or_else(|error| panic!("{}: {error}", log.to_string_lossy()));
    }
    Some(path)
}

fn required(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| value != "0" && !value.is_empty())
}

/// The test runner hides what passing tests print by the macros; standard error itself it does not touch.
fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr().lock(), "SKIPPED: {what}: {}", test_name());
}

/// The runner names each test's thread after it.
fn test_name() -> String {
    let program = std::env::current_exe().ok();
    let binary = program.as_deref().and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
    // The hash behind the last dash changes with every build.
    let binary = binary.as_deref().and_then(|stem| stem.rsplit_once('-')).map_or("test", |(name, _)| name).to_string();
    format!("{binary}::{}", std::thread::current().name().unwrap_or("main"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_look_at_is_a_failure() {
        assert_eq!(at_least(2, "numbers", 0..3), [0, 1, 2]);
        assert!(std::panic::catch_unwind(|| at_least(4, "numbers", 0..3)).is_err());
        assert!(std::panic::catch_unwind(|| at_least(0, "numbers", 0..3)).is_err());
    }

    #[test]
    fn what_is_there_is_found_and_what_is_not_is_said() {
        assert!(programs(&[]));
        assert!(data(PathBuf::from(env!("CARGO_MANIFEST_DIR"))).is_some());
        assert!(test_name().ends_with("::tests::what_is_there_is_found_and_what_is_not_is_said"));
        // In continuous integration the same calls fail, which `should_panic` below would hide on other machines.
        let missing = std::panic::catch_unwind(|| programs(&["no-such-program"]));
        assert_eq!(missing.ok(), (!required("SPIKEWRIGHT_REQUIRE_TOOLS")).then_some(false));
        let absent = std::panic::catch_unwind(|| data(PathBuf::from("no/such/data")));
        assert_eq!(absent.ok(), (!required("SPIKEWRIGHT_REQUIRE_DATA")).then_some(None));
    }
}
