//! The membrane bound: how far one time step can push a membrane, and the word width that makes overflow impossible.
//!
//! `P` and `N` are the magnitudes of the largest positive and the largest negative sum that one time step can bring
//! to one neuron of the layer, over its fan-in: weights x largest payload of the source x multiplicity of pooling,
//! plus the bias. Positive and negative terms are counted apart, so the bound holds for partial sums in any order.
//! See `docs/numbers.md`, section "Membrane bound".

use crate::{Layer, MapShape, Membrane, Network, Output, Pool, Reset, Synapses};

/// Narrowest membrane word unless the user asks for another.
pub const DEFAULT_BITS: u32 = 16;
/// Widest membrane word that golden and rtl support.
pub const MAX_BITS: u32 = 32;

/// Worst sums of one time step for the worst neuron of a layer; both are >= 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct WorstSums {
    /// P: largest positive sum.
    pub positive: i64,
    /// N: magnitude of the largest negative sum.
    pub negative: i64,
}

/// What a membrane word must hold besides the sums of one time step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Targets {
    /// `hi >= least_hi`: fire level - 1, reset values, initial states, 0.
    pub least_hi: i64,
    /// A word of the membrane's width must represent it: the fire level.
    pub constant: i64,
    /// `lo <= greatest_lo`: reset values, initial states, the lower clamp's ceiling, 0.
    pub greatest_lo: i64,
}

/// Worst sums of a layer. `heard` holds, for each address of its input map, the most spikes that it may bring in one step;
/// in a convolution it is the same for all addresses of a channel (the largest counts).
pub fn worst_sums(layer: &Layer, heard: &[i64]) -> WorstSums {
    let (pool, input, output, bias) = (&layer.pool, layer.input, layer.output, &layer.neuron.bias);
    // What one unit of a weight brings, for each address.
    let heard: &[i64] = &heard.iter().map(|times| times << layer.fraction_bits).collect::<Vec<_>>();
    match &layer.synapses {
        Synapses::Dense(dense) => {
            let per_input: Vec<i64> = (0..dense.inputs).map(|i| pooled(pool, input, heard, i)).collect();
            let sums = dense.weights.chunks(dense.inputs.max(1)).map(|row| {
                row.iter()
                    .zip(&per_input)
                    .fold((0i64, 0i64), |sum, (&w, &n)| add(sum, w as i64, n))
            });
            worst(sums.enumerate().map(|(o, sum)| (sum, bias.at(output, o))))
        }
        Synapses::Conv2d(conv) => {
            let cover = PoolCover::new(pool, input);
            let rows = taps(
                &cover.rows,
                conv.kernel.0,
                conv.stride.0,
                conv.dilation.0,
                conv.padding.0,
                output.h,
            );
            let columns = taps(
                &cover.columns,
                conv.kernel.1,
                conv.stride.1,
                conv.dilation.1,
                conv.padding.1,
                output.w,
            );
            let (row_kinds, row_of) = distinct(rows);
            let (column_kinds, column_of) = distinct(columns);
            let per_channel = conv.weights.len() / conv.out_channels.max(1);
            let payload: Vec<i64> = heard
                .chunks(input.h * input.w)
                .map(|channel| channel.iter().copied().max().unwrap_or(0))
                .collect();
            let (group_inputs, group_outputs) = (conv.in_channels / conv.groups, conv.out_channels / conv.groups);
            let mut sums = vec![(0i64, 0i64); conv.out_channels * row_kinds.len() * column_kinds.len()];
            for (at, sum) in sums.iter_mut().enumerate() {
                let (co, ry, rx) = MapShape::new(conv.out_channels, row_kinds.len(), column_kinds.len()).coordinate(at);
                let weights = &conv.weights[co * per_channel..(co + 1) * per_channel];
                let first = co / group_outputs * group_inputs;
                for (plane, &payload) in weights.chunks(conv.kernel.0 * conv.kernel.1).zip(&payload[first..]) {
                    for (ky, &rows) in row_kinds[ry].iter().enumerate().filter(|(_, n)| **n > 0) {
                        for (kx, &columns) in column_kinds[rx].iter().enumerate().filter(|(_, n)| **n > 0) {
                            *sum = add(*sum, plane[ky * conv.kernel.1 + kx] as i64, rows * columns * payload);
                        }
                    }
                }
            }
            worst((0..output.len()).map(|i| {
                let (co, y, x) = output.coordinate(i);
                let at = (co * row_kinds.len() + row_of[y]) * column_kinds.len() + column_of[x];
                (sums[at], bias.at(output, i))
            }))
        }
    }
}

/// Worst sums of layer `index` of a network.
pub fn layer_sums(network: &Network, index: usize) -> WorstSums {
    worst_sums(&network.layers[index], &network.multiplicities(index))
}

/// Most spikes that fall into the pooled position of flat index `index` in one step.
fn pooled(pool: &Pool, input: MapShape, heard: &[i64], index: usize) -> i64 {
    let (c, y, x) = pool.output.coordinate(index);
    let span = |o: usize, kernel: usize, stride: usize, padding: usize, inputs: usize| {
        let end = (o * stride + kernel).saturating_sub(padding).min(inputs);
        (o * stride).saturating_sub(padding).min(end)..end
    };
    let columns = span(x, pool.kernel.1, pool.stride.1, pool.padding.1, input.w);
    span(y, pool.kernel.0, pool.stride.0, pool.padding.0, input.h)
        .map(|y| heard[input.index(c, y, 0)..][columns.clone()].iter().sum::<i64>())
        .sum()
}

