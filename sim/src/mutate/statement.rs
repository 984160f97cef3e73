//! Where a fault may stand in a line of emitted Verilog.

use super::FaultKind;

/// Where a line stands: a declaration's head and an instance or port list are not touched.
#[derive(Default)]
pub struct Statement {
    /// Inside a module header or an instance, up to its `);`.
    skipping: bool,
    /// Between `` `ifndef SYNTHESIS `` and `` `endif ``: nothing that becomes hardware.
    simulation_only: bool,
}

type Fault = (FaultKind, usize, String, String);

impl Statement {
    /// Faults of the next line, without its comment.
    pub fn faults(&mut self, code: &str) -> Vec<Fault> {
        let trimmed = code.trim_start();
        let word = trimmed
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .next()
            .unwrap_or_default();
        if trimmed.starts_with("`ifndef SYNTHESIS") || trimmed.starts_with("`endif") {
            self.simulation_only = trimmed.starts_with("`if");
        }
        if self.simulation_only || trimmed.starts_with("wire unused = &{") {
            return Vec::new();
        }
        if self.skipping {
            self.skipping = !code.contains(");");
            return Vec::new();
        }
        let declares = [
            "input",
            "output",
            "wire",
            "reg",
            "localparam",
            "parameter",
            "integer",
            "genvar",
        ]
        .contains(&word);
        let ignored = ["module", "endmodule", "initial", "function", "for"].contains(&word)
            || trimmed.starts_with('`')
            || trimmed.starts_with('(');
        // An instance is `module_name instance_name (` or `module_name #(`.
        let second = trimmed[word.len()..].trim_start();
        let keyword = ["if", "else", "case", "always", "assign", "begin", "end", "default"].contains(&word);
        let instance = !keyword
            && !declares
            && (second.starts_with('#') || second.starts_with(|c: char| c.is_ascii_alphabetic()))
            && !code.contains('=');
        if word == "module" || instance {
            self.skipping = !code.contains(");");
        }
        if ignored || instance {
            return Vec::new();
        }
        let start = match (declares, code.find('=')) {
            (true, Some(at)) => at + 1,
            (true, None) => return Vec::new(),
            (false, _) => 0,
        };
        scan(code, start)
    }
}

const OPERATORS: &[(&str, &str)] = &[
    ("==", "!="),
    ("!=", "=="),
    (">=", "<"),
    ("&&", "||"),
    ("||", "&&"),
    (">>>", ">>"),
    ("+", "-"),
    ("-", "+"),
    ("&", "|"),
    ("|", "&"),
    ("^", "|"),
    ("<", ">="),
    (">", "<="),
];

fn scan(code: &str, start: usize) -> Vec<Fault> {
    let bytes = code.as_bytes();
    let mut faults = Vec::new();
    let mut at = start;
    // `<=` is an assignment the first time it stands outside of parentheses, else a comparison.
    let mut assigned = start > 0;
    let mut depth = 0;
    while at < bytes.len() {
        let rest = &code[at..];
        let byte = bytes[at];
        let mut step = 1;
        if byte == b'(' {
            depth += 1;
        } else if byte == b')' {
            depth -= 1;
        } else if byte.is_ascii_alphabetic() || byte == b'_' {
            step = rest
                .bytes()
                .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
                .count();
            if &rest[..step] == "if" {
                if let Some((open, condition)) = parenthesised(rest) {
                    let after = format!("(!({condition}))");
                    faults.push((FaultKind::Inverted, at + open, format!("({condition})"), after));
                }
            }
        } else if byte.is_ascii_digit() {
            step = rest
                .bytes()
                .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'\'')
                .count();
            let literal = &rest[..step];
            if let Some(after) = flip_constant(literal) {
                faults.push((FaultKind::Constant, at, literal.into(), after));
            } else if at > 0 && bytes[at - 1] == b'[' && bytes.get(at + step) == Some(&b']') {
                let index: u32 = literal.parse().unwrap_or(0);
                let after = if index == 0 { 1 } else { index - 1 };
                faults.push((FaultKind::Index, at, literal.into(), after.to_string()));
            }
        } else if byte == b'?' {
            faults.push((FaultKind::NeverTaken, at, "?".into(), "&& 1'b0 ?".into()));
        } else if (byte == b'!' || byte == b'~') && !rest[1..].starts_with('=') {
            faults.push((FaultKind::Negation, at, rest[..1].into(), " ".into()));
        } else if rest.starts_with("<=") {
            step = 2;
            if assigned || depth > 0 {
                faults.push((FaultKind::Operator, at, "<=".into(), ">".into()));
            }
            assigned = true;
        } else if rest.starts_with("<<") || rest.starts_with(">> ") {
            step = 2;
        } else if let Some((from, to)) = OPERATORS.iter().find(|(from, _)| rest.starts_with(from)) {
            step = from.len();
            let spaced = at > 0 && bytes[at - 1] == b' ' && bytes.get(at + step) == Some(&b' ');
            let left = code[..at].trim_end().bytes().last();
            let binary = left.is_some_and(|b| b.is_ascii_alphanumeric() || b"_)]}".contains(&b));
            if spaced && binary {
                faults.push((FaultKind::Operator, at, (*from).into(), (*to).into()));
            }
        } else if byte == b'=' {
            assigned = true;
        }
        at += step;
    }
    faults
}

