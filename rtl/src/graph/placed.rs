//! A source's word as it is heard: the neuron's place in the heard map.

use net::{MapShape, Origin, Place, NOWHERE};

use hdl::prelude::*;
use crate::link::{index_bits, LinkFormat, Word};
use crate::plan::wiring::Edge;
use crate::plan::CorePlan;

/// Who hears a source: a core, or the chip's edge.
pub struct Hearer<'a> {
    /// What the names of its blocks begin with.
    pub name: &'a str,
    /// The map that it hears.
    pub map: MapShape,
    /// Words of that map.
    pub format: LinkFormat,
}

impl Hearer<'_> {
    pub fn of(core: &CorePlan) -> Hearer<'_> {
        Hearer { name: &core.name, map: core.layer.input, format: core.input }
    }
}

/// Moves the coordinate of a word: channels and rows by a constant, or any neuron anywhere by a table. A word that is not heard becomes a VALUE. No
/// registers.
#[derive(Clone, Debug, LogicBlock)]
pub struct Placed {
    doc: Doc,
    pub in_data: Sig<In>,
    pub out_data: Sig<Out>,
    pub tick: Signal<Out, Bit>,

    kind_tick: Const,
    kind_tick_last: Const,
    kind_value: Vec<Const>,
    first_channel: Vec<Const>,
    channels: Vec<Const>,
    padded: Sig<Local>,
    kind: Sig<Local>,
    kind_now: Sig<Local>,
    sent_channel: Vec<Sig<Local>>,
    channel: Vec<Sig<Local>>,
    on_map: Vec<Signal<Local, Bit>>,
    sent_row: Vec<Sig<Local>>,
    first_row: Vec<Const>,
    row: Vec<Sig<Local>>,
    row_parts: Vec<Split>,
    rows: Vec<Const>,
    on_rows: Vec<Signal<Local, Bit>>,
    places: Vec<Table>,
    fields: Vec<Join>,
    word: Join,

    _has_fields: usize,
    _kept: usize,
    _has_c: usize,
    _bounded: usize,
    _moved_rows: usize,
    _rows_bounded: usize,
    _y_at: usize,
    _y_end: usize,
    _y_low: u32,
    _y_bits: u32,
    _tables: usize,
    _columns: usize,
    _table_bounded: usize,
    _on_map_at: usize,
    _on_map_end: usize,
    _kept_bits: u32,
    _c_at: usize,
    _c_end: usize,
    _c_low: u32,
    _c_bits: u32,
    _table_low: u32,
    _table_bits: u32,
    _payload_at: usize,
    _payload_end: usize,
    _payload_low: u32,
    _payload_bits: u32,
    _kind_low: u32,
    _word_kind: usize,
    _word_end: usize,
}

