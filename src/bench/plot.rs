//! Pictures as SVG: cycles against activity, and percent of peak against activity. No fonts of the system are read.

use plotters::coord::combinators::IntoLogRange;
use plotters::prelude::*;

use super::entry::{Entry, Row};

type DrawError<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as plotters::prelude::DrawingBackend>::ErrorType>;

/// Colours of our line and of the dense baseline.
const OURS: RGBColor = RGBColor(0, 90, 170);
const DENSE: RGBColor = RGBColor(200, 80, 20);

/// The picture of a benchmark; none with fewer than two rows that a logarithmic axis can show.
pub fn svg(entry: &Entry) -> Option<String> {
    let rows: Vec<&Row> = entry
        .rows
        .iter()
        .filter(|row| row.activity > 0.0 && row.cycles.is_some())
        .collect();
    if rows.len() < 2 {
        return None;
    }
    let mut text = String::new();
    draw(&mut text, entry, &rows).ok()?;
    text.push('\n');
    Some(text)
}

fn draw<'a>(text: &'a mut String, entry: &Entry, rows: &[&Row]) -> Result<(), DrawError<'a>> {
    let area = SVGBackend::with_string(text, (900, 360)).into_drawing_area();
    area.fill(&WHITE)?;
    let (left, right) = area.split_horizontally(450);
    let first = rows[0].activity;
    let last = rows[rows.len() - 1].activity;
    let measured = |row: &&Row| (row.activity, row.cycles.unwrap_or(0) as f64);
    let dense = |row: &&Row| (row.activity, row.dense_cycles as f64);
    let ours: Vec<(f64, f64)> = rows.iter().map(measured).collect();
    let walked: Vec<(f64, f64)> = rows.iter().map(dense).collect();
    let all = || ours.iter().chain(&walked).map(|point| point.1);
    let least = all().fold(f64::MAX, f64::min).max(1.0);
    let most = all().fold(1.0, f64::max);

    let style = ("sans-serif", 15).into_font();
    let mut cycles = ChartBuilder::on(&left)
        .caption(format!("{}: cycles per sample", entry.label()), style.clone())
        .margin(12)
        .x_label_area_size(38)
        .y_label_area_size(72)
        .build_cartesian_2d((first..last).log_scale(), (least / 2.0..most * 2.0).log_scale())?;
    cycles
        .configure_mesh()
        .light_line_style(BLACK.mix(0.05))
        .x_desc("active inputs per time step, %")
        .x_label_formatter(&|x| format!("{x}"))
        .y_label_formatter(&|y| super::table::number(Some(*y)))
        .draw()?;
    for (points, colour, name) in [(&ours, OURS, "measured"), (&walked, DENSE, "every input walked")] {
        cycles
            .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
    }
    cycles
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE.mix(0.8))
        .draw()?;

    let mut peak = ChartBuilder::on(&right)
        .caption(format!("{}: percent of peak", entry.label()), style)
        .margin(12)
        .x_label_area_size(38)
        .y_label_area_size(50)
        .build_cartesian_2d((first..last).log_scale(), 0.0..105.0)?;
    peak.configure_mesh()
        .light_line_style(BLACK.mix(0.05))
        .x_desc("active inputs per time step, %")
        .x_label_formatter(&|x| format!("{x}"))
        .y_label_formatter(&|y| format!("{y:.0}"))
        .draw()?;
    // What the dense baseline does for these events: most of its cycles walk silent inputs.
    let useful = |row: &&Row| {
        let peak = row.percent_of_peak?;
        Some((row.activity, peak * row.cycles? as f64 / row.dense_cycles.max(1) as f64))
    };
    let share = |row: &&Row| Some((row.activity, row.percent_of_peak?));
    let lines: [(Vec<(f64, f64)>, RGBColor); 2] = [
        (rows.iter().filter_map(share).collect(), OURS),
        (rows.iter().filter_map(useful).collect(), DENSE),
    ];
    for (points, colour) in lines {
        peak.draw_series(LineSeries::new(points, colour.stroke_width(2)).point_size(3))?;
    }
    area.present()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(activities: &[f64]) -> Entry {
        let row = |&activity: &f64| Row {
            activity,
            cycles: Some(1_000 + (activity * 100.0) as u64),
            dense_cycles: 20_000,
            percent_of_peak: Some(50.0),
            ..Row::default()
        };
        Entry {
            id: "B1".into(),
            rows: activities.iter().map(row).collect(),
            ..Entry::default()
        }
    }

    #[test]
    fn a_picture_has_both_lines_and_is_the_same_every_time() {
        let rows = entry(&[0.0, 1.0, 10.0, 100.0]);
        let picture = svg(&rows).unwrap();
        assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
        assert_eq!(picture.matches("<polyline").count() >= 4, true);
        for text in ["measured", "every input walked", "percent of peak"] {
            assert!(picture.contains(text), "{text}");
        }
        assert_eq!(picture, svg(&rows).unwrap());
    }

    #[test]
    fn one_activity_is_no_picture() {
        assert_eq!(svg(&entry(&[0.0, 10.0])), None);
    }
}
