//! Which core sits where: few hops for those that say much.

use net::{Fabric, Placement};
use net::random::Random;

use super::topology::seats;

/// Where everything sits.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The place of each core: the router of a mesh, or a leaf of a tree. No two are equal.
    pub seat: Vec<usize>,
    /// The router of a mesh that has the chip's edge; 0 in a tree, which has it at its root.
    pub edge: usize,
    /// Routers on the way from a source to a destination, on average over all pairs.
    pub mean_hops: f64,
}

/// Words per step and whom they go to.
struct Traffic<'a> {
    fabric: Fabric,
    sources: &'a [Vec<usize>],
    rates: &'a [f64],
}

impl Traffic<'_> {
    /// Routers on the way between two endpoints.
    fn hops(&self, placed: &Placed, a: usize, b: usize) -> usize {
        let cores = placed.seat.len();
        match self.fabric {
            Fabric::Mesh { columns, .. } => {
                let router = |end: usize| if end == cores { placed.edge } else { placed.seat[end] };
                let (a, b) = (router(a), router(b));
                (a / columns).abs_diff(b / columns) + (a % columns).abs_diff(b % columns) + 1
            }
            Fabric::Tree { children } => {
                let mut levels = 1;
                let mut width = cores.div_ceil(children);
                while width > 1 {
                    (levels, width) = (levels + 1, width.div_ceil(children));
                }
                if a == cores || b == cores {
                    return levels;
                }
                let (mut a, mut b) = (placed.seat[a] / children, placed.seat[b] / children);
                let mut up = 0;
                while a != b {
                    (a, b, up) = (a / children, b / children, up + 1);
                }
                2 * up + 1
            }
        }
    }

    /// Words and grants per step, each times the routers on its way; and the mean way.
    fn cost(&self, placed: &Placed) -> (f64, f64) {
        let (mut all, mut ways, mut pairs) = (0.0, 0.0, 0.0);
        for (to, sources) in self.sources.iter().enumerate() {
            for &from in sources {
                let hops = self.hops(placed, from, to) as f64;
                all += hops * (self.rates[from] + 1.0);
                ways += hops;
                pairs += 1.0;
            }
        }
        (all, ways / pairs)
    }
}

/// `sources` of each endpoint, the chip's edge last, and the words that each sends in a step.
pub(super) fn place(fabric: Fabric, sources: &[Vec<usize>], rates: &[f64], wanted: &Placement) -> Placed {
    let cores = sources.len() - 1;
    let traffic = Traffic { fabric, sources, rates };
    let mut placed = match wanted {
        Placement::Near => near(&traffic, cores),
        Placement::Random(seed) => scattered(fabric, cores, *seed),
        Placement::At { seats, edge } => Placed { seat: seats.clone(), edge: *edge, mean_hops: 0.0 },
    };
    if matches!(fabric, Fabric::Tree { .. }) {
        placed.edge = 0;
    }
    placed.mean_hops = traffic.cost(&placed).1;
    placed
}

/// Starts from which the search for few hops goes, beside the order of the layers: swaps alone get stuck, in trees above all.
const RANDOM_STARTS: u64 = 8;

/// The best that swaps find from several starts; of equals the first.
fn near(traffic: &Traffic, cores: usize) -> Placed {
    let mut best = Placed { seat: winding(traffic.fabric, cores), edge: 0, mean_hops: 0.0 };
    improve(traffic, &mut best);
    for seed in 0..RANDOM_STARTS {
        let mut other = scattered(traffic.fabric, cores, seed);
        improve(traffic, &mut other);
        if traffic.cost(&other).0 < traffic.cost(&best).0 - 1e-9 {
            best = other;
        }
    }
    best
}

/// Anywhere.
fn scattered(fabric: Fabric, cores: usize, seed: u64) -> Placed {
    let mut free: Vec<usize> = (0..seats(fabric, cores)).collect();
    let random = &mut Random::new(seed);
    random.shuffle(&mut free);
    let edge = random.size(0, free.len() - 1);
    free.truncate(cores);
    Placed { seat: free, edge, mean_hops: 0.0 }
}

/// Neighbours in the order of the layers: row by row, every second one backwards.
fn winding(fabric: Fabric, cores: usize) -> Vec<usize> {
    let seat = |i: usize| match fabric {
        Fabric::Mesh { columns, .. } if i / columns % 2 == 1 => i / columns * columns + columns - 1 - i % columns,
        _ => i,
    };
    (0..cores).map(seat).collect()
}

/// Moves the edge or swaps two places while that helps, the best move first.
fn improve(traffic: &Traffic, placed: &mut Placed) {
    let cores = placed.seat.len();
    let places = seats(traffic.fabric, cores);
    let mut best = traffic.cost(placed).0;
    loop {
        let mut moves: Vec<Placed> = Vec::new();
        if matches!(traffic.fabric, Fabric::Mesh { .. }) {
            moves.extend((0..places).map(|edge| Placed { edge, ..placed.clone() }));
        }
        for core in 0..cores {
            for place in 0..places {
                let mut other = placed.clone();
                if let Some(there) = other.seat.iter().position(|seat| *seat == place) {
                    other.seat[there] = other.seat[core];
                }
                other.seat[core] = place;
                moves.push(other);
            }
        }
        let costs = moves.into_iter().map(|other| (traffic.cost(&other).0, other));
        // The first of equals, so that the same net gives the same plan.
        let found = costs.min_by(|a, b| a.0.total_cmp(&b.0));
        match found {
            Some((cost, other)) if cost < best - 1e-9 => (best, *placed) = (cost, other),
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placement_saves_hops_and_is_the_same_each_time() {
        // Three stages of 1, 4 and 4 cores, one behind them; the input to the first.
        let mut sources: Vec<Vec<usize>> = vec![vec![10]];
        sources.extend((1..5).map(|_| vec![0]));
        sources.extend((5..9).map(|_| (1..5).collect()));
        sources.push((5..9).collect());
        sources.push(vec![9]);
        let rates: Vec<f64> = (0..11).map(|i| 10.0 + i as f64).collect();
        for fabric in [Fabric::Mesh { rows: 4, columns: 4 }, Fabric::Tree { children: 4 }] {
            let of = |wanted: Placement| place(fabric, &sources, &rates, &wanted);
            let near = of(Placement::Near);
            assert_eq!(near, of(Placement::Near));
            let traffic = Traffic { fabric, sources: &sources, rates: &rates };
            let random: Vec<f64> = (0..20).map(|seed| traffic.cost(&of(Placement::Random(seed))).0).collect();
            let cost = traffic.cost(&near).0;
            let mean = random.iter().sum::<f64>() / 20.0;
            println!("{fabric}: {cost:.0}, {mean:.0} at random");
            // In a tree of two levels there is less to win: a way has one router or three.
            let most = if matches!(fabric, Fabric::Mesh { .. }) { 0.85 } else { 0.95 };
            assert!(cost < most * mean && random.iter().all(|other| cost <= *other), "{random:?}");
            let mut seats = near.seat.clone();
            seats.sort_unstable();
            seats.dedup();
            assert_eq!(seats.len(), 10);
        }
    }
}
