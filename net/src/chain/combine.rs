//! The branches that meet in a neuron node become one layer: one heard map with places for every source, and one weight
//! node that holds the weights of all branches.

use super::builder::Branch;
use crate::{Conv2d, Dense, MapShape, Origin, Place, Pool, Source, Synapses};

/// What a layer hears and through which weights.
pub(super) struct Heard {
    pub name: String,
    pub sources: Vec<Source>,
    pub input: MapShape,
    pub pool: Pool,
    pub synapses: Synapses,
    pub weights: Vec<f64>,
    /// One per output channel; empty if no branch has one.
    pub bias: Vec<f64>,
}

/// What is wrong, what is allowed, what to do.
pub(super) type Refused = (String, &'static str, &'static str);

/// Joins `branches` (at least one with a weight node) into the layer of `neuron`, whose neurons are `output`. A name that
/// stands in `taken` is not taken again.
pub(super) fn combine(
    neuron: &str,
    mut branches: Vec<Branch>,
    output: MapShape,
    taken: &[String],
) -> Result<Heard, Refused> {
    branches.sort_by_key(|branch| (branch.delay, branch.from));
    let name = name(neuron, &branches, taken);
    if let [Branch { weight: Some(weight), .. }] = branches.as_slice() {
        let weight = weight.clone();
        return Ok(Heard {
            name,
            sources: vec![Source::whole(branches[0].from)],
            input: branches[0].input,
            pool: branches[0].pool,
            synapses: weight.synapses,
            weights: weight.weights,
            bias: weight.bias,
        });
    }
    let kernels = branches.iter().filter_map(|branch| branch.weight.as_ref());
    let convolutions = kernels.clone().filter(|weight| matches!(weight.synapses, Synapses::Conv2d(_))).count();
    let dense = kernels.count() - convolutions;
    if convolutions > 0 && dense > 0 {
        return Err((
            "is fed by convolutions and fully connected nodes".to_string(),
            "the weight nodes that feed a neuron node are of one kind",
            "put a neuron node behind one of them",
        ));
    }
    for branch in &branches {
        let brings = branch.weight.as_ref().map_or(branch.pool.output, |weight| weight.output);
        let fits = brings == output || (dense > 0 && brings.len() == output.len());
        if !fits {
            let value = format!("is fed by {}; one gives {brings}, the layer has {output}", what(&branches));
            return Err((value, "all branches give the same shape", "check the shapes of the branches"));
        }
    }
    let layout = Layout::of(&branches, dense > 0)?;
    let bias = bias(&branches, output);
    let (synapses, weights) = match dense > 0 {
        true => fully_connected(&branches, &layout, output),
        false => convolution(&branches, &layout, output)?,
    };
    Ok(Heard {
        name,
        sources: layout.sources,
        input: layout.input,
        pool: layout.pool,
        synapses,
        weights,
        bias,
    })
}

/// The weight node of the undelayed branch that comes from the latest source; the neuron node's own name if another
/// layer has that one already.
fn name(neuron: &str, branches: &[Branch], taken: &[String]) -> String {
    let candidates = branches.iter().filter(|branch| branch.delay == 0);
    let named = candidates.filter_map(|branch| Some((branch.from, &branch.weight.as_ref()?.name)));
    let main = named.max_by(|(a, x), (b, y)| a.cmp(b).then(y.cmp(x))).map(|(_, name)| name);
    let free = main.filter(|name| !taken.contains(name));
    free.map_or(neuron.to_string(), |name| name.clone())
}

fn what(branches: &[Branch]) -> String {
    let names = branches.iter().map(|branch| branch.weight.as_ref().map_or("spikes themselves", |weight| &weight.name));
    names.collect::<Vec<_>>().join(", ")
}

fn bias(branches: &[Branch], output: MapShape) -> Vec<f64> {
    let mut sum = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for weight in branches.iter().filter_map(|branch| branch.weight.as_ref()) {
        // A node that several sources feed has its bias once.
        if weight.bias.is_empty() || seen.contains(&weight.name.as_str()) {
            continue;
        }
        seen.push(&weight.name);
        sum.resize(output.c, 0.0);
        sum.iter_mut().zip(&weight.bias).for_each(|(sum, bias)| *sum += bias);
    }
    sum
}

