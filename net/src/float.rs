//! The net in floats: semantics chosen, gains folded, nothing rounded. A reference before quantising, never the source
//! of integers at run time.

use crate::options::Fire;
use crate::{wiring, InputNode, LeakMode, MapShape, Origin, Output, OutputNode, Pool, ResetOrder, Source, Spikes, Synapses};

/// The layers in floats (f64), with every choice made.
#[derive(Clone, Debug, PartialEq)]
pub struct FloatChain {
    /// As in [`Network`](crate::Network).
    pub inputs: Vec<InputNode>,
    pub layers: Vec<FloatLayer>,
    /// As in [`Network`](crate::Network).
    pub outputs: Vec<OutputNode>,
    /// For each layer what it hears, as in [`Network`](crate::Network).
    pub sources: Vec<Vec<Source>>,
}

/// One layer in the file's volts; the gain of the neuron and 1 / window size of average pooling are in the weights.
#[derive(Clone, Debug, PartialEq)]
pub struct FloatLayer {
    pub name: String,
    pub neuron_name: String,
    pub input: MapShape,
    pub pool: Pool,
    /// Geometry; its integer weights are empty.
    pub synapses: Synapses,
    /// In the order that [`Synapses`] states.
    pub weights: Vec<f64>,
    pub output: MapShape,
    /// Per neuron (flat index), with the gain and `decay * v_leak` folded in; added every time step.
    pub bias: Vec<f64>,
    pub neuron: FloatNeuron,
}

/// A neuron in floats; vectors hold one value per neuron (flat index).
#[derive(Clone, Debug, PartialEq)]
pub struct FloatNeuron {
    pub output: Output,
    /// 1 - beta; 0 for IF. `leak(V) = V - decay * V`.
    pub decay: Vec<f64>,
    /// Lazy: an untouched neuron keeps its state; at the next event it decays for all steps that it missed.
    pub leak_mode: LeakMode,
    pub threshold: Vec<f64>,
    pub reset: FloatReset,
    pub order: ResetOrder,
    pub fire: Fire,
    /// Lower clamp of the state after reset.
    pub clamp: Option<f64>,
    /// Membrane before the first time step, not yet leaked.
    pub initial: Vec<f64>,
    /// Most spikes in a time step; `u32::MAX`: as many as the membrane holds thresholds.
    pub max_spikes: u32,
}

/// What a spike does to the state.
#[derive(Clone, Debug, PartialEq)]
pub enum FloatReset {
    /// Minus the threshold, per spike.
    Subtract,
    /// To this value, per neuron.
    ToValue(Vec<f64>),
    None,
}

/// What one layer did over a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FloatTrace {
    /// Flat indices per time step, ascending; an index stands once per spike. Empty for a readout.
    pub spikes: Spikes,
    /// Shown state per time step and neuron, as golden shows it: after reset, or `H` for leak-then-reset. Empty unless asked for.
    pub shown: Vec<Vec<f64>>,
    /// Shown state of the last time step.
    pub last: Vec<f64>,
}

impl FloatChain {
    /// The map that a sample's flat indices count, as [`Network::input`](crate::Network::input).
    pub fn input(&self) -> MapShape {
        wiring::sample_map(&self.inputs)
    }

    /// Runs one sample from the initial state: `input[t]` are flat indices of the input map ([`Network::input`](crate::Network::input)), `keep_states` fills
    /// [`FloatTrace::shown`]. One trace per layer. Indices outside the input map are ignored.
    pub fn run(&self, input: &Spikes, keep_states: bool) -> Vec<FloatTrace> {
        let mut traces = vec![FloatTrace::default(); self.layers.len()];
        let mut states: Vec<State> = self.layers.iter().map(State::new).collect();
        for step in 0..input.len() {
            for (i, (layer, state)) in self.layers.iter().zip(&mut states).enumerate() {
                let mut sums = Sums { values: layer.bias.clone(), touched: vec![false; layer.output.len()] };
                for source in &self.sources[i] {
                    // A delayed source is silent in the first step.
                    let Some(step) = step.checked_sub(source.delay as usize) else {
                        continue;
                    };
                    let (events, shape) = match source.from {
                        Origin::Input(k) => (wiring::entering(&self.inputs, k, &input[step]).collect(), self.inputs[k].shape),
                        Origin::Layer(j) => (traces[j].spikes[step].clone(), self.layers[j].output),
                    };
                    for event in events.into_iter().filter(|event| (*event as usize) < shape.len()) {
                        let place = source.heard(layer.input, event as usize);
                        place.into_iter().for_each(|place| layer.integrate(place, &mut sums));
                    }
                }
                let trace = &mut traces[i];
                let spikes = state.step(layer, sums, &mut trace.last);
                if keep_states {
                    trace.shown.push(trace.last.clone());
                }
                trace.spikes.push(spikes);
            }
        }
        traces
    }
}

impl FloatLayer {
    /// Adds the weights of one event at flat index `event` (before pooling) onto `sums`, one per neuron.
    fn integrate(&self, event: usize, sums: &mut Sums) {
        let (c, y, x) = self.input.coordinate(event);
        let rows = pooled(
            y,
            self.pool.kernel.0,
            self.pool.stride.0,
            self.pool.padding.0,
            self.pool.output.h,
        );
        for py in rows {
            let columns = pooled(
                x,
                self.pool.kernel.1,
                self.pool.stride.1,
                self.pool.padding.1,
                self.pool.output.w,
            );
            for px in columns {
                self.synapse(c, py, px, sums);
            }
        }
    }

