//! The plan: how a network folds onto cores. Legal by construction; emitters take `&Plan` and cannot fail.

mod alone;
pub mod area;
pub mod around;
pub mod axis;
pub mod chips;
pub mod choose;
pub mod core;
pub mod fabric;
pub mod image;
pub mod lazy;
pub mod load;
pub mod machine;
pub mod memory;
pub mod parallel;
pub mod parallel_area;
pub mod parts;
pub mod pipeline;
pub mod ports;
mod search;
pub mod start;
pub mod table;
pub mod table_area;
pub mod touched;
pub mod ways;
pub mod wiring;

use std::collections::{BTreeMap, BTreeSet};

use net::options::CoreKind;
use net::{InputNode, Layer, Leak, MapShape, Network, Origin, Output, Problem, Problems, Reset, ResetOrder, Spikes};

pub use net::options::ScanRule as Scan;

pub use self::chips::{ChipOptions, ChipPlan};
pub use self::choose::{Device, Means, Objective};
pub use self::core::{CorePlan, Location};
pub use self::fabric::{FabricOptions, FabricPlan};
pub use self::load::Load;
pub use self::machine::Machine;
pub use self::ports::{InPort, OutPort};
pub use self::wiring::Wiring;
use self::pipeline::fifo_margin;
use self::search::Known;
use crate::config::{ConfigPort, RegisterMap};
use crate::edge::Edges;
use self::ways::fifo_depth;
use hdl::MAX_WIDTH;
use crate::link::LinkFormat;

/// What the user may choose. Default: the planner chooses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlanOptions {
    /// Name of the top module and prefix of every module and memory file; default: the network's name.
    pub name: Option<String>,
    /// Per layer name: output channels per memory word.
    pub lanes: BTreeMap<String, usize>,
    /// Per layer name: banks (rows, columns).
    pub banks: BTreeMap<String, (usize, usize)>,
    /// Per layer name: words of spikes that may wait behind the core.
    pub queues: BTreeMap<String, usize>,
    /// Per layer name: the machine.
    pub machines: BTreeMap<String, CoreKind>,
    /// Per layer name: which words a scan visits; not said: where plans are searched what pays, by the fixed rule all.
    pub scans: BTreeMap<String, Scan>,
    pub readout: Readout,
    pub edges: Edges,
    /// The device to fit. Neither device nor adders: a fixed rule (3 x 3 banks of 4 lanes, 16 lanes where there is one bank).
    pub device: Option<Device>,
    /// Most adders of all cores together (of each chip, if there are several). Without a device that is all a plan is short of.
    pub adders: Option<usize>,
    pub objective: Objective,
    /// Share of the device's LUT and FF that the plan may take, instead of the objective's (0 to 1).
    pub share: Option<f64>,
    /// Cycles per time step that suffice: a core need not be faster. 0: as fast as can be.
    pub enough: f64,
    /// What each layer hears, for the search; empty: [`ACTIVITY`] of its inputs, evenly spread.
    pub loads: Vec<Load>,
    /// Routers between the cores; none: links from core to core.
    pub fabric: Option<FabricOptions>,
    /// Several devices, each with some of the layers; none: one.
    pub chips: Option<ChipOptions>,
}

impl PlanOptions {
    /// What the search may spend; none where the fixed rule holds.
    pub fn means(&self) -> Option<Means> {
        (self.device.is_some() || self.adders.is_some()).then_some(Means { device: self.device, adders: self.adders })
    }
}

/// Share of the inputs that spike in a time step, where nothing was measured.
pub const ACTIVITY: f64 = 0.05;

/// Optional block behind the last core that sends one answer per sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readout {
    /// No block: the last layer's words leave as they are.
    #[default]
    None,
    /// Counts spikes per neuron; at TICK_LAST sends VALUE (winner, its count), lowest index on ties, then TICK_LAST.
    Count,
    /// Keeps the last value of each neuron of an LI layer; at TICK_LAST sends VALUE (winner, its value), then TICK_LAST.
    Membrane,
}

/// A network folded onto cores.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the top module, prefix of all others.
    pub name: String,
    /// Streams that enter, one per Input node.
    pub inputs: Vec<InPort>,
    /// One core per layer, in order.
    pub cores: Vec<CorePlan>,
    /// Who hears whom.
    pub wiring: Wiring,
    /// The routers that carry it, if there are any.
    pub fabric: Option<FabricPlan>,
    pub readout: Readout,
    /// What the chip's ports are; of several chips the first one's input and the last one's output.
    pub edges: Edges,
    /// Streams that leave, one per Output node; of several chips the last one's.
    pub outputs: Vec<OutPort>,
    /// The chips, each with a plan of its own, linked in this order by AER; none: all cores sit on one.
    pub chips: Vec<ChipPlan>,
}