impl Placed {
    /// The `number`-th edge into `hearer`.
    pub fn new(hearer: &Hearer, edge: &Edge, number: usize) -> Self {
        let (from, to) = (edge.format, hearer.format);
        let [x_low, y_low, c_low, payload_low, kind_low] = from.offsets();
        let width = from.width();
        let one = |present: bool| usize::from(present);
        let by_table = matches!(edge.place, Place::Table(_));
        let (first, first_row) = match &edge.place {
            Place::Channels(first) => (*first, None),
            Place::Table(_) => (0, None),
            Place::Moved(moved) => (moved.channels, Some(moved.rows)),
        };
        // Words from outside may lie off the map; between the places of others they must not be heard.
        let outside = matches!(edge.from, Origin::Input(_));
        let bounded = !by_table && outside && !edge.shape.c.is_power_of_two();
        let table_bounded = by_table && may_drop(hearer, edge);
        // Rows that are moved: as wide as no sum runs over. One below 0 is above all rows.
        let rows_bounded = first_row.is_some() && may_drop(hearer, edge);
        let moved_by = first_row.unwrap_or(0);
        let most = (moved_by + (1 << from.y_bits)).max(hearer.map.h as i64) + (-moved_by).max(0);
        let row_bits = index_bits(most as usize + 1);
        let row_parts: Vec<Shape> = [to.y_bits, row_bits - to.y_bits].into_iter().filter(|bits| *bits > 0).map(u).collect();
        let first_row_bits = moved_by as u64 & ((1 << row_bits) - 1);
        let moved_row = first_row.is_some() && to.y_bits > 0;
        // Columns, and rows unless they are moved, stay as they are; the row or the channel is next.
        let kept = if first_row.is_some() { to.x_bits } else { to.x_bits + to.y_bits };
        let moved = !by_table && to.c_bits > 0;
        let mut parts = Vec::new();
        if by_table {
            parts.extend([to.x_bits, to.y_bits, to.c_bits].into_iter().filter(|bits| *bits > 0));
        } else {
            let row = if moved_row { to.y_bits } else { 0 };
            parts.extend([kept, row, to.c_bits].into_iter().filter(|bits| *bits > 0));
        }
        let payload_at = parts.len();
        parts.extend((to.payload_bits > 0).then_some(to.payload_bits));
        let parts: Vec<Shape> = parts.into_iter().map(u).collect();
        let field_bits: u32 = parts.iter().map(|part| part.width).sum();
        let has_fields = one(!parts.is_empty());
        let columns = payload_at;
        let (y_low, y_bits) = if from.y_bits == 0 { (width, 1) } else { (y_low, from.y_bits) };
        let (c_low, c_bits) = if from.c_bits == 0 { (width, 1) } else { (c_low, from.c_bits) };
        let (table_low, table_bits) = if payload_low == 0 { (width, 1) } else { (0, payload_low) };
        let channel = u(to.c_bits.max(1));
        let word_parts: Vec<Shape> = (has_fields == 1).then(|| u(field_bits)).into_iter().chain([u(2)]).collect();
        let name = format!("{}_from_{number}", hearer.name);
        let table = by_table.then(|| table(&name, hearer, edge, table_bits, &parts, table_bounded));
        Placed {
            doc: Doc::new(name, "The coordinate of a word as the core hears it. No registers.")
                .line(match &edge.place {
                    Place::Channels(first) => format!("Channel c of {} becomes channel {first} + c.", edge.shape),
                    Place::Moved(moved) => format!(
                        "Channel c of {} becomes channel {} + c, row y becomes row {} + y; what is not in rows 0 to {} is not heard.",
                        edge.shape,
                        moved.channels,
                        moved.rows,
                        hearer.map.h - 1
                    ),
                    Place::Table(_) => format!("Each neuron of {} has a place of its own in {}.", edge.shape, hearer.map),
                })
                .rust("rtl::graph::placed::Placed")
                .golden("golden::Engine (places of a source)")
                .latency("none")
                .port("out_data", "fields without meaning with a TICK")
                .port("tick", "the word is a TICK or a TICK_LAST"),
            in_data: Sig::new(u(width)),
            out_data: Sig::new(u(to.width())),
            tick: Default::default(),
            kind_tick: Const::new(u(2), 1),
            kind_tick_last: Const::new(u(2), 2),
            kind_value: vec![Const::new(u(2), 3); one(bounded || table_bounded || rows_bounded)],
            first_channel: vec![Const::new(channel, first as u64); one(moved)],
            channels: vec![Const::new(u(c_bits), edge.shape.c as u64 & ((1 << c_bits) - 1)); one(bounded)],
            padded: Sig::new(u(width + 1)),
            kind: Sig::new(u(2)),
            kind_now: Sig::new(u(2)),
            sent_channel: Sig::several(one(moved), u(c_bits)),
            channel: Sig::several(one(moved), channel),
            on_map: vec![Default::default(); one(bounded)],
            sent_row: Sig::several(one(first_row.is_some()), u(y_bits)),
            first_row: vec![Const::new(u(row_bits), first_row_bits); one(first_row.is_some())],
            row: Sig::several(one(first_row.is_some()), u(row_bits)),
            row_parts: (0..one(moved_row)).map(|_| Split::of(&row_parts)).collect(),
            rows: vec![Const::new(u(row_bits), hearer.map.h as u64); one(rows_bounded)],
            on_rows: vec![Default::default(); one(rows_bounded)],
            places: table.into_iter().collect(),
            fields: (0..has_fields).map(|_| Join::of(&parts)).collect(),
            word: Join::of(&word_parts),

            _has_fields: has_fields,
            _kept: one(!by_table && kept > 0),
            _has_c: one(moved),
            _bounded: one(bounded),
            _moved_rows: one(first_row.is_some()),
            _rows_bounded: one(rows_bounded),
            _y_at: one(kept > 0),
            _y_end: one(kept > 0) + one(moved_row),
            _y_low: y_low,
            _y_bits: y_bits,
            _tables: one(by_table),
            _columns: columns,
            _table_bounded: one(table_bounded),
            _on_map_at: columns,
            _on_map_end: columns + 1,
            // Read even where nothing is kept.
            _kept_bits: if by_table { 1 } else { kept.max(1) },
            _c_at: one(kept > 0) + one(moved_row),
            _c_end: one(kept > 0) + one(moved_row) + 1,
            _c_low: c_low,
            _c_bits: c_bits,
            _table_low: table_low.max(x_low),
            _table_bits: table_bits,
            _payload_at: payload_at,
            _payload_end: parts.len(),
            // Read even where there is none.
            _payload_low: if to.payload_bits > 0 { payload_low } else { 0 },
            _payload_bits: to.payload_bits.max(1),
            _kind_low: kind_low,
            _word_kind: has_fields,
            _word_end: has_fields + 1,
        }
    }
}

/// Whether a word of `edge` may come that `hearer` does not hear; beside channels that a constant moves.
fn may_drop(hearer: &Hearer, edge: &Edge) -> bool {
    // Words from outside may lie off the map.
    let outside = matches!(edge.from, Origin::Input(_));
    match &edge.place {
        Place::Channels(_) => false,
        Place::Table(table) => outside || table.contains(&NOWHERE),
        Place::Moved(moved) => outside || moved.rows < 0 || moved.rows + edge.shape.h as i64 > hearer.map.h as i64,
    }
}

