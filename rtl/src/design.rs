//! What the emitter hands out: files as text, and where a simulator finds the signals it checks.

use sha2::{Digest, Sha256};

use crate::fabric::PacketFormat;
use crate::link::LinkFormat;
use hdl::EmittedFile;

/// Verilog and memory files of one network, and the probe points in them. Nothing is written here.
#[derive(Clone, Debug)]
pub struct Design {
    /// Name of the top module.
    pub top: String,
    /// `rtl/*.v`, `rtl/<top>.f` (file list, relative to `rtl/`), `mem/*.hex`.
    pub files: Vec<EmittedFile>,
    /// What the names of each input stream's signals begin with; see [`InPort`](crate::plan::InPort).
    pub inputs: Vec<String>,
    /// The same of each output stream.
    pub outputs: Vec<String>,
    /// One per layer, in layer order.
    pub cores: Vec<CoreProbe>,
    /// Where words of an input leave their register slice: per input, or per chip where there are several; none in a chain.
    pub entries: Vec<LinkProbe>,
    /// One per edge of the plan's wiring; none in a chain, whose edges are the links of its cores, and none on routers.
    pub edges: Vec<EdgeProbe>,
    /// The routers, if there are any.
    pub fabric: Option<FabricProbe>,
    /// AER ports of the chips.
    pub aer: Vec<AerProbe>,
    /// Per input, counters of its guard: repeats, and events off the map; none without guards.
    pub guards: Vec<[ProbeSignal; 2]>,
    /// Several chips: one each, in the order of their links. None where there is one.
    pub chips: Vec<ChipProbe>,
    /// Instances from the top down to where the probes begin: none, or a bench's way to the chip in it.
    pub inside: Vec<String>,
}

impl Design {
    /// See [`hash_files`].
    pub fn hash(&self) -> String {
        hash_files(self.files.iter().map(|f| (f.path.as_str(), f.text.as_bytes())))
    }

    /// Every probed signal; none of a netlist (a design without cores), which keeps no names inside.
    pub fn probes_mut(&mut self) -> Vec<&mut ProbeSignal> {
        if self.cores.is_empty() {
            return Vec::new();
        }
        let edges = self.edges.iter_mut().flat_map(|edge| [Some(&mut edge.sent), edge.late.as_mut()]).flatten();
        let mut states = Vec::new();
        let mut links: Vec<&mut LinkProbe> = edges.chain(&mut self.entries).collect();
        for core in &mut self.cores {
            links.extend([&mut core.input, &mut core.output]);
            states.extend(core.states.signals_mut());
        }
        let links = links.into_iter().flat_map(|link| [&mut link.valid, &mut link.ready, &mut link.data]);
        let packets = self.fabric.iter_mut().flat_map(|fabric| {
            let links = fabric.links.iter_mut().flat_map(|link| [&mut link.valid, &mut link.ready, &mut link.data]);
            links.chain(fabric.turns.iter_mut().map(|turn| &mut turn.taken))
        });
        let ports = self.aer.iter_mut().flat_map(|port| [&mut port.req, &mut port.ack, &mut port.data]);
        let chips = self.chips.iter_mut().flat_map(|chip| chip.ticks.iter_mut().chain(&mut chip.output));
        let guard = self.guards.iter_mut().flatten();
        states.into_iter().chain(links).chain(packets).chain(ports).chain(chips).chain(guard).collect()
    }
}

/// One hash over Verilog and hex (`rtl/*.v`, `mem/*.hex`), whatever else is in the list; order does not matter.
/// `build`, `cosim`, `synth` and `bench` print it.
pub fn hash_files<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hashed: Vec<_> = files.filter(|(path, _)| path.ends_with(".v") || path.ends_with(".hex")).collect();
    hashed.retain(|(path, _)| path.starts_with("rtl/") || path.starts_with("mem/"));
    hashed.sort();
    let mut all = Sha256::new();
    for (path, bytes) in hashed {
        all.update(path.as_bytes());
        all.update([0]);
        all.update(Sha256::digest(bytes));
    }
    all.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A signal inside the emitted design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeSignal {
    /// Instance names below [`Design::inside`], outermost first; empty for a signal of the module there.
    pub instances: Vec<String>,
    /// Module that declares the signal (for the `.vlt` file).
    pub module: String,
    /// Name in that module.
    pub variable: String,
    /// Width in bits (of one word, for a memory).
    pub width: u32,
}

/// A valid/ready link.
#[derive(Clone, Debug)]
pub struct LinkProbe {
    /// What a person calls it, e.g. `conv1 -> conv2`.
    pub name: String,
    pub valid: ProbeSignal,
    pub ready: ProbeSignal,
    pub data: ProbeSignal,
    /// On-chip layout of `data` ([`LinkFormat::decode_link`]).
    pub format: LinkFormat,
}

/// Probe points of one chip of several.
#[derive(Clone, Debug)]
pub struct ChipProbe {
    /// Its top module.
    pub name: String,
    /// 1: its clock rises with the next rising edge of the simulation's. A bench says so, which makes the clocks: until then none.
    pub ticks: Option<ProbeSignal>,
    /// `valid` and `ready` of the words that leave the network on the chip, in front of its port.
    pub output: [ProbeSignal; 2],
}

/// A four-phase AER port, at the pins of a chip.
#[derive(Clone, Debug)]
pub struct AerProbe {
    /// What a person calls it, e.g. `aer_out of chip 0`.
    pub name: String,
    /// Number of the chip; 0 where there is one.
    pub chip: usize,
    /// The chip sends the words.
    pub sends: bool,
    pub req: ProbeSignal,
    pub ack: ProbeSignal,
    pub data: ProbeSignal,
}

