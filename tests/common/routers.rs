//! Random networks on random routers.

use net::options::CoreKind;
use net::random::{Limits, Random};
use net::split::{forbids, split, Cut};
use net::{Fabric, Network, Placement};
use rtl::plan::{parallel, FabricOptions};
use rtl::PlanOptions;

/// A random network, every third one with edges that lead on and back, its layers in random parts; some in bands of `rows`.
pub fn network(seed: u64, rows: bool) -> Network {
    net::random::parts(&mut Random::new(seed + 5), &whole(seed), rows).network
}

/// The same by channels only, and the layer that leaves is whole.
pub fn leaving_whole(seed: u64) -> Network {
    let (net, random) = (whole(seed), &mut Random::new(seed + 5));
    let cut = |i: usize| {
        let is_free = i + 1 < net.layers.len() && forbids(&net, i, &Cut::Channels(vec![0, 1])).is_none();
        let more = (1..net.layers[i].output.c).filter(|_| is_free && random.chance(40));
        Cut::Channels([0].into_iter().chain(more).collect())
    };
    let cuts: Vec<Cut> = (0..net.layers.len()).map(cut).collect();
    split(&net, &cuts).unwrap_or_else(|problems| panic!("{problems}")).network
}

fn whole(seed: u64) -> Network {
    let limits = Limits { layers: 4, size: 6, kernel: 3, ..Limits::default() };
    match seed % 3 {
        0 => net::random::graph(seed, &limits),
        _ => net::random::network(seed, &limits),
    }
}

/// A random mesh or tree with room for all cores, which sit anywhere; some cores are parallel ones.
pub fn options(net: &Network, seed: u64) -> PlanOptions {
    let random = &mut Random::new(seed);
    let cores = net.layers.len();
    let rows = random.size(1, 4);
    let fabric = match random.chance(60) {
        true => Fabric::Mesh { rows, columns: cores.div_ceil(rows) + random.size(0, 1) },
        false => Fabric::Tree { children: random.size(2, 5) },
    };
    let placement = if random.chance(25) { Placement::Near } else { Placement::Random(seed) };
    let able = net.layers.iter().filter(|layer| parallel::refusal(layer).is_none() && random.chance(30));
    PlanOptions {
        machines: able.map(|layer| (layer.name.clone(), CoreKind::Parallel)).collect(),
        fabric: Some(FabricOptions { fabric, placement, sent: Vec::new() }),
        ..PlanOptions::default()
    }
}