/// Whether `hearer` hears only some words of `edge`, and the others are to go no further.
pub fn hears_some(hearer: &Hearer, edge: &Edge) -> bool {
    match &edge.place {
        Place::Channels(_) => false,
        Place::Table(table) => table.contains(&NOWHERE),
        Place::Moved(_) => may_drop(hearer, edge),
    }
}

/// Fields as the source sends them to fields as the core hears them; a column `on_map` if words may come that are not heard.
fn table(name: &str, hearer: &Hearer, edge: &Edge, index_bits: u32, parts: &[Shape], bounded: bool) -> Table {
    let to = hearer.format;
    let names = [("x", to.x_bits), ("y", to.y_bits), ("c", to.c_bits)];
    let names = names.into_iter().filter(|(_, bits)| *bits > 0).map(|(name, _)| name);
    let mut columns: Vec<(&str, Shape)> = names.zip(parts.iter().copied()).collect();
    if bounded {
        columns.push(("on_map", u(1)));
    }
    let highest = edge.shape.coordinate(edge.shape.len() - 1);
    let last = edge.format.encode_link(Word::spike(highest));
    let rows = (0..=last).map(|fields| {
        let word = edge.format.decode_link(fields);
        let shape = edge.shape;
        let inside = word.c < shape.c && word.y < shape.h && word.x < shape.w;
        if !inside {
            return vec![0; columns.len()];
        }
        let source = net::Source {
            from: edge.from,
            delay: 0,
            place: edge.place.clone(),
        };
        let heard = hearer.map;
        let Some(place) = source.heard(heard, shape.index(word.c, word.y, word.x)) else {
            return vec![0; columns.len()];
        };
        let (c, y, x) = heard.coordinate(place);
        let values = [(x, to.x_bits), (y, to.y_bits), (c, to.c_bits)];
        let mut row: Vec<u64> = values.into_iter().filter(|(_, bits)| *bits > 0).map(|(value, _)| value as u64).collect();
        if bounded {
            row.push(1);
        }
        row
    });
    Table::new(format!("{name}_places"), index_bits, &columns, rows.collect(), vec![]).documented(|doc| {
        doc.line("Where each neuron of the source stands in what the core hears.")
            .rust("rtl::graph::placed::Placed")
            .port("input", "{c, y, x} of the source")
    })
}

impl Logic for Placed {
    #[hdl_gen]
    fn update(&mut self) {
        self.padded.next = bit_cast_to(self.in_data.val(), self.padded.shape().width);
        self.kind.next = bit_cast_slice(self.padded.val(), self._kind_low, 2);
        self.tick.next = (self.kind.val() == self.kind_tick.val()) | (self.kind.val() == self.kind_tick_last.val());
        self.kind_now.next = self.kind.val();
        for i in 0..self._kept {
            self.fields[0].part[i].next = bit_cast_slice(self.padded.val(), 0, self._kept_bits);
        }
        for i in 0..self._has_c {
            self.sent_channel[i].next = bit_cast_slice(self.padded.val(), self._c_low, self._c_bits);
            self.channel[i].next =
                unsigned_cast_to(self.sent_channel[i].val(), self.channel[i].shape().width) + self.first_channel[i].val();
            for k in self._c_at..self._c_end {
                self.fields[0].part[k].next = self.channel[i].val();
            }
        }
        for i in 0..self._bounded {
            self.on_map[i].next = bit_cast_slice(self.padded.val(), self._c_low, self._c_bits) < self.channels[i].val();
            if !self.tick.val() & !self.on_map[i].val() {
                self.kind_now.next = self.kind_value[i].val();
            }
        }
        for i in 0..self._moved_rows {
            self.sent_row[i].next = bit_cast_slice(self.padded.val(), self._y_low, self._y_bits);
            self.row[i].next = unsigned_cast_to(self.sent_row[i].val(), self.row[i].shape().width) + self.first_row[i].val();
            for k in self._y_at..self._y_end {
                self.row_parts[i].input.next = self.row[i].val();
                self.fields[0].part[k].next = self.row_parts[i].part[0].val();
            }
        }
        for i in 0..self._rows_bounded {
            self.on_rows[i].next = self.row[i].val() < self.rows[i].val();
            if !self.tick.val() & !self.on_rows[i].val() {
                self.kind_now.next = self.kind_value[i].val();
            }
        }
        for i in 0..self._tables {
            self.places[i].input.next = bit_cast_slice(self.padded.val(), self._table_low, self._table_bits);
            for k in 0..self._columns {
                self.fields[0].part[k].next = self.places[i].output[k].val();
            }
            for j in 0..self._table_bounded {
                for k in self._on_map_at..self._on_map_end {
                    if !self.tick.val() & !self.places[i].output[k].val().any() {
                        self.kind_now.next = self.kind_value[j].val();
                    }
                }
            }
        }
        for k in self._payload_at..self._payload_end {
            self.fields[0].part[k].next = bit_cast_slice(self.padded.val(), self._payload_low, self._payload_bits);
        }
        for i in 0..self._has_fields {
            self.word.part[i].next = self.fields[i].output.val();
        }
        for k in self._word_kind..self._word_end {
            self.word.part[k].next = self.kind_now.val();
        }
        self.out_data.next = self.word.output.val();
    }
}
