//! The plan of what lies between cores: edges, who reads what, and the buffers of edges that lead back.

use net::{MapShape, Network, Origin, Place, Source};

use crate::link::LinkFormat;

/// One way for spikes: from the input or a core to a core, or from a core to an output.
#[derive(Clone, Debug)]
pub struct Edge {
    pub from: Origin,
    /// The core at its end; the number of cores where it leads out.
    pub to: usize,
    /// The spikes are heard one step late.
    pub delayed: bool,
    pub place: Place,
    /// Shape of what is sent.
    pub shape: MapShape,
    /// Words as the source sends them.
    pub format: LinkFormat,
    /// Words that the buffer of a delayed edge holds: all that one step may bring; 0 without delay.
    pub buffer: usize,
}

/// Who hears whom.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// Sorted by the core at the end, delayed ones last.
    pub edges: Vec<Edge>,
    inputs: usize,
    cores: usize,
    /// Per output the edges that lead there: of one core, or of all parts of a layer.
    leaving: Vec<Vec<Edge>>,
}

impl Edge {
    fn of(net: &Network, source: &Source, to: usize) -> Edge {
        let shape = net.shape_of(source.from);
        Edge {
            from: source.from,
            to,
            delayed: source.delay > 0,
            place: source.place.clone(),
            shape,
            format: match source.from {
                Origin::Input(_) => LinkFormat::spikes(shape),
                Origin::Layer(layer) => LinkFormat::of(&net.layers[layer], shape),
            },
            buffer: match source.delay {
                0 => 0,
                _ => (shape.len() * net.payload_of(source.from) as usize).max(2),
            },
        }
    }
}

/// Who reads the words of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The edge of this number.
    Edge(usize),
    /// What is behind the output of this number: readout or chip's edge.
    Output(usize),
}

impl Wiring {
    pub fn of(net: &Network) -> Wiring {
        let into = |(to, sources): (usize, &Vec<Source>)| sources.iter().map(|source| Edge::of(net, source, to)).collect::<Vec<_>>();
        let cores = net.layers.len();
        Wiring {
            edges: net.sources.iter().enumerate().flat_map(into).collect(),
            inputs: net.inputs.len(),
            leaving: (0..net.outputs.len()).map(|output| into((cores, &net.leaving(output).sources))).collect(),
            cores,
        }
    }

    /// Each core hears the one before it and nothing else, and the last one leaves: no merge, no fork, one port on either side.
    pub fn is_chain(&self) -> bool {
        let before = |to: usize| to.checked_sub(1).map_or(Origin::Input(0), Origin::Layer);
        let last = |output: &Vec<Edge>| matches!(output.as_slice(), [edge] if edge.from == Origin::Layer(self.cores - 1));
        let ports = self.inputs == 1 && self.leaving.len() == 1 && last(&self.leaving[0]);
        ports && self.edges.len() == self.cores && self.edges.iter().enumerate().all(|(i, e)| e.to == i && e.from == before(i))
            && (0..self.cores).all(|core| self.merge_of(core).is_none())
    }

    /// Numbers of the edges into a core.
    pub fn edges_into(&self, core: usize) -> Vec<usize> {
        (0..self.edges.len()).filter(|&e| self.edges[e].to == core).collect()
    }

    /// The edges that lead to output `output`.
    pub fn leaving(&self, output: usize) -> &[Edge] {
        &self.leaving[output]
    }

    /// The edges that a core's merge joins, if it has one: several, or one whose neurons stand elsewhere.
    pub fn merge_of(&self, core: usize) -> Option<Vec<usize>> {
        let edges = self.edges_into(core);
        let whole = |e: &usize| !self.edges[*e].delayed && self.edges[*e].place == Place::Channels(0);
        (edges.len() != 1 || !edges.iter().all(whole)).then_some(edges)
    }

    /// All readers of a source, edges first, then outputs; several share it through a fork.
    pub fn readers(&self, from: Origin) -> Vec<Reader> {
        let edges = (0..self.edges.len()).filter(|&e| self.edges[e].from == from).map(Reader::Edge);
        let outputs = (0..self.leaving.len()).filter(|&o| self.leaving[o].iter().any(|edge| edge.from == from)).map(Reader::Output);
        edges.chain(outputs).collect()
    }

    /// Inputs and cores, in order.
    pub fn origins(&self) -> Vec<Origin> {
        (0..self.inputs).map(Origin::Input).chain((0..self.cores).map(Origin::Layer)).collect()
    }
}
