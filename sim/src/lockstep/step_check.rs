//! Words of one link against golden, step by step: spikes as a multiset (their order within a step is free), values
//! one per neuron, and the TICK that ends the step.

use net::{MapShape, Output};
use rtl::{Kind, Word};

use super::finding::{Finding, Findings};
use super::truth::{Position, Truths};

/// Checks the words that a layer sends. `layer` is `None` for the network's input.
pub struct StepCheck {
    layer: Option<usize>,
    shape: MapShape,
    output: Output,
    check: [&'static str; 4],
    pub at: Position,
    /// Per neuron: words still to come in this step.
    remaining: Vec<u32>,
    outstanding: u64,
    loaded: bool,
    pub spikes: u64,
    pub values: u64,
    pub ticks: u64,
}

impl StepCheck {
    pub fn new(layer: Option<usize>, shape: MapShape, output: Output) -> Self {
        StepCheck {
            layer,
            shape,
            output,
            check: ["spike", "missing spike", "value", "tick"],
            at: Position::default(),
            remaining: vec![0; shape.len()],
            outstanding: 0,
            loaded: false,
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
        match (self.output, self.layer) {
            (Output::Value, _) => {
                self.remaining.fill(1);
                self.outstanding = self.remaining.len() as u64;
            }
            (Output::Spike, layer) => {
                let spikes = match layer {
                    None => &truth.input[self.at.step],
                    Some(layer) => &truth.trace.layers[layer].spikes[self.at.step],
                };
                spikes.iter().for_each(|&n| self.remaining[n as usize] += 1);
                self.outstanding = spikes.len() as u64;
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
                let inside = word.c < self.shape.c && word.y < self.shape.h && word.x < self.shape.w;
                let wanted = if self.output == Output::Value {
                    Kind::Value
                } else {
                    Kind::Spike
                };
                if !inside || word.kind != wanted {
                    let rtl = format!("{:?} at c {} y {} x {}", word.kind, word.c, word.y, word.x);
                    self.find(
                        findings,
                        truths,
                        0,
                        None,
                        format!("{wanted:?} inside {}", self.shape),
                        rtl,
                    );
                    return false;
                }
                let neuron = self.shape.index(word.c, word.y, word.x);
                let payload_wanted = match (self.output, self.layer) {
                    (Output::Value, Some(layer)) => {
                        self.values += 1;
                        i64::from(truth.trace.layers[layer].shown_at(self.at.step)[neuron])
                    }
                    _ => {
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
        findings.add(Finding {
            check: self.check[check],
            layer: self.layer,
            neuron,
            sample: truths.get(self.at.ordinal).map(|t| t.sample),
            step: Some(self.at.step),
            golden,
            rtl,
        });
    }
}
