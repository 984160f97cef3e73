//! Which layers a graph has, what feeds each, and in what order they compute.
//!
//! Each neuron node makes a layer. A route leads to it from an input of the net or from a neuron node, over weight, pooling and
//! passive nodes. The order is that of the layers' distance from the inputs; a route that leads back in it is heard one
//! step late.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::nir::{Graph, Node};
use crate::{Problem, Problems};

/// Most routes into one layer: beyond it the graph is not what anybody means.
const MOST_ROUTES: usize = 64;

/// A way into a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// Node that it starts at: an input of the net or a neuron node.
    pub from: String,
    /// Nodes in between, in order.
    pub over: Vec<String>,
    /// The spikes of the step before are heard.
    pub delayed: bool,
}

/// A neuron node and all that feeds it.
#[derive(Clone, Debug)]
pub(super) struct Fed {
    pub neuron: String,
    /// Routes without delay first.
    pub routes: Vec<Route>,
}

/// The layers of a graph in the order in which they compute.
#[derive(Clone, Debug)]
pub(super) struct Topology {
    /// Sorted by name.
    pub inputs: Vec<String>,
    pub layers: Vec<Fed>,
    /// Sorted by layer and name.
    pub outputs: Vec<Tail>,
}

/// An output and what feeds it.
#[derive(Clone, Debug)]
pub(super) struct Tail {
    pub output: String,
    pub route: Route,
    /// Index of the layer that the route starts at; `None`: it starts at an input, in a net without layers.
    pub layer: Option<usize>,
}

/// Finds the layers. All problems are reported at once.
pub(super) fn topology(graph: &Graph) -> Result<Topology, Problems> {
    let mut finder = Finder::new(graph);
    let (inputs, outputs) = finder.ends();
    if !finder.problems.is_empty() {
        return Err(Problems(finder.problems));
    }
    finder.loose_nodes(&inputs, &outputs);
    if !finder.problems.is_empty() {
        return Err(Problems(finder.problems));
    }
    let neurons: Vec<String> = graph.nodes.keys().filter(|name| is_neuron(graph, name)).cloned().collect();
    let mut layers: Vec<Fed> = Vec::new();
    for neuron in neurons {
        let routes = finder.routes(&neuron, &inputs);
        layers.push(Fed { neuron, routes });
    }
    let mut tails: Vec<Tail> = Vec::new();
    for output in outputs {
        let before = finder.problems.len();
        let routes = finder.routes(&output, &inputs);
        if finder.problems.len() > before {
            continue;
        }
        let of_input = |route: &Route| inputs.contains(&route.from) && !layers.is_empty();
        match routes.as_slice() {
            [route] if of_input(route) => {
                let remedy = "remove this Output, or put a layer in front of it";
                finder.problem("graph-ends", &output, "is fed by an input".to_string(), "a layer feeds each output", remedy);
            }
            [route] => tails.push(Tail { output, route: route.clone(), layer: None }),
            several => {
                let value = format!("is fed by {} nodes", several.len());
                let remedy = "give each of them an Output of its own";
                finder.problem("graph-ends", &output, value, "one layer feeds an output", remedy);
            }
        }
    }
    if finder.problems.is_empty() {
        let last = match tails.as_slice() {
            [one] => Some(one.route.from.as_str()),
            _ => None,
        };
        order(&mut finder, &mut layers, &inputs, last);
    }
    for tail in &mut tails {
        tail.layer = layers.iter().position(|fed| fed.neuron == tail.route.from);
    }
    tails.sort_by(|a, b| (a.layer, &a.output).cmp(&(b.layer, &b.output)));
    let found = Topology { inputs, layers, outputs: tails };
    Problems::unless_empty(finder.problems, found)
}

fn is_neuron(graph: &Graph, name: &str) -> bool {
    matches!(graph.nodes.get(name), Some(Node::Neuron(_)))
}

struct Finder<'a> {
    graph: &'a Graph,
    next: BTreeMap<&'a str, Vec<&'a str>>,
    previous: BTreeMap<&'a str, Vec<&'a str>>,
    problems: Vec<Problem>,
}

impl<'a> Finder<'a> {
    fn new(graph: &'a Graph) -> Self {
        let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut previous: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (from, to) in &graph.edges {
            next.entry(from).or_default().push(to);
            previous.entry(to).or_default().push(from);
        }
        Finder {
            graph,
            next,
            previous,
            problems: Vec::new(),
        }
    }

    fn problem(&mut self, code: &'static str, node: &str, value: String, limit: &str, remedy: &str) {
        let path = format!("{}: node \"{node}\"", self.graph.file);
        self.problems.push(Problem::new(code, path, value, limit, remedy));
    }

    /// The Inputs that nothing feeds and the Outputs that feed nothing, by name; none of either is a problem.
    fn ends(&mut self) -> (Vec<String>, Vec<String>) {
        let of_kind = |want: &str, edges: &BTreeMap<&str, Vec<&str>>| -> Vec<String> {
            let nodes = self.graph.nodes.iter().filter(|(_, node)| node.type_name() == want);
            nodes.map(|(name, _)| name.clone()).filter(|name| !edges.contains_key(name.as_str())).collect()
        };
        let ends = (of_kind("Input", &self.previous), of_kind("Output", &self.next));
        for (found, want) in [(&ends.0, "Input"), (&ends.1, "Output")] {
            if found.is_empty() {
                let value = format!("no {want} node at the net's edge");
                let (limit, remedy) = (format!("at least one {want} node"), format!("export a graph with {want} nodes"));
                self.problems.push(Problem::new("graph-ends", &self.graph.file, value, limit, remedy));
            }
        }
        ends
    }

