//! A network cut into groups of consecutive layers, one for each chip.
//!
//! A group is a network of its own: its input is what the layer in front of it sends, its output is its last layer. So a chip computes
//! what those layers compute in the whole network, and a link carries one layer's spikes.

use std::ops::Range;

use crate::{InputNode, Network, Origin, Output, OutputNode, Source};

/// Whether a link may stand in front of layer `at` (1 and up): `None`, or why not.
pub fn forbids(net: &Network, at: usize) -> Option<String> {
    let name = |i: usize| &net.layers[i].name;
    let last = at - 1;
    if net.layers[last].neuron.output == Output::Value {
        return Some(format!("layer {:?} sends values, not spikes", name(last)));
    }
    for (to, source) in net.sources.iter().enumerate().flat_map(|(to, all)| all.iter().map(move |source| (to, source))) {
        match source.from {
            Origin::Layer(from) if from >= at && to < at => {
                return Some(format!("layer {:?} hears {:?}, which would sit on a later chip", name(to), name(from)));
            }
            Origin::Layer(from) if from < last && to >= at => {
                return Some(format!("layer {:?} hears {:?} past {:?}: a link carries the spikes of one layer", name(to), name(from), name(last)));
            }
            Origin::Input(_) if to >= at => {
                return Some(format!("layer {:?} hears the input past {:?}: a link carries the spikes of one layer", name(to), name(last)));
            }
            _ => {}
        }
    }
    None
}

/// The layers `layers` of a net with one input, whose last layer is its one output, as a network, cut where [`forbids`] allows it: golden's, the planner's and the chip's own.
pub fn group(net: &Network, layers: Range<usize>) -> Network {
    let before = layers.start.checked_sub(1);
    let own = |source: &Source| {
        let from = match source.from {
            Origin::Layer(from) if Some(from) != before => Origin::Layer(from - layers.start),
            _ => Origin::Input(0),
        };
        Source { from, ..source.clone() }
    };
    Network {
        name: net.name.clone(),
        inputs: before.map_or(net.inputs.clone(), |before| {
            vec![InputNode { name: net.layers[before].neuron_name.clone(), shape: net.layers[before].output }]
        }),
        multiplicity: before.map_or(net.multiplicity, |before| net.layers[before].neuron.max_spikes),
        layers: net.layers[layers.clone()].to_vec(),
        outputs: match layers.end == net.layers.len() {
            true => vec![OutputNode { layer: layers.len() - 1, ..net.outputs[0].clone() }],
            false => vec![OutputNode::whole(net.layers[layers.end - 1].neuron_name.clone(), layers.len() - 1)],
        },
        sources: net.sources[layers.clone()].iter().map(|sources| sources.iter().map(own).collect()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{graph, network, Limits};
    use crate::wiring::chain;

    #[test]
    fn a_chain_may_be_cut_anywhere() {
        let limits = Limits { layers: 4, ..Limits::default() };
        let net = (0..).map(|seed| network(seed, &limits)).find(|net| net.layers.len() == 4).unwrap();
        assert!((1..4).all(|at| forbids(&net, at).is_none()));
        let back = group(&net, 2..4);
        assert_eq!(back.input(), net.layers[1].output);
        assert_eq!(back.sources, chain(2));
        assert_eq!(group(&net, 0..4), net);
    }

    #[test]
    fn what_one_link_cannot_carry_is_refused() {
        let limits = Limits { layers: 5, ..Limits::default() };
        let mut reasons = std::collections::BTreeSet::new();
        for seed in 0..300 {
            let net = graph(seed, &limits);
            for at in 1..net.layers.len() {
                let crossing = |to: usize, source: &Source| match source.from {
                    Origin::Input(_) => to >= at,
                    Origin::Layer(from) => (from < at) != (to < at),
                };
                let edges = net.sources.iter().enumerate().flat_map(|(to, all)| all.iter().map(move |source| (to, source)));
                let only = edges.filter(|(to, source)| crossing(*to, source)).all(|(to, source)| to >= at && source.from == Origin::Layer(at - 1));
                match forbids(&net, at) {
                    None => assert!(only, "seed {seed}, in front of {at}"),
                    Some(why) => {
                        assert!(!only || why.contains("sends values"), "seed {seed}, in front of {at}: {why}");
                        reasons.insert(["later chip", "hears the input", " past "].iter().position(|part| why.contains(part)));
                    }
                }
            }
        }
        assert!(reasons.len() >= 3, "{reasons:?}");
    }
}
