//! Numbers and ranges as Verilog spells them.

use crate::value::Value;

/// Parameter of a module that reads memory files, or has one below it that does: their folder.
pub(crate) const MEM_DIR: &str = "MEM_DIR";

/// Parameter of a module that reads memory files itself: the name of file `at` of them.
pub(crate) fn own_file(at: usize) -> String {
    match at {
        0 => "FILE".into(),
        _ => format!("FILE_{}", at + 1),
    }
}

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
