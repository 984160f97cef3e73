//! The graph of a NIR file, nested graphs and all, as one list of nodes and one of edges.
//!
//! A node is known by its path: the names of the nested graphs that it lies in, and its own. Names may hold any letter, dots
//! too: a node `a.fc` and a node `fc` in a nested graph `a` are two nodes. They get different names at the very end.

use std::collections::{BTreeMap, BTreeSet};

use super::folder::Folder;
use super::container::{text, Reader, RESAVE};
use super::support::{advice, supported_names};
use super::{nodes, Node};
use crate::Problem;

/// Graphs in each other, and nodes in all: beyond it a link leads from a graph to itself.
const DEEPEST: usize = 32;
const MOST_NODES: usize = 100_000;

/// Names from the outermost graph inwards; empty for the file's own graph.
type Path = Vec<String>;

/// (from, to), sorted, each once.
type Edges = Vec<(String, String)>;

/// Nodes and edges of `top` with nested graphs flattened, under names that are unique. What is wrong goes to the reader's problems.
pub(super) fn nodes_and_edges(reader: &mut Reader, top: &Folder) -> (BTreeMap<String, Node>, Edges) {
    let mut flat = Flat::default();
    flat.graph(reader, top, &Path::new());
    let mut edges = BTreeSet::new();
    let named = std::mem::take(&mut flat.edges);
    for edge in &named {
        let ends = [flat.end(reader, edge, &edge.from, false), flat.end(reader, edge, &edge.to, true)];
        if let [Some(from), Some(to)] = ends {
            edges.insert((from, to));
        }
    }
    let paths = flat.nodes.keys().chain(&flat.unread);
    let names = unique_names(paths, &mut reader.notes);
    let name = |path: &Path| names.get(path).cloned().unwrap_or_else(|| shown(path));
    let mut edges: Edges = edges.iter().map(|(from, to)| (name(from), name(to))).collect();
    edges.sort();
    let nodes = flat.nodes.into_iter().map(|(path, node)| (name(&path), node)).collect();
    (nodes, edges)
}

/// `outer.inner`, with a number behind it where that is taken: by a node nearer to the top, or in the order of paths.
fn unique_names<'a>(paths: impl Iterator<Item = &'a Path>, notes: &mut Vec<String>) -> BTreeMap<Path, String> {
    let mut paths: Vec<&Path> = paths.collect();
    paths.sort_by_key(|path| (path.len(), *path));
    let plain: BTreeSet<String> = paths.iter().map(|path| shown(path)).collect();
    let mut names = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for path in paths {
        let own = shown(path);
        // A name that another node has by itself is not free.
        let numbered = (2..).map(|n| format!("{own}_{n}")).filter(|name| !plain.contains(name));
        let mut free = std::iter::once(own.clone()).chain(numbered).filter(|name| !taken.contains(name));
        let name = free.next().unwrap_or_else(|| own.clone());
        if name != own {
            let (inner, outer) = (&path[path.len() - 1], shown(&path[..path.len() - 1]));
            notes.push(format!("node \"{inner}\" of the nested graph \"{outer}\" is called \"{name}\": another node is \"{own}\""));
        }
        taken.insert(name.clone());
        names.insert(path.clone(), name);
    }
    names
}

/// A path as people read it.
fn shown(path: &[String]) -> String {
    path.join(".")
}

fn below(path: &[String], name: &str) -> Path {
    path.iter().cloned().chain([name.to_string()]).collect()
}

/// An edge as it stands in a graph.
struct Edge {
    /// The graph.
    graph: Path,
    from: String,
    to: String,
}

/// Nodes and edges by path, nested graphs and all.
#[derive(Default)]
struct Flat {
    nodes: BTreeMap<Path, Node>,
    /// Nodes that exist but could not be read (each has its own problem).
    unread: BTreeSet<Path>,
    edges: Vec<Edge>,
    /// Of a graph: a name that only edges have -> the node that is meant, where that is beyond doubt.
    repairable: BTreeMap<Path, (String, String)>,
    /// Nested graph -> (its Input nodes, its Output nodes).
    nested: BTreeMap<Path, (Vec<Path>, Vec<Path>)>,
    /// Names that edges use and no node has, already reported.
    missing: BTreeSet<Path>,
}

