//! From a plan to files: builds the blocks, prints them, and says where a simulator finds the signals it checks.

use crate::board;
use crate::cores::several_ports::SeveralPorts;
use crate::cores::top::Top;
use crate::design::{
    AerProbe, BankProbe, CoreProbe, Design, EdgeProbe, FabricProbe, LinkProbe, PacketProbe, ProbeSignal, RegisterProbe, StateProbe, TurnProbe,
};
use crate::edge::chip::Chip;
use crate::edge::guard::COUNT_BITS;
use crate::edge::Port;
use crate::graph::network::Blocks;
use crate::link::LinkFormat;
use crate::plan::fabric::{Behind, Node};
use crate::plan::{CorePlan, FabricPlan, InPort, Machine, Plan};
use hdl::EmittedFile;
use rust_hdl::core::prelude::Block;

/// Verilog and memory files of a plan; of several chips those of all. Never fails for a legal plan: a failure is a bug of ours and panics with what the
/// emitter's checks found.
pub fn emit(plan: &Plan) -> Design {
    if !plan.chips.is_empty() {
        return board::emit(plan);
    }
    let mut chip: Box<dyn Block> = match (plan.has_several_ports(), plan.edges.is_plain()) {
        (true, _) => Box::new(SeveralPorts::new(plan)),
        (false, true) => Box::new(Top::new(plan)),
        (false, false) => Box::new(Chip::new(plan)),
    };
    chip.connect_all();
    let header = [
        format!("Part of the spiking network \"{}\", emitted by spikewright. This file is yours, without conditions.", plan.name),
    ];
    let mut emission = match hdl::emit_with_instances(&*chip, &plan.name, &plan.name, &header, plan.edges.resets) {
        Ok(emission) => emission,
        Err(found) => panic!("the emitter refuses its own design:\n{}", found.join("\n")),
    };
    let mut files = std::mem::take(&mut emission.files);
    let mut list: Vec<&str> = files.iter().filter_map(|f| f.path.strip_prefix("rtl/")).collect();
    list.sort();
    let list = format!("{}\n", list.join("\n"));
    files.push(EmittedFile { path: format!("rtl/{}.f", plan.name), text: list });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let module_at = |instances: &[String]| -> String {
        emission.module(instances).unwrap_or_else(|| panic!("no instance {instances:?}")).to_string()
    };
    let cores = plan.cores.iter().enumerate().map(|(i, core)| probes(plan, i, core, &module_at)).collect();
    let edges = match plan.is_chain() || plan.fabric.is_some() {
        true => Vec::new(),
        false => (0..plan.wiring.edges.len()).map(|e| edge_probe(plan, e, &module_at)).collect(),
    };
    let entry = |(k, port): (usize, &InPort)| {
        let instance = below(plan, &["network", &indexed("entry", k, plan.inputs.len())]);
        let name = plan.source_name(net::Origin::Input(k)).to_string();
        link_probe(instance, "out", "", name, port.format(), &module_at)
    };
    let entries = plan.inputs.iter().enumerate().filter(|_| !plan.is_chain()).map(entry).collect();
    let fabric = plan.fabric.as_ref().map(|fabric| fabric_probe(plan, fabric, &module_at));
    let mut design = Design {
        top: plan.name.clone(),
        files,
        inputs: plan.inputs.iter().map(|port| port.prefix.clone()).collect(),
        outputs: plan.outputs.iter().map(|port| port.prefix.clone()).collect(),
        cores,
        entries,
        edges,
        fabric,
        aer: aer_probes(plan),
        guards: guard_probes(plan, &module_at),
        chips: vec![],
        inside: vec![],
    };
    for probe in design.probes_mut() {
        probe.instances = emission.place(&probe.instances).unwrap_or_else(|| panic!("no instance {:?}", probe.instances)).to_vec();
    }
    design
}

/// The chip's AER ports, as its own top has them.
fn aer_probes(plan: &Plan) -> Vec<AerProbe> {
    let port = |side: &str, sends: bool, width: u32| {
        let pin = |what: &str, width: u32| ProbeSignal {
            instances: vec![],
            module: plan.name.clone(),
            variable: format!("aer_{side}_{what}"),
            width,
        };
        AerProbe { name: format!("aer_{side}"), chip: 0, sends, req: pin("req", 1), ack: pin("ack", 1), data: pin("data", width) }
    };
    let edges = plan.edges;
    let input = (edges.input == Port::Aer).then(|| port("in", false, edges.aer_input_bits(plan.input_format())));
    let output = (edges.output == Port::Aer).then(|| port("out", true, plan.output_format().width()));
    input.into_iter().chain(output).collect()
}

