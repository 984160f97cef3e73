//! Walks the routes of a graph node by node, checks every shape on the way, and makes layers of what they bring.

use std::collections::BTreeMap;

use super::combine::combine;
use super::topology::{Fed, Route, Tail, Topology};
use super::{Chain, ChainLayer};
use crate::nir::{Graph, NeuronNode, Node};
use crate::{InputNode, MapShape, Origin, OutputNode, Pool, Problem, Problems, Synapses};

/// Largest map, in positions: far beyond any FPGA, and small enough to hold in memory.
const MAX_NEURONS: usize = 1 << 24;

pub(super) struct Builder<'a> {
    pub(super) graph: &'a Graph,
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<String>,
    pub(super) inputs: Vec<InputNode>,
    /// What each input and each neuron node send.
    pub(super) sent: BTreeMap<String, Sent>,
    // From here on the state of one route.
    /// Shape of what flows out of the node before.
    pub(super) shape: MapShape,
    pub(super) flat: bool,
    /// A non-square convolution came before: recorded shapes behind it are often wrong.
    pub(super) odd_kernel: bool,
    pub(super) pool: Option<Pool>,
    pub(super) average: f64,
    pub(super) weight: Option<Weight>,
    /// A shape is unknown from here on: stop checking shapes.
    pub(super) broken: bool,
    pub(super) last_pool: String,
}

/// What a source sends, as far as the nodes behind it must know.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    pub(super) shape: MapShape,
    pub(super) flat: bool,
    pub(super) odd_kernel: bool,
    pub(super) broken: bool,
}

/// A weight node waiting for its neuron node.
#[derive(Clone)]
pub(super) struct Weight {
    pub(super) name: String,
    pub(super) synapses: Synapses,
    pub(super) weights: Vec<f64>,
    pub(super) bias: Vec<f64>,
    pub(super) output: MapShape,
}

/// What a route brings to its neuron node.
#[derive(Clone)]
pub(super) struct Branch {
    pub(super) from: Origin,
    pub(super) delay: u32,
    /// Shape of the source.
    pub(super) input: MapShape,
    pub(super) pool: Pool,
    /// `None`: the spikes themselves, each times `average`.
    pub(super) weight: Option<Weight>,
    pub(super) average: f64,
}

