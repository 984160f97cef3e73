//! Flatten with and without a batch dimension: the flat order is the same.

mod common;

use common::{floats, import, rough, Nir};
use net::Options;

fn conv() -> Nir {
    Nir::default().input(&[1, 6, 6]).conv("conv", floats(&[2, 1, 3, 3], &rough(18)), &[]).fire("a", &[2, 4, 4])
}

fn end(nir: Nir) -> Nir {
    nir.linear("fc", 3, 32, &rough(96)).fire_at("b", &[3], 0.2).output(&[3])
}

#[test]
fn a_batch_dimension_changes_nothing() {
    let plain = import(&end(conv().flatten(0, -1, &[2, 4, 4])), &Options::default());
    let cases: [(i64, i64, &[i64]); 12] = [
        (1, -1, &[0, 0, 0, 0]),
        (1, -1, &[1, 2, 4, 4]),
        (1, -1, &[64, 2, 4, 4]),
        (1, -1, &[2, 4, 4]),
        (1, 3, &[2, 4, 4]),
        (1, -1, &[-1, 2, 4, 4]),
        (2, -1, &[1, 1, 2, 4, 4]),
        (2, 4, &[0, 0, 2, 4, 4]),
        (0, 2, &[0, 4, 4]),
        (-3, -1, &[2, 4, 4]),
        (1, 2, &[2, 4, 4]),
        (0, 1, &[2, 4, 4]),
    ];
    let mut notes = Vec::new();
    for (start, end_dim, recorded) in cases {
        let imported = import(&end(conv().flatten(start, end_dim, recorded)), &Options::default());
        assert_eq!(imported.network, plain.network, "{start} {end_dim} {recorded:?}");
        let said: Vec<&str> = imported.assumptions.iter().map(String::as_str).filter(|line| line.contains("\"flatten\"")).collect();
        notes.push(format!("{start} to {end_dim} of {recorded:?}: {}", said.join("; ")));
    }
    insta::assert_snapshot!("notes", notes.join("\n"));
}

#[test]
fn a_flatten_of_one_dimension_does_nothing() {
    let nir = |flatten: bool| {
        let input = Nir::default().input(&[2, 6, 6]);
        let input = if flatten { input.flatten(0, 0, &[2, 6, 6]) } else { input };
        let nir = input.conv("conv", floats(&[2, 2, 3, 3], &rough(36)), &[]).fire("a", &[2, 4, 4]);
        nir.output(&[2, 4, 4])
    };
    assert_eq!(import(&nir(true), &Options::default()).network, import(&nir(false), &Options::default()).network);
    let vector = Nir::default().input(&[32]).flatten(1, -1, &[0, 0]);
    assert!(end(vector).import(&Options::default()).is_ok(), "of a vector behind a batch dimension");
}

#[test]
fn what_does_not_fit_behind_it_is_refused() {
    let behind = |start, end, recorded: &[i64]| {
        let nir = conv().flatten(start, end, recorded).conv("next", floats(&[1, 2, 3, 3], &rough(18)), &[]);
        nir.fire("b", &[1, 2, 2]).output(&[1, 2, 2])
    };
    let refused = |nir: Nir| nir.import(&Options::default()).map(|_| ()).unwrap_err().to_string();
    for (start, end) in [(0, -1), (1, -1), (0, 1)] {
        let said = refused(behind(start, end, &[2, 4, 4]));
        assert!(said.contains("a convolution on a vector"), "{said}");
    }
    for (start, end_dim) in [(5, 6), (2, 1), (-7, -1)] {
        let said = refused(end(conv().flatten(start, end_dim, &[2, 4, 4])));
        assert!(said.contains("[flatten]") || said.contains("flattens dimensions"), "{said}");
    }
    let said = refused(end(conv().flatten(1, -1, &[0, 3, 4, 4])));
    assert!(said.contains("input_type says"), "{said}");
    let few = conv().flatten(1, -1, &[2, 4, 4]).linear("fc", 3, 16, &rough(48)).fire("b", &[3]).output(&[3]);
    assert!(refused(few).contains("takes 16 inputs"), "its size is that of the whole map");
}
