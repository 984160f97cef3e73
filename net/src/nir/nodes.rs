//! One node: its datasets to a typed [`Node`].

use super::folder::Folder;
use super::container::Reader;
use super::{ConvNode, NeuronKind, NeuronNode, Node, Padding, Window};

/// Reads a node of type `kind`. `None` with problems in the reader if its datasets are bad; `None` without a new
/// problem if the type is not supported.
pub(super) fn parse(r: &mut Reader, group: &Folder, name: &str, kind: &str) -> Option<Node> {
    match kind {
        "Input" => Some(Node::Input {
            shape: sizes(r, group, name, "shape")?,
        }),
        "Output" => Some(Node::Output {
            shape: sizes(r, group, name, "shape")?,
        }),
        "Affine" => {
            let (weight, bias) = (r.array(group, name, "weight"), r.array(group, name, "bias"));
            Some(Node::Linear {
                weight: weight?,
                bias: Some(bias?),
            })
        }
        "Linear" => Some(Node::Linear {
            weight: r.array(group, name, "weight")?,
            bias: None,
        }),
        "Conv2d" => conv(r, group, name),
        "SumPool2d" => Some(Node::SumPool2d(window(r, group, name)?)),
        "AvgPool2d" => Some(Node::AvgPool2d(window(r, group, name)?)),
        "Flatten" => {
            let start = r.integers(group, name, "start_dim");
            let end = r.integers(group, name, "end_dim");
            let input_type = match group.has("input_type") {
                true => Some(open_sizes(r, group, name, "input_type")?),
                false => None,
            };
            let (start_dim, end_dim) = (*start?.first()?, *end?.first()?);
            Some(Node::Flatten {
                start_dim,
                end_dim,
                input_type,
            })
        }
        "IF" => neuron(r, group, name, NeuronKind::If),
        "LIF" => neuron(r, group, name, NeuronKind::Lif),
        "LI" => neuron(r, group, name, NeuronKind::Li),
        _ => None,
    }
}

fn neuron(r: &mut Reader, group: &Folder, name: &str, kind: NeuronKind) -> Option<Node> {
    let leaky = kind != NeuronKind::If;
    let spiking = kind != NeuronKind::Li;
    // Both are infinite where a membrane does not leak (snnTorch's beta = 1).
    let resistance = if leaky { r.unbounded_array(group, name, "r") } else { r.array(group, name, "r") };
    let tau = if leaky { r.unbounded_array(group, name, "tau").map(Some) } else { Some(None) };
    let mut needed = |wanted: bool, key: &str| match wanted {
        true => r.array(group, name, key).map(Some),
        false => Some(None),
    };
    let (v_leak, v_threshold) = (needed(leaky, "v_leak"), needed(spiking, "v_threshold"));
    let v_reset = match spiking {
        true => r.optional_array(group, name, "v_reset"),
        false => Some(None),
    };
    Some(Node::Neuron(NeuronNode {
        kind,
        r: resistance?,
        tau: tau?,
        v_leak: v_leak?,
        v_threshold: v_threshold?,
        v_reset: v_reset?,
    }))
}

fn conv(r: &mut Reader, group: &Folder, name: &str) -> Option<Node> {
    let weight = r.array(group, name, "weight");
    let bias = r.optional_array(group, name, "bias");
    let stride = pair(r, group, name, "stride", 1);
    let dilation = pair(r, group, name, "dilation", 1);
    let groups = r.integers(group, name, "groups");
    let padding = match r.string(group, "padding") {
        Some(word) if word == "same" => Some(Padding::Same),
        Some(word) if word == "valid" => Some(Padding::Valid),
        Some(word) => {
            let remedy = "use \"same\", \"valid\" or two numbers";
            r.problem(
                "node-parameter",
                name,
                format!("`padding` is \"{word}\""),
                "\"same\", \"valid\" or pixels",
                remedy,
            );
            None
        }
        None => pair(r, group, name, "padding", 0).map(|(rows, columns)| Padding::Pixels(rows, columns)),
    };
    let input_shape = match group.has("input_shape") {
        true => pair(r, group, name, "input_shape", 1).map(Some),
        false => Some(None),
    };
    let groups = match groups?.as_slice() {
        [groups] if *groups >= 1 => Some(*groups as usize),
        other => {
            r.problem(
                "node-parameter",
                name,
                format!("`groups` is {other:?}"),
                "one integer of at least 1",
                "set groups to 1",
            );
            None
        }
    };
    Some(Node::Conv2d(ConvNode {
        weight: weight?,
        bias: bias?,
        stride: stride?,
        padding: padding?,
        dilation: dilation?,
        groups: groups?,
        input_shape: input_shape?,
    }))
}

fn window(r: &mut Reader, group: &Folder, name: &str) -> Option<Window> {
    let kernel = pair(r, group, name, "kernel_size", 1);
    let stride = pair(r, group, name, "stride", 1);
    let padding = pair(r, group, name, "padding", 0);
    Some(Window {
        kernel: kernel?,
        stride: stride?,
        padding: padding?,
    })
}

/// Two integers (rows, columns) of at least `least`; one integer counts for both.
fn pair(r: &mut Reader, group: &Folder, name: &str, key: &str, least: i64) -> Option<(usize, usize)> {
    let found = r.integers(group, name, key)?;
    let both = match found.as_slice() {
        [one] => [*one, *one],
        [rows, columns] => [*rows, *columns],
        _ => [-1, -1],
    };
    if both.iter().all(|v| (least..=1 << 20).contains(v)) {
        return Some((both[0] as usize, both[1] as usize));
    }
    let limit = format!("one or two integers (rows, columns) of at least {least}");
    r.problem(
        "node-parameter",
        name,
        format!("`{key}` is {found:?}"),
        &limit,
        "correct the node and save the graph again",
    );
    None
}

/// A shape whose sizes may be open: 0 or below is read as 0.
fn open_sizes(r: &mut Reader, group: &Folder, name: &str, key: &str) -> Option<Vec<usize>> {
    let found = r.integers(group, name, key)?;
    Some(found.iter().map(|size| usize::try_from(*size).unwrap_or(0)).collect())
}

/// A shape: positive integers.
fn sizes(r: &mut Reader, group: &Folder, name: &str, key: &str) -> Option<Vec<usize>> {
    let found = r.integers(group, name, key)?;
    if !found.is_empty() && found.iter().all(|v| (1..=1 << 30).contains(v)) {
        return Some(found.iter().map(|v| *v as usize).collect());
    }
    let limit = "a shape of positive integers";
    r.problem(
        "node-parameter",
        name,
        format!("`{key}` is {found:?}"),
        limit,
        "give the shape without free dimensions",
    );
    None
}
