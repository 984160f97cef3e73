//! Words of one link against golden, step by step: spikes as a multiset (their order within a step is free), values
//! one per neuron, and the TICK that ends the step.

use net::{Leaving, Output};
use rtl::{Kind, Word};

use super::coverage::Seen;
use super::finding::{Finding, Findings};
use super::link::address;
use super::truth::{Position, Truths};

/// Checks the words that a layer sends, or all parts of one.
pub struct StepCheck {
    leaving: Leaving,
    output: Output,
    check: [&'static str; 4],
    pub at: Position,
    /// Per neuron: words still to come in this step.
    remaining: Vec<u32>,
    /// Per neuron of a layer that sends values: what it shows in this step.
    shown: Vec<i32>,
    outstanding: u64,
    loaded: bool,
    /// Neurons whose spike was as expected.
    pub fired: Seen,
    pub spikes: u64,
    pub values: u64,
    pub ticks: u64,
}

impl StepCheck {
    pub fn new(leaving: Leaving, output: Output) -> Self {
        let neurons = leaving.shape.len();
        StepCheck {
            leaving,
            output,
            check: ["spike", "missing spike", "value", "tick"],
            at: Position::default(),
            remaining: vec![0; neurons],
            shown: vec![0; neurons],
            outstanding: 0,
            loaded: false,
            fired: Seen::none_of(neurons),
            spikes: 0,
            values: 0,
            ticks: 0,
        }
    }

    fn load(&mut self, truths: &Truths) {
        self.loaded = true;
        self.outstanding = 0;
        let Some(truth) = truths.get(self.at.ordinal) else {
            return;
        };
        for (layer, source) in self.leaving.layers() {
            let trace = &truth.trace.layers[layer];
            let at = |n: usize| source.heard(self.leaving.shape, n);
            match self.output {
                Output::Value => {
                    for (n, &state) in trace.shown_at(self.at.step).iter().enumerate() {
                        at(n).into_iter().for_each(|at| (self.remaining[at], self.shown[at]) = (1, state));
                    }
                    self.outstanding += trace.neurons as u64;
                }
                Output::Spike => {
                    let spikes = &trace.spikes[self.at.step];
                    spikes.iter().filter_map(|&n| at(n as usize)).for_each(|at| self.remaining[at] += 1);
                    self.outstanding += spikes.len() as u64;
                }
            }
        }
    }

    /// Takes one word. `true` if it ended a sample.
    pub fn word(&mut self, word: Word, truths: &Truths, findings: &mut Findings) -> bool {
        if !self.loaded {
            self.load(truths);
        }
        let Some(truth) = truths.get(self.at.ordinal) else {
            self.find(
                findings,
                truths,
                3,
                None,
                "no word after the last sample".into(),
                format!("{:?}", word.kind),
            );
            return false;
        };
        match word.kind {
            Kind::Spike | Kind::Value => {
                let shape = self.leaving.shape;
                let wanted = if self.output == Output::Value {
                    Kind::Value
                } else {
                    Kind::Spike
                };
                let Some(neuron) = address(word, shape).filter(|_| word.kind == wanted) else {
                    let rtl = format!("{:?} at c {} y {} x {}", word.kind, word.c, word.y, word.x);
                    self.find(
                        findings,
                        truths,
                        0,
                        None,
                        format!("{wanted:?} inside {shape}"),
                        rtl,
                    );
                    return false;
                };
                let payload_wanted = match self.output {
                    Output::Value => {
                        self.values += 1;
                        i64::from(self.shown[neuron])
                    }
                    Output::Spike => {
                        self.spikes += 1;
                        word.payload
                    }
                };
                if self.remaining[neuron] == 0 {
                    let golden = format!("no (further) {wanted:?} of this neuron");
                    self.find(findings, truths, 0, Some(neuron), golden, format!("{wanted:?}"));
                    return false;
                }
                self.remaining[neuron] -= 1;
                self.outstanding -= 1;
                self.fired.mark(neuron);
                if payload_wanted != word.payload {
                    let (golden, rtl) = (payload_wanted.to_string(), word.payload.to_string());
                    self.find(findings, truths, 2, Some(neuron), golden, rtl);
                }
                false
            }
            Kind::Tick | Kind::TickLast => {
                let steps = truth.steps();
                let last = self.at.step + 1 >= steps;
                if self.outstanding > 0 {
                    let neuron = self.remaining.iter().position(|&n| n > 0);
                    let golden = format!("{} more words in this step", self.outstanding);
                    self.find(findings, truths, 1, neuron, golden, format!("{:?}", word.kind));
                    self.remaining.fill(0);
                }
                if last != (word.kind == Kind::TickLast) {
                    let wanted = if last { Kind::TickLast } else { Kind::Tick };
                    self.find(
                        findings,
                        truths,
                        3,
                        None,
                        format!("{wanted:?}"),
                        format!("{:?}", word.kind),
                    );
                }
                self.ticks += 1;
                self.at.advance(steps);
                self.loaded = false;
                last
            }
        }
    }

    fn find(
        &self,
        findings: &mut Findings,
        truths: &Truths,
        check: usize,
        neuron: Option<usize>,
        golden: String,
        rtl: String,
    ) {
        let (layer, golden) = match (self.leaving.sources.as_slice(), neuron) {
            ([_, _, ..], Some(neuron)) => (None, format!("{golden}, neuron {neuron} of all parts")),
            ([_, _, ..], None) => (None, golden),
            _ => (self.leaving.layers().next().map(|(layer, _)| layer), golden),
        };
        findings.add(Finding {
            check: self.check[check],
            layer,
            neuron,
            sample: truths.get(self.at.ordinal).map(|t| t.sample),
            step: Some(self.at.step),
            golden,
            rtl,
        });
    }
}
