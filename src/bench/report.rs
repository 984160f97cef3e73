//! Results as text, as JSON in a file, and as a page with pictures.

use std::path::{Path, PathBuf};

use net::Problems;
use serde_json::{json, Value};

use super::entry::Entry;
use super::registry::{Benchmark, REGISTRY};
use super::table::{count, number, Table};
use super::{entry::Area, plot};
use crate::build::folder::write_problem;
use crate::console::{Console, SCHEMA};

/// Name of the figures' file.
pub const FILE: &str = "results.json";

/// Entries of several runs, in the registry's order.
#[derive(Debug)]
pub struct Results {
    seed: u64,
    entries: Vec<Entry>,
}

impl Results {
    pub fn new(seed: u64, entries: Vec<Entry>) -> Results {
        Results { seed, entries }
    }

    /// With the entries of benchmarks that this run left out, from the file in `folder`, if they come from the same
    /// version and seed; and with earlier counts and clocks of the very same files where this run measured none.
    pub fn with_earlier(mut self, folder: &Path) -> Results {
        for earlier in read(&folder.join(FILE), self.seed).unwrap_or_default() {
            let known = |entry: &Entry| entry.label() == earlier.label();
            // An entry that was skipped says nothing against an earlier one that was run.
            match self.entries.iter_mut().find(|entry| known(entry)) {
                None => self.entries.push(earlier),
                Some(entry) if !entry.available && earlier.available => *entry = earlier,
                Some(entry) => entry.keep_area(&earlier),
            }
        }
        let place = |entry: &Entry| REGISTRY.iter().position(|b: &Benchmark| b.label() == entry.label());
        self.entries.retain(|entry| place(entry).is_some());
        self.entries.sort_by_key(place);
        self
    }

    fn json(&self) -> Value {
        json!({
            "schema": SCHEMA,
            "version": env!("CARGO_PKG_VERSION"),
            "seed": self.seed,
            "benchmarks": self.entries,
        })
    }

    /// Writes the figures into `out`, the page into `docs`, its pictures into `docs/bench`. Returns what was written.
    pub fn write(&self, out: &Path, docs: &Path) -> Result<Vec<PathBuf>, Problems> {
        let mut files = vec![(out.join(FILE), format!("{:#}\n", self.json()))];
        let mut page = format!("{HEAD}\n");
        for entry in &self.entries {
            page += &markdown(entry);
            if let Some(picture) = plot::svg(entry) {
                let name = format!("{}.svg", entry.label().to_lowercase().replace([' ', '-'], "_"));
                page += &format!("![cycles and percent of peak against activity](bench/{name})\n\n");
                files.push((docs.join("bench").join(name), picture));
            }
        }
        files.push((docs.join("benchmarks.md"), format!("{}\n", page.trim_end())));
        for (path, text) in &files {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|error| write_problem(folder, &error))?;
            }
            std::fs::write(path, text).map_err(|error| write_problem(path, &error))?;
        }
        Ok(files.into_iter().map(|(path, _)| path).collect())
    }
}

fn read(path: &Path, seed: u64) -> Option<Vec<Entry>> {
    let value: Value = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    let same = value["schema"] == SCHEMA && value["version"] == env!("CARGO_PKG_VERSION") && value["seed"] == seed;
    if !same {
        return None;
    }
    serde_json::from_value(value.get("benchmarks")?.clone()).ok()
}

const HEAD: &str = "# Benchmarks

Written by `spikewright bench`; do not edit. Figures as JSON: `bench/results.json`.

One sample per activity: so many distinct input addresses, drawn at random, spike in every time step. Cycles are measured in
Verilator from the first word in to the last word out, fire phases included, with every spike and membrane write compared
with the golden model; one mismatch and no figure counts. The same files are synthesised (yosys `synth_ecp5 -abc9`,
`synth_xilinx`; nextpnr-ecp5 where an Fmax stands, speed grade 6, median of seeds 1 to 5). At least 5 % of the neurons of
every layer fire per time step in the rows from 5 % on (random weights; a trained net keeps its own thresholds).

