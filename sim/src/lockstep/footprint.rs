//! Which membrane words an event touches, and what it adds to each of their lanes. Written from the network's
//! definition and `CorePlan::locate`; it does not look at the emitted tables.

use net::Synapses;
use rtl::plan::Location;
use rtl::CorePlan;

use super::coverage::Seen;

/// One tap of a footprint: bank, position in the bank (word = position x groups + group), kernel index.
#[derive(Clone, Copy)]
struct Tap {
    bank: u32,
    position: u32,
    kernel: u32,
}

/// Replays events as word updates.
pub struct Footprint {
    /// Taps of input position `y * width + x` stand in `taps[starts[p] .. starts[p + 1]]`.
    starts: Vec<u32>,
    taps: Vec<Tap>,
    width: usize,
    /// Positions of the input map.
    positions: usize,
    kernels: usize,
    groups: usize,
    words: usize,
    /// Per input channel: first group, number of groups, first row.
    channels: Vec<(u32, u32, u32)>,
    /// Packed weights: row `((kernel * groups of the channel) + group) + first row of the channel`, `limbs` each.
    rows: Vec<u32>,
    limbs: usize,
    /// Weights of each row; 0 of a row that no event reaches.
    weights: Vec<u32>,
    /// Of a table core, by input address: (word, row) of each weight that is not zero.
    listed: Option<Vec<Vec<(u32, u32)>>>,
}

/// Bits `low .. low + width` of packed limbs, set to the two's complement of `value`; they must be zero before.
pub fn put_bits(limbs: &mut [u32], low: u32, width: u32, value: i64) {
    let bits = value as u64 & ((1u64 << width) - 1);
    let (at, shifted) = (low as usize / 32, bits << (low % 32));
    limbs[at] |= shifted as u32;
    if let Some(next) = limbs.get_mut(at + 1) {
        *next |= (shifted >> 32) as u32;
    }
}

/// Bits `low .. low + width` (at most 33) of packed limbs, not sign-extended.
#[inline(always)]
pub fn get_bits(limbs: &[u32], low: u32, width: u32) -> u64 {
    let at = low as usize / 32;
    let high = limbs.get(at + 1).copied().unwrap_or(0);
    let window = (u64::from(limbs[at]) | u64::from(high) << 32) >> (low % 32);
    window & ((1u64 << width) - 1)
}

impl Footprint {
    pub fn new(core: &CorePlan) -> Footprint {
        if core.table.is_some() {
            return Footprint::listed(core);
        }
        let layer = &core.layer;
        let limbs = core.memory_bits().div_ceil(32) as usize;
        let kernels = core.rows.shape.kernel * core.columns.shape.kernel;
        let mut starts = vec![0];
        let mut taps = Vec::new();
        let row_taps: Vec<_> = (0..layer.input.h).map(|y| taps_of(&core.rows, y)).collect();
        let column_taps: Vec<_> = (0..layer.input.w).map(|x| taps_of(&core.columns, x)).collect();
        for across in &row_taps {
            for along in &column_taps {
                for &(ky, oy) in across {
                    for &(kx, ox) in along {
                        let at = core.locate(layer.output.index(0, oy, ox));
                        taps.push(Tap {
                            bank: at.bank as u32,
                            position: (at.word / core.groups) as u32,
                            kernel: (ky * core.columns.shape.kernel + kx) as u32,
                        });
                    }
                }
                starts.push(taps.len() as u32);
            }
        }
        let mut reached = vec![false; kernels];
        taps.iter().for_each(|tap| reached[tap.kernel as usize] = true);
        let mut channels = Vec::new();
        let mut rows = Vec::new();
        let mut weights = Vec::new();
        for c in 0..layer.input.c {
            let (first, last) = core.group_range(c);
            channels.push((first as u32, (last - first + 1) as u32, (rows.len() / limbs) as u32));
            for (kernel, reached) in reached.iter().enumerate() {
                for group in first..=last {
                    let at = rows.len();
                    rows.resize(at + limbs, 0);
                    let mut count = 0;
                    for lane in 0..core.lanes {
                        let output = group * core.lanes + lane;
                        if let Some(weight) = weight(core, c, kernel, output) {
                            let low = lane as u32 * core.state_bits();
                            put_bits(&mut rows[at..], low, layer.neuron.membrane.bits, weight);
                            count += u32::from(*reached);
                        }
                    }
                    weights.push(count);
                }
            }
        }
        let (width, groups, words) = (layer.input.w, core.groups, core.words());
        Footprint {
            starts,
            taps,
            width,
            positions: layer.input.h * layer.input.w,
            kernels,
            groups,
            words,
            channels,
            rows,
            limbs,
            weights,
            listed: None,
        }
    }

    /// Of a table core: neurons that a zero weight stands for are not touched.
    fn listed(core: &CorePlan) -> Footprint {
        let layer = &core.layer;
        let limbs = core.memory_bits().div_ceil(32) as usize;
        let row_taps: Vec<_> = (0..layer.input.h).map(|y| taps_of(&core.rows, y)).collect();
        let column_taps: Vec<_> = (0..layer.input.w).map(|x| taps_of(&core.columns, x)).collect();
        let mut rows = Vec::new();
        let mut listed = Vec::new();
        for index in 0..layer.input.len() {
            let (c, y, x) = layer.input.coordinate(index);
            let mut updates = Vec::new();
            for &(ky, _) in &row_taps[y] {
                for &(kx, _) in &column_taps[x] {
                    let kernel = ky * core.columns.shape.kernel + kx;
                    for output in 0..layer.output.c {
                        let Some(weight @ (..=-1 | 1..)) = weight(core, c, kernel, output) else {
                            continue;
                        };
                        let at = core.locate(output);
                        let row = rows.len();
                        updates.push(((at.bank * core.words() + at.word) as u32, (row / limbs) as u32));
                        rows.resize(row + limbs, 0);
                        let low = at.lane as u32 * core.state_bits();
                        put_bits(&mut rows[row..], low, layer.neuron.membrane.bits, weight);
                    }
                }
            }
            listed.push(updates);
        }
        Footprint {
            starts: Vec::new(),
            taps: Vec::new(),
            width: layer.input.w,
            positions: layer.input.h * layer.input.w,
            kernels: 0,
            groups: core.groups,
            words: core.words(),
            channels: Vec::new(),
            weights: vec![1; rows.len() / limbs],
            rows,
            limbs,
            listed: Some(listed),
        }
    }

