//! Thresholds at which enough neurons fire: zero-mean random weights under any threshold may never do.

use golden::Engine;
use net::{bound, Network, Param, Problem, Problems, Reset, Spikes};

use super::registry::Benchmark;
use super::stimulus;

/// The rule: so many of the outputs fire in the rows from [`RULE_ACTIVITY`] on.
pub const LEAST_FIRED: f64 = 0.05;
/// Percent from which the rule holds.
pub const RULE_ACTIVITY: f64 = 5.0;
/// What the thresholds are chosen for at [`RULE_ACTIVITY`].
const WANTED: f64 = 0.065;

/// Gives `net` its membrane ranges, and each layer in turn the largest threshold at which enough of its neurons fire at
/// [`RULE_ACTIVITY`], in golden's integers.
pub fn calibrate(mut net: Network, benchmark: &Benchmark, seed: u64) -> Result<Network, Problems> {
    let input = stimulus::spikes(net.input().len(), benchmark.steps, RULE_ACTIVITY, seed);
    for index in 0..net.layers.len() {
        let sums = bound::layer_sums(&net, index);
        let bits = net.layers[index].neuron.membrane.bits;
        let failed = |found: String| {
            Problem::new(
                "benchmark-threshold",
                format!("{} layer {:?}", benchmark.label(), net.layers[index].name),
                found,
                "random weights whose sums fit the membrane and make neurons fire",
                "use another --seed",
            )
        };
        let Some(membrane) = bound::membrane(bits, sums, None) else {
            return Err(failed(format!("membranes of {bits} bits, sums {sums:?}")).into());
        };
        // What the layers before it send does not change.
        let head = Network {
            layers: net.layers[..=index].to_vec(),
            outputs: net::OutputNode::only(index),
            sources: until(&net, index),
            ..net.clone()
        };
        let rate = |threshold: i64| fired(&with_threshold(&head, membrane, threshold), &input)[index];
        let (mut low, mut high) = (1, membrane.hi);
        if rate(low) < WANTED {
            return Err(failed(format!("{:.1} % fire at the least threshold", 100.0 * rate(low))).into());
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match rate(middle) >= WANTED {
                true => low = middle,
                false => high = middle,
            }
        }
        let layer = with_threshold(&head, membrane, low).layers.pop();
        net.layers[index] = layer.unwrap_or_else(|| net.layers[index].clone());
    }
    Ok(net)
}

/// `net` with this threshold in its last layer: it fires above it, and a spike subtracts it.
fn with_threshold(net: &Network, membrane: net::Membrane, threshold: i64) -> Network {
    let mut net = net.clone();
    if let Some(layer) = net.layers.last_mut() {
        layer.neuron.membrane = membrane;
        layer.neuron.fire_level = Param::Layer(threshold + 1);
        layer.neuron.reset = Reset::Subtract(Param::Layer(threshold));
    }
    net
}

/// Spikes per neuron and time step of each layer.
fn fired(net: &Network, input: &Spikes) -> Vec<f64> {
    let counters = Engine::new(net).run(input).counters;
    let neurons = net.layers.iter().map(|layer| layer.output.len());
    let pairs = counters.spikes.iter().zip(neurons);
    pairs
        .map(|(&spikes, neurons)| spikes as f64 / (neurons * input.len()).max(1) as f64)
        .collect()
}

/// What layers `0..=last` hear of each other.
fn until(net: &Network, last: usize) -> Vec<Vec<net::Source>> {
    let known = |source: &&net::Source| !matches!(source.from, net::Origin::Layer(j) if j > last);
    let layers = net.sources[..=last].iter();
    layers.map(|sources| sources.iter().filter(known).cloned().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::registry::{Work, REGISTRY};
    use crate::bench::ACTIVITIES;

    #[test]
    fn every_random_benchmark_keeps_to_the_rule_and_the_bound() {
        for benchmark in REGISTRY {
            let Work::Random(make) = benchmark.work else { continue };
            let net = calibrate(make(1), benchmark, 1).unwrap();
            for (index, layer) in net.layers.iter().enumerate() {
                let sums = bound::layer_sums(&net, index);
                let least = bound::least_bits(sums, bound::targets(layer)).unwrap();
                let (bits, label) = (layer.neuron.membrane.bits, benchmark.label());
                assert!(least <= bits, "{label}: {bits} bits, {least} needed");
            }
            for percent in ACTIVITIES.into_iter().filter(|&percent| percent >= RULE_ACTIVITY) {
                let input = stimulus::spikes(net.input().len(), benchmark.steps, percent, 1);
                let fired = fired(&net, &input);
                let least = fired.iter().copied().fold(f64::MAX, f64::min);
                assert!(least >= LEAST_FIRED, "{} at {percent} %: {fired:?}", benchmark.label());
            }
            let silent = stimulus::spikes(net.input().len(), benchmark.steps, 0.0, 1);
            assert!(fired(&net, &silent).iter().all(|&rate| rate == 0.0));
        }
    }
}