/// Where each source stands in the heard map.
struct Layout {
    input: MapShape,
    pool: Pool,
    sources: Vec<Source>,
    /// Per branch its source.
    source_of: Vec<usize>,
}

impl Layout {
    fn of(branches: &[Branch], dense: bool) -> Result<Layout, Refused> {
        // Branches of one source share its places, and so do sources that go through the same nodes: they are added.
        let mut keys: Vec<(Origin, u32)> = branches.iter().map(|branch| (branch.from, branch.delay)).collect();
        keys.dedup();
        let of_key = |key: (Origin, u32)| branches.iter().filter(move |branch| (branch.from, branch.delay) == key);
        let path = |key| -> Vec<(Option<&str>, Pool, MapShape)> {
            let path = of_key(key).map(|branch| (branch.weight.as_ref().map(|w| w.name.as_str()), branch.pool, branch.input));
            path.collect()
        };
        if keys.iter().any(|key| of_key(*key).any(|branch| branch.pool != path(*key)[0].1)) {
            return Err(pools(branches));
        }
        // The largest map sets rows, columns and pooling.
        let largest = |branch: &&Branch| (branch.input.h * branch.input.w, branch.input.c);
        let base = branches.iter().rev().max_by_key(largest).unwrap_or(&branches[0]);
        let (rows, columns) = (base.input.h, base.input.w);
        let same_map = |branch: &Branch| {
            let (a, b) = (&branch.pool, &base.pool);
            let window = (a.kernel, a.stride, a.padding) == (b.kernel, b.stride, b.padding);
            window && (branch.input.h, branch.input.w) == (rows, columns)
        };
        let free = free_positions(base);
        let mut channels = 0;
        let mut sources: Vec<Source> = Vec::new();
        let base_key = (base.from, base.delay);
        let in_order = std::iter::once(base_key).chain(keys.iter().copied().filter(|key| *key != base_key));
        for key in in_order {
            let twin = sources.iter().find(|source| path((source.from, source.delay)) == path(key));
            let branch = of_key(key).next().unwrap_or(base);
            let place = if let Some(twin) = twin {
                twin.place.clone()
            } else if same_map(branch) {
                channels += branch.input.c;
                Place::Channels(channels - branch.input.c)
            } else if !dense || !branch.pool.is_none() {
                return Err(pools(branches));
            } else if free.is_empty() {
                return Err((
                    "adds a vector to an overlapping or padded pool".to_string(),
                    "pooling in front of a layer with further branches has positions that fall into one window only",
                    "put a neuron node behind the pool",
                ));
            } else {
                let first = channels;
                channels += branch.input.len().div_ceil(free.len());
                let at = |i: usize| {
                    let (y, x) = free[i % free.len()];
                    (((first + i / free.len()) * rows + y) * columns + x) as u32
                };
                Place::Table((0..branch.input.len()).map(at).collect())
            };
            sources.push(Source { from: key.0, delay: key.1, place });
        }
        sources.sort_by_key(|source| (source.delay, source.from));
        let source_of = branches.iter().map(|branch| {
            let is = |source: &Source| (source.from, source.delay) == (branch.from, branch.delay);
            sources.iter().position(is).unwrap_or(0)
        });
        let pooled = base.pool.output;
        Ok(Layout {
            input: MapShape::new(channels, rows, columns),
            pool: Pool {
                output: MapShape::new(channels, pooled.h, pooled.w),
                ..base.pool
            },
            source_of: source_of.collect(),
            sources,
        })
    }

