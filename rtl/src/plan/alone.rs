//! One core of a plan on a chip of its own: as it is, but for what it has for the routers.

use net::wiring::chain;
use net::{InputNode, Network, OutputNode, Problems};

use super::{InPort, OutPort, Plan, Readout, Wiring};
use crate::config::{Config, RegisterMap};
use crate::edge::Edges;

impl Plan {
    /// The layer of core `core` as a network of its own, whose one input is the map that the layer hears, and its plan: the same core
    /// between AXI4-Stream ports, with the same names. With a configuration bus it keeps its station (of another address, as it is the
    /// only one); the interface of routers is left out.
    pub fn alone(&self, core: usize) -> Result<(Network, Plan), Problems> {
        let chip = self.chips.iter().find(|chip| chip.layers.contains(&core));
        let name = chip.map_or(&self.name, |chip| &chip.plan.name).clone();
        let mut core = self.cores[core].clone();
        let network = Network {
            name: name.clone(),
            inputs: InputNode::only(core.layer.input),
            multiplicity: 1,
            layers: vec![core.layer.clone()],
            outputs: OutputNode::only(0),
            sources: chain(1),
        };
        core.on_fabric = false;
        core.station = None;
        let config = self.edges.config.map(|config| Config { routes: false, guard: false, ..config });
        let mut cores = vec![core];
        if let Some(map) = config.map(|config| RegisterMap::of(config, &cores, None)) {
            cores[0].station = Some(map.station(0));
        }
        let plan = Plan {
            name,
            inputs: InPort::all(&network.inputs),
            outputs: OutPort::all(&network, Readout::None)?,
            wiring: Wiring::of(&network),
            fabric: None,
            readout: Readout::None,
            edges: Edges { config, resets: self.edges.resets, stages: self.edges.stages, ..Edges::default() },
            cores,
            chips: Vec::new(),
        };
        Ok((network, plan))
    }
}