/// What the membrane of `layer` must hold: 0, initial states, fire level and reset values.
pub fn targets(layer: &Layer) -> Targets {
    let mut targets = Targets {
        least_hi: layer.neuron.initial.max().max(0),
        constant: 0,
        greatest_lo: layer.neuron.initial.min().min(0),
    };
    if layer.neuron.output == Output::Spike {
        targets.constant = layer.neuron.fire_level.max();
        targets.least_hi = targets.least_hi.max(targets.constant - 1);
    }
    if let Reset::ToValue(value) = &layer.neuron.reset {
        targets.least_hi = targets.least_hi.max(value.max());
        targets.greatest_lo = targets.greatest_lo.min(value.min());
    }
    targets
}

/// Least width whose word holds the targets and leaves room for the sums; `None` if more than [`MAX_BITS`].
pub fn least_bits(sums: WorstSums, targets: Targets) -> Option<u32> {
    (2..=MAX_BITS).find(|&bits| membrane(bits, sums, None).is_some_and(|m| holds(&m, targets)))
}

/// The membrane of a width: `lo = -2^(bits-1) + N` (raised to `clamp`), `hi = 2^(bits-1) - 1 - P`.
/// `None` if the word cannot even hold 0.
pub fn membrane(bits: u32, sums: WorstSums, clamp: Option<i64>) -> Option<Membrane> {
    let half = 1i64 << (bits - 1);
    let lo = -half + sums.negative;
    let hi = half - 1 - sums.positive;
    (lo <= 0 && hi >= 0).then(|| Membrane {
        bits,
        lo: lo.max(clamp.unwrap_or(lo)).min(0),
        hi,
    })
}

/// Whether a membrane holds the targets.
pub fn holds(membrane: &Membrane, targets: Targets) -> bool {
    let greatest = (1i64 << (membrane.bits - 1)) - 1;
    membrane.hi >= targets.least_hi && targets.constant <= greatest && membrane.lo <= targets.greatest_lo
}

fn add(sum: (i64, i64), weight: i64, times: i64) -> (i64, i64) {
    let (positive, negative) = sum;
    match weight >= 0 {
        true => (positive.saturating_add(weight.saturating_mul(times)), negative),
        false => (positive, negative.saturating_add((-weight).saturating_mul(times))),
    }
}

fn worst(sums: impl Iterator<Item = ((i64, i64), i64)>) -> WorstSums {
    let mut worst = WorstSums {
        positive: 0,
        negative: 0,
    };
    for ((positive, negative), bias) in sums {
        worst.positive = worst.positive.max(positive.saturating_add(bias.max(0)));
        worst.negative = worst.negative.max(negative.saturating_add((-bias).max(0)));
    }
    worst
}

/// How many input rows (columns) fall into each pooled row (column).
struct PoolCover {
    rows: Vec<i64>,
    columns: Vec<i64>,
}

impl PoolCover {
    fn new(pool: &Pool, input: MapShape) -> Self {
        let cover = |outputs: usize, inputs: usize, kernel: usize, stride: usize, padding: usize| {
            let span = |o: usize| {
                let first = (o * stride) as i64 - padding as i64;
                let end = (first + kernel as i64).min(inputs as i64);
                (end - first.max(0)).max(0)
            };
            (0..outputs).map(span).collect()
        };
        PoolCover {
            rows: cover(pool.output.h, input.h, pool.kernel.0, pool.stride.0, pool.padding.0),
            columns: cover(pool.output.w, input.w, pool.kernel.1, pool.stride.1, pool.padding.1),
        }
    }
}

/// For each output row, how many input rows reach it through each kernel row.
fn taps(cover: &[i64], kernel: usize, stride: usize, dilation: usize, padding: usize, outputs: usize) -> Vec<Vec<i64>> {
    let tap = |o: usize, k: usize| {
        (o * stride + k * dilation)
            .checked_sub(padding)
            .and_then(|i| cover.get(i))
            .copied()
    };
    (0..outputs)
        .map(|o| (0..kernel).map(|k| tap(o, k).unwrap_or(0)).collect())
        .collect()
}

/// The distinct values, and for each position which of them stands there.
fn distinct(values: Vec<Vec<i64>>) -> (Vec<Vec<i64>>, Vec<usize>) {
    let mut kinds: Vec<Vec<i64>> = Vec::new();
    let mut which = Vec::with_capacity(values.len());
    for value in values {
        let at = kinds.iter().position(|kind| *kind == value).unwrap_or_else(|| {
            kinds.push(value);
            kinds.len() - 1
        });
        which.push(at);
    }
    (kinds, which)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing can lift the state, so `hi` may be one below the fire level; the word must hold the level all the same.
    #[test]
    fn a_level_that_no_state_reaches_fits_the_word() {
        let sums = WorstSums { positive: 0, negative: 1 };
        let targets = |level: i64| Targets { least_hi: level - 1, constant: level, greatest_lo: 0 };
        assert_eq!(least_bits(sums, targets(1)), Some(2));
        assert_eq!(least_bits(sums, targets(2)), Some(3));
        assert_eq!(least_bits(sums, targets(128)), Some(9));
    }
}
