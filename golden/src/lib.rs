//! The integer model that defines the answer.
//!
//! [`Engine`] runs a [`net::Network`] on spikes, event by event, with no cycles and no arbitration: within a time
//! step integration is a plain sum, so the order of that step's events cannot matter (`docs/numbers.md`).
//!
//! Three ways to run, which give the same numbers:
//! * [`Engine::run`]: fast, narrow integers, keeps only what an accuracy needs;
//! * [`Engine::trace`]: the same machine, keeps every spike and every state;
//! * [`Engine::checked`]: a second, plain machine in 64-bit checked arithmetic, which also proves step by step that
//!   no order of events could have left the membrane word. [`neuron::end_step`] is the definition of a neuron.
//!
//! No input or output, no floats.

mod arrays;
mod checked;
mod decide;
mod engine;
mod fast;
mod hearing;
pub mod neuron;
mod outcome;
mod validate;

pub use decide::decide;
pub use engine::{Engine, Runner};
pub use outcome::{Counters, LayerTrace, Outcome, Trace};
