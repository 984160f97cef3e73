//! The chip's edge: words that go in, and words that come out and end samples.

use std::collections::VecDeque;

use net::MapShape;
use rtl::plan::{InPort, Readout};
use rtl::{Kind, LinkFormat, Word};

use super::{Run, Setup};
use crate::lockstep::finding::{Finding, Findings};
use crate::lockstep::link::{address, Beat, Encoding, LinkMonitor};
use crate::lockstep::readout::ReadoutCheck;
use crate::lockstep::report::LockstepReport;
use crate::lockstep::step_check::StepCheck;
use crate::lockstep::truth::Truths;
use crate::model::{InputStream, OutputStream, Signal};

/// The watch on an input stream.
pub(super) fn source(stream: &InputStream, port: &InPort) -> LinkMonitor {
    let signals = (stream.tvalid.signal(), stream.tready, stream.tdata.signal());
    LinkMonitor::new(&port.prefix, signals, Encoding::Stream(port.format()), None)
}

/// An output stream, and who takes its words.
pub(super) struct Drain {
    pub(super) link: LinkMonitor,
    tlast: Signal,
    sink: Sink,
    format: LinkFormat,
    shape: MapShape,
    /// Words of each neuron in the sample that leaves.
    counts: Vec<u32>,
    /// The same of samples that other outputs have not finished.
    done: VecDeque<Vec<u32>>,
}

/// What is compared.
enum Sink {
    Words(StepCheck),
    Readout(ReadoutCheck),
}

impl Drain {
    /// Output `output` of the plan.
    pub(super) fn new(setup: &Setup, output: usize, stream: OutputStream) -> Drain {
        let port = &setup.plan.outputs[output];
        let signals = (stream.tvalid, stream.tready.signal(), stream.tdata);
        let shape = port.shape;
        Drain {
            link: LinkMonitor::new(&port.prefix, signals, Encoding::Stream(port.format), None),
            tlast: stream.tlast,
            sink: Sink::new(setup, output),
            format: port.format,
            shape,
            counts: vec![0; shape.len()],
            done: VecDeque::new(),
        }
    }

    /// Before the rising edge of the clock. `true` if a word leaves.
    fn sample(&mut self, truths: &Truths, findings: &mut Findings) -> bool {
        let Beat::Taken(bits) = self.link.sample(findings) else {
            return false;
        };
        let word = self.link.encoding.decode(bits);
        let is_last = word.kind == Kind::TickLast;
        let mut wrong = |check, golden, rtl| {
            findings.add(Finding { check, layer: None, neuron: None, sample: None, step: None, golden, rtl });
        };
        if self.tlast.is_set() != is_last {
            wrong("m_axis_tlast", u8::from(is_last).to_string(), u8::from(!is_last).to_string());
        }
        let tick = self.format.encode_stream(Word::tick(is_last));
        if matches!(word.kind, Kind::Tick | Kind::TickLast) && bits != tick {
            wrong("m_axis_tdata: fields of a TICK", format!("{tick:x}"), format!("{bits:x}"));
        }
        if let (Kind::Spike | Kind::Value, Some(at)) = (word.kind, address(word, self.shape)) {
            self.counts[at] += 1;
        }
        if self.sink.word(word, self.format.payload_bits, truths, findings) {
            let neurons = self.counts.len();
            self.done.push_back(std::mem::replace(&mut self.counts, vec![0; neurons]));
        }
        true
    }

    /// Adds what was seen and compared.
    pub(super) fn close(self, report: &mut LockstepReport) {
        report.links.push(self.link.stalls);
        self.sink.close(report);
    }
}

impl Sink {
    /// For the words of output `output`.
    fn new(setup: &Setup, output: usize) -> Sink {
        match setup.plan.readout {
            Readout::None => {
                let layer = setup.net.outputs[output].layer;
                Sink::Words(StepCheck::new(setup.net.leaving(output), setup.net.layers[layer].neuron.output))
            }
            readout => Sink::Readout(ReadoutCheck::new(readout)),
        }
    }

    /// Takes one word. `true` if it ended a sample.
    fn word(&mut self, word: Word, payload_bits: u32, truths: &Truths, findings: &mut Findings) -> bool {
        match self {
            Sink::Words(check) => check.word(word, truths, findings),
            Sink::Readout(check) => check.word(word, payload_bits, truths, findings),
        }
    }

    /// Adds what was compared.
    fn close(self, report: &mut LockstepReport) {
        match self {
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
    }
}

impl Run<'_> {
    /// The chip's edge, before the rising edge of the clock.
    #[inline(always)]
    pub(super) fn edge(&mut self) {
        let cycle = self.findings.cycle;
        for k in 0..self.sources.len() {
            let Beat::Taken(_) = self.sources[k].sample(&mut self.findings) else { continue };
            self.last_word = cycle;
            if let Some((word, begins)) = self.stimulus.offered(k) {
                if begins == Some(self.begun) {
                    self.started.push_back(cycle);
                    self.begun += 1;
                }
                let port = &self.setup.plan.inputs[k];
                let passes = self.guards.sent(k, word, port.shape);
                self.entered[k] = passes.then(|| port.format().encode_link(word));
            }
            self.stimulus.taken(k, &self.truths);
        }
        for drain in &mut self.drains {
            if drain.sample(&self.truths, &mut self.findings) {
                self.last_word = cycle;
            }
        }
        if self.drains.iter().all(|drain| !drain.done.is_empty()) {
            self.finish();
        }
    }

    /// A sample has left at all outputs.
    fn finish(&mut self) {
        self.finished += 1;
        self.report.samples += 1;
        let counts = self.drains.iter_mut().filter_map(|drain| drain.done.pop_front()).flatten();
        self.report.output_counts.push(counts.collect());
        let start = self.started.pop_front().unwrap_or(self.findings.cycle);
        self.report.cycles_per_sample.push(self.findings.cycle - start + 1);
    }
}
