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

/// Flip-flops of an iCE40 netlist (yosys' JSON) that take a logic cell of their own: those that are not fed by a LUT which
/// feeds nothing else. nextpnr-ice40 packs the others into the cell of their LUT.
pub(crate) fn ice40_lone_flip_flops(netlist: &serde_json::Value, top: &str) -> u64 {
    let cells = || netlist["modules"][top]["cells"].as_object().into_iter().flat_map(|cells| cells.values());
    let kind = |cell: &serde_json::Value| cell["type"].as_str().unwrap_or_default().to_string();
    let mut sinks: BTreeMap<u64, u64> = BTreeMap::new();
    for cell in cells() {
        let ports = cell["connections"].as_object().into_iter().flatten();
        let inputs = ports.filter(|(name, _)| cell["port_directions"][name.as_str()] == "input");
        for bit in inputs.flat_map(|(_, bits)| bits.as_array().into_iter().flatten()).filter_map(|bit| bit.as_u64()) {
            *sinks.entry(bit).or_default() += 1;
        }
    }
    let of = |cell: &serde_json::Value, port: &str| cell["connections"][port][0].as_u64();
    let private: std::collections::BTreeSet<u64> = cells()
        .filter(|cell| kind(cell) == "SB_LUT4")
        .filter_map(|cell| of(cell, "O"))
        .filter(|bit| sinks.get(bit) == Some(&1))
        .collect();
    let flip_flops = cells().filter(|cell| kind(cell).starts_with("SB_DFF"));
    flip_flops.filter(|cell| !of(cell, "D").is_some_and(|bit| private.contains(&bit))).count() as u64
}

impl CellCounts {
    /// Flip-flops of an iCE40 netlist: SB_DFF with every kind of enable and reset.
    pub(crate) fn ice40_ff(&self) -> u64 {
        self.starting("SB_DFF")
    }

    /// Block RAM of an iCE40 netlist, whichever clock edges its ports use.
    pub(crate) fn ice40_bram(&self) -> u64 {
        self.starting("SB_RAM40_4K")
    }

    fn starting(&self, with: &str) -> u64 {
        self.0.iter().filter(|(kind, _)| kind.starts_with(with)).map(|(_, number)| number).sum()
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

    #[test]
    fn a_flip_flop_behind_a_lut_of_its_own_shares_its_cell() {
        let lut = |o: u64| {
            serde_json::json!({"type": "SB_LUT4", "port_directions": {"I0": "input", "O": "output"},
                "connections": {"I0": [2], "O": [o]}})
        };
        let dff = |d: u64, q: u64| {
            serde_json::json!({"type": "SB_DFFE", "port_directions": {"D": "input", "Q": "output"},
                "connections": {"D": [d], "Q": [q]}})
        };
        // 10 feeds one flip-flop; 11 feeds two; 2 is an input of the module.
        let cells = [lut(10), lut(11), dff(10, 20), dff(11, 21), dff(11, 22), dff(2, 23)];
        let named: serde_json::Map<_, _> = cells.into_iter().enumerate().map(|(i, c)| (i.to_string(), c)).collect();
        let netlist = serde_json::json!({"modules": {"t": {"cells": named}}});
        assert_eq!(super::ice40_lone_flip_flops(&netlist, "t"), 3);
    }

    #[test]
    fn ice40_cells_of_every_kind_count() {
        let counts = CellCounts::parse(
            "=== t ===\n Number of cells: 9\n SB_DFF 1\n SB_DFFESR 2\n SB_LUT4 3\n SB_RAM40_4K 2\n SB_RAM40_4KNR 1\n\n",
        );
        assert_eq!((counts.ice40_ff(), counts.ice40_bram(), counts.of("SB_LUT4")), (3, 3, 3));
    }
}
