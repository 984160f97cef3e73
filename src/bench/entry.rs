//! What a benchmark came to, as it stands in JSON.

use serde::{Deserialize, Serialize};

use super::goals::Figure;
use super::registry::{Benchmark, REGISTRY};
use super::Subject;

/// One benchmark's figures; fields in `docs/json.md`. A figure that does not exist or does not count is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub id: String,
    pub case: String,
    pub title: String,
    pub model: String,
    /// False: it was not run, `note` says why.
    pub available: bool,
    pub note: Option<String>,
    pub passed: bool,
    /// What failed, one line each.
    pub failures: Vec<String>,
    pub mismatches: Option<u64>,
    /// Of the Verilog and hex that was simulated and synthesised.
    pub hash: Option<String>,
    pub layers: Vec<LayerFold>,
    /// Layer whose adders make the peak.
    pub core: Option<String>,
    pub adders: Option<u64>,
    pub steps: u64,
    /// At `own_activity`.
    pub cycles_per_event: Option<f64>,
    pub own_activity: f64,
    /// Measured, of a time step without events.
    pub idle_step_cycles: Option<f64>,
    pub rows: Vec<Row>,
    pub lut: Option<u64>,
    pub ff: Option<u64>,
    pub bram: Option<u64>,
    pub dsp: Option<u64>,
    pub fmax_mhz: Option<f64>,
    pub fmax_mhz_min: Option<f64>,
    /// Device of the figures above.
    pub device: String,
    /// One per device.
    pub areas: Vec<Area>,
    pub images: Option<Images>,
    /// Per second at `fmax_mhz`: images, else samples at `own_activity`. Of the MNIST nets.
    pub frames_per_second: Option<f64>,
    pub target: Vec<GoalEntry>,
    pub peer: PeerEntry,
}

/// A layer's numbers and how it was folded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerFold {
    pub name: String,
    pub threshold: [i64; 2],
    pub weight_bits: u32,
    pub membrane_bits: u32,
    pub banks: [usize; 2],
    pub lanes: usize,
}

/// One activity, over a sample of `steps` time steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Percent of the input addresses that spike in each time step.
    pub activity: f64,
    pub events_per_step: u64,
    pub events: u64,
    pub cycles: Option<u64>,
    pub predicted_cycles: u64,
    pub cycles_per_step: Option<f64>,
    pub cycles_per_event: Option<f64>,
    pub cycles_per_sop: Option<f64>,
    /// In footprint cycles of the core under test: clipped footprints count whole.
    pub percent_of_peak: Option<f64>,
    /// In synaptic operations of the core under test: `sops / (adders * cycles)`.
    pub percent_of_peak_sops: Option<f64>,
    pub sops: u64,
    /// Same lanes and banks, every address walked in every step, by formula.
    pub dense_cycles: u64,
    /// Per layer: spikes per neuron and time step, in percent.
    pub fired_percent: Vec<f64>,
    /// Per layer: states that the clamp changed, in percent.
    pub saturated_percent: Vec<f64>,
}

/// One synthesis.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Area {
    pub device: String,
    pub lut: u64,
    pub lut_kind: String,
    pub ff: u64,
    pub bram: u64,
    pub bram_kind: String,
    pub dsp: u64,
    /// Of `lut` and `ff`: registers and XOR at the pins.
    pub wrapper_lut: u64,
    pub wrapper_ff: u64,
    pub fits: bool,
    pub routed: Option<bool>,
    pub fmax_mhz: Option<f64>,
    pub fmax_mhz_min: Option<f64>,
    pub seeds: usize,
    pub tools: String,
}

/// A trained net on the bundled images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Images {
    /// Run in golden's integers.
    pub samples: usize,
    /// Fraction.
    pub accuracy: Option<f64>,
    /// Simulated in lockstep.
    pub simulated: usize,
    pub mismatches: u64,
    /// From an image's first word to its last, alone on the chip: mean over the simulated ones.
    pub cycles_per_image: Option<f64>,
    /// From one image to the next where each follows the one before: mean over the second half of the simulated ones.
    #[serde(default)]
    pub cycles_per_image_streamed: Option<f64>,
}

/// A target, and whether it is met; `met` is `None` where the figure was not measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GoalEntry {
    pub figure: String,
    pub limit: f64,
    pub at_least: bool,
    pub measured: Option<f64>,
    pub met: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PeerEntry {
    pub name: String,
    pub note: String,
    pub figures: Vec<PeerFigure>,
}

/// A peer's figure with ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerFigure {
    pub figure: String,
    pub peer: f64,
    pub measured: Option<f64>,
}

impl Entry {
    /// An entry without figures.
    fn blank(benchmark: &Benchmark) -> Entry {
        Entry {
            id: benchmark.id.to_string(),
            case: benchmark.case.to_string(),
            title: benchmark.title.to_string(),
            model: benchmark.model.to_string(),
            passed: true,
            steps: benchmark.steps as u64,
            own_activity: benchmark.activity,
            device: benchmark.device.name().to_string(),
            ..Entry::default()
        }
    }

