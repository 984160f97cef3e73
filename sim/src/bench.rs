//! The other chips at a chip's edge: plain Verilog that turns AXI4-Stream into AER and pins, so that whatever speaks AXI4-Stream
//! (lockstep, the testbench of the output folder) can check a chip with other ports. It shares no code with the emitter.

use rtl::edge::Port;
use rtl::fabric::StepEnd;
use rtl::{Design, EmittedFile, Plan, ProbeSignal};

use crate::board;

/// Name of the module around a plan's chip, or around its chips.
pub fn bench_name(plan: &Plan) -> String {
    let what = if plan.chips.is_empty() { "bench" } else { "board" };
    format!("{}_{what}", plan.name)
}

/// The bench of a plan: a module with the AXI4-Stream ports of docs/link.md around the chip (instance `chip`), or the board that
/// holds its chips. None if a single chip has those ports itself.
pub fn bench(plan: &Plan) -> Option<String> {
    match plan.chips.is_empty() {
        true => (!plan.edges.are_streams()).then(|| module(plan)),
        false => Some(board::module(plan)),
    }
}

/// `design` inside its bench.
pub fn in_bench(design: &Design, plan: &Plan) -> Option<Design> {
    let text = bench(plan)?;
    let mut outer = design.clone();
    outer.top = bench_name(plan);
    match plan.chips.is_empty() {
        true => outer.inside.insert(0, "chip".to_string()),
        false => {
            for (i, chip) in outer.chips.iter_mut().enumerate() {
                let (module, variable) = (outer.top.clone(), format!("tick_{i}"));
                chip.ticks = Some(ProbeSignal { instances: vec![], module, variable, width: 1 });
            }
        }
    }
    outer.files.push(EmittedFile { path: format!("rtl/{}.v", outer.top), text });
    Some(outer)
}

/// What stands around a chip or a row of chips.
pub(crate) struct Outside {
    /// Ports of the chip that takes the words, and of the chip that sends them, with the wires at them.
    pub first: Vec<(&'static str, &'static str)>,
    pub last: Vec<(&'static str, &'static str)>,
    pub parts: Vec<String>,
}

fn module(plan: &Plan) -> String {
    let outside = outside(plan);
    let registers = plan.registers().map_or(vec![], |map| map.ports());
    let bus = registers.iter().map(|port| (port.name, port.name)).collect();
    let ports: Vec<_> = [vec![("aclk", "aclk"), ("aresetn", "aresetn")], outside.first, outside.last, bus].concat();
    let ports: Vec<String> = ports.iter().map(|(port, wire)| format!("    .{port}({wire})")).collect();
    let top = &plan.name;
    let memories = if plan.has_memory_files() { " #(.MEM_DIR(MEM_DIR))" } else { "" };
    let chip = format!("  // ---- The chip ----\n\n  {top}{memories} chip (\n{}\n  );\n", ports.join(",\n"));
    let title = format!("{top} with the ports of AXI4-Stream, for simulation: the other chips at its AER ports and tick pins.");
    let text = Frame { title, ports: String::new(), parameters: String::new(), taken: "done || stepped", inside: outside.parts.join("\n") + "\n" + &chip };
    frame(plan, &text)
}

