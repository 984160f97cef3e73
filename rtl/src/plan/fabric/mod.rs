//! The plan of a network of routers: where each core sits, which packets there are and which way they take. `docs/router.md`.
//!
//! An *endpoint* sends and hears: one for each core, and one for the chip's edge, which sends the input's words and hears those of
//! the last core, or of all parts of the last layer. Its number is the core's, and that behind them for the edge.

pub mod area;
mod placement;
mod topology;
mod written;

use net::{Fabric, Origin, Place, Placement, Problem, Problems};

pub use self::placement::Placed;
pub use self::topology::{Behind, Node, Port, Topology};
use super::wiring::Wiring;
use super::CorePlan;
use crate::config::TablePlace;
use crate::fabric::{PacketFormat, Route, RouterConfig};
use crate::link::{index_bits, LinkFormat};

/// Words that each input of a router holds: what one distributed RAM does.
const DEPTH: usize = 16;

/// Words that may wait in front of a core: all of a step where that is few, else what a block RAM holds.
const WAITING: [usize; 3] = [16, 32, 512];

/// Widest packet that simulation reads.
const WIDEST_PACKET: u32 = 64;

/// Tags of an endpoint's two streams, the `layer` of [`Route::Multicast`].
const WORDS: usize = 0;
const GRANTS: usize = 1;

/// What the user wants of routers.
#[derive(Clone, Debug, PartialEq)]
pub struct FabricOptions {
    pub fabric: Fabric,
    pub placement: Placement,
    /// Spikes per step that the input and each layer send, in this order; empty: a share of the neurons.
    pub sent: Vec<f64>,
}

/// Cores on routers.
#[derive(Clone, Debug)]
pub struct FabricPlan {
    pub fabric: Fabric,
    pub placed: Placed,
    pub topology: Topology,
    pub format: PacketFormat,
    /// One for each node of the topology.
    pub routers: Vec<RouterConfig>,
    /// For each endpoint those that it hears, rising.
    sources: Vec<Vec<usize>>,
    /// For each endpoint those that hear it, rising.
    destinations: Vec<Vec<usize>>,
    /// For each core the words that may wait in front of it.
    waiting: Vec<usize>,
    /// Routes are written over the configuration bus: nothing in the hardware says who hears whom.
    pub written: bool,
    /// Where the interfaces' tables stand on it.
    tables: Vec<TablePlace>,
}

impl FabricPlan {
    /// Places the cores and routes what `wiring` says. `written`: over the configuration bus, else in the hardware.
    pub fn new(cores: &[CorePlan], input: LinkFormat, wiring: &Wiring, options: &FabricOptions, written: bool) -> Result<FabricPlan, Problems> {
        let edge = cores.len();
        let endpoint = |origin: Origin| match origin {
            Origin::Input(_) => edge,
            Origin::Layer(core) => core,
        };
        let mut sources: Vec<Vec<usize>> = vec![Vec::new(); edge + 1];
        let mut problems = Vec::new();
        for link in &wiring.edges {
            let to = &cores[link.to].layer.name;
            let from = endpoint(link.from);
            if sources[link.to].contains(&from) {
                problems.push(refusal("fabric-twice", format!("layer {to:?}"), "it hears a source at two places", "one place for each source"));
            }
            sources[link.to].push(from);
        }
        for (to, core) in cores.iter().enumerate() {
            if !wiring.edges.iter().any(|link| link.to == to && !link.delayed) {
                let path = format!("layer {:?}", core.layer.name);
                problems.push(refusal("fabric-feedback", path, "all that it hears is one step late", "a source in the same step"));
            }
        }
        sources[edge].extend(wiring.leaving(0).iter().map(|link| endpoint(link.from)));
        sources.iter_mut().for_each(|all| all.sort_unstable());
        let destinations: Vec<Vec<usize>> =
            (0..=edge).map(|from| (0..=edge).filter(|to| sources[*to].contains(&from)).collect()).collect();
        for (core, _) in cores.iter().zip(&destinations).filter(|(_, all)| all.is_empty()) {
            problems.push(refusal("fabric-unheard", format!("layer {:?}", core.layer.name), "nothing hears it", "layers that are heard"));
        }
        let links = cores.iter().map(|core| core.output).chain([input]);
        let format = PacketFormat {
            // At least one bit below the kind.
            word_bits: links.map(|link| link.width()).max().unwrap_or(3).max(3),
            row_bits: 0,
            column_bits: 0,
            source_bits: index_bits(edge + 1),
            layer_bits: 1,
        };
        if format.width() > WIDEST_PACKET {
            let (found, limit) = (format!("packets of {} bits", format.width()), format!("at most {WIDEST_PACKET}"));
            problems.push(Problem::new("fabric-packet", "--fabric", found, limit, "use smaller maps, or --membrane-bits for an LI layer"));
        }
        let seats = topology::seats(options.fabric, edge);
        if seats < edge {
            let remedy = "use a larger mesh, or fewer --cores";
            problems.push(Problem::new("fabric-size", "--fabric", options.fabric.to_string(), format!("{seats} cores; the net has {edge}"), remedy));
        }
        if let Placement::At { seats: at, edge: router } = &options.placement {
            let once = (0..at.len()).all(|i| at[i] < seats && !at[..i].contains(&at[i]));
            if at.len() != edge || !once || *router >= seats {
                let limit = format!("{edge} different places below {seats}, and the chip's edge at one below {seats}");
                problems.push(Problem::new("placement", "--placement", options.placement.to_string(), limit, "leave it to the planner"));
            }
        }
        Problems::unless_empty(problems, ())?;
        let rate = |endpoint: usize| {
            let index = if endpoint == edge { 0 } else { endpoint + 1 };
            let neurons = if endpoint == edge { 0.0 } else { cores[endpoint].layer.output.len() as f64 };
            1.0 + options.sent.get(index).copied().unwrap_or(neurons * super::ACTIVITY)
        };
        let waiting = cores.iter().enumerate().map(|(to, core)| {
            let words = match written {
                true => core.layer.input.len(),
                false => wiring.edges_into(to).into_iter().map(|e| wiring.edges[e].shape.len()).sum(),
            };
            let words = words + 1;
            WAITING.into_iter().find(|depth| words <= *depth).unwrap_or(WAITING[WAITING.len() - 1])
        });
        let waiting = waiting.collect();
        let rates: Vec<f64> = (0..=edge).map(rate).collect();
        let placed = placement::place(options.fabric, &sources, &rates, &options.placement);
        let topology = Topology::new(options.fabric, &placed, &|end| sources[end].contains(&end));
        let mut plan =
            FabricPlan { fabric: options.fabric, placed, topology, format, routers: Vec::new(), sources, destinations, waiting, written, tables: Vec::new() };
        plan.routers = plan.topology.routers(format, DEPTH, &plan.streams());
        Ok(plan)
    }

