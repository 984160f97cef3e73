//! The figures of one synthesis, as JSON and as a table.

use std::fmt;

use crate::path::PathSegment;
use crate::target::{Capacity, Target};

/// Place and route with one seed.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct SeedResult {
    pub seed: u32,
    pub routed: bool,
    /// None if it was not routed.
    pub fmax_mhz: Option<f64>,
    /// What nextpnr says if it did not place or route.
    pub reason: Option<String>,
    /// Log, relative to the folder.
    pub log: String,
}

/// What [`crate::synthesise`] found. Serialises to the fields of `synth --json`.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct SynthReport {
    /// Hash of Verilog and hex, the one that `build` prints.
    pub hash: String,
    pub top: String,
    pub target: Target,
    pub part: String,
    pub speed_grade: Option<u32>,
    /// LUTs in `lut_kind`. ECP5: nextpnr's "Total LUT4s" (logic, carry, LUT RAM), with the wrapper.
    pub lut: u64,
    pub lut_kind: &'static str,
    pub ff: u64,
    /// Block RAMs in `bram_kind`.
    pub bram: u64,
    pub bram_kind: &'static str,
    pub dsp: u64,
    pub capacity: Capacity,
    /// Of `lut` and `ff`: what the wrapper around the top module adds (0 out of context).
    pub wrapper_lut: u64,
    pub wrapper_ff: u64,
    /// Median over the seeds, MHz; none without place and route or if no seed was routed.
    pub fmax_mhz: Option<f64>,
    pub fmax_mhz_min: Option<f64>,
    /// Clock that place and route was asked for, MHz.
    pub clock_mhz: f64,
    pub out_of_context: bool,
    pub per_seed: Vec<SeedResult>,
    /// Of the median seed.
    pub critical_path: Vec<PathSegment>,
    /// Seed of `critical_path`.
    pub critical_path_seed: Option<u32>,
    pub fits: bool,
    /// All seeds routed; none where place and route was not run.
    pub routed: Option<bool>,
    /// Why it does not fit, one line each.
    pub reasons: Vec<String>,
    /// Warnings of yosys, each once.
    pub warnings: Vec<String>,
    pub yosys: String,
    pub nextpnr: Option<String>,
    /// Logs, relative to the folder.
    pub logs: Vec<String>,
}

impl SynthReport {
    /// True if the design fits and, where place and route was run, every seed routed (else exit code 1).
    pub fn passed(&self) -> bool {
        self.fits && self.routed != Some(false)
    }
}

/// Median and minimum of the routed seeds, and the seed whose path stands for the median (the lower of two middle ones).
pub(crate) fn median(seeds: &[SeedResult]) -> Option<(f64, f64, u32)> {
    let mut routed: Vec<(f64, u32)> = seeds
        .iter()
        .filter_map(|seed| Some((seed.fmax_mhz?, seed.seed)))
        .collect();
    routed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let (low, seed) = *routed.get(routed.len().checked_sub(1)? / 2)?;
    let high = routed[routed.len() / 2].0;
    Some(((low + high) / 2.0, routed[0].0, seed))
}

impl fmt::Display for SynthReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grade = self
            .speed_grade
            .map_or(String::new(), |grade| format!(", speed grade {grade}"));
        writeln!(f, "{} on {} ({}{grade})", self.top, self.target, self.part)?;
        let rows = [
            (self.lut_kind, self.lut, self.capacity.lut, self.wrapper_lut),
            ("FF", self.ff, self.capacity.ff, self.wrapper_ff),
            (self.bram_kind, self.bram, self.capacity.bram, 0),
            ("DSP", self.dsp, self.capacity.dsp, 0),
        ];
        for (name, used, available, wrapper) in rows {
            let percent = 100.0 * used as f64 / available.max(1) as f64;
            write!(f, "  {name:<7} {used:>7} of {available:>6}  {percent:>5.1} %")?;
            if wrapper > 0 {
                write!(f, "   ({wrapper} of them registers and XOR at the pins)")?;
            }
            writeln!(f)?;
        }
        self.fmt_timing(f)?;
        for warning in &self.warnings {
            writeln!(f, "  warning: {warning}")?;
        }
        for reason in &self.reasons {
            writeln!(f, "  {reason}")?;
        }
        let verdict = match (self.fits, self.routed) {
            (false, _) => "does not fit",
            (true, Some(false)) => "fits, NOT routed",
            (true, Some(true)) => "fits, routed",
            (true, None) => "fits (counts only, no place and route)",
        };
        writeln!(f, "  verdict: {verdict}")?;
        write!(f, "  hash {}", self.hash)
    }
}

impl SynthReport {
    fn fmt_timing(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(fmax), Some(min)) = (self.fmax_mhz, self.fmax_mhz_min) else {
            return Ok(());
        };
        let seeds: Vec<_> = self
            .per_seed
            .iter()
            .map(|seed| match seed.fmax_mhz {
                Some(fmax) => format!("{}: {fmax:.1}", seed.seed),
                None => format!("{}: not routed", seed.seed),
            })
            .collect();
        writeln!(
            f,
            "  Fmax    {fmax:.1} MHz median, {min:.1} MHz minimum (seed {})",
            seeds.join(", seed ")
        )?;
        if let Some(seed) = self.critical_path_seed {
            let total: f64 = self.critical_path.iter().map(|segment| segment.delay_ns).sum();
            writeln!(f, "  critical path of seed {seed}, {total:.2} ns:")?;
        }
        for visit in self.critical_path.chunk_by(|a, b| a.instance == b.instance) {
            let delay = |routing: bool| -> f64 {
                // Not `sum`: that of nothing is -0.0, and prints so.
                let segments = visit.iter().filter(|segment| (segment.kind == "routing") == routing);
                segments.fold(0.0, |total, segment| total + segment.delay_ns)
            };
            let levels = visit.iter().filter(|segment| segment.kind == "logic").count();
            let (first, place) = (&visit[0], &visit[0].instance);
            let place = if place.is_empty() || *place == first.module {
                String::new()
            } else {
                format!(" ({place})")
            };
            writeln!(
                f,
                "    {:>5.2} ns in cells, {:>5.2} ns routing, {levels} levels: {}{place}",
                delay(false),
                delay(true),
                first.module
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{median, SeedResult};

    fn seeds(fmax: &[Option<f64>]) -> Vec<SeedResult> {
        let result = |(i, fmax): (usize, &Option<f64>)| SeedResult {
            seed: i as u32 + 1,
            routed: fmax.is_some(),
            fmax_mhz: *fmax,
            reason: None,
            log: String::new(),
        };
        fmax.iter().enumerate().map(result).collect()
    }

    #[test]
    fn median_minimum_and_their_seed() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&seeds(&[None])), None);
        assert_eq!(
            median(&seeds(&[Some(90.0), Some(110.0), Some(100.0)])),
            Some((100.0, 90.0, 3))
        );
        assert_eq!(median(&seeds(&[Some(90.0), None, Some(110.0)])), Some((100.0, 90.0, 1)));
    }
}
