//! A layer as a synapse table (compressed sparse rows): per input address a row of `(neuron, weight)` entries, zero
//! weights left out; any graph fits.
//!
//! Neuron `n` stands in bank `n mod B`, word `floor(n / B)`, one neuron a word: the fire phase scans `B` neurons per cycle.
//! Adder `a` of `A` (a divisor of `B`) serves the neurons with `n mod A = a`, so a word of the synapse memory holds at most
//! one entry for each adder, and a row takes as many cycles as its fullest adder has entries.

use net::{Layer, Problem, Synapses};

use super::core::CorePlan;
use super::image::{BitWord, ParamLayout};
use super::{PlanOptions, MOST_ADDERS};
use hdl::{index_width, DISTRIBUTED_WORDS, MAX_WIDTH};
use crate::link::Word;

/// How a layer folds onto a table core.
#[derive(Clone, Debug)]
pub struct TableFold {
    /// Neurons that are scanned in a cycle.
    pub banks: usize,
    /// Synapses that are added in a cycle; divides `banks`.
    pub adders: usize,
    /// Per input address (flat): cycles of its row; 0 if it is empty.
    pub rows: Vec<u32>,
    /// Per input address (flat): synapses of its row.
    pub synapses: Vec<u32>,
    /// Fewest cycles between two operations on one neuron.
    pub nearest: u32,
    /// One cycle more from the membrane memory to the neuron units: block RAM, or constants from a memory.
    pub late: bool,
}

/// From the issue of an event's operation to the read of its neurons.
pub const SYNAPSE_READ: u32 = 2;

/// One synapse: the neuron and what an event adds to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synapse {
    pub neuron: usize,
    pub weight: i32,
}

/// Whether a layer can stand in a table: its neurons are a vector, each with weights of its own.
pub fn is_possible(layer: &Layer) -> bool {
    matches!(layer.synapses, Synapses::Dense(_)) && layer.output.h * layer.output.w == 1
}

/// Whether the planner compares a table with banks: rows of a denser layer are longer than they are worth.
pub fn is_worth_a_try(layer: &Layer) -> bool {
    is_possible(layer) && density(layer) <= 0.25
}

/// Banks and adders that a layer may be folded onto; what the user chose narrows them.
pub fn legal(layer: &Layer, options: &PlanOptions) -> Result<Vec<((usize, usize), usize)>, Problem> {
    let neurons = layer.output.c;
    // A scanned word's constants (up to four fields, one of them a leak factor) pass in one cycle.
    let widest = 4 * (layer.neuron.membrane.bits as usize + 1);
    let most = neurons.min(MOST_ADDERS).min(MAX_WIDTH as usize / widest).max(1);
    let refused = |what: &str, code: &'static str, found: String, limit: String| {
        let remedy = format!("choose other {what} or leave them to the planner");
        Err(Problem::new(code, format!("layer {:?} {what}", layer.name), found, limit, remedy))
    };
    let banks = match options.banks.get(&layer.name) {
        Some(&(1, banks)) if (1..=most).contains(&banks) => vec![banks],
        Some(&(y, x)) => {
            let limit = format!("1 x 1 to 1 x {most}: neurons of a table core that are scanned in a cycle");
            return refused("banks", "banks-range", format!("{y} x {x}"), limit);
        }
        None => {
            let mut banks: Vec<usize> = (0..).map(|k| 1 << k).take_while(|b| *b < most).collect();
            banks.push(most);
            banks
        }
    };
    let wish = options.lanes.get(&layer.name).copied();
    let adders = |banks: usize| -> Vec<usize> {
        let fits = |adders: &usize| match wish {
            Some(wish) => *adders == wish,
            None => adders.is_power_of_two(),
        };
        (1..=banks).filter(|a| banks % a == 0).filter(fits).collect()
    };
    let mut choices: Vec<(usize, usize)> = banks.iter().flat_map(|b| adders(*b).into_iter().map(|a| (*b, a))).collect();
    if let (Some(wish), true) = (wish, choices.is_empty()) {
        // The most banks that the wish divides.
        match (most / wish.max(1) * wish, banks.len()) {
            (banks, 2..) if banks > 0 => choices.push((banks, wish)),
            _ => {
                let banks = banks.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
                let limit = format!("adders of a table core: a divisor of its banks ({banks})");
                return refused("lanes", "lanes-range", wish.to_string(), limit);
            }
        }
    }
    Ok(choices.into_iter().map(|(banks, adders)| ((1, banks), adders)).collect())
}

