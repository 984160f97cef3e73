//! Which register has which address. One place for hardware, simulation, drivers and documents.

use net::Synapses;
use sha2::{Digest, Sha256};

use super::memory_map::MemoryMap;
use super::loaded_table::TablePlace;
use super::route_map::RouteTables;
use super::packet::{RingFormat, DATA_BITS};
use super::{Config, ConfigPort};
use hdl::index_width;
use crate::plan::{CorePlan, FabricPlan, Wiring};

/// `SPKW`: there is a chip of ours behind the bus.
pub const MAGIC: u32 = 0x5350_4b57;
/// Version of the map's rules, major number in the upper half.
pub const VERSION: u32 = 0x0001_0000;
/// Words of the chip's own block.
pub const CHIP_WORDS: u32 = 16;
/// Words of a core's block.
pub const CORE_WORDS: u32 = 8;

/// Word addresses in the chip's block.
pub mod chip {
    pub const MAGIC: u32 = 0;
    pub const VERSION: u32 = 1;
    pub const CORES: u32 = 2;
    pub const FEATURES: u32 = 3;
    pub const NET_HASH: u32 = 4;
    pub const NET_HASH_HIGH: u32 = 5;
    pub const MAP_HASH: u32 = 6;
    pub const CONTROL: u32 = 8;
    pub const CYCLES: u32 = 9;
    pub const INPUT_STALLS: u32 = 10;
    pub const OUTPUT_STALLS: u32 = 11;
    /// Only with a guard at the input.
    pub const GUARD: u32 = 12;
    /// How many there are without it; those in between that have no name read 0.
    pub const COUNT: usize = 12;
}

/// Bits of the control register.
pub mod control {
    pub const RESET: u32 = 1;
    pub const HALT: u32 = 2;
    pub const FREEZE: u32 = 4;
    pub const CLEAR: u32 = 8;
}

/// What a station counts, in the order of its registers. All count modulo 2^32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CoreCounter {
    SpikesIn,
    WordsOut,
    Steps,
    Samples,
    Busy,
    InputStalls,
    OutputStalls,
    Sops,
}

impl CoreCounter {
    pub const ALL: [CoreCounter; CORE_WORDS as usize] = [
        CoreCounter::SpikesIn,
        CoreCounter::WordsOut,
        CoreCounter::Steps,
        CoreCounter::Samples,
        CoreCounter::Busy,
        CoreCounter::InputStalls,
        CoreCounter::OutputStalls,
        CoreCounter::Sops,
    ];

    pub fn name(self) -> &'static str {
        match self {
            CoreCounter::SpikesIn => "spikes_in",
            CoreCounter::WordsOut => "words_out",
            CoreCounter::Steps => "steps",
            CoreCounter::Samples => "samples",
            CoreCounter::Busy => "busy",
            CoreCounter::InputStalls => "input_stalls",
            CoreCounter::OutputStalls => "output_stalls",
            CoreCounter::Sops => "sops",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            CoreCounter::SpikesIn => "SPIKE words that the core has taken",
            CoreCounter::WordsOut => "SPIKE or VALUE words that the core has handed over",
            CoreCounter::Steps => "time steps done: TICK and TICK_LAST words that the core has handed over",
            CoreCounter::Samples => "samples done: TICK_LAST words that the core has handed over",
            CoreCounter::Busy => "cycles in which the core holds a word that it has taken, or owes the TICK of a step",
            CoreCounter::InputStalls => "cycles in which the core refused a word that was offered to it",
            CoreCounter::OutputStalls => "cycles in which a word of the core was refused",
            CoreCounter::Sops => "synaptic operations: additions of a weight to the membrane of a neuron that exists",
        }
    }
}

/// A core's place on the ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StationPlan {
    /// First word address of its registers.
    pub base: u32,
    /// First word address of the core's memories, aligned to their region, if they are written at run time.
    pub memory: Option<u32>,
    pub ring: RingFormat,
}

/// A register as a driver sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterInfo {
    pub name: String,
    /// Word address; the byte address is four times that.
    pub address: u32,
    pub writable: bool,
    /// None: it changes by itself.
    pub constant: Option<u32>,
    pub meaning: String,
}

/// A port of the bus at the chip's edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    pub name: &'static str,
    pub input: bool,
    pub width: u32,
}

impl Port {
    /// Its place in the head of a module, behind other ports.
    pub fn declaration(&self) -> String {
        let range = if self.width > 1 { format!(" [{}:0]", self.width - 1) } else { String::new() };
        format!(",\n  {} wire{range} {}", if self.input { "input " } else { "output" }, self.name)
    }
}

