//! What stands around the cores of a chip, and the area of the whole.

use super::area::{core_area, Area, Family};
use super::Plan;
use crate::config::ConfigPort;

/// A part of a chip that is no core.
#[derive(Clone, Debug, PartialEq)]
pub struct Around {
    pub name: &'static str,
    pub area: Area,
}

impl Plan {
    /// The chip's ports, the routers and what links cores to them, the registers behind a configuration bus and the cores' counters; what is not
    /// there is not listed. Of several chips the sum. Forks and merges of a graph are not counted.
    pub fn around(&self, family: Family) -> Vec<Around> {
        let own = |part: fn(&Plan, Family) -> Area| match &self.chips[..] {
            [] => part(self, family),
            chips => chips.iter().map(|chip| part(&chip.plan, family)).fold(Area::default(), |sum, area| sum + area),
        };
        let parts: [(&'static str, fn(&Plan, Family) -> Area); 3] =
            [("ports", |_, family| ports(family)), ("routers", routers), ("registers", registers)];
        let listed = parts.into_iter().map(|(name, part)| Around { name, area: own(part) });
        listed.filter(|part| part.area != Area::default()).collect()
    }

    /// Cores and what is around them.
    pub fn area(&self, family: Family) -> Area {
        let cores = self.cores.iter().map(|core| core_area(core, family));
        cores.chain(self.around(family).into_iter().map(|part| part.area)).fold(Area::default(), |sum, area| sum + area)
    }
}

/// Streams in and out and the registers that synthesis puts at the pins (`synth`: a shift register, and words folded): what 61 random
/// nets of one layer have beside their core, on average. On xc7 and ice40 each core's constants hold them.
pub(super) fn ports(family: Family) -> Area {
    match family {
        Family::Ecp5 => cells(26.0, 92.0),
        Family::Xc7 | Family::Ice40 => Area::default(),
    }
}

fn routers(plan: &Plan, family: Family) -> Area {
    plan.fabric.as_ref().map_or(Area::default(), |fabric| fabric.area(plan, family))
}

/// The slave and its hub, and a station per core: yosys on the bundled FC net; ice40 as ECP5.
fn registers(plan: &Plan, family: Family) -> Area {
    let Some(config) = plan.edges.config else { return Area::default() };
    let (slave, hub, station) = match (family, config.port) {
        (Family::Xc7, ConfigPort::AxiLite) => (cells(24.0, 84.0), cells(120.0, 102.0), cells(150.0, 324.0)),
        (Family::Xc7, ConfigPort::Spi) => (cells(64.0, 145.0), cells(120.0, 102.0), cells(150.0, 324.0)),
        (_, ConfigPort::AxiLite) => (cells(37.0, 84.0), cells(278.0, 102.0), cells(697.0, 324.0)),
        (_, ConfigPort::Spi) => (cells(95.0, 156.0), cells(278.0, 102.0), cells(697.0, 324.0)),
    };
    plan.cores.iter().fold(slave + hub, |sum, _| sum + station)
}

fn cells(lut: f64, ff: f64) -> Area {
    Area { lut, ff, ..Area::default() }
}
