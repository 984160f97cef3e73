//! Events with exact counts: the rules ask for so many per time step, at addresses that differ.

use net::random::Random;
use net::Spikes;

/// Events per time step at `percent` of `addresses`, rounded to the nearest.
pub fn events_per_step(addresses: usize, percent: f64) -> usize {
    ((addresses as f64 * percent / 100.0).round() as usize).min(addresses)
}

/// `steps` time steps with exactly [`events_per_step`] distinct addresses each, in random order. The same seed and activity
/// give the same events, whatever other activities are run.
pub fn spikes(addresses: usize, steps: usize, percent: f64, seed: u64) -> Spikes {
    let random = &mut Random::new(seed ^ percent.to_bits());
    let count = events_per_step(addresses, percent);
    let mut all: Vec<u32> = (0..addresses as u32).collect();
    let step = |_| {
        for place in 0..count {
            let other = random.size(place, addresses - 1);
            all.swap(place, other);
        }
        all[..count].to_vec()
    };
    (0..steps).map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_exact_and_addresses_distinct() {
        for (addresses, percent, count) in [
            (256, 0.0, 0),
            (256, 1.0, 3),
            (256, 10.0, 26),
            (784, 1.0, 8),
            (1024, 5.0, 51),
            (25_088, 5.0, 1_254),
            (10, 100.0, 10),
        ] {
            assert_eq!(events_per_step(addresses, percent), count);
            let sample = spikes(addresses, 7, percent, 3);
            assert_eq!(sample.len(), 7);
            for step in &sample {
                let mut sorted = step.clone();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!((step.len(), sorted.len()), (count, count), "{addresses} at {percent} %");
                assert!(sorted.iter().all(|&address| (address as usize) < addresses));
            }
        }
    }

    #[test]
    fn every_address_has_its_turn() {
        let mut seen: Vec<u32> = spikes(256, 200, 10.0, 1).concat();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 256);
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(spikes(256, 4, 10.0, 1), spikes(256, 4, 10.0, 1));
        assert_ne!(spikes(256, 4, 10.0, 1), spikes(256, 4, 10.0, 2));
        let sample = spikes(256, 2, 10.0, 1);
        assert_ne!(sample[0], sample[1]);
    }
}
