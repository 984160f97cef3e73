//! The network as a checked value.
//!
//! [`Network`] is the integer network that the golden model defines, the planner folds into cores and the
//! simulator drives. Everything in this crate happens before hardware: reading NIR, choosing semantics,
//! quantising, proving membrane widths, reading images and events. It knows nothing of cycles or Verilog.

pub mod bound;
pub mod chain;
pub mod cut;
pub mod data;
pub mod fabric;
pub mod float;
mod grid;
pub mod guard;
pub mod import;
pub mod lazy;
pub mod loadable;
pub mod model;
pub mod nir;
pub mod options;
pub mod preset;
pub mod problem;
pub mod quantise;
pub mod semantics;
pub mod settings;
mod shared;
pub mod split;
pub mod wiring;

pub use fabric::{Fabric, Placement};
pub use float::FloatChain;
pub use import::{import_bytes, import_file, import_float_bytes, import_float_file, FloatNet, Imported};
pub use model::*;
pub use nir::node_support;
pub use options::{Choice, Options};
pub use problem::{Problem, Problems};
pub use quantise::LayerReport;
pub use settings::Settings;
pub use shared::SharedWeights;
pub use wiring::{Leaving, Moved, Origin, Place, Source, NOWHERE};
#[doc(hidden)]
pub mod random;