    /// Nodes that no input reaches, or that reach no output.
    fn loose_nodes(&mut self, inputs: &[String], outputs: &[String]) {
        let reached: BTreeSet<&str> = inputs.iter().flat_map(|input| reach(input, &self.next)).collect();
        let reaching: BTreeSet<&str> = outputs.iter().flat_map(|output| reach(output, &self.previous)).collect();
        let names: Vec<&String> = self.graph.nodes.keys().collect();
        for name in names {
            if !(reached.contains(name.as_str()) && reaching.contains(name.as_str())) {
                let value = "is not on the way from Input to Output".to_string();
                let remedy = "remove the node or add the missing edge";
                self.problem("loose-node", name, value, "every node lies between Input and Output", remedy);
            }
        }
    }

    /// All ways into `node` from an input or a neuron node, in the order of names.
    fn routes(&mut self, node: &str, inputs: &[String]) -> Vec<Route> {
        let mut found = Vec::new();
        let mut open = vec![vec![node.to_string()]];
        while let Some(path) = open.pop() {
            let end = path[path.len() - 1].clone();
            for &before in self.previous.get(end.as_str()).map_or(&[] as &[&str], Vec::as_slice) {
                if inputs.iter().any(|input| input == before) || is_neuron(self.graph, before) {
                    let over = path[1..].iter().rev().cloned().collect();
                    let from = before.to_string();
                    found.push(Route { from, over, delayed: false });
                } else if path[1..].iter().any(|seen| seen == before) {
                    let value = "lies on a cycle without a neuron node".to_string();
                    let remedy = "put an IF or LIF node into the cycle";
                    self.problem("cycle", before, value, "a neuron node in every cycle", remedy);
                    return Vec::new();
                } else {
                    let mut longer = path.clone();
                    longer.push(before.to_string());
                    open.push(longer);
                }
            }
            if found.len() + open.len() > MOST_ROUTES {
                let value = "is fed over very many routes".to_string();
                let limit = format!("at most {MOST_ROUTES} routes into a node");
                self.problem("branches", node, value, &limit, "put neuron nodes between the branches");
                return Vec::new();
            }
        }
        found.sort_by(|a, b| (&a.from, &a.over).cmp(&(&b.from, &b.over)));
        found
    }
}

/// Nodes on some way from `start`, itself included.
fn reach<'a>(start: &'a str, edges: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(name) = open.pop() {
        for &other in edges.get(name).map_or(&[] as &[&str], Vec::as_slice) {
            if seen.insert(other) {
                open.push(other);
            }
        }
    }
    seen
}

/// Sorts the layers and marks the routes that lead back. Layers on a common cycle stay together, in the order of their
/// distance from the nearest input (in layers) and of their names; `last`, which feeds the only output, is the last of them.
fn order(finder: &mut Finder, layers: &mut Vec<Fed>, inputs: &[String], last: Option<&str>) {
    let mut readers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for fed in layers.iter() {
        for route in &fed.routes {
            readers.entry(&route.from).or_default().push(&fed.neuron);
        }
    }
    let mut distance: BTreeMap<&str, usize> = inputs.iter().map(|input| (input.as_str(), 0)).collect();
    let mut open: VecDeque<&str> = inputs.iter().map(String::as_str).collect();
    while let Some(name) = open.pop_front() {
        let next = distance[name] + 1;
        for &reader in readers.get(name).map_or(&[] as &[&str], Vec::as_slice) {
            if !distance.contains_key(reader) {
                distance.insert(reader, next);
                open.push_back(reader);
            }
        }
    }
    // Names of the layers that share a cycle with each layer, itself included.
    let after: BTreeMap<&str, BTreeSet<&str>> =
        layers.iter().map(|fed| (fed.neuron.as_str(), reach(&fed.neuron, &readers))).collect();
    let together = |a: &str, b: &str| a == b || (after[a].contains(b) && after[b].contains(a));
    let rank = |name: &str| (Some(name) == last, distance.get(name).copied().unwrap_or(usize::MAX), name.to_string());
    let mut sorted: Vec<String> = Vec::new();
    while sorted.len() < layers.len() {
        let is_input = |name: &str| inputs.iter().any(|input| input == name);
        let placed = |name: &str| is_input(name) || sorted.iter().any(|done| done == name);
        let ready = |fed: &&Fed| {
            let members = layers.iter().filter(|other| together(&other.neuron, &fed.neuron));
            let mut routes = members.flat_map(|member| &member.routes);
            routes.all(|route| placed(&route.from) || together(&route.from, &fed.neuron))
        };
        let waiting = layers.iter().filter(|fed| !placed(&fed.neuron));
        let Some(first) = waiting.filter(ready).min_by_key(|fed| rank(&fed.neuron)) else {
            return;
        };
        let mut members: Vec<&Fed> = layers.iter().filter(|fed| together(&fed.neuron, &first.neuron)).collect();
        members.sort_by_key(|fed| rank(&fed.neuron));
        let names: Vec<String> = members.iter().map(|fed| fed.neuron.clone()).collect();
        sorted.extend(names);
    }
    let place = |name: &str| sorted.iter().position(|done| done == name);
    let mut late = Vec::new();
    for fed in layers.iter_mut() {
        for route in &mut fed.routes {
            route.delayed = !inputs.contains(&route.from) && place(&route.from) >= place(&fed.neuron);
        }
        fed.routes.sort_by_key(|route| route.delayed);
        if fed.routes.iter().all(|route| route.delayed) {
            late.push(fed.neuron.clone());
        }
    }
    layers.sort_by_key(|fed| place(&fed.neuron));
    for name in late {
        let value = "hears only the layer that feeds the output".to_string();
        let limit = "a layer on a cycle hears the input or a layer nearer to it";
        finder.problem("cycle", &name, value, limit, "take the output behind this node");
    }
}
