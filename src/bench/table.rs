//! A table for people: aligned text, or Markdown.

/// Heads and rows of the same length.
#[derive(Clone, Debug)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: &[&str]) -> Table {
        Table {
            head: head.iter().map(|text| text.to_string()).collect(),
            rows: Vec::new(),
        }
    }

    pub fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Lines with columns aligned to the right, the first to the left.
    pub fn text(&self) -> Vec<String> {
        let all = || std::iter::once(&self.head).chain(&self.rows);
        let width = |column: usize| {
            let lengths = all().filter_map(|row| row.get(column)).map(|text| text.chars().count());
            lengths.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let line = |row: &Vec<String>| {
            let cell = |(column, text): (usize, &String)| match column {
                0 => format!("{text:<0$}", widths[0]),
                _ => format!("{text:>0$}", widths.get(column).copied().unwrap_or(0)),
            };
            format!("  {}", row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  "))
        };
        all().map(line).collect()
    }

    pub fn markdown(&self) -> String {
        let line = |row: &Vec<String>| format!("| {} |\n", row.join(" | "));
        let rule = format!("|{}\n", "---|".repeat(self.head.len()));
        [line(&self.head), rule]
            .into_iter()
            .chain(self.rows.iter().map(line))
            .collect()
    }
}

/// A number with as few digits as it needs, at most two behind the point (four below 1), thousands apart; `-` for none.
pub fn number(value: Option<f64>) -> String {
    let Some(value) = value else { return "-".to_string() };
    let text = match value.abs() < 1.0 {
        true => format!("{value:.4}"),
        false => format!("{value:.2}"),
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = whole.trim_start_matches('-');
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if whole.starts_with('-') { "-" } else { "" };
    let part = part.trim_end_matches('0');
    match part {
        "" => format!("{sign}{grouped}"),
        part => format!("{sign}{grouped}.{part}"),
    }
}

/// A count.
pub fn count(value: Option<u64>) -> String {
    number(value.map(|value| value as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let texts = [0.0, 0.06642, 2.03, 18.0, 8.5, 1_234_567.0, 92_565.25, -1_000.0].map(|value| number(Some(value)));
        assert_eq!(
            texts,
            ["0", "0.0664", "2.03", "18", "8.5", "1,234,567", "92,565.25", "-1,000"]
        );
        assert_eq!(number(None), "-");
    }

    #[test]
    fn a_table_is_aligned_or_markdown() {
        let mut table = Table::new(&["what", "n"]);
        table.push(vec!["a".into(), "1,000".into()]);
        assert_eq!(table.text(), ["  what      n", "  a     1,000"]);
        assert_eq!(table.markdown(), "| what | n |\n|---|---|\n| a | 1,000 |\n");
    }
}
