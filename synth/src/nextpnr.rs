//! One place-and-route run of nextpnr-ecp5, and what its report says.

use std::path::Path;

use net::problem::Problem;
use serde_json::Value;

use crate::run::{file_problem, read, run, tool_failed};
use crate::target::Target;

/// What one seed gave.
pub(crate) enum Placed {
    Routed {
        report: Value,
        lut: u64,
    },
    /// nextpnr says that the design cannot be placed.
    DoesNotFit {
        reason: String,
    },
    /// Placed, but not routed.
    NotRouted {
        reason: String,
    },
}

/// Arguments that all seeds of one run share.
pub(crate) struct PlaceOptions<'a> {
    pub program: &'a Path,
    pub target: Target,
    pub clock_mhz: f64,
    pub out_of_context: bool,
}

pub(crate) fn log_name(seed: u32) -> String {
    format!("seed_{seed}.log")
}

/// Places and routes `folder/netlist.json` with one seed; a finished report of an earlier run is taken as it is.
///
/// Runs inside `folder` with relative paths: the packaged nextpnr sees no other folder.
pub(crate) fn place(options: &PlaceOptions, folder: &Path, seed: u32) -> Result<Placed, Problem> {
    let report_name = format!("seed_{seed}.json");
    let report_path = folder.join(&report_name);
    let log_path = folder.join(log_name(seed));
    if !report_path.is_file() {
        let part_name = format!("seed_{seed}.part.json");
        let mut arguments: Vec<String> = options
            .target
            .nextpnr_arguments()
            .iter()
            .map(|argument| argument.to_string())
            .collect();
        let frequency = options.clock_mhz.to_string();
        let seed_text = seed.to_string();
        arguments.extend(
            [
                "--json",
                "netlist.json",
                "--report",
                &part_name,
                "--seed",
                &seed_text,
                "--freq",
                &frequency,
            ]
            .map(str::to_string),
        );
        arguments.push("--timing-allow-fail".to_string());
        if options.out_of_context {
            arguments.push("--out-of-context".to_string());
        }
        let ended = run(options.program, &arguments, folder, &log_name(seed))?;
        if !ended.success {
            return verdict(ended.error()).ok_or_else(|| tool_failed("nextpnr-ecp5", &ended, &log_path));
        }
        let part = folder.join(part_name);
        std::fs::rename(&part, &report_path).map_err(|error| file_problem(&part, &error))?;
    }
    let report: Value = serde_json::from_str(&read(&report_path)?).map_err(|error| {
        Problem::new(
            "tool-output",
            report_path.display().to_string(),
            error.to_string(),
            "the JSON report of nextpnr",
            "delete it and run again",
        )
    })?;
    let lut = total_luts(&read(&log_path)?).unwrap_or_else(|| used(&report, "TRELLIS_COMB"));
    Ok(Placed::Routed { report, lut })
}

/// nextpnr's last error line as a verdict about the design, if it is one.
fn verdict(error: &str) -> Option<Placed> {
    let text = error.to_lowercase();
    let reason = || error.trim_start_matches("ERROR: ").to_string();
    if [
        "unable to place",
        "no bels remaining",
        "legal placement",
        "failed to place",
        "too many",
    ]
    .iter()
    .any(|sign| text.contains(sign))
    {
        Some(Placed::DoesNotFit { reason: reason() })
    } else if [
        "failed to route",
        "unable to route",
        "routing design failed",
        "unroutable",
    ]
    .iter()
    .any(|sign| text.contains(sign))
    {
        Some(Placed::NotRouted { reason: reason() })
    } else {
        None
    }
}

/// `Total LUT4s:  54/83640` of the log.
fn total_luts(log: &str) -> Option<u64> {
    let line = log.lines().find(|line| line.contains("Total LUT4s:"))?;
    line.split(':').next_back()?.trim().split('/').next()?.parse().ok()
}

/// Used cells of a kind.
pub(crate) fn used(report: &Value, kind: &str) -> u64 {
    report["utilization"][kind]["used"].as_u64().unwrap_or(0)
}

/// The slowest clock's achieved frequency in MHz.
pub(crate) fn fmax_mhz(report: &Value) -> Option<f64> {
    let clocks = report["fmax"].as_object()?;
    clocks
        .values()
        .filter_map(|clock| clock["achieved"].as_f64())
        .min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::{total_luts, verdict, Placed};

    #[test]
    fn errors_about_the_design_are_verdicts() {
        let place = "ERROR: Unable to place cell 'dut.mem.0.0', no BELs remaining to implement cell type 'DP16KD'";
        assert!(matches!(verdict(place), Some(Placed::DoesNotFit { reason }) if reason.starts_with("Unable to place")));
        assert!(matches!(
            verdict("ERROR: Failed to route arc 3"),
            Some(Placed::NotRouted { .. })
        ));
        assert!(verdict("ERROR: Failed to open '--json' file").is_none());
    }

    #[test]
    fn the_log_says_the_luts() {
        assert_eq!(
            total_luts("Info: before:\nInfo:     Total LUT4s:      1797/83640     2%\n"),
            Some(1797)
        );
        assert_eq!(total_luts("nothing"), None);
    }
}