impl Flat {
    fn graph(&mut self, reader: &mut Reader, group: &Folder, here: &Path) {
        let place = if here.is_empty() { "node".to_string() } else { shown(here) };
        if here.len() > DEEPEST || self.nodes.len() > MOST_NODES {
            let value = format!("graphs {} deep with {} nodes so far", here.len(), self.nodes.len());
            let limit = format!("at most {DEEPEST} graphs in each other, and {MOST_NODES} nodes");
            reader.problem("nested-graph", &shown(&here[..here.len().min(3)]), value, &limit, "look for a link from a graph to itself");
            return;
        }
        let (names, all) = match group.group("nodes").and_then(|nodes| Ok((nodes.groups()?, nodes))) {
            Ok(found) => found,
            Err(error) => {
                let value = format!("no readable nodes: {error}");
                reader.problem("not-nir", &place, value, "a graph has a group `nodes`", RESAVE);
                return;
            }
        };
        for name in &names {
            let path = below(here, name);
            match all.group(name) {
                Ok(node) => self.node(reader, &node, path),
                Err(error) => {
                    let value = all.link(name).map_or(error.to_string(), |link| format!("is {link}, where no group is found"));
                    reader.problem("damaged-hdf5", &shown(&path), value, "a group that can be read", RESAVE);
                    self.unread.insert(path);
                }
            }
        }
        self.edges(reader, group, here, &place);
    }

    fn node(&mut self, reader: &mut Reader, group: &Folder, path: Path) {
        let name = shown(&path);
        let Some(kind) = group.dataset("type").ok().and_then(|d| text(&d)) else {
            reader.problem("node-type", &name, "no dataset `type`".into(), "every node names its type", RESAVE);
            self.unread.insert(path);
            return;
        };
        if kind == "NIRGraph" {
            self.graph(reader, group, &path);
            let ends = |want: &str| {
                let own = |inner: &&Path| inner.len() == path.len() + 1 && inner.starts_with(&path);
                let of_kind = self.nodes.iter().filter(|(_, node)| node.type_name() == want).map(|(inner, _)| inner);
                of_kind.filter(own).cloned().collect::<Vec<_>>()
            };
            let ends = (ends("Input"), ends("Output"));
            self.nested.insert(path, ends);
            return;
        }
        let before = reader.problems.len();
        match nodes::parse(reader, group, &name, &kind) {
            Some(node) => {
                self.nodes.insert(path, node);
            }
            None => {
                self.unread.insert(path);
                if reader.problems.len() == before {
                    let limit = format!("supported: {}", supported_names());
                    let value = format!("node type {kind} is not supported");
                    reader.problem("node-unsupported", &name, value, &limit, advice(&kind));
                }
            }
        }
    }

    /// The edges of one graph, as they stand there.
    fn edges(&mut self, reader: &mut Reader, group: &Folder, here: &Path, place: &str) {
        let limit = "edges are pairs of node names";
        let strings = match group.dataset("edges").and_then(|d| Ok((d.shape()?, d.read_string()?))) {
            Ok((shape, strings)) if shape.len() == 2 && shape[1] == 2 => strings,
            Ok((shape, _)) => {
                reader.problem("edges", place, format!("edges of shape {shape:?}"), limit, RESAVE);
                return;
            }
            Err(error) => {
                reader.problem("edges", place, format!("no readable edges: {error}"), limit, RESAVE);
                return;
            }
        };
        let meant = misnamed(group, &strings);
        if let (Some((wrong, right)), true) = (&meant, reader.repair) {
            let note = format!("edges of \"{place}\" say \"{wrong}\", read as its node \"{right}\" (--repair)");
            reader.notes.push(note);
        }
        let name = |name: &String| match &meant {
            Some((wrong, right)) if reader.repair && name == wrong => right.clone(),
            _ => name.clone(),
        };
        for pair in strings.chunks_exact(2) {
            self.edges.push(Edge { graph: here.clone(), from: name(&pair[0]), to: name(&pair[1]) });
        }
        if let Some(meant) = meant {
            self.repairable.insert(here.clone(), meant);
        }
    }

