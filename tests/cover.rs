//! Coverage: what lockstep says that it has compared, and `--cover`, which goes on until every weight was added.

#[macro_use]
mod common;

use std::collections::BTreeSet;

use common::hardware::{quick_build, random_networks, samples, small_net, Hardware, SIMULATION};
use common::have;
use net::options::CoreKind;
use net::random::{Limits, Random};
use net::{Layer, LeakMode, Output, Placement, Spikes, Synapses};
use rtl::config::{Config, ConfigPort};
use rtl::edge::Edges;
use rtl::Resets;
use rtl::plan::{ChipOptions, FabricOptions, Machine};
use rtl::{Design, PlanOptions};
use sim::{CoverReport, LockstepOptions, LockstepReport};

/// A lockstep run, and what covers the rest.
fn covered(hardware: &Hardware, design: &Design, samples: &[Spikes]) -> (LockstepReport, LockstepReport, CoverReport) {
    let options = LockstepOptions { build: quick_build(), ..LockstepOptions::default() };
    let before = sim::lockstep(design, &hardware.plan, &hardware.net, samples, &options).unwrap_or_else(|error| panic!("{}: {error}", hardware.net.name));
    let mut after = before.clone();
    let cover = sim::cover(design, &hardware.plan, &hardware.net, &mut after, &options, &|_| ()).unwrap_or_else(|error| panic!("{}: {error}", hardware.net.name));
    (before, after, cover)
}

/// Weights with a tap inside the map, by the definition: some output and some input address meet over them.
fn inside(layer: &Layer) -> usize {
    let meets = |pooled: usize, raw: usize, kernel: usize, stride: usize, padding: usize| (0..raw).any(|at| (pooled * stride..pooled * stride + kernel).contains(&(at + padding)));
    let pool = &layer.pool;
    let row = |y: usize| meets(y, layer.input.h, pool.kernel.0, pool.stride.0, pool.padding.0);
    let column = |x: usize| meets(x, layer.input.w, pool.kernel.1, pool.stride.1, pool.padding.1);
    let pooled = pool.output;
    match &layer.synapses {
        Synapses::Dense(dense) => {
            let heard = (0..pooled.len()).map(|at| pooled.coordinate(at)).filter(|&(_, y, x)| row(y) && column(x)).count();
            heard * dense.outputs
        }
        Synapses::Conv2d(conv) => {
            let axis = |k: usize, outputs: usize, size: usize, stride: usize, dilation: usize, padding: usize, heard: &dyn Fn(usize) -> bool| {
                (0..outputs).any(|o| (o * stride + k * dilation).checked_sub(padding).is_some_and(|at| at < size && heard(at)))
            };
            let rows = (0..conv.kernel.0).filter(|&k| axis(k, layer.output.h, pooled.h, conv.stride.0, conv.dilation.0, conv.padding.0, &row)).count();
            let columns = (0..conv.kernel.1).filter(|&k| axis(k, layer.output.w, pooled.w, conv.stride.1, conv.dilation.1, conv.padding.1, &column)).count();
            conv.out_channels * (conv.in_channels / conv.groups) * rows * columns
        }
    }
}

/// A table core stores a weight that is not 0 for each address that reaches it, once for each pooled position.
fn stored(layer: &Layer, machine: Machine) -> usize {
    let (Synapses::Dense(dense), Machine::Table) = (&layer.synapses, machine) else { return inside(layer) };
    let pool = &layer.pool;
    let falls = |raw: usize, pooled: usize, kernel: usize, stride: usize, padding: usize| (pooled * stride..pooled * stride + kernel).contains(&(raw + padding));
    let mut entries = 0;
    for (c, y, x) in (0..layer.input.len()).map(|at| layer.input.coordinate(at)) {
        let hears = |&(pc, py, px): &(usize, usize, usize)| {
            pc == c && falls(y, py, pool.kernel.0, pool.stride.0, pool.padding.0) && falls(x, px, pool.kernel.1, pool.stride.1, pool.padding.1)
        };
        let positions = (0..pool.output.len()).filter(|&at| hears(&pool.output.coordinate(at)));
        entries += positions.map(|at| (0..dense.outputs).filter(|output| dense.weights[output * dense.inputs + at] != 0).count()).sum::<usize>();
    }
    entries
}

/// Chains and graphs, each layer on a machine drawn for it where that goes.
fn network(seed: u64) -> Option<Hardware> {
    let random = &mut Random::new(seed);
    let limits = Limits { layers: 3, size: 6, kernel: 3, maps: seed % 4 != 0, max_spikes: if seed % 2 == 0 { 1 } else { 3 }, ..Limits::default() };
    let net = match seed % 3 {
        0 => net::random::graph(seed + 500, &limits),
        _ => net::random::network(seed + 500, &limits),
    };
    let mut options = PlanOptions::default();
    for layer in &net.layers {
        let kinds = [CoreKind::Banked, CoreKind::Parallel, CoreKind::Table];
        let wish = options.machines.clone();
        options.machines.insert(layer.name.clone(), kinds[random.size(0, 2)]);
        if rtl::plan::plan(&net, &options).is_err() {
            options.machines = wish;
        }
    }
    rtl::plan::plan(&net, &options).is_ok().then(|| Hardware::new(net, &options))
}

