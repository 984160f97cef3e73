//! How many iterations an event takes on an axis.

use hdl::prelude::*;
use crate::plan::axis::Axis;
use crate::plan::image::AxisTable;

/// How the iterations of a coordinate are known.
pub enum Span {
    /// They differ, or some coordinate is not heard: a table.
    Table(Table),
    /// All alike; coordinates from `limit` on lie off the map.
    Limit { last: usize, limit: usize },
    /// All alike, and the field cannot hold anything off the map.
    Free { last: usize },
}

impl Span {
    /// Of an axis; `what`: row or column.
    pub fn of(name: String, axis: &Axis, what: &str) -> Span {
        let table = AxisTable::of(axis);
        let first = table.last[0];
        match first {
            Some(last) if table.last.iter().all(|l| *l == first) => {
                if axis.shape.raw.is_power_of_two() {
                    Span::Free { last }
                } else {
                    Span::Limit { last, limit: axis.shape.raw }
                }
            }
            _ => {
                let bits = iteration_width(axis);
                let rows: Vec<Vec<u64>> = table
                    .last
                    .iter()
                    .map(|last| vec![u64::from(last.is_some()), last.unwrap_or(0) as u64])
                    .collect();
                let columns = [("heard", u(1)), ("last", u(bits))];
                Span::Table(Table::new(name, index_width(axis.shape.raw), &columns, rows, vec![]).documented(|doc| {
                    doc.line(format!("Iterations that an event in an input {what} takes."))
                        .rust("rtl::cores::sequencer::Sequencer")
                        .port("input", format!("input {what}"))
                        .port("heard", "some output hears it")
                        .port("last", "number of its last iteration")
                }))
            }
        }
    }

    /// The last iteration, where all coordinates are alike.
    pub fn last(&self) -> Option<usize> {
        match self {
            Span::Table(_) => None,
            Span::Limit { last, .. } | Span::Free { last } => Some(*last),
        }
    }

    /// The first coordinate off the map, where the field can hold one.
    pub fn limit(&self) -> Option<usize> {
        match self {
            Span::Limit { limit, .. } => Some(*limit),
            _ => None,
        }
    }

    /// The table, if there is one.
    pub fn tables(self) -> Vec<Table> {
        match self {
            Span::Table(table) => vec![table],
            _ => vec![],
        }
    }
}

/// Width of an axis's iteration number.
pub fn iteration_width(axis: &Axis) -> u32 {
    index_width(axis.most_iterations())
}
