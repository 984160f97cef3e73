//! Samples for the planner's area model: random cores, each alone and without registers at its pins, synthesised by yosys. Prints a table (comma separated) for
//! `benches/fit_area.py`. With `SPIKEWRIGHT_PARALLEL` set: parallel cores (`rtl/src/plan/parallel_area.rs`); with `SPIKEWRIGHT_ROUTERS`: routers by table
//! (`rtl/src/plan/fabric/area.rs`). A fourth argument names an older table: its counts are taken again, with today's features. `cargo bench --bench area_samples -- 40 ecp5-85k > samples.csv`; a core takes 10 to 60 seconds.

use net::{Conv2d, Dense, Leak, LeakMode, MapShape, Membrane, Network, Neuron, Output, Param, Pool, Reset, ResetOrder, Rounding, Synapses};
use net::options::CoreKind;
use rtl::fabric::{PacketFormat, Router, RouterConfig, Routing};
use rtl::plan::area::{feature_names, features, Family};
use rtl::plan::fabric::area::{blocks, features as router_features, FEATURES as ROUTER_FEATURES};
use rtl::plan::memory::block_rams;
use rtl::PlanOptions;
use synth::{SynthOptions, Target};

/// Random fully connected layers for the parallel core.
fn parallel_sample(seed: u64) -> (Network, PlanOptions) {
    let r = &mut Random(seed);
    let (mut net, _) = loop {
        let found = sample(r.next());
        let layer = &found.0.layers[0];
        let outputs = layer.output.len();
        if matches!(layer.synapses, Synapses::Dense(_)) && outputs <= 128 && layer.input.len() * outputs <= 40_000 {
            break found;
        }
    };
    let layer = &mut net.layers[0];
    let outputs = layer.output.len();
    let neuron = &mut layer.neuron;
    if neuron.leak != Leak::None {
        neuron.leak = Leak::Decay { a: Param::Layer(1), m: r.of(&[2, 4]), rounding: r.of(&[Rounding::Floor, Rounding::TowardZero]) };
    }
    if r.of(&[false, false, true]) {
        let levels: Vec<i64> = (0..outputs).map(|o| 50 + 3 * o as i64).collect();
        neuron.reset = Reset::Subtract(Param::Channel(levels.clone()));
        neuron.fire_level = Param::Channel(levels);
    }
    if r.of(&[false, false, true]) {
        neuron.bias = Param::Channel((0..outputs).map(|o| o as i64 % 7 - 3).collect());
        let sums = net::bound::layer_sums(&net, 0);
        let bits = net.layers[0].neuron.membrane.bits + 1;
        net.layers[0].neuron.membrane = net::bound::membrane(bits, sums, None).expect("legal");
    }
    (net, PlanOptions { machines: [("layer".to_string(), net::options::CoreKind::Parallel)].into(), ..Default::default() })
}

/// A random router by table, all ports in use.
fn router_sample(seed: u64) -> RouterConfig {
    let r = &mut Random(seed);
    let ports = r.of(&[2usize, 3, 3, 4, 4, 5, 5, 6]);
    let endpoints = r.of(&[3u64, 5, 9, 17, 25]);
    let source_bits = u64::BITS - (endpoints - 1).leading_zeros();
    let word_bits = r.of(&[8, 11, 12, 14, 17, 20, 26]);
    // As in a mesh no way leads from some ports into others, or as in a tree all do.
    let mesh = r.of(&[true, true, false]);
    let column = |port: usize| mesh && port % 4 >= 2;
    let turns = (0..ports).map(|from| (0..ports).map(|to| from != to && !(column(from) && !column(to) && to > 0)).collect());
    let table = (0..2 * endpoints).filter_map(|key| {
        let set = (0..ports).filter(|_| r.next() % ports as u64 == 0).map(|port| 1u64 << port).sum::<u64>();
        (set != 0).then_some((key, set))
    });
    RouterConfig {
        name: "router".into(),
        ports: (0..ports).map(|port| format!("p{port}")).collect(),
        turns: turns.collect(),
        format: PacketFormat { word_bits, row_bits: 0, column_bits: 0, source_bits, layer_bits: 1 },
        routing: Routing::Table(table.collect()),
        depth: 16,
        register_slice: false,
        loads: Vec::new(),
    }
}

