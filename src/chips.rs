//! Several chips as `plan` shows them: what each has of its device, what the links carry, and who sets the pace.

use rtl::plan::chips::link_cycles;
use rtl::plan::area::Family;
use rtl::plan::choose::work;
use rtl::plan::{ChipPlan, Device, Load};
use rtl::Plan;
use serde_json::{json, Value};

use crate::console::Console;

/// Adds `chips`, `links` and `bottleneck` to the fields of a plan with chips; `heard` by each layer.
pub fn describe(plan: &Plan, device: Option<&Device>, family: Family, heard: &[Load], fields: &mut Value) {
    if plan.chips.is_empty() {
        return;
    }
    let chips: Vec<Value> = plan.chips.iter().map(|chip| of_chip(chip, device, family, heard)).collect();
    let links: Vec<Value> = plan.chips.iter().enumerate().skip(1).map(|(i, chip)| {
        json!({
            "from": i - 1,
            "to": i,
            "bits": plan.link_format(i).width(),
            "words_per_step": chip.words_per_step,
            "cycles_per_word": link_cycles(&plan.edges),
            "cycles_per_step": chip.words_per_step * link_cycles(&plan.edges),
        })
    }).collect();
    let paces = chips.iter().enumerate().map(|(i, chip)| (format!("chip {i}"), pace(chip)));
    let paces = paces.chain(links.iter().enumerate().map(|(i, link)| (link_name(i), pace(link))));
    let slowest = paces.fold((String::new(), 0.0), |most, found| if found.1 > most.1 { found } else { most });
    fields["chips"] = chips.into();
    fields["links"] = links.into();
    fields["bottleneck"] = json!(slowest.0);
}

/// Cycles per time step of the slowest chip or link.
pub fn slowest(plan: &Plan, cores: f64) -> f64 {
    plan.chips.iter().map(|chip| chip.words_per_step * link_cycles(&plan.edges)).fold(cores, f64::max)
}

fn link_name(i: usize) -> String {
    format!("link chip {i} to chip {}", i + 1)
}

fn pace(part: &Value) -> f64 {
    part["cycles_per_step"].as_f64().unwrap_or(0.0)
}

fn of_chip(chip: &ChipPlan, device: Option<&Device>, family: Family, heard: &[Load]) -> Value {
    let cores = &chip.plan.cores;
    let area = chip.plan.area(family);
    let heard = &heard[chip.layers.clone()];
    json!({
        "name": chip.plan.name,
        "layers": cores.iter().map(|core| &core.layer.name).collect::<Vec<_>>(),
        "lut": area.lut.round(),
        "ff": area.ff.round(),
        "bram": area.bram,
        "dsp": area.dsp,
        "share": device.map(|device| device.largest_share(&chip.plan)),
        "cycles_per_step": cores.iter().zip(heard).map(|(core, load)| work(core, load)).fold(0.0, f64::max),
    })
}

/// Prints what [`describe`] has found.
pub fn print(fields: &Value, device: Option<&Device>, console: &Console) {
    let list = |key: &str| fields[key].as_array().cloned().unwrap_or_default();
    let mark = |name: &str| if fields["bottleneck"] == name { "  <- bottleneck" } else { "" };
    if list("chips").is_empty() {
        return;
    }
    console.say("");
    for (i, chip) in list("chips").iter().enumerate() {
        let layers: Vec<&str> = chip["layers"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let cells = |key: &str, of: fn(&Device) -> u64| {
            let used = chip[key].as_f64().unwrap_or(0.0);
            let share = device.map_or(String::new(), |device| format!(" ({:.0} %)", 100.0 * used / of(device).max(1) as f64));
            format!("{used} {}{share}", key.to_uppercase())
        };
        let kinds: [(&str, fn(&Device) -> u64); 4] = [("lut", |d| d.lut), ("ff", |d| d.ff), ("bram", |d| d.bram), ("dsp", |d| d.dsp)];
        let cells = kinds.map(|(key, of)| cells(key, of)).join(", ");
        let name = format!("chip {i}");
        console.say(format!("{name}: {}; {cells}; {:.1} cycles/step{}", layers.join(", "), pace(chip), mark(&name)));
        if let Some(link) = list("links").get(i) {
            let words = link["words_per_step"].as_f64().unwrap_or(0.0);
            let name = link_name(i);
            console.say(format!(
                "  {name}: {} bits, about {words:.1} words/step of {} cycles: {:.1} cycles/step{}",
                link["bits"],
                link["cycles_per_word"].as_f64().unwrap_or(0.0),
                pace(link),
                mark(&name)
            ));
        }
    }
}
