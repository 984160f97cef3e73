//! From an emitted folder to figures: read, wrap, synthesise, place and route, report; with a cache.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use net::problem::Problem;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::folder::{Direction, Folder, Hierarchy, Port};
use crate::nextpnr::{self, PlaceOptions, Placed};
use crate::path::{critical_path, rounded};
use crate::report::{median, SeedResult, SynthReport};
use crate::run::{file_problem, read, run, tool_failed, write};
use crate::scripts;
use crate::target::{Capacity, Family, Target};
use crate::tool::Tool;
use crate::wrapper::{wrap, Wrapper};
use crate::yosys::CellCounts;
use crate::SynthError;

/// What to synthesise for, and how hard to try.
#[derive(Clone, Debug, PartialEq)]
pub struct SynthOptions {
    pub target: Target,
    /// False: counts after yosys only, as where the target has no place and route.
    pub place: bool,
    /// Place and route with seeds 1 to this number.
    pub seeds: u32,
    /// Without the wrapper and without pins: the bare top module (paths from and to its ports do not count).
    pub out_of_context: bool,
    /// Clock that place and route aims for, MHz.
    pub clock_mhz: f64,
    /// ECP5: whether yosys may join LUT4s to LUTs of five and more inputs. That is fast where a late signal meets many others,
    /// and can cost a third more LUT4s (docs/router.md).
    pub wide_luts: bool,
}

impl Default for SynthOptions {
    fn default() -> Self {
        SynthOptions {
            target: Target::Ecp5_85k,
            place: true,
            seeds: 1,
            out_of_context: false,
            clock_mhz: 100.0,
            wide_luts: true,
        }
    }
}

/// Synthesises the folder `dir` that `build` wrote; places and routes it where the target has that.
///
/// A design that does not fit or route is a report ([`SynthReport::passed`] is false), not an error. Errors: a missing
/// tool, a folder that is no build, Verilog that yosys does not take. `progress` gets one line per step. Works in
/// `dir/synth/run/`, where finished steps are kept by a hash of everything that goes into them.
pub fn synthesise(dir: &Path, options: &SynthOptions, progress: &dyn Fn(&str)) -> Result<SynthReport, SynthError> {
    check(options)?;
    let folder = Folder::open(dir)?;
    let yosys = Tool::Yosys.require()?;
    // Counts alone need no nextpnr, but where it is there they share their folder with a later place and route.
    let nextpnr = match (options.target.is_routed(), options.place) {
        (true, true) => Some(Tool::NextpnrEcp5.require()?),
        (true, false) => Tool::NextpnrEcp5.find(),
        (false, _) => None,
    };
    let yosys_version = Tool::Yosys.version(&yosys);
    let nextpnr_version = nextpnr.as_ref().map(|path| Tool::NextpnrEcp5.version(path));

    // What tells runs apart; seeds add to a run.
    let settings = format!(
        "SynthOptions {{ target: {:?}, place: true, seeds: 0, out_of_context: {:?}, clock_mhz: {:?} }} {yosys_version} {nextpnr_version:?}{}",
        options.target,
        options.out_of_context,
        options.clock_mhz,
        if options.wide_luts { "" } else { " without wide LUTs" },
    );
    let run_folder = RunFolder::open(&folder, options.target.name(), &settings)?;
    let design = elaborate(&folder, &run_folder, &yosys, options, progress)?;
    let counts = map(&folder, &run_folder, &yosys, options, &design, progress)?;

    let capacity = options.target.capacity();
    let mut report = SynthReport {
        hash: folder.hash.clone(),
        top: folder.top.clone(),
        target: options.target,
        part: options.target.part().to_string(),
        speed_grade: options.target.speed_grade(),
        lut: 0,
        lut_kind: options.target.lut_kind(),
        ff: 0,
        bram: 0,
        bram_kind: options.target.bram_kind(),
        dsp: 0,
        capacity,
        wrapper_lut: design.wrapper.as_ref().map_or(0, |wrapper| wrapper.lut),
        wrapper_ff: design.wrapper.as_ref().map_or(0, |wrapper| wrapper.ff),
        fmax_mhz: None,
        fmax_mhz_min: None,
        clock_mhz: options.clock_mhz,
        out_of_context: options.out_of_context || !options.target.is_routed(),
        per_seed: Vec::new(),
        critical_path: Vec::new(),
        critical_path_seed: None,
        fits: true,
        routed: None,
        reasons: Vec::new(),
        warnings: warnings(&read(&run_folder.path.join("yosys.log"))?),
        yosys: yosys_version,
        nextpnr: nextpnr_version.filter(|_| options.place),
        logs: vec![run_folder.relative("yosys.log")],
    };
    let lone = match options.target.family() {
        Family::Ice40 => {
            let netlist = run_folder.path.join("netlist.json");
            let json: Value = serde_json::from_str(&read(&netlist)?).map_err(|error| {
                Problem::new("tool-output", netlist.display().to_string(), error.to_string(), "yosys' JSON netlist", "delete it and run again")
            })?;
            crate::yosys::ice40_lone_flip_flops(&json, &folder.top)
        }
        Family::Ecp5 | Family::Xc7 => 0,
    };
    fill_counts(&mut report, &counts, lone);
    report.reasons = over_capacity(&report, capacity);
    report.fits = report.reasons.is_empty();

    if let (Some(program), true, true) = (&nextpnr, options.place, report.fits) {
        let place = PlaceOptions {
            program,
            target: options.target,
            clock_mhz: options.clock_mhz,
            out_of_context: options.out_of_context,
        };
        let placed = place_seeds(&place, &run_folder, options.seeds, progress)?;
        fill_placed(&mut report, &run_folder, placed, &design);
    }
    Ok(report)
}

