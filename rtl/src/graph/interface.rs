//! What stands between a core, or the chip's edge, and its router. `docs/router.md`, "The network interface".

use net::MapShape;

use super::late::Late;
use super::placed::{hears_some, Hearer, Placed};
use crate::config::{LoadedTable, TablePlace, CONTROL_BITS};
use crate::fabric::{Count, Packet, StepGate, StepGather};
use hdl::prelude::*;
use crate::link::LinkFormat;
use crate::plan::fabric::{FabricPlan, Hears};
use crate::plan::wiring::Edge;
use crate::plan::Plan;

/// Sends an endpoint's words and grants, and passes on what it hears.
///
/// Words leave through a step gate, as packets of the endpoint's stream. Of what arrives grants go to that gate; words are moved to
/// their places in the heard map and wait for the core; of the TICKs of all sources one passes. When the core says that its step is done, one packet
/// grants the next step to all sources. `Vec`s of length 0 or 1 are parts that only some endpoints need.
#[derive(Clone, Debug, LogicBlock)]
pub struct Interface {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub heard_valid: Signal<Out, Bit>,
    pub heard_ready: Signal<In, Bit>,
    pub heard_data: Sig<Out>,
    pub step_done: Vec<Signal<In, Bit>>,
    pub sent_valid: Signal<In, Bit>,
    pub sent_ready: Signal<Out, Bit>,
    pub sent_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    pub bus_in: Vec<Sig<In>>,
    pub bus_out: Vec<Sig<Out>>,
    pub bus_control: Vec<Sig<In>>,

    loaded: Vec<LoadedTable>,
    counts: Vec<Split>,
    gather: Vec<StepGather>,
    late: Vec<Late>,
    is_grant: Vec<Signal<Local, Bit>>,
    word: Sig<Local>,
    kind: Sig<Local>,
    below_kind: Sig<Local>,
    padded: Sig<Local>,
    source: Vec<Sig<Local>>,
    first_channel: Vec<Table>,
    channel: Vec<Sig<Local>>,
    heard_fields: Vec<Sig<Local>>,
    fields: Vec<Join>,
    placed_fields: Vec<Sig<Local>>,
    source_word: Vec<Join>,
    source_number: Vec<Const>,
    placed: Vec<Placed>,
    heard_word: Join,
    chosen: Vec<Sig<Local>>,
    chosen_parts: Vec<Split>,
    kind_value: Vec<Const>,
    dropped: Vec<Signal<Local, Bit>>,
    waiting: Vec<Fifo>,

    kind_tick: Vec<Const>,
    kind_tick_last: Vec<Const>,
    tick_leaves: Vec<Signal<Local, Bit>>,
    no_fields: Vec<Const>,
    tick_word: Vec<Join>,
    done: Signal<Local, Bit>,

    gate: StepGate,
    sent_parts: Split,
    gap: Vec<Const>,
    sent_word: Join,
    grant_packet: Const,
    grant_due: Flag,
    word_waits: Flag,
    grants: Signal<Local, Bit>,

    _core: usize,
    _edge: usize,
    _brought_together: usize,
    _on_time: usize,
    _late: usize,
    _sources: usize,
    _moved: usize,
    _fixed_places: usize,
    _written_places: usize,
    _written: usize,
    _kept: usize,
    _c_at: usize,
    _c_end: usize,
    _with_fields: usize,
    _straight: usize,
    _kind_at: usize,
    _kind_end: usize,
    _elsewhere: usize,
    _drops: usize,
    _placed_fields: usize,
    _last: usize,
    _end: usize,
    _sent_fields: usize,
    _gap: usize,
    _sent_kind: usize,
    _sent_end: usize,
    _kind_low: u32,
    _grant_at: u32,
    _word_bits: u32,
    _source_low: u32,
    _source_bits: u32,
    _kept_bits: u32,
    _c_low: u32,
    _c_bits: u32,
    _field_bits: u32,
}

/// What an endpoint hears and sends.
struct Ends<'a> {
    /// What the names of the places of its sources begin with.
    owner: &'a str,
    name: String,
    /// For people.
    who: String,
    heard: LinkFormat,
    sent: LinkFormat,
    /// The map that it hears.
    map: MapShape,
    /// Whether it is a core, not the chip's edge.
    is_core: bool,
    edges: Vec<&'a Edge>,
}

