//! One layer over all time steps of a sample.

use super::fire::{Fire, Layout, States};
use super::synapses::Scatter;
use super::tables::Event;
use super::vector::Vectors;
use super::word::Word;
use crate::outcome::LayerTrace;
use net::{Layer, MapShape, Synapses};

/// Events of one sample on one link, step after step.
#[derive(Clone, Debug, Default)]
pub struct EventList {
    events: Vec<Event>,
    /// Events of step `t` end here.
    ends: Vec<usize>,
}

impl EventList {
    pub fn clear(&mut self) {
        self.events.clear();
        self.ends.clear();
    }

    pub fn steps(&self) -> usize {
        self.ends.len()
    }

    pub fn all(&self) -> &[Event] {
        &self.events
    }

    pub fn step(&self, step: usize) -> &[Event] {
        let from = step.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.events[from..self.ends[step]]
    }

    pub fn push(&mut self, event: Event) {
        self.events.push(event);
    }

    pub fn end_step(&mut self) {
        self.ends.push(self.events.len());
    }
}

/// What a layer cost over a sample.
#[derive(Clone, Copy, Debug, Default)]
pub struct LayerCost {
    pub sops: u64,
    pub saturations: u64,
}

/// What to keep besides the events.
pub enum Wanted<'a> {
    Events,
    /// Also the shown states after the last step, by flat index.
    LastShown(&'a mut Vec<i64>),
    Everything(&'a mut LayerTrace),
}

/// Working memory, reused from layer to layer and sample to sample.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    narrow: States<i16>,
    wide: States<i32>,
}

/// A layer in the narrowest words that the bound allows.
#[derive(Clone, Debug)]
pub enum AnyLayer {
    Narrow(FastLayer<i16>),
    Wide(FastLayer<i32>),
}

impl AnyLayer {
    pub fn new(layer: &Layer) -> Self {
        if Fire::<i16>::fits(&layer.neuron) {
            AnyLayer::Narrow(FastLayer::new(layer))
        } else {
            assert!(
                Fire::<i32>::fits(&layer.neuron),
                "membrane words have at most 32 bits, leak factors 31"
            );
            AnyLayer::Wide(FastLayer::new(layer))
        }
    }

    /// Runs all steps of `input` from zero state; `output` is cleared first.
    pub fn run(
        &self,
        vectors: Vectors,
        input: &EventList,
        output: &mut EventList,
        scratch: &mut Scratch,
        wanted: Wanted,
    ) -> LayerCost {
        match self {
            AnyLayer::Narrow(layer) => layer.run(vectors, input, output, &mut scratch.narrow, wanted),
            AnyLayer::Wide(layer) => layer.run(vectors, input, output, &mut scratch.wide, wanted),
        }
    }
}

/// A layer in words of type `T`.
#[derive(Clone, Debug)]
pub struct FastLayer<T: Word> {
    scatter: Scatter<T>,
    fire: Fire<T>,
    neurons: usize,
    /// Flat index per place, `None` for padding.
    flat: Vec<Option<u32>>,
    /// Event that the neuron at a place sends.
    event: Vec<Event>,
}

impl<T: Word> FastLayer<T> {
    fn new(layer: &Layer) -> Self {
        let scatter = Scatter::new(layer);
        let flat = places(layer, &scatter);
        let layout = Layout {
            shape: layer.output,
            flat: &flat,
        };
        let fire = Fire::new(&layer.neuron, &layout);
        let event = flat
            .iter()
            .map(|place| Event::at(layer.output, place.unwrap_or(0) as usize))
            .collect();
        FastLayer {
            scatter,
            fire,
            neurons: layer.output.len(),
            flat,
            event,
        }
    }

    fn run(
        &self,
        vectors: Vectors,
        input: &EventList,
        output: &mut EventList,
        states: &mut States<T>,
        wanted: Wanted,
    ) -> LayerCost {
        match vectors {
            Vectors::Baseline => self.run_steps(input, output, states, wanted),
            // SAFETY: `Vectors::detect` has found the instructions that these functions are compiled for.
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx2 => unsafe { run_avx2(self, input, output, states, wanted) },
            #[cfg(target_arch = "x86_64")]
            Vectors::Avx512 => unsafe { run_avx512(self, input, output, states, wanted) },
        }
    }

