//! What a guard at the input lets through (`--input-guard limit`, docs/link.md): in each time step the first spikes of an address, as many as
//! the network's multiplicity.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::Spikes;

/// What of `sent` enters the network: behind a guard with a `limit` the first so many spikes of an address in each time step, else all.
pub fn entering(sent: Cow<'_, Spikes>, limit: Option<u32>) -> Cow<'_, Spikes> {
    match limit {
        Some(multiplicity) => Cow::Owned(limited(&sent, multiplicity).0),
        None => sent,
    }
}

/// `spikes` as they enter the network, and how many were too many. The order of what stays does not change.
fn limited(spikes: &Spikes, multiplicity: u32) -> (Spikes, u64) {
    let mut guard = Limit::new(multiplicity);
    let mut step = |events: &Vec<u32>| {
        guard.end_step();
        events.iter().copied().filter(|address| guard.passes(*address)).collect()
    };
    let kept = spikes.iter().map(&mut step).collect();
    (kept, guard.repeats)
}

/// The guard, one spike at a time.
#[derive(Clone, Debug)]
pub struct Limit {
    multiplicity: u32,
    /// Spikes of each address in this step.
    seen: HashMap<u32, u32>,
    /// Spikes that were too many, so far.
    pub repeats: u64,
}

impl Limit {
    pub fn new(multiplicity: u32) -> Limit {
        Limit { multiplicity, seen: HashMap::new(), repeats: 0 }
    }

    /// Takes a spike of `address`; whether it is one of those that pass.
    pub fn passes(&mut self, address: u32) -> bool {
        let seen = self.seen.entry(address).or_default();
        *seen = seen.saturating_add(1);
        let passes = *seen <= self.multiplicity;
        self.repeats += u64::from(!passes);
        passes
    }

    pub fn end_step(&mut self) {
        self.seen.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_counts_anew() {
        let spikes = vec![vec![3, 1, 3, 3], vec![3, 3], vec![]];
        assert_eq!(limited(&spikes, 1), (vec![vec![3, 1], vec![3], vec![]], 3));
        assert_eq!(limited(&spikes, 2), (vec![vec![3, 1, 3], vec![3, 3], vec![]], 1));
        assert_eq!(limited(&spikes, 3), (spikes, 0));
    }
}