/// The sender and the receiver of words at the ports of `plan`.
pub(crate) fn outside(plan: &Plan) -> Outside {
    let edges = plan.edges;
    let (input, output) = (plan.input_format(), plan.output_format());
    let out_bits = output.stream_bits();
    let (mut ports, mut last) = (Vec::new(), Vec::new());
    let mut parts = Vec::new();
    match edges.input {
        Port::Aer => {
            ports.extend([("aer_in_req", "in_req"), ("aer_in_ack", "in_ack"), ("aer_in_data", "in_data")]);
            parts.push(aer_source(edges.aer_input_bits(input), input.field_bits(), edges.input_has_kind()));
        }
        Port::Stream => {
            ports.extend([("s_axis_tdata", "word"), ("s_axis_tvalid", "sending"), ("s_axis_tready", "sent")]);
            if edges.step_end.is_none() {
                ports.push(("s_axis_tlast", "ends_sample"));
            }
            parts.push("  // ---- Words go on as they are ----\n\n  wire sent;\n  wire sending = busy && !stepping;\n  wire done = sending && sent;\n".to_string());
        }
    }
    parts.push(match edges.step_end {
        None => "  wire stepping = 1'b0;\n  wire stepped  = 1'b0;\n".to_string(),
        Some(end) => {
            ports.extend([("tick_last", "tick_last"), ("tick_pending", "tick_pending"), ("tick_overruns", "tick_overruns")]);
            ports.push(match end {
                StepEnd::Pin => ("tick_pin", "tick_pin"),
                StepEnd::Timer(_) => ("tick_enable", "tick_enable"),
            });
            ticks(end)
        }
    });
    match edges.output {
        Port::Aer => {
            last.extend([("aer_out_req", "out_req"), ("aer_out_ack", "out_ack"), ("aer_out_data", "out_data")]);
            parts.push(aer_sink(output.width(), out_bits));
        }
        Port::Stream => {
            for name in ["m_axis_tdata", "m_axis_tvalid", "m_axis_tready", "m_axis_tlast"] {
                last.push((name, name));
            }
        }
    }
    Outside { first: ports, last, parts }
}

/// What is special about a bench.
pub(crate) struct Frame {
    pub title: String,
    /// Lines of further ports and of further parameters, each with a comma.
    pub ports: String,
    pub parameters: String,
    /// When the word is with the chip.
    pub taken: &'static str,
    pub inside: String,
}

/// A module with the ports of AXI4-Stream that hands its words on one at a time.
pub(crate) fn frame(plan: &Plan, special: &Frame) -> String {
    let (in_bits, out_bits) = (plan.input_format().stream_bits(), plan.output_format().stream_bits());
    let (in_top, out_top) = (in_bits - 1, out_bits - 1);
    let Frame { title, ports, parameters, taken, inside } = special;
    let bus: String = plan.registers().map_or(vec![], |map| map.ports()).iter().map(|port| port.declaration()).collect();
    let used = inside.contains("is_tick");
    let kind = format!("  wire [1:0]  kind = word[{in_top}:{}];\n  wire        is_tick = kind == TICK || kind == TICK_LAST;\n", in_bits - 2);
    format!(
        "// {name}: {title}
//
// Written by spikewright (sim/src/bench.rs). This file is yours, without conditions.

`default_nettype none

module {name} #(
  parameter MEM_DIR = \"../mem\"{parameters}
) (
{ports}  input  wire        aclk,
  input  wire        aresetn,
  input  wire [{in_top}:0] s_axis_tdata,
  input  wire        s_axis_tvalid,
  output wire        s_axis_tready,
  input  wire        s_axis_tlast,
  output wire [{out_top}:0] m_axis_tdata,
  output wire        m_axis_tvalid,
  input  wire        m_axis_tready,
  output wire        m_axis_tlast{bus}
);

{tick}  localparam [1:0] TICK_LAST = 2'd2;

  // ---- One word at a time ----

  reg         busy;
  reg  [{in_top}:0] word;
  reg         ends_sample;
{kind}
  assign s_axis_tready = !busy;

  always @(posedge aclk)
    if (!aresetn)
      busy <= 1'b0;
    else if (!busy) begin
      busy        <= s_axis_tvalid;
      word        <= s_axis_tdata;
      ends_sample <= s_axis_tlast || s_axis_tdata[{in_top}:{in_kind}] == TICK_LAST;
    end else if ({taken})
      busy <= 1'b0;

{inside}
endmodule

`default_nettype wire
",
        name = bench_name(plan),
        in_kind = in_bits - 2,
        tick = if used { "  localparam [1:0] TICK      = 2'd1;\n" } else { "" },
        kind = if used { kind } else { String::new() },
    )
}