/// Counts of yosys for the module `top`, `lut,ff,bram,dsp`; without registers at its pins.
fn synthesised(design: &rtl::Design, top: &str, target: Target) -> Result<String, net::Problems> {
    let place = tempfile::tempdir().expect("a temporary folder");
    for file in &design.files {
        let path = place.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.text).unwrap();
    }
    let sources = design.files.iter().filter_map(|file| file.path.strip_prefix("rtl/").filter(|path| path.ends_with(".v")));
    let list: String = sources.map(|path| format!("{path}\n")).collect();
    std::fs::write(place.path().join(format!("rtl/{top}.f")), list).unwrap();
    std::fs::write(place.path().join("manifest.json"), format!("{{\"name\":\"{top}\",\"top\":\"{top}\"}}")).unwrap();
    let options = SynthOptions { target, place: false, out_of_context: true, ..Default::default() };
    let report = synth::synthesise(place.path(), &options, &|_| ())?;
    Ok(format!("{},{},{},{}", report.lut, report.ff, report.bram, report.dsp))
}

/// Prints the table of `seeds`' routers.
fn routers(seeds: std::ops::Range<u64>, target: Target, family: Family) {
    println!("{},lut,ff,bram,dsp,bram_model,what", ROUTER_FEATURES.join(","));
    for seed in seeds {
        let config = router_sample(seed);
        let used: Vec<usize> = (0..config.ports.len()).collect();
        let values: Vec<String> = router_features(&config, &used, family).iter().map(|x| x.to_string()).collect();
        match synthesised(&rtl::fabric::design(Router::new(&config), "router"), "router", target) {
            Ok(counts) => println!("{},{counts},{},{} ports of {} bits", values.join(","), blocks(&config, &used, family), used.len(), config.format.width()),
            Err(found) => eprintln!("{seed}: {found:?}"),
        }
    }
}

/// A small generator of its own (splitmix64): the samples must stay the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.next() % choices.len() as u64) as usize]
    }
}

fn sample(seed: u64) -> (Network, PlanOptions) {
    let r = &mut Random(seed);
    let weight_bits = r.of(&[3, 4, 6, 8, 8]);
    let most = (1i64 << (weight_bits - 1)) - 1;
    let table = seed >= TABLES;
    let dense = r.of(&[true, false, false]) || table;
    let (input, output, synapses, options);
    let weights = |n: usize, r: &mut Random| -> Vec<i32> {
        (0..n).map(|_| (r.next() % (2 * most as u64 + 1)) as i32 - most as i32).collect()
    };
    if dense {
        let (inputs, outputs) = (r.of(&[32, 100, 256, 784]), r.of(&[10, 32, 100, 128, 256]));
        let lanes = r.of(&[2usize, 4, 8, 10, 16, 32, 43, 64]).min(outputs);
        (input, output) = (MapShape::vector(inputs), MapShape::vector(outputs));
        let mut all = weights(inputs * outputs, r);
        if table {
            let kept = r.of(&[3, 10, 25]);
            all.iter_mut().for_each(|weight| *weight *= i32::from(r.next() % 100 < kept));
        }
        synapses = Synapses::Dense(Dense { inputs, outputs, weights: all });
        options = if table {
            let (adders, times) = (r.of(&[1usize, 1, 1, 2, 4]), r.of(&[2usize, 4, 8, 16, 32]));
            let banks = (adders * times).min(outputs / adders * adders).min(64);
            PlanOptions {
                machines: [("layer".to_string(), CoreKind::Table)].into(),
                lanes: [("layer".to_string(), adders)].into(),
                banks: [("layer".to_string(), (1, banks))].into(),
                ..Default::default()
            }
        } else {
            PlanOptions { lanes: [("layer".to_string(), lanes)].into(), ..Default::default() }
        };
    } else {
        let (cin, cout, side) = (r.of(&[1, 2, 8, 16, 32]), r.of(&[8, 12, 16, 32]), r.of(&[8, 14, 24, 28, 34]));
        let (kernel, stride): (usize, usize) = (r.of(&[3, 3, 5, 1]), r.of(&[1, 1, 1, 2]));
        let padding = kernel / 2;
        let out = (side + 2 * padding - kernel) / stride + 1;
        let most_banks = kernel.div_ceil(stride);
        let mut bank = || r.of(&[1usize, 2, 3, 3, 5]).min(most_banks);
        let banks = (bank(), bank());
        let lanes = r.of(&[1usize, 2, 4, 8, 16, 32]).min((96 / (banks.0 * banks.1)).next_power_of_two());
        (input, output) = (MapShape::new(cin, side, side), MapShape::new(cout, out, out));
        synapses = Synapses::Conv2d(Conv2d {
            in_channels: cin,
            out_channels: cout,
            groups: 1,
            kernel: (kernel, kernel),
            stride: (stride, stride),
            dilation: (1, 1),
            padding: (padding, padding),
            weights: weights(cin * cout * kernel * kernel, r),
        });
        options = PlanOptions {
            lanes: [("layer".to_string(), lanes.min(cout))].into(),
            banks: [("layer".to_string(), banks)].into(),
            ..Default::default()
        };
    }
    let leak = match r.of(&[0, 1, 1, 2]) {
        0 => Leak::None,
        1 => Leak::Decay { a: Param::Layer(1), m: r.of(&[2, 4]), rounding: Rounding::Floor },
        _ => Leak::Decay { a: Param::Layer(205), m: 12, rounding: Rounding::Floor },
    };
    let threshold = r.of(&[29, 100, 300]);
    let layer = net::Layer {
        fraction_bits: 0,
        name: "layer".into(),
        neuron_name: "neurons".into(),
        input,
        pool: Pool::none(input),
        synapses,
        output,
        neuron: Neuron {
            output: Output::Spike,
            leak,
            leak_mode: LeakMode::Step,
            reset: r.of(&[0, 0, 0, 1]).eq(&0).then_some(Reset::Subtract(Param::Layer(threshold))).unwrap_or(Reset::ToValue(Param::Layer(0))),
            order: ResetOrder::ResetThenLeak,
            fire_level: Param::Layer(threshold + 1),
            bias: Param::Layer(0),
            max_spikes: 1,
            initial: Param::Layer(0),
            membrane: Membrane { bits: 16, lo: 0, hi: 0 },
        },
        weight_bits,
        scale: 1.0,
    };
    let mut net = Network { name: "sample".into(), inputs: net::InputNode::only(input), outputs: net::OutputNode::only(0), multiplicity: 1, layers: vec![layer], sources: net::wiring::chain(1) };
    let sums = net::bound::layer_sums(&net, 0);
    let least = net::bound::least_bits(sums, net::bound::targets(&net.layers[0])).expect("a legal width");
    let bits = least + r.of(&[0, 1, 3]);
    net.layers[0].neuron.membrane = net::bound::membrane(bits, sums, None).expect("legal");
    (net, options)
}