fn check(options: &SynthOptions) -> Result<(), SynthError> {
    let mut found = Vec::new();
    if !(1..=100).contains(&options.seeds) {
        found.push(Problem::new(
            "seeds-range",
            "--seeds",
            options.seeds.to_string(),
            "1 to 100",
            "try --seeds 5",
        ));
    }
    if !(1.0..=1000.0).contains(&options.clock_mhz) {
        let value = options.clock_mhz.to_string();
        found.push(Problem::new(
            "clock-range",
            "clock",
            value,
            "1 to 1000 MHz",
            "the default is 100",
        ));
    }
    SynthError::unless_empty(found, ())
}

/// Where one combination of design, settings and tools works and keeps its results: `DIR/synth/run/<name>-<key>`.
pub(crate) struct RunFolder {
    pub path: PathBuf,
    /// Path relative to `DIR/synth`, where the tools run.
    inside: PathBuf,
    /// Held as long as this value lives: a second process waits.
    _lock: std::fs::File,
}

impl RunFolder {
    /// Opens the folder and waits until no other process works in it.
    pub fn open(folder: &Folder, name: &str, settings: &str) -> Result<RunFolder, Problem> {
        let mut key = Sha256::new();
        for part in [
            &folder.hash,
            &folder.top,
            &folder.sources.join(" "),
            settings,
            &flow_text(),
        ] {
            key.update((part.len() as u64).to_le_bytes());
            key.update(part.as_bytes());
        }
        let key: String = key.finalize()[..6].iter().map(|byte| format!("{byte:02x}")).collect();
        let inside = Path::new("run").join(format!("{name}-{key}"));
        let path = folder.dir.join("synth").join(&inside);
        std::fs::create_dir_all(&path).map_err(|error| file_problem(&path, &error))?;
        let lock = lock_file(&path).map_err(|error| file_problem(&path.join("lock"), &error))?;
        lock.lock().map_err(|error| file_problem(&path.join("lock"), &error))?;
        Ok(RunFolder {
            path,
            inside,
            _lock: lock,
        })
    }

    /// A file of this folder, relative to `DIR`.
    pub fn relative(&self, file: &str) -> String {
        Path::new("synth")
            .join(&self.inside)
            .join(file)
            .to_string_lossy()
            .into_owned()
    }

    /// Runs a yosys script in `DIR/synth` unless `output` (a file of this folder) is there already.
    ///
    /// The script sees `output` under a passing name, so that a run that was cut short leaves nothing that looks done.
    pub fn yosys(
        &self,
        program: &Path,
        stem: &str,
        output: &str,
        script: impl Fn(&Path) -> String,
    ) -> Result<(), Problem> {
        let done = self.path.join(output);
        if done.is_file() {
            return Ok(());
        }
        let part = format!("part_{output}");
        let script_name = format!("{stem}.ys");
        write(&self.path.join(&script_name), &script(&self.inside.join(&part)))?;
        let synth = self.path.ancestors().nth(2).unwrap_or(&self.path).to_path_buf();
        let log = self.inside.join(format!("{stem}.log")).to_string_lossy().into_owned();
        let arguments = [
            "-s".to_string(),
            self.inside.join(&script_name).to_string_lossy().into_owned(),
        ];
        let ended = run(program, &arguments, &synth, &log)?;
        if !ended.success {
            return Err(tool_failed("yosys", &ended, &synth.join(log)));
        }
        let part = self.path.join(part);
        std::fs::rename(&part, &done).map_err(|error| file_problem(&part, &error))
    }

    /// Path of a file as a script in `DIR/synth` sees it.
    pub fn seen(&self, file: &str) -> PathBuf {
        self.inside.join(file)
    }
}

fn lock_file(folder: &Path) -> std::io::Result<std::fs::File> {
    std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("lock"))
}

