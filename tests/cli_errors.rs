//! What bad input gets: every message is a snapshot; exit code 2; nothing half-written.

#[macro_use]
mod common;

use common::Place;

/// Runs each line, all of which must be bad input, and gives the transcript.
fn transcript(place: &Place, lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        let ran = place.run(line);
        assert_eq!(ran.code, 2, "{line}: {}{}", ran.stdout, ran.stderr);
        text += &format!("$ spikewright {line}\n{}\n", ran.stderr);
    }
    text
}

#[test]
fn bad_nets() {
    let place = Place::new();
    let good = std::fs::read(place.path("good.nir")).unwrap();
    place.write("truncated.nir", &good[..3000]);
    place.write("text.nir", b"this is no HDF5 file\n");
    place.write("empty.nir", b"");
    snapshot!(transcript(
        &place,
        &[
            "check absent.nir",
            "check text.nir",
            "check empty.nir",
            "check truncated.nir",
            "check unsupported.nir",
            "check dangling.nir",
            "check misnamed.nir",
            "check shapes.nir",
            "check nan.nir",
            "check threshold.nir",
        ],
    ));
}

#[test]
fn bad_choices() {
    let place = Place::new();
    place.write(
        "wrong.toml",
        b"net = \"good.nir\"\nwieght_bits = 8\nscale = \"big\"\n[layer.fc1]\nlanes = -1\n",
    );
    place.write("layer.toml", b"net = \"good.nir\"\n[layer.conv7]\nweight_bits = 4\n");
    snapshot!(transcript(
        &place,
        &[
            "check",
            "check good.nir --weight-bits 17",
            "check good.nir --weight-bits 1",
            "check good.nir --membrane-bits 4",
            "check good.nir --membrane-bits 99",
            "check good.nir --multiplicity 0",
            "check good.nir --multi-spike 0",
            "check good.nir --name module",
            "check good.nir --name 7up",
            "check good.nir --lanes fc1",
            "check good.nir --lanes fc9=2",
            "check good.nir --lanes fc1=99",
            "check good.nir --banks fc1=2x2",
            "check good.nir --scan fc1=some",
            "check good.nir --scan fc1=touched",
            "check good.nir --readout membrane",
            "check good.nir --target ecp5-99k",
            "check good.nir --adders 0",
            "check good.nir --target none --adders 1",
            "check good.nir --target none --adders 2 --core fc1=parallel",
            "check --config absent.toml",
            "check --config wrong.toml",
            "check --config layer.toml",
        ],
    ));
}

#[test]
fn bad_data() {
    let place = Place::new();
    place.example("mnist_cnn.nir");
    let idx = |magic: u8, sizes: &[u32], bytes: usize| {
        let mut file = vec![0, 0, 8, magic];
        sizes.iter().for_each(|size| file.extend(size.to_be_bytes()));
        file.extend(vec![0u8; bytes]);
        file
    };
    place.write("counts/t10k-images-idx3-ubyte", &idx(3, &[2, 28, 28], 2 * 784));
    place.write("counts/t10k-labels-idx1-ubyte", &idx(1, &[3], 3));
    place.write("size/t10k-images-idx3-ubyte", &idx(3, &[1, 14, 14], 196));
    place.write("size/t10k-labels-idx1-ubyte", &idx(1, &[1], 1));
    place.write("short/t10k-images-idx3-ubyte", &idx(3, &[2, 28, 28], 784));
    place.write("short/t10k-labels-idx1-ubyte", &idx(1, &[2], 2));
    // 40-bit events: x, y, polarity and 23 bits of microseconds.
    place.write("off/0.bs2", &[30, 3, 0, 0, 9]);
    place.write("backwards/0.bs2", &[3, 3, 0, 9, 0, 3, 3, 0, 1, 0]);
    place.write("nothing/readme.txt", b"no data");
    snapshot!(transcript(
        &place,
        &[
            "run mnist_cnn.nir",
            "run mnist_cnn.nir --data absent",
            "run mnist_cnn.nir --data nothing",
            "run mnist_cnn.nir --data counts",
            "run mnist_cnn.nir --data counts --encode phase:8",
            "run mnist_cnn.nir --data size --encode phase:8",
            "run mnist_cnn.nir --data short --encode phase:8",
            "run mnist_cnn.nir --data counts --encode rate:8",
            "run mnist_cnn.nir --data counts --encode phase:8 --steps 9",
            "run mnist_cnn.nir --data off",
            "run mnist_cnn.nir --data off --bin 1ms",
            "run mnist_cnn.nir --data off --bin soon",
            "run mnist_cnn.nir --data backwards --bin 1ms",
            "run good.nir --data spikes.npz --samples 2",
            "run good.nir --data spikes.npz --sample 1 --trace t.npz",
            "run good.nir --data spikes.npz --compare absent.npz",
            "run good.nir --data spikes.npz --trace absent/t.npz",
        ],
    ));
}

