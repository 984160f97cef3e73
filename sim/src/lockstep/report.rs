//! What lockstep reports.

use std::fmt;
use std::path::PathBuf;

use net::Network;

use super::board::BoardReport;
use super::coverage::{Coverage, Seen};
use super::finding::Finding;
use super::link::LinkStalls;

/// Result of a lockstep run. All counts are over all samples.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct LockstepReport {
    /// Failed checks. After the first, the sample is run to its end; no later sample is.
    pub mismatches: u64,
    pub first: Option<Mismatch>,
    pub seed: u64,
    pub stall: f64,
    /// Samples run.
    pub samples: usize,
    /// Spike words compared on the output link of every layer, and at the chip's edge.
    pub spikes_compared: u64,
    /// One lane of a written membrane word; padding lanes do not count.
    pub membrane_writes_compared: u64,
    /// TICK and TICK_LAST words compared on every layer's output link and at the chip's edge.
    pub ticks_compared: u64,
    /// VALUE words compared, readout block included.
    pub values_compared: u64,
    /// Per sample: cycles from the first input handshake to the last output handshake, both included.
    pub cycles_per_sample: Vec<u64>,
    /// Per link, chip edge included.
    pub links: Vec<LinkStalls>,
    /// Links that leave routers; none without routers.
    pub fabric: Option<FabricReport>,
    /// The configuration bus, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registers: Option<RegisterReport>,
    /// Counters of the guard at the input; none where there is none, or none can be seen.
    pub input_guard: Option<GuardReport>,
    /// Several chips; none where there is one.
    pub board: Option<BoardReport>,
    /// Writes by events of a word whose last write was still on its way when it was read; one entry per layer.
    pub forwarded_writes: Vec<u64>,
    /// Per sample: words per output neuron at the chip's edge, all outputs one behind the other (spikes; for an LI layer without readout its VALUE words;
    /// with a readout block one count, at the winner).
    pub output_counts: Vec<Vec<u32>>,
    /// What was seen at least once.
    pub coverage: Coverage,
    /// Clock cycles simulated, reset included.
    pub cycles: u64,
    /// Wall-clock seconds of simulation with all checks, golden model included, model building not.
    pub seconds: f64,
    pub cycles_per_second: f64,
    pub writes_per_second: f64,
}

/// What the guard at the input has counted, over all samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct GuardReport {
    /// Spikes of an address beyond its multiplicity.
    pub repeats: u64,
    pub off_map: u64,
}

/// What was compared on the configuration bus.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct RegisterReport {
    /// Reads and writes.
    pub accesses: u64,
    /// Counters compared behind the last sample; those of several instances count apart.
    pub compared: u64,
    /// What the cores' counters held then.
    pub cores: Vec<CoreCounts>,
}

/// Counters of one core: docs/config.md.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct CoreCounts {
    pub layer: String,
    pub spikes_in: u64,
    pub words_out: u64,
    pub steps: u64,
    pub samples: u64,
    pub busy: u64,
    pub input_stalls: u64,
    pub output_stalls: u64,
    pub sops: u64,
}

impl CoreCounts {
    fn add(&mut self, other: &CoreCounts) {
        self.spikes_in += other.spikes_in;
        self.words_out += other.words_out;
        self.steps += other.steps;
        self.samples += other.samples;
        self.busy += other.busy;
        self.input_stalls += other.input_stalls;
        self.output_stalls += other.output_stalls;
        self.sops += other.sops;
    }
}

/// What went through routers.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct FabricReport {
    /// All links that leave a router.
    pub all: RouterTraffic,
    /// Of these, those that lead to another router, not to a core or the chip's edge.
    pub between_routers: RouterTraffic,
}

/// Packets and stalls of some links.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct RouterTraffic {
    /// Packets that crossed one.
    pub packets: u64,
    /// Cycles in which one offered a packet that was not taken.
    pub stalled: u64,
    /// Stalled cycles per cycle in which a packet was offered.
    pub stall_share: f64,
}

impl RouterTraffic {
    /// Adds a link's packets and stalled cycles.
    pub(super) fn add(&mut self, packets: u64, stalled: u64) {
        self.packets += packets;
        self.stalled += stalled;
        self.stall_share = self.stalled as f64 / (self.packets + self.stalled).max(1) as f64;
    }
}

