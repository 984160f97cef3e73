//! Spike arrays and trace files: round trips, comparisons, and what bad ones get.

use net::data::arrays::{write_npz, Array, NumberType};
use net::data::compare::{compare, Quantity};
use net::data::trace_file::{self, TraceArrays};
use net::data::{load, DataOptions};
use net::MapShape;

fn trace(spikes: &[Vec<u32>], shown: &[i32]) -> TraceArrays {
    let inputs = [net::InputNode { name: "in".into(), shape: MapShape::vector(2) }];
    let mut arrays = trace_file::input_arrays(&inputs, &vec![vec![0, 0], vec![1]]);
    arrays.extend(trace_file::layer_arrays(
        "lif1",
        MapShape::new(1, 2, 2),
        &spikes.to_vec(),
        shown,
    ));
    arrays
}

#[test]
fn a_trace_comes_back_and_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let arrays = trace(&[vec![0, 3, 3], vec![]], &[1, -2, 3, 4, 5, 6, 7, -300]);
    let (a, b) = (folder.path().join("a.npz"), folder.path().join("b.npz"));
    trace_file::write(&a, &arrays).unwrap();
    trace_file::write(&b, &arrays).unwrap();
    assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
    let back = trace_file::read(&a).unwrap();
    assert_eq!(back, arrays);
    assert_eq!(back[1].1.shape, [2, 1, 2, 2]);
    assert_eq!(back[1].1.data, [1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0]);
    let cut = std::fs::read(&a).unwrap();
    std::fs::write(&b, &cut[..cut.len() / 2]).unwrap();
    assert_eq!(trace_file::read(&b).unwrap_err().0[0].code, "array-broken");
}

#[test]
fn the_first_divergence_is_named() {
    let ours = trace(&[vec![0, 3], vec![1]], &[0, 0, 0, 0, 0, 0, 9, 0]);
    let same = compare(&ours, &ours, "ref").unwrap();
    assert!(same.first().is_none() && same.missing.is_empty());
    assert_eq!(same.nodes.len(), 2);

    let theirs = trace(&[vec![0, 3], vec![2]], &[0, 0, 0, 0, 0, 0, 8, 0]);
    let found = compare(&ours, &theirs, "ref").unwrap();
    let first = found.first().unwrap();
    assert_eq!(
        (first.node.as_str(), first.step, first.neuron, first.quantity),
        ("lif1", 1, 1, Quantity::Spikes)
    );
    assert_eq!(
        first.to_string(),
        "lif1: time step 1, neuron 1: spikes 1 here, 0 in the reference"
    );
    let node = &found.nodes[1];
    assert_eq!(
        (node.compared, node.same, node.spikes_common.unwrap(), node.membranes_same),
        (8, 6, 2, Some(7))
    );
    assert_eq!(node.spike_agreement(), Some(0.5));

    let membrane = trace(&[vec![0, 3], vec![1]], &[0, 0, 0, 0, 0, 0, 8, 0]);
    let found = compare(&ours, &membrane, "ref").unwrap();
    assert_eq!(found.first().unwrap().quantity, Quantity::Membrane);

    let mut floats = theirs.clone();
    floats.iter_mut().for_each(|(_, array)| array.kind = NumberType::F64);
    floats.remove(0);
    let found = compare(&ours, &floats, "ref").unwrap();
    assert_eq!(
        (found.missing, found.nodes[0].membranes_same),
        (vec!["in".to_string()], None)
    );
}

/// A reference of membranes alone, of `kind`.
fn membranes(values: &[f64], kind: NumberType) -> TraceArrays {
    vec![("lif1/v".to_string(), Array { shape: vec![2, 4], data: values.to_vec(), kind })]
}

