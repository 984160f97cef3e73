//! The mark by which the emitter knows a block that it prints inline in its parent instead of as a module.

use rust_hdl::core::ast::Verilog;

/// Kinds of inline blocks; their ports come from the block itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Inline {
    /// Ports clock, d, q.
    Register,
    /// Ports clock, reset, d, q; the reset value as 64-bit words.
    ResetRegister(Vec<u64>),
    /// Ports clock, d, q; number of stages.
    Delay(usize),
    /// Port input, and the rest parts of it, lowest first.
    Split,
    /// Parts, lowest first, and a port output.
    Join,
    /// Ports input, output = input * factor.
    ScaleBy(u64),
    /// Ports index, choice…, output = choice[index].
    Select,
    /// Ports input, output = input > limit.
    Above(i64),
}

const MARK: &str = "\u{1}inline ";

impl Inline {
    /// What the block's `hdl()` returns.
    pub(super) fn encode(&self) -> Verilog {
        let text = match self {
            Inline::Register => "register".to_string(),
            Inline::ResetRegister(words) => {
                let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
                format!("reset_register {}", words.join(" "))
            }
            Inline::Delay(n) => format!("delay {n}"),
            Inline::Split => "split".to_string(),
            Inline::Join => "join".to_string(),
            Inline::ScaleBy(factor) => format!("scale_by {factor}"),
            Inline::Select => "select".to_string(),
            Inline::Above(limit) => format!("above {}", *limit as u64),
        };
        Verilog::Custom(format!("{MARK}{text}"))
    }

    /// None if `text` is a module's own Verilog.
    pub(super) fn decode(text: &str) -> Option<Inline> {
        let mut words = text.strip_prefix(MARK)?.split(' ');
        let kind = words.next()?;
        let numbers: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
        Some(match kind {
            "register" => Inline::Register,
            "reset_register" => Inline::ResetRegister(numbers),
            "delay" => Inline::Delay(*numbers.first()? as usize),
            "split" => Inline::Split,
            "join" => Inline::Join,
            "scale_by" => Inline::ScaleBy(*numbers.first()?),
            "above" => Inline::Above(*numbers.first()? as i64),
            _ => Inline::Select,
        })
    }
}
