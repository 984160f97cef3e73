//! Yosys' `stat`: how many cells of which kind, and what they count as on a device.

use std::collections::BTreeMap;

/// Cells of a flattened design by kind, e.g. `LUT4` -> 54.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellCounts(pub BTreeMap<String, u64>);

impl CellCounts {
    /// Reads the text of `stat`. Both layouts are known: yosys 0.23's `LUT4   54` and the later `54   LUT4`.
    pub fn parse(text: &str) -> CellCounts {
        let mut counts = BTreeMap::new();
        let mut among_cells = false;
        for line in text.lines() {
            let line = line.trim();
            let words: Vec<_> = line.split_whitespace().collect();
            if line.starts_with("===") {
                // A later section repeats or sums what came before: the last one counts.
                counts.clear();
                among_cells = false;
            } else if line.starts_with("Number of cells:")
                || matches!(words[..], [number, "cells"] if is_number(number))
            {
                among_cells = true;
            } else if among_cells {
                match words[..] {
                    [kind, number] if is_number(number) => drop(counts.insert(kind.to_string(), parse_number(number))),
                    [number, kind] if is_number(number) => drop(counts.insert(kind.to_string(), parse_number(number))),
                    _ => among_cells = false,
                }
            }
        }
        CellCounts(counts)
    }

    /// Number of cells of one kind.
    pub fn of(&self, kind: &str) -> u64 {
        self.0.get(kind).copied().unwrap_or(0)
    }

    fn sum(&self, weights: &[(&str, u64)]) -> u64 {
        weights.iter().map(|(kind, weight)| self.of(kind) * weight).sum()
    }

    /// LUT4s of an ECP5 netlist as nextpnr counts them: a carry cell is two, 16x4 LUT RAM six (four and two for writing).
    pub(crate) fn ecp5_lut(&self) -> u64 {
        self.sum(&[("LUT4", 1), ("CCU2C", 2), ("TRELLIS_DPR16X4", 6)])
    }

    /// Six-input LUTs of a series 7 netlist, with those used as RAM or shift register.
    pub(crate) fn xc7_lut(&self) -> u64 {
        self.sum(&[
            ("LUT1", 1),
            ("LUT2", 1),
            ("LUT3", 1),
            ("LUT4", 1),
            ("LUT5", 1),
            ("LUT6", 1),
            ("INV", 1),
            ("SRL16E", 1),
            ("SRLC32E", 1),
            ("RAM32X1S", 1),
            ("RAM64X1S", 1),
            ("RAM32X1D", 2),
            ("RAM64X1D", 2),
            ("RAM128X1S", 2),
            ("RAM128X1D", 4),
            ("RAM256X1S", 4),
            ("RAM32M", 4),
            ("RAM64M", 4),
        ])
    }

    pub(crate) fn xc7_ff(&self) -> u64 {
        self.sum(&[("FDRE", 1), ("FDSE", 1), ("FDCE", 1), ("FDPE", 1)])
    }

    /// Block RAM of a series 7 netlist in RAMB18.
    pub(crate) fn xc7_bram(&self) -> u64 {
        self.sum(&[("RAMB18E1", 1), ("RAMB36E1", 2)])
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_number(text: &str) -> u64 {
    text.parse().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::CellCounts;

    #[test]
    fn both_layouts_of_stat_are_read() {
        let old =
            "=== top ===\n\n   Number of wires:  54\n   Number of cells:   209\n     CCU2C   18\n     LUT4    18\n\n";
        let new = "=== top ===\n\n   54 wires\n   209 cells\n     18   CCU2C\n     18   LUT4\n\n";
        for text in [old, new] {
            let counts = CellCounts::parse(text);
            assert_eq!(counts.of("CCU2C"), 18, "{text}");
            assert_eq!(counts.of("wires"), 0, "{text}");
            assert_eq!(counts.ecp5_lut(), 54, "{text}");
        }
    }

    #[test]
    fn a_ramb36_counts_as_two() {
        let counts = CellCounts::parse("=== t ===\n Number of cells: 3\n RAMB18E1 1\n RAMB36E1 2\n RAM64M 3\n\n");
        assert_eq!((counts.xc7_bram(), counts.xc7_lut()), (5, 12));
    }
}
