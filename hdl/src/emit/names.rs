//! Identifiers that Verilog, SystemVerilog readers and the C++ of Verilator take.

/// What is wrong with this name, if anything.
pub(super) fn problem(name: &str) -> Option<String> {
    let head = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !head || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Some(format!("`{name}` is not a Verilog identifier"));
    }
    if name.len() > 200 {
        return Some(format!("`{name}` is longer than 200 characters"));
    }
    ::names::reserved_inside(name).map(|what| format!("`{name}` is {what}"))
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn names() {
        for name in ["address1", "lane_0", "_x", "Reg"] {
            assert_eq!(problem(name), None);
        }
        for name in ["", "1a", "a$b", "a-b", "reg", "wire", "int", "bit"] {
            assert!(problem(name).is_some(), "{name}");
        }
    }
}
