//! What a parallel core is made of: sizes, memories, constants, header.

use net::Output;

use super::super::super::headers::STEP_DONE;
use super::super::lane::ParallelLane;
use super::super::sender::ParallelSender;
use super::super::setting::WrittenSetting;
use super::ParallelCore;
use crate::config::{LoadRam, Loader, SopCount, DATA_BITS};
use hdl::prelude::*;
use crate::plan::image::{BitWord, WeightImage};
use crate::plan::parallel::{address_stages, fire_cycles, weights_in_logic, written_names, LaneConstants, Setting, SEND_GROUP};
use crate::plan::CorePlan;

impl ParallelCore {
    pub fn new(core: &CorePlan) -> Self {
        let layer = &core.layer;
        let constants = LaneConstants::of(core);
        let one = |present: bool| usize::from(present);
        let map = one(address_stages(layer) > 1);
        let image = WeightImage::of(core);
        let address = u(index_width(image.words.len()));
        let input = core.input;
        let (x_bits, y_bits, c_bits) = (input.x_bits.max(1), input.y_bits.max(1), input.c_bits.max(1));
        let kind_low = input.field_bits();
        // A field that is not there reads the zero above the word.
        let place = |bits: u32, low: u32| if bits > 0 { low } else { input.width() };
        let (x_low, y_low) = (place(input.x_bits, 0), place(input.y_bits, input.x_bits));
        let c_low = place(input.c_bits, input.x_bits + input.y_bits);
        // A field whose values all lie on the map needs no limit.
        let limit = |bits: u32, field: u32, size: usize| -> Vec<Const> {
            (field > 0 && size < 1 << field).then(|| Const::new(u(bits), size as u64)).into_iter().collect()
        };
        let (channels, rows, columns) = (
            limit(c_bits, input.c_bits, layer.input.c),
            limit(y_bits, input.y_bits, layer.input.h),
            limit(x_bits, input.x_bits, layer.input.w),
        );
        let groups = core.lanes.div_ceil(SEND_GROUP);
        let memory = core.memory_map();
        let loads = memory.iter().count();
        let names = if loads == 1 { written_names(layer) } else { vec![] };
        let is_written = |name: &str| one(names.contains(&name));
        let fixed = |given: usize, name: &str| given * (1 - is_written(name));
        let given = |setting: &Setting| one(setting.per_lane().is_some());
        let some_given = |setting: &Option<Setting>| setting.as_ref().map_or(0, given);
        let w = layer.neuron.membrane.bits;
        let word = |setting: &Setting| setting.per_lane().map(|values| constant_word(w, values));
        let words = |setting: &Setting| word(setting).into_iter().collect::<Vec<_>>();
        let some_words = |setting: &Option<Setting>| setting.as_ref().map_or(vec![], words);
        let parts = |n: usize| (0..n).map(|_| Split::new(w * core.lanes as u32, s(w), core.lanes)).collect::<Vec<_>>();
        let (resets, leaks) = (one(constants.reset.is_some()), one(constants.leak.is_some()));
        let leak_first = one(constants.leak_first);
        let biased = one(layer.neuron.is_biased());
        let counted = one(core.station.is_some());
        ParallelCore {
            doc: core_doc(core),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(input.width())),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(core.output.width())),
            step_done: vec![Default::default(); usize::from(core.on_fabric)],
            sops: Sig::several(counted, u(core.sop_shape().width())),
            load_write: vec![Default::default(); loads],
            load_address: Sig::several(loads, u(memory.map_or(1, |map| map.bits()))),
            load_data: Sig::several(loads, u(DATA_BITS)),
            load_read: Sig::several(loads, u(DATA_BITS)),
            load_exists: vec![Default::default(); loads],

            kind_spike: Const::new(u(2), 0),
            kind_tick: Const::new(u(2), 1),
            kind_tick_last: Const::new(u(2), 2),

