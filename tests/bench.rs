//! `spikewright bench`: a small run of a real benchmark, its files, and what bad input gets.

#[macro_use]
mod common;

use common::{hardware::SIMULATION, have, root, Place};
use serde_json::{json, Value};

const ROW_FIELDS: &[&str] = &[
    "activity",
    "events_per_step",
    "events",
    "cycles",
    "predicted_cycles",
    "cycles_per_step",
    "cycles_per_event",
    "cycles_per_sop",
    "percent_of_peak",
    "percent_of_peak_sops",
    "sops",
    "dense_cycles",
    "fired_percent",
    "saturated_percent",
];

const FIELDS: &[&str] = &[
    "id",
    "case",
    "title",
    "model",
    "available",
    "note",
    "passed",
    "failures",
    "mismatches",
    "hash",
    "layers",
    "core",
    "adders",
    "steps",
    "cycles_per_event",
    "own_activity",
    "idle_step_cycles",
    "rows",
    "lut",
    "ff",
    "bram",
    "dsp",
    "fmax_mhz",
    "fmax_mhz_min",
    "device",
    "areas",
    "images",
    "frames_per_second",
    "target",
    "peer",
];

fn names(object: &Value) -> Vec<&str> {
    let fields = object.as_object().into_iter().flatten();
    fields.map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_benchmark_runs_and_writes_what_it_found() {
    if !have(SIMULATION) {
        return;
    }
    let place = Place::new();
    let ran = place.run("bench b1 --activity 10,0 --no-synth --json");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let object = ran.json();
    assert_eq!(
        (&object["schema"], &object["seed"], &object["passed"]),
        (&json!(1), &json!(1), &json!(true))
    );
    let list = object["benchmarks"].as_array().expect("a list");
    assert_eq!(list.len(), 1);
    let entry = &list[0];
    assert_eq!(names(entry), FIELDS);
    assert_eq!(
        (&entry["id"], &entry["mismatches"], &entry["failures"]),
        (&json!("B1"), &json!(0), &json!([]))
    );
    let rows = entry["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!(names(row), ROW_FIELDS);
        assert_eq!(row["cycles"], row["predicted_cycles"]);
    }
    let (idle, busy) = (&rows[0], &rows[1]);
    assert_eq!((&idle["activity"], &busy["activity"]), (&json!(0.0), &json!(10.0)));
    assert_eq!((&idle["events"], &idle["cycles_per_event"]), (&json!(0), &Value::Null));
    assert_eq!(
        (&busy["events_per_step"], &busy["events"]),
        (&json!(26), &json!(20 * 26))
    );
    assert_eq!(busy["sops"], json!(20 * 26 * 256));
    assert_eq!(entry["cycles_per_event"], busy["cycles_per_event"]);
    assert_eq!(entry["idle_step_cycles"], idle["cycles_per_step"]);
    let cycles = busy["cycles"].as_f64().expect("cycles");
    let per_event = busy["cycles_per_event"].as_f64().expect("a number");
    assert!((per_event - cycles / 520.0).abs() < 1e-5, "{busy}");
    let share = busy["percent_of_peak_sops"].as_f64().expect("a number");
    assert!((share - 100.0 * 520.0 * 256.0 / 16.0 / cycles).abs() < 1e-4, "{busy}");
    assert!(
        busy["fired_percent"][0].as_f64().is_some_and(|fired| fired >= 5.0),
        "{busy}"
    );
    assert!(entry["lut"].is_null() && entry["areas"] == json!([]));

    let written: Value = serde_json::from_slice(&std::fs::read(place.path("bench/results.json")).unwrap()).unwrap();
    assert_eq!(written["benchmarks"], object["benchmarks"]);
    assert_eq!(names(&written), ["schema", "version", "seed", "benchmarks"]);
    let page = std::fs::read_to_string(place.path("bench/benchmarks.md")).unwrap();
    assert!(page.contains("## B1: 256 -> 256 fully connected") && page.contains("tinyODIN"));
}

#[test]
fn earlier_figures_stay_until_they_are_measured_again() {
    if !have(SIMULATION) {
        return;
    }
    let place = Place::new();
    std::fs::create_dir(place.path("docs")).unwrap();
    let b1 = place.run("bench B1 --activity 5,10 --no-synth --json").json();
    let b3 = place.run("bench B3 --activity 1,5 --no-synth --json").json();
    let read =
        || -> Value { serde_json::from_slice(&std::fs::read(place.path("bench/results.json")).unwrap()).unwrap() };
    assert_eq!(
        read()["benchmarks"],
        json!([b1["benchmarks"][0], b3["benchmarks"][0]]),
        "in the registry's order"
    );
    let page = std::fs::read_to_string(place.path("docs/benchmarks.md")).unwrap();
    for picture in ["bench/b1.svg", "bench/b3.svg"] {
        assert!(page.contains(picture));
        assert!(place.path("docs").join(picture).is_file(), "{picture}");
    }
    // Other random weights are another benchmark: figures of both in one file would not compare.
    place.run("bench B3 --activity 1 --no-synth --seed 2");
    let left = read();
    assert_eq!(
        (left["benchmarks"].as_array().map(Vec::len), &left["seed"]),
        (Some(1), &json!(2))
    );
}

#[test]
fn what_cannot_run_says_so() {
    let place = Place::new();
    let mut text = String::new();
    for line in [
        "bench B9",
        "bench B1 --activity 101",
        "bench B1 --activity 5,-1,NaN",
        "bench B4 --no-synth --model absent.nir --activity 0",
    ] {
        let ran = place.run(line);
        assert_eq!(ran.code, 2, "{line}: {}{}", ran.stdout, ran.stderr);
        text += &format!("$ spikewright {line}\n{}\n", ran.stderr);
        assert!(!place.path("bench").exists(), "{line} wrote something");
    }
    snapshot!(text);
}

/// The page and the figures in the repository belong together and hold every id.
#[test]
fn the_committed_page_is_that_of_the_committed_figures() {
    let results: Value = serde_json::from_slice(&std::fs::read(root().join("bench/results.json")).unwrap()).unwrap();
    let page = std::fs::read_to_string(root().join("docs/benchmarks.md")).unwrap();
    for entry in results["benchmarks"].as_array().expect("a list") {
        let heading = format!(
            "## {} {}",
            entry["id"].as_str().unwrap(),
            entry["case"].as_str().unwrap()
        );
        assert!(page.contains(heading.trim_end()), "{heading}");
        if entry["available"] == json!(true) {
            assert_eq!(
                (&entry["passed"], &entry["mismatches"]),
                (&json!(true), &json!(0)),
                "{heading}"
            );
            let hash = &entry["hash"].as_str().expect("a hash")[..16];
            assert!(page.contains(hash), "{heading}");
        }
    }
    for id in ["B1", "B2", "B3", "B4", "B5"] {
        assert!(page.contains(&format!("\n## {id}")), "{id}");
    }
}

/// The plan's formulas against Verilator in every benchmark that runs without a file: exact for a single core, within 2 %
/// for a chain; beside each row stands the dense baseline.
#[test]
fn predictions_hold_in_every_benchmark() {
    if !have(SIMULATION) {
        return;
    }
    let place = Place::new();
    let ran = place.run("bench --activity 0,1,2 --no-synth --json");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let object = ran.json();
    let mut seen = Vec::new();
    for entry in object["benchmarks"].as_array().expect("a list").iter().filter(|e| e["available"] == json!(true)) {
        let label = format!("{} {}", entry["id"].as_str().unwrap(), entry["case"].as_str().unwrap());
        assert_eq!((&entry["mismatches"], &entry["failures"]), (&json!(0), &json!([])), "{label}");
        let tolerance = if entry["layers"].as_array().is_some_and(|layers| layers.len() == 1) { 0.0 } else { 0.02 };
        let rows = needs::at_least(if label.starts_with("B3") { 1 } else { 3 }, &format!("rows of {label}"), entry["rows"].as_array().expect("rows"));
        for row in rows {
            let number = |field: &str| row[field].as_f64().unwrap_or_else(|| panic!("{field} of {label}: {row}"));
            let (cycles, predicted) = (number("cycles"), number("predicted_cycles"));
            assert!((cycles - predicted).abs() <= tolerance * cycles, "{label}: {row}");
            assert!(number("dense_cycles") > cycles, "{label}: {row}");
            assert!(number("percent_of_peak") <= 100.0, "{label}: {row}");
        }
        seen.push(label);
    }
    for id in ["B1 ", "B2 ", "B3 ", "B4 9-adders", "B4 36-adders", "B4 mnist", "B5 "] {
        assert!(seen.iter().any(|label| label == id), "{id:?} in {seen:?}");
    }
}
