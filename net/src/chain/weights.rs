//! Pooling and weight nodes of a chain: geometry and shapes.

use super::builder::{Builder, Weight};
use crate::nir::{Array, ConvNode, Padding, Window};
use crate::{Conv2d, Dense, MapShape, Pool, Synapses};

impl Builder<'_> {
    pub(super) fn pool(&mut self, name: &str, window: Window, average: bool) {
        self.last_pool = name.to_string();
        if self.flat && !self.broken {
            let value = format!("pools a vector of {}", self.shape.len());
            self.shape_problem(name, value, "pooling needs a map of channels x rows x columns");
        }
        if self.broken {
            return;
        }
        let out = |n: usize, k: usize, s: usize, p: usize| (n + 2 * p).checked_sub(k).map(|rest| rest / s + 1);
        let rows = out(self.shape.h, window.kernel.0, window.stride.0, window.padding.0);
        let columns = out(self.shape.w, window.kernel.1, window.stride.1, window.padding.1);
        let (Some(h), Some(w)) = (rows, columns) else {
            let value = format!(
                "window {:?} on a map of {} with padding {:?}",
                window.kernel, self.shape, window.padding
            );
            self.shape_problem(name, value, "the window fits the map");
            return;
        };
        if self.too_large(name, &[self.shape.c, h, w]) {
            return;
        }
        let output = MapShape::new(self.shape.c, h, w);
        let plain = |kernel: (usize, usize), stride: (usize, usize), padding: (usize, usize)| {
            kernel == stride && padding == (0, 0)
        };
        let pool = match self.pool {
            None => Pool {
                kernel: window.kernel,
                stride: window.stride,
                padding: window.padding,
                output,
            },
            Some(first) => {
                let both = plain(first.kernel, first.stride, first.padding)
                    && plain(window.kernel, window.stride, window.padding);
                if !both {
                    let limit = "pools in a row are whole windows: stride = kernel, no padding";
                    self.problem(
                        "pool-pair",
                        name,
                        "overlapping or padded pool next to another pool".into(),
                        limit,
                        "use one pool",
                    );
                    self.broken = true;
                    return;
                }
                let kernel = (first.kernel.0 * window.kernel.0, first.kernel.1 * window.kernel.1);
                Pool {
                    kernel,
                    stride: kernel,
                    padding: (0, 0),
                    output,
                }
            }
        };
        if average {
            self.average /= (window.kernel.0 * window.kernel.1) as f64;
        }
        self.pool = Some(pool);
        self.shape = output;
    }

    pub(super) fn linear(&mut self, name: &str, weight: &Array, bias: Option<&Array>) {
        let [outputs, inputs] = weight.shape[..] else {
            self.shape_problem(
                name,
                format!("weight of shape {:?}", weight.shape),
                "weight is [out, in]",
            );
            return;
        };
        if !self.broken && inputs != self.shape.len() {
            let value = format!(
                "takes {inputs} inputs, the node before gives {} ({})",
                self.shape,
                self.shape.len()
            );
            self.shape_problem(name, value, "inputs = size of the map before");
        }
        if !self.broken && !self.flat && self.shape.h * self.shape.w > 1 {
            self.notes.push(format!(
                "\"{name}\": no Flatten in front; the map {} is read in C order (channel, row, column)",
                self.shape
            ));
        }
        let synapses = Synapses::Dense(Dense {
            inputs,
            outputs,
            weights: Vec::new().into(),
        });
        self.weight(name, synapses, weight, bias, MapShape::vector(outputs));
        self.flat = true;
    }

    pub(super) fn conv(&mut self, name: &str, conv: &ConvNode) {
        let [out_channels, per_group, kh, kw] = conv.weight.shape[..] else {
            self.shape_problem(
                name,
                format!("weight of shape {:?}", conv.weight.shape),
                "weight is [out, in / groups, rows, columns]",
            );
            return;
        };
        if out_channels * per_group * kh * kw == 0 {
            self.shape_problem(
                name,
                format!("weight of shape {:?}", conv.weight.shape),
                "no dimension is 0",
            );
            return;
        }
        let in_channels = per_group * conv.groups;
        if out_channels % conv.groups != 0 {
            let value = format!("{out_channels} output channels in {} groups", conv.groups);
            self.shape_problem(name, value, "groups divides the output channels");
        }
        if !self.broken && self.flat {
            let value = format!("a convolution on a vector of {}", self.shape.len());
            self.shape_problem(name, value, "Conv2d needs a map of channels x rows x columns");
        }
        if !self.broken && in_channels != self.shape.c {
            let value = format!(
                "takes {in_channels} channels ({per_group} x {} groups), the node before gives {}",
                conv.groups, self.shape
            );
            self.shape_problem(name, value, "channels = channels of the map before");
        }
        if let (Some(recorded), false) = (conv.input_shape, self.broken) {
            if recorded != (self.shape.h, self.shape.w) {
                let value = format!(
                    "input_shape says {}x{}, the node before gives {}",
                    recorded.0, recorded.1, self.shape
                );
                match self.odd_kernel {
                    true => self.notes.push(format!(
                        "\"{name}\": {value}; ignored, as files record wrong shapes behind non-square kernels"
                    )),
                    false => self.shape_problem(name, value, "rows and columns of the map before"),
                }
            }
        }
        if self.broken {
            return;
        }
        let same = conv.padding == Padding::Same;
        if same && conv.stride != (1, 1) {
            let value = format!("padding \"same\" with stride {:?}", conv.stride);
            self.problem(
                "node-parameter",
                name,
                value,
                "\"same\" needs stride 1",
                "give the padding in pixels",
            );
            self.broken = true;
            return;
        }
        let spread = |k: usize, d: usize| d * (k - 1);
        let front = match conv.padding {
            Padding::Same => (spread(kh, conv.dilation.0) / 2, spread(kw, conv.dilation.1) / 2),
            Padding::Valid => (0, 0),
            Padding::Pixels(rows, columns) => (rows, columns),
        };
        let out = |n: usize, k: usize, s: usize, d: usize, p: usize| match same {
            true => Some(n),
            false => (n + 2 * p).checked_sub(spread(k, d) + 1).map(|rest| rest / s + 1),
        };
        let rows = out(self.shape.h, kh, conv.stride.0, conv.dilation.0, front.0);
        let columns = out(self.shape.w, kw, conv.stride.1, conv.dilation.1, front.1);
        let (Some(h), Some(w)) = (rows, columns) else {
            let value = format!(
                "kernel {kh}x{kw}, dilation {:?}, padding {front:?} on a map of {}",
                conv.dilation, self.shape
            );
            self.shape_problem(name, value, "the kernel fits the padded map");
            return;
        };
        self.odd_kernel |= kh != kw;
        let synapses = Synapses::Conv2d(Conv2d {
            in_channels,
            out_channels,
            groups: conv.groups,
            kernel: (kh, kw),
            stride: conv.stride,
            dilation: conv.dilation,
            padding: front,
            weights: Vec::new().into(),
        });
        self.weight(
            name,
            synapses,
            &conv.weight,
            conv.bias.as_ref(),
            MapShape::new(out_channels, h, w),
        );
        self.flat = false;
    }

    fn weight(&mut self, name: &str, synapses: Synapses, weight: &Array, bias: Option<&Array>, output: MapShape) {
        if self.too_large(name, &[output.c, output.h, output.w]) {
            return;
        }
        if output.is_empty() || weight.data.is_empty() {
            self.shape_problem(name, format!("weight of shape {:?}", weight.shape), "no dimension is 0");
            return;
        }
        let bias = bias.map(|bias| bias.data.clone()).unwrap_or_default();
        if !bias.is_empty() && bias.len() != output.c {
            let value = format!("bias of {} values for {} output channels", bias.len(), output.c);
            self.shape_problem(name, value, "one bias per output channel");
            return;
        }
        let weights = weight.data.iter().map(|w| w * self.average).collect();
        self.average = 1.0;
        self.weight = Some(Weight {
            name: name.to_string(),
            synapses,
            weights,
            bias,
            output,
        });
        self.shape = output;
    }
}
