//! Names: of files and nodes that the hardware cannot have, and of nodes in nested graphs.

mod common;

use common::{import, Nir};
use net::Options;

const WEIGHTS: [f64; 16] = [3.0, -2.0, 5.0, 1.0, -4.0, 6.0, 2.0, -1.0, 7.0, 1.0, -3.0, 2.0, 1.0, 4.0, -2.0, 3.0];

/// 4 -> 4 with weights that start at `first` of [`WEIGHTS`].
fn block(fc: &str, neurons: &str, first: usize) -> Nir {
    let mut weights = WEIGHTS;
    weights.rotate_left(first);
    Nir::default().input(&[4]).linear(fc, 4, 4, &weights).fire(neurons, &[4]).output(&[4])
}

/// What a net says about names.
fn notes(nir: &Nir, label: &str) -> Vec<String> {
    let imported = net::import_bytes(label, nir.bytes(), &Options::default()).expect("a good net");
    imported.assumptions.into_iter().filter(|line| line.contains("name") || line.contains("called")).collect()
}

#[test]
fn a_note_says_what_a_name_became() {
    let long = "x".repeat(300);
    let cases = [
        ("file", notes(&block("fc", "if", 0), "some/where/final.nir")),
        ("file in capitals", notes(&block("fc", "if", 0), "Float.nir")),
        ("long file", notes(&block("fc", "if", 0), &format!("{long}.nir"))),
        ("a name with capitals and dots", notes(&block("Conv.1", "if", 0), "my-net.nir")),
        ("node", notes(&block("buffer", "if", 0), "net.nir")),
        ("long node", notes(&block(&long, "if", 0), "net.nir")),
        ("number", notes(&block("0", "1", 0), "net.nir")),
    ];
    let text: Vec<String> = cases.into_iter().map(|(what, notes)| format!("{what}: {}", if notes.is_empty() { "no note".to_string() } else { notes.join("; ") })).collect();
    insta::assert_snapshot!(text.join("\n"), @r#"
    file: name: net_final, as "final" is a keyword of SystemVerilog (--name)
    file in capitals: name: net_float, as "Float" is a keyword of C++, which Verilator writes (--name)
    long file: name: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx_xxxxxxxxxxxxxxxxxxxx, as the file's name has 300 letters (--name)
    a name with capitals and dots: no note
    node: names in the hardware: "buffer" is layer_buffer
    long node: names in the hardware: "xxxxxxxxxxxxxxxxxxxxxxxx"... (300 letters) is xxxxxxxxxxxxxxxxxxxxxxxxxxx_xxxxxxxxxxxxxx
    number: names in the hardware: "0" is layer0
    "#);
}

#[test]
fn a_reserved_word_as_name_is_refused() {
    for name in ["soft", "SOFT", "vector", "a__b", "a_", "1a", &"x".repeat(65)] {
        let options = Options { name: Some(name.into()), ..Options::default() };
        let problems = block("fc", "if", 0).import(&options).expect_err(name);
        assert_eq!(problems.0[0].code, "name", "{name}");
    }
}

/// `inner` as the nested graph `a`, and behind it 4 -> 4 with the weight node `fc` and the neuron node `l2`.
fn nested(inner: Nir, fc: &str) -> Nir {
    let outer = block(fc, "l2", 5).edges(&[("input", "a"), ("a", fc), (fc, "l2"), ("l2", "output")]);
    Nir { nested: vec![("a".into(), inner)], ..outer }
}

#[test]
fn a_nested_node_is_not_the_node_whose_name_reads_like_its_path() {
    let plain = import(&nested(block("fc", "lif", 0), "g"), &Options::default());
    for (name, inner) in [("a.fc", "a.fc_2"), ("a.lif", "a.lif_2"), ("a.input", "a.input_2"), ("a.output", "a.output_2")] {
        let imported = import(&nested(block("fc", "lif", 0), name), &Options::default());
        let values = |imported: &net::Imported| -> Vec<_> {
            imported.network.layers.iter().map(|layer| (layer.synapses.clone(), layer.neuron.clone())).collect()
        };
        assert_eq!(values(&imported), values(&plain), "{name}");
        assert_eq!(imported.network.layers[1].name, name);
        let note = imported.assumptions.iter().find(|line| line.contains("is called")).unwrap_or_else(|| panic!("{name}: no note"));
        assert!(note.contains(&format!("is called \"{inner}\"")), "{name}: {note}");
    }
}

#[test]
fn numbered_names_are_free_ones() {
    // `a.fc_2` is taken, too; and the nested graph holds one with a dot.
    let inner = block("fc", "lif", 0);
    let mut outer = block("a.fc", "a.fc_2", 5).edges(&[("input", "a"), ("a", "a.fc"), ("a.fc", "a.fc_2"), ("a.fc_2", "output")]);
    outer.nested.push(("a".into(), inner));
    let imported = import(&outer, &Options::default());
    let names: Vec<[&str; 2]> = imported.network.layers.iter().map(|layer| [layer.name.as_str(), layer.neuron_name.as_str()]).collect();
    assert_eq!(names, [["a.fc_3", "a.lif"], ["a.fc", "a.fc_2"]]);
    assert_ne!(imported.network.layers[0].synapses, imported.network.layers[1].synapses);
}

#[test]
fn dots_in_names_of_nested_nodes_and_graphs_are_kept_apart() {
    // Graph `a.b` with node `c`, graph `a` with node `b.c`: paths that read alike.
    let mut outer = Nir::default().input(&[4]).output(&[4]);
    outer.nested.push(("a.b".into(), block("c", "n", 0)));
    outer.nested.push(("a".into(), block("b.c", "b.n", 5)));
    let outer = outer.edges(&[("input", "a.b"), ("a.b", "a"), ("a", "output")]);
    let imported = import(&outer, &Options::default());
    assert_eq!(imported.network.layers.len(), 2);
    assert_ne!(imported.network.layers[0].synapses, imported.network.layers[1].synapses);
    let mut names: Vec<&str> = imported.network.layers.iter().flat_map(|layer| [layer.name.as_str(), layer.neuron_name.as_str()]).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 4, "{names:?}");
}

#[test]
fn an_edge_may_name_a_nested_node_by_its_path() {
    let outer = nested(block("fc", "lif", 0), "g").edges(&[("input", "a.fc"), ("a.lif", "g"), ("g", "l2"), ("l2", "output")]);
    let mut outer = outer;
    outer.nested[0].1 = Nir::default().linear("fc", 4, 4, &WEIGHTS).fire("lif", &[4]);
    let imported = import(&outer, &Options::default());
    assert_eq!(imported.network.layers.len(), 2);
}