#[derive(Default)]
struct Outcome {
    failed: Vec<String>,
    machines: BTreeSet<&'static str>,
    alone: usize,
    directed: usize,
    complete_before: usize,
    saturated: usize,
    forwarded: usize,
}

fn run(seed: u64) -> Option<Outcome> {
    let hardware = network(seed)?;
    // Little at the input: a step of some addresses.
    let few: Vec<Spikes> = samples(&hardware.net, seed, 3).drain(1..2).collect();
    let (before, after, cover) = covered(&hardware, &hardware.design, &few);
    let mut outcome = Outcome { alone: cover.alone.len(), directed: cover.samples, ..Outcome::default() };
    outcome.complete_before = before.coverage.layers.iter().filter(|layer| layer.weights.is_complete()).count();
    let engine = golden::Engine::new(&hardware.net);
    let traces: Vec<_> = few.iter().map(|sample| engine.trace(sample)).collect();
    let mut check = |holds: bool, what: String| {
        if !holds {
            outcome.failed.push(format!("network {seed}: {what}"));
        }
    };
    check(before.passed() && cover.mismatches == 0, format!("{:?} {:?}", before.first, cover.first));
    for (i, core) in hardware.plan.cores.iter().enumerate() {
        let (seen, all) = (&before.coverage.layers[i], &after.coverage.layers[i]);
        let name = &core.layer.name;
        let wanted = stored(&core.layer, core.machine) as u64;
        check(all.weights.of() == wanted, format!("{name}: {} weights, {wanted} by the definition", all.weights.of()));
        check(all.weights.is_complete(), format!("{name}: {} of {wanted} weights added", all.weights.seen()));
        let fired: BTreeSet<u32> = traces.iter().flat_map(|trace| trace.layers[i].spikes.iter().flatten().copied()).collect();
        let spikes = core.layer.neuron.output == Output::Spike;
        check(seen.fired.as_ref().map(|fired| fired.seen()) == spikes.then_some(fired.len() as u64), format!("{name}: fired {:?}, golden {}", seen.fired, fired.len()));
        let saturations: u64 = traces.iter().map(|trace| trace.counters.saturations[i]).sum();
        if core.layer.neuron.leak_mode == LeakMode::Step {
            check((saturations > 0) == (seen.words.saturated.seen() > 0), format!("{name}: {saturations} saturations, {} words", seen.words.saturated.seen()));
        }
        let forwarded = seen.words.forwarded.as_ref().map_or(0, |words| words.seen());
        check((before.forwarded_writes[i] > 0) == (forwarded > 0), format!("{name}: {} writes forwarded, {forwarded} words", before.forwarded_writes[i]));
        let banks: BTreeSet<usize> = (0..core.layer.output.len()).map(|neuron| core.locate(neuron).bank).collect();
        check(seen.banks.written.of() == banks.len() as u64, format!("{name}: {} banks", seen.banks.written.of()));
        outcome.saturated += usize::from(saturations > 0);
        outcome.forwarded += usize::from(forwarded > 0);
        outcome.machines.insert(core.machine.name());
    }
    Some(outcome)
}

#[test]
fn every_weight_of_random_networks_is_added() {
    let found = random_networks(0..16, run, |outcome| &outcome.failed);
    let Some((count, outcomes)) = found else { return };
    let sum = |of: fn(&Outcome) -> usize| outcomes.iter().map(of).sum::<usize>();
    assert!(outcomes.len() as u64 * 2 > count, "the planner refuses too many");
    let machines: BTreeSet<_> = outcomes.iter().flat_map(|o| o.machines.iter().copied()).collect();
    assert_eq!(machines.len(), 3, "{machines:?}");
    let (alone, directed) = (sum(|o| o.alone), sum(|o| o.directed));
    assert!(alone > 5 && directed > 5, "{alone} cores alone, {directed} directed samples");
    let (saturated, forwarded) = (sum(|o| o.saturated), sum(|o| o.forwarded));
    assert!(saturated > 2 && forwarded > 2, "{saturated} layers saturated, {forwarded} forwarded");
}

/// Weights of an address that no sample sends are wrong: samples pass, and covering finds it, behind the input and in an inner core.
#[test]
fn a_weight_that_no_sample_reads_is_covered() {
    if !have(SIMULATION) {
        return;
    }
    let hardware = Hardware::new(small_net(3), &PlanOptions::default());
    let silent: Vec<Spikes> = vec![vec![vec![0], vec![]]];
    for layer in ["conv", "dense"] {
        let file = hardware.design.files.iter().find(|file| file.path.ends_with(".hex") && file.path.contains(layer)).expect("a memory file");
        let last = file.text.lines().last().expect("a row");
        let digit = if last.ends_with('1') { '2' } else { '1' };
        let mut design = hardware.design.clone();
        for edited in design.files.iter_mut().filter(|other| other.path == file.path) {
            let kept = edited.text.trim_end().len() - 1;
            edited.text = format!("{}{digit}\n", &edited.text[..kept]);
        }
        let (before, _, cover) = covered(&hardware, &design, &silent);
        assert_eq!(before.mismatches, 0, "{layer}: {:?}", before.first);
        let first = cover.first.unwrap_or_else(|| panic!("{layer}: the wrong weight was not found"));
        assert_eq!((first.layer.as_str(), first.check.as_str()), (layer, "integrating write"));
    }
}

