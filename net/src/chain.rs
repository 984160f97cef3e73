//! Graph to chain: nodes in order, grouped into layers (pooling, weight node, neuron node), every shape checked.
//!
//! Still floats and still volts and seconds: semantics come later (`semantics.rs`).

use std::collections::{BTreeMap, BTreeSet};

use crate::nir::{Array, ConvNode, Graph, NeuronNode, Node, Padding, Window};
use crate::{Conv2d, Dense, MapShape, Pool, Problem, Problems, Synapses};

/// A net as a chain of layers, as read.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    pub file: String,
    pub version: String,
    pub input_node: String,
    pub output_node: String,
    pub input: MapShape,
    pub layers: Vec<ChainLayer>,
    pub metadata: BTreeMap<String, String>,
    /// What was read leniently, for the list of assumptions.
    pub notes: Vec<String>,
}

/// One layer as read; weights carry the 1 / window size of average pooling, nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainLayer {
    pub name: String,
    pub neuron_name: String,
    pub input: MapShape,
    pub pool: Pool,
    /// Geometry; its integer weights are empty.
    pub synapses: Synapses,
    /// In the order that [`Synapses`] states.
    pub weights: Vec<f64>,
    /// One per output channel; empty if the node has none.
    pub bias: Vec<f64>,
    pub output: MapShape,
    pub neuron: NeuronNode,
}

/// Orders and groups the nodes of a graph. All problems are reported at once where one does not hide the next.
pub fn chain(graph: &Graph) -> Result<Chain, Problems> {
    let order = order(graph)?;
    let mut builder = Builder::new(graph);
    for name in &order {
        builder.node(name, &graph.nodes[name.as_str()]);
    }
    builder.finish(&order)
}

/// Node names from Input to Output.
fn order(graph: &Graph) -> Result<Vec<String>, Problems> {
    let mut problems = Vec::new();
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut previous: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in &graph.edges {
        next.entry(from).or_default().push(to);
        previous.entry(to).or_default().push(from);
    }
    let at = |name: &str| format!("{}: node \"{name}\"", graph.file);
    let remedy = "this version builds chains only; export the net without branches, skip connections or recurrence";
    for (name, targets) in next.iter().filter(|(_, targets)| targets.len() > 1) {
        let value = format!("feeds {} nodes ({})", targets.len(), targets.join(", "));
        problems.push(Problem::new(
            "not-a-chain",
            at(name),
            value,
            "each node feeds one node",
            remedy,
        ));
    }
    for (name, sources) in previous.iter().filter(|(_, sources)| sources.len() > 1) {
        let value = format!("is fed by {} nodes ({})", sources.len(), sources.join(", "));
        problems.push(Problem::new(
            "not-a-chain",
            at(name),
            value,
            "each node has one source",
            remedy,
        ));
    }
    let is = |name: &str, want: &str| graph.nodes.get(name).is_some_and(|node| node.type_name() == want);
    let starts: Vec<&String> = graph
        .nodes
        .keys()
        .filter(|n| is(n, "Input") && !previous.contains_key(n.as_str()))
        .collect();
    let ends: Vec<&String> = graph
        .nodes
        .keys()
        .filter(|n| is(n, "Output") && !next.contains_key(n.as_str()))
        .collect();
    for (found, want) in [(&starts, "Input"), (&ends, "Output")] {
        if found.len() != 1 {
            let value = format!("{} {want} nodes at the net's edge", found.len());
            let remedy = format!("export a graph with one {want} node");
            problems.push(Problem::new(
                "graph-ends",
                &graph.file,
                value,
                format!("one {want} node"),
                remedy,
            ));
        }
    }
    let mut order: Vec<String> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut now = starts.first().map(|name| name.as_str());
    while let Some(name) = now {
        if !seen.insert(name) {
            if problems.is_empty() {
                let value = "lies on a cycle";
                problems.push(Problem::new(
                    "not-a-chain",
                    at(name),
                    value,
                    "chains have no cycles",
                    remedy,
                ));
            }
            break;
        }
        order.push(name.to_string());
        now = next.get(name).and_then(|targets| targets.first()).copied();
    }
    if problems.is_empty() {
        for name in graph.nodes.keys().filter(|name| !seen.contains(name.as_str())) {
            let value = "is not on the way from Input to Output";
            let remedy = "remove the node or add the missing edge";
            problems.push(Problem::new(
                "not-a-chain",
                at(name),
                value,
                "every node lies on the chain",
                remedy,
            ));
        }
    }
    Problems::unless_empty(problems, order)
}