    /// The node that `name` means in an edge: a node of the edge's graph, the Input (if the edge is `entering`) or Output of a
    /// nested graph, or, where no node is called so, the only one further inside whose path reads so. A dangling end is a problem.
    fn end(&mut self, reader: &mut Reader, edge: &Edge, name: &str, entering: bool) -> Option<Path> {
        let mut path = below(&edge.graph, name);
        if !self.is_known(&path) {
            let depth = edge.graph.len();
            let reads_so = |inner: &&Path| inner.len() > depth + 1 && inner.starts_with(&edge.graph) && shown(&inner[depth..]) == name;
            if let [only] = self.known().filter(reads_so).collect::<Vec<_>>().as_slice() {
                path = (*only).clone();
            }
        }
        if self.nodes.contains_key(&path) || self.unread.contains(&path) {
            return Some(path);
        }
        if let Some((inputs, outputs)) = self.nested.get(&path) {
            let (ends, want) = if entering { (inputs, "Input") } else { (outputs, "Output") };
            if let [only] = ends.as_slice() {
                return Some(only.clone());
            }
            let value = format!("nested graph with {} {want} nodes", ends.len());
            let limit = "a nested graph has one Input and one Output";
            reader.problem("nested-graph", &shown(&path), value, limit, "export a flat graph");
            return None;
        }
        if self.missing.insert(path.clone()) {
            self.dangling(reader, edge, &path);
        }
        None
    }

    fn dangling(&self, reader: &mut Reader, edge: &Edge, path: &Path) {
        let name = shown(path);
        let nearest = self.known().map(|known| shown(known)).min_by_key(|known| (distance(known, &name), known.clone()));
        let hint = nearest.map_or(String::new(), |nearest| format!("; the nearest name is \"{nearest}\""));
        let remedy = match self.repairable.get(&edge.graph).filter(|(wrong, _)| Some(wrong) == path.last()) {
            Some((_, right)) => format!("give --repair to read it as \"{right}\", the only node of that graph without an edge"),
            None => format!("rename the edge's end or the node and save the graph again{hint}"),
        };
        let [from, to] = [&edge.from, &edge.to].map(|end| shown(&below(&edge.graph, end)));
        let place = format!("{}: edge \"{from}\" -> \"{to}\"", reader.label);
        let value = format!("no node is called \"{name}\"");
        reader.problems.push(Problem::new("dangling-edge", place, value, "both ends of an edge are nodes", remedy));
    }

    /// Paths of all nodes and nested graphs.
    fn known(&self) -> impl Iterator<Item = &Path> {
        self.nodes.keys().chain(&self.unread).chain(self.nested.keys())
    }

    fn is_known(&self, path: &Path) -> bool {
        self.nodes.contains_key(path) || self.unread.contains(path) || self.nested.contains_key(path)
    }
}

/// In a graph where just one node has no edge and edges have just one name without a node: that name and that node.
fn misnamed(graph: &Folder, ends: &[String]) -> Option<(String, String)> {
    let nodes = graph.group("nodes").and_then(|nodes| nodes.groups()).ok()?;
    let missing: BTreeSet<&String> = ends.iter().filter(|end| !nodes.contains(end)).collect();
    let idle: Vec<&String> = nodes.iter().filter(|node| !ends.contains(node)).collect();
    match (missing.into_iter().collect::<Vec<_>>().as_slice(), idle.as_slice()) {
        ([wrong], [right]) => Some((wrong.to_string(), right.to_string())),
        _ => None,
    }
}

/// Levenshtein distance, for "the nearest name is".
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, cb) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
