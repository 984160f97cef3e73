//! `spikewright explore`: the sweep, its files, going on where it was, the workflow, and what bad input gets.

#[macro_use]
mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;

use common::{have, root, Place};
use serde_json::{json, Value};

/// Few points of the bundled fully connected net, on 60 images.
const SWEEP: &str = "--bits 3,8 --targets ecp5-25k,ice40-up5k --budgets area,10,25";

fn mnist(more: &str) -> String {
    let folder = root().join("examples/mnist");
    let folder = folder.display();
    format!("explore {folder}/mnist_fc.nir --data {folder} --encode phase:4 --samples 60 {SWEEP} {more}")
}

/// Every file of an exploration, as text.
fn texts(place: &Place, folder: &str) -> BTreeMap<String, String> {
    let files = place.files(folder).into_iter();
    files.map(|(name, bytes)| (name, String::from_utf8(bytes).expect("text"))).collect()
}

/// A net of 28 neurons that fits everything, on random samples.
const SMALL: &str = "explore good.nir --bits 4,8 --targets ice40-up5k,xc7-35t --budgets area,50";

fn explore(place: &Place, line: &str) -> Value {
    let ran = place.run(&format!("{line} --json"));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    ran.json()
}

fn points(object: &Value) -> &Vec<Value> {
    object["points"].as_array().expect("points")
}

fn number(point: &Value, field: &str) -> f64 {
    point[field].as_f64().unwrap_or_else(|| panic!("{field} in {point}"))
}

#[test]
fn the_front_is_what_no_point_of_its_device_beats() {
    let place = Place::new();
    let found = explore(&place, &mnist(""));
    assert_eq!((points(&found).len(), &found["evaluated"], &found["kept"]), (12, &json!(12), &json!(0)));
    let fits: Vec<&Value> = points(&found).iter().filter(|point| point["fits"] == json!(true)).collect();
    // Smaller is better.
    let criteria = |point: &Value| {
        let accuracy = number(point, "accuracy");
        [number(point, "cycles_per_sample"), number(point, "lut"), number(point, "bram"), -accuracy]
    };
    for point in needs::at_least(6, "points that fit", &fits) {
        let own = criteria(point);
        let beats = |other: &&&Value| {
            let theirs = criteria(other);
            other["target"] == point["target"]
                && theirs.iter().zip(&own).all(|(a, b)| a <= b)
                && theirs.iter().zip(&own).any(|(a, b)| a < b)
        };
        let twin = |other: &&&Value| other["target"] == point["target"] && criteria(other) == own;
        let first = fits.iter().find(twin).is_some_and(|other| other["id"] == point["id"]);
        let expected = first && !fits.iter().any(|other| beats(&other));
        assert_eq!(point["on_front"], json!(expected), "{point}");
        let front = found["front"].as_array().expect("a list");
        assert_eq!(front.contains(&point["id"]), expected);
        let speed = number(point, "clock_mhz") * 1e6 / number(point, "cycles_per_sample");
        assert!((number(point, "samples_per_second") / speed - 1.0).abs() < 1e-9, "{point}");
    }
    assert!(found["front"].as_array().is_some_and(|front| front.len() >= 3), "{}", found["front"]);
    // 784 x 128 weights do not fit 120 kbit, and the point says by how much.
    let of_ice40 = points(&found).iter().filter(|point| point["target"] == json!("ice40-up5k"));
    for point in needs::at_least(4, "points of ice40", of_ice40) {
        let problem = point["problem"].as_str().expect("a reason");
        assert!(problem.contains("block RAM") && problem.contains("the device has 30"), "{problem}");
        assert_eq!((&point["fits"], &point["on_front"], &point["lut"]), (&json!(false), &json!(false), &Value::Null));
    }
    // The golden model's accuracy at that width, and the cycles that `cosim` predicts for the first samples.
    let folder = root().join("examples/mnist");
    let run = place.run(&format!(
        "run {0}/mnist_fc.nir --data {0} --encode phase:4 --samples 60 --weight-bits 3 --json",
        folder.display()
    ));
    let three = points(&found).iter().find(|point| point["weight_bits"] == json!(3)).expect("a point");
    assert_eq!(three["accuracy"], run.json()["accuracy"]);
    for file in ["front.json", "front.svg", "widths/w3.json", "points/w8_ecp5-25k_b25.json"] {
        assert!(place.path("explore").join(file).is_file(), "{file}");
    }
    let picture = std::fs::read_to_string(place.path("explore/front.svg")).unwrap();
    assert!(picture.starts_with("<svg") && picture.contains("ecp5-25k at 100 MHz") && picture.contains("3 bits"));
}

