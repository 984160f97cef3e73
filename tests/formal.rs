//! Proofs about the fabric's blocks: k-induction by yosys' SAT solver on the emitted Verilog and the properties in
//! `tests/formal/*.v`. Each proof is shown to fail on mutants.
//!
//! A proof's top module is `proof`; it instantiates the emitted block as `dut` and sees inside through wires of the same
//! hierarchical name. Blocks are emitted small (4 words, 4 bits): nothing in them depends on what a word says.

mod common;

use std::path::Path;
use std::process::Command;

use common::hardware::edited;
use common::have;
use rayon::prelude::*;
use rtl::config::{AxiLite, LoadedTable, RingFormat, SpiSlave, TablePlace, TableShape};
use hdl::blocks::{AerReceiver, AerSender, Arbiter, Queue, Synchroniser};
use rtl::fabric::{design, PacketFormat, Route, Router, RouterConfig, RouterInput, RouterOutput, Routing, Single, StepGate};
use rtl::Design;

struct Proof {
    /// `tests/formal/<name>.v`.
    name: &'static str,
    design: Design,
    /// Most steps of induction.
    steps: u32,
    /// No induction: only so many cycles from power-up are looked at.
    bound: Option<u32>,
    /// Mutants are found by an induction that does not close: what they break comes too late for a run from reset.
    late: bool,
    /// Module, text, what stands there instead.
    mutants: &'static [(&'static str, &'static str, &'static str)],
}

/// Cycles in which a mutant must go wrong: filling a queue of four by handshakes takes some forty.
const MUTANT_CYCLES: u32 = 60;
/// Cycles of whole routers that are looked at.
const ROUTER_CYCLES: u32 = 11;
const MESH_ROUTER_CYCLES: u32 = 11;

/// Three ports, by table; two-bit words.
fn small_router(register_slice: bool, depth: usize) -> RouterConfig {
    let format = PacketFormat { word_bits: 2, row_bits: 0, column_bits: 2, source_bits: 2, layer_bits: 0 };
    let sets = [0b001, 0b010, 0b100, 0b000, 0b110, 0b101, 0b011, 0b111];
    RouterConfig {
        name: "router".into(),
        ports: ["a", "b", "c"].map(String::from).to_vec(),
        turns: (0..3).map(|from| (0..3).map(|to| from != to).collect()).collect(),
        format,
        routing: Routing::Table((0..).zip(sets).collect()),
        depth,
        register_slice,
        loads: Vec::new(),
    }
}

/// The router in the middle of a mesh of three by three, with four streams; two-bit words.
fn small_mesh_router() -> RouterConfig {
    let format = PacketFormat { word_bits: 2, row_bits: 2, column_bits: 2, source_bits: 2, layer_bits: 0 };
    let sets = [0b01101, 0b10010, 0b11111, 0b00110];
    let key = |source| format.key(Route::Multicast { source, layer: 0 });
    let table = sets.iter().enumerate().map(|(source, &set)| (key(source), set)).collect();
    RouterConfig { depth: 2, ..RouterConfig::mesh("router", format, Routing::XyAndTable(table)) }
}

/// Three rows of two bits and a word of three, at 8 to 15 of 32 addresses.
fn small_table() -> TablePlace {
    TablePlace { base: 8, shape: TableShape { rows: 3, width: 2, word: 3 }, ring: RingFormat { address_bits: 5 } }
}