impl Ends<'_> {
    fn of<'a>(plan: &'a Plan, endpoint: usize) -> Ends<'a> {
        match plan.cores.get(endpoint) {
            Some(core) => Ends {
                owner: &core.name,
                name: format!("{}_interface", core.name),
                who: format!("layer {:?}", core.layer.name),
                heard: core.input,
                sent: core.output,
                map: core.layer.input,
                is_core: true,
                edges: plan.wiring.edges_into(endpoint).into_iter().map(|e| &plan.wiring.edges[e]).collect(),
            },
            None => Ends {
                owner: "edge",
                name: "edge_interface".into(),
                who: "the chip's edge".into(),
                heard: plan.outputs[0].words,
                sent: plan.input_format(),
                map: plan.outputs[0].shape,
                is_core: false,
                edges: plan.wiring.leaving(0).iter().collect(),
            },
        }
    }
}

impl Interface {
    /// Of endpoint `endpoint` of a plan with routers.
    pub fn new(plan: &Plan, fabric: &FabricPlan, endpoint: usize) -> Self {
        let ends = Ends::of(plan, endpoint);
        let (format, heard, sent) = (fabric.format, ends.heard, ends.sent);
        let one = |present: bool| usize::from(present);
        let (sources, destinations) = (fabric.sources(endpoint), fabric.destinations(endpoint));
        let edges = ends.edges.as_slice();
        let hearer = Hearer { name: ends.owner, map: ends.map, format: heard };
        let place = fabric.table_place(endpoint);
        // First channels by source; a table only where they differ, or are written.
        let firsts = fabric.first_channels(edges);
        let moved = match place {
            Some(place) => place.shape.rows > 0,
            None => firsts.iter().any(|first| *first > 0),
        };
        let is_elsewhere = |(_, edge): &(usize, &Edge)| fabric.hears(edge, edges.len()) == Hears::Elsewhere;
        let mut elsewhere: Vec<(usize, &Edge)> = edges.iter().copied().enumerate().filter(is_elsewhere).collect();
        // Sources of one neuron, whose words have no fields, last.
        elsewhere.sort_by_key(|(_, edge)| edge.format.field_bits() == 0);
        let with_fields = elsewhere.iter().filter(|(_, edge)| edge.format.field_bits() > 0).count();
        let drops = ends.is_core && edges.iter().any(|edge| hears_some(&hearer, edge));
        let late = late(&ends, fabric, edges);
        // The fields of a part's TICK are moved, too; those of one that leaves the chip are zero.
        let together = !ends.is_core && edges.len() > 1;
        let by_source = moved || !elsewhere.is_empty() || late.is_some();
        let (kept, field_bits) = (heard.x_bits + heard.y_bits, heard.field_bits());
        let parts = |bits: &[u32]| bits.iter().filter(|bits| **bits > 0).map(|bits| u(*bits)).collect::<Vec<_>>();
        let word_fields = format.word_bits - 2;
        let gap = word_fields - sent.field_bits();
        let table = |name: &str| {
            let rows = (0..=sources.iter().copied().max().unwrap_or(0)).map(|source| vec![firsts[source]]);
            let columns = [("channel", u(heard.c_bits.max(1)))];
            Table::new(format!("{name}_channels"), format.source_bits, &columns, rows.collect(), vec![]).documented(|doc| {
                doc.line("First channel of each source in the map that the core hears.")
                    .rust("rtl::graph::interface::Interface")
                    .port("input", "source, as in the packet's address")
            })
        };
        let grants = format.encode(Packet { grant: true, route: fabric.grants_of(endpoint), word: 0 });
        Interface {
            doc: doc(plan, fabric, endpoint, &ends),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(format.width())),
            heard_valid: Default::default(),
            heard_ready: Default::default(),
            heard_data: Sig::new(u(heard.width())),
            step_done: vec![Default::default(); one(ends.is_core)],
            sent_valid: Default::default(),
            sent_ready: Default::default(),
            sent_data: Sig::new(u(sent.width())),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(format.width())),
            bus_in: place.iter().map(|place| Sig::new(u(place.ring.width()))).collect(),
            bus_out: place.iter().map(|place| Sig::new(u(place.ring.width()))).collect(),
            bus_control: place.iter().map(|_| Sig::new(u(CONTROL_BITS))).collect(),

