//! Cycles: the emitted Verilog in lockstep with the golden model, one sample per activity.

use golden::{Counters, Engine};
use net::{Problems, Spikes};
use rayon::prelude::*;
use rtl::{CorePlan, Plan};
use sim::LockstepOptions;

use super::calibrate::{LEAST_FIRED, RULE_ACTIVITY};
use super::entry::{Entry, Row};
use super::registry::Benchmark;
use super::{stimulus, Settings, Subject};
use crate::console::Console;

/// Predictions of a chain may be off by this share; those of a single core by nothing.
const CHAIN_TOLERANCE: f64 = 0.02;

/// Fills the rows of `entry`, and what failed. Cycles are predicted before simulating.
pub fn measure(
    benchmark: &Benchmark,
    subject: &Subject,
    settings: &Settings,
    console: &Console,
    entry: &mut Entry,
) -> Result<(), Problems> {
    let addresses = subject.net.input().len();
    let samples: Vec<Spikes> = settings
        .activities
        .iter()
        .map(|&percent| stimulus::spikes(addresses, benchmark.steps, percent, settings.seed))
        .collect();
    let spinner = console.spinner(&format!("{}: golden model", benchmark.label()));
    let engine = Engine::new(&subject.net);
    let work: Vec<Work> = samples
        .par_iter()
        .map(|sample| work(subject, &engine, sample))
        .collect();
    spinner.finish_and_clear();

    let simulated = simulate(
        subject,
        &samples,
        (Pace::Alone, settings.seed),
        console,
        &benchmark.label(),
        &mut entry.failures,
    )?;
    entry.mismatches = Some(simulated.mismatches);
    for (index, (&percent, work)) in settings.activities.iter().zip(&work).enumerate() {
        let row = row(benchmark, subject, percent, &samples[index], work);
        let row = with_cycles(row, benchmark, subject, work, simulated.cycles.get(index).copied());
        check(&row, subject, &mut entry.failures);
        entry.rows.push(row);
    }
    Ok(())
}

/// Cycles of each sample; none where anything differed, as such figures do not count.
pub struct Simulated {
    pub mismatches: u64,
    pub cycles: Vec<u64>,
    /// Cycles of the whole simulation, reset included.
    pub total: u64,
}

/// How samples follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Each begins when the one before has left.
    Alone,
    /// Each begins as soon as the input takes it.
    Streamed,
}

/// Runs `samples` in lockstep.
pub fn simulate(
    subject: &Subject,
    samples: &[Spikes],
    (pace, seed): (Pace, u64),
    console: &Console,
    label: &str,
    failures: &mut Vec<String>,
) -> Result<Simulated, Problems> {
    let bar = console.progress(samples.len() as u64, &format!("{label}: lockstep"));
    let tick = |_: usize| bar.inc(1);
    let options = LockstepOptions {
        seed,
        threads: usize::from(pace == Pace::Streamed),
        back_to_back: pace == Pace::Streamed,
        progress: Some(&tick),
        ..LockstepOptions::default()
    };
    let report = sim::lockstep(&subject.design, &subject.plan, &subject.net, samples, &options);
    bar.finish_and_clear();
    let report = report.map_err(|error| error.into_problems())?;
    if let Some(first) = &report.first {
        failures.push(format!(
            "{} mismatches; {}",
            report.mismatches,
            first.to_string().replace('\n', ";")
        ));
    }
    Ok(Simulated {
        mismatches: report.mismatches,
        cycles: match report.passed() {
            true => report.cycles_per_sample,
            false => Vec::new(),
        },
        total: report.cycles,
    })
}

/// What a sample asks of the hardware.
struct Work {
    counters: Counters,
    /// Synaptic operations per layer: in a table only weights that are not zero are synapses.
    sops: Vec<u64>,
    predicted: u64,
    /// Cycles in which the core under test adds, one list per core.
    footprint: Vec<u64>,
}

