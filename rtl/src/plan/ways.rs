//! The ways in which a layer may be folded: machine, banks and lanes.

use net::{Layer, Output, Problem};

use super::core::CorePlan;
use super::pipeline::fifo_margin;
use super::{axis, choose, lazy, table, Machine, PlanOptions, MOST_ADDERS, MOST_WORD_BITS};
use hdl::MAX_WIDTH;
use crate::link::LinkFormat;

/// One way. What banks and lanes are, the machine says: a table core scans `1 x` its banks in a cycle, and has an adder per
/// lane; a parallel core has a lane per neuron.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    pub machine: Machine,
    pub banks: (usize, usize),
    pub lanes: usize,
}

/// Ways that `machines` offer and no wish rules out; a problem if there is none.
pub fn legal(layer: &Layer, machines: &[Machine], options: &PlanOptions) -> Result<Vec<Way>, Problem> {
    let mut ways = Vec::new();
    let mut problems = Vec::new();
    for &machine in machines {
        let found = match machine {
            Machine::Banked => banked(layer, options),
            Machine::Parallel => Ok(vec![((1, 1), layer.output.c)]),
            Machine::Table => table::legal(layer, options),
        };
        match found {
            Ok(found) => ways.extend(found.into_iter().map(|(banks, lanes)| Way { machine, banks, lanes })),
            Err(problem) => problems.push(problem),
        }
    }
    match problems.into_iter().next() {
        Some(problem) if ways.is_empty() => Err(problem),
        _ => Ok(ways),
    }
}

/// Banks and lanes of a banked core.
fn banked(layer: &Layer, options: &PlanOptions) -> Result<Vec<((usize, usize), usize)>, Problem> {
    let (rows, columns) = axis::axis_shapes(layer);
    // A readout sends every state anyway: more banks would only wait for the link.
    let value = layer.neuron.output == Output::Value;
    let most = if value { (1, 1) } else { (rows.most_banks(), columns.most_banks()) };
    let banks = match options.banks.get(&layer.name) {
        Some(&(y, x)) if y == 0 || x == 0 || y > most.0 || x > most.1 => {
            return Err(Problem::new(
                "banks-range",
                format!("layer {:?} banks", layer.name),
                format!("{y} x {x}"),
                format!("1 to {} x 1 to {}: more could never be busy at once", most.0, most.1),
                "choose fewer banks or leave them to the planner",
            ));
        }
        Some(wish) => vec![*wish],
        None => {
            let (ys, xs) = (choose::distinct_parts(most.0), choose::distinct_parts(most.1));
            ys.iter().flat_map(|y| xs.iter().map(move |x| (*y, *x))).collect()
        }
    };
    let widest = layer.neuron.membrane.bits as usize + 1;
    let limit = layer.output.c.min(MOST_WORD_BITS / widest).max(1);
    let lanes = match options.lanes.get(&layer.name) {
        Some(&lanes) if lanes == 0 || lanes > limit => {
            return Err(Problem::new(
                "lanes-range",
                format!("layer {:?} lanes", layer.name),
                lanes.to_string(),
                format!("1 to {limit} ({} output channels, membrane words of at most {MOST_WORD_BITS} bits)", layer.output.c),
                "choose fewer lanes or leave them to the planner",
            ));
        }
        Some(&lanes) if !lazy::lanes_fit(layer, lanes) => {
            return Err(Problem::new(
                "lanes-range",
                format!("layer {:?} lanes", layer.name),
                lanes.to_string(),
                "a divisor of the channels of a convolution group: with lazy leak no word holds channels of two".to_string(),
                "choose fewer lanes or leave them to the planner",
            ));
        }
        Some(wish) => vec![*wish],
        None => {
            let parts = choose::distinct_parts(layer.output.c).into_iter();
            parts.filter(|lanes| *lanes <= limit && lazy::lanes_fit(layer, *lanes)).collect()
        }
    };
    let ways: Vec<_> = banks.iter().flat_map(|banks| lanes.iter().map(|lanes| (*banks, *lanes))).collect();
    if ways.len() == 1 {
        return Ok(ways);
    }
    let fits = |&((y, x), lanes): &((usize, usize), usize)| {
        let adders = y * x * lanes;
        adders <= MOST_ADDERS && adders as u32 * layer.weight_bits <= MAX_WIDTH
    };
    Ok(ways.into_iter().filter(fits).collect())
}

