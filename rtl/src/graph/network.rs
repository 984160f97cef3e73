//! Cores and what lies between them, wired as the plan says: forks, merges and feedback buffers, or interfaces and routers.

use net::Origin;

use super::feedback::Feedback;
use super::fork::Fork;
use super::interface::Interface;
use super::merge::Merge;
use super::routed;
use crate::cores::block::CoreBlock;
use crate::config::CONTROL_BITS;
use crate::fabric::Router;
use hdl::prelude::*;
use crate::plan::wiring::{Reader, Wiring};
use crate::plan::{FabricPlan, Plan};

/// A network that is more than a chain: from the links of the inputs to the links of the cores that leave. Wires only.
#[derive(Clone, Debug, LogicBlock)]
pub struct GraphNetwork {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Vec<Signal<In, Bit>>,
    pub in_ready: Vec<Signal<Out, Bit>>,
    pub in_data: Vec<Sig<In>>,
    pub out_valid: Vec<Signal<Out, Bit>>,
    pub out_ready: Vec<Signal<In, Bit>>,
    pub out_data: Vec<Sig<Out>>,
    pub bus_in: Vec<Sig<In>>,
    pub bus_out: Vec<Sig<Out>>,
    pub bus_control: Vec<Sig<In>>,

    entry: Vec<Skid>,
    core: Vec<CoreBlock>,
    merge: Vec<Merge>,
    fan_out: Vec<Fork>,
    feedback: Vec<Feedback>,
    interface: Vec<Interface>,
    router: Vec<Router>,
    no_packet: Vec<Const>,

    _fabric: Option<FabricPlan>,
    _wiring: Wiring,
}

/// Which block of a kind belongs to what.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// Cores with a merge, and the edges into it.
    pub merges: Vec<(usize, Vec<usize>)>,
    /// Sources with several readers.
    pub forks: Vec<(Origin, Vec<Reader>)>,
    /// Delayed edges.
    pub feedbacks: Vec<usize>,
}

impl Blocks {
    pub fn of(wiring: &Wiring) -> Blocks {
        let origins = wiring.origins();
        let cores = origins.iter().filter_map(|origin| match origin {
            Origin::Input(_) => None,
            Origin::Layer(core) => Some(*core),
        });
        let forks = origins.iter().map(|origin| (*origin, wiring.readers(*origin)));
        Blocks {
            merges: cores.filter_map(|core| Some((core, wiring.merge_of(core)?))).collect(),
            forks: forks.filter(|(_, readers)| readers.len() > 1).collect(),
            feedbacks: (0..wiring.edges.len()).filter(|&e| wiring.edges[e].delayed).collect(),
        }
    }
}

/// The ends of a link: what its signals are called in the kernel.
pub(super) struct Ends {
    valid: String,
    ready: String,
    data: String,
}

impl Ends {
    pub(super) fn of(block: &str, side: &str, index: &str) -> Ends {
        let name = |what: &str| format!("{block}{side}_{what}{index}");
        Ends {
            valid: name("valid"),
            ready: name("ready"),
            data: name("data"),
        }
    }
}

