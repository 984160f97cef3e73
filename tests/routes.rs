//! Routing tables that are written over the bus: random networks on routers, other connections on the same chip, faults, the folder.

mod common;

use common::bus::{by_golden, in_steps, with_routes, Chip};
use common::chip::stream;
use common::hardware::{mismatch, random_networks, samples, Hardware, SIMULATION};
use common::{have, routers, Place};
use net::loadable::made_loadable;
use net::random::Random;
use net::{bound, Network, Origin, Output, Place as At, Source};
use rtl::config::map::control;
use rtl::config::{route_image, RegisterMap};
use rtl::PlanOptions;
use sim::Access;

/// A random graph (3 x `seed`) on random routers; of every third one the weights are written, too.
fn case(net: Network, seed: u64) -> (Network, PlanOptions) {
    let loadable = seed % 3 == 1;
    let net = if loadable { made_loadable(&net) } else { net };
    let options = with_routes(routers::options(&net, seed), loadable);
    let options = if loadable { PlanOptions { machines: Default::default(), ..options } } else { options };
    (net, options)
}

/// Hardware of a network and, where there is one, of the same layers with other connections, at the same places.
fn pair(net: &Network, options: &PlanOptions, seed: u64) -> Option<(Hardware, Option<Hardware>)> {
    let plan = rtl::plan::plan(net, options).ok()?;
    let mut options = options.clone();
    if let (Some(wanted), Some(fabric)) = (&mut options.fabric, &plan.fabric) {
        wanted.placement = fabric.placement();
    }
    let second = other(net, seed).map(|other| Hardware::new(other, &options));
    Some((Hardware::planned(net.clone(), plan), second))
}

/// The same layers that hear each other otherwise: a source that is heard no more, or two that have changed places. Sums are no larger.
fn other(net: &Network, seed: u64) -> Option<Network> {
    let random = &mut Random::new(seed);
    let mut changed: Vec<Network> = Vec::new();
    let plain = |source: &Source| source.delay == 0 && matches!(source.place, At::Channels(_)) && matches!(source.from, Origin::Layer(_));
    for to in 0..net.layers.len() {
        let sources = &net.sources[to];
        for k in (0..sources.len()).filter(|&k| plain(&sources[k])) {
            let mut without = net.clone();
            without.sources[to].remove(k);
            let heard = |from: Origin| without.sources.iter().flatten().any(|source| source.from == from);
            if heard(sources[k].from) && without.sources[to].iter().any(|source| source.delay == 0) {
                changed.push(without);
            }
            let twin = |other: &usize| plain(&sources[*other]) && net.shape_of(sources[*other].from) == net.shape_of(sources[k].from);
            for other in (k + 1..sources.len()).filter(twin).filter(|&other| sources[other].place != sources[k].place) {
                let mut swapped = net.clone();
                (swapped.sources[to][k].place, swapped.sources[to][other].place) = (sources[other].place.clone(), sources[k].place.clone());
                changed.push(swapped);
            }
        }
    }
    let sums = |net: &Network, layer: usize| bound::layer_sums(net, layer);
    let fits = |other: &Network| {
        (0..net.layers.len()).all(|i| sums(other, i).positive <= sums(net, i).positive && sums(other, i).negative >= sums(net, i).negative)
    };
    changed.retain(fits);
    random.shuffle(&mut changed);
    changed.pop()
}

struct Outcome {
    failed: Vec<String>,
    others: usize,
    told_apart: bool,
    loadable: bool,
    back: bool,
}

fn outcome(seed: u64) -> Option<Outcome> {
    let (net, options) = case(routers::network(3 * seed, false), seed);
    let (first, second) = pair(&net, &options, seed)?;
    let samples = samples(&net, seed, 4);
    let run = |hardware: &Hardware| hardware.lockstep(&samples, 0.3, seed);
    let mut failed: Vec<String> = mismatch(&run(&first), seed).into_iter().collect();
    if let Some(second) = &second {
        failed.extend(mismatch(&run(second), seed).map(|text| format!("other connections: {text}")));
        // No connection stands in the Verilog: both are one chip.
        let differs = first.design.files.iter().zip(&second.design.files).find(|(a, b)| a != b).map(|(a, b)| format!("{}\n{}\n{}", a.path, a.text, b.text));
        failed.extend(differs.map(|text| format!("network {seed}: other connections are another chip: {text}")));
        if map(&first).hash() != map(second).hash() {
            failed.push(format!("network {seed}: other connections are another map"));
        }
    }
    let engine = |net: &Network| golden::Engine::new(net).trace(&samples[3]).counters.spikes;
    Some(Outcome {
        failed,
        others: second.iter().count(),
        told_apart: second.is_some_and(|second| engine(&first.net) != engine(&second.net)),
        loadable: seed % 3 == 1,
        back: first.plan.wiring.edges.iter().any(|edge| edge.delayed),
    })
}

