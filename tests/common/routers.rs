//! Random networks on random routers.

use net::options::CoreKind;
use net::random::{Limits, Random};
use net::{Fabric, Network, Placement};
use rtl::plan::{parallel, FabricOptions};
use rtl::PlanOptions;

/// A random network, every third one with edges that lead on and back, its layers in random parts.
pub fn network(seed: u64) -> Network {
    let limits = Limits { layers: 4, size: 6, kernel: 3, ..Limits::default() };
    let net = match seed % 3 {
        0 => net::random::graph(seed, &limits),
        _ => net::random::network(seed, &limits),
    };
    net::random::parts(&mut Random::new(seed + 5), &net).network
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
