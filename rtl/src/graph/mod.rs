//! What lies between cores where a network is more than a chain: forks, merges, and the buffers of edges that lead back.
//! `docs/link.md` argues that it cannot get stuck.

pub mod feedback;
pub mod fork;
pub mod interface;
pub mod late;
pub mod merge;
pub mod network;
pub mod placed;
pub mod routed;
