//! Weights that already lie on a grid: w = scale x integer.

/// A grid that holds every weight of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Grid {
    /// Coarsest scale.
    pub scale: f64,
    /// Largest magnitude of an integer weight.
    pub largest: i64,
}

/// Finds the coarsest grid with integers of magnitude at most `most` that holds all `weights`.
///
/// A weight may miss its grid point by `tolerance` of a step: 1e-4 plus what a weight and a scale stored as f32 lose.
/// `None` if there is no such grid, or no weight other than 0.
pub(crate) fn find(weights: &[f64], most: i64) -> Option<Grid> {
    let largest = weights.iter().fold(0.0f64, |m, w| m.max(w.abs()));
    if largest == 0.0 {
        return None;
    }
    let mut distinct: Vec<f64> = weights.iter().map(|w| w.abs()).filter(|w| *w > 0.0).collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    (1..=most).find_map(|n| {
        let scale = largest / n as f64;
        distinct.iter().all(|w| on(*w, scale)).then(|| Grid {
            scale: refine(&distinct, scale),
            largest: n,
        })
    })
}

/// Whether a value lies on the grid of a scale.
pub(crate) fn on(value: f64, scale: f64) -> bool {
    let steps = value / scale;
    (steps - steps.round()).abs() <= 1e-4 + steps.abs() * 2.5e-7 && (value == 0.0 || steps.round() != 0.0)
}

/// Least-squares scale, so that the rounding of the single largest weight does not tilt the grid; exact grids stay exact.
fn refine(distinct: &[f64], scale: f64) -> f64 {
    if distinct.iter().all(|w| (w / scale).fract() == 0.0) {
        return scale;
    }
    let (mut above, mut below) = (0.0, 0.0);
    for w in distinct {
        let n = (w / scale).round();
        above += w * n;
        below += n * n;
    }
    let scale: f64 = above / below;
    // The shortest decimal that is the same f32, e.g. 0.005 instead of 0.005000000008577308.
    let short = (scale as f32).to_string().parse().unwrap_or(scale);
    match distinct.iter().all(|w| on(*w, short)) {
        true => short,
        false => scale,
    }
}
