//! What a check found, before it is dressed up for the report.

/// A failed check.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Name of the check, as the report prints it.
    pub check: &'static str,
    /// Layer, or `None` at the chip's edge.
    pub layer: Option<usize>,
    /// Flat index in the layer's output map.
    pub neuron: Option<usize>,
    /// Index in the caller's list of samples.
    pub sample: Option<usize>,
    pub step: Option<usize>,
    pub golden: String,
    pub rtl: String,
}

/// Counts findings and keeps the first.
#[derive(Default)]
pub struct Findings {
    pub count: u64,
    pub first: Option<(u64, Finding)>,
    /// Clock cycle now; set by the run.
    pub cycle: u64,
    /// Sample that is running, for checks that do not know; set by the run.
    pub sample: Option<usize>,
}

impl Findings {
    pub fn add(&mut self, mut finding: Finding) {
        self.count += 1;
        finding.sample = finding.sample.or(self.sample);
        if self.first.is_none() {
            self.first = Some((self.cycle, finding));
        }
    }
}
