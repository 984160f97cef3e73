//! The shared real models: what imports, with which numbers, and what is refused with which words.

mod common;

use common::shared;
use net::options::{Numbers, Preset, ScaleRule};
use net::{import_file, Imported, Options};

fn import(model: &str, options: &Options) -> Option<Imported> {
    shared(model).map(|path| import_file(&path, options).unwrap_or_else(|problems| panic!("{problems}")))
}

fn refused(model: &str) -> Option<String> {
    shared(model).map(|path| {
        import_file(&path, &Options::default())
            .expect_err("a model that is refused")
            .to_string()
    })
}

fn thresholds(imported: &Imported) -> Vec<i64> {
    imported
        .reports
        .iter()
        .filter_map(|report| report.threshold)
        .map(|(least, _)| least)
        .collect()
}

#[test]
fn n_mnist_thresholds_of_the_contract() {
    let Some(imported) = import("nir_paper/cnn_sinabs.nir", &Options::default()) else {
        return;
    };
    assert_eq!(thresholds(&imported), [71, 127, 203, 107, 196]);
    assert_eq!(imported.network.output().len(), 10);
    assert!(imported.reports.iter().all(|report| report.membrane_bits == 16));
}

#[test]
fn mnist_models() {
    let Some(cnn) = import("mnist_cnn.nir", &Options::default()) else {
        return;
    };
    assert_eq!(
        cnn.network.layers.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(),
        ["conv1", "conv2", "fc"]
    );
    assert_eq!(cnn.network.layers[2].pool.kernel, (2, 2));
    assert_eq!(cnn.metadata["encoding"], "phase-accumulator-255-128");
    let four = Options {
        numbers: Numbers {
            weight_bits: Some(4),
            scale: Some(ScaleRule::Mse),
            ..Numbers::default()
        },
        ..Options::default()
    };
    let Some(fc) = import("mnist_fc.nir", &four) else {
        return;
    };
    assert_eq!(fc.reports[0].leak, "V - (V >> 4), floor");
    assert!(fc.reports[0].scale < 0.3937306 / 7.0);
    let Some(sommer) = import("mnist_sommer.nir", &Options::default()) else {
        return;
    };
    assert_eq!(sommer.network.layers.len(), 4);
    let Some(export) = import(
        "mnist_fc_snntorch_export.nir",
        &Options {
            preset: Some(Preset::SnnTorch),
            ..Options::default()
        },
    ) else {
        return;
    };
    assert_eq!(export.network.layers[1].neuron.order, net::ResetOrder::LeakThenReset);
    assert_eq!(thresholds(&export), [323, 333]);
}

#[test]
fn compression_makes_no_difference() {
    let Some(plain) = refused("all_nodes_1.0.8_plain.nir") else {
        return;
    };
    for packed in ["gzip", "lzf"] {
        let text = refused(&format!("all_nodes_1.0.8_{packed}.nir")).unwrap_or_default();
        assert_eq!(text.replace(packed, "plain"), plain);
    }
    for kind in ["CubaLIF", "CubaLI", "Delay", "Scale", "Threshold", "I"] {
        assert!(
            plain.contains(&format!("node type {kind} is not supported")),
            "{kind}: {plain}"
        );
    }
    assert!(
        plain.contains("supported: Input, Output, Affine, Linear, Conv2d"),
        "{plain}"
    );
}

#[test]
fn recurrent_models_are_refused_by_name() {
    let Some(flat) = refused("nir_paper/braille_noDelay_bias_zero.nir") else {
        return;
    };
    assert!(
        flat.contains("\"lif1.lif\": node type CubaLIF is not supported"),
        "{flat}"
    );
    let Some(nested) = refused("nir_paper/braille_noDelay_noBias_subtract_subgraph.nir") else {
        return;
    };
    assert!(
        nested.contains("no node is called \"lif1.lif\"") && nested.contains("give --repair to read it as \"lif1\""),
        "{nested}"
    );
    let Some(conv1d) = refused("conv1d_1.0.8.nir") else {
        return;
    };
    assert!(conv1d.contains("node type Conv1d is not supported"), "{conv1d}");
}

/// Norse's own trace of one LIF neuron (columns: input, membrane, spike), recorded with dt = 0.1 ms.
#[test]
fn norse_trace() {
    let options = Options {
        preset: Some(Preset::Norse),
        dt: Some(1e-4),
        ..Options::default()
    };
    let Some(imported) = import("nir_paper/lif_norse.nir", &options) else {
        return;
    };
    let Some(path) = shared("nir_paper/lif_norse.csv") else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let rows: Vec<Vec<f64>> = text
        .lines()
        .map(|line| line.split(',').filter_map(|x| x.parse().ok()).collect())
        .collect();
    let input: net::Spikes = rows
        .iter()
        .map(|row| if row[0] > 0.0 { vec![0] } else { vec![] })
        .collect();
    let trace = imported.float.run(&input, true).remove(0);
    let mut spikes = 0;
    for (t, row) in rows.iter().enumerate() {
        assert_eq!(trace.spikes[t].len() as f64, row[2], "spike at step {t}");
        assert!(
            (trace.shown[t][0] - row[1]).abs() < 1e-6,
            "step {t}: {} for {}",
            trace.shown[t][0],
            row[1]
        );
        spikes += trace.spikes[t].len();
    }
    assert!(
        rows.len() == 1000 && spikes > 0,
        "{spikes} spikes in {} steps",
        rows.len()
    );
}
