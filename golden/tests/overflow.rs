//! What checked mode says when a network is not what its bound promises, and when a sample is not one it may see.

use golden::Engine;
use net::*;

fn network(bits: u32, weights: Vec<i32>) -> Network {
    let input = MapShape::vector(weights.len());
    Network {
        name: "one".into(),
        inputs: net::InputNode::only(input),
        multiplicity: 2,
        sources: net::wiring::chain(1),
        outputs: net::OutputNode::only(0),
        layers: vec![Layer {
            name: "fc1".into(),
            neuron_name: "if1".into(),
            input,
            pool: Pool::none(input),
            synapses: Synapses::Dense(Dense {
                inputs: weights.len(),
                outputs: 1,
                weights,
            }),
            output: MapShape::vector(1),
            neuron: Neuron {
                output: Output::Spike,
                leak: Leak::None,
                leak_mode: LeakMode::Step,
                reset: Reset::Subtract(Param::Layer(100)),
                order: ResetOrder::ResetThenLeak,
                fire_level: Param::Layer(100),
                bias: Param::Layer(0),
                max_spikes: 1,
                initial: Param::Layer(0),
                membrane: Membrane { bits, lo: -50, hi: 127 },
            },
            weight_bits: 8,
            fraction_bits: 0,
            scale: 1.0,
        }],
    }
}

#[test]
fn an_order_of_events_that_could_overflow_is_an_error() {
    // 100 - 100 leaves the state at 0, but 60 + 60 + ... in the wrong order would not have fitted
    let engine = Engine::new(&network(8, vec![70, -70]));
    assert!(engine.checked(&vec![vec![0, 1]]).is_ok());
    let problems = engine.checked(&vec![vec![], vec![0, 1, 0, 1]]).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "layer 0 \"fc1\": partial sum 140 of neuron 0 (c=0, y=0, x=0) in time step 1 \
         (a signed 8-bit membrane holds -128..=127); use --membrane-bits 9"
    );
    assert!(Engine::new(&network(9, vec![70, -70]))
        .checked(&vec![vec![], vec![0, 1, 0, 1]])
        .is_ok());
}

#[test]
fn samples_off_the_map_or_too_dense_are_refused() {
    let engine = Engine::new(&network(16, vec![1, 1]));
    let problems = engine.validate(&vec![vec![0], vec![2, 1, 1, 1]]).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "input \"input\": event at index 2 in time step 1 (the input map 2 has indices 0..=1); \
         crop or rescale the recording, or use a network with a larger input\n\
         input \"input\": address (c=1, y=0, x=0) comes 3 times in time step 1 \
         (the network was built for at most 2 per step); use --multiplicity 3 or --dedup"
    );
    assert!(engine.run_many(1, |_| Ok(vec![vec![9]])).is_err());
    assert!(engine.validate(&vec![vec![1, 0, 1], vec![1, 1]]).is_ok());
}

#[test]
fn a_sample_without_steps_has_an_answer() {
    let outcome = Engine::new(&network(16, vec![1, 1])).run(&vec![]);
    assert_eq!((outcome.counts, outcome.shown), (vec![0], vec![0]));
}