    /// Flat index, in the pooled map, of pooled index `i` of branch `b`.
    fn pooled(&self, branches: &[Branch], b: usize, i: usize) -> usize {
        let positions = self.pool.output.h * self.pool.output.w;
        match &self.sources[self.source_of[b]].place {
            Place::Channels(first) => first * positions + i,
            // Such a branch has no pool, and its places fall into one window each. All of it is heard.
            Place::Table(_) | Place::Moved(_) => {
                debug_assert!(branches[b].pool.is_none());
                let place = self.sources[self.source_of[b]].heard(self.input, i);
                let (c, y, x) = self.input.coordinate(place.unwrap_or(0));
                let into = |at: usize, stride: usize, padding: usize| (at + padding) / stride;
                let (stride, padding) = (self.pool.stride, self.pool.padding);
                self.pool.output.index(c, into(y, stride.0, padding.0), into(x, stride.1, padding.1))
            }
        }
    }

    /// Branch `b` comes from a source whose places, and so whose weights, are those of one before it.
    fn is_twin(&self, b: usize) -> bool {
        let own = self.source_of[b];
        self.sources[..own].iter().any(|source| source.place == self.sources[own].place)
    }

    /// First channel of branch `b`; convolutions have no tables.
    fn first_channel(&self, b: usize) -> usize {
        match &self.sources[self.source_of[b]].place {
            Place::Channels(first) => *first,
            Place::Table(_) | Place::Moved(_) => 0,
        }
    }
}

fn pools(branches: &[Branch]) -> Refused {
    (
        format!("is fed by {}, which see maps of different rows, columns or pooling", what(branches)),
        "branches that meet have the same rows, columns and pooling (a vector may join a fully connected layer)",
        "put a neuron node behind the pool, or pool all branches alike",
    )
}

/// A position in front of the pool for each window, as far as there is one that falls into no other window; rows by columns.
fn free_positions(base: &Branch) -> Vec<(usize, usize)> {
    let axis = |length: usize, windows: usize, kernel: usize, stride: usize, padding: usize| -> Vec<usize> {
        let holds = |at: usize| (0..windows).filter(|w| (w * stride..w * stride + kernel).contains(&(at + padding))).count();
        let last_of = |w: usize| (0..length).find(|at| holds(*at) == 1 && (at + padding) / stride == w);
        (0..windows).filter_map(last_of).collect()
    };
    let (pool, input) = (&base.pool, base.input);
    let rows = axis(input.h, pool.output.h, pool.kernel.0, pool.stride.0, pool.padding.0);
    let columns = axis(input.w, pool.output.w, pool.kernel.1, pool.stride.1, pool.padding.1);
    rows.iter().flat_map(|y| columns.iter().map(move |x| (*y, *x))).collect()
}

fn fully_connected(branches: &[Branch], layout: &Layout, output: MapShape) -> (Synapses, Vec<f64>) {
    let inputs = layout.pool.output.len();
    let mut weights = vec![0.0; inputs * output.len()];
    for (b, branch) in branches.iter().enumerate() {
        if layout.is_twin(b) {
            continue;
        }
        let own = branch.pool.output.len();
        for i in 0..own {
            let column = layout.pooled(branches, b, i);
            match &branch.weight {
                Some(weight) => (0..output.len()).for_each(|o| weights[o * inputs + column] += weight.weights[o * own + i]),
                None => weights[i * inputs + column] += branch.average,
            }
        }
    }
    let dense = Dense {
        inputs,
        outputs: output.len(),
        weights: Vec::new().into(),
    };
    (Synapses::Dense(dense), weights)
}

/// One axis of a kernel that holds several: taps lie at `k * dilation - padding`.
struct Axis {
    taps: usize,
    dilation: usize,
    padding: usize,
}

impl Axis {
    /// The least one for taps at these offsets.
    fn over(offsets: &[i64]) -> Axis {
        let first = offsets.iter().copied().min().unwrap_or(0).min(0);
        let last = offsets.iter().copied().max().unwrap_or(0);
        let mut step = 0;
        for offset in offsets {
            let (mut a, mut b) = (step, offset - first);
            while b != 0 {
                (a, b) = (b, a % b);
            }
            step = a;
        }
        let step = step.max(1);
        Axis {
            taps: ((last - first) / step + 1) as usize,
            dilation: step as usize,
            padding: -first as usize,
        }
    }

