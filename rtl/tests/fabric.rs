//! The fabric's blocks: snapshots of what is emitted, and lint of many shapes.

use std::path::Path;
use std::process::Command;

use rtl::config::{RingFormat, TablePlace, TableShape};
use hdl::blocks::{AerReceiver, AerSender, Arbiter, NextPlace, Queue};
use rtl::fabric::{design, multicast_tables, Mesh, MeshConfig, MeshSize, PacketFormat, Route, RouteTable, Router, RouterConfig, Routing, StepEnd, StepGate, StepGather, Stream, TickInserter};
use rtl::Design;

const PLAIN: PacketFormat = PacketFormat { word_bits: 25, row_bits: 3, column_bits: 3, source_bits: 0, layer_bits: 0 };
const STREAMS: PacketFormat = PacketFormat { word_bits: 16, row_bits: 1, column_bits: 2, source_bits: 3, layer_bits: 1 };

/// A 2 x 3 mesh with two streams.
fn small_mesh() -> MeshConfig {
    let size = MeshSize { rows: 2, columns: 3 };
    let streams = [
        Stream { source: 0, layer: 0, destinations: vec![2, 4, 5] },
        Stream { source: 5, layer: 1, destinations: vec![0, 1] },
    ];
    let tables = multicast_tables(size, &streams, &STREAMS);
    MeshConfig { size, format: STREAMS, tables, depth: 4, register_slice: false }
}

/// The root of a tree of three: two branches (0, 1) and the way up (2).
fn tree_router(register_slice: bool) -> RouterConfig {
    let table: RouteTable = [(0, 1), (1, 2), (2, 4), (8, 3), (9, 6)].into();
    RouterConfig {
        name: "tree_router".into(),
        ports: ["left", "right", "up"].map(String::from).to_vec(),
        turns: vec![vec![false, true, true], vec![true, false, true], vec![true, true, false]],
        format: PacketFormat { word_bits: 10, row_bits: 0, column_bits: 3, source_bits: 2, layer_bits: 0 },
        routing: Routing::Table(table),
        depth: 16,
        register_slice,
        loads: Vec::new(),
    }
}

/// The same with a table that is written.
fn written_router() -> RouterConfig {
    let shape = TableShape { rows: 10, width: 3, word: 0 };
    RouterConfig { loads: vec![TablePlace { base: 48, shape, ring: RingFormat { address_bits: 7 } }], ..tree_router(false) }
}

/// Two ports: each output has one input.
fn line_router(register_slice: bool) -> RouterConfig {
    RouterConfig {
        name: "line_router".into(),
        ports: ["left", "right"].map(String::from).to_vec(),
        turns: vec![vec![false, true], vec![true, false]],
        ..tree_router(register_slice)
    }
}

fn file(design: &Design, name: &str) -> String {
    let path = format!("rtl/{name}.v");
    let file = design.files.iter().find(|file| file.path == path);
    file.unwrap_or_else(|| panic!("no {path} among {:?}", design.files.iter().map(|f| &f.path).collect::<Vec<_>>()))
        .text
        .clone()
}

macro_rules! emitted {
    ($($name:ident: $text:expr;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), $text);
        }
    )*};
}

fn plain_router(name: &str) -> String {
    file(&design(Router::new(&RouterConfig::mesh("router", PLAIN, Routing::Xy)), "router"), name)
}

