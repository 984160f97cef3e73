//! `README.md` of an emitted folder: ports, how to simulate, how to synthesise, on one page.

use net::{Network, Output};
use rtl::plan::Readout;
use rtl::{LinkFormat, Plan};

/// The text. `assumptions` are the importer's, `target` the device of the synthesis scripts.
pub fn text(plan: &Plan, network: &Network, assumptions: &[String], target: &str) -> String {
    let top = &plan.name;
    let input = plan.input_format();
    let mut text = format!(
        "# {top}\n\n\
         A spiking neural network as plain Verilog-2005, emitted by spikewright {version} from `net.nir`. These files are\n\
         yours, without conditions.\n\n\
         | layer | neurons | weights | membrane | banks x words x lanes |\n|---|---|---|---|---|\n",
        version = env!("CARGO_PKG_VERSION"),
    );
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
    text += &format!(
        "\n## Ports of `{top}`\n\n\
         | port | direction | width | meaning |\n|---|---|---|---|\n\
         | `aclk` | in | 1 | clock, rising edge |\n\
         | `aresetn` | in | 1 | reset, active low, synchronous; at least 4 cycles |\n\
         | `s_axis_tdata`, `_tvalid`, `_tready`, `_tlast` | in (`_tready` out) | {} | input events |\n\
         | `m_axis_tdata`, `_tvalid`, `_tready`, `_tlast` | out (`_tready` in) | {} | {} |\n\n\
         AXI4-Stream, one word per beat. The top two bits are the kind: 0 SPIKE, 1 TICK (ends a time step), 2 TICK_LAST\n\
         (ends the sample, with `tlast`), 3 VALUE. `manifest.json` has the fields for programs (`stream`).\n\n\
         * Input map {} ({}), each address at most {} times in a time step.\n\
         * Output map {} ({}).\n\n\
         A sample is, for each time step, its SPIKE words in any order, then TICK; TICK_LAST instead of the last TICK.\n\
         After reset `s_axis_tready` stays low until the memories are clear.\n",
        input.stream_bits(),
        plan.output.stream_bits(),
        output_words(plan, network),
        network.input,
        fields(input),
        network.multiplicity,
        network.output(),
        fields(plan.output),
    );
    if plan.registers().is_some() {
        text += "\n## Registers\n\n`s_axil_*` is an AXI4-Lite slave: what the chip is, reset and halt of the network, counters of each core.\n\
                 `driver/registers.json` has the map for programs, `driver/*.h` for C.\n";
    }
    text += &format!(
        "\n## Simulate\n\n\
         ```sh\n\
         make -C tb sim                  # Icarus Verilog\n\
         make -C tb sim SIM=verilator    # Verilator 5\n\
         ```\n\n\
         plays one sample (`tb/sample.npz`) and checks every output word against the integer golden model; the\n\
         last line is PASS or FAIL. With spikewright, `spikewright cosim .` compares every spike and membrane write too.\n\n\
         ## Synthesise\n\n\
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
         | `synth/`, `constraints/` | scripts and clock constraints |\n\
         | `net.nir`, `spikewright.toml` | the net and every setting: `spikewright build --config spikewright.toml --out DIR` makes this folder again, byte for byte |\n\
         | `manifest.json` | names, stream formats, plan figures, SHA-256 of each file |\n\n\
         ## What was assumed about the net\n\n",
    );
    for assumption in assumptions {
        text += &format!("* {assumption}\n");
    }
    text
}

fn output_words(plan: &Plan, network: &Network) -> &'static str {
    let values = network
        .layers
        .last()
        .is_some_and(|layer| layer.neuron.output == Output::Value);
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