/// The sender at `aer_in`: the word, then req, ack, no req, no ack.
fn aer_source(bits: u32, fields: u32, kinds: bool) -> String {
    let top = bits - 1;
    let field_top = fields.max(1) - 1;
    let data = match (kinds, fields) {
        (true, 0) => "sample_kind".to_string(),
        (true, _) => format!("{{sample_kind, word[{field_top}:0]}}"),
        (false, _) => format!("word[{field_top}:0]"),
    };
    format!(
        "  // ---- AER in: the other chip sends ----

  wire       in_ack;
  reg        in_req;
  reg        in_ready;   // the data have been out for a cycle
  reg  [{top}:0] in_data;
  reg  [1:0] in_answer;  // in_ack through two flip-flops
  wire [1:0] sample_kind = is_tick && ends_sample ? TICK_LAST : kind;
  wire       done = in_req && in_answer[1];

  always @(posedge aclk) begin
    in_answer <= {{in_answer[0], in_ack}};
    if (!aresetn) begin
      in_req   <= 1'b0;
      in_ready <= 1'b0;
    end else begin
      if (busy && !stepping && !in_req && !in_answer[1] && !done) begin
        in_data  <= {data};
        in_ready <= 1'b1;
      end
      if (in_ready && !in_req) begin
        in_req   <= 1'b1;
        in_ready <= 1'b0;
      end
      if (done)
        in_req <= 1'b0;
    end
  end
"
    )
}

/// Ends a step when the words before it have arrived.
fn ticks(end: StepEnd) -> String {
    let (pin, meaning, over) = match end {
        StepEnd::Pin => ("tick_pin", "high for four cycles", "tick_count == 4'd12 && !tick_pending"),
        StepEnd::Timer(_) => ("tick_enable", "high until the timer has ended the step", "tick_seen && tick_count == 4'd12 && !tick_pending"),
    };
    let level = match end {
        StepEnd::Pin => "tick_count < 4'd4",
        StepEnd::Timer(_) => "!tick_seen && !tick_pending",
    };
    let start = match end {
        StepEnd::Pin => "1'b1",
        StepEnd::Timer(_) => "tick_seen || tick_pending",
    };
    format!(
        "  // ---- A TICK becomes the end of a step: {pin}, {meaning} ----

  reg         {pin};
  reg         tick_last;
  reg         tick_seen;
  reg  [3:0]  tick_count;
  wire        tick_pending;
  wire [15:0] tick_overruns;
  wire        stepping = is_tick;
  wire        stepped  = stepping && busy && {over};

  always @(posedge aclk)
    if (!aresetn || !busy || !stepping || stepped) begin
      {pin} <= 1'b0;
      tick_last <= 1'b0;
      tick_seen <= 1'b0;
      tick_count <= 4'd0;
    end else begin
      {pin} <= {level};
      tick_last <= ends_sample;
      tick_seen <= tick_seen || tick_pending;
      if (tick_count != 4'd12 && ({start}))
        tick_count <= tick_count + 4'd1;
    end

  always @(posedge aclk)
    if (aresetn && tick_overruns != 16'd0 && tick_count == 4'd1)
      $display(\"tick overrun: {{%m}} lost the end of a time step\");
"
    )
}

/// The receiver at `aer_out`: takes the word when `m_axis` has taken the one before.
fn aer_sink(width: u32, out_bits: u32) -> String {
    let (top, out_kind, fields) = (width - 1, width - 2, width - 2);
    let zeros = out_bits - width;
    let data = match (zeros, fields) {
        (0, _) => "out_word".to_string(),
        (_, 0) => format!("{{out_word, {zeros}'d0}}"),
        _ => format!("{{out_word[{top}:{out_kind}], {zeros}'d0, out_word[{}:0]}}", fields - 1),
    };
    format!(
        "  // ---- AER out: the other chip receives ----

  wire       out_req;
  wire [{top}:0] out_data;
  reg        out_ack;
  reg        out_full;
  reg  [{top}:0] out_word;
  reg  [1:0] out_asked;  // out_req through two flip-flops

  assign m_axis_tvalid = out_full;
  assign m_axis_tdata  = {data};
  assign m_axis_tlast  = out_word[{top}:{out_kind}] == TICK_LAST;

  always @(posedge aclk) begin
    out_asked <= {{out_asked[0], out_req}};
    if (!aresetn) begin
      out_ack  <= 1'b0;
      out_full <= 1'b0;
    end else begin
      if (out_full && m_axis_tready)
        out_full <= 1'b0;
      if (out_asked[1] && !out_ack && !out_full) begin
        out_word <= out_data;
        out_full <= 1'b1;
        out_ack  <= 1'b1;
      end
      if (!out_asked[1])
        out_ack <= 1'b0;
    end
  end
"
    )
}
