//! The chip's edge: words that go in, and words that come out and end samples.

use rtl::plan::Readout;
use rtl::{Kind, LinkFormat, Word};

use super::{Run, Setup};
use crate::lockstep::finding::{Finding, Findings};
use crate::lockstep::link::Beat;
use crate::lockstep::readout::ReadoutCheck;
use crate::lockstep::report::LockstepReport;
use crate::lockstep::step_check::StepCheck;
use crate::lockstep::truth::Truths;

/// The receiver at the chip's edge.
pub(super) enum Sink {
    Words(StepCheck),
    Readout(ReadoutCheck),
}

impl Sink {
    pub(super) fn new(setup: &Setup) -> Sink {
        let last = setup.net.layers.len() - 1;
        match setup.plan.readout {
            Readout::None => {
                let layer = &setup.net.layers[last];
                Sink::Words(StepCheck::new(Some(last), layer.output, layer.neuron.output))
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
    pub(super) fn close(self, report: &mut LockstepReport) {
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
        if let Beat::Taken(_) = self.source.sample(&mut self.findings) {
            self.last_word = cycle;
            if let Some(word) = self.stimulus.offered() {
                if !std::mem::replace(&mut self.begun, word.kind != Kind::TickLast) {
                    self.started.push_back(cycle);
                }
                self.entered = Some(LinkFormat::spikes(self.setup.plan.input).encode_link(word));
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
        let payload_bits = self.setup.plan.output.payload_bits;
        if self.sink.word(word, payload_bits, &self.truths, &mut self.findings) {
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
}
