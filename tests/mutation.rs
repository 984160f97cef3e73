//! Single-point faults of emitted Verilog: a check finds each, or SAT proves it none, or it is written here why.

mod common;

use std::process::Command;

use common::chip::{junk, stream, Chip, Output};
use common::hardware::{quick_build, samples, small_net, Hardware, SIMULATION};
use common::have;
use rayon::prelude::*;
use rtl::{Design, Kind, PlanOptions, Word};
use sim::{mutants, mutate, selectable, Mutant, Selectable, Trial, Verdict};

/// Mutants tried: the first of the seeded list.
const TRIED: usize = 40;
const SEED: u64 = 2;
/// In this variable a child process finds the number of the mutant that it judges, or "none".
const CHILD: &str = "SPIKEWRIGHT_TEST_MUTANT";
/// A simulator that dies has found the fault as well (a combinational loop that never settles).
const CRASH: &str = "the simulation gave up";

/// Conv, pool, dense, a leak by shift and one by multiplier, forwarding, several banks, groups and words, a padding
/// lane, queues so short that they fill up.
fn hardware() -> Hardware {
    let mut net = small_net(0);
    // Tight enough that both ends of both clamps are met.
    for (layer, (lo, hi)) in net.layers.iter_mut().zip([(-60, 45), (-60, 45)]) {
        let membrane = &mut layer.neuron.membrane;
        (membrane.lo, membrane.hi) = (membrane.lo.max(lo), membrane.hi.min(hi));
    }
    let options = PlanOptions {
        lanes: [("conv".to_string(), 2), ("dense".to_string(), 3)].into(),
        banks: [("conv".to_string(), (2, 1))].into(),
        queues: [("conv".to_string(), 12), ("dense".to_string(), 9)].into(),
        ..PlanOptions::default()
    };
    Hardware::new(net, &options)
}

/// Judges one mutant, if this process was started for that. A test by its form only.
#[test]
fn judge_one_in_a_child() {
    let Some(number) = std::env::var(CHILD).ok() else {
        return;
    };
    let hardware = hardware();
    let all = mutants(&hardware.design, SEED);
    let shared = selectable(&hardware.design, &all);
    let design = match number.parse::<usize>() {
        Ok(number) if !shared.mutants.contains(&number) => mutate(&hardware.design, &all[number]),
        number => {
            std::fs::write(Selectable::FILE, Selectable::select(number.ok())).unwrap();
            shared.design
        }
    };
    let samples = samples(&hardware.net, 1, 6);
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

/// What lockstep does not offer to a chip: junk, a TICK with tlast, resets. The first check that fails.
fn at_the_edge(hardware: &Hardware, design: &Design) -> Option<&'static str> {
    let (format, output) = (hardware.plan.cores[0].input, hardware.plan.output);
    let sample = net::random::spikes(&hardware.net, 1, 6, 0.3);
    let words = stream(hardware, &sample, &mut Vec::new);
    let model = sim::build(design, &quick_build()).unwrap();
    let mut chip = Chip::new(model.instance().unwrap());
    // Long enough for any answer; a chip that gives none has given another one.
    let play = |chip: &mut Chip, words: &[Output]| chip.run(words, 50_000);
    let answer = play(&mut chip, &words);
    let bare = |&(word, last): &Output| {
        output.decode_stream(word).kind == Kind::Spike || word == output.encode_stream(Word::tick(last))
    };
    if !answer.iter().all(bare) {
        return Some("fields of a tick");
    }
    let mut by_tlast = words.clone();
    by_tlast.last_mut().unwrap().0 = format.encode_stream(Word::tick(false));
    if play(&mut chip, &by_tlast) != answer || play(&mut chip, &words) != answer {
        return Some("tick with tlast");
    }
    let mut random = net::random::Random::new(3);
    for _ in 0..4 {
        if play(&mut chip, &stream(hardware, &sample, &mut || junk(hardware, &mut random))) != answer {
            return Some("junk");
        }
    }
    for length in 0..100 {
        chip.run(&words, 60 + 11 * length);
        chip.reset();
        if play(&mut chip, &words) != answer {
            return Some("reset");
        }
    }
    None
}

/// The verdict on a mutant in a process of its own: a model that never settles aborts.
fn judged(number: Option<usize>) -> Verdict {
    let place = tempfile::tempdir().unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "judge_one_in_a_child", "--nocapture"])
        .current_dir(place.path())
        .env(CHILD, number.map_or("none".into(), |number| number.to_string()))
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
        None => panic!("mutant {number:?}: no verdict\n{out}{err}"),
    }
}

#[test]
fn every_single_point_fault_is_found() {
    if !have(SIMULATION) {
        return;
    }
    let hardware = hardware();
    let all = mutants(&hardware.design, SEED);
    if let Ok(folder) = std::env::var("DUMP") {
        let shared = selectable(&hardware.design, &all);
        for (kind, design) in [("plain", &hardware.design), ("shared", &shared.design)] {
            for file in &design.files {
                let path = std::path::Path::new(&folder).join(kind).join(&file.path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, &file.text).unwrap();
            }
        }
        for (i, m) in all.iter().enumerate().filter(|(i, _)| !shared.mutants.contains(i)) {
            println!("alone {i} {m}");
        }
        println!("{} of {} shared", shared.mutants.len(), all.len());
        for core in &hardware.plan.cores { println!("queue {} margin {} words {}", core.fifo_depth, rtl::plan::pipeline::fifo_margin(core), core.words()); }
        for l in &hardware.net.layers { println!("{:?}", l.neuron); }
    }
    assert!(all.len() > 300, "only {} mutants", all.len());
    assert_eq!(judged(None), Verdict::Survived, "the model of all mutants, none chosen");
    let tried = if std::env::var_os("SPIKEWRIGHT_FULL").is_some() {
        all.len()
    } else {
        TRIED
    };
    let verdicts: Vec<Verdict> = (0..tried).into_par_iter().map(|number| judged(Some(number))).collect();
    let (mut killed, mut survived) = (0, Vec::new());
    for (number, (mutant, verdict)) in all.iter().zip(&verdicts).enumerate() {
        match verdict {
            Verdict::Killed(_) => killed += 1,
            Verdict::Unbuildable => {}
            Verdict::Survived => survived.push(format!("{number} {mutant}\n    {}", line_of(&hardware.design, mutant))),
        }
    }
    let mut by: std::collections::BTreeMap<String, usize> = Default::default();
    for v in &verdicts { *by.entry(format!("{v:?}")).or_default() += 1; }
    println!("{by:#?}");
    assert!(survived.is_empty(), "no check finds:\n{}", survived.join("\n"));
    assert!(killed >= 30, "{killed} found of {tried}");
}

fn line_of<'a>(design: &'a Design, mutant: &Mutant) -> &'a str {
    let file = design.files.iter().find(|file| file.path == mutant.file).unwrap();
    file.text.lines().nth(mutant.line - 1).unwrap().trim()
}
