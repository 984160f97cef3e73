//! Lazy leak in hardware: random networks in lockstep, samples longer than the stamps, and the cycles that the plan says.

#[macro_use]
mod common;

use common::hardware::{bursts, chain, layer, mismatch, quick_build, random_networks, random_options, samples, weights, Agreement, Hardware, SIMULATION};
use common::have;
use net::random::{Limits, Random};
use net::{Conv2d, Leak, LeakMode, MapShape, Network, Param, Pool, Reset, Rounding, Spikes, Synapses};
use rtl::plan::Scan;
use rtl::PlanOptions;
use sim::LockstepOptions;

/// What one random network did; `None` where the planner refuses it.
struct Outcome {
    failed: Vec<String>,
    lazy: usize,
    maps: usize,
    forwarded: u64,
    spikes: u64,
    /// Steps of the longest sample over the steps that a stamp tells apart, of the layer with the shortest stamps.
    rounds: usize,
}

/// Steps of the longest sample.
const LONG: usize = 150;

fn random_network(seed: u64) -> Option<Outcome> {
    let limits = Limits {
        lazy: true,
        layers: 3,
        leak_bits: [2, 3, 4][seed as usize % 3],
        varied: false,
        max_spikes: 1,
        readout: seed % 4 == 0,
        ..Limits::default()
    };
    let net = net::random::network(seed, &limits);
    let mut options = random_options(&net, seed);
    // Words of channels of two convolution groups are refused.
    let fits = |name: &String, lanes: &mut usize| {
        net.layers.iter().all(|layer| layer.name != *name || rtl::plan::lazy::lanes_fit(layer, *lanes))
    };
    options.lanes.retain(fits);
    if seed % 3 > 0 {
        options.scans = rtl::plan::touched::wherever_legal(&net);
    }
    rtl::plan::plan(&net, &options).ok()?;
    let hardware = Hardware::new(net, &options);
    let lazy: Vec<_> = hardware.plan.cores.iter().filter_map(|core| core.stamps()).collect();
    let mut samples = samples(&hardware.net, seed, 9);
    samples.push(bursts(&hardware.net, seed, 40));
    samples.push(bursts(&hardware.net, seed + 1, LONG));
    samples.push(net::random::spikes(&hardware.net, seed, LONG, 0.01));
    let Agreement { mut failed, still, .. } = hardware.agreement(&samples, 0.3, seed);
    let options = LockstepOptions { stall: 0.2, seed, back_to_back: true, build: quick_build(), ..LockstepOptions::default() };
    let joined = sim::lockstep(&hardware.design, &hardware.plan, &hardware.net, &samples, &options).unwrap();
    failed.extend(mismatch(&joined, seed));
    Some(Outcome {
        failed,
        lazy: lazy.len(),
        maps: hardware.plan.cores.iter().filter(|core| core.touched_map && core.stamps().is_some()).count(),
        forwarded: still.forwarded_writes.iter().sum(),
        spikes: still.spikes_compared,
        rounds: lazy.iter().map(|stamps| LONG >> stamps.bits).max().unwrap_or(0),
    })
}

#[test]
fn random_networks_with_lazy_leak_compute_what_golden_says_in_the_cycles_that_were_predicted() {
    let found = random_networks(800..824, random_network, |outcome| &outcome.failed);
    let Some((count, outcomes)) = found else { return };
    let sum = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>();
    let seen = [sum(|o| o.lazy as u64), sum(|o| o.maps as u64), sum(|o| o.rounds as u64), sum(|o| o.forwarded), sum(|o| o.spikes)];
    println!("{} networks; lazy layers, maps, rounds of stamps, forwarded writes, spikes: {seen:?}", outcomes.len());
    assert!(outcomes.len() as u64 * 3 >= count * 2, "the planner refuses too many");
    assert!(seen[0] >= 12 && seen[1] >= 8 && seen[2] >= 16 && seen[3] > 100 && seen[4] > 1000, "{seen:?}");
}

/// Conv 3x3 of `channels`, neurons with a leak of 1/4: 31 steps until nothing is left.
fn conv_net(channels: usize, groups: usize, size: (usize, usize)) -> Network {
    let (input, map) = (MapShape::new(groups, size.0, size.1), MapShape::new(channels, size.0, size.1));
    let conv = Conv2d {
        in_channels: groups,
        out_channels: channels,
        groups,
        kernel: (3, 3),
        stride: (1, 1),
        dilation: (1, 1),
        padding: (1, 1),
        weights: weights(&mut Random::new(3), channels * 9, 8),
    };
    let mut layer = layer("conv", input, Pool::none(input), Synapses::Conv2d(conv), map);
    layer.neuron.leak = Leak::Decay { a: Param::Layer(1), m: 2, rounding: Rounding::Floor };
    layer.neuron.leak_mode = LeakMode::Lazy;
    (layer.neuron.fire_level, layer.neuron.reset) = (Param::Layer(12), Reset::Subtract(Param::Layer(12)));
    chain("lazy", input, 1, vec![layer], 3)
}

fn options(lanes: usize, banks: (usize, usize), scan: Scan) -> PlanOptions {
    PlanOptions {
        lanes: [("conv".to_string(), lanes)].into(),
        banks: [("conv".to_string(), banks)].into(),
        scans: [("conv".to_string(), scan)].into(),
        ..PlanOptions::default()
    }
}

