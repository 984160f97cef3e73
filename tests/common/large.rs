//! Nets that no listed device holds, with random weights under which neurons of every layer fire, and samples for them.

use std::path::Path;

use hdf5_pure::FileBuilder;
use net::random::Random;

/// A chain of NIR nodes in the making, each joined to the one before it.
struct Chain {
    random: Random,
    /// Shape of the map that the next node hears: `[c, h, w]`, or `[n]`.
    shape: Vec<u64>,
    nodes: Vec<(String, Node)>,
}

enum Node {
    Shaped(&'static str, Vec<i64>),
    Conv { shape: [u64; 4], weights: Vec<f32> },
    Linear { shape: [u64; 2], weights: Vec<f32> },
    /// SumPool2d of 2 x 2.
    Pool,
    Flatten(Vec<i64>),
    /// IF with threshold 1.
    Fire(Vec<u64>),
}

/// Deviation of a weight (mean 0) in thresholds, times the square root of the inputs that a neuron hears.
const DEVIATION: f64 = 1.75;

impl Chain {
    fn new(seed: u64, input: &[u64]) -> Chain {
        let mut chain = Chain { random: Random::new(seed), shape: input.to_vec(), nodes: Vec::new() };
        chain.push("input", Node::Shaped("Input", input.iter().map(|n| *n as i64).collect()));
        chain
    }

    fn push(&mut self, name: &str, node: Node) {
        self.nodes.push((name.to_string(), node));
    }

    /// `count` weights of neurons that hear `heard` inputs each: sums of three uniform numbers.
    fn weights(&mut self, count: u64, heard: u64) -> Vec<f32> {
        let by = (heard as f64).sqrt();
        let mut weight = || {
            let three: f64 = (0..3).map(|_| self.random.range(-1000, 1000) as f64 / 1000.0).sum();
            ((DEVIATION * three) / by) as f32
        };
        (0..count).map(|_| weight()).collect()
    }

    fn fire(mut self, name: &str) -> Chain {
        self.push(&format!("{name}_if"), Node::Fire(self.shape.clone()));
        self
    }

    /// A 3 x 3 convolution that keeps the size of the map, and its neurons.
    fn conv(mut self, name: &str, channels: u64) -> Chain {
        let heard = self.shape[0];
        let weights = self.weights(channels * heard * 9, heard * 9);
        self.push(name, Node::Conv { shape: [channels, heard, 3, 3], weights });
        self.shape[0] = channels;
        self.fire(name)
    }

    fn pool(mut self, name: &str) -> Chain {
        self.push(name, Node::Pool);
        self.shape[1..].iter_mut().for_each(|side| *side /= 2);
        self
    }

    fn linear(mut self, name: &str, neurons: u64) -> Chain {
        let heard: u64 = self.shape.iter().product();
        if self.shape.len() > 1 {
            let shape = self.shape.iter().map(|n| *n as i64).collect();
            self.push("flatten", Node::Flatten(shape));
        }
        let weights = self.weights(neurons * heard, heard);
        self.push(name, Node::Linear { shape: [neurons, heard], weights });
        self.shape = vec![neurons];
        self.fire(name)
    }

    fn write(mut self, path: &Path) {
        let shape = self.shape.iter().map(|n| *n as i64).collect();
        self.push("output", Node::Shaped("Output", shape));
        let mut file = FileBuilder::new();
        file.create_dataset("version").with_vlen_strings(&["1.0.8"]).with_shape(&[]);
        let mut top = file.create_group("node");
        top.create_dataset("type").with_vlen_strings(&["NIRGraph"]).with_shape(&[]);
        let mut nodes = top.create_group("nodes");
        for (name, node) in &self.nodes {
            let mut group = nodes.create_group(name);
            node.fill(&mut group);
            nodes.add_group(group.finish());
        }
        top.add_group(nodes.finish());
        let names: Vec<&str> = self.nodes.iter().map(|(name, _)| name.as_str()).collect();
        let ends: Vec<&str> = names.windows(2).flatten().copied().collect();
        top.create_dataset("edges").with_vlen_strings(&ends).with_shape(&[ends.len() as u64 / 2, 2]);
        file.add_group(top.finish());
        std::fs::write(path, file.finish().expect("a file of this test")).expect("write");
    }
}

impl Node {
    fn fill(&self, group: &mut hdf5_pure::GroupBuilder) {
        let integers = |group: &mut hdf5_pure::GroupBuilder, key: &str, values: &[i64]| {
            group.create_dataset(key).with_i64_data(values).with_shape(&[values.len() as u64]);
        };
        let kind = match self {
            Node::Shaped(kind, shape) => {
                integers(group, "shape", shape);
                kind
            }
            Node::Conv { shape, weights } => {
                group.create_dataset("weight").with_f32_data(weights).with_shape(shape);
                [("stride", 1), ("padding", 1), ("dilation", 1)].into_iter().for_each(|(key, n)| integers(group, key, &[n, n]));
                group.create_dataset("groups").with_i64_data(&[1]).with_shape(&[]);
                "Conv2d"
            }
            Node::Linear { shape, weights } => {
                group.create_dataset("weight").with_f32_data(weights).with_shape(shape);
                "Linear"
            }
            Node::Pool => {
                [("kernel_size", 2), ("stride", 2), ("padding", 0)].into_iter().for_each(|(key, n)| integers(group, key, &[n, n]));
                "SumPool2d"
            }
            Node::Flatten(shape) => {
                [("start_dim", 0), ("end_dim", -1)].into_iter().for_each(|(key, n)| {
                    group.create_dataset(key).with_i64_data(&[n]).with_shape(&[]);
                });
                integers(group, "input_type", shape);
                "Flatten"
            }
            Node::Fire(shape) => {
                for (key, value) in [("r", 1.0), ("v_threshold", 1.0), ("v_reset", 0.0)] {
                    let all = vec![value; shape.iter().product::<u64>() as usize];
                    group.create_dataset(key).with_f32_data(&all).with_shape(shape);
                }
                "IF"
            }
        };
        group.create_dataset("type").with_vlen_strings(&[kind]).with_shape(&[]);
    }
}

/// 784-4096-10: 3.3 M weights.
pub fn wide(path: &Path) {
    Chain::new(1, &[784]).linear("fc1", 4096).linear("fc2", 10).write(path);
}

/// VGG-11 for 32 x 32 images of three channels: 9.2 M weights.
pub fn vgg11(path: &Path) {
    let chain = Chain::new(2, &[3, 32, 32]).conv("conv1", 64).pool("pool1").conv("conv2", 128).pool("pool2");
    let chain = chain.conv("conv3", 256).conv("conv4", 256).pool("pool3").conv("conv5", 512).conv("conv6", 512);
    chain.pool("pool4").conv("conv7", 512).conv("conv8", 512).pool("pool5").linear("fc", 10).write(path);
}

/// 784-700-10: a little more than ecp5-85k holds.
pub fn middle(path: &Path) {
    Chain::new(3, &[784]).linear("fc1", 700).linear("fc2", 10).write(path);
}

/// A spike array (`.npy`) of `steps` steps in which `percent` of `inputs` addresses spike, seeded.
pub fn sample(path: &Path, inputs: usize, steps: usize, percent: u64) {
    let mut random = Random::new(percent);
    let spikes: Vec<u8> = (0..steps * inputs).map(|_| u8::from(random.chance(percent))).collect();
    std::fs::write(path, needs::npy("'|u1'", &format!("({steps}, {inputs})"), &spikes)).expect("write");
}
