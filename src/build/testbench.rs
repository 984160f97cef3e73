//! The folder's own testbench: plain Verilog-2005 that plays one sample into the emitted design and checks what comes
//! out against the golden model's answer. It needs no spikewright and shares no code with the emitter; what it knows of
//! words comes from `rtl::link`.
//!
//! The order of words inside a step is free (`docs/link.md`), so each step is compared as a multiset: a balance per
//! address counts up for an expected word and down for a received one, and must be zero at the TICK.

mod several;

use super::bus;
use super::registers::written_files;
use golden::Trace;
use net::{MapShape, Network, Output, Spikes};
use rtl::edge::guard::GuardShape;
use rtl::fabric::StepEnd;
use rtl::plan::{InPort, Readout};
use rtl::{Kind, LinkFormat, Plan, Word};

/// Files of `tb/`: testbench, stimulus, expected words, Makefile.
pub fn files(plan: &Plan, network: &Network, spikes: &Spikes, trace: &Trace) -> Vec<(String, String)> {
    if plan.has_several_ports() {
        return several::files(plan, network, spikes, trace);
    }
    let input = plan.input_format();
    let stimulus = stimulus(input, network.input(), spikes);
    let expected = expected(plan, 0, network, trace);
    let bench = sim::bench(plan).map(|text| (format!("tb/{}.v", sim::bench_name(plan)), text));
    let mut files: Vec<_> = bench.into_iter().collect();
    let extra = files.first().map(|_| format!(" ../tb/{}.v", sim::bench_name(plan))).unwrap_or_default();
    files.extend([
        (
            format!("tb/{}_tb.v", plan.name),
            testbench(plan, stimulus.len(), &expected, patience(plan, spikes, trace)),
        ),
        ("tb/stimulus.hex".to_string(), hex(&stimulus, input.stream_bits())),
        ("tb/expected.hex".to_string(), hex(&expected, plan.output_format().stream_bits())),
        ("tb/Makefile".to_string(), makefile(plan, &extra)),
    ]);
    files
}

/// The sample as the chip's edge takes it: of each word `tdata`, and `tlast` in the bit above it.
fn stimulus(format: LinkFormat, shape: MapShape, spikes: &Spikes) -> Vec<u128> {
    let mut words = Vec::new();
    for (step, events) in spikes.iter().enumerate() {
        let last = step + 1 == spikes.len();
        let events = events
            .iter()
            .map(|&index| Word::spike(shape.coordinate(index as usize)));
        words.extend(events.map(|word| u128::from(format.encode_stream(word))));
        let tick = u128::from(format.encode_stream(Word::tick(last)));
        words.push(tick | u128::from(last) << format.stream_bits());
    }
    words
}

/// The golden answer as words of the stream that leaves at output `output`, in the order of [`stimulus`].
fn expected(plan: &Plan, output: usize, network: &Network, trace: &Trace) -> Vec<u128> {
    let format = plan.outputs[output].format;
    let (layer, leaving) = (&network.layers[network.outputs[output].layer], network.leaving(output));
    let last = trace.leaving(&leaving);
    let at = |index: usize, payload: i64| {
        let (c, y, x) = leaving.shape.coordinate(index);
        Word {
            kind: Kind::Value,
            c,
            y,
            x,
            payload,
        }
    };
    let mut words = Vec::new();
    for step in 0..trace.steps {
        let ends = step + 1 == trace.steps;
        match plan.readout {
            Readout::None if layer.neuron.output == Output::Value => {
                words.extend(
                    last.shown_at(step)
                        .iter()
                        .enumerate()
                        .map(|(index, &v)| at(index, i64::from(v))),
                );
            }
            Readout::None => {
                let spikes = last.spikes[step].iter();
                words.extend(spikes.map(|&index| Word::spike(leaving.shape.coordinate(index as usize))));
            }
            Readout::Count | Readout::Membrane if ends => words.push(winner(plan, trace, at)),
            Readout::Count | Readout::Membrane => continue,
        }
        words.push(Word::tick(ends));
    }
    let encode = |word: &Word| {
        let last = u128::from(word.kind == Kind::TickLast) << format.stream_bits();
        u128::from(format.encode_stream(*word)) | last
    };
    words.iter().map(encode).collect()
}

/// The readout block's answer: the neuron with the most spikes (or the largest last value), lowest index on ties.
fn winner(plan: &Plan, trace: &Trace, at: impl Fn(usize, i64) -> Word) -> Word {
    let outcome = trace.outcome();
    let scores: Vec<i64> = match plan.readout {
        Readout::Count => outcome
            .counts
            .iter()
            .map(|&n| i64::from(n).min(rtl::plan::COUNT_MAX))
            .collect(),
        _ => outcome.shown,
    };
    let best = (0..scores.len()).rev().max_by_key(|&index| scores[index]).unwrap_or(0);
    at(best, scores.get(best).copied().unwrap_or(0))
}

