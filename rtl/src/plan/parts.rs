//! Into how many parts each layer is cut, so that so many cores share the work.

use net::split::{even, forbids, split, Split};
use net::{Network, Problem, Problems};

use super::ways::{fold, Way};
use super::{choose, Load, Machine};

/// Cuts layers until there are `cores` of them in all: always the one whose parts have the most to do in a step. `wanted` parts of
/// a layer are not changed. `loads` are what each layer hears.
pub fn share(net: &Network, loads: &[Load], cores: Option<usize>, wanted: &[Option<usize>]) -> Result<Split, Problems> {
    let mut parts: Vec<usize> = wanted.iter().map(|parts| parts.unwrap_or(1)).collect();
    if let Some(cores) = cores {
        let least: usize = parts.iter().sum();
        if cores < least {
            let limit = format!("{least} or more: a core computes one layer, or a part of one");
            return Err(Problem::new("cores-range", "--cores", cores.to_string(), limit, "use more cores, or a net of fewer layers").into());
        }
        for _ in least..cores {
            let free = |i: &usize| wanted[*i].is_none() && forbids(net, *i).is_none() && parts[*i] < net.layers[*i].output.c;
            let work = |i: &usize| work(net, *i, &loads[*i], parts[*i]);
            // The first of equals.
            let most = (0..parts.len()).filter(free).rev().max_by(|a, b| work(a).total_cmp(&work(b)));
            let Some(most) = most else {
                let most: usize = parts.iter().sum();
                let limit = format!("at most {most} for this net: each part has a channel, and the last layer and convolutions in groups stay whole");
                return Err(Problem::new("cores-range", "--cores", cores.to_string(), limit, "use fewer cores").into());
            };
            parts[most] += 1;
        }
    }
    let starts: Vec<Vec<usize>> = parts.iter().zip(&net.layers).map(|(parts, layer)| even(layer.output.c, *parts)).collect();
    split(net, &starts)
}

/// Cycles that the largest of `parts` parts of a layer works in a time step: one bank, four channels in a word.
fn work(net: &Network, layer: usize, load: &Load, parts: usize) -> f64 {
    const LANES: usize = 4;
    let layer = &net.layers[layer];
    let way = Way { machine: Machine::Banked, banks: (1, 1), lanes: LANES.min(layer.output.c) };
    let core = fold(layer, "", way);
    let share = layer.output.c.div_ceil(parts) as f64 / layer.output.c as f64;
    choose::work(&core, load) * share
}

#[cfg(test)]
mod tests {
    use super::*;
    use net::random::{network, Limits};

    #[test]
    fn the_layer_that_works_most_is_cut_first() {
        let limits = Limits { maps: false, layers: 3, ..Limits::default() };
        let net = (0..).map(|seed| network(seed, &limits)).find(|net| net.layers.len() == 3 && net.layers.iter().all(|l| l.output.c > 8)).unwrap();
        let parts = |events: [f64; 3], cores: Option<usize>, wanted: &[Option<usize>]| {
            let split = share(&net, &events.map(Load::even), cores, wanted).unwrap_or_else(|problems| panic!("{problems}"));
            (0..3).map(|i| split.parts.iter().filter(|part| part.layer == i).count()).collect::<Vec<_>>()
        };
        let free = [None, None, None];
        assert_eq!(parts([5.0; 3], None, &free), [1, 1, 1]);
        assert_eq!(parts([1e6, 1.0, 1e9], Some(5), &free), [3, 1, 1]);
        assert_eq!(parts([1.0, 1e6, 1e9], Some(5), &free), [1, 3, 1]);
        assert_eq!(parts([1.0, 1e6, 1e9], Some(6), &[Some(4), None, None]), [4, 1, 1]);
        let message = |cores| share(&net, &[5.0; 3].map(Load::even), Some(cores), &free).unwrap_err().to_string();
        assert!(message(2).contains("3 or more") && message(1000).contains("at most"));
    }
}