/// A layer whose delayed routes may still be missing.
struct Draft<'a> {
    fed: &'a Fed,
    neuron: &'a NeuronNode,
    branches: Vec<Branch>,
    /// `None`: it is not known, and there is a problem that says why.
    output: Option<MapShape>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(graph: &'a Graph) -> Self {
        let empty = MapShape::vector(0);
        Builder {
            graph,
            problems: Vec::new(),
            notes: graph.notes.clone(),
            inputs: Vec::new(),
            sent: BTreeMap::new(),
            shape: empty,
            flat: false,
            odd_kernel: false,
            pool: None,
            average: 1.0,
            weight: None,
            broken: false,
            last_pool: String::new(),
        }
    }

    /// Makes the layers of `topology`.
    pub(super) fn build(mut self, topology: &'a Topology) -> Result<Chain, Problems> {
        for name in &topology.inputs {
            if let Some(Node::Input { shape }) = self.graph.nodes.get(name) {
                self.input_node(name, shape);
            }
        }
        let order: BTreeMap<&str, usize> =
            topology.layers.iter().enumerate().map(|(i, fed)| (fed.neuron.as_str(), i)).collect();
        let input = |name: &str| topology.inputs.iter().position(|input| input == name).unwrap_or(0);
        let origin = |name: &str| order.get(name).map_or_else(|| Origin::Input(input(name)), |i| Origin::Layer(*i));
        let mut drafts: Vec<Draft> = Vec::new();
        for fed in &topology.layers {
            if let Some(Node::Neuron(neuron)) = self.graph.nodes.get(&fed.neuron) {
                let draft = self.draft(fed, neuron, &origin);
                drafts.push(draft);
            }
        }
        for draft in &mut drafts {
            for route in draft.fed.routes.iter().filter(|route| route.delayed) {
                let branch = self.walk(route, &origin);
                draft.branches.extend(branch);
            }
        }
        for tail in &topology.outputs {
            self.tail(tail);
        }
        let mut layers: Vec<ChainLayer> = Vec::new();
        for (i, draft) in drafts.into_iter().enumerate() {
            let Some(output) = draft.output.filter(|_| self.problems.is_empty()) else {
                continue;
            };
            let taken: Vec<String> = layers.iter().map(|layer| layer.name.clone()).collect();
            let joined = draft.branches.len() > 1;
            match combine(&draft.fed.neuron, draft.branches, output, &taken) {
                Ok(heard) => layers.push(ChainLayer {
                    name: heard.name,
                    neuron_name: draft.fed.neuron.clone(),
                    recurrent: heard.sources.iter().any(|source| source.from == Origin::Layer(i)),
                    joined,
                    sources: heard.sources,
                    input: heard.input,
                    pool: heard.pool,
                    synapses: heard.synapses,
                    weights: heard.weights,
                    bias: heard.bias,
                    output,
                    neuron: draft.neuron.clone(),
                }),
                Err((value, limit, remedy)) => self.problem("branches", &draft.fed.neuron, value, limit, remedy),
            }
        }
        self.finish(topology, layers)
    }

    /// The routes without delay of a layer, and the shape that they give it.
    fn draft(&mut self, fed: &'a Fed, neuron: &'a NeuronNode, origin: &dyn Fn(&str) -> Origin) -> Draft<'a> {
        let mut branches = Vec::new();
        let mut odd_kernel = false;
        let mut broken = false;
        for route in fed.routes.iter().filter(|route| !route.delayed) {
            let branch = self.walk(route, origin);
            broken |= branch.is_none();
            branches.extend(branch);
            odd_kernel |= self.odd_kernel;
        }
        let mut flat = self.flat;
        let known = branches.iter().find_map(|branch| branch.weight.as_ref().map(|weight| (weight.name.clone(), weight.output)));
        // Spikes themselves, pooled or not: neurons of the shape that arrives.
        let before = fed.routes.first().map(|route| route.over.last().unwrap_or(&route.from).clone());
        let mut arrives = branches.first().map(|branch| branch.pool.output);
        let is_dense = |name: &String| matches!(self.graph.nodes.get(name), Some(Node::Linear { .. }));
        if fed.routes.iter().flat_map(|route| &route.over).any(is_dense) {
            // A fully connected node that comes back: all that meets is a vector.
            arrives = arrives.map(|map| MapShape::vector(map.len()));
            flat = true;
        }
        let known = known.or_else(|| Some((before?, arrives?)));
        if let Some((name, output)) = &known {
            self.parameters(&fed.neuron, neuron, name, *output);
        }
        let output = known.map(|(_, output)| output).filter(|_| !broken && !self.broken);
        let sent = Sent {
            shape: output.unwrap_or(MapShape::vector(1)),
            flat,
            odd_kernel,
            broken: output.is_none(),
        };
        self.sent.insert(fed.neuron.clone(), sent);
        Draft {
            fed,
            neuron,
            branches,
            output,
        }
    }

    /// One route, node by node; `None` if its shapes are not known.
    fn walk(&mut self, route: &Route, origin: &dyn Fn(&str) -> Origin) -> Option<Branch> {
        let sent = *self.sent.get(&route.from)?;
        self.start(sent);
        for name in &route.over {
            self.node(name, &self.graph.nodes[name.as_str()]);
        }
        if self.broken {
            return None;
        }
        Some(Branch {
            from: origin(&route.from),
            delay: u32::from(route.delayed),
            input: sent.shape,
            pool: self.pool.unwrap_or(Pool::none(sent.shape)),
            weight: self.weight.take(),
            average: self.average,
        })
    }

    fn start(&mut self, sent: Sent) {
        (self.shape, self.flat) = (sent.shape, sent.flat);
        (self.odd_kernel, self.broken) = (sent.odd_kernel, sent.broken);
        (self.pool, self.average, self.weight) = (None, 1.0, None);
    }

    /// From a layer to the output that it feeds.
    fn tail(&mut self, tail: &Tail) {
        let Some(sent) = self.sent.get(&tail.route.from).copied() else { return };
        self.start(sent);
        for name in &tail.route.over {
            self.node(name, &self.graph.nodes[name.as_str()]);
        }
        if let Some(Node::Output { shape }) = self.graph.nodes.get(&tail.output) {
            self.output_node(&tail.output, shape, tail.layer.is_some());
        }
    }

    pub(super) fn problem(&mut self, code: &'static str, node: &str, value: String, limit: &str, remedy: &str) {
        self.problems.push(Problem::new(
            code,
            format!("{}: node \"{node}\"", self.graph.file),
            value,
            limit,
            remedy,
        ));
    }

    pub(super) fn shape_problem(&mut self, node: &str, value: String, limit: &str) {
        let remedy = "check the shapes of the nodes around it, or export the net again";
        self.problem("shape-chain", node, value, limit, remedy);
        self.broken = true;
    }

    /// Whether a map is too large to build; that is a problem.
    pub(super) fn too_large(&mut self, node: &str, dims: &[usize]) -> bool {
        let size = dims.iter().try_fold(1usize, |size, n| size.checked_mul(*n));
        if size.is_some_and(|size| size <= MAX_NEURONS) {
            return false;
        }
        self.shape_problem(
            node,
            format!("a map of {dims:?}"),
            &format!("at most {MAX_NEURONS} positions"),
        );
        true
    }

    pub(super) fn node(&mut self, name: &str, node: &Node) {
        let passive = matches!(node, Node::Input { .. } | Node::Output { .. } | Node::Flatten { .. });
        if let (
            Some(Weight {
                synapses: Synapses::Conv2d(_),
                ..
            }),
            false,
            Node::SumPool2d(window) | Node::AvgPool2d(window),
        ) = (&self.weight, self.broken, node)
        {
            self.fold_pool(name, *window, matches!(node, Node::AvgPool2d(_)));
            return;
        }
        if let (Some(weight), false) = (&self.weight, passive) {
            let value = format!(
                "{} follows the weight node \"{}\" directly",
                node.type_name(),
                weight.name
            );
            let limit = "a neuron node (IF, LIF or LI) follows each weight node";
            self.problem(
                "layer-form",
                name,
                value,
                limit,
                "put a neuron node between them, or merge the two weight nodes",
            );
            self.weight = None;
        }
        match node {
            // The ends of nested graphs.
            Node::Input { .. } | Node::Output { .. } | Node::Neuron(_) => {}
            Node::Flatten {
                start_dim,
                end_dim,
                input_type,
            } => self.flatten(name, *start_dim, *end_dim, input_type.as_deref()),
            Node::SumPool2d(window) => self.pool(name, *window, false),
            Node::AvgPool2d(window) => self.pool(name, *window, true),
            Node::Linear { weight, bias } => self.linear(name, weight, bias.as_ref()),
            Node::Conv2d(conv) => self.conv(name, conv),
        }
    }

    /// Every parameter array fits the neurons that node `before` feeds.
    fn parameters(&mut self, name: &str, neuron: &NeuronNode, before: &str, output: MapShape) {
        let arrays = [
            Some(&neuron.r),
            neuron.tau.as_ref(),
            neuron.v_leak.as_ref(),
            neuron.v_threshold.as_ref(),
            neuron.v_reset.as_ref(),
        ];
        let keys = ["r", "tau", "v_leak", "v_threshold", "v_reset"];
        for (array, key) in arrays.iter().zip(keys) {
            let Some(array) = array else { continue };
            if ![1, output.c, output.len()].contains(&array.data.len()) {
                let value = format!("`{key}` of shape {:?}, \"{before}\" gives {output}", array.shape);
                self.shape_problem(name, value, "one value per layer, channel or neuron");
            }
        }
    }

    fn finish(mut self, topology: &Topology, layers: Vec<ChainLayer>) -> Result<Chain, Problems> {
        if topology.layers.is_empty() && self.problems.is_empty() {
            let remedy = "export a net with at least one weight node and its neuron node";
            self.problems.push(Problem::new(
                "layer-form",
                &self.graph.file,
                "no layers",
                "at least one layer",
                remedy,
            ));
        }
        let is_readout = |name: &&String| matches!(self.graph.nodes.get(*name), Some(Node::Neuron(n)) if n.v_threshold.is_none());
        let heard = |name: &&String| topology.layers.iter().flat_map(|fed| &fed.routes).any(|route| route.from == **name);
        let neurons = topology.layers.iter().rev().map(|fed| &fed.neuron);
        let readouts: Vec<String> = neurons.filter(is_readout).filter(heard).cloned().collect();
        for name in readouts {
            let remedy = "use LIF inside the net, or cut the net behind this node";
            self.problem(
                "layer-form",
                &name,
                "LI inside the net".into(),
                "LI is a readout: it feeds an Output only",
                remedy,
            );
        }
        // Nodes that lie on several routes were looked at several times.
        let mut problems: Vec<Problem> = Vec::new();
        for problem in self.problems {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        let mut notes: Vec<String> = Vec::new();
        for note in self.notes {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        let outputs = topology.outputs.iter().filter_map(|tail| Some(OutputNode::whole(tail.output.clone(), tail.layer?)));
        let chain = Chain {
            file: self.graph.file.clone(),
            version: self.graph.version.clone(),
            inputs: self.inputs,
            layers,
            outputs: outputs.collect(),
            metadata: self.graph.metadata.clone(),
            notes,
        };
        Problems::unless_empty(problems, chain)
    }
}
