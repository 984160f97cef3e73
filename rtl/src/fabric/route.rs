//! Where a packet leaves a router.

use super::config::{RouterConfig, Routing};
use crate::hdl::prelude::*;

/// `ports = the ports a packet takes from here`, without registers: by comparing places, by table, or both.
#[derive(Clone, Debug, LogicBlock)]
pub struct RouteLookup {
    doc: Doc,
    pub here_row: Vec<Sig<In>>,
    pub here_column: Vec<Sig<In>>,
    pub key: Sig<In>,
    pub ports: Sig<Out>,
    row: Vec<Sig<Local>>,
    column: Vec<Sig<Local>>,
    same_column: Vec<Signal<Local, Bit>>,
    toward: Vec<BitJoin>,
    route_table: Vec<Table>,
    _places: usize,
    _streams: usize,
    _table_only: usize,
    _row_bits: u32,
    _column_bits: u32,
    _address_bits: u32,
}

impl RouteLookup {
    pub fn new(config: &RouterConfig) -> Self {
        let format = config.format;
        let (address, ports) = (format.address_bits(), u(config.ports.len() as u32));
        let (places, streams, all) = match &config.routing {
            Routing::Xy => (1, None, None),
            Routing::XyAndTable(rows) => (1, Some(rows), None),
            Routing::Table(rows) => (0, None, Some(rows)),
        };
        let list = config.ports.iter().rev().cloned().collect::<Vec<_>>().join(", ");
        let table = |width: u32, above: u64, rows: &super::config::RouteTable| {
            let last = rows.keys().map(|key| key & !above).max().map_or(0, |last| last + 1);
            let sets = (0..last).map(|key| vec![rows.get(&(key | above)).copied().unwrap_or(0)]);
            Table::new(format!("{}_table", config.name), width, &[("ports", ports)], sets.collect(), vec![]).documented(|doc| {
                doc.line(format!("Ports {{{list}}} by {}.", if above > 0 { "{layer, source} of a stream" } else { "{multicast, address}" }))
                    .line("A packet of no row goes nowhere: it is dropped.")
                    .rust("rtl::fabric::RouteLookup")
            })
        };
        let tables: Vec<Table> = streams
            .map(|rows| table(address, 1 << address, rows))
            .or(all.map(|rows| table(format.key_bits(), 0, rows)))
            .into_iter()
            .collect();
        let name = if tables.is_empty() { "route_xy".to_string() } else { format!("{}_route", config.name) };
        let how = match &config.routing {
            Routing::Xy => "Along the row to the packet's column, then along the column to its row.",
            Routing::XyAndTable(_) => {
                "A unicast goes along the row to its column, then along the column to its row; a multicast by table."
            }
            Routing::Table(_) => "By table.",
        };
        RouteLookup {
            doc: Doc::new(name, "Which ports a packet takes from here.")
                .line(how)
                .rust("rtl::fabric::RouteLookup")
                .latency("none: combinational")
                .port("here_row", "this router's row, counted from north")
                .port("here_column", "this router's column, counted from west")
                .port("key", if format.has_multicast() { "{multicast, address} of the packet" } else { "address of the packet: {row, column}" })
                .port("ports", format!("{{{list}}}")),
            here_row: Sig::several(places, u(format.row_bits.max(1))),
            here_column: Sig::several(places, u(format.column_bits.max(1))),
            key: Sig::new(u(format.key_bits())),
            ports: Sig::new(ports),
            row: Sig::several(places, u(format.row_bits.max(1))),
            column: Sig::several(places, u(format.column_bits.max(1))),
            same_column: vec![Default::default(); places],
            toward: (0..places).map(|_| BitJoin::new(ports.width)).collect(),
            route_table: tables,
            _places: places,
            _streams: usize::from(streams.is_some()),
            _table_only: usize::from(all.is_some()),
            // A slice must be one even where none is taken.
            _row_bits: if places > 0 { format.row_bits } else { 1 },
            _column_bits: if places > 0 { format.column_bits } else { 0 },
            _address_bits: address,
        }
    }
}

impl Logic for RouteLookup {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..self._places {
            self.column[i].next = unsigned_cast_to(self.key.val(), self._column_bits);
            self.row[i].next = bit_cast_slice(self.key.val(), self._column_bits, self._row_bits);
            self.same_column[i].next = self.column[i].val() == self.here_column[i].val();
            self.toward[i].bit[0].next =
                self.same_column[i].val() & (self.row[i].val() == self.here_row[i].val());
            self.toward[i].bit[1].next = self.same_column[i].val() & (self.row[i].val() < self.here_row[i].val());
            self.toward[i].bit[2].next = self.column[i].val() > self.here_column[i].val();
            self.toward[i].bit[3].next = self.same_column[i].val() & (self.row[i].val() > self.here_row[i].val());
            self.toward[i].bit[4].next = self.column[i].val() < self.here_column[i].val();
            self.ports.next = self.toward[i].output.val();
        }
        for i in 0..self._streams {
            self.route_table[i].input.next = unsigned_cast_to(self.key.val(), self._address_bits);
            if self.key.val().get_bit(bits_number(self._address_bits)) {
                self.ports.next = self.route_table[i].output[0].val();
            }
        }
        for i in 0..self._table_only {
            self.route_table[i].input.next = self.key.val();
            self.ports.next = self.route_table[i].output[0].val();
        }
    }
}
