//! `README.md` of an emitted folder: ports, how to simulate, how to synthesise, on one page.

use net::{Network, Output};
use rtl::config::ConfigPort;
use rtl::edge::{Edges, Port};
use rtl::fabric::StepEnd;
use rtl::Resets;
use rtl::plan::{InPort, OutPort, Readout};
use rtl::{LinkFormat, Plan};

use super::registers::written_files;
use crate::goal::Goal;

/// The text. `assumptions` are the importer's, `goal` is what was planned for. `whole`: the folder holds net and settings,
/// and is not one chip of several.
pub fn text(plan: &Plan, network: &Network, assumptions: &[String], goal: Goal, whole: bool) -> String {
    let (target, note) = (goal.for_synthesis(), without_device(goal));
    let scripts = if goal.target().is_some() { "| `synth/`, `constraints/` | scripts and clock constraints |" } else { "| `synth/` | scripts |" };
    let top = &plan.name;
    let from = if whole { "`net.nir`. These files are" } else { "layers of `../net.nir`,\none chip of several. These files are" };
    let mut text = format!(
        "# {top}\n\n\
         A spiking neural network as plain Verilog-2005, emitted by spikewright {version} from {from}\n\
         yours, without conditions.\n\n",
        version = env!("CARGO_PKG_VERSION"),
    );
    text += &layers(plan);
    text += &format!(
        "\n## Ports of `{top}`\n\n\
         | port | direction | width | meaning |\n|---|---|---|---|\n\
         | `aclk` | in | 1 | clock, rising edge |\n\
         | `aresetn` | in | 1 | reset, {reset} |\n\
         {}\n\
         {}The top two bits are the kind: 0 SPIKE, 1 TICK (ends a time step), 2 TICK_LAST\n\
         (ends the sample, with `tlast`), 3 VALUE. `manifest.json` has the fields for programs (`stream`).\n\n\
         {}\n\
         A sample is, for each time step, its SPIKE words in any order, then TICK; TICK_LAST instead of the last TICK.\n\
         After reset {} stays low until the memories are clear.\n",
        ports(plan, network),
        match (plan.edges.input, plan.edges.output) {
            (Port::Stream, Port::Stream) => "AXI4-Stream, one word per beat. ",
            (Port::Aer, Port::Aer) => "Four-phase AER, one word per handshake, from and to any clock.\n",
            _ => "AXI4-Stream, one word per beat; four-phase AER, one word per handshake, from or to any clock.\n",
        },
        maps(plan, network),
        match (plan.edges.input, plan.inputs.len()) {
            (Port::Aer, _) => "`aer_in_ack`",
            (Port::Stream, 1) => "`s_axis_tready`",
            (Port::Stream, _) => "`_tready` of every input",
        },
        reset = reset(plan.edges),
    );
    text += &synchronisers(plan.edges);
    if plan.registers().is_some() {
        text += "\n## Registers\n\n`s_axil_*` (AXI4-Lite) or `spi_*` (SPI): what the chip is, reset and halt of the network, counters of each core.\n\
                 `driver/registers.json` has the map for programs, `driver/*.h` for C.\n";
        let written: Vec<String> = written_files(plan).iter().map(|file| format!("`{file}`")).collect();
        if !written.is_empty() {
            text += &format!(
                "The network is in reset until a driver has written {} (a line `offset_data` each) and then 0 to `control`.\n",
                written.join(" and ")
            );
        }
    }
    let all = if whole { "." } else { ".." };
    text += &format!(
        "\n## Simulate\n\n\
         ```sh\n\
         make -C tb sim                  # Icarus Verilog\n\
         make -C tb sim SIM=verilator    # Verilator 5\n\
         ```\n\n\
         plays one sample (`tb/sample.npz`) and checks every output word against the integer golden model; the\n\
         last line is PASS or FAIL. With spikewright, `spikewright cosim {all}` compares every spike and membrane write too.\n\n\
         ## Synthesise\n\n\
         {note}\
         ```sh\n\
         make -C synth                   # yosys and nextpnr, {target}\n\
         spikewright synth . --target {target}\n\
         ```\n\n\
         In a project of your own: take the files of `rtl/{top}.f` (relative to `rtl/`) and keep `mem/` beside `rtl/`.\n\
         Tools started in `rtl/`, or in a folder beside it, find the memory files; from elsewhere set the parameter `MEM_DIR` of\n\
         `{top}` to the folder of the `.hex` files.\n\
         Every module name and memory file starts with `{top}`.\n\n\
         ## Files\n\n\
         | path | what |\n|---|---|\n\
         | `rtl/` | one module per file, `{top}.f` lists them |\n\
         | `mem/` | weights and tables, hex for `$readmemh` |\n\
         | `tb/` | testbench, stimulus and expected words |\n\
         {scripts}\n\
{settings}\
         | `manifest.json` | names, stream formats, plan figures, SHA-256 of each file |\n\n\
         ## What was assumed about the net\n\n",
        settings = if whole { SETTINGS } else { "" },
    );
    text + &list(assumptions)
}

