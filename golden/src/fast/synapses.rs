//! Scatter: one event adds its weights onto the states it reaches.

use super::tables::{Axis, AxisTable, Event};
use super::word::{Word, LANES};
use net::{Layer, Synapses};

/// Weights re-laid as `[input channel][row slot][column slot][output channel of the group, padded]`, with the tables
/// that say which of them an event needs.
#[derive(Clone, Debug)]
pub struct Scatter<T> {
    rows: AxisTable,
    columns: AxisTable,
    weights: Vec<T>,
    /// Input channels per group.
    group_inputs: usize,
    /// Output channels per group.
    group_outputs: usize,
    /// The same, padded.
    pub group_stride: usize,
    /// Padded channels of one output position.
    pub channels: usize,
    output_width: usize,
    /// Elements between two row slots.
    row_stride: usize,
    /// Elements between two input channels.
    channel_stride: usize,
}

impl<T: Word> Scatter<T> {
    pub fn new(layer: &Layer) -> Self {
        let (rows, columns) = Axis::of(layer);
        let pooled = layer.pool.output;
        let (groups, inputs, outputs, output_width) = match &layer.synapses {
            Synapses::Dense(dense) => (1, pooled.c, dense.outputs, 1),
            Synapses::Conv2d(conv) => (conv.groups, conv.in_channels, conv.out_channels, layer.output.w),
        };
        let (group_inputs, group_outputs) = (inputs / groups, outputs / groups);
        let group_stride = if group_outputs > LANES / 2 {
            group_outputs.next_multiple_of(LANES)
        } else {
            group_outputs
        };
        let (row_slots, column_slots) = (rows.kernel, columns.kernel);
        let (rows, columns) = (rows.table(false), columns.table(groups == 1));
        let row_stride = column_slots * group_stride;
        let channel_stride = row_slots * row_stride;
        let mut weights = vec![T::zero(); inputs * channel_stride];
        for ci in 0..inputs {
            for ky in 0..row_slots {
                for kx in 0..column_slots {
                    let to = ci * channel_stride + rows.slot[ky] * row_stride + columns.slot[kx] * group_stride;
                    for co in 0..group_outputs {
                        let weight = i64::from(match &layer.synapses {
                            Synapses::Dense(dense) => dense.weights[co * dense.inputs + pooled.index(ci, ky, kx)],
                            Synapses::Conv2d(conv) => {
                                let co = ci / group_inputs * group_outputs + co;
                                let row = co * group_inputs + ci % group_inputs;
                                conv.weights[(row * row_slots + ky) * column_slots + kx]
                            }
                        });
                        weights[to + co] = T::constant(weight << layer.fraction_bits);
                    }
                }
            }
        }
        Scatter {
            rows,
            columns,
            weights,
            group_inputs,
            group_outputs,
            group_stride,
            channels: groups * group_stride,
            output_width,
            row_stride,
            channel_stride,
        }
    }

    /// Adds one event onto `states` (`[position][channels]`) and returns its synaptic operations.
    #[inline(always)]
    pub fn add(&self, states: &mut [T], event: Event) -> u64 {
        let (c, y, x) = (event.c as usize, event.y as usize, event.x as usize);
        let one_group = self.channels == self.group_stride;
        let lane = if one_group {
            0
        } else {
            c / self.group_inputs * self.group_stride
        };
        let weights = &self.weights[c * self.channel_stride..][..self.channel_stride];
        let columns = self.columns.at(x);
        for row in self.rows.at(y) {
            let states = &mut states[row.out as usize * self.output_width * self.channels + lane..];
            let weights = &weights[row.weight as usize * self.row_stride..];
            for run in columns {
                let length = run.count as usize * self.group_stride;
                let to = &mut states[run.out as usize * self.channels..][..length];
                let from = &weights[run.weight as usize * self.group_stride..][..length];
                add_run(to, from);
            }
        }
        u64::from(self.rows.total[y]) * u64::from(self.columns.total[x]) * self.group_outputs as u64
    }

    /// Sets `touched` to 1 where [`Scatter::add`] adds a weight, of the same layout; padded channels stay as they are.
    pub fn mark(&self, touched: &mut [T], event: Event) {
        let (c, y, x) = (event.c as usize, event.y as usize, event.x as usize);
        let lane = c / self.group_inputs * self.group_stride;
        for row in self.rows.at(y) {
            for run in self.columns.at(x) {
                for column in run.out as usize..(run.out + run.count) as usize {
                    let position = row.out as usize * self.output_width + column;
                    touched[position * self.channels + lane..][..self.group_outputs].fill(T::one());
                }
            }
        }
    }
}

/// `to[i] += from[i]`; the bound proves that no sum leaves the word.
#[inline(always)]
fn add_run<T: Word>(to: &mut [T], from: &[T]) {
    let (to, to_rest) = to.as_chunks_mut::<LANES>();
    let (from, from_rest) = from.as_chunks::<LANES>();
    for (to, from) in to.iter_mut().zip(from) {
        for lane in 0..LANES {
            to[lane] = to[lane].wrapping_add(&from[lane]);
        }
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        *to = to.wrapping_add(from);
    }
}
