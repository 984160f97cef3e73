//! Who hears whom: the edges of a network, and where the spikes of each stand in what a layer hears.
//!
//! A layer hears one map, in which every source has its own places, so that its weights are those of all its branches
//! side by side. Sources of the same places are added (a residual add in front of a weight node).

use std::ops::Range;

use crate::{InputNode, MapShape, Network, OutputNode, Spikes};

/// Where spikes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The network's input of this index.
    Input(usize),
    /// The layer of this index.
    Layer(usize),
}

/// One edge of the network, as the layer at its end sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub from: Origin,
    /// 0: the spikes of step `t` are heard in step `t`. 1: in step `t + 1`, and nothing in a sample's first step.
    pub delay: u32,
    pub place: Place,
}

/// Where the neurons of a source stand in the map that the layer hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Rows and columns stay as they are, and channel `c` becomes channel `first + c`.
    Channels(usize),
    /// Flat index in the source to flat index in the heard map; [`NOWHERE`] where it is not heard.
    Table(Vec<u32>),
    /// Channels and rows elsewhere; what falls off the heard map's rows is not heard.
    Moved(Moved),
}

/// The place of a neuron that is not heard, in a [`Place::Table`].
pub const NOWHERE: u32 = u32::MAX;

/// Channel `c` becomes channel `channels + c`, row `y` becomes row `rows + y`; columns stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Shape of the source.
    pub from: MapShape,
    pub channels: usize,
    pub rows: i64,
}

impl Moved {
    /// Where `(c, y, x)` of the source is heard in a map of `rows` rows, if it is.
    pub fn at(&self, rows: usize, (c, y, x): (usize, usize, usize)) -> Option<(usize, usize, usize)> {
        let y = usize::try_from(self.rows + y as i64).ok().filter(|y| *y < rows)?;
        Some((self.channels + c, y, x))
    }
}

impl Source {
    /// All of `from`, in this step, as it is.
    pub fn whole(from: Origin) -> Source {
        Source {
            from,
            delay: 0,
            place: Place::Channels(0),
        }
    }

    /// Flat index in the heard map of the source's neuron `index`, if it is heard.
    pub fn heard(&self, heard: MapShape, index: usize) -> Option<usize> {
        match &self.place {
            Place::Channels(first) => Some(first * heard.h * heard.w + index),
            Place::Table(table) => (table[index] != NOWHERE).then_some(table[index] as usize),
            Place::Moved(moved) => {
                let (c, y, x) = moved.at(heard.h, moved.from.coordinate(index))?;
                Some(heard.index(c, y, x))
            }
        }
    }
}

/// What leaves at an output: layers side by side in one map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// Of what leaves.
    pub shape: MapShape,
    /// The layers, and where the neurons of each stand.
    pub sources: Vec<Source>,
}

impl Leaving {
    /// The words of layer `layer` of this shape, as they are.
    pub fn whole(layer: usize, shape: MapShape) -> Leaving {
        Leaving { shape, sources: vec![Source::whole(Origin::Layer(layer))] }
    }

    /// The layers, each with its source.
    pub fn layers(&self) -> impl Iterator<Item = (usize, &Source)> {
        self.sources.iter().filter_map(|source| match source.from {
            Origin::Layer(layer) => Some((layer, source)),
            Origin::Input(_) => None,
        })
    }
}

impl OutputNode {
    /// The layers that leave here: several if one was cut into parts.
    pub fn layers(&self) -> Range<usize> {
        self.layer..self.layer + self.parts.len()
    }
}

/// The map that the flat indices of a sample count: see [`Network::input`].
pub fn sample_map(inputs: &[InputNode]) -> MapShape {
    match inputs {
        [one] => one.shape,
        several => MapShape::vector(first_address(several, several.len())),
    }
}

/// Where the addresses of input `index` begin in a sample.
pub fn first_address(inputs: &[InputNode], index: usize) -> usize {
    inputs[..index].iter().map(|input| input.shape.len()).sum()
}

/// The addresses of a sample that are those of input `index`.
fn addresses(inputs: &[InputNode], index: usize) -> Range<u32> {
    let first = first_address(inputs, index) as u32;
    // Nothing is behind the last one: what lies off the map stays its business.
    let end = if index + 1 == inputs.len() { u32::MAX } else { first + inputs[index].shape.len() as u32 };
    first..end
}

/// Those of a step's `events` that enter at input `index`, as flat indices of its own map.
pub fn entering<'a>(inputs: &[InputNode], index: usize, events: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
    within(addresses(inputs, index), events)
}