#[test]
fn membranes_alone_are_compared() {
    let ours = trace(&[vec![0, 3], vec![1]], &[0, 1, 2, 3, 4, 5, 600, 7]);
    let values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 600.0, 7.0];
    for kind in [NumberType::I64, NumberType::F64] {
        let found = compare(&ours, &membranes(&values, kind), "ref").unwrap();
        assert!(found.first().is_none() && found.missing == ["in"]);
        let node = &found.nodes[0];
        assert_eq!((node.compared, node.same, node.membranes_same, node.spike_agreement()), (8, 8, Some(8), None));
        let off = compare(&ours, &membranes(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 601.0, 8.0], kind), "ref").unwrap();
        let first = off.first().unwrap();
        assert_eq!((first.step, first.neuron, first.quantity, first.reference), (1, 2, Quantity::Membrane, 601.0));
        assert_eq!(off.nodes[0].same, 6);
    }
    // Floats with floats, to single precision of the node's largest.
    let mut floats = ours.clone();
    floats.iter_mut().for_each(|(_, array)| array.kind = NumberType::F64);
    let near = values.map(|v| v + 0.05);
    assert!(compare(&floats, &membranes(&near, NumberType::F64), "ref").unwrap().first().is_none());
    assert!(compare(&floats, &membranes(&values.map(|v| v + 0.07), NumberType::F64), "ref").unwrap().first().is_some());
    // Volts are no membrane units.
    let problems = compare(&ours, &membranes(&near, NumberType::F64), "ref.npz").unwrap_err();
    assert_eq!(
        problems.to_string(),
        "ref.npz:lif1/v: membranes with fractions, and no spikes (membranes here are integers in units of their layer); \
         compare with --float, or record lif1/spikes too"
    );
    let short = vec![("lif1/v".to_string(), Array { shape: vec![1, 4], data: vec![0.0; 4], kind: NumberType::I32 })];
    assert_eq!(compare(&ours, &short, "ref.npz").unwrap_err().0[0].code, "compare-shape");
}

#[test]
fn traces_that_cannot_be_compared_say_why() {
    let ours = trace(&[vec![], vec![]], &[0; 8]);
    let other = vec![(
        "x".to_string(),
        Array {
            shape: vec![1],
            data: vec![0.0],
            kind: NumberType::I64,
        },
    )];
    let problems = compare(&ours, &other, "ref.npz").unwrap_err();
    assert_eq!(
        problems.to_string(),
        "ref.npz: arrays x (arrays named in/spikes, lif1/spikes, lif1/v); \
         name arrays <node>/spikes and <node>/v after the neuron nodes of the NIR file"
    );
    let short = trace_file::layer_arrays("lif1", MapShape::new(1, 2, 2), &vec![vec![]], &[0; 4]);
    let problems = compare(&ours, &short, "ref.npz").unwrap_err();
    assert_eq!(problems.0.len(), 2);
    assert_eq!(problems.0[0].path, "ref.npz:lif1/spikes");
}

#[test]
fn arrays_are_samples() {
    let folder = tempfile::tempdir().unwrap();
    let spikes = Array {
        shape: vec![2, 3],
        data: vec![0.0, 2.0, 0.0, 1.0, 0.0, 0.0],
        kind: NumberType::U8,
    };
    write_npz(&folder.path().join("0.npz"), &[("spikes".into(), spikes.clone())]).unwrap();
    let read = |input| load(folder.path(), &DataOptions::default(), input).and_then(|data| data.sample(0));
    assert_eq!(read(MapShape::vector(3)).unwrap().spikes, [vec![1, 1], vec![0]]);
    assert_eq!(read(MapShape::vector(4)).unwrap_err().0[0].code, "array-shape");
    let half = Array {
        data: vec![0.5; 6],
        kind: NumberType::F64,
        ..spikes
    };
    write_npz(&folder.path().join("0.npz"), &[("spikes".into(), half)]).unwrap();
    assert_eq!(read(MapShape::vector(3)).unwrap_err().0[0].code, "array-value");
}

/// Arrays that numpy itself wrote.
#[test]
fn what_numpy_writes_is_read() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/oracle/snntorch/leaky_subtract_beta0.9375_image0.npz"
    );
    let arrays = trace_file::read(path.as_ref()).unwrap();
    let shapes: Vec<(&str, &[usize])> = arrays.iter().map(|(name, a)| (name.as_str(), &a.shape[..])).collect();
    assert_eq!(
        shapes,
        [
            ("input/spikes", &[16, 784][..]),
            ("lif1/spikes", &[16, 32]),
            ("lif2/spikes", &[16, 10])
        ]
    );
    assert!(arrays.iter().all(|(_, a)| a.data.contains(&1.0) && a.data.iter().all(|&n| n == 0.0 || n == 1.0)));
}
