//! One model instance, some samples: the clock loop and all checks around it.

use std::collections::VecDeque;

use golden::Engine;
use net::{Network, Spikes};
use rtl::plan::Readout;
use rtl::{Design, Kind, LinkProbe, Plan};

use super::finding::{Finding, Findings};
use super::link::{Beat, Encoding, LinkMonitor};
use super::readout::ReadoutCheck;
use super::report::{LockstepReport, Mismatch};
use super::scoreboard::{Scoreboard, Write};
use super::step_check::StepCheck;
use super::stimulus::Stimulus;
use super::truth::{Truth, Truths};
use super::LockstepOptions;
use crate::error::SimError;
use crate::model::{Instance, Library, Memory, Ports, Signal};
use crate::waves::Recorder;

/// Cycles that reset is held.
const RESET_CYCLES: u64 = 4;
/// Cycles without any word or write after which the chip counts as being at rest.
const REST: u64 = 32;
/// Cycles without any word or write, while words are due, after which it counts as stuck.
const STUCK: u64 = 20_000;

/// Failed checks after which a sample is given up: a broken core may send words for ever.
const MOST_FINDINGS: u64 = 1000;

/// Everything that is fixed for all runs of a design.
pub struct Setup<'a> {
    pub design: &'a Design,
    pub plan: &'a Plan,
    pub net: &'a Network,
    pub engine: &'a Engine,
    pub library: &'a Library,
    pub options: &'a LockstepOptions<'a>,
}

struct Bank {
    write_enable: Signal,
    write_address: Signal,
    write_data: Signal,
    fire_write: Signal,
    clear_write: Signal,
}

struct Core<'a> {
    input: LinkMonitor,
    output: LinkMonitor,
    /// The input link is the output link of the core before: one probe tells all.
    shares_input: bool,
    step_check: StepCheck,
    banks: Vec<Bank>,
    memories: Vec<Memory>,
    scoreboard: Scoreboard<'a>,
    /// Words sent to this core and not yet accepted by it.
    in_flight: VecDeque<u64>,
    limbs: usize,
    layer: usize,
    input_format: rtl::LinkFormat,
}

/// The receiver at the chip's edge.
enum Sink {
    Words(StepCheck),
    Readout(ReadoutCheck),
}

/// A run in progress.
pub struct Run<'a> {
    setup: &'a Setup<'a>,
    instance: Instance,
    ports: Ports,
    cores: Vec<Core<'a>>,
    source: LinkMonitor,
    drain: LinkMonitor,
    sink: Sink,
    truths: Truths<'a>,
    stimulus: Stimulus,
    findings: Findings,
    last_word: u64,
    last_activity: u64,
    started: VecDeque<u64>,
    begun: bool,
    counts: Vec<u32>,
    finished: usize,
    report: LockstepReport,
}

