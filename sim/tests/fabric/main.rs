//! Emitted routers against a naive model, cycle by cycle, with random traffic and stalls.

#[path = "../common/mod.rs"]
mod common;
mod edges;
mod naive;
mod steps;

use naive::{Naive, NaiveMeshRouter, NaiveRouter, Offer, RouteOf};
use rtl::fabric::{
    design, Packet, PacketFormat, Route, RouteTable, Router, RouterConfig, Routing, MESH_PORTS,
};
use rtl::Design;
use sim::{build, BuildOptions, Drive, Instance, Random, Signal};

/// One link as the host sees it.
struct Link {
    valid: Signal,
    ready: Signal,
    data: Signal,
    drive_valid: Option<Drive>,
    drive_ready: Option<Drive>,
    drive_data: Option<Drive>,
}

fn links(instance: &Instance, ports: &[String], side: &str) -> Vec<Link> {
    let link = |port: &String| {
        let name = |part: &str| format!("{side}_{port}_{part}");
        let (read, drive) = (|part: &str| instance.read(&name(part)).unwrap(), |part: &str| instance.drive(&name(part)).ok());
        Link {
            valid: read("valid"),
            ready: read("ready"),
            data: read("data"),
            drive_valid: drive("valid"),
            drive_ready: drive("ready"),
            drive_data: drive("data"),
        }
    };
    ports.iter().map(link).collect()
}

/// The set of ports in a table.
fn by_table(config: &RouterConfig, packet: u64) -> Option<Vec<usize>> {
    let route = config.format.decode(packet).route;
    let table = match (&config.routing, route) {
        (Routing::Table(table), _) | (Routing::XyAndTable(table), Route::Multicast { .. }) => table,
        _ => return None,
    };
    let set = table.get(&config.format.key(route)).copied().unwrap_or(0);
    Some((0..64).filter(|port| set >> port & 1 == 1).collect())
}

/// A half of a mesh's router, said again from docs/router.md: ports by number, stay (0), back to lower places (1), on to
/// higher ones (2); inputs likewise.
fn half(config: &RouterConfig, here: usize, place: fn(Route) -> usize, names: [&'static [&'static str]; 3]) -> RouteOf {
    let config = config.clone();
    let named = |name: &str| MESH_PORTS.iter().position(|port| *port == name).unwrap();
    let ports: Vec<Vec<usize>> = names.iter().map(|names| names.iter().map(|name| named(name)).collect()).collect();
    Box::new(move |from, packet| {
        if let Some(set) = by_table(&config, packet) {
            return (0..3).filter(|&to| ports[to].iter().any(|port| set.contains(port))).collect();
        }
        let place = place(config.format.decode(packet).route);
        vec![match from {
            _ if place == here => 0,
            // Whoever comes from one side goes on to the other.
            1 => 2,
            2 => 1,
            _ if place < here => 1,
            _ => 2,
        }]
    })
}

/// The model of a router at this place.
fn naive(config: &RouterConfig, here: (usize, usize)) -> Naive {
    let side = (config.depth, config.register_slice);
    if let Routing::Table(_) = config.routing {
        let inputs = vec![side; config.ports.len()];
        let table = config.clone();
        let route = move |_, packet| by_table(&table, packet).unwrap();
        return Naive::Router(NaiveRouter::new(&inputs, config.turns.clone(), Box::new(route)));
    }
    let column = |route| match route {
        Route::Unicast { column, .. } => column,
        Route::Multicast { .. } => unreachable!(),
    };
    let row = |route| match route {
        Route::Unicast { row, .. } => row,
        Route::Multicast { .. } => unreachable!(),
    };
    Naive::Mesh(NaiveMeshRouter::new(
        side,
        half(config, here.1, column, [&["local", "north", "south"], &["west"], &["east"]]),
        half(config, here.0, row, [&["local"], &["north"], &["south"]]),
    ))
}

/// How busy a run is.
struct Weather {
    offered: f64,
    ready: f64,
}

/// Counts of what a test must have seen to mean something.
#[derive(Debug, Default)]
struct Seen {
    taken: usize,
    stalls: usize,
    full: usize,
    replicas: usize,
}

