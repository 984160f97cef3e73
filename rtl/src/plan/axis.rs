//! One axis (rows or columns) of a footprint: which taps an input coordinate meets, which bank holds each
//! output, and in how many cycles all are served.
//!
//! Let `S` be the stride, `D` the dilation, `g = gcd(D, S)`, `d = D / g`. Output `o` lives in bank
//! `floor(o / d) mod B`. For one (pooled) input coordinate the taps it meets are `k = k0, k0 + S/g, k0 + 2S/g, …`,
//! and each next tap's output lies `d` lower, so it falls in the next lower bank (mod `B`). Hence `B` consecutive
//! taps always fall in `B` different banks and are served in one cycle: an *iteration*.

use net::MapShape;

/// Geometry of one axis, pooling in front included.
#[derive(Clone, Copy, Debug)]
pub struct AxisShape {
    /// Input coordinates before pooling.
    pub raw: usize,
    pub pool_kernel: usize,
    pub pool_stride: usize,
    pub pool_padding: usize,
    /// Input coordinates after pooling.
    pub pooled: usize,
    pub kernel: usize,
    pub stride: usize,
    pub dilation: usize,
    pub padding: usize,
    /// Output coordinates.
    pub outputs: usize,
}

/// One tap served in an iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tap {
    pub kernel_index: usize,
    pub output: usize,
}

/// What one cycle serves on this axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Iteration {
    /// Block of the weight memory: its slot `s` holds tap `Axis::blocks[block][s]`.
    pub block: usize,
    /// Per bank: the tap served there, if any.
    pub taps: Vec<Option<Tap>>,
    /// Per bank: slot of the block that the bank's weight comes from: bank `b` takes slot `(slots[0] - b) mod B`, so that
    /// `slots[0]` says it all (the *turn*).
    pub slots: Vec<usize>,
}

/// The schedule of an axis.
#[derive(Clone, Debug)]
pub struct Axis {
    pub shape: AxisShape,
    pub banks: usize,
    /// `d` of the module comment: outputs `o` and `o + d` are neighbours in bank order.
    pub spacing: usize,
    /// Rows (or columns) that each bank holds.
    pub depth: usize,
    /// Kernel indices in each weight block, slot by slot; a block may be shorter than `banks`.
    pub blocks: Vec<Vec<usize>>,
    /// Per raw input coordinate: its iterations, none if no output hears it.
    pub iterations: Vec<Vec<Iteration>>,
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        gcd(b, a % b)
    }
}

impl AxisShape {
    /// Most banks that can be busy in one cycle.
    pub fn most_banks(&self) -> usize {
        let step = self.stride / gcd(self.dilation, self.stride);
        self.kernel.div_ceil(step).min(self.outputs).max(1)
    }

    /// Pooled coordinates that hear raw coordinate `raw`.
    fn pooled_of(&self, raw: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.pooled).filter(move |q| {
            let start = q * self.pool_stride;
            raw + self.pool_padding >= start && raw + self.pool_padding < start + self.pool_kernel
        })
    }
}

impl Axis {
    /// Schedules an axis over `banks` banks.
    pub fn new(shape: AxisShape, banks: usize) -> Axis {
        let common = gcd(shape.dilation, shape.stride);
        let (spacing, step) = (shape.dilation / common, shape.stride / common);
        // Taps of one residue class meet the same inputs; cut each class into blocks of `banks` taps.
        let mut blocks = Vec::new();
        let mut block_of = vec![(0, 0); shape.kernel];
        for residue in 0..step.min(shape.kernel) {
            let class: Vec<usize> = (residue..shape.kernel).step_by(step).collect();
            for chunk in class.chunks(banks) {
                for (slot, &k) in chunk.iter().enumerate() {
                    block_of[k] = (blocks.len(), slot);
                }
                blocks.push(chunk.to_vec());
            }
        }
        let depth = (0..shape.outputs).map(|o| position_of(o, spacing, banks).1 + 1).max().unwrap_or(1);
        let mut axis = Axis { shape, banks, spacing, depth, blocks, iterations: Vec::new() };
        axis.iterations = (0..shape.raw)
            .map(|raw| shape.pooled_of(raw).flat_map(|pooled| axis.iterations_of(pooled, &block_of)).collect())
            .collect();
        axis
    }

    /// `(bank, row in the bank)` of an output coordinate.
    pub fn position(&self, output: usize) -> (usize, usize) {
        position_of(output, self.spacing, self.banks)
    }

    /// Output coordinate at `(bank, row)`, `None` where the bank is longer than the map.
    pub fn output_at(&self, bank: usize, row: usize) -> Option<usize> {
        let output = (row / self.spacing * self.banks + bank) * self.spacing + row % self.spacing;
        (output < self.shape.outputs).then_some(output)
    }

    /// Most iterations any coordinate needs, at least 1.
    pub fn most_iterations(&self) -> usize {
        self.iterations.iter().map(Vec::len).max().unwrap_or(0).max(1)
    }

