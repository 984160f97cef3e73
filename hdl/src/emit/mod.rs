//! Blocks to readable Verilog-2005: one file per module, equal modules once, equal instances side by side as a loop.
//!
//! `tree` walks the blocks, `lower` types the kernels, `analyse` takes them apart into wires, registers and
//! `always @(*)` blocks, `print` and `module` write the text, and this file puts header and ports around it.

mod analyse;
mod arrange;
mod build;
mod classes;
mod compare;
mod contents;
mod emission;
mod flow;
mod header;
mod index;
mod ir;
mod lower;
mod module;
mod names;
#[cfg(test)]
mod part_refusals;
#[cfg(test)]
mod parts;
mod print;
mod prune;
#[cfg(test)]
mod refusals;
mod roll;
mod simplify;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod walk;
#[cfg(test)]
mod zoo;

use rust_hdl::core::block::Block;

use crate::reset::Resets;
use walk::Walk;
pub use emission::{Emission, EmittedFile};

/// The files of `top`, whose module is called `name`; every other module and memory file is called `<prefix>_…` (no
/// prefix if it is empty). `header` lines go to the top of each Verilog file.
///
/// Errors: everything that is wrong in any block, with the block's instance path. They are mistakes of whoever wrote
/// the block, not of a user.
pub fn emit(top: &dyn Block, name: &str, prefix: &str, header: &[String]) -> Result<Vec<EmittedFile>, Vec<String>> {
    emit_with_instances(top, name, prefix, header, Resets::Synchronous).map(|emission| emission.files)
}

/// As [`emit()`], with the module of each instance, for probes, and with resets of a choice.
pub fn emit_with_instances(
    top: &dyn Block,
    name: &str,
    prefix: &str,
    header: &[String],
    resets: Resets,
) -> Result<Emission, Vec<String>> {
    let Some(mut node) = tree::collect(top, name) else {
        return Err(vec![format!("{name}: not a block")]);
    };
    let mut walk = Walk::new(name, prefix, resets);
    walk.module(&mut node, &[], true);
    walk.finish(header)
}