/// Neurons scanned in a cycle where no device is named.
pub const RULE_BANKS: usize = 32;

/// Synapses of each input address, by rising neuron. Where pooling windows overlap, a neuron may come several times.
pub fn synapses(layer: &Layer) -> Vec<Vec<Synapse>> {
    let Synapses::Dense(dense) = &layer.synapses else { return vec![] };
    let (rows, columns) = super::axis::axes_of(layer, (1, 1));
    let pooled = layer.pool.output;
    let of_input = |index| {
        let (c, y, x) = layer.input.coordinate(index);
        let taps = |axis: &super::axis::Axis, at: usize| -> Vec<usize> {
            axis.iterations[at].iter().flat_map(|it| it.taps.iter().flatten()).map(|tap| tap.kernel_index).collect()
        };
        let (ys, xs) = (taps(&rows, y), taps(&columns, x));
        let heard = |neuron| {
            let at = |(y, x)| dense.weights[neuron * dense.inputs + pooled.index(c, y, x)];
            let all = ys.iter().flat_map(|y| xs.iter().map(|x| (*y, *x))).map(at);
            all.filter(|w| *w != 0).map(move |weight| Synapse { neuron, weight }).collect::<Vec<_>>()
        };
        (0..dense.outputs).flat_map(heard).collect()
    };
    (0..layer.input.len()).map(of_input).collect()
}

/// Synapses that the layer has, as a share of those it could have.
pub fn density(layer: &Layer) -> f64 {
    let Synapses::Dense(dense) = &layer.synapses else { return 1.0 };
    let there = dense.weights.iter().filter(|w| **w != 0).count();
    there as f64 / dense.weights.len().max(1) as f64
}

/// Words of a row: per adder the synapse it adds, if any.
fn row_words(row: &[Synapse], adders: usize) -> Vec<Vec<Option<Synapse>>> {
    let mut words: Vec<Vec<Option<Synapse>>> = Vec::new();
    let mut used = vec![0; adders];
    for synapse in row {
        let adder = synapse.neuron % adders;
        let at = used[adder];
        used[adder] += 1;
        if at == words.len() {
            words.push(vec![None; adders]);
        }
        words[at][adder] = Some(*synapse);
    }
    words
}

impl TableFold {
    /// `rows` are the layer's [`synapses`].
    pub fn new(layer: &Layer, rows: &[Vec<Synapse>], banks: usize, adders: usize) -> TableFold {
        let words = layer.output.c.div_ceil(banks);
        let mut nearest = u32::MAX;
        // Operations before and behind each neuron in its row: another row may follow at once.
        let mut before = vec![u32::MAX; layer.output.c];
        let mut behind = vec![u32::MAX; layer.output.c];
        let mut cycles = Vec::with_capacity(rows.len());
        for row in rows {
            let words = row_words(row, adders);
            cycles.push(words.len() as u32);
            let mut last = vec![None; layer.output.c];
            for (at, word) in words.iter().enumerate() {
                for synapse in word.iter().flatten() {
                    let n = synapse.neuron;
                    before[n] = before[n].min(at as u32);
                    behind[n] = behind[n].min((words.len() - 1 - at) as u32);
                    if let Some(earlier) = last[n].replace(at) {
                        nearest = nearest.min((at - earlier) as u32);
                    }
                }
            }
        }
        for (before, behind) in before.iter().zip(&behind).filter(|(b, _)| **b != u32::MAX) {
            nearest = nearest.min(before + behind + 1);
        }
        let synapses = rows.iter().map(|row| row.len() as u32).collect();
        let mut fold = TableFold { banks, adders, rows: cycles, synapses, nearest, late: words > DISTRIBUTED_WORDS };
        let padded = words * banks > layer.output.c;
        fold.late |= !ParamLayout::of_layer(layer, padded).is_empty();
        fold
    }

    /// Cycles from the read of a membrane to the write of its sum.
    pub fn read_to_write(&self) -> u32 {
        3 + u32::from(self.late)
    }

