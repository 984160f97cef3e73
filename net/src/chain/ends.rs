//! The ends of a net: shapes of its Input and Output nodes.

use super::builder::{Builder, Sent};
use crate::nir::{Array, Node};
use crate::{InputNode, MapShape};

impl Builder<'_> {
    pub(super) fn input_node(&mut self, name: &str, shape: &[usize]) {
        let behind = self.size_behind(name).filter(|_| shape.iter().all(|&n| n == 1));
        if let Some(behind) = &behind {
            let what = "the size that the nodes behind it have (a size of 1 stands for any)";
            self.notes.push(format!("input \"{name}\": shape {shape:?} read as {behind:?}, {what}"));
        }
        let mut dims = behind.as_deref().unwrap_or(shape);
        while dims[0] == 1 && (dims.len() > 3 || dims.len() == 2) {
            self.notes.push(format!(
                "input \"{name}\": shape {shape:?} read without its leading dimension of 1 (batch)"
            ));
            dims = &dims[1..];
        }
        if self.too_large(name, dims) {
            let shape = MapShape::vector(1);
            let (flat, odd_kernel, broken) = (true, false, true);
            self.sent.insert(name.to_string(), Sent { shape, flat, odd_kernel, broken });
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
        self.inputs.push(InputNode { name: name.to_string(), shape: self.shape });
        let sent = Sent {
            shape: self.shape,
            flat: self.flat,
            odd_kernel: false,
            broken: self.broken,
        };
        self.sent.insert(name.to_string(), sent);
    }

    pub(super) fn output_node(&mut self, name: &str, shape: &[usize], layers: bool) {
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
        if self.broken || !layers {
            return;
        }
        let plain = |dims: &[usize]| dims.iter().copied().filter(|&n| n != 1).collect::<Vec<_>>();
        let (c, h, w) = (self.shape.c, self.shape.h, self.shape.w);
        if plain(shape) == plain(&[c, h, w]) || plain(shape) == plain(&[self.shape.len()]) {
            return;
        }
        if plain(shape).is_empty() {
            self.notes.push(format!("output \"{name}\": shape {shape:?} stands for any; the nodes before it give {}", self.shape));
            return;
        }
        if self.flat && shape.iter().product::<usize>() == self.shape.len() {
            self.notes.push(format!("output \"{name}\": shape {shape:?} read as the {} values that arrive, in C order", self.shape.len()));
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
            false => self.shape_problem(name, value, "the output's shape is that of the layer that feeds it"),
        }
    }

    /// The size that the nodes behind an input ask for, if they all ask for the same one. Norse writes sizes of 1 where a neuron's
    /// parameters are scalars.
    fn size_behind(&self, input: &str) -> Option<Vec<usize>> {
        let (mut open, mut seen, mut found) = (vec![input], vec![input], Vec::new());
        while let Some(name) = open.pop() {
            let next = self.graph.edges.iter().filter(|(from, _)| from == name).map(|(_, to)| to.as_str());
            for to in next {
                if seen.contains(&to) {
                    continue;
                }
                seen.push(to);
                match self.graph.nodes.get(to).and_then(size_of) {
                    Some(size) => found.push(size),
                    None => open.push(to),
                }
            }
        }
        let first = found.first()?;
        (first.iter().product::<usize>() > 1 && found.iter().all(|size| size == first)).then(|| first.clone())
    }
}

/// The size of the map that a node takes, if it has one.
fn size_of(node: &Node) -> Option<Vec<usize>> {
    let many = |shape: &[usize]| shape.iter().product::<usize>() > 1;
    match node {
        Node::Linear { weight, .. } => weight.shape.get(1).map(|inputs| vec![*inputs]),
        Node::Conv2d(conv) => {
            let (rows, columns) = conv.input_shape?;
            Some(vec![conv.weight.shape.get(1)? * conv.groups, rows, columns])
        }
        Node::Neuron(neuron) => {
            let arrays = [Some(&neuron.r), neuron.tau.as_ref(), neuron.v_threshold.as_ref(), neuron.v_leak.as_ref(), neuron.v_reset.as_ref()];
            let sized = |array: &&Array| many(&array.shape);
            arrays.into_iter().flatten().find(sized).map(|array| array.shape.clone())
        }
        Node::Flatten { input_type: Some(shape), .. } if many(shape) => Some(shape.clone()),
        _ => None,
    }
}
