//! Routers between the cores: their links, and what the cores hear through them.
//!
//! The order of a step's words is free there. So what a core accepts is compared with golden: per step the spikes of all its
//! sources at their places, as a multiset, and one TICK behind them.

use net::{Network, Origin};
use rtl::{Kind, PacketProbe, Word};

use super::Setup;
use crate::error::SimError;
use crate::lockstep::coverage::{RouterCoverage, Seen};
use crate::lockstep::finding::{Finding, Findings};
use crate::lockstep::link::{address, Beat, Encoding, LinkMonitor};
use crate::lockstep::report::{FabricReport, LockstepReport};
use crate::lockstep::truth::Truths;
use crate::model::{Instance, Signal};

/// All links of routers and all cores behind them.
pub(super) struct Routed {
    links: Vec<Link>,
    /// Ways through routers; which have been taken, and the others still to be looked for.
    turns: Vec<Signal>,
    taken: Seen,
    untaken: Vec<usize>,
    /// One for each core.
    heard: Vec<Heard>,
}

/// A link from or to a router.
struct Link {
    monitor: LinkMonitor,
    from_router: bool,
    to_router: bool,
}

impl Routed {
    /// `None` where the design has no routers, or no probes inside.
    pub(super) fn new(setup: &Setup, instance: &Instance) -> Result<Option<Routed>, SimError> {
        let Some(fabric) = setup.design.fabric.as_ref().filter(|_| !setup.design.cores.is_empty()) else { return Ok(None) };
        let links = fabric.links.iter().map(|probe| Link::new(probe, instance)).collect::<Result<_, _>>()?;
        let turns: Vec<Signal> = fabric.turns.iter().map(|turn| instance.signal(&turn.taken)).collect::<Result<_, _>>()?;
        let heard = (0..setup.net.layers.len()).map(Heard::new).collect();
        let (taken, untaken) = (Seen::none_of(turns.len()), (0..turns.len()).collect());
        Ok(Some(Routed { links, turns, taken, untaken, heard }))
    }

    /// Looks at all links before a rising clock edge. `true` if a packet has crossed one.
    pub(super) fn sample(&mut self, findings: &mut Findings) -> bool {
        let mut crossed = false;
        for link in &mut self.links {
            crossed |= matches!(link.monitor.sample(findings), Beat::Taken(_));
        }
        if crossed {
            let (turns, taken) = (&self.turns, &mut self.taken);
            self.untaken.retain(|&turn| {
                let now = turns[turn].is_set();
                if now {
                    taken.mark(turn);
                }
                !now
            });
        }
        crossed
    }

    /// Core `core` has accepted a word.
    pub(super) fn accepted(&mut self, core: usize, word: Word, net: &Network, truths: &Truths, findings: &mut Findings) {
        self.heard[core].word(word, net, truths, findings);
    }

    /// Packets that have crossed a link.
    pub(super) fn words(&self) -> u64 {
        self.links.iter().map(|link| link.monitor.stalls.words).sum()
    }

    pub(super) fn describe(&self) -> Vec<String> {
        self.links.iter().map(|link| link.monitor.describe()).collect()
    }

    /// Adds what was seen.
    pub(super) fn close(self, report: &mut LockstepReport) {
        let mut fabric = FabricReport::default();
        let mut ports = Seen::none_of(self.links.len());
        for (port, link) in self.links.into_iter().enumerate() {
            let stalls = link.monitor.stalls;
            if stalls.words > 0 {
                ports.mark(port);
            }
            if link.from_router {
                fabric.all.add(stalls.words, stalls.stalled);
            }
            if link.from_router && link.to_router {
                fabric.between_routers.add(stalls.words, stalls.stalled);
            }
            report.links.push(stalls);
        }
        report.fabric = Some(fabric);
        report.coverage.routers = Some(RouterCoverage { ports, turns: self.taken });
    }
}

impl Link {
    fn new(probe: &PacketProbe, instance: &Instance) -> Result<Link, SimError> {
        let signals = (instance.signal(&probe.valid)?, instance.signal(&probe.ready)?, instance.signal(&probe.data)?);
        let monitor = LinkMonitor::new(&probe.name, signals, Encoding::Packet(probe.format), None);
        Ok(Link { monitor, from_router: probe.from_router, to_router: probe.to_router })
    }
}

/// What a core should still hear in its step.
struct Heard {
    layer: usize,
    /// Steps that it has ended, since reset.
    step: u64,
    /// Per address of the heard map: words still to come; empty before the step's first word.
    remaining: Vec<u32>,
    outstanding: u64,
}

impl Heard {
    fn new(layer: usize) -> Heard {
        Heard { layer, step: 0, remaining: Vec::new(), outstanding: 0 }
    }

    fn load(&mut self, net: &Network, truths: &Truths) {
        let heard = net.layers[self.layer].input;
        self.remaining = vec![0; heard.len()];
        self.outstanding = 0;
        let Some((truth, step)) = truths.at_step(self.step) else { return };
        for source in &net.sources[self.layer] {
            // Nothing is heard of the step before a sample's first.
            let Some(sent_in) = step.checked_sub(source.delay as usize) else { continue };
            let sent = match source.from {
                Origin::Input(_) => &truth.input[sent_in],
                Origin::Layer(from) => &truth.trace.layers[from].spikes[sent_in],
            };
            for at in sent.iter().filter_map(|&neuron| source.heard(heard, neuron as usize)) {
                self.outstanding += 1;
                self.remaining[at] += 1;
            }
        }
    }

    fn word(&mut self, word: Word, net: &Network, truths: &Truths, findings: &mut Findings) {
        if self.remaining.is_empty() {
            self.load(net, truths);
        }
        let heard = net.layers[self.layer].input;
        match word.kind {
            Kind::Spike => {
                let left = address(word, heard).map(|at| &mut self.remaining[at]);
                match left {
                    Some(left) if *left > 0 => {
                        *left -= 1;
                        self.outstanding -= 1;
                    }
                    _ => self.find("routers: a word too many", truths, findings, "no (further) spike there".into(), format!("{word:?}")),
                }
            }
            Kind::Value => self.find("routers: a word too many", truths, findings, "no value".into(), format!("{word:?}")),
            Kind::Tick | Kind::TickLast => {
                if self.outstanding > 0 {
                    let golden = format!("{} more spikes in this step", self.outstanding);
                    self.find("routers: a TICK too early", truths, findings, golden, format!("{:?}", word.kind));
                }
                let last = truths.at_step(self.step).map(|(truth, step)| step + 1 == truth.steps());
                if last != Some(word.kind == Kind::TickLast) {
                    let golden = format!("last step of the sample: {last:?}");
                    self.find("routers: another TICK", truths, findings, golden, format!("{:?}", word.kind));
                }
                self.remaining.clear();
                self.step += 1;
            }
        }
    }

    fn find(&self, check: &'static str, truths: &Truths, findings: &mut Findings, golden: String, rtl: String) {
        let place = truths.at_step(self.step).map(|(truth, step)| (truth.sample, step));
        findings.add(Finding {
            check,
            layer: Some(self.layer),
            neuron: None,
            sample: place.map(|place| place.0),
            step: place.map(|place| place.1),
            golden,
            rtl,
        });
    }
}
