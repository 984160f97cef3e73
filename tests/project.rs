//! Emitted folders in other people's hands: two nets in one project, tools started from anywhere, edits by hand.

mod common;

use std::path::Path;
use std::process::Command;

use common::hardware::SIMULATION;
use common::{have, Place};
use needs::fault;

/// `alpha` and `beta` built from one net with different widths, side by side and merged into one folder `project`.
fn two_nets() -> Place {
    let place = Place::new();
    for (name, bits) in [("alpha", 8), ("beta", 5)] {
        let ran = place.run(&format!(
            "build good.nir --data spikes.npz --weight-bits {bits} --name {name} --out {name}"
        ));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        for folder in ["rtl", "mem"] {
            for (file, bytes) in place.files(&format!("{name}/{folder}")) {
                let merged = format!("project/{folder}/{file}");
                assert!(!place.path(&merged).exists(), "both nets have {folder}/{file}");
                place.write(&merged, &bytes);
            }
        }
    }
    place.write("project/synth/here", b"");
    place.write(
        "project/rtl/both.v",
        b"`default_nettype none
module both (input wire aclk, input wire aresetn, input wire [31:0] s_axis_tdata, input wire s_axis_tvalid,
             output wire s_axis_tready, input wire s_axis_tlast, output wire [31:0] m_axis_tdata,
             output wire m_axis_tvalid, input wire m_axis_tready, output wire m_axis_tlast);
  wire [31:0] data;
  wire valid, ready, last;
  alpha first (.aclk(aclk), .aresetn(aresetn), .s_axis_tdata(s_axis_tdata), .s_axis_tvalid(s_axis_tvalid),
               .s_axis_tready(s_axis_tready), .s_axis_tlast(s_axis_tlast), .m_axis_tdata(data),
               .m_axis_tvalid(valid), .m_axis_tready(ready), .m_axis_tlast(last));
  beta second (.aclk(aclk), .aresetn(aresetn), .s_axis_tdata(data), .s_axis_tvalid(valid), .s_axis_tready(ready),
               .s_axis_tlast(last), .m_axis_tdata(m_axis_tdata), .m_axis_tvalid(m_axis_tvalid),
               .m_axis_tready(m_axis_tready), .m_axis_tlast(m_axis_tlast));
endmodule
`default_nettype wire
",
    );
    place
}

/// Verilog files of the merged project, as seen from a folder `from` below the place.
fn sources(place: &Place) -> Vec<String> {
    let files = place.files("project/rtl").into_iter().map(|(name, _)| name);
    let verilog = files.filter(|name| name.ends_with(".v"));
    verilog
        .map(|name| place.path(&format!("project/rtl/{name}")).display().to_string())
        .collect()
}

/// Runs a program in `folder`; what it printed, and whether it was content.
fn run(folder: &Path, program: &str, arguments: &[String]) -> (bool, String) {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        // .cargo/config.toml sets these for a crate of ours; they are not for a user's make.
        .env_remove("CXXFLAGS")
        .env_remove("CPLUS_INCLUDE_PATH")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat();
    (output.status.success(), text)
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_string).collect()
}

#[test]
fn two_nets_elaborate_in_yosys_from_any_folder() {
    if !have(&["yosys"]) {
        return;
    }
    let place = two_nets();
    let script = format!(
        "read_verilog {}; hierarchy -check -top both; proc; check -assert; stat",
        sources(&place).join(" ")
    );
    // The last one has no mem/ beside it: yosys looks beside the source as well.
    for folder in ["project/rtl", "project/synth", "."] {
        let (passed, text) = run(&place.path(folder), "yosys", &["-p".to_string(), script.clone()]);
        assert!(passed, "{folder}: {text}");
        assert!(
            text.contains("alpha_fc1_weights") && text.contains("beta_fc1_weights"),
            "{text}"
        );
    }
    // A memory file that is missing is an error, so the ones above were found.
    std::fs::remove_file(place.path("project/mem/beta_fc1_weights.hex")).unwrap();
    let (passed, text) = run(&place.path("project/rtl"), "yosys", &["-p".to_string(), script]);
    assert!(!passed && text.contains("beta_fc1_weights.hex"), "{text}");
}

#[test]
fn two_nets_are_lint_clean_from_any_folder() {
    if !have(&["verilator"]) {
        return;
    }
    let place = two_nets();
    // One file for all modules here would be wrong: each lies in a file of its own name.
    let mut arguments = words("--lint-only -Wall --top-module both");
    arguments.extend(sources(&place));
    for folder in ["project/rtl", "project/synth", "."] {
        let (passed, text) = run(&place.path(folder), "verilator", &arguments);
        assert!(passed && text.trim().is_empty(), "{folder}: {text}");
    }
    fault::edit(&place.path("project/rtl/beta_fc2_lane.v"), "endmodule", "wire [3:0] odd = 2'd1;\nendmodule");
    assert!(!run(&place.path("project/rtl"), "verilator", &arguments).0);
}

#[test]
fn the_testbench_of_one_net_passes_beside_the_other_from_folders_of_the_project() {
    if !have(&["iverilog", "vvp"]) {
        return;
    }
    let place = two_nets();
    for (file, bytes) in place.files("alpha/tb") {
        place.write(&format!("project/tb/{file}"), &bytes);
    }
    let program = place.path("testbench.vvp").display().to_string();
    let mut arguments = words("-g2005 -Wall -s alpha_tb -s both -o");
    arguments.push(program.clone());
    arguments.extend(sources(&place));
    arguments.push(place.path("project/tb/alpha_tb.v").display().to_string());
    for folder in ["project/rtl", "project/synth", "project/tb"] {
        let (passed, text) = run(&place.path(folder), "iverilog", &arguments);
        assert!(passed, "{folder}: {text}");
        let (_, text) = run(&place.path(folder), "vvp", &["-n".to_string(), program.clone()]);
        assert!(text.lines().any(|line| line.starts_with("PASS")), "{folder}: {text}");
        assert!(!text.contains("Unable to open"), "{folder}: {text}");
    }
    // One wrong weight, and it says FAIL.
    change_first_digit(&place, "project/mem/alpha_fc1_weights.hex");
    let (_, text) = run(&place.path("project/rtl"), "vvp", &["-n".to_string(), program]);
    assert!(text.lines().any(|line| line.starts_with("FAIL")), "{text}");
}

/// From a folder that is not beside `mem/`: told where it is, the simulators find it; not told, they say so and stop.
#[test]
fn memories_are_found_through_a_parameter_from_any_other_folder() {
    if !have(&["iverilog", "vvp", "verilator"]) {
        return;
    }
    let place = Place::new();
    built(&place);
    place.write("elsewhere/deep/here", b"");
    let folder = place.path("elsewhere/deep");
    let root = format!("\"{}\"", place.path("net").display());
    let sources: Vec<String> = [place.files("net/rtl"), place.files("net/tb")]
        .concat()
        .into_iter()
        .filter(|(name, _)| name.ends_with(".v"))
        .map(|(name, _)| {
            let below = if name.ends_with("_tb.v") { "tb" } else { "rtl" };
            place.path(&format!("net/{below}/{name}")).display().to_string()
        })
        .collect();
    let passes = |text: &str| text.lines().any(|line| line.starts_with("PASS"));

    for (told, parameter) in [(true, vec![format!("-Pgood_tb.ROOT={root}")]), (false, vec![])] {
        let arguments = [words("-g2005 -s good_tb -o a.vvp"), parameter, sources.clone()].concat();
        let (compiled, text) = run(&folder, "iverilog", &arguments);
        assert!(compiled, "{text}");
        let (_, text) = run(&folder, "vvp", &words("-n a.vvp"));
        assert_eq!(passes(&text), told, "{text}");
        assert_eq!(text.contains("cannot read ../mem/good_fc1_weights.hex; set MEM_DIR"), !told, "{text}");
    }
    let mut arguments = words("--binary -Wno-fatal -Wno-lint --timescale 1ns/1ps --top-module good_tb --Mdir obj");
    arguments.extend([vec![format!("-GROOT={root}")], sources].concat());
    let (compiled, text) = run(&folder, "verilator", &arguments);
    assert!(compiled, "{text}");
    let program = folder.join("obj/Vgood_tb").display().to_string();
    let (_, text) = run(&folder, &program, &[]);
    assert!(passes(&text), "{text}");
}

/// Changes the last hex digit of a memory file: one weight.
fn change_first_digit(place: &Place, file: &str) {
    let mut bytes = std::fs::read(place.path(file)).unwrap();
    let at = bytes.iter().rposition(u8::is_ascii_hexdigit).unwrap();
    bytes[at] = if bytes[at] == b'7' { b'3' } else { b'7' };
    std::fs::write(place.path(file), bytes).unwrap();
}

/// A folder of the bundled good net.
fn built(place: &Place) -> String {
    let ran = place.run("build good.nir --data spikes.npz --out net --json");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.json()["hash"].as_str().unwrap().to_string()
}

#[test]
fn cosim_finds_one_digit_of_a_weight_changed_by_hand() {
    if !have(SIMULATION) {
        return;
    }
    let place = Place::new();
    let hash = built(&place);
    let clean = place.run("cosim net --json");
    assert_eq!(clean.code, 0, "{}", clean.stderr);
    assert_eq!(clean.json()["hash"], hash.as_str());
    change_first_digit(&place, "net/mem/good_fc2_weights.hex");
    let ran = place.run("cosim net");
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("first mismatch: ") && ran.stdout.contains("in layer \"fc2\""),
        "{}",
        ran.stdout
    );
    let object = place.run("cosim net --json").json();
    assert!(object["mismatches"].as_u64().unwrap() > 0, "{object}");
    assert_ne!(object["hash"], hash.as_str());
}

#[test]
fn cosim_finds_one_operator_changed_by_hand() {
    if !have(SIMULATION) {
        return;
    }
    let place = Place::new();
    let hash = built(&place);
    fault::edit(&place.path("net/rtl/good_fc1_lane.v"), "= membrane + operand", "= membrane - operand");
    let ran = place.run("cosim net");
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("first mismatch: ") && ran.stdout.contains("in layer \"fc1\""),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains(&hash));
}

#[test]
fn build_cosim_and_synthesis_name_the_same_hash() {
    let place = Place::new();
    let hash = built(&place);
    // What `synth` works on and prints, without waiting for place and route.
    assert_eq!(synth::Folder::open(&place.path("net")).unwrap().hash, hash);
    assert!(place
        .run("build good.nir --data spikes.npz --out again")
        .stdout
        .contains(&format!("hash {hash}")));
    if have(SIMULATION) {
        assert!(place.run("cosim net").stdout.contains(&format!("hash {hash}")));
    }
}