struct Builder<'a> {
    graph: &'a Graph,
    problems: Vec<Problem>,
    notes: Vec<String>,
    /// Shape of what flows out of the node before.
    shape: MapShape,
    flat: bool,
    /// A non-square convolution came before: recorded shapes behind it are often wrong.
    odd_kernel: bool,
    input: MapShape,
    pool: Option<Pool>,
    /// Shape in front of the pools of the layer being built.
    layer_input: MapShape,
    average: f64,
    weight: Option<Weight>,
    layers: Vec<ChainLayer>,
    /// A shape is unknown from here on: stop checking shapes.
    broken: bool,
    last_pool: String,
}

/// A weight node waiting for its neuron node.
struct Weight {
    name: String,
    synapses: Synapses,
    weights: Vec<f64>,
    bias: Vec<f64>,
    output: MapShape,
}

impl<'a> Builder<'a> {
    fn new(graph: &'a Graph) -> Self {
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

    fn problem(&mut self, code: &'static str, node: &str, value: String, limit: &str, remedy: &str) {
        self.problems.push(Problem::new(
            code,
            format!("{}: node \"{node}\"", self.graph.file),
            value,
            limit,
            remedy,
        ));
    }

    fn shape_problem(&mut self, node: &str, value: String, limit: &str) {
        let remedy = "check the shapes of the nodes around it, or export the net again";
        self.problem("shape-chain", node, value, limit, remedy);
        self.broken = true;
    }

    fn node(&mut self, name: &str, node: &Node) {
        let passive = matches!(node, Node::Input { .. } | Node::Output { .. } | Node::Flatten { .. });
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

    fn pool(&mut self, name: &str, window: Window, average: bool) {
        self.last_pool = name.to_string();
        if self.flat && !self.broken {
            let value = format!("pools a vector of {}", self.shape.len());
            self.shape_problem(name, value, "pooling needs a map of channels x rows x columns");
        }
        if self.broken {
            return;
        }
        let out = |n: usize, k: usize, s: usize, p: usize| (n + 2 * p).checked_sub(k).map(|rest| rest / s + 1);
        let rows = out(self.shape.h, window.kernel.0, window.stride.0, window.padding.0);
        let columns = out(self.shape.w, window.kernel.1, window.stride.1, window.padding.1);
        let (Some(h), Some(w)) = (rows, columns) else {
            let value = format!(
                "window {:?} on a map of {} with padding {:?}",
                window.kernel, self.shape, window.padding
            );
            self.shape_problem(name, value, "the window fits the map");
            return;
        };
        let output = MapShape::new(self.shape.c, h, w);
        let plain = |kernel: (usize, usize), stride: (usize, usize), padding: (usize, usize)| {
            kernel == stride && padding == (0, 0)
        };
        let pool = match self.pool {
            None => Pool {
                kernel: window.kernel,
                stride: window.stride,
                padding: window.padding,
                output,
            },
            Some(first) => {
                let both = plain(first.kernel, first.stride, first.padding)
                    && plain(window.kernel, window.stride, window.padding);
                if !both {
                    let limit = "pools in a row are whole windows: stride = kernel, no padding";
                    self.problem(
                        "pool-pair",
                        name,
                        "overlapping or padded pool next to another pool".into(),
                        limit,
                        "use one pool",
                    );
                    self.broken = true;
                    return;
                }
                let kernel = (first.kernel.0 * window.kernel.0, first.kernel.1 * window.kernel.1);
                Pool {
                    kernel,
                    stride: kernel,
                    padding: (0, 0),
                    output,
                }
            }
        };
        if average {
            self.average /= (window.kernel.0 * window.kernel.1) as f64;
        }
        self.pool = Some(pool);
        self.shape = output;
    }

    fn linear(&mut self, name: &str, weight: &Array, bias: Option<&Array>) {
        let [outputs, inputs] = weight.shape[..] else {
            self.shape_problem(
                name,
                format!("weight of shape {:?}", weight.shape),
                "weight is [out, in]",
            );
            return;
        };
        if !self.broken && inputs != self.shape.len() {
            let value = format!(
                "takes {inputs} inputs, the node before gives {} ({})",
                self.shape,
                self.shape.len()
            );
            self.shape_problem(name, value, "inputs = size of the map before");
        }
        if !self.broken && !self.flat && self.shape.h * self.shape.w > 1 {
            self.notes.push(format!(
                "\"{name}\": no Flatten in front; the map {} is read in C order (channel, row, column)",
                self.shape
            ));
        }
        let synapses = Synapses::Dense(Dense {
            inputs,
            outputs,
            weights: Vec::new(),
        });
        self.weight(name, synapses, weight, bias, MapShape::vector(outputs));
        self.flat = true;
    }

    fn conv(&mut self, name: &str, conv: &ConvNode) {
        let [out_channels, per_group, kh, kw] = conv.weight.shape[..] else {
            self.shape_problem(
                name,
                format!("weight of shape {:?}", conv.weight.shape),
                "weight is [out, in / groups, rows, columns]",
            );
            return;
        };
        if out_channels * per_group * kh * kw == 0 {
            self.shape_problem(
                name,
                format!("weight of shape {:?}", conv.weight.shape),
                "no dimension is 0",
            );
            return;
        }
        let in_channels = per_group * conv.groups;
        if out_channels % conv.groups != 0 {
            let value = format!("{out_channels} output channels in {} groups", conv.groups);
            self.shape_problem(name, value, "groups divides the output channels");
        }
        if !self.broken && self.flat {
            let value = format!("a convolution on a vector of {}", self.shape.len());
            self.shape_problem(name, value, "Conv2d needs a map of channels x rows x columns");
        }
        if !self.broken && in_channels != self.shape.c {
            let value = format!(
                "takes {in_channels} channels ({per_group} x {} groups), the node before gives {}",
                conv.groups, self.shape
            );
            self.shape_problem(name, value, "channels = channels of the map before");
        }
        if let (Some(recorded), false) = (conv.input_shape, self.broken) {
            if recorded != (self.shape.h, self.shape.w) {
                let value = format!(
                    "input_shape says {}x{}, the node before gives {}",
                    recorded.0, recorded.1, self.shape
                );
                match self.odd_kernel {
                    true => self.notes.push(format!(
                        "\"{name}\": {value}; ignored, as files record wrong shapes behind non-square kernels"
                    )),
                    false => self.shape_problem(name, value, "rows and columns of the map before"),
                }
            }
        }
        if self.broken {
            return;
        }
        let same = conv.padding == Padding::Same;
        if same && conv.stride != (1, 1) {
            let value = format!("padding \"same\" with stride {:?}", conv.stride);
            self.problem(
                "node-parameter",
                name,
                value,
                "\"same\" needs stride 1",
                "give the padding in pixels",
            );
            self.broken = true;
            return;
        }
        let spread = |k: usize, d: usize| d * (k - 1);
        let front = match conv.padding {
            Padding::Same => (spread(kh, conv.dilation.0) / 2, spread(kw, conv.dilation.1) / 2),
            Padding::Valid => (0, 0),
            Padding::Pixels(rows, columns) => (rows, columns),
        };
        let out = |n: usize, k: usize, s: usize, d: usize, p: usize| match same {
            true => Some(n),
            false => (n + 2 * p).checked_sub(spread(k, d) + 1).map(|rest| rest / s + 1),
        };
        let rows = out(self.shape.h, kh, conv.stride.0, conv.dilation.0, front.0);
        let columns = out(self.shape.w, kw, conv.stride.1, conv.dilation.1, front.1);
        let (Some(h), Some(w)) = (rows, columns) else {
            let value = format!(
                "kernel {kh}x{kw}, dilation {:?}, padding {front:?} on a map of {}",
                conv.dilation, self.shape
            );
            self.shape_problem(name, value, "the kernel fits the padded map");
            return;
        };
        self.odd_kernel |= kh != kw;
        let synapses = Synapses::Conv2d(Conv2d {
            in_channels,
            out_channels,
            groups: conv.groups,
            kernel: (kh, kw),
            stride: conv.stride,
            dilation: conv.dilation,
            padding: front,
            weights: Vec::new(),
        });
        self.weight(
            name,
            synapses,
            &conv.weight,
            conv.bias.as_ref(),
            MapShape::new(out_channels, h, w),
        );
        self.flat = false;
    }

    fn weight(&mut self, name: &str, synapses: Synapses, weight: &Array, bias: Option<&Array>, output: MapShape) {
        if output.is_empty() || weight.data.is_empty() {
            self.shape_problem(name, format!("weight of shape {:?}", weight.shape), "no dimension is 0");
            return;
        }
        let bias = bias.map(|bias| bias.data.clone()).unwrap_or_default();
        if !bias.is_empty() && bias.len() != output.c {
            let value = format!("bias of {} values for {} output channels", bias.len(), output.c);
            self.shape_problem(name, value, "one bias per output channel");
            return;
        }
        let weights = weight.data.iter().map(|w| w * self.average).collect();
        self.average = 1.0;
        self.weight = Some(Weight {
            name: name.to_string(),
            synapses,
            weights,
            bias,
            output,
        });
        self.shape = output;
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

    fn finish(mut self, order: &[String]) -> Result<Chain, Problems> {
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
