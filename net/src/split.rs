//! Layers cut into parts by output channel, so that several cores share one layer.
//!
//! A part is a layer of its own: it hears what the whole layer hears and has some of its channels, with the same membrane
//! word and constants. Who heard the whole hears all parts, each at its own channels. So every spike and every state is what it was.

use crate::{Dense, Layer, Leak, MapShape, Network, Neuron, Origin, OutputNode, Param, Place, Problem, Problems, Reset, Source, Synapses};

/// A network with layers in parts, and where each of its layers comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    pub network: Network,
    /// For each layer of `network`.
    pub parts: Vec<Part>,
}

/// Some channels of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Index of the layer in the network that was split.
    pub layer: usize,
    /// Its first channel; its number of channels is that of its output.
    pub first: usize,
}

/// First channels of `parts` parts of `channels` channels that differ by at most one channel; the larger ones first.
pub fn even(channels: usize, parts: usize) -> Vec<usize> {
    let (each, more) = (channels / parts.max(1), channels % parts.max(1));
    (0..parts).map(|part| part * each + part.min(more)).collect()
}

/// Name of a part of the layer or neuron node `name`.
pub fn part_name(name: &str, part: usize) -> String {
    format!("{name}.{part}")
}

/// Whether a layer may be cut: `None`, or why not.
pub fn forbids(net: &Network, layer: usize) -> Option<&'static str> {
    let grouped = matches!(&net.layers[layer].synapses, Synapses::Conv2d(conv) if conv.groups > 1);
    match () {
        _ if layer + 1 == net.layers.len() => Some("the last layer leaves the chip by one link"),
        _ if net.outputs.iter().any(|output| output.layer == layer) => Some("it leaves the chip by one link"),
        _ if grouped => Some("each part of a convolution in groups would hear words that it has no weights for"),
        _ => None,
    }
}

/// Cuts each layer of `net` where `starts` says: the first channels of its parts, from 0, rising. One start: not cut.
pub fn split(net: &Network, starts: &[Vec<usize>]) -> Result<Split, Problems> {
    let mut problems = Vec::new();
    for (i, (layer, starts)) in net.layers.iter().zip(starts).enumerate() {
        let path = format!("parts of layer {:?}", layer.name);
        let rising = starts.first() == Some(&0) && starts.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising || starts.last().is_some_and(|last| *last >= layer.output.c) {
            let limit = format!("1 to {}: a part has at least one output channel", layer.output.c);
            problems.push(Problem::new("parts-range", path, starts.len().to_string(), limit, "use fewer parts"));
        } else if let (true, Some(why)) = (starts.len() > 1, forbids(net, i)) {
            problems.push(Problem::new("parts-layer", path, starts.len().to_string(), format!("1: {why}"), "split another layer"));
        }
    }
    let mut layers: Vec<Layer> = Vec::new();
    let mut parts: Vec<Part> = Vec::new();
    for (i, (layer, starts)) in net.layers.iter().zip(starts).enumerate().filter(|_| problems.is_empty()) {
        let ends = starts.iter().skip(1).copied().chain([layer.output.c]);
        for (number, (&first, end)) in starts.iter().zip(ends).enumerate() {
            parts.push(Part { layer: i, first });
            layers.push(if starts.len() == 1 { layer.clone() } else { part(layer, number, first..end) });
        }
    }
    let twin = layers.iter().enumerate().find(|(i, layer)| layers[..*i].iter().any(|other| other.name == layer.name));
    if let Some((_, twin)) = twin {
        let remedy = "rename the layer in the net";
        problems.push(Problem::new("parts-name", "parts", twin.name.clone(), "the name of one layer", remedy));
    }
    Problems::unless_empty(problems, ())?;
    let sources = parts.iter().map(|part| heard(net, &net.sources[part.layer], &parts, &layers)).collect();
    let place = |layer: usize| parts.iter().position(|part| part.layer == layer).unwrap_or(0);
    let outputs = net.outputs.iter().map(|output| OutputNode { layer: place(output.layer), ..output.clone() }).collect();
    Ok(Split { network: Network { layers, sources, outputs, ..net.clone() }, parts })
}

