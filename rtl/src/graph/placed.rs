//! A source's word as the core hears it: the neuron's place in the heard map.

use net::{Origin, Place};

use crate::hdl::prelude::*;
use crate::link::{LinkFormat, Word};
use crate::plan::wiring::Edge;
use crate::plan::CorePlan;

/// Moves the coordinate of a word: channels up by a constant, or any neuron anywhere by a table. No registers.
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
    places: Vec<Table>,
    fields: Vec<Join>,
    word: Join,

    _has_fields: usize,
    _kept: usize,
    _has_c: usize,
    _bounded: usize,
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
    _kind_low: u32,
    _word_kind: usize,
    _word_end: usize,
}

impl Placed {
    /// The `number`-th edge of a core's merge.
    pub fn new(core: &CorePlan, edge: &Edge, number: usize) -> Self {
        let (from, to) = (edge.format, core.input);
        let [x_low, _, c_low, _, kind_low] = from.offsets();
        let width = from.width();
        let one = |present: bool| usize::from(present);
        let by_table = matches!(edge.place, Place::Table(_));
        let first = match edge.place {
            Place::Channels(first) => first,
            Place::Table(_) => 0,
        };
        // Words from outside may lie off the map; between the places of others they must not be heard.
        let outside = matches!(edge.from, Origin::Input(_));
        let bounded = !by_table && outside && !edge.shape.c.is_power_of_two();
        let table_bounded = by_table && outside;
        // Rows and columns stay as they are; the channel is next.
        let kept = to.x_bits + to.y_bits;
        let moved = !by_table && to.c_bits > 0;
        let mut parts = Vec::new();
        if by_table {
            parts.extend([to.x_bits, to.y_bits, to.c_bits].into_iter().filter(|bits| *bits > 0));
        } else {
            parts.extend([kept, to.c_bits].into_iter().filter(|bits| *bits > 0));
        }
        let parts: Vec<Shape> = parts.into_iter().map(u).collect();
        let field_bits: u32 = parts.iter().map(|part| part.width).sum();
        let has_fields = one(!parts.is_empty());
        let columns = parts.len();
        let (c_low, c_bits) = if from.c_bits == 0 { (width, 1) } else { (c_low, from.c_bits) };
        let (table_low, table_bits) = if kind_low == 0 { (width, 1) } else { (0, kind_low) };
        let channel = u(to.c_bits.max(1));
        let word_parts: Vec<Shape> = (has_fields == 1).then(|| u(field_bits)).into_iter().chain([u(2)]).collect();
        let name = format!("{}_from_{number}", core.name);
        let table = by_table.then(|| table(&name, core, edge, table_bits, &parts, table_bounded));
        Placed {
            doc: Doc::new(name, "The coordinate of a word as the core hears it. No registers.")
                .line(match &edge.place {
                    Place::Channels(first) => format!("Channel c of {} becomes channel {first} + c.", edge.shape),
                    Place::Table(_) => format!("Each neuron of {} has a place of its own in {}.", edge.shape, core.layer.input),
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
            kind_value: vec![Const::new(u(2), 3); one(bounded || table_bounded)],
            first_channel: vec![Const::new(channel, first as u64); one(moved)],
            channels: vec![Const::new(u(c_bits), edge.shape.c as u64 & ((1 << c_bits) - 1)); one(bounded)],
            padded: Sig::new(u(width + 1)),
            kind: Sig::new(u(2)),
            kind_now: Sig::new(u(2)),
            sent_channel: Sig::several(one(moved), u(c_bits)),
            channel: Sig::several(one(moved), channel),
            on_map: vec![Default::default(); one(bounded)],
            places: table.into_iter().collect(),
            fields: (0..has_fields).map(|_| Join::of(&parts)).collect(),
            word: Join::of(&word_parts),

            _has_fields: has_fields,
            _kept: one(!by_table && kept > 0),
            _has_c: one(moved),
            _bounded: one(bounded),
            _tables: one(by_table),
            _columns: columns,
            _table_bounded: one(table_bounded),
            _on_map_at: columns,
            _on_map_end: columns + 1,
            // Read even where nothing is kept.
            _kept_bits: if by_table { 1 } else { kept.max(1) },
            _c_at: one(kept > 0),
            _c_end: one(kept > 0) + 1,
            _c_low: c_low,
            _c_bits: c_bits,
            _table_low: table_low.max(x_low),
            _table_bits: table_bits,
            _kind_low: kind_low,
            _word_kind: has_fields,
            _word_end: has_fields + 1,
        }
    }
}

/// Fields as the source sends them to fields as the core hears them; a column `on_map` if words may lie off the source's map.
fn table(name: &str, core: &CorePlan, edge: &Edge, index_bits: u32, parts: &[Shape], bounded: bool) -> Table {
    let to: LinkFormat = core.input;
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
        let heard = core.layer.input;
        let (c, y, x) = heard.coordinate(source.heard(heard, shape.index(word.c, word.y, word.x)));
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
        for i in 0..self._has_fields {
            self.word.part[i].next = self.fields[i].output.val();
        }
        for k in self._word_kind..self._word_end {
            self.word.part[k].next = self.kind_now.val();
        }
        self.out_data.next = self.word.output.val();
    }
}