fn map(hardware: &Hardware) -> RegisterMap {
    hardware.plan.registers().expect("a bus")
}

#[test]
fn written_routes_compute_what_golden_says() {
    let Some((count, found)) = random_networks(0..10, outcome, |outcome| &outcome.failed) else { return };
    let total = |of: fn(&Outcome) -> bool| found.iter().filter(|outcome| of(outcome)).count();
    assert!(found.len() as u64 * 2 >= count, "the planner refuses too many");
    let others = found.iter().map(|outcome| outcome.others).sum::<usize>();
    assert!(others > 2 && total(|o| o.told_apart) > 0, "{others} with other connections, {} that differ", total(|o| o.told_apart));
    assert!(total(|o| o.loadable) > 2 && total(|o| o.back) > 1);
}

/// A core with channels that hears several, all in the same step.
fn of_several(hardware: &Hardware) -> Option<usize> {
    let edges = |core: &usize| hardware.plan.wiring.edges.iter().filter(|edge| edge.to == *core).collect::<Vec<_>>();
    (0..hardware.plan.cores.len()).find(|core| {
        edges(core).len() > 1 && edges(core).iter().all(|edge| !edge.delayed) && hardware.plan.cores[*core].input.c_bits > 0
    })
}

/// A lively pair that differs at its output, which is one of spikes, with samples that show it.
fn lively() -> (Hardware, Hardware) {
    let differs = |seed: u64| {
        let (net, options) = case(routers::leaving_whole(3 * seed), seed);
        let output = &net.layers[net.layers.len() - 1].neuron.output;
        let (first, second) = pair(&net, &options, seed).filter(|_| *output == Output::Spike && seed % 3 != 1)?;
        let second = second.filter(|_| of_several(&first).is_some())?;
        let differs = (0..3).all(|sample| {
            let spikes = net::random::spikes(&net, sample, 6, 0.4);
            let told = |hardware: &Hardware| by_golden(&hardware.net, &spikes);
            told(&first) != told(&second) && told(&first).iter().map(Vec::len).sum::<usize>() > 5
        });
        differs.then_some((first, second))
    };
    (0..400).find_map(differs).expect("a lively pair")
}

