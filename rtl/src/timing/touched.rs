//! The touched map as the timing sees it: which words a scan visits, and from which cycle on.

use std::collections::VecDeque;

use super::is_heard;
use crate::plan::{touched, CorePlan};

/// What a touched map adds to a core: which words it offers when.
pub(super) struct MapModel {
    /// Words of each step's scan, and whether there is anything to visit (else the one word is word 0).
    visits: VecDeque<(VecDeque<u64>, bool)>,
    /// Of the steps that have not ended: whether they visit all words, without a look-up.
    wide: VecDeque<bool>,
    settle: u64,
    /// Last operation of an event, and last scanned word that something had happened to.
    marked: Option<u64>,
    scanned: Option<u64>,
    /// From which cycle on this step's words are offered.
    ready: Option<u64>,
}

impl MapModel {
    /// `events` and, in `sent`, the spiking neurons of each step.
    pub(super) fn new(core: &CorePlan, events: &[Vec<u32>], sent: &[Vec<(u32, u32)>]) -> Self {
        let steps = events.len();
        let fired = |t: usize| sent[t].iter().map(|(_, neuron)| *neuron).collect::<Vec<u32>>();
        let wide: VecDeque<bool> = (0..steps).map(|t| touched::visits_all(core, t, steps)).collect();
        let visits = (0..steps).map(|t| {
            let before = if t > 0 && core.stamps().is_none() { fired(t - 1) } else { vec![] };
            let words = touched::visits(core, &events[t], &before, wide[t]);
            let something = !before.is_empty() || events[t].iter().any(|&event| is_heard(core, event));
            (words.into_iter().map(|word| word as u64).collect(), something)
        });
        let visits = visits.collect();
        MapModel { visits, wide, settle: touched::settle(core), marked: None, scanned: None, ready: None }
    }

    /// Whether the step under way visits all words.
    pub(super) fn is_wide(&self) -> bool {
        self.wide.front() == Some(&true)
    }

    /// The word that a TICK at the front scans in cycle `now`, and whether it is the step's last.
    pub(super) fn next(&mut self, now: u64, may_scan: bool) -> Option<(u64, bool)> {
        let (words, something) = self.visits.front_mut()?;
        let looks = self.marked.is_none_or(|marked| now > marked + 1)
            && self.scanned.is_none_or(|scanned| now > scanned + self.settle);
        if self.ready.is_none() && looks {
            self.ready = Some(now + if *something { touched::LOOK_UP } else { touched::LOOK_UP_NOTHING });
        }
        if !may_scan || self.ready.is_none_or(|ready| now < ready) {
            return None;
        }
        let word = words.pop_front()?;
        let is_last = words.is_empty();
        if is_last {
            if *something {
                self.scanned = Some(now);
            }
            self.ready = None;
            self.visits.pop_front();
            self.wide.pop_front();
        }
        Some((word, is_last))
    }

    /// An operation of an event that some neuron hears.
    pub(super) fn mark(&mut self, now: u64) {
        self.marked = Some(now);
    }

    /// A scan of all words has issued its last.
    pub(super) fn end_wide(&mut self, now: u64) {
        self.scanned = Some(now);
        self.visits.pop_front();
        self.wide.pop_front();
    }
}
