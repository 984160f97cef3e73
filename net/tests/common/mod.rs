//! Builds small NIR files for tests, imports them, and finds the shared models.
#![allow(dead_code)]

use std::path::PathBuf;

use hdf5_pure::FileBuilder;
use net::options::Numbers;
use net::{Imported, Options, Problems};

/// A dataset of a node.
#[derive(Clone)]
pub enum Data {
    Floats(Vec<u64>, Vec<f64>),
    /// Half precision floats, as their bits.
    Halves(Vec<u64>, Vec<u16>),
    Integers(Vec<u64>, Vec<i64>),
    Text(String),
}

pub fn floats(shape: &[u64], values: &[f64]) -> Data {
    Data::Floats(shape.to_vec(), values.to_vec())
}

/// The same value everywhere.
pub fn all(shape: &[u64], value: f64) -> Data {
    Data::Floats(shape.to_vec(), vec![value; shape.iter().product::<u64>() as usize])
}

pub fn integers(values: &[i64]) -> Data {
    Data::Integers(vec![values.len() as u64], values.to_vec())
}

pub fn integer(value: i64) -> Data {
    Data::Integers(vec![], vec![value])
}

pub fn text(value: &str) -> Data {
    Data::Text(value.to_string())
}

/// A NIR graph in the making; nodes are joined in the order they are added unless `edges` says otherwise.
#[derive(Clone, Default)]
pub struct Nir {
    pub nodes: Vec<(String, Vec<(String, Data)>)>,
    pub edges: Option<Vec<(String, String)>>,
    pub metadata: Vec<(String, Data)>,
    /// Nested graphs, nodes of type NIRGraph.
    pub nested: Vec<(String, Nir)>,
}

impl Nir {
    pub fn node(mut self, name: &str, kind: &str, data: &[(&str, Data)]) -> Self {
        let mut all = vec![("type".to_string(), text(kind))];
        all.extend(data.iter().map(|(key, data)| (key.to_string(), data.clone())));
        self.nodes.push((name.to_string(), all));
        self
    }

    pub fn input(self, shape: &[i64]) -> Self {
        self.node("input", "Input", &[("shape", integers(shape))])
    }

    pub fn output(self, shape: &[i64]) -> Self {
        self.node("output", "Output", &[("shape", integers(shape))])
    }

    pub fn linear(self, name: &str, outputs: u64, inputs: u64, weights: &[f64]) -> Self {
        self.node(name, "Linear", &[("weight", floats(&[outputs, inputs], weights))])
    }

    pub fn affine(self, name: &str, outputs: u64, inputs: u64, weights: &[f64], bias: &[f64]) -> Self {
        let weight = floats(&[outputs, inputs], weights);
        self.node(
            name,
            "Affine",
            &[("weight", weight), ("bias", floats(&[outputs], bias))],
        )
    }

    /// A convolution with `weight` and the parameters most nets have; `more` replaces or adds datasets.
    pub fn conv(self, name: &str, weight: Data, more: &[(&str, Data)]) -> Self {
        let usual = [
            ("weight", weight),
            ("stride", integers(&[1, 1])),
            ("padding", integers(&[0, 0])),
            ("dilation", integers(&[1, 1])),
            ("groups", integer(1)),
        ];
        let mut data: Vec<(&str, Data)> = usual
            .into_iter()
            .filter(|(key, _)| more.iter().all(|(k, _)| k != key))
            .collect();
        data.extend(more.iter().cloned());
        self.node(name, "Conv2d", &data)
    }

    pub fn pool(self, name: &str, kind: &str, kernel: &[i64], stride: &[i64], padding: &[i64]) -> Self {
        let window = [
            ("kernel_size", integers(kernel)),
            ("stride", integers(stride)),
            ("padding", integers(padding)),
        ];
        self.node(name, kind, &window)
    }

    pub fn flatten(self, start: i64, end: i64, input_type: &[i64]) -> Self {
        let data = [
            ("start_dim", integer(start)),
            ("end_dim", integer(end)),
            ("input_type", integers(input_type)),
        ];
        self.node("flatten", "Flatten", &data)
    }

    /// IF with r = 1 and threshold 1.
    pub fn fire(self, name: &str, shape: &[u64]) -> Self {
        self.fire_at(name, shape, 1.0)
    }

    pub fn fire_at(self, name: &str, shape: &[u64], threshold: f64) -> Self {
        let data = [
            ("r", all(shape, 1.0)),
            ("v_threshold", all(shape, threshold)),
            ("v_reset", all(shape, 0.0)),
        ];
        self.node(name, "IF", &data)
    }

    pub fn lif(self, name: &str, shape: &[u64], tau: f64, r: f64, v_leak: f64) -> Self {
        let data = [
            ("tau", all(shape, tau)),
            ("r", all(shape, r)),
            ("v_leak", all(shape, v_leak)),
            ("v_threshold", all(shape, 1.0)),
            ("v_reset", all(shape, 0.0)),
        ];
        self.node(name, "LIF", &data)
    }

    pub fn li(self, name: &str, shape: &[u64], tau: f64, r: f64) -> Self {
        self.node(
            name,
            "LI",
            &[
                ("tau", all(shape, tau)),
                ("r", all(shape, r)),
                ("v_leak", all(shape, 0.0)),
            ],
        )
    }

