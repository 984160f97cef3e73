//! Emitted designs: every random network emits, and lints clean.

use std::path::Path;
use std::process::Command;

fn write(design: &rtl::Design, dir: &Path) {
    for file in &design.files {
        let path = dir.join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.text).unwrap();
    }
}

/// `verilator --lint-only -Wall` on a design; prints what it says.
fn lint(design: &rtl::Design, dir: &Path) -> bool {
    write(design, dir);
    let output = Command::new("verilator")
        .args(["--lint-only", "-Wall", "--top-module", &design.top, "-f"])
        .arg(format!("{}.f", design.top))
        .current_dir(dir.join("rtl"))
        .output();
    match output {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stderr);
            if !text.is_empty() {
                println!("{text}");
            }
            output.status.success() && text.is_empty()
        }
        Err(_) => !needs::nothing_missing(&["verilator".to_string()]),
    }
}

#[test]
fn touched_maps_emit_and_lint_clean() {
    let limits = net::random::Limits { still: true, ..Default::default() };
    for seed in 0..24 {
        let net = net::random::network(seed, &limits);
        let scans = rtl::plan::touched::wherever_legal(&net);
        let plan = rtl::plan::plan(&net, &rtl::PlanOptions { scans, ..Default::default() }).expect("a legal plan");
        let dir = tempfile::tempdir().unwrap();
        assert!(lint(&rtl::emit(&plan), dir.path()), "seed {seed}");
    }
}

#[test]
fn random_networks_emit_and_lint_clean() {
    let keep = std::env::var_os("KEEP_EMITTED");
    for seed in 0..24 {
        let net = net::random::network(seed, &Default::default());
        let plan = match rtl::plan::plan(&net, &rtl::PlanOptions::default()) {
            Ok(plan) => plan,
            Err(problems) if problems.0.iter().all(|p| p.code == "multi-spike-reset") => continue,
            Err(problems) => panic!("{problems}"),
        };
        let design = rtl::emit(&plan);
        let dir = tempfile::tempdir().unwrap();
        if let Some(keep) = &keep {
            write(&design, &Path::new(keep).join(seed.to_string()));
        }
        let neurons = plan.cores.iter().map(|c| &c.layer.neuron).collect::<Vec<_>>();
        assert!(lint(&design, dir.path()), "seed {seed}: {neurons:#?}");
    }
}
