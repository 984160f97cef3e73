//! A network that fails in lockstep, made smaller as long as it fails.

use std::fmt;

use needs::shrink::{cut, smallest, CUTS};
use net::random::smaller::smaller;
use net::{Network, Spikes};
use rtl::PlanOptions;

use super::hardware::Hardware;

/// A network and its samples.
#[derive(Clone)]
pub struct Case {
    pub net: Network,
    pub samples: Vec<Spikes>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "samples {:?}\nof {:#?}", self.samples, self.net)
    }
}

/// One step: fewer samples, a smaller network, fewer steps, fewer spikes.
pub fn steps(case: &Case) -> Vec<Case> {
    let with = |samples: Vec<Spikes>| Case { samples, ..case.clone() };
    let mut all: Vec<Case> = case.samples.iter().filter(|_| case.samples.len() > 1).map(|sample| with(vec![sample.clone()])).collect();
    all.extend(smaller(&case.net).into_iter().map(|net| {
        // Where the input is another one, what is off the map goes; a new map hears something new.
        let (before, now) = (case.net.input(), net.input());
        let steps = |sample: &Spikes| -> Spikes {
            match (before.h, before.w) == (now.h, now.w) {
                true => sample.iter().map(|events| events.iter().copied().filter(|&event| (event as usize) < now.len()).collect()).collect(),
                false => net::random::spikes(&net, 1, sample.len(), 0.3),
            }
        };
        let samples = case.samples.iter().map(steps).collect();
        Case { net, samples }
    }));
    for (i, sample) in case.samples.iter().enumerate() {
        let replaced = |sample: Spikes| {
            let mut samples = case.samples.clone();
            samples[i] = sample;
            with(samples)
        };
        let half = sample.len().div_ceil(2);
        if sample.len() > 1 {
            all.extend([&sample[..half], &sample[half..], &sample[..sample.len() - 1], &sample[1..]].map(|part| replaced(part.to_vec())));
        }
        for (t, events) in sample.iter().enumerate().filter(|(_, events)| !events.is_empty()) {
            let halves = [&events[..events.len() / 2], &events[events.len() / 2..]];
            for part in halves.into_iter().filter(|part| part.len() < events.len()) {
                let mut sample = sample.clone();
                sample[t] = part.to_vec();
                all.push(replaced(sample));
            }
        }
    }
    all
}

/// What a person needs to know of a failing case, and how to run it again; `fails` says why a case fails.
pub fn report(case: Case, seed: u64, fails: impl Fn(&Case) -> Option<String>) -> String {
    let found = smallest(case, steps, fails);
    let again = format!("again: SPIKEWRIGHT_SEEDS={seed}..{} {CUTS}={}", seed + 1, found.path());
    format!("smallest: {}\n{again}\n{:?}", found.reason, found.case)
}

/// The case behind the steps that the environment asks for, if it does.
pub fn again(case: &Case) -> Option<Case> {
    std::env::var_os(CUTS).map(|_| cut(case.clone(), steps))
}

/// The hardware of a case, where the planner takes it.
pub fn planned(net: &Network, options: &PlanOptions) -> Option<Hardware> {
    rtl::plan::plan(net, options).ok()?;
    Some(Hardware::new(net.clone(), options))
}
