//! The wires of a network of routers: cores, interfaces, routers. `docs/router.md`.

use super::network::{join, Ends};
use hdl::Doc;
use crate::plan::fabric::{Behind, FabricPlan};
use crate::plan::Plan;

/// Levels that drive idle ports.
pub(super) const LOW: &str = "0";
pub(super) const HIGH: &str = "1";

/// Sections of wires: title, and for each wire what is driven and what drives it.
type Sections = Vec<(String, Vec<(String, String)>)>;

/// Whether a router has a port that leads nowhere.
pub(super) fn has_idle_ports(fabric: &FabricPlan) -> bool {
    fabric.topology.nodes.iter().flat_map(|node| &node.ports).any(|port| port.behind == Behind::Nothing)
}

/// Header lines: who sits where.
pub(super) fn describe(doc: Doc, plan: &Plan, fabric: &FabricPlan) -> Doc {
    let mut doc = doc.line(format!("Carried by routers ({}), docs/router.md of spikewright:", fabric.fabric));
    for (core, number) in plan.cores.iter().zip(0..) {
        doc = doc.line(format!("{} is source {number}, at {}.", core.name, place(fabric, number)));
    }
    doc.line(format!("The chip's edge is source {}, at {}.", fabric.edge(), place(fabric, fabric.edge())))
}

/// Router and port of an endpoint, for people.
fn place(fabric: &FabricPlan, endpoint: usize) -> String {
    match fabric.topology.port_of(endpoint) {
        Some((node, port)) => {
            let node = &fabric.topology.nodes[node];
            format!("port {} of {}", node.ports[port].name, node.name)
        }
        None => "no router".into(),
    }
}

/// All wires of the network.
pub(super) fn wires(fabric: &FabricPlan) -> Sections {
    let (edge, nodes) = (fabric.edge(), &fabric.topology.nodes);
    let mut clocks = Vec::new();
    for signal in ["clock", "reset"] {
        clocks.push((format!("entry$0${signal}"), signal.to_string()));
        for (kind, count) in [("core", edge), ("interface", edge + 1), ("router", nodes.len())] {
            clocks.extend((0..count).map(|i| (format!("{kind}${i}${signal}"), signal.to_string())));
        }
    }
    let mut sections = vec![("Clock and reset".to_string(), clocks)];
    for end in 0..edge {
        let interface = format!("interface${end}$");
        let core = format!("core${end}$");
        let mut wires = Vec::new();
        join(&mut wires, &Ends::of(&interface, "heard", ""), &Ends::of(&core, "in", ""));
        join(&mut wires, &Ends::of(&core, "out", ""), &Ends::of(&interface, "sent", ""));
        wires.push((format!("{interface}step_done$0"), format!("{core}step_done$0")));
        sections.push((format!("Core {end} and its interface"), wires));
    }
    let mut wires = Vec::new();
    let interface = format!("interface${edge}$");
    join(&mut wires, &Ends::of("", "in", "$0"), &Ends::of("entry$0$", "in", ""));
    join(&mut wires, &Ends::of("entry$0$", "out", ""), &Ends::of(&interface, "sent", ""));
    join(&mut wires, &Ends::of(&interface, "heard", ""), &Ends::of("", "out", "$0"));
    sections.push(("The chip's edge and its interface; the input through a register slice".to_string(), wires));
    for (n, node) in nodes.iter().enumerate() {
        let mut wires = Vec::new();
        for (p, port) in node.ports.iter().enumerate() {
            let here = Ends::of(&format!("router${n}$"), "in", &format!("${p}"));
            match port.behind {
                Behind::Endpoint(end) => {
                    let interface = format!("interface${end}$");
                    join(&mut wires, &Ends::of(&interface, "out", ""), &here);
                    let there = Ends::of(&interface, "in", "");
                    join(&mut wires, &Ends::of(&format!("router${n}$"), "out", &format!("${p}")), &there);
                }
                Behind::Router { node, port } => {
                    join(&mut wires, &Ends::of(&format!("router${node}$"), "out", &format!("${port}")), &here);
                }
                Behind::Nothing => {
                    wires.push((format!("router${n}$in_valid${p}"), LOW.into()));
                    wires.push((format!("router${n}$in_data${p}"), "no_packet$0".into()));
                    wires.push((format!("router${n}$out_ready${p}"), HIGH.into()));
                }
            }
        }
        sections.push((format!("Into {}", node.name), wires));
    }
    sections
}