impl GraphNetwork {
    pub fn new(plan: &Plan) -> Self {
        let blocks = match &plan.fabric {
            None => Blocks::of(&plan.wiring),
            Some(_) => Blocks::default(),
        };
        let edge = |e: &usize| &plan.wiring.edges[*e];
        let merge = |(core, edges): &(usize, Vec<usize>)| {
            Merge::new(&plan.cores[*core], &edges.iter().map(edge).collect::<Vec<_>>())
        };
        let (inputs, outputs) = (plan.inputs.len(), plan.outputs.len());
        let name = |origin: Origin| match origin {
            Origin::Input(_) if inputs == 1 => "the input".to_string(),
            Origin::Input(k) => format!("input {}", plan.inputs[k].node),
            Origin::Layer(core) => plan.cores[core].name.clone(),
        };
        let mut doc = Doc::new("network", "Cores and what lies between them. Wires only.")
            .rust("rtl::graph::network::GraphNetwork")
            .golden("golden::Engine");
        let fabric = plan.fabric.as_ref();
        let written = fabric.is_some_and(|fabric| fabric.written);
        if written {
            doc = doc.line("Who hears whom is written over the configuration bus, but for what is heard one step late or neuron by neuron elsewhere.");
        }
        for edge in plan.wiring.edges.iter().filter(|_| !written) {
            let late = if edge.delayed { ", one step late" } else { "" };
            doc = doc.line(format!("{} hears {} ({}){late}.", plan.cores[edge.to].name, name(edge.from), edge.shape));
        }
        let registers = plan.registers();
        let buses = registers.iter().count();
        let bus = u(registers.map_or(1, |map| map.ring().width()));
        if let Some(fabric) = fabric {
            doc = routed::describe(doc, plan, fabric);
        }
        GraphNetwork {
            doc: doc
                .port("in_data", if inputs == 1 { "words of the input" } else { "words of an input" })
                .port("out_data", if outputs == 1 { "words of the last core" } else { "words of a core that leave" })
                .port("bus_in", "ring of registers, to the first core")
                .port("bus_out", "ring of registers, from the last core")
                .port("bus_control", "{count, clear, reset} of the registers"),
            clock: Default::default(),
            reset: Default::default(),
            in_valid: vec![Default::default(); inputs],
            in_ready: vec![Default::default(); inputs],
            in_data: plan.inputs.iter().map(|port| Sig::new(u(port.format().width()))).collect(),
            out_valid: vec![Default::default(); outputs],
            out_ready: vec![Default::default(); outputs],
            out_data: plan.outputs.iter().map(|port| Sig::new(u(port.words.width()))).collect(),
            bus_in: Sig::several(buses, bus),
            bus_out: Sig::several(buses, bus),
            bus_control: Sig::several(buses, u(CONTROL_BITS)),
            entry: plan.inputs.iter().map(|port| Skid::new(u(port.format().width()))).collect(),
            core: plan.cores.iter().map(CoreBlock::new).collect(),
            merge: blocks.merges.iter().map(merge).collect(),
            fan_out: blocks.forks.iter().map(|(_, readers)| Fork::new(readers.len())).collect(),
            feedback: blocks.feedbacks.iter().map(|e| Feedback::new(edge(e))).collect(),
            interface: fabric.map_or(vec![], |fabric| (0..=fabric.edge()).map(|end| Interface::new(plan, fabric, end)).collect()),
            router: fabric.map_or(vec![], |fabric| fabric.routers.iter().map(Router::new).collect()),
            no_packet: fabric.filter(|fabric| routed::has_idle_ports(fabric)).map(|fabric| Const::new(u(fabric.format.width()), 0)).into_iter().collect(),
            _fabric: plan.fabric.clone(),
            _wiring: plan.wiring.clone(),
        }
    }

    /// All connections as (what is driven, what drives it), by section.
    fn wires(&self) -> Vec<(String, Vec<(String, String)>)> {
        let mut sections = self.word_wires();
        if !self.bus_in.is_empty() {
            sections.push(("The ring of registers, from core to core".to_string(), self.ring_wires()));
        }
        sections
    }

    fn ring_wires(&self) -> Vec<(String, String)> {
        let mut wires = Vec::new();
        let mut from = "bus_in$0".to_string();
        let written = |count: usize| if self._fabric.as_ref().is_some_and(|fabric| fabric.written) { count } else { 0 };
        let stops = [("core", self.core.len()), ("interface", written(self.interface.len())), ("router", written(self.router.len()))];
        for stop in stops.iter().flat_map(|(kind, count)| (0..*count).map(move |i| format!("{kind}${i}"))) {
            wires.push((format!("{stop}$bus_in$0"), from));
            wires.push((format!("{stop}$bus_control$0"), "bus_control$0".to_string()));
            from = format!("{stop}$bus_out$0");
        }
        wires.push(("bus_out$0".to_string(), from));
        wires
    }

