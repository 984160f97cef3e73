//! A board with several chips: plain Verilog that makes a clock for each, wires their AER ports, and plays who is at the outer ports.
//!
//! All runs on one clock, `aclk`, so that lockstep and the folder's testbench need no other. A chip's clock is `aclk`, less the ticks in
//! which its phase does not go round: chip `i` ticks in `clock_step_<i> / 2^32` of them. So clocks of any ratio are unrelated, edges of two chips
//! fall together or apart in any order, and what is registered is the same as with clocks of their own. The wires between chips are late by
//! a tick or not, at random, as a synchroniser's first flip-flop falls to either side; data mean nothing but while they must hold.

use rtl::board::instance;
use rtl::edge::Port;
use rtl::Plan;

use crate::bench::{frame, outside, Frame};

/// The board of a plan with chips: module `<name>_board` with the AXI4-Stream ports of docs/link.md, and `clock_step_<i>` for each chip.
pub fn module(plan: &Plan) -> String {
    let outside = outside(plan);
    let chips = plan.chips.len();
    let mut parts: Vec<String> = outside.parts.iter().map(|part| clocked(part)).collect();
    let mut last = outside.last;
    if plan.edges.output == Port::Stream {
        let (clock, bits) = (chips - 1, plan.output_format().stream_bits());
        parts.push(held_words(clock, bits));
        last = ["tdata", "tvalid", "tready", "tlast"].map(stream_out).to_vec();
    }
    let links: Vec<String> = (1..chips).map(|to| link(to - 1, plan.link_format(to).width())).collect();
    let row = (0..chips).map(|i| {
        let mut ports = vec![("aclk".to_string(), format!("clock_{i}")), ("aresetn".to_string(), format!("up_{i}[{}]", late(i)))];
        let outer = |ports: &[(&str, &str)]| ports.iter().map(|(port, wire)| (port.to_string(), wire.to_string())).collect::<Vec<_>>();
        let inner = |side: &str, ends: [String; 3]| {
            ["req", "ack", "data"].into_iter().zip(ends).map(|(pin, wire)| (format!("aer_{side}_{pin}"), wire)).collect::<Vec<_>>()
        };
        ports.extend(match i {
            0 => outer(&outside.first),
            _ => inner("in", [format!("req_{}_late", i - 1), format!("ack_{}", i - 1), format!("data_{}_seen", i - 1)]),
        });
        ports.extend(match i + 1 == chips {
            true => outer(&last),
            false => inner("out", [format!("req_{i}"), format!("ack_{i}_late"), format!("data_{i}")]),
        });
        let ports: Vec<String> = ports.iter().map(|(port, wire)| format!("    .{port}({wire})")).collect();
        format!("  {} #(.MEM_DIR(MEM_DIR_{i})) {} (\n{}\n  );\n", plan.chips[i].plan.name, instance(i), ports.join(",\n"))
    });
    let clocks: Vec<String> = (0..chips).map(clock).collect();
    let text = Frame {
        title: format!("the {chips} chips of {}, with the ports of AXI4-Stream, for simulation.", plan.name),
        parameters: (0..chips).map(|i| format!(",\n  parameter MEM_DIR_{i} = MEM_DIR")).collect(),
        ports: (0..chips).map(|i| format!("  input  wire [31:0] clock_step_{i},  // chip {i} ticks in this / 2^32 of the cycles\n")).collect(),
        taken: match plan.edges.input {
            Port::Stream => "(done || stepped) && tick_0",
            Port::Aer => "done || stepped && tick_0",
        },
        inside: [clocks.concat(), parts.join("\n"), links.concat(), "  // ---- The chips ----\n".to_string(), row.collect::<Vec<_>>().join("\n")].join("\n"),
    };
    frame(plan, &text)
}

/// A part of the bench as the first chip's clock sees it, where it drives pins that must hold for some of its cycles.
fn clocked(part: &str) -> String {
    match part.contains("tick_count") {
        true => part.replace("posedge aclk", "posedge clock_0"),
        false => part.to_string(),
    }
}

/// Cycles by which a chip comes out of reset late: each by others.
fn late(i: usize) -> usize {
    i % 7 + 1
}

fn clock(i: usize) -> String {
    let top = late(i);
    // Any phases that differ.
    let phase = (i as u32 + 1).wrapping_mul(0x9E37_79B9);
    format!(
        "  // ---- Clock and reset of chip {i} ----

  reg  [31:0] phase_{i};
  reg         tick_{i};  // the next rising edge of aclk is one of the chip's
  reg  [{top}:0]  up_{i};
  wire        clock_{i} = aclk && tick_{i};

  initial begin
    phase_{i} = 32'd{phase};
    tick_{i}  = 1'b0;
    up_{i}    = {width}'d0;
  end

  always @(negedge aclk)
    {{tick_{i}, phase_{i}}} <= {{1'b0, phase_{i}}} + {{1'b0, clock_step_{i}}};

  always @(posedge clock_{i})
    up_{i} <= aresetn ? {{up_{i}[{next}:0], 1'b1}} : {width}'d0;

",
        width = top + 1,
        next = top - 1,
    )
}

/// The wires from chip `i` to the next: `late` and `seen` at the far end.
fn link(i: usize, width: u32) -> String {
    let top = width - 1;
    let seed = (i as u32).wrapping_mul(0x85EB_CA6B) | 1;
    format!(
        "  // ---- Wires from chip {i} to chip {to} ----

  wire       req_{i};
  wire       ack_{i};
  wire [{top}:0] data_{i};
  reg        req_{i}_before;
  reg        ack_{i}_before;
  reg [31:0] noise_{i} = 32'd{seed};
  wire       req_{i}_late = noise_{i}[31] ? req_{i}_before : req_{i};
  wire       ack_{i}_late = noise_{i}[30] ? ack_{i}_before : ack_{i};
  wire [{top}:0] data_{i}_seen = req_{i}_late && !ack_{i} ? data_{i} : ~data_{i};

  always @(posedge aclk) begin
    noise_{i}      <= noise_{i} * 32'd1664525 + 32'd1013904223;
    req_{i}_before <= req_{i};
    ack_{i}_before <= ack_{i};
  end

",
        to = i + 1,
    )
}

fn stream_out(pin: &'static str) -> (&'static str, &'static str) {
    match pin {
        "tdata" => ("m_axis_tdata", "left_data"),
        "tvalid" => ("m_axis_tvalid", "left"),
        "tready" => ("m_axis_tready", "!kept"),
        _ => ("m_axis_tlast", "left_last"),
    }
}

/// Words of the last chip's stream, kept until `m_axis` takes them: the chip ticks slower than `aclk`.
fn held_words(chip: usize, bits: u32) -> String {
    let top = bits - 1;
    format!(
        "  // ---- Words that leave chip {chip} ----

  wire       left;
  wire       left_last;
  wire [{top}:0] left_data;
  reg        kept;
  reg        kept_last;
  reg [{top}:0] kept_data;

  assign m_axis_tvalid = kept;
  assign m_axis_tdata  = kept_data;
  assign m_axis_tlast  = kept_last;

  always @(posedge aclk)
    if (!aresetn)
      kept <= 1'b0;
    else if (kept)
      kept <= !m_axis_tready;
    else if (left && tick_{chip}) begin
      kept      <= 1'b1;
      kept_last <= left_last;
      kept_data <= left_data;
    end
"
    )
}