/// The `events` in `range`, counted from its start.
fn within(range: Range<u32>, events: &[u32]) -> impl Iterator<Item = u32> + '_ {
    let first = range.start;
    events.iter().filter(move |event| range.contains(event)).map(move |event| event - first)
}

/// A sample by inputs, each with flat indices of its own map.
pub fn by_input(inputs: &[InputNode], sample: &[Vec<u32>]) -> Vec<Spikes> {
    let of = |k| sample.iter().map(|events| entering(inputs, k, events).collect()).collect();
    (0..inputs.len()).map(of).collect()
}

/// The sources of a chain of `layers`: each hears the one before it, the first hears the input.
pub fn chain(layers: usize) -> Vec<Vec<Source>> {
    let before = |i: usize| i.checked_sub(1).map_or(Origin::Input(0), Origin::Layer);
    (0..layers).map(|i| vec![Source::whole(before(i))]).collect()
}

impl Network {
    /// Shape of what `from` sends.
    pub fn shape_of(&self, from: Origin) -> MapShape {
        match from {
            Origin::Input(k) => self.inputs[k].shape,
            Origin::Layer(i) => self.layers[i].output,
        }
    }

    /// Most spikes of one address of `from` in one time step.
    pub fn payload_of(&self, from: Origin) -> u32 {
        match from {
            Origin::Input(_) => self.multiplicity,
            Origin::Layer(i) => self.layers[i].neuron.max_spikes,
        }
    }

    /// What leaves at output `output`.
    pub fn leaving(&self, output: usize) -> Leaving {
        let node = &self.outputs[output];
        let parts = || node.layers().zip(&node.parts);
        let sources = parts().map(|(layer, place)| Source { place: place.clone(), ..Source::whole(Origin::Layer(layer)) });
        let ends = |(layer, place): (usize, &Place)| {
            let part = self.layers[layer].output;
            match place {
                Place::Channels(first) => (first + part.c, part.h),
                Place::Moved(moved) => (moved.channels + part.c, (moved.rows + part.h as i64) as usize),
                Place::Table(_) => (part.c, part.h),
            }
        };
        let (c, h) = parts().map(ends).fold((0, 0), |all, part| (all.0.max(part.0), all.1.max(part.1)));
        Leaving { shape: MapShape { c, h, ..self.layers[node.layer].output }, sources: sources.collect() }
    }

    /// Whether each layer hears the one before it and nothing else, and the last one leaves.
    pub fn is_chain(&self) -> bool {
        let leaves = self.outputs.len() == 1 && self.outputs[0].layers() == (self.layers.len() - 1..self.layers.len());
        leaves && self.inputs.len() == 1 && self.sources == chain(self.layers.len())
    }

    /// A sample by inputs, each with flat indices of its own map.
    pub fn by_input(&self, sample: &[Vec<u32>]) -> Vec<Spikes> {
        by_input(&self.inputs, sample)
    }

    /// What layer `index` hears in each time step, as flat indices of its map: `input` is the sample, `spikes` those of
    /// each layer.
    pub fn heard(&self, index: usize, input: &[Vec<u32>], spikes: &[&[Vec<u32>]]) -> Spikes {
        let heard = self.layers[index].input;
        let step = |t: usize| -> Vec<u32> {
            let sources = self.sources[index].iter().filter(|source| t >= source.delay as usize);
            let sent = sources.flat_map(|source| {
                let (all, range) = match source.from {
                    Origin::Input(k) => (input, addresses(&self.inputs, k)),
                    Origin::Layer(j) => (spikes[j], 0..u32::MAX),
                };
                within(range, &all[t - source.delay as usize]).filter_map(|neuron| Some(source.heard(heard, neuron as usize)? as u32))
            });
            sent.collect()
        };
        (0..input.len()).map(step).collect()
    }

    /// Most spikes that each address of the map that layer `index` hears may bring in one time step.
    pub fn multiplicities(&self, index: usize) -> Vec<i64> {
        let sources = self.sources[index].iter();
        let each = sources.map(|source| (source, self.shape_of(source.from), self.payload_of(source.from)));
        multiplicities(self.layers[index].input, each)
    }
}

/// Sum of the payloads of all `sources` (each with its shape and its spikes per address and step), by heard address.
pub fn multiplicities<'a>(heard: MapShape, sources: impl Iterator<Item = (&'a Source, MapShape, u32)>) -> Vec<i64> {
    let mut most = vec![0; heard.len()];
    for (source, shape, payload) in sources {
        let places = (0..shape.len()).filter_map(|index| source.heard(heard, index));
        places.for_each(|at| most[at] += i64::from(payload));
    }
    most
}