* *percent of peak*: cycles in which the core under test adds, clipped footprints counted whole; *of SOPs*: synaptic operations
  over adders x cycles.
* *dense*: the same core if it walked every input in every step (by formula). Where the measured line meets it, sparsity no
  longer pays.
* LUT and FF include the registers and XOR that stand at the pins for place and route (ECP5).
";

/// Prints an entry.
pub fn print(entry: &Entry, console: &Console) {
    console.say(format!("\n== {}: {}", entry.label(), entry.title));
    if let Some(note) = &entry.note {
        console.say(format!("  {note}"));
        return;
    }
    console.say(format!("  {}", about(entry)));
    for table in tables(entry) {
        console.say("");
        table.text().into_iter().for_each(|line| console.say(line));
    }
    if let Some(line) = images(entry) {
        console.say(format!("\n  {line}"));
    }
    for failure in &entry.failures {
        console.say(format!("\n  FAILED: {failure}"));
    }
}

fn markdown(entry: &Entry) -> String {
    let mut text = format!("## {}: {}\n\n", entry.label(), entry.title);
    if let Some(note) = &entry.note {
        return format!("{text}{note}\n\n");
    }
    text += &format!("{}\n\n", about(entry));
    for table in tables(entry) {
        text += &format!("{}\n", table.markdown());
    }
    if let Some(line) = images(entry) {
        text += &format!("{line}\n\n");
    }
    for failure in &entry.failures {
        text += &format!("**Failed:** {failure}\n\n");
    }
    text
}

fn about(entry: &Entry) -> String {
    let folds = entry.layers.iter().map(|layer| {
        let [low, high] = layer.threshold;
        let threshold = if low == high {
            low.to_string()
        } else {
            format!("{low}..{high}")
        };
        format!(
            "{}: {}x{} banks x {} lanes, threshold {threshold}, membrane {} bits",
            layer.name, layer.banks[0], layer.banks[1], layer.lanes, layer.membrane_bits
        )
    });
    format!(
        "{}. {}. Peak: {} SOP per cycle ({}). {} time steps, {} mismatches. Hash {}.",
        entry.model,
        folds.collect::<Vec<_>>().join("; "),
        count(entry.adders),
        entry.core.as_deref().unwrap_or("-"),
        entry.steps,
        count(entry.mismatches),
        entry.hash.as_deref().map_or("-", |hash| &hash[..16.min(hash.len())]),
    )
}

fn tables(entry: &Entry) -> Vec<Table> {
    let all = [rows(entry), areas(&entry.areas), compared(entry)];
    all.into_iter().filter(|table| !table.is_empty()).collect()
}

fn rows(entry: &Entry) -> Table {
    let mut table = Table::new(&[
        "activity, %",
        "events per step",
        "cycles",
        "per step",
        "per event",
        "per SOP",
        "% of peak",
        "of SOPs",
        "dense",
        "fired, %",
    ]);
    for row in &entry.rows {
        let fired: Vec<String> = row.fired_percent.iter().map(|&share| format!("{share:.1}")).collect();
        table.push(vec![
            number(Some(row.activity)),
            count(Some(row.events_per_step)),
            count(row.cycles),
            number(row.cycles_per_step),
            number(row.cycles_per_event),
            number(row.cycles_per_sop),
            number(row.percent_of_peak),
            number(row.percent_of_peak_sops),
            count(Some(row.dense_cycles)),
            fired.join(" / "),
        ]);
    }
    table
}

fn areas(areas: &[Area]) -> Table {
    let mut table = Table::new(&["device", "LUT", "FF", "block RAM", "DSP", "Fmax, MHz (least)"]);
    for area in areas {
        let fmax = match area.fmax_mhz_min {
            Some(least) => format!("{} ({})", number(area.fmax_mhz), number(Some(least))),
            None => "-".to_string(),
        };
        table.push(vec![
            area.device.clone(),
            format!("{} {}", count(Some(area.lut)), area.lut_kind),
            count(Some(area.ff)),
            format!("{} {}", count(Some(area.bram)), area.bram_kind),
            count(Some(area.dsp)),
            fmax,
        ]);
    }
    table
}

