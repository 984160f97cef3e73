//! Every message that a bad NIR file gets, in one snapshot.

mod common;

use common::{all, floats, integer, integers, text, Nir};
use net::options::{Clamp, LayerOptions, Numbers, Quantise, ResetRule, ScaleRule};
use net::Options;

/// 4 inputs, 3 IF neurons.
fn plain() -> Nir {
    Nir::default()
        .input(&[4])
        .linear("fc", 3, 4, &WEIGHTS)
        .fire("if", &[3])
        .output(&[3])
}

const WEIGHTS: [f64; 12] = [
    0.31, -0.23, 0.17, 0.5, 0.11, -0.41, 0.07, 0.29, -0.37, 0.13, 0.43, -0.19,
];

/// A 3x3 convolution on a 1x8x8 map, 2 IF channels.
fn map() -> Nir {
    let weight = floats(
        &[2, 1, 3, 3],
        &(0..18).map(|i| (i as f64 - 7.3) / 10.0).collect::<Vec<_>>(),
    );
    Nir::default()
        .input(&[1, 8, 8])
        .conv("conv", weight, &[])
        .fire("if", &[2, 6, 6])
        .output(&[2, 6, 6])
}

fn lif() -> Nir {
    Nir::default()
        .input(&[4])
        .linear("fc", 3, 4, &WEIGHTS)
        .lif("lif", &[3], 0.002, 20.0, 0.0)
        .output(&[3])
}

fn numbers(set: impl Fn(&mut Numbers)) -> Options {
    let mut options = Options::default();
    set(&mut options.numbers);
    options
}

