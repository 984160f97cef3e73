//! Generic blocks: what any design may use, whatever its network. `hdl/README.md` lists them with ports, latency, cost and proof.

mod aer;
mod arbiter;
mod fifo;
mod lowest;
mod lut_ram;
mod memory;
mod next_place;
mod one_hot;
mod queue;
mod ram;
mod rom;
mod skid;
mod synchroniser;
mod table;

pub use aer::{AerReceiver, AerSender};
pub use arbiter::Arbiter;
pub use fifo::Fifo;
pub use lowest::ClearLowest;
pub use lut_ram::LutRam;
pub use memory::{index_width, DISTRIBUTED_WORDS};
pub use next_place::NextPlace;
pub use one_hot::{decode, Encode};
pub use queue::Queue;
pub use ram::Ram;
pub use rom::Rom;
pub use skid::Skid;
pub use synchroniser::{Stages, Synchroniser};
pub use table::Table;