/// Runs a router and the model of it side by side; the first difference is the error.
fn compare(config: &RouterConfig, design: &Design, here: (usize, usize), weather: Weather, seed: u64, cycles: usize) -> Result<Seen, String> {
    let library = build(design, &BuildOptions::default()).unwrap();
    let mut instance = library.block();
    let (clock, reset) = (instance.drive("clk").unwrap(), instance.drive("rst").unwrap());
    let (into, out) = (links(&instance, &config.ports, "from"), links(&instance, &config.ports, "to"));
    for (name, value) in [("here_row", here.0), ("here_column", here.1)] {
        if let Ok(port) = instance.drive(name) {
            port.set(value as u64);
        }
    }
    let ports = config.ports.len();
    let mut model = naive(config, here);
    let format = config.format;
    let mut random = Random::new(seed, 0);
    let (offered, ready) = (Random::threshold(weather.offered), Random::threshold(weather.ready));
    let mut offers: Vec<Offer> = vec![None; ports];
    let mut seen = Seen::default();
    for cycle in 0..cycles + 4 {
        let running = cycle >= 4;
        reset.set(u64::from(cycle < 3));
        for p in 0..ports {
            if running && offers[p].is_none() && random.chance(offered) {
                offers[p] = Some(format.encode(random_packet(config, &mut random)));
            }
            into[p].drive_valid.unwrap().set(u64::from(offers[p].is_some()));
            // What stands on an idle link is nobody's business.
            into[p].drive_data.unwrap().set(offers[p].unwrap_or_else(|| random.next() & ((1 << format.width()) - 1)));
            out[p].drive_ready.unwrap().set(u64::from(running && random.chance(ready)));
        }
        clock.set(0);
        instance.eval();
        if running {
            let (takes, shown) = (model.ready(), model.offers());
            let mut came = vec![None; ports];
            let mut taken = vec![false; ports];
            for p in 0..ports {
                let name = &config.ports[p];
                if into[p].ready.is_set() != takes[p] {
                    return Err(format!("cycle {cycle}: from_{name}_ready is {}, not {}", into[p].ready.get(), takes[p]));
                }
                let offer = out[p].valid.is_set().then(|| out[p].data.get());
                if offer != shown[p] {
                    return Err(format!("cycle {cycle}: to_{name} offers {offer:x?}, not {:x?}", shown[p]));
                }
                if takes[p] {
                    came[p] = offers[p].take();
                } else {
                    seen.full += 1;
                }
                taken[p] = offer.is_some() && out[p].ready.is_set();
                seen.taken += usize::from(taken[p]);
                seen.stalls += usize::from(offer.is_some() && !taken[p]);
            }
            let packets: Vec<u64> = shown.iter().flatten().copied().collect();
            seen.replicas += (1..packets.len()).filter(|&i| packets[..i].contains(&packets[i])).count();
            model.step(&came, &taken);
        }
        clock.set(1);
        instance.eval();
    }
    Ok(seen)
}

fn random_packet(config: &RouterConfig, random: &mut Random) -> Packet {
    let format = config.format;
    let multicast = format.has_multicast() && random.chance(Random::threshold(0.5));
    let route = match multicast {
        true => Route::Multicast { source: random.below(1 << format.source_bits), layer: random.below(1 << format.layer_bits) },
        false => Route::Unicast { row: random.below(1 << format.row_bits), column: random.below(1 << format.column_bits) },
    };
    Packet { grant: random.chance(1 << 30), route, word: random.next() & ((1 << format.word_bits) - 1) }
}

/// Routers of different kinds: by place, by place or table, by table with few and many ports.
fn routers() -> Vec<RouterConfig> {
    let plain = PacketFormat { word_bits: 25, row_bits: 3, column_bits: 3, source_bits: 0, layer_bits: 0 };
    let streams = PacketFormat { word_bits: 20, row_bits: 2, column_bits: 3, source_bits: 3, layer_bits: 1 };
    let mut random = Random::new(11, 0);
    // Any sets at all: those that lead where a turn is forbidden lose that part.
    let mut table = |format: PacketFormat, ports: usize, keys: std::ops::Range<u64>| -> RouteTable {
        keys.filter(|key| *key < 1 << format.key_bits()).map(|key| (key, random.next() >> 8 & ((1 << ports) - 1))).collect()
    };
    let by_table = |ports: usize, format: PacketFormat, table: RouteTable| RouterConfig {
        name: "router".into(),
        ports: (0..ports).map(|p| format!("side_{p}")).collect(),
        turns: (0..ports).map(|from| (0..ports).map(|to| from != to).collect()).collect(),
        routing: Routing::Table(table),
        ..RouterConfig::mesh("router", format, Routing::Xy)
    };
    let small = PacketFormat { word_bits: 12, row_bits: 0, column_bits: 3, source_bits: 2, layer_bits: 0 };
    let wide = PacketFormat { word_bits: 40, row_bits: 0, column_bits: 4, source_bits: 4, layer_bits: 1 };
    vec![
        RouterConfig::mesh("router", plain, Routing::Xy),
        RouterConfig::mesh("router", streams, Routing::XyAndTable(table(streams, 5, 32..64))),
        by_table(3, small, table(small, 3, 0..16)),
        by_table(8, wide, table(wide, 8, 0..64)),
    ]
}

