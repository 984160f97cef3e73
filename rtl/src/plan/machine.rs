//! The machines: kinds of cores that a layer can be folded onto.

use net::options::CoreKind;
use net::{Layer, LeakMode, Problem};

use super::{parallel, table, PlanOptions, Scan};

/// What computes a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    /// Membranes in banks of memory words, a few lanes wide (`cores::core`).
    Banked,
    /// All neurons at once, membranes in flip-flops (`cores::parallel`).
    Parallel,
    /// Synapses in a table (`cores::table`).
    Table,
}

impl Machine {
    /// As settings, manifest and JSON call it.
    pub fn name(self) -> &'static str {
        match self {
            Machine::Banked => "banked",
            Machine::Parallel => "parallel",
            Machine::Table => "table",
        }
    }

    /// Whether a scan of memory words ends a step, whose spikes go to a queue.
    pub fn scans(self) -> bool {
        self != Machine::Parallel
    }

    /// Machines that may compute `layer`, of those that the wishes allow; a problem if a wish cannot be met.
    pub fn able(layer: &Layer, options: &PlanOptions) -> Result<Vec<Machine>, Problem> {
        let wish = options.machines.get(&layer.name).copied().unwrap_or(CoreKind::Auto);
        let name = &layer.name;
        let folded = options.lanes.contains_key(name) || options.banks.contains_key(name) || options.queues.contains_key(name);
        let folded = folded || options.scans.contains_key(name);
        let touched = options.scans.get(name) == Some(&Scan::Touched);
        let lazy = layer.neuron.leak_mode == LeakMode::Lazy;
        if lazy && matches!(wish, CoreKind::Parallel | CoreKind::Table) {
            let why = "only the banked core has lazy leak".to_string();
            return Err(refused(layer, wish, why, "use --core LAYER=banked, or --leak-mode step"));
        }
        match wish {
            CoreKind::Auto => {
                let mut able = vec![Machine::Banked];
                // Weights that are written over the bus stand in a banked core, unless the user wants a parallel one.
                if options.edges.config.is_some_and(|config| config.loadable) {
                    return Ok(able);
                }
                // Only a banked core has a touched map, or lazy leak.
                able.extend((!folded && !lazy && parallel::refusal(layer).is_none()).then_some(Machine::Parallel));
                able.extend((!touched && !lazy && table::is_worth_a_try(layer)).then_some(Machine::Table));
                Ok(able)
            }
            CoreKind::Banked => Ok(vec![Machine::Banked]),
            CoreKind::Parallel if folded => Err(refused(
                layer,
                wish,
                "the parallel core has a lane for every neuron, one bank, no queue and no scan".into(),
                "leave out lanes, banks, queue and scan of this layer, or use --core LAYER=banked",
            )),
            CoreKind::Parallel => match parallel::refusal(layer) {
                Some(why) => Err(refused(layer, wish, why, "use --core LAYER=auto")),
                None => Ok(vec![Machine::Parallel]),
            },
            CoreKind::Table if table::is_possible(layer) => Ok(vec![Machine::Table]),
            CoreKind::Table => {
                Err(refused(layer, wish, "only fully connected layers stand in a table".into(), "use --core LAYER=auto"))
            }
        }
    }
}

/// The wish for a machine that cannot compute the layer.
fn refused(layer: &Layer, wish: CoreKind, why: String, remedy: &str) -> Problem {
    Problem::new("core-kind", format!("layer {:?} core", layer.name), wish.to_string(), why, remedy)
}