/// From this seed on the samples are table cores.
const TABLES: u64 = 10_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let count: u64 = arguments.first().and_then(|a| a.parse().ok()).unwrap_or(4);
    let first: u64 = arguments.get(2).and_then(|a| a.parse().ok()).unwrap_or(1);
    let target: Target = arguments.get(1).map_or("ecp5-85k", String::as_str).parse().expect("a target");
    let family = match target.family() {
        synth::Family::Ecp5 => Family::Ecp5,
        synth::Family::Ice40 => Family::Ice40,
        synth::Family::Xc7 => Family::Xc7,
    };
    if std::env::var_os("SPIKEWRIGHT_ROUTERS").is_some() {
        return routers(first..first + count, target, family);
    }
    let older: Vec<String> = match arguments.get(3) {
        Some(path) => std::fs::read_to_string(path).expect("a table").lines().map(String::from).collect(),
        None => Vec::new(),
    };
    let older_columns = older.first().map_or(0, |head| head.split(',').take_while(|name| *name != "lut").count());
    let mut older = older.iter().skip(1);
    let parallel = std::env::var_os("SPIKEWRIGHT_PARALLEL").is_some();
    let mut headed = false;
    for seed in first..first + count {
        let (net, options) = if parallel { parallel_sample(seed) } else { sample(seed) };
        let plan = match rtl::plan::plan(&net, &options) {
            Ok(plan) => plan,
            Err(found) => {
                eprintln!("{seed}: {found:?}");
                continue;
            }
        };
        let core = &plan.cores[0];
        if !std::mem::replace(&mut headed, true) {
            println!("{},lut,ff,bram,dsp,bram_model,what", feature_names(core).join(","));
        }
        let values: Vec<String> = features(core, family).iter().map(|x| x.to_string()).collect();
        if arguments.len() > 3 {
            let Some(row) = older.next() else { break };
            let cells: Vec<&str> = row.split(',').skip(older_columns).collect();
            println!("{},{},{},{}", values.join(","), cells[..4].join(","), block_rams(core, family), cells[5..].join(" "));
            continue;
        }
        match synthesised(&rtl::emit(&plan), &format!("{}_{}_core", plan.name, core.name), target) {
            Ok(counts) => {
                println!(
                    "{},{counts},{},{}x{}x{} w{} v{} {}-{}",
                    values.join(","), block_rams(core, family),
                    core.folded().0.0, core.folded().0.1, core.folded().1, core.layer.weight_bits, core.layer.neuron.membrane.bits,
                    core.layer.input.len(), core.layer.output.len()
                );
            }
            Err(found) => eprintln!("{seed}: {found:?}"),
        }
    }
}