/// `build` with the flags that a point names makes that plan: also where a scan visits touched words only.
#[test]
fn a_point_can_be_built() {
    let place = Place::new();
    let cnn = root().join("examples/mnist/mnist_cnn.nir");
    let touched = format!("explore {} --activity 1 --bits 4 --targets ecp5-85k --budgets 25 --out cnn", cnn.display());
    let mut scans = Vec::new();
    for line in [SMALL, touched.as_str()] {
        let found = explore(&place, line);
        let point = &points(&found)[0];
        let ran = place.run(&format!("build {} --out out", point["build"].as_str().expect("flags")));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let manifest: Value = serde_json::from_slice(&std::fs::read(place.path("out/manifest.json")).unwrap()).unwrap();
        assert_eq!(manifest["target"], point["target"]);
        for (a, b) in point["layers"].as_array().unwrap().iter().zip(manifest["layers"].as_array().unwrap()) {
            let planned = (&a["lanes"], &a["banks"], &a["queue"], &a["core"], &a["scan"]);
            assert_eq!(planned, (&b["lanes"], &b["banks"], &b["fifo_depth"], &b["core"], &b["scan"]));
            scans.push(a["scan"].clone());
        }
    }
    assert!(scans.contains(&json!("touched")) && scans.contains(&json!("all")), "{scans:?}");
}

#[test]
fn a_second_run_goes_on_where_the_first_was() {
    let place = Place::new();
    let whole = explore(&place, SMALL);
    let before = texts(&place, "explore");
    let again = explore(&place, SMALL);
    assert_eq!((&again["evaluated"], &again["kept"]), (&json!(0), &json!(8)));
    assert_eq!(again["points"], whole["points"]);
    // Cut short: one point is missing, one was half written by something else, and a width is gone.
    std::fs::remove_file(place.path("explore/points/w4_xc7-35t_b50.json")).unwrap();
    std::fs::remove_file(place.path("explore/widths/w4.json")).unwrap();
    let text = std::fs::read(place.path("explore/points/w8_ice40-up5k_area.json")).unwrap();
    place.write("explore/points/w8_ice40-up5k_area.json", &text[..text.len() / 2]);
    let rest = explore(&place, SMALL);
    assert_eq!((&rest["evaluated"], &rest["kept"]), (&json!(2), &json!(6)));
    assert_eq!(rest["points"], whole["points"]);
    assert_eq!(texts(&place, "explore"), before, "the same bytes, and nothing else");
    // Other settings are other results.
    let faster = explore(&place, &format!("{SMALL} --clock 50"));
    assert_eq!((&faster["evaluated"], &faster["kept"]), (&json!(8), &json!(0)));
    let wider = explore(&place, &format!("{SMALL} --clock 50 --activity 20"));
    assert_eq!(wider["evaluated"], json!(8));
}

/// Field names, and what does not depend on estimates.
#[test]
fn the_object_is_as_documented() {
    let place = Place::new();
    let mut object = explore(&place, "explore good.nir --data spikes.npz --bits 4 --targets xc7-35t --budgets area");
    for point in object["points"].as_array_mut().expect("points") {
        for field in ["cycles_per_sample", "samples_per_second", "lut", "ff", "bram", "dsp", "share"] {
            assert!(point[field].is_number(), "{field}");
            point[field] = json!("a number");
        }
    }
    object["version"] = json!("a version");
    snapshot!(format!("{object:#}"));
}

