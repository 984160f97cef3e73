//! The nodes of a graph in the order of a chain.

use std::collections::{BTreeMap, BTreeSet};

use crate::nir::Graph;
use crate::{Problem, Problems};

/// Node names from Input to Output.
pub(super) fn order(graph: &Graph) -> Result<Vec<String>, Problems> {
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
