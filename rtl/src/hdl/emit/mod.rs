//! Blocks to Verilog-2005 files.

use super::prelude::Block;
use super::value::Value;

/// One emitted file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmittedFile {
    /// `rtl/<module>.v` or `mem/<name>.hex`.
    pub path: String,
    /// Contents.
    pub text: String,
    /// Module in the file (the module that loads it, for a memory file).
    pub module: String,
}

/// Files and the tree of instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emission {
    pub files: Vec<EmittedFile>,
    /// Instance names below the top, outermost first, and the module there; the top itself first, with no names.
    pub instances: Vec<(Vec<String>, String)>,
}

pub fn emit(top: &dyn Block, name: &str, prefix: &str) -> Result<Vec<EmittedFile>, Vec<String>> {
    emit_with_instances(top, name, prefix).map(|emission| emission.files)
}

pub fn emit_with_instances(_top: &dyn Block, _name: &str, _prefix: &str) -> Result<Emission, Vec<String>> {
    Err(vec!["not yet".into()])
}

/// `12'sd100`, `-12'sd5`, `1'b1`; hex above 64 bits.
pub(super) fn decimal(value: Value) -> String {
    let (shape, width) = (value.shape(), value.shape().width);
    let sign = if shape.signed { "s" } else { "" };
    match value.to_i128() {
        Some(x) if width == 1 && !shape.signed => format!("1'b{x}"),
        Some(x) if x < 0 && x.unsigned_abs() >> (width - 1) == 1 => format!("{width}'sh{}", value.hex()),
        Some(x) if width <= 64 && x < 0 => format!("-{width}'sd{}", -x),
        Some(x) if width <= 64 => format!("{width}'{sign}d{x}"),
        _ => format!("{width}'{sign}h{}", value.hex()),
    }
}