    fn synapse(&self, c: usize, y: usize, x: usize, sums: &mut Sums) {
        match &self.synapses {
            Synapses::Dense(dense) => {
                let i = self.pool.output.index(c, y, x);
                for (neuron, row) in self.weights.chunks(dense.inputs).enumerate() {
                    sums.add(neuron, row[i]);
                }
            }
            Synapses::Conv2d(conv) => {
                let per_group = conv.in_channels / conv.groups;
                let out_per_group = conv.out_channels / conv.groups;
                let group = c / per_group;
                let reach = |at: usize, k: usize, stride: usize, dilation: usize, padding: usize, outputs: usize| {
                    let o = (at + padding).checked_sub(k * dilation)?;
                    (o % stride == 0 && o / stride < outputs).then_some(o / stride)
                };
                for ky in 0..conv.kernel.0 {
                    let oy = reach(y, ky, conv.stride.0, conv.dilation.0, conv.padding.0, self.output.h);
                    let Some(oy) = oy else { continue };
                    for kx in 0..conv.kernel.1 {
                        let ox = reach(x, kx, conv.stride.1, conv.dilation.1, conv.padding.1, self.output.w);
                        let Some(ox) = ox else { continue };
                        for co in group * out_per_group..(group + 1) * out_per_group {
                            let w = ((co * per_group + c % per_group) * conv.kernel.0 + ky) * conv.kernel.1 + kx;
                            sums.add(self.output.index(co, oy, ox), self.weights[w]);
                        }
                    }
                }
            }
        }
    }
}

/// What a step brings, per neuron.
struct Sums {
    /// Weights of its events, on top of the bias.
    values: Vec<f64>,
    /// An event reaches it.
    touched: Vec<bool>,
}

impl Sums {
    fn add(&mut self, neuron: usize, weight: f64) {
        self.values[neuron] += weight;
        self.touched[neuron] = true;
    }
}

/// Pooled rows (columns) that row `at` falls into.
fn pooled(at: usize, kernel: usize, stride: usize, padding: usize, outputs: usize) -> std::ops::Range<usize> {
    let at = at + padding;
    let first = (at + 1).saturating_sub(kernel).div_ceil(stride);
    first.min(outputs)..(at / stride + 1).min(outputs)
}

/// State of a layer between time steps.
struct State {
    /// Leaked state, ready for the next time step's sums.
    membrane: Vec<f64>,
    /// Delayed hard reset: the neuron fired in the step before.
    fired: Vec<bool>,
    /// Lazy leak: steps since an event reached the neuron.
    missed: Vec<i32>,
}

impl State {
    fn new(layer: &FloatLayer) -> Self {
        State {
            membrane: layer.neuron.initial.iter().zip(&layer.neuron.decay).map(|(v, decay)| v - decay * v).collect(),
            fired: vec![false; layer.output.len()],
            missed: vec![0; layer.output.len()],
        }
    }

    /// Ends a time step; `sums` holds weights and bias. Returns the spikes, writes the shown states.
    fn step(&mut self, layer: &FloatLayer, sums: Sums, shown: &mut Vec<f64>) -> Vec<u32> {
        let neuron = &layer.neuron;
        let clamp = |v: f64| neuron.clamp.map_or(v, |low| v.max(low));
        let mut spikes = Vec::new();
        shown.clear();
        for (i, (sum, touched)) in sums.values.into_iter().zip(sums.touched).enumerate() {
            if neuron.leak_mode == LeakMode::Lazy {
                if !touched {
                    self.missed[i] += 1;
                    shown.push(self.membrane[i]);
                    continue;
                }
                self.membrane[i] *= (1.0 - neuron.decay[i]).powi(std::mem::take(&mut self.missed[i]));
            }
            let delayed = match &neuron.reset {
                FloatReset::ToValue(values) if self.fired[i] => Some(values[i]),
                _ => None,
            };
            let h = delayed.unwrap_or(self.membrane[i] + sum);
            let n = match neuron.output {
                Output::Spike => fires(neuron, i, h),
                Output::Value => 0,
            };
            spikes.extend(std::iter::repeat_n(i as u32, n as usize));
            let leak = |v: f64| v - neuron.decay[i] * v;
            let subtract = n as f64 * neuron.threshold.get(i).copied().unwrap_or(0.0);
            let (stored, show) = match (neuron.order, &neuron.reset) {
                (ResetOrder::ResetThenLeak, reset) => {
                    let r = clamp(match reset {
                        FloatReset::Subtract => h - subtract,
                        FloatReset::ToValue(values) if n > 0 => values[i],
                        _ => h,
                    });
                    (leak(r), r)
                }
                (ResetOrder::LeakThenReset, FloatReset::Subtract) => (clamp(leak(h) - subtract), h),
                (ResetOrder::LeakThenReset, FloatReset::ToValue(_)) => {
                    self.fired[i] = n > 0;
                    (clamp(leak(h)), h)
                }
                (ResetOrder::LeakThenReset, FloatReset::None) => (clamp(leak(h)), h),
            };
            self.membrane[i] = stored;
            shown.push(show);
        }
        spikes
    }
}

/// Number of spikes for a state `h`.
fn fires(neuron: &FloatNeuron, i: usize, h: f64) -> u32 {
    let threshold = neuron.threshold[i];
    let passes = |level: f64| match neuron.fire {
        Fire::Greater => h > level,
        Fire::GreaterEqual => h >= level,
    };
    if !passes(threshold) || neuron.max_spikes == 1 {
        return u32::from(passes(threshold));
    }
    let mut n = ((h / threshold).floor() as u32).clamp(1, neuron.max_spikes);
    while n > 1 && !passes(n as f64 * threshold) {
        n -= 1;
    }
    n
}
