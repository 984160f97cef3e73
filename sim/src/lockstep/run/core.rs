//! One core of the chip: its links, its memory writes, and their checks.

use std::collections::VecDeque;

use net::{Leaving, Output};
use rtl::{CoreProbe, LinkProbe, StateProbe, Word};

use super::states::States;
use super::Setup;
use crate::error::SimError;
use crate::lockstep::finding::{Finding, Findings};
use crate::lockstep::link::{Beat, Encoding, LinkMonitor};
use crate::lockstep::report::LockstepReport;
use crate::lockstep::scoreboard::Scoreboard;
use crate::lockstep::step_check::StepCheck;
use crate::lockstep::truth::Truths;
use crate::model::Instance;

/// A core of the running design, with all that watches it.
pub(super) struct Core<'a> {
    pub input: LinkMonitor,
    pub output: LinkMonitor,
    /// The input link is the output link of the core before, or an edge: one probe tells all.
    shares_input: bool,
    step_check: StepCheck,
    states: States,
    pub scoreboard: Scoreboard<'a>,
    /// Words sent to this core and not yet accepted by it.
    in_flight: VecDeque<u64>,
    layer: usize,
    spikes: bool,
    /// Number of the chip that it sits on.
    pub chip: usize,
}

impl<'a> Core<'a> {
    pub(super) fn new(setup: &'a Setup, instance: &Instance, probe: &CoreProbe) -> Result<Core<'a>, SimError> {
        let (plan, layer) = (&setup.plan.cores[probe.layer], probe.layer);
        let monitor = |link: &LinkProbe| {
            let signals = (
                instance.signal(&link.valid)?,
                instance.signal(&link.ready)?,
                instance.signal(&link.data)?,
            );
            let encoding = Encoding::OnChip(link.format);
            Ok::<_, SimError>(LinkMonitor::new(&link.name, signals, encoding, Some(layer)))
        };
        let (input, output) = (monitor(&probe.input)?, monitor(&probe.output)?);
        let states = match &probe.states {
            StateProbe::Banks(banks) => States::banks(banks, plan.memory_bits(), instance)?,
            StateProbe::Registers(registers) => States::registers(registers, plan.word_bits(), instance)?,
        };
        let before = setup.design.cores.iter().filter(|other| other.layer + 1 == layer).map(|other| &other.output);
        let edges = setup.design.edges.iter().map(|edge| &edge.sent);
        let same = |other: &LinkProbe| {
            let (a, b) = (other, &probe.input);
            a.valid == b.valid && a.ready == b.ready && a.data == b.data
        };
        let shares_input = before.chain(edges).any(same);
        let neuron = &setup.net.layers[layer].neuron;
        Ok(Core {
            input,
            output,
            shares_input,
            step_check: StepCheck::new(Leaving::whole(layer, setup.net.layers[layer].output), neuron.output),
            states,
            scoreboard: Scoreboard::new(plan, layer),
            in_flight: VecDeque::new(),
            layer,
            spikes: neuron.output == Output::Spike,
            chip: setup.plan.chip_of(layer),
        })
    }

    /// Links: protocol, order from sender to receiver, words against golden. `sent` holds the word that the core before
    /// has handed over in this cycle, and then the one that this core has, if its clock `ticks`. `true` if a word has crossed.
    #[inline(always)]
    pub(super) fn links(&mut self, sent: &mut Option<u64>, ticks: bool, truths: &Truths, findings: &mut Findings) -> bool {
        let mut crossed = false;
        if let Some(bits) = sent.take() {
            self.in_flight.push_back(bits);
        }
        if !ticks {
            return false;
        }
        if let Beat::Taken(bits) = self.input.sample(findings) {
            crossed = true;
            let expected = self.in_flight.pop_front();
            self.accepted(bits, expected.map(|bits| self.input.encoding.decode(bits)), truths, findings);
        }
        if let Some(bits) = self.sends(truths, findings) {
            crossed = true;
            *sent = Some(bits);
        }
        crossed
    }

    /// The input link of a core that hears edges; `expected` is what they bring in this cycle. `true` if a word has crossed.
    pub(super) fn hears(&mut self, expected: Option<Word>, truths: &Truths, findings: &mut Findings) -> bool {
        match (self.input.sample(findings), expected) {
            (Beat::Taken(bits), _) => self.accepted(bits, expected, truths, findings),
            (_, Some(_)) => self.lost(expected, "no word".into(), findings),
            (_, None) => return false,
        }
        true
    }

    /// The word that the core accepts in this cycle, in whatever order its sources' words come.
    pub(super) fn listens(&mut self, truths: &Truths, findings: &mut Findings) -> Option<Word> {
        let Beat::Taken(bits) = self.input.sample(findings) else {
            return None;
        };
        let word = self.input.encoding.decode(bits);
        self.scoreboard.accept(word, truths);
        Some(word)
    }

    /// The core has accepted a word, which should be `expected`.
    fn accepted(&mut self, bits: u64, expected: Option<Word>, truths: &Truths, findings: &mut Findings) {
        let word = self.input.encoding.decode(bits);
        if expected != Some(word) {
            self.lost(expected, format!("{word:?}"), findings);
        }
        self.scoreboard.accept(word, truths);
    }

    fn lost(&self, expected: Option<Word>, rtl: String, findings: &mut Findings) {
        findings.add(Finding {
            check: "link: words lost, added or reordered",
            layer: Some(self.layer),
            neuron: None,
            sample: None,
            step: None,
            golden: expected.map_or("no word".into(), |word| format!("{word:?}")),
            rtl,
        });
    }

    /// The word that the core hands over in this cycle.
    #[inline(always)]
    pub(super) fn sends(&mut self, truths: &Truths, findings: &mut Findings) -> Option<u64> {
        let Beat::Taken(bits) = self.output.sample(findings) else {
            return None;
        };
        let word = self.output.encoding.decode(bits);
        self.step_check.word(word, truths, findings);
        Some(bits)
    }

    /// Membranes: what the last edge left in them, then the writes of this one. `true` if there is one.
    #[inline(always)]
    pub(super) fn writes(&mut self, reset: bool, truths: &Truths, findings: &mut Findings) -> bool {
        self.states.check(&mut self.scoreboard, reset, truths, findings)
    }

    /// Adds what was compared and seen.
    pub(super) fn close(self, report: &mut LockstepReport) {
        report.spikes_compared += self.step_check.spikes;
        report.values_compared += self.step_check.values;
        report.ticks_compared += self.step_check.ticks;
        report.membrane_writes_compared += self.scoreboard.writes_compared;
        report.forwarded_writes.push(self.scoreboard.forwarded);
        report.coverage.layers.push(self.scoreboard.coverage(self.spikes.then_some(self.step_check.fired)));
        if !self.shares_input {
            report.links.push(self.input.stalls);
        }
        report.links.push(self.output.stalls);
    }
}
