//! The netlist after synthesis still computes what golden says.

mod common;

use common::hardware::{dense_net, samples, Hardware, SIMULATION};
use common::have;
use rtl::{Design, EmittedFile, PlanOptions};

#[test]
fn the_netlist_of_a_core_with_block_ram_agrees_with_golden() {
    if !have(SIMULATION) || !have(&["yosys"]) {
        return;
    }
    let options = PlanOptions {
        lanes: [("dense".to_string(), 2)].into(),
        ..PlanOptions::default()
    };
    let hardware = Hardware::new(dense_net(), &options);
    let folder = tempfile::tempdir().unwrap();
    let top = &hardware.design.top;
    for file in &hardware.design.files {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.text).unwrap();
    }
    std::fs::write(folder.path().join("manifest.json"), format!("{{\"top\": \"{top}\"}}\n")).unwrap();
    let netlist = synth::netlist(folder.path(), &|_| ()).unwrap();
    assert_eq!(netlist.hash, hardware.design.hash());
    let text = std::fs::read_to_string(&netlist.verilog).unwrap();
    assert!(text.contains("  DP16KD #("), "no block RAM in the netlist");
    assert!(
        text.contains("  TRELLIS_FF #(") && !text.contains("always @"),
        "not a netlist"
    );

    let file = |name: &str, text: &str| EmittedFile {
        path: format!("rtl/{name}.v"),
        text: text.to_string(),
    };
    // No cores: nothing inside is probed, what crosses the chip's edge is compared.
    let after = |text: &str| Design {
        top: top.clone(),
        files: vec![file("netlist", text), file("ecp5_cells", synth::ECP5_MODELS)],
        inputs: hardware.design.inputs.clone(),
        outputs: hardware.design.outputs.clone(),
        cores: Vec::new(),
        entries: Vec::new(),
        edges: Vec::new(),
        fabric: None,
        aer: Vec::new(),
        guards: vec![],
        chips: Vec::new(),
        inside: Vec::new(),
    };
    let samples = samples(&hardware.net, 3, 6);
    for stall in [0.0, 0.3] {
        let report = hardware.lockstep_of(&after(&text), &samples, stall, 1);
        assert_eq!(report.mismatches, 0, "{}", report.first.unwrap());
        assert!(report.spikes_compared > 100 && report.membrane_writes_compared == 0);
        // Synthesis moves no register: not a cycle more or less than the Verilog, seen from its edge as well.
        let mut verilog = hardware.design.clone();
        verilog.cores.clear();
        let before = hardware.lockstep_of(&verilog, &samples, stall, 1);
        assert_eq!(report.cycles_per_sample, before.cycles_per_sample);
        assert_eq!(report.output_counts, before.output_counts);
    }

    // Other contents in the block RAMs, and the comparison fails.
    let flipped = |line: &str| match line.split_once("(320'h") {
        Some((name, digits)) if name.contains(".INITVAL_") => format!("{name}(320'h{}", digits.replace('0', "5")),
        _ => line.to_string(),
    };
    let broken: Vec<String> = text.lines().map(flipped).collect();
    let broken = after(&broken.join("\n"));
    assert!(hardware.lockstep_of(&broken, &samples, 0.0, 1).mismatches > 0);
}
