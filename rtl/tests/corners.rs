//! Snapshots of emitted Verilog: one module for each corner of the configuration, and one small whole network.

use net::{
    Conv2d, Dense, Layer, Leak, LeakMode, MapShape, Membrane, Network, Neuron, Output, Param, Pool, Reset, ResetOrder, Rounding,
    Synapses,
};
use rtl::plan::Scan;
use rtl::PlanOptions;

fn neuron() -> Neuron {
    Neuron {
        output: Output::Spike,
        leak: Leak::None,
        leak_mode: LeakMode::Step,
        reset: Reset::Subtract(Param::Layer(20)),
        order: ResetOrder::ResetThenLeak,
        fire_level: Param::Layer(21),
        bias: Param::Layer(0),
        max_spikes: 1,
        initial: Param::Layer(0),
        membrane: Membrane { bits: 12, lo: -1500, hi: 1500 },
    }
}

fn decay(a: i64, m: u32, rounding: Rounding) -> Leak {
    Leak::Decay { a: Param::Layer(a), m, rounding }
}

/// 6 inputs, 5 neurons; weight of input `i` to neuron `o` is `o - i`.
fn dense(neuron: Neuron) -> Layer {
    let (inputs, outputs) = (6, 5);
    Layer {
        name: "fc".into(),
        neuron_name: "lif".into(),
        input: MapShape::vector(inputs),
        pool: Pool::none(MapShape::vector(inputs)),
        synapses: Synapses::Dense(Dense {
            inputs,
            outputs,
            weights: (0..outputs * inputs).map(|n| (n / inputs) as i32 - (n % inputs) as i32).collect(),
        }),
        output: MapShape::vector(outputs),
        neuron,
        weight_bits: 4,
        fraction_bits: 0,
        scale: 0.25,
    }
}

/// `ci x 8 x 8 -> co x h x w`, 3 x 3, weights counting up from -8.
fn conv(ci: usize, co: usize, groups: usize, stride: usize, dilation: usize, pool: Option<usize>) -> Layer {
    let input = MapShape::new(ci, 8, 8);
    let pool = match pool {
        Some(k) => Pool { kernel: (k, k), stride: (k, k), padding: (0, 0), output: MapShape::new(ci, 8 / k, 8 / k) },
        None => Pool::none(input),
    };
    let side = (pool.output.h + 2 - dilation * 2 - 1) / stride + 1;
    Layer {
        name: "conv".into(),
        neuron_name: "if".into(),
        input,
        pool,
        synapses: Synapses::Conv2d(Conv2d {
            in_channels: ci,
            out_channels: co,
            groups,
            kernel: (3, 3),
            stride: (stride, stride),
            dilation: (dilation, dilation),
            padding: (1, 1),
            weights: (0..co * ci / groups * 9).map(|n| (n % 15) as i32 - 7).collect(),
        }),
        output: MapShape::new(co, side, side),
        neuron: neuron(),
        weight_bits: 4,
        fraction_bits: 0,
        scale: 1.0,
    }
}

fn design(layers: Vec<Layer>, options: PlanOptions) -> rtl::Design {
    let network = Network {
        name: "net".into(),
        inputs: net::InputNode::only(layers[0].input),
        multiplicity: 1,
        sources: net::wiring::chain(layers.len()),
        outputs: net::OutputNode::only(layers.len() - 1),
        layers,
    };
    rtl::emit(&rtl::plan::plan(&network, &options).expect("a legal plan"))
}

fn module(layer: Layer, options: PlanOptions, name: &str) -> String {
    let design = design(vec![layer], options);
    let path = format!("rtl/net_{name}.v");
    let file = design.files.iter().find(|f| f.path == path);
    file.unwrap_or_else(|| panic!("no {path} among {:?}", design.files.iter().map(|f| &f.path).collect::<Vec<_>>())).text.clone()
}

fn lane(neuron: Neuron) -> String {
    module(dense(neuron), PlanOptions::default(), "fc_lane")
}

fn parallel(layer: Layer, name: &str) -> String {
    let mut options = PlanOptions::default();
    options.machines.insert("fc".into(), net::options::CoreKind::Parallel);
    module(layer, options, name)
}

/// The five neurons behind a map of 2 x 3 x 1.
fn flattened(neuron: Neuron) -> Layer {
    let map = MapShape::new(2, 3, 1);
    Layer { input: map, pool: Pool::none(map), ..dense(neuron) }
}

fn banks(rows: usize, columns: usize, lanes: usize) -> PlanOptions {
    let mut options = PlanOptions::default();
    options.banks.insert("conv".into(), (rows, columns));
    options.lanes.insert("conv".into(), lanes);
    options
}