#[test]
fn one_chip_is_connected_in_one_way_and_then_another() {
    if !have(SIMULATION) {
        return;
    }
    let (first, second) = lively();
    assert!(first.design.files == second.design.files);
    let mut chip = Chip::new(&first.design, 0.1);
    let table = &map(&first).routes.all[0];
    let address = 4 * (table.base + table.shape.word_at());
    for hardware in [&first, &second, &first] {
        chip.load(hardware);
        for seed in 0..3 {
            let sample = net::random::spikes(&hardware.net, seed, 6, 0.4);
            // While the network runs its tables can neither be written nor read.
            assert!(chip.access(Access::write(address, !0)).0 && chip.access(Access::Read { address }).0);
            let came = chip.play(&stream(hardware, &sample, &mut || vec![]));
            assert_eq!(in_steps(hardware, &came), by_golden(&hardware.net, &sample), "sample {seed}");
        }
    }
    // A bit less in a row of a router, and the answer is another, or there is none: every bit is a TICK or a grant that somebody waits for.
    let image = route_image(&map(&first), &first.plan);
    let routers = map(&first).routes.all[first.plan.cores.len() + 1].base;
    let used: Vec<usize> = (0..image.len()).filter(|&at| image[at].0 >= routers && image[at].1 != 0).collect();
    let sample = net::random::spikes(&first.net, 1, 6, 0.4);
    let words = stream(&first, &sample, &mut || vec![]);
    let mut unnoticed = Vec::new();
    for &at in used.iter().step_by(1 + used.len() / 24) {
        let mut wrong = image.clone();
        wrong[at].1 &= wrong[at].1 - 1;
        chip.write_all(&wrong);
        (chip.waiting, chip.taken, chip.came) = (words.clone(), 0, vec![]);
        let came = chip.finish_within(5_000);
        if came.is_some_and(|came| in_steps(&first, &came) == by_golden(&first.net, &sample)) {
            unnoticed.push(format!("{:x}", image[at].0));
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:?} of {}", used.len());
    // A chip that hangs is reset and written like any other.
    chip.load(&first);
    let came = chip.play(&words);
    assert_eq!(in_steps(&first, &came), by_golden(&first.net, &sample));
    chip.control(control::RESET);
    let read: Vec<u32> = image.iter().map(|(word, _)| chip.read(*word)).collect();
    assert_eq!(read, image.iter().map(|(_, data)| *data).collect::<Vec<_>>());
}

#[test]
fn an_access_takes_a_cycle_per_core_interface_and_router() {
    if !have(SIMULATION) {
        return;
    }
    let (hardware, _) = lively();
    let (map, cores) = (map(&hardware), hardware.plan.cores.len());
    let routers = hardware.plan.fabric.as_ref().unwrap().routers.len();
    let mut chip = Chip::new(&hardware.design, 0.0);
    (0..3).for_each(|_| assert_eq!(chip.step(), [None, None]));
    let table = 4 * map.routes.all[cores].base;
    for access in [Access::Read { address: 0 }, Access::write(4 * map.routes.all[0].base, 0), Access::Read { address: table }] {
        chip.master.begin(access);
        // The cycle of the handshake comes first.
        let waited = (0..200).position(|_| chip.step() != [None, None]);
        assert_eq!(waited, Some(2 * cores + 1 + routers + 2), "{access:?}");
    }
}

#[test]
fn a_fault_on_the_way_to_a_table_is_a_mismatch() {
    if !have(SIMULATION) {
        return;
    }
    let (hardware, _) = lively();
    let samples: Vec<_> = (0..4).flat_map(|seed| samples(&hardware.net, seed, 8)).collect();
    assert_eq!(hardware.lockstep(&samples, 0.3, 1).mismatches, 0);
    let fabric = hardware.plan.fabric.as_ref().unwrap();
    let core = &hardware.plan.cores[of_several(&hardware).expect("a core that hears several")].name;
    let path = |part: &&str| {
        let router = fabric.topology.port_of(0).map_or(0, |(node, _)| node);
        let stem = if *part == "table" { &fabric.routers[router].name } else { &format!("{core}_interface") };
        format!("rtl/{}_{stem}_{part}.v", hardware.plan.name)
    };
    let faults = [
        ("table", "& exists & rst", "& exists"),
        ("table", "& exists & rst", "& rst"),
        ("table", "copy_0_read_address = rst ? held_row : row_0", "copy_0_read_address = row_0"),
        ("routes", "& exists & rst", "& exists"),
        ("routes", "if (writes & in_word)", "if (writes)"),
        ("routes", "copy_write_enable = writes & !in_word", "copy_write_enable = writes & in_word"),
        ("routes", "assign value = copy_read_data", "assign value = ~copy_read_data"),
        ("gate", "granted == most", "granted == ~most"),
        ("gather", "counted != most", "counted != 0"),
    ];
    let paths: Vec<String> = faults.iter().map(|(part, ..)| path(part)).collect();
    let faults: Vec<(&str, &str, &str)> = paths.iter().zip(faults).map(|(path, (_, text, fault))| (path.as_str(), text, fault)).collect();
    hardware.assert_found(&faults, &samples);
}

#[test]
fn the_folder_writes_its_routes_over_the_bus() {
    if !have(&["iverilog", "verilator"]) {
        return;
    }
    let place = Place::new();
    for (net, flags) in [
        ("residual.nir", "--config-port axi-lite --fabric mesh:2x3"),
        ("recurrent.nir", "--config-port spi --fabric tree:2"),
        ("good.nir", "--config-port axi-lite --fabric mesh:2x2 --cores 3 --weights loadable --input-port aer --tick timer:100"),
    ] {
        place.sound_folder(&format!("{net} {flags} --routes loadable"));
    }
    assert!(std::fs::read_to_string(place.path("out/README.md")).unwrap().contains("has written `driver/weights.hex` and `driver/routes.hex`"));
    // What registers.json says of it.
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(place.path("out/driver/registers.json")).unwrap()).unwrap();
    let routes = &json["routes"];
    assert_eq!((routes["routers"].as_array().unwrap().len(), routes["interfaces"][3]["of"].as_str()), (4, Some("edge")), "{routes}");
    let text = std::fs::read_to_string(place.path("out/driver/routes.hex")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    // The counts of the chip's edge, which hears one core and is heard by two.
    let count = routes["interfaces"][3]["counts"]["offset"].as_u64().unwrap();
    let at = lines.iter().position(|line| line.starts_with(&format!("{count:08x}_"))).unwrap();
    let bits = routes["interfaces"][3]["counts"]["fields"][0]["bits"].as_u64().unwrap();
    assert_eq!(lines[at], format!("{count:08x}_{:08x}", 1 << bits));
    // A row that is not the net's: the first of a router that leads anywhere leads nowhere.
    let routers = routes["routers"][0]["rows"]["offset"].as_u64().unwrap();
    let leads = |line: &&str| u64::from_str_radix(&line[..8], 16).unwrap() >= routers && !line.ends_with("00000000");
    let at = lines.iter().position(|line| leads(&line)).unwrap();
    let mut wrong: Vec<String> = lines.iter().map(|line| line.to_string()).collect();
    wrong[at] = format!("{}_00000000", &lines[at][..8]);
    place.write("out/driver/routes.hex", (wrong.join("\n") + "\n").as_bytes());
    let played = place.tool("make", "-C out/tb clean sim SIM=icarus");
    assert!(!played.stdout.contains("PASS"), "{}{}", played.stdout, played.stderr);
}

/// Two nets that differ in who hears whom, from the command line: the first one's chip computes the second with its routes.
#[test]
fn the_folder_of_one_net_takes_the_routes_of_another() {
    if !have(&["iverilog"]) {
        return;
    }
    let place = Place::new();
    for (net, out) in [("straight.nir --fabric mesh:2x3 --config-port axi-lite --routes loadable --name chip", "a"), ("crossed.nir --config a/spikewright.toml", "b")] {
        let built = place.run(&format!("build {net} --out {out}"));
        assert_eq!(built.code, 0, "{}", built.stderr);
    }
    let text = |path: &str| std::fs::read_to_string(place.path(path)).unwrap();
    let map_hash = |out: &str| text(&format!("{out}/driver/chip_registers.h")).lines().find(|line| line.contains("MAP_HASH_VALUE")).map(str::to_string);
    assert!(map_hash("a").is_some() && map_hash("a") == map_hash("b"), "{:?} {:?}", map_hash("a"), map_hash("b"));
    let differs = place.tool("diff", "-rq a/rtl b/rtl");
    assert_eq!(differs.stdout.trim(), "Files a/rtl/chip_register_hub.v and b/rtl/chip_register_hub.v differ");
    assert!(text("a/driver/routes.hex") != text("b/driver/routes.hex") && text("a/tb/expected.hex") != text("b/tb/expected.hex"));
    let play = || place.tool("make", "-C a/tb clean sim SIM=icarus").stdout;
    assert!(play().contains("PASS"));
    let copy = |file: &str| place.write(&format!("a/{file}"), text(&format!("b/{file}")).as_bytes());
    ["tb/chip_tb.v", "tb/stimulus.hex", "tb/expected.hex"].into_iter().for_each(copy);
    assert!(!play().contains("PASS"), "one net's routes are not the other's");
    copy("driver/routes.hex");
    let played = play();
    assert!(played.contains("PASS"), "{played}");
}

#[test]
fn routes_without_bus_or_routers_are_refused() {
    let place = Place::new();
    for (flags, told) in [
        ("--fabric mesh:2x2", "add --config-port axi-lite"),
        ("--config-port axi-lite", "add --fabric mesh:RxC or tree:N, or leave out --routes"),
    ] {
        for command in ["build", "plan"] {
            let out = if command == "build" { "--out out" } else { "" };
            let ran = place.run(&format!("{command} good.nir --routes loadable {flags} {out}"));
            assert_eq!(ran.code, 2, "{}", ran.stdout);
            assert!(ran.stderr.contains(told), "{flags}: {}", ran.stderr);
        }
    }
}