impl Plan {
    /// Words that enter at the first input.
    pub fn input_format(&self) -> LinkFormat {
        self.inputs[0].format()
    }

    /// Words that leave at the last output.
    pub fn output_format(&self) -> LinkFormat {
        self.outputs[self.outputs.len() - 1].format
    }

    /// Whether the chip has more than one stream on a side.
    pub fn has_several_ports(&self) -> bool {
        self.inputs.len() > 1 || self.outputs.len() > 1
    }

    /// Identifier of a core, or of an input: `input` where there is one.
    pub fn source_name(&self, from: Origin) -> &str {
        match from {
            Origin::Input(_) if self.inputs.len() == 1 => "input",
            Origin::Input(k) => &self.inputs[k].node,
            Origin::Layer(core) => &self.cores[core].name,
        }
    }

    /// A sample by inputs, each with flat indices of its own map.
    pub fn by_input(&self, sample: &Spikes) -> Vec<Spikes> {
        let nodes: Vec<InputNode> = self.inputs.iter().map(InPort::node).collect();
        net::wiring::by_input(&nodes, sample)
    }

    /// Whether the design reads weights from files: not if they are written over the bus.
    pub fn has_memory_files(&self) -> bool {
        !self.edges.config.is_some_and(|config| config.loadable)
    }

    /// The registers of the chip, if it has a configuration bus.
    pub fn registers(&self) -> Option<RegisterMap> {
        let fabric = self.fabric.as_ref().map(|fabric| (fabric, &self.wiring));
        self.edges.config.map(|config| RegisterMap::of(config, &self.cores, fabric))
    }

    /// Whether each core's output is the next one's input: no routers, no forks, no merges.
    pub fn is_chain(&self) -> bool {
        self.fabric.is_none() && self.wiring.is_chain()
    }
}

/// Folds `net`; fails where the user's wishes cannot be met.
pub fn plan(net: &Network, options: &PlanOptions) -> Result<Plan, Problems> {
    plan_knowing(net, options, &Known::default())
}