    fn tap(&self, offset: i64) -> usize {
        (offset + self.padding as i64) as usize / self.dilation
    }
}

fn convolution(branches: &[Branch], layout: &Layout, output: MapShape) -> Result<(Synapses, Vec<f64>), Refused> {
    let one_tap = |branch: &Branch| Conv2d {
        in_channels: branch.input.c,
        out_channels: output.c,
        groups: branch.input.c,
        kernel: (1, 1),
        stride: (1, 1),
        dilation: (1, 1),
        padding: (0, 0),
        weights: Vec::new().into(),
    };
    let kernels: Vec<Conv2d> = branches
        .iter()
        .map(|branch| match branch.weight.as_ref().map(|weight| &weight.synapses) {
            Some(Synapses::Conv2d(conv)) => conv.clone(),
            _ => one_tap(branch),
        })
        .collect();
    let stride = kernels[0].stride;
    if let Some(other) = kernels.iter().find(|conv| conv.stride != stride) {
        let value = format!("is fed by convolutions of strides {stride:?} and {:?}", other.stride);
        return Err((value, "convolutions that meet have the same stride", "give the shortcut the stride of the main branch"));
    }
    let offsets = |kernel: usize, dilation: usize, padding: usize| {
        (0..kernel).map(move |k| (k * dilation) as i64 - padding as i64)
    };
    let rows = kernels.iter().flat_map(|c| offsets(c.kernel.0, c.dilation.0, c.padding.0)).collect::<Vec<_>>();
    let columns = kernels.iter().flat_map(|c| offsets(c.kernel.1, c.dilation.1, c.padding.1)).collect::<Vec<_>>();
    let (rows, columns) = (Axis::over(&rows), Axis::over(&columns));
    // Groups stay where all branches have the same channels and groups; else they are spelt out.
    let channels = layout.input.c;
    let keeps = |conv: &Conv2d| conv.groups == kernels[0].groups && conv.in_channels == channels;
    let groups = if kernels.iter().all(keeps) { kernels[0].groups } else { 1 };
    let per_group = channels / groups;
    let mut weights = vec![0.0; output.c * per_group * rows.taps * columns.taps];
    for (b, (branch, conv)) in branches.iter().zip(&kernels).enumerate() {
        if layout.is_twin(b) {
            continue;
        }
        let (own, out) = (conv.in_channels / conv.groups, conv.out_channels / conv.groups);
        for (at, ci, ky, kx) in taps(conv, own) {
            let (co, channel) = (at, at / out * own + ci);
            let heard = layout.first_channel(b) + channel;
            let (dy, dx) = (
                (ky * conv.dilation.0) as i64 - conv.padding.0 as i64,
                (kx * conv.dilation.1) as i64 - conv.padding.1 as i64,
            );
            let to = ((co * per_group + heard % per_group) * rows.taps + rows.tap(dy)) * columns.taps + columns.tap(dx);
            weights[to] += match &branch.weight {
                Some(weight) => weight.weights[((co * own + ci) * conv.kernel.0 + ky) * conv.kernel.1 + kx],
                None => branch.average,
            };
        }
    }
    let conv = Conv2d {
        in_channels: channels,
        out_channels: output.c,
        groups,
        kernel: (rows.taps, columns.taps),
        stride,
        dilation: (rows.dilation, columns.dilation),
        padding: (rows.padding, columns.padding),
        weights: Vec::new().into(),
    };
    Ok((Synapses::Conv2d(conv), weights))
}

/// (output channel, input channel in the group, row, column) of each weight.
fn taps(conv: &Conv2d, own: usize) -> impl Iterator<Item = (usize, usize, usize, usize)> {
    let (kh, kw) = conv.kernel;
    let all = MapShape::new(conv.out_channels * own, kh, kw);
    (0..all.len()).map(move |i| {
        let (at, ky, kx) = all.coordinate(i);
        (at / own, at % own, ky, kx)
    })
}
