//! The testbench of a design with several inputs or outputs: a source for each input, a sink with the checks for each output.

use golden::Trace;
use net::{Network, Spikes};
use rtl::plan::{InPort, OutPort};
use rtl::Plan;

use super::{expected, hex, makefile, patience, stimulus};

/// Files of `tb/`.
pub fn files(plan: &Plan, network: &Network, spikes: &Spikes, trace: &Trace) -> Vec<(String, String)> {
    let stimuli: Vec<Vec<u128>> =
        plan.inputs.iter().zip(network.by_input(spikes)).map(|(port, own)| stimulus(port.format(), port.shape, &own)).collect();
    let answers: Vec<Vec<u128>> = (0..plan.outputs.len()).map(|output| expected(plan, output, network, trace)).collect();
    let mut files = Vec::new();
    for (port, words) in plan.inputs.iter().zip(&stimuli) {
        files.push((format!("tb/{}.hex", input_file(port)), hex(words, port.format().stream_bits())));
    }
    for (port, words) in plan.outputs.iter().zip(&answers) {
        files.push((format!("tb/{}.hex", output_file(port)), hex(words, port.format.stream_bits())));
    }
    let lengths = |all: &[Vec<u128>]| all.iter().map(Vec::len).collect::<Vec<_>>();
    let text = testbench(plan, &lengths(&stimuli), &lengths(&answers), patience(plan, spikes, trace));
    files.extend([(format!("tb/{}_tb.v", plan.name), text), ("tb/Makefile".to_string(), makefile(plan, ""))]);
    files
}

fn input_file(port: &InPort) -> String {
    port.prefix.replace("s_axis", "stimulus")
}

fn output_file(port: &OutPort) -> String {
    port.prefix.replace("m_axis", "expected")
}

