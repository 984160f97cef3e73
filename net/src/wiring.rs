//! Who hears whom: the edges of a network, and where the spikes of each stand in what a layer hears.
//!
//! A layer hears one map, in which every source has its own places, so that its weights are those of all its branches
//! side by side. Sources of the same places are added (a residual add in front of a weight node).

use crate::{MapShape, Network, Spikes};

/// Where spikes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The network's input.
    Input,
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
    /// Flat index in the source to flat index in the heard map.
    Table(Vec<u32>),
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

    /// Flat index in the heard map of the source's neuron `index`.
    pub fn heard(&self, heard: MapShape, index: usize) -> usize {
        match &self.place {
            Place::Channels(first) => first * heard.h * heard.w + index,
            Place::Table(table) => table[index] as usize,
        }
    }
}

/// The sources of a chain of `layers`: each hears the one before it, the first hears the input.
pub fn chain(layers: usize) -> Vec<Vec<Source>> {
    let before = |i: usize| i.checked_sub(1).map_or(Origin::Input, Origin::Layer);
    (0..layers).map(|i| vec![Source::whole(before(i))]).collect()
}

impl Network {
    /// Shape of what `from` sends.
    pub fn shape_of(&self, from: Origin) -> MapShape {
        match from {
            Origin::Input => self.input,
            Origin::Layer(i) => self.layers[i].output,
        }
    }

    /// Most spikes of one address of `from` in one time step.
    pub fn payload_of(&self, from: Origin) -> u32 {
        match from {
            Origin::Input => self.multiplicity,
            Origin::Layer(i) => self.layers[i].neuron.max_spikes,
        }
    }

    /// Whether each layer hears the one before it and nothing else.
    pub fn is_chain(&self) -> bool {
        self.sources == chain(self.layers.len())
    }

    /// What layer `index` hears in each time step, as flat indices of its map: `input` are the network's spikes, `spikes` those of
    /// each layer.
    pub fn heard(&self, index: usize, input: &[Vec<u32>], spikes: &[&[Vec<u32>]]) -> Spikes {
        let heard = self.layers[index].input;
        let step = |t: usize| {
            let sources = self.sources[index].iter().filter(|source| t >= source.delay as usize);
            let sent = sources.flat_map(|source| {
                let all = match source.from {
                    Origin::Input => input,
                    Origin::Layer(j) => spikes[j],
                };
                let sent = all[t - source.delay as usize].iter();
                sent.map(|&neuron| source.heard(heard, neuron as usize) as u32)
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
        (0..shape.len()).for_each(|index| most[source.heard(heard, index)] += i64::from(payload));
    }
    most
}
