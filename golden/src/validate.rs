//! Is a sample one that this network may see?

use net::{Network, Problem, Problems};

/// Checks that every index lies on the input map and that none comes more often in a step than the network's
/// multiplicity allows. Reports at most the first problem of each kind, with the step it is in.
pub fn validate(network: &Network, spikes: &[Vec<u32>]) -> Result<(), Problems> {
    let len = network.input.len();
    let mut count = vec![0u32; len];
    let mut off_map = None;
    let mut too_many = None;
    for (step, events) in spikes.iter().enumerate() {
        for &index in events {
            match count.get_mut(index as usize) {
                None => off_map = off_map.or(Some((step, index))),
                Some(n) => {
                    *n += 1;
                    if *n > network.multiplicity && too_many.is_none() {
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
    let path = format!("input \"{}\"", network.input_node);
    let mut problems = Vec::new();
    if let Some((step, index)) = off_map {
        problems.push(Problem::new(
            "event-off-map",
            path.clone(),
            format!("event at index {index} in time step {step}"),
            format!(
                "the input map {} has indices 0..={}",
                network.input,
                len.saturating_sub(1)
            ),
            "crop or rescale the recording, or use a network with a larger input",
        ));
    }
    if let Some((step, index)) = too_many {
        let found = spikes[step].iter().filter(|&&i| i == index).count();
        let (c, y, x) = network.input.coordinate(index as usize);
        problems.push(Problem::new(
            "multiplicity",
            path,
            format!("address (c={c}, y={y}, x={x}) comes {found} times in time step {step}"),
            format!("the network was built for at most {} per step", network.multiplicity),
            format!("use --multiplicity {found} or --dedup"),
        ));
    }
    Problems::unless_empty(problems, ())
}
