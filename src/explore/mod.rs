//! Many plans of one net, and which of them no other beats.
//!
//! A width is a weight width: the golden model runs once for each and gives accuracy and events per step. A point is a
//! width on a device with a budget: the planner gives cells and, on the golden traces, cycles. Each stands in a file of
//! its own in the output folder ([`store`]), so that a run that was cut short, or spread over machines ([`workflow`]),
//! goes on where it was. The front is per device: accuracy, cycles, LUT and block RAM.

mod front;
mod measure;
mod plot;
pub mod point;
mod store;
mod sweep;
pub mod table;
pub mod workflow;

use std::path::{Path, PathBuf};

use net::{Problem, Problems, Settings};
use rayon::prelude::*;
use serde_json::json;

use self::point::{Point, Width};
use self::store::Store;
pub use self::sweep::{Budget, Spot, Sweep};
use crate::args::NetArgs;
use crate::build::folder::read_problem;
use crate::build::manifest::sha256;
use crate::console::{Console, SCHEMA};
use crate::loads::Traced;
use crate::project::{Project, LOAD_SAMPLES};

/// A net, what is varied, and where results lie.
pub struct Explorer {
    settings: Settings,
    pub sweep: Sweep,
    clock: Option<f64>,
    store: Store,
}

impl Explorer {
    /// Checks net, data and settings at the first width. Nothing is written yet.
    pub fn open(
        args: &NetArgs,
        sweep: Sweep,
        clock: Option<f64>,
        out: &Path,
        console: &Console,
    ) -> Result<Explorer, Problems> {
        if out.exists() && !out.is_dir() {
            return Err(Problem::new(
                "output-folder",
                out.display().to_string(),
                "a file",
                "a folder, or a name that is free",
                "name another folder with --out",
            )
            .into());
        }
        let mut settings = args.settings(console.flag_seed())?;
        if let Some(path) = &args.import.config {
            settings = settings.over(&crate::project::read_settings(path)?);
        }
        settings.options.numbers.weight_bits = sweep.widths.first().copied();
        if settings.chips.is_some_and(|chips| chips != 1) || settings.cuts.is_some() {
            let remedy = "leave out --chips and --cut; `plan` shows one plan on several chips";
            return Err(Problem::new("explore-chips", "--chips", "several chips", "plans on one device", remedy).into());
        }
        let project = Project::from_settings(settings.clone(), console)?;
        let key = key(&settings, &project, clock)?;
        let store = Store { folder: out.to_path_buf(), key, seed: console.seed() };
        Ok(Explorer { settings, sweep, clock, store })
    }

    fn project(&self, bits: u32, console: &Console) -> Result<Project, Problems> {
        let mut settings = self.settings.clone();
        settings.options.numbers.weight_bits = Some(bits);
        Project::from_settings(settings, console)
    }

    /// Accuracy and load at a width: from the folder, else from the golden model.
    pub fn width(&self, bits: u32, console: &Console) -> Result<Width, Problems> {
        match self.store.read(&width_file(bits)) {
            Some(width) => Ok(width),
            None => {
                let project = self.project(bits, console)?;
                self.new_width(&project, &project.traced(console)?, bits, console)
            }
        }
    }

    fn new_width(&self, project: &Project, traced: &[Traced], bits: u32, console: &Console) -> Result<Width, Problems> {
        let width = point::width(project, traced, bits, console)?;
        self.store.write(&width_file(bits), &width)?;
        Ok(width)
    }

    /// The points of `spots`, in their order, and how many of them were in the folder already.
    pub fn points(&self, spots: &[Spot], console: &Console) -> Result<(Vec<Point>, usize), Problems> {
        let mut found: Vec<Option<Point>> = spots.iter().map(|spot| self.store.read(&point_file(&spot.id()))).collect();
        let kept = found.iter().flatten().count();
        let bar = console.progress((spots.len() - kept) as u64, "points");
        for &bits in &self.sweep.widths {
            let open: Vec<usize> = (0..spots.len()).filter(|&i| spots[i].bits == bits && found[i].is_none()).collect();
            if open.is_empty() {
                continue;
            }
            let project = self.project(bits, console)?;
            let traced = project.traced(console)?;
            let width = match self.store.read(&width_file(bits)) {
                Some(width) => width,
                None => self.new_width(&project, &traced, bits, console)?,
            };
            let evaluated = open
                .par_iter()
                .map(|&index| {
                    let point = point::evaluate(&project, &width, &traced, &spots[index], self.clock)?;
                    self.store.write(&point_file(&point.id), &point)?;
                    bar.inc(1);
                    Ok((index, point))
                })
                .collect::<Result<Vec<_>, Problems>>()?;
            for (index, point) in evaluated {
                found[index] = Some(point);
            }
        }
        bar.finish_and_clear();
        let mut points: Vec<Point> = found.into_iter().flatten().collect();
        mark_front(&mut points);
        Ok((points, kept))
    }

