//! One mutant against all checks: lockstep with and without stalls, the predicted cycles, and what lockstep does not
//! offer to a chip. In a process of its own, as a model that never settles aborts.

use std::process::Command;

use net::random::Random;
use rtl::{Design, Kind, Word};
use sim::{BuildOptions, LockstepOptions, mutants, mutate, selectable, Mutant, Selectable, Trial, Verdict};

use super::bus::{freezes, reset_and_halt};
use super::chip::{junk, stream, Chip, Output};
use super::hardware::{quick_build, Hardware};
use super::subjects::{hardware, samples_of, Subject};

const SEED: u64 = 2;
/// In this variable a child process finds the number of the mutant that it judges ("none": the design itself), and
/// whether its model holds that mutant alone.
const CHILD: &str = "SPIKEWRIGHT_TEST_MUTANT";
/// A simulator that dies has found the fault as well (a combinational loop that never settles).
const CRASH: &str = "the simulation gave up";

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
    let subject = Subject::ALL.into_iter().find(named).unwrap();
    let hardware = hardware(subject);
    let all = list(subject, &hardware.design);
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
    let streams = hardware.plan.edges.are_streams();
    // Where there is no formula, the cycles of the design itself.
    let predicted = streams && hardware.plan.edges.guard.is_none();
    // A fault of a reset value shows with registers that wake up at 0, or at random bits.
    let at_zero = matches!(subject, Subject::Leaky | Subject::Touched | Subject::Table | Subject::Lazy);
    let build = BuildOptions { power_up: (!at_zero).then_some(7), ..quick_build() };
    let cycles = if predicted {
        hardware.predicted_cycles(&samples)
    } else {
        let options = LockstepOptions { seed: 1, build: build.clone(), ..LockstepOptions::default() };
        sim::lockstep(&hardware.design, &hardware.plan, &hardware.net, &samples, &options).unwrap().cycles_per_sample
    };
    let trial = Trial {
        plan: &hardware.plan,
        net: &hardware.net,
        samples: &samples,
        cycles: Some(cycles),
        stalls: if subject == Subject::Spi { &[] } else { &[0.5, 0.9] },
        seed: 1,
        build,
    };
    let mut verdict = trial.judge(&design).unwrap();
    // The chip is driven by its stream, whose words nothing holds up before the bus has set it free.
    if verdict == Verdict::Survived && streams {
        verdict = at_the_edge(&hardware, &design).map_or(verdict, |check| Verdict::Killed(check.into()));
    }
    if verdict == Verdict::Survived && subject == Subject::AxiLite {
        verdict = at_the_bus(&hardware, &design).map_or(verdict, |check| Verdict::Killed(check.into()));
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

/// Reset, halt and freeze by the bus.
fn at_the_bus(hardware: &Hardware, design: &Design) -> Option<&'static str> {
    let resets = std::panic::catch_unwind(|| reset_and_halt(hardware, design));
    let freezes = std::panic::catch_unwind(|| freezes(hardware, design));
    match (resets, freezes) {
        (Err(_), _) => Some("reset and halt by the bus"),
        (_, Ok(true)) => None,
        _ => Some("freeze by the bus"),
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
        !matches!(output.decode_stream(word).kind, Kind::Tick | Kind::TickLast) || word == output.encode_stream(Word::tick(last))
    };
    if !answer.iter().all(bare) {
        return Some("fields of a tick");
    }
    let mut by_tlast = words.clone();
    by_tlast.last_mut().unwrap().0 = format.encode_stream(Word::tick(false));
    if answer_to(&by_tlast) != answer || answer_to(&words) != answer {
        return Some("tick with tlast");
    }
    let (mut random, mut off_map, map) = (Random::new(3), 0, hardware.net.input());
    let is_off = |word: Word| word.kind == Kind::Spike && (word.c >= map.c || word.y >= map.h || word.x >= map.w);
    for _ in 0..4 {
        let dirty = stream(hardware, &sample, &mut || junk(hardware, &mut random));
        if chip.run(&dirty, 50_000) != answer {
            return Some("junk");
        }
        off_map += dirty.iter().filter(|(word, _)| is_off(format.decode_stream(*word))).count() as u64;
        if design.guards.first().is_some_and(|[_, count]| chip.model.signal(count).unwrap().get() != off_map) {
            return Some("spikes off the map");
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

/// The mutants of the files that the subject is about, in seeded order.
pub fn list(subject: Subject, design: &Design) -> Vec<Mutant> {
    let parts = subject.parts();
    let about = |mutant: &Mutant| parts.is_empty() || parts.iter().any(|part| mutant.file.contains(part));
    mutants(design, SEED).into_iter().filter(about).collect()
}

/// The line that a mutant changes.
pub fn line_of<'a>(design: &'a Design, mutant: &Mutant) -> &'a str {
    let file = design.files.iter().find(|file| file.path == mutant.file).unwrap();
    file.text.lines().nth(mutant.line - 1).unwrap()
}
