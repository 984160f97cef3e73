//! Step gate and step gather: a source that waits for grants, a destination that counts TICKs.

use rtl::fabric::{design, Packet, PacketFormat, Route, StepGate, StepGather};
use rtl::Design;
use sim::{build, BuildOptions, Instance, Random};

use super::common;

const FORMAT: PacketFormat = PacketFormat { word_bits: 12, row_bits: 2, column_bits: 2, source_bits: 3, layer_bits: 2 };
const ROUTE: Route = Route::Multicast { source: 3, layer: 2 };
const TICK: u64 = 1 << 10;
const TICK_LAST: u64 = 2 << 10;

fn ready_block(design: &Design) -> Instance {
    let mut instance = build(design, &BuildOptions::default()).unwrap().block();
    let reset = instance.drive("rst").unwrap();
    reset.set(1);
    edge(&mut instance);
    reset.set(0);
    instance
}

fn edge(instance: &mut Instance) {
    let clock = instance.drive("clk").unwrap();
    for level in [1, 0] {
        clock.set(level);
        instance.eval();
    }
}

/// SPIKE, VALUE, TICK or TICK_LAST.
fn word(random: &mut Random) -> u64 {
    match random.below(5) {
        0 => TICK,
        1 => TICK_LAST,
        2 => 3 << 10 | random.below(1 << 10) as u64,
        _ => random.below(1 << 10) as u64,
    }
}

fn gate(design: &Design, destinations: usize, seed: u64) -> Result<usize, String> {
    let mut block = ready_block(design);
    let drive = |name: &str| block.drive(name).unwrap();
    let read = |name: &str| block.read(name).unwrap();
    let (in_valid, in_data, in_ready, grant) = (drive("in_valid"), drive("in_data"), read("in_ready"), drive("grant"));
    let (out_valid, out_ready, out_data) = (read("out_valid"), drive("out_ready"), read("out_data"));
    let mut random = Random::new(seed, 1);
    let (mut offered, mut steps, mut missing) = (None, 0, 0);
    for cycle in 0..5000 {
        if offered.is_none() && random.chance(3 << 30) {
            offered = Some(word(&mut random));
        }
        in_valid.set(u64::from(offered.is_some()));
        in_data.set(offered.unwrap_or(0));
        out_ready.set(u64::from(random.chance(3 << 30)));
        let granted = missing > 0 && random.chance(1 << 30);
        grant.set(u64::from(granted));
        block.eval();
        let expected = offered.filter(|_| missing == 0).map(|word| FORMAT.encode(Packet { grant: false, route: ROUTE, word }));
        let shown = out_valid.is_set().then(|| out_data.get());
        if shown != expected {
            return Err(format!("cycle {cycle}: {shown:x?}, not {expected:x?}, {missing} grants missing"));
        }
        if in_ready.is_set() != (missing == 0 && out_ready.signal().is_set()) {
            return Err(format!("cycle {cycle}: in_ready with {missing} grants missing"));
        }
        missing -= usize::from(granted);
        if shown.is_some() && out_ready.signal().is_set() {
            let word = offered.take().unwrap();
            if word == TICK || word == TICK_LAST {
                missing = destinations;
                steps += 1;
            }
        }
        edge(&mut block);
    }
    Ok(steps)
}

fn gather(design: &Design, sources: usize, seed: u64) -> Result<usize, String> {
    let mut block = ready_block(design);
    let drive = |name: &str| block.drive(name).unwrap();
    let read = |name: &str| block.read(name).unwrap();
    let (in_valid, in_data, in_ready, grant) = (drive("in_valid"), drive("in_data"), read("in_ready"), read("grant"));
    let (out_valid, out_ready, out_data) = (read("out_valid"), drive("out_ready"), read("out_data"));
    let mut random = Random::new(seed, 2);
    // Sources that have not ended this step; how the step ends is the same for all.
    let (mut open, mut ends_with, mut steps) = (sources, TICK, 0);
    let mut offered: Option<Packet> = None;
    for cycle in 0..5000 {
        if offered.is_none() && random.chance(3 << 30) {
            let word = match random.below(3) {
                0 => ends_with,
                _ => Some(word(&mut random)).filter(|word| *word != TICK && *word != TICK_LAST).unwrap_or(7),
            };
            let route = Route::Unicast { row: 1, column: 2 };
            offered = Some(Packet { grant: random.chance(1 << 30), route, word });
        }
        in_valid.set(u64::from(offered.is_some()));
        in_data.set(offered.map_or(0, |packet| FORMAT.encode(packet)));
        out_ready.set(u64::from(random.chance(3 << 30)));
        block.eval();
        let is_tick = |packet: &Packet| !packet.grant && packet.word == ends_with;
        let passes = offered.filter(|packet| !packet.grant && !(is_tick(packet) && open > 1)).map(|packet| packet.word);
        let shown = out_valid.is_set().then(|| out_data.get());
        if shown != passes {
            return Err(format!("cycle {cycle}: {shown:x?}, not {passes:x?}, {open} sources in step {steps}"));
        }
        if grant.is_set() != offered.is_some_and(|packet| packet.grant) {
            return Err(format!("cycle {cycle}: grant"));
        }
        if let Some(packet) = offered {
            let takes = passes.is_none() || out_ready.signal().is_set();
            if in_ready.is_set() != takes {
                return Err(format!("cycle {cycle}: in_ready for {packet:?}"));
            }
            if takes {
                offered = None;
                if is_tick(&packet) {
                    open -= 1;
                    if open == 0 {
                        open = sources;
                        steps += 1;
                        ends_with = [TICK, TICK, TICK_LAST][steps % 3];
                    }
                }
            }
        }
        edge(&mut block);
    }
    Ok(steps)
}

#[test]
fn steps_wait_for_every_grant_and_end_with_the_last_tick() {
    if !common::have_tools() {
        return;
    }
    for n in [1, 2, 3, 7] {
        let sender = design(StepGate::new(FORMAT, ROUTE, n), "step_gate");
        let steps = gate(&sender, n, n as u64).unwrap_or_else(|error| panic!("{n} destinations: {error}"));
        assert!(steps > 50, "{steps}");
        let receiver = design(StepGather::new(FORMAT, n), "step_gather");
        let steps = gather(&receiver, n, n as u64).unwrap_or_else(|error| panic!("{n} sources: {error}"));
        assert!(steps > 50, "{steps}");
    }
    let broken = |design: Design, text: &str, fault: &str| common::edited(&design, &design.files[0].path, text, fault);
    let sender = design(StepGate::new(FORMAT, ROUTE, 3), "step_gate");
    assert!(gate(&broken(sender.clone(), "[1:0] LAST = 2'd2", "[1:0] LAST = 2'd1"), 3, 1).is_err());
    assert!(gate(&broken(sender, "(kind == KIND_TICK_LAST)", "1'b0"), 3, 1).is_err());
    let receiver = design(StepGather::new(FORMAT, 3), "step_gather");
    assert!(gather(&broken(receiver.clone(), "[1:0] LAST = 2'd2", "[1:0] LAST = 2'd1"), 3, 1).is_err());
    assert!(gather(&broken(receiver, "is_tick = !is_grant &", "is_tick ="), 3, 1).is_err());
}