impl<'a> Run<'a> {
    pub fn new(setup: &'a Setup<'a>) -> Result<Run<'a>, SimError> {
        let instance = setup.library.instance()?;
        let ports = instance.ports();
        let signals = |link: &LinkProbe| {
            Ok::<_, SimError>((
                instance.signal(&link.valid)?,
                instance.signal(&link.ready)?,
                instance.signal(&link.data)?,
            ))
        };
        let mut cores: Vec<Core> = Vec::new();
        for probe in &setup.design.cores {
            let (plan, layer) = (&setup.plan.cores[probe.layer], probe.layer);
            let (input, output) = (signals(&probe.input)?, signals(&probe.output)?);
            let mut banks = Vec::new();
            let mut memories = Vec::new();
            for bank in &probe.banks {
                banks.push(Bank {
                    write_enable: instance.signal(&bank.write_enable)?,
                    write_address: instance.signal(&bank.write_address)?,
                    write_data: instance.signal(&bank.write_data)?,
                    fire_write: instance.signal(&bank.fire_write)?,
                    clear_write: instance.signal(&bank.clear_write)?,
                });
                memories.push(instance.memory(&bank.memory)?);
            }
            let before = setup.design.cores.iter().find(|other| other.layer + 1 == layer);
            let shares_input = before.is_some_and(|other| {
                let (a, b) = (&other.output, &probe.input);
                a.valid == b.valid && a.ready == b.ready && a.data == b.data
            });
            let neuron = &setup.net.layers[layer].neuron;
            cores.push(Core {
                input: LinkMonitor::new(
                    &probe.input.name,
                    input,
                    Encoding::OnChip(probe.input.format),
                    Some(layer),
                ),
                output: LinkMonitor::new(
                    &probe.output.name,
                    output,
                    Encoding::OnChip(probe.output.format),
                    Some(layer),
                ),
                shares_input,
                step_check: StepCheck::new(Some(layer), setup.net.layers[layer].output, neuron.output),
                banks,
                memories,
                scoreboard: Scoreboard::new(plan, layer),
                in_flight: VecDeque::new(),
                limbs: plan.word_bits().div_ceil(32) as usize,
                layer,
                input_format: probe.input.format,
            });
        }
        let input_format = rtl::LinkFormat::spikes(setup.plan.input);
        let source = LinkMonitor::new(
            "s_axis",
            (
                ports.s_axis_tvalid.signal(),
                ports.s_axis_tready,
                ports.s_axis_tdata.signal(),
            ),
            Encoding::Stream(input_format),
            None,
        );
        let drain = LinkMonitor::new(
            "m_axis",
            (ports.m_axis_tvalid, ports.m_axis_tready.signal(), ports.m_axis_tdata),
            Encoding::Stream(setup.plan.output),
            None,
        );
        let last = setup.net.layers.len() - 1;
        let sink = match setup.plan.readout {
            Readout::None => {
                let layer = &setup.net.layers[last];
                Sink::Words(StepCheck::new(Some(last), layer.output, layer.neuron.output))
            }
            readout => Sink::Readout(ReadoutCheck::new(readout)),
        };
        let options = setup.options;
        let stimulus = Stimulus::new(ports, input_format, setup.plan.input, options.seed, options.stall);
        Ok(Run {
            setup,
            instance,
            ports,
            cores,
            source,
            drain,
            sink,
            truths: Truths::default(),
            stimulus,
            findings: Findings::default(),
            last_word: 0,
            last_activity: 0,
            started: VecDeque::new(),
            begun: false,
            counts: vec![0; setup.net.output().len()],
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
        let mut start = 0;
        let mut pushed = 0;
        let mut queue = samples.iter();
        loop {
            // One sample at a time unless the caller wants them back to back.
            if !options.back_to_back && !self.settle(recorder.as_mut())? {
                break;
            }
            let depth = if options.back_to_back { 2 } else { 1 };
            while self.truths.len() < depth {
                let Some(&(sample, input)) = queue.next() else { break };
                let trace = self.setup.engine.trace(input);
                self.truths.push(Truth {
                    sample,
                    start,
                    input,
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
        }
        if let Some(recorder) = recorder {
            recorder.finish()?;
        }
        Ok(self.close())
    }

    fn reset(&mut self) {
        self.ports.aresetn.set(0);
        self.ports.s_axis_tvalid.set(0);
        self.ports.s_axis_tlast.set(0);
        self.ports.m_axis_tready.set(0);
        for _ in 0..RESET_CYCLES {
            self.ports.aclk.set(0);
            self.instance.eval();
            self.writes(true);
            self.ports.aclk.set(1);
            self.instance.eval();
            self.findings.cycle += 1;
        }
        self.ports.aresetn.set(1);
        (self.last_word, self.last_activity) = (self.findings.cycle, self.findings.cycle);
    }

    /// Runs until nothing moves any more; then nothing may be owed. `false` if it never rests.
    fn settle(&mut self, mut recorder: Option<&mut Recorder>) -> Result<bool, SimError> {
        let scans: u64 = self
            .setup
            .plan
            .cores
            .iter()
            .map(|c| c.words() as u64 * c.passes())
            .sum();
        let limit = self.findings.cycle + 4 * scans + STUCK;
        while self.findings.cycle < self.last_activity + REST {
            self.cycle(self.finished, recorder.as_deref_mut())?;
            if self.findings.cycle > limit {
                self.deadlock("rest after the sample's last word");
                return Ok(false);
            }
        }
        for core in &self.cores {
            core.scoreboard.check_rest(&self.truths, &mut self.findings);
        }
        if !self.setup.options.back_to_back {
            while self.truths.len() > 0 {
                self.truths.retire();
            }
        }
        Ok(true)
    }

    /// One clock cycle. Inputs come from samples below `until`.
    #[inline(always)]
    fn cycle(&mut self, until: usize, recorder: Option<&mut Recorder>) -> Result<(), SimError> {
        self.stimulus.drive(&self.truths, until);
        self.ports.aclk.set(0);
        self.instance.eval();
        self.edge();
        self.inner_links();
        self.writes(false);
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

    /// The chip's edge, before the rising edge of the clock.
    #[inline(always)]
    fn edge(&mut self) {
        let cycle = self.findings.cycle;
        if let Beat::Taken(_) = self.source.sample(&mut self.findings) {
            self.last_word = cycle;
            if let Some(word) = self.stimulus.offered() {
                if !std::mem::replace(&mut self.begun, word.kind != Kind::TickLast) {
                    self.started.push_back(cycle);
                }
                if let Some(first) = self.cores.first_mut() {
                    first.in_flight.push_back(first.input_format.encode_link(word));
                }
            }
            self.stimulus.taken(&self.truths);
        }
        if let Beat::Taken(bits) = self.drain.sample(&mut self.findings) {
            self.last_word = cycle;
            self.leave(bits);
        }
    }

    /// A word leaves the chip.
    fn leave(&mut self, bits: u64) {
        let word = self.drain.encoding.decode(bits);
        let is_last = word.kind == Kind::TickLast;
        if self.ports.m_axis_tlast.is_set() != is_last {
            self.findings.add(Finding {
                check: "m_axis_tlast",
                layer: None,
                neuron: None,
                sample: None,
                step: None,
                golden: u8::from(is_last).to_string(),
                rtl: u8::from(!is_last).to_string(),
            });
        }
        if matches!(word.kind, Kind::Spike | Kind::Value) {
            let shape = self.setup.net.output();
            if word.c < shape.c && word.y < shape.h && word.x < shape.w {
                self.counts[shape.index(word.c, word.y, word.x)] += 1;
            }
        }
        let ended = match &mut self.sink {
            Sink::Words(check) => check.word(word, &self.truths, &mut self.findings),
            Sink::Readout(check) => check.word(
                word,
                self.setup.plan.output.payload_bits,
                &self.truths,
                &mut self.findings,
            ),
        };
        if ended {
            self.finished += 1;
            self.report.samples += 1;
            let neurons = self.counts.len();
            self.report
                .output_counts
                .push(std::mem::replace(&mut self.counts, vec![0; neurons]));
            let start = self.started.pop_front().unwrap_or(self.findings.cycle);
            self.report.cycles_per_sample.push(self.findings.cycle - start + 1);
        }
    }

    /// Links between cores: protocol, order from sender to receiver, words against golden.
    #[inline(always)]
    fn inner_links(&mut self) {
        let mut sent: Option<u64> = None;
        let cycle = self.findings.cycle;
        for core in &mut self.cores {
            if let Some(bits) = sent.take() {
                core.in_flight.push_back(bits);
            }
            if let Beat::Taken(bits) = core.input.sample(&mut self.findings) {
                self.last_word = cycle;
                let word = core.input.encoding.decode(bits);
                let expected = core.in_flight.pop_front();
                if expected.map(|bits| core.input.encoding.decode(bits)) != Some(word) {
                    self.findings.add(Finding {
                        check: "link: words lost, added or reordered",
                        layer: Some(core.layer),
                        neuron: None,
                        sample: None,
                        step: None,
                        golden: expected.map_or("no word".into(), |bits| {
                            format!("{:?}", core.input.encoding.decode(bits))
                        }),
                        rtl: format!("{word:?}"),
                    });
                }
                core.scoreboard.accept(word, &self.truths);
            }
            if let Beat::Taken(bits) = core.output.sample(&mut self.findings) {
                self.last_word = cycle;
                let word = core.output.encoding.decode(bits);
                core.step_check.word(word, &self.truths, &mut self.findings);
                sent = Some(bits);
            }
        }
    }

    /// Membrane memories: arrays as the last edge left them, then the writes of this one.
    #[inline(always)]
    fn writes(&mut self, reset: bool) {
        for core in &mut self.cores {
            core.scoreboard
                .check_memories(&core.memories, &self.truths, &mut self.findings);
            for (index, bank) in core.banks.iter().enumerate() {
                if bank.write_enable.is_set() {
                    self.last_activity = self.findings.cycle;
                    let mut data = [0u32; 20];
                    bank.write_data.read_limbs(&mut data[..core.limbs]);
                    let write = Write {
                        bank: index,
                        address: bank.write_address.get() as usize,
                        data: &data[..core.limbs],
                        fire: bank.fire_write.is_set(),
                        clear: bank.clear_write.is_set(),
                    };
                    core.scoreboard.write(write, reset, &self.truths, &mut self.findings);
                }
            }
        }
        self.last_activity = self.last_activity.max(self.last_word);
    }

    /// Nothing moves, nothing right moves any more, or words come without end.
    fn stuck(&mut self) -> bool {
        if self.findings.count > MOST_FINDINGS {
            return true;
        }
        let cycle = self.findings.cycle;
        let quiet = cycle > self.last_activity + STUCK;
        // Writes without words: longer than any scan.
        let scans: u64 = self
            .setup
            .plan
            .cores
            .iter()
            .map(|c| c.words() as u64 * c.passes())
            .sum();
        let stuck = quiet || cycle > self.last_word + 20 * scans + 5 * STUCK;
        if stuck {
            self.deadlock("the words that are due");
        }
        stuck
    }

    fn deadlock(&mut self, golden: &str) {
        let mut states = vec![self.source.describe()];
        for core in &self.cores {
            states.push(core.input.describe());
            states.push(core.output.describe());
        }
        states.push(self.drain.describe());
        self.findings.add(Finding {
            check: "deadlock",
            layer: None,
            neuron: None,
            sample: None,
            step: None,
            golden: golden.to_string(),
            rtl: states.join("; "),
        });
    }

    fn close(mut self) -> LockstepReport {
        let mut report = std::mem::take(&mut self.report);
        report.cycles = self.findings.cycle;
        report.links.push(self.source.stalls);
        for core in self.cores {
            report.spikes_compared += core.step_check.spikes;
            report.values_compared += core.step_check.values;
            report.ticks_compared += core.step_check.ticks;
            report.membrane_writes_compared += core.scoreboard.writes_compared;
            report.forwarded_writes.push(core.scoreboard.forwarded);
            if !core.shares_input {
                report.links.push(core.input.stalls);
            }
            report.links.push(core.output.stalls);
        }
        report.links.push(self.drain.stalls);
        match self.sink {
            Sink::Words(check) => {
                report.spikes_compared += check.spikes;
                report.values_compared += check.values;
                report.ticks_compared += check.ticks;
            }
            Sink::Readout(check) => {
                report.values_compared += check.values;
                report.ticks_compared += check.ticks;
            }
        }
        report.mismatches = self.findings.count;
        let options = self.setup.options;
        report.first = self
            .findings
            .first
            .map(|(cycle, f)| Mismatch::new(self.setup.net, cycle, f, options.seed));
        report
    }
}
