//! What a driver writes where routes are written: routers' rows, and at each endpoint who is heard. `docs/config.md`.

use std::fmt::Write;

use super::{FabricPlan, Hears, Route, GRANTS};
use crate::config::TableShape;
use hdl::index_width;
use crate::plan::wiring::{Edge, Wiring};
use crate::plan::CorePlan;

impl FabricPlan {
    /// Bits that count endpoints from 0: for "how many, less one".
    pub fn count_bits(&self) -> u32 {
        index_width(self.edge() + 1)
    }

    /// Names and shapes of all tables: of each interface the first channels by source, and in a word `{destinations - 1, sources - 1}`;
    /// of each router the ports by stream.
    pub fn table_shapes(&self, cores: &[CorePlan]) -> Vec<(String, TableShape)> {
        let interface = |end: usize| {
            let channel_bits = cores.get(end).map_or(0, |core| core.input.c_bits);
            let rows = if channel_bits > 0 { self.edge() + 1 } else { 0 };
            let name = cores.get(end).map_or("edge", |core| &core.name);
            (format!("{name}_interface"), TableShape { rows, width: channel_bits, word: 2 * self.count_bits() })
        };
        let router = |router: &crate::fabric::RouterConfig| {
            let shape = TableShape { rows: self.table_rows(), width: router.ports.len() as u32, word: 0 };
            (router.name.clone(), shape)
        };
        (0..=self.edge()).map(interface).chain(self.routers.iter().map(router)).collect()
    }

    /// Rows of a router's table: up to the last stream.
    fn table_rows(&self) -> usize {
        self.format.key(Route::Multicast { source: self.edge(), layer: GRANTS }) as usize + 1
    }

    /// Rows and word of each table, in the order of [`Self::table_shapes`].
    pub fn table_contents(&self, cores: &[CorePlan], wiring: &Wiring) -> Vec<(Vec<u64>, Option<u64>)> {
        let interface = |end: usize| {
            let edges: Vec<&Edge> = wiring.edges_into(end).into_iter().map(|e| &wiring.edges[e]).collect();
            let late = edges.iter().filter(|edge| edge.delayed).count();
            let (sources, destinations) = (self.sources(end).len() - late, self.destinations(end).len());
            let rows = if cores.get(end).is_some_and(|core| core.input.c_bits > 0) { self.first_channels(&edges) } else { vec![] };
            (rows, Some((destinations as u64 - 1) << self.count_bits() | (sources as u64 - 1)))
        };
        let router = |router: &crate::fabric::RouterConfig| {
            let row = |key: usize| router.table().and_then(|table| table.get(&(key as u64))).copied().unwrap_or(0);
            ((0..self.table_rows()).map(row).collect(), None)
        };
        (0..=self.edge()).map(interface).chain(self.routers.iter().map(router)).collect()
    }

    /// First channel of each endpoint in the map that the core hears over `edges`; 0 of those that it does not hear, or elsewhere.
    pub fn first_channels(&self, edges: &[&Edge]) -> Vec<u64> {
        let mut first = vec![0; self.edge() + 1];
        for edge in edges {
            if let Hears::From(channel) = self.hears(edge, edges.len()) {
                first[self.endpoint(edge.from)] = channel as u64;
            }
        }
        first
    }

    /// What no driver can change about routes, in words: places of the cores, and the sources for which an interface has logic of its own.
    pub fn fixed(&self, cores: &[CorePlan], wiring: &Wiring) -> String {
        let mut text = format!("{} {:?} {} {:?}\n", self.fabric, self.placed.seat, self.placed.edge, self.format);
        let leaving = wiring.leaving(0);
        let inside = wiring.edges.iter().filter(|edge| edge.delayed || self.hears(edge, 2) == Hears::Elsewhere);
        for edge in inside.chain(leaving.iter().filter(|_| leaving.len() > 1)) {
            let (from, to) = (self.endpoint(edge.from), cores.get(edge.to).map_or("edge", |core| &core.name));
            let _ = writeln!(text, "{from} {to} {} {} {:?}", edge.delayed, edge.shape, edge.place);
        }
        text
    }
}
