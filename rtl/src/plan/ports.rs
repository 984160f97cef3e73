//! The streams at the chip's edge: one in for each Input node of the net, one out for each Output node.

use std::collections::BTreeSet;
use std::ops::Range;

use names::unique_identifier;
use net::{InputNode, MapShape, Network, Place, Problem, Problems, Source, NOWHERE};

use super::{readout_format, PlanOptions, Readout};
use crate::edge::Port;
use crate::link::LinkFormat;

/// What the names of an input's signals begin with.
const BUS_IN: &str = "s_axis";

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
        let prefixes = prefixes(BUS_IN, inputs.iter().map(|input| input.name.as_str()));
        let port = |(input, prefix): (&InputNode, String)| InPort { node: input.name.clone(), prefix, shape: input.shape };
        inputs.iter().zip(prefixes).map(port).collect()
    }

    /// What the guard of this port is called: `input_guard`, or `input_guard_<node>` if there are several.
    pub fn guard_name(&self) -> String {
        self.prefix.replacen(BUS_IN, "input_guard", 1)
    }

    /// The pin of a counter of that guard, `repeats` or `off_map`: `guard_<counter>`, and `_<node>` behind it if there are several ports.
    pub fn guard_pin(&self, counter: &str) -> String {
        self.prefix.replacen(BUS_IN, &format!("guard_{counter}"), 1)
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
    /// The core whose words, or whose readout's, leave; several are the parts of a layer.
    pub cores: Range<usize>,
    /// Map of what leaves.
    pub shape: MapShape,
    /// Words of that map as the network has them.
    pub words: LinkFormat,
    /// Words that leave: the same, or a readout's.
    pub format: LinkFormat,
}

impl OutPort {
    /// A port for each output of `net`; a problem where one has no such readout.
    pub fn all(net: &Network, readout: Readout) -> Result<Vec<OutPort>, Problems> {
        let prefixes = prefixes("m_axis", net.outputs.iter().map(|output| output.name.as_str()));
        let port = |(k, prefix): (usize, String)| {
            let (output, shape) = (&net.outputs[k], net.leaving(k).shape);
            let layer = &net.layers[output.layer];
            let words = LinkFormat::of(layer, shape);
            let format = readout_format(readout, layer, shape)?.unwrap_or(words);
            Ok(OutPort { node: output.name.clone(), prefix, cores: output.layers(), shape, words, format })
        };
        prefixes.into_iter().enumerate().map(port).collect()
    }
}

/// What a net's inputs and outputs cannot be combined with.
pub fn refusals(net: &Network, options: &PlanOptions) -> Vec<Problem> {
    let (inputs, outputs) = (net.inputs.len(), net.outputs.len());
    if inputs == 1 && outputs == 1 {
        return in_parts(net, options).into_iter().chain(in_bands(net, options)).collect();
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

/// A layer that leaves the chip in parts, which only routers bring together.
fn in_parts(net: &Network, options: &PlanOptions) -> Option<Problem> {
    let output = net.outputs.iter().find(|output| output.parts.len() > 1).filter(|_| options.fabric.is_none())?;
    let name = &net.layers[output.layer].name;
    let path = format!("parts of layer {:?}", name.strip_suffix(".0").unwrap_or(name));
    let limit = "1 without --fabric: it leaves the chip by one link, and routers bring its parts together";
    Some(Problem::new("parts-output", path, output.parts.len().to_string(), limit, "add --fabric, or split another layer"))
}

/// A layer that is cut by rows, whose readers drop words.
fn in_bands(net: &Network, options: &PlanOptions) -> Option<Problem> {
    let some = |source: &&Source| match &source.place {
        Place::Moved(_) => true,
        Place::Table(table) => table.contains(&NOWHERE),
        Place::Channels(_) => false,
    };
    options.fabric.is_none().then(|| net.sources.iter().flatten().find(some)).flatten()?;
    let limit = "parts by channels without --fabric: who hears some rows drops the others' words at its router";
    Some(Problem::new("parts-rows", "parts", "rows", limit, "add --fabric, or split by channels"))
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
