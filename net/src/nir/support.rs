//! The support matrix: every node type of NIR 1.0.8, and what spikewright does with it.

/// One row of the support matrix (`spikewright nodes`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NodeSupport {
    /// NIR's name of the node type.
    pub name: &'static str,
    pub supported: bool,
    /// What is accepted, or what to do instead.
    pub note: &'static str,
}

const fn yes(name: &'static str, note: &'static str) -> NodeSupport {
    NodeSupport {
        name,
        supported: true,
        note,
    }
}

const fn no(name: &'static str, note: &'static str) -> NodeSupport {
    NodeSupport {
        name,
        supported: false,
        note,
    }
}

const NODES: &[NodeSupport] = &[
    yes(
        "Input",
        "any number, a stream each; vector or channels x rows x columns; a leading batch dimension of 1 is dropped",
    ),
    yes("Output", "any number, a stream each; one layer feeds it, which may feed further layers"),
    yes("Affine", "fully connected with bias; a neuron node follows, which further branches may feed"),
    yes("Linear", "fully connected; a neuron node follows"),
    yes(
        "Conv2d",
        "any stride, dilation, groups and padding (numbers, \"same\", \"valid\"); a neuron node follows",
    ),
    yes(
        "SumPool2d",
        "in front of a weight or neuron node: any window, stride and padding; right behind a Conv2d: without padding",
    ),
    yes(
        "AvgPool2d",
        "as SumPool2d, with 1 / window size folded into the weights",
    ),
    yes("Flatten", "keeps the C order; a batch dimension may count or not"),
    yes("IF", "per layer, channel or neuron parameters; without a weight node in front it hears its source's spikes with weight 1"),
    yes(
        "LIF",
        "as IF; the time step comes from --dt, a preset or the metadata",
    ),
    yes("LI", "readout: sends its membrane every time step; no layer hears it"),
    yes(
        "NIRGraph",
        "nested graphs are flattened; branches, shortcuts of spikes, recurrence and feedback (one step late)",
    ),
    no("Conv1d", "reshape to Conv2d with one row"),
    no("CubaLIF", "use LIF"),
    no("CubaLI", "use LI"),
    no("I", "use LI"),
    no("Scale", "fold the factor into the weights of the next node"),
    no("Threshold", "use IF"),
    no("Delay", "retrain without delays"),
];

/// The support matrix, one row per NIR node type.
pub fn node_support() -> &'static [NodeSupport] {
    NODES
}

/// Names of the supported node types, comma separated.
pub fn supported_names() -> String {
    NODES
        .iter()
        .filter(|row| row.supported)
        .map(|row| row.name)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Advice for a node type that is not supported.
pub(super) fn advice(name: &str) -> &'static str {
    NODES
        .iter()
        .find(|row| row.name == name)
        .map_or("use one of the supported node types", |row| row.note)
}
