//! What routers, and what stands between them and the cores, take of a device: as `plan::area`, with counts of their own.

use super::{Behind, FabricPlan};
use crate::fabric::RouterConfig;
use crate::plan::area::{mux, weigh, Area, Family};
use crate::plan::memory::{map, Kind, Mapping, Memory};
use crate::plan::{CorePlan, Plan};

/// What the constants of a router multiply, in the order of [`FEATURES`].
pub const FEATURES: [&str; 5] = ["inputs", "queue_cells", "mux_bits", "turns", "table"];

/// Counts of a router by table of which only the ports `used` lead somewhere: what is tied to nothing goes away.
pub fn features(router: &RouterConfig, used: &[usize], family: Family) -> Vec<f64> {
    let width = f64::from(router.format.width());
    let inputs = used.len() as f64;
    let queue = queue(router, family);
    let cells = if queue.kind == Kind::LutRam { queue.cells as f64 } else { 0.0 };
    let sources = |to: usize| used.iter().filter(|from| router.turns[**from][to]).count();
    let turns = used.iter().map(|to| sources(*to)).sum::<usize>() as f64;
    let rows = router.table().map_or(0, |table| table.len());
    vec![
        inputs,
        cells * inputs,
        used.iter().map(|to| mux(sources(*to).max(1))).sum::<f64>() * width,
        turns,
        turns * rows as f64 / 16.0,
    ]
}

/// What holds the packets of an input.
fn queue(router: &RouterConfig, family: Family) -> Mapping {
    map(&Memory { holds: "packets", words: router.depth, bits: router.format.width(), copies: 1, rom: false }, family)
}

/// Block RAMs of its queues.
pub fn blocks(router: &RouterConfig, used: &[usize], family: Family) -> usize {
    let queue = queue(router, family);
    if queue.kind == Kind::BlockRam { queue.cells as usize * used.len() } else { 0 }
}

/// LUT and FF of each count.
fn constants(family: Family) -> (&'static [f64], &'static [f64]) {
    match family {
        Family::Ecp5 => (&ECP5_LUT, &ECP5_FF),
        Family::Xc7 => (&XC7_LUT, &XC7_FF),
        Family::Ice40 => (&ICE40_LUT, &ICE40_FF),
    }
}

impl FabricPlan {
    /// Routers and interfaces of a plan with routers.
    pub fn area(&self, plan: &Plan, family: Family) -> Area {
        let nodes = self.topology.nodes.iter().zip(&self.routers).map(|(node, router)| {
            let leads = |p: &usize| node.ports[*p].behind != Behind::Nothing;
            let used: Vec<usize> = (0..node.ports.len()).filter(leads).collect();
            let (lut, ff) = weigh(&features(router, &used, family), constants(family));
            Area { lut, ff, bram: blocks(router, &used, family) as f64, ..Area::default() }
        });
        let packet = f64::from(self.format.width());
        let interfaces = plan.cores.iter().enumerate().map(|(end, core)| self.interface(end, core, packet, family));
        let tables = if self.written { self.table_shapes(&plan.cores) } else { Vec::new() };
        let written = tables.iter().map(|(_, shape)| {
            let bits = shape.rows as f64 * f64::from(shape.width);
            Area { lut: WRITTEN.0 * bits, ff: WRITTEN.1, ..Area::default() }
        });
        nodes.chain(interfaces).chain(written).fold(Area { lut: EDGE.0, ff: EDGE.1, ..Area::default() }, |sum, part| sum + part)
    }

    /// What stands between a core and its router: logic as measured on ECP5 (39 interfaces of the bundled nets, 98 to 126 LUT4)
    /// and xc7 (one, half of that), and the queue.
    fn interface(&self, endpoint: usize, core: &CorePlan, packet: f64, family: Family) -> Area {
        let words = self.waiting(endpoint).unwrap_or(0);
        let queue = Memory { holds: "words", words, bits: core.input.width(), copies: 1, rom: false };
        let mapping = map(&queue, family);
        let cells = mapping.cells as f64;
        let lut = 65.0 + 2.0 * packet;
        let logic = Area { lut: if family == Family::Xc7 { lut / 2.0 } else { lut }, ff: 30.0 + packet, ..Area::default() };
        match mapping.kind {
            Kind::BlockRam => logic + Area { bram: cells, ..Area::default() },
            Kind::LutRam => logic + Area { lut: constants(family).0[1] * cells, ..Area::default() },
            Kind::Logic => logic + Area { ff: words as f64 * f64::from(core.input.width()), ..Area::default() },
        }
    }
}

/// What a table takes more when it is written: LUT per bit, and FF (yosys for ECP5, 64 rows of five ports: 129 LUT4, 44 FF).
const WRITTEN: (f64, f64) = (0.4, 44.0);

/// LUT and FF of the chip's edge.
const EDGE: (f64, f64) = (42.0, 6.0);

// In the order of FEATURES, fitted to 45 (ECP5) and 30 random routers, each alone (benches/area_samples.rs, SPIKEWRIGHT_ROUTERS). Mean error of the third that was held
// out, LUT and FF: ECP5 9 and 4 %, xc7 7 and 4 %, ice40 8 and 9 %.
const ECP5_LUT: [f64; 5] = [9.348, 6.546, 0.867, 17.283, 9.726];
const ECP5_FF: [f64; 5] = [11.954, 0.0, 0.001, 2.346, 0.246];
const XC7_LUT: [f64; 5] = [9.941, 3.785, 0.537, 7.969, 3.193];
const XC7_FF: [f64; 5] = [11.870, 0.0, 0.009, 2.206, 0.278];
const ICE40_LUT: [f64; 5] = [62.281, 0.0, 1.488, 0.0, 7.143];
const ICE40_FF: [f64; 5] = [25.955, 0.0, 0.254, 0.0, 0.563];
