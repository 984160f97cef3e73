//! The sender at the chip's edge: a sample's words, with seeded gaps.

use net::MapShape;
use rtl::{LinkFormat, Word};

use crate::model::Ports;
use crate::random::Random;

use super::truth::{Position, Truths};

/// Offers words on `s_axis` and takes words on `m_axis`. With a stall probability `p`, each cycle without an offer
/// starts none with probability `p`, and each cycle refuses an output word with probability `p`. What is offered stays.
pub struct Stimulus {
    ports: Ports,
    format: LinkFormat,
    shape: MapShape,
    stall: u64,
    seed: u64,
    random: Random,
    at: Position,
    /// Next event of the step.
    event: usize,
    offered: Option<Word>,
}

impl Stimulus {
    pub fn new(ports: Ports, format: LinkFormat, shape: MapShape, seed: u64, stall: f64) -> Self {
        let stall = Random::threshold(stall);
        let random = Random::new(seed, u64::MAX);
        Stimulus {
            ports,
            format,
            shape,
            stall,
            seed,
            random,
            at: Position::default(),
            event: 0,
            offered: None,
        }
    }

    /// Sets inputs for a cycle. Words come from samples below `until` only.
    #[inline(always)]
    pub fn drive(&mut self, truths: &Truths, until: usize) {
        if self.offered.is_none() && self.at.ordinal < until && !(self.stall > 0 && self.random.chance(self.stall)) {
            self.offer(truths);
        }
        self.ports.s_axis_tvalid.set(u64::from(self.offered.is_some()));
        self.ports
            .m_axis_tready
            .set(u64::from(!(self.stall > 0 && self.random.chance(self.stall))));
    }

    fn offer(&mut self, truths: &Truths) {
        let Some(truth) = truths.get(self.at.ordinal) else {
            return;
        };
        if self.at.step == 0 && self.event == 0 {
            self.random = Random::new(self.seed, truth.sample as u64);
        }
        let word = match truth.input[self.at.step].get(self.event) {
            Some(&index) => Word::spike(self.shape.coordinate(index as usize)),
            None => Word::tick(self.at.step + 1 == truth.steps()),
        };
        self.offered = Some(word);
        self.ports.s_axis_tdata.set(self.format.encode_stream(word));
        self.ports.s_axis_tlast.set(u64::from(word == Word::tick(true)));
    }

    /// The word on offer.
    pub fn offered(&self) -> Option<Word> {
        self.offered
    }

    /// The word on offer was taken at this edge: the bus is free from the next cycle on.
    pub fn taken(&mut self, truths: &Truths) {
        let Some(word) = self.offered.take() else { return };
        if word.kind == rtl::Kind::Spike {
            self.event += 1;
        } else {
            self.event = 0;
            self.at.advance(truths.get(self.at.ordinal).map_or(0, |t| t.steps()));
        }
    }
}