    /// Idle cycles between the last operation of an event and a scan: its synapses come two cycles later, and what they write
    /// must stand in the memory.
    pub fn event_pause(&self) -> u64 {
        u64::from(SYNAPSE_READ + self.read_to_write())
    }

    /// Words of the synapse memory, at least one.
    pub fn synapse_words(&self) -> usize {
        self.rows.iter().map(|&cycles| cycles as usize).sum::<usize>().max(1)
    }

    /// Bits of an address of the synapse memory.
    pub fn address_bits(&self) -> u32 {
        index_width(self.synapse_words())
    }

    /// Banks that each adder serves.
    pub fn banks_per_adder(&self) -> usize {
        self.banks / self.adders
    }
}

/// The memories of a table core.
pub struct TableImage {
    /// Pointer memory, addressed by the fields of a link word `{c, y, x}`: first word of the row, last word, and whether there
    /// is one (lowest field first); all 0 for an input without a row.
    pub pointers: Vec<Vec<u64>>,
    /// Bits of an address of the synapse memory.
    pub address_bits: u32,
    /// Synapse memory. Per adder, adder 0 lowest: weight, bank of the adder, word in the bank, and whether there is an
    /// entry (left out with one adder: then no word is empty).
    pub words: Vec<Vec<u64>>,
    pub layout: SlotLayout,
}

/// Fields of one adder's entry, lowest first.
#[derive(Clone, Copy, Debug)]
pub struct SlotLayout {
    pub weight_bits: u32,
    /// Which of the adder's banks.
    pub bank_bits: u32,
    pub word_bits: u32,
    /// 1 if an entry may be missing.
    pub used_bits: u32,
}

impl SlotLayout {
    pub fn of(core: &CorePlan, fold: &TableFold) -> SlotLayout {
        SlotLayout {
            weight_bits: core.layer.weight_bits,
            bank_bits: index_width(fold.banks_per_adder()),
            word_bits: index_width(core.words()),
            used_bits: u32::from(fold.adders > 1),
        }
    }

    /// Bits of an entry.
    pub fn bits(&self) -> u32 {
        self.weight_bits + self.bank_bits + self.word_bits + self.used_bits
    }
}

impl TableImage {
    pub fn of(core: &CorePlan, fold: &TableFold) -> TableImage {
        let layer = &core.layer;
        let layout = SlotLayout::of(core, fold);
        let mut words = Vec::new();
        let mut rows = Vec::new();
        for row in synapses(layer) {
            let first = words.len();
            for slots in row_words(&row, fold.adders) {
                let mut word = BitWord::new(layout.bits() * fold.adders as u32);
                for (adder, synapse) in slots.iter().enumerate() {
                    let Some(synapse) = synapse else { continue };
                    let (bank, at) = (synapse.neuron % fold.banks, synapse.neuron / fold.banks);
                    let mut low = adder as u32 * layout.bits();
                    let mut put = |bits: u32, value: i64| {
                        word.set(low, bits, value);
                        low += bits;
                    };
                    put(layout.weight_bits, i64::from(synapse.weight));
                    put(layout.bank_bits, (bank / fold.adders) as i64);
                    put(layout.word_bits, at as i64);
                    put(layout.used_bits, 1);
                }
                words.push(word.into_limbs());
            }
            rows.push((first, words.len()));
        }
        if words.is_empty() {
            words.push(BitWord::new(layout.bits() * fold.adders as u32).into_limbs());
        }
        let address_bits = fold.address_bits();
        debug_assert_eq!(words.len(), fold.synapse_words());
        let bits = 2 * address_bits + 1;
        let mut pointers = vec![BitWord::new(bits).into_limbs(); 1 << core.input.field_bits().max(1)];
        for (index, (first, end)) in rows.into_iter().enumerate().filter(|(_, (first, end))| end > first) {
            let mut pointer = BitWord::new(bits);
            pointer.set(0, address_bits, first as i64);
            pointer.set(address_bits, address_bits, end as i64 - 1);
            pointer.set(2 * address_bits, 1, 1);
            let word = Word::spike(layer.input.coordinate(index));
            pointers[core.input.encode_link(word) as usize] = pointer.into_limbs();
        }
        TableImage { pointers, address_bits, words, layout }
    }

    pub fn word_bits(&self, fold: &TableFold) -> u32 {
        self.layout.bits() * fold.adders as u32
    }
}