/// Probe points of an edge between cores.
#[derive(Clone, Debug)]
pub struct EdgeProbe {
    /// Words as the source hands them over to this edge.
    pub sent: LinkProbe,
    /// Words as they come out of the buffer of a delayed edge.
    pub late: Option<LinkProbe>,
}

/// Probe points of a network of routers.
#[derive(Clone, Debug)]
pub struct FabricProbe {
    /// What leaves routers, then what endpoints send into them.
    pub links: Vec<PacketProbe>,
    /// Every way through a router.
    pub turns: Vec<TurnProbe>,
    /// Module of the queue that stands at the end of each link into a router.
    pub queue: String,
}

/// A way from an input port of a router to an output port.
#[derive(Clone, Debug)]
pub struct TurnProbe {
    /// What a person calls it, e.g. `router_0_1 west to local`.
    pub name: String,
    /// 1: a packet takes it in this cycle.
    pub taken: ProbeSignal,
}

/// A valid/ready link of packets.
#[derive(Clone, Debug)]
pub struct PacketProbe {
    /// What a person calls it, e.g. `router_0_1 to east`.
    pub name: String,
    /// It leaves a router, and does not come from a core or the chip's edge.
    pub from_router: bool,
    /// It leads to a router, not to a core or the chip's edge.
    pub to_router: bool,
    pub valid: ProbeSignal,
    pub ready: ProbeSignal,
    pub data: ProbeSignal,
    pub format: PacketFormat,
}

/// Probe points of one core.
#[derive(Clone, Debug)]
pub struct CoreProbe {
    /// Index of the layer.
    pub layer: usize,
    /// Words as the core accepts them, in order (`valid && ready` at a rising clock edge).
    pub input: LinkProbe,
    /// Words as the core sends them.
    pub output: LinkProbe,
    pub states: StateProbe,
}

/// Where a core keeps its states.
#[derive(Clone, Debug)]
pub enum StateProbe {
    /// In memories: one per bank, in bank order.
    Banks(Vec<BankProbe>),
    /// In registers, all written at once.
    Registers(RegisterProbe),
}

impl StateProbe {
    /// The banks; none if the states stand in registers.
    pub fn banks(&self) -> &[BankProbe] {
        match self {
            StateProbe::Banks(banks) => banks,
            StateProbe::Registers(_) => &[],
        }
    }

    /// All signals, each with a name for a person: the scope, and the signal in it.
    pub fn named(&self) -> Vec<(String, String, &ProbeSignal)> {
        match self {
            StateProbe::Banks(banks) => banks
                .iter()
                .enumerate()
                .flat_map(|(index, bank)| bank.named().map(move |(name, signal)| (format!("bank_{index}"), name.to_string(), signal)))
                .collect(),
            StateProbe::Registers(probe) => {
                let flags = [("rst", &probe.reset), ("integrate", &probe.integrate), ("fire_write", &probe.fire_write), ("clear_write", &probe.clear_write)];
                let lanes = probe.registers.iter().enumerate().map(|(l, register)| (format!("membrane_{l}"), register));
                let all = flags.into_iter().map(|(name, signal)| (name.to_string(), signal)).chain(lanes);
                all.map(|(name, signal)| ("lanes".to_string(), name, signal)).collect()
            }
        }
    }

    /// All signals, the memory arrays too.
    fn signals_mut(&mut self) -> Vec<&mut ProbeSignal> {
        match self {
            StateProbe::Banks(banks) => banks.iter_mut().flat_map(BankProbe::signals_mut).collect(),
            StateProbe::Registers(probe) => {
                let flags = [&mut probe.reset, &mut probe.integrate, &mut probe.fire_write, &mut probe.clear_write];
                flags.into_iter().chain(&mut probe.registers).collect()
            }
        }
    }
}

impl BankProbe {
    fn signals_mut(&mut self) -> [&mut ProbeSignal; 6] {
        [
            &mut self.write_enable,
            &mut self.write_address,
            &mut self.write_data,
            &mut self.fire_write,
            &mut self.clear_write,
            &mut self.memory,
        ]
    }

    /// The write port.
    fn named(&self) -> impl Iterator<Item = (&'static str, &ProbeSignal)> {
        [
            ("write_enable", &self.write_enable),
            ("write_address", &self.write_address),
            ("write_data", &self.write_data),
            ("fire_write", &self.fire_write),
            ("clear_write", &self.clear_write),
        ]
        .into_iter()
    }
}

/// States in registers. The flags are sampled before a rising clock edge; the registers hold what it wrote in the cycle after.
#[derive(Clone, Debug)]
pub struct RegisterProbe {
    /// An event has been added to all states at this edge.
    /// The core's own reset: chips of a board leave it at different times.
    pub reset: ProbeSignal,
    pub integrate: ProbeSignal,
    /// A time step has ended for all states at this edge.
    pub fire_write: ProbeSignal,
    /// With `fire_write`: the initial state is written (end of a sample).
    pub clear_write: ProbeSignal,
    /// State of each neuron, in the order of the layer's output.
    pub registers: Vec<ProbeSignal>,
}

/// Write port and array of one membrane bank, sampled before each rising clock edge.
#[derive(Clone, Debug)]
pub struct BankProbe {
    pub write_enable: ProbeSignal,
    pub write_address: ProbeSignal,
    /// One word: lane `l` holds its state in bits `l * state_bits ..`, see `CorePlan::state_bits`; above them its stamp, with lazy leak.
    pub write_data: ProbeSignal,
    /// With `write_enable`: 1 = a write of the fire phase or the clear phase, 0 = a write while integrating.
    pub fire_write: ProbeSignal,
    /// With `fire_write`: 1 = the initial state is written (clear phase, end of a sample).
    pub clear_write: ProbeSignal,
    /// The memory array.
    pub memory: ProbeSignal,
}
