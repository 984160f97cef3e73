//! The smallest case that still fails, found by proptest's search: a case is replaced by one of its smaller ones as long as that fails, too.

use std::fmt::Debug;
use std::rc::Rc;

use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

/// Most cases that are tried.
const TRIED: u32 = 400;

/// A case, and how it came out of the first one: which of the smaller ones was taken, step by step.
#[derive(Clone, Debug)]
pub struct Shrunk<T> {
    pub case: T,
    pub cuts: Vec<usize>,
    /// Why it fails.
    pub reason: String,
}

impl<T> Shrunk<T> {
    /// The cuts as [`CUTS`] takes them.
    pub fn path(&self) -> String {
        self.cuts.iter().map(usize::to_string).collect::<Vec<_>>().join(".")
    }
}

/// This variable makes [`cut`] take the steps that a failure printed.
pub const CUTS: &str = "SPIKEWRIGHT_CUTS";

/// The case after the steps that [`CUTS`] asks for; as it is if there are none.
pub fn cut<T>(case: T, smaller: impl Fn(&T) -> Vec<T>) -> T {
    let wished = std::env::var(CUTS).unwrap_or_default();
    let cuts = wished.split('.').filter(|cut| !cut.is_empty());
    let step = |case: T, cut: &str| {
        let number: usize = cut.parse().unwrap_or_else(|_| panic!("{CUTS}: {cut:?} is no number"));
        smaller(&case).into_iter().nth(number).unwrap_or_else(|| panic!("{CUTS}: no step {number} here"))
    };
    cuts.fold(case, step)
}

/// The smallest case that comes from `case` by steps of `smaller` and of which `fails` gives a reason; `case` must fail itself.
pub fn smallest<T: Clone + Debug>(case: T, smaller: impl Fn(&T) -> Vec<T> + 'static, fails: impl Fn(&T) -> Option<String>) -> Shrunk<T> {
    let first = (case, Vec::new());
    let tree = Tree { now: first.clone(), base: first, left: Vec::new().into_iter(), smaller: Rc::new(smaller) };
    let config = Config { max_shrink_iters: TRIED, failure_persistence: None, ..Config::default() };
    let judge = |(case, _): (T, Vec<usize>)| fails(&case).map_or(Ok(()), |reason| Err(TestCaseError::fail(reason)));
    match TestRunner::new(config).run_one(tree, judge) {
        Err(TestError::Fail(reason, (case, cuts))) => Shrunk { case, cuts, reason: reason.message().to_string() },
        other => panic!("the case does not fail: {other:?}"),
    }
}

type Step<T> = (T, Vec<usize>);

/// `now` is tried; `base` is the smallest that failed, `left` are its smaller ones that were not tried.
#[derive(Clone)]
struct Tree<T> {
    now: Step<T>,
    base: Step<T>,
    left: std::vec::IntoIter<Step<T>>,
    smaller: Rc<dyn Fn(&T) -> Vec<T>>,
}

impl<T> Debug for Tree<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.base.1)
    }
}

impl<T: Clone + Debug> Tree<T> {
    fn next(&mut self) -> bool {
        let next = self.left.next();
        let found = next.is_some();
        self.now = next.unwrap_or_else(|| self.base.clone());
        found
    }
}

impl<T: Clone + Debug> ValueTree for Tree<T> {
    type Value = Step<T>;

    fn current(&self) -> Step<T> {
        self.now.clone()
    }

    /// What is tried now fails.
    fn simplify(&mut self) -> bool {
        self.base = self.now.clone();
        let cuts = &self.base.1;
        let steps = (self.smaller)(&self.base.0).into_iter().enumerate();
        let all: Vec<Step<T>> = steps.map(|(number, case)| (case, cuts.iter().copied().chain([number]).collect())).collect();
        self.left = all.into_iter();
        self.next()
    }

    /// What is tried now passes.
    fn complicate(&mut self) -> bool {
        self.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_failing_case_is_found_and_its_steps_lead_there() {
        // Fails if it holds 7 and a number above 90.
        let fails = |case: &Vec<u32>| (case.contains(&7) && case.iter().any(|n| *n > 90)).then(|| format!("{case:?}"));
        let smaller = |case: &Vec<u32>| (0..case.len()).map(|i| [&case[..i], &case[i + 1..]].concat()).collect::<Vec<_>>();
        let found = smallest((0..100).collect(), smaller, fails);
        assert_eq!((found.case.len(), found.cuts.len(), found.reason), (2, 98, format!("{:?}", found.case)));
        let mut again: Vec<u32> = (0..100).collect();
        found.cuts.iter().for_each(|cut| again = smaller(&again).swap_remove(*cut));
        assert_eq!(again, found.case);
    }

    #[test]
    #[should_panic(expected = "does not fail")]
    fn a_case_that_passes_is_none() {
        smallest(1, |_| vec![], |_| None);
    }
}
