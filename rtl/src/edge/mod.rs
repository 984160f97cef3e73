//! The chip's edge where it is not a plain AXI4-Stream: AER ports, time steps from outside. `docs/link.md`.

pub mod chip;
mod describe;
pub mod guard;
pub mod streams;
pub mod words;

use crate::config::Config;
use crate::fabric::StepEnd;
use hdl::blocks::Stages;
use hdl::{ResetSource, Resets};
use crate::link::LinkFormat;

/// How words pass one side of the chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Port {
    /// AXI4-Stream, `s_axis_*` or `m_axis_*`.
    #[default]
    Stream,
    /// Four-phase bundled-data AER, `aer_in_*` or `aer_out_*`.
    Aer,
}

/// What stands between the input port and the network: no address may spike more often in a time step than the membranes were proven for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Drops what is too much; otherwise it is only counted.
    pub limit: bool,
    /// Most SPIKEs of an address in a time step.
    pub multiplicity: u32,
}

/// Both sides of the chip, and who ends a time step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edges {
    pub input: Port,
    pub output: Port,
    /// None: TICK words come with the spikes.
    pub step_end: Option<StepEnd>,
    /// A bus to registers, beside the words.
    pub config: Option<Config>,
    /// None: the sender keeps to the multiplicity.
    pub guard: Option<Guard>,
    /// How `aresetn` acts.
    pub resets: Resets,
    /// Of all synchronisers of the chip.
    pub stages: Stages,
}

/// Clock edges that a reset which acts at once lasts behind its synchroniser: what a synchronous one must last.
const RESET_EDGES: u32 = 4;

impl Edges {
    /// AXI4-Stream on both sides, TICKs in the stream, no other bus: the network needs nothing around it.
    pub fn is_plain(&self) -> bool {
        Edges { resets: Resets::default(), stages: Stages::default(), ..*self } == Edges::default()
    }

    /// Between `aresetn` and the flip-flops.
    pub fn reset_source(&self) -> ResetSource {
        match self.resets {
            Resets::Synchronous => ResetSource::synchronous(),
            Resets::Asynchronous => ResetSource::asynchronous(self.hold_edges(), false),
        }
    }

    /// Behind a [`Edges::reset_source`], joined by the reset that a configuration bus writes, if there is one.
    pub fn inner_reset(&self) -> ResetSource {
        match self.resets {
            Resets::Synchronous => ResetSource::synchronous(),
            Resets::Asynchronous => ResetSource::asynchronous(1, self.config.is_some()),
        }
    }

    /// Clock edges behind `aresetn` until the chip looks at its other pins, where resets act at once (a synchronous one ends with `aresetn`).
    pub fn release_edges(&self) -> u32 {
        match self.resets {
            Resets::Synchronous => 0,
            // The network inside is behind one more flip-flop.
            Resets::Asynchronous => self.hold_edges() + 2,
        }
    }

    /// Clock edges behind `aresetn` at which the chip's own flip-flops are still in reset.
    pub fn hold_edges(&self) -> u32 {
        match self.resets {
            Resets::Synchronous => 1,
            Resets::Asynchronous => self.stages.0 + RESET_EDGES,
        }
    }

    /// What the pin asks for, as the header of a top module says it.
    pub fn reset_text(&self) -> String {
        match self.resets {
            Resets::Synchronous => "active low, synchronous, at least 4 cycles".to_string(),
            Resets::Asynchronous => {
                format!("active low, asynchronous, without glitches: acts at once, released {} rising edges after it", self.hold_edges())
            }
        }
    }

    /// AXI4-Stream on both sides, TICKs in the stream: what passes is up to the network alone, whatever other bus there is.
    pub fn are_streams(&self) -> bool {
        Edges { config: None, guard: None, ..*self }.is_plain()
    }

    /// Most SPIKEs of an address in a time step that enter the network, where a guard drops what is more.
    pub fn limit(&self) -> Option<u32> {
        self.guard.filter(|guard| guard.limit).map(|guard| guard.multiplicity)
    }

    /// Whether a guard only counts: addresses may spike more often in a step than the membranes were proven for.
    pub fn are_tolerant(&self) -> bool {
        self.guard.is_some_and(|guard| !guard.limit)
    }

    /// Whether words of the input port say what they are; with steps from outside an AER port carries addresses only.
    pub fn input_has_kind(&self) -> bool {
        self.input == Port::Stream || self.step_end.is_none()
    }

    /// Width of `aer_in_data`: `{kind, c, y, x}`, or the address `{c, y, x}` alone (one bit that says nothing, if there is one
    /// address only).
    pub fn aer_input_bits(&self, input: LinkFormat) -> u32 {
        if self.input_has_kind() { input.width() } else { input.field_bits().max(1) }
    }
}
