//! The senders and receivers at the chip's edge: a sample's words, with seeded gaps.

use net::MapShape;
use rtl::{LinkFormat, Plan, Word};

use crate::model::{Drive, InputStream, Ports};
use crate::random::Random;

use super::truth::{Position, Truth, Truths};

/// Offers words on the input streams and takes those of the output streams, each by itself. With a stall probability `p`, each cycle
/// without an offer starts none with probability `p`, and each cycle refuses an output word with probability `p`. What is offered stays.
pub struct Stimulus {
    senders: Vec<Sender>,
    receivers: Vec<Drive>,
    stall: u64,
    seed: u64,
    random: Random,
}

/// What one input is offered.
struct Sender {
    stream: InputStream,
    format: LinkFormat,
    shape: MapShape,
    at: Position,
    /// Next event of the step.
    event: usize,
    offered: Option<Word>,
}

impl Stimulus {
    pub fn new(ports: &Ports, plan: &Plan, seed: u64, stall: f64) -> Self {
        let sender = |(stream, port): (&InputStream, &rtl::plan::InPort)| Sender {
            stream: *stream,
            format: port.format(),
            shape: port.shape,
            at: Position::default(),
            event: 0,
            offered: None,
        };
        Stimulus {
            senders: ports.inputs.iter().zip(&plan.inputs).map(sender).collect(),
            receivers: ports.outputs.iter().map(|stream| stream.tready).collect(),
            stall: Random::threshold(stall),
            seed,
            random: Random::new(seed, u64::MAX),
        }
    }

    /// Sets inputs for a cycle. Words come from samples below `until` only.
    #[inline(always)]
    pub fn drive(&mut self, truths: &Truths, until: usize) {
        let stall = self.stall;
        for (k, sender) in self.senders.iter_mut().enumerate() {
            if sender.offered.is_none() && sender.at.ordinal < until && !(stall > 0 && self.random.chance(stall)) {
                if let Some(truth) = truths.get(sender.at.ordinal) {
                    // Stalls depend on seed and sample, not on what ran before.
                    if k == 0 && sender.is_at_start() {
                        self.random = Random::new(self.seed, truth.sample as u64);
                    }
                    sender.offer(k, truth);
                }
            }
            sender.stream.tvalid.set(u64::from(sender.offered.is_some()));
        }
        for ready in &self.receivers {
            ready.set(u64::from(!(stall > 0 && self.random.chance(stall))));
        }
    }

    /// The word on offer at input `input`, and the sample of this run that it begins, if it does.
    pub fn offered(&self, input: usize) -> Option<(Word, Option<usize>)> {
        let sender = &self.senders[input];
        Some((sender.offered?, sender.is_at_start().then_some(sender.at.ordinal)))
    }

    /// The word on offer was taken at this edge: the bus is free from the next cycle on.
    pub fn taken(&mut self, input: usize, truths: &Truths) {
        let sender = &mut self.senders[input];
        let Some(word) = sender.offered.take() else { return };
        if word.kind == rtl::Kind::Spike {
            sender.event += 1;
        } else {
            sender.event = 0;
            sender.at.advance(truths.get(sender.at.ordinal).map_or(0, |t| t.steps()));
        }
    }
}

impl Sender {
    fn is_at_start(&self) -> bool {
        self.at.step == 0 && self.event == 0
    }

    fn offer(&mut self, input: usize, truth: &Truth) {
        let word = match truth.inputs[input][self.at.step].get(self.event) {
            Some(&index) => Word::spike(self.shape.coordinate(index as usize)),
            None => Word::tick(self.at.step + 1 == truth.steps()),
        };
        self.offered = Some(word);
        self.stream.tdata.set(self.format.encode_stream(word));
        self.stream.tlast.set(u64::from(word == Word::tick(true)));
    }
}
