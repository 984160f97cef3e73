//! The second machine: plain loops over the definitions, 64-bit checked arithmetic, nothing shared with the fast one.

use crate::neuron::{end_step, initial, make_up};
use crate::outcome::{Counters, LayerTrace, Trace};
use net::{lazy, Conv2d, Layer, LeakMode, MapShape, Network, Origin, Place, Pool, Problem, Problems, Source, Spikes, Synapses, NOWHERE};

/// Runs one sample; see [`crate::Engine::checked`].
pub fn run(network: &Network, spikes: &Spikes) -> Result<Trace, Problems> {
    let mut counters = Counters::new(network.layers.len());
    counters.steps = spikes.len() as u64;
    counters.input_events = spikes.iter().map(|events| events.len() as u64).sum();
    let inputs = network.by_input(spikes);
    let mut states: Vec<State> = network.layers.iter().map(State::new).collect();
    let mut traces: Vec<LayerTrace> = network
        .layers
        .iter()
        .map(|layer| LayerTrace::new(layer.output.len(), spikes.len()))
        .collect();
    for step in 0..spikes.len() {
        for (i, layer) in network.layers.iter().enumerate() {
            let mut events = Vec::new();
            for source in &network.sources[i] {
                // The step before the first one is silent.
                if step < source.delay as usize {
                    continue;
                }
                let step = step - source.delay as usize;
                let sent = match source.from {
                    Origin::Input(k) => &inputs[k][step],
                    Origin::Layer(j) => &traces[j].spikes[step],
                };
                let shape = network.shape_of(source.from);
                events.extend(sent.iter().filter_map(|&neuron| heard_at(source, shape, layer.input, neuron as usize)));
            }
            states[i].step(i, layer, step, &events, &mut traces[i], &mut counters)?;
        }
    }
    for (i, layer) in network.layers.iter().enumerate() {
        counters.state_updates[i] = states[i].updates;
        counters.close_layer(i);
        debug_assert!(layer.neuron.leak_mode == LeakMode::Lazy || states[i].updates == (layer.output.len() * spikes.len()) as u64);
    }
    Ok(Trace {
        steps: spikes.len(),
        layers: traces,
        answer: network.leaving(network.outputs.len() - 1),
        counters,
    })
}

/// Where the neuron of a source stands in what a layer hears, if it is heard.
fn heard_at(source: &Source, shape: MapShape, heard: MapShape, neuron: usize) -> Option<usize> {
    match &source.place {
        Place::Channels(first) => {
            let (c, y, x) = shape.coordinate(neuron);
            Some(heard.index(first + c, y, x))
        }
        Place::Table(table) => (table[neuron] != NOWHERE).then_some(table[neuron] as usize),
        Place::Moved(moved) => {
            let (c, y, x) = shape.coordinate(neuron);
            let row = y as i64 + moved.rows;
            (0..heard.h as i64).contains(&row).then(|| heard.index(c + moved.channels, row as usize, x))
        }
    }
}

/// What one step brings to one neuron, split by sign: any order's partial sums lie between the two.
#[derive(Clone, Copy, Default)]
struct Brought {
    up: i64,
    down: i64,
    /// An event reaches the neuron, whatever its weight.
    touched: bool,
}

/// A layer between two time steps.
struct State {
    stored: Vec<i64>,
    spiked: Vec<bool>,
    /// Lazy leak: its tables, and per neuron the steps since an event reached it.
    lazy: Option<lazy::Tables>,
    missed: Vec<usize>,
    /// States updated at the end of a step, so far.
    updates: u64,
}

impl State {
    fn new(layer: &Layer) -> State {
        State {
            stored: (0..layer.output.len()).map(|n| initial(&layer.neuron, layer.output, n)).collect(),
            spiked: vec![false; layer.output.len()],
            lazy: lazy::Tables::of(&layer.neuron.leak).filter(|_| layer.neuron.leak_mode == LeakMode::Lazy),
            missed: vec![0; layer.output.len()],
            updates: 0,
        }
    }

    /// One time step of layer `i` on `events` (flat indices in what it hears), appended to `trace`.
    fn step(
        &mut self,
        i: usize,
        layer: &Layer,
        step: usize,
        events: &[usize],
        trace: &mut LayerTrace,
        counters: &mut Counters,
    ) -> Result<(), Problems> {
        let mut brought = vec![Brought::default(); layer.output.len()];
        for &event in events {
            counters.sops[i] += scatter(layer, event, &mut |neuron, weight| {
                let sum = &mut brought[neuron];
                sum.touched = true;
                let side = if weight > 0 { &mut sum.up } else { &mut sum.down };
                *side = side.checked_add(i64::from(weight) << layer.fraction_bits).unwrap_or(i64::MAX);
            });
        }
        let mut fired = Vec::new();
        for n in 0..layer.output.len() {
            if let Some(tables) = &self.lazy {
                if !brought[n].touched {
                    self.missed[n] += 1;
                    trace.stored.push(self.stored[n] as i32);
                    trace.shown.push(self.stored[n] as i32);
                    continue;
                }
                let missed = std::mem::take(&mut self.missed[n]);
                self.stored[n] = make_up(&layer.neuron, tables, layer.output, n, missed, self.stored[n]);
            }
            self.updates += 1;
            check_word(i, layer, n, step, self.stored[n], brought[n])?;
            let integrated = self.stored[n] + brought[n].up + brought[n].down;
            let ended = end_step(&layer.neuron, layer.output, n, integrated, self.spiked[n]);
            self.stored[n] = ended.stored;
            self.spiked[n] = ended.spikes > 0;
            fired.extend((0..ended.spikes).map(|_| n as u32));
            trace.stored.push(ended.stored as i32);
            trace.shown.push(ended.shown as i32);
            counters.saturations[i] += u64::from(ended.saturated);
        }
        counters.spikes[i] += fired.len() as u64;
        trace.spikes.push(fired);
        Ok(())
    }
}

