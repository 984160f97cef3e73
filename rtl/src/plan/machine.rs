//! The machines: kinds of cores that a layer can be folded onto.

use net::options::CoreKind;
use net::{Layer, Problem};

/// What computes a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// Membranes in banks of memory words, a few lanes wide (`cores::core`).
    Banked,
    /// Synapses in a table (`cores::table`).
    Table,
}

impl Machine {
    /// As settings, manifest and JSON call it.
    pub fn name(self) -> &'static str {
        match self {
            Machine::Banked => "banked",
            Machine::Table => "table",
        }
    }

    /// Machines that may compute `layer`, of those that `wish` allows; a problem if the wish cannot be met.
    pub fn able(layer: &Layer, wish: CoreKind) -> Result<Vec<Machine>, Problem> {
        match wish {
            CoreKind::Auto if super::table::is_worth_a_try(layer) => Ok(vec![Machine::Banked, Machine::Table]),
            CoreKind::Auto | CoreKind::Banked => Ok(vec![Machine::Banked]),
            CoreKind::Table if super::table::is_possible(layer) => Ok(vec![Machine::Table]),
            CoreKind::Table => Err(refused(layer, wish, "only fully connected layers stand in a table")),
            CoreKind::Parallel => Err(refused(layer, wish, "this machine is not there yet")),
        }
    }
}

/// The wish for a machine that cannot compute the layer.
fn refused(layer: &Layer, wish: CoreKind, why: &str) -> Problem {
    Problem::new("core-kind", format!("layer {:?} core", layer.name), wish.to_string(), why, "use --core LAYER=auto")
}
