//! Writes while integrating: each is the word plus the row that the oldest accepted event owes it.

use rtl::plan::pipeline::read_to_write;

use super::{Phase, Scoreboard, Write};
use crate::lockstep::finding::Findings;
use crate::lockstep::truth::Truths;

impl Scoreboard<'_> {
    #[inline(always)]
    pub(super) fn integrate_write(&mut self, at: usize, write: Write, truths: &Truths, findings: &mut Findings) {
        let lanes = self.lanes.count(at);
        if lanes == 0 {
            return;
        }
        self.writes_compared += lanes;
        self.additions += lanes;
        if self.forwards && findings.cycle <= self.fresh_until[at] {
            self.forwarded += 1;
            self.covered.forwarded.mark(at);
        }
        self.fresh_until[at] = findings.cycle + u64::from(read_to_write(self.core));
        let oldest = self.owed.oldest(at);
        let fired = self.scans.step_of(at, oldest.map_or(0, |update| u64::from(update.step))) as u32;
        let Some(update) = oldest.filter(|update| update.step == fired) else {
            let golden = match oldest {
                None => "no event touches this word".to_string(),
                Some(_) => format!("the word's fire write of the step before comes first ({fired} so far)"),
            };
            self.find(
                "integrating write",
                self.lanes.first_neuron(at),
                golden,
                format!("{:x?}", write.data),
                (u64::from(fired), truths),
                findings,
            );
            return;
        };
        self.make_up(at, u64::from(fired));
        self.stamped(at, write.data, u64::from(fired), truths, findings);
        let mut expected = std::mem::take(&mut self.expected);
        self.shadow.add(at, self.footprint.row(update.row), &mut expected);
        let added = match self.lanes.same(at, &expected, write.data) {
            true => {
                self.owed.drop_oldest(at);
                Some(update.row)
            }
            false => self.take_other_of_event(at, write),
        };
        if let Some(row) = added {
            self.covered.rows.mark(row as usize);
            self.covered.written.mark(at);
        } else {
            self.compare_lanes(
                "integrating write",
                at,
                &expected,
                write.data,
                (u64::from(fired), truths),
                findings,
            );
            self.owed.drop_oldest(at);
        }
        if self.watching {
            self.view.phase = Phase::Integrate;
            self.view.show(&self.lanes, at, &expected, write.data);
        }
        self.expected = expected;
    }

    /// Tries the later updates that the oldest event owes the same word: the row of the one that was written.
    fn take_other_of_event(&mut self, at: usize, write: Write) -> Option<u32> {
        self.owed.take_other_of_event(at, |row| {
            let mut expected = self.zeros.clone();
            self.shadow.add(at, self.footprint.row(row), &mut expected);
            self.lanes.same(at, &expected, write.data)
        })
    }
}
