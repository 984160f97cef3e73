//! The chip's edge where it is not a plain AXI4-Stream: AER ports, time steps from outside. `docs/link.md`.

pub mod chip;
pub mod guard;
pub mod streams;
pub mod words;

use crate::config::Config;
use crate::fabric::StepEnd;
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
}

impl Edges {
    /// AXI4-Stream on both sides, TICKs in the stream, no other bus: the network needs nothing around it.
    pub fn is_plain(&self) -> bool {
        *self == Edges::default()
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
