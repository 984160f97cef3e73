//! Every state, input, threshold and leak at small widths, against formulas written down a second time.

use golden::neuron::{end_step, Ended};
use golden::Engine;
use net::*;

/// The rules of `net::Neuron` once more, in 128 bits and other words: division instead of shifts, cases instead of clamps.
struct Formula<'a> {
    neuron: &'a Neuron,
    level: i128,
    /// Reset amount or reset value.
    reset: i128,
    bias: i128,
    a: i128,
}

impl Formula<'_> {
    fn leak(&self, v: i128) -> i128 {
        match &self.neuron.leak {
            Leak::None => v,
            Leak::Decay {
                m,
                rounding: Rounding::Floor,
                ..
            } => v - (v * self.a).div_euclid(2i128.pow(*m)),
            Leak::Decay {
                m,
                rounding: Rounding::TowardZero,
                ..
            } => {
                let kept = v.abs() * (2i128.pow(*m) - self.a) / 2i128.pow(*m);
                if v < 0 {
                    -kept
                } else {
                    kept
                }
            }
        }
    }

    fn saturate(&self, v: i128) -> i128 {
        let (lo, hi) = (i128::from(self.neuron.membrane.lo), i128::from(self.neuron.membrane.hi));
        if v < lo {
            lo
        } else if v > hi {
            hi
        } else {
            v
        }
    }

    /// (potential, spikes, stored, shown, saturated)
    fn step(&self, stored: i128, input: i128, spiked: bool) -> (i128, u32, i128, i128, bool) {
        let delayed = self.neuron.order == ResetOrder::LeakThenReset && matches!(self.neuron.reset, Reset::ToValue(_));
        let h = if delayed && spiked {
            self.reset
        } else {
            stored + input + self.bias
        };
        let mut n = 0;
        if self.neuron.output == Output::Spike && h >= self.level {
            n = 1;
            if matches!(self.neuron.reset, Reset::Subtract(_)) {
                // one more spike for each whole reset amount that is left above the fire level
                while n < self.neuron.max_spikes && h - i128::from(n) * self.reset >= self.level {
                    n += 1;
                }
            }
        }
        let reset = |v: i128| match &self.neuron.reset {
            Reset::Subtract(_) => v - i128::from(n) * self.reset,
            Reset::ToValue(_) if n > 0 && !delayed => self.reset,
            _ => v,
        };
        match self.neuron.order {
            ResetOrder::ResetThenLeak => {
                let r = self.saturate(reset(h));
                (h, n, self.leak(r), r, r != reset(h))
            }
            ResetOrder::LeakThenReset => {
                let v = reset(self.leak(h));
                (h, n, self.saturate(v), h, self.saturate(v) != v)
            }
        }
    }
}

/// Calls `f` for every neuron rule of a small world: `bits`-bit membranes, `m`-bit leaks.
fn every_neuron(bits: u32, m: u32, mut f: impl FnMut(&Neuron, i64, i64, i64, i64)) {
    let half = 1i64 << (bits - 1);
    let mut leaks = vec![(Leak::None, 0)];
    for rounding in [Rounding::Floor, Rounding::TowardZero] {
        leaks.extend((0..=1 << m).map(|a| {
            (
                Leak::Decay {
                    a: Param::Layer(a),
                    m,
                    rounding,
                },
                a,
            )
        }));
    }
    for (leak, a) in leaks {
        for order in [ResetOrder::ResetThenLeak, ResetOrder::LeakThenReset] {
            for threshold in 1..half / 2 {
                for strict in [0, 1] {
                    let level = threshold + strict;
                    let resets = [
                        (Reset::Subtract(Param::Layer(threshold)), threshold, 1, Output::Spike),
                        (Reset::Subtract(Param::Layer(threshold)), threshold, 3, Output::Spike),
                        (Reset::ToValue(Param::Layer(0)), 0, 1, Output::Spike),
                        (Reset::ToValue(Param::Layer(-2)), -2, 1, Output::Spike),
                        (Reset::None, 0, 1, Output::Spike),
                        (Reset::None, 0, 1, Output::Value),
                    ];
                    for (reset, amount, max_spikes, output) in resets {
                        let bias = (threshold % 3) - 1;
                        let neuron = Neuron {
                            output,
                            leak: leak.clone(),
                            leak_mode: LeakMode::Step,
                            reset,
                            order,
                            fire_level: Param::Layer(level),
                            bias: Param::Layer(bias),
                            max_spikes,
                            initial: Param::Layer(0),
                            membrane: Membrane {
                                bits,
                                lo: -half / 2,
                                hi: half / 2 - 1,
                            },
                        };
                        f(&neuron, level, amount, bias, a);
                    }
                }
            }
        }
    }
}