/// The first failed check, told so that it can be found again.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Mismatch {
    /// Which check failed.
    pub check: String,
    /// Weight node's name, or `chip edge`.
    pub layer: String,
    /// Flat index in the layer's output map.
    pub neuron: Option<usize>,
    /// `(c, y, x)` of the neuron.
    pub coordinate: Option<(usize, usize, usize)>,
    pub sample: Option<usize>,
    pub time_step: Option<usize>,
    /// Clock cycle since power-up.
    pub cycle: u64,
    pub golden: String,
    pub rtl: String,
    pub seed: u64,
    /// Waves of the sample around the mismatch.
    pub waves: Option<PathBuf>,
}

impl Mismatch {
    pub(super) fn new(net: &Network, cycle: u64, finding: Finding, seed: u64) -> Self {
        let layer = finding.layer.map(|layer| &net.layers[layer]);
        let coordinate = match (layer, finding.neuron) {
            (Some(layer), Some(neuron)) => Some(layer.output.coordinate(neuron)),
            _ => None,
        };
        Mismatch {
            check: finding.check.to_string(),
            layer: layer.map_or("chip edge".to_string(), |layer| layer.name.clone()),
            neuron: finding.neuron,
            coordinate,
            sample: finding.sample,
            time_step: finding.step,
            cycle,
            golden: finding.golden,
            rtl: finding.rtl,
            seed,
            waves: None,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "first mismatch: {} in layer \"{}\"", self.check, self.layer)?;
        if let (Some(neuron), Some((c, y, x))) = (self.neuron, self.coordinate) {
            write!(f, ", neuron {neuron} (c={c}, y={y}, x={x})")?;
        }
        if let Some(sample) = self.sample {
            write!(f, ", sample {sample}")?;
        }
        if let Some(step) = self.time_step {
            write!(f, ", time step {step}")?;
        }
        write!(
            f,
            ", cycle {}\n  golden: {}\n  rtl:    {}\n  seed:   {}",
            self.cycle, self.golden, self.rtl, self.seed
        )?;
        if let Some(waves) = &self.waves {
            write!(f, "\n  waves:  {}", waves.display())?;
        }
        Ok(())
    }
}

impl LockstepReport {
    /// Adds another part of the same run; parts come in the order of samples.
    pub(super) fn append(&mut self, part: LockstepReport) {
        self.mismatches += part.mismatches;
        if self.first.is_none() {
            self.first = part.first;
        }
        self.samples += part.samples;
        self.spikes_compared += part.spikes_compared;
        self.membrane_writes_compared += part.membrane_writes_compared;
        self.ticks_compared += part.ticks_compared;
        self.values_compared += part.values_compared;
        self.cycles_per_sample.extend(part.cycles_per_sample);
        self.output_counts.extend(part.output_counts);
        self.cycles += part.cycles;
        match (&mut self.fabric, part.fabric) {
            (Some(all), Some(part)) => {
                all.all.add(part.all.packets, part.all.stalled);
                all.between_routers.add(part.between_routers.packets, part.between_routers.stalled);
            }
            (all, part) => *all = all.or(part),
        }
        match (&mut self.registers, part.registers) {
            (Some(all), Some(part)) => {
                all.accesses += part.accesses;
                all.compared += part.compared;
                all.cores.iter_mut().zip(&part.cores).for_each(|(a, b)| a.add(b));
            }
            (all, part) => *all = all.take().or(part),
        }
        match (&mut self.input_guard, part.input_guard) {
            (Some(all), Some(part)) => {
                all.repeats += part.repeats;
                all.off_map += part.off_map;
            }
            (all, part) => *all = all.take().or(part),
        }
        match (&mut self.board, part.board) {
            (Some(all), Some(part)) => {
                all.add(&part);
                all.conclude(self.samples);
            }
            (all, part) => *all = all.take().or(part),
        }
        self.coverage.add(&part.coverage);
        if self.links.is_empty() {
            self.links = part.links;
            self.forwarded_writes = part.forwarded_writes;
        } else {
            self.links.iter_mut().zip(&part.links).for_each(|(a, b)| a.add(b));
            self.forwarded_writes
                .iter_mut()
                .zip(&part.forwarded_writes)
                .for_each(|(a, b)| *a += b);
        }
    }

    /// Says in the coverage which links have stalled.
    pub(super) fn conclude_links(&mut self) {
        let mut stalled = Seen::none_of(self.links.len());
        (0..self.links.len()).filter(|&link| self.links[link].stalled > 0).for_each(|link| stalled.mark(link));
        self.coverage.links_stalled = stalled;
    }

    /// Whether every check passed, and there was something to check.
    pub fn passed(&self) -> bool {
        self.mismatches == 0 && self.ticks_compared > 0
    }
}