    /// All but the ring.
    fn word_wires(&self) -> Vec<(String, Vec<(String, String)>)> {
        if let Some(fabric) = &self._fabric {
            return routed::wires(fabric);
        }
        let wiring = &self._wiring;
        let blocks = Blocks::of(wiring);
        let mut clocks = Vec::new();
        let clocked = [("entry", self.entry.len()), ("core", self.core.len()), ("merge", self.merge.len()), ("fan_out", self.fan_out.len()), ("feedback", self.feedback.len())];
        for (kind, count) in clocked {
            for i in 0..count {
                clocks.push((format!("{kind}${i}$clock"), "clock".to_string()));
                clocks.push((format!("{kind}${i}$reset"), "reset".to_string()));
            }
        }
        let mut sections = vec![("Clock and reset".to_string(), clocks)];
        // Its ready comes from a register, whatever the readers of the input wait for.
        let mut entry = Vec::new();
        for k in 0..self.entry.len() {
            join(&mut entry, &Ends::of("", "in", &format!("${k}")), &Ends::of(&format!("entry${k}$"), "in", ""));
        }
        let title = if self.entry.len() == 1 { "The input, through a register slice" } else { "The inputs, each through a register slice" };
        sections.push((title.to_string(), entry));
        // From each source to its readers, over a fork if there are several.
        for origin in wiring.origins() {
            let (source, what) = match origin {
                Origin::Input(k) => {
                    let what = if self.entry.len() == 1 { "the input".to_string() } else { format!("input {k}") };
                    (Ends::of(&format!("entry${k}$"), "out", ""), what)
                }
                Origin::Layer(core) => (Ends::of(&format!("core${core}$"), "out", ""), format!("core {core}")),
            };
            let mut wires = Vec::new();
            let readers = wiring.readers(origin);
            let fork = blocks.forks.iter().position(|(from, _)| *from == origin);
            if let Some(f) = fork {
                wires.push((format!("fan_out${f}$in_valid"), source.valid.clone()));
                wires.push((source.ready.clone(), format!("fan_out${f}$in_ready")));
            }
            for (k, reader) in readers.iter().enumerate() {
                let from = match fork {
                    Some(f) => Ends {
                        data: source.data.clone(),
                        ..Ends::of(&format!("fan_out${f}$"), "out", &format!("${k}"))
                    },
                    None => Ends::of("", "", ""),
                };
                let from = if fork.is_some() { &from } else { &source };
                join(&mut wires, from, &self.reader(&blocks, *reader));
            }
            sections.push((format!("From {what}"), wires));
        }
        let mut back = Vec::new();
        for (b, &e) in blocks.feedbacks.iter().enumerate() {
            let core = wiring.edges[e].to;
            join(&mut back, &Ends::of(&format!("feedback${b}$"), "out", ""), &self.merge_input(&blocks, e));
            let merge = blocks.merges.iter().position(|(to, _)| *to == core).unwrap_or(0);
            for signal in ["step_ends", "sample_ends"] {
                back.push((format!("feedback${b}${signal}"), format!("merge${merge}${signal}$0")));
            }
        }
        if !back.is_empty() {
            sections.push(("What leads back".to_string(), back));
        }
        let mut merged = Vec::new();
        for (m, (core, _)) in blocks.merges.iter().enumerate() {
            let to = Ends::of(&format!("core${core}$"), "in", "");
            join(&mut merged, &Ends::of(&format!("merge${m}$"), "out", ""), &to);
        }
        sections.push(("From merges to cores".to_string(), merged));
        sections
    }

    /// Where a reader takes words.
    fn reader(&self, blocks: &Blocks, reader: Reader) -> Ends {
        match reader {
            Reader::Output(output) => Ends::of("", "out", &format!("${output}")),
            Reader::Edge(e) => match blocks.feedbacks.iter().position(|f| *f == e) {
                Some(b) => Ends::of(&format!("feedback${b}$"), "in", ""),
                None => self.merge_input(blocks, e),
            },
        }
    }

