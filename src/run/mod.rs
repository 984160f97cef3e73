//! What `run` shows of a net and its samples, in integers or in floats: `subject.rs` runs them, `summary.rs` adds up, `trace.rs` writes and
//! compares one sample.

pub mod subject;
pub mod summary;
pub mod trace;

pub use subject::Subject;
pub use summary::Summary;
