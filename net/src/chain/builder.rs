//! Groups the nodes of a chain into layers and checks every shape on the way.

use super::{Chain, ChainLayer};
use crate::nir::{Graph, NeuronNode, Node};
use crate::{MapShape, Pool, Problem, Problems, Synapses};

/// Largest map, in positions: far beyond any FPGA, and small enough to hold in memory.
const MAX_NEURONS: usize = 1 << 24;

pub(super) struct Builder<'a> {
    pub(super) graph: &'a Graph,
    pub(super) problems: Vec<Problem>,
    pub(super) notes: Vec<String>,
    /// Shape of what flows out of the node before.
    pub(super) shape: MapShape,
    pub(super) flat: bool,
    /// A non-square convolution came before: recorded shapes behind it are often wrong.
    pub(super) odd_kernel: bool,
    pub(super) input: MapShape,
    pub(super) pool: Option<Pool>,
    /// Shape in front of the pools of the layer being built.
    pub(super) layer_input: MapShape,
    pub(super) average: f64,
    pub(super) weight: Option<Weight>,
    pub(super) layers: Vec<ChainLayer>,
    /// A shape is unknown from here on: stop checking shapes.
    pub(super) broken: bool,
    pub(super) last_pool: String,
}

/// A weight node waiting for its neuron node.
pub(super) struct Weight {
    pub(super) name: String,
    pub(super) synapses: Synapses,
    pub(super) weights: Vec<f64>,
    pub(super) bias: Vec<f64>,
    pub(super) output: MapShape,
}

