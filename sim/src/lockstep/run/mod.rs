//! One model instance, some samples: the clock loop and all checks around it.

mod chips;
mod core;
mod edge;
mod edges;
mod registers;
mod rest;
mod routed;
mod seen;
mod states;

use std::borrow::Cow;
use std::collections::VecDeque;

use golden::Engine;
use net::guard::entering;
use net::{Network, Origin, Spikes};
use rtl::Resets;
use rtl::{Design, Plan};

use self::chips::Chips;
use self::core::Core;
use self::edge::{source, Drain};
use self::edges::Edges;
use self::registers::Registers;
use self::routed::Routed;
use super::finding::{Finding, Findings};
use super::guard::Guards;
use super::link::LinkMonitor;
use super::report::{LockstepReport, Mismatch};
use super::stimulus::Stimulus;
use super::truth::{Truth, Truths};
use super::LockstepOptions;
use crate::error::SimError;
use crate::model::{Instance, Library, Ports};
use crate::random::Random;
use crate::waves::Recorder;

/// Cycles that reset is held.
const RESET_CYCLES: u64 = 4;

/// Everything that is fixed for all runs of a design.
pub struct Setup<'a> {
    pub design: &'a Design,
    pub plan: &'a Plan,
    pub net: &'a Network,
    pub engine: &'a Engine,
    pub library: &'a Library,
    pub options: &'a LockstepOptions<'a>,
}

/// A run in progress.
pub struct Run<'a> {
    setup: &'a Setup<'a>,
    instance: Instance,
    ports: Ports,
    chips: Chips,
    cores: Vec<Core<'a>>,
    edges: Edges,
    routed: Option<Routed>,
    registers: Option<Registers>,
    guards: Guards,
    /// Per input, the word that has entered the chip in this cycle, as the link behind has it.
    entered: Vec<Option<u64>>,
    sources: Vec<LinkMonitor>,
    drains: Vec<Drain>,
    truths: Truths<'a>,
    stimulus: Stimulus,
    findings: Findings,
    last_word: u64,
    last_activity: u64,
    /// Cycles in which the first words of the samples in flight entered, and how many samples have begun.
    started: VecDeque<u64>,
    begun: usize,
    /// Cycle in which the chip's registers left reset.
    released: u64,
    /// Samples that all outputs have finished.
    finished: usize,
    report: LockstepReport,
}