    fn iterations_of(&self, pooled: usize, block_of: &[(usize, usize)]) -> Vec<Iteration> {
        let s = &self.shape;
        let mut found: Vec<Iteration> = Vec::new();
        for kernel_index in 0..s.kernel {
            let numerator = (pooled + s.padding) as i64 - (kernel_index * s.dilation) as i64;
            if numerator < 0 || numerator as usize % s.stride != 0 || numerator as usize / s.stride >= s.outputs {
                continue;
            }
            let output = numerator as usize / s.stride;
            let (block, slot) = block_of[kernel_index];
            let bank = self.position(output).0;
            let at = found.iter().position(|it| it.block == block).unwrap_or_else(|| {
                // Slot s feeds bank (bank of slot 0 - s) mod B, so bank b takes slot (bank + slot - b) mod B.
                let slots = (0..self.banks).map(|b| (bank + slot + self.banks - b) % self.banks).collect();
                found.push(Iteration { block, taps: vec![None; self.banks], slots });
                found.len() - 1
            });
            debug_assert!(found[at].slots[bank] == slot && found[at].taps[bank].is_none());
            found[at].taps[bank] = Some(Tap { kernel_index, output });
        }
        found
    }
}

fn position_of(output: usize, spacing: usize, banks: usize) -> (usize, usize) {
    let line = output / spacing;
    (line % banks, line / banks * spacing + output % spacing)
}

/// Rows and columns of a layer, scheduled over `banks.0 x banks.1` banks.
pub fn axes_of(layer: &net::Layer, banks: (usize, usize)) -> (Axis, Axis) {
    let (rows, columns) = axis_shapes(layer);
    (Axis::new(rows, banks.0), Axis::new(columns, banks.1))
}

/// Geometry of both axes. A fully connected layer is a convolution whose kernel is the whole (pooled) map.
pub fn axis_shapes(layer: &net::Layer) -> (AxisShape, AxisShape) {
    let (raw, pooled): (MapShape, MapShape) = (layer.input, layer.pool.output);
    let pool = &layer.pool;
    let (kernel, stride, dilation, padding) = match &layer.synapses {
        net::Synapses::Dense(_) => ((pooled.h, pooled.w), (1, 1), (1, 1), (0, 0)),
        net::Synapses::Conv2d(conv) => (conv.kernel, conv.stride, conv.dilation, conv.padding),
    };
    let rows = AxisShape {
        raw: raw.h,
        pool_kernel: pool.kernel.0,
        pool_stride: pool.stride.0,
        pool_padding: pool.padding.0,
        pooled: pooled.h,
        kernel: kernel.0,
        stride: stride.0,
        dilation: dilation.0,
        padding: padding.0,
        outputs: layer.output.h,
    };
    let columns = AxisShape {
        raw: raw.w,
        pool_kernel: pool.kernel.1,
        pool_stride: pool.stride.1,
        pool_padding: pool.padding.1,
        pooled: pooled.w,
        kernel: kernel.1,
        stride: stride.1,
        dilation: dilation.1,
        padding: padding.1,
        outputs: layer.output.w,
    };
    (rows, columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every (input, tap, output) of the definition is served exactly once, each in its output's bank.
    fn check(shape: AxisShape, banks: usize) {
        let axis = Axis::new(shape, banks);
        for raw in 0..shape.raw {
            let mut expect = Vec::new();
            for q in 0..shape.pooled {
                let start = (q * shape.pool_stride) as i64 - shape.pool_padding as i64;
                if (raw as i64) < start || raw as i64 >= start + shape.pool_kernel as i64 {
                    continue;
                }
                for o in 0..shape.outputs {
                    for k in 0..shape.kernel {
                        if o * shape.stride + k * shape.dilation == q + shape.padding {
                            expect.push((k, o));
                        }
                    }
                }
            }
            let mut served = Vec::new();
            for iteration in &axis.iterations[raw] {
                for (bank, tap) in iteration.taps.iter().enumerate() {
                    let Some(tap) = tap else { continue };
                    let (at, row) = axis.position(tap.output);
                    assert_eq!(at, bank);
                    assert!(row < axis.depth);
                    assert_eq!(axis.output_at(bank, row), Some(tap.output));
                    assert_eq!(axis.blocks[iteration.block][iteration.slots[bank]], tap.kernel_index);
                    served.push((tap.kernel_index, tap.output));
                }
            }
            expect.sort();
            served.sort();
            assert_eq!(served, expect, "{shape:?} banks {banks} raw {raw}");
        }
    }

    #[test]
    fn all_small_geometries_are_served_exactly_once() {
        for (kernel, stride, dilation, padding) in
            (1..=5).flat_map(|k| (1..=4).flat_map(move |s| (1..=4).flat_map(move |d| (0..=2).map(move |p| (k, s, d, p)))))
        {
            for (pool_kernel, pool_stride, pool_padding) in [(1, 1, 0), (2, 2, 0), (3, 2, 1), (3, 3, 0)] {
                let raw: usize = 13;
                let pooled = (raw + 2 * pool_padding - pool_kernel) / pool_stride + 1;
                let span = dilation * (kernel - 1) + 1;
                if pooled + 2 * padding < span {
                    continue;
                }
                let outputs = (pooled + 2 * padding - span) / stride + 1;
                let shape = AxisShape {
                    raw, pool_kernel, pool_stride, pool_padding, pooled, kernel, stride, dilation, padding, outputs,
                };
                for banks in 1..=shape.most_banks() {
                    check(shape, banks);
                }
            }
        }
    }

    #[test]
    fn three_banks_serve_a_three_tap_kernel_in_one_cycle() {
        let shape = AxisShape {
            raw: 28, pool_kernel: 1, pool_stride: 1, pool_padding: 0, pooled: 28, kernel: 3, stride: 1, dilation: 1,
            padding: 1, outputs: 28,
        };
        assert_eq!(Axis::new(shape, 3).most_iterations(), 1);
        assert_eq!(Axis::new(shape, 1).most_iterations(), 3);
    }
}
