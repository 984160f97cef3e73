//! Where routing tables stand on the bus, and what is written there.

use super::loaded_table::TableShape;
use super::map::RegisterMap;
use crate::plan::fabric::FabricPlan;
use crate::plan::{CorePlan, Plan};

/// A table that is written: a name for people, its place, its shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenTable {
    pub name: String,
    /// First word address.
    pub base: u32,
    pub shape: TableShape,
}

/// The tables of a chip whose routes are written: those of the interfaces, by endpoint, then those of the routers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteTables {
    pub all: Vec<WrittenTable>,
}

impl RouteTables {
    /// Each in a region of its own, from word `next` on.
    pub(super) fn of(cores: &[CorePlan], fabric: &FabricPlan, mut next: u32) -> Self {
        let mut all = Vec::new();
        for (name, shape) in fabric.table_shapes(cores) {
            let size = 1 << shape.bits();
            let base = u32::next_multiple_of(next, size);
            next = base + size;
            all.push(WrittenTable { name, base, shape });
        }
        RouteTables { all }
    }

    /// First word address behind all.
    pub(super) fn end(&self) -> Option<u32> {
        self.all.last().map(|table| table.base + (1 << table.shape.bits()))
    }
}

/// All that is written into the tables of `plan`: word address, data.
pub fn route_image(map: &RegisterMap, plan: &Plan) -> Vec<(u32, u32)> {
    let Some(fabric) = &plan.fabric else { return Vec::new() };
    let contents = fabric.table_contents(&plan.cores, &plan.wiring);
    let of_table = |(table, (rows, word)): (&WrittenTable, (Vec<u64>, Option<u64>))| -> Vec<(u32, u32)> {
        let rows = rows.into_iter().zip(table.base..).map(|(row, address)| (address, row as u32));
        rows.chain(word.map(|word| (table.base + table.shape.word_at(), word as u32))).collect()
    };
    map.routes.all.iter().zip(contents).flat_map(of_table).collect()
}
