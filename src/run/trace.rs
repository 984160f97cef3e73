//! The trace of one sample, written or compared with a recorded one.

use std::path::Path;

use net::data::{compare, trace_file};
use net::Problems;
use serde_json::json;

use super::Subject;
use crate::console::{Console, Reply};
use crate::project::need_data;

/// Which sample, and what is done with its trace.
pub struct Wanted<'a> {
    pub sample: usize,
    pub write: Option<&'a Path>,
    pub compare: Option<&'a Path>,
}

/// Writes and compares the trace of one sample; fails the check where the two part.
pub fn trace(subject: &Subject, wanted: &Wanted, console: &Console) -> Result<Reply, Problems> {
    let dataset = need_data(subject.dataset)?;
    if wanted.sample >= dataset.len() {
        let limit = format!("0 to {}", dataset.len() - 1);
        let sample = wanted.sample.to_string();
        return Err(net::Problem::new("samples-range", "--sample", sample, limit, "name a sample that is there").into());
    }
    let (sample, arrays) = subject.trace(wanted.sample)?;
    console.say(format!(
        "sample {} ({}), {} time steps",
        wanted.sample,
        sample.name,
        sample.spikes.len()
    ));
    let mut fields = json!({
        "samples": 1,
        "sample": wanted.sample,
        "sample_name": sample.name,
        "steps": sample.spikes.len(),
        "model": subject.model_name(),
        "arrays": arrays.iter().map(|(key, _)| key).collect::<Vec<_>>(),
    });
    if let Some(path) = &wanted.write {
        trace_file::write(path, &arrays)?;
        console.say(format!(
            "wrote {}: {}",
            path.display(),
            net::data::arrays::names(&arrays)
        ));
        fields["trace"] = json!(path.display().to_string());
    }
    let Some(path) = &wanted.compare else {
        return Ok(Reply::new(fields));
    };
    let comparison = compare::compare(&arrays, &trace_file::read(path)?, &path.display().to_string())?;
    for node in &comparison.nodes {
        let (share, what) = match node.spike_agreement() {
            Some(share) => (share, "spikes"),
            None => (node.same as f64 / node.compared.max(1) as f64, "membranes"),
        };
        let (name, share) = (&node.node, 100.0 * share);
        console.say(format!("{name:<20} {share:>8.3} % of {what} agree ({} of {} cells)", node.same, node.compared));
    }
    for node in &comparison.missing {
        console.warn(format!("{} holds neither spikes nor membranes of {node}", path.display()));
    }
    let first = comparison.first();
    match first {
        Some(divergence) => console.say(format!("first divergence: {divergence}")),
        None => console.say("no divergence"),
    }
    let agreement: Vec<_> = comparison
        .nodes
        .iter()
        .map(|node| json!({"node": node.node, "agreement": node.spike_agreement()}))
        .collect();
    fields["comparison"] = json!(comparison);
    fields["agreement_per_layer"] = json!(agreement);
    fields["first_divergence"] = json!(first);
    Ok(Reply::new(fields).passed_if(first.is_none()))
}