/// The sources of a layer with every layer among them replaced by its parts.
fn heard(net: &Network, sources: &[Source], parts: &[Part], layers: &[Layer]) -> Vec<Source> {
    let mut found = Vec::new();
    for source in sources {
        let Origin::Layer(from) = source.from else {
            found.push(source.clone());
            continue;
        };
        let whole = net.layers[from].output;
        for (index, part) in parts.iter().enumerate().filter(|(_, part)| part.layer == from) {
            let area = whole.h * whole.w;
            let neurons = part.first * area..(part.first + layers[index].output.c) * area;
            let place = match &source.place {
                Place::Channels(first) => Place::Channels(first + part.first),
                Place::Table(table) => Place::Table(table[neurons].to_vec()),
            };
            found.push(Source { from: Origin::Layer(index), delay: source.delay, place });
        }
    }
    found.sort_by_key(|source| (source.delay, source.from));
    found
}

/// Part `number` of a layer: these channels.
fn part(layer: &Layer, number: usize, channels: std::ops::Range<usize>) -> Layer {
    let whole = layer.output;
    let area = whole.h * whole.w;
    let neurons = channels.start * area..channels.end * area;
    let output = MapShape { c: channels.len(), ..whole };
    let synapses = match &layer.synapses {
        Synapses::Dense(dense) => Synapses::Dense(Dense {
            inputs: dense.inputs,
            outputs: neurons.len(),
            weights: dense.weights[neurons.start * dense.inputs..neurons.end * dense.inputs].to_vec(),
        }),
        Synapses::Conv2d(conv) => {
            let each = conv.in_channels * conv.kernel.0 * conv.kernel.1;
            let weights = conv.weights[channels.start * each..channels.end * each].to_vec();
            Synapses::Conv2d(crate::Conv2d { out_channels: channels.len(), weights, ..conv.clone() })
        }
    };
    let of = |param: &Param| match param {
        Param::Layer(value) => Param::Layer(*value),
        Param::Channel(values) => Param::Channel(values[channels.clone()].to_vec()),
        Param::Neuron(values) => Param::Neuron(values[neurons.clone()].to_vec()),
    };
    let neuron = &layer.neuron;
    Layer {
        name: part_name(&layer.name, number),
        neuron_name: part_name(&layer.neuron_name, number),
        synapses,
        output,
        neuron: Neuron {
            leak: match &neuron.leak {
                Leak::None => Leak::None,
                Leak::Decay { a, m, rounding } => Leak::Decay { a: of(a), m: *m, rounding: *rounding },
            },
            reset: match &neuron.reset {
                Reset::Subtract(amount) => Reset::Subtract(of(amount)),
                Reset::ToValue(value) => Reset::ToValue(of(value)),
                Reset::None => Reset::None,
            },
            fire_level: of(&neuron.fire_level),
            bias: of(&neuron.bias),
            // The whole layer's word: bounds of fewer neurons would saturate elsewhere.
            ..neuron.clone()
        },
        ..layer.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{network, Limits};

    #[test]
    fn parts_are_even() {
        assert_eq!(even(10, 4), [0, 3, 6, 8]);
        assert_eq!(even(4, 4), [0, 1, 2, 3]);
        assert_eq!(even(7, 1), [0]);
    }

    #[test]
    fn what_cannot_be_cut_is_refused() {
        let limits = Limits { maps: false, ..Limits::default() };
        let net = (0..).map(|seed| network(seed, &limits)).find(|net| net.layers.len() == 2 && net.layers[0].output.c == 4).unwrap();
        let message = |starts: &[Vec<usize>]| split(&net, starts).unwrap_err().to_string();
        assert!(message(&[vec![0, 4], vec![0]]).contains("1 to 4: a part has at least one output channel"));
        assert!(message(&[vec![0, 2, 2], vec![0]]).contains("parts-range") || message(&[vec![0, 2, 2], vec![0]]).contains("1 to 4"));
        assert!(message(&[vec![0], vec![0, 1]]).contains("1: the last layer leaves the chip by one link"));
        let split = split(&net, &[vec![0, 3], vec![0]]).unwrap();
        let names: Vec<&str> = split.network.layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, ["layer0.0", "layer0.1", "layer1"]);
        assert_eq!(split.network.sources[2].len(), 2);
        // A layer that has a part's name already.
        let mut named = net.clone();
        named.layers[1].name = "layer0.1".into();
        assert!(super::split(&named, &[vec![0, 3], vec![0]]).unwrap_err().to_string().contains("the name of one layer"));
    }
}
