//! The folder of a net on several chips: one complete folder per chip (`chip0`, `chip1`, ...), and around them the net, its settings, and a
//! testbench that plays a sample through all of them.

use golden::Trace;
use net::{cut, Leaving, Network, Problems, Spikes};
use rtl::{Design, Plan};
use serde_json::{json, Value};

use super::emitted::{describe, stream, Part};
use super::{readme, testbench};

type Files = Vec<(String, Vec<u8>)>;

/// Folder of a chip in the board's.
pub fn folder(chip: usize) -> String {
    format!("chip{chip}")
}

/// Where a file of the design (`rtl/...`, `mem/...`) lies in the output folder: in that of the chip whose name it begins with.
pub fn place(plan: &Plan, path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let is_its_own = |chip: &rtl::plan::ChipPlan| {
        let rest = file.strip_prefix(&chip.plan.name);
        rest.is_some_and(|rest| rest.starts_with(['_', '.']))
    };
    match plan.chips.iter().position(is_its_own) {
        Some(chip) => format!("{}/{path}", folder(chip)),
        None => path.to_string(),
    }
}

/// The first layer of each chip but the first, as settings have them.
pub fn cuts(plan: &Plan) -> Option<String> {
    let first = |chip: &rtl::plan::ChipPlan| chip.plan.cores[0].layer.name.clone();
    let cuts: Vec<String> = plan.chips.iter().skip(1).map(first).collect();
    (!cuts.is_empty()).then(|| cuts.join(","))
}

/// All files, sorted; `of_net` are those that golden and a later build need. Each chip's testbench plays what golden says that comes by its
/// link.
pub fn files(board: &Part, design: &Design, spikes: &Spikes, trace: &Trace, of_net: Files) -> Result<Files, Problems> {
    let plan = board.plan;
    let mut all = of_net;
    for (number, chip) in plan.chips.iter().enumerate() {
        let network = cut::group(board.network, chip.layers.clone());
        let part = Part { plan: &chip.plan, network: &network, ..*board };
        let entering = chip.layers.start.checked_sub(1).map_or(spikes, |before| &trace.layers[before].spikes);
        let files = part.files(&rtl::emit(&chip.plan), entering, &part_of(trace, &network, chip.layers.clone()), Vec::new())?;
        all.extend(files.into_iter().map(|(path, bytes)| (format!("{}/{path}", folder(number)), bytes)));
    }
    let mut texts = testbench::files(plan, board.network, spikes, trace);
    let sources = design.files.iter().map(|file| place(plan, &file.path)).filter(|path| path.ends_with(".v"));
    let list: String = sources.map(|path| format!("../{path}\n")).collect();
    texts.push((format!("rtl/{}.f", plan.name), list));
    texts.push(("README.md".to_string(), readme::board(plan, board.assumptions, board.project.goal)));
    board.sealed(texts, spikes, all, |files| manifest(board, design, files))
}

/// What some of the layers do, the last of which leaves; counters are those of the whole.
fn part_of(trace: &Trace, network: &Network, layers: std::ops::Range<usize>) -> Trace {
    let counters = golden::Counters { spikes: trace.counters.spikes[layers.clone()].to_vec(), ..trace.counters.clone() };
    let answer = Leaving::whole(layers.len() - 1, network.output());
    Trace { steps: trace.steps, answer, layers: trace.layers[layers].to_vec(), counters }
}

fn manifest(board: &Part, design: &Design, files: &[(String, Vec<u8>)]) -> Value {
    let plan = board.plan;
    let mut manifest = describe(board.project, plan, design, files);
    // No module has the board's name.
    if let Some(object) = manifest.as_object_mut() {
        object.shift_remove("top");
    }
    let chip = |(number, chip): (usize, &rtl::plan::ChipPlan)| {
        let layers: Vec<&str> = chip.plan.cores.iter().map(|core| core.layer.name.as_str()).collect();
        json!({ "folder": folder(number), "top": chip.plan.name, "layers": layers })
    };
    let link = |to: usize| json!({ "from": to - 1, "to": to, "data_bits": plan.link_format(to).width(), "word": stream(plan.link_format(to)) });
    manifest["name"] = json!(plan.name);
    manifest["chips"] = plan.chips.iter().enumerate().map(chip).collect();
    manifest["links"] = (1..plan.chips.len()).map(link).collect();
    manifest
}
