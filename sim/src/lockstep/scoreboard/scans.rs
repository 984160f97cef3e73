//! Which words the scan of each step visits, and how far each bank and word has come.
//!
//! Without a touched map that is every word, once per pass. With one it is the words at positions of the banks that an
//! accepted event touched, or where golden's neurons fired in the step before; word 0 if there are none; all words at the
//! end of a sample. Taken from the network's definition, as the footprint is.

use rtl::CorePlan;

/// Progress of one bank.
#[derive(Clone, Copy, Default)]
struct BankScan {
    /// Step whose scan is under way or comes next.
    step: u64,
    /// Its fire writes so far.
    written: u64,
}

/// Scans of a core since reset. A word is addressed as bank x words + address.
pub(super) struct Scans {
    words: usize,
    groups: usize,
    passes: u64,
    /// With a touched map: positions touched since the last TICK, and the words that each accepted step visits.
    map: Option<Map>,
    /// Per word: its fire writes, and the steps whose scans have left it out.
    fires: Vec<u32>,
    left_out: Vec<u32>,
    banks: Vec<BankScan>,
}

#[derive(Default)]
struct Map {
    positions: Vec<bool>,
    steps: Vec<Step>,
}

/// A step's visits: `None` for all words.
struct Step {
    words: Option<Vec<bool>>,
    count: u64,
}

impl Scans {
    pub(super) fn new(core: &CorePlan) -> Scans {
        let (words, banks) = (core.words(), core.banks());
        let positions = vec![false; words / core.groups];
        Scans {
            words,
            groups: core.groups,
            passes: core.passes(),
            map: core.touched_map.then(|| Map { positions, steps: Vec::new() }),
            fires: vec![0; banks * words],
            left_out: vec![0; banks * words],
            banks: vec![BankScan::default(); banks],
        }
    }

    /// An accepted event adds to word `at`, or a neuron in it fired in the step before.
    #[inline(always)]
    pub(super) fn touch(&mut self, at: usize) {
        if let Some(map) = &mut self.map {
            map.positions[at % self.words / self.groups] = true;
        }
    }

    pub(super) fn has_map(&self) -> bool {
        self.map.is_some()
    }

    /// A TICK is accepted: what was touched until now is what its scan visits; `all`: it visits everything.
    pub(super) fn tick(&mut self, all: bool) {
        let Some(map) = &mut self.map else { return };
        let words: Vec<bool> = (0..self.words).map(|word| map.positions[word / self.groups]).collect();
        let count = words.iter().filter(|visited| **visited).count() as u64;
        map.positions.fill(false);
        map.steps.push(match (all, count) {
            (true, _) => Step { words: None, count: self.words as u64 },
            (false, 0) => Step { words: Some((0..self.words).map(|word| word == 0).collect()), count: 1 },
            (false, _) => Step { words: Some(words), count },
        });
    }

    /// The step whose scan writes word `at` next, no later than `until`.
    #[inline(always)]
    pub(super) fn step_of(&mut self, at: usize, until: u64) -> u64 {
        let step = |left_out: u32| u64::from(self.fires[at]) / self.passes + u64::from(left_out);
        let mut left_out = self.left_out[at];
        if let Some(map) = &self.map {
            let passes_over = |step: &Step| step.words.as_ref().is_some_and(|words| !words[at % self.words]);
            while step(left_out) < until && map.steps.get(step(left_out) as usize).is_some_and(passes_over) {
                left_out += 1;
            }
            self.left_out[at] = left_out;
        }
        step(left_out)
    }

    /// Fire writes to word `at` so far.
    pub(super) fn fires(&self, at: usize) -> u64 {
        u64::from(self.fires[at])
    }

    /// The step that a bank is being scanned for.
    pub(super) fn bank_step(&self, bank: usize) -> u64 {
        self.banks[bank].step
    }

    /// A fire write; `true` if it completes the scan of its bank.
    pub(super) fn fire(&mut self, at: usize) -> bool {
        self.fires[at] += 1;
        let steps = self.map.as_ref().map(|map| &map.steps);
        let scan = &mut self.banks[at / self.words];
        let visited = steps.and_then(|steps| steps.get(scan.step as usize)).map_or(self.words as u64, |step| step.count);
        scan.written += 1;
        let done = scan.written >= visited * self.passes;
        if done {
            *scan = BankScan { step: scan.step + 1, written: 0 };
        }
        done
    }

    /// The first bank that is not at rest behind `steps` steps, with its step and fire writes in it.
    pub(super) fn unfinished(&self, steps: u64) -> Option<(usize, u64, u64)> {
        let found = self.banks.iter().enumerate().find(|(_, scan)| scan.step != steps || scan.written > 0);
        found.map(|(bank, scan)| (bank, scan.step, scan.written))
    }
}