    /// Calls `update(word, row)` for each word that an event touches, word = bank x words + address.
    #[inline(always)]
    pub fn replay(&self, c: usize, y: usize, x: usize, mut update: impl FnMut(u32, u32)) {
        if let Some(listed) = &self.listed {
            let address = c * self.positions + y * self.width + x;
            listed[address].iter().for_each(|&(word, row)| update(word, row));
            return;
        }
        let position = y * self.width + x;
        let (first, count, base) = self.channels[c];
        debug_assert!(self.kernels > 0);
        for tap in &self.taps[self.starts[position] as usize..self.starts[position + 1] as usize] {
            let word = tap.bank * self.words as u32 + tap.position * self.groups as u32 + first;
            let row = base + tap.kernel * count;
            for group in 0..count {
                update(word + group, row + group);
            }
        }
    }

    /// Weights of each row that some event reaches.
    pub fn weights(&self) -> &[u32] {
        &self.weights
    }

    /// Addresses of the heard map, flat, whose events together reach all rows that `seen` lacks: few, not the fewest.
    pub fn addresses(&self, seen: &Seen) -> Vec<usize> {
        if let Some(listed) = &self.listed {
            let tells = |address: &usize| listed[*address].iter().any(|&(_, row)| seen.lacks(row as usize));
            return (0..listed.len()).filter(tells).collect();
        }
        let kernels_at = |position: usize| self.taps[self.starts[position] as usize..self.starts[position + 1] as usize].iter().map(|tap| tap.kernel as usize);
        // Those in the middle of the map meet most of a kernel.
        let mut positions: Vec<usize> = (0..self.positions).collect();
        positions.sort_by_key(|&position| std::cmp::Reverse(kernels_at(position).count()));
        let mut found = Vec::new();
        for (c, &(_, count, base)) in self.channels.iter().enumerate() {
            let rows = |kernel: usize| (base as usize + kernel * count as usize)..(base as usize + (kernel + 1) * count as usize);
            let mut missing: Vec<bool> = (0..self.kernels).map(|kernel| rows(kernel).any(|row| seen.lacks(row))).collect();
            let mut left = missing.iter().filter(|missing| **missing).count();
            for &position in &positions {
                let before = left;
                for kernel in kernels_at(position) {
                    left -= usize::from(std::mem::take(&mut missing[kernel]));
                }
                if left < before {
                    found.push(c * self.positions + position);
                }
                if left == 0 {
                    break;
                }
            }
        }
        found
    }

    /// What row `row` adds to a word.
    #[inline(always)]
    pub fn row(&self, row: u32) -> &[u32] {
        &self.rows[row as usize * self.limbs..][..self.limbs]
    }
}

/// `(kernel index, output)` pairs that an input coordinate meets on one axis, by the definitions of `net::Pool` and
/// `net::Conv2d`.
fn taps_of(axis: &rtl::plan::axis::Axis, raw: usize) -> Vec<(usize, usize)> {
    let s = &axis.shape;
    let mut taps = Vec::new();
    for pooled in 0..s.pooled {
        let start = (pooled * s.pool_stride) as i64 - s.pool_padding as i64;
        if (raw as i64) < start || raw as i64 >= start + s.pool_kernel as i64 {
            continue;
        }
        for k in 0..s.kernel {
            for o in 0..s.outputs {
                if o * s.stride + k * s.dilation == pooled + s.padding {
                    taps.push((k, o));
                }
            }
        }
    }
    taps
}

/// What input channel `c` adds over kernel index `kernel` to output channel `output`, in membrane units; `None` where there is no weight.
fn weight(core: &CorePlan, c: usize, kernel: usize, output: usize) -> Option<i64> {
    let layer = &core.layer;
    let added = |weight: i32| i64::from(weight) << layer.fraction_bits;
    if output >= layer.output.c {
        return None;
    }
    match &layer.synapses {
        Synapses::Dense(dense) => {
            let pooled = layer.pool.output;
            Some(added(dense.weights[output * dense.inputs + c * pooled.h * pooled.w + kernel]))
        }
        Synapses::Conv2d(conv) => {
            let (ins, outs) = (conv.in_channels / conv.groups, conv.out_channels / conv.groups);
            let kernels = conv.kernel.0 * conv.kernel.1;
            (output / outs == c / ins).then(|| added(conv.weights[(output * ins + c % ins) * kernels + kernel]))
        }
    }
}

/// Flat index of the neuron in each lane of each word, `u32::MAX` for padding; `[bank][word][lane]`.
pub fn neurons(core: &CorePlan) -> Vec<u32> {
    let mut found = Vec::with_capacity(core.banks() * core.words() * core.lanes);
    for bank in 0..core.banks() {
        for word in 0..core.words() {
            for lane in 0..core.lanes {
                found.push(
                    core.neuron_at(Location { bank, word, lane })
                        .map_or(u32::MAX, |n| n as u32),
                );
            }
        }
    }
    found
}
