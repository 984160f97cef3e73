//! Nets that no listed device holds: inspected, simulated and emitted without one.

mod common;

use std::path::Path;
use std::time::Duration;

use common::{have, large, Place};
use net::data::trace_file;
use serde_json::Value;

/// A place with 784-700-10, which ecp5-85k does not hold, and a sample of two steps.
fn middle() -> Place {
    let place = Place::new();
    large::middle(&place.path("middle.nir"));
    large::sample(&place.path("middle.npy"), 784, 2, 5);
    place
}

fn adders(object: &Value) -> u64 {
    object["layers"].as_array().unwrap().iter().map(|layer| layer["adders"].as_u64().unwrap()).sum()
}

#[test]
fn a_net_that_the_usual_device_does_not_hold_needs_none() {
    let place = middle();
    for command in ["inspect", "check", "plan"] {
        let ran = place.run(&format!("{command} middle.nir --json"));
        assert_eq!(ran.code, 0, "{command}: {}", ran.stderr);
        let warnings = ran.json()["warnings"].to_string();
        for text in ["ecp5-85k (the default) does not hold the net", "the device has 208", "--target none --adders 512"] {
            assert!(ran.stderr.contains(text) && warnings.contains(text), "{command}: {warnings}\n{}", ran.stderr);
        }
    }
    let (plan, inspected) = (place.run("plan middle.nir --json").json(), place.run("inspect middle.nir --json").json());
    assert_eq!((&plan["target"], &plan["most_adders"], &inspected["target"]), (&"none".into(), &512.into(), &"none".into()));
    assert!(adders(&plan) <= 512);
    assert!(place.run("inspect middle.nir").stdout.contains("adders, of 512 at most\n"));
    let ran = place.run("run middle.nir --data middle.npy");
    assert!(ran.code == 0 && ran.stdout.contains("1 samples"), "{}", ran.stderr);
    // Where the user says so nobody is warned.
    let told = place.run("plan middle.nir --target none --json");
    assert_eq!(told.stderr, "");
    assert_eq!((&told.json()["layers"], &told.json()["warnings"]), (&plan["layers"], &Value::Array(Vec::new())));
    // Several of the usual device do not hold it either, where one layer alone is too large.
    let chips = place.run("plan middle.nir --chips 2 --json");
    assert_eq!((chips.code, &chips.json()["target"], &chips.json()["chips"][0]["share"]), (0, &"none".into(), &Value::Null), "{}", chips.stderr);
}

#[test]
fn a_device_that_the_user_names_must_hold_it() {
    let place = middle();
    for command in ["inspect", "check", "plan", "cosim", "build --out out"] {
        let ran = place.run(&format!("{command} middle.nir --target ecp5-85k --json"));
        assert_eq!(ran.code, 2, "{command}: {}", ran.stdout);
        let error = &ran.json()["errors"][0];
        assert_eq!((&error["code"], &error["path"]), (&"does-not-fit".into(), &"--target".into()), "{command}");
        assert!(error["remedy"].as_str().unwrap().contains("--target none"), "{error}");
    }
    assert!(!place.path("out").exists());
    // What the usual device holds is planned for it.
    assert_eq!(place.run("inspect good.nir --json").json()["target"], "ecp5-85k");
}

#[test]
fn adders_are_what_a_plan_without_a_device_is_short_of() {
    let place = middle();
    let plan = |flags: &str| {
        let ran = place.run(&format!("plan middle.nir --target none {flags} --json"));
        assert_eq!(ran.code, 0, "{flags}: {}", ran.stderr);
        ran.json()
    };
    let pace = |plan: &Value| plan["cycles_per_step"].as_f64().unwrap();
    let (few, some, many) = (plan("--adders 5"), plan("--adders 20"), plan("--adders 5000"));
    assert!(adders(&few) <= 5 && adders(&some) <= 20 && adders(&some) > 10, "{} and {}", adders(&few), adders(&some));
    assert!(pace(&few) > pace(&some) && pace(&some) > pace(&many));
    assert_eq!(adders(&plan("--objective area")), 2, "one for each core");
    // On a device they count beside what it has.
    let on_device = |flags: &str| adders(&place.run(&format!("plan good.nir --objective latency {flags} --json")).json());
    assert!(on_device("") > 3 && on_device("--adders 3") <= 3);
    let few = place.run("plan good.nir --adders 1 --json");
    assert_eq!((few.code, &few.json()["errors"][0]["code"]), (2, &"too-few-adders".into()), "{}", few.stdout);
}

