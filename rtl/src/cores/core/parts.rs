//! Parts of a core by its plan: widths, delays, memories, and which optional ones there are.

use super::*;
use crate::config::DATA_BITS;
use crate::plan::start;
use crate::plan::image::Source;

impl Core {
    pub fn new(core: &CorePlan) -> Self {
        let p = Pipeline::of(core);
        let params = ParamLayout::of(core);
        let image = WeightImage::of(core);
        let (banks_y, banks_x) = (core.rows.banks, core.columns.banks);
        let banks = banks_y * banks_x;
        let address = u(index_width(core.words()));
        let weight_address = u(index_width(image.words.len()));
        let slot_bits = core.layer.weight_bits * core.lanes as u32;
        let (rotates_y, rotates_x) = core.rotated();
        let (row_turns, column_turns) = core.weight_turns();
        let address_cycle = p.address();
        let sequencer = Sequencer::new(core);
        let units = |rows: bool| AxisUnits {
            what: if rows { "row" } else { "column" },
            position: if rows { core.columns.depth * core.groups } else { core.groups },
            block: if rows { image.row_stride } else { image.column_stride },
            turns: if rows { row_turns } else { column_turns },
            coordinate_bits: if rows { sequencer.row.shape().width } else { sequencer.column.shape().width },
            address_bits: address.width,
            weight_bits: weight_address.width,
            address_cycle,
            slot_cycle: p.weights_wait + if rows { 5 } else { 5 + u32::from(rotates_y) },
            places: core.touched_map,
        };
        let (row_units, column_units) = (units(true), units(false));
        let one = |present: bool| usize::from(present);
        let spiking = core.layer.neuron.output == Output::Spike;
        let group = u(index_width(core.groups));
        let (row, column) = (u(index_width(core.rows.depth)), u(index_width(core.columns.depth)));
        // Neurons that do not exist never hear an event; only a bias or what they start with could make them fire, unless it stands in a
        // memory with a word for each.
        let everywhere = |field| !(params.per_neuron && params.source(field) == Source::Memory);
        let biased = core.layer.neuron.is_biased() && everywhere(Field::Bias);
        let started = start::fires(&core.layer) && everywhere(Field::Initial);
        let masked = spiking && core.is_padded() && (biased || started);
        let counted = one(core.station.is_some());
        let memory = core.memory_map();
        let loads = memory.iter().count();
        let last_groups = counted * one(core.sop_shape().rest.is_some());
        let passes = one(core.passes() > 1);
        let touched = one(core.touched_map);
        let stamps = core.stamps();
        let lazy = one(stamps.is_some());
        let again = one(core.touched_map && stamps.is_none());
        let stamp = u(stamps.map_or(1, |stamps| stamps.bits));
        let param_images = if params.is_empty() { vec![] } else { params.images(core) };
        let param_address = if params.per_neuron { address } else { group };
        let param_word = u(params.word_bits(core.lanes).max(1));
        let param_shapes: Vec<Shape> = params.fields().map(|(_, bits)| u(bits * core.lanes as u32)).collect();
        let n_params = param_images.len();
        let range = |field| params.range(field);
        let [bias, level, reset_by, leak, initial] =
            [Field::Bias, Field::FireLevel, Field::Reset, Field::Leak, Field::Initial].map(range);
        Core {
            doc: core_doc(core, &p),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(core.input.width())),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(core.output.width())),
            step_done: vec![Default::default(); one(core.on_fabric)],
            sops: Sig::several(counted, u(core.sop_shape().width())),
            load_write: vec![Default::default(); loads],
            load_address: Sig::several(loads, u(memory.map_or(1, |map| map.bits()))),
            load_data: Sig::several(loads, u(DATA_BITS)),
            load_read: Sig::several(loads, u(DATA_BITS)),
            load_exists: vec![Default::default(); loads],

