//! One layer over all time steps of a sample.

use super::fire::{Fire, Layout, States};
use super::lazy::Lazy;
use super::synapses::Scatter;
use super::tables::Event;
use super::vector::{multiversioned, Vectors};
use super::word::{Word, LANES};
use crate::neuron::initial;
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

/// What a layer cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct LayerCost {
    pub sops: u64,
    pub saturations: u64,
    /// States updated at the end of the step.
    pub updates: u64,
}

/// States of one layer, reused from sample to sample.
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

    /// Sets the states to those of the start of a sample.
    pub fn begin(&self, scratch: &mut Scratch) {
        match self {
            AnyLayer::Narrow(layer) => layer.begin(&mut scratch.narrow),
            AnyLayer::Wide(layer) => layer.begin(&mut scratch.wide),
        }
    }

    /// Runs one time step with `events` and appends its spikes to `output`. With `show` the shown states are worked out.
    pub fn step(
        &self,
        vectors: Vectors,
        events: &[Event],
        output: &mut EventList,
        scratch: &mut Scratch,
        show: bool,
    ) -> LayerCost {
        match self {
            AnyLayer::Narrow(layer) => layer.step(vectors, events, output, &mut scratch.narrow, show),
            AnyLayer::Wide(layer) => layer.step(vectors, events, output, &mut scratch.wide, show),
        }
    }

    /// Appends the step that has just ended to `trace`; it was run with `show`.
    pub fn record(&self, scratch: &Scratch, trace: &mut LayerTrace) {
        match self {
            AnyLayer::Narrow(layer) => layer.record(&scratch.narrow, trace),
            AnyLayer::Wide(layer) => layer.record(&scratch.wide, trace),
        }
    }

    /// The shown states of the step that has just ended, by flat index; it was run with `show`.
    pub fn shown(&self, scratch: &Scratch) -> Vec<i64> {
        match self {
            AnyLayer::Narrow(layer) => layer.shown(&scratch.narrow),
            AnyLayer::Wide(layer) => layer.shown(&scratch.wide),
        }
    }
}

/// A layer in words of type `T`.
#[derive(Clone, Debug)]
pub struct FastLayer<T: Word> {
    scatter: Scatter<T>,
    fire: Fire<T>,
    lazy: Option<Lazy<T>>,
    neurons: usize,
    /// Stored state per place at the start of a sample; 0 for padding.
    start: Vec<T>,
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
        let at = |place: &Option<u32>| place.map_or(0, |index| initial(&layer.neuron, layer.output, index as usize));
        let start = flat.iter().map(|place| T::constant(at(place))).collect();
        let event = flat
            .iter()
            .map(|place| Event::at(layer.output, place.unwrap_or(0) as usize))
            .collect();
        FastLayer {
            scatter,
            fire,
            lazy: Lazy::of(layer, &flat),
            neurons: layer.output.len(),
            start,
            flat,
            event,
        }
    }

    fn step(
        &self,
        vectors: Vectors,
        events: &[Event],
        output: &mut EventList,
        states: &mut States<T>,
        show: bool,
    ) -> LayerCost {
        let updates = match &self.lazy {
            Some(lazy) => lazy.touch(&self.scatter, states, events),
            None => self.neurons as u64,
        };
        let sops = scatter_step(vectors, &self.scatter, &mut states.v, events);
        if let Some(lazy) = &self.lazy {
            lazy.hide(states);
        }
        let saturations = end_step(vectors, &self.fire, states, show);
        if let Some(lazy) = &self.lazy {
            lazy.bring_back(states, show);
        }
        emit_step(vectors, &states.fired, &self.event, output);
        LayerCost { sops, saturations, updates }
    }

    /// The start of a sample.
    fn begin(&self, states: &mut States<T>) {
        states.start(&self.start);
        if self.lazy.is_some() {
            states.idle.clear(self.flat.len());
        }
    }

    fn shown(&self, states: &States<T>) -> Vec<i64> {
        let mut shown = vec![0; self.neurons];
        self.each_place(|place, index| shown[index] = i64::from(states.shown[place].to_i32()));
        shown
    }

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

multiversioned! {
    /// Integrates a step's events and returns its synaptic operations.
    fn scatter_step<T: Word>(scatter: &Scatter<T>, states: &mut [T], events: &[Event]) -> u64 {
        let mut sops = 0;
        for &event in events {
            sops += scatter.add(states, event);
        }
        sops
    }
}

multiversioned! {
    /// Ends a step for all neurons and returns the number of saturated states.
    fn end_step<T: Word>(fire: &Fire<T>, states: &mut States<T>, want_shown: bool) -> u64 {
        fire.end_step(states, want_shown)
    }
}

multiversioned! {
    /// Sends a step's spikes: `event[i]` for each spike of the neuron at place `i`.
    fn emit_step<T: Word>(fired: &[T], event: &[Event], output: &mut EventList) -> () {
        for (fired, event) in fired.chunks(LANES).zip(event.chunks(LANES)) {
            let mut any = T::zero();
            for &n in fired {
                any = any | n;
            }
            if any == T::zero() {
                continue;
            }
            for (&n, &event) in fired.iter().zip(event) {
                let mut left = n;
                while left > T::zero() {
                    output.push(event);
                    left = left - T::one();
                }
            }
        }
        output.end_step();
    }
}
