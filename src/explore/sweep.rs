//! What is varied: weight widths, devices, and how much of a device a plan may take.

use rtl::plan::Objective;
use synth::Target;

/// How much of a device's LUT and FF a plan may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// The smallest plan.
    Area,
    /// The fastest plan in so many percent.
    Percent(u32),
}

impl Budget {
    pub fn parse(text: &str) -> Option<Budget> {
        match text {
            "area" => Some(Budget::Area),
            _ => text.parse().ok().filter(|percent| (1..=100).contains(percent)).map(Budget::Percent),
        }
    }

    /// As [`Budget::parse`] reads it.
    pub fn name(self) -> String {
        match self {
            Budget::Area => "area".to_string(),
            Budget::Percent(percent) => percent.to_string(),
        }
    }

    /// What the planner is asked for.
    pub fn objective(self) -> (Objective, Option<f64>) {
        match self {
            Budget::Area => (Objective::Area, None),
            Budget::Percent(percent) => (Objective::Latency, Some(f64::from(percent) / 100.0)),
        }
    }
}

/// One combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    pub bits: u32,
    pub target: Target,
    pub budget: Budget,
}

impl Spot {
    /// Name of the point: file, job and JSON call it so.
    pub fn id(&self) -> String {
        let budget = match self.budget {
            Budget::Area => "area".to_string(),
            Budget::Percent(percent) => format!("b{percent}"),
        };
        format!("w{}_{}_{budget}", self.bits, self.target)
    }
}

/// All combinations.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    pub widths: Vec<u32>,
    pub targets: Vec<Target>,
    pub budgets: Vec<Budget>,
}

impl Sweep {
    /// The lists in the user's order, each entry once.
    pub fn new(widths: Vec<u32>, targets: Vec<Target>, budgets: Vec<Budget>) -> Sweep {
        Sweep { widths: once(widths), targets: once(targets), budgets: once(budgets) }
    }

    pub fn spots(&self) -> Vec<Spot> {
        let of_width = |&bits: &u32| {
            let of_target = move |&target: &Target| {
                self.budgets.iter().map(move |&budget| Spot { bits, target, budget })
            };
            self.targets.iter().flat_map(of_target)
        };
        self.widths.iter().flat_map(of_width).collect()
    }

    pub fn ids(&self) -> Vec<String> {
        self.spots().iter().map(Spot::id).collect()
    }
}

fn once<T: PartialEq>(list: Vec<T>) -> Vec<T> {
    let mut found: Vec<T> = Vec::new();
    for entry in list {
        if !found.contains(&entry) {
            found.push(entry);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_has_a_name_of_its_own() {
        let budgets = ["area", "10", "75", "10"].map(|text| Budget::parse(text).unwrap()).to_vec();
        let sweep = Sweep::new(vec![4, 8, 4], Target::ALL.to_vec(), budgets);
        let mut ids = sweep.ids();
        assert_eq!((ids.len(), ids[0].as_str(), ids[1].as_str()), (2 * 8 * 3, "w4_ecp5-25k_area", "w4_ecp5-25k_b10"));
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 2 * 8 * 3);
        assert_eq!(["0", "101", "ten", ""].map(Budget::parse), [None; 4]);
    }
}
