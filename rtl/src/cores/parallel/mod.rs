//! The parallel core: all neurons of a fully connected layer at once, one event per cycle.

pub mod core;
pub mod lane;
pub mod sender;
mod setting;
