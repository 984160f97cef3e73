//! The updates that accepted events owe: one queue per word, all in one pool.

/// No node.
const NONE: u32 = u32::MAX;

/// An update that an accepted event owes a word.
#[derive(Clone, Copy)]
pub(super) struct Update {
    /// Row of the footprint that it adds.
    pub row: u32,
    /// Time step of the event, since reset.
    pub step: u32,
    event: u32,
    next: u32,
}

/// The updates still to come, per word in the order of the events.
pub(super) struct Owed {
    heads: Vec<u32>,
    tails: Vec<u32>,
    updates: Vec<Update>,
    free: u32,
    /// Updates owed in all.
    pending: u64,
}

impl Owed {
    /// Empty queues for so many words.
    pub(super) fn new(words: usize) -> Owed {
        Owed {
            heads: vec![NONE; words],
            tails: vec![NONE; words],
            updates: Vec::new(),
            free: NONE,
            pending: 0,
        }
    }

    /// Event number `event` of time step `step` owes word `at` the row.
    #[inline(always)]
    pub(super) fn push(&mut self, at: usize, row: u32, step: u32, event: u32) {
        let update = Update {
            row,
            step,
            event,
            next: NONE,
        };
        let node = match self.free {
            NONE => {
                self.updates.push(update);
                self.updates.len() as u32 - 1
            }
            node => {
                self.free = self.updates[node as usize].next;
                self.updates[node as usize] = update;
                node
            }
        };
        let tail = std::mem::replace(&mut self.tails[at], node);
        if tail == NONE {
            self.heads[at] = node;
        } else {
            self.updates[tail as usize].next = node;
        }
        self.pending += 1;
    }

    /// The update that word `at` is owed first.
    #[inline(always)]
    pub(super) fn oldest(&self, at: usize) -> Option<Update> {
        match self.heads[at] {
            NONE => None,
            head => Some(self.updates[head as usize]),
        }
    }

    /// Drops the oldest update of word `at`, which must have one.
    pub(super) fn drop_oldest(&mut self, at: usize) {
        let head = self.heads[at];
        let update = &mut self.updates[head as usize];
        let next = std::mem::replace(&mut update.next, self.free);
        self.free = head;
        self.heads[at] = next;
        if next == NONE {
            self.tails[at] = NONE;
        }
        self.pending -= 1;
    }

    /// Tries the later updates that the oldest event owes word `at`, which must be owed one, and drops the first whose
    /// row is the one written: that row, if there is one.
    pub(super) fn take_other_of_event(&mut self, at: usize, is_written: impl Fn(u32) -> bool) -> Option<u32> {
        let head = self.heads[at];
        let event = self.updates[head as usize].event;
        let mut before = head;
        loop {
            let node = self.updates[before as usize].next;
            if node == NONE || self.updates[node as usize].event != event {
                return None;
            }
            let row = self.updates[node as usize].row;
            if is_written(row) {
                // Swap the rows and drop the head: the queue is the same but for this row.
                self.updates[node as usize].row = self.updates[head as usize].row;
                self.drop_oldest(at);
                return Some(row);
            }
            before = node;
        }
    }

    /// Updates owed in all.
    pub(super) fn pending(&self) -> u64 {
        self.pending
    }

    /// The first word that is owed an update.
    pub(super) fn first_word(&self) -> Option<usize> {
        self.heads.iter().position(|&head| head != NONE)
    }
}
