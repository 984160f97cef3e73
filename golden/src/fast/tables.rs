//! Where an event lands: tables per row and per column, built once.
//!
//! Pooling and convolution are separable, so the taps of an event at `(y, x)` are the product of the taps of row `y`
//! and of column `x`. Fully connected layers are convolutions whose kernel covers the whole (pooled) map.

use net::{Conv2d, Layer, MapShape, Synapses};
use std::cmp::Reverse;

/// A spike with its coordinate on the map where it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub c: u32,
    pub y: u32,
    pub x: u32,
}

impl Event {
    pub fn at(shape: MapShape, index: usize) -> Event {
        let (c, y, x) = shape.coordinate(index);
        Event {
            c: c as u32,
            y: y as u32,
            x: x as u32,
        }
    }
}

/// One tap along one axis: `count` outputs in a row from `out` on, whose weights lie side by side from slot `weight` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taps {
    pub out: u32,
    pub weight: u32,
    pub count: u32,
}

/// Taps per input coordinate along one axis.
#[derive(Clone, Debug, Default)]
pub struct AxisTable {
    taps: Vec<Taps>,
    /// Taps of coordinate `i` are `taps[first[i] .. first[i + 1]]`.
    first: Vec<u32>,
    /// Number of single taps per coordinate.
    pub total: Vec<u32>,
    /// Kernel position -> weight slot.
    pub slot: Vec<usize>,
}

impl AxisTable {
    #[inline(always)]
    pub fn at(&self, coordinate: usize) -> &[Taps] {
        &self.taps[self.first[coordinate] as usize..self.first[coordinate + 1] as usize]
    }
}

/// One axis of a layer: pooling in front, then a convolution.
#[derive(Clone, Copy)]
pub struct Axis {
    pub input: usize,
    pub pool_kernel: usize,
    pub pool_stride: usize,
    pub pool_padding: usize,
    pub pooled: usize,
    pub kernel: usize,
    pub stride: usize,
    pub dilation: usize,
    pub padding: usize,
    pub output: usize,
}

impl Axis {
    /// Axes of a layer, rows then columns.
    pub fn of(layer: &Layer) -> (Axis, Axis) {
        let pooled = layer.pool.output;
        let full; // a fully connected layer as a convolution
        let (conv, output) = match &layer.synapses {
            Synapses::Conv2d(conv) => (conv, layer.output),
            Synapses::Dense(dense) => {
                full = Conv2d {
                    in_channels: pooled.c,
                    out_channels: dense.outputs,
                    groups: 1,
                    kernel: (pooled.h, pooled.w),
                    stride: (1, 1),
                    dilation: (1, 1),
                    padding: (0, 0),
                    weights: Vec::new().into(),
                };
                (&full, MapShape::vector(dense.outputs))
            }
        };
        let axis = |pick: fn((usize, usize)) -> usize, input, pooled, output| Axis {
            input,
            pool_kernel: pick(layer.pool.kernel),
            pool_stride: pick(layer.pool.stride),
            pool_padding: pick(layer.pool.padding),
            pooled,
            kernel: pick(conv.kernel),
            stride: pick(conv.stride),
            dilation: pick(conv.dilation),
            padding: pick(conv.padding),
            output,
        };
        (
            axis(|(rows, _)| rows, layer.input.h, pooled.h, output.h),
            axis(|(_, columns)| columns, layer.input.w, pooled.w, output.w),
        )
    }

    /// Builds the table; with `merge`, taps whose outputs and weight slots both follow each other become one run.
    pub fn table(&self, merge: bool) -> AxisTable {
        // Kernel positions that one event reaches together lie side by side, in the order of their outputs.
        let mut order: Vec<usize> = (0..self.kernel).collect();
        order.sort_by_key(|&k| (k * self.dilation % self.stride, Reverse(k)));
        let mut slot = vec![0; self.kernel];
        order.iter().enumerate().for_each(|(place, &k)| slot[k] = place);

        let mut table = AxisTable {
            slot,
            first: vec![0],
            ..AxisTable::default()
        };
        for coordinate in 0..self.input {
            let before = table.taps.len();
            for pooled in self.pooled_from(coordinate) {
                self.push_taps(&mut table, pooled, merge);
            }
            table
                .total
                .push(table.taps[before..].iter().map(|taps| taps.count).sum());
            table.first.push(table.taps.len() as u32);
        }
        table
    }

    /// Pooled coordinates whose window holds `coordinate`.
    fn pooled_from(&self, coordinate: usize) -> impl Iterator<Item = usize> + '_ {
        let padded = coordinate + self.pool_padding;
        (0..self.pooled)
            .filter(move |&p| (p * self.pool_stride..p * self.pool_stride + self.pool_kernel).contains(&padded))
    }

    /// Taps of one pooled coordinate, in ascending order of output.
    fn push_taps(&self, table: &mut AxisTable, pooled: usize, merge: bool) {
        let start = table.taps.len();
        for k in (0..self.kernel).rev() {
            let Some(scaled) = (pooled + self.padding).checked_sub(k * self.dilation) else {
                continue;
            };
            let out = scaled / self.stride;
            if scaled % self.stride != 0 || out >= self.output {
                continue;
            }
            let (out, weight) = (out as u32, table.slot[k] as u32);
            let fresh = table.taps.len() == start;
            match table.taps.last_mut() {
                Some(run) if merge && !fresh && out == run.out + run.count && weight == run.weight + run.count => {
                    run.count += 1;
                }
                _ => table.taps.push(Taps { out, weight, count: 1 }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(kernel: usize, stride: usize, dilation: usize, padding: usize, input: usize) -> Axis {
        let output = (input + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
        Axis {
            input,
            pool_kernel: 1,
            pool_stride: 1,
            pool_padding: 0,
            pooled: input,
            kernel,
            stride,
            dilation,
            padding,
            output,
        }
    }

    #[test]
    fn a_plain_kernel_is_one_run_per_coordinate() {
        let table = axis(3, 1, 1, 1, 8).table(true);
        assert_eq!(
            table.at(4),
            [Taps {
                out: 3,
                weight: 0,
                count: 3
            }]
        );
        assert_eq!(
            table.at(0),
            [Taps {
                out: 0,
                weight: 1,
                count: 2
            }]
        );
        assert_eq!(table.slot, [2, 1, 0]);
    }

    #[test]
    fn a_strided_kernel_keeps_its_phases_together() {
        let table = axis(5, 2, 1, 2, 12).table(true);
        assert!((0..12).all(|x| table.at(x).len() == 1), "{table:?}");
        assert_eq!(table.total[4], 3);
        assert_eq!(table.total[5], 2);
    }
}