/// Scans of layer `conv` visit touched words only.
fn touched(options: PlanOptions) -> PlanOptions {
    PlanOptions { scans: [("conv".to_string(), Scan::Touched)].into(), ..options }
}

/// The dense layer in a table.
fn table(banks: usize, adders: usize) -> PlanOptions {
    let mut options = PlanOptions::default();
    options.machines.insert("fc".into(), net::options::CoreKind::Table);
    options.banks.insert("fc".into(), (1, banks));
    options.lanes.insert("fc".into(), adders);
    options
}

/// A convolution whose neurons leak 1/4 when an event reaches them.
fn lazy(channels: usize) -> Layer {
    let neuron = Neuron { leak: decay(1, 2, Rounding::TowardZero), leak_mode: LeakMode::Lazy, ..neuron() };
    Layer { neuron, ..conv(2, channels, 1, 1, 1, None) }
}

fn leaky() -> Neuron {
    Neuron { leak: decay(1, 4, Rounding::Floor), ..neuron() }
}

macro_rules! corner {
    ($($name:ident: $text:expr;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), $text);
        }
    )*};
}

corner! {
    parallel_core: parallel(dense(neuron()), "fc_core");
    parallel_core_behind_a_map: parallel(
        flattened(Neuron { bias: Param::Layer(2), fire_level: Param::Channel(vec![21, 22, 23, 24, 25]), ..neuron() }),
        "fc_core",
    );
    parallel_sender: parallel(dense(neuron()), "fc_sender");
    parallel_weights: parallel(dense(neuron()), "fc_weights");
    parallel_lane_integrate_and_fire: parallel(dense(neuron()), "fc_lane");
    parallel_lane_shift_leak: parallel(dense(Neuron { leak: decay(1, 4, Rounding::Floor), ..neuron() }), "fc_lane");
    parallel_lane_toward_zero: parallel(dense(Neuron { leak: decay(1, 4, Rounding::TowardZero), ..neuron() }), "fc_lane");
    parallel_lane_leak_then_reset: parallel(
        dense(Neuron { leak: decay(1, 4, Rounding::Floor), order: ResetOrder::LeakThenReset, ..neuron() }),
        "fc_lane",
    );
    parallel_lane_hard_reset: parallel(
        dense(Neuron { leak: decay(1, 4, Rounding::Floor), reset: Reset::ToValue(Param::Layer(-3)), ..neuron() }),
        "fc_lane",
    );
    parallel_lane_per_channel: parallel(
        dense(Neuron {
            fire_level: Param::Channel(vec![21, 22, 23, 24, 25]),
            reset: Reset::Subtract(Param::Channel(vec![20, 21, 22, 23, 24])),
            bias: Param::Channel(vec![-1, 0, 1, 2, 3]),
            ..neuron()
        }),
        "fc_lane",
    );
    lane_integrate_and_fire: lane(neuron());
    lane_shift_leak_hard_reset: lane(Neuron {
        leak: decay(1, 4, Rounding::Floor),
        reset: Reset::ToValue(Param::Layer(-3)),
        ..neuron()
    });
    lane_leak_then_reset: lane(Neuron {
        leak: decay(1, 4, Rounding::TowardZero),
        order: ResetOrder::LeakThenReset,
        ..neuron()
    });
    lane_delayed_reset: lane(Neuron {
        leak: decay(1, 4, Rounding::Floor),
        reset: Reset::ToValue(Param::Layer(0)),
        order: ResetOrder::LeakThenReset,
        ..neuron()
    });
    lane_no_reset: lane(Neuron { reset: Reset::None, ..neuron() });
    lane_multi_spike: lane(Neuron { leak: decay(1, 3, Rounding::Floor), max_spikes: 3, ..neuron() });
    lane_readout: lane(Neuron { output: Output::Value, leak: decay(410, 12, Rounding::Floor), ..neuron() });
    lane_constants_from_memory: lane(Neuron {
        leak: Leak::Decay { a: Param::Channel(vec![100, 200, 300, 400, 500]), m: 12, rounding: Rounding::Floor },
        reset: Reset::Subtract(Param::Channel(vec![20, 21, 22, 23, 24])),
        fire_level: Param::Channel(vec![21, 22, 23, 24, 25]),
        bias: Param::Channel(vec![1, 2, 3, -4, -5]),
        ..neuron()
    });
    leak_by_shift_toward_zero: module(
        dense(Neuron { leak: decay(1, 4, Rounding::TowardZero), ..neuron() }), PlanOptions::default(), "fc_leak");
    leak_by_multiplier: module(
        dense(Neuron { leak: decay(410, 12, Rounding::TowardZero), ..neuron() }), PlanOptions::default(), "fc_leak");
    bank_forwards_all_distances: module(conv(2, 4, 1, 1, 1, None), banks(1, 1, 4), "conv_bank");
    bank_without_forwarding: module(conv(2, 8, 1, 1, 1, None), banks(1, 1, 2), "conv_bank");
    sequencer_of_groups: module(conv(4, 8, 2, 1, 1, None), banks(1, 1, 2), "conv_sequencer");
    sequencer_of_multi_spike: module(
        dense(Neuron { max_spikes: 3, ..neuron() }), PlanOptions::default(), "fc_sequencer");
    rows_of_nine_banks: module(conv(2, 4, 1, 1, 1, None), banks(3, 3, 4), "conv_row_table");
    rows_with_stride_and_dilation: module(conv(1, 2, 1, 2, 3, None), banks(2, 2, 2), "conv_row_table");
    rows_behind_pooling: module(conv(1, 2, 1, 1, 1, Some(2)), banks(3, 1, 2), "conv_row_table");
    core_of_nine_banks: module(conv(2, 4, 1, 1, 1, None), banks(3, 3, 4), "conv_core");
    touched_map_of_nine_banks: module(conv(2, 4, 1, 1, 1, None), touched(banks(3, 3, 4)), "conv_touched");
    touched_map_of_one_bank: module(conv(2, 4, 1, 1, 1, None), touched(banks(1, 1, 4)), "conv_touched");
    sequencer_with_a_touched_map: module(conv(2, 4, 1, 1, 1, None), touched(banks(3, 3, 2)), "conv_sequencer");
    lazy_bank_forwards_all_distances: module(lazy(4), banks(1, 1, 4), "conv_bank");
    lazy_bank_without_forwarding: module(lazy(7), banks(1, 1, 1), "conv_bank");
    lazy_make_up: module(lazy(4), banks(1, 1, 2), "conv_make_up");
    lazy_ages: module(lazy(4), banks(1, 1, 2), "conv_ages");
    lazy_core: module(lazy(4), touched(banks(2, 1, 2)), "conv_core");
    lazy_sequencer_with_a_touched_map: module(lazy(4), touched(banks(2, 1, 2)), "conv_sequencer");
    lazy_touched_map: module(lazy(4), touched(banks(2, 1, 2)), "conv_touched");
    slicer_of_banks: module(conv(2, 16, 1, 1, 1, None), banks(3, 3, 16), "conv_slicer");
    sender_of_slices_of_rows: module(conv(2, 8, 1, 1, 1, None), banks(3, 3, 8), "conv_sender");
    sender_of_values: module(
        dense(Neuron { output: Output::Value, ..neuron() }), PlanOptions::default(), "fc_sender");
    table_core: module(dense(leaky()), table(3, 1), "fc_core");
    table_core_of_two_adders: module(
        dense(Neuron { bias: Param::Channel(vec![1, 2, 3, -4, -5]), ..neuron() }), table(4, 2), "fc_core");
    table_fetch: module(dense(leaky()), table(3, 1), "fc_fetch");
    table_sequencer: module(dense(leaky()), table(3, 1), "fc_sequencer");
    table_adder_without_forwarding: module(dense(leaky()), table(3, 1), "fc_adder");
    table_adder_forwards_all_distances: {
        let mut layer = dense(Neuron { max_spikes: 3, ..leaky() });
        if let Synapses::Dense(dense) = &mut layer.synapses {
            dense.weights = (0..30).map(|n| i32::from(n / 6 == n % 6)).collect();
        }
        module(layer, table(3, 1), "fc_adder")
    };
    table_bank: module(dense(leaky()), table(3, 1), "fc_bank");
    table_lane: module(dense(leaky()), table(3, 1), "fc_lane");
    table_quick_tick: module(dense(leaky()), table(3, 1), "fc_quick_tick");
    readout_by_count: module(
        dense(neuron()), PlanOptions { readout: rtl::plan::Readout::Count, ..Default::default() }, "readout");
    top_of_one_core: {
        let design = design(vec![dense(neuron())], PlanOptions::default());
        design.files.iter().find(|f| f.path == "rtl/net.v").expect("the top").text.clone()
    };
    whole_network: {
        let mut first = conv(1, 4, 1, 2, 1, Some(2));
        first.name = "conv".into();
        let outputs = first.output;
        let mut second = dense(Neuron { leak: decay(1, 4, Rounding::Floor), ..neuron() });
        second.input = outputs;
        second.pool = Pool::none(outputs);
        second.synapses = Synapses::Dense(Dense {
            inputs: outputs.len(),
            outputs: 5,
            weights: (0..5 * outputs.len()).map(|n| (n % 15) as i32 - 7).collect(),
        });
        let design = design(vec![first, second], PlanOptions::default());
        design.files.iter().map(|f| format!("==== {}\n{}", f.path, f.text)).collect::<String>()
    };
}
