//! `spikewright plan`: how the net folds onto the device, layer by layer; writes nothing.

use net::options::Choice;
use net::Problems;
use rtl::plan::area::core_area;
use rtl::plan::choose::{family_name, work};
use serde_json::{json, Value};

use crate::args::NetArgs;
use crate::build::emitted::scan_rule;
use crate::console::{Console, Reply};
use crate::project::Project;

/// Show how a net folds onto a device: banks, lanes, cycles and cells of each layer, frames per second
#[derive(clap::Args, Debug)]
pub struct PlanArgs {
    #[command(flatten)]
    net: NetArgs,
    /// Clock for the frames per second, MHz [default: 100]
    #[arg(long, value_name = "MHZ", default_value_t = 100.0)]
    clock: f64,
}

pub fn run(args: &PlanArgs, console: &Console) -> Result<Reply, Problems> {
    let project = Project::open(&args.net, console)?;
    let loads = project.loads(console)?;
    let plan = project.plan(console)?;
    let device = project.device();
    let steps = project.steps_per_sample()?;
    let layers: Vec<Value> = plan
        .cores
        .iter()
        .zip(&loads.events)
        .map(|(core, &events)| {
            let area = core_area(core, device.family);
            let cycles = work(core, events);
            let event = (cycles - work(core, 0.0)) / events.max(1e-9);
            json!({
                "name": core.layer.name,
                "core": core.machine.name(),
                "banks": [core.rows.banks, core.columns.banks],
                "lanes": core.lanes,
                "adders": core.banks() * core.lanes,
                "words": core.words(),
                "queue": core.fifo_depth,
                "scan": scan_rule(core).choice_name(),
                "events_per_step": events,
                "cycles_per_event": event,
                "cycles_per_step": cycles,
                "lut": area.lut.round(),
                "ff": area.ff.round(),
                "bram": area.bram,
                "dsp": area.dsp,
            })
        })
        .collect();
    let pace = |layer: &Value| layer["cycles_per_step"].as_f64().unwrap_or(0.0);
    let slowest = layers.iter().map(pace).fold(0.0, f64::max);
    let total = |field: &str| layers.iter().filter_map(|layer| layer[field].as_f64()).sum::<f64>();
    let cycles = slowest * steps;
    let frames = args.clock * 1e6 / cycles.max(1.0);

    project.print_assumptions(console);
    console.say(format!(
        "\n{} on {} ({}), objective {}; events {}\n",
        plan.name,
        project.target,
        family_name(device.family),
        project.objective.name(),
        loads.source
    ));
    console.say(format!(
        "{:<16} {:>6} {:>6} {:>7} {:>12} {:>13} {:>12} {:>8} {:>8} {:>6} {:>5}",
        "layer", "banks", "lanes", "adders", "events/step", "cycles/event", "cycles/step", "LUT", "FF", "BRAM", "DSP"
    ));
    for layer in &layers {
        let number = |field: &str| layer[field].as_f64().unwrap_or(0.0);
        let map = if layer["scan"] == "touched" { "  touched words" } else { "" };
        let mark = if pace(layer) == slowest { "  <- bottleneck" } else { "" };
        console.say(format!(
            "{:<16} {:>6} {:>6} {:>7} {:>12.1} {:>13.2} {:>12.1} {:>8.0} {:>8.0} {:>6} {:>5}{map}{mark}",
            layer["name"].as_str().unwrap_or_default(),
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
    let share = |used: f64, there: u64| 100.0 * used / there.max(1) as f64;
    console.say(format!(
        "{:<16} {:>6} {:>6} {:>7} {:>12} {:>13} {:>12.1} {:>8.0} {:>8.0} {:>6} {:>5}",
        "sum", "", "", total("adders"), "", "", slowest, total("lut"), total("ff"), total("bram"), total("dsp")
    ));
    console.say(format!(
        "{:<16} {:>6} {:>6} {:>7} {:>12} {:>13} {:>12} {:>7.0}% {:>7.0}% {:>5.0}% {:>4.0}%",
        "of the device",
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
    ));
    console.say(format!(
        "\nabout {cycles:.0} cycles per sample of {steps} time steps: {frames:.0} samples per second at {} MHz",
        args.clock
    ));
    Ok(Reply::new(json!({
        "name": plan.name,
        "target": project.target.name(),
        "objective": project.objective.name(),
        "events": loads.source,
        "layers": layers,
        "cycles_per_step": slowest,
        "steps": steps,
        "cycles_per_sample": cycles,
        "clock_mhz": args.clock,
        "samples_per_second": frames,
        "lut": total("lut").round(),
        "ff": total("ff").round(),
        "bram": total("bram"),
        "dsp": total("dsp"),
    })))
}
