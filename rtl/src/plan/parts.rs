//! Into how many parts each layer is cut, so that so many cores share the work.

use net::options::Parts;
use net::split::{forbids, split, Cut, Split};
use net::{Network, Problem, Problems};

use super::ways::{fold, Way};
use super::{choose, Load, Machine};

/// What is to share a net.
#[derive(Clone, Debug)]
pub struct Shares<'a> {
    /// Cores in all; none: one for each layer or part that is wanted.
    pub cores: Option<usize>,
    /// Parts of each layer, where they are not left to the planner.
    pub wanted: &'a [Option<Parts>],
    /// The cores sit on routers: these bring the parts of a layer that leaves the chip together.
    pub routers: bool,
}

/// Cuts layers until there are as many as there are to be cores: always the one whose parts have the most to do in a step. Wanted
/// parts of a layer are not changed. `loads` are what each layer hears.
pub fn share(net: &Network, loads: &[Load], shares: &Shares) -> Result<Split, Problems> {
    let mut parts: Vec<Parts> = shares.wanted.iter().map(|parts| parts.unwrap_or(Parts::Channels(1))).collect();
    if let Some(cores) = shares.cores {
        let least: usize = parts.iter().map(|parts| parts.count()).sum();
        if cores < least {
            let limit = format!("{least} or more: a core computes one layer, or a part of one");
            return Err(Problem::new("cores-range", "--cores", cores.to_string(), limit, "use more cores, or a net of fewer layers").into());
        }
        for _ in least..cores {
            let work = |i: usize| work(net, i, &loads[i], parts[i]);
            // The first of equals.
            let free = (0..parts.len()).filter_map(|i| Some((i, more(net, shares, i, parts[i])?)));
            let most = free.rev().max_by(|a, b| work(a.0).total_cmp(&work(b.0)));
            let Some((layer, more)) = most else {
                let most: usize = parts.iter().map(|parts| parts.count()).sum();
                let limit = match shares.routers {
                    true => format!("at most {most} for this net: each part has a channel or a row"),
                    false => format!(
                        "at most {most} for this net: each part has a channel, and without --fabric the last layer and convolutions in groups stay whole"
                    ),
                };
                return Err(Problem::new("cores-range", "--cores", cores.to_string(), limit, "use fewer cores").into());
            };
            parts[layer] = more;
        }
    }
    let cuts: Vec<Cut> = parts.iter().zip(&net.layers).map(|(parts, layer)| Cut::even(layer.output, *parts)).collect();
    split(net, &cuts)
}

/// One part more of a layer that has `parts`: channels first, rows where channels cannot be cut (further).
fn more(net: &Network, shares: &Shares, layer: usize, parts: Parts) -> Option<Parts> {
    let leaves = net.outputs.iter().any(|output| output.layer == layer);
    if shares.wanted[layer].is_some() || (leaves && !shares.routers) {
        return None;
    }
    let (output, count) = (net.layers[layer].output, parts.count() + 1);
    let (channels, rows) = (Parts::Channels(count as u32), Parts::Rows(count as u32));
    let may = |parts: Parts| forbids(net, layer, &Cut::even(output, parts)).is_none();
    match parts {
        Parts::Channels(_) if count <= output.c && may(channels) => Some(channels),
        _ => (shares.routers && count <= output.h && may(rows)).then_some(rows),
    }
}

/// Cycles that the largest part of a layer works in a time step: one bank, four channels in a word.
fn work(net: &Network, layer: usize, load: &Load, parts: Parts) -> f64 {
    const LANES: usize = 4;
    let layer = &net.layers[layer];
    let way = Way { machine: Machine::Banked, banks: (1, 1), lanes: LANES.min(layer.output.c) };
    let core = fold(layer, "", way);
    let all = match parts {
        Parts::Channels(_) => layer.output.c,
        Parts::Rows(_) => layer.output.h,
    };
    choose::work(&core, load) * all.div_ceil(parts.count()) as f64 / all as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::random::{network, Limits};

    #[test]
    fn the_layer_that_works_most_is_cut_first() {
        let limits = Limits { maps: false, layers: 3, ..Limits::default() };
        let net = (0..).map(|seed| network(seed, &limits)).find(|net| net.layers.len() == 3 && net.layers.iter().all(|l| l.output.c > 8)).unwrap();
        let shared = |events: [f64; 3], cores, wanted: &[Option<Parts>], routers| {
            share(&net, &events.map(Load::even), &Shares { cores, wanted, routers })
        };
        let parts = |events: [f64; 3], cores: Option<usize>, wanted: &[Option<Parts>], routers| {
            let split = shared(events, cores, wanted, routers).unwrap_or_else(|problems| panic!("{problems}"));
            (0..3).map(|i| split.parts.iter().filter(|part| part.layer == i).count()).collect::<Vec<_>>()
        };
        let free = [None, None, None];
        assert_eq!(parts([5.0; 3], None, &free, false), [1, 1, 1]);
        assert_eq!(parts([1e6, 1.0, 1e9], Some(5), &free, false), [3, 1, 1]);
        assert_eq!(parts([1.0, 1e6, 1e9], Some(5), &free, false), [1, 3, 1]);
        assert_eq!(parts([1.0, 1e6, 1e9], Some(5), &free, true), [1, 1, 3]);
        assert_eq!(parts([1.0, 1e6, 1e9], Some(6), &[Some(Parts::Channels(4)), None, None], false), [4, 1, 1]);
        let message = |cores, routers| shared([5.0; 3], Some(cores), &free, routers).unwrap_err().to_string();
        assert!(message(2, true).contains("3 or more") && message(1000, true).contains("at most"));
        assert!(message(1000, false).contains("without --fabric the last layer") && !message(1000, true).contains("last layer"));
    }
}
