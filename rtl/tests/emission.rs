//! Emitted designs: every random network emits, and lints clean.

use std::path::Path;
use std::process::Command;

use net::random::smaller::smaller;

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

/// What the lint says against what is emitted for a network; nothing where the planner refuses it.
fn complaint(net: &net::Network) -> Option<String> {
    let plan = rtl::plan::plan(net, &rtl::PlanOptions::default()).ok()?;
    let dir = tempfile::tempdir().unwrap();
    let neurons = || plan.cores.iter().map(|core| &core.layer.neuron).collect::<Vec<_>>();
    (!lint(&rtl::emit(&plan), dir.path())).then(|| format!("{:#?}", neurons()))
}

#[test]
fn touched_maps_emit_and_lint_clean() {
    let limits = net::random::Limits { still: true, ..Default::default() };
    let mut touched = 0;
    for seed in 0..24 {
        let net = net::random::network(seed, &limits);
        let scans = rtl::plan::touched::wherever_legal(&net);
        touched += scans.len();
        let plan = rtl::plan::plan(&net, &rtl::PlanOptions { scans, ..Default::default() }).expect("a legal plan");
        let dir = tempfile::tempdir().unwrap();
        assert!(lint(&rtl::emit(&plan), dir.path()), "seed {seed}");
    }
    assert!(touched >= 20, "only {touched} touched maps");
}

#[test]
fn random_networks_emit_and_lint_clean() {
    let keep = std::env::var_os("KEEP_EMITTED");
    let mut linted = 0;
    for seed in needs::seeds(0..24) {
        let net = needs::shrink::cut(net::random::network(seed, &Default::default()), smaller);
        let plan = match rtl::plan::plan(&net, &rtl::PlanOptions::default()) {
            Ok(plan) => plan,
            Err(problems) if problems.0.iter().all(|p| p.code == "multi-spike-reset") => continue,
            Err(problems) => panic!("{problems}"),
        };
        if let Some(keep) = &keep {
            write(&rtl::emit(&plan), &Path::new(keep).join(seed.to_string()));
        }
        if let Some(reason) = complaint(&net) {
            let found = needs::shrink::smallest(net, smaller, complaint);
            panic!("seed {seed}: {reason}\nsmallest, by {}={}: {:#?}", needs::shrink::CUTS, found.path(), found.case);
        }
        linted += 1;
    }
    let wished = needs::seeds(0..24);
    assert!(linted * 6 >= (wished.end - wished.start) * 5, "only {linted} networks");
}

/// A small net, its nodes and itself called `word`, or what comes of it.
fn called(word: &str) -> rtl::Plan {
    let limits = net::random::Limits { layers: 2, channels: 3, size: 3, ..Default::default() };
    let mut net = net::random::network(3, &limits);
    net.name = names::of_file(word);
    net.layers.iter_mut().for_each(|layer| (layer.name, layer.neuron_name) = (word.into(), word.into()));
    // Two ports on either side take the names of their nodes.
    let (input, last) = (net.inputs[0].clone(), net.layers.len() - 1);
    net.inputs = vec![net::InputNode { name: word.into(), ..input }];
    net.outputs = [word, word].map(|name| net::OutputNode::whole(name, last)).to_vec();
    rtl::plan::plan(&net, &rtl::PlanOptions::default()).expect(word)
}

#[test]
fn every_reserved_word_may_be_the_name_of_a_file_a_layer_or_a_port() {
    let words = names::reserved_words().map(String::from);
    let odd = ["x".repeat(300), String::new(), "a\nb".into(), "0".into(), "*/ `define x".into(), "fc_core".into(), "fc_core_2".into(), "network".into(), "tb".into()];
    for word in needs::at_least(300, "reserved words", words).into_iter().chain(odd) {
        // Emitting panics at a name that Verilog does not take.
        let design = rtl::emit(&called(&word));
        let longest = design.files.iter().map(|file| file.path.len()).max().unwrap();
        assert!(longest < 150, "{word}: a path of {longest} letters");
    }
}

#[test]
fn reserved_words_lint_clean() {
    for word in ["final", "vector", "buffer", "LUT4", "soft", "mem"] {
        let dir = tempfile::tempdir().unwrap();
        assert!(lint(&rtl::emit(&called(word)), dir.path()), "{word}");
    }
}