/// What `aresetn` asks for.
fn reset(edges: Edges) -> String {
    match edges.resets {
        Resets::Synchronous => "active low, synchronous; at least 4 cycles".to_string(),
        Resets::Asynchronous => format!("active low, from a source without glitches: acts at once, without a clock, and is released {} cycles behind its end", edges.release_edges()),
    }
}

/// How deep the synchronisers are, if there are any.
fn synchronisers(edges: Edges) -> String {
    let spi = edges.config.is_some_and(|config| config.port == ConfigPort::Spi);
    let any = spi || edges.input == Port::Aer || edges.output == Port::Aer || edges.step_end.is_some() || edges.resets == Resets::Asynchronous;
    if any { format!("Pins of other clocks pass {} flip-flops each (`synchroniser` in `spikewright.toml`).\n", edges.stages.and(0)) } else { String::new() }
}

/// What is said of a design that was planned without a device.
fn without_device(goal: Goal) -> String {
    match goal.target() {
        Some(_) => String::new(),
        None => format!("Planned without a device: {} may be too small for it. Name the device that you have.\n\n", goal.for_synthesis()),
    }
}

/// The net and its settings in the table of files.
const SETTINGS: &str = "| `net.nir`, `spikewright.toml` | the net and every setting: `spikewright build --config spikewright.toml --out DIR` makes this folder again, byte for byte |\n";

