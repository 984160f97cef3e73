//! What the benchmarks are.

use net::options::CoreKind;
use net::Network;
use synth::Target;

use super::goals::{at_least, at_most, Figure, Goal, Peer};
use super::nets;

/// One benchmark, or one case of it.
#[derive(Debug)]
pub struct Benchmark {
    /// B1 to B5.
    pub id: &'static str,
    /// Which of several cases; empty for the only one.
    pub case: &'static str,
    /// The work, in a line.
    pub title: &'static str,
    /// Neuron model, reset and leak by name, and the numbers' widths.
    pub model: &'static str,
    pub work: Work,
    /// Time steps of a sample.
    pub steps: usize,
    /// Layer whose adders make the peak.
    pub under_test: usize,
    /// How layers fold; the planner's choice for the device and the activity (of the trained net: its spikes) for the others.
    pub folds: &'static [Fold],
    /// Percent at which `cycles_per_event` is given.
    pub activity: f64,
    /// Device of the figures `lut`, `ff`, `bram` and `fmax_mhz`.
    pub device: Target,
    /// Clock that place and route aims for, MHz.
    pub clock_mhz: f64,
    pub peer: Peer,
    pub goals: &'static [Goal],
}

/// Where a benchmark's network comes from.
#[derive(Debug)]
pub enum Work {
    /// Seeded random weights.
    Random(fn(u64) -> Network),
    /// The trained net that the user names.
    Model,
}

/// The machine of a layer.
#[derive(Clone, Copy, Debug)]
pub struct Fold {
    pub layer: usize,
    pub machine: CoreKind,
    /// Lanes and banks, of a machine that has a choice. Where the planner allows fewer lanes, the benchmark takes half as many,
    /// and so on.
    pub size: Option<(usize, (usize, usize))>,
}

const fn banked(layer: usize, lanes: usize, banks: (usize, usize)) -> Fold {
    Fold {
        layer,
        machine: CoreKind::Banked,
        size: Some((lanes, banks)),
    }
}

const fn parallel(layer: usize) -> Fold {
    Fold {
        layer,
        machine: CoreKind::Parallel,
        size: None,
    }
}

/// A table core of so many adders that scans so many neurons in a cycle.
const fn table(layer: usize, adders: usize, scanned: usize) -> Fold {
    Fold {
        layer,
        machine: CoreKind::Table,
        size: Some((adders, (1, scanned))),
    }
}

impl Benchmark {
    /// Id, and case if there are several.
    pub fn label(&self) -> String {
        match self.case {
            "" => self.id.to_string(),
            case => format!("{} {case}", self.id),
        }
    }

    /// Whether a user means this one: by its id, or by id and case (`B4/mnist`); in any case of letters.
    pub fn is_named(&self, name: &str) -> bool {
        let (id, case) = name.split_once('/').map_or((name, None), |(id, case)| (id, Some(case)));
        self.id.eq_ignore_ascii_case(id) && case.is_none_or(|case| self.case.eq_ignore_ascii_case(case))
    }
}

/// All ids, in order.
pub const IDS: [&str; 5] = ["B1", "B2", "B3", "B4", "B5"];

const CONV_PEER: Peer = Peer {
    name: "Sommer et al. 2022 (analytic: hazards and scan not counted)",
    figures: &[
        (Figure::CyclesPerEvent(5.0), 32.0),
        (Figure::CyclesPerEvent(10.0), 32.0),
    ],
    note: "9 adders, 32 channels",
};

const SKYDIVER: Peer = Peer {
    name: "Skydiver (published, XC7Z045)",
    figures: &[(Figure::FramesPerSecond, 22_600.0)],
    note: "98.5 % on MNIST, another convolutional net",
};

const MNIST_TITLE: &str = "28x28-32c3-32c3-p3-10c3-10 without padding, 6 time steps";