impl<'a> Run<'a> {
    pub fn new(setup: &'a Setup<'a>) -> Result<Run<'a>, SimError> {
        let instance = setup.library.instance()?;
        let ports = instance.ports().clone();
        let mut cores = Vec::new();
        for probe in &setup.design.cores {
            cores.push(Core::new(setup, &instance, probe)?);
        }
        let chips = Chips::new(setup, &instance)?;
        let edges = Edges::new(setup, &instance)?;
        let routed = Routed::new(setup, &instance)?;
        let registers = Registers::new(setup, &instance)?;
        let guards = Guards::new(setup.design, setup.plan, &instance)?;
        let options = setup.options;
        let sources = ports.inputs.iter().zip(&setup.plan.inputs).map(|(stream, port)| source(stream, port)).collect();
        let drains = ports.outputs.iter().enumerate().map(|(k, stream)| Drain::new(setup, k, *stream)).collect();
        let stimulus = Stimulus::new(&ports, setup.plan, options);
        Ok(Run {
            setup,
            instance,
            ports,
            chips,
            cores,
            edges,
            routed,
            registers,
            guards,
            entered: vec![None; setup.plan.inputs.len()],
            sources,
            drains,
            truths: Truths::default(),
            stimulus,
            findings: Findings::default(),
            last_word: 0,
            last_activity: 0,
            started: VecDeque::new(),
            begun: 0,
            released: 0,
            finished: 0,
            report: LockstepReport::default(),
        })
    }

    /// Resets the chip and runs `samples` (indices in the caller's list) on it. `recorder` sees every cycle of the
    /// sample it asks for.
    pub fn samples(
        mut self,
        samples: &[(usize, &'a Spikes)],
        mut recorder: Option<Recorder>,
    ) -> Result<LockstepReport, SimError> {
        let options = self.setup.options;
        self.reset();
        self.greet(recorder.as_mut())?;
        let mut start = 0;
        let mut pushed = 0;
        let mut queue = samples.iter();
        loop {
            // One sample at a time unless the caller wants them back to back.
            if !options.back_to_back && !self.settle(recorder.as_mut())? {
                break;
            }
            // One whose states are still being written, one that leaves, one on its way, one at the input.
            let depth = if options.back_to_back { 4 } else { 1 };
            while self.truths.len() < depth {
                let Some(&(sample, input)) = queue.next() else { break };
                let entering = entering(Cow::Borrowed(input), self.setup.plan.edges.limit());
                let trace = self.setup.engine.trace(&entering);
                if let Some(registers) = &mut self.registers {
                    registers.expect(self.setup, &entering, &trace);
                }
                self.truths.push(Truth {
                    sample,
                    start,
                    input,
                    inputs: self.setup.net.by_input(input),
                    trace,
                });
                start += input.len() as u64;
                pushed += 1;
                if let Some(recorder) = recorder.as_mut().filter(|r| r.wants(sample)) {
                    recorder.start(&mut self.instance, self.setup)?;
                    self.cores
                        .iter_mut()
                        .for_each(|core| core.scoreboard.watch_from(sample));
                }
            }
            if self.finished == pushed {
                break;
            }
            self.findings.sample = self.truths.get(self.finished).map(|truth| truth.sample);
            let done = self.finished;
            while self.finished == done {
                self.cycle(pushed, recorder.as_mut())?;
                if self.stuck() || recorder.as_ref().is_some_and(|r| r.is_done(self.findings.cycle)) {
                    break;
                }
            }
            if self.finished == done || (self.findings.count > 0 && !options.keep_going) {
                break;
            }
            if options.back_to_back {
                // The sample is retired one later, as states of its last step are still being written.
                if self.finished >= 2 {
                    self.truths.retire();
                }
            }
            if let Some(progress) = options.progress {
                progress(samples[self.finished - 1].0);
            }
        }
        if self.findings.count == 0 {
            self.settle(recorder.as_mut())?;
            self.take_stock(recorder.as_mut())?;
            self.check_seen(samples.len());
        }
        if let Some(recorder) = recorder {
            recorder.finish()?;
        }
        Ok(self.close())
    }

    fn reset(&mut self) {
        self.ports.aresetn.set(0);
        for stream in &self.ports.inputs {
            stream.tvalid.set(0);
            stream.tlast.set(0);
        }
        self.ports.outputs.iter().for_each(|stream| stream.tready.set(0));
        // Of each chip's own, and one in which it hears of it.
        let cycles = if self.chips.pace > 1 { (RESET_CYCLES + 2) * self.chips.pace } else { RESET_CYCLES };
        for _ in 0..cycles {
            self.tick(true);
        }
        self.end_reset();
        if self.setup.plan.edges.resets == Resets::Asynchronous {
            self.release();
            if self.setup.plan.edges.are_streams() {
                self.unclocked_reset();
            }
        }
        (self.last_word, self.last_activity) = (self.findings.cycle, self.findings.cycle);
    }

    fn end_reset(&mut self) {
        self.ports.aresetn.set(1);
        self.released = self.findings.cycle + u64::from(self.setup.plan.edges.hold_edges());
    }

    /// Cycles until a chip whose reset acts at once has left it.
    fn release(&mut self) {
        for cycle in 0..u64::from(self.setup.plan.edges.release_edges()) * self.chips.pace {
            self.tick(cycle < RESET_CYCLES);
        }
    }

    /// One cycle of the clock in which no word moves; in `reset`, membranes may be anything.
    fn tick(&mut self, reset: bool) {
        self.ports.aclk.set(0);
        self.instance.eval();
        self.writes(reset);
        self.ports.aclk.set(1);
        self.instance.eval();
        self.findings.cycle += 1;
    }

    /// Any words for a while, then a reset without a clock edge: it acts at once, and what comes behind it is not told from what comes behind
    /// a long one.
    fn unclocked_reset(&mut self) {
        let random = &mut Random::new(self.setup.options.seed, 0x7265_7365);
        for _ in 0..200 {
            for stream in &self.ports.inputs {
                stream.tvalid.set(1);
                stream.tdata.set(random.next());
                stream.tlast.set(random.next() & 1);
            }
            self.ports.outputs.iter().for_each(|stream| stream.tready.set(random.next() & 1));
            self.ports.aclk.set(0);
            self.instance.eval();
            self.ports.aclk.set(1);
            self.instance.eval();
            self.findings.cycle += 1;
        }
        self.ports.inputs.iter().for_each(|stream| stream.tvalid.set(0));
        self.ports.aclk.set(0);
        self.instance.eval();
        self.ports.aresetn.set(0);
        self.instance.eval();
        let high = self.ports.outputs.iter().any(|stream| stream.tvalid.is_set()) || self.ports.inputs.iter().any(|stream| stream.tready.is_set());
        if high {
            self.findings.add(Finding {
                check: "reset: it waits for a clock edge",
                layer: None,
                neuron: None,
                sample: None,
                step: None,
                golden: "tvalid and tready low".to_string(),
                rtl: "high".to_string(),
            });
        }
        self.end_reset();
        self.instance.eval();
        self.release();
    }

    /// One clock cycle. Inputs come from samples below `until`.
    #[inline(always)]
    fn cycle(&mut self, until: usize, recorder: Option<&mut Recorder>) -> Result<(), SimError> {
        self.stimulus.drive(&self.truths, until);
        if let Some(registers) = &mut self.registers {
            registers.drive();
        }
        self.ports.aclk.set(0);
        self.instance.eval();
        if self.chips.sample(!self.started.is_empty(), &mut self.findings) {
            self.last_word = self.findings.cycle;
        }
        self.edge();
        self.inner_links();
        self.writes(self.registers.as_ref().is_some_and(|registers| registers.holding));
        if let Some(registers) = &mut self.registers {
            registers.sample(&self.cores, &mut self.findings);
        }
        let mut recorder = recorder;
        if let Some(recorder) = recorder.as_deref_mut() {
            recorder.dump(self.findings.cycle, false);
            let views = self.cores.iter_mut().map(|core| &mut core.scoreboard.view);
            recorder.sample(
                self.findings.cycle,
                self.findings.sample,
                self.findings.count > 0,
                views,
            )?;
        }
        self.ports.aclk.set(1);
        self.instance.eval();
        if let Some(recorder) = recorder {
            recorder.dump(self.findings.cycle, true);
        }
        self.findings.cycle += 1;
        Ok(())
    }

    /// Links between cores.
    #[inline(always)]
    fn inner_links(&mut self) {
        if !self.edges.is_empty() {
            return self.graph_links();
        }
        // A chain or routers: one input.
        let mut sent = self.entered[0].take();
        if self.routed.is_some() {
            return self.routed_links();
        }
        for core in &mut self.cores {
            if core.links(&mut sent, self.chips.ticks(core.chip), &self.truths, &mut self.findings) {
                self.last_word = self.findings.cycle;
            }
        }
    }

    /// Edges, and the links of the cores at their ends.
    fn graph_links(&mut self) {
        let (truths, findings) = (&self.truths, &mut self.findings);
        let mut crossed = self.edges.sample(&mut self.entered, &self.chips, findings);
        for (i, core) in self.cores.iter_mut().enumerate().filter(|(_, core)| self.chips.ticks(core.chip)) {
            let expected = self.edges.merged(i, findings);
            crossed |= core.hears(expected, truths, findings);
            if let Some(bits) = core.sends(truths, findings) {
                self.edges.left(Origin::Layer(i), core.chip, bits, findings);
                crossed = true;
            }
        }
        if crossed {
            self.last_word = self.findings.cycle;
        }
    }

    /// Links of routers, and those of the cores behind them.
    fn routed_links(&mut self) {
        let Some(routed) = &mut self.routed else { return };
        let (truths, findings) = (&self.truths, &mut self.findings);
        let mut crossed = routed.sample(findings);
        for (i, core) in self.cores.iter_mut().enumerate() {
            if let Some(word) = core.listens(truths, findings) {
                routed.accepted(i, word, self.setup.net, truths, findings);
                crossed = true;
            }
            crossed |= core.sends(truths, findings).is_some();
        }
        if crossed {
            self.last_word = self.findings.cycle;
        }
    }

    /// Membrane memories.
    #[inline(always)]
    fn writes(&mut self, reset: bool) {
        for core in self.cores.iter_mut().filter(|core| self.chips.ticks(core.chip)) {
            if core.writes(reset, &self.truths, &mut self.findings) {
                self.last_activity = self.findings.cycle;
            }
        }
        self.last_activity = self.last_activity.max(self.last_word);
    }

    fn close(mut self) -> LockstepReport {
        let mut report = std::mem::take(&mut self.report);
        report.cycles = self.findings.cycle;
        report.links.extend(self.sources.into_iter().map(|source| source.stalls));
        report.input_guard = self.guards.report();
        if let Some(registers) = self.registers {
            registers.close(self.setup, &mut report);
        }
        for core in self.cores {
            core.close(&mut report);
        }
        self.edges.close(&mut report);
        if let Some(routed) = self.routed {
            routed.close(&mut report);
        }
        for drain in self.drains {
            drain.close(&mut report);
        }
        report.board = self.chips.close(self.setup, report.samples);
        report.mismatches = self.findings.count;
        let options = self.setup.options;
        report.first = self
            .findings
            .first
            .map(|(cycle, f)| Mismatch::new(self.setup.net, cycle, f, options.seed));
        report
    }
}