/// Everything of this crate that shapes the tools' input: a change of it is a change of the key.
fn flow_text() -> String {
    let sources = ["s.v".to_string()];
    let port = |name: &str, direction, width| Port {
        name: name.to_string(),
        direction,
        width,
    };
    let ports = [
        port("clk", Direction::Input, 1),
        port("i", Direction::Input, 7),
        port("o", Direction::Output, 23),
    ];
    let here = Path::new("f");
    [
        wrap("t", &ports).map_or(String::new(), |wrapper| wrapper.text),
        scripts::hierarchy_script("t", &sources, here),
        scripts::ecp5_script("t", &sources, here, true),
        scripts::ecp5_netlist_script("t", &sources, here),
        scripts::xc7_script("t", &sources, here),
        scripts::ice40_script("t", &sources, here),
    ]
    .concat()
}

/// What is known of the design before it is mapped.
struct Elaborated {
    hierarchy: Hierarchy,
    /// None out of context.
    wrapper: Option<Wrapper>,
}

fn elaborate(
    folder: &Folder,
    run_folder: &RunFolder,
    yosys: &Path,
    options: &SynthOptions,
    progress: &dyn Fn(&str),
) -> Result<Elaborated, Problem> {
    progress("yosys: reading the design");
    let sources = scripts::in_rtl(&folder.sources);
    run_folder.yosys(yosys, "hierarchy", "hierarchy.json", |json| {
        scripts::hierarchy_script(&folder.top, &sources, json)
    })?;
    let hierarchy = Hierarchy::read(&run_folder.path.join("hierarchy.json"), &folder.top)?;
    let wrapper = match options.out_of_context || !options.target.is_routed() {
        true => None,
        false => Some(wrap(&folder.top, &hierarchy.ports)?),
    };
    Ok(Elaborated { hierarchy, wrapper })
}

/// Maps the design to the target's cells; counts them.
fn map(
    folder: &Folder,
    run_folder: &RunFolder,
    yosys: &Path,
    options: &SynthOptions,
    design: &Elaborated,
    progress: &dyn Fn(&str),
) -> Result<CellCounts, Problem> {
    progress(&format!("yosys: synthesis for {}", options.target));
    let mut sources = scripts::in_rtl(&folder.sources);
    let mut top = folder.top.as_str();
    if let Some(wrapper) = &design.wrapper {
        let file = format!("{}.v", wrapper.name);
        write(&run_folder.path.join(&file), &wrapper.text)?;
        sources.push(run_folder.seen(&file).to_string_lossy().into_owned());
        top = &wrapper.name;
    }
    run_folder.yosys(yosys, "yosys", "netlist.json", |json| {
        let script = scripts::family_script(options.target.family(), top, &sources, json, options.wide_luts);
        scripts::with_counts(script, &run_folder.seen("counts.txt"))
    })?;
    Ok(CellCounts::parse(&read(&run_folder.path.join("counts.txt"))?))
}

/// `lone`: flip-flops that share no logic cell with a LUT, where such cells are what a device has (iCE40).
fn fill_counts(report: &mut SynthReport, counts: &CellCounts, lone: u64) {
    let (lut, ff, bram, dsp) = match report.target.family() {
        Family::Ecp5 => (
            counts.ecp5_lut(),
            counts.of("TRELLIS_FF"),
            counts.of("DP16KD"),
            counts.of("MULT18X18D"),
        ),
        Family::Ice40 => (
            counts.of("SB_LUT4") + lone,
            counts.ice40_ff(),
            counts.ice40_bram(),
            counts.of("SB_MAC16"),
        ),
        Family::Xc7 => (
            counts.xc7_lut(),
            counts.xc7_ff(),
            counts.xc7_bram(),
            counts.of("DSP48E1"),
        ),
    };
    (report.lut, report.ff, report.bram, report.dsp) = (lut, ff, bram, dsp);
}

/// What the design has too much of, one line each.
fn over_capacity(report: &SynthReport, capacity: Capacity) -> Vec<String> {
    let rows = [
        (report.lut_kind, report.lut, capacity.lut),
        ("FF", report.ff, capacity.ff),
        (report.bram_kind, report.bram, capacity.bram),
        ("DSP", report.dsp, capacity.dsp),
    ];
    rows.iter()
        .filter(|(_, used, available)| used > available)
        .map(|(kind, used, available)| {
            format!(
                "does not fit {}: {used} {kind}, the device has {available}",
                report.target
            )
        })
        .collect()
}

