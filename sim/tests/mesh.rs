//! Emitted meshes under traffic: nothing lost, doubled or overtaken, no deadlock, and the throughput that a mesh can have.

mod common;

use rtl::fabric::{design, Mesh, MeshSize};
use sim::mesh::{mesh, random_streams, MeshModel, Pattern, Run};

const SIZE: MeshSize = MeshSize { rows: 8, columns: 8 };

/// Clock cycles of a long run: what `SPIKEWRIGHT_MESH_CYCLES` says; else 10 million router-cycles of 64 routers when all is tested, and a
/// tenth otherwise.
fn long() -> u64 {
    if let Ok(cycles) = std::env::var("SPIKEWRIGHT_MESH_CYCLES") {
        return cycles.parse().unwrap_or_else(|_| panic!("SPIKEWRIGHT_MESH_CYCLES={cycles:?}: a number of clock cycles"));
    }
    let full = std::env::var_os("SPIKEWRIGHT_FULL").is_some();
    let router_cycles: u64 = if full { 10_000_000 } else { 1_000_000 };
    router_cycles.div_ceil(SIZE.nodes() as u64)
}

fn run(pattern: Pattern, load: f64, cycles: u64) -> Run {
    Run { pattern, load, ready: 1.0, warm_up: 500, cycles, seed: 1 }
}

/// Unicast and multicast mixed, every core sends whenever it may, and takes what comes in two of three cycles.
#[test]
fn random_multicast_at_full_load_loses_nothing_and_never_stops() {
    if !common::have_tools() {
        return;
    }
    for (depth, register_slice, share) in [(16, false, 2), (2, true, 2)] {
        let model = MeshModel::new(SIZE, random_streams(SIZE, 6, 3), depth, register_slice).unwrap();
        let hard = Run { ready: 0.67, ..run(Pattern::Mixed, 8.0, long() / share) };
        let begun = std::time::Instant::now();
        let outcome = model.run(&hard).unwrap().unwrap_or_else(|fault| panic!("depth {depth}: {}", fault.0));
        println!("depth {depth}, slice {register_slice}: {} cycles in {:.0} s: {outcome:?}", hard.cycles, begun.elapsed().as_secs_f64());
        assert!(outcome.accepted > 0.1, "{outcome:?}");
    }
}

/// A tree of three levels: nothing lost, doubled or overtaken, no deadlock, and a cycle per router where nothing is in the way.
#[test]
fn a_tree_loses_nothing_and_never_stops() {
    if !common::have_tools() {
        return;
    }
    let one_row = MeshSize { rows: 1, columns: 11 };
    let model = MeshModel::tree(3, 11, random_streams(one_row, 4, 3), 4).unwrap();
    let hard = model.run(&Run { ready: 0.67, ..run(Pattern::Mixed, 8.0, 4000) }).unwrap().unwrap_or_else(|fault| panic!("{}", fault.0));
    assert!(hard.accepted > 0.1, "{hard:?}");
    let alone = model.run(&run(Pattern::Uniform, 0.002, 20_000)).unwrap().unwrap();
    let mean = alone.mean_latency.unwrap();
    assert!((mean - 1.0 - alone.mean_hops).abs() < 0.1, "{mean} cycles: {alone:?}");
}

#[test]
fn uniform_traffic_saturates_above_a_third_of_a_packet() {
    if !common::have_tools() {
        return;
    }
    for register_slice in [false, true] {
        let model = MeshModel::new(SIZE, vec![], 16, register_slice).unwrap();
        let full = model.run(&run(Pattern::Uniform, 1.0, 2000)).unwrap().unwrap();
        println!("full load: {full:?}");
        assert!(full.accepted >= 0.35 && full.accepted < 0.5, "{full:?}");
        // Nothing in the way: one cycle into the first router, one from its row to its column, and one (with a slice two) per hop.
        let per_hop = if register_slice { 2.0 } else { 1.0 };
        let alone = model.run(&run(Pattern::Uniform, 0.002, 4000)).unwrap().unwrap();
        let least = 2.0 + alone.mean_hops * per_hop;
        let mean = alone.mean_latency.unwrap();
        assert!(mean >= least - 0.2 && mean < least + 0.3, "{mean} for {least}: {alone:?}");
        let half = model.run(&run(Pattern::Uniform, 0.2, 2000)).unwrap().unwrap();
        assert!((half.accepted - 0.2).abs() < 0.01, "{half:?}");
    }
}

#[test]
fn a_mesh_that_loses_doubles_overtakes_or_stops_is_found_out() {
    if !common::have_tools() {
        return;
    }
    let size = MeshSize { rows: 3, columns: 3 };
    // To everyone, so that every router branches.
    let streams = random_streams(size, 8, 3);
    let config = mesh(size, &streams, 4, false);
    let good = design(Mesh::new(&config), "mesh");
    let width = config.format.width();
    let faults = [
        (&format!("router_input_3x{width}"), "& !(|left)", ""),
        (&format!("router_input_3x{width}"), "& !served_0", ""),
        (&format!("router_input_3x{width}"), "request_0 = head_valid & open_0", "request_0 = 1'b0"),
        (&format!("link_register_{width}"), "free = out_ready | !filled", "free = 1'b1"),
        (&format!("queue_4x{width}"), "read_next = after_read_following", "read_next = read_at"),
        (&"route_row_start".to_string(), "toward_1 = place < here", "toward_1 = 1'b0"),
    ];
    let traffic = Run { ready: 0.7, ..run(Pattern::Mixed, 2.0, 1500) };
    let verdict = |design: &rtl::Design| MeshModel::of(&config, streams.clone(), design).unwrap().run(&traffic).unwrap();
    assert!(verdict(&good).is_ok());
    for (module, text, fault) in faults {
        let broken = common::edited(&good, &format!("rtl/{module}.v"), text, fault);
        let found = verdict(&broken).expect_err(fault);
        println!("{module}: {}", found.0);
    }
}
