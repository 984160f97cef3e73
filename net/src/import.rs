//! NIR file to checked integer network, in two halves: read, chain and resolve make a net in floats; the quantiser makes integers of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::chain::chain;
use crate::float::FloatChain;
use crate::nir::{self, Graph};
use crate::quantise::{quantise, LayerReport};
use crate::options::Weights;
use crate::semantics::{resolve, LayerChoices};
use crate::{Network, Options, Problem, Problems};

/// Most spikes of an input address in a time step where neither the user nor the data say it.
pub const DEFAULT_MULTIPLICITY: u32 = 4;

/// A net in floats, with every choice made: what comes before the quantiser, and needs none.
#[derive(Clone, Debug)]
pub struct FloatNet {
    /// Name of the network.
    pub name: String,
    pub float: FloatChain,
    /// What was assumed and why, one line each, for printing.
    pub assumptions: Vec<String>,
    pub warnings: Vec<String>,
    /// The file's metadata as text, e.g. `encoding` and `steps`.
    pub metadata: BTreeMap<String, String>,
    /// One per layer, for the quantiser.
    choices: Vec<LayerChoices>,
}

/// A net in integers and in floats, with everything that was assumed on the way.
#[derive(Clone, Debug)]
pub struct Imported {
    pub network: Network,
    pub float: FloatChain,
    /// What was assumed and why, one line each, for printing.
    pub assumptions: Vec<String>,
    /// One per layer.
    pub reports: Vec<LayerReport>,
    pub warnings: Vec<String>,
    /// The file's metadata as text, e.g. `encoding` and `steps`.
    pub metadata: BTreeMap<String, String>,
}

/// Imports a NIR file. Errors name file, node, value, limit and remedy; all of a stage are reported at once.
pub fn import_file(path: &Path, options: &Options) -> Result<Imported, Problems> {
    import_float_file(path, options)?.quantised(options)
}

/// Imports a NIR file from memory; `label` names it in messages and, without directory and suffix, the network.
pub fn import_bytes(label: &str, bytes: Vec<u8>, options: &Options) -> Result<Imported, Problems> {
    import_float_bytes(label, bytes, options)?.quantised(options)
}

/// The first half of [`import_file`].
pub fn import_float_file(path: &Path, options: &Options) -> Result<FloatNet, Problems> {
    resolved(nir::read_file(path, options.repair.unwrap_or(false))?, path, options)
}

/// The first half of [`import_bytes`].
pub fn import_float_bytes(label: &str, bytes: Vec<u8>, options: &Options) -> Result<FloatNet, Problems> {
    resolved(nir::read_bytes(label, bytes, options.repair.unwrap_or(false))?, Path::new(label), options)
}

/// Graph to float net; `path` names the network. Of a large net each stage holds all weights in f64: a stage goes as soon as the
/// next one has them.
fn resolved(graph: Graph, path: &Path, options: &Options) -> Result<FloatNet, Problems> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let chain = chain(&graph)?;
    let metadata = graph.metadata;
    drop(graph.nodes);
    let (mut problems, mut notes) = (Vec::new(), Vec::new());
    if let Some(multiplicity) = options.multiplicity.filter(|multiplicity| !(1..=65535).contains(multiplicity)) {
        let value = format!("{multiplicity} spikes of one address in a time step");
        let remedy = "give a multiplicity in that range";
        problems.push(Problem::new("multiplicity-range", "--multiplicity", value, "1..=65535", remedy));
    }
    let name = name(&stem, options, &mut problems, &mut notes);
    match resolve(&chain, options) {
        Ok(resolved) if problems.is_empty() => Ok(FloatNet {
            name,
            float: resolved.float,
            assumptions: resolved.assumptions.into_iter().chain(notes).collect(),
            warnings: resolved.warnings,
            metadata,
            choices: resolved.choices,
        }),
        Ok(_) => Err(Problems(problems)),
        Err(Problems(more)) => Err(Problems(problems.into_iter().chain(more).collect())),
    }
}

impl FloatNet {
    /// The second half of an import: the net in integers. `options` are those of the first half, but that the multiplicity may be known by
    /// now.
    pub fn quantised(self, options: &Options) -> Result<Imported, Problems> {
        let multiplicity = options.multiplicity.unwrap_or(DEFAULT_MULTIPLICITY);
        let loadable = options.weights == Some(Weights::Loadable);
        let quantised = quantise(&self.float, &self.choices, &self.name, multiplicity, loadable)?;
        let mut assumptions = self.assumptions;
        assumptions.extend(renamed(&quantised.network));
        if options.multiplicity.is_none() {
            assumptions.push(format!(
                "multiplicity: {multiplicity} spikes of one input address in a time step (default)"
            ));
        }
        for report in quantised.reports.iter().filter(|report| report.scale_from == "grid") {
            assumptions.push(format!(
                "\"{}\": weights lie on the grid {} x integer and are kept exactly",
                report.name, report.scale
            ));
        }
        assumptions.extend(quantised.notes);
        let mut warnings = self.warnings;
        warnings.extend(quantised.warnings);
        Ok(Imported {
            network: quantised.network,
            float: self.float,
            assumptions,
            reports: quantised.reports,
            warnings,
            metadata: self.metadata,
        })
    }
}

/// The network's name: the user's if it is legal (else a problem), or one made from the file's, with a note if a reserved word stood
/// in the way or it was too long.
fn name(stem: &str, options: &Options, problems: &mut Vec<Problem>, notes: &mut Vec<String>) -> String {
    if let Some(name) = &options.name {
        if let Some(why) = names::refusal(name) {
            let value = format!("{}: {why}", names::shown(name));
            problems.push(Problem::new("name", "--name", value, names::LEGAL, "give another name"));
        }
        return name.clone();
    }
    let made = names::of_file(stem);
    let why = names::reserved(stem).map(|what| format!("\"{stem}\" is {what}"));
    if let Some(why) = why.or((stem.len() > names::LONGEST_NETWORK).then(|| format!("the file's name has {} letters", stem.len()))) {
        notes.push(format!("name: {made}, as {why} (--name)"));
    }
    made
}

/// A note on the nodes whose identifiers in the hardware are more than their names in lower case with underscores.
fn renamed(network: &Network) -> Option<String> {
    let mut used = BTreeSet::new();
    let mut made: Vec<(&str, String)> = Vec::new();
    for layer in &network.layers {
        made.push((&layer.name, names::unique_identifier(&layer.name, "layer", &mut used)));
    }
    let ends = [network.inputs.iter().map(|input| &input.name).collect::<Vec<_>>(), network.outputs.iter().map(|output| &output.name).collect()];
    for nodes in ends.iter().filter(|nodes| nodes.len() > 1) {
        let mut used = BTreeSet::new();
        made.extend(nodes.iter().map(|name| (name.as_str(), names::unique_identifier(name, "port", &mut used))));
    }
    let other: Vec<String> =
        made.iter().filter(|(name, made)| names::is_renamed(name, made)).map(|(name, made)| format!("{} is {made}", names::shown(name))).collect();
    (!other.is_empty()).then(|| format!("names in the hardware: {}", other.join(", ")))
}