            buffer: Skid::new(u(input.width())),
            padded: Sig::new(u(input.width() + 1)),
            kind: Sig::new(u(2)),
            c: Sig::new(u(c_bits)),
            y: Sig::new(u(y_bits)),
            x: Sig::new(u(x_bits)),
            channel_heard: Default::default(),
            row_heard: Default::default(),
            column_heard: Default::default(),
            event_now: Default::default(),
            last_now: Default::default(),
            tick_now: Default::default(),
            go: Default::default(),

            event_0: vec![Flag::new(); map],
            tick_0: vec![Flag::new(); map],
            last_0: vec![Flag::new(); map],
            channel_base: vec![ScaleBy::new(u(c_bits), image.channel_stride as u64, address); map],
            row_base: vec![ScaleBy::new(u(y_bits), image.row_stride as u64, address); map],
            channel_share: Register::several(map, address),
            row_share: Register::several(map, address),

            event_1: Flag::new(),
            tick_1: Flag::new(),
            last_1: Flag::new(),
            address: Register::new(address),
            weights: (0..1 - loads).map(|_| weight_rom(core, &image)).collect(),
            weight_ram: (0..loads).map(|_| weight_ram(core, &image)).collect(),
            loader: memory.iter().map(|map| Loader::new(&core.name, map)).collect(),

            event_2: Flag::new(),
            tick_2: Flag::new(),
            last_2: Flag::new(),
            event_3: vec![Flag::new(); one(core.late_weights)],
            settled: vec![Flag::new(); one(core.late_weights)],
            arrived: Default::default(),
            integrate: Default::default(),
            biased: vec![Flag::new(); biased],
            ready: Default::default(),
            decide: Default::default(),
            first_add: Flag::new(),
            second_add: Flag::new(),
            fire_write: Default::default(),
            clear_write: Default::default(),
            clear: Default::default(),
            subtract: vec![Default::default(); resets],
            leak: vec![Default::default(); leaks],
            weight_parts: Split::new(image.width, s(layer.weight_bits), core.lanes),
            lane: vec![ParallelLane::new(core, &constants); core.lanes],
            spikes: BitJoin::new((groups * SEND_GROUP) as u32),
            sender: ParallelSender::new(core),
            sop_count: (0..counted).map(|_| SopCount::new(&core.name, core.sop_shape())).collect(),

            unsettled: vec![Flag::set(); loads],
            still_unsettled: vec![Flag::set(); loads],
            setting: names.iter().map(|name| WrittenSetting::new(&format!("{}_{name}", core.name), core.lanes, w)).collect(),
            bias_parts: parts(some_given(&constants.bias)),
            fire_parts: parts(fixed(given(&constants.fire_above), "fire_above")),
            over_parts: parts(fixed(given(&constants.over_above), "over_above")),
            reset_parts: parts(fixed(some_given(&constants.reset), "reset")),
            initial_parts: parts(given(&constants.initial)),
            high_parts: parts(fixed(given(&constants.fill_high), "fill_high")),