/// Cycles without a word after which the testbench gives up: more than twice what the whole sample takes.
fn patience(plan: &Plan, spikes: &Spikes, trace: &Trace) -> u64 {
    let layers: Vec<&[Vec<u32>]> = trace.layers.iter().map(|layer| layer.spikes.as_slice()).collect();
    let sample = match spikes.is_empty() {
        true => 0,
        // No formula for routers: all cores one after the other take longer.
        false if !rtl::timing::known(plan) => in_turn(plan, spikes, &layers),
        false => rtl::timing::predict(plan, spikes, &layers).0,
    };
    let clear = plan.cores.iter().map(|core| core.words() as u64).max().unwrap_or(0);
    // Another chip's handshakes, and pins that end steps.
    let words = spikes.iter().map(|step| step.len() as u64 + 1).sum::<u64>() + trace_words(trace);
    let period = match plan.edges.step_end {
        Some(StepEnd::Timer(cycles)) => cycles,
        _ => 32,
    };
    let edges = if plan.edges.are_streams() { 0 } else { 32 * words + period };
    let guard = plan.edges.guard.map_or(0, |guard| {
        let rounds = |port: &InPort| {
            let shape = GuardShape::of(guard, port.format());
            (1u64 << shape.address_bits) * (1 + spikes.len() as u64 >> (shape.tag_bits - 1))
        };
        plan.inputs.iter().map(rounds).max().unwrap_or(0) + 4 * words
    });
    let alone = 2 * (sample + edges + guard) + clear + bus::patience(plan) + 1000;
    // Slower clocks, and a word of a layer's at a time between chips.
    let sent = trace.counters.spikes.iter().sum::<u64>() + (trace.steps * plan.cores.len()) as u64;
    if plan.chips.is_empty() { alone } else { 4 * (alone + 32 * sent) }
}

/// The wait until a chip whose reset acts at once has left it.
pub fn release(plan: &Plan) -> String {
    match plan.edges.release_edges() {
        0 => String::new(),
        edges => format!("\n    repeat ({edges}) @(posedge aclk);  // the reset is released in step with the clock\n    #1;"),
    }
}

/// Spikes that leave the chip where steps end from outside.
fn trace_words(trace: &Trace) -> u64 {
    trace.leaving(&trace.answer).spikes.iter().map(|step| step.len() as u64 + 1).sum()
}

/// Cycles of all cores one after the other, each with a round trip through the routers for every step.
fn in_turn(plan: &Plan, spikes: &Spikes, layers: &[&[Vec<u32>]]) -> u64 {
    const ROUND_TRIP: u64 = 200;
    let heard = |core: usize, step: usize| -> u64 {
        let sent = |e: usize| match plan.wiring.edges[e].from {
            net::Origin::Input(_) => spikes[step].len(),
            net::Origin::Layer(from) => layers[from][step].len(),
        };
        plan.wiring.edges_into(core).into_iter().map(|e| sent(e) as u64).sum()
    };
    let longest = |core: &rtl::CorePlan| {
        let shape = core.layer.input;
        (0..shape.len()).map(|index| core.event_cycles(shape.coordinate(index))).max().unwrap_or(1)
    };
    let cores = plan.cores.iter().enumerate();
    let of_core = |(i, core): (usize, &rtl::CorePlan)| -> u64 {
        let (event, end) = (longest(core), core.passes() * (core.words() as u64 + 10) + ROUND_TRIP);
        (0..spikes.len()).map(|step| heard(i, step) * event + end).sum()
    };
    cores.map(of_core).sum()
}

fn hex(words: &[u128], bits: u32) -> String {
    let digits = bits as usize / 4 + 1;
    words.iter().map(|word| format!("{word:0digits$x}\n")).collect()
}

/// The module that the testbench plays its sample into: its parameters, further ports, and how long it is held in reset.
struct Played {
    parameters: String,
    ports: String,
    reset: u64,
}

