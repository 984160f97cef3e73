//! Routers and what is behind their ports: a mesh or a tree.

use std::collections::{BTreeMap, VecDeque};

use net::Fabric;

use super::placement::Placed;
use crate::fabric::{PacketFormat, Route, RouteTable, RouterConfig, Routing};

/// What a router's port leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    Nothing,
    Endpoint(usize),
    /// A port of another router.
    Router { node: usize, port: usize },
}

/// A port of a router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    pub name: String,
    pub behind: Behind,
}

/// A router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub ports: Vec<Port>,
    /// `turns[from][to]`: a packet that came in at `from` may leave at `to`. Their links form no circle.
    pub turns: Vec<Vec<bool>>,
}

/// All routers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    pub nodes: Vec<Node>,
}

/// Places for cores, if there are to be `cores` of them.
pub(super) fn seats(fabric: Fabric, cores: usize) -> usize {
    match fabric {
        Fabric::Mesh { rows, columns } => rows * columns,
        Fabric::Tree { children } => cores.div_ceil(children) * children,
    }
}

impl Topology {
    /// An endpoint that hears `itself` gets back what it sends.
    pub(super) fn new(fabric: Fabric, placed: &Placed, itself: &dyn Fn(usize) -> bool) -> Topology {
        let mut topology = match fabric {
            Fabric::Mesh { rows, columns } => mesh(rows, columns, placed),
            Fabric::Tree { children } => tree(children, placed),
        };
        for node in &mut topology.nodes {
            for (p, port) in node.ports.iter().enumerate() {
                node.turns[p][p] = matches!(port.behind, Behind::Endpoint(end) if itself(end));
            }
        }
        topology
    }

    /// A tree whose cores sit in order.
    pub fn tree(children: usize, cores: usize) -> Topology {
        Topology::new(Fabric::Tree { children }, &Placed { seat: (0..cores).collect(), edge: 0, mean_hops: 0.0 }, &|_| false)
    }

    /// Routers by table for `streams`: route, who sends it, who gets it. A stream's tree is the union of the ways to those who get it.
    pub fn routers(&self, format: PacketFormat, depth: usize, streams: &[(Route, usize, &[usize])]) -> Vec<RouterConfig> {
        let mut tables = vec![RouteTable::new(); self.nodes.len()];
        for (route, from, to) in streams {
            for (node, port) in to.iter().flat_map(|to| self.way(*from, *to)) {
                *tables[node].entry(format.key(*route)).or_insert(0) |= 1 << port;
            }
        }
        let router = |(node, table): (&Node, RouteTable)| RouterConfig {
            name: node.name.clone(),
            ports: node.ports.iter().map(|port| port.name.clone()).collect(),
            turns: node.turns.clone(),
            format,
            routing: Routing::Table(table),
            depth,
            register_slice: false,
            loads: Vec::new(),
        };
        self.nodes.iter().zip(tables).map(router).collect()
    }

    /// Routers on the way between two endpoints and the port by which each is left: the shortest way that the turns allow.
    pub fn way(&self, from: usize, to: usize) -> Vec<(usize, usize)> {
        let Some(start) = self.port_of(from) else { return Vec::new() };
        // Entered ports, each with the entered port before and the port by which that router was left.
        let mut before: BTreeMap<(usize, usize), ((usize, usize), usize)> = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(entered) = queue.pop_front() {
            let node = &self.nodes[entered.0];
            for port in (0..node.ports.len()).filter(|port| node.turns[entered.1][*port]) {
                match node.ports[port].behind {
                    Behind::Endpoint(end) if end == to => {
                        let mut way = vec![(entered.0, port)];
                        let mut at = entered;
                        while let Some((earlier, left)) = before.get(&at) {
                            way.push((earlier.0, *left));
                            at = *earlier;
                        }
                        way.reverse();
                        return way;
                    }
                    Behind::Router { node, port: there } if (node, there) != start && !before.contains_key(&(node, there)) => {
                        before.insert((node, there), (entered, port));
                        queue.push_back((node, there));
                    }
                    _ => {}
                }
            }
        }
        Vec::new()
    }

