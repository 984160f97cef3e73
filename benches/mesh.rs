//! An 8 x 8 mesh of routers under load, in Verilator: latency and accepted packets against offered load, and the round trip of
//! a grant; smaller meshes, and what a model by counting says of all of them and of larger ones. Writes `docs/mesh.svg` and prints
//! the tables of docs/router.md and docs/scaling.md. `cargo bench --bench mesh`.

use std::collections::{BTreeMap, BTreeSet};

use plotters::prelude::*;
use rtl::fabric::{way, MeshSize, Stream, EAST, WEST};
use sim::mesh::{random_streams, MeshModel, Outcome, Pattern, Run};

const SIZE: MeshSize = MeshSize { rows: 8, columns: 8 };
const LOADS: [f64; 11] = [0.02, 0.1, 0.2, 0.25, 0.3, 0.33, 0.36, 0.4, 0.5, 0.7, 1.0];
/// Destinations of each core's stream.
const COPIES: usize = 6;
const PICTURE: &str = "docs/mesh.svg";

struct Curve {
    name: String,
    points: Vec<(f64, Outcome)>,
}

impl Curve {
    /// Most packets per core and cycle that came through.
    fn saturation(&self) -> f64 {
        self.points.iter().map(|(_, outcome)| outcome.accepted).fold(0.0, f64::max)
    }
}

fn curve(name: &str, model: &MeshModel, pattern: Pattern) -> Curve {
    let measure = |load: f64| {
        let run = Run { pattern, load, ready: 1.0, warm_up: 1000, cycles: 3000, seed: 1 };
        let outcome = model.run(&run).unwrap_or_else(|error| panic!("{error}"));
        (load, outcome.unwrap_or_else(|fault| panic!("{}", fault.0)))
    };
    Curve { name: name.into(), points: LOADS.into_iter().map(measure).collect() }
}

/// What counting links says: no mesh takes more packets per core and cycle than its busiest link allows, and a packet that meets no
/// other one takes a cycle per hop and two more.
struct Model {
    bound: f64,
    hops: f64,
    /// Links of a packet's way or tree, that to the core included.
    links: f64,
}

impl Model {
    fn new(size: MeshSize, pattern: Pattern, streams: &[Stream]) -> Model {
        let nodes = size.nodes();
        let middle = size.rows / 2 * size.columns + size.columns / 2;
        // By node and port (5: from the row to the column) packets per cycle when each core receives one per cycle.
        let mut load: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        let (mut hops, mut links, mut packets) = (0.0, 0.0, 0.0);
        let mut send = |source: usize, destinations: &[usize], share: f64| {
            let mut used = BTreeSet::new();
            for &destination in destinations {
                let way = way(size, source, destination);
                hops += (way.len() - 1) as f64 * share;
                for (node, port) in way {
                    used.insert((node, port));
                    if port != EAST && port != WEST {
                        // Once per way: where it leaves its row.
                        let row_left = size.place(node).0 == size.place(source).0;
                        used.extend(row_left.then_some((node, 5)));
                    }
                }
            }
            links += used.iter().filter(|link| link.1 < 5).count() as f64 * share;
            packets += share;
            used.into_iter().for_each(|link| *load.entry(link).or_default() += share);
        };
        for source in 0..nodes {
            match pattern {
                Pattern::Multicast => {
                    let destinations = &streams[source].destinations;
                    send(source, destinations, 1.0 / destinations.len() as f64);
                }
                _ => {
                    let hot = match pattern {
                        Pattern::Hotspot(share) if source != middle => share,
                        _ => 0.0,
                    };
                    for destination in (0..nodes).filter(|&node| node != source) {
                        let extra = if destination == middle { hot } else { 0.0 };
                        send(source, &[destination], (1.0 - hot) / (nodes - 1) as f64 + extra);
                    }
                }
            }
        }
        let busiest = load.into_values().fold(0.0, f64::max);
        Model { bound: 1.0 / busiest, hops: hops / nodes as f64, links: links / packets }
    }
}

fn print_model(name: &str, model: &Model, measured: Option<&Curve>) {
    let saturation = measured.map(Curve::saturation);
    let first = measured.and_then(|curve| curve.points[0].1.mean_latency);
    let shown = |value: Option<f64>, digits: usize| value.map_or("-".into(), |value| format!("{value:.digits$}"));
    println!(
        "| {name} | {:.3} | {} | {} | {:.1} | {} | {:.1} |",
        model.bound,
        shown(saturation, 3),
        shown(saturation.map(|found| found / model.bound), 2),
        model.hops + 2.0,
        shown(first, 1),
        model.links
    );
}