#[test]
fn the_definition_of_a_neuron() {
    for (bits, m) in [(4, 2), (5, 3), (6, 4)] {
        let half = 1i64 << (bits - 1);
        let mut cases = 0;
        every_neuron(bits, m, |neuron, level, reset, bias, a| {
            let formula = Formula {
                neuron,
                level: level.into(),
                reset: reset.into(),
                bias: bias.into(),
                a: a.into(),
            };
            for integrated in -half..half {
                for spiked in [false, true] {
                    let (potential, spikes, stored, shown, saturated) = formula.step(integrated.into(), 0, spiked);
                    let ended = end_step(neuron, MapShape::vector(1), 0, integrated, spiked);
                    let expected = Ended {
                        potential: potential as i64,
                        spikes,
                        stored: stored as i64,
                        shown: shown as i64,
                        saturated,
                    };
                    assert_eq!(ended, expected, "{neuron:?} integrated {integrated} spiked {spiked}");
                    cases += 1;
                }
            }
        });
        println!("{bits} bits: {cases} cases");
    }
}

/// A layer with a neuron for every pair (first input, second input), so that one sample of three steps tries them all.
#[test]
fn the_fast_machine_on_every_state_and_input() {
    let (bits, m) = (5, 2);
    let reach = 1i64 << (bits - 3); // a step brings less than a quarter of the word, with the bias
    let pairs: Vec<(i64, i64)> = (-reach..reach)
        .flat_map(|a| (-reach..reach).map(move |b| (a, b)))
        .collect();
    let weights: Vec<i32> = pairs.iter().flat_map(|&(a, b)| [a as i32, b as i32]).collect();
    let shape = MapShape::vector(pairs.len());
    every_neuron(bits, m, |neuron, level, reset, bias, a| {
        let mut network = Network {
            name: "exhaustive".into(),
            inputs: net::InputNode::only(MapShape::vector(2)),
            multiplicity: 1,
            sources: net::wiring::chain(1),
            outputs: net::OutputNode::only(0),
            layers: vec![Layer {
                name: "fc".into(),
                neuron_name: "lif".into(),
                input: MapShape::vector(2),
                pool: Pool::none(MapShape::vector(2)),
                synapses: Synapses::Dense(Dense {
                    inputs: 2,
                    outputs: pairs.len(),
                    weights: weights.clone(),
                }),
                output: shape,
                neuron: neuron.clone(),
                weight_bits: 5,
                fraction_bits: 0,
                scale: 1.0,
            }],
        };
        network.layers[0].neuron.membrane.bits = bits + 1; // both inputs at once must fit as well
        let spikes = vec![vec![0], vec![1], vec![1, 0]];
        let formula = Formula {
            neuron,
            level: level.into(),
            reset: reset.into(),
            bias: bias.into(),
            a: a.into(),
        };
        for engine in Engine::new(&network).every_kind() {
            let trace = engine.trace(&spikes);
            for (n, &(first, second)) in pairs.iter().enumerate() {
                let (mut stored, mut spiked) = (0i128, false);
                for (step, input) in [first, second, first + second].into_iter().enumerate() {
                    let (_, count, next, shown, _) = formula.step(stored, input.into(), spiked);
                    (stored, spiked) = (next, count > 0);
                    let found = &trace.layers[0];
                    let sent = found.spikes[step].iter().filter(|&&i| i as usize == n).count();
                    assert_eq!(
                        (
                            sent as u32,
                            i128::from(found.stored_at(step)[n]),
                            i128::from(found.shown_at(step)[n])
                        ),
                        (count, stored, shown),
                        "{neuron:?} inputs {first} {second} step {step}"
                    );
                }
            }
        }
    });
}