fn proofs() -> Vec<Proof> {
    let gate = PacketFormat { word_bits: 4, row_bits: 1, column_bits: 1, source_bits: 0, layer_bits: 0 };
    let small = small_router(false, 2).format;
    let inductive = |name, design, mutants| Proof { name, design, steps: 8, bound: None, late: false, mutants };
    vec![
        inductive("queue", design(Queue::new(4, 4), "queue_4x4"), &[
            ("queue_4x4", "filled <= (read_next != write_at)", "filled <= 1'b1"),
            ("queue_4x4", "full <= (write_next == read_at)", "full <= (write_at == read_at)"),
            ("queue_4x4", "pop = filled & out_ready", "pop = out_ready"),
            ("queue_4x4", "push = in_valid & !full", "push = in_valid"),
            ("queue_4x4", "full <= full & filled", "full <= full"),
            ("next_place_2", "!place[1]", "place[1]"),
            ("lut_ram_4x4", "mem[write_address] <= write_data", "mem[write_address] <= ~write_data"),
        ]),
        inductive("arbiter", design(Arbiter::new(4), "arbiter_4"), &[
            ("arbiter_4", "yields_1_0 <= taken ^ grant_0", "yields_1_0 <= grant_1"),
            ("arbiter_4", "yields_2_1 <= taken ^ grant_1", "yields_2_1 <= yields_2_1"),
            ("arbiter_4", "if (grant_3 | grant_2)", "if (grant_3)"),
            ("arbiter_4", "grant_0 = requests[0] &", "grant_0 ="),
        ]),
        inductive("router_output", design(RouterOutput::new(3, 4), "router_output_3x4"), &[
            ("router_output_3x4", "out_data = word_1", "out_data = word_0"),
            ("router_output_3x4", "done_2 = arbiter_grants[2] & out_ready", "done_2 = arbiter_grants[2]"),
            ("router_output_3x4", ".taken(out_ready)", ".taken(1'b1)"),
        ]),
        inductive("router_input", design(RouterInput::new(false, false, &small, 3), "router_input"), &[
            ("router_input", "head_ports[1] & !served_1", "head_ports[1]"),
            ("router_input", "open_2 & !done_2", "open_2 & !done_1"),
            ("router_input", "leaves = head_valid & !(|left)", "leaves = head_valid & (done_0 | done_1 | done_2)"),
            ("router_input", "request_0 = head_valid & open_0", "request_0 = open_0"),
        ]),
        inductive("router_input", design(RouterInput::new(true, false, &small, 3), "router_input"), &[
            ("router_input", "refill = leaves | !slice_filled", "refill = 1'b1"),
            ("router_input", "slice_ports <= ports", "slice_ports <= {ports[1:0], ports[2]}"),
        ]),
        inductive("router_input_one_way", design(RouterInput::new(false, true, &gate, 3), "router_input"), &[
            ("router_input", "taken = {done_2, ", "taken = {1'b0, "),
            ("router_input", "request_0 = head_valid & open_0", "request_0 = open_0"),
        ]),
        inductive("router_input_one_way", design(RouterInput::new(true, true, &gate, 3), "router_input"), &[
            ("router_input", "refill = leaves | !slice_filled", "refill = 1'b1"),
            ("router_input", "slice_ports <= NO_PORTS", "slice_ports <= slice_ports"),
        ]),
        inductive("link_register", design(Single::new(4), "link_register_4"), &[
            ("link_register_4", "free = out_ready | !filled", "free = 1'b1"),
            ("link_register_4", "filled <= in_valid | !free", "filled <= in_valid"),
        ]),
        Proof {
            name: "router",
            design: design(Router::new(&small_router(false, 2)), "router"),
            steps: 0,
            bound: Some(ROUTER_CYCLES),
            late: false,
            mutants: &[
                ("router_input_3x6", "head_ports[1] & !served_1", "head_ports[1]"),
                ("router_switch", "outputs_word_0 = {inputs_head[5:0], inputs_head[5:0], inputs_head[11:6]}", "outputs_word_0 = {inputs_head[5:0], inputs_head[5:0], inputs_head[17:12]}"),
                ("router_switch", "inputs_done_1 = {outputs_done_1[1], 1'b1, outputs_done_0[1]}", "inputs_done_1 = {outputs_done_1[1], 1'b1, 1'b1}"),
                ("queue_2x6", "read_next = after_read_following", "read_next = read_at"),
            ],
        },
        Proof {
            name: "mesh_router",
            design: design(Router::new(&small_mesh_router()), "router"),
            steps: 0,
            bound: Some(MESH_ROUTER_CYCLES),
            late: false,
            mutants: &[
                ("router_row", "route_row_up route_1", "route_row_down route_1"),
                ("route_column_start", "place > here", "place >= here"),
                ("router_column_table", "4'd0: begin ports = 3'd5", "4'd0: begin ports = 3'd1"),
                ("link_register_8", "free = out_ready | !filled", "free = 1'b1"),
                ("link_buffer_8", "front_valid <= spare_valid | take", "front_valid <= take"),
            ],
        },
        inductive("aer_receiver", design(AerReceiver::new(4, 4), "aer_receiver"), &[
            ("aer_receiver", "asked & !acknowledge", "asked"),
            ("aer_receiver", "acknowledge | queue_in_ready", "1'b1"),
            ("aer_receiver", "acknowledge <= asked &", "acknowledge <="),
        ]),
        inductive("aer_sender", design(AerSender::new(4, 4, Default::default()), "aer_sender"), &[
            ("aer_sender", "request <= loaded & !answered", "request <= loaded"),
            ("aer_sender", "!(request & answered)", "!answered"),
            ("aer_sender", "if (load) begin\n            word", "if (1'b1) begin\n            word"),
        ]),
        inductive("step_gate", design(StepGate::new(gate, Route::Unicast { row: 1, column: 0 }, 3), "step_gate"), &[
            ("step_gate", "[1:0] LAST = 2'd2", "[1:0] LAST = 2'd1"),
            ("step_gate", "(kind == KIND_TICK_LAST)", "1'b0"),
            ("step_gate", "granted <= ZERO", "granted <= granted + ONE"),
        ]),
        inductive("loaded_table", design(LoadedTable::new("loaded_table".into(), small_table(), 2), "loaded_table"), &[
            ("loaded_table", "& exists & rst", "& exists"),
            ("loaded_table", "& exists & rst", "& rst"),
            ("loaded_table", "writes = held_valid & mine", "writes = mine"),
            ("loaded_table", "if (writes & in_word)", "if (writes)"),
            ("loaded_table", "rst ? held_row : row_0", "row_0"),
            ("loaded_table", "answer_0 = mine ? found", "answer_0 = exists ? found"),
            ("loaded_table", "held[38] | mine", "mine"),
            ("lut_ram_3x2", "mem[write_address] <= write_data", "mem[write_address] <= ~write_data"),
        ]),
        inductive("axi_lite", design(AxiLite::new(3), "axi_lite"), &[
            ("axi_lite", "!active & (write_waits", "(write_waits"),
            ("axi_lite", "read_address_held & !read_answered", "read_address_held"),
            ("axi_lite", "write_address_held & write_data_held &", "write_address_held &"),
            ("axi_lite", "!active & (write_waits | read_waits)", "!active & (write_waits | (read_waits & !write_address_held))"),
            ("axi_lite", "write_answered & !bready", "write_answered & bready"),
            ("axi_lite", "begin_write ? write_address", "writing ? write_address"),
        ]),
        // A frame takes 130 cycles.
        Proof {
            name: "spi_slave",
            design: design(SpiSlave::new(3, Default::default()), "spi_slave"),
            steps: 4,
            bound: None,
            late: true,
            mutants: &[
                ("spi_slave", "legal = !(|frame[55:37])", "legal = 1'b1"),
                ("spi_slave", "legal = !(|frame[55:37])", "legal = !(|frame[55:38])"),
                ("spi_slave", "if (answered) begin", "if (whole) begin"),
                ("spi_slave", "begins = waits & !active & legal", "begins = waits & legal"),
                ("spi_slave", "(stale | idle) & active", "stale & active"),
                ("spi_slave", "& active & !response", "& active & response"),
                ("spi_slave", "        if (active & response & !stale)", "        if (active & response)"),
                ("spi_slave", "else if (active & response & !stale)", "else if (active & response)"),
                ("spi_slave", "waits & !begins & !idle", "waits & !begins"),
                ("spi_slave", "{frame[62:0], mosi_in_settled}", "{frame[62:0], sclk_before}"),
            ],
        },
        inductive("synchroniser", design(Synchroniser::default(), "synchroniser"), &[
            ("synchroniser", "{stage[0], from_outside}", "{from_outside, from_outside}"),
        ]),
    ]
}