fn main() {
    // One model for all: its routers have the tables of the multicasts, and unicasts go by place as without.
    let model = MeshModel::new(SIZE, random_streams(SIZE, COPIES, 1), 16, false).unwrap_or_else(|error| panic!("{error}"));
    let streams = random_streams(SIZE, COPIES, 1);
    let curves = [
        curve("uniform", &model, Pattern::Uniform),
        curve("hotspot: 5 % to one core", &model, Pattern::Hotspot(0.05)),
        curve("multicast to 6", &model, Pattern::Multicast),
    ];
    print!("| offered |");
    curves.iter().for_each(|curve| print!(" {} |", curve.name));
    print!("\n|---|");
    curves.iter().for_each(|_| print!("---|"));
    println!();
    for (i, load) in LOADS.iter().enumerate() {
        print!("| {load} |");
        for curve in &curves {
            let outcome = curve.points[i].1;
            let latency = outcome.mean_latency.map_or("-".into(), |mean| format!("{mean:.1}"));
            print!(" {:.3}, {latency} |", outcome.accepted);
        }
        println!();
    }
    for curve in &curves {
        println!("{}: saturates at {:.3}", curve.name, curve.saturation());
    }
    // A grant out and the first word of the next step back: two ways of an average length.
    let at = |load: f64| curves[0].points.iter().find(|point| point.0 == load).and_then(|point| point.1.mean_latency);
    for load in [0.02, 0.2, 0.3] {
        println!("round trip at {load}: {:.1} cycles", 2.0 * at(load).unwrap_or(f64::NAN));
    }
    println!("\n| mesh and traffic | bound | measured | share | latency, alone | measured at {} | links per packet |\n|---|---|---|---|---|---|---|", LOADS[0]);
    for (curve, pattern) in curves.iter().zip([Pattern::Uniform, Pattern::Hotspot(0.05), Pattern::Multicast]) {
        print_model(&format!("8 x 8, {}", curve.name), &Model::new(SIZE, pattern, &streams), Some(curve));
    }
    for side in [4, 6, 16, 32] {
        let size = MeshSize { rows: side, columns: side };
        let measured = (side < 8).then(|| {
            let model = MeshModel::new(size, vec![], 16, false).unwrap_or_else(|error| panic!("{error}"));
            curve("uniform", &model, Pattern::Uniform)
        });
        print_model(&format!("{side} x {side}, uniform"), &Model::new(size, Pattern::Uniform, &[]), measured.as_ref());
        let streams = random_streams(size, COPIES, 1);
        print_model(&format!("{side} x {side}, multicast to {COPIES}"), &Model::new(size, Pattern::Multicast, &streams), None);
    }
    if let Err(error) = draw(&curves) {
        panic!("{PICTURE}: {error}");
    }
    println!("wrote {PICTURE}");
}

fn draw(curves: &[Curve]) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::new(PICTURE, (900, 360)).into_drawing_area();
    area.fill(&WHITE)?;
    let (left, right) = area.split_horizontally(450);
    let style = ("sans-serif", 15).into_font();
    let mut latency = ChartBuilder::on(&left)
        .caption("mean latency, cycles", style.clone())
        .margin(12)
        .x_label_area_size(38)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..0.5, 0.0..60.0)?;
    latency.configure_mesh().light_line_style(BLACK.mix(0.05)).x_desc("offered packets per core and cycle").draw()?;
    let mut accepted = ChartBuilder::on(&right)
        .caption("accepted packets per core and cycle", style)
        .margin(12)
        .x_label_area_size(38)
        .y_label_area_size(50)
        .build_cartesian_2d(0.0..1.0, 0.0..0.6)?;
    accepted.configure_mesh().light_line_style(BLACK.mix(0.05)).x_desc("offered packets per core and cycle").draw()?;
    for (i, curve) in curves.iter().enumerate() {
        let colour = Palette99::pick(i).to_rgba();
        let means = curve.points.iter().filter_map(|(load, outcome)| Some((*load, outcome.mean_latency?)));
        latency.draw_series(LineSeries::new(means.filter(|point| point.1 < 60.0), colour.stroke_width(2)))?;
        let points = curve.points.iter().map(|(load, outcome)| (*load, outcome.accepted));
        accepted
            .draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(2))?
            .label(curve.name.as_str())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    accepted.configure_series_labels().position(SeriesLabelPosition::LowerRight).background_style(WHITE.mix(0.8)).draw()?;
    area.present()?;
    Ok(())
}
