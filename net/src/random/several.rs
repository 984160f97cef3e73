//! Random networks with several inputs and outputs.

use super::{add_membrane, add_neurons, network, places, wired, Limits, Random};
use crate::{InputNode, MapShape, Network, Origin, OutputNode};

/// A random valid network with up to three inputs and several outputs: branches that meet or never do, layers that are heard late,
/// layers that leave and are heard too, spikes and values. Every input is heard, and a layer that no later one hears leaves.
pub fn ports(seed: u64, limits: &Limits) -> Network {
    let random = &mut Random::new(seed ^ 0x706f_7274);
    let one = network(random.next(), &Limits { layers: 1, ..limits.clone() });
    let inputs = (0..random.size(1, 3)).map(|k| InputNode {
        name: format!("in {k}"),
        shape: match k {
            0 => one.input(),
            _ if limits.maps && random.chance(50) => {
                MapShape::new(random.size(1, limits.channels), random.size(1, limits.size), random.size(1, limits.size))
            }
            _ => MapShape::vector(random.size(1, limits.channels * 3)),
        },
    });
    let inputs: Vec<InputNode> = inputs.collect();
    let mut net = Network { layers: Vec::new(), sources: Vec::new(), outputs: Vec::new(), name: format!("ports_{seed}"), inputs, ..one };
    let count = random.size(net.inputs.len().max(2), limits.layers.max(net.inputs.len() + 1));
    // Layers that are heard one step late are vectors of a size that is known beforehand.
    let back: Vec<Option<(usize, usize)>> =
        (0..count).map(|i| random.chance(25).then(|| (random.size(0, i), random.size(1, limits.channels * 3)))).collect();
    for i in 0..count {
        let main = match i.checked_sub(1) {
            None => Origin::Input(0),
            Some(_) if i < net.inputs.len() && random.chance(60) => Origin::Input(i),
            Some(before) => Origin::Layer(before),
        };
        let unheard = |k: usize| !net.sources.iter().flatten().any(|source| source.from == Origin::Input(k));
        let mut heard = vec![(main, 0, net.shape_of(main))];
        for other in (0..net.inputs.len()).map(Origin::Input).chain((0..i).map(Origin::Layer)).filter(|other| *other != main) {
            let due = matches!(other, Origin::Input(k) if i + 1 == count && unheard(k));
            if due || random.chance(25) {
                heard.push((other, 0, net.shape_of(other)));
            }
        }
        for (j, back) in back.iter().enumerate() {
            if let Some((to, size)) = back.filter(|(to, _)| *to == i) {
                debug_assert_eq!(to, i);
                heard.push((Origin::Layer(j), 1, MapShape::vector(size)));
            }
        }
        let (input, sources) = places(random, &heard);
        let layer = wired(random, limits, input, back[i].map(|(_, size)| size), i);
        net.layers.push(layer);
        net.sources.push(sources);
    }
    let hears = |net: &Network, i: usize| net.sources.iter().flatten().filter(|source| source.from == Origin::Layer(i)).count();
    for i in 0..count {
        let silent = hears(&net, i) == 0;
        add_neurons(random, limits, &mut net, i, silent);
        let later = net.sources[i + 1..].iter().flatten().any(|source| source.from == Origin::Layer(i));
        for _ in 0..usize::from(!later || random.chance(35)) + usize::from(random.chance(10)) {
            net.outputs.push(OutputNode::whole(format!("out-{}", net.outputs.len()), i));
        }
    }
    // Now the payloads of later layers are known.
    for i in 0..count {
        add_membrane(random, limits, &mut net, i);
    }
    net
}