/// Every benchmark, in the order in which they are run and printed.
pub const REGISTRY: &[Benchmark] = &[
    Benchmark {
        id: "B1",
        case: "",
        title: "256 -> 256 fully connected",
        model: "LIF, shift leak 1/16 (floor), soft reset then leak, fires above the threshold; weights 4 bits, membranes 12 bits",
        work: Work::Random(nets::b1),
        steps: 20,
        under_test: 0,
        folds: &[banked(0, 16, (1, 1))],
        activity: 10.0,
        device: Target::Ecp5_25k,
        clock_mhz: 120.0,
        peer: Peer {
            name: "tinyODIN (measured)",
            figures: &[
                (Figure::CyclesPerEvent(10.0), 519.0),
                (Figure::CyclesPerSop(10.0), 2.03),
                (Figure::Lut, 4_373.0),
                (Figure::Ff, 1_802.0),
                (Figure::Bram, 17.0),
                (Figure::Fmax, 33.5),
            ],
            note: "6 cycles more per output spike",
        },
        goals: &[
            at_most(Figure::CyclesPerEvent(10.0), 18.0),
            at_most(Figure::Lut, 2_000.0),
            at_most(Figure::Bram, 16.0),
            at_least(Figure::Fmax, 110.0),
        ],
    },
    Benchmark {
        id: "B2",
        case: "",
        title: "784-128-10 fully connected, 100 time steps",
        model: "LIF, shift leak 1/16 (floor), soft reset then leak, fires above the threshold; weights 4 bits, membranes 12 bits",
        work: Work::Random(nets::b2),
        steps: 100,
        under_test: 0,
        folds: &[parallel(0), parallel(1)],
        activity: 10.0,
        device: Target::Xc7_100t,
        clock_mhz: 100.0,
        peer: Peer {
            name: "Spiker+ (measured; membranes 6 bits)",
            figures: &[
                (Figure::Cycles(1.0), 92_565.0),
                (Figure::Cycles(10.0), 92_565.0),
                (Figure::Lut, 6_282.0),
                (Figure::Ff, 2_388.0),
                (Figure::Bram, 29.0),
            ],
            note: "the same cycles at any activity",
        },
        goals: &[
            at_most(Figure::Cycles(10.0), 8_600.0),
            at_most(Figure::Cycles(1.0), 1_300.0),
            at_most(Figure::Lut, 6_282.0),
            at_most(Figure::Ff, 2_388.0),
            at_most(Figure::Bram, 29.0),
        ],
    },
    Benchmark {
        id: "B3",
        case: "",
        title: "3x3 convolution, padding 1, 8x8 map, 16 -> 16 channels, one bank",
        model: "LIF, shift leak 1/16 (floor), soft reset then leak, fires above the threshold; weights 4 bits, membranes 12 bits",
        work: Work::Random(nets::b3),
        steps: 20,
        under_test: 0,
        folds: &[banked(0, 16, (1, 1))],
        activity: 10.0,
        device: Target::Ecp5_85k,
        clock_mhz: 110.0,
        peer: Peer {
            name: "SNE, one slice (measured)",
            figures: &[
                (Figure::CyclesPerEvent(10.0), 15.0),
                (Figure::PercentOfPeak(10.0), 60.0),
                // 72 cycles per 64 neurons.
                (Figure::FirePerStep, 72.0 * 1_024.0 / 64.0),
            ],
            note: "cycles per spike without the fire phase; fire 72 cycles per 64 neurons",
        },
        goals: &[
            at_most(Figure::CyclesPerEvent(10.0), 9.5),
            at_most(Figure::FirePerStep, 72.0),
        ],
    },
    conv28("9-adders", 1, &[banked(0, 1, (3, 3))], &[
        at_most(Figure::CyclesPerEvent(5.0), 34.7),
        at_most(Figure::Bram, 60.0),
        at_least(Figure::Fmax, 100.0),
    ]),
    conv28("36-adders", 4, &[banked(0, 4, (3, 3))], &[
        at_most(Figure::CyclesPerEvent(5.0), 8.70),
        at_most(Figure::Bram, 60.0),
        at_least(Figure::Fmax, 100.0),
    ]),
    Benchmark {
        id: "B4",
        case: "mnist",
        title: MNIST_TITLE,
        model: "IF, soft reset, fires above the threshold; random weights of 8 bits, membranes 16 bits",
        work: Work::Random(nets::b4_mnist),
        steps: 6,
        under_test: 1,
        folds: &[],
        activity: 5.0,
        device: Target::Ecp5_85k,
        clock_mhz: 110.0,
        peer: SKYDIVER,
        goals: &[],
    },
    Benchmark {
        id: "B4",
        case: "mnist-trained",
        title: MNIST_TITLE,
        model: "as the file says; weights of 8 bits",
        work: Work::Model,
        steps: 6,
        under_test: 1,
        folds: &[],
        activity: 5.0,
        device: Target::Ecp5_85k,
        clock_mhz: 110.0,
        peer: SKYDIVER,
        goals: &[],
    },
    Benchmark {
        id: "B5",
        case: "",
        title: "recurrent graph in a table of synapses (CSR): 256 neurons hear 256 inputs and each other, fan-out 32, one adder",
        model: "LIF, shift leak 1/16 (floor), soft reset then leak, fires above the threshold; weights 4 bits, membranes 12 bits",
        work: Work::Random(nets::b5),
        steps: 20,
        under_test: 0,
        folds: &[table(0, 1, 32)],
        activity: 10.0,
        device: Target::Ecp5_85k,
        clock_mhz: 110.0,
        peer: Peer {
            name: "catalyst-n1 (measured)",
            figures: &[(Figure::CyclesPerSop(10.0), 6.02), (Figure::FirePerStep, 1_028.0)],
            note: "",
        },
        goals: &[
            at_most(Figure::CyclesPerSop(10.0), 1.05),
            at_most(Figure::FirePerStep, 20.0),
        ],
    },
];

const fn conv28(case: &'static str, lanes: usize, folds: &'static [Fold], goals: &'static [Goal]) -> Benchmark {
    Benchmark {
        id: "B4",
        case,
        title: if lanes == 1 {
            "3x3 convolution, padding 1, 28x28 map, 32 -> 32 channels, 9 banks x 1 lane"
        } else {
            "3x3 convolution, padding 1, 28x28 map, 32 -> 32 channels, 9 banks x 4 lanes"
        },
        model: "LIF, shift leak 1/16 (floor), soft reset then leak, fires above the threshold; weights 8 bits, membranes 16 bits",
        work: Work::Random(nets::b4),
        steps: 20,
        under_test: 0,
        folds,
        activity: 5.0,
        device: Target::Ecp5_85k,
        clock_mhz: 110.0,
        peer: CONV_PEER,
        goals,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_holds_every_id_once_per_case() {
        let mut labels: Vec<String> = REGISTRY.iter().map(Benchmark::label).collect();
        labels.sort();
        let count = labels.len();
        labels.dedup();
        assert_eq!(labels.len(), count, "{labels:?}");
        for id in IDS {
            assert!(REGISTRY.iter().any(|b| b.id == id), "{id}");
        }
        assert!(REGISTRY.iter().all(|b| IDS.contains(&b.id)));
        assert!(REGISTRY.is_sorted_by_key(|b| b.id));
    }
}
