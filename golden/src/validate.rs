//! Is a sample one that this network may see?

use net::wiring::entering;
use net::{Network, Problem, Problems};

/// Checks that every index lies on an input's map and that none comes more often in a step than the network's
/// multiplicity allows, unless `tolerant`. Reports at most the first problem of each kind, with the step it is in.
pub fn validate(network: &Network, spikes: &[Vec<u32>], tolerant: bool) -> Result<(), Problems> {
    let map = network.input();
    let len = map.len();
    let mut count = vec![0u32; len];
    let mut off_map = None;
    let mut too_many = None;
    for (step, events) in spikes.iter().enumerate() {
        for &index in events {
            match count.get_mut(index as usize) {
                None => off_map = off_map.or(Some((step, index))),
                Some(n) => {
                    *n += 1;
                    if *n > network.multiplicity && !tolerant && too_many.is_none() {
                        too_many = Some((step, index));
                    }
                }
            }
        }
        for &index in events {
            if let Some(n) = count.get_mut(index as usize) {
                *n = 0;
            }
        }
    }
    // An address off the map is one of the last input's.
    let of = |index: u32| {
        let own = (0..network.inputs.len()).find_map(|k| Some((k, entering(&network.inputs, k, &[index]).next()?)));
        let (k, own) = own.unwrap_or((0, index));
        (format!("input \"{}\"", network.inputs[k].name), network.inputs[k].shape, own)
    };
    let mut problems = Vec::new();
    if let Some((step, index)) = off_map {
        let (path, shape, index) = of(index);
        problems.push(Problem::new(
            "event-off-map",
            path,
            format!("event at index {index} in time step {step}"),
            format!(
                "the input map {shape} has indices 0..={}",
                shape.len().saturating_sub(1)
            ),
            "crop or rescale the recording, or use a network with a larger input",
        ));
    }
    if let Some((step, index)) = too_many {
        let found = spikes[step].iter().filter(|&&i| i == index).count();
        let (path, shape, index) = of(index);
        let (c, y, x) = shape.coordinate(index as usize);
        problems.push(Problem::new(
            "multiplicity",
            path,
            format!("address (c={c}, y={y}, x={x}) comes {found} times in time step {step}"),
            format!("the network was built for at most {} per step", network.multiplicity),
            format!("use --multiplicity {found}, --dedup or --input-guard limit"),
        ));
    }
    Problems::unless_empty(problems, ())
}
