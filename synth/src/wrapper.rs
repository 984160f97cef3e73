//! A top module with four pins around the emitted one, for place and route: shift register in, XOR out.
//!
//! Every input of the emitted top comes from a register and every output goes into one, so that no path from or to a
//! pin counts, and a wide stream does not run out of pins. Cost: one FF per input bit, one per output bit, one for the
//! enable, and an XOR tree of four-input LUTs with a register behind each. The shift register has an enable: without
//! it a register of the design that delays an input would equal the next bit, and be merged with it and not counted.

use net::problem::Problem;

use crate::folder::{Direction, Port};

/// Instance name of the emitted top inside the wrapper.
pub(crate) const INSTANCE: &str = "dut";

const CLOCKS: [&str; 3] = ["aclk", "clk", "clock"];

/// A wrapper's Verilog and what it adds to the design.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrapper {
    /// Module name, also the file's stem.
    pub name: String,
    pub text: String,
    /// Flip-flops of the wrapper.
    pub ff: u64,
    /// LUT4 of the wrapper.
    pub lut: u64,
}

/// Name of the clock among the inputs of the top module.
pub(crate) fn clock_of<'a>(top: &str, ports: &'a [Port]) -> Result<&'a str, Problem> {
    let is_clock = |port: &&Port| port.direction == Direction::Input && port.width == 1;
    CLOCKS
        .iter()
        .find_map(|name| ports.iter().filter(is_clock).find(|port| port.name == *name))
        .map(|port| port.name.as_str())
        .ok_or_else(|| {
            Problem::new(
                "no-clock",
                format!("module {top}"),
                "no clock among its inputs",
                format!("a one-bit input named {}", CLOCKS.join(", ")),
                "give the top module its clock back",
            )
        })
}

/// Writes the wrapper `<top>_pins` of a module with these ports.
pub(crate) fn wrap(top: &str, ports: &[Port]) -> Result<Wrapper, Problem> {
    let clock = clock_of(top, ports)?;
    let mut connections = vec![format!("        .{clock}({clock})")];
    let (mut inputs, mut outputs) = (0, 0);
    for port in ports.iter().filter(|port| port.name != clock && port.width > 0) {
        let (bits, used) = match port.direction {
            Direction::Input => ("from_pin", &mut inputs),
            Direction::Output => ("to_pin", &mut outputs),
        };
        connections.push(format!(
            "        .{}({bits}[{}:{}])",
            port.name,
            *used + port.width - 1,
            *used
        ));
        *used += port.width;
    }
    let (tree, tree_ff, tree_lut) = xor_tree(clock, outputs);
    let shift = match inputs {
        0 | 1 => "scan_in".to_string(),
        n => format!("{{from_pin[{}:0], scan_in}}", n - 2),
    };
    let name = format!("{top}_pins");
    let text = format!(
        "// {name}: registers at every port of {top}, so that place and route times {top} alone.\n\
         // Inputs come from a shift register, outputs are folded by XOR in steps of four.\n\
         `default_nettype none\n\
         module {name} (\n    \
             input  wire {clock},\n    \
             input  wire scan_in,\n    \
             input  wire scan_enable,\n    \
             output wire scan_out\n\
         );\n\n    \
             reg  enable;\n    \
             reg  [{in_high}:0] from_pin;\n    \
             wire [{out_high}:0] to_pin;\n\n    \
             {top} {INSTANCE} (\n{connections}\n    );\n\n    \
             always @(posedge {clock}) enable <= scan_enable;\n    \
             always @(posedge {clock}) if (enable) from_pin <= {shift};\n\n\
         {tree}\n\
         endmodule\n\
         `default_nettype wire\n",
        in_high = inputs.max(1) - 1,
        out_high = outputs.max(1) - 1,
        connections = connections.join(",\n"),
    );
    Ok(Wrapper {
        name,
        text,
        ff: u64::from(inputs.max(1)) + 1 + tree_ff,
        lut: tree_lut,
    })
}

/// Registers on `to_pin`, folded four to one until one bit is left: text, flip-flops, LUT4s.
fn xor_tree(clock: &str, bits: u32) -> (String, u64, u64) {
    let mut width = bits.max(1);
    let mut text = format!(
        "    reg [{}:0] fold_0;\n    always @(posedge {clock}) fold_0 <= to_pin;\n\n",
        width - 1
    );
    let (mut stage, mut ff, mut lut) = (0, u64::from(width), 0);
    while width > 1 {
        let next = width.div_ceil(4);
        let groups: Vec<_> = (0..next)
            .rev()
            .map(|i| format!("        ^fold_{stage}[{}:{}]", (4 * i + 3).min(width - 1), 4 * i))
            .collect();
        text += &format!(
            "    reg [{}:0] fold_{};\n    always @(posedge {clock}) fold_{} <= {{\n{}\n    }};\n\n",
            next - 1,
            stage + 1,
            stage + 1,
            groups.join(",\n")
        );
        // A group of one bit is a wire.
        lut += u64::from(if width % 4 == 1 { next - 1 } else { next });
        ff += u64::from(next);
        width = next;
        stage += 1;
    }
    text += &format!("    assign scan_out = fold_{stage}[0];\n");
    (text, ff, lut)
}