/// A figure of ours beside the peer's and the target.
struct Compared {
    figure: String,
    ours: Option<f64>,
    peer: Option<f64>,
    target: String,
    verdict: &'static str,
}

/// A figure a line.
fn compared(entry: &Entry) -> Table {
    let mut lines: Vec<Compared> = Vec::new();
    for figure in &entry.peer.figures {
        lines.push(Compared {
            figure: figure.figure.clone(),
            ours: figure.measured,
            peer: Some(figure.peer),
            target: "-".to_string(),
            verdict: "",
        });
    }
    for goal in &entry.target {
        let target = format!(
            "{} {}",
            if goal.at_least { ">=" } else { "<=" },
            number(Some(goal.limit))
        );
        let verdict = match goal.met {
            Some(true) => "met",
            Some(false) => "missed",
            None => "not measured",
        };
        match lines.iter_mut().find(|line| line.figure == goal.figure) {
            Some(line) => (line.target, line.verdict) = (target, verdict),
            None => lines.push(Compared {
                figure: goal.figure.clone(),
                ours: goal.measured,
                peer: None,
                target,
                verdict,
            }),
        }
    }
    let mut table = Table::new(&["figure", "ours", &format!("peer: {}", entry.peer.name), "target", ""]);
    for line in lines {
        let figure = match line.figure.as_str() {
            "LUT" | "FF" | "block RAM" => format!("{} ({})", line.figure, entry.device),
            _ => line.figure,
        };
        let row = [
            figure,
            number(line.ours),
            number(line.peer),
            line.target,
            line.verdict.to_string(),
        ];
        table.push(row.to_vec());
    }
    table
}

fn images(entry: &Entry) -> Option<String> {
    let frames = entry.frames_per_second.map(|frames| {
        format!(
            "{} frames per second at {} MHz",
            number(Some(frames)),
            number(entry.fmax_mhz)
        )
    });
    let Some(images) = &entry.images else { return frames };
    let accuracy = images
        .accuracy
        .map_or("-".to_string(), |share| format!("{:.2} %", 100.0 * share));
    let mut line = format!(
        "{} bundled MNIST images: accuracy {accuracy} (ties to the lowest class); {} of them simulated, {} mismatches: {} \
         cycles per image alone, {} in a stream of images",
        images.samples,
        images.simulated,
        images.mismatches,
        number(images.cycles_per_image),
        number(images.cycles_per_image_streamed)
    );
    if let Some(frames) = frames {
        line += &format!("; {frames}");
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(hash: &str, lut: Option<u64>, fmax_mhz: Option<f64>) -> Entry {
        Entry {
            available: true,
            hash: Some(hash.into()),
            lut,
            fmax_mhz,
            ..Entry::absent(&REGISTRY[0], "")
        }
    }

    #[test]
    fn counts_and_clock_stay_with_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let earlier = Results::new(1, vec![entry("a", Some(10), Some(99.0))]);
        earlier.write(folder.path(), folder.path()).unwrap();
        let merged = |entry: Entry| {
            Results::new(1, vec![entry])
                .with_earlier(folder.path())
                .entries
                .remove(0)
        };
        let same = merged(entry("a", None, None));
        assert_eq!((same.lut, same.fmax_mhz), (Some(10), Some(99.0)));
        assert!(
            same.target.iter().any(|goal| goal.measured == Some(99.0)),
            "judged again"
        );
        let other = merged(entry("b", None, None));
        assert_eq!((other.lut, other.fmax_mhz), (None, None));
        let again = merged(entry("a", Some(11), Some(98.0)));
        assert_eq!((again.lut, again.fmax_mhz), (Some(11), Some(98.0)));
    }
}