fn work(subject: &Subject, engine: &Engine, sample: &Spikes) -> Work {
    let trace = engine.trace(sample);
    let layers: Vec<&[Vec<u32>]> = trace.layers.iter().map(|layer| layer.spikes.as_slice()).collect();
    let inputs: Vec<Spikes> = (0..layers.len()).map(|layer| subject.net.heard(layer, sample, &layers)).collect();
    let sops = |(index, core): (usize, &CorePlan)| match &core.table {
        Some(fold) => inputs[index].iter().flatten().map(|&event| u64::from(fold.synapses[event as usize])).sum(),
        None => trace.counters.sops[index],
    };
    let footprint = |(core, steps): (&CorePlan, &Spikes)| -> u64 {
        let cost = |&event: &u32| core.event_cycles(core.layer.input.coordinate(event as usize));
        steps.iter().flatten().map(cost).sum()
    };
    Work {
        predicted: rtl::timing::predict(&subject.plan, sample, &layers).0,
        footprint: subject.plan.cores.iter().zip(&inputs).map(footprint).collect(),
        sops: subject.plan.cores.iter().enumerate().map(sops).collect(),
        counters: trace.counters,
    }
}

/// A row without measured cycles.
fn row(benchmark: &Benchmark, subject: &Subject, percent: f64, sample: &Spikes, work: &Work) -> Row {
    let counters = &work.counters;
    let share = |counts: &[u64]| {
        let neurons = subject.net.layers.iter().map(|layer| layer.output.len());
        let of = |(&count, neurons): (&u64, usize)| 100.0 * count as f64 / (neurons * sample.len()).max(1) as f64;
        counts.iter().zip(neurons).map(of).map(rounded).collect()
    };
    Row {
        activity: percent,
        events_per_step: stimulus::events_per_step(subject.net.input().len(), percent) as u64,
        events: counters.input_events,
        predicted_cycles: work.predicted,
        sops: work.sops.iter().sum(),
        dense_cycles: dense_cycles(&subject.plan, benchmark.steps as u64),
        fired_percent: share(&counters.spikes),
        saturated_percent: share(&counters.saturations),
        ..Row::default()
    }
}

fn with_cycles(row: Row, benchmark: &Benchmark, subject: &Subject, work: &Work, cycles: Option<u64>) -> Row {
    let Some(cycles) = cycles else { return row };
    let per = |count: u64| (count > 0).then(|| rounded(cycles as f64 / count as f64));
    let percent = |part: f64| Some(rounded(100.0 * part / cycles.max(1) as f64));
    let core = &subject.plan.cores[benchmark.under_test];
    let adders = core.adders() as f64;
    Row {
        cycles: Some(cycles),
        cycles_per_step: per(benchmark.steps as u64),
        cycles_per_event: per(row.events),
        cycles_per_sop: per(row.sops),
        percent_of_peak: percent(work.footprint[benchmark.under_test] as f64),
        percent_of_peak_sops: percent(work.sops[benchmark.under_test] as f64 / adders),
        ..row
    }
}

/// Cycles of a sample if the same cores walked every address of their input in every step: the slowest core sets the pace,
/// the others add their first step.
fn dense_cycles(plan: &Plan, steps: u64) -> u64 {
    let all = |core: &CorePlan| (0..core.layer.input.len() as u32).collect::<Vec<_>>();
    let step = |core: &CorePlan| rtl::timing::step_cycles(core, &all(core), &[]).0;
    let each: Vec<u64> = plan.cores.iter().map(step).collect();
    let slowest = each.iter().copied().max().unwrap_or(0);
    each.iter().sum::<u64>() + steps.saturating_sub(1) * slowest
}