#[test]
fn bad_folders_and_tools() {
    let place = Place::new();
    place.write("thesis/chapter1.tex", b"x");
    place.write("file", b"x");
    snapshot!(transcript(
        &place,
        &[
            "build good.nir --out thesis",
            "build good.nir --out thesis --force",
            "build good.nir --out file",
            "build good.nir --out file/below",
            "build good.nir --out .",
            "cosim absent",
            "run thesis --data spikes.npz",
            "cosim thesis",
            "cosim good.nir --stall 2",
            "cosim good.nir --waves layer=fc1",
            "cosim good.nir --waves sample=9",
            "cosim good.nir --waves sample=0,layer=fc9",
        ],
    ));
    let no_build = place.run_with("synth thesis", &[("SPIKEWRIGHT_YOSYS", "/absent/yosys")]);
    assert_eq!(no_build.code, 2);
    snapshot!("synth_of_no_build", no_build.stderr);
    assert_eq!(place.run("build good.nir --out out").code, 0);
    let missing = place.run_with("synth out", &[("SPIKEWRIGHT_YOSYS", "/absent/yosys")]);
    assert_eq!(missing.code, 2);
    snapshot!("a_missing_tool", missing.stderr);
    assert_eq!(place.files("thesis").len(), 1);
}

#[test]
fn memory_files_that_no_simulator_reads() {
    let place = Place::new();
    assert_eq!(place.run("build good.nir --out out").code, 0);
    let path = "out/mem/good_fc1_weights.hex";
    let good = std::fs::read_to_string(place.path(path)).unwrap();
    let mut text = String::new();
    for edited in [
        good.replacen('\n', "z\n", 1),
        format!("{good}0\n"),
        good.replacen('\n', "\n\n", 1),
        good.replacen('0', "", 1) + "// a comment\n",
    ] {
        place.write(path, edited.as_bytes());
        text += &transcript(&place, &["cosim out"]);
    }
    snapshot!(text);
}

#[test]
fn mistakes_in_flags_are_objects_too() {
    let place = Place::new();
    let mut text = String::new();
    for line in [
        "--json",
        "run --bogus --json",
        "check good.nir --reset never --json",
        "frobnicate --json",
        "build good.nir --json",
    ] {
        let ran = place.run(line);
        assert_eq!((ran.code, ran.stderr.as_str()), (2, ""), "{line}");
        text += &format!("$ spikewright {line}\n{:#}\n", ran.json()["errors"]);
    }
    snapshot!(text);
}

#[test]
fn errors_as_json_have_five_parts() {
    let place = Place::new();
    let ran = place.run("check nan.nir --json");
    assert_eq!((ran.code, ran.stderr.as_str()), (2, ""));
    let object = ran.json();
    assert_eq!(object["schema"], 1);
    assert_eq!(object["version"], env!("CARGO_PKG_VERSION"));
    for part in ["code", "path", "value", "limit", "remedy"] {
        assert!(object["errors"][0][part].is_string(), "{part} in {object}");
    }
}

#[test]
fn nothing_half_written() {
    let place = Place::new();
    for net in ["nan.nir", "shapes.nir", "threshold.nir", "unsupported.nir"] {
        assert_eq!(place.run(&format!("build {net} --out out")).code, 2);
        assert!(!place.path("out").exists(), "{net}");
    }
    assert_eq!(
        place.run("build good.nir --data spikes.npz --samples 7 --out out").code,
        2
    );
    assert!(!place.path("out").exists());
    let left: Vec<_> = std::fs::read_dir(place.path("."))
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert!(
        left.iter().all(|name| !name.to_string_lossy().starts_with('.')),
        "{left:?}"
    );
}