/// The counters of the inputs' guards, if there are any.
fn guard_probes(plan: &Plan, module_at: &dyn Fn(&[String]) -> String) -> Vec<[ProbeSignal; 2]> {
    let guards = plan.edges.guard.map_or(0, |_| plan.inputs.len());
    let counters = |k: usize| {
        let instances = vec![indexed("input_guard", k, guards)];
        let module = module_at(&instances);
        let counter = |variable: &str| ProbeSignal { instances: instances.clone(), module: module.clone(), variable: variable.to_string(), width: COUNT_BITS };
        ["repeats", "off_map"].map(counter)
    };
    (0..guards).map(counters).collect()
}

/// An index that counts to one only is left out.
fn indexed(stem: &str, i: usize, n: usize) -> String {
    if n == 1 { stem.to_string() } else { format!("{stem}_{i}") }
}

/// Instances below the network's own top, which lies in the chip's unless its edges are plain, or it has several ports on a side.
fn below(plan: &Plan, names: &[&str]) -> Vec<String> {
    let streams = (!plan.edges.is_plain() && !plan.has_several_ports()).then_some("streams");
    streams.into_iter().chain(names.iter().copied()).map(String::from).collect()
}

/// Instance of a core.
fn core_path(plan: &Plan, i: usize) -> Vec<String> {
    let core = indexed("core", i, plan.cores.len());
    if plan.is_chain() { below(plan, &[&core]) } else { below(plan, &["network", &core]) }
}

/// The link of signals `<side>_valid<index>`, `_ready`, `_data` in an instance.
fn link_probe(
    instances: Vec<String>,
    side: &str,
    index: &str,
    name: String,
    format: LinkFormat,
    module_at: &dyn Fn(&[String]) -> String,
) -> LinkProbe {
    let signal = |what: &str, width: u32| ProbeSignal {
        module: module_at(&instances),
        instances: instances.clone(),
        variable: format!("{side}_{what}{index}"),
        width,
    };
    LinkProbe {
        name,
        valid: signal("valid", 1),
        ready: signal("ready", 1),
        data: signal("data", format.width()),
        format,
    }
}

fn fabric_probe(plan: &Plan, fabric: &FabricPlan, module_at: &dyn Fn(&[String]) -> String) -> FabricProbe {
    let nodes = &fabric.topology.nodes;
    let router = |n: usize| below(plan, &["network", &indexed("router", n, nodes.len())]);
    // The signals `<side>_valid`, `_ready` and `_data` of an instance.
    let link = |instances: &[String], side: &str, name: String, from_router: bool, to_router: bool| {
        let signal = |what: &str, width: u32| ProbeSignal {
            module: module_at(instances),
            instances: instances.to_vec(),
            variable: format!("{side}_{what}"),
            width,
        };
        PacketProbe {
            name,
            from_router,
            to_router,
            valid: signal("valid", 1),
            ready: signal("ready", 1),
            data: signal("data", fabric.format.width()),
            format: fabric.format,
        }
    };
    let mut links = Vec::new();
    for (n, node) in nodes.iter().enumerate() {
        for port in node.ports.iter().filter(|port| port.behind != Behind::Nothing) {
            let to_router = matches!(port.behind, Behind::Router { .. });
            links.push(link(&router(n), &format!("to_{}", port.name), format!("{} to {}", node.name, port.name), true, to_router));
        }
    }
    for endpoint in 0..=fabric.edge() {
        let interface = below(plan, &["network", &indexed("interface", endpoint, fabric.edge() + 1)]);
        links.push(link(&interface, "out", format!("source {endpoint} to its router"), false, true));
    }
    // A router by table is one switch, with a queue per port.
    let queue = [router(0), vec!["half".to_string(), indexed("queue", 0, nodes[0].ports.len())]].concat();
    let turns = nodes.iter().enumerate().flat_map(|(n, node)| turn_probes(&router(n), node, module_at)).collect();
    FabricProbe { links, turns, queue: module_at(&queue) }
}

/// The ways through a router by table, between ports that lead somewhere.
fn turn_probes(router: &[String], node: &Node, module_at: &dyn Fn(&[String]) -> String) -> Vec<TurnProbe> {
    let ports = node.ports.len();
    let mut turns = Vec::new();
    for (to, there) in node.ports.iter().enumerate().filter(|(_, port)| port.behind != Behind::Nothing) {
        let sources: Vec<usize> = (0..ports).filter(|&from| node.turns[from][to]).collect();
        let output = [router, &["half".to_string(), indexed("output", to, ports)]].concat();
        for (k, &from) in sources.iter().enumerate().filter(|(_, &from)| node.ports[from].behind != Behind::Nothing) {
            let taken = ProbeSignal { module: module_at(&output), instances: output.clone(), variable: indexed("done", k, sources.len()), width: 1 };
            turns.push(TurnProbe { name: format!("{} {} to {}", node.name, node.ports[from].name, there.name), taken });
        }
    }
    turns
}

