//! NIR file to checked integer network: read, chain, resolve, quantise.

use std::collections::BTreeSet;
use std::path::Path;

use crate::chain::chain;
use crate::float::FloatChain;
use crate::nir::{self, Graph};
use crate::quantise::{quantise, LayerReport};
use crate::semantics::resolve;
use crate::options::Weights;
use crate::{names, Network, Options, Problem, Problems};

/// Most spikes of an input address in a time step where neither the user nor the data say it.
pub const DEFAULT_MULTIPLICITY: u32 = 4;

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
    pub metadata: std::collections::BTreeMap<String, String>,
}

/// Imports a NIR file. Errors name file, node, value, limit and remedy; all of a stage are reported at once.
pub fn import_file(path: &Path, options: &Options) -> Result<Imported, Problems> {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    import_graph(&nir::read_file(path, options.repair.unwrap_or(false))?, &stem, options)
}

/// Imports a NIR file from memory; `label` names it in messages and, without directory and suffix, the network.
pub fn import_bytes(label: &str, bytes: Vec<u8>, options: &Options) -> Result<Imported, Problems> {
    let stem = Path::new(label)
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    import_graph(&nir::read_bytes(label, bytes, options.repair.unwrap_or(false))?, &stem, options)
}

fn import_graph(graph: &Graph, stem: &str, options: &Options) -> Result<Imported, Problems> {
    let chain = chain(graph)?;
    let mut problems = Vec::new();
    let multiplicity = options.multiplicity.unwrap_or(DEFAULT_MULTIPLICITY);
    if !(1..=65535).contains(&multiplicity) {
        let value = format!("{multiplicity} spikes of one address in a time step");
        problems.push(Problem::new(
            "multiplicity-range",
            "--multiplicity",
            value,
            "1..=65535",
            "give a multiplicity in that range",
        ));
    }
    let mut notes = Vec::new();
    let name = name(stem, options, &mut problems, &mut notes);
    let resolved = match resolve(&chain, options) {
        Ok(resolved) if problems.is_empty() => resolved,
        Ok(_) => return Err(Problems(problems)),
        Err(Problems(more)) => {
            problems.extend(more);
            return Err(Problems(problems));
        }
    };
    let quantised = quantise(&resolved.float, &resolved.choices, &name, multiplicity, options.weights == Some(Weights::Loadable))?;
    let mut assumptions = resolved.assumptions;
    assumptions.extend(notes.into_iter().chain(renamed(&quantised.network)));
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
    let mut warnings = resolved.warnings;
    warnings.extend(quantised.warnings);
    Ok(Imported {
        network: quantised.network,
        float: resolved.float,
        assumptions,
        reports: quantised.reports,
        warnings,
        metadata: graph.metadata.clone(),
    })
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