    /// Where the core of edge `e` takes its words.
    fn merge_input(&self, blocks: &Blocks, e: usize) -> Ends {
        let core = self._wiring.edges[e].to;
        let merge = blocks.merges.iter().enumerate().find(|(_, (to, _))| *to == core);
        match merge {
            Some((m, (_, edges))) => {
                let k = edges.iter().position(|other| *other == e).unwrap_or(0);
                Ends::of(&format!("merge${m}$"), "in", &format!("${k}"))
            }
            None => Ends::of(&format!("core${core}$"), "in", ""),
        }
    }
}

pub(super) fn join(wires: &mut Vec<(String, String)>, from: &Ends, to: &Ends) {
    wires.push((to.valid.clone(), from.valid.clone()));
    wires.push((to.data.clone(), from.data.clone()));
    wires.push((from.ready.clone(), to.ready.clone()));
}

impl Logic for GraphNetwork {
    fn update(&mut self) {
        panic!("a network is wires that the emitter prints: simulate its Verilog");
    }
    fn connect(&mut self) {
        self.in_ready.iter_mut().for_each(|ready| ready.connect());
        self.out_valid.iter_mut().for_each(|valid| valid.connect());
        self.out_data.iter_mut().chain(&mut self.bus_out).for_each(|data| data.connect());
        for entry in &mut self.entry {
            (entry.clock.connect(), entry.reset.connect(), entry.in_valid.connect());
            (entry.in_data.connect(), entry.out_ready.connect());
        }
        for core in &mut self.core {
            (core.in_valid.connect(), core.in_data.connect(), core.out_ready.connect());
            (core.clock.connect(), core.reset.connect());
            core.bus_in.iter_mut().chain(&mut core.bus_control).for_each(|bus| bus.connect());
        }
        for fork in &mut self.fan_out {
            (fork.clock.connect(), fork.reset.connect(), fork.in_valid.connect());
            fork.out_ready.iter_mut().for_each(|ready| ready.connect());
        }
        for merge in &mut self.merge {
            merge.in_valid.iter_mut().for_each(|valid| valid.connect());
            merge.in_data.iter_mut().for_each(|data| data.connect());
            (merge.clock.connect(), merge.reset.connect(), merge.out_ready.connect());
        }
        for feedback in &mut self.feedback {
            (feedback.clock.connect(), feedback.reset.connect(), feedback.in_valid.connect());
            (feedback.in_data.connect(), feedback.out_ready.connect());
            (feedback.step_ends.connect(), feedback.sample_ends.connect());
        }
        for interface in &mut self.interface {
            (interface.clock.connect(), interface.reset.connect(), interface.in_valid.connect(), interface.in_data.connect());
            (interface.heard_ready.connect(), interface.sent_valid.connect(), interface.sent_data.connect());
            interface.out_ready.connect();
            interface.step_done.iter_mut().for_each(|done| done.connect());
            interface.bus_in.iter_mut().chain(&mut interface.bus_control).for_each(|bus| bus.connect());
        }
        for router in &mut self.router {
            (router.clock.connect(), router.reset.connect());
            router.in_valid.iter_mut().chain(&mut router.out_ready).for_each(|signal| signal.connect());
            router.in_data.iter_mut().chain(&mut router.bus_in).chain(&mut router.bus_control).for_each(|data| data.connect());
        }
    }
    fn hdl(&self) -> Verilog {
        use ast::VerilogExpression::{Literal, Signal};
        use ast::VerilogStatement;
        let mut kernel = Vec::new();
        for (title, wires) in self.wires() {
            kernel.push(VerilogStatement::Comment(title));
            let source = |from: String| match from.as_str() {
                routed::LOW => Literal(false.into()),
                routed::HIGH => Literal(true.into()),
                _ => Signal(from),
            };
            let wire = |(to, from)| VerilogStatement::Assignment(Signal(to), source(from));
            kernel.extend(wires.into_iter().map(wire));
        }
        Verilog::Combinatorial(kernel)
    }
}
