//! Parts of a sequencer by its core's plan: widths, limits, and which optional ones there are.

use super::*;

impl Sequencer {
    pub fn new(core: &CorePlan) -> Self {
        let format: LinkFormat = core.input;
        let [x_low, y_low, c_low, _, kind_low] = format.offsets();
        let width = format.width();
        // A field that the map does not have is read from a bit above the word, which is always 0.
        let place = |low: u32, bits: u32| if bits == 0 { (width, 1) } else { (low, bits) };
        let (column_low, column_bits) = place(x_low, format.x_bits);
        let (row_low, row_bits) = place(y_low, format.y_bits);
        let (channel_low, channel_bits) = place(c_low, format.c_bits);
        let (row_iterations, column_iterations) =
            (u(iteration_width(&core.rows)), u(iteration_width(&core.columns)));
        let group = u(index_width(core.groups));
        let word = u(index_width(core.words()));
        let (scan_row, scan_column) = (u(index_width(core.rows.depth)), u(index_width(core.columns.depth)));
        let pipeline = Pipeline::of(core);
        let drain = u(4);
        let passes = core.passes();
        let pass = u(index_width(passes as usize));
        let several = usize::from(passes > 1);
        let row_span = Span::of(format!("{}_row_span", core.name), &core.rows, "row");
        let column_span = Span::of(format!("{}_column_span", core.name), &core.columns, "column");
        let channels = core.layer.input.c;
        let grouped = matches!(&core.layer.synapses, Synapses::Conv2d(conv) if conv.groups > 1);
        let group_span: Vec<Table> = if grouped {
            let rows = (0..channels).map(|c| core.group_range(c)).map(|(a, b)| vec![a as u64, b as u64]).collect();
            let columns = [("first", group), ("last", group)];
            vec![Table::new(format!("{}_group_span", core.name), channel_bits, &columns, rows, vec![]).documented(|doc| {
                doc.line("Memory words that an event of an input channel touches at each position.")
                    .rust("rtl::cores::sequencer::Sequencer")
                    .port("input", "input channel")
            })]
        } else {
            vec![]
        };
        let constant = |shape: Shape, value: usize| Const::new(shape, value as i64);
        let some = |shape: Shape, value: Option<usize>| value.map(|v| constant(shape, v)).into_iter().collect::<Vec<_>>();
        let (row_limit, column_limit) = (row_span.limit(), column_span.limit());
        let channel_limit = (!channels.is_power_of_two()).then_some(channels);
        let (row_even, column_even) = (row_span.last(), column_span.last());
        let (row_span, column_span) = (row_span.tables(), column_span.tables());
        let one = |present: bool| usize::from(present);
        // With one position the groups are the words.
        let positions = core.rows.depth * core.columns.depth;
        let touched = one(core.touched_map);
        let touched_positions = if positions > 1 { touched } else { 0 };
        let stamps = core.stamps().filter(|_| core.touched_map);
        let sweeps = one(stamps.is_some());
        let again = touched - sweeps;
        let sweep = stamps.map_or(1, |stamps| stamps.sweep);
        let touched_steps = u(index_width(sweep));
        Sequencer {
            doc: sequencer_doc(core, &pipeline),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(width)),
            sender_full: Default::default(),
            clearing_now: Default::default(),
            event_valid: Default::default(),
            channel: Sig::new(u(channel_bits)),
            row: Sig::new(u(row_bits)),
            column: Sig::new(u(column_bits)),
            row_iteration: Sig::new(row_iterations),
            column_iteration: Sig::new(column_iterations),
            group: Sig::new(group),
            group_offset: Sig::new(group),
            scan: Default::default(),
            clear: Default::default(),
            send: Default::default(),
            scan_word: Sig::new(word),
            scan_row: Sig::new(scan_row),
            scan_column: Sig::new(scan_column),
            scan_group: Sig::new(group),
            end_step: Default::default(),
            end_sample: Default::default(),
            more_passes: vec![Default::default(); several],
            later_pass: vec![Default::default(); several],
            touched_ready: vec![Default::default(); touched],
            touched_row: Sig::several(touched, scan_row),
            touched_column: Sig::several(touched, scan_column),
            touched_row_end: vec![Default::default(); again],
            touched_last: vec![Default::default(); touched],
            touched_nothing: vec![Default::default(); touched],
            touched_tick: vec![Default::default(); touched],
            touched_take: vec![Default::default(); touched],
            wide: vec![Default::default(); touched],
            row_end: vec![Default::default(); again],
            scan_ends: vec![Default::default(); again],
            step_done: vec![Default::default(); one(core.on_fabric)],

            kind_spike: constant(u(2), 0),
            kind_tick: constant(u(2), 1),
            kind_tick_last: constant(u(2), 2),
            first_iteration_row: constant(row_iterations, 0),
            next_iteration_row: constant(row_iterations, 1),
            first_iteration_column: constant(column_iterations, 0),
            next_iteration_column: constant(column_iterations, 1),
            first_group: constant(group, 0),
            next_group: constant(group, 1),
            final_group: constant(group, core.groups - 1),
            first_word: constant(word, 0),
            next_word: constant(word, 1),
            final_word: constant(word, core.words() - 1),
            first_row: constant(scan_row, 0),
            next_row: constant(scan_row, 1),
            first_column: constant(scan_column, 0),
            next_column: constant(scan_column, 1),
            final_column: constant(scan_column, core.columns.depth - 1),
            only_iteration_row: some(row_iterations, row_even),
            only_iteration_column: some(column_iterations, column_even),
            rows: some(u(row_bits), row_limit),
            columns: some(u(column_bits), column_limit),
            channels: some(u(channel_bits), channel_limit),
            drain_done: constant(drain, 0),
            drain_step: constant(drain, 1),
            drain_scan: constant(drain, pipeline.drain_scan(core) as usize),
            first_pass: vec![constant(pass, 0); several],
            next_pass: vec![constant(pass, 1); several],
            final_pass: vec![constant(pass, passes as usize - 1); several],
            first_touched: vec![constant(touched_steps, 0); sweeps],
            next_touched: vec![constant(touched_steps, 1); sweeps],
            final_touched: vec![constant(touched_steps, sweep - 1); sweeps],

            padded: Sig::new(u(width + 1)),
            kind: Sig::new(u(2)),
            channel_now: Sig::new(u(channel_bits)),
            row_now: Sig::new(u(row_bits)),
            column_now: Sig::new(u(column_bits)),
            row_last: Sig::new(row_iterations),
            column_last: Sig::new(column_iterations),
            group_from: Sig::new(group),
            group_to: Sig::new(group),
            row_heard: Default::default(),
            column_heard: Default::default(),
            channel_heard: Default::default(),
            heard: Default::default(),

            spike_here: Default::default(),
            last_here: Default::default(),
            tick_here: Default::default(),
            other_here: Default::default(),
            drained: Default::default(),
            event_go: Default::default(),
            scan_go: Default::default(),
            wide_here: vec![Default::default(); touched],
            sweep_here: vec![Default::default(); sweeps],
            position_end: vec![Default::default(); touched],
            touched_row_base: vec![ScaleBy::new(scan_row, (core.columns.depth * core.groups) as u64, word); touched_positions],
            touched_column_base: vec![ScaleBy::new(scan_column, core.groups as u64, word); touched_positions],
            touched_group: Sig::several(touched_positions, word),
            group_done: Default::default(),
            column_done: Default::default(),
            row_done: Default::default(),
            event_done: Default::default(),
            pass_end: Default::default(),
            in_final_pass: Default::default(),
            step_end: Default::default(),

            clearing: Flag::set(),
            drain: ResetRegister::new(drain, 0),
            row_count: ResetRegister::new(row_iterations, 0),
            column_count: ResetRegister::new(column_iterations, 0),
            group_count: ResetRegister::new(group, 0),
            word_count: ResetRegister::new(word, 0),
            scan_row_count: vec![ResetRegister::new(scan_row, 0); one(positions > 1)],
            scan_column_count: vec![ResetRegister::new(scan_column, 0); one(positions > 1)],
            scan_group_count: vec![ResetRegister::new(group, 0); one(positions > 1)],
            pass_count: vec![ResetRegister::new(pass, 0); several],
            touched_count: vec![ResetRegister::new(touched_steps, 0); sweeps],

            _row_spans: row_span.len(),
            _row_limits: one(row_limit.is_some()),
            _row_free: one(row_even.is_some() && row_limit.is_none()),
            _row_even: one(row_even.is_some()),
            _column_spans: column_span.len(),
            _column_limits: one(column_limit.is_some()),
            _column_free: one(column_even.is_some() && column_limit.is_none()),
            _column_even: one(column_even.is_some()),
            _group_spans: group_span.len(),
            _group_even: one(!grouped),
            _channel_limits: one(channel_limit.is_some()),
            _channel_free: one(channel_limit.is_none()),
            row_span,
            column_span,
            group_span,
            _one_position: one(positions == 1),
            _positions: one(positions > 1),
            _passes: several,
            _one_pass: one(several == 0),
            _touched: touched,
            _on_fabric: one(core.on_fabric),
            _again: again,
            _sweeps: sweeps,
            _no_sweeps: 1 - sweeps,
            _again_one_position: if positions > 1 { 0 } else { again },
            _again_positions: if positions > 1 { again } else { 0 },
            _touched_one_position: touched - touched_positions,
            _touched_positions: touched_positions,
            _kind_low: kind_low,
            _channel_low: channel_low,
            _channel_bits: channel_bits,
            _row_low: row_low,
            _row_bits: row_bits,
            _column_low: column_low,
            _column_bits: column_bits,
        }
    }
}