    #[inline(always)]
    fn run_steps(
        &self,
        input: &EventList,
        output: &mut EventList,
        states: &mut States<T>,
        mut wanted: Wanted,
    ) -> LayerCost {
        output.clear();
        states.clear(self.flat.len());
        let mut cost = LayerCost::default();
        for step in 0..input.steps() {
            for &event in input.step(step) {
                cost.sops += self.scatter.add(&mut states.v, event);
            }
            let show = match &wanted {
                Wanted::Events => false,
                Wanted::LastShown(_) => step + 1 == input.steps(),
                Wanted::Everything(_) => true,
            };
            cost.saturations += self.fire.end_step(states, show);
            self.emit(&states.fired, output);
            if let Wanted::Everything(trace) = &mut wanted {
                self.record(states, trace);
            }
        }
        if let Wanted::LastShown(shown) = wanted {
            shown.clear();
            shown.resize(self.neurons, 0);
            self.each_place(|place, index| shown[index] = i64::from(states.shown[place].to_i32()));
        }
        cost
    }

    /// Sends the step's spikes.
    #[inline(always)]
    fn emit(&self, fired: &[T], output: &mut EventList) {
        const CHUNK: usize = 16;
        let (chunks, rest) = fired.as_chunks::<CHUNK>();
        for (c, chunk) in chunks.iter().enumerate() {
            let any = chunk.iter().fold(T::zero(), |any, &n| any | n);
            if any != T::zero() {
                self.emit_some(c * CHUNK, chunk, output);
            }
        }
        self.emit_some(chunks.len() * CHUNK, rest, output);
        output.end_step();
    }

    #[inline(always)]
    fn emit_some(&self, from: usize, fired: &[T], output: &mut EventList) {
        for (i, &n) in fired.iter().enumerate() {
            let mut left = n;
            while left > T::zero() {
                output.push(self.event[from + i]);
                left = left - T::one();
            }
        }
    }

    #[inline(never)]
    fn record(&self, states: &States<T>, trace: &mut LayerTrace) {
        let base = trace.stored.len();
        trace.stored.resize(base + self.neurons, 0);
        trace.shown.resize(base + self.neurons, 0);
        let mut spikes = Vec::new();
        self.each_place(|place, index| {
            trace.stored[base + index] = states.v[place].to_i32();
            trace.shown[base + index] = states.shown[place].to_i32();
            let n = states.fired[place].to_i32();
            spikes.extend((0..n).map(|_| index as u32));
        });
        spikes.sort_unstable();
        trace.spikes.push(spikes);
    }

    fn each_place(&self, mut f: impl FnMut(usize, usize)) {
        for (place, index) in self.flat.iter().enumerate() {
            if let Some(index) = index {
                f(place, *index as usize);
            }
        }
    }
}

/// The flat index of the neuron at each place of the machine's layout.
fn places<T>(layer: &Layer, scatter: &Scatter<T>) -> Vec<Option<u32>> {
    let (map, groups) = match &layer.synapses {
        Synapses::Dense(dense) => (MapShape::vector(dense.outputs), 1),
        Synapses::Conv2d(conv) => (layer.output, conv.groups),
    };
    let group_outputs = map.c / groups;
    let positions = map.h * map.w;
    (0..positions * scatter.channels)
        .map(|place| {
            let (position, lane) = (place / scatter.channels, place % scatter.channels);
            let (group, within) = (lane / scatter.group_stride, lane % scatter.group_stride);
            (within < group_outputs).then(|| ((group * group_outputs + within) * positions + position) as u32)
        })
        .collect()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn run_avx2<T: Word>(
    layer: &FastLayer<T>,
    input: &EventList,
    output: &mut EventList,
    states: &mut States<T>,
    wanted: Wanted,
) -> LayerCost {
    layer.run_steps(input, output, states, wanted)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl")]
fn run_avx512<T: Word>(
    layer: &FastLayer<T>,
    input: &EventList,
    output: &mut EventList,
    states: &mut States<T>,
    wanted: Wanted,
) -> LayerCost {
    layer.run_steps(input, output, states, wanted)
}