/// Proves for one neuron and step that no order of its events, nor the bias, leaves the membrane word.
fn check_word(i: usize, layer: &Layer, n: usize, step: usize, stored: i64, brought: Brought) -> Result<(), Problem> {
    let bias = layer.neuron.bias.at(layer.output, n);
    let highest = stored.saturating_add(brought.up).saturating_add(bias.max(0));
    let lowest = stored.saturating_add(brought.down).saturating_add(bias.min(0));
    let bits = layer.neuron.membrane.bits;
    let width = signed_bits(highest).max(signed_bits(lowest));
    if width <= bits {
        return Ok(());
    }
    let (c, y, x) = layer.output.coordinate(n);
    let worst = if signed_bits(highest) > bits { highest } else { lowest };
    Err(Problem::new(
        "membrane-overflow",
        format!("layer {i} \"{}\"", layer.name),
        format!("partial sum {worst} of neuron {n} (c={c}, y={y}, x={x}) in time step {step}"),
        format!(
            "a signed {bits}-bit membrane holds {}..={}",
            -(1i64 << (bits - 1)),
            (1i64 << (bits - 1)) - 1
        ),
        format!("use --membrane-bits {width}"),
    ))
}

/// Bits of the smallest signed word that holds `value`.
fn signed_bits(value: i64) -> u32 {
    let magnitude = if value < 0 { !value } else { value };
    65 - magnitude.leading_zeros()
}

/// Calls `tap(neuron, weight)` for every synapse that input event `event` reaches; returns how many there were.
fn scatter(layer: &Layer, event: usize, tap: &mut impl FnMut(usize, i32)) -> u64 {
    let (c, y, x) = layer.input.coordinate(event);
    let mut taps = 0;
    for py in windows(
        y,
        layer.pool.kernel.0,
        layer.pool.stride.0,
        layer.pool.padding.0,
        layer.pool.output.h,
    ) {
        for px in windows(
            x,
            layer.pool.kernel.1,
            layer.pool.stride.1,
            layer.pool.padding.1,
            layer.pool.output.w,
        ) {
            taps += match &layer.synapses {
                Synapses::Dense(dense) => {
                    let input = pooled(&layer.pool).index(c, py, px);
                    (0..dense.outputs).for_each(|o| tap(o, dense.weights[o * dense.inputs + input]));
                    dense.outputs as u64
                }
                Synapses::Conv2d(conv) => scatter_conv(conv, layer.output, (c, py, px), tap),
            };
        }
    }
    taps
}

fn pooled(pool: &Pool) -> MapShape {
    pool.output
}

/// Pooling windows that hold coordinate `at`.
fn windows(at: usize, kernel: usize, stride: usize, padding: usize, windows: usize) -> Vec<usize> {
    let holds = |w: &usize| {
        let first = (w * stride) as i64 - padding as i64;
        (first..first + kernel as i64).contains(&(at as i64))
    };
    (0..windows).filter(holds).collect()
}

fn scatter_conv(
    conv: &Conv2d,
    output: MapShape,
    (ci, y, x): (usize, usize, usize),
    tap: &mut impl FnMut(usize, i32),
) -> u64 {
    let group_inputs = conv.in_channels / conv.groups;
    let group_outputs = conv.out_channels / conv.groups;
    let group = ci / group_inputs;
    let (kh, kw) = conv.kernel;
    let mut taps = 0;
    for ky in 0..kh {
        let Some(oy) = reached(y, ky, conv.stride.0, conv.dilation.0, conv.padding.0, output.h) else {
            continue;
        };
        for kx in 0..kw {
            let Some(ox) = reached(x, kx, conv.stride.1, conv.dilation.1, conv.padding.1, output.w) else {
                continue;
            };
            for co in group * group_outputs..(group + 1) * group_outputs {
                let weight = conv.weights[((co * group_inputs + ci % group_inputs) * kh + ky) * kw + kx];
                tap(output.index(co, oy, ox), weight);
                taps += 1;
            }
        }
    }
    taps
}

/// The output coordinate that input `at` reaches through kernel position `k`, if there is one.
fn reached(at: usize, k: usize, stride: usize, dilation: usize, padding: usize, outputs: usize) -> Option<usize> {
    let scaled = (at + padding).checked_sub(k * dilation)?;
    (scaled % stride == 0 && scaled / stride < outputs).then_some(scaled / stride)
}
