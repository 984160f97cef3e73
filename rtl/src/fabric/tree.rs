//! Multicast trees of a mesh: the routing tables that take each stream to its cores.

use super::config::{PortSet, RouteTable, EAST, LOCAL, NORTH, SOUTH, WEST};
use super::packet::{PacketFormat, Route};

/// Rows and columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeshSize {
    pub rows: usize,
    pub columns: usize,
}

impl MeshSize {
    pub fn nodes(&self) -> usize {
        self.rows * self.columns
    }

    /// `(row, column)` of a node; nodes are counted along the rows.
    pub fn place(&self, node: usize) -> (usize, usize) {
        (node / self.columns, node % self.columns)
    }
}

/// The spikes of one layer (or part of it) from one core to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    pub source: usize,
    pub layer: usize,
    /// Nodes, without the source itself.
    pub destinations: Vec<usize>,
}

/// The table of each node. A stream's tree is the union of the unicast ways to its destinations, so that it turns only where a
/// unicast may.
pub fn multicast_tables(size: MeshSize, streams: &[Stream], format: &PacketFormat) -> Vec<RouteTable> {
    let mut tables = vec![RouteTable::new(); size.nodes()];
    for stream in streams {
        let key = format.key(Route::Multicast { source: stream.source, layer: stream.layer });
        for &destination in &stream.destinations {
            for (node, port) in way(size, stream.source, destination) {
                *tables[node].entry(key).or_insert(0) |= (1 as PortSet) << port;
            }
        }
    }
    tables
}

/// Nodes on the way and the port by which each is left; the last one is left by its local port.
pub fn way(size: MeshSize, from: usize, to: usize) -> Vec<(usize, usize)> {
    let ((mut row, mut column), (last_row, last_column)) = (size.place(from), size.place(to));
    let mut way = vec![];
    loop {
        let node = row * size.columns + column;
        let port = match (column.cmp(&last_column), row.cmp(&last_row)) {
            (std::cmp::Ordering::Less, _) => EAST,
            (std::cmp::Ordering::Greater, _) => WEST,
            (_, std::cmp::Ordering::Less) => SOUTH,
            (_, std::cmp::Ordering::Greater) => NORTH,
            _ => LOCAL,
        };
        way.push((node, port));
        match port {
            EAST => column += 1,
            WEST => column -= 1,
            SOUTH => row += 1,
            NORTH => row -= 1,
            _ => return way,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::{mesh_turns, RouterConfig, Routing};
    use super::*;

    const SIZE: MeshSize = MeshSize { rows: 4, columns: 5 };

    #[test]
    fn a_tree_reaches_its_destinations_once_and_turns_only_where_it_may() {
        let format = PacketFormat { word_bits: 8, row_bits: 2, column_bits: 3, source_bits: 5, layer_bits: 1 };
        let stream = Stream { source: 7, layer: 1, destinations: vec![0, 3, 4, 6, 12, 19] };
        let key = format.key(Route::Multicast { source: 7, layer: 1 });
        let tables = multicast_tables(SIZE, std::slice::from_ref(&stream), &format);
        let (mut reached, mut todo) = (vec![], vec![(7, LOCAL)]);
        while let Some((node, from)) = todo.pop() {
            let ports = tables[node][&key];
            let config = RouterConfig::mesh("r", format, Routing::XyAndTable(tables[node].clone()));
            assert_eq!(config.forbidden(from, Route::Multicast { source: 7, layer: 1 }), 0, "node {node} from {from}");
            for port in (0..5).filter(|port| ports >> port & 1 == 1) {
                match port {
                    LOCAL => reached.push(node),
                    NORTH => todo.push((node - SIZE.columns, SOUTH)),
                    SOUTH => todo.push((node + SIZE.columns, NORTH)),
                    EAST => todo.push((node + 1, WEST)),
                    _ => todo.push((node - 1, EAST)),
                }
            }
        }
        reached.sort();
        assert_eq!(reached, stream.destinations);
    }

    /// The link between the halves of a router, as if it came in by a sixth port.
    const BETWEEN: usize = 5;

    /// Links as nodes, allowed turns as edges: no cycle means no deadlock (docs/router.md).
    #[test]
    fn the_turns_of_a_mesh_form_no_cycle() {
        assert!(!has_cycle(&mesh_turns()));
        let mut wrong = mesh_turns();
        wrong[NORTH][EAST] = true;
        wrong[SOUTH][WEST] = true;
        assert!(has_cycle(&wrong), "the check sees a cycle");
    }

    /// Whether the links of the mesh can wait for each other in a circle.
    fn has_cycle(turns: &[Vec<bool>]) -> bool {
        // A link: (node it leads to, port by which it comes in).
        let links: Vec<(usize, usize)> = (0..SIZE.nodes()).flat_map(|node| (0..=BETWEEN).map(move |port| (node, port))).collect();
        let row = |port: usize| port == EAST || port == WEST;
        let next = |(node, from): (usize, usize)| -> Vec<(usize, usize)> {
            let (here, column) = SIZE.place(node);
            let mut found = vec![];
            let allowed = |to: usize| if from == BETWEEN { !row(to) } else { turns[from][to] };
            for to in (0..5).filter(|&to| allowed(to)) {
                match to {
                    _ if (from == LOCAL || row(from)) && !row(to) => found.push((node, BETWEEN)),
                    NORTH if here > 0 => found.push((node - SIZE.columns, SOUTH)),
                    SOUTH if here + 1 < SIZE.rows => found.push((node + SIZE.columns, NORTH)),
                    EAST if column + 1 < SIZE.columns => found.push((node + 1, WEST)),
                    WEST if column > 0 => found.push((node - 1, EAST)),
                    _ => {}
                }
            }
            found
        };
        // Links that lead on to nothing are taken away until none is left, or only circles and what leads into them.
        let mut left = links;
        loop {
            let kept: Vec<_> = left.iter().copied().filter(|&link| next(link).iter().any(|n| left.contains(n))).collect();
            if kept.len() == left.len() {
                return !kept.is_empty();
            }
            left = kept;
        }
    }
}
