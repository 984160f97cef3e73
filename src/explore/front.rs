//! The Pareto front: what no other point beats in everything.

/// Indices, ascending, of the points that no other point dominates. A point dominates another if no criterion of it is
/// larger (smaller is better) and one is smaller. Of equal points the first stands for all.
pub fn front(points: &[Vec<f64>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    // Whatever dominates a point comes before it in this order, and so does an equal one with a lower index.
    order.sort_by(|&a, &b| compare(&points[a], &points[b]).then(a.cmp(&b)));
    let mut front: Vec<usize> = Vec::new();
    for index in order {
        let beaten = |&other: &usize| points[other].iter().zip(&points[index]).all(|(a, b)| a <= b);
        if !front.iter().any(beaten) {
            front.push(index);
        }
    }
    front.sort_unstable();
    front
}

fn compare(a: &[f64], b: &[f64]) -> std::cmp::Ordering {
    let pairs = a.iter().zip(b).map(|(a, b)| a.total_cmp(b));
    pairs.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
}

#[cfg(test)]
mod tests {
    use super::front;

    #[test]
    fn equal_points_stand_once_and_trade_offs_stay() {
        let points = [[1.0, 9.0], [5.0, 5.0], [5.0, 5.0], [9.0, 1.0], [6.0, 5.0], [9.0, 9.0]].map(Vec::from);
        assert_eq!(front(&points), [0, 1, 3]);
        assert!(front(&[]).is_empty());
    }

    /// Random points with few values, so that many are equal in something: against the definition, pair by pair.
    #[test]
    fn the_front_is_what_nothing_dominates() {
        let mut state = 1u64;
        let mut random = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        for _ in 0..2000 {
            let (count, criteria, values) = (random(12) as usize, 1 + random(4) as usize, 1 + random(5));
            let points: Vec<Vec<f64>> =
                (0..count).map(|_| (0..criteria).map(|_| random(values) as f64).collect()).collect();
            let dominates = |a: &[f64], b: &[f64]| {
                a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b)
            };
            let expected: Vec<usize> = (0..count)
                .filter(|&i| !points.iter().any(|other| dominates(other, &points[i])))
                .filter(|&i| !points[..i].contains(&points[i]))
                .collect();
            assert_eq!(front(&points), expected, "{points:?}");
        }
    }
}
