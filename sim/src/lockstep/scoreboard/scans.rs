//! Which words the scan of each step visits, and how far each bank and word has come.
//!
//! Without a touched map that is every word, once per pass. With one it is the words at positions of the banks that an
//! accepted event touched, or where golden's neurons fired in the step before; word 0 if there are none; all words at the
//! end of a sample. Taken from the network's definition, as the footprint is.

use rtl::plan::lazy::Stamps;
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
    /// With a touched map or lazy leak: positions touched since the last TICK, and the words that each accepted step visits.
    map: Option<Map>,
    /// Per word: its fire writes, and the steps whose scans have left it out.
    fires: Vec<u32>,
    left_out: Vec<u32>,
    banks: Vec<BankScan>,
}

struct Map {
    positions: Vec<bool>,
    steps: Vec<Step>,
    lazy: Option<Touches>,
}

/// With lazy leak: which words are written is a matter of each word in each bank.
struct Touches {
    stamps: Stamps,
    /// Only words at touched positions are visited, but for one scan of many.
    map: bool,
    /// Steps since the last scan of all words.
    since: usize,
    touched: Vec<bool>,
    /// Per word: the step behind that of its last write.
    written: Vec<usize>,
}

/// A step's fire writes: of which words, `None` for all, and how many there are in each bank.
struct Step {
    words: Option<Vec<bool>>,
    count: Vec<u64>,
}

impl Touches {
    fn new(core: &CorePlan) -> Option<Touches> {
        let words = core.banks() * core.words();
        let touches = |stamps| Touches { stamps, map: core.touched_map, since: 0, touched: vec![false; words], written: vec![0; words] };
        core.stamps().map(touches)
    }

    /// Words that are written when step `step` ends its scan, which visits the words that `visits` says, or all.
    fn written(&mut self, step: usize, last: bool, visits: impl Fn(usize) -> bool) -> Vec<bool> {
        self.since += 1;
        let all = last || !self.map || self.since == self.stamps.sweep;
        if all {
            self.since = 0;
        }
        let old = |at: usize| step - self.written[at].min(step) >= self.stamps.old;
        let is_written = |at: usize| last || self.touched[at] || ((all || visits(at)) && old(at));
        let found: Vec<bool> = (0..self.touched.len()).map(is_written).collect();
        found.iter().zip(&mut self.written).filter(|(found, _)| **found).for_each(|(_, written)| *written = step + 1);
        self.touched.fill(false);
        found
    }
}

impl Scans {
    pub(super) fn new(core: &CorePlan) -> Scans {
        let (words, banks) = (core.words(), core.banks());
        let positions = vec![false; words / core.groups];
        let lazy = Touches::new(core);
        Scans {
            words,
            groups: core.groups,
            passes: core.passes(),
            map: (core.touched_map || lazy.is_some()).then(|| Map { positions, steps: Vec::new(), lazy }),
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
            if let Some(lazy) = &mut map.lazy {
                lazy.touched[at] = true;
            }
        }
    }

    /// Whether a scan visits words of neurons that fired in the step before.
    pub(super) fn visits_fired(&self) -> bool {
        self.map.as_ref().is_some_and(|map| map.lazy.is_none())
    }

    /// A TICK is accepted: what was touched until now is what its scan visits; `all`: it visits everything.
    pub(super) fn tick(&mut self, all: bool) {
        let (n_words, banks, groups) = (self.words, self.banks.len(), self.groups);
        let Some(map) = &mut self.map else { return };
        let nothing = !map.positions.contains(&true);
        let visits = |at: usize| if nothing { at % n_words == 0 } else { map.positions[at % n_words / groups] };
        let step = match &mut map.lazy {
            Some(lazy) => {
                let words = lazy.written(map.steps.len(), all, visits);
                let count = words.chunks(n_words).map(|bank| bank.iter().filter(|written| **written).count() as u64).collect();
                Step { words: Some(words), count }
            }
            None if all => Step { words: None, count: vec![n_words as u64; banks] },
            None => {
                let words: Vec<bool> = (0..n_words).map(visits).collect();
                let count = words.iter().filter(|visited| **visited).count() as u64;
                Step { words: Some(words), count: vec![count; banks] }
            }
        };
        map.positions.fill(false);
        map.steps.push(step);
    }

    /// The step whose scan writes word `at` next, no later than `until`.
    #[inline(always)]
    pub(super) fn step_of(&mut self, at: usize, until: u64) -> u64 {
        let step = |left_out: u32| u64::from(self.fires[at]) / self.passes + u64::from(left_out);
        let mut left_out = self.left_out[at];
        if let Some(map) = &self.map {
            let passes_over = |step: &Step| step.words.as_ref().is_some_and(|words| !words[at % words.len()]);
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

    /// The step that a bank is being scanned for: steps that write none of its words are passed over.
    pub(super) fn bank_step(&self, bank: usize) -> u64 {
        let BankScan { step, written } = self.banks[bank];
        let steps = self.map.as_ref().map_or(&[][..], |map| &map.steps);
        let empty = steps.iter().skip(step as usize).take_while(|step| step.count[bank] == 0).count();
        step + if written == 0 { empty as u64 } else { 0 }
    }

    /// A fire write; `true` if it completes the scan of its bank.
    pub(super) fn fire(&mut self, at: usize) -> bool {
        self.fires[at] += 1;
        let bank = at / self.words;
        let step = self.bank_step(bank);
        let found = self.map.as_ref().and_then(|map| map.steps.get(step as usize));
        let visited = found.map_or(self.words as u64, |step| step.count[bank]);
        let written = self.banks[bank].written + 1;
        let done = written >= visited * self.passes;
        self.banks[bank] = if done { BankScan { step: step + 1, written: 0 } } else { BankScan { step, written } };
        done
    }

    /// The first bank that is not at rest behind `steps` steps, with its step and fire writes in it.
    pub(super) fn unfinished(&self, steps: u64) -> Option<(usize, u64, u64)> {
        let found = (0..self.banks.len()).map(|bank| (bank, self.bank_step(bank), self.banks[bank].written));
        found.into_iter().find(|(_, step, written)| *step != steps || *written > 0)
    }
}