/// The fixed rule: three banks on an axis of 4 lanes, 16 lanes where there is one bank; a table core scans 32 neurons in a
/// cycle and has one adder. Or what there is.
pub fn by_rule(ways: &[Way]) -> Way {
    let of = |machine: Machine| ways.iter().filter(move |way| way.machine == machine);
    if of(Machine::Banked).next().is_none() {
        let scanned = |way: &&Way| way.banks.1 <= table::RULE_BANKS;
        let best = of(Machine::Table).filter(scanned).max_by_key(|way| (way.banks.1, std::cmp::Reverse(way.lanes)));
        return *best.unwrap_or(&ways[0]);
    }
    let few = |way: &&Way| way.banks.0 <= 3 && way.banks.1 <= 3;
    let banks = of(Machine::Banked).filter(few).max_by_key(|way| way.banks.0 * way.banks.1).map_or(ways[0].banks, |way| way.banks);
    let most = if banks.0 * banks.1 > 1 { 4 } else { 16 };
    let with_banks = || of(Machine::Banked).filter(|way| way.banks == banks);
    let best = with_banks().filter(|way| way.lanes <= most).max_by_key(|way| way.lanes);
    *best.or_else(|| with_banks().next()).unwrap_or(&ways[0])
}

/// A layer folded in a way that is legal for it.
pub fn fold(layer: &Layer, name: &str, way: Way) -> CorePlan {
    match way.machine {
        Machine::Banked => {
            let mut core = bare(layer, name, way.banks);
            core.set_lanes(way.lanes);
            core
        }
        Machine::Parallel => bare(layer, name, (1, 1)).all_at_once(),
        Machine::Table => {
            let fold = table::TableFold::new(layer, &table::synapses(layer), way.banks.1, way.lanes);
            bare(layer, name, (1, 1)).on_table(fold)
        }
    }
}

/// The layer folded in each of the ways, one at a time.
pub fn fold_all<'a>(layer: &'a Layer, name: &'a str, ways: &'a [Way]) -> impl Iterator<Item = CorePlan> + 'a {
    let mut synapses = None;
    let mut last: Option<((usize, usize), CorePlan)> = None;
    ways.iter().map(move |way| {
        let banks = if way.machine == Machine::Banked { way.banks } else { (1, 1) };
        // Axes are the dear part of a banked core, rows that of a table.
        let mut core = match &last {
            Some((of, core)) if *of == banks => core.clone(),
            _ => last.insert((banks, bare(layer, name, banks))).1.clone(),
        };
        match way.machine {
            Machine::Banked => {
                core.set_lanes(way.lanes);
                core
            }
            Machine::Parallel => core.all_at_once(),
            Machine::Table => {
                let rows = synapses.get_or_insert_with(|| table::synapses(layer));
                core.on_table(table::TableFold::new(layer, rows, way.banks.1, way.lanes))
            }
        }
    })
}

/// A banked core of one lane.
fn bare(layer: &Layer, name: &str, banks: (usize, usize)) -> CorePlan {
    let (rows, columns) = axis::axes_of(layer, banks);
    CorePlan {
        machine: Machine::Banked,
        name: name.to_string(),
        rows,
        columns,
        lanes: 1,
        groups: layer.output.c,
        input: LinkFormat::spikes(layer.input),
        output: LinkFormat::of(layer, layer.output),
        table: None,
        touched_map: false,
        late_weights: false,
        on_fabric: false,
        station: None,
        fifo_depth: 0,
        layer: layer.clone(),
    }
}

impl CorePlan {
    fn set_lanes(&mut self, lanes: usize) {
        self.lanes = lanes;
        self.groups = self.layer.output.c.div_ceil(lanes);
        self.fifo_depth = fifo_depth(self);
    }

    /// The layer on a parallel core instead, which must be able to compute it.
    fn all_at_once(mut self) -> CorePlan {
        self.machine = Machine::Parallel;
        self.lanes = self.layer.output.c;
        self.groups = 1;
        self
    }

    /// The layer on a table core instead.
    fn on_table(mut self, fold: table::TableFold) -> CorePlan {
        self.machine = Machine::Table;
        self.groups = self.layer.output.c.div_ceil(fold.banks);
        self.table = Some(fold);
        self.fifo_depth = fifo_depth(&self);
        self
    }
}

/// A scan that spikes in every word, and what may still come when the FIFO says that it is full; more than a LUT RAM
/// holds goes to block RAM, 512 deep.
pub fn fifo_depth(core: &CorePlan) -> usize {
    let need = core.words() * core.passes() as usize + fifo_margin(core);
    [16, 32].into_iter().find(|&depth| need <= depth).unwrap_or(512)
}
