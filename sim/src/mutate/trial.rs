//! What a mutant has to get past.

use net::{Network, Spikes};
use rtl::{Design, Plan};

use crate::error::SimError;
use crate::lockstep::{lockstep, LockstepOptions};
use crate::model::BuildOptions;

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Lockstep found it; the check that did.
    Killed(String),
    /// No check saw a difference: a gap in the tests, or an equivalent mutant.
    Survived,
    /// Verilator or the compiler refused it; such a mutant does not count.
    Unbuildable,
}

/// Lockstep runs that a design is judged by.
pub struct Trial<'a> {
    pub plan: &'a Plan,
    pub net: &'a Network,
    pub samples: &'a [Spikes],
    /// Cycles of each sample without stalls, where the plan's formula is to be met.
    pub cycles: Option<Vec<u64>>,
    /// Stall probabilities of the runs behind the one without stalls.
    pub stalls: &'a [f64],
    pub seed: u64,
    pub build: BuildOptions,
}

impl Trial<'_> {
    /// Runs lockstep without stalls, with each of the stalls, and without a pause between samples, until a check fails.
    pub fn judge(&self, design: &Design) -> Result<Verdict, SimError> {
        let alone = std::iter::once(0.0).chain(self.stalls.iter().copied()).map(|stall| (stall, false));
        for (stall, back_to_back) in alone.chain([(0.0, true), (0.3, true)]) {
            let options = LockstepOptions {
                stall,
                back_to_back,
                seed: self.seed,
                build: self.build.clone(),
                ..LockstepOptions::default()
            };
            let report = match lockstep(design, self.plan, self.net, self.samples, &options) {
                Ok(report) => report,
                Err(SimError::Tool { .. }) => return Ok(Verdict::Unbuildable),
                Err(error) => return Err(error),
            };
            if let Some(first) = report.first {
                return Ok(Verdict::Killed(first.check));
            }
            let expected = self.cycles.as_ref().filter(|_| stall == 0.0 && !back_to_back);
            if expected.is_some_and(|cycles| *cycles != report.cycles_per_sample) {
                return Ok(Verdict::Killed("cycles".into()));
            }
        }
        Ok(Verdict::Survived)
    }
}
