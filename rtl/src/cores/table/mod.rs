//! The table core: one layer whose synapses stand in a table, from link to link.

pub mod adder;
pub mod bank;
pub mod fetch;
pub mod quick_tick;
pub mod sequencer;

use net::{Output, Synapses};

use self::adder::TableAdder;
use self::bank::TableBank;
use self::fetch::TableFetch;
use self::quick_tick::QuickTick;
use self::sequencer::TableSequencer;
use super::headers::STEP_DONE;
use super::lane::{ConstantTimes, Lane};
use super::sender::SpikeSender;
use super::value_sender::ValueSender;
use crate::config::SopCount;
use hdl::prelude::*;
use crate::plan::image::{Field, ParamLayout, Source};
use crate::plan::pipeline::Pipeline;
use crate::plan::table::{TableFold, TableImage};
use crate::plan::CorePlan;

/// One layer. Integrates the spikes of a time step, fires at its TICK, sends its spikes, sends TICK.
///
/// Each event's row of the synapse memory is added one word per cycle, without a bubble between events: the row of the
/// next is looked up meanwhile. The fire phase scans one neuron of every bank per cycle.
///
/// An idle step costs its scan; from the TICK at `in` to the TICK at `out` it is `words + 6` cycles (one more if the fold is
/// `late`): three until the scan begins, `words` for the scan, four until the TICK is offered, less one as the last scanned
/// word counts twice. A recurrent layer waits for that.
#[derive(Clone, Debug, LogicBlock)]
pub struct TableCore {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    pub step_done: Vec<Signal<Out, Bit>>,
    pub sops: Vec<Sig<Out>>,

    buffer: Skid,
    fetch: TableFetch,
    sequencer: TableSequencer,
    synapses: Rom,
    synapse_parts: Split,
    synapse_at: Vec<Flag>,
    read_word: Vec<Sig<Local>>,
    adder: Vec<TableAdder>,
    bank: Vec<TableBank>,

    scan_at: Vec<Flag>,
    send_at: Vec<Flag>,
    scan_word_write: Delay,
    clear_write: BitDelay,
    fire_write: Signal<Local, Bit>,
    more_passes: Vec<BitDelay>,
    later_pass: Vec<BitDelay>,
    param: Vec<Rom>,
    param_fields: Vec<Split>,
    bias_parts: Vec<Split>,
    level_late: Vec<Delay>,
    level_parts: Vec<Split>,
    reset_late: Vec<Delay>,
    reset_parts: Vec<Split>,
    leak_late: Vec<Delay>,
    leak_parts: Vec<Split>,
    initial_late: Vec<Delay>,
    initial_parts: Vec<Split>,
    lane: Vec<Lane>,

    send_word: Delay,
    send_end: BitDelay,
    send_last: BitDelay,
    sending: Signal<Local, Bit>,
    one_row: Const,
    one_column: Const,
    spikes: Vec<BitJoin>,
    values: Vec<Join>,
    quick_tick: Vec<QuickTick>,
    spike_sender: Vec<SpikeSender>,
    value_sender: Vec<ValueSender>,
    sop_count: Vec<SopCount>,

    _adders: usize,
    _banks: usize,
    _banks_per_adder: usize,
    _slots: usize,
    _weight_at: usize,
    _bank_at: usize,
    _word_at: usize,
    _used_at: usize,
    _used: usize,
    _always_used: usize,
    _last_scan: usize,
    _last_send: usize,
    _write_at: usize,
    _send_at: usize,
    _passes: usize,
    _params: usize,
    _bias_from: usize,
    _bias_to: usize,
    _level_from: usize,
    _level_to: usize,
    _reset_from: usize,
    _reset_to: usize,
    _leak_from: usize,
    _leak_to: usize,
    _bias: usize,
    _level: usize,
    _reset_by: usize,
    _leak: usize,
    _initial: usize,
    _initial_from: usize,
    _initial_to: usize,
    _spiking: usize,
    _showing: usize,
    _on_fabric: usize,
    _counted: usize,
}

