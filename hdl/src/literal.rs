//! Numbers and ranges as Verilog spells them.

use crate::value::Value;

/// In the text of a memory: stands for the name of its module, which is its file's.
pub(crate) const MEMORY_FILE: &str = "\u{1}file";

/// ` [7:0]`, nothing for one bit.
pub(crate) fn range(width: u32) -> String {
    if width == 1 {
        String::new()
    } else {
        format!(" [{}:0]", width - 1)
    }
}

/// `12'hfff`, `12'shfff`.
pub(crate) fn hexadecimal(value: Value) -> String {
    let sign = if value.shape().signed { "s" } else { "" };
    format!("{}'{sign}h{}", value.shape().width, value.hex())
}

/// `12'sd100`, `-12'sd5`, `1'b1`; hex above 64 bits and for the lowest signed number.
pub(crate) fn decimal(value: Value) -> String {
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
