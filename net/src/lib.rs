//! The network as a checked value.
//!
//! [`Network`] is the integer network that the golden model defines, the planner folds into cores and the
//! simulator drives. Everything in this crate happens before hardware: reading NIR, choosing semantics,
//! quantising, proving membrane widths, reading images and events. It knows nothing of cycles or Verilog.

pub mod model;
pub mod problem;

pub use model::*;
pub use problem::{Problem, Problems};
pub mod bound;
pub mod chain;
pub mod nir;
#[doc(hidden)]
pub mod random;