            loaded: place.iter().map(|place| written_table(&ends.name, *place)).collect(),
            counts: place.iter().map(|_| Split::of(&[u(fabric.count_bits()); 2])).collect(),
            gather: (0..one(late.is_none())).map(|_| StepGather::new(format, count(fabric, sources.len())).of(&ends.name)).collect(),
            is_grant: vec![Default::default(); one(late.is_some())],
            word: Sig::new(u(format.word_bits)),
            kind: Sig::new(u(2)),
            below_kind: Sig::new(u(word_fields)),
            padded: Sig::new(u(word_fields.max(field_bits.max(1)))),
            source: Sig::several(one(by_source), u(format.source_bits)),
            first_channel: (0..one(moved && place.is_none())).map(|_| table(&ends.name)).collect(),
            channel: Sig::several(one(moved), u(heard.c_bits.max(1))),
            heard_fields: Sig::several(one(field_bits > 0), u(field_bits.max(1))),
            fields: (0..one(moved)).map(|_| Join::of(&parts(&[kept, heard.c_bits]))).collect(),
            placed_fields: elsewhere[..with_fields].iter().map(|(_, edge)| Sig::new(u(edge.format.field_bits()))).collect(),
            source_word: elsewhere.iter().map(|(_, edge)| Join::of(&parts(&[edge.format.field_bits(), 2]))).collect(),
            source_number: elsewhere
                .iter()
                .map(|(_, edge)| Const::new(u(format.source_bits), fabric.endpoint(edge.from) as u64))
                .collect(),
            placed: elsewhere
                .iter()
                .map(|(number, edge)| Placed::new(&hearer, edge, if fabric.written { fabric.endpoint(edge.from) } else { *number }))
                .collect(),
            heard_word: Join::of(&parts(&[field_bits, 2])),
            chosen: Sig::several(elsewhere.len() + 1, u(heard.width())),
            chosen_parts: (0..one(drops)).map(|_| Split::of(&parts(&[field_bits, 2]))).collect(),
            kind_value: vec![Const::new(u(2), crate::link::Kind::Value as i128); one(drops)],
            dropped: vec![Default::default(); one(drops)],
            waiting: fabric.waiting(endpoint).map(|depth| Fifo::new(depth, heard.width())).into_iter().collect(),

            kind_tick: vec![Const::new(u(2), crate::link::Kind::Tick as i128); one(!ends.is_core)],
            kind_tick_last: vec![Const::new(u(2), crate::link::Kind::TickLast as i128); one(!ends.is_core)],
            tick_leaves: vec![Default::default(); one(together)],
            no_fields: vec![Const::new(u(field_bits.max(1)), 0); one(together)],
            tick_word: (0..one(together)).map(|_| Join::of(&parts(&[field_bits, 2]))).collect(),
            done: Default::default(),

            gate: StepGate::new(format, fabric.words_of(endpoint), count(fabric, destinations.len())).of(&ends.name),
            sent_parts: Split::of(&parts(&[sent.field_bits(), 2])),
            gap: vec![Const::new(u(gap.max(1)), 0); one(gap > 0)],
            sent_word: Join::of(&parts(&[sent.field_bits(), gap, 2])),
            grant_packet: Const::new(u(format.width()), i128::from(grants)),
            grant_due: Flag::new(),
            word_waits: Flag::new(),
            grants: Default::default(),

            _core: one(ends.is_core),
            _edge: one(!ends.is_core),
            _brought_together: one(together),
            _on_time: one(late.is_none()),
            _late: one(late.is_some()),
            _sources: one(by_source),
            _moved: one(moved),
            _fixed_places: one(moved && place.is_none()),
            _written_places: one(moved && place.is_some()),
            _written: one(place.is_some()),
            _kept: one(moved && kept > 0),
            _c_at: one(kept > 0),
            _c_end: one(kept > 0) + 1,
            _with_fields: one(field_bits > 0),
            _straight: one(field_bits > 0 && !moved),
            _kind_at: one(field_bits > 0),
            _kind_end: one(field_bits > 0) + 1,
            _elsewhere: elsewhere.len(),
            _drops: one(drops),
            _placed_fields: with_fields,
            _last: elsewhere.len(),
            _end: elsewhere.len() + 1,
            _sent_fields: one(sent.field_bits() > 0),
            _gap: one(gap > 0),
            _sent_kind: one(sent.field_bits() > 0) + one(gap > 0),
            _sent_end: one(sent.field_bits() > 0) + one(gap > 0) + 1,
            _kind_low: word_fields,
            _grant_at: format.width() - 1,
            _word_bits: format.word_bits,
            _source_low: format.word_bits,
            _source_bits: format.source_bits,
            _kept_bits: kept.max(1),
            // Read even where nothing is moved.
            _c_low: if moved { kept } else { 0 },
            _c_bits: if moved { heard.c_bits } else { 1 },
            _field_bits: field_bits.max(1),
            late: late.into_iter().collect(),
        }
    }
}

