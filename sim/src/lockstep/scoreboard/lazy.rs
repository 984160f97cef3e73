//! Lazy leak: what a word has missed when an event adds to it, and the stamp that each write leaves. From golden's
//! definition and the steps in which words were written; the emitted tables are not looked at.

use golden::neuron::leak;
use net::{lazy, Leak, MapShape, Param, Rounding};
use rtl::plan::lazy::Stamps;
use rtl::CorePlan;

use super::Scoreboard;
use crate::lockstep::finding::Findings;
use crate::lockstep::footprint::{get_bits, put_bits};
use crate::lockstep::truth::Truths;

/// A core with lazy leak.
pub(super) struct Lazy {
    factors: Vec<i64>,
    rounding: Rounding,
    stamps: Stamps,
    /// Per word: steps begun when it was last written, since reset; 0 by the clear phase.
    written: Vec<u64>,
}

impl Lazy {
    pub(super) fn new(core: &CorePlan) -> Option<Lazy> {
        let stamps = core.stamps()?;
        let Leak::Decay { a: Param::Layer(a), m, rounding } = &core.layer.neuron.leak else { return None };
        let written = vec![0; core.banks() * core.words()];
        Some(Lazy { factors: lazy::factors(*a, *m), rounding: *rounding, stamps, written })
    }

    /// The decay of a word that an event of step `step` is the first to reach; `None` if it is not.
    fn decay(&mut self, at: usize, step: u64) -> Option<Leak> {
        let missed = step.checked_sub(self.written[at])? as usize;
        let a = Param::Layer(self.factors[missed.min(self.factors.len() - 1)]);
        Some(Leak::Decay { a, m: lazy::BITS, rounding: self.rounding })
    }

    /// Whether an event of step `step` has reached the word.
    pub(super) fn is_touched(&self, at: usize, step: u64) -> bool {
        self.written[at] == step + 1
    }

    pub(super) fn clear(&mut self, at: usize) {
        self.written[at] = 0;
    }
}

impl Scoreboard<'_> {
    /// Before an event of step `step` adds to a word: the shadow makes up for what it missed.
    pub(super) fn make_up(&mut self, at: usize, step: u64) {
        let Some(decay) = self.lazy.as_mut().and_then(|lazy| lazy.decay(at, step)) else { return };
        let (bits, lanes) = (self.core.layer.neuron.membrane.bits, self.core.lanes as u32);
        let mut word = self.zeros.clone();
        for lane in 0..lanes {
            let raw = get_bits(self.shadow.word(at), lane * bits, bits) as i64;
            let state = (raw << (64 - bits)) >> (64 - bits);
            put_bits(&mut word, lane * bits, bits, leak(&decay, MapShape::vector(1), 0, state));
        }
        self.shadow.set(at, &word);
    }

    /// A write of step `step`: its stamp counts the steps.
    pub(super) fn stamped(&mut self, at: usize, data: &[u32], step: u64, truths: &Truths, findings: &mut Findings) {
        let Some(lazy) = &mut self.lazy else { return };
        lazy.written[at] = step + 1;
        let stamp = get_bits(data, self.core.word_bits(), lazy.stamps.bits);
        let expected = (step + 1) & ((1 << lazy.stamps.bits) - 1);
        if stamp != expected {
            let (golden, rtl) = (format!("stamp {expected}"), format!("stamp {stamp}"));
            self.find("stamp", self.lanes.first_neuron(at), golden, rtl, (step, truths), findings);
        }
    }
}
