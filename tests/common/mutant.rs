//! One mutant against all checks: lockstep with and without stalls, the predicted cycles, and what lockstep does not
//! offer to a chip. In a process of its own, as a model that never settles aborts.

use std::process::Command;

use net::random::Random;
use net::{Conv2d, Layer, Leak, LeakMode, MapShape, Param, Pool, Reset, Rounding, Spikes, Synapses};
use rtl::plan::Scan;
use rtl::{Design, Kind, PlanOptions, Word};
use sim::{mutants, mutate, selectable, Mutant, Selectable, Trial, Verdict};

use super::chip::{junk, stream, Chip, Output};
use super::hardware::{bursts, chain, layer, quick_build, samples, small_net, table_net, weights, Hardware};

pub const SEED: u64 = 2;
/// In this variable a child process finds the number of the mutant that it judges ("none": the design itself), and
/// whether its model holds that mutant alone.
const CHILD: &str = "SPIKEWRIGHT_TEST_MUTANT";
/// A simulator that dies has found the fault as well (a combinational loop that never settles).
const CRASH: &str = "the simulation gave up";

/// Which design is mutated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    /// Conv, pool, dense, a leak by shift and one by multiplier, forwarding, several banks, groups and words, a padding
    /// lane, queues so short that they fill up.
    Leaky,
    /// Conv without leak, its scans by a touched map: several banks, groups, rows and columns.
    Touched,
    /// A table core with all forwarding distances, inputs that nobody hears, a short queue and silent steps.
    Table,
    /// Conv with lazy leak and a touched map: several banks, groups and sweeps, operations that meet at every distance.
    Lazy,
}

/// The design, and the samples that it is judged by.
pub fn hardware(subject: Subject) -> Hardware {
    match subject {
        Subject::Leaky => leaky(),
        Subject::Touched => touched(),
        Subject::Table => table_net(),
        Subject::Lazy => lazy(),
    }
}

fn samples_of(subject: Subject, hardware: &Hardware) -> Vec<Spikes> {
    let mut samples = samples(&hardware.net, 1, 6);
    if subject == Subject::Lazy {
        // From each place between two sweeps a pause longer than the stamps; and from the one where a word grows oldest before
        // it is swept, every pause until then. Then events that come again and again.
        let pair = |first: usize, second: usize| -> Spikes {
            let at = |t: usize| if t == first || t == second { vec![17, 16, 52] } else { vec![] };
            (0..second + 2).map(at).collect()
        };
        samples.extend((0..31).map(|first| pair(first, first + 100)));
        samples.extend((30..64).map(|pause| pair(29, 30 + pause)));
        samples.extend((0..8).map(|seed| net::random::spikes(&hardware.net, seed, 160, [0.004, 0.02][seed as usize % 2])));
    }
    if subject != Subject::Leaky {
        samples.extend((0..12).map(|seed| bursts(&hardware.net, seed, 40)));
    }
    if subject == Subject::Table {
        // A sample that ends while the TICK before its last still waits.
        samples.extend(vec![vec![vec![]; 3]; 12]);
    }
    samples
}

/// Conv 3x3 onto a map of the input's size.
fn conv3x3(seed: u64, input: MapShape, channels: usize, limit: i64) -> Layer {
    let conv = Conv2d {
        in_channels: input.c,
        out_channels: channels,
        groups: 1,
        kernel: (3, 3),
        stride: (1, 1),
        dilation: (1, 1),
        padding: (1, 1),
        weights: weights(&mut Random::new(seed), channels * input.c * 9, limit),
    };
    layer("conv", input, Pool::none(input), Synapses::Conv2d(conv), MapShape { c: channels, ..input })
}

fn touched() -> Hardware {
    let input = MapShape::new(2, 9, 11);
    let mut conv = conv3x3(5, input, 4, 8);
    // Low enough that one event leaves states that fire for several steps.
    (conv.neuron.fire_level, conv.neuron.reset) = (Param::Layer(3), Reset::Subtract(Param::Layer(3)));
    let options = PlanOptions {
        lanes: [("conv".to_string(), 2)].into(),
        banks: [("conv".to_string(), (2, 3))].into(),
        queues: [("conv".to_string(), 12)].into(),
        scans: [("conv".to_string(), Scan::Touched)].into(),
        ..PlanOptions::default()
    };
    Hardware::new(chain("still", input, 1, vec![conv], 0), &options)
}

fn lazy() -> Hardware {
    let input = MapShape::new(2, 5, 7);
    let mut conv = conv3x3(6, input, 4, 12);
    // A leak of 1/4: 32 steps until nothing is left, stamps of 6 bits.
    conv.neuron.leak = Leak::Decay { a: Param::Layer(1), m: 2, rounding: Rounding::TowardZero };
    conv.neuron.leak_mode = LeakMode::Lazy;
    (conv.neuron.fire_level, conv.neuron.reset) = (Param::Layer(20), Reset::Subtract(Param::Layer(20)));
    let options = PlanOptions {
        lanes: [("conv".to_string(), 2)].into(),
        banks: [("conv".to_string(), (2, 1))].into(),
        queues: [("conv".to_string(), 12)].into(),
        scans: [("conv".to_string(), Scan::Touched)].into(),
        ..PlanOptions::default()
    };
    Hardware::new(chain("lazy", input, 1, vec![conv], 0), &options)
}

