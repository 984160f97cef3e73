//! Addresses of one axis: which banks an iteration serves, where in them, and where its weights stand.

use hdl::prelude::*;
use hdl::{choice, ports};
use crate::link::index_bits;
use crate::plan::axis::Axis;
use crate::plan::image::AxisTable;

use super::span::iteration_width;

ports! {
    /// An event's coordinate on one axis, and where it leads.
    pub struct AxisPorts {
        pub clock: Signal<In, Clock>,
        pub coordinate: Sig<In>,
        pub iteration: Sig<In>,
        pub weight_offset: Sig<Out>,
        pub used: Vec<Signal<Out, Bit>>,
        pub offset: Vec<Sig<Out>>,
        pub slot: Vec<Sig<Out>>,
        pub place_used: Vec<Signal<Out, Bit>>,
        pub place: Vec<Sig<Out>>,
    }
}

choice! {
    /// The addresses of one axis of a layer.
    pub enum Addresses: AxisPorts {
        /// Events and neurons have many places: a table says which meet.
        Table(AxisLookup),
        /// Both have one: they meet.
        Single(SinglePosition),
    }
}

impl Addresses {
    pub fn new(core_name: &str, axis: &Axis, units: &AxisUnits) -> Self {
        let shape = &axis.shape;
        match [shape.raw, shape.outputs, shape.kernel, axis.banks] == [1; 4] && shape.padding + shape.pool_padding == 0 {
            true => Addresses::Single(SinglePosition::new(axis, units)),
            false => Addresses::Table(AxisLookup::new(core_name, axis, units)),
        }
    }
}

/// An axis along which input and output have one position: no address needs it.
#[derive(Clone, Debug, LogicBlock)]
pub struct SinglePosition {
    doc: Doc,
    ports: AxisPorts,
    _place_bits: u32,
}

impl SinglePosition {
    fn new(axis: &Axis, units: &AxisUnits) -> Self {
        SinglePosition {
            doc: Doc::new("", format!("One {}", units.what)).inline(),
            ports: AxisPorts::new(axis, units),
            _place_bits: index_width(axis.depth),
        }
    }
}

impl Logic for SinglePosition {
    #[hdl_gen]
    fn update(&mut self) {
        self.weight_offset.next = bits_const(0, self.weight_offset.shape().width);
        self.used[0].next = true;
        self.offset[0].next = bits_const(0, self.offset[0].shape().width);
        for b in 0..self.place.len() {
            self.place_used[b].next = true;
            self.place[b].next = bits_const(0, self._place_bits);
        }
    }
}

impl AxisPorts {
    fn new(axis: &Axis, units: &AxisUnits) -> Self {
        let banks = axis.banks;
        let places = if units.places { banks } else { 0 };
        AxisPorts {
            clock: Default::default(),
            coordinate: Sig::new(u(units.coordinate_bits)),
            iteration: Sig::new(u(iteration_width(axis))),
            weight_offset: Sig::new(u(units.weight_bits)),
            used: vec![Default::default(); banks],
            offset: Sig::several(banks, u(units.address_bits)),
            slot: Sig::several(if banks > units.turns { banks } else { 0 }, u(index_width(banks))),
            place_used: vec![Default::default(); places],
            place: Sig::several(places, u(index_width(axis.depth))),
        }
    }
}

/// A table over {coordinate, iteration}, its columns delayed to where the pipeline wants them.
#[derive(Clone, Debug, LogicBlock)]
pub struct AxisLookup {
    doc: Doc,
    ports: AxisPorts,
    taps: Table,
    row_number: Join,
    weight: Register,
    used_delay: Vec<Delay>,
    offset_delay: Vec<Delay>,
    slot_delay: Vec<Delay>,
    place_used_late: Vec<BitRegister>,
    place_late: Vec<Register>,
    _iterated: usize,
    _coordinate_at: usize,
    _coordinate_end: usize,
    _banks: usize,
    _rotated: usize,
    _straight: usize,
    _places: usize,
    _rotated_places: usize,
    _straight_places: usize,
    _first_place: usize,
}