emitted! {
    router_of_a_mesh: plain_router("router");
    row_of_a_router: plain_router("router_row");
    written_route_table: file(&design(Router::new(&written_router()), "tree_router"), "tree_router_table");
    switch_with_a_written_table: file(&design(Router::new(&written_router()), "tree_router"), "tree_router_switch");
    switch_by_table: file(&design(Router::new(&tree_router(true)), "tree_router"), "tree_router_switch");
    router_input: plain_router("router_input_3x32_one_way");
    router_input_with_multicast_and_slice:
        file(&design(Router::new(&tree_router(true)), "tree_router"), "router_input_3x15_sliced");
    router_output: plain_router("router_output_3x32");
    arbiter_of_four: file(&design(Arbiter::new(4), "arbiter_4"), "arbiter_4");
    queue: plain_router("queue_16x32");
    next_place: plain_router("next_place_4");
    link_register: plain_router("link_register_32");
    route_by_place: plain_router("route_row_start");
    route_by_place_or_table: file(&design(Mesh::new(&small_mesh()), "mesh"), "route_row_up");
    route_table: file(&design(Mesh::new(&small_mesh()), "mesh"), "router_0_1_row_table");
    aer_receiver: file(&design(AerReceiver::new(16, 20), "aer_receiver"), "aer_receiver");
    aer_sender: file(&design(AerSender::new(16, 20, Default::default()), "aer_sender"), "aer_sender");
    synchroniser: file(&design(AerSender::new(16, 20, Default::default()), "aer_sender"), "synchroniser");
    tick_from_pin: file(&design(TickInserter::new(20, StepEnd::Pin, Default::default()), "tick_inserter"), "tick_inserter");
    tick_from_timer: file(&design(TickInserter::new(20, StepEnd::Timer(1000), Default::default()), "tick_inserter"), "tick_inserter");
    step_gate: file(&design(gate(3), "step_gate"), "step_gate");
    step_gather: file(&design(StepGather::new(STREAMS, 3), "step_gather"), "step_gather");
    mesh_of_six: file(&design(Mesh::new(&small_mesh()), "mesh"), "mesh");
}

fn gate(destinations: usize) -> StepGate {
    StepGate::new(STREAMS, Route::Multicast { source: 5, layer: 1 }, destinations)
}

/// What `verilator --lint-only -Wall` says; `None` where it is missing.
fn said(design: &Design) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let mut sources = vec![];
    for file in design.files.iter().filter(|file| file.path.ends_with(".v")) {
        let name = Path::new(&file.path).file_name().unwrap().to_str().unwrap().to_string();
        std::fs::write(dir.path().join(&name), &file.text).unwrap();
        sources.push(name);
    }
    assert!(!sources.is_empty(), "{} has no Verilog", design.top);
    if !needs::programs(&["verilator"]) {
        return None;
    }
    let mut command = Command::new("verilator");
    command.args(["--lint-only", "-Wall", "--top-module", &design.top]).args(&sources).current_dir(dir.path());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.success(), text.is_empty(), "{text}");
    Some(text)
}

fn lint(design: &Design) {
    let text = said(design).unwrap_or_default();
    assert!(text.is_empty(), "{}:\n{text}", design.top);
}

#[test]
fn a_width_that_does_not_fit_is_seen() {
    let mut queue = design(Queue::new(4, 9), "queue_4x9");
    let files = queue.files.iter_mut().map(|file| (file.path.as_str(), &mut file.text));
    needs::fault::edit_one(files, "rtl/queue_4x9.v", "endmodule", "wire [3:0] odd = 2'd1;\nwire unused_odd = &{1'b0, odd};\nendmodule");
    assert!(said(&queue).is_none_or(|text| text.contains("WIDTH")));
}

#[test]
fn all_shapes_lint_clean() {
    for slice in [false, true] {
        let slim = RouterConfig { register_slice: slice, ..RouterConfig::mesh("router", PLAIN, Routing::Xy) };
        lint(&design(Router::new(&slim), "router"));
        lint(&design(Router::new(&tree_router(slice)), "tree_router"));
        lint(&design(Router::new(&line_router(slice)), "line_router"));
        lint(&design(Router::new(&RouterConfig { register_slice: slice, ..written_router() }), "written_router"));
        lint(&design(Mesh::new(&MeshConfig { register_slice: slice, ..small_mesh() }), "mesh"));
    }
    for n in 1..=7 {
        lint(&design(Arbiter::new(n), "arbiter"));
        lint(&design(NextPlace::new(n as u32), "next_place"));
    }
    for depth in [2, 4, 32] {
        lint(&design(Queue::new(depth, 9), "queue"));
        lint(&design(AerReceiver::new(depth, 9), "aer_receiver"));
        lint(&design(AerSender::new(depth, 9, Default::default()), "aer_sender"));
    }
    for end in [StepEnd::Pin, StepEnd::Timer(2), StepEnd::Timer(100_000)] {
        lint(&design(TickInserter::new(12, end, Default::default()), "tick_inserter"));
    }
    for n in [1, 2, 5] {
        lint(&design(gate(n), "step_gate"));
        lint(&design(StepGather::new(STREAMS, n), "step_gather"));
    }
}