            _map: map,
            _vector: 1 - map,
            _channel_limits: channels.len(),
            _row_limits: rows.len(),
            _column_limits: columns.len(),
            channels,
            rows,
            columns,
            _lanes: core.lanes,
            _groups: core.lanes / SEND_GROUP,
            _group: SEND_GROUP,
            _tail: core.lanes % SEND_GROUP,
            _spikes: groups * SEND_GROUP,
            _biased: biased,
            _unbiased: 1 - biased,
            _resets: resets,
            _leaks: leaks,
            _reset_first: resets * (1 - leak_first),
            _reset_second: resets * leak_first,
            _leak_first: leaks * leak_first,
            _leak_second: leaks * (1 - leak_first),
            _starts: one(constants.initial.uniform() != Some(0)),
            _bias_given: some_given(&constants.bias),
            _fire_given: fixed(given(&constants.fire_above), "fire_above"),
            _over_given: fixed(given(&constants.over_above), "over_above"),
            _reset_given: fixed(some_given(&constants.reset), "reset"),
            _initial_given: given(&constants.initial),
            initials: words(&constants.initial),
            _high_given: fixed(given(&constants.fill_high), "fill_high"),
            biases: some_words(&constants.bias),
            fire_levels: if loads == 1 { vec![] } else { words(&constants.fire_above) },
            range_tops: if loads == 1 { vec![] } else { words(&constants.over_above) },
            minus_resets: if is_written("reset") == 1 { vec![] } else { some_words(&constants.reset) },
            high_fills: if is_written("fill_high") == 1 { vec![] } else { words(&constants.fill_high) },
            _roms: 1 - loads,
            _loads: loads,
            _weight_columns: memory.map_or(0, |map| one(map.weights.column_bits() > 0)),
            _settings: names.len(),
            _reset_written: is_written("reset"),
            _high_written: is_written("fill_high"),
            _on_fabric: usize::from(core.on_fabric),
            _counted: counted,
            _late: one(core.late_weights),
            _in_time: one(!core.late_weights),
            _kind_low: kind_low,
            _c_low: c_low,
            _c_bits: c_bits,
            _y_low: y_low,
            _y_bits: y_bits,
            _x_low: x_low,
            _x_bits: x_bits,
        }
    }
}

/// One signed constant per lane, lane 0 lowest.
fn constant_word(bits: u32, values: &[i64]) -> Const {
    let mut word = BitWord::new(bits * values.len() as u32);
    for (lane, &value) in values.iter().enumerate() {
        word.set(lane as u32 * bits, bits, value);
    }
    Const::of(Value::from_limbs(u(bits * values.len() as u32), &word.into_limbs()))
}

fn weight_text(core: &CorePlan) -> String {
    format!(
        "Word (c * {} + y) * {} + x: the weights of that input to all {} neurons, signed {} bits, neuron 0 lowest.",
        core.layer.input.h, core.layer.input.w, core.lanes, core.layer.weight_bits
    )
}

fn weight_ram(core: &CorePlan, image: &WeightImage) -> LoadRam {
    LoadRam::new(image.words.len(), image.width, format!("{}_weights", core.name)).gated().documented(|doc| doc.line(weight_text(core)))
}

fn weight_rom(core: &CorePlan, image: &WeightImage) -> Rom {
    let rom = Rom::new(image.words.len(), image.width, format!("{}_weights", core.name), image.words.clone()).gated();
    let rom = if weights_in_logic(core) { rom.in_logic() } else { rom };
    let rom = if core.late_weights { rom.registered() } else { rom };
    rom.documented(|doc| doc.line(weight_text(core)).rust("rtl::plan::image::WeightImage"))
}

fn core_doc(core: &CorePlan) -> Doc {
    let layer = &core.layer;
    let stages = address_stages(layer);
    debug_assert_eq!(layer.neuron.output, Output::Spike);
    Doc::new(format!("{}_core", core.name), format!("Layer {:?} with neurons {:?}: fully connected, all neurons at once.", layer.name, layer.neuron_name))
        .line("Integrates the spikes of a time step, fires at its TICK, sends its spikes and then TICK.")
        .rust("rtl::cores::parallel::core::ParallelCore")
        .checked("integrate")
        .checked("fire_write")
        .checked("clear_write")
        .golden("golden::Engine, this layer")
        .fact("Shape", format!("{} -> {}", layer.input, layer.output))
        .fact("Cycles", format!(
            "event: 1; TICK: {}, and more while the spikes of the step before have not left",
            fire_cycles(core)
        ))
        .latency(format!("event to membrane {} cycles; decision to first spike 3 cycles", stages + 3 + usize::from(core.late_weights)))
        .port("in_data", "{kind, c, y, x}, see docs/link.md")
        .port("in_ready", "room in the buffer; low in reset")
        .port("out_data", "{kind, c}")
        .port("step_done", STEP_DONE)
}