fn leaky() -> Hardware {
    let mut net = small_net(0);
    // Tight enough that both ends of both clamps are met.
    for layer in &mut net.layers {
        let membrane = &mut layer.neuron.membrane;
        (membrane.lo, membrane.hi) = (membrane.lo.max(-60), membrane.hi.min(45));
    }
    // Low enough that several neurons of a word spike in one step.
    let dense = &mut net.layers[1].neuron;
    (dense.fire_level, dense.reset) = (Param::Layer(15), Reset::Subtract(Param::Layer(15)));
    let options = PlanOptions {
        lanes: [("conv".to_string(), 2), ("dense".to_string(), 1)].into(),
        banks: [("conv".to_string(), (2, 1))].into(),
        queues: [("conv".to_string(), 12), ("dense".to_string(), 9)].into(),
        ..PlanOptions::default()
    };
    Hardware::new(net, &options)
}

/// How the model of a mutant is built.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Model {
    /// One for all mutants: a number chooses.
    Shared,
    /// From the mutant's own text.
    Alone,
}

/// What a child process does: judges the mutant that its environment names. Nothing in the process that cargo starts.
pub fn child() {
    let Ok(wanted) = std::env::var(CHILD) else { return };
    let (number, how) = wanted.split_once(' ').unwrap();
    let (alone, subject) = how.split_once(' ').unwrap();
    let named = |known: &Subject| format!("{known:?}") == subject;
    let subject = [Subject::Leaky, Subject::Touched, Subject::Table, Subject::Lazy].into_iter().find(named).unwrap();
    let hardware = hardware(subject);
    let all = mutants(&hardware.design, SEED);
    let shared = selectable(&hardware.design, &all);
    let number = number.parse::<usize>().ok();
    let design = match number {
        Some(number) if alone == "Alone" || !shared.mutants.contains(&number) => mutate(&hardware.design, &all[number]),
        number => {
            std::fs::write(Selectable::FILE, Selectable::select(number)).unwrap();
            shared.design
        }
    };
    let samples = samples_of(subject, &hardware);
    let trial = Trial {
        plan: &hardware.plan,
        net: &hardware.net,
        samples: &samples,
        cycles: Some(hardware.predicted_cycles(&samples)),
        stalls: &[0.5, 0.9],
        seed: 1,
        build: quick_build(),
    };
    let mut verdict = trial.judge(&design).unwrap();
    if verdict == Verdict::Survived {
        verdict = at_the_edge(&hardware, &design).map_or(verdict, |check| Verdict::Killed(check.into()));
    }
    println!("verdict {}", serde_json::to_string(&verdict).unwrap());
}

/// The verdict of a child process; `None`: on the design without a fault.
pub fn judged(subject: Subject, number: Option<usize>, model: Model) -> Verdict {
    let place = tempfile::tempdir().unwrap();
    let number = number.map_or("none".into(), |number| number.to_string());
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "judge_one_in_a_child", "--nocapture"])
        .current_dir(place.path())
        .env(CHILD, format!("{number} {model:?} {subject:?}"))
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&child.stdout),
        String::from_utf8_lossy(&child.stderr),
    );
    let found = out
        .lines()
        .find_map(|line| line.split_once("verdict ").map(|(_, json)| json));
    match found.map(|json| serde_json::from_str::<serde_json::Value>(json.trim()).unwrap()) {
        Some(verdict) if verdict == "survived" => Verdict::Survived,
        Some(verdict) if verdict == "unbuildable" => Verdict::Unbuildable,
        Some(verdict) => Verdict::Killed(verdict["killed"].as_str().unwrap().to_string()),
        None if err.contains("did not converge") || out.contains("did not converge") => Verdict::Killed(CRASH.into()),
        None => panic!("mutant {number}: no verdict\n{out}{err}"),
    }
}

/// Junk, a TICK with tlast, resets in the middle: the first check that fails.
fn at_the_edge(hardware: &Hardware, design: &Design) -> Option<&'static str> {
    let (format, output) = (hardware.plan.cores[0].input, hardware.plan.output_format());
    // Between silent steps.
    let spikes = net::random::spikes(&hardware.net, 1, 6, 0.3);
    let sample = [vec![vec![]; 2], spikes, vec![vec![]; 12]].concat();
    let words = stream(hardware, &sample, &mut Vec::new);
    let model = sim::build(design, &quick_build()).unwrap();
    let mut chip = Chip::new(model.instance().unwrap());
    // Longer than any answer takes; none at all is another one, too.
    let mut answer_to = |words: &[Output]| chip.run(words, 50_000);
    let answer = answer_to(&words);
    let bare = |&(word, last): &Output| {
        output.decode_stream(word).kind == Kind::Spike || word == output.encode_stream(Word::tick(last))
    };
    if !answer.iter().all(bare) {
        return Some("fields of a tick");
    }
    let mut by_tlast = words.clone();
    by_tlast.last_mut().unwrap().0 = format.encode_stream(Word::tick(false));
    if answer_to(&by_tlast) != answer || answer_to(&words) != answer {
        return Some("tick with tlast");
    }
    let mut random = Random::new(3);
    for _ in 0..4 {
        let dirty = stream(hardware, &sample, &mut || junk(hardware, &mut random));
        if answer_to(&dirty) != answer {
            return Some("junk");
        }
    }
    for length in 0..100 {
        chip.run(&words, 60 + 11 * length);
        chip.reset();
        if chip.run(&words, 50_000) != answer {
            return Some("reset");
        }
    }
    None
}

/// The line that a mutant changes.
pub fn line_of<'a>(design: &'a Design, mutant: &Mutant) -> &'a str {
    let file = design.files.iter().find(|file| file.path == mutant.file).unwrap();
    file.text.lines().nth(mutant.line - 1).unwrap()
}
