//! An 8 x 8 mesh of routers under load, in Verilator: latency and accepted packets against offered load, and the round trip of
//! a grant. Writes `docs/mesh.svg` and prints the tables of docs/router.md. `cargo bench --bench mesh`.

use plotters::prelude::*;
use rtl::fabric::MeshSize;
use sim::mesh::{random_streams, MeshModel, Outcome, Pattern, Run};

const SIZE: MeshSize = MeshSize { rows: 8, columns: 8 };
const LOADS: [f64; 12] = [0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.34, 0.38, 0.42, 0.5, 1.0];
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

fn main() {
    let built = |streams, depth, slice| MeshModel::new(SIZE, streams, depth, slice).unwrap_or_else(|error| panic!("{error}"));
    let plain = built(vec![], 16, false);
    let curves = [
        curve("uniform", &plain, Pattern::Uniform),
        curve("uniform, queues of 4", &built(vec![], 4, false), Pattern::Uniform),
        curve("uniform, register slice", &built(vec![], 16, true), Pattern::Uniform),
        curve("hotspot: 5 % to one core", &plain, Pattern::Hotspot(0.05)),
        curve("multicast to 6", &built(random_streams(SIZE, COPIES, 1), 16, false), Pattern::Multicast),
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