    /// Measures the points on the front that are not yet.
    pub fn measure(&self, points: &mut [Point], console: &Console) -> Result<(), Problems> {
        let open: Vec<&mut Point> = points.iter_mut().filter(|point| point.on_front && point.measured.is_none()).collect();
        let bar = console.progress(open.len() as u64, "points measured");
        for point in open {
            let folder = self.store.folder.join("designs").join(&point.id);
            let mut settings = self.settings.clone();
            // Fewer samples must not change the network.
            let chosen = self.project(point.weight_bits, console)?;
            settings.options.multiplicity = Some(chosen.network().multiplicity);
            point.measured = Some(measure::measure(point, settings, &folder, console)?);
            self.store.write(&point_file(&point.id), point)?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Writes the front and its picture; returns the files.
    pub fn finish(&self, points: &[Point]) -> Result<Vec<String>, Problems> {
        let front: Vec<&Point> = points.iter().filter(|point| point.on_front).collect();
        self.store.write("front.json", &json!({ "front": front }))?;
        let mut written = vec!["front.json"];
        if let Some(picture) = plot::svg(points) {
            self.store.write_text("front.svg", &picture)?;
            written.push("front.svg");
        }
        Ok(written.into_iter().map(|name| self.store.folder.join(name).display().to_string()).collect())
    }

    pub fn folder(&self) -> &Path {
        &self.store.folder
    }

    fn write_text(&self, name: &str, text: &str) -> Result<(), Problems> {
        self.store.write_text(name, text)
    }
}

fn width_file(bits: u32) -> String {
    format!("widths/w{bits}.json")
}

fn point_file(id: &str) -> String {
    format!("points/{id}.json")
}

/// Marks, device by device, the points that no other beats in accuracy, cycles, LUT and block RAM together.
fn mark_front(points: &mut [Point]) {
    points.iter_mut().for_each(|point| point.on_front = false);
    let targets: std::collections::BTreeSet<String> = points.iter().map(|point| point.target.clone()).collect();
    for target in targets {
        let able: Vec<usize> = (0..points.len()).filter(|&i| points[i].fits && points[i].target == target).collect();
        let criteria = |&index: &usize| {
            let point = &points[index];
            let less_is_better = [point.cycles_per_sample, point.lut, point.bram];
            let mut values: Vec<f64> = less_is_better.iter().map(|value| value.unwrap_or(f64::INFINITY)).collect();
            values.push(-point.accuracy.unwrap_or(0.0));
            values
        };
        let values: Vec<Vec<f64>> = able.iter().map(criteria).collect();
        for index in front::front(&values) {
            points[able[index]].on_front = true;
        }
    }
}

/// Hash of what results depend on: version, net, settings, clock, and the data's files by name and size.
fn key(settings: &Settings, project: &Project, clock: Option<f64>) -> Result<String, Problems> {
    let net = std::fs::read(&project.net_path).map_err(|error| read_problem(&project.net_path, &error))?;
    let mut settings = settings.clone();
    settings.options.numbers.weight_bits = None;
    let data = settings.data.as_ref().map(PathBuf::from).map(|path| files(&path)).unwrap_or_default();
    let text = format!(
        "{SCHEMA} {} {} {settings:?} {clock:?} {data:?} {LOAD_SAMPLES}",
        env!("CARGO_PKG_VERSION"),
        sha256(&net)
    );
    Ok(sha256(text.as_bytes()))
}

/// Names and sizes of a file, or of the files of a folder, sorted.
fn files(path: &Path) -> Vec<(String, u64)> {
    let of = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        std::fs::metadata(path).ok().filter(|meta| meta.is_file()).map(|meta| (name, meta.len()))
    };
    let mut found: Vec<_> = match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().filter_map(|entry| of(&entry.path())).collect(),
        Err(_) => of(path).into_iter().collect(),
    };
    found.sort();
    found
}