/// As [`plan`]; `known` is filled, of nets with the same layers, loads and wishes.
fn plan_knowing(net: &Network, options: &PlanOptions, known: &Known) -> Result<Plan, Problems> {
    let mut problems = wrong_names(net, options);
    problems.extend(ports::refusals(net, options));
    if let Some(wanted) = &options.chips {
        Problems::unless_empty(problems, ())?;
        return chips::plan(net, wanted, options);
    }
    let name = name_of(net, options);
    let mut used = BTreeSet::new();
    let names: Vec<String> = net.layers.iter().map(|l| names::unique_identifier(&l.name, "layer", &mut used)).collect();
    // Per layer: what is legal and not ruled out by a wish.
    let mut choices = Vec::new();
    for (layer, name) in net.layers.iter().zip(&names) {
        problems.extend(unsupported(layer));
        match Machine::able(layer, options).and_then(|machines| ways::legal(layer, &machines, options)) {
            Ok(found) => choices.push((layer, name, found)),
            Err(problem) => problems.push(problem),
        }
    }
    Problems::unless_empty(std::mem::take(&mut problems), ())?;
    let means = options.means();
    let mut cores = match &means {
        Some(means) => search::search(&choices, means, options, known),
        None => choices.iter().map(|(layer, name, ways)| ways::fold(layer, name, ways::by_rule(ways))).collect(),
    };
    for (i, core) in cores.iter_mut().enumerate().filter(|(_, core)| core.machine.scans()) {
        match touched_map(core, &load_of(i, &core.layer, options), options) {
            Ok(wanted) => core.touched_map = wanted,
            Err(problem) => problems.push(problem),
        }
        let weights = core.adders() as u32 * core.layer.weight_bits;
        if weights > MAX_WIDTH {
            problems.push(Problem::new(
                "word-range",
                format!("layer {:?} banks x lanes", core.layer.name),
                format!("{weights} bits of weights in a cycle"),
                format!("at most {MAX_WIDTH} bits"),
                "choose fewer banks, lanes or weight bits",
            ));
        }
        let least = fifo_margin(core) + 1;
        core.fifo_depth = options.queues.get(&core.layer.name).copied().unwrap_or(fifo_depth(core));
        if !(least..=MOST_QUEUE).contains(&core.fifo_depth) {
            problems.push(Problem::new(
                "queue-range",
                format!("layer {:?} queue", core.layer.name),
                core.fifo_depth.to_string(),
                format!("{least} to {MOST_QUEUE}: what is on its way through the core must find room"),
                "choose another depth or leave it to the planner",
            ));
        }
    }
    if let Some(means) = &means {
        cores.iter_mut().for_each(|core| core.late_weights = parallel::wants_late_weights(core, means.family()));
    }
    Problems::unless_empty(problems, ())?;
    if options.edges.config.is_some_and(|config| config.loadable) {
        Problems::unless_empty(cores.iter().filter_map(not_loadable).collect(), ())?;
        // Behind a memory that is written stands a register.
        cores.iter_mut().filter(|core| core.machine == Machine::Parallel).for_each(|core| core.late_weights = true);
    }
    let outputs = OutPort::all(net, options.readout)?;
    let wiring = Wiring::of(net);
    let routes = options.edges.config.is_some_and(|config| config.routes);
    let mut fabric = match &options.fabric {
        Some(wanted) => Some(FabricPlan::new(&cores, LinkFormat::spikes(net.input()), &wiring, wanted, routes)?),
        None if routes => {
            let limit = "routers, whose tables they are";
            return Err(Problem::new("routes-fabric", "--routes loadable", "no --fabric", limit, "add --fabric mesh:RxC or tree:N, or leave out --routes").into());
        }
        None => None,
    };
    cores.iter_mut().for_each(|core| core.on_fabric = fabric.is_some());
    let routed = fabric.as_ref().map(|fabric| (fabric, &wiring));
    if let Some(map) = options.edges.config.map(|config| RegisterMap::of(config, &cores, routed)) {
        if map.config.port == ConfigPort::Spi && map.byte_address_bits() > MOST_SPI_BITS {
            let found = format!("{} bits of address", map.byte_address_bits());
            let limit = format!("{MOST_SPI_BITS} bits in a frame of SPI");
            return Err(Problem::new("spi-address", "--config-port spi", found, limit, "use --config-port axi-lite, or --weights rom").into());
        }
        fabric.iter_mut().for_each(|fabric| fabric.place_tables(&map.table_places()));
        cores.iter_mut().enumerate().for_each(|(i, core)| core.station = Some(map.station(i)));
    }
    let plan = Plan { name, inputs: InPort::all(&net.inputs), outputs, readout: options.readout, edges: options.edges, wiring, fabric, cores, chips: Vec::new() };
    Problems::unless_empty(search::too_large(&plan, options), plan)
}

/// Name of the top module.
fn name_of(net: &Network, options: &PlanOptions) -> String {
    options.name.clone().unwrap_or_else(|| net.name.clone())
}

/// Names in the options that are not legal, or that no layer has.
fn wrong_names(net: &Network, options: &PlanOptions) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = name_of(net, options);
    if let Some(why) = names::refusal(&name) {
        let value = format!("{}: {why}", names::shown(&name));
        problems.push(Problem::new("name", "--name", value, names::LEGAL, "choose another name"));
    }
    let wishes = options.lanes.keys().map(|k| ("lanes", k));
    let wishes = wishes.chain(options.banks.keys().map(|k| ("banks", k))).chain(options.queues.keys().map(|k| ("queue", k)));
    let wishes = wishes.chain(options.machines.keys().map(|k| ("core", k)));
    let wishes = wishes.chain(options.scans.keys().map(|k| ("scan", k)));
    for (flag, wished) in wishes {
        if !net.layers.iter().any(|l| &l.name == wished) {
            let known: Vec<_> = net.layers.iter().map(|l| l.name.as_str()).collect();
            problems.push(Problem::new(
                "layer-name",
                format!("[layer.{wished}] {flag}"),
                "no layer of that name".to_string(),
                format!("layers: {}", known.join(", ")),
                "use the weight node's name",
            ));
        }
    }
    problems
}

/// What layer `i` hears, as far as the planner knows.
fn load_of(i: usize, layer: &Layer, options: &PlanOptions) -> Load {
    options.loads.get(i).cloned().unwrap_or_else(|| Load::even(layer.input.len() as f64 * ACTIVITY))
}

