//! The answer of a classifier: which output neuron wins.

/// Winning output neuron by spike count, with the two ways of breaking ties.
///
/// `counts[n]` are the output spikes of neuron `n` over the sample, `shown[n]` its shown membrane after the last step
/// (both of the same length). Returns `(lowest_index, membrane_tiebreak)`: most spikes, then the lowest index; and most
/// spikes, then the larger shown membrane, then the lowest index. A layer without spikes (an LI readout) has all counts
/// equal, so its second answer is the largest membrane. An empty layer gives `(0, 0)`.
pub fn decide(counts: &[u32], shown: &[i64]) -> (usize, usize) {
    let mut by_count = 0;
    let mut by_membrane = 0;
    for n in 1..counts.len() {
        if counts[n] > counts[by_count] {
            by_count = n;
        }
        if (counts[n], shown[n]) > (counts[by_membrane], shown[by_membrane]) {
            by_membrane = n;
        }
    }
    (by_count, by_membrane)
}

#[cfg(test)]
mod tests {
    use super::decide;

    #[test]
    fn ties_go_to_the_lowest_index_or_the_larger_membrane() {
        assert_eq!(decide(&[1, 3, 3, 0], &[9, 1, 2, 50]), (1, 2));
        assert_eq!(decide(&[2, 2], &[5, 5]), (0, 0));
        assert_eq!(decide(&[0, 0, 0], &[-5, -2, -3]), (0, 1));
        assert_eq!(decide(&[], &[]), (0, 0));
    }
}