fn edge_probe(plan: &Plan, e: usize, module_at: &dyn Fn(&[String]) -> String) -> EdgeProbe {
    let blocks = Blocks::of(&plan.wiring);
    let edge = &plan.wiring.edges[e];
    let link = |instances: Vec<String>, side: &str, index: &str, name: String| {
        link_probe(instances, side, index, name, edge.format, module_at)
    };
    let inside = |block: &str, i: usize, n: usize| below(plan, &["network", &indexed(block, i, n)]);
    let merge = blocks.merges.iter().enumerate().find(|(_, (core, _))| *core == edge.to);
    let from = plan.source_name(edge.from);
    let to = &plan.cores[edge.to].name;
    let heard = |name: String| match merge {
        Some((m, (_, edges))) => {
            let k = edges.iter().position(|other| *other == e).unwrap_or(0);
            let index = if edges.len() == 1 { String::new() } else { format!("_{k}") };
            link(inside("merge", m, blocks.merges.len()), "in", &index, name)
        }
        None => link(core_path(plan, edge.to), "in", "", name),
    };
    match blocks.feedbacks.iter().position(|other| *other == e) {
        Some(b) => EdgeProbe {
            sent: link(inside("feedback", b, blocks.feedbacks.len()), "in", "", format!("{from} -> {to}, sent")),
            late: Some(heard(format!("{from} -> {to}, one step late"))),
        },
        None => EdgeProbe { sent: heard(format!("{from} -> {to}")), late: None },
    }
}

fn probes(plan: &Plan, i: usize, core: &CorePlan, module_at: &dyn Fn(&[String]) -> String) -> CoreProbe {
    let instance = core_path(plan, i);
    // With counters, the core lies in its station, which has the same links.
    let within: Vec<String> = core.station.iter().map(|_| "core".to_string()).collect();
    let machine = [instance.as_slice(), &within].concat();
    let signal = |instances: Vec<String>, variable: &str, width: u32| ProbeSignal {
        module: module_at(&instances),
        instances,
        variable: variable.to_string(),
        width,
    };
    let link = |side: &str, name: String, format: LinkFormat| {
        link_probe(instance.clone(), side, "", name, format, module_at)
    };
    let chain = plan.is_chain();
    let before = match i {
        _ if plan.fabric.is_some() => "routers",
        _ if !chain => "merge",
        0 => "input",
        _ => &plan.cores[i - 1].name,
    };
    let after = match plan.cores.get(i + 1) {
        _ if plan.fabric.is_some() => "routers",
        _ if !chain => "readers",
        Some(next) => &next.name,
        None => "output",
    };
    let bank = |b| {
        let below = |more: &[String]| [machine.as_slice(), more].concat();
        let bank = below(&[indexed("bank", b, core.banks())]);
        let memory = if core.small() && core.table.is_none() { "lut_ram" } else { "ram" };
        let ram = below(&[indexed("bank", b, core.banks()), memory.to_string()]);
        let address_bits = hdl::index_width(core.words());
        BankProbe {
            write_enable: signal(ram.clone(), "write_enable", 1),
            write_address: signal(ram.clone(), "write_address", address_bits),
            write_data: signal(ram.clone(), "write_data", core.memory_bits()),
            fire_write: signal(bank.clone(), "fire_write", 1),
            clear_write: signal(bank, "clear", 1),
            memory: signal(ram, "mem", core.memory_bits()),
        }
    };
    let flag = |name: &str| signal(machine.clone(), name, 1);
    let states = match core.machine {
        Machine::Banked | Machine::Table => StateProbe::Banks((0..core.banks()).map(bank).collect()),
        Machine::Parallel => StateProbe::Registers(RegisterProbe {
            reset: flag("rst"),
            integrate: flag("integrate"),
            fire_write: flag("fire_write"),
            clear_write: flag("clear_write"),
            registers: (0..core.lanes)
                .map(|l| [machine.as_slice(), &[indexed("lane", l, core.lanes)]].concat())
                .map(|lane| signal(lane, "membrane", core.state_bits()))
                .collect(),
        }),
    };
    CoreProbe {
        layer: i,
        input: link("in", format!("{before} -> {}", core.name), core.input),
        output: link("out", format!("{} -> {after}", core.name), core.output),
        states,
    }
}
