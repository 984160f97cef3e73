//! Area and clock: the files that were simulated, written to a folder and synthesised.

use net::Problems;
use serde_json::json;
use synth::{SynthOptions, SynthReport, Target};

use super::entry::{Area, Entry};
use super::registry::Benchmark;
use super::{name, Settings, Subject};
use crate::build::folder::{self, Overwrite};
use crate::build::manifest;
use crate::console::Console;

/// Seeds of place and route: Fmax is their median.
const SEEDS: u32 = 5;

/// Fills `entry`'s cell counts, and its clock if asked to place and route.
pub fn measure(
    benchmark: &Benchmark,
    subject: &Subject,
    settings: &Settings,
    console: &Console,
    entry: &mut Entry,
) -> Result<(), Problems> {
    let dir = settings.build.join(name(benchmark));
    write(&dir, benchmark, subject)?;
    let devices = match benchmark.device {
        Target::Xc7_100t => [Target::Ecp5_85k, Target::Xc7_100t],
        ecp5 => [ecp5, Target::Xc7_100t],
    };
    for device in devices {
        let options = SynthOptions {
            target: device,
            place: settings.place,
            seeds: SEEDS,
            clock_mhz: benchmark.clock_mhz,
            ..SynthOptions::default()
        };
        let spinner = console.spinner(&format!("{}: synthesis", benchmark.label()));
        let said = |line: &str| spinner.set_message(format!("{}: {line}", benchmark.label()));
        let report = synth::synthesise(&dir, &options, &said);
        spinner.finish_and_clear();
        let report = report?;
        if Some(&report.hash) != entry.hash.as_ref() {
            entry.failures.push(format!(
                "{device}: synthesised files have the hash {}, simulated ones another",
                report.hash
            ));
        }
        // The device that the benchmark names must take it; the other one gives counts for comparison.
        if device == benchmark.device {
            if !report.passed() {
                entry.failures.extend(report.reasons.iter().cloned());
            }
            fill(entry, &report);
        }
        entry.areas.push(area(&report));
    }
    Ok(())
}

/// Verilog, hex, scripts and manifest: what `synth` reads.
fn write(dir: &std::path::Path, benchmark: &Benchmark, subject: &Subject) -> Result<(), Problems> {
    let sources: Vec<String> = subject
        .design
        .files
        .iter()
        .filter_map(|file| file.path.strip_prefix("rtl/"))
        .filter(|path| path.ends_with(".v"))
        .map(str::to_string)
        .collect();
    let mut texts: Vec<(String, String)> = subject
        .design
        .files
        .iter()
        .map(|file| (file.path.clone(), file.text.clone()))
        .collect();
    texts.extend(synth::scripts(&subject.plan.name, &sources));
    let mut files: Vec<(String, Vec<u8>)> = texts
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect();
    files.sort();
    let description = json!({
        "top": subject.plan.name,
        "hash": subject.design.hash(),
        "benchmark": benchmark.label(),
    });
    let sealed = manifest::seal(description, &files);
    files.push((manifest::FILE.to_string(), sealed));
    files.sort();
    folder::write(dir, &files, Overwrite::default())
}

fn fill(entry: &mut Entry, report: &SynthReport) {
    (entry.lut, entry.ff, entry.bram, entry.dsp) =
        (Some(report.lut), Some(report.ff), Some(report.bram), Some(report.dsp));
    (entry.fmax_mhz, entry.fmax_mhz_min) = (report.fmax_mhz, report.fmax_mhz_min);
}

fn area(report: &SynthReport) -> Area {
    let tools = [Some(report.yosys.clone()), report.nextpnr.clone()];
    Area {
        device: report.target.name().to_string(),
        lut: report.lut,
        lut_kind: report.lut_kind.to_string(),
        ff: report.ff,
        bram: report.bram,
        bram_kind: report.bram_kind.to_string(),
        dsp: report.dsp,
        wrapper_lut: report.wrapper_lut,
        wrapper_ff: report.wrapper_ff,
        fits: report.fits,
        routed: report.routed,
        fmax_mhz: report.fmax_mhz,
        fmax_mhz_min: report.fmax_mhz_min,
        seeds: report.per_seed.len(),
        tools: tools.into_iter().flatten().collect::<Vec<_>>().join(", "),
    }
}
