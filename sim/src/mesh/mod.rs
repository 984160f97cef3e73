//! Traffic through an emitted mesh or tree of routers: is every packet there, once, in order, and how long did it take?

mod ledger;
mod traffic;

use rtl::fabric::{design, multicast_tables, Mesh, MeshConfig, MeshSize, Packet, PacketFormat, Route, RouterTree, Stream};
use rtl::plan::fabric::Topology;

use crate::error::SimError;
use crate::model::{build, BuildOptions, Drive, Instance, Library, Signal};
use crate::random::Random;
use ledger::Ledger;
pub use traffic::Pattern;
use traffic::Source;

/// Cycles without a delivery, while packets are under way and every core takes what it gets, that count as a deadlock.
const SILENCE: u64 = 20_000;
/// Bits of a packet's running number, in its word above the source.
const NUMBER_BITS: u32 = 14;

/// A mesh, or a tree, and the streams that it has tables for.
pub struct MeshModel {
    /// Of a tree one row of all cores.
    size: MeshSize,
    /// Hops from each core to each other.
    ways: Vec<Vec<u64>>,
    format: PacketFormat,
    streams: Vec<Stream>,
    library: Library,
}

/// What is run through a mesh.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub pattern: Pattern,
    /// Packets per core and cycle that the cores want to receive; each waits at its source until the mesh takes it.
    pub load: f64,
    /// Probability that a core takes a packet that is offered to it.
    pub ready: f64,
    /// Cycles before anything is counted, and cycles that count.
    pub warm_up: u64,
    pub cycles: u64,
    pub seed: u64,
}

/// What came of it. Latency counts from the cycle in which a packet is wanted to that in which its core takes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Packets per core and cycle that cores took while counting.
    pub accepted: f64,
    /// Of the packets that were wanted and taken while counting; none if there is none.
    pub mean_latency: Option<f64>,
    /// 99 of 100 packets took no longer.
    pub late_latency: Option<u64>,
    /// Packets taken in the whole run, its emptying at the end included: none is missing, double or out of order.
    pub delivered: u64,
    /// Hops of a packet, on average.
    pub mean_hops: f64,
}

/// Packets between two ends that did not arrive as they must, or stopped arriving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

impl MeshModel {
    /// Builds the emitted mesh. `streams` are the multicasts it can carry; without any it has no tables.
    pub fn new(size: MeshSize, streams: Vec<Stream>, depth: usize, register_slice: bool) -> Result<Self, SimError> {
        let config = mesh(size, &streams, depth, register_slice);
        MeshModel::of(&config, streams, &design(Mesh::new(&config), "mesh"))
    }

    /// The same from Verilog that need not be what was emitted.
    pub fn of(config: &MeshConfig, streams: Vec<Stream>, design: &rtl::Design) -> Result<Self, SimError> {
        let hops = |from: usize, to: usize| {
            let ((row, column), (to_row, to_column)) = (config.size.place(from), config.size.place(to));
            (row.abs_diff(to_row) + column.abs_diff(to_column)) as u64
        };
        MeshModel::with(config.size, config.format, streams, design, &hops)
    }

    /// Builds the emitted tree: up to `children` cores or routers below each router, queues of `depth` packets.
    pub fn tree(children: usize, cores: usize, streams: Vec<Stream>, depth: usize) -> Result<Self, SimError> {
        let size = MeshSize { rows: 1, columns: cores };
        let format = PacketFormat { row_bits: 0, ..packets(size, &streams) };
        let topology = Topology::tree(children, cores);
        let design = design(RouterTree::new(children, cores, &streams, format, depth), "tree");
        MeshModel::with(size, format, streams, &design, &|from, to| topology.way(from, to).len().saturating_sub(1) as u64)
    }

    fn with(
        size: MeshSize,
        format: PacketFormat,
        streams: Vec<Stream>,
        design: &rtl::Design,
        hops: &dyn Fn(usize, usize) -> u64,
    ) -> Result<Self, SimError> {
        let library = build(design, &BuildOptions::default())?;
        let ways = (0..size.nodes()).map(|from| (0..size.nodes()).map(|to| hops(from, to)).collect()).collect();
        Ok(MeshModel { size, ways, format, streams, library })
    }

    /// Runs traffic, then lets the mesh run empty.
    pub fn run(&self, run: &Run) -> Result<Result<Outcome, Fault>, SimError> {
        let mut instance = self.library.block();
        let ports = Ports::of(&instance, self.size.nodes())?;
        Ok(self.drive(&mut instance, &ports, run))
    }

