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
    Ice40Up5k,
    Xc7_35t,
    Xc7_100t,
    Xc7Z020,
    Xc7Z045,
}

/// What the members of a family share: tools, cells, and what they count as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Lattice ECP5: placed and routed.
    Ecp5,
    /// Lattice iCE40 UltraPlus: counts after yosys only.
    Ice40,
    /// Xilinx series 7: counts after yosys only.
    Xc7,
}

/// One line of the list of devices.
#[derive(Clone, Copy)]
struct Device {
    name: &'static str,
    part: &'static str,
    family: Family,
    capacity: Capacity,
    /// nextpnr-ecp5's device and package.
    nextpnr: &'static [&'static str],
}

const fn holds(lut: u64, ff: u64, bram: u64, dsp: u64) -> Capacity {
    Capacity { lut, ff, bram, dsp }
}

const fn device(
    family: Family,
    name: &'static str,
    part: &'static str,
    capacity: Capacity,
    nextpnr: &'static [&'static str],
) -> Device {
    Device { name, part, family, capacity, nextpnr }
}

/// The name of [`Target::Xc7_100t`] before there were others of its family.
const FORMER_XC7: &str = "xc7";

impl Target {
    /// All targets, in the order of `--help`.
    pub const ALL: [Target; 8] = [
        Target::Ecp5_25k,
        Target::Ecp5_45k,
        Target::Ecp5_85k,
        Target::Ice40Up5k,
        Target::Xc7_35t,
        Target::Xc7_100t,
        Target::Xc7Z020,
        Target::Xc7Z045,
    ];

    /// Sources of the capacities: nextpnr-ecp5's utilisation report; Lattice FPGA-DS-02008 (iCE40 UltraPlus: without its
    /// four SPRAM, which cannot hold weights at power-up); Xilinx DS180 and DS190 (a RAMB36 is two RAMB18).
    fn device(self) -> Device {
        use Family::{Ecp5, Ice40, Xc7};
        match self {
            Target::Ecp5_25k => device(
                Ecp5,
                "ecp5-25k",
                "LFE5U-25F-6BG381C",
                holds(24_288, 24_288, 56, 28),
                &["--25k", "--package", "CABGA381", "--speed", "6"],
            ),
            Target::Ecp5_45k => device(
                Ecp5,
                "ecp5-45k",
                "LFE5U-45F-6BG554C",
                holds(43_848, 43_848, 108, 72),
                &["--45k", "--package", "CABGA554", "--speed", "6"],
            ),
            Target::Ecp5_85k => device(
                Ecp5,
                "ecp5-85k",
                "LFE5U-85F-6BG756C",
                holds(83_640, 83_640, 208, 156),
                &["--85k", "--package", "CABGA756", "--speed", "6"],
            ),
            Target::Ice40Up5k => device(Ice40, "ice40-up5k", "iCE40UP5K-SG48I", holds(5_280, 5_280, 30, 8), &[]),
            Target::Xc7_35t => device(Xc7, "xc7-35t", "xc7a35t", holds(20_800, 41_600, 100, 90), &[]),
            Target::Xc7_100t => device(Xc7, "xc7-100t", "xc7a100t", holds(63_400, 126_800, 270, 240), &[]),
            Target::Xc7Z020 => device(Xc7, "xc7-z020", "xc7z020", holds(53_200, 106_400, 280, 220), &[]),
            Target::Xc7Z045 => device(Xc7, "xc7-z045", "xc7z045", holds(218_600, 437_200, 1_090, 900), &[]),
        }
    }

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        self.device().name
    }

    /// All names, for messages.
    pub fn names() -> String {
        Target::ALL.map(Target::name).join(", ")
    }

    /// The part that figures are for.
    pub fn part(self) -> &'static str {
        self.device().part
    }

    pub fn family(self) -> Family {
        self.device().family
    }

    /// Speed grade that place and route times for; none where there is no place and route. 6 is the slowest ECP5.
    pub fn speed_grade(self) -> Option<u32> {
        self.is_routed().then_some(6)
    }

    /// Clock that a design for it is meant to reach, MHz.
    pub fn clock_mhz(self) -> f64 {
        match self.family() {
            Family::Ecp5 | Family::Xc7 => 100.0,
            Family::Ice40 => 24.0,
        }
    }

    pub fn capacity(self) -> Capacity {
        self.device().capacity
    }

    /// What `lut` counts; iCE40: logic cells, each a LUT4 and a flip-flop behind it.
    pub fn lut_kind(self) -> &'static str {
        match self.family() {
            Family::Ecp5 => "LUT4",
            Family::Ice40 => "LC",
            Family::Xc7 => "LUT6",
        }
    }

    /// What `bram` counts: DP16KD of 18 kbit, EBR of 4 kbit (SB_RAM40_4K), or RAMB18 with a RAMB36 as two.
    pub fn bram_kind(self) -> &'static str {
        match self.family() {
            Family::Ecp5 => "DP16KD",
            Family::Ice40 => "EBR4K",
            Family::Xc7 => "RAMB18",
        }
    }

    /// True if nextpnr-ecp5 places and routes for this target.
    pub fn is_routed(self) -> bool {
        self.family() == Family::Ecp5
    }

    /// nextpnr-ecp5's device and package arguments; empty for other families.
    pub(crate) fn nextpnr_arguments(self) -> &'static [&'static str] {
        self.device().nextpnr
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
        let text_now = if text == FORMER_XC7 { Target::Xc7_100t.name() } else { text };
        Target::ALL.into_iter().find(|target| target.name() == text_now).ok_or_else(|| {
            Problem::new(
                "unknown-target",
                "--target",
                format!("{text:?}"),
                format!("one of {}", Target::names()),
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
        assert_eq!("xc7".parse(), Ok(Target::Xc7_100t), "folders of earlier versions say so");
    }

    #[test]
    fn an_unknown_target_lists_all() {
        let problem = "ecp5-99k".parse::<Target>().unwrap_err();
        assert_eq!(
            problem.to_string(),
            "--target: \"ecp5-99k\" (one of ecp5-25k, ecp5-45k, ecp5-85k, ice40-up5k, xc7-35t, xc7-100t, xc7-z020, \
             xc7-z045); pick one of these"
        );
    }
}