impl TableCore {
    pub fn new(core: &CorePlan, fold: &TableFold) -> Self {
        let p = Pipeline::of(core);
        let scanned = core.scanned_words();
        let params = ParamLayout::of(&scanned);
        let image = TableImage::of(core, fold);
        let layout = image.layout;
        let neuron = &core.layer.neuron;
        let (banks, adders, lanes) = (fold.banks, fold.adders, fold.banks as u32);
        let one = |present: bool| usize::from(present);
        let word = u(index_width(core.words()));
        let spiking = neuron.output == Output::Spike;
        let passes = one(core.passes() > 1);
        let times = ConstantTimes::of(core);
        let given = |field| one(params.source(field) == Source::Memory);
        let (bias, leak, initial) = (given(Field::Bias), given(Field::Leak), given(Field::Initial));
        let (level, reset_by) = (one(spiking) * given(Field::FireLevel), one(spiking) * given(Field::Reset));
        let bits_of = |field| params.fields().find(|(f, _)| *f == field).map_or(1, |(_, bits)| bits);
        let late = |n: usize, field, cycles: u32| vec![Delay::new(u(bits_of(field) * lanes), cycles as usize); n];
        let split = |n: usize, field| vec![Split::new(bits_of(field) * lanes, s(bits_of(field)), banks); n];
        let range = |field, present: usize| {
            let at = params.range(field);
            (at.start, if present == 1 { at.end } else { at.start })
        };
        let (bias_at, level_at) = (range(Field::Bias, bias), range(Field::FireLevel, level));
        let (reset_at, leak_at) = (range(Field::Reset, reset_by), range(Field::Leak, leak));
        let initial_at = range(Field::Initial, initial);
        let param_images = if params.is_empty() { vec![] } else { params.images(&scanned) };
        let param_shapes: Vec<Shape> = params.fields().map(|(_, bits)| u(bits * lanes)).collect();
        let param_bits = params.word_bits(banks).max(1);
        let n_params = param_images.len();
        let param_rom = |words: Vec<Vec<u64>>| {
            Rom::new(words.len(), param_bits, format!("{}_params", core.name), words).registered().documented(|doc| {
                let fields: Vec<String> = params.fields().map(|(f, bits)| format!("{f:?} ({bits} bits)")).collect();
                doc.line(format!("Constants of the neurons, lowest field first, {banks} neurons each: {}.", fields.join(", ")))
                    .rust("rtl::plan::image::ParamLayout")
            })
        };
        let mut slots = vec![s(layout.weight_bits), u(layout.bank_bits), u(layout.word_bits)];
        slots.extend((layout.used_bits > 0).then(|| u(1)));
        let slots = slots.iter().copied().cycle().take(slots.len() * adders).collect::<Vec<_>>();
        let several_adders = one(adders > 1);
        let counted = one(core.station.is_some());
        TableCore {
            doc: core_doc(core, fold, &p),
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

            buffer: Skid::new(u(core.input.width())),
            fetch: TableFetch::new(core, &image),
            sequencer: TableSequencer::new(core, fold, image.address_bits),
            synapses: synapse_rom(core, fold, &image),
            synapse_parts: Split::of(&slots),
            synapse_at: vec![Flag::new(); 2],
            read_word: Sig::several(adders, word),
            adder: vec![TableAdder::new(core, fold, &layout); adders],
            bank: vec![TableBank::new(core, fold, &params); banks],

            scan_at: vec![Flag::new(); p.fire_write as usize],
            send_at: vec![Flag::new(); p.send as usize],
            scan_word_write: Delay::new(word, p.fire_write as usize),
            clear_write: BitDelay::new(p.fire_write as usize),
            fire_write: Default::default(),
            more_passes: vec![BitDelay::new(p.operand as usize); passes],
            later_pass: vec![BitDelay::new(p.operand as usize); passes],
            param_fields: (0..n_params).map(|_| Split::of(&param_shapes)).collect(),
            param: param_images.into_iter().map(param_rom).collect(),
            bias_parts: split(bias, Field::Bias),
            level_late: late(level, Field::FireLevel, 1),
            level_parts: split(level, Field::FireLevel),
            reset_late: late(reset_by, Field::Reset, times.reset),
            reset_parts: split(reset_by, Field::Reset),
            leak_late: late(leak, Field::Leak, times.leak),
            leak_parts: split(leak, Field::Leak),
            initial_late: late(initial, Field::Initial, p.fire_write - p.operand),
            initial_parts: (0..initial).map(|_| Split::new(bits_of(Field::Initial) * lanes, u(bits_of(Field::Initial)), banks)).collect(),
            lane: vec![Lane::new(core, &params); banks],

            send_word: Delay::new(word, p.send as usize),
            send_end: BitDelay::new(p.send as usize),
            send_last: BitDelay::new(p.send as usize),
            sending: Default::default(),
            one_row: Const::new(u(1), 0),
            one_column: Const::new(u(1), 0),
            spikes: vec![BitJoin::new(lanes); one(spiking)],
            values: vec![Join::new(s(neuron.membrane.bits), banks); one(!spiking)],
            quick_tick: (0..one(spiking)).map(|_| QuickTick::new(core)).collect(),
            spike_sender: (0..one(spiking)).map(|_| SpikeSender::new(&scanned)).collect(),
            value_sender: (0..one(!spiking)).map(|_| ValueSender::new(&scanned)).collect(),
            sop_count: (0..counted).map(|_| SopCount::new(&core.name, core.sop_shape())).collect(),

            _adders: adders,
            _banks: banks,
            _banks_per_adder: fold.banks_per_adder(),
            _slots: 3 + several_adders,
            _weight_at: 0,
            _bank_at: 1,
            _word_at: 2,
            _used_at: 3,
            _used: several_adders,
            _always_used: 1 - several_adders,
            _last_scan: p.fire_write as usize,
            _last_send: p.send as usize,
            _write_at: p.fire_write as usize - 1,
            _send_at: p.send as usize - 1,
            _passes: passes,
            _params: n_params,
            _bias_from: bias_at.0,
            _bias_to: bias_at.1,
            _level_from: level_at.0,
            _level_to: level_at.1,
            _reset_from: reset_at.0,
            _reset_to: reset_at.1,
            _leak_from: leak_at.0,
            _leak_to: leak_at.1,
            _bias: bias,
            _level: level,
            _reset_by: reset_by,
            _leak: leak,
            _initial: initial,
            _initial_from: initial_at.0,
            _initial_to: initial_at.1,
            _spiking: one(spiking),
            _showing: one(!spiking),
            _on_fabric: one(core.on_fabric),
            _counted: counted,
        }
    }
}