            buffer: Skid::new(u(core.input.width())),
            row_lookup: Addresses::new(&core.name, &core.rows, &row_units),
            column_lookup: Addresses::new(&core.name, &core.columns, &column_units),
            channel_base: ScaleBy::new(sequencer.channel.shape(), image.channel_stride as u64, weight_address),
            sequencer,
            channel_offset: Register::new(weight_address),
            group_offset: Register::new(group),
            group_wide: Sig::new(weight_address),
            channel_share: Register::new(weight_address),
            block_share: Register::new(weight_address),
            weight_address: Register::new(weight_address),
            weight_wait: vec![Delay::new(weight_address, p.weights_wait as usize); one(p.weights_wait > 0)],
            weights: (0..1 - loads).map(|_| weight_rom(core, &image)).collect(),
            weight_ram: (0..loads).map(|_| weight_ram(core, &image)).collect(),
            loader: memory.iter().map(|map| Loader::new(&core.name, map)).collect(),
            weight_rows: vec![Split::new(image.width, u(slot_bits * banks_x as u32), banks_y); one(!rotates_y)],
            weight_columns: vec![
                Split::new(slot_bits * banks_x as u32, u(slot_bits), banks_x);
                if rotates_x { 0 } else { banks_y }
            ],
            rotate_rows: (0..one(rotates_y))
                .map(|_| Rotate::new(format!("{}_rotate_rows", core.name), banks_y, slot_bits * banks_x as u32))
                .collect(),
            rotate_columns: (0..if rotates_x { banks_y } else { 0 })
                .map(|_| Rotate::new(format!("{}_rotate_columns", core.name), banks_x, slot_bits))
                .collect(),
            event_at: vec![Flag::new(); address_cycle as usize + 1],
            scan_at: vec![Flag::new(); p.fire_write as usize],
            send_at: vec![Flag::new(); p.send as usize],
            group_late: Delay::new(group, address_cycle as usize),
            bank_group: Sig::new(address),
            scan_word_late: Delay::new(address, address_cycle as usize),
            scan_word_write: Delay::new(address, (p.fire_write - address_cycle) as usize),
            clear_write: BitDelay::new(p.fire_write as usize),
            no_offset: Const::new(address, 0),
            row_share: Register::several(banks_y, address),
            column_share: Register::several(banks_x, address),
            bank_address: Register::several(banks, address),
            bank_accumulate: vec![Flag::new(); banks],
            bank_event: Default::default(),
            bank_scan: Default::default(),
            operand_scan: Default::default(),
            fire_write: Default::default(),
            more_passes: vec![BitDelay::new(p.operand as usize); passes],
            later_pass: vec![BitDelay::new(p.operand as usize); passes],
            // The memory takes its address two cycles before the operand stage's registered word, like the weights'.
            param_address: vec![Delay::new(param_address, 2); one(n_params > 0)],
            param_late: vec![Delay::new(param_word, p.operand as usize - 4); n_params],
            param_fields: (0..n_params).map(|_| Split::of(&param_shapes)).collect(),
            param_ram: if loads == 1 { param_rams(core, &params, &param_images) } else { vec![] },
            param: if loads == 1 { vec![] } else { param_roms(core, &params, param_images) },
            bank: vec![Bank::new(core, &params); banks],
            send_row: Delay::new(row, p.send as usize),
            send_column: Delay::new(column, p.send as usize),
            send_group: Delay::new(group, p.send as usize),
            send_end: BitDelay::new(p.send as usize),
            send_last: BitDelay::new(p.send as usize),
            sending: Default::default(),
            spikes: vec![Join::new(u(core.lanes as u32), banks); one(spiking)],
            no_spikes: vec![Const::new(u(core.lanes as u32), 0); one(masked)],
            row_valid: (0..one(masked)).map(|_| valid_table(core, "row", &core.rows)).collect(),
            column_valid: (0..one(masked)).map(|_| valid_table(core, "column", &core.columns)).collect(),
            spike_sender: (0..one(spiking)).map(|_| SpikeSender::new(core)).collect(),
            value_sender: (0..one(!spiking)).map(|_| ValueSender::new(core)).collect(),
            touched: (0..touched).map(|_| TouchedMap::new(core)).collect(),
            now: vec![ResetRegister::new(stamp, 0); lazy],
            next_step: vec![Const::new(stamp, 1); lazy],
            step_ends: vec![BitDelay::new(p.fire_write as usize); lazy],
            map_fired: vec![BitRegister::new(); again],
            map_row: Register::several(again, row),
            map_column: Register::several(again, column),
            map_row_end: vec![BitDelay::new(p.fire_write as usize); again],
            sop_count: (0..counted).map(|_| SopCount::new(&core.name, core.sop_shape())).collect(),
            last_group: vec![Const::new(group, core.groups as u64 - 1); last_groups],

            _several_columns: one(core.columns.depth > 1),
            _banks_y: banks_y,
            _banks_x: banks_x,
            _banks: banks,
            _rotates_y: one(rotates_y),
            _straight_y: one(!rotates_y),
            _rotates_x: one(rotates_x),
            _straight_x: one(!rotates_x),
            _last_event: address_cycle as usize + 1,
            _last_scan: p.fire_write as usize,
            _last_send: p.send as usize,
            _address_at: address_cycle as usize - 1,
            _operand_at: p.operand as usize - 1,
            _write_at: p.fire_write as usize - 1,
            _send_at: p.send as usize - 1,
            _passes: passes,
            _params: n_params,
            _param_roms: n_params * (1 - loads),
            _param_rams: n_params * loads,
            _weight_roms: 1 - loads,
            _loads: loads,
            _weight_columns: one(memory.is_some_and(|map| map.weights.column_bits() > 0)),
            _param_columns: one(memory.and_then(|map| map.constants).is_some_and(|constants| constants.column_bits() > 0)),
            _param_by_word: one(n_params > 0 && params.per_neuron),
            _param_by_group: one(n_params > 0 && !params.per_neuron),
            _initial_from: initial.start,
            _initial_to: initial.end,
            _bias_from: bias.start,
            _bias_to: bias.end,
            _level_from: level.start,
            _level_to: if spiking { level.end } else { level.start },
            _reset_from: reset_by.start,
            _reset_to: if spiking { reset_by.end } else { reset_by.start },
            _leak_from: leak.start,
            _leak_to: leak.end,
            _spiking: one(spiking),
            _showing: one(!spiking),
            _masked: one(masked),
            _unmasked: one(spiking && !masked),
            _touched: touched,
            _on_fabric: one(core.on_fabric),
            _counted: counted,
            _last_groups: last_groups,
            _again: again,
            _lazy: lazy,
            _weights_wait: one(p.weights_wait > 0),
            _weights_go: one(p.weights_wait == 0),
        }
    }
}