/// What an axis's offsets count in.
pub struct AxisUnits {
    /// `row` or `column`.
    pub what: &'static str,
    /// Words per row (column) of a bank.
    pub position: usize,
    /// Words per turn of a weight block.
    pub block: usize,
    /// Copies of a weight block, one for each turn of the banks, or one.
    pub turns: usize,
    /// Width of the coordinate field.
    pub coordinate_bits: u32,
    /// Width of a bank address.
    pub address_bits: u32,
    /// Width of a weight address.
    pub weight_bits: u32,
    /// Cycle that adds the offsets to a bank address.
    pub address_cycle: u32,
    /// Cycle that selects slots.
    pub slot_cycle: u32,
    /// Whether a touched map wants the banks' rows (columns), too.
    pub places: bool,
}

impl AxisLookup {
    pub fn new(core_name: &str, axis: &Axis, units: &AxisUnits) -> Self {
        let table = AxisTable::of(axis);
        let banks = axis.banks;
        let rotated = banks > units.turns;
        let (offset, slot) = (u(units.address_bits), u(index_width(banks)));
        let mut names = vec!["weight_offset".to_string()];
        let mut shapes = vec![u(units.weight_bits)];
        for b in 0..banks {
            names.extend([format!("used_{b}"), format!("offset_{b}")]);
            shapes.extend([u(1), offset]);
            if rotated {
                names.push(format!("slot_{b}"));
                shapes.push(slot);
            }
        }
        let places = if units.places { banks } else { 0 };
        let place = u(index_width(axis.depth));
        names.extend((0..places).map(|b| format!("place_{b}")));
        shapes.extend(vec![place; places]);
        let rows = table.rows.iter().map(|row| {
            let turn = if units.turns > 1 { row.turn } else { 0 };
            let mut cells = vec![((row.block * units.turns + turn) * units.block) as u64];
            for &(used, position, slot) in &row.banks {
                cells.extend([u64::from(used), (position * units.position) as u64]);
                if rotated {
                    cells.push(slot as u64);
                }
            }
            cells.extend(row.banks.iter().take(places).map(|&(_, position, _)| position as u64));
            cells
        });
        let columns: Vec<(&str, Shape)> = names.iter().map(String::as_str).zip(shapes).collect();
        let comments = table.rows.iter().enumerate().map(|(i, row)| {
            format!("{} {}: {}", units.what, i >> table.iteration_bits, row.comment)
        });
        let iteration = iteration_width(axis);
        let iterated = index_bits(axis.most_iterations()) > 0;
        let coordinate = u(units.coordinate_bits);
        let parts = if iterated { vec![u(iteration), coordinate] } else { vec![coordinate] };
        let table_width = parts.iter().map(|p| p.width).sum();
        let what = units.what;
        let delay = |shape: Shape, cycles: u32| vec![Delay::new(shape, cycles as usize); banks];
        AxisLookup {
            doc: Doc::new(format!("{core_name}_{what}s"), format!("Where an event's {what} leads: banks and weights."))
                .line(format!(
                    "Output {what} o lives in bank floor(o / {}) mod {banks}; {} taps in blocks of {banks}.",
                    axis.spacing, axis.shape.kernel
                ))
                .rust("rtl::cores::lookup::AxisLookup")
                .golden("golden::Engine (taps of a coordinate)")
                .latency(format!("weight_offset 1 cycle, offset {}, used {} cycles", units.address_cycle, units.address_cycle + 1))
                .port("coordinate", format!("input {what} of the event (cycle 0)"))
                .port("iteration", "which of its iterations (cycle 0)")
                .port("weight_offset", "share of the weight address (cycle 1)")
                .port("used", "this bank has a tap")
                .port("offset", "share of this bank's address")
                .port("slot", "slot of the weight word that this bank takes")
                .port("place_used", "this bank has a tap (cycle 1)")
                .port("place", format!("{what} in the bank (cycle 1)")),
            ports: AxisPorts::new(axis, units),
            taps: Table::new(format!("{core_name}_{what}_table"), table_width, &columns, rows.collect(), comments.collect())
                .documented(|doc| {
                    doc.line(format!(
                        "Row: {{input {what}, iteration ({} bits)}}. Offsets count memory words.",
                        index_bits(axis.most_iterations())
                    ))
                    .rust("rtl::plan::image::AxisTable")
                }),
            row_number: Join::of(&parts),
            weight: Register::new(u(units.weight_bits)),
            used_delay: delay(u(1), units.address_cycle + 1),
            offset_delay: delay(offset, units.address_cycle),
            slot_delay: if rotated { delay(slot, units.slot_cycle) } else { vec![] },
            place_used_late: vec![BitRegister::new(); places],
            place_late: Register::several(places, place),
            _iterated: usize::from(iterated),
            _coordinate_at: parts.len() - 1,
            _coordinate_end: parts.len(),
            _banks: banks,
            _rotated: if rotated { banks } else { 0 },
            _straight: if rotated { 0 } else { banks },
            _places: places,
            _rotated_places: if rotated { places } else { 0 },
            _straight_places: if rotated { 0 } else { places },
            _first_place: 1 + banks * if rotated { 3 } else { 2 },
        }
    }
}