fn synapse_rom(core: &CorePlan, fold: &TableFold, image: &TableImage) -> Rom {
    let layout = &image.layout;
    let stem = format!("{}_synapses", core.name);
    Rom::new(image.words.len(), image.word_bits(fold), stem, image.words.clone()).registered().documented(|doc| {
        let used = if layout.used_bits > 0 { ", whether there is a synapse" } else { "" };
        doc.line(format!(
            "Row after row, {} a word. A synapse, lowest first: weight (signed {} bits), bank of the adder ({}), word in the \
             bank ({}){used}.",
            several(fold.adders, "synapse"), layout.weight_bits, layout.bank_bits, layout.word_bits
        ))
        .rust("rtl::plan::table::TableImage")
    })
}

fn core_doc(core: &CorePlan, fold: &TableFold, p: &Pipeline) -> Doc {
    let layer = &core.layer;
    let synapses = match &layer.synapses {
        Synapses::Dense(dense) => dense.weights.iter().filter(|w| **w != 0).count(),
        Synapses::Conv2d(conv) => conv.weights.len(),
    };
    let pool = if layer.pool.is_none() { "" } else { ", behind a sum pool" };
    Doc::new(format!("{}_core", core.name), format!("Layer {:?} with neurons {:?}: a table of synapses{pool}.", layer.name, layer.neuron_name))
        .line("Integrates the spikes of a time step, fires at its TICK, sends its spikes and then TICK.")
        .rust("rtl::cores::table::TableCore")
        .golden("golden::Engine, this layer")
        .fact("Shape", format!("{} -> {}, {synapses} weights that are not zero", layer.input, layer.output))
        .fact("Fold", format!("{}, {} scanned per cycle, {} of them", several(fold.adders, "adder"), several(fold.banks, "neuron"), several(core.words(), "word")))
        .fact("Cycles", format!(
            "event: words of its row, at least 1; scan: {}{}, {} idle behind the last event and {} behind the scan",
            several(core.words(), "word"),
            if core.passes() > 1 { format!(" x {} passes", core.passes()) } else { String::new() },
            fold.event_pause(),
            p.drain_scan(core)
        ))
        .latency(format!("event to write {} cycles, scan to write {} cycles", 2 + fold.read_to_write(), p.fire_write))
        .port("in_data", "{kind, c, y, x}, see docs/link.md")
        .port("in_ready", "low while the memory is cleared after reset")
        .port("out_data", if layer.neuron.output == Output::Spike { "{kind, c, y, x}" } else { "{kind, payload, c, y, x}" })
        .port("step_done", STEP_DONE)
}