    /// The endpoint of the chip's edge.
    pub fn edge(&self) -> usize {
        self.sources.len() - 1
    }

    /// Whom an endpoint hears.
    pub fn sources(&self, endpoint: usize) -> &[usize] {
        &self.sources[endpoint]
    }

    /// Who hears an endpoint.
    pub fn destinations(&self, endpoint: usize) -> &[usize] {
        &self.destinations[endpoint]
    }

    /// Depth of the queue between the routers and a core; none at the chip's edge.
    pub fn waiting(&self, endpoint: usize) -> Option<usize> {
        self.waiting.get(endpoint).copied()
    }

    /// The endpoint of a source of spikes.
    pub fn endpoint(&self, origin: Origin) -> usize {
        match origin {
            Origin::Input(_) => self.edge(),
            Origin::Layer(core) => core,
        }
    }

    /// The stream of an endpoint's words.
    pub fn words_of(&self, endpoint: usize) -> Route {
        Route::Multicast { source: endpoint, layer: WORDS }
    }

    /// The stream of an endpoint's grants.
    pub fn grants_of(&self, endpoint: usize) -> Route {
        Route::Multicast { source: endpoint, layer: GRANTS }
    }

    /// All streams: route, who sends it, who gets it.
    fn streams(&self) -> Vec<(Route, usize, &[usize])> {
        let ends = 0..self.sources.len();
        let words = ends.clone().map(|end| (self.words_of(end), end, self.destinations(end)));
        words.chain(ends.map(|end| (self.grants_of(end), end, self.sources(end)))).collect()
    }

    /// Gives the tables their places on the bus: those of the endpoints, then those of the routers.
    pub fn place_tables(&mut self, places: &[TablePlace]) {
        let (interfaces, routers) = places.split_at(places.len().min(self.sources.len()));
        self.tables = interfaces.to_vec();
        self.routers.iter_mut().zip(routers).for_each(|(router, place)| router.loads = vec![*place]);
    }

    /// Where the table of an endpoint's interface stands, if it is written.
    pub fn table_place(&self, endpoint: usize) -> Option<TablePlace> {
        self.tables.get(endpoint).copied()
    }

    /// How a core, or the chip's edge, hears one of its `edges` edges.
    pub fn hears(&self, edge: &super::wiring::Edge, edges: usize) -> Hears {
        // What leaves the chip stays where it is, whoever writes routes.
        let leaves = edge.to == self.edge();
        match self.written && leaves && edges > 1 {
            true => Hears::Elsewhere,
            false => hears(edge, edges == 1 && (leaves || !self.written)),
        }
    }

    /// Where everything sits, for another plan to take as it is.
    pub fn placement(&self) -> Placement {
        Placement::At { seats: self.placed.seat.clone(), edge: self.placed.edge }
    }

    /// Routers on the way from a source to a destination, on average over all pairs.
    pub fn mean_hops(&self) -> f64 {
        self.placed.mean_hops
    }
}

/// How a source's words become the core's.
#[derive(Clone, Debug, PartialEq)]
pub enum Hears {
    /// Rows and columns stay, the channel is counted from this one, nothing stands above it.
    From(usize),
    /// A block of its own says where, see `graph::placed`.
    Elsewhere,
}

/// How a core (or the chip's edge) hears the edge's source. Words from outside may lie off the map; between the places of others they must
/// not be heard.
fn hears(edge: &super::wiring::Edge, alone: bool) -> Hears {
    let may_exceed = matches!(edge.from, Origin::Input(_)) && !edge.shape.c.is_power_of_two();
    match edge.place {
        Place::Channels(first) if alone || !(may_exceed || edge.format.payload_bits > 0) => Hears::From(first),
        _ => Hears::Elsewhere,
    }
}

fn refusal(code: &'static str, path: String, found: &str, limit: &str) -> Problem {
    Problem::new(code, path, found, format!("{limit} (on routers)"), "leave out --fabric: point-to-point links can do that")
}
