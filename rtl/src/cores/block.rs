//! A core of the chain, whatever machine is behind its ports.

use rust_hdl::core::prelude::{block, probe};

use super::core::Core;
use super::parallel::core::ParallelCore;
use super::table::TableCore;
use crate::config::{Station, StationPlan, CONTROL_BITS, DATA_BITS};
use hdl::prelude::*;
use crate::plan::{CorePlan, Machine};

/// The ports that every core has. It is no level of the hierarchy: the emitter sees the machine itself, whose ports have
/// the same names.
#[derive(Clone, Debug)]
pub struct CoreBlock {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub out_valid: Signal<Out, Bit>,
    pub out_ready: Signal<In, Bit>,
    pub out_data: Sig<Out>,
    /// One if the core sits on a router.
    pub step_done: Vec<Signal<Out, Bit>>,
    /// The ring of registers, of a core with counters.
    pub bus_in: Vec<Sig<In>>,
    pub bus_out: Vec<Sig<Out>>,
    pub bus_control: Vec<Sig<In>>,
    /// Of the core of a station: the synaptic operations of a cycle.
    pub sops: Vec<Sig<Out>>,
    /// Of the core of a station whose memories are written: an access to them.
    pub load_write: Vec<Signal<In, Bit>>,
    pub load_address: Vec<Sig<In>>,
    pub load_data: Vec<Sig<In>>,
    pub load_read: Vec<Sig<Out>>,
    pub load_exists: Vec<Signal<Out, Bit>>,
    machine: Behind,
}

/// The machine.
#[derive(Clone, Debug)]
enum Behind {
    Banked(Box<Core>),
    Parallel(Box<ParallelCore>),
    Table(Box<TableCore>),
    /// A core with counters around it.
    Station(Box<Station>),
}

/// Runs `$body` with `$core` bound to the machine, of whatever type.
macro_rules! behind {
    ($machine:expr, $core:ident => $body:expr) => {
        match $machine {
            Behind::Banked($core) => $body,
            Behind::Parallel($core) => $body,
            Behind::Table($core) => $body,
            Behind::Station($core) => $body,
        }
    };
}

impl CoreBlock {
    /// The core, with counters if the plan has them.
    pub fn new(core: &CorePlan) -> Self {
        match core.station {
            Some(place) => CoreBlock::of(core, Some(place), Behind::Station(Box::new(Station::new(core, place)))),
            None => CoreBlock::machine(core),
        }
    }

    /// The core itself.
    pub fn machine(core: &CorePlan) -> Self {
        let machine = match (core.machine, &core.table) {
            (_, Some(fold)) => Behind::Table(Box::new(TableCore::new(core, fold))),
            (Machine::Parallel, None) => Behind::Parallel(Box::new(ParallelCore::new(core))),
            (Machine::Banked | Machine::Table, None) => Behind::Banked(Box::new(Core::new(core))),
        };
        CoreBlock::of(core, None, machine)
    }

    /// `ring`: this is a station.
    fn of(core: &CorePlan, ring: Option<StationPlan>, machine: Behind) -> Self {
        let buses = ring.iter().count();
        let memory = core.memory_map().filter(|_| ring.is_none());
        let loads = memory.iter().count();
        let bus = u(ring.map_or(1, |place| place.ring.width()));
        CoreBlock {
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(u(core.input.width())),
            out_valid: Default::default(),
            out_ready: Default::default(),
            out_data: Sig::new(u(core.output.width())),
            step_done: vec![Default::default(); usize::from(core.on_fabric)],
            bus_in: Sig::several(buses, bus),
            bus_out: Sig::several(buses, bus),
            bus_control: Sig::several(buses, u(CONTROL_BITS)),
            sops: match (ring, core.station) {
                (None, Some(_)) => Sig::several(1, u(core.sop_shape().width())),
                _ => vec![],
            },
            load_write: vec![Default::default(); loads],
            load_address: Sig::several(loads, u(memory.map_or(1, |map| map.bits()))),
            load_data: Sig::several(loads, u(DATA_BITS)),
            load_read: Sig::several(loads, u(DATA_BITS)),
            load_exists: vec![Default::default(); loads],
            machine,
        }
    }
}

impl Logic for CoreBlock {
    fn update(&mut self) {}
    fn connect(&mut self) {
        self.in_ready.connect();
        self.out_valid.connect();
        self.out_data.connect();
        self.step_done.iter_mut().for_each(|done| done.connect());
        self.bus_out.iter_mut().chain(&mut self.sops).chain(&mut self.load_read).for_each(|signal| signal.connect());
        self.load_exists.iter_mut().for_each(|signal| signal.connect());
    }
}

impl block::Block for CoreBlock {
    fn connect_all(&mut self) {
        self.connect();
        behind!(&mut self.machine, core => core.connect_all());
    }
    /// Registers on the ring are no part of rust-hdl's own simulation: Verilator simulates those.
    fn update_all(&mut self) {
        self.clock.update_all();
        self.reset.update_all();
        self.in_valid.update_all();
        self.in_data.update_all();
        self.out_ready.update_all();
        behind!(&mut self.machine, core => {
            core.clock.next = self.clock.val();
            core.reset.next = self.reset.val();
            core.in_valid.next = self.in_valid.val();
            core.in_data.next = self.in_data.val();
            core.out_ready.next = self.out_ready.val();
            core.update_all();
            self.in_ready.next = core.in_ready.val();
            self.out_valid.next = core.out_valid.val();
            self.out_data.next = core.out_data.val();
            self.step_done.iter_mut().zip(&core.step_done).for_each(|(done, inside)| done.next = inside.val());
        });
        self.in_ready.update_all();
        self.out_valid.update_all();
        self.out_data.update_all();
        self.step_done.iter_mut().for_each(|done| done.update_all());
    }
    fn has_changed(&self) -> bool {
        let outside = self.in_ready.has_changed() || self.out_valid.has_changed() || self.out_data.has_changed();
        outside || behind!(&self.machine, core => core.has_changed())
    }
    fn accept(&self, name: &str, probe: &mut dyn probe::Probe) {
        behind!(&self.machine, core => core.accept(name, probe));
    }
}
