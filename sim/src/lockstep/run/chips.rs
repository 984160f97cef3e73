//! Several chips in one simulation: whose clock ticks, and what crosses between them.

use super::Setup;
use crate::error::SimError;
use crate::lockstep::aer::AerMonitor;
use crate::lockstep::board::{BoardReport, ChipLink, ChipReport, CoreLoad};
use crate::lockstep::finding::Findings;
use crate::model::{Instance, Signal};
use crate::random::Random;

/// Shares of the simulation's cycles in which a chip ticks, where nobody says.
const SLOWEST: f64 = 0.35;
const FASTEST: f64 = 0.75;

/// Chips and AER ports of a running design.
pub(super) struct Chips {
    /// None where there is one chip, which ticks in every cycle.
    chips: Vec<Chip>,
    ports: Vec<AerMonitor>,
    /// Cycles of the simulation in which every chip has ticked at least once.
    pub pace: u64,
    cycles: u64,
}

struct Chip {
    ticks: Signal,
    now: bool,
    /// Per core: valid and ready of what it takes, and in how many ticks it was busy.
    cores: Vec<([Signal; 2], u64)>,
    output: [Signal; 2],
    cycles: u64,
    stalled: u64,
    handshake: u64,
    busy: u64,
}

impl Chips {
    pub(super) fn new(setup: &Setup, instance: &Instance) -> Result<Chips, SimError> {
        let design = setup.design;
        let shares = shares(setup);
        let mut chips = Vec::new();
        for (i, (probe, share)) in design.chips.iter().zip(&shares).enumerate() {
            let ends = |ends: &[rtl::ProbeSignal; 2]| Ok::<_, SimError>([instance.signal(&ends[0])?, instance.signal(&ends[1])?]);
            let Some(ticks) = &probe.ticks else { continue };
            let own = design.cores.iter().filter(|core| setup.plan.chip_of(core.layer) == i).map(|core| &core.input);
            let cores = own.map(|link| Ok(([instance.signal(&link.valid)?, instance.signal(&link.ready)?], 0)));
            // Odd: the clocks' pattern repeats after 2^32 cycles only.
            instance.drive(&format!("clock_step_{i}"))?.set((share * 4294967295.0) as u64 | 1);
            chips.push(Chip {
                ticks: instance.signal(ticks)?,
                now: false,
                cores: cores.collect::<Result<_, SimError>>()?,
                output: ends(&probe.output)?,
                cycles: 0,
                stalled: 0,
                handshake: 0,
                busy: 0,
            });
        }
        // A netlist keeps no names inside.
        let ports = design.aer.iter().filter(|_| !design.cores.is_empty()).map(|probe| AerMonitor::new(instance, probe));
        let pace = shares.iter().map(|share| (1.0 / share).ceil() as u64).max().unwrap_or(1);
        Ok(Chips { chips, ports: ports.collect::<Result<_, _>>()?, pace, cycles: 0 })
    }

    /// Looks at clocks and ports before a rising edge of the simulation's clock; `running`: a sample is on the board. `true` if a port has
    /// moved on.
    pub(super) fn sample(&mut self, running: bool, findings: &mut Findings) -> bool {
        let mut moved = false;
        for port in &mut self.ports {
            moved |= port.sample(findings);
        }
        self.cycles += u64::from(running);
        for (i, chip) in self.chips.iter_mut().enumerate() {
            chip.now = chip.ticks.is_set();
            let counts = u64::from(running && chip.now);
            chip.cycles += counts;
            for ([valid, ready], busy) in &mut chip.cores {
                *busy += counts * u64::from(valid.is_set() || !ready.is_set());
            }
            let [valid, ready] = &chip.output;
            let waits = valid.is_set() && !ready.is_set();
            chip.stalled += counts * u64::from(waits);
            let handshake = self.ports.iter().any(|port| port.sends && port.chip == i && port.busy);
            chip.handshake += u64::from(running && handshake);
            chip.busy += u64::from(running && (handshake || waits));
        }
        moved
    }

    /// Whether the clock of chip `i` rises with the simulation's.
    #[inline(always)]
    pub(super) fn ticks(&self, i: usize) -> bool {
        self.chips.get(i).is_none_or(|chip| chip.now)
    }

    pub(super) fn ports(&self) -> impl Iterator<Item = &AerMonitor> {
        self.ports.iter()
    }

    pub(super) fn describe(&self) -> Vec<String> {
        self.ports.iter().map(AerMonitor::describe).collect()
    }

    /// What was counted; none of a single chip.
    pub(super) fn close(self, setup: &Setup, samples: usize) -> Option<BoardReport> {
        let layers = |i: usize| setup.net.layers[setup.plan.chips[i].layers.clone()].iter().map(|layer| layer.name.clone());
        let chip = |(i, (chip, probe)): (usize, (&Chip, &rtl::ChipProbe))| ChipReport {
            name: probe.name.clone(),
            cycles: chip.cycles,
            cores: chip.cores.iter().zip(layers(i)).map(|((_, busy), layer)| CoreLoad { layer, busy: *busy, busy_share: 0.0 }).collect(),
        };
        let link = |(i, chip): (usize, &Chip)| {
            let port = self.ports.iter().find(|port| port.sends && port.chip == i);
            ChipLink {
                name: format!("chip {i} to chip {}", i + 1),
                words: port.map_or(0, |port| port.words),
                ticks: port.map_or(0, |port| port.ticks),
                handshake: chip.handshake,
                busy: chip.busy,
                stalled: chip.stalled,
                ..ChipLink::default()
            }
        };
        let senders = self.chips.len().checked_sub(1)?;
        let mut report = BoardReport {
            cycles: self.cycles,
            chips: self.chips.iter().zip(&setup.design.chips).enumerate().map(chip).collect(),
            links: self.chips.iter().take(senders).enumerate().map(link).collect(),
            bottleneck: String::new(),
        };
        report.conclude(samples);
        Some(report)
    }
}

/// In which share of the simulation's cycles each chip ticks: the caller's wish, else by the seed.
fn shares(setup: &Setup) -> Vec<f64> {
    if !setup.options.clocks.is_empty() {
        return setup.options.clocks.clone();
    }
    let mut random = Random::new(setup.options.seed, CLOCKS);
    let mut share = || SLOWEST + (FASTEST - SLOWEST) * (random.next() >> 11) as f64 / (1u64 << 53) as f64;
    setup.design.chips.iter().map(|_| share()).collect()
}

/// The stream of random numbers that clocks are drawn from.
const CLOCKS: u64 = u64::MAX - 1;