/// The text of a folder with several chips.
pub fn board(plan: &Plan, assumptions: &[String], goal: Goal) -> String {
    let (target, note) = (goal.for_synthesis(), without_device(goal));
    let name = &plan.name;
    let count = plan.chips.len();
    let mut text = format!(
        "# {name}\n\n\
         A spiking neural network on {count} devices as plain Verilog-2005, emitted by spikewright {version} from `net.nir`. These\n\
         files are yours, without conditions.\n\n",
        version = env!("CARGO_PKG_VERSION"),
    );
    text += &layers(plan);
    text += "\n## Chips\n\n| folder | top module | layers | input | output |\n|---|---|---|---|---|\n";
    let port = |port: Port| if port == Port::Aer { "AER" } else { "AXI4-Stream" };
    for (i, chip) in plan.chips.iter().enumerate() {
        let layers: Vec<&str> = chip.plan.cores.iter().map(|core| core.layer.name.as_str()).collect();
        let edges = chip.plan.edges;
        let (layers, input, output) = (layers.join(", "), port(edges.input), port(edges.output));
        text += &format!("| [`chip{i}`](chip{i}/README.md) | `{}` | {layers} | {input} | {output} |\n", chip.plan.name);
    }
    text += &format!(
        "\n## Wires\n\n\
         Each chip has its own clock `aclk`, of any frequency, and its own reset `aresetn`. Between two chips, straight:\n\n\
         | from | to | width |\n|---|---|---|\n"
    );
    for to in 1..count {
        let from = to - 1;
        text += &format!("| chip {from} `aer_out_req` | chip {to} `aer_in_req` | 1 |\n");
        text += &format!("| chip {from} `aer_out_data` | chip {to} `aer_in_data` | {} |\n", plan.link_format(to).width());
        text += &format!("| chip {to} `aer_in_ack` | chip {from} `aer_out_ack` | 1 |\n");
    }
    text += &format!(
        "\n`aer_out_data` are out a cycle of the sender before `aer_out_req` rises: the wires of a link may differ by less than that.\n\n\
         ## Simulate\n\n\
         ```sh\n\
         make -C tb sim                  # all chips, with unrelated clocks, in Icarus Verilog\n\
         make -C tb sim SIM=verilator    # Verilator 5\n\
         make -C chip1/tb sim            # one chip alone\n\
         spikewright cosim .             # every spike and membrane write of all chips\n\
         ```\n\n\
         `tb/{name}_board.v` holds the chips, makes their clocks and delays the wires between them.\n\n\
         ## Synthesise\n\n\
         {note}\
         ```sh\n\
         make -C chip0/synth             # yosys and nextpnr, {target}\n\
         spikewright synth chip0 --target {target}\n\
         ```\n\n\
         ## Files\n\n\
         | path | what |\n|---|---|\n\
         | `chip0/` and so on | one chip each: Verilog, memories, testbench, scripts, README |\n\
         | `rtl/{name}.f` | list of all Verilog files |\n\
         | `tb/` | board, testbench, stimulus and expected words |\n\
         {SETTINGS}\
         | `manifest.json` | names, chips, links, plan figures, SHA-256 of each file |\n\n\
         ## What was assumed about the net\n\n",
    );
    text + &list(assumptions)
}

/// The table of layers.
fn layers(plan: &Plan) -> String {
    let mut text = String::from("| layer | neurons | weights | membrane | banks x words x lanes |\n|---|---|---|---|---|\n");
    for core in &plan.cores {
        let layer = &core.layer;
        text += &format!(
            "| {} ({}) | {} | {} bits, scale {} | {} bits | {} x {} x {} |\n",
            layer.name,
            layer.neuron_name,
            layer.output,
            layer.weight_bits,
            layer.scale,
            layer.neuron.membrane.bits,
            core.banks(),
            core.words(),
            core.lanes,
        );
    }
    text
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("* {line}\n")).collect()
}

/// What travels: maps of the inputs and outputs.
fn maps(plan: &Plan, network: &Network) -> String {
    let of = |node: &str| if plan.has_several_ports() { format!(" of `{node}`") } else { String::new() };
    let input = |port: &InPort| {
        let multiplicity = network.multiplicity;
        format!("* Input map{} {} ({}), each address at most {multiplicity} times in a time step.\n", of(&port.node), port.shape, fields(port.format()))
    };
    let output = |port: &OutPort| {
        format!("* Output map{} {} ({}).\n", of(&port.node), port.shape, fields(port.format))
    };
    let mut text: String = plan.inputs.iter().map(input).chain(plan.outputs.iter().map(output)).collect();
    if plan.inputs.len() > 1 {
        text += "* Every sample enters at all inputs, each with its own TICKs, as many of them, at the same time: do not wait with one for another.\n";
    }
    if plan.outputs.len() > 1 {
        text += "* Take the words of all outputs: one that is not taken holds up the others.\n";
    }
    text
}