/// Place and route with seeds `1..=seeds`, two at a time where there are two cores; results in seed order.
fn place_seeds(
    options: &PlaceOptions,
    run_folder: &RunFolder,
    seeds: u32,
    progress: &dyn Fn(&str),
) -> Result<Vec<Placed>, SynthError> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let workers = cores.min(2).min(seeds as usize);
    progress(&format!(
        "nextpnr: place and route, {seeds} seed{}",
        if seeds == 1 { "" } else { "s" }
    ));
    let next = AtomicUsize::new(0);
    let mut results: Vec<Option<Result<Placed, Problem>>> = (0..seeds).map(|_| None).collect();
    std::thread::scope(|scope| {
        let (done, finished) = mpsc::channel();
        for _ in 0..workers {
            let (done, next) = (done.clone(), &next);
            scope.spawn(move || loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= seeds as usize {
                    break;
                }
                let result = nextpnr::place(options, &run_folder.path, index as u32 + 1);
                if done.send((index, result)).is_err() {
                    break;
                }
            });
        }
        drop(done);
        for (index, result) in finished {
            if let Ok(placed) = &result {
                progress(&format!("nextpnr: seed {} {}", index + 1, brief(placed)));
            }
            results[index] = Some(result);
        }
    });
    let mut placed = Vec::new();
    let mut problems = Vec::new();
    for result in results.into_iter().flatten() {
        match result {
            Ok(seed) => placed.push(seed),
            Err(problem) => problems.push(problem),
        }
    }
    SynthError::unless_empty(problems, placed)
}

fn brief(placed: &Placed) -> String {
    match placed {
        Placed::Routed { report, .. } => {
            nextpnr::fmax_mhz(report).map_or("routed".to_string(), |fmax| format!("routed, {fmax:.1} MHz"))
        }
        Placed::DoesNotFit { reason } => format!("does not fit: {reason}"),
        Placed::NotRouted { reason } => format!("not routed: {reason}"),
    }
}

fn fill_placed(report: &mut SynthReport, run_folder: &RunFolder, placed: Vec<Placed>, design: &Elaborated) {
    let mut routed: Vec<(u32, Value)> = Vec::new();
    for (index, seed) in placed.into_iter().enumerate() {
        let number = index as u32 + 1;
        let log = run_folder.relative(&nextpnr::log_name(number));
        report.logs.push(log.clone());
        let mut result = SeedResult {
            seed: number,
            routed: false,
            fmax_mhz: None,
            reason: None,
            log,
        };
        match seed {
            Placed::Routed { report: json, lut } => {
                result.routed = true;
                result.fmax_mhz = nextpnr::fmax_mhz(&json).map(rounded);
                if routed.is_empty() {
                    report.lut = lut;
                    report.ff = nextpnr::used(&json, "TRELLIS_FF");
                    report.bram = nextpnr::used(&json, "DP16KD");
                    report.dsp = nextpnr::used(&json, "MULT18X18D");
                }
                routed.push((number, json));
            }
            Placed::DoesNotFit { reason } => {
                report.fits = false;
                report.reasons.push(format!("seed {number}: {reason}"));
                result.reason = Some(reason);
            }
            Placed::NotRouted { reason } => {
                report.reasons.push(format!("seed {number}: {reason}"));
                result.reason = Some(reason);
            }
        }
        report.per_seed.push(result);
    }
    report.routed = Some(report.per_seed.iter().all(|seed| seed.routed));
    if let Some((fmax, min, seed)) = median(&report.per_seed) {
        report.fmax_mhz = Some(rounded(fmax));
        report.fmax_mhz_min = Some(min);
        report.critical_path_seed = Some(seed);
        if let Some((_, json)) = routed.iter().find(|(number, _)| *number == seed) {
            report.critical_path = critical_path(json, &design.hierarchy, design.wrapper.is_some());
        }
    }
}

/// Yosys' warnings, each once, without its remarks about its own experimental features.
fn warnings(log: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in log.lines() {
        let Some(text) = line.trim().strip_prefix("Warning: ") else {
            continue;
        };
        // The message names a temporary folder; see scripts::SYNTH_ECP5 for what it means.
        let text = match text.starts_with("ABC: execution of command") {
            true => "ABC gave up in its last optimisation; yosys took the (slightly larger) netlist before that step",
            false => text,
        };
        if !text.contains("experimental") && !found.iter().any(|known| known == text) {
            found.push(text.to_string());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::warnings;

    #[test]
    fn warnings_are_the_same_on_every_run() {
        let log = "Warning: ABC: execution of command \"\"berkeley-abc\" -s -f /tmp/yosys-abc-4OSLKP/abc.script\" failed: return code 134.\n\
                   Warning: wire x has no driver\nWarning: wire x has no driver\nWarning: feature is experimental\n";
        let found = warnings(log);
        assert_eq!(found.len(), 2);
        assert!(!found[0].contains("/tmp"), "{}", found[0]);
        assert_eq!(found[1], "wire x has no driver");
    }
}