#[test]
fn a_folder_without_a_device_is_whole() {
    let place = middle();
    let built = place.run("build middle.nir --data middle.npy --out out --json");
    assert_eq!((built.code, &built.json()["target"]), (0, &"none".into()), "{}", built.stderr);
    let read = |name: &str| String::from_utf8(std::fs::read(place.path(name)).unwrap()).unwrap();
    let (settings, readme) = (read("out/spikewright.toml"), read("out/README.md"));
    assert!(settings.contains("\ntarget = \"none\"\n") && settings.contains("\nadders = 512\n"), "{settings}");
    assert!(readme.contains("Planned without a device") && !readme.contains("constraints/"), "{readme}");
    assert!(!place.path("out/constraints").exists());
    let again = place.run("build --config out/spikewright.toml --out again");
    assert_eq!((again.code, again.stderr.contains("warning")), (0, false), "{}", again.stderr);
    assert_eq!(place.files("out"), place.files("again"));
    if !have(&["verilator", "g++"]) {
        return;
    }
    for line in ["cosim out --stall 0.2 --json", "cosim middle.nir --data middle.npy --json"] {
        let ran = place.run(line);
        let found = ran.json();
        assert_eq!((ran.code, &found["mismatches"], &found["target"]), (0, &0.into(), &"none".into()), "{line}: {}", ran.stderr);
        assert_eq!(found["predicted_cycles_per_sample"][0].as_u64().is_some(), true);
    }
}

/// The most memory that a run of the program held, in MB.
fn memory(place: &Place, line: &str) -> u64 {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_spikewright"))
        .args(line.split_whitespace())
        .current_dir(place.path(""))
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("spikewright starts");
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    let code = loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        most = most.max(peak.unwrap_or(0));
        match child.try_wait().expect("a process of this test") {
            Some(status) => break status.code(),
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    assert_eq!(code, Some(0), "{line}");
    most / 1024
}

/// Most memory of a plan of VGG-11, in MB: each of its hundreds of candidates must not hold a copy of the weights.
const MOST_MEMORY: u64 = 300;

#[test]
fn planning_vgg11_takes_little_memory() {
    let place = Place::new();
    large::vgg11(&place.path("vgg11.nir"));
    large::sample(&place.path("vgg11.npy"), 3072, 2, 5);
    for flags in ["", "--data vgg11.npy", "--data vgg11.npy --chips 3", "--target none --adders 2000 --cores 16"] {
        let most = memory(&place, &format!("plan vgg11.nir {flags}"));
        assert!((20..MOST_MEMORY).contains(&most), "{flags}: {most} MB");
    }
}

/// Each layer of a large net spikes in 5 % of its neurons and more, and the whole runs in lockstep (VGG-11: a minute and a half).
fn large_net_in_lockstep(name: &str, inputs: usize, write: fn(&Path)) {
    if std::env::var_os("SPIKEWRIGHT_FULL").is_none() || !have(&["verilator", "g++"]) {
        return;
    }
    let place = Place::new();
    write(&place.path(&format!("{name}.nir")));
    large::sample(&place.path("0.npy"), inputs, 4, 5);
    let ran = place.run(&format!("run {name}.nir --data 0.npy --trace trace.npz"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let spikes = trace_file::read(&place.path("trace.npz")).unwrap().into_iter().filter(|(key, _)| key.ends_with("_if/spikes"));
    for (key, array) in spikes {
        let neurons = array.data.len() / array.shape[0];
        let fired = (0..neurons).filter(|n| array.data.iter().skip(*n).step_by(neurons).any(|count| *count > 0.0)).count();
        assert!(20 * fired >= neurons, "{key}: {fired} of {neurons} fire");
    }
    let ran = place.run(&format!("inspect {name}.nir --json"));
    assert_eq!((ran.code, &ran.json()["target"]), (0, &"none".into()), "{}", ran.stderr);
    let ran = place.run(&format!("cosim {name}.nir --data 0.npy --json"));
    assert_eq!((ran.code, &ran.json()["mismatches"]), (0, &0.into()), "{}", ran.stderr);
}

#[test]
fn vgg11_runs_in_lockstep() {
    large_net_in_lockstep("vgg11", 3072, large::vgg11);
}

#[test]
fn a_wide_net_runs_in_lockstep() {
    large_net_in_lockstep("wide", 784, large::wide);
}
