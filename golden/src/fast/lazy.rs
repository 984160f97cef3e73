//! Lazy leak: which neurons the events of a step reach, and what those have to make up for.

use super::fire::States;
use super::synapses::Scatter;
use super::tables::Event;
use super::word::Word;
use net::{lazy, Layer, Leak, LeakMode, Rounding};

/// The tables of a layer's neurons, in the machine's layout.
#[derive(Clone, Debug)]
pub struct Lazy<T> {
    tables: Vec<Vec<T>>,
    /// Table per place.
    which: Vec<u32>,
    rounding: Rounding,
}

/// What a layer with lazy leak knows of its neurons besides their states, per place.
#[derive(Clone, Debug, Default)]
pub struct Idle<T> {
    /// 1 if an event of this step reaches the neuron.
    touched: Vec<T>,
    /// Steps since an event reached it.
    missed: Vec<u32>,
    /// States of those that none reaches, while the others end their step.
    kept: Vec<T>,
    /// Spikes in the last step in which an event reached it, for a reset that is still due.
    spiked: Vec<T>,
}

impl<T: Word> Idle<T> {
    /// The start of a sample.
    pub fn clear(&mut self, places: usize) {
        for values in [&mut self.touched, &mut self.kept, &mut self.spiked] {
            values.clear();
            values.resize(places, T::zero());
        }
        self.missed.clear();
        self.missed.resize(places, 0);
    }
}

impl<T: Word> Lazy<T> {
    /// `None` if the layer leaks in every step. `flat`: flat index per place, `None` for padding.
    pub fn of(layer: &Layer, flat: &[Option<u32>]) -> Option<Lazy<T>> {
        let Leak::Decay { a, m, rounding } = &layer.neuron.leak else { return None };
        if layer.neuron.leak_mode == LeakMode::Step {
            return None;
        }
        let mut distinct = a.values().to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let table = |a: &i64| lazy::factors(*a, *m).into_iter().map(T::constant).collect();
        let at = |place: &Option<u32>| place.map_or(distinct[0], |index| a.at(layer.output, index as usize));
        Some(Lazy {
            tables: distinct.iter().map(table).collect(),
            which: flat.iter().map(at).map(|a| distinct.partition_point(|other| *other < a) as u32).collect(),
            rounding: *rounding,
        })
    }

    /// Before a step's sums: finds the neurons that `events` reach, makes up for the steps that they missed, and returns how
    /// many they are.
    pub fn touch(&self, scatter: &Scatter<T>, states: &mut States<T>, events: &[Event]) -> u64 {
        let (idle, v) = (&mut states.idle, &mut states.v);
        idle.touched.fill(T::zero());
        for &event in events {
            scatter.mark(&mut idle.touched, event);
        }
        let mut reached = 0;
        for (place, v) in v.iter_mut().enumerate() {
            if idle.touched[place] == T::zero() {
                idle.missed[place] += 1;
                continue;
            }
            reached += 1;
            let missed = std::mem::take(&mut idle.missed[place]) as usize;
            if missed > 0 {
                let table = &self.tables[self.which[place] as usize];
                *v = self.decay(*v, table[missed.min(table.len() - 1)]);
            }
        }
        reached
    }

    fn decay(&self, v: T, factor: T) -> T {
        let (v, factor) = (v.widen(), factor.widen());
        let product = match self.rounding {
            Rounding::Floor => v * factor,
            // What is left rounds toward zero, so what goes rounds away from it.
            Rounding::TowardZero => {
                let one = T::one().widen();
                let up = if v > T::zero().widen() { (one << lazy::BITS as usize) - one } else { T::zero().widen() };
                v * factor + up
            }
        };
        T::narrow(v - (product >> lazy::BITS as usize))
    }

    /// Puts the neurons that no event reaches out of the way: a state of 0 does nothing when the step ends.
    pub fn hide(&self, states: &mut States<T>) {
        let idle = &mut states.idle;
        for (place, (v, fired)) in states.v.iter_mut().zip(&mut states.fired).enumerate() {
            let away = idle.touched[place] == T::zero();
            idle.kept[place] = *v;
            *fired = if away { T::zero() } else { idle.spiked[place] };
            *v = if away { T::zero() } else { *v };
        }
    }

    /// Brings them back.
    pub fn bring_back(&self, states: &mut States<T>, shown: bool) {
        let idle = &mut states.idle;
        for (place, (v, fired)) in states.v.iter_mut().zip(&states.fired).enumerate() {
            if idle.touched[place] == T::zero() {
                *v = idle.kept[place];
                if shown {
                    states.shown[place] = *v;
                }
            } else {
                idle.spiked[place] = *fired;
            }
        }
    }
}