impl Logic for AxisLookup {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, weight);
        for i in 0..self._iterated {
            self.row_number.part[i].next = self.iteration.val();
        }
        for i in self._coordinate_at..self._coordinate_end {
            self.row_number.part[i].next = self.coordinate.val();
        }
        self.taps.input.next = self.row_number.output.val();
        self.weight.d.next = self.taps.output[0].val();
        self.weight_offset.next = self.weight.q.val();
        for b in 0..self._straight {
            self.used_delay[b].d.next = self.taps.output[2 * b + 1].val();
            self.offset_delay[b].d.next = self.taps.output[2 * b + 2].val();
        }
        for b in 0..self._rotated {
            self.used_delay[b].d.next = self.taps.output[3 * b + 1].val();
            self.offset_delay[b].d.next = self.taps.output[3 * b + 2].val();
            self.slot_delay[b].clock.next = self.clock.val();
            self.slot_delay[b].d.next = self.taps.output[3 * b + 3].val();
            self.slot[b].next = self.slot_delay[b].q.val();
        }
        for b in 0..self._straight_places {
            self.place_used_late[b].d.next = self.taps.output[2 * b + 1].val().any();
        }
        for b in 0..self._rotated_places {
            self.place_used_late[b].d.next = self.taps.output[3 * b + 1].val().any();
        }
        for b in 0..self._places {
            self.place_used_late[b].clock.next = self.clock.val();
            self.place_late[b].clock.next = self.clock.val();
            for n in self._first_place..(self._first_place + 1) {
                self.place_late[b].d.next = self.taps.output[n + b].val();
            }
            self.place_used[b].next = self.place_used_late[b].q.val();
            self.place[b].next = self.place_late[b].q.val();
        }
        for b in 0..self._banks {
            self.used_delay[b].clock.next = self.clock.val();
            self.offset_delay[b].clock.next = self.clock.val();
            self.used[b].next = self.used_delay[b].q.val().any();
            self.offset[b].next = self.offset_delay[b].q.val();
        }
    }
}

/// Sends each of `n` parts of a word where it is wanted: output `i` is part `slot[i]`. One register.
#[derive(Clone, Debug, LogicBlock)]
pub struct Rotate {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub word: Sig<In>,
    pub slot: Vec<Sig<In>>,
    pub rotated: Vec<Sig<Out>>,
    parts: Split,
    choose: Vec<Select>,
    result: Vec<Register>,
    _parts: usize,
}

impl Rotate {
    pub fn new(name: String, parts: usize, part_bits: u32) -> Self {
        let (slot, part) = (index_width(parts), u(part_bits));
        Rotate {
            doc: Doc::new(name, "Gives each bank its slot of the weight word.")
                .rust("rtl::cores::lookup::Rotate")
                .latency("one cycle; one word per cycle")
                .port("word", format!("{parts} slots of {part_bits} bits, slot 0 lowest"))
                .port("slot", "slot that this output takes, with word")
                .port("rotated", "one cycle later"),
            clock: Default::default(),
            word: Sig::new(u(part_bits * parts as u32)),
            slot: Sig::several(parts, u(slot)),
            rotated: Sig::several(parts, part),
            parts: Split::new(part_bits * parts as u32, part, parts),
            choose: vec![Select::new(slot, part, parts); parts],
            result: Register::several(parts, part),
            _parts: parts,
        }
    }
}

impl Logic for Rotate {
    #[hdl_gen]
    fn update(&mut self) {
        self.parts.input.next = self.word.val();
        for i in 0..self._parts {
            self.choose[i].index.next = self.slot[i].val();
            for k in 0..self._parts {
                self.choose[i].choice[k].next = self.parts.part[k].val();
            }
            self.result[i].clock.next = self.clock.val();
            self.result[i].d.next = self.choose[i].output.val();
            self.rotated[i].next = self.result[i].q.val();
        }
    }
}