const PLACES: [(usize, usize); 3] = [(1, 2), (0, 0), (3, 7)];

#[test]
fn routers_do_what_the_naive_model_does() {
    if !common::have_tools() {
        return;
    }
    let mut total = Seen::default();
    for (number, config) in routers().into_iter().enumerate() {
        let kinds = [(number % 2 == 0, 4), (number % 2 == 1, [2, 16][number / 2])];
        for (register_slice, depth) in kinds {
            let config = RouterConfig { register_slice, depth, ..config.clone() };
            let design = design(Router::new(&config), "router");
            for (seed, (offered, ready)) in [(0.3, 0.9), (1.0, 1.0), (0.9, 0.4), (0.05, 0.1)].into_iter().enumerate() {
                let here = PLACES[(number + seed) % PLACES.len()];
                let here = (here.0 % (1 << config.format.row_bits), here.1 % (1 << config.format.column_bits));
                let found = compare(&config, &design, here, Weather { offered, ready }, seed as u64, 4000);
                let seen = found.unwrap_or_else(|error| panic!("router {number}, slice {register_slice}, depth {depth}, seed {seed}: {error}"));
                assert!(seen.taken > 300, "{seen:?}");
                total.taken += seen.taken;
                total.stalls += seen.stalls;
                total.full += seen.full;
                total.replicas += seen.replicas;
            }
        }
    }
    println!("{total:?}");
    assert!(total.stalls > 1000 && total.full > 1000 && total.replicas > 1000, "{total:?}");
}

/// Faults that the comparison must see: number of the router, file, text, fault.
const FAULTS: &[(usize, &str, &str, &str)] = &[
    (0, "route_row_start", "place < here", "place <= here"),
    (0, "route_column_up", "toward_2 = !same", "toward_2 = 1'b1"),
    (0, "router_input_3x32_one_way", "taken = {done_2, ", "taken = {1'b0, "),
    (0, "link_register_32", "free = out_ready | !filled", "free = 1'b1"),
    (0, "router", ".from_row_data(half_0_to_column_data)", ".from_row_data(half_0_to_west_data)"),
    (1, "router_input_3x27", "open_1 & !done_1", "open_1"),
    (1, "router_input_3x27", "& !served_2", ""),
    (1, "arbiter_3", "yields_1_0 <= taken ^ grant_0", "yields_1_0 <= grant_1"),
    (1, "arbiter_3", "if (grant_2 | grant_1)", "if (grant_2)"),
    (1, "queue_4x27", "full <= (write_next == read_at)", "full <= (write_at == read_at)"),
    (1, "queue_4x27", "filled <= (read_next != write_at)", "filled <= 1'b1"),
    (1, "next_place_2", "!place[1]", "place[1]"),
    (1, "router_output_3x27", "out_data = word_2", "out_data = word_1"),
    (1, "router_row", OUTPUT_DONE, ".done_0(output_0_done_1),\n        .done_1(output_0_done_0)"),
    (1, "router_row", "output_0_done_1, output_0_done_0};", "output_0_done_1, output_0_done_1};"),
    (2, "router_switch", "outputs_done_0[0], 1'b1};", "outputs_done_0[0], 1'b0};"),
];

/// What an output of a router has done.
const OUTPUT_DONE: &str = ".done_0(output_0_done_0),\n        .done_1(output_0_done_1)";

#[test]
fn a_fault_in_a_router_is_seen() {
    if !common::have_tools() {
        return;
    }
    for (number, module, text, fault) in FAULTS {
        let config = RouterConfig { depth: 4, ..routers().swap_remove(*number) };
        let design = common::edited(&design(Router::new(&config), "router"), &format!("rtl/{module}.v"), text, fault);
        let found = compare(&config, &design, (1, 2), Weather { offered: 0.8, ready: 0.6 }, 5, 4000);
        assert!(found.is_err(), "{module}: {text} -> {fault} is not seen");
    }
}