    /// Router and port of an endpoint.
    pub fn port_of(&self, endpoint: usize) -> Option<(usize, usize)> {
        let ports = self.nodes.iter().enumerate().flat_map(|(n, node)| node.ports.iter().enumerate().map(move |(p, port)| (n, p, port)));
        ports.into_iter().find(|(_, _, port)| port.behind == Behind::Endpoint(endpoint)).map(|(node, port, _)| (node, port))
    }
}

/// Ports in the making: name, what is behind, and whether it lies along a row (`Some(true)`) or a column.
type Sketch = (&'static str, Behind, Option<bool>);

/// Each router has a port for a core, used or not; one has a port for the chip's edge. Along the row first, then along the column.
fn mesh(rows: usize, columns: usize, placed: &Placed) -> Topology {
    let nodes = rows * columns;
    let sketch = |node: usize| -> Vec<Sketch> {
        let (row, column) = (node / columns, node % columns);
        let core = placed.seat.iter().position(|seat| *seat == node).map_or(Behind::Nothing, Behind::Endpoint);
        let mut ports = vec![("local", core, None)];
        if placed.edge == node {
            ports.push(("edge", Behind::Endpoint(placed.seat.len()), None));
        }
        let beside = [
            ("north", row > 0, node.wrapping_sub(columns), false),
            ("east", column + 1 < columns, node + 1, true),
            ("south", row + 1 < rows, node + columns, false),
            ("west", column > 0, node.wrapping_sub(1), true),
        ];
        let beside = beside.into_iter().filter(|(_, there, _, _)| *there);
        ports.extend(beside.map(|(name, _, node, row)| (name, Behind::Router { node, port: 0 }, Some(row))));
        ports
    };
    let sketches: Vec<Vec<Sketch>> = (0..nodes).map(sketch).collect();
    let opposite = |name: &str| match name {
        "north" => "south",
        "south" => "north",
        "east" => "west",
        _ => "east",
    };
    let make = |(number, ports): (usize, &Vec<Sketch>)| Node {
        name: format!("router_{}_{}", number / columns, number % columns),
        turns: turns(ports, |from, to| from.2.is_none() || from.2 == Some(true) || to.2 != Some(true)),
        ports: ports
            .iter()
            .map(|(name, behind, _)| Port {
                name: name.to_string(),
                behind: match *behind {
                    Behind::Router { node, .. } => {
                        let there = sketches[node].iter().position(|(other, _, _)| *other == opposite(name));
                        Behind::Router { node, port: there.unwrap_or(0) }
                    }
                    other => other,
                },
            })
            .collect(),
    };
    Topology { nodes: sketches.iter().enumerate().map(make).collect() }
}

/// Turns that a rule allows; not back to where a packet came from.
fn turns<T>(ports: &[T], rule: impl Fn(&T, &T) -> bool) -> Vec<Vec<bool>> {
    let allowed = |from: usize, to: usize| from != to && rule(&ports[from], &ports[to]);
    (0..ports.len()).map(|from| (0..ports.len()).map(|to| allowed(from, to)).collect()).collect()
}

/// Up to `children` cores on each router of the lowest level, up to `children` routers on each of the levels above; the chip's
/// edge above the root. Up first, then down.
fn tree(children: usize, placed: &Placed) -> Topology {
    let cores = placed.seat.len();
    let mut levels = vec![cores.div_ceil(children)];
    while levels[levels.len() - 1] > 1 {
        levels.push(levels[levels.len() - 1].div_ceil(children));
    }
    // Nodes count from the lowest level.
    let first = |level: usize| levels[..level].iter().sum::<usize>();
    let mut nodes = Vec::new();
    for (level, &count) in levels.iter().enumerate() {
        for number in 0..count {
            let below = number * children..(number + 1) * children;
            let mut ports: Vec<Port> = match level {
                0 => below
                    .filter_map(|seat| placed.seat.iter().position(|other| *other == seat))
                    .enumerate()
                    .map(|(k, core)| Port { name: format!("core_{k}"), behind: Behind::Endpoint(core) })
                    .collect(),
                _ => below
                    .filter(|child| *child < levels[level - 1])
                    .enumerate()
                    // "above" is a router's last port; how many it has is known when all are made.
                    .map(|(k, child)| Port {
                        name: format!("below_{k}"),
                        behind: Behind::Router { node: first(level - 1) + child, port: usize::MAX },
                    })
                    .collect(),
            };
            ports.push(match level + 1 == levels.len() {
                true => Port { name: "edge".into(), behind: Behind::Endpoint(cores) },
                false => Port {
                    name: "above".into(),
                    behind: Behind::Router { node: first(level + 1) + number / children, port: number % children },
                },
            });
            nodes.push(Node { name: format!("router_{level}_{number}"), turns: turns(&ports, |_, _| true), ports });
        }
    }
    let last: Vec<usize> = nodes.iter().map(|node: &Node| node.ports.len() - 1).collect();
    for port in nodes.iter_mut().flat_map(|node| &mut node.ports) {
        if let Behind::Router { node, port } = &mut port.behind {
            *port = (*port).min(last[*node]);
        }
    }
    Topology { nodes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(Topology, usize)> {
        let placed = |cores: usize, edge: usize| Placed { seat: (0..cores).rev().collect(), edge, mean_hops: 0.0 };
        // Every second core hears itself.
        let odd = |end: usize| end % 2 == 1;
        let meshes = [(1, 1, 1), (1, 4, 4), (3, 2, 5), (4, 4, 16)];
        let meshes = meshes.map(|(rows, columns, cores)| {
            (Topology::new(Fabric::Mesh { rows, columns }, &placed(cores, rows * columns - 1), &odd), cores)
        });
        let trees = [(2, 1), (2, 2), (2, 5), (4, 4), (4, 16), (3, 17)];
        let trees = trees.map(|(children, cores)| (Topology::new(Fabric::Tree { children }, &placed(cores, 0), &odd), cores));
        meshes.into_iter().chain(trees).collect()
    }

    #[test]
    fn links_have_two_ends_and_ways_lead_where_they_should() {
        for (topology, cores) in all() {
            for (n, node) in topology.nodes.iter().enumerate() {
                for (p, port) in node.ports.iter().enumerate() {
                    if let Behind::Router { node: there, port: other } = port.behind {
                        assert_eq!(topology.nodes[there].ports[other].behind, Behind::Router { node: n, port: p });
                    }
                }
                let reached = |to: usize| (0..node.ports.len()).any(|from| node.turns[from][to]);
                assert!((0..node.ports.len()).all(reached), "an output of {node:?} that nothing leads to");
            }
            for from in 0..=cores {
                for to in (0..=cores).filter(|to| *to != from || to % 2 == 1) {
                    let way = topology.way(from, to);
                    assert_eq!(Some(way[0].0), topology.port_of(from).map(|port| port.0));
                    assert_eq!(way.last().copied(), topology.port_of(to));
                    assert!(way.windows(2).all(|pair| {
                        matches!(topology.nodes[pair[0].0].ports[pair[0].1].behind, Behind::Router { node, .. } if node == pair[1].0)
                    }));
                }
            }
        }
    }

    /// Links as nodes, allowed turns as arrows: no circle means no deadlock (docs/router.md).
    #[test]
    fn the_turns_form_no_circle() {
        for (mut topology, _) in all() {
            assert!(!has_circle(&topology));
            let closed = topology.nodes.iter().filter(|node| node.ports.iter().any(|port| matches!(port.behind, Behind::Router { .. }))).count() > 3;
            let back = topology.nodes[0].name == "router_0_0" && topology.nodes.len() > 4;
            topology.nodes.iter_mut().for_each(|node| node.turns.iter_mut().flatten().for_each(|turn| *turn = true));
            assert!(!(closed && back) || has_circle(&topology), "the check sees a circle");
        }
    }

    /// Whether links can wait for each other in a circle: links that lead on to none left are taken away until none is.
    fn has_circle(topology: &Topology) -> bool {
        // A link: the router that it leads to and the port by which it enters.
        let mut links: Vec<(usize, usize)> = Vec::new();
        for node in &topology.nodes {
            links.extend(node.ports.iter().filter_map(|port| match port.behind {
                Behind::Router { node, port } => Some((node, port)),
                _ => None,
            }));
        }
        loop {
            let left = links.clone();
            links.retain(|(node, entered)| {
                let router = &topology.nodes[*node];
                (0..router.ports.len()).filter(|to| router.turns[*entered][*to]).any(|to| match router.ports[to].behind {
                    Behind::Router { node, port } => left.contains(&(node, port)),
                    _ => false,
                })
            });
            if links.len() == left.len() {
                return !links.is_empty();
            }
        }
    }
}
