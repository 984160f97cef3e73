//! The float reference against spikes recorded in stock snnTorch and Sinabs (`tests/oracle/`): every layer, every step.

use std::path::PathBuf;

use net::data::arrays::{read_npz, Array};
use net::options::{Clamp, Fire, Numbers, Preset, ResetRule};
use net::{import_file, Imported, Options, ResetOrder, Spikes};

fn oracle(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/oracle")).join(file)
}

fn options(preset: Preset, set: fn(&mut Numbers)) -> Options {
    let mut options = Options {
        preset: Some(preset),
        ..Options::default()
    };
    set(&mut options.numbers);
    options
}

fn import(file: &str, options: &Options) -> Imported {
    import_file(&oracle(file), options).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Spikes of one sample of an array [samples, T, ...].
fn sample(array: &Array, sample: usize) -> Spikes {
    let steps = array.shape[1];
    let neurons: usize = array.shape[2..].iter().product();
    let step = |t: usize| {
        let counts = &array.data[(sample * steps + t) * neurons..][..neurons];
        counts
            .iter()
            .enumerate()
            .flat_map(|(i, &n)| std::iter::repeat_n(i as u32, n as usize))
            .collect()
    };
    (0..steps).map(step).collect()
}

/// Number of (layer, step) pairs whose spikes differ from the recording's, over all samples.
fn differences(imported: &Imported, recording: &str) -> usize {
    let arrays = read_npz(&oracle(recording)).unwrap_or_else(|problems| panic!("{problems}"));
    let find = |key: String| arrays.iter().find(|(name, _)| *name == key).map(|(_, array)| array);
    let input = find("input/spikes".into()).expect("input spikes");
    let mut differ = 0;
    let mut spikes = 0;
    for s in 0..input.shape[0] {
        let traces = imported.float.run(&sample(input, s), false);
        for (layer, trace) in imported.float.layers.iter().zip(&traces) {
            let recorded = sample(
                find(format!("{}/spikes", layer.neuron_name)).expect("spikes of each layer"),
                s,
            );
            differ += recorded.iter().zip(&trace.spikes).filter(|(a, b)| a != b).count();
            spikes += recorded.iter().map(Vec::len).sum::<usize>();
            assert_eq!(recorded.len(), trace.spikes.len());
        }
    }
    assert!(input.shape[0] == 100 && spikes > 1000, "the recording holds something");
    differ
}

#[test]
fn snntorch() {
    let subtract = "snntorch/leaky_subtract_beta0.9375";
    let check = |name: &str, set: fn(&mut Numbers)| {
        differences(
            &import(&format!("{name}.nir"), &options(Preset::SnnTorch, set)),
            &format!("{name}.npz"),
        )
    };
    assert_eq!(check(subtract, |_| {}), 0);
    assert!(
        check(subtract, |n| n.reset_order = Some(ResetOrder::ResetThenLeak)) > 100,
        "the check can fail"
    );
    assert_eq!(
        check("snntorch/leaky_zero_beta0.9", |n| n.reset = Some(ResetRule::Zero)),
        0
    );
    let delayed = |n: &mut Numbers| {
        n.reset = Some(ResetRule::Zero);
        n.reset_order = Some(ResetOrder::LeakThenReset);
    };
    assert_eq!(check("snntorch/lapicque_zero_beta0.9375", delayed), 0);
    assert!(
        check("snntorch/leaky_zero_beta0.9", delayed) > 100,
        "the check can fail"
    );
}

#[test]
fn sinabs() {
    let check = |net: &str, recording: &str, set: fn(&mut Numbers)| {
        differences(
            &import(&format!("sinabs/{net}.nir"), &options(Preset::Sinabs, set)),
            &format!("sinabs/{recording}.npz"),
        )
    };
    // The recordings with SingleSpike; the preset fires several times a step, as Sinabs does by default.
    let single = |n: &mut Numbers| n.multi_spike = Some(1);
    assert_eq!(check("cnn_iaf", "cnn_iaf_single_clamped", single), 0);
    let greater = |n: &mut Numbers| {
        n.multi_spike = Some(1);
        n.fire = Some(Fire::Greater);
    };
    assert!(check("cnn_iaf", "cnn_iaf_single_clamped", greater) > 100, "the check can fail");
    let unclamped = |n: &mut Numbers| n.clamp = Some(Clamp::None);
    assert_eq!(check("cnn_iaf", "cnn_iaf_multi", unclamped), 0);
    let neither = |n: &mut Numbers| {
        n.clamp = Some(Clamp::None);
        n.multi_spike = Some(1);
    };
    assert!(check("cnn_iaf", "cnn_iaf_multi", neither) > 100, "the check can fail");
    assert_eq!(check("fc_lif", "fc_lif", single), 0);
    let cnn = import("sinabs/cnn_iaf.nir", &options(Preset::Sinabs, |_| {}));
    for report in &cnn.reports {
        assert_eq!(
            (report.scale, report.threshold, report.scale_from.as_str()),
            (1.0 / 64.0, Some((64, 64)), "grid")
        );
    }
}