impl Played {
    fn of(plan: &Plan) -> Played {
        let chips = 0..plan.chips.len();
        if chips.is_empty() {
            // A bench has the parameter anyway.
            let none = plan.edges.are_streams() && !plan.has_memory_files();
            let parameters = if none { "" } else { " #(.MEM_DIR({ROOT, \"/mem\"}))" };
            return Played { parameters: parameters.to_string(), ports: String::new(), reset: 4 };
        }
        let memories: Vec<String> = chips.clone().map(|i| format!(".MEM_DIR_{i}({{ROOT, \"/chip{i}/mem\"}})")).collect();
        let share = |i: usize| 0.35 + 0.4 * ((i + 1) as f64 * 0.618_033_988_749_894_9).fract();
        let step = |i: usize| (share(i) * 4_294_967_296.0) as u32 | 1;
        let clocks = chips.map(|i| format!("    .clock_step_{i}(32'd{}),  // ticks in {:.3} of the cycles\n", step(i), share(i)));
        Played { parameters: format!(" #({})", memories.join(", ")), ports: clocks.collect(), reset: 32 }
    }
}

/// `extra`: a further file between the design and the testbench, with a blank in front.
fn makefile(plan: &Plan, extra: &str) -> String {
    let top = &plan.name;
    let folders = if plan.chips.is_empty() { "" } else { "chip*/" };
    let files = plan.has_memory_files().then(|| format!("../{folders}mem/*.hex")).into_iter();
    let files: Vec<String> = files.chain(written_files(plan).iter().map(|file| format!("../{file}"))).collect();
    let memories = files.join(" ");
    format!(
        "# Plays one sample into the design and checks every word that comes out. Needs Icarus Verilog or Verilator 5.
#   make sim                  with Icarus Verilog (with Verilator where there is no Icarus)
#   make sim SIM=verilator    with Verilator: half a minute to compile, then far faster on a large net
SIM ?= $(if $(shell command -v iverilog),icarus,verilator)
.PHONY: sim clean

sim: build/$(SIM)
\t@cd ../rtl && ../tb/build/$(SIM) | tee ../tb/build/$(SIM).log
\t@grep -q '^PASS' build/$(SIM).log

build/icarus: {top}_tb.v{extra} ../{folders}rtl/*.v {memories} Makefile
\t@mkdir -p build
\tcd ../rtl && iverilog -g2005 -o ../tb/build/icarus -f {top}.f{extra} ../tb/{top}_tb.v

build/verilator: {top}_tb.v{extra} ../{folders}rtl/*.v {memories} Makefile
\t@mkdir -p build
\tcd ../rtl && verilator --binary -Wno-fatal -Wno-lint --timescale 1ns/1ps --top-module {top}_tb \\
\t    --Mdir ../tb/build/obj -f {top}.f{extra} ../tb/{top}_tb.v >../tb/build/verilator.make.log 2>&1 \\
\t    || (cat ../tb/build/verilator.make.log; false)
\tcp build/obj/V{top}_tb $@

clean:
\trm -rf build
"
    )
}

fn testbench(plan: &Plan, stimulus: usize, expected: &[u128], patience: u64) -> String {
    let (input, output) = (plan.input_format(), plan.output_format());
    let is_tick = |word: &&u128| {
        let kind = output.decode_stream(**word as u64).kind;
        matches!(kind, Kind::Tick | Kind::TickLast)
    };
    let steps = expected.iter().filter(is_tick).count();
    let every = steps.div_ceil(10).max(1);
    let expected = expected.len();
    let (in_bits, out_bits) = (input.stream_bits(), output.stream_bits());
    let [x_low, y_low, c_low, payload_low, _] = output.offsets();
    let field = |low: u32, bits: u32| match bits {
        0 => "0".to_string(),
        _ => format!("word[{}:{low}]", low + bits - 1),
    };
    let (x, y, c) = (
        field(x_low, output.x_bits),
        field(y_low, output.y_bits),
        field(c_low, output.c_bits),
    );
    let address_bits = payload_low.max(1);
    let address = if payload_low == 0 {
        "1'b0".to_string()
    } else {
        format!("word[{}:0]", payload_low - 1)
    };
    let (payload_bits, payload) = match output.payload_bits {
        0 => (1, "1'b0".to_string()),
        bits => (bits, format!("word[{}:{payload_low}]", payload_low + bits - 1)),
    };
    let (top, played) = (&plan.name, Played::of(plan));
    let kind = format!("[{}:{}]", out_bits - 1, out_bits - 2);
    let (in_top, out_top) = (in_bits - 1, out_bits - 1);
    let payload_top = payload_bits - 1;
    let bus = bus::of(plan);
    let (registers, loader) = (&bus.connections, &bus.loader);
    let address_top = address_bits - 1;
    let addresses = 1u64 << address_bits;
    format!(
        "// {top}_tb: plays one sample into {top} and checks every word that leaves it.
//
// The sample is that of tb/sample.npz. tb/stimulus.hex and tb/expected.hex hold one word per line: tdata, and tlast in the bit above it. The expected words
// are the integer golden model's. The order of words between two TICKs is free, so a step is compared as a multiset.
// Prints PASS or FAIL as the last line. Run it by `make sim` in tb/.
// Written by spikewright (src/build/testbench.rs). This file is yours, without conditions.

`default_nettype none
`timescale 1ns / 1ps

module {top}_tb;

  parameter ROOT = \"..\";  // folder that holds mem/ and tb/, from the working folder

  localparam STIMULUS_WORDS = {stimulus};
  localparam EXPECTED_WORDS = {expected};
  localparam PATIENCE       = {patience};  // cycles without a word in or out before the testbench gives up: twice the sample's

  localparam [1:0] SPIKE     = 2'd0;
  localparam [1:0] TICK      = 2'd1;
  localparam [1:0] TICK_LAST = 2'd2;
  localparam [1:0] VALUE     = 2'd3;

  // ---- The design ----

  reg               aclk = 1'b0;
  reg               aresetn = 1'b0;
  reg  [{in_top}:0]       s_axis_tdata = {in_bits}'d0;
  reg               s_axis_tvalid = 1'b0;
  wire              s_axis_tready;
  reg               s_axis_tlast = 1'b0;
  wire [{out_top}:0]       m_axis_tdata;
  wire              m_axis_tvalid;
  reg               m_axis_tready = 1'b0;
  wire              m_axis_tlast;

  {module}{parameters} design_under_test (
{ports}    .aclk(aclk),
    .aresetn(aresetn),
    .s_axis_tdata(s_axis_tdata),
    .s_axis_tvalid(s_axis_tvalid),
    .s_axis_tready(s_axis_tready),
    .s_axis_tlast(s_axis_tlast),
    .m_axis_tdata(m_axis_tdata),
    .m_axis_tvalid(m_axis_tvalid),
    .m_axis_tready(m_axis_tready),
    .m_axis_tlast(m_axis_tlast){registers}
  );

  always #5 aclk = ~aclk;
{loader}
  // ---- Stimulus and expected words ----

  reg [{in_bits}:0] stimulus [0:STIMULUS_WORDS-1];
  reg [{out_bits}:0] expected [0:EXPECTED_WORDS-1];

  initial begin
    $readmemh({{ROOT, \"/tb/stimulus.hex\"}}, stimulus);
    $readmemh({{ROOT, \"/tb/expected.hex\"}}, expected);
  end

  // ---- What is owed: expected less received words per address of a step ----

  integer                 balance [0:{addresses}-1];
  reg signed [{payload_top}:0] value [0:{addresses}-1];
  integer                 next_expected;
  integer                 words_checked;
  integer                 steps_checked;
  integer                 mismatches;
  reg                     done;

  // ---- Fields of a word ----

  function [1:0] kind_of;
    input [{out_bits}:0] word;
    kind_of = word{kind};
  endfunction

  function is_tick;
    input [{out_bits}:0] word;
    is_tick = kind_of(word) == TICK || kind_of(word) == TICK_LAST;
  endfunction

  function [{address_top}:0] address_of;
    input [{out_bits}:0] word;
    address_of = {address};
  endfunction

  function signed [{payload_top}:0] payload_of;
    input [{out_bits}:0] word;
    payload_of = {payload};
  endfunction

  function integer c_of;
    input [{out_bits}:0] word;
    c_of = {c};
  endfunction

  function integer y_of;
    input [{out_bits}:0] word;
    y_of = {y};
  endfunction

  function integer x_of;
    input [{out_bits}:0] word;
    x_of = {x};
  endfunction

  // ---- Checks ----

  task fail;
    begin
      mismatches = mismatches + 1;
      if (mismatches > 20) begin
        $display(\"FAIL: %0d mismatches in %0d words; stopped\", mismatches, words_checked);
        $finish;
      end
    end
  endtask

  // Reads the next step's expected words up to its TICK, which it leaves at next_expected.
  task open_step;
    begin
      while (next_expected < EXPECTED_WORDS - 1 && !is_tick(expected[next_expected])) begin
        balance[address_of(expected[next_expected])] = balance[address_of(expected[next_expected])] + 1;
        value[address_of(expected[next_expected])] = payload_of(expected[next_expected]);
        next_expected = next_expected + 1;
      end
    end
  endtask

  // Every address must be even when a step ends.
  task close_step;
    integer i;
    begin
      for (i = 0; i < {addresses}; i = i + 1) begin
        if (balance[i] > 0) begin
          $display(\"MISMATCH: step %0d, (c %0d, y %0d, x %0d): %0d words missing\", steps_checked,
                   c_of(i), y_of(i), x_of(i), balance[i]);
          fail;
        end
        if (balance[i] < 0) begin
          $display(\"MISMATCH: step %0d, (c %0d, y %0d, x %0d): %0d words too many\", steps_checked,
                   c_of(i), y_of(i), x_of(i), -balance[i]);
          fail;
        end
        balance[i] = 0;
      end
    end
  endtask

  task check_word;
    input [{out_bits}:0] word;
    begin
      words_checked = words_checked + 1;
      if (is_tick(word)) begin
        if (word !== expected[next_expected]) begin
          $display(\"MISMATCH: step %0d ends with %h, expected %h\", steps_checked, word, expected[next_expected]);
          fail;
        end
        close_step;
        steps_checked = steps_checked + 1;
        if (steps_checked % {every} == 0) begin
          $display(\"%0d of {steps} steps checked\", steps_checked);
          $fflush;
        end
        next_expected = next_expected + 1;
        if (next_expected >= EXPECTED_WORDS)
          done = 1'b1;
        else
          open_step;
      end else if (kind_of(word) !== {kind_name} || word[{out_bits}] !== 1'b0) begin
        $display(\"MISMATCH: step %0d: unexpected word %h\", steps_checked, word);
        fail;
      end else begin
        if (balance[address_of(word)] > 0 && payload_of(word) !== value[address_of(word)]) begin
          $display(\"MISMATCH: step %0d, (c %0d, y %0d, x %0d): value %0d, expected %0d\", steps_checked,
                   c_of(word), y_of(word), x_of(word), payload_of(word), value[address_of(word)]);
          fail;
        end
        balance[address_of(word)] = balance[address_of(word)] - 1;
      end
    end
  endtask

  // ---- The run ----

  integer next_stimulus;
  integer cycle;
  integer idle;
  integer first_cycle;
  integer j;

  initial begin
    for (j = 0; j < {addresses}; j = j + 1) begin
      balance[j] = 0;
      value[j] = 0;
    end
    next_expected = 0;
    words_checked = 0;
    steps_checked = 0;
    mismatches = 0;
    next_stimulus = 0;
    cycle = 0;
    idle = 0;
    first_cycle = -1;
    done = 1'b0;
    repeat ({reset}) @(posedge aclk);
    open_step;
    #1 aresetn = 1'b1;{release}{loaded}
    m_axis_tready = 1'b1;
    {{s_axis_tlast, s_axis_tdata}} = stimulus[0];
    s_axis_tvalid = 1'b1;
    while (!done && idle < PATIENCE) begin
      // Just before the rising edge: what is offered and ready now moves at the edge.
      @(negedge aclk);
      #4 idle = idle + 1;
      if (m_axis_tvalid === 1'b1) begin
        idle = 0;
        check_word({{m_axis_tlast, m_axis_tdata}});
      end
      if (s_axis_tvalid && s_axis_tready === 1'b1) begin
        idle = 0;
        if (first_cycle < 0)
          first_cycle = cycle;
        next_stimulus = next_stimulus + 1;
      end
      @(posedge aclk);
      #1 cycle = cycle + 1;
      s_axis_tvalid = next_stimulus < STIMULUS_WORDS;
      if (s_axis_tvalid)
        {{s_axis_tlast, s_axis_tdata}} = stimulus[next_stimulus];
    end
    if (!done) begin
      $display(\"MISMATCH: no word moved for %0d cycles in step %0d\", PATIENCE, steps_checked);
      fail;
    end
    if (next_stimulus != STIMULUS_WORDS) begin
      $display(\"MISMATCH: %0d of %0d input words were taken\", next_stimulus, STIMULUS_WORDS);
      fail;
    end
    if (mismatches == 0)
      $display(\"PASS: %0d words in %0d steps as expected, %0d cycles\", words_checked, steps_checked, cycle - first_cycle);
    else
      $display(\"FAIL: %0d mismatches in %0d words\", mismatches, words_checked);
    $finish;
  end

endmodule

`default_nettype wire
",
        parameters = played.parameters,
        ports = played.ports,
        reset = played.reset,
        release = release(plan),
        loaded = if bus::holds(plan) { "\n    wait (loaded);\n    #1;" } else { "" },
        module = if plan.edges.are_streams() && plan.chips.is_empty() { top.clone() } else { sim::bench_name(plan) },
        kind_name = if output.payload_bits > 0 { "VALUE" } else { "SPIKE" },
    )
}
