//! The commands on good input: figures, folders, reproducibility, and checks that must be able to fail.

#[macro_use]
mod common;

use common::{have, root, Place};
use needs::fault;

#[test]
fn run_prints_the_documented_fields() {
    let place = Place::new();
    let ran = place.run("run good.nir --data spikes.npz --seed 7 --json");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let object = ran.json();
    snapshot!(format!("{object:#}"));
}

#[test]
fn the_bundled_images_give_the_known_accuracy() {
    let place = Place::new();
    let data = root().join("examples/mnist");
    let line = format!(
        "run {0}/mnist_fc.nir --data {0} --encode phase:16 --samples 200 --json",
        data.display()
    );
    let object = place.run(&line).json();
    assert!(
        object["accuracy"].as_f64().is_some_and(|accuracy| accuracy > 0.96),
        "{object}"
    );
    assert_eq!(object["layers"], serde_json::json!(["fc1", "fc2"]));
}

#[test]
fn float_and_integers_agree_where_weights_are_integers() {
    let place = Place::new();
    assert_eq!(
        place
            .run("run good.nir --data spikes.npz --float --trace float.npz")
            .code,
        0
    );
    assert_eq!(
        place
            .run("run good.nir --data spikes.npz --quantise none --compare float.npz")
            .code,
        0
    );
    let other = place.run("run good.nir --data spikes.npz --reset zero --compare float.npz");
    assert_eq!(other.code, 1);
    snapshot!(other.stdout);
}

/// A net whose threshold and leak no integers of 8 bits hold.
#[test]
fn floats_need_no_quantiser() {
    let place = Place::new();
    place.write("five.npy", &needs::npy("'|u1'", "(3, 5)", &[1; 15]));
    let random = place.run("run faint.nir --dt 1e-4 --data five.npy --float --json");
    assert_eq!(random.code, 0, "{}", random.stderr);
    let object = random.json();
    assert_eq!((&object["model"], object["spikes_per_layer"][0].as_f64() > Some(0.0)), (&serde_json::json!("float"), true));
    assert_eq!(place.run("run faint.nir --dt 1e-4 --data five.npy --float --trace out.npz").code, 0);
    assert_eq!(place.run("run faint.nir --dt 1e-4 --data five.npy --float --compare out.npz").code, 0);
    let refused = place.run("run faint.nir --dt 1e-4 --data five.npy");
    assert!(refused.code == 2 && refused.stderr.contains("threshold-range"), "{}", refused.stderr);
    assert_eq!(place.run("run faint.nir --dt 1e-4 --float").code, 2, "no data");
}