/// Rows of the table of ports behind clock and reset, and a blank line.
fn ports(plan: &Plan, network: &Network) -> String {
    if plan.has_several_ports() {
        return streams(plan, network);
    }
    let (edges, input, output) = (plan.edges, plan.input_format(), plan.output_format());
    let mut rows = match edges.input {
        Port::Stream => format!(
            "| `s_axis_tdata`, `_tvalid`, `_tready`, `_tlast` | in (`_tready` out) | {} | input events |\n",
            input.stream_bits()
        ),
        Port::Aer => format!(
            "| `aer_in_req`, `_ack`, `_data` | in (`_ack` out) | {} | input events; data hold from before `req` rises until `ack` rises |\n",
            edges.aer_input_bits(input)
        ),
    };
    if let Some(end) = edges.step_end {
        rows += match end {
            StepEnd::Pin => "| `tick_pin` | in | 1 | a time step ends at its rising edge |\n",
            StepEnd::Timer(_) => "| `tick_enable` | in | 1 | the timer runs |\n",
        };
        rows += "| `tick_last`, `tick_pending`, `tick_overruns` | in, out, out | 1, 1, 16 | the sample ends, too; an end waits; ends that were lost |\n";
    }
    if edges.guard.is_some() && edges.config.is_none() {
        rows += &guard_pins(&plan.inputs[0]);
    }
    rows + &match edges.output {
        Port::Stream => format!(
            "| `m_axis_tdata`, `_tvalid`, `_tready`, `_tlast` | out (`_tready` in) | {} | {} |\n",
            output.stream_bits(),
            output_words(plan, network, network.last())
        ),
        Port::Aer => format!(
            "| `aer_out_req`, `_ack`, `_data` | out (`_ack` in) | {} | {}; data are out a cycle before `req` rises |\n",
            output.width(),
            output_words(plan, network, network.last())
        ),
    }
}

/// The same where a side has several streams.
fn streams(plan: &Plan, network: &Network) -> String {
    let signals = |prefix: &str| format!("`{prefix}_tdata`, `_tvalid`, `_tready`, `_tlast`");
    let input = |port: &InPort| {
        let (names, bits) = (signals(&port.prefix), port.format().stream_bits());
        format!("| {names} | in (`_tready` out) | {bits} | input events of `{}` |\n", port.node)
    };
    let output = |port: &OutPort| {
        let (names, bits) = (signals(&port.prefix), port.format.stream_bits());
        let words = output_words(plan, network, port.cores.start);
        format!("| {names} | out (`_tready` in) | {bits} | `{}`: {words} of {} |\n", port.node, plan.cores[port.cores.start].layer.name)
    };
    let guards = plan.inputs.iter().filter(|_| plan.edges.guard.is_some()).map(guard_pins);
    plan.inputs.iter().map(input).chain(guards).chain(plan.outputs.iter().map(output)).collect()
}

/// The counters of a port's guard.
fn guard_pins(port: &InPort) -> String {
    let [repeats, off_map] = ["repeats", "off_map"].map(|counter| port.guard_pin(counter));
    format!("| `{repeats}`, `{off_map}` | out | 16, 16 | events of an address beyond its multiplicity, and events off the map, since reset |\n")
}

fn output_words(plan: &Plan, network: &Network, layer: usize) -> &'static str {
    let values = network.layers[layer].neuron.output == Output::Value;
    match plan.readout {
        Readout::Count => "one VALUE per sample: the neuron with the most spikes and its count",
        Readout::Membrane => "one VALUE per sample: the neuron with the largest membrane and its value",
        Readout::None if values => "a VALUE per neuron and time step",
        Readout::None => "output spikes",
    }
}

/// Where the fields of a word stand, e.g. `x in bits 4:0, y in 9:5`.
fn fields(format: LinkFormat) -> String {
    let [x, y, c, payload, _] = format.offsets();
    let all = [
        ("x", x, format.x_bits),
        ("y", y, format.y_bits),
        ("c", c, format.c_bits),
        ("payload", payload, format.payload_bits),
    ];
    let present = all.into_iter().filter(|(_, _, bits)| *bits > 0);
    let text: Vec<_> = present
        .map(|(name, low, bits)| format!("{name} in bits {}:{low}", low + bits - 1))
        .collect();
    if text.is_empty() {
        "no coordinate bits".to_string()
    } else {
        text.join(", ")
    }
}