/// The map of a chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterMap {
    pub config: Config,
    /// Identifiers of the layers, in the order of the ring.
    pub layers: Vec<String>,
    /// Memories of each core and the first address of their region; none where they are not written.
    pub memories: Vec<(u32, MemoryMap)>,
    /// Tables of interfaces and routers, in the order of the ring behind the cores; none where they are fixed.
    pub routes: RouteTables,
    /// What a driver cannot change, in words, for [`RegisterMap::hash`].
    fixed: String,
}

impl RegisterMap {
    pub fn of(config: Config, cores: &[CorePlan], fabric: Option<(&FabricPlan, &Wiring)>) -> Self {
        let mut map = RegisterMap::new(config, cores.iter().map(|core| core.name.clone()).collect());
        let mut next = map.base(cores.len());
        if config.loadable {
            for core in cores {
                let memory = MemoryMap::of(core);
                let size = 1u32 << memory.bits();
                let base = next.next_multiple_of(size);
                map.memories.push((base, memory));
                next = base + size;
                map.fixed += &fixed(core);
            }
        }
        if let Some((fabric, wiring)) = fabric.filter(|_| config.routes) {
            map.routes = RouteTables::of(cores, fabric, next);
            map.fixed += &fabric.fixed(cores, wiring);
            // What is not written belongs to the chip.
            let whole = |core: &CorePlan| format!("{}{:?} {:?}\n", fixed(core), core.layer.synapses, core.layer.neuron);
            map.fixed.extend(cores.iter().filter(|_| !config.loadable).map(whole));
        }
        map
    }

    /// Words of the chip's block that can be read.
    pub fn chip_rows(&self) -> usize {
        chip::COUNT + usize::from(self.config.guard)
    }

    /// Without memories.
    pub fn new(config: Config, layers: Vec<String>) -> Self {
        RegisterMap { config, layers, memories: Vec::new(), routes: RouteTables::default(), fixed: String::new() }
    }

    /// First word address behind everything.
    pub fn end(&self) -> u32 {
        let memories = self.memories.last().map_or(self.base(self.layers.len()), |(base, memory)| base + (1 << memory.bits()));
        self.routes.end().unwrap_or(memories)
    }

    /// Places on the ring: of the cores, and of the tables that are written.
    pub fn stops(&self) -> usize {
        self.layers.len() + self.routes.all.len()
    }

    /// Bits of a word address.
    pub fn address_bits(&self) -> u32 {
        index_width(self.end() as usize)
    }

    pub fn ring(&self) -> RingFormat {
        RingFormat { address_bits: self.address_bits() }
    }

    /// Bits of a byte address, as the port has it.
    pub fn byte_address_bits(&self) -> u32 {
        self.address_bits() + (DATA_BITS / 8).trailing_zeros()
    }

    /// The ports of the bus.
    pub fn ports(&self) -> Vec<Port> {
        let (address, data) = (self.byte_address_bits(), DATA_BITS);
        let port = |name, input, width| Port { name, input, width };
        match self.config.port {
            ConfigPort::AxiLite => vec![
                port("s_axil_awaddr", true, address),
                port("s_axil_awvalid", true, 1),
                port("s_axil_awready", false, 1),
                port("s_axil_wdata", true, data),
                port("s_axil_wstrb", true, data / 8),
                port("s_axil_wvalid", true, 1),
                port("s_axil_wready", false, 1),
                port("s_axil_bresp", false, 2),
                port("s_axil_bvalid", false, 1),
                port("s_axil_bready", true, 1),
                port("s_axil_araddr", true, address),
                port("s_axil_arvalid", true, 1),
                port("s_axil_arready", false, 1),
                port("s_axil_rdata", false, data),
                port("s_axil_rresp", false, 2),
                port("s_axil_rvalid", false, 1),
                port("s_axil_rready", true, 1),
            ],
            ConfigPort::Spi => vec![
                port("spi_sclk", true, 1),
                port("spi_mosi", true, 1),
                port("spi_cs_n", true, 1),
                port("spi_miso", false, 1),
            ],
        }
    }

    /// First word of a core's registers.
    pub fn base(&self, core: usize) -> u32 {
        CHIP_WORDS + CORE_WORDS * core as u32
    }

    pub fn station(&self, core: usize) -> StationPlan {
        StationPlan { base: self.base(core), memory: self.memories.get(core).map(|(base, _)| *base), ring: self.ring() }
    }

    /// Places of the written tables, in the order of the ring.
    pub fn table_places(&self) -> Vec<TablePlace> {
        self.routes.all.iter().map(|table| TablePlace { base: table.base, shape: table.shape, ring: self.ring() }).collect()
    }

