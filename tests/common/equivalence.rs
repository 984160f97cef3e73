//! Proof by SAT that a changed module of a design computes what it did before. Needs yosys.
//!
//! Instances of other modules become ports of the two modules, and so do registers: what both compute for each output,
//! each instance's input and each register's next value has to agree for every state and every input. Names decide
//! what corresponds. If that fails, the outputs alone are tried by induction over time, all registers zero at first.
//! "No" means "not proven": a rewrite that needs to know which states are reached is refused.

use std::path::Path;
use std::process::Command;

use rtl::Design;

/// Whether the module in the file `path` of `changed` is proven equal to that of `design`.
pub fn proven(design: &Design, changed: &Design, path: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    for file in &design.files {
        write(folder.path(), &file.path, &file.text);
    }
    let file = changed.files.iter().find(|file| file.path == path).unwrap();
    write(folder.path(), "rtl/changed.v", &file.text);
    let module = Path::new(path).file_stem().unwrap().to_str().unwrap();
    let others: Vec<&str> = design
        .files
        .iter()
        .filter_map(|file| file.path.strip_prefix("rtl/"))
        .filter(|name| name.ends_with(".v") && path != format!("rtl/{name}"))
        .collect();
    let read = format!(
        "read_verilog -lib -DSYNTHESIS {}
         read_verilog -DSYNTHESIS {module}.v; rename {module} gold
         read_verilog -DSYNTHESIS changed.v; rename {module} gate
         proc; memory_map",
        others.join(" ")
    );
    let both = "gold/c:* gate/c:*; miter -equiv -make_assert -flatten gold gate both; hierarchy -top both";
    let each_step = format!("{read}; expose -evert -evert-dff {both}; sat -verify -prove-asserts both");
    let over_time = format!(
        "{read}; expose -evert {both}; sat -timeout 20 -set-init-zero -verify -tempinduct -maxsteps 12 -prove-asserts both"
    );
    let accepted = |script: &str| {
        let script = script.lines().map(str::trim).collect::<Vec<_>>().join("\n");
        write(folder.path(), "rtl/proof.ys", &script.replace("; ", "\n"));
        let yosys = Command::new("yosys")
            .args(["-q", "proof.ys"])
            .current_dir(folder.path().join("rtl"))
            .output()
            .unwrap();
        yosys.status.success()
    };
    accepted(&each_step) || accepted(&over_time)
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