/// Two events at one place, with every pause from none to three rounds of the stamps, and something elsewhere in between.
#[test]
fn every_pause_is_made_up_for() {
    if !have(SIMULATION) {
        return;
    }
    for (scan, banks) in [(Scan::Touched, (2, 3)), (Scan::Touched, (1, 1)), (Scan::All, (3, 1))] {
        let hardware = Hardware::new(conv_net(4, 1, (5, 7)), &options(2, banks, scan));
        let stamps = hardware.plan.cores[0].stamps().unwrap();
        assert_eq!((stamps.bits, stamps.old, stamps.sweep), (6, 32, 31), "a leak of 1/4");
        let sample = |pause: usize| -> Spikes {
            let step = |t: usize| match t {
                0 => vec![17, 16],
                _ if t == pause + 1 => vec![17, 10, 18],
                _ if t % 7 == 3 => vec![33],
                _ => vec![],
            };
            (0..pause + 3).map(step).collect()
        };
        let samples: Vec<Spikes> = (0..200).step_by(1).map(sample).collect();
        let report = hardware.lockstep(&samples, 0.0, 0);
        assert_eq!(report.mismatches, 0, "{scan:?}: {}", report.first.unwrap());
        assert_eq!(report.cycles_per_sample, hardware.predicted_cycles(&samples));
    }
}

/// With groups, a word holds channels of one: the planner takes fewer lanes, and refuses more.
#[test]
fn words_hold_channels_of_one_convolution_group() {
    let net = conv_net(12, 3, (6, 6));
    let wish = |lanes: usize| PlanOptions { lanes: [("conv".to_string(), lanes)].into(), ..PlanOptions::default() };
    for lanes in 1..=12 {
        let refused = rtl::plan::plan(&net, &wish(lanes)).err().map(|problems| problems.to_string());
        assert_eq!(refused.is_none(), [1, 2, 4].contains(&lanes), "{lanes} lanes: {refused:?}");
        assert!(refused.is_none_or(|text| text.contains("no word holds channels of two")));
    }
    assert_eq!(rtl::plan::plan(&net, &PlanOptions::default()).unwrap().cores[0].lanes, 4);
}

#[test]
fn what_the_cores_do_not_do_lazily_is_refused() {
    let refused = |change: &dyn Fn(&mut net::Neuron), options: &PlanOptions| {
        let mut net = conv_net(4, 1, (5, 5));
        change(&mut net.layers[0].neuron);
        rtl::plan::plan(&net, options).expect_err("no core does that").to_string()
    };
    let none = PlanOptions::default();
    let decay = |a: Param, m: u32| Leak::Decay { a, m, rounding: Rounding::Floor };
    let machine = |kind| PlanOptions { machines: [("conv".to_string(), kind)].into(), ..PlanOptions::default() };
    let cases = [
        ("several spikes", refused(&|neuron| neuron.max_spikes = 3, &none)),
        (
            "a delayed reset",
            refused(
                &|neuron| (neuron.order, neuron.reset) = (net::ResetOrder::LeakThenReset, Reset::ToValue(Param::Layer(0))),
                &none,
            ),
        ),
        ("a leak per channel", refused(&|neuron| neuron.leak = decay(Param::Channel(vec![1, 2, 3, 4]), 3), &none)),
        ("a slow leak", refused(&|neuron| neuron.leak = decay(Param::Layer(1), 9), &none)),
        ("another machine", refused(&|_| (), &machine(net::options::CoreKind::Parallel))),
        ("a table", refused(&|_| (), &machine(net::options::CoreKind::Table))),
    ];
    let text: Vec<String> = cases.iter().map(|(name, said)| format!("{name}:\n{said}\n")).collect();
    snapshot!(text.join("\n"));
    // The slowest that they do.
    let mut net = conv_net(4, 1, (5, 5));
    net.layers[0].neuron.leak = decay(Param::Layer(1), 8);
    assert_eq!(rtl::plan::plan(&net, &none).unwrap().cores[0].stamps().unwrap().bits, 12);
}

#[test]
fn an_idle_step_takes_ten_cycles() {
    if !have(SIMULATION) {
        return;
    }
    let idle = |steps: usize| -> Spikes { vec![vec![]; steps] };
    let samples = [idle(3), idle(13)];
    let cycles = |mode, scan| {
        let mut net = conv_net(8, 1, (20, 20));
        net.layers[0].neuron.leak_mode = mode;
        let hardware = Hardware::new(net, &options(4, (1, 1), scan));
        let report = hardware.lockstep(&samples, 0.0, 0);
        assert_eq!(report.mismatches, 0, "{}", report.first.unwrap());
        assert_eq!(report.cycles_per_sample, hardware.predicted_cycles(&samples));
        report.cycles_per_sample[1] - report.cycles_per_sample[0]
    };
    assert_eq!(cycles(LeakMode::Lazy, Scan::Touched), 10 * 10);
    assert_eq!(cycles(LeakMode::Lazy, Scan::All), 10 * (800 + 9));
    assert_eq!(cycles(LeakMode::Step, Scan::All), 10 * (800 + 6));
}
