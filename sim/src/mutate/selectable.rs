//! Many mutants in one model: a number, read from a file when the simulation starts, chooses the one that is at work.
//!
//! An expression `e` with the faults 3 and 4 becomes `(fault == 3) ? (e3) : (fault == 4) ? (e4) : (e)`; with number 0
//! nothing is at fault. Expressions are the right side of an assignment, the condition of `if`, what `case` looks at and
//! its labels. Faults elsewhere take a model of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rtl::Design;

use super::Mutant;

/// A design that holds many mutants.
pub struct Selectable {
    pub design: Design,
    /// Mutants that are in it, by their place in the list; [`Selectable::select`] chooses one.
    pub mutants: BTreeSet<usize>,
}

impl Selectable {
    /// Read by the simulation from its working folder.
    pub const FILE: &'static str = "fault.hex";

    /// What [`Selectable::FILE`] holds to choose a mutant; `None`: no fault.
    pub fn select(mutant: Option<usize>) -> String {
        format!("{:x}\n", mutant.map_or(0, |index| index + 1))
    }
}

const READER: &str = "    reg [31:0] fault_file [0:0];
    initial $readmemh(\"fault.hex\", fault_file);
    wire [31:0] fault = fault_file[0];
";

/// As many of `mutants` as one model can hold.
pub fn selectable(design: &Design, mutants: &[Mutant]) -> Selectable {
    let mut of_file: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, mutant) in mutants.iter().enumerate() {
        of_file.entry(&mutant.file).or_default().push(index);
    }
    let mut held = BTreeSet::new();
    let mut changed = design.clone();
    for file in &mut changed.files {
        if let Some(faults) = of_file.get(file.path.as_str()) {
            let lines: Vec<usize> = line_starts(&file.text).collect();
            let placed = faults
                .iter()
                .map(|&index| (index, lines[mutants[index].line - 1] + mutants[index].column));
            let text = rewrite(&file.text, &placed.collect::<Vec<_>>(), mutants, &mut held);
            file.text = text.replacen("\n);\n", &format!("\n);\n{READER}"), 1);
        }
    }
    Selectable {
        design: changed,
        mutants: held,
    }
}

fn line_starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1))
}

/// `faults`: number and place in `text`.
fn rewrite(text: &str, faults: &[(usize, usize)], mutants: &[Mutant], held: &mut BTreeSet<usize>) -> String {
    let code = without_comments(text);
    let mut changed = String::new();
    let mut done = 0;
    for slot in slots(&code) {
        let expression = &code[slot.clone()];
        let mut chosen = String::new();
        for &(index, at) in faults {
            let Mutant { before, after, .. } = &mutants[index];
            if at < slot.start || at + before.len() > slot.end {
                continue;
            }
            let (head, tail) = expression.split_at(at - slot.start);
            chosen.push_str(&format!(
                "(fault == 32'd{}) ? ({head}{after}{}) : ",
                index + 1,
                &tail[before.len()..]
            ));
            held.insert(index);
        }
        if !chosen.is_empty() {
            // A constant that a fault may change is one no more.
            changed.push_str(&code[done..slot.start].replace("localparam ", "wire "));
            changed.push_str(&format!("({chosen}({expression}))"));
        } else {
            changed.push_str(&code[done..slot.end]);
        }
        done = slot.end;
    }
    changed + &code[done..]
}

/// The same text, comments blanked out: every place stays where it is.
fn without_comments(text: &str) -> String {
    let line = |line: &str| match line.find("//") {
        Some(at) if !line[..at].contains('"') => format!("{}{}\n", &line[..at], " ".repeat(line.trim_end().len() - at)),
        _ => line.to_string(),
    };
    text.split_inclusive('\n').map(line).collect()
}

/// The expressions that others of the same type may stand for.
fn slots(code: &str) -> Vec<Range<usize>> {
    let mut slots = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let rest = &code[at..];
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            at += blank;
            continue;
        }
        let word = rest
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || b"_'".contains(b))
            .count();
        match &rest[..word] {
            "" if rest.starts_with('`') => at += rest.find('\n').unwrap_or(rest.len()),
            "begin" | "end" | "else" | "assign" | "endcase" | "initial" | "endmodule" => at += word,
            "if" | "case" | "always" => {
                let Some(open) = rest.find('(') else { break };
                let Some(length) = outside(&rest[open..], |_, closed| closed) else {
                    break;
                };
                if !rest.starts_with("always") {
                    slots.push(at + open..at + open + length);
                }
                at += open + length;
            }
            label if label.contains('\'') && rest[word..].trim_start().starts_with(':') => {
                slots.push(at..at + word);
                at += word + rest[word..].find(':').unwrap_or(0) + 1;
            }
            "default" => at += word + 1,
            _ => {
                // An assignment, or anything else that ends with a semicolon.
                let Some(end) = outside(rest, |tail, _| tail.starts_with(';')) else {
                    break;
                };
                let assigns = |tail: &str, _: bool| tail.starts_with(" <= ") || tail.starts_with(" = ");
                if let Some(equals) = outside(&rest[..end], assigns).filter(|equals| *equals < end) {
                    let start = equals + rest[equals..].find('=').unwrap_or(0) + 2;
                    slots.push(at + start..at + end);
                }
                at += end + 1;
            }
        }
    }
    slots
}

/// The first place outside of all brackets that `wanted` says yes to; it is told whether a bracket closed just before.
fn outside(text: &str, wanted: impl Fn(&str, bool) -> bool) -> Option<usize> {
    let (mut depth, mut closed) = (0, false);
    for (at, byte) in text.bytes().enumerate() {
        if depth == 0 && wanted(&text[at..], closed) {
            return Some(at);
        }
        closed = false;
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth -= 1;
                closed = true;
            }
            _ => {}
        }
    }
    (depth == 0 && wanted("", closed)).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: &str) -> Vec<&str> {
        slots(code).into_iter().map(|slot| &code[slot]).collect()
    }

    #[test]
    fn expressions_are_right_sides_conditions_and_labels() {
        assert_eq!(found("    assign a = b + 4'd3;"), ["b + 4'd3"]);
        assert_eq!(found("        count[1] <= count <= 3'd0;"), ["count <= 3'd0"]);
        assert_eq!(
            found("        end else if (a[0] & (b == c)) begin"),
            ["(a[0] & (b == c))"]
        );
        assert_eq!(
            found("    wire [3:0] x = hit\n        ? {a, b} : c;\n"),
            ["hit\n        ? {a, b} : c"]
        );
        let row = "            3'd0: begin a = 2'd1; b = 1'b0; end";
        assert_eq!(found(row), ["3'd0", "2'd1", "1'b0"]);
        assert!(
            found("module m (\n    input wire a\n);\n    leaf leaf_0 (\n        .a(a == b)\n    );\nendmodule\n")
                .is_empty()
        );
    }

    #[test]
    fn a_number_chooses_the_fault() {
        let mutant = |column, before: &str, after: &str| Mutant {
            kind: super::super::FaultKind::Operator,
            file: "rtl/a.v".into(),
            line: 1,
            column,
            before: before.into(),
            after: after.into(),
        };
        let mutants = [mutant(13, "+", "-"), mutant(2, "x", "y")];
        let mut held = BTreeSet::new();
        let text = rewrite("assign a = b + c;  // sum", &[(0, 13), (1, 2)], &mutants, &mut held);
        assert_eq!(text.trim_end(), "assign a = ((fault == 32'd1) ? (b - c) : (b + c));");
        assert_eq!(held, BTreeSet::from([0]));
    }
}