/// Bits of a byte address in a frame of SPI.
const MOST_SPI_BITS: u32 = 24;

/// Why a core's weights cannot be written at run time.
fn not_loadable(core: &CorePlan) -> Option<Problem> {
    core.table.is_some().then(|| {
        Problem::new(
            "loadable-core",
            format!("layer {:?} core", core.layer.name),
            format!("{} with --weights loadable", core.machine.name()),
            "weights are written at run time in banked and parallel cores",
            format!("use --core {}=banked, or --weights rom", core.layer.name),
        )
    })
}

/// Whether the core gets a touched map.
fn touched_map(core: &CorePlan, load: &Load, options: &PlanOptions) -> Result<bool, Problem> {
    let listed = core.table.is_some().then_some("a table core has no map");
    let forbidden = listed.or(touched::forbids(&core.layer)).or((!touched::fits(core)).then_some("a bank has too many positions"));
    match (options.scans.get(&core.layer.name), forbidden) {
        (Some(Scan::Touched), Some(why)) => Err(Problem::new(
            "scan-touched",
            format!("layer {:?} scan", core.layer.name),
            "touched words only",
            format!("{why}: a scan must visit all words"),
            "use all, or leave it to the planner",
        )),
        (Some(Scan::Touched), None) => Ok(true),
        (Some(Scan::All), _) | (None, Some(_)) => Ok(false),
        (None, None) => Ok(options.means().is_some() && touched::pays(core, load)),
    }
}

/// Most adders of one core that the search tries: more spread so far over the device that its clock falls behind what they
/// save in cycles.
const MOST_ADDERS: usize = 192;

/// What golden defines and the cores do not do (yet).
fn unsupported(layer: &net::Layer) -> Option<Problem> {
    let neuron = &layer.neuron;
    if let Some((found, remedy)) = lazy::refusal(layer) {
        return Some(Problem::new(
            "leak-mode",
            format!("layer {:?}", layer.name),
            format!("lazy leak with {found}"),
            "the cores have lazy leak for one leak in the layer, of 1/363 or more per step, and neurons that spike once and reset at once",
            remedy,
        ));
    }
    if neuron.max_spikes <= 1 || neuron.output == Output::Value {
        return None;
    }
    let leaks_first = neuron.order == ResetOrder::LeakThenReset && neuron.leak != Leak::None;
    let found = match (&neuron.reset, leaks_first) {
        (Reset::Subtract(_), false) => return None,
        (Reset::Subtract(_), true) => "several spikes per step with leak-then-reset",
        _ => "several spikes per step without a subtracting reset",
    };
    Some(Problem::new(
        "multi-spike-reset",
        format!("layer {:?}", layer.name),
        found,
        "a neuron that spikes several times in a step subtracts its threshold each time, then leaks",
        "use --reset subtract --reset-order reset-then-leak, or --multi-spike 1",
    ))
}

/// Most words of spikes that may wait behind a core.
pub const MOST_QUEUE: usize = 65536;

/// Widest membrane word that is emitted.
pub const MOST_WORD_BITS: usize = 768;

/// Words of a readout of `layer`, whose neurons (or whose parts') leave in a map of `shape`; none without readout.
fn readout_format(readout: Readout, layer: &Layer, shape: MapShape) -> Result<Option<LinkFormat>, Problems> {
    let values = layer.neuron.output == Output::Value;
    let wrong = match readout {
        Readout::None => return Ok(None),
        _ if shape.h * shape.w > 1 => Some(format!("the last layer is a map of {shape}")),
        Readout::Count if values => Some("the last layer is an LI readout and never spikes".to_string()),
        Readout::Membrane if !values => Some("the last layer sends spikes, not values".to_string()),
        _ => None,
    };
    match wrong {
        Some(found) => Err(Problem::new(
            "readout",
            format!("--readout on layer {:?}", layer.name),
            found,
            "count: a vector of spiking neurons; membrane: a vector of LI neurons".to_string(),
            "choose the other readout, or none",
        )
        .into()),
        None => Ok(Some(LinkFormat::values(
            shape,
            match readout {
                Readout::Count => COUNT_BITS,
                _ => layer.neuron.membrane.bits,
            },
        ))),
    }
}

/// Width of the readout's spike counts, as a signed payload.
pub const COUNT_BITS: u32 = 16;

/// Where the readout's spike counts saturate.
pub const COUNT_MAX: i64 = (1 << (COUNT_BITS - 1)) - 1;