fn testbench(plan: &Plan, stimuli: &[usize], answers: &[usize], patience: u64) -> String {
    let top = &plan.name;
    let (mut wires, mut ports, mut players, mut moves) = (String::new(), String::new(), String::new(), Vec::new());
    let signals = |prefix: &str, bits: u32| {
        format!("  wire [{}:0] {prefix}_tdata;\n  wire        {prefix}_tvalid;\n  wire        {prefix}_tready;\n  wire        {prefix}_tlast;\n", bits - 1)
    };
    let connections = |prefix: &str| {
        ["tdata", "tvalid", "tready", "tlast"].map(|what| format!(",\n    .{prefix}_{what}({prefix}_{what})")).concat()
    };
    let player = |module: &str, prefix: &str, parameters: String| {
        format!(
            "  {top}_tb_{module} #({parameters}) play_{prefix} (\n    .aclk(aclk), .aresetn(aresetn),\n    .tdata({prefix}_tdata), \
             .tvalid({prefix}_tvalid), .tready({prefix}_tready), .tlast({prefix}_tlast)\n  );\n"
        )
    };
    for (port, words) in plan.inputs.iter().zip(stimuli) {
        let (prefix, bits, file) = (&port.prefix, port.format().stream_bits(), input_file(port));
        wires += &signals(prefix, bits);
        ports += &connections(prefix);
        players += &player("source", prefix, format!(".FILE({{ROOT, \"/tb/{file}.hex\"}}), .WORDS({words}), .BITS({bits})"));
        moves.push(format!("{prefix}_tvalid && {prefix}_tready"));
    }
    for (port, words) in plan.outputs.iter().zip(answers) {
        let (prefix, format, file) = (&port.prefix, port.format, output_file(port));
        let bits = format.stream_bits();
        wires += &signals(prefix, bits);
        ports += &connections(prefix);
        let fields = format!(
            ".X_BITS({}), .Y_BITS({}), .C_BITS({}), .PAYLOAD_BITS({})",
            format.x_bits, format.y_bits, format.c_bits, format.payload_bits
        );
        let file = format!(".FILE({{ROOT, \"/tb/{file}.hex\"}}), .NAME(\"{prefix}\"), .WORDS({words}), .BITS({bits})");
        players += &player("sink", prefix, format!("{file},\n    {fields}"));
        moves.push(format!("{prefix}_tvalid && {prefix}_tready"));
    }
    let of_sinks = |what: &str, by: &str| plan.outputs.iter().map(|port| format!("play_{}.{what}", port.prefix)).collect::<Vec<_>>().join(by);
    let of_sources = |what: &str, by: &str| plan.inputs.iter().map(|port| format!("play_{}.{what}", port.prefix)).collect::<Vec<_>>().join(by);
    let fold = |all: String, compare: &str| {
        let mut times = all.split(", ").map(str::to_string);
        let first = times.next().unwrap_or_default();
        times.map(|time| format!("    if ({time} {compare} cycles) cycles = {time};\n")).fold(format!("    cycles = {first};\n"), |a, b| a + &b)
    };
    let last = fold(of_sinks("last", ", "), ">");
    let first = fold(of_sources("first", ", "), "<");
    format!(
        "// {top}_tb: plays one sample into {top} and checks every word that leaves it.
//
// The sample is that of tb/sample.npz. tb/stimulus*.hex and tb/expected*.hex hold the words of each stream, one per line: tdata, and tlast in the
// bit above it. The expected words are the integer golden model's. The order of words between two TICKs is free, so a step is compared as
// a multiset. Every input is offered its words, and every output taken, by itself.
// Prints PASS or FAIL as the last line. Run it by `make sim` in tb/.
// Written by spikewright (src/build/testbench/several.rs). This file is yours, without conditions.

`default_nettype none
`timescale 1ns / 1ps

module {top}_tb;

  parameter ROOT = \"..\";  // folder that holds mem/ and tb/, from the working folder

  localparam PATIENCE = {patience};  // cycles without a word in or out before the testbench gives up: twice the sample's

  // ---- The design ----

  reg aclk = 1'b0;
  reg aresetn = 1'b0;
{wires}
  {top} #(.MEM_DIR({{ROOT, \"/mem\"}})) design_under_test (
    .aclk(aclk),
    .aresetn(aresetn){ports}
  );

  always #5 aclk = ~aclk;

  // ---- Who plays at each stream ----

{players}
  wire moved = {moved};
  wire done  = {done};

  // ---- The run ----

  integer idle;
  integer cycles;
  integer start;
  integer mismatches;

  initial begin
    idle = 0;
    repeat (4) @(posedge aclk);
    #1 aresetn = 1'b1;
    while (!done && idle < PATIENCE) begin
      // Just before the rising edge: what is offered and ready now moves at the edge.
      @(negedge aclk);
      #4 idle = moved === 1'b1 ? 0 : idle + 1;
    end
    mismatches = {mismatches};
    if (!done) begin
      $display(\"MISMATCH: no word moved for %0d cycles\", PATIENCE);
      mismatches = mismatches + 1;
    end
    if ({left} != 0) begin
      $display(\"MISMATCH: %0d input words were not taken\", {left});
      mismatches = mismatches + 1;
    end
{first}    start = cycles;
{last}    cycles = (cycles - start) / 10 + 1;
    if (mismatches == 0)
      $display(\"PASS: %0d words in %0d steps as expected, %0d cycles\", {words}, play_{one}.steps, cycles);
    else
      $display(\"FAIL: %0d mismatches in %0d words\", mismatches, {words});
    $finish;
  end

endmodule
{PLAYERS}
`default_nettype wire
",
        PLAYERS = PLAYERS.replace("TOP", top),
        moved = moves.join(" ||\n               "),
        done = of_sinks("done", " && "),
        mismatches = of_sinks("mismatches", " + "),
        left = of_sources("left", " + "),
        words = of_sinks("words_checked", " + "),
        one = plan.outputs[0].prefix,
    )
}

/// The modules that play.
const PLAYERS: &str = r#"
// Offers the words of a file, as fast as they are taken.
module TOP_tb_source #(
  parameter FILE  = "",
  parameter WORDS = 1,
  parameter BITS  = 32
) (
  input  wire            aclk,
  input  wire            aresetn,
  output reg  [BITS-1:0] tdata,
  output reg             tvalid,
  input  wire            tready,
  output reg             tlast
);

  reg [BITS:0] words [0:WORDS-1];
  integer      left;   // words that were not taken
  integer      first;  // when the first one was taken

  initial begin
    $readmemh(FILE, words);
    left = WORDS;
    first = -1;
    tvalid = 1'b0;
    {tlast, tdata} = words[0];
  end

  always @(posedge aclk)
    if (aresetn) begin
      if (tvalid && tready) begin
        if (left == WORDS)
          first = $time;
        left = left - 1;
      end
      tvalid <= left > 0;
      if (left > 0)
        {tlast, tdata} <= words[WORDS-left];
    end

endmodule

// Takes every word at once and checks it: what is owed, expected less received words per address of a step, must be zero at its TICK.
module TOP_tb_sink #(
  parameter FILE         = "",
  parameter NAME         = "",
  parameter WORDS        = 1,
  parameter BITS         = 32,
  parameter X_BITS       = 0,
  parameter Y_BITS       = 0,
  parameter C_BITS       = 0,
  parameter PAYLOAD_BITS = 0
) (
  input  wire            aclk,
  input  wire            aresetn,
  input  wire [BITS-1:0] tdata,
  input  wire            tvalid,
  output reg             tready,
  input  wire            tlast
);

  localparam ADDRESS_BITS = X_BITS + Y_BITS + C_BITS;
  localparam ADDRESSES    = 1 << ADDRESS_BITS;

  localparam [1:0] SPIKE     = 2'd0;
  localparam [1:0] TICK      = 2'd1;
  localparam [1:0] TICK_LAST = 2'd2;
  localparam [1:0] VALUE     = 2'd3;

  reg [BITS:0] expected [0:WORDS-1];
  integer      balance [0:ADDRESSES-1];
  reg [63:0]   value [0:ADDRESSES-1];
  integer      next_expected;
  integer      words_checked;
  integer      steps;
  integer      mismatches;
  integer      last;  // when the last word came
  reg          done;
  integer      i;

  function is_tick;
    input [BITS:0] word;
    is_tick = word[BITS-1:BITS-2] == TICK || word[BITS-1:BITS-2] == TICK_LAST;
  endfunction

  function integer address_of;
    input [BITS:0] word;
    address_of = word & (ADDRESSES - 1);
  endfunction

  function [63:0] payload_of;
    input [BITS:0] word;
    payload_of = word[BITS-3:0] >> ADDRESS_BITS;
  endfunction

  task fail;
    input integer address;
    begin
      mismatches = mismatches + 1;
      if (mismatches <= 20)
        $display("MISMATCH: %0s: step %0d, (c %0d, y %0d, x %0d)", NAME, steps, address >> (X_BITS + Y_BITS),
                 (address >> X_BITS) & ((1 << Y_BITS) - 1), address & ((1 << X_BITS) - 1));
    end
  endtask

  // Enters the words of the next step into the balance.
  task open_step;
    while (next_expected < WORDS && !is_tick(expected[next_expected])) begin
      i = address_of(expected[next_expected]);
      balance[i] = balance[i] + 1;
      value[i] = payload_of(expected[next_expected]);
      next_expected = next_expected + 1;
    end
  endtask

  task check_word;
    input [BITS:0] word;
    begin
      words_checked = words_checked + 1;
      if (is_tick(word)) begin
        if (done || word !== expected[next_expected])
          fail(0);
        for (i = 0; i < ADDRESSES; i = i + 1) begin
          if (balance[i] != 0)
            fail(i);
          balance[i] = 0;
        end
        steps = steps + 1;
        next_expected = next_expected + 1;
        if (next_expected >= WORDS)
          done = 1'b1;
        else
          open_step;
      end else begin
        if (word[BITS:BITS-2] !== {1'b0, PAYLOAD_BITS > 0 ? VALUE : SPIKE} || payload_of(word) !== value[address_of(word)])
          fail(address_of(word));
        balance[address_of(word)] = balance[address_of(word)] - 1;
      end
    end
  endtask

  initial begin
    $readmemh(FILE, expected);
    for (i = 0; i < ADDRESSES; i = i + 1) begin
      balance[i] = 0;
      value[i] = 64'd0;
    end
    next_expected = 0;
    words_checked = 0;
    steps = 0;
    mismatches = 0;
    last = 0;
    done = 1'b0;
    tready = 1'b0;
    open_step;
  end

  always @(posedge aclk) begin
    tready <= aresetn;
    if (tready && tvalid === 1'b1) begin
      last = $time;
      check_word({tlast, tdata});
    end
  end

endmodule
"#;
