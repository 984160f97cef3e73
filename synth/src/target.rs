//! The devices: what they hold, and what the tools call them.

use net::problem::Problem;

/// What a device holds, in the units of [`Target::lut_kind`] and [`Target::bram_kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Capacity {
    pub lut: u64,
    pub ff: u64,
    pub bram: u64,
    pub dsp: u64,
}

/// A device that `synth` and `build --target` know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    Ecp5_25k,
    Ecp5_45k,
    Ecp5_85k,
    /// Xilinx series 7: counts after yosys only, no place and route.
    Xc7,
}

impl Target {
    /// All targets, in the order of `--help`.
    pub const ALL: [Target; 4] = [Target::Ecp5_25k, Target::Ecp5_45k, Target::Ecp5_85k, Target::Xc7];

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Target::Ecp5_25k => "ecp5-25k",
            Target::Ecp5_45k => "ecp5-45k",
            Target::Ecp5_85k => "ecp5-85k",
            Target::Xc7 => "xc7",
        }
    }

    /// The part that figures are for.
    pub fn part(self) -> &'static str {
        match self {
            Target::Ecp5_25k => "LFE5U-25F-6BG381C",
            Target::Ecp5_45k => "LFE5U-45F-6BG554C",
            Target::Ecp5_85k => "LFE5U-85F-6BG756C",
            Target::Xc7 => "xc7a100t",
        }
    }

    /// Speed grade that place and route times for; none where there is no place and route. 6 is the slowest ECP5.
    pub fn speed_grade(self) -> Option<u32> {
        self.is_ecp5().then_some(6)
    }

    /// Source: nextpnr-ecp5's utilisation report; Xilinx DS180 for the xc7a100t.
    pub fn capacity(self) -> Capacity {
        match self {
            Target::Ecp5_25k => Capacity {
                lut: 24_288,
                ff: 24_288,
                bram: 56,
                dsp: 28,
            },
            Target::Ecp5_45k => Capacity {
                lut: 43_848,
                ff: 43_848,
                bram: 108,
                dsp: 72,
            },
            Target::Ecp5_85k => Capacity {
                lut: 83_640,
                ff: 83_640,
                bram: 208,
                dsp: 156,
            },
            Target::Xc7 => Capacity {
                lut: 63_400,
                ff: 126_800,
                bram: 270,
                dsp: 240,
            },
        }
    }

    /// What `lut` counts.
    pub fn lut_kind(self) -> &'static str {
        if self.is_ecp5() {
            "LUT4"
        } else {
            "LUT6"
        }
    }

    /// What `bram` counts: DP16KD of 18 kbit, or RAMB18 with a RAMB36 as two.
    pub fn bram_kind(self) -> &'static str {
        if self.is_ecp5() {
            "DP16KD"
        } else {
            "RAMB18"
        }
    }

    /// True if nextpnr-ecp5 places and routes for this target.
    pub fn is_ecp5(self) -> bool {
        self != Target::Xc7
    }

    /// nextpnr-ecp5's device and package arguments; empty for other families.
    pub(crate) fn nextpnr_arguments(self) -> &'static [&'static str] {
        match self {
            Target::Ecp5_25k => &["--25k", "--package", "CABGA381", "--speed", "6"],
            Target::Ecp5_45k => &["--45k", "--package", "CABGA554", "--speed", "6"],
            Target::Ecp5_85k => &["--85k", "--package", "CABGA756", "--speed", "6"],
            Target::Xc7 => &[],
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Target {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Target::ALL
            .into_iter()
            .find(|target| target.name() == text)
            .ok_or_else(|| {
                let names: Vec<_> = Target::ALL.iter().map(|target| target.name()).collect();
                Problem::new(
                    "unknown-target",
                    "--target",
                    format!("{text:?}"),
                    format!("one of {}", names.join(", ")),
                    "pick one of these",
                )
            })
    }
}

impl serde::Serialize for Target {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn names_parse_back() {
        for target in Target::ALL {
            assert_eq!(target.name().parse(), Ok(target));
        }
    }

    #[test]
    fn an_unknown_target_lists_all() {
        let problem = "ecp5-99k".parse::<Target>().unwrap_err();
        assert_eq!(
            problem.to_string(),
            "--target: \"ecp5-99k\" (one of ecp5-25k, ecp5-45k, ecp5-85k, xc7); pick one of these"
        );
    }
}
