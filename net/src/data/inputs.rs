//! Samples of a net with several inputs: one `.npz` per sample, one array in it for each Input node.

use std::path::Path;

use super::npy::Parsed;
use super::{extension, npz, Axes};
use crate::{wiring, InputNode, Problem, Problems, Spikes};

/// Reads the sample in `path`: of every input the array `<node>` or `<node>/spikes`, all with as many time steps. Flat indices as
/// [`Network::input`](crate::Network::input) counts them. `axes` are those of the arrays that have as many.
pub(super) fn read(path: &Path, inputs: &[InputNode], axes: Option<&Axes>) -> Result<Spikes, Problems> {
    let place = path.display().to_string();
    if extension(path) == "npy" {
        return Err(one_array(place, "an .npy holds one array", inputs).into());
    }
    let entries = npz::entries(path)?;
    let mut problems = Vec::new();
    let mut read: Vec<Spikes> = Vec::new();
    for input in inputs {
        let key = |name: &String| *name == input.name || *name == format!("{}/spikes", input.name);
        let Some((name, parsed)) = entries.iter().find(|(name, _)| key(name)) else {
            problems.push(Problem::new(
                "array-missing",
                place.clone(),
                format!("no array \"{}\" among {}", input.name, npz::names(&entries)),
                format!("one array of spikes [T, ...] for each input: {}", list(inputs)),
                format!("save the spikes of this input under the name {}", input.name),
            ));
            continue;
        };
        let place = format!("{place}:{name}");
        match parsed {
            Ok(Parsed::Numbers(array)) => {
                let axes = axes.filter(|axes| axes.count() == array.shape.len());
                match array.spikes(&place, input.shape, axes) {
                    Ok(spikes) => read.push(spikes),
                    Err(Problems(found)) => problems.extend(found),
                }
            }
            Ok(Parsed::Columns(_)) => problems.push(one_array(place, "events", inputs)),
            Err(problem) => problems.push(problem.clone()),
        }
    }
    let steps: Vec<String> = inputs.iter().zip(&read).map(|(input, spikes)| format!("{} {}", input.name, spikes.len())).collect();
    if problems.is_empty() && read.iter().any(|spikes| spikes.len() != read[0].len()) {
        problems.push(Problem::new(
            "array-steps",
            place,
            format!("time steps: {}", steps.join(", ")),
            "all inputs have the same time steps",
            "give the shorter ones silent steps at their end",
        ));
    }
    Problems::unless_empty(problems, ())?;
    let mut sample = vec![Vec::new(); read.first().map_or(0, Vec::len)];
    for (k, spikes) in read.iter().enumerate() {
        let first = wiring::first_address(inputs, k) as u32;
        for (all, own) in sample.iter_mut().zip(spikes) {
            all.extend(own.iter().map(|index| first + index));
        }
    }
    Ok(sample)
}

/// Refuses `found`, data of one input, for a net with several.
pub(super) fn one_only(path: &Path, found: &str, inputs: &[InputNode]) -> Result<(), Problem> {
    match inputs.len() > 1 {
        true => Err(one_array(path.display().to_string(), found, inputs)),
        false => Ok(()),
    }
}

fn one_array(place: String, found: &str, inputs: &[InputNode]) -> Problem {
    let found = format!("{found}; the net has {} inputs", inputs.len());
    let limit = format!("an .npz per sample with an array for each input: {}", list(inputs));
    Problem::new("data-inputs", place, found, limit, "save each sample with np.savez(file, NAME=spikes, ...), see docs/data.md")
}

fn list(inputs: &[InputNode]) -> String {
    let each: Vec<String> = inputs.iter().map(|input| format!("{} ({})", input.name, input.shape)).collect();
    each.join(", ")
}