/// Adds a wire `word_<i>` for each word of a small memory, as yosys has no other name for them.
fn with_visible_words(text: &str) -> String {
    let Some(at) = text.find(" mem [0:") else { return text.to_string() };
    let range = text[..at].rsplit("reg").next().unwrap_or("").trim();
    let words: usize = text[at + 8..].split(']').next().and_then(|last| last.parse().ok()).unwrap_or(0) + 1;
    let wires: String = (0..words).map(|i| format!("wire {range} word_{i} = mem[{i}];\n")).collect();
    text.replace("endmodule", &format!("{wires}endmodule"))
}

/// Whether the properties of `proof` are true of this design: for ever, or in the cycles that are looked at. Panics where yosys
/// ends in any other way than with a verdict.
fn holds(proof: &Proof, design: &Design, bound: Option<u32>) -> bool {
    let (kind, steps) = bound.map_or(("-tempinduct", proof.steps), |cycles| ("-tempinduct-baseonly", cycles));
    let dir = tempfile::tempdir().unwrap();
    let mut script = String::new();
    for file in &design.files {
        let name = file.path.trim_start_matches("rtl/");
        std::fs::write(dir.path().join(name), with_visible_words(&file.text)).unwrap();
        script += &format!("read_verilog {name}\n");
    }
    let properties = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/formal/{}.v", proof.name));
    std::fs::copy(properties, dir.path().join("proof.v")).unwrap();
    script += &format!(
        "read_verilog -formal -sv proof.v\nhierarchy -check -top proof\nproc\nflatten\nmemory_map\nasync2sync\nopt -full\n\
         sat -verify -prove-asserts -set-assumes {kind} -maxsteps {steps} proof\n"
    );
    std::fs::write(dir.path().join("proof.ys"), script).unwrap();
    let run = Command::new("yosys").args(["-s", "proof.ys"]).current_dir(dir.path()).output().unwrap();
    let log = String::from_utf8_lossy(&run.stdout).to_string() + &String::from_utf8_lossy(&run.stderr);
    // A property that no solver saw proves nothing.
    assert!(log.contains("Import proof for assert"), "{}:\n{log}", proof.name);
    let refuted = log.contains("proof did fail");
    assert!(run.status.success() != refuted, "{}:\n{log}", proof.name);
    if !refuted {
        let proven = log.contains("Induction step proven: SUCCESS!") || (bound.is_some() && log.contains("SUCCESS!"));
        assert!(proven, "{}:\n{log}", proof.name);
    }
    !refuted
}

#[test]
fn the_fabric_keeps_its_promises() {
    if !have(&["yosys"]) {
        return;
    }
    let failed: Vec<&str> =
        proofs().par_iter().filter(|proof| !holds(proof, &proof.design, proof.bound)).map(|proof| proof.name).collect();
    assert!(failed.is_empty(), "not proven: {failed:?}");
}

#[test]
fn every_proof_fails_on_its_mutants() {
    if !have(&["yosys"]) {
        return;
    }
    let all = proofs();
    let mutants: Vec<_> = all.iter().flat_map(|proof| proof.mutants.iter().map(move |mutant| (proof, mutant))).collect();
    let missed: Vec<String> = mutants
        .par_iter()
        .filter_map(|(proof, (module, text, fault))| {
            let design = edited(&proof.design, &format!("rtl/{module}.v"), text, fault);
            // A fault counts as found by a run from reset that goes wrong, not by an induction that does not close, if such a run is short enough.
            let bound = (!proof.late).then_some(proof.bound.unwrap_or(MUTANT_CYCLES));
            holds(proof, &design, bound).then(|| format!("{}: {module}: {text} -> {fault}", proof.name))
        })
        .collect();
    assert!(missed.is_empty(), "proven all the same:\n{}", missed.join("\n"));
}
