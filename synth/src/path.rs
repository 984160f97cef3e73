//! The critical path of a nextpnr report in terms of the emitted modules.

use serde_json::Value;

use crate::folder::Hierarchy;
use crate::wrapper::INSTANCE;

/// One element of the critical path, from clock edge to clock edge.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct PathSegment {
    /// Emitted module the driving cell belongs to, by its name: yosys names a mapped cell after a
    /// nearby net, which may lie across a module's edge.
    pub module: String,
    /// Instance path below the top module (`core_0.membrane`); empty for the top itself, `pins` for the wrapper.
    pub instance: String,
    /// `clk-to-q`, `routing`, `logic` or `setup`.
    pub kind: String,
    pub delay_ns: f64,
    /// Cell that drives this element.
    pub cell: String,
    /// Net, for routing.
    pub net: Option<String>,
}

/// The slowest register-to-register path of a report, and its total in ns.
pub(crate) fn critical_path(report: &Value, hierarchy: &Hierarchy, wrapped: bool) -> Vec<PathSegment> {
    let is_edge = |end: &Value| {
        end.as_str()
            .is_some_and(|end| end.starts_with("posedge") || end.starts_with("negedge"))
    };
    let slowest = report["critical_paths"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|path| is_edge(&path["from"]) && is_edge(&path["to"]))
        .max_by(|a, b| total(a).total_cmp(&total(b)));
    let Some(slowest) = slowest else { return Vec::new() };
    let elements = slowest["path"].as_array().into_iter().flatten();
    elements
        .map(|element| {
            let cell = element["from"]["cell"].as_str().unwrap_or("");
            let (instance, module) = locate(cell, hierarchy, wrapped);
            PathSegment {
                module,
                instance,
                kind: element["type"].as_str().unwrap_or("").to_string(),
                delay_ns: rounded(element["delay"].as_f64().unwrap_or(0.0)),
                cell: cell.to_string(),
                net: element["net"].as_str().map(str::to_string),
            }
        })
        .collect()
}

fn total(path: &Value) -> f64 {
    path["path"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|element| element["delay"].as_f64())
        .sum()
}

/// nextpnr's delays are single-precision picoseconds: three digits are all there is.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// Instance and module of a cell of the flattened netlist: the longest instance path its name starts with.
fn locate(cell: &str, hierarchy: &Hierarchy, wrapped: bool) -> (String, String) {
    let inner = match (
        wrapped,
        cell.strip_prefix(INSTANCE).and_then(|rest| rest.strip_prefix('.')),
    ) {
        (true, Some(inner)) => inner,
        (true, None) => return ("pins".to_string(), "pins".to_string()),
        (false, _) => cell,
    };
    let mut end = inner.len();
    loop {
        if let Some(module) = hierarchy.instances.get(&inner[..end]) {
            return (inner[..end].to_string(), module.clone());
        }
        match inner[..end].rfind('.') {
            Some(dot) => end = dot,
            None => return (String::new(), hierarchy.instances.get("").cloned().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::locate;
    use crate::folder::Hierarchy;

    #[test]
    fn a_cell_belongs_to_the_longest_instance_path() {
        let mut hierarchy = Hierarchy::default();
        for (path, module) in [("", "top"), ("core_0", "core"), ("core_0.membrane", "ram")] {
            hierarchy.instances.insert(path.to_string(), module.to_string());
        }
        let check = |cell: &str, wrapped, instance: &str, module: &str| {
            assert_eq!(
                locate(cell, &hierarchy, wrapped),
                (instance.to_string(), module.to_string()),
                "{cell}"
            );
        };
        check("dut.core_0.membrane.mem.0.0", true, "core_0.membrane", "ram");
        check("dut.core_0.sum_LUT4_Z_1", true, "core_0", "core");
        check("dut.ready_LUT4_Z", true, "", "top");
        check("fold_1_TRELLIS_FF_Q", true, "pins", "pins");
        check("core_0.membrane.mem.0.0", false, "core_0.membrane", "ram");
    }
}
