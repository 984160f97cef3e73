//! The fast machine: narrow integers, contiguous inner loops, tables instead of divisions.
//!
//! Inside, a layer's neurons are laid out `[position][channel]` (position = `y * w + x`), so that one event adds
//! contiguous rows of weights onto contiguous rows of states. Padding channels keep that contiguous in whole vectors;
//! they have weight zero and can never fire.

mod fire;
mod layer;
mod lazy;
mod synapses;
mod tables;
mod vector;
mod word;

pub use layer::{AnyLayer, EventList, Scratch};
pub use tables::Event;
pub use vector::Vectors;
