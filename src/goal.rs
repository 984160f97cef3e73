//! What a net is planned for: a device, or none.

use net::{Problem, Problems, Settings};
use rtl::plan::area::Family;
use rtl::plan::{Device, Means};
use synth::Target;

/// The device where the user names none.
const USUAL: Target = Target::Ecp5_85k;

/// Name of no device, in settings and flags.
const NONE: &str = "none";

/// Most adders of a plan without a device where the user does not say.
pub const ADDERS: usize = 512;

/// Clock of a plan without a device where the user does not say, MHz.
const CLOCK_MHZ: f64 = 100.0;

/// A device, or none, and how many adders a plan may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The device; none with `--target none`, and where the user names no device and the usual one does not hold the net.
    target: Option<Target>,
    /// Whether the user says which.
    given: bool,
    /// Most adders that the user allows.
    adders: Option<usize>,
}

impl Goal {
    /// What the settings say.
    pub fn parse(settings: &Settings) -> Result<Goal, Problems> {
        let adders = settings.adders.map(|adders| adders as usize);
        if adders == Some(0) {
            let limit = "1 or more: each core has one at least";
            return Err(Problem::new("adders-range", "--adders", "0", limit, format!("use for example --adders {ADDERS}")).into());
        }
        let target = match settings.target.as_deref() {
            None => Some(USUAL),
            Some(NONE) => None,
            Some(name) => Some(name.parse::<Target>().map_err(|problem| Problem {
                limit: format!("{NONE}, or {}", problem.limit),
                ..problem
            })?),
        };
        Ok(Goal { target, given: settings.target.is_some(), adders })
    }

    /// The same adders on another device.
    pub fn on(self, target: Target) -> Goal {
        Goal { target: Some(target), given: true, ..self }
    }

    /// What to plan for instead, with a line that says why, where `problems` say that the usual device does not hold the net; none
    /// where the user named the device, or something else is wrong.
    pub fn instead(self, problems: &Problems) -> Option<(Goal, String)> {
        let too_large = problems.0.iter().all(|problem| problem.code == "does-not-fit");
        if self.given || !too_large {
            return None;
        }
        let goal = Goal { target: None, ..self };
        let why: Vec<String> = problems.0.iter().map(|problem| format!("{}; {}", problem.value, problem.limit)).collect();
        let adders = goal.adders().unwrap_or(ADDERS);
        let text = format!(
            "{USUAL} (the default) does not hold the net: {}. Planned without a device, with at most {adders} adders \
             (--target none --adders {adders}); name a device with --target to plan for it",
            why.join(", ")
        );
        Some((goal, text))
    }

    pub fn target(self) -> Option<Target> {
        self.target
    }

    /// As settings, manifest and JSON call it.
    pub fn name(self) -> &'static str {
        self.target.map_or(NONE, Target::name)
    }

    /// What the device has, for the planner.
    pub fn device(self) -> Option<Device> {
        self.target.map(device)
    }

    /// Most adders of a plan; none where the device alone says it.
    pub fn adders(self) -> Option<usize> {
        match self.target {
            Some(_) => self.adders,
            None => Some(self.adders.unwrap_or(ADDERS)),
        }
    }

    /// Whose cells and memories are counted: the device's, else ECP5's.
    pub fn family(self) -> Family {
        Means { device: self.device(), adders: self.adders() }.family()
    }

    /// Clock that a design is meant to reach, MHz.
    pub fn clock_mhz(self) -> f64 {
        self.target.map_or(CLOCK_MHZ, Target::clock_mhz)
    }

    /// A device for the synthesis of what was planned: the one it was planned for, else the usual one.
    pub fn for_synthesis(self) -> Target {
        self.target.unwrap_or(USUAL)
    }
}

/// What a device has, for the planner.
pub fn device(target: Target) -> Device {
    let capacity = target.capacity();
    Device { family: plan_family(target), lut: capacity.lut, ff: capacity.ff, bram: capacity.bram, dsp: capacity.dsp }
}

/// The planner's name of a target's family.
pub fn plan_family(target: Target) -> Family {
    match target.family() {
        synth::Family::Ecp5 => Family::Ecp5,
        synth::Family::Ice40 => Family::Ice40,
        synth::Family::Xc7 => Family::Xc7,
    }
}

/// The device that `synth` is asked for, or the usual one.
pub fn synthesis_target(name: Option<&str>) -> Result<Target, Problems> {
    name.map_or(Ok(USUAL), |name| Ok(name.parse()?))
}