impl<'a> Builder<'a> {
    pub(super) fn new(graph: &'a Graph) -> Self {
        let empty = MapShape::vector(0);
        Builder {
            graph,
            problems: Vec::new(),
            notes: Vec::new(),
            shape: empty,
            flat: false,
            odd_kernel: false,
            input: empty,
            pool: None,
            layer_input: empty,
            average: 1.0,
            weight: None,
            layers: Vec::new(),
            broken: false,
            last_pool: String::new(),
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
        if let (Some(weight), false, false) = (&self.weight, passive, matches!(node, Node::Neuron(_))) {
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
            Node::Input { shape } if self.input.is_empty() => self.input_node(name, shape),
            Node::Input { .. } => {}
            Node::Output { shape } => self.output_node(name, shape),
            Node::Flatten {
                start_dim,
                end_dim,
                input_type,
            } => self.flatten(name, *start_dim, *end_dim, input_type.as_deref()),
            Node::SumPool2d(window) => self.pool(name, *window, false),
            Node::AvgPool2d(window) => self.pool(name, *window, true),
            Node::Linear { weight, bias } => self.linear(name, weight, bias.as_ref()),
            Node::Conv2d(conv) => self.conv(name, conv),
            Node::Neuron(neuron) => self.neuron(name, neuron),
        }
    }

    fn input_node(&mut self, name: &str, shape: &[usize]) {
        let mut dims = shape;
        while dims[0] == 1 && (dims.len() > 3 || dims.len() == 2) {
            self.notes.push(format!(
                "input \"{name}\": shape {shape:?} read without its leading dimension of 1 (batch)"
            ));
            dims = &dims[1..];
        }
        if self.too_large(name, dims) {
            return;
        }
        self.shape = match dims {
            [n] => MapShape::vector(*n),
            [c, h, w] => MapShape::new(*c, *h, *w),
            _ => {
                let limit = "a vector [n] or a map [channels, rows, columns], batch dimension at most 1";
                self.problem(
                    "input-shape",
                    name,
                    format!("input shape {shape:?}"),
                    limit,
                    "export the net without batch or time dimension",
                );
                self.broken = true;
                MapShape::vector(1)
            }
        };
        self.flat = dims.len() == 1;
        self.input = self.shape;
        self.layer_input = self.shape;
    }

    fn output_node(&mut self, name: &str, shape: &[usize]) {
        if let Some(weight) = &self.weight {
            let (value, name) = ("has no neuron node behind it".to_string(), weight.name.clone());
            let remedy = "end the net with IF or LIF (spikes) or LI (membrane readout)";
            self.problem(
                "layer-form",
                &name,
                value,
                "a neuron node (IF, LIF or LI) follows each weight node",
                remedy,
            );
            return;
        }
        if self.pool.is_some() {
            let name = self.last_pool.clone();
            let remedy = "drop the last pooling, or add a weight node and a neuron node behind it";
            self.problem(
                "layer-form",
                &name,
                "pooling at the end of the net".into(),
                "pooling stands in front of a weight node",
                remedy,
            );
            return;
        }
        if self.broken || self.layers.is_empty() {
            return;
        }
        let plain = |dims: &[usize]| dims.iter().copied().filter(|&n| n != 1).collect::<Vec<_>>();
        let (c, h, w) = (self.shape.c, self.shape.h, self.shape.w);
        if plain(shape) == plain(&[c, h, w]) || plain(shape) == plain(&[self.shape.len()]) {
            return;
        }
        let value = format!(
            "the output says shape {shape:?}, the nodes before it give {}",
            self.shape
        );
        match self.odd_kernel {
            true => self.notes.push(format!(
                "output \"{name}\": {value}; ignored, as files record wrong shapes behind non-square kernels"
            )),
            false => self.shape_problem(name, value, "the output's shape is that of the last layer"),
        }
    }

    fn flatten(&mut self, name: &str, start: i64, end: i64, input_type: Option<&[usize]>) {
        if self.broken {
            return;
        }
        let dims = match self.flat {
            true => vec![self.shape.len()],
            false => vec![self.shape.c, self.shape.h, self.shape.w],
        };
        // A batch dimension in the recorded shape shifts the dimensions by one.
        let shift = input_type.map_or(0, |t| i64::from(t.len() == dims.len() + 1 && t[0] == 1));
        let rank = dims.len() as i64;
        let place = |d: i64| if d < 0 { d + rank } else { (d - shift).max(0) };
        let (start, end) = (place(start), place(end));
        let kept: Vec<usize> = dims
            .iter()
            .enumerate()
            .filter(|(i, _)| (*i as i64) < start || (*i as i64) > end)
            .map(|(_, n)| *n)
            .collect();
        if kept.iter().any(|&n| n != 1) || start < 0 || end >= rank {
            let value = format!("flattens dimensions {start}..={end} of {dims:?}");
            self.problem(
                "flatten",
                name,
                value,
                "Flatten covers the whole map (start_dim 0, end_dim -1)",
                "flatten all dimensions but the batch",
            );
            self.broken = true;
            return;
        }
        if let Some(recorded) = input_type {
            let plain = |dims: &[usize]| dims.iter().copied().filter(|&n| n != 1).collect::<Vec<_>>();
            if plain(recorded) != plain(&dims) && !self.odd_kernel {
                self.shape_problem(
                    name,
                    format!("input_type says {recorded:?}, the node before gives {}", self.shape),
                    "the shapes agree",
                );
            }
        }
        self.flat = true;
    }

    fn neuron(&mut self, name: &str, neuron: &NeuronNode) {
        let Some(weight) = self.weight.take() else {
            if !self.broken && self.problems.iter().all(|p| p.code != "layer-form") {
                let value = format!("{} without a weight node in front", neuron.kind.name());
                let remedy = "put an Affine, Linear or Conv2d node in front of it";
                self.problem(
                    "layer-form",
                    name,
                    value,
                    "a layer is a weight node and its neuron node",
                    remedy,
                );
            }
            self.broken = true;
            return;
        };
        let output = weight.output;
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
                let value = format!("`{key}` of shape {:?}, \"{}\" gives {output}", array.shape, weight.name);
                self.shape_problem(name, value, "one value per layer, channel or neuron");
            }
        }
        let pool = self.pool.take().unwrap_or(Pool::none(self.layer_input));
        self.layers.push(ChainLayer {
            name: weight.name,
            neuron_name: name.to_string(),
            input: self.layer_input,
            pool,
            synapses: weight.synapses,
            weights: weight.weights,
            bias: weight.bias,
            output,
            neuron: neuron.clone(),
        });
        self.layer_input = output;
    }

    pub(super) fn finish(mut self, order: &[String]) -> Result<Chain, Problems> {
        if self.layers.is_empty() && self.problems.is_empty() {
            let remedy = "export a net with at least one weight node and its neuron node";
            self.problems.push(Problem::new(
                "layer-form",
                &self.graph.file,
                "no layers",
                "at least one layer",
                remedy,
            ));
        }
        let readouts: Vec<String> = self
            .layers
            .iter()
            .rev()
            .skip(1)
            .filter(|l| l.neuron.v_threshold.is_none())
            .map(|l| l.neuron_name.clone())
            .collect();
        for name in readouts {
            let remedy = "use LIF inside the net, or cut the net behind this node";
            self.problem(
                "layer-form",
                &name,
                "LI inside the net".into(),
                "LI is a readout: last layer only",
                remedy,
            );
        }
        let chain = Chain {
            file: self.graph.file.clone(),
            version: self.graph.version.clone(),
            input_node: order.first().cloned().unwrap_or_default(),
            output_node: order.last().cloned().unwrap_or_default(),
            input: self.input,
            layers: self.layers,
            metadata: self.graph.metadata.clone(),
            notes: self.notes,
        };
        Problems::unless_empty(self.problems, chain)
    }
}