    fn drive(&self, instance: &mut Instance, ports: &Ports, run: &Run) -> Result<Outcome, Fault> {
        let nodes = self.size.nodes();
        let mut ready = Random::new(run.seed, 0);
        let ready_threshold = Random::threshold(run.ready);
        let mut sources: Vec<Source> = (0..nodes).map(|node| Source::new(node, self.size, &self.streams, run)).collect();
        let mut ledger = Ledger::new(self.ways.clone(), run.warm_up..run.warm_up + run.cycles);
        let mut offered: Vec<Option<u64>> = vec![None; nodes];
        ports.reset(instance);
        let (mut cycle, mut last_delivery) = (0u64, 0u64);
        loop {
            let sending = cycle < run.warm_up + run.cycles;
            for node in 0..nodes {
                if sending {
                    sources[node].think(cycle);
                }
                if offered[node].is_none() {
                    if let Some((wanted, route, destinations)) = sources[node].next() {
                        let number = ledger.send(node, &destinations, wanted) & ((1 << NUMBER_BITS) - 1);
                        let word = number << 8 | node as u64;
                        offered[node] = Some(self.format.encode(Packet { grant: false, route, word }));
                    }
                }
                ports.in_valid[node].set(u64::from(offered[node].is_some()));
                ports.in_data[node].set(offered[node].unwrap_or(0));
                ports.out_ready[node].set(u64::from(!sending || ready.chance(ready_threshold)));
            }
            ports.clock.set(0);
            instance.eval();
            for node in 0..nodes {
                if ports.in_ready[node].is_set() {
                    offered[node] = None;
                }
                if ports.out_valid[node].is_set() && ports.out_ready[node].signal().is_set() {
                    let packet = self.format.decode(ports.out_data[node].get());
                    ledger.receive(node, packet, cycle)?;
                    last_delivery = cycle;
                }
            }
            ports.clock.set(1);
            instance.eval();
            cycle += 1;
            let under_way = ledger.under_way();
            if !sending && under_way == 0 && sources.iter().all(Source::is_empty) {
                return Ok(ledger.outcome(nodes));
            }
            if under_way > 0 && cycle - last_delivery > SILENCE {
                return Err(Fault(format!("cycle {cycle}: {under_way} packets under way, none came for {SILENCE} cycles")));
            }
        }
    }
}

/// The mesh for [`MeshModel`]: words of 22 bits, which say who sent them and which one it is.
pub fn mesh(size: MeshSize, streams: &[Stream], depth: usize, register_slice: bool) -> MeshConfig {
    let format = packets(size, streams);
    let tables = if streams.is_empty() { vec![] } else { multicast_tables(size, streams, &format) };
    MeshConfig { size, format, tables, depth, register_slice }
}

/// Packets of the words of [`mesh`].
fn packets(size: MeshSize, streams: &[Stream]) -> PacketFormat {
    let bits = |n: usize| rtl::link::index_bits(n).max(1);
    let layers = streams.iter().map(|stream| stream.layer + 1).max().unwrap_or(0);
    PacketFormat {
        word_bits: 8 + NUMBER_BITS,
        row_bits: bits(size.rows),
        column_bits: bits(size.columns),
        source_bits: if streams.is_empty() { 0 } else { bits(size.nodes()) },
        layer_bits: if streams.is_empty() { 0 } else { rtl::link::index_bits(layers) },
    }
}

/// One stream per core, each to so many others, chosen at random.
pub fn random_streams(size: MeshSize, destinations: usize, seed: u64) -> Vec<Stream> {
    let nodes = size.nodes();
    let stream = |source: usize| {
        let mut random = Random::new(seed, source as u64);
        let mut others: Vec<usize> = (0..nodes).filter(|&node| node != source).collect();
        let chosen = (0..destinations.min(nodes - 1)).map(|_| others.swap_remove(random.below(others.len())));
        Stream { source, layer: 0, destinations: chosen.collect() }
    };
    (0..nodes).map(stream).collect()
}

struct Ports {
    clock: Drive,
    reset: Drive,
    in_valid: Vec<Drive>,
    in_ready: Vec<Signal>,
    in_data: Vec<Drive>,
    out_valid: Vec<Signal>,
    out_ready: Vec<Drive>,
    out_data: Vec<Signal>,
}

impl Ports {
    fn of(instance: &Instance, nodes: usize) -> Result<Self, SimError> {
        let drives = |name: &str| (0..nodes).map(|node| instance.drive(&format!("{name}_{node}"))).collect::<Result<Vec<_>, _>>();
        let reads = |name: &str| (0..nodes).map(|node| instance.read(&format!("{name}_{node}"))).collect::<Result<Vec<_>, _>>();
        Ok(Ports {
            clock: instance.drive("clk")?,
            reset: instance.drive("rst")?,
            in_valid: drives("in_valid")?,
            in_ready: reads("in_ready")?,
            in_data: drives("in_data")?,
            out_valid: reads("out_valid")?,
            out_ready: drives("out_ready")?,
            out_data: reads("out_data")?,
        })
    }

    /// Four cycles of reset and one more, in which queues become ready.
    fn reset(&self, instance: &mut Instance) {
        self.in_valid.iter().chain(&self.out_ready).for_each(|port| port.set(0));
        for cycle in 0..5 {
            self.reset.set(u64::from(cycle < 4));
            for level in [0, 1] {
                self.clock.set(level);
                instance.eval();
            }
        }
    }
}

/// How a packet is addressed, for [`Source`].
fn unicast(size: MeshSize, node: usize) -> Route {
    let (row, column) = size.place(node);
    Route::Unicast { row, column }
}
