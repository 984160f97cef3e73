//! The streams at the chip's edge: one in for each Input node of the net, one out for each Output node.

use std::collections::BTreeSet;

use net::{InputNode, MapShape, Network, OutputNode, Problem};

use super::{unique_identifier, PlanOptions, Readout};
use crate::edge::Port;
use crate::link::LinkFormat;

/// Where words enter.
#[derive(Clone, Debug, PartialEq)]
pub struct InPort {
    /// NIR name of the Input node.
    pub node: String,
    /// What the names of its signals begin with: `s_axis`, or `s_axis_<node>` if there are several.
    pub prefix: String,
    pub shape: MapShape,
}

impl InPort {
    /// A port for each of `inputs`.
    pub fn all(inputs: &[InputNode]) -> Vec<InPort> {
        let prefixes = prefixes("s_axis", inputs.iter().map(|input| input.name.as_str()));
        let port = |(input, prefix): (&InputNode, String)| InPort { node: input.name.clone(), prefix, shape: input.shape };
        inputs.iter().zip(prefixes).map(port).collect()
    }

    /// The network's own word for it.
    pub fn node(&self) -> InputNode {
        InputNode { name: self.node.clone(), shape: self.shape }
    }

    /// Words that enter.
    pub fn format(&self) -> LinkFormat {
        LinkFormat::spikes(self.shape)
    }
}

/// Where words leave.
#[derive(Clone, Debug, PartialEq)]
pub struct OutPort {
    /// NIR name of the Output node.
    pub node: String,
    /// What the names of its signals begin with: `m_axis`, or `m_axis_<node>` if there are several.
    pub prefix: String,
    /// The core whose words, or whose readout's, leave.
    pub core: usize,
    /// Words that leave.
    pub format: LinkFormat,
}

impl OutPort {
    /// A port for each of `outputs`; `format` says what a core's look like.
    pub fn all(outputs: &[OutputNode], format: impl Fn(usize) -> LinkFormat) -> Vec<OutPort> {
        let prefixes = prefixes("m_axis", outputs.iter().map(|output| output.name.as_str()));
        let port = |(output, prefix): (&OutputNode, String)| OutPort {
            node: output.name.clone(),
            prefix,
            core: output.layer,
            format: format(output.layer),
        };
        outputs.iter().zip(prefixes).map(port).collect()
    }
}

/// What a net with several inputs or outputs cannot be combined with.
pub fn refusals(net: &Network, options: &PlanOptions) -> Vec<Problem> {
    let (inputs, outputs) = (net.inputs.len(), net.outputs.len());
    if inputs == 1 && outputs == 1 {
        return Vec::new();
    }
    let found = format!("a net with {inputs} input{} and {outputs} output{}", plural(inputs), plural(outputs));
    let edges = options.edges;
    let wishes = [
        ("--input-port aer", edges.input == Port::Aer, "AXI4-Stream ports", "use --input-port stream"),
        ("--output-port aer", edges.output == Port::Aer, "AXI4-Stream ports", "use --output-port stream"),
        ("--tick", edges.step_end.is_some(), "time steps that end by TICK words in every input", "use --tick in-band"),
        ("--config-port", edges.config.is_some(), "no registers", "leave out --config-port"),
        ("--readout", options.readout != Readout::None, "the layers' own words at every output", "use --readout none"),
        ("--fabric", options.fabric.is_some(), "links from core to core", "leave out --fabric"),
        ("--chips", options.chips.is_some(), "one chip", "leave out --chips"),
    ];
    let asked = wishes.into_iter().filter(|(_, asked, ..)| *asked);
    asked.map(|(flag, _, limit, remedy)| Problem::new("several-ports", flag, found.clone(), limit, remedy)).collect()
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// `bus` for one node; `<bus>_<name>` for each of several, as legal and unique identifiers.
fn prefixes<'a>(bus: &str, nodes: impl ExactSizeIterator<Item = &'a str>) -> Vec<String> {
    if nodes.len() == 1 {
        return vec![bus.to_string()];
    }
    let mut used = BTreeSet::new();
    nodes.map(|node| format!("{bus}_{}", unique_identifier(node, "port", &mut used))).collect()
}
