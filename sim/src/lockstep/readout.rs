//! The optional readout block: one VALUE word (winner, its score) and one TICK_LAST per sample.

use rtl::plan::{Readout, COUNT_MAX};
use rtl::{Kind, Word};

use super::finding::{Finding, Findings};
use super::truth::Truths;

/// Checks the words of a readout block.
pub struct ReadoutCheck {
    readout: Readout,
    pub ordinal: usize,
    answered: bool,
    pub values: u64,
    pub ticks: u64,
}

impl ReadoutCheck {
    pub fn new(readout: Readout) -> Self {
        ReadoutCheck {
            readout,
            ordinal: 0,
            answered: false,
            values: 0,
            ticks: 0,
        }
    }

    /// Takes one word. `true` if it ended a sample.
    pub fn word(&mut self, word: Word, payload_bits: u32, truths: &Truths, findings: &mut Findings) -> bool {
        let truth = truths.get(self.ordinal);
        let mut wrong = |golden: String| {
            findings.add(Finding {
                check: "readout",
                layer: None,
                neuron: None,
                sample: truth.map(|t| t.sample),
                step: truth.map(|t| t.steps().saturating_sub(1)),
                golden,
                rtl: format!("{:?} c {} payload {}", word.kind, word.c, word.payload),
            });
        };
        let Some(truth) = truth else {
            wrong("no word after the last sample".into());
            return false;
        };
        match word.kind {
            Kind::Value if !self.answered => {
                self.answered = true;
                self.values += 1;
                let scores = scores(self.readout, truth);
                let winner = (0..scores.len()).fold(0, |best, n| if scores[n] > scores[best] { n } else { best });
                let mask = (1i64 << payload_bits) - 1;
                if word.c != winner || (word.payload ^ scores[winner]) & mask != 0 {
                    wrong(format!("Value c {winner} payload {}", scores[winner]));
                }
                false
            }
            Kind::TickLast if self.answered => {
                self.answered = false;
                self.ticks += 1;
                self.ordinal += 1;
                true
            }
            _ => {
                wrong(if self.answered { "TickLast" } else { "Value" }.into());
                word.kind == Kind::TickLast
            }
        }
    }
}

fn scores(readout: Readout, truth: &super::truth::Truth) -> Vec<i64> {
    let last = truth.trace.leaving(&truth.trace.answer);
    match (readout, truth.steps().checked_sub(1)) {
        (Readout::Membrane, Some(step)) => last.shown_at(step).iter().map(|&v| i64::from(v)).collect(),
        _ => {
            let mut counts = vec![0i64; last.neurons];
            last.spikes.iter().flatten().for_each(|&n| counts[n as usize] += 1);
            counts.iter().map(|&n| n.min(COUNT_MAX)).collect()
        }
    }
}