/// What sorts the words of a core that hears some sources one step late.
fn late(ends: &Ends, fabric: &FabricPlan, edges: &[&Edge]) -> Option<Late> {
    let delayed = || edges.iter().filter(|edge| edge.delayed);
    let back: Vec<usize> = delayed().map(|edge| fabric.endpoint(edge.from)).collect();
    let depth = delayed().map(|edge| edge.buffer).sum();
    let on = count(fabric, edges.len() - back.len());
    (!back.is_empty()).then(|| Late::new(&ends.name, ends.heard, fabric.format.source_bits, on, &back, depth))
}

/// `n`, or a port for it where routes are written.
fn count(fabric: &FabricPlan, n: usize) -> Count {
    match fabric.written {
        true => Count::Written { bits: fabric.count_bits() },
        false => Count::Fixed(n),
    }
}

fn written_table(name: &str, place: TablePlace) -> LoadedTable {
    LoadedTable::new(format!("{name}_routes"), place, 1).documented(|doc| {
        doc.line("Word: {destinations - 1, sources - 1}, of the latter those that are heard in the same step.")
            .line(if place.shape.rows > 0 { "Row: first channel of each source in the map that the core hears." } else { "No rows." })
    })
}

fn doc(plan: &Plan, fabric: &FabricPlan, endpoint: usize, ends: &Ends) -> Doc {
    let name = |end: &usize| plan.cores.get(*end).map_or("the chip's edge".to_string(), |core| core.layer.name.clone());
    let list = |all: &[usize]| all.iter().map(name).collect::<Vec<_>>().join(", ");
    let late: Vec<usize> = ends.edges.iter().filter(|edge| edge.delayed).map(|edge| fabric.endpoint(edge.from)).collect();
    let (back, ready) = match late.len() {
        0 => (String::new(), "high for grants, and for all TICKs but a step's last"),
        _ => (format!(", {}{} one step late", if fabric.written { "but always " } else { "" }, list(&late)), "high for grants and TICKs"),
    };
    let hears = match fabric.written {
        true => "Whom it hears is written over the configuration bus".to_string(),
        false => format!("It hears {}", list(fabric.sources(endpoint))),
    };
    let goes = if fabric.written { "those who are written to hear it".to_string() } else { list(fabric.destinations(endpoint)) };
    let doc = Doc::new(ends.name.clone(), format!("Between {} and its router, as source {endpoint}.", ends.who))
        .line(format!("Its words go to {goes}: behind a TICK none leaves before all of them have granted the next step."))
        .line(format!("{hears}{back}: one TICK passes when all of theirs have come."))
        .line(match ends.is_core {
            true => "When the core's step is done, one packet grants the next one to all of these.",
            false => "When the step's TICK has left the chip, one packet grants the next step.",
        })
        .rust("rtl::graph::interface::Interface")
        .golden("golden::Engine (sources of a layer); order and timing do not change results")
        .latency(match fabric.waiting(endpoint) {
            Some(_) => "to the router none: combinational; from it what the queue takes; a grant leaves in the cycle after its cause",
            None => "none: combinational in both directions; a grant leaves in the cycle after its cause",
        });
    let doc = match fabric.waiting(endpoint) {
        Some(depth) => doc.fact("Memory", format!("a queue of {depth} words in front of the core")),
        None => doc,
    };
    doc.port("in_data", "packet from the router")
        .port("in_ready", ready)
        .port("heard_data", "word in the map that is heard; fields without meaning with a TICK")
        .port("step_done", "the core has ended a step and integrates again")
        .port("sent_data", "word to send")
        .port("sent_ready", "low while grants are missing; does not depend on sent_valid")
        .port("out_data", "packet to the router; held while out_valid and not out_ready")
}

