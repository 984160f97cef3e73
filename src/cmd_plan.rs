//! `spikewright plan`: how the net folds onto the device, layer by layer; writes nothing.

use net::options::Choice;
use net::{Problem, Problems};
use rtl::plan::area::{core_area, Area, Family};
use rtl::plan::choose::{family_name, work};
use rtl::plan::memory;
use serde_json::{json, Value};

use crate::args::NetArgs;
use crate::bench::table::{count, Table};
use crate::build::emitted::scan_rule;
use crate::chips;
use crate::console::{Console, Reply};
use crate::explore::point::alone;
use crate::project::Project;

/// Show how a net folds onto a device: banks, lanes, cycles and cells of each layer, frames per second
#[derive(clap::Args, Debug)]
pub struct PlanArgs {
    #[command(flatten)]
    net: NetArgs,
    /// Clock for the frames per second, MHz [default: 100; iCE40: 24]
    #[arg(long, value_name = "MHZ", allow_hyphen_values = true)]
    clock: Option<f64>,
}

pub fn run(args: &PlanArgs, console: &Console) -> Result<Reply, Problems> {
    if let Some(clock) = args.clock.filter(|clock| !(1.0..=1000.0).contains(clock)) {
        let problem =
            Problem::new("clock-range", "--clock", clock.to_string(), "1 to 1000 MHz", "use for example --clock 100");
        return Err(problem.into());
    }
    let mut project = Project::open(&args.net, console)?;
    let clock = args.clock.unwrap_or(project.goal.clock_mhz());
    let traced = project.traced(console)?;
    let loads = project.loads(&traced);
    let plan = project.plan_on(&loads, console)?;
    let (device, family) = (project.goal.device(), project.goal.family());
    let steps = project.steps_per_sample()?;
    let layers: Vec<Value> = plan
        .cores
        .iter()
        .zip(&loads.heard)
        .map(|(core, load)| {
            let area = core_area(core, family);
            let cycles = work(core, load);
            let event = load.event_cycles(core) / load.events.max(1e-9);
            json!({
                "name": core.layer.name,
                "core": core.machine.name(),
                "banks": core.folded().0,
                "lanes": core.folded().1,
                "adders": core.adders(),
                "words": core.words(),
                "queue": core.fifo_depth,
                "scan": scan_rule(core).choice_name(),
                "leak_mode": core.layer.neuron.leak_mode.choice_name(),
                "events_per_step": load.events,
                "cycles_per_event": event,
                "cycles_per_step": cycles,
                "lut": area.lut.round(),
                "ff": area.ff.round(),
                "bram": area.bram,
                "dsp": area.dsp,
                "memories": memories(core, family),
            })
        })
        .collect();
    let pace = |layer: &Value| layer["cycles_per_step"].as_f64().unwrap_or(0.0);
    let slowest_layer = layers.iter().map(pace).fold(0.0, f64::max);
    let slowest = chips::slowest(&plan, slowest_layer);
    let around: Vec<Value> = plan
        .around(family)
        .into_iter()
        .map(|part| {
            let Area { lut, ff, bram, dsp } = part.area;
            json!({ "name": part.name, "lut": lut.round(), "ff": ff.round(), "bram": bram, "dsp": dsp })
        })
        .collect();
    let total = |field: &str| layers.iter().chain(&around).filter_map(|part| part[field].as_f64()).sum::<f64>();
    let cycles = slowest * steps;
    let frames = clock * 1e6 / cycles.max(1.0);
    let alone = alone(&plan, &traced);

    project.print_assumptions(console);
    let place = match project.goal.target() {
        Some(target) => format!("on {target} ({})", family_name(family)),
        None => format!("without a device (cells as on ECP5: {})", family_name(family)),
    };
    let most = project.goal.adders().map_or(String::new(), |adders| format!(", at most {adders} adders"));
    let objective = project.objective.name();
    console.say(format!("\n{} {place}, objective {objective}{most}; events {}\n", plan.name, loads.source));
    console.say(format!(
        "{:<16} {:>8} {:>6} {:>6} {:>7} {:>12} {:>13} {:>12} {:>8} {:>8} {:>6} {:>5}",
        "layer", "core", "banks", "lanes", "adders", "events/step", "cycles/event", "cycles/step", "LUT", "FF", "BRAM", "DSP"
    ));
    for layer in &layers {
        let number = |field: &str| layer[field].as_f64().unwrap_or(0.0);
        let map = if layer["scan"] == "touched" { "  touched words" } else { "" };
        let lazy = if layer["leak_mode"] == "lazy" { "  lazy leak" } else { "" };
        let mark = if pace(layer) == slowest_layer { "  <- bottleneck" } else { "" };
        console.say(format!(
            "{:<16} {:>8} {:>6} {:>6} {:>7} {:>12.1} {:>13.2} {:>12.1} {:>8.0} {:>8.0} {:>6} {:>5}{map}{lazy}{mark}",
            layer["name"].as_str().unwrap_or_default(),
            layer["core"].as_str().unwrap_or_default(),
            format!("{}x{}", layer["banks"][0], layer["banks"][1]),
            number("lanes"),
            number("adders"),
            number("events_per_step"),
            number("cycles_per_event"),
            number("cycles_per_step"),
            number("lut"),
            number("ff"),
            number("bram"),
            number("dsp")
        ));
    }
    for part in &around {
        let number = |field: &str| part[field].as_f64().unwrap_or(0.0);
        console.say(format!(
            "{:<16} {:>70} {:>8.0} {:>8.0} {:>6} {:>5}",
            part["name"].as_str().unwrap_or_default(),
            "",
            number("lut"),
            number("ff"),
            number("bram"),
            number("dsp")
        ));
    }
    let share = |used: f64, there: u64| 100.0 * used / there.max(1) as f64;
    console.say(format!(
        "{:<16} {:>8} {:>6} {:>6} {:>7} {:>12} {:>13} {:>12.1} {:>8.0} {:>8.0} {:>6} {:>5}",
        "sum", "", "", "", total("adders"), "", "", slowest, total("lut"), total("ff"), total("bram"), total("dsp")
    ));
    let whole = if plan.chips.is_empty() { "of the device" } else { "of one device" };
    device.iter().for_each(|device| console.say(format!(
        "{:<16} {:>8} {:>6} {:>6} {:>7} {:>12} {:>13} {:>12} {:>7.0}% {:>7.0}% {:>5.0}% {:>4.0}%",
        whole,
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        share(total("lut"), device.lut),
        share(total("ff"), device.ff),
        share(total("bram"), device.bram),
        share(total("dsp"), device.dsp)
    )));
    let mut of_chips = json!({});
    chips::describe(&plan, device.as_ref(), family, &loads.heard, &mut of_chips);
    chips::print(&of_chips, device.as_ref(), console);
    print_memories(&layers, console);
    console.say(format!(
        "\nabout {cycles:.0} cycles per sample of {steps} time steps, one sample behind the other: {frames:.0} samples per second at {clock} MHz"
    ));
    if let Some(alone) = alone {
        console.say(format!("{alone:.0} cycles from first to last word of a sample alone"));
    }
    let mut fields = json!({
        "name": plan.name,
        "target": project.goal.name(),
        "most_adders": project.goal.adders(),
        "objective": project.objective.name(),
        "events": loads.source,
        "layers": layers,
        "around": around,
        "cycles_per_step": slowest,
        "steps": steps,
        "cycles_per_sample": cycles,
        "cycles_per_sample_alone": alone,
        "clock_mhz": clock,
        "samples_per_second": frames,
        "lut": total("lut").round(),
        "ff": total("ff").round(),
        "bram": total("bram"),
        "dsp": total("dsp"),
        "warnings": project.warnings(),
    });
    chips::describe(&plan, device.as_ref(), family, &loads.heard, &mut fields);
    Ok(Reply::new(fields))
}

/// What holds a core's memories on the family.
fn memories(core: &rtl::CorePlan, family: Family) -> Vec<Value> {
    let describe = |held: memory::Memory| {
        let mapping = memory::map(&held, family);
        json!({
            "holds": held.holds,
            "words": held.words,
            "bits": held.bits,
            "copies": held.copies,
            "kind": mapping.kind.name(),
            "cells": mapping.cells * held.copies as u64,
        })
    };
    memory::memories(core).into_iter().map(describe).collect()
}

/// One row per memory: the queue's words are the depth of the link behind the core.
fn print_memories(layers: &[Value], console: &Console) {
    let mut table = Table::new(&["memory", "words", "bits", "copies", "held in", "cells"]);
    for layer in layers {
        for held in layer["memories"].as_array().into_iter().flatten() {
            let text = |field: &str| held[field].as_str().unwrap_or_default().to_string();
            let number = |field: &str| count(held[field].as_u64());
            table.push(vec![
                format!("{} {}", layer["name"].as_str().unwrap_or_default(), text("holds")),
                number("words"),
                number("bits"),
                number("copies"),
                text("kind"),
                number("cells"),
            ]);
        }
    }
    console.say("");
    table.text().iter().for_each(|line| console.say(line));
}
