//! Which layers a graph has, what feeds each, and in what order they compute.
//!
//! Each neuron node makes a layer. A route leads to it from the net's input or from a neuron node, over weight, pooling and
//! passive nodes. The order is that of the layers' distance from the input; a route that leads back in it is heard one
//! step late.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::nir::{Graph, Node};
use crate::{Problem, Problems};

/// Most routes into one layer: beyond it the graph is not what anybody means.
const MOST_ROUTES: usize = 64;

/// A way into a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// Node that it starts at: the net's input or a neuron node.
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
    pub input: String,
    pub output: String,
    /// Of the last layer to the output.
    pub tail: Vec<String>,
    pub layers: Vec<Fed>,
}

/// Finds the layers. All problems are reported at once.
pub(super) fn topology(graph: &Graph) -> Result<Topology, Problems> {
    let mut finder = Finder::new(graph);
    let ends = finder.ends();
    let Some((input, output)) = ends else {
        return Err(Problems(finder.problems));
    };
    finder.loose_nodes(&input, &output);
    if !finder.problems.is_empty() {
        return Err(Problems(finder.problems));
    }
    let neurons: Vec<String> = graph.nodes.keys().filter(|name| is_neuron(graph, name)).cloned().collect();
    let mut layers: Vec<Fed> = Vec::new();
    for neuron in neurons {
        let routes = finder.routes(&neuron, &input);
        layers.push(Fed { neuron, routes });
    }
    let tails = finder.routes(&output, &input);
    if let [one] = tails.as_slice() {
        let tail = one.clone();
        if finder.problems.is_empty() {
            order(&mut finder, &mut layers, &input, &tail.from);
        }
        let found = Topology {
            input,
            output,
            tail: tail.over,
            layers,
        };
        return Problems::unless_empty(finder.problems, found);
    }
    if finder.problems.is_empty() {
        let value = format!("is fed by {} nodes", tails.len());
        finder.problem("graph-ends", &output, value, "one layer feeds the output", "export one output");
    }
    Err(Problems(finder.problems))
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

    /// The Input that nothing feeds and the Output that feeds nothing.
    fn ends(&mut self) -> Option<(String, String)> {
        let of_kind = |want: &str, edges: &BTreeMap<&str, Vec<&str>>| -> Vec<String> {
            let nodes = self.graph.nodes.iter().filter(|(_, node)| node.type_name() == want);
            nodes.map(|(name, _)| name.clone()).filter(|name| !edges.contains_key(name.as_str())).collect()
        };
        let ends = (of_kind("Input", &self.previous), of_kind("Output", &self.next));
        for (found, want) in [(&ends.0, "Input"), (&ends.1, "Output")] {
            if found.len() != 1 {
                let value = format!("{} {want} nodes at the net's edge", found.len());
                let remedy = format!("export a graph with one {want} node");
                self.problems.push(Problem::new(
                    "graph-ends",
                    &self.graph.file,
                    value,
                    format!("one {want} node"),
                    remedy,
                ));
            }
        }
        match (ends.0.as_slice(), ends.1.as_slice()) {
            ([input], [output]) => Some((input.clone(), output.clone())),
            _ => None,
        }
    }

    /// Nodes that the input does not reach, or that do not reach the output.
    fn loose_nodes(&mut self, input: &str, output: &str) {
        let reached = reach(input, &self.next);
        let reaching = reach(output, &self.previous);
        let names: Vec<&String> = self.graph.nodes.keys().collect();
        for name in names {
            if !(reached.contains(name.as_str()) && reaching.contains(name.as_str())) {
                let value = "is not on the way from Input to Output".to_string();
                let remedy = "remove the node or add the missing edge";
                self.problem("loose-node", name, value, "every node lies between Input and Output", remedy);
            }
        }
    }

    /// All ways into `node` from the input or a neuron node, in the order of names.
    fn routes(&mut self, node: &str, input: &str) -> Vec<Route> {
        let mut found = Vec::new();
        let mut open = vec![vec![node.to_string()]];
        while let Some(path) = open.pop() {
            let end = path[path.len() - 1].clone();
            for &before in self.previous.get(end.as_str()).map_or(&[] as &[&str], Vec::as_slice) {
                if before == input || is_neuron(self.graph, before) {
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
/// distance from the input (in layers) and of their names, the one that feeds the output last.
fn order(finder: &mut Finder, layers: &mut Vec<Fed>, input: &str, last: &str) {
    let mut readers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for fed in layers.iter() {
        for route in &fed.routes {
            readers.entry(&route.from).or_default().push(&fed.neuron);
        }
    }
    let mut distance: BTreeMap<&str, usize> = BTreeMap::from([(input, 0)]);
    let mut open = VecDeque::from([input]);
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
    let rank = |name: &str| (name == last, distance.get(name).copied().unwrap_or(usize::MAX), name.to_string());
    let mut sorted: Vec<String> = Vec::new();
    while sorted.len() < layers.len() {
        let placed = |name: &str| name == input || sorted.iter().any(|done| done == name);
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
            route.delayed = route.from != input && place(&route.from) >= place(&fed.neuron);
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