/// `(offset of the parenthesis, what stands in it)` of `if (...)`, if it ends on this line.
fn parenthesised(text: &str) -> Option<(usize, &str)> {
    let open = text.find('(')?;
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((open, &text[open + 1..at]));
        }
    }
    None
}

/// A sized constant with its lowest bit flipped.
fn flip_constant(literal: &str) -> Option<String> {
    let (size, digits) = literal.split_once('\'')?;
    let (sign, digits) = match digits.strip_prefix('s') {
        Some(digits) => ("s", digits),
        None => ("", digits),
    };
    let (base, digits) = digits.split_at_checked(1)?;
    let radix = match base {
        "d" => 10,
        "h" => 16,
        "b" => 2,
        _ => return None,
    };
    let value = u128::from_str_radix(&digits.replace('_', ""), radix).ok()? ^ 1;
    let text = match base {
        "d" => format!("{value}"),
        "h" => format!("{value:x}"),
        _ => format!("{value:b}"),
    };
    Some(format!("{size}'{sign}{base}{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: &str) -> Vec<String> {
        let mut statement = Statement::default();
        let faults = statement.faults(code);
        faults
            .into_iter()
            .map(|(_, at, before, after)| format!("{at} {before} {after}"))
            .collect()
    }

    #[test]
    fn faults_are_found_by_shape() {
        assert_eq!(found("    assign a = b + 4'd3;"), ["17 + -", "19 4'd3 4'd2"]);
        assert_eq!(
            found("    count <= count <= 3'd0;"),
            ["19 <= >", "22 3'd0 3'd1".replace("22", "22").as_str()].map(str::to_string)
        );
        assert_eq!(
            found("    if (a & b) c <= d[2];"),
            ["7 (a & b) (!(a & b))", "10 & |", "22 2 1"]
        );
        assert_eq!(
            found("    wire [3:0] x = hit ? old : !new;"),
            ["23 ? && 1'b0 ?", "31 !  "]
        );
        assert!(found("    input wire [3:0] data,").is_empty());
        assert!(found("    reg [35:0] memory [0:63];").is_empty());
        assert!(found("    register_8 count_register (").is_empty());
    }

    #[test]
    fn what_is_no_logic_is_left_alone() {
        assert!(found("    wire unused = &{1'b0, data[3]};").is_empty());
        let mut statement = Statement::default();
        let text = "    `ifndef SYNTHESIS\n    initial\n        if (^mem[3] === 1'bx) begin\n        end\n    `endif\n    assign a = b & c;";
        let counts: Vec<usize> = text.lines().map(|line| statement.faults(line).len()).collect();
        assert_eq!(counts, [0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn constants_keep_size_sign_and_base() {
        let flipped = |text| flip_constant(text).unwrap_or_default();
        assert_eq!(
            [flipped("12'sd20"), flipped("8'hff"), flipped("3'b010")],
            ["12'sd21", "8'hfe", "3'b11"]
        );
        assert_eq!(flip_constant("17"), None);
    }
}