/// The rules that a row must keep for its figures to count.
fn check(row: &Row, subject: &Subject, failures: &mut Vec<String>) {
    let tolerance = match subject.plan.cores.len() {
        1 => 0.0,
        _ => CHAIN_TOLERANCE,
    };
    if let Some(cycles) = row.cycles {
        let error = row.predicted_cycles.abs_diff(cycles) as f64;
        if error > tolerance * cycles as f64 {
            failures.push(format!(
                "at {} %: predicted {} cycles, measured {cycles}",
                row.activity, row.predicted_cycles
            ));
        }
    }
    if subject.trained || row.activity < RULE_ACTIVITY {
        return;
    }
    for (layer, &fired) in subject.net.layers.iter().zip(&row.fired_percent) {
        if fired < 100.0 * LEAST_FIRED {
            failures.push(format!(
                "at {} %: {fired} % of layer {:?} fire per time step, at least {} % must",
                row.activity,
                layer.name,
                100.0 * LEAST_FIRED
            ));
        }
    }
}

/// Six digits behind the point.
pub fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::registry::REGISTRY;

    fn failures_of(row: Row) -> Vec<String> {
        let subject = crate::bench::random(&REGISTRY[0], crate::bench::nets::b1, 1).unwrap();
        let mut failures = Vec::new();
        check(&row, &subject, &mut failures);
        failures
    }

    fn good() -> Row {
        Row {
            activity: 5.0,
            cycles: Some(100),
            predicted_cycles: 100,
            fired_percent: vec![5.0],
            ..Row::default()
        }
    }

    #[test]
    fn a_row_keeps_the_rules_or_fails() {
        assert!(failures_of(good()).is_empty());
        let silent = failures_of(Row {
            fired_percent: vec![4.9],
            ..good()
        });
        assert_eq!(
            silent,
            ["at 5 %: 4.9 % of layer \"fc\" fire per time step, at least 5 % must"]
        );
        let quiet = Row {
            activity: 1.0,
            fired_percent: vec![0.0],
            ..good()
        };
        assert!(failures_of(quiet).is_empty(), "the rule begins at 5 %");
        let wrong = failures_of(Row {
            predicted_cycles: 101,
            ..good()
        });
        assert_eq!(wrong, ["at 5 %: predicted 101 cycles, measured 100"]);
    }

    /// A wrong weight in the emitted memory: lockstep sees it, and no row has measured figures.
    #[test]
    fn a_mismatch_takes_the_figures_away() {
        if !needs::programs(&["verilator", "g++"]) {
            return;
        }
        let benchmark = &REGISTRY[0];
        let mut subject = crate::bench::random(benchmark, crate::bench::nets::b1, 1).unwrap();
        let settings = Settings {
            activities: vec![0.0, 10.0],
            seed: 1,
            synth: false,
            place: false,
            model: None,
            build: "unused".into(),
        };
        let console = Console::new(true, "bench", None);
        let run = |subject: &Subject| {
            let mut entry = Entry::of(benchmark, subject);
            measure(benchmark, subject, &settings, &console, &mut entry).unwrap();
            entry.judge(benchmark);
            entry
        };
        assert!(run(&subject).passed);
        let weights = subject
            .design
            .files
            .iter_mut()
            .filter(|file| file.path.ends_with(".hex"));
        let file = weights.max_by_key(|file| file.text.len()).unwrap();
        // The last digit of every word.
        file.text = file.text.replace("0\n", "1\n");
        let wrong = run(&subject);
        assert!(!wrong.passed && wrong.mismatches > Some(0), "{:?}", wrong.failures);
        assert_eq!(wrong.cycles_per_event, None);
        for row in &wrong.rows {
            assert_eq!(
                (row.cycles, row.percent_of_peak, row.cycles_per_step),
                (None, None, None)
            );
        }
        assert!(wrong.target.iter().all(|goal| goal.met.is_none()));
    }

    #[test]
    fn a_dense_core_walks_every_address() {
        let subject = crate::bench::random(&REGISTRY[0], crate::bench::nets::b1, 1).unwrap();
        let core = &subject.plan.cores[0];
        let all: Vec<u32> = (0..256).collect();
        let step = rtl::timing::step_cycles(core, &all, &[]).0;
        assert!(step >= 256 * 16);
        assert_eq!(dense_cycles(&subject.plan, 20), 20 * step);
    }
}