    /// Replaces or adds a dataset of a node.
    pub fn with(mut self, node: &str, key: &str, data: Data) -> Self {
        let (_, all) = self
            .nodes
            .iter_mut()
            .find(|(name, _)| name == node)
            .expect("a node of this test");
        all.retain(|(k, _)| k != key);
        all.push((key.to_string(), data));
        self
    }

    pub fn without(mut self, node: &str, key: &str) -> Self {
        let (_, all) = self
            .nodes
            .iter_mut()
            .find(|(name, _)| name == node)
            .expect("a node of this test");
        all.retain(|(k, _)| k != key);
        self
    }

    pub fn edges(mut self, edges: &[(&str, &str)]) -> Self {
        self.edges = Some(
            edges
                .iter()
                .map(|(from, to)| (from.to_string(), to.to_string()))
                .collect(),
        );
        self
    }

    pub fn metadata(mut self, key: &str, data: Data) -> Self {
        self.metadata.push((key.to_string(), data));
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut file = FileBuilder::new();
        file.create_dataset("version")
            .with_vlen_strings(&["1.0.8"])
            .with_shape(&[]);
        let mut top = file.create_group("node");
        self.fill(&mut top);
        file.add_group(top.finish());
        file.finish().expect("a file of this test")
    }

    fn fill(&self, top: &mut hdf5_pure::GroupBuilder) {
        top.create_dataset("type")
            .with_vlen_strings(&["NIRGraph"])
            .with_shape(&[]);
        let mut nodes = top.create_group("nodes");
        for (name, data) in &self.nodes {
            let mut node = nodes.create_group(name);
            write(&mut node, data);
            nodes.add_group(node.finish());
        }
        for (name, inner) in &self.nested {
            let mut node = nodes.create_group(name);
            inner.fill(&mut node);
            nodes.add_group(node.finish());
        }
        top.add_group(nodes.finish());
        if !self.metadata.is_empty() {
            let mut metadata = top.create_group("metadata");
            write(&mut metadata, &self.metadata);
            top.add_group(metadata.finish());
        }
        let names: Vec<&str> = self.nodes.iter().map(|(name, _)| name.as_str()).collect();
        let ends: Vec<&str> = match &self.edges {
            Some(edges) => edges
                .iter()
                .flat_map(|(from, to)| [from.as_str(), to.as_str()])
                .collect(),
            None => names.windows(2).flat_map(|pair| [pair[0], pair[1]]).collect(),
        };
        top.create_dataset("edges")
            .with_vlen_strings(&ends)
            .with_shape(&[ends.len() as u64 / 2, 2]);
    }

    pub fn import(&self, options: &Options) -> Result<Imported, Problems> {
        net::import_bytes("test.nir", self.bytes(), options)
    }
}

/// Options that differ from the defaults in their numbers.
pub fn with(set: impl Fn(&mut Numbers)) -> Options {
    let mut options = Options::default();
    set(&mut options.numbers);
    options
}

/// What becomes of a good file.
pub fn import(nir: &Nir, options: &Options) -> Imported {
    nir.import(options).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Weights that lie on no grid.
pub fn rough(n: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * i + 3 * i + 1) as f64 * 0.7371).sin()).collect()
}

/// 2 inputs, 1 IF neuron of threshold 1.
pub fn two(a: f64, b: f64) -> Nir {
    Nir::default()
        .input(&[2])
        .linear("fc", 1, 2, &[a, b])
        .fire("if", &[1])
        .output(&[1])
}

fn write(group: &mut hdf5_pure::GroupBuilder, data: &[(String, Data)]) {
    for (key, data) in data {
        let dataset = group.create_dataset(key);
        match data {
            Data::Floats(shape, values) => {
                let narrow: Vec<f32> = values.iter().map(|v| *v as f32).collect();
                dataset.with_f32_data(&narrow).with_shape(shape);
            }
            Data::Halves(shape, words) => {
                let bytes = words.iter().flat_map(|word| word.to_le_bytes()).collect();
                dataset
                    .with_raw_data(half_precision(), bytes, words.len() as u64)
                    .with_shape(shape);
            }
            Data::Integers(shape, values) => {
                dataset.with_i64_data(values).with_shape(shape);
            }
            Data::Text(value) => {
                dataset.with_vlen_strings(&[value]).with_shape(&[]);
            }
        }
    }
}

/// numpy's float16 in HDF5.
fn half_precision() -> hdf5_pure::Datatype {
    hdf5_pure::Datatype::FloatingPoint {
        size: 2,
        byte_order: hdf5_pure::DatatypeByteOrder::LittleEndian,
        layout: hdf5_pure::FloatingPointLayout {
            bit_offset: 0,
            bit_precision: 16,
            exponent_location: 10,
            exponent_size: 5,
            mantissa_location: 0,
            mantissa_size: 10,
            exponent_bias: 15,
        },
    }
}

/// Path of a shared model; `None` (said aloud) where the shared data is absent, a failure where it is required.
pub fn shared(model: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/models")).join(model);
    needs::data(path)
}