impl Logic for TableCore {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, buffer, fetch, sequencer, synapses, scan_word_write, clear_write, send_word, send_end, send_last);
        self.buffer.reset.next = self.reset.val();
        self.fetch.reset.next = self.reset.val();
        self.sequencer.reset.next = self.reset.val();

        comment!("A word from the link, its row, and in cycle 0 an operation");
        self.buffer.in_valid.next = self.in_valid.val() & !self.sequencer.clearing_now.val();
        self.in_ready.next = self.buffer.in_ready.val() & !self.sequencer.clearing_now.val();
        self.buffer.in_data.next = self.in_data.val();
        self.fetch.in_valid.next = self.buffer.out_valid.val();
        self.fetch.in_data.next = self.buffer.out_data.val();
        self.buffer.out_ready.next = self.fetch.in_ready.val();
        self.sequencer.in_valid.next = self.fetch.out_valid.val();
        self.sequencer.kind.next = self.fetch.out_kind.val();
        self.sequencer.first.next = self.fetch.out_first.val();
        self.sequencer.last.next = self.fetch.out_last.val();
        self.sequencer.heard.next = self.fetch.out_heard.val();
        self.fetch.out_ready.next = self.sequencer.in_ready.val();

        comment!("Synapses: the memory's word in cycle 2, then each adder's share");
        self.synapses.read_address.next = self.sequencer.address.val();
        self.synapse_at[0].d.next = self.sequencer.synapses.val();
        self.synapse_at[1].d.next = self.synapse_at[0].q.val();
        for i in 0..2 {
            self.synapse_at[i].clock.next = self.clock.val();
            self.synapse_at[i].reset.next = self.reset.val();
        }
        self.synapse_parts.input.next = self.synapses.read_data.val();
        for i in 0..self._counted {
            self.sop_count[i].clock.next = self.clock.val();
            self.sop_count[i].reset.next = self.reset.val();
            self.sop_count[i].valid.next = self.synapse_at[1].q.val();
            self.sop_count[i].row[0].next = true;
            self.sops[i].next = self.sop_count[i].sops.val();
        }
        for n in self._slots..(self._slots + 1) {
            for a in 0..self._adders {
                self.adder[a].clock.next = self.clock.val();
                self.adder[a].reset.next = self.reset.val();
                for _i in 0..self._always_used {
                    self.adder[a].valid.next = self.synapse_at[1].q.val();
                }
                for _i in 0..self._used {
                    for k in self._used_at..(self._used_at + 1) {
                        self.adder[a].valid.next = self.synapse_at[1].q.val() & self.synapse_parts.part[a * n + k].val().any();
                    }
                }
                for i in 0..self._counted {
                    for _k in 0..self._always_used {
                        self.sop_count[i].column[a].next = true;
                    }
                    for _k in 0..self._used {
                        for k in self._used_at..(self._used_at + 1) {
                            self.sop_count[i].column[a].next = self.synapse_parts.part[a * n + k].val().any();
                        }
                    }
                }
                self.adder[a].weight.next = self.synapse_parts.part[a * n].val();
                for k in self._bank_at..(self._bank_at + 1) {
                    self.adder[a].bank.next = self.synapse_parts.part[a * n + k].val();
                }
                self.read_word[a].next = self.sequencer.scan_word.val();
                for k in self._word_at..(self._word_at + 1) {
                    self.adder[a].word.next = self.synapse_parts.part[a * n + k].val();
                    if self.synapse_at[1].q.val() {
                        self.read_word[a].next = self.synapse_parts.part[a * n + k].val();
                    }
                }
            }
        }

        comment!("Scans: when the new states are written, and the neurons' constants");
        self.scan_at[0].d.next = self.sequencer.scan.val();
        self.send_at[0].d.next = self.sequencer.send.val();
        for i in 1..self._last_scan {
            self.scan_at[i].d.next = self.scan_at[i - 1].q.val();
        }
        for i in 1..self._last_send {
            self.send_at[i].d.next = self.send_at[i - 1].q.val();
        }
        for i in 0..self._last_scan {
            self.scan_at[i].clock.next = self.clock.val();
            self.scan_at[i].reset.next = self.reset.val();
        }
        for i in 0..self._last_send {
            self.send_at[i].clock.next = self.clock.val();
            self.send_at[i].reset.next = self.reset.val();
        }
        for k in self._write_at..(self._write_at + 1) {
            self.fire_write.next = self.scan_at[k].q.val();
        }
        self.scan_word_write.d.next = self.sequencer.scan_word.val();
        self.clear_write.d.next = self.sequencer.clear.val();
        for i in 0..self._passes {
            self.more_passes[i].clock.next = self.clock.val();
            self.more_passes[i].d.next = self.sequencer.more_passes[i].val();
            self.later_pass[i].clock.next = self.clock.val();
            self.later_pass[i].d.next = self.sequencer.later_pass[i].val();
        }
        for i in 0..self._params {
            self.param[i].clock.next = self.clock.val();
            self.param[i].read_address.next = self.sequencer.scan_word.val();
            self.param_fields[i].input.next = self.param[i].read_data.val();
        }
        for k in self._bias_from..self._bias_to {
            self.bias_parts[0].input.next = self.param_fields[0].part[k].val();
        }
        for k in self._level_from..self._level_to {
            self.level_late[0].clock.next = self.clock.val();
            self.level_late[0].d.next = self.param_fields[0].part[k].val();
            self.level_parts[0].input.next = self.level_late[0].q.val();
        }
        for k in self._reset_from..self._reset_to {
            self.reset_late[0].clock.next = self.clock.val();
            self.reset_late[0].d.next = self.param_fields[0].part[k].val();
            self.reset_parts[0].input.next = self.reset_late[0].q.val();
        }
        for k in self._leak_from..self._leak_to {
            self.leak_late[0].clock.next = self.clock.val();
            self.leak_late[0].d.next = self.param_fields[0].part[k].val();
            self.leak_parts[0].input.next = self.leak_late[0].q.val();
        }
        for k in self._initial_from..self._initial_to {
            self.initial_late[0].clock.next = self.clock.val();
            self.initial_late[0].d.next = self.param_fields[0].part[k].val();
            self.initial_parts[0].input.next = self.initial_late[0].q.val();
        }

        comment!("Banks: bank b serves adder b mod the number of adders");
        for n in self._adders..(self._adders + 1) {
            for g in 0..self._banks_per_adder {
                for a in 0..self._adders {
                    self.bank[g * n + a].read_word.next = self.read_word[a].val();
                    self.bank[g * n + a].write.next = self.adder[a].write[g].val();
                    self.bank[g * n + a].write_word.next = self.adder[a].write_word.val();
                    self.bank[g * n + a].write_state.next = self.adder[a].write_state.val();
                    self.adder[a].states[g].next = self.bank[g * n + a].state.val();
                }
            }
        }
        for b in 0..self._banks {
            self.bank[b].clock.next = self.clock.val();
            self.bank[b].fire_write.next = self.fire_write.val();
            self.bank[b].fire_word.next = self.scan_word_write.q.val();
            self.bank[b].fire_state.next = self.lane[b].stored.val();
            self.bank[b].clear.next = self.clear_write.q.val();
            for k in 0..self._initial {
                self.bank[b].start[k].next = self.initial_parts[k].part[b].val();
            }
            self.lane[b].clock.next = self.clock.val();
            self.lane[b].state.next = self.bank[b].state.val();
            for k in 0..self._bias {
                self.lane[b].bias[k].next = self.bias_parts[k].part[b].val();
            }
            for k in 0..self._level {
                self.lane[b].level[k].next = self.level_parts[k].part[b].val();
            }
            for k in 0..self._reset_by {
                self.lane[b].reset_by[k].next = self.reset_parts[k].part[b].val();
            }
            for k in 0..self._leak {
                self.lane[b].leak_factor[k].next = self.leak_parts[k].part[b].val();
            }
            for k in 0..self._passes {
                self.lane[b].more_passes[k].next = self.more_passes[k].q.val();
                self.lane[b].later_pass[k].next = self.later_pass[k].q.val();
            }
            for k in 0..self._spiking {
                self.spikes[k].bit[b].next = self.lane[b].fired[k].val();
            }
            for k in 0..self._showing {
                self.values[k].part[b].next = self.lane[b].shown[k].val();
            }
        }

        comment!("What the scan found leaves through the sender, or TICK past it");
        self.send_word.d.next = self.sequencer.scan_word.val();
        self.send_end.d.next = self.sequencer.end_step.val();
        self.send_last.d.next = self.sequencer.end_sample.val();
        for i in 0..self._on_fabric {
            self.step_done[i].next = self.sequencer.step_done[i].val();
        }
        for k in self._send_at..(self._send_at + 1) {
            self.sending.next = self.send_at[k].q.val();
        }
        for i in 0..self._spiking {
            self.quick_tick[i].clock.next = self.clock.val();
            self.quick_tick[i].reset.next = self.reset.val();
            self.quick_tick[i].in_valid.next = self.sending.val();
            self.quick_tick[i].spikes.next = self.spikes[i].output.val();
            self.quick_tick[i].end_step.next = self.send_end.q.val();
            self.quick_tick[i].end_sample.next = self.send_last.q.val();
            self.quick_tick[i].sender_valid.next = self.spike_sender[i].out_valid.val();
            self.quick_tick[i].sender_data.next = self.spike_sender[i].out_data.val();
            self.spike_sender[i].clock.next = self.clock.val();
            self.spike_sender[i].reset.next = self.reset.val();
            self.spike_sender[i].in_valid.next = self.quick_tick[i].sender_takes.val();
            self.spike_sender[i].spikes.next = self.spikes[i].output.val();
            self.spike_sender[i].row.next = self.one_row.val();
            self.spike_sender[i].column.next = self.one_column.val();
            self.spike_sender[i].group.next = self.send_word.q.val();
            self.spike_sender[i].end_step.next = self.send_end.q.val();
            self.spike_sender[i].end_sample.next = self.send_last.q.val();
            self.spike_sender[i].out_ready.next = self.quick_tick[i].sender_ready.val();
            self.sequencer.sender_full.next = self.spike_sender[i].full.val();
            self.quick_tick[i].out_ready.next = self.out_ready.val();
            self.out_valid.next = self.quick_tick[i].out_valid.val();
            self.out_data.next = self.quick_tick[i].out_data.val();
        }
        for i in 0..self._showing {
            self.value_sender[i].clock.next = self.clock.val();
            self.value_sender[i].reset.next = self.reset.val();
            self.value_sender[i].in_valid.next = self.sending.val();
            self.value_sender[i].values.next = self.values[i].output.val();
            self.value_sender[i].row.next = self.one_row.val();
            self.value_sender[i].column.next = self.one_column.val();
            self.value_sender[i].group.next = self.send_word.q.val();
            self.value_sender[i].end_step.next = self.send_end.q.val();
            self.value_sender[i].end_sample.next = self.send_last.q.val();
            self.sequencer.sender_full.next = self.value_sender[i].full.val();
            self.value_sender[i].out_ready.next = self.out_ready.val();
            self.out_valid.next = self.value_sender[i].out_valid.val();
            self.out_data.next = self.value_sender[i].out_data.val();
        }
    }
}