fn message(result: Result<net::Imported, net::Problems>) -> String {
    match result {
        Ok(_) => "accepted".to_string(),
        Err(problems) => problems
            .0
            .iter()
            .map(|p| format!("[{}] {p}", p.code))
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

#[test]
fn files() {
    let bytes = plain().bytes();
    let read = |bytes: Vec<u8>| message(net::import_bytes("test.nir", bytes, &Options::default()));
    let mut other = hdf5_pure::FileBuilder::new();
    other.create_dataset("data").with_f64_data(&[1.0]).with_shape(&[1]);
    let cases = [
        ("good", read(bytes.clone())),
        ("empty", read(Vec::new())),
        ("text", read(b"not a net".to_vec())),
        ("half", read(bytes[..bytes.len() / 2].to_vec())),
        ("other HDF5", read(other.finish().expect("a file"))),
        (
            "no such file",
            message(net::import_file("no/such.nir".as_ref(), &Options::default())),
        ),
    ];
    let text: Vec<String> = cases.iter().map(|(name, text)| format!("{name}:\n{text}\n")).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn a_truncated_file_never_panics_and_never_imports() {
    let bytes = plain().bytes();
    for end in (0..bytes.len()).step_by(37) {
        let result = net::import_bytes("test.nir", bytes[..end].to_vec(), &Options::default());
        assert!(result.is_err(), "the first {end} of {} bytes import", bytes.len());
    }
}

#[test]
fn graphs() {
    let two = |first: &str| {
        Nir::default()
            .input(&[4])
            .node(first, "I", &[("r", all(&[4], 1.0))])
            .node("cuba", "CubaLIF", &[])
            .output(&[4])
    };
    let branch = plain().linear("fc2", 3, 4, &WEIGHTS).edges(&[
        ("input", "fc"),
        ("fc", "if"),
        ("if", "output"),
        ("input", "fc2"),
        ("fc2", "if"),
    ]);
    let cycle = plain().linear("rec", 3, 3, &WEIGHTS[..9]).edges(&[
        ("input", "fc"),
        ("fc", "if"),
        ("if", "output"),
        ("if", "rec"),
        ("rec", "if"),
    ]);
    let cases = [
        ("unsupported", two("int")),
        (
            "dangling",
            plain().edges(&[("input", "fc"), ("fc", "if1"), ("if1", "output")]),
        ),
        ("branch", branch),
        ("cycle", cycle),
        (
            "loose node",
            plain()
                .linear("spare", 3, 4, &WEIGHTS)
                .edges(&[("input", "fc"), ("fc", "if"), ("if", "output")]),
        ),
        (
            "no output",
            Nir::default().input(&[4]).linear("fc", 3, 4, &WEIGHTS).fire("if", &[3]),
        ),
        ("no weight", plain().without("fc", "weight")),
        ("no threshold", plain().without("if", "v_threshold")),
        ("NaN", plain().with("fc", "weight", floats(&[3, 4], &[f64::NAN; 12]))),
        (
            "infinity",
            plain().with("if", "v_threshold", floats(&[3], &[1.0, f64::INFINITY, 1.0])),
        ),
        ("no type", plain().without("fc", "type")),
        (
            "two weights",
            Nir::default()
                .input(&[4])
                .linear("a", 3, 4, &WEIGHTS)
                .linear("b", 4, 3, &WEIGHTS)
                .fire("if", &[4])
                .output(&[4]),
        ),
        (
            "weight last",
            Nir::default().input(&[4]).linear("fc", 3, 4, &WEIGHTS).output(&[3]),
        ),
        ("pool last", map_then_pool()),
        ("empty net", Nir::default().input(&[4]).output(&[4])),
        (
            "LI inside",
            Nir::default()
                .input(&[4])
                .linear("a", 3, 4, &WEIGHTS)
                .li("li", &[3], 0.001, 1.0)
                .linear("b", 4, 3, &WEIGHTS)
                .fire("if", &[4])
                .output(&[4]),
        ),
    ];
    snapshot(
        "graphs",
        cases.map(|(name, nir)| (name, nir, Options::default())).to_vec(),
    );
}

fn map_then_pool() -> Nir {
    let mut nir = map();
    nir.nodes.pop();
    nir.pool("pool", "SumPool2d", &[2, 2], &[2, 2], &[0, 0])
        .output(&[2, 3, 3])
}

#[test]
fn shapes() {
    let cases = [
        ("inputs", plain().with("input", "shape", integers(&[5]))),
        ("batch", plain().with("input", "shape", integers(&[8, 4]))),
        ("free dimension", plain().with("input", "shape", integers(&[-1]))),
        ("neurons", plain().with("if", "v_threshold", all(&[2], 1.0))),
        ("output", plain().with("output", "shape", integers(&[4]))),
        (
            "bias",
            Nir::default()
                .input(&[4])
                .affine("fc", 3, 4, &WEIGHTS, &[0.1, 0.2, 0.3])
                .with("fc", "bias", floats(&[2], &[0.1, 0.2]))
                .fire("if", &[3])
                .output(&[3]),
        ),
        ("channels", map().with("input", "shape", integers(&[2, 8, 8]))),
        ("input_shape", map().with("conv", "input_shape", integers(&[9, 9]))),
        ("kernel", map().with("input", "shape", integers(&[1, 2, 8]))),
        ("padding word", map().with("conv", "padding", text("full"))),
        (
            "same with stride",
            map()
                .with("conv", "padding", text("same"))
                .with("conv", "stride", integers(&[2, 2])),
        ),
        (
            "huge input",
            plain().with("input", "shape", integers(&[1 << 30, 1 << 30, 1 << 30])),
        ),
        ("huge map", map().with("conv", "padding", integers(&[1 << 20, 1 << 20]))),
        ("stride", map().with("conv", "stride", integers(&[0, 1]))),
        ("groups", map().with("conv", "groups", integer(3))),
        ("conv on vector", map().with("input", "shape", integers(&[64]))),
        (
            "flatten",
            Nir::default()
                .input(&[2, 3, 4])
                .flatten(1, -1, &[2, 3, 4])
                .linear("fc", 3, 4, &WEIGHTS)
                .fire("if", &[3])
                .output(&[3]),
        ),
        (
            "pool on vector",
            Nir::default()
                .input(&[4])
                .pool("pool", "SumPool2d", &[2, 2], &[2, 2], &[0, 0])
                .linear("fc", 3, 4, &WEIGHTS)
                .fire("if", &[3])
                .output(&[3]),
        ),
        (
            "window",
            Nir::default()
                .input(&[1, 4, 4])
                .pool("pool", "SumPool2d", &[5, 5], &[5, 5], &[0, 0])
                .flatten(0, -1, &[1, 1, 1])
                .linear("fc", 3, 1, &WEIGHTS[..3])
                .fire("if", &[3])
                .output(&[3]),
        ),
        (
            "pools in a row",
            Nir::default()
                .input(&[1, 8, 8])
                .pool("a", "SumPool2d", &[3, 3], &[1, 1], &[0, 0])
                .pool("b", "SumPool2d", &[2, 2], &[2, 2], &[0, 0])
                .flatten(0, -1, &[1, 3, 3])
                .linear("fc", 1, 9, &WEIGHTS[..9])
                .fire("if", &[1])
                .output(&[1]),
        ),
        (
            "padded pool behind a convolution",
            Nir::default()
                .input(&[1, 4, 4])
                .conv("conv", floats(&[1, 1, 3, 3], &WEIGHTS[..9]), &[])
                .pool("pool", "AvgPool2d", &[2, 2], &[2, 2], &[1, 1])
                .fire("if", &[1, 2, 2])
                .output(&[1, 2, 2]),
        ),
        (
            "window behind a convolution",
            Nir::default()
                .input(&[1, 4, 4])
                .conv("conv", floats(&[1, 1, 3, 3], &WEIGHTS[..9]), &[])
                .pool("pool", "SumPool2d", &[3, 3], &[3, 3], &[0, 0])
                .fire("if", &[1, 1, 1])
                .output(&[1, 1, 1]),
        ),
        (
            "pool behind a dense layer",
            Nir::default()
                .input(&[4])
                .linear("fc", 3, 4, &WEIGHTS)
                .pool("pool", "AvgPool2d", &[2, 2], &[2, 2], &[0, 0])
                .fire("if", &[3])
                .output(&[3]),
        ),
    ];
    snapshot(
        "shapes",
        cases.map(|(name, nir)| (name, nir, Options::default())).to_vec(),
    );
}

#[test]
fn choices() {
    let own = |name: &str, layer: LayerOptions| {
        let mut options = Options::default();
        options.layers.insert(name.to_string(), layer);
        options
    };
    let mixed = lif().with("lif", "tau", floats(&[3], &[0.001, 0.002, 0.004])).with(
        "lif",
        "v_threshold",
        floats(&[3], &[1.0, 2.0, 3.0]),
    );
    let conv_lif = map()
        .with("if", "type", text("LIF"))
        .with(
            "if",
            "tau",
            floats(&[2, 6, 6], &(1..=72).map(|i| i as f64 * 1e-3).collect::<Vec<_>>()),
        )
        .with("if", "v_leak", all(&[2, 6, 6], 0.0));
    let cases = vec![
        ("weight bits", plain(), numbers(|n| n.weight_bits = Some(17))),
        (
            "several at once",
            plain(),
            numbers(|n| {
                n.weight_bits = Some(1);
                n.membrane_bits = Some(60);
                n.multi_spike = Some(0);
            }),
        ),
        ("membrane bits", plain(), numbers(|n| n.membrane_bits = Some(8))),
        (
            "threshold 0",
            plain().with("if", "v_threshold", all(&[3], 0.0)),
            Options::default(),
        ),
        (
            "threshold vanishes",
            plain().with("if", "v_threshold", all(&[3], 0.001)),
            Options::default(),
        ),
        (
            "not on a grid",
            plain().with("fc", "weight", floats(&[3, 4], &WEIGHTS.map(|w| w.sin()))),
            numbers(|n| n.quantise = Some(Quantise::None)),
        ),
        ("unknown layer", plain(), own("conv7", LayerOptions::default())),
        ("tau 0", lif().with("lif", "tau", all(&[3], 0.0)), Options::default()),
        (
            "dt > tau",
            lif(),
            Options {
                dt: Some(0.01),
                ..Options::default()
            },
        ),
        (
            "dt 0",
            lif(),
            Options {
                dt: Some(0.0),
                ..Options::default()
            },
        ),
        ("r 0", lif().with("lif", "r", all(&[3], 0.0)), Options::default()),
        ("gain within a channel", conv_lif, Options::default()),
        (
            "leak vanishes",
            lif()
                .with("lif", "tau", all(&[3], 3.0))
                .with("lif", "r", all(&[3], 30000.0)),
            Options::default(),
        ),
        ("clamp above 0", plain(), numbers(|n| n.clamp = Some(Clamp::Volts(0.5)))),
        (
            "clamp at mixed thresholds",
            mixed,
            numbers(|n| n.clamp = Some(Clamp::Threshold)),
        ),
        (
            "several spikes with hard reset",
            plain(),
            numbers(|n| {
                n.multi_spike = Some(4);
                n.reset = Some(ResetRule::Zero);
            }),
        ),
        (
            "reset below clamp",
            plain().with("if", "v_reset", all(&[3], -2.0)),
            numbers(|n| n.clamp = Some(Clamp::Volts(-1.0))),
        ),
        (
            "multiplicity",
            plain(),
            Options {
                multiplicity: Some(0),
                ..Options::default()
            },
        ),
        (
            "name",
            plain(),
            Options {
                name: Some("3 nets".into()),
                ..Options::default()
            },
        ),
        (
            "huge threshold",
            plain().with("if", "v_threshold", all(&[3], 1e18)),
            numbers(|n| n.scale = Some(ScaleRule::PowerOfTwo)),
        ),
    ];
    snapshot("choices", cases);
}

fn snapshot(name: &str, cases: Vec<(&str, Nir, Options)>) {
    let text: Vec<String> = cases
        .iter()
        .map(|(name, nir, options)| format!("{name}:\n{}\n", message(nir.import(options))))
        .collect();
    insta::assert_snapshot!(name, text.join("\n"));
}

#[test]
fn flipped_bits_never_panic() {
    let bytes = map().bytes();
    let mut seed = 1u64;
    let mut next = move || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize
    };
    let mut refused = 0;
    for _ in 0..400 {
        let mut broken = bytes.clone();
        for _ in 0..1 + next() % 4 {
            let at = next() % broken.len();
            broken[at] ^= 1 << (next() % 8);
        }
        refused += usize::from(net::import_bytes("test.nir", broken, &Options::default()).is_err());
    }
    assert!(refused > 40, "only {refused} of 400 damaged files are refused");
}
