//! The picture: LUTs against samples per second, one panel per device, one colour per weight width. No fonts of the system are read.

use plotters::coord::combinators::IntoLogRange;
use plotters::prelude::*;

use super::point::Point;
use crate::bench::table::number;

type DrawError<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as plotters::prelude::DrawingBackend>::ErrorType>;

const PANEL: (u32, u32) = (450, 340);

/// Colours of the weight widths, told apart in grey too by their lightness.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 60, 130),
    RGBColor(200, 80, 20),
    RGBColor(0, 140, 100),
    RGBColor(160, 60, 160),
    RGBColor(210, 160, 0),
    RGBColor(90, 90, 90),
];

/// The picture of all points that fit; none if none does.
pub fn svg(points: &[Point]) -> Option<String> {
    let mut targets: Vec<&str> = Vec::new();
    for point in points.iter().filter(|point| point.fits) {
        if !targets.contains(&point.target.as_str()) {
            targets.push(&point.target);
        }
    }
    if targets.is_empty() {
        return None;
    }
    let mut text = String::new();
    draw(&mut text, points, &targets).ok()?;
    text.push('\n');
    Some(text)
}

fn draw<'a>(text: &'a mut String, points: &[Point], targets: &[&str]) -> Result<(), DrawError<'a>> {
    let columns = targets.len().min(2);
    let rows = targets.len().div_ceil(2);
    let size = (PANEL.0 * columns as u32, PANEL.1 * rows as u32);
    let area = SVGBackend::with_string(text, size).into_drawing_area();
    area.fill(&WHITE)?;
    let mut widths: Vec<u32> = points.iter().map(|point| point.weight_bits).collect();
    widths.sort_unstable();
    widths.dedup();
    for (panel, target) in area.split_evenly((rows, columns)).into_iter().zip(targets) {
        let own: Vec<&Point> = points.iter().filter(|point| point.target == *target && point.fits).collect();
        draw_panel(&panel, target, &own, &widths)?;
    }
    area.present()
}

fn draw_panel<'a>(
    panel: &DrawingArea<SVGBackend<'a>, plotters::coord::Shift>,
    target: &str,
    points: &[&Point],
    widths: &[u32],
) -> Result<(), DrawError<'a>> {
    let at = |point: &Point| Some((point.samples_per_second?, point.lut?));
    let speeds: Vec<f64> = points.iter().filter_map(|point| at(point)).map(|(speed, _)| speed).collect();
    let slowest = speeds.iter().copied().fold(f64::MAX, f64::min).max(1e-9);
    let fastest = speeds.iter().copied().fold(slowest, f64::max);
    let most = points.iter().filter_map(|point| point.lut).fold(1.0, f64::max);
    let clock = points.first().map_or(0.0, |point| point.clock_mhz);
    let mut chart = ChartBuilder::on(panel)
        .caption(format!("{target} at {clock} MHz"), ("sans-serif", 15).into_font())
        .margin(12)
        .x_label_area_size(38)
        .y_label_area_size(66)
        // Room for the legend above: what is fast and large stands on the right.
        .build_cartesian_2d((slowest / 1.5..fastest * 1.5).log_scale(), 0.0..most * 1.3)?;
    chart
        .configure_mesh()
        .light_line_style(BLACK.mix(0.05))
        .x_desc("samples per second")
        .y_desc(points.first().map_or("LUT", |point| point.lut_kind.as_str()))
        .x_labels(5)
        .x_label_formatter(&|x| number(Some(x.round())))
        .y_label_formatter(&|y| number(Some(y.round())))
        .draw()?;
    for (index, &bits) in widths.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let own: Vec<&&Point> = points.iter().filter(|point| point.weight_bits == bits).collect();
        let Some(first) = own.first() else { continue };
        let accuracy = first.accuracy.map_or(String::new(), |accuracy| format!(": {:.2} % right", 100.0 * accuracy));
        let circles = |front: bool| own.iter().filter(move |point| point.on_front == front).filter_map(move |point| at(point));
        chart.draw_series(circles(false).map(|place| Circle::new(place, 3, colour.mix(0.5))))?;
        let mut line: Vec<(f64, f64)> = circles(true).collect();
        line.sort_by(|a, b| a.0.total_cmp(&b.0));
        chart
            .draw_series(LineSeries::new(line.iter().copied(), colour.stroke_width(1)))?
            .label(format!("{bits} bits{accuracy}"))
            .legend(move |(x, y)| Circle::new((x + 8, y), 4, colour.filled()));
        chart.draw_series(line.into_iter().map(|place| Circle::new(place, 4, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .draw()
}