#[test]
fn the_same_input_gives_the_same_bytes_and_a_folder_rebuilds_itself() {
    let place = Place::new();
    for out in ["one", "deep/two"] {
        let ran = place.run(&format!(
            "build good.nir --data spikes.npz --weight-bits 6 --lanes fc1=2 --out {out}"
        ));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    assert_eq!(place.run("build --config one/spikewright.toml --out three").code, 0);
    let one = place.files("one");
    assert!(one.len() > 12, "{}", one.len());
    for out in ["deep/two", "three"] {
        let other = place.files(out);
        for ((path, bytes), (other_path, other_bytes)) in one.iter().zip(&other) {
            assert_eq!(path, other_path);
            assert!(bytes == other_bytes, "{out}/{path} differs");
        }
        assert_eq!(one.len(), other.len());
    }
}

#[test]
fn random_stimulus_rebuilds_too() {
    let place = Place::new();
    assert_eq!(place.run("build good.nir --seed 5 --out one").code, 0);
    assert_eq!(place.run("build --config one/spikewright.toml --out two").code, 0);
    assert!(place.files("one") == place.files("two"));
    assert_eq!(place.run("build good.nir --seed 6 --out other").code, 0);
    assert!(place.files("one") != place.files("other"), "the seed has an effect");
}

#[test]
fn hand_edited_files_need_force() {
    let place = Place::new();
    let build = "build good.nir --data spikes.npz --out out";
    assert_eq!(place.run(build).code, 0);
    let before = place.files("out");
    place.write("out/tb/expected.hex", b"edited\n");
    place.write("out/notes.txt", b"mine\n");
    let refused = place.run(build);
    assert_eq!(refused.code, 2);
    snapshot!(refused.stderr);
    assert_eq!(place.run(&format!("{build} --force")).code, 0);
    let after: Vec<_> = place
        .files("out")
        .into_iter()
        .filter(|(path, _)| path != "notes.txt")
        .collect();
    assert!(before == after);
    assert_eq!(std::fs::read(place.path("out/notes.txt")).unwrap(), b"mine\n");
}

#[test]
fn the_manifest_describes_the_folder() {
    let place = Place::new();
    let built = place.run("build good.nir --data spikes.npz --out out --json").json();
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(place.path("out/manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["hash"], built["hash"]);
    assert_eq!(manifest["top"], "good");
    assert_eq!(manifest["stream"]["input"]["stream_bits"], 32);
    assert_eq!(manifest["input"]["multiplicity"], 1);
    let files = manifest["files"].as_object().unwrap();
    let mut listed: Vec<_> = files.keys().cloned().chain(["manifest.json".to_string()]).collect();
    listed.sort();
    assert_eq!(
        listed,
        place.files("out").into_iter().map(|(path, _)| path).collect::<Vec<_>>()
    );
}

#[test]
fn init_writes_settings_that_check_reads() {
    let place = Place::new();
    assert_eq!(
        place.run("init good.nir --weight-bits 5 --out settings/mine.toml").code,
        2,
        "no such folder"
    );
    assert_eq!(place.run("init good.nir --weight-bits 5").code, 0);
    assert_eq!(place.run("init good.nir").code, 2, "not overwritten");
    let text = std::fs::read_to_string(place.path("spikewright.toml")).unwrap();
    assert!(
        text.contains("[layer.fc1]") && text.contains("weight_bits = 5"),
        "{text}"
    );
    let checked = place.run("inspect --config spikewright.toml --json").json();
    assert_eq!(checked["reports"][0]["weight_bits"], 5);
    let flag = place
        .run("inspect --config spikewright.toml --weight-bits 7 --json")
        .json();
    assert_eq!(flag["reports"][0]["weight_bits"], 7, "a flag wins");
}

#[test]
fn inspect_reads_well() {
    snapshot!(Place::new().run("inspect good.nir").stdout);
}

#[test]
fn the_support_matrix_is_current() {
    let printed = Place::new().run("nodes --markdown").stdout;
    let written = std::fs::read_to_string(root().join("docs/support.md")).unwrap();
    assert!(
        printed == written,
        "run: spikewright nodes --markdown > docs/support.md"
    );
}

#[test]
fn doctor_names_an_install_command_for_each_tool() {
    let object = Place::new().run("doctor --json").json();
    let tools = object["tools"].as_array().unwrap();
    assert!(tools.len() >= 6);
    assert!(
        tools
            .iter()
            .all(|tool| tool["install"].as_str().is_some_and(|text| !text.is_empty())),
        "{object}"
    );
    let missing = Place::new().run_with("doctor --json", &[("SPIKEWRIGHT_YOSYS", "/absent/yosys")]);
    assert_eq!(
        (missing.code, missing.json()["missing"][0].as_str()),
        (1, Some("yosys"))
    );
}

#[test]
fn help_explains_every_flag() {
    let place = Place::new();
    for command in [
        "demo", "doctor", "nodes", "init", "inspect", "check", "run", "build", "cosim", "synth",
    ] {
        let help = place.run(&format!("{command} -h"));
        assert_eq!(help.code, 0);
        let flags: Vec<_> = help
            .stdout
            .lines()
            .filter(|line| line.trim_start().starts_with("--"))
            .collect();
        for pair in help.stdout.lines().collect::<Vec<_>>().windows(2) {
            let bare = pair[0].trim_start().starts_with("--") && !pair[0].trim().contains("  ");
            assert!(
                !bare || !pair[1].trim().is_empty(),
                "{command}: {} has no help",
                pair[0]
            );
        }
        assert!(!flags.is_empty(), "{command}");
    }
}

#[test]
fn lockstep_passes_and_finds_one_changed_hex_digit() {
    if !have(&["verilator", "g++"]) {
        return;
    }
    let place = Place::new();
    let built = place.run("build good.nir --data spikes.npz --out out --json").json();
    let from_net = place.run("cosim good.nir --data spikes.npz --stall 0.3 --json");
    assert_eq!(from_net.code, 0, "{}{}", from_net.stdout, from_net.stderr);
    let from_net = from_net.json();
    assert_eq!(from_net["mismatches"], 0);
    assert!(from_net["spikes_compared"].as_u64() > Some(0) && from_net["membrane_writes_compared"].as_u64() > Some(0));
    let from_folder = place.run("cosim out --json").json();
    assert_eq!(
        (&from_folder["mismatches"], &from_folder["hash"]),
        (&0.into(), &built["hash"])
    );
    assert_eq!(from_net["hash"], built["hash"]);

    let weights = place
        .files("out")
        .into_iter()
        .find(|(path, _)| path.starts_with("mem/") && path.contains("weight"));
    let (path, bytes) = weights.expect("a weight memory");
    let mut text = String::from_utf8(bytes).unwrap();
    let at = text.rfind(|c: char| c.is_ascii_hexdigit()).unwrap();
    let other = if &text[at..=at] == "1" { "2" } else { "1" };
    text.replace_range(at..=at, other);
    place.write(&format!("out/{path}"), text.as_bytes());
    let changed = place.run("cosim out --json");
    assert_eq!(changed.code, 1, "{}", changed.stderr);
    let changed = changed.json();
    assert!(changed["mismatches"].as_u64() > Some(0));
    assert_ne!(changed["hash"], built["hash"]);
    assert!(changed["first"]["layer"].is_string(), "{changed}");
    assert!(!changed["first"]["waves"].is_null(), "{changed}");
}

#[test]
fn the_folders_own_testbench_passes_and_finds_one_wrong_word() {
    if !have(&["iverilog", "make"]) {
        return;
    }
    let place = Place::new();
    for (name, flags) in [("plain", ""), ("count", "--readout count")] {
        assert_eq!(
            place
                .run(&format!("build good.nir --data spikes.npz {flags} --out {name}"))
                .code,
            0
        );
        let passed = place.tool("make", &format!("-C {name}/tb sim"));
        assert_eq!(passed.code, 0, "{}{}", passed.stdout, passed.stderr);
        assert!(passed.stdout.contains("\nPASS"), "{}", passed.stdout);
        let path = format!("{name}/tb/expected.hex");
        let text = std::fs::read_to_string(place.path(&path)).unwrap();
        for line in needs::at_least(if name == "plain" { 4 } else { 2 }, "expected words", 0..text.lines().count()) {
            place.write(&path, corrupted(&text, line).as_bytes());
            let failed = place.tool("make", &format!("-C {name}/tb sim"));
            assert_ne!(failed.code, 0, "word {line} corrupted: {}", failed.stdout);
            assert!(failed.stdout.contains("FAIL"), "{}", failed.stdout);
        }
    }
}

#[test]
fn the_folders_own_testbench_shows_progress_and_gives_up_on_a_design_that_hangs() {
    if !have(&["iverilog", "make"]) {
        return;
    }
    let place = Place::new();
    assert_eq!(place.run("build good.nir --data spikes.npz --out out").code, 0);
    let passed = place.tool("make", "-C out/tb sim");
    assert!(passed.stdout.contains("steps checked"), "{}", passed.stdout);
    fault::edit(&place.path("out/rtl/good.v"), "assign s_axis_tready = ", "assign s_axis_tready = 1'b0 & ");
    let hangs = place.tool("make", "-C out/tb sim");
    assert_ne!(hangs.code, 0);
    let waited = hangs.stdout.lines().find_map(|line| line.strip_prefix("MISMATCH: no word moved for "));
    let cycles = waited.and_then(|rest| rest.split(' ').next()).and_then(|n| n.parse::<u64>().ok());
    // The whole sample takes a few hundred cycles.
    assert!(cycles.is_some_and(|n| n < 10_000), "{}", hangs.stdout);
}

/// `text` with the last digit of one line changed.
fn corrupted(text: &str, line: usize) -> String {
    let change = |(index, word): (usize, &str)| {
        let (head, tail) = word.split_at(word.len() - 1);
        let other = if tail == "0" { "1" } else { "0" };
        format!("{head}{}\n", if index == line { other } else { tail })
    };
    text.lines().enumerate().map(change).collect()
}

#[test]
fn the_readme_shows_verilog_that_build_writes() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let shown = readme.split("```verilog\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a Verilog block");
    let place = Place::new();
    let net = root().join("examples/mnist/mnist_fc.nir");
    assert_eq!(place.run(&format!("build {} --multiplicity 1 --out out", net.display())).code, 0);
    let lane = std::fs::read_to_string(place.path("out/rtl/mnist_fc_fc1_lane.v")).unwrap();
    assert!(lane.contains(shown), "README.md shows other Verilog than rtl/mnist_fc_fc1_lane.v:\n{lane}");
}

#[test]
fn the_demo_needs_no_tools() {
    let place = Place::new();
    let ran = place.run_with("demo --json", &[("PATH", "")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let nets = ran.json()["nets"].as_array().cloned().unwrap();
    assert_eq!(nets.len(), 2);
    for net in &nets {
        assert_eq!(net["samples"], 1000);
        assert!(net["accuracy"].as_f64().is_some_and(|accuracy| accuracy > 0.97), "{}", net["accuracy"]);
        assert!(net["files"].as_array().is_some_and(|files| files.len() > 20));
    }
}

#[test]
fn predicted_cycles_are_the_measured_ones() {
    if !have(&["verilator", "g++"]) {
        return;
    }
    let place = Place::new();
    let object = place.run("cosim good.nir --samples 6 --seed 3 --json").json();
    let list = |name: &str| -> Vec<i64> { object[name].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect() };
    let (measured, predicted) = (list("cycles_per_sample"), list("predicted_cycles_per_sample"));
    assert_eq!(measured.len(), 6);
    for (measured, predicted) in measured.iter().zip(&predicted) {
        let allowed = (measured / 50).max(1);
        assert!((measured - predicted).abs() <= allowed, "measured {measured}, predicted {predicted}");
    }
}
