//! A pool right behind a convolution (convolution, pool, neuron: a usual order in snnTorch): both are linear, so they
//! are one convolution with a larger kernel and stride; a 1x1 convolution changes places with the pool.

use super::builder::{Builder, Weight};
use crate::nir::Window;
use crate::{Conv2d, MapShape, Pool, Synapses};

impl Builder<'_> {
    /// Folds `window`, a SumPool2d or AvgPool2d behind the waiting convolution, into its weights.
    pub(super) fn fold_pool(&mut self, name: &str, window: Window, average: bool) {
        let Some(Weight {
            name: conv_name,
            synapses: Synapses::Conv2d(conv),
            weights,
            bias,
            output,
        }) = self.weight.take()
        else {
            return;
        };
        if window.padding != (0, 0) {
            let value = format!(
                "padding {:?} of a pool behind the convolution \"{conv_name}\"",
                window.padding
            );
            let limit = "a pool between a convolution and its neurons has no padding";
            let remedy = "drop the padding, or put the neuron node in front of the pool";
            self.problem("layer-form", name, value, limit, remedy);
            self.broken = true;
            return;
        }
        let (Some(h), Some(w)) = (
            whole(output.h, window.kernel.0, window.stride.0),
            whole(output.w, window.kernel.1, window.stride.1),
        ) else {
            let value = format!("window {:?} on a map of {output}", window.kernel);
            self.shape_problem(name, value, "the window fits the map");
            return;
        };
        let area = (window.kernel.0 * window.kernel.1) as f64;
        let share = if average { 1.0 / area } else { 1.0 };
        let pointwise = conv.kernel == (1, 1) && conv.stride == (1, 1) && conv.padding == (0, 0);
        let folded = if pointwise && self.pool.is_none() {
            // One weight per pair of channels: pooling first gives the same sums with the smaller kernel.
            self.pool = Some(Pool {
                kernel: window.kernel,
                stride: window.stride,
                padding: (0, 0),
                output: MapShape::new(conv.in_channels, h, w),
            });
            self.notes.push(format!(
                "\"{name}\": pools in front of the 1x1 convolution \"{conv_name}\""
            ));
            Some((conv, weights.iter().map(|weight| weight * share).collect()))
        } else {
            self.wide_convolution(name, &conv_name, conv, &weights, window, share)
        };
        let Some((conv, weights)) = folded else { return };
        let output = MapShape::new(output.c, h, w);
        self.weight = Some(Weight {
            name: conv_name,
            synapses: Synapses::Conv2d(conv),
            weights,
            bias: bias.iter().map(|b| b * area * share).collect(),
            output,
        });
        self.shape = output;
    }

    /// Convolution and pool as one convolution; `None` with a problem if its kernels are too large.
    fn wide_convolution(
        &mut self,
        name: &str,
        conv_name: &str,
        conv: Conv2d,
        weights: &[f64],
        window: Window,
        share: f64,
    ) -> Option<(Conv2d, Vec<f64>)> {
        let axis = |(taps, stride, dilation), (window, step)| Axis::new(taps, stride, dilation, window, step);
        let rows = axis(
            (conv.kernel.0, conv.stride.0, conv.dilation.0),
            (window.kernel.0, window.stride.0),
        );
        let columns = axis(
            (conv.kernel.1, conv.stride.1, conv.dilation.1),
            (window.kernel.1, window.stride.1),
        );
        let kernel = (rows.kernel, columns.kernel);
        let pairs = [conv.out_channels, conv.in_channels / conv.groups];
        if self.too_large(name, &[pairs[0], pairs[1], kernel.0, kernel.1]) {
            return None;
        }
        let folded = weights
            .chunks(conv.kernel.0 * conv.kernel.1)
            .flat_map(|plane| fold_plane(plane, conv.kernel.1, &rows, &columns, share))
            .collect();
        self.notes.push(format!(
            "\"{name}\": folded into the convolution \"{conv_name}\" in front of it: kernel {}x{}, stride {}x{}",
            kernel.0, kernel.1, rows.stride, columns.stride
        ));
        let conv = Conv2d {
            kernel,
            stride: (rows.stride, columns.stride),
            dilation: (rows.dilation, columns.dilation),
            ..conv
        };
        Some((conv, folded))
    }
}

/// Whole windows on an axis of `n`.
fn whole(n: usize, kernel: usize, stride: usize) -> Option<usize> {
    n.checked_sub(kernel).map(|rest| rest / stride + 1)
}

/// One axis of the folded convolution.
struct Axis {
    kernel: usize,
    stride: usize,
    dilation: usize,
    /// Kernel index of each pair (index in the window, tap of the convolution), window major.
    place: Vec<Vec<usize>>,
}

impl Axis {
    fn new(taps: usize, stride: usize, dilation: usize, window: usize, step: usize) -> Axis {
        // Tap k of window row p lies p * stride + k * dilation behind the first; all are multiples of their divisor.
        let unit = match (taps, window) {
            (1, 1) => 1,
            (1, _) => stride,
            (_, 1) => dilation,
            _ => gcd(stride, dilation),
        };
        let place: Vec<Vec<usize>> = (0..window)
            .map(|p| (0..taps).map(|k| (p * stride + k * dilation) / unit).collect())
            .collect();
        Axis {
            kernel: ((window - 1) * stride + (taps - 1) * dilation) / unit + 1,
            stride: stride * step,
            dilation: unit,
            place,
        }
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        gcd(b, a % b)
    }
}

/// The kernel of one pair of channels, its weights summed where window rows and columns overlap, times `share`.
fn fold_plane(plane: &[f64], width: usize, rows: &Axis, columns: &Axis, share: f64) -> Vec<f64> {
    let mut folded = vec![0.0; rows.kernel * columns.kernel];
    for (ys, xs) in rows
        .place
        .iter()
        .flat_map(|ys| columns.place.iter().map(move |xs| (ys, xs)))
    {
        for (at, weight) in plane.iter().enumerate() {
            folded[ys[at / width] * columns.kernel + xs[at % width]] += weight;
        }
    }
    folded.iter().map(|sum| sum * share).collect()
}