impl Logic for Interface {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, gate, grant_due, word_waits);
        self.gate.reset.next = self.reset.val();
        self.grant_due.reset.next = self.reset.val();
        self.word_waits.reset.next = self.reset.val();

        for i in 0..self._written {
            comment!("What is written: how many are heard, and hear");
            self.loaded[i].clock.next = self.clock.val();
            self.loaded[i].reset.next = self.reset.val();
            self.loaded[i].bus_in.next = self.bus_in[i].val();
            self.loaded[i].bus_control.next = self.bus_control[i].val();
            self.bus_out[i].next = self.loaded[i].bus_out.val();
            self.counts[i].input.next = self.loaded[i].word[0].val();
            for j in 0..self._on_time {
                self.gather[j].most[0].next = self.counts[i].part[0].val();
            }
            for j in 0..self._late {
                self.late[j].most[0].next = self.counts[i].part[0].val();
            }
            self.gate.most[0].next = self.counts[i].part[1].val();
        }
        comment!("From the router: grants to the gate, words and the last TICK of a step on");
        for i in 0..self._on_time {
            self.gather[i].clock.next = self.clock.val();
            self.gather[i].reset.next = self.reset.val();
            self.gather[i].in_valid.next = self.in_valid.val();
            self.gather[i].in_data.next = self.in_data.val();
            self.in_ready.next = self.gather[i].in_ready.val();
            self.word.next = self.gather[i].out_data.val();
        }
        for i in 0..self._late {
            self.is_grant[i].next = self.in_data.val().get_bit(bits_number(self._grant_at));
            self.late[i].in_valid.next = self.in_valid.val() & !self.is_grant[i].val();
            self.in_ready.next = self.late[i].in_ready.val() | self.is_grant[i].val();
            self.word.next = bit_cast_slice(self.in_data.val(), 0, self._word_bits);
        }
        self.kind.next = bit_cast_slice(self.word.val(), self._kind_low, 2);
        self.below_kind.next = bit_cast_slice(self.word.val(), 0, self._kind_low);
        self.padded.next = unsigned_cast_to(self.below_kind.val(), self.padded.shape().width);

        comment!("The place of the word in what is heard");
        for i in 0..self._sources {
            self.source[i].next = bit_cast_slice(self.in_data.val(), self._source_low, self._source_bits);
        }
        for i in 0..self._fixed_places {
            self.first_channel[i].input.next = self.source[i].val();
            self.channel[i].next = bit_cast_slice(self.padded.val(), self._c_low, self._c_bits) + self.first_channel[i].output[0].val();
        }
        for i in 0..self._written_places {
            self.loaded[i].row[0].next = self.source[i].val();
            self.channel[i].next = bit_cast_slice(self.padded.val(), self._c_low, self._c_bits) + self.loaded[i].value[0].val();
        }
        for i in 0..self._moved {
            for k in 0..self._kept {
                self.fields[i].part[k].next = bit_cast_slice(self.padded.val(), 0, self._kept_bits);
            }
            for k in self._c_at..self._c_end {
                self.fields[i].part[k].next = self.channel[i].val();
            }
            self.heard_fields[i].next = self.fields[i].output.val();
        }
        for i in 0..self._straight {
            self.heard_fields[i].next = bit_cast_slice(self.padded.val(), 0, self._field_bits);
        }
        for i in 0..self._with_fields {
            self.heard_word.part[i].next = self.heard_fields[i].val();
        }
        for k in self._kind_at..self._kind_end {
            self.heard_word.part[k].next = self.kind.val();
        }
        for i in 0..self._placed_fields {
            self.placed_fields[i].next = unsigned_cast_to(self.padded.val(), self.placed_fields[i].shape().width);
            self.source_word[i].part[0].next = self.placed_fields[i].val();
            self.source_word[i].part[1].next = self.kind.val();
        }
        for i in self._placed_fields..self._elsewhere {
            self.source_word[i].part[0].next = self.kind.val();
        }
        self.chosen[0].next = self.heard_word.output.val();
        for i in 0..self._elsewhere {
            self.placed[i].in_data.next = self.source_word[i].output.val();
            self.chosen[i + 1].next = self.chosen[i].val();
            if self.source[0].val() == self.source_number[i].val() {
                self.chosen[i + 1].next = self.placed[i].out_data.val();
            }
        }
        for i in 0..self._drops {
            comment!("A word that the core does not hear goes no further");
            for k in self._last..self._end {
                self.chosen_parts[i].input.next = self.chosen[k].val();
            }
            for k in self._kind_at..self._kind_end {
                self.dropped[i].next = self.chosen_parts[i].part[k].val() == self.kind_value[i].val();
            }
            for j in 0..self._late {
                if self.dropped[i].val() {
                    self.late[j].in_valid.next = false;
                    self.in_ready.next = true;
                }
            }
        }
        for i in 0..self._late {
            comment!("Whether it is heard in this step or in the next");
            self.late[i].clock.next = self.clock.val();
            self.late[i].reset.next = self.reset.val();
            self.late[i].source.next = self.source[i].val();
            self.late[i].step_done.next = self.step_done[i].val();
            for k in self._last..self._end {
                self.late[i].in_data.next = self.chosen[k].val();
            }
        }
        for i in 0..self._core {
            comment!("It waits for the core here, not in the routers, where others would wait behind it");
            self.waiting[i].clock.next = self.clock.val();
            self.waiting[i].reset.next = self.reset.val();
            for j in 0..self._on_time {
                self.waiting[i].in_valid.next = self.gather[j].out_valid.val();
                self.gather[j].out_ready.next = self.waiting[i].in_ready.val();
                for k in self._last..self._end {
                    self.waiting[i].in_data.next = self.chosen[k].val();
                }
                for d in 0..self._drops {
                    if self.dropped[d].val() {
                        self.waiting[i].in_valid.next = false;
                        self.gather[j].out_ready.next = true;
                    }
                }
            }
            for j in 0..self._late {
                self.waiting[i].in_valid.next = self.late[j].out_valid.val();
                self.late[j].out_ready.next = self.waiting[i].in_ready.val();
                self.waiting[i].in_data.next = self.late[j].out_data.val();
            }
            self.heard_valid.next = self.waiting[i].out_valid.val();
            self.heard_data.next = self.waiting[i].out_data.val();
            self.waiting[i].out_ready.next = self.heard_ready.val();
        }
        for i in 0..self._edge {
            self.heard_valid.next = self.gather[i].out_valid.val();
            self.gather[i].out_ready.next = self.heard_ready.val();
            for k in self._last..self._end {
                self.heard_data.next = self.chosen[k].val();
            }
        }
        for i in 0..self._brought_together {
            self.tick_leaves[i].next = (self.kind.val() == self.kind_tick[i].val()) | (self.kind.val() == self.kind_tick_last[i].val());
            self.tick_word[i].part[0].next = self.no_fields[i].val();
            self.tick_word[i].part[1].next = self.kind.val();
            if self.tick_leaves[i].val() {
                self.heard_data.next = self.tick_word[i].output.val();
            }
        }

        comment!("The end of a step");
        for i in 0..self._core {
            self.done.next = self.step_done[i].val();
        }
        for i in 0..self._edge {
            self.done.next = self.gather[i].out_valid.val()
                & self.heard_ready.val()
                & ((self.kind.val() == self.kind_tick[i].val()) | (self.kind.val() == self.kind_tick_last[i].val()));
        }

        comment!("To the router: a grant that is due, unless a word is on offer already; else what the gate lets pass");
        self.sent_parts.input.next = self.sent_data.val();
        for i in 0..self._sent_fields {
            self.sent_word.part[i].next = self.sent_parts.part[i].val();
        }
        for i in 0..self._gap {
            for k in self._sent_fields..(self._sent_fields + 1) {
                self.sent_word.part[k].next = self.gap[i].val();
            }
        }
        for k in self._sent_kind..self._sent_end {
            for j in self._sent_fields..(self._sent_fields + 1) {
                self.sent_word.part[k].next = self.sent_parts.part[j].val();
            }
        }
        self.gate.in_valid.next = self.sent_valid.val();
        self.gate.in_data.next = self.sent_word.output.val();
        self.sent_ready.next = self.gate.in_ready.val();
        for i in 0..self._on_time {
            self.gate.grant.next = self.gather[i].grant.val();
        }
        for i in 0..self._late {
            self.gate.grant.next = self.in_valid.val() & self.is_grant[i].val();
        }
        self.grants.next = self.grant_due.q.val() & !self.word_waits.q.val();
        self.gate.out_ready.next = self.out_ready.val() & !self.grants.val();
        self.out_valid.next = self.grants.val() | self.gate.out_valid.val();
        self.out_data.next = self.gate.out_data.val();
        if self.grants.val() {
            self.out_data.next = self.grant_packet.val();
        }
        self.grant_due.d.next = self.done.val() | (self.grant_due.q.val() & !(self.grants.val() & self.out_ready.val()));
        self.word_waits.d.next = self.gate.out_valid.val() & !self.grants.val() & !self.out_ready.val();
    }
}
