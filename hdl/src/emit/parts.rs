//! A lane made of stages that are chosen when it is built: `Box<dyn Stage>`, an enum, an optional port.

use std::ops::{Deref, DerefMut};

use rust_hdl::core::probe::Probe;

use super::super::prelude::*;
use super::super::Opt;

crate::ports! {
    /// What every stage hears and says. Its fields are the stage's own: no name of its own in paths.
    pub struct StagePorts {
        pub clock: Signal<In, Clock>,
        pub state: Sig<In>,
        pub fired: Signal<In, Bit>,
        pub done: Sig<Out>,
    }
}

impl StagePorts {
    fn new(shape: Shape) -> Self {
        StagePorts { clock: Default::default(), state: Sig::new(shape), fired: Default::default(), done: Sig::new(shape) }
    }
}

pub trait Stage: Block {
    fn ports(&self) -> &StagePorts;
    fn ports_mut(&mut self) -> &mut StagePorts;
}

impl Deref for dyn Stage {
    type Target = StagePorts;
    fn deref(&self) -> &StagePorts {
        self.ports()
    }
}

impl DerefMut for dyn Stage {
    fn deref_mut(&mut self) -> &mut StagePorts {
        self.ports_mut()
    }
}

impl Logic for Box<dyn Stage> {
    fn update(&mut self) {}
}

impl Block for Box<dyn Stage> {
    fn connect_all(&mut self) {
        (**self).connect_all()
    }
    fn update_all(&mut self) {
        (**self).update_all()
    }
    fn has_changed(&self) -> bool {
        (**self).has_changed()
    }
    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        (**self).accept(name, probe)
    }
}

macro_rules! stage {
    ($name:ident) => {
        impl Deref for $name {
            type Target = StagePorts;
            fn deref(&self) -> &StagePorts {
                &self.ports
            }
        }
        impl DerefMut for $name {
            fn deref_mut(&mut self) -> &mut StagePorts {
                &mut self.ports
            }
        }
        impl Stage for $name {
            fn ports(&self) -> &StagePorts {
                &self.ports
            }
            fn ports_mut(&mut self) -> &mut StagePorts {
                &mut self.ports
            }
        }
    };
}

/// `V - (V >> k)`, one cycle.
#[derive(LogicBlock)]
pub struct Leak {
    doc: Doc,
    ports: StagePorts,
    share: Sig<Local>,
    leaked: Register,
    _shift: u32,
}
stage!(Leak);

impl Leak {
    fn new(shape: Shape, shift: u32) -> Self {
        Leak {
            doc: Doc::new("leak", format!("Leak: V - (V >> {shift})")).inline(),
            ports: StagePorts::new(shape),
            share: Sig::new(shape),
            leaked: Register::new(shape),
            _shift: shift,
        }
    }
}

impl Logic for Leak {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, leaked);
        self.share.next = self.state.val() >> bits_number(self._shift);
        self.leaked.d.next = self.state.val() - self.share.val();
        if self.fired.val() {
            self.leaked.d.next = self.state.val();
        }
        self.done.next = self.leaked.q.val();
    }
}

/// Limits, one cycle. With a table below it, to show what becomes of modules.
#[derive(LogicBlock)]
pub struct Clamp {
    doc: Doc,
    ports: StagePorts,
    limit: Table,
    hi: Sig<Local>,
    low: Const,
    limited: Sig<Local>,
    clamped: Register,
}
stage!(Clamp);

impl Clamp {
    fn new(shape: Shape) -> Self {
        Clamp {
            doc: Doc::new("clamp", "Clamp").inline(),
            ports: StagePorts::new(shape),
            limit: Table::new("limits", 2, &[("hi", shape)], vec![vec![50], vec![60], vec![70], vec![80]], vec!["row".into()]),
            hi: Sig::new(shape),
            low: Const::new(shape, -60),
            limited: Sig::new(shape),
            clamped: Register::new(shape),
        }
    }
}

impl Logic for Clamp {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, clamped);
        self.limit.input.next = bit_cast_slice(self.state.val(), 0, 2);
        self.hi.next = self.limit.output[0].val();
        self.limited.next = self.state.val();
        if self.state.val() > self.hi.val() {
            self.limited.next = self.hi.val();
        } else if self.state.val() < self.low.val() {
            self.limited.next = self.low.val();
        }
        self.clamped.d.next = self.limited.val();
        self.done.next = self.clamped.q.val();
    }
}

#[derive(Clone, Debug, LogicBlock)]
pub struct Soft {
    doc: Doc,
    ports: StagePorts,
    amount: Const,
}

impl Logic for Soft {
    #[hdl_gen]
    fn update(&mut self) {
        self.done.next = self.state.val();
        if self.fired.val() {
            self.done.next = self.state.val() - self.amount.val();
        }
    }
}

#[derive(Clone, Debug, LogicBlock)]
pub struct Hard {
    doc: Doc,
    ports: StagePorts,
    value: Const,
}

impl Logic for Hard {
    #[hdl_gen]
    fn update(&mut self) {
        self.done.next = self.state.val();
        if self.fired.val() {
            self.done.next = self.value.val();
        }
    }
}

crate::choice! {
    pub enum Reset: StagePorts {
        Soft(Soft),
        Hard(Hard),
    }
}

/// The parent.
#[derive(LogicBlock)]
pub struct PartLane {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub state: Sig<In>,
    pub bias: Opt<Sig<In>>,
    pub stored: Sig<Out>,
    level: Const,
    sum: Register,
    fire: Signal<Local, Bit>,
    reset: Reset,
    stage: Vec<Box<dyn Stage>>,
    _last: usize,
}

impl PartLane {
    pub fn new(biased: bool, hard: bool, leaks: bool) -> Self {
        let shape = s(8);
        let ports = || StagePorts::new(shape);
        let reset = if hard {
            Reset::Hard(Hard {
                doc: Doc::new("", "Reset to a value").inline(),
                ports: ports(),
                value: Const::new(shape, -3),
            })
        } else {
            Reset::Soft(Soft {
                doc: Doc::new("", "Reset by subtraction").inline(),
                ports: ports(),
                amount: Const::new(shape, 40),
            })
        };
        let mut stage: Vec<Box<dyn Stage>> = vec![Box::new(Clamp::new(shape))];
        if leaks {
            stage.push(Box::new(Leak::new(shape, 2)));
        }
        PartLane {
            doc: Doc::new("lane", "A lane of stages."),
            clock: Default::default(),
            state: Sig::new(shape),
            bias: Opt::when(biased, || Sig::new(shape)),
            stored: Sig::new(shape),
            level: Const::new(shape, 40),
            sum: Register::new(shape),
            fire: Default::default(),
            reset,
            _last: stage.len() - 1,
            stage,
        }
    }
}

impl Logic for PartLane {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, sum, reset);
        comment!("Sum");
        self.sum.d.next = self.state.val();
        for _i in 0..self.bias.len() {
            self.sum.d.next = self.state.val() + self.bias.val();
        }
        self.fire.next = self.sum.q.val() >= self.level.val();
        self.reset.state.next = self.sum.q.val();
        self.reset.fired.next = self.fire.val();
        self.stage[0].state.next = self.reset.done.val();
        for i in 1..self.stage.len() {
            self.stage[i].state.next = self.stage[i - 1].done.val();
        }
        for i in 0..self.stage.len() {
            self.stage[i].clock.next = self.clock.val();
            self.stage[i].fired.next = self.fire.val();
        }
        for i in self._last..self.stage.len() {
            self.stored.next = self.stage[i].done.val();
        }
    }
}