    /// A benchmark that was not run.
    pub fn absent(benchmark: &Benchmark, why: &str) -> Entry {
        let mut entry = Entry::blank(benchmark);
        entry.note = Some(why.to_string());
        entry.judge(benchmark);
        entry
    }

    /// A benchmark that will be run.
    pub fn of(benchmark: &Benchmark, subject: &Subject) -> Entry {
        let fold = |core: &rtl::CorePlan| {
            let (level, reset) = (&core.layer.neuron.fire_level, &core.layer.neuron.reset);
            LayerFold {
                name: core.layer.name.clone(),
                threshold: match reset {
                    net::Reset::Subtract(amount) => [amount.min(), amount.max()],
                    _ => [level.min(), level.max()],
                },
                weight_bits: core.layer.weight_bits,
                membrane_bits: core.layer.neuron.membrane.bits,
                banks: core.folded().0.into(),
                lanes: core.folded().1,
            }
        };
        let core = &subject.plan.cores[benchmark.under_test];
        Entry {
            available: true,
            hash: Some(subject.design.hash()),
            layers: subject.plan.cores.iter().map(fold).collect(),
            core: Some(core.layer.name.clone()),
            adders: Some(core.adders() as u64),
            ..Entry::blank(benchmark)
        }
    }

    /// Id, and case if there are several.
    pub fn label(&self) -> String {
        [self.id.as_str(), self.case.as_str()].join(" ").trim_end().to_string()
    }

    /// The row of an activity.
    pub fn row(&self, activity: f64) -> Option<&Row> {
        self.rows.iter().find(|row| row.activity == activity)
    }

    /// Fills what follows from the figures: targets, peer, own activity, verdict.
    pub fn judge(&mut self, benchmark: &Benchmark) {
        self.cycles_per_event = self.measured(Figure::CyclesPerEvent(benchmark.activity));
        self.idle_step_cycles = self.measured(Figure::FirePerStep);
        if benchmark.case.starts_with("mnist") {
            let cycles = match &self.images {
                Some(images) => images.cycles_per_image_streamed,
                None => self.measured(Figure::Cycles(benchmark.activity)),
            };
            let fps = cycles.zip(self.fmax_mhz).map(|(cycles, mhz)| 1e6 * mhz / cycles);
            self.frames_per_second = fps.map(f64::round);
        }
        let goal = |goal: &super::goals::Goal| {
            let measured = self.measured(goal.figure);
            GoalEntry {
                figure: goal.figure.to_string(),
                limit: goal.limit,
                at_least: goal.at_least,
                measured,
                met: measured.map(|measured| goal.is_met(measured)),
            }
        };
        self.target = benchmark.goals.iter().map(goal).collect();
        let figure = |&(figure, peer): &(Figure, f64)| PeerFigure {
            figure: figure.to_string(),
            peer,
            measured: self.measured(figure),
        };
        self.peer = PeerEntry {
            name: benchmark.peer.name.to_string(),
            note: benchmark.peer.note.to_string(),
            figures: benchmark.peer.figures.iter().map(figure).collect(),
        };
        self.passed = self.failures.is_empty();
    }

    /// Takes over `earlier`'s counts and clock where this entry has none and they are those of the same files.
    pub fn keep_area(&mut self, earlier: &Entry) {
        let lacks = self.lut.is_none() || (self.fmax_mhz.is_none() && earlier.fmax_mhz.is_some());
        let benchmark = REGISTRY.iter().find(|benchmark| benchmark.label() == self.label());
        let (Some(benchmark), true) = (benchmark, lacks && self.hash.is_some() && self.hash == earlier.hash) else {
            return;
        };
        (self.lut, self.ff, self.bram, self.dsp) = (earlier.lut, earlier.ff, earlier.bram, earlier.dsp);
        (self.fmax_mhz, self.fmax_mhz_min) = (earlier.fmax_mhz, earlier.fmax_mhz_min);
        self.areas = earlier.areas.clone();
        self.judge(benchmark);
    }

    fn measured(&self, figure: Figure) -> Option<f64> {
        match figure {
            Figure::CyclesPerEvent(activity) => self.row(activity)?.cycles_per_event,
            Figure::CyclesPerSop(activity) => self.row(activity)?.cycles_per_sop,
            Figure::PercentOfPeak(activity) => self.row(activity)?.percent_of_peak,
            Figure::Cycles(activity) => Some(self.row(activity)?.cycles? as f64),
            Figure::FirePerStep => self.row(0.0)?.cycles_per_step,
            Figure::Lut => Some(self.lut? as f64),
            Figure::Ff => Some(self.ff? as f64),
            Figure::Bram => Some(self.bram? as f64),
            Figure::Fmax => self.fmax_mhz,
            Figure::FramesPerSecond => self.frames_per_second,
        }
    }
}
