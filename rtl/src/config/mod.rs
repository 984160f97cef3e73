//! The configuration bus: a port for a processor, a ring of registers around the cores. `docs/config.md`.
//!
//! A port (AXI4-Lite or SPI) takes one access at a time to the [`Hub`], which sends it as a packet once around the ring, through a [`Station`] at
//! each core and, where routes are written, a [`LoadedTable`] at each interface and router. Who owns the address puts the answer into the packet.

mod axi_lite;
mod hub;
mod load_ram;
mod loaded_table;
mod loader;
pub mod map;
mod memory_map;
mod packet;
mod route_map;
mod sops;
mod spi;
mod station;

pub use axi_lite::AxiLite;
pub use hub::Hub;
pub use load_ram::LoadRam;
pub use loaded_table::{LoadedTable, TablePlace, TableShape};
pub use loader::Loader;
pub use map::{CoreCounter, RegisterMap, StationPlan};
pub use memory_map::{weight_image, writes, Memories, MemoryMap};
pub use packet::{RingFormat, CONTROL_BITS, DATA_BITS};
pub use route_map::{route_image, RouteTables, WrittenTable};
pub use sops::{SopCount, SopShape};
pub use spi::{share as spi_share, SpiSlave};
pub use station::Station;

/// How a processor reaches the registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigPort {
    /// An AXI4-Lite slave, `s_axil_*`.
    AxiLite,
    /// An SPI slave, `spi_*`.
    Spi,
}

/// A chip's configuration bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub port: ConfigPort,
    /// Stands in registers, so that a driver knows the chip: the first 64 bits of the net file's SHA-256.
    pub net_hash: u64,
    /// Weights and thresholds are written over the bus, while the network is in reset; it starts so.
    pub loadable: bool,
    /// So are routing tables, and who hears whom.
    pub routes: bool,
    /// The input has a guard, whose counters can be read.
    pub guard: bool,
}

impl Config {
    /// Whether something must be written before the network can run.
    pub fn is_written(&self) -> bool {
        self.loadable || self.routes
    }
}