/// What stands around the cores makes no difference; other files of a core are named.
#[test]
fn routers_registers_and_chips_are_covered() {
    if !have(SIMULATION) {
        return;
    }
    let config = |loadable| Some(Config { port: ConfigPort::AxiLite, net_hash: 1, loadable, routes: false, guard: false });
    let mesh = FabricOptions { fabric: "mesh:2x2".parse().unwrap(), placement: Placement::Near, sent: Vec::new() };
    let kinds = [
        ("chain", PlanOptions::default(), false),
        ("routers", PlanOptions { fabric: Some(mesh), ..PlanOptions::default() }, true),
        ("registers", PlanOptions { edges: Edges { config: config(false), ..Edges::default() }, ..PlanOptions::default() }, true),
        ("written weights", PlanOptions { edges: Edges { config: config(true), ..Edges::default() }, ..PlanOptions::default() }, true),
        ("resets at once", PlanOptions { edges: Edges { resets: Resets::Asynchronous, ..Edges::default() }, ..PlanOptions::default() }, false),
        ("chips", PlanOptions { chips: Some(ChipOptions { count: 2, ..ChipOptions::default() }), ..PlanOptions::default() }, false),
    ];
    for (kind, options, others) in kinds {
        let hardware = Hardware::new(small_net(3), &options);
        let (before, after, cover) = covered(&hardware, &hardware.design, &[vec![vec![0], vec![]]]);
        assert_eq!((before.mismatches, cover.mismatches), (0, 0), "{kind}: {:?} {:?}", before.first, cover.first);
        assert!(after.coverage.layers.iter().all(|layer| layer.weights.is_complete()), "{kind}: {:?}", after.coverage.line());
        assert_eq!(cover.samples, 1, "{kind}");
        let alone: Vec<_> = cover.alone.iter().map(|core| core.layer.as_str()).collect();
        assert_eq!(alone, ["dense"], "{kind}");
        assert_eq!(cover.alone.iter().any(|core| !core.other_files.is_empty()), others, "{kind}: {:?}", cover.alone);
        let routers = before.coverage.routers.as_ref().map(|routers| (routers.ports.seen() > 0, routers.turns.seen() > 0));
        assert_eq!(routers, (kind == "routers").then_some((true, true)), "{kind}");
    }
}

/// Turns: a packet takes those between the ports by which it comes and goes, and no other.
#[test]
fn a_net_on_routers_uses_the_turns_of_its_routes() {
    if !have(SIMULATION) {
        return;
    }
    let mesh = FabricOptions { fabric: "mesh:1x3".parse().unwrap(), placement: Placement::Near, sent: Vec::new() };
    let hardware = Hardware::new(small_net(3), &PlanOptions { fabric: Some(mesh), ..PlanOptions::default() });
    let all: Vec<Spikes> = samples(&hardware.net, 1, 4);
    let report = hardware.lockstep(&all, 0.3, 1);
    assert_eq!(report.mismatches, 0);
    let routers = report.coverage.routers.expect("routers");
    let names: Vec<&str> = hardware.design.fabric.as_ref().expect("routers").turns.iter().map(|turn| turn.name.as_str()).collect();
    let missing: Vec<&str> = routers.turns.missing().map(|turn| names[turn]).collect();
    let used: Vec<&str> = names.iter().copied().filter(|name| !missing.contains(name)).collect();
    snapshot!(format!("used\n  {}\nnot used\n  {}", used.join("\n  "), missing.join("\n  ")));
}

#[test]
fn the_command_says_what_it_covered() {
    if !have(SIMULATION) {
        return;
    }
    let place = common::Place::new();
    let plain = place.run("cosim good.nir --samples 1 --steps 1 --json").json();
    assert!(plain["cover"].is_null());
    let weights = |object: &serde_json::Value, of: &str| -> u64 {
        object["coverage"]["layers"].as_array().expect("layers").iter().map(|layer| layer["weights"][of].as_u64().expect("a number")).sum()
    };
    assert!(weights(&plain, "seen") < weights(&plain, "of"), "{plain}");
    let all = place.run("cosim good.nir --samples 1 --steps 1 --cover --json").json();
    assert_eq!(weights(&all, "seen"), weights(&plain, "of"));
    assert_eq!(all["cover"]["mismatches"], 0);
    let text = place.run("cosim good.nir --samples 1 --steps 1").stdout;
    let left = weights(&plain, "of") - weights(&plain, "seen");
    assert!(text.contains("\ncoverage: ") && text.contains(&format!("{left} weights were never added")), "{text}");
    let text = place.run("cosim good.nir --samples 1 --steps 1 --cover").stdout;
    assert!(text.contains("coverage: 100.0 % of") && text.contains("added every weight at least once"), "{text}");
}
