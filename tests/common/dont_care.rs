//! Entries of emitted tables that no result depends on, told from the tables themselves.

use rtl::Design;
use sim::Mutant;

use super::mutant::line_of;

/// Why the entry that a mutant changes is of no consequence, if it is one of a table and that is so.
pub fn dont_care(design: &Design, mutant: &Mutant) -> Option<&'static str> {
    let row = Row::of(line_of(design, mutant))?;
    let entry = row
        .entries
        .iter()
        .find(|entry| (entry.start..entry.end).contains(&mutant.column))?;
    if mutant.file.contains("_output_") {
        // Each coordinate stands once; the row of coordinate 0 is the first.
        return (row.label > 0 && entry.value == 0).then_some("a row of no coordinate");
    }
    if !mutant.file.ends_with("_table.v") {
        return None;
    }
    let used = |bank: &str| {
        let wanted = format!("used_{bank}");
        row.entries.iter().any(|entry| entry.name == wanted && entry.value != 0)
    };
    match entry.name.rsplit_once('_')? {
        ("offset" | "slot", bank) if !used(bank) => return Some("of a bank that is not used"),
        ("weight", "offset") if !row.entries.iter().any(|e| e.name.starts_with("used_") && e.value != 0) => {
            return Some("weights for no bank")
        }
        _ => {}
    }
    let (span, iteration_bits) = span(design, &mutant.file, row.bits)?;
    let coordinate = row.label >> iteration_bits;
    let iteration = row.label & ((1 << iteration_bits) - 1);
    let visited = span.iter().any(|row| {
        let value = |name: &str| {
            row.entries
                .iter()
                .find(|entry| entry.name == name)
                .map_or(0, |entry| entry.value)
        };
        row.label == coordinate && value("heard") == 1 && iteration <= value("last")
    });
    (!visited).then_some("an iteration that does not take place")
}

/// Rows of the table that says how many iterations a coordinate takes, and bits of the iteration in the other table.
fn span(design: &Design, table: &str, bits: u32) -> Option<(Vec<Row>, u32)> {
    let path = table.replace("_table.v", "_span.v");
    let file = design.files.iter().find(|file| file.path == path)?;
    let rows: Vec<Row> = file.text.lines().filter_map(Row::of).collect();
    let iteration_bits = bits - rows.first()?.bits;
    Some((rows, iteration_bits))
}

/// `4'd2: begin used_0 = 1'b1; offset_0 = 6'd12; end`
struct Row {
    label: u64,
    bits: u32,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    value: u64,
    /// Where it stands in the line.
    start: usize,
    end: usize,
}

impl Row {
    fn of(line: &str) -> Option<Row> {
        let code = line.split("//").next()?;
        let (label, _) = code.split_once(": begin ")?;
        let (bits, label) = label.trim().split_once("'d")?;
        let mut entries = Vec::new();
        let mut start = code.find(": begin ")? + 8;
        while let Some(length) = code[start..].find(';') {
            let (name, value) = code[start..start + length].split_once(" = ")?;
            let (_, digits) = value.split_once('\'')?;
            let radix = if digits.starts_with('b') { 2 } else { 10 };
            let value = u64::from_str_radix(digits.get(1..)?, radix).ok()?;
            let name = name.trim().to_string();
            let end = start + length;
            entries.push(Entry {
                name,
                value,
                start,
                end,
            });
            start = end + 1;
        }
        Some(Row {
            label: label.parse().ok()?,
            bits: bits.parse().ok()?,
            entries,
        })
    }
}
