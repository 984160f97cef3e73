//! Samples as frameworks and event libraries write them, from file to folder: axes, events in columns, empty samples, labels.

#[macro_use]
mod common;

use common::Place;
use needs::npy;

/// (step, polarity, y, x) on the 2x6x5 map of residual.nir.
fn events() -> impl Iterator<Item = [usize; 4]> {
    (0..90).map(|i| [i / 9, i * 7 % 2, i * 5 % 6, i * 3 % 5])
}

/// The events as [step, y, x, polarity], and as columns t, p, x, y (milliseconds are steps).
fn files(place: &Place) {
    let mut frames = vec![0; 10 * 2 * 6 * 5];
    let mut table = Vec::new();
    for [t, p, y, x] in events() {
        frames[((t * 6 + y) * 5 + x) * 2 + p] += 1;
        table.extend((1000 * t as i64).to_le_bytes());
        table.extend([p as u8, x as u8, y as u8]);
    }
    place.write("frames.npy", &npy("'|u1'", "(10, 6, 5, 2)", &frames));
    place.write("events.npy", &npy("[('t', '<i8'), ('p', '|b1'), ('x', '|u1'), ('y', '|u1')]", "(90,)", &table));
}

#[test]
fn frames_and_events_are_the_same_sample_and_build_the_same_folder() {
    let place = Place::new();
    files(&place);
    let net = "residual.nir --dt 1e-4 --name chip";
    let ran = |flags: &str| place.run(&format!("run {net} {flags} --json")).json();
    let (frames, table) = (ran("--data frames.npy --axes tyxp"), ran("--data events.npy --bin 1ms"));
    assert_eq!(frames, table);
    assert!(frames["input_spikes"] == 90.0 && frames["spikes_per_layer"][0].as_f64() > Some(10.0), "{frames}");
    for (out, flags) in [("one", "--data frames.npy --axes tyxp"), ("two", "--data events.npy --bin 1ms")] {
        assert_eq!(place.run(&format!("build {net} {flags} --out {out}")).code, 0, "{flags}");
    }
    assert!(place.files("one") == place.files("two"));
    assert_eq!(place.run("build --config one/spikewright.toml --out three").code, 0);
    assert!(place.files("one") == place.files("three"), "the folder needs no --axes");
}

#[test]
fn what_is_wrong_with_samples_is_said() {
    let place = Place::new();
    files(&place);
    place.write("empty.npy", &npy("'|u1'", "(0, 4)", &[]));
    place.write("folder/0.npy", &npy("'|u1'", "(1, 4)", &[1; 4]));
    place.write("folder/1.npy", &npy("'|u1'", "(0, 4)", &[]));
    for at in 0..2 {
        place.write(&format!("from_one/{at}.npy"), &npy("'|u1'", "(1, 4)", &[1; 4]));
    }
    place.write("from_one/labels.txt", b"0 1\n1 2\n");
    let mut text = String::new();
    for line in [
        "run residual.nir --dt 1e-4 --data frames.npy",
        "run residual.nir --dt 1e-4 --data frames.npy --axes yxp",
        "run residual.nir --dt 1e-4 --data events.npy",
        "run residual.nir --dt 1e-4 --data events.npy --bin 1ms --axes tcyx",
        "run good.nir --data empty.npy",
        "cosim good.nir --data empty.npy",
        "build good.nir --data empty.npy --out out",
        "check good.nir --data folder",
        "cosim good.nir --data folder --multiplicity 1",
        "cosim good.nir --steps 0",
        "cosim good.nir --samples 0",
        "build good.nir --steps 0 --out out",
        "run good.nir --data from_one",
        "check good.nir --data from_one",
    ] {
        let ran = place.run(line);
        assert_eq!(ran.code, 2, "{line}: {}{}", ran.stdout, ran.stderr);
        text += &format!("$ spikewright {line}\n{}\n", ran.stderr);
    }
    assert!(!place.path("out").exists(), "nothing half-written");
    snapshot!(text);
}
