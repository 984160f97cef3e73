//! The front as a table for people.

use super::point::Point;
use crate::bench::table::{number, Table};
use crate::console::Console;

/// Prints the front, what was measured of it, and what does not fit; `kept` points come from the folder.
pub fn print(points: &[Point], kept: usize, console: &Console) {
    let front: Vec<&Point> = points.iter().filter(|point| point.on_front).collect();
    console.say(format!(
        "\n{} points ({kept} of them from the folder), {} on the front of their device:\n",
        points.len(),
        front.len()
    ));
    let mut table = Table::new(&[
        "device", "weights", "budget", "accuracy", "cycles/sample", "samples/s", "LUT", "FF", "BRAM", "DSP", "of device", "point",
    ]);
    for point in &front {
        let percent = |value: Option<f64>| value.map_or("-".to_string(), |value| format!("{:.2} %", 100.0 * value));
        table.push(vec![
            point.target.clone(),
            format!("{} bits", point.weight_bits),
            match point.budget.as_str() {
                "area" => "area".to_string(),
                budget => format!("{budget} %"),
            },
            percent(point.accuracy),
            number(point.cycles_per_sample.map(f64::round)),
            number(point.samples_per_second.map(f64::round)),
            number(point.lut),
            number(point.ff),
            number(point.bram),
            number(point.dsp),
            percent(point.share),
            point.id.clone(),
        ]);
    }
    table.text().iter().for_each(|line| console.say(line));
    print_measured(&front, console);
    print_misfits(points, console);
    console.say("");
}

fn print_measured(front: &[&Point], console: &Console) {
    let mut table =
        Table::new(&["measured", "LUT", "planned", "FF", "planned", "BRAM", "planned", "cycles/sample", "mismatches", "fits"]);
    for (point, measured) in front.iter().filter_map(|point| Some((point, point.measured.as_ref()?))) {
        let count = |n: u64| number(Some(n as f64));
        let cycles = measured.cycles_per_sample.iter().sum::<u64>() as f64 / measured.cycles_per_sample.len().max(1) as f64;
        table.push(vec![
            point.id.clone(),
            count(measured.lut),
            number(point.lut),
            count(measured.ff),
            number(point.ff),
            count(measured.bram),
            number(point.bram),
            number(Some(cycles.round())),
            format!("{} in {} samples", measured.mismatches, measured.samples),
            if measured.fits { "yes" } else { "NO" }.to_string(),
        ]);
    }
    if !table.is_empty() {
        console.say("");
        table.text().iter().for_each(|line| console.say(line));
    }
}

/// One line per device: the plans of a device fail for the same reasons.
fn print_misfits(points: &[Point], console: &Console) {
    let mut seen: Vec<(&str, u32)> = Vec::new();
    for point in points.iter().filter(|point| !point.fits) {
        let place = (point.target.as_str(), point.weight_bits);
        if !seen.contains(&place) {
            seen.push(place);
            let why = point.problem.as_deref().unwrap_or_default();
            console.say(format!("\n  {} bits on {} do not fit: {why}", point.weight_bits, point.target));
        }
    }
}