#[test]
fn the_front_is_measured_when_asked() {
    if !have(&["yosys", "verilator", "g++"]) {
        return;
    }
    let place = Place::new();
    let line = "explore good.nir --bits 4 --targets ice40-up5k --budgets area --measure";
    let found = explore(&place, line);
    let measured = &points(&found)[0]["measured"];
    assert_eq!((&measured["mismatches"], &measured["fits"]), (&json!(0), &json!(true)), "{measured}");
    assert!(number(measured, "lut") > 0.0 && number(measured, "ff") > 0.0, "{measured}");
    assert_eq!(measured["cycles_per_sample"].as_array().map(Vec::len), Some(4));
    assert!(place.path("explore/designs/w4_ice40-up5k_area/manifest.json").is_file());
    // What was measured is kept too.
    let again = explore(&place, line);
    assert_eq!((&again["kept"], &again["points"]), (&json!(1), &found["points"]));
}

/// Snakemake of `.venv-snakemake` (tools/setup --tests), else of the path.
fn snakemake() -> Option<PathBuf> {
    let own = root().join(".venv-snakemake/bin/snakemake");
    let found = [own, PathBuf::from("snakemake")].into_iter().find(|program| {
        let said = std::process::Command::new(program).arg("--version").output();
        said.is_ok_and(|said| said.status.success())
    });
    let missing: &[String] = if found.is_some() { &[] } else { &["snakemake (tools/setup --tests)".to_string()] };
    needs::nothing_missing(missing).then_some(found)?
}

/// One job per width and per point on Snakemake's local executor; the front is that of a plain run.
#[test]
fn the_workflow_gives_the_same_front() {
    let Some(snakemake) = snakemake() else { return };
    let place = Place::new();
    let plain = explore(&place, &format!("{SMALL} --out plain"));
    let ran = place.run(&format!("{SMALL} --out spread --workflow"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let program = env!("CARGO_BIN_EXE_spikewright");
    let line = format!("--snakefile spread/Snakefile --cores 2 --nocolor --config spikewright={program}");
    let run = || place.tool(&snakemake.display().to_string(), &line);
    let first = run();
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    let log = format!("{}{}", first.stdout, first.stderr);
    assert!(log.contains("rule point:") && log.contains("rule width:") && log.contains("rule front:"), "{log}");
    for folder in ["points", "widths"] {
        let written = |of: &str| texts(&place, &format!("{of}/{folder}"));
        assert_eq!(written("plain"), written("spread"), "{folder}");
    }
    let front = |of: &str| std::fs::read_to_string(place.path(of).join("front.json")).unwrap();
    assert_eq!(front("plain"), front("spread"));
    assert_eq!(plain["points"], explore(&place, &format!("{SMALL} --out spread"))["points"]);
    let second = run();
    assert!(format!("{}{}", second.stdout, second.stderr).contains("Nothing to be done"), "{}", second.stderr);
}

#[test]
fn bad_input() {
    let place = Place::new();
    place.write("file", b"x");
    let mut text = String::new();
    for line in [
        "explore",
        "explore absent.nir",
        "explore nan.nir",
        "explore good.nir --bits 1,8,17",
        "explore good.nir --bits four",
        "explore good.nir --targets ecp5-99k --budgets 0,huge --clock 0",
        "explore good.nir --weight-bits 8 --target xc7-35t --objective area",
        "explore good.nir --activity 101",
        "explore good.nir --out file",
        "explore good.nir --point w9_ecp5-25k_area",
        "explore good.nir --width 5",
        "explore good.nir --workflow --measure",
        "plan good.nir --clock 0.5",
        "plan good.nir --activity -1",
    ] {
        let ran = place.run(line);
        assert_eq!(ran.code, 2, "{line}: {}{}", ran.stdout, ran.stderr);
        text += &format!("$ spikewright {line}\n{}\n", ran.stderr);
        assert!(!place.path("explore").exists(), "{line} wrote something");
    }
    snapshot!(text);
}
