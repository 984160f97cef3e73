//! What each layer of the fast machine hears, and which layers must run step by step.

use crate::fast::Event;
use net::{MapShape, Network, Origin, Place};
use std::ops::Range;

/// What a layer hears.
#[derive(Clone, Debug)]
pub enum Ear {
    /// All of one source in the same step, as it is.
    Whole(Origin),
    Several(Vec<Inlet>),
}

/// One source of several.
#[derive(Clone, Debug)]
pub struct Inlet {
    pub from: Origin,
    /// Steps between sending and hearing.
    pub delay: usize,
    moved: Moved,
}

#[derive(Clone, Debug)]
enum Moved {
    /// Channels up by this many.
    Up(u32),
    /// By flat index in a map of this shape; `None` is not heard.
    To(MapShape, Vec<Option<Event>>),
}

impl Ear {
    pub fn new(network: &Network, layer: usize) -> Ear {
        if let [one] = network.sources[layer].as_slice() {
            if one.delay == 0 && one.place == Place::Channels(0) {
                return Ear::Whole(one.from);
            }
        }
        let heard = network.layers[layer].input;
        let inlets = network.sources[layer].iter().map(|source| Inlet {
            from: source.from,
            delay: source.delay as usize,
            moved: match &source.place {
                Place::Channels(first) => Moved::Up(*first as u32),
                Place::Table(_) | Place::Moved(_) => {
                    let shape = network.shape_of(source.from);
                    Moved::To(shape, (0..shape.len()).map(|index| Some(Event::at(heard, source.heard(heard, index)?))).collect())
                }
            },
        });
        Ear::Several(inlets.collect())
    }
}

impl Inlet {
    /// The event as the layer hears it, if it does.
    pub fn heard(&self, event: Event) -> Option<Event> {
        match &self.moved {
            Moved::Up(channels) => Some(Event {
                c: event.c + channels,
                ..event
            }),
            Moved::To(shape, events) => events[shape.index(event.c as usize, event.y as usize, event.x as usize)],
        }
    }
}

/// Layers in order, in groups: a group of several layers (or of one that hears itself) is a cycle and runs step by step.
pub fn stages(network: &Network) -> Vec<Range<usize>> {
    let mut stages: Vec<Range<usize>> = Vec::new();
    for (i, sources) in network.sources.iter().enumerate() {
        let back = sources.iter().filter_map(|source| match source.from {
            Origin::Layer(j) => Some(j + 1),
            Origin::Input(_) => None,
        });
        let end = back.max().unwrap_or(0).max(i + 1);
        match stages.last_mut() {
            Some(stage) if i < stage.end => stage.end = stage.end.max(end),
            _ => stages.push(i..end),
        }
    }
    stages
}
