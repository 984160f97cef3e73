//! `spikewright inspect`: what a net is, what was assumed, how it quantises and folds. Writes nothing.

use net::{LayerReport, Problems};
use serde_json::json;

use crate::args::NetArgs;
use crate::build::emitted;
use crate::run::summary::input_names;
use crate::console::{Console, Reply};
use crate::project::Project;

/// Show a net: layers, assumptions, integers, membranes, and how it folds onto hardware
#[derive(clap::Args, Debug)]
pub struct InspectArgs {
    #[command(flatten)]
    net: NetArgs,
}

pub fn run(args: &InspectArgs, console: &Console) -> Result<Reply, Problems> {
    let mut project = Project::open(&args.net, console)?;
    let network = project.network();
    console.say(format!(
        "{}: {} -> {}, {} layers, input {} (each address at most {} times a step)",
        network.name,
        shapes(network.inputs.iter().map(|input| input.shape)),
        shapes(network.outputs.iter().map(|output| network.layers[output.layer].output)),
        network.layers.len(),
        input_names(&network.inputs),
        network.multiplicity,
    ));
    for output in network.outputs.iter().filter(|_| network.outputs.len() > 1) {
        console.say(format!("output {}: words of {}", output.name, network.layers[output.layer].name));
    }
    for report in &project.imported.reports {
        print_layer(report, console);
    }
    let plan = project.plan(console)?;
    let network = project.network();
    if let (None, Some(most)) = (project.goal.target(), project.goal.adders()) {
        let adders: usize = plan.cores.iter().map(rtl::CorePlan::adders).sum();
        console.say(format!("\nplanned without a device: {adders} adders, of {most} at most"));
    }
    console.say(format!(
        "\n{:<16} {:>12} {:>8} {:>8} {:>10} {:>12}",
        "core", "banks", "words", "lanes", "word bits", "state kbit"
    ));
    for core in &plan.cores {
        let kbit = (core.banks() * core.words()) as f64 * f64::from(core.word_bits()) / 1024.0;
        let (banks, lanes) = core.folded();
        let banks = format!("{}x{}", banks.0, banks.1);
        console.say(format!(
            "{:<16} {banks:>12} {:>8} {:>8} {:>10} {kbit:>12.1}",
            core.name,
            core.words(),
            lanes,
            core.word_bits(),
        ));
    }
    if let Some(fabric) = &plan.fabric {
        console.say(format!("\n{}: {:.2} routers on the way from a source to a reader", fabric.fabric, fabric.mean_hops()));
    }
    if !plan.is_chain() {
        console.say("");
        for edge in &plan.wiring.edges {
            let late = if edge.delayed { ", one step late" } else { "" };
            let from = emitted::source_name(&plan, edge.from);
            console.say(format!("{} hears {from} ({}){late}", plan.cores[edge.to].layer.name, edge.shape));
        }
    }
    console.say("");
    project.print_assumptions(console);
    Ok(Reply::new(json!({
        "name": network.name,
        "input": { "node": network.inputs[0].name, "shape": network.inputs[0].shape, "multiplicity": network.multiplicity },
        "inputs": network.inputs.iter().map(|input| json!({ "node": input.name, "shape": input.shape })).collect::<Vec<_>>(),
        "output": network.output(),
        "outputs": network.outputs.iter().map(|output| output_json(network, output)).collect::<Vec<_>>(),
        "reports": project.imported.reports,
        "target": project.goal.name(),
        "layers": emitted::layers(&plan),
        "metadata": project.imported.metadata,
        "assumptions": project.imported.assumptions,
        "warnings": project.warnings(),
    })))
}

fn shapes(shapes: impl Iterator<Item = net::MapShape>) -> String {
    shapes.map(|shape| shape.to_string()).collect::<Vec<_>>().join(", ")
}

fn output_json(network: &net::Network, output: &net::OutputNode) -> serde_json::Value {
    let layer = &network.layers[output.layer];
    json!({ "node": output.name, "layer": layer.name, "shape": layer.output })
}

fn print_layer(report: &LayerReport, console: &Console) {
    let range = |(least, greatest): (i64, i64)| {
        if least == greatest {
            least.to_string()
        } else {
            format!("{least}..{greatest}")
        }
    };
    console.say(format!(
        "\n{} ({}): {}, {} -> {}",
        report.name, report.neuron_name, report.kind, report.input, report.output
    ));
    console.say(format!(
        "  weights    {} bits, 1 = {} V ({}), rms error {:.3}",
        report.weight_bits, report.scale, report.scale_from, report.weight_error_rms
    ));
    let threshold = report.threshold.map_or("none (readout)".to_string(), range);
    let fire = report
        .fire_level
        .map_or(String::new(), |level| format!(", fires at {}", range(level)));
    console.say(format!("  threshold  {threshold}{fire}; bias {}", range(report.bias)));
    console.say(format!("  leak       {}", report.leak));
    let fraction = match report.fraction_bits {
        0 => String::new(),
        bits => format!(", {bits} of them fraction bits: a weight is added << {bits}"),
    };
    console.say(format!(
        "  membrane   {} bits (least {}), states {}..{}{fraction}",
        report.membrane_bits, report.least_bits, report.lo, report.hi
    ));
    if report.initial != (0, 0) {
        console.say(format!("  start      {}", range(report.initial)));
    }
    if let Some(percent) = report.dead_zone_percent {
        console.say(format!(
            "  dead zone  {percent:.1} % of the threshold (states that the leak leaves where they are)"
        ));
    }
}
