//! Who gets a lazy leak, and what is said where it is not defined.

mod common;

use common::{all, Nir};
use net::options::{LayerOptions, Numbers};
use net::{LeakMode, Options};

/// Two layers: LIF "lif" behind "fc1", then LI or LIF "out" behind "fc2".
fn net(v_leak: f64, readout: bool) -> Nir {
    let net = Nir::default()
        .input(&[2])
        .linear("fc1", 3, 2, &[0.5, -0.3, 0.2, 0.9, -0.4, 0.7])
        .lif("lif", &[3], 0.0016, 16.0, v_leak)
        .linear("fc2", 2, 3, &[0.5, -0.3, 0.2, 0.9, -0.4, 0.7]);
    let net = match readout {
        true => net.node("out", "LI", &[("tau", all(&[2], 0.001)), ("r", all(&[2], 10.0)), ("v_leak", all(&[2], 0.0))]),
        false => net.lif("out", &[2], 0.001, 10.0, 0.0),
    };
    net.output(&[2])
}

/// Lazy at the top, and in the tables of `layers`.
fn lazy(top: bool, layers: &[&str]) -> Options {
    let numbers = |wanted: bool| Numbers { leak_mode: wanted.then_some(LeakMode::Lazy), ..Numbers::default() };
    let table = |name: &&str| (name.to_string(), LayerOptions { numbers: numbers(true), ..LayerOptions::default() });
    Options { dt: Some(1e-4), numbers: numbers(top), layers: layers.iter().map(table).collect(), ..Options::default() }
}

fn modes(nir: Nir, options: &Options) -> Vec<LeakMode> {
    let imported = nir.import(options).unwrap_or_else(|problems| panic!("{problems}"));
    let float: Vec<LeakMode> = imported.float.layers.iter().map(|layer| layer.neuron.leak_mode).collect();
    let modes = imported.network.layers.iter().map(|layer| layer.neuron.leak_mode).collect();
    assert_eq!(float, modes);
    modes
}

#[test]
fn lazy_reaches_the_layers_that_have_it() {
    use LeakMode::{Lazy, Step};
    assert_eq!(modes(net(0.0, false), &lazy(false, &[])), [Step, Step]);
    assert_eq!(modes(net(0.0, false), &lazy(true, &[])), [Lazy, Lazy]);
    assert_eq!(modes(net(0.0, false), &lazy(false, &["fc2"])), [Step, Lazy]);
    assert_eq!(modes(net(0.0, true), &lazy(true, &[])), [Lazy, Step], "a readout");
    assert_eq!(modes(net(0.3, false), &lazy(true, &[])), [Step, Lazy], "v_leak is a bias");
    let said = net(0.3, true).import(&lazy(true, &[])).unwrap().assumptions.join("\n");
    assert!(said.contains("leak-mode of \"fc1\": step (a bias is added in every time step)"), "{said}");
    assert!(said.contains("leak-mode of \"fc2\": step (a readout shows its state in every time step)"), "{said}");
}

/// A flag is for all layers: it wins over their tables, and where lazy leak is not defined it is no mistake.
#[test]
fn a_flag_is_no_wish_of_a_layer() {
    let both = lazy(true, &[]).over(&lazy(false, &["fc1", "fc2"]));
    assert_eq!(modes(net(0.0, true), &both), [LeakMode::Lazy, LeakMode::Step]);
}

#[test]
fn what_has_no_lazy_leak_says_why() {
    let slow = |tau: f64| net(0.0, false).with("lif", "tau", all(&[3], tau)).with("lif", "r", all(&[3], tau * 1e4));
    let bits = |bits: u32| {
        let mut options = lazy(false, &["fc1"]);
        options.numbers.leak_bits = Some(bits);
        options
    };
    let edges = [("input", "fc1"), ("fc1", "lif"), ("lif", "fc2"), ("fc2", "out"), ("out", "output"), ("input", "fc3"), ("fc3", "lif")];
    let graph = net(0.0, false).linear("fc3", 3, 2, &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]).edges(&edges);
    let cases = [
        ("a readout", net(0.0, true), lazy(false, &["fc2"])),
        ("a bias", net(0.3, false), lazy(false, &["fc1"])),
        ("no leak", net(0.0, false).with("lif", "tau", all(&[3], 1e6)).with("lif", "r", all(&[3], 1e10)), lazy(false, &["fc1"])),
        ("too slow", slow(0.9), bits(20)),
        ("several routes", graph, lazy(false, &["fc1"])),
    ];
    let text: Vec<String> =
        cases.iter().map(|(name, nir, options)| format!("{name}:\n{}\n", nir.import(options).map(|_| ()).unwrap_err())).collect();
    insta::assert_snapshot!(text.join("\n"));
    // The slowest decay that still has a table.
    assert_eq!(modes(slow(0.4), &bits(20))[0], LeakMode::Lazy);
}