    pub fn counter(&self, core: usize, counter: CoreCounter) -> u32 {
        self.base(core) + counter as u32
    }

    /// Constants of the chip's block, by word address; the rest is 0.
    pub fn constants(&self) -> [u32; chip::CONTROL as usize] {
        let mut words = [0; chip::CONTROL as usize];
        words[chip::MAGIC as usize] = MAGIC;
        words[chip::VERSION as usize] = VERSION;
        words[chip::CORES as usize] = self.layers.len() as u32;
        words[chip::FEATURES as usize] = u32::from(self.config.loadable) | u32::from(self.config.routes) << 1;
        words[chip::NET_HASH as usize] = self.config.net_hash as u32;
        words[chip::NET_HASH_HIGH as usize] = (self.config.net_hash >> 32) as u32;
        words[chip::MAP_HASH as usize] = self.hash();
        words
    }

    /// First 32 bits of the SHA-256 of names and addresses of the registers and, where weights or routes are written, of the places of what is written and of what is
    /// fixed around it: equal for chips that one driver can drive with the same files.
    pub fn hash(&self) -> u32 {
        let mut hash = Sha256::new();
        for register in self.named() {
            hash.update(format!("{} {}\n", register.address, register.name));
        }
        for (base, memory) in &self.memories {
            hash.update(format!("{base} {memory:?}\n"));
        }
        for table in &self.routes.all {
            hash.update(format!("{} {} {:?}\n", table.base, table.name, table.shape));
        }
        hash.update(&self.fixed);
        u32::from_be_bytes(hash.finalize()[..4].try_into().unwrap_or_default())
    }

    /// All registers, by address.
    pub fn registers(&self) -> Vec<RegisterInfo> {
        let constants = self.constants();
        let mut all = self.named();
        for register in &mut all {
            register.constant = constants.get(register.address as usize).copied();
        }
        all
    }

    fn named(&self) -> Vec<RegisterInfo> {
        let register = |name: &str, address: u32, meaning: &str| RegisterInfo {
            name: name.to_string(),
            address,
            writable: address == chip::CONTROL,
            constant: None,
            meaning: meaning.to_string(),
        };
        let mut all = vec![
            register("magic", chip::MAGIC, "\"SPKW\""),
            register("version", chip::VERSION, "of these rules: major in bits 31:16, minor in 15:0"),
            register("cores", chip::CORES, "cores of the network"),
            register("features", chip::FEATURES, "written over the bus: bit 0 weights and thresholds, bit 1 routes"),
            register("net_hash", chip::NET_HASH, "SHA-256 of net.nir, bits 223:192"),
            register("net_hash_high", chip::NET_HASH_HIGH, "SHA-256 of net.nir, bits 255:224: its first eight hex digits"),
            register("map_hash", chip::MAP_HASH, "of names and addresses of the registers"),
            register("control", chip::CONTROL, "bit 0 reset of the network, 1 halt, 2 freeze, 3 clear (reads 0)"),
            register("cycles", chip::CYCLES, "clock cycles"),
            register("input_stalls", chip::INPUT_STALLS, "cycles in which the network refused an input word"),
            register("output_stalls", chip::OUTPUT_STALLS, "cycles in which a word of the network was refused"),
        ];
        if self.config.guard {
            let meaning = "since reset of the network, each stays at 65535: bits 15:0 SPIKEs of an address beyond its multiplicity, 31:16 SPIKEs off the map";
            all.push(register("input_guard", chip::GUARD, meaning));
        }
        for (core, layer) in self.layers.iter().enumerate() {
            for counter in CoreCounter::ALL {
                all.push(register(&format!("{layer}.{}", counter.name()), self.counter(core, counter), counter.meaning()));
            }
        }
        all
    }
}

/// What no driver can change about a core, in words.
fn fixed(core: &CorePlan) -> String {
    let (layer, neuron) = (&core.layer, &core.layer.neuron);
    let taps = match &layer.synapses {
        Synapses::Dense(_) => String::new(),
        Synapses::Conv2d(conv) => format!("{:?} {:?} {:?} {:?} {}", conv.kernel, conv.stride, conv.padding, conv.dilation, conv.groups),
    };
    let shapes = format!("{} {:?} {} {taps} {}", layer.input, layer.pool, layer.output, layer.weight_bits);
    let fold = format!("{} {} {}", core.rows.banks, core.columns.banks, core.lanes);
    let step = format!("{:?} {:?} {:?} {:?} {}", neuron.membrane, neuron.leak, neuron.leak_mode, neuron.order, neuron.max_spikes);
    format!("{} {shapes} {fold} {step} {:?}\n", core.name, neuron.bias)
}
