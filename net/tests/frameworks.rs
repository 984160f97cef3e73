//! `--preset` alone against random nets of stock frameworks (`tests/oracle/frameworks`): the float reference sends every spike that the
//! framework sent, on every layer and in every step.

use std::path::{Path, PathBuf};

use net::data::arrays::{read_npz, Array};
use net::options::{Choice, Init, Numbers, Preset};
use net::{import_file, Options, Spikes};

/// Spikes of an array [T, ...] of counts.
fn spikes(array: &Array) -> Spikes {
    let neurons: usize = array.shape[1..].iter().product();
    let step = |counts: &[f64]| counts.iter().enumerate().flat_map(|(i, &n)| std::iter::repeat_n(i as u32, n as usize)).collect();
    array.data.chunks(neurons).map(step).collect()
}

/// Nets of a folder, in order; the first part of a name is its preset.
fn nets(folder: &Path) -> Vec<(PathBuf, Preset)> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "nir")).collect();
    paths.sort();
    let preset = |path: &Path| {
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        Preset::parse_name(stem.split('_').next().expect("a prefix")).expect("a preset")
    };
    paths.into_iter().map(|path| (path.clone(), preset(&path))).collect()
}

/// (Layers and steps whose spikes differ, spikes recorded) of one net.
fn differences(net: &Path, options: &Options) -> (usize, usize) {
    let imported = import_file(net, options).unwrap_or_else(|problems| panic!("{}: {problems}", net.display()));
    let arrays = read_npz(&net.with_extension("npz")).unwrap_or_else(|problems| panic!("{problems}"));
    let find = |key: String| arrays.iter().find(|(name, _)| *name == key).map(|(_, array)| spikes(array)).expect("an array");
    let traces = imported.float.run(&find("input/spikes".into()), false);
    let (mut differ, mut sent) = (0, 0);
    for (layer, trace) in imported.float.layers.iter().zip(&traces) {
        let recorded = find(format!("{}/spikes", layer.neuron_name));
        assert_eq!(recorded.len(), trace.spikes.len());
        differ += recorded.iter().zip(&trace.spikes).filter(|(a, b)| a != b).count();
        sent += recorded.iter().map(Vec::len).sum::<usize>();
    }
    (differ, sent)
}

fn options(preset: Preset, numbers: Numbers) -> Options {
    Options { preset: Some(preset), numbers, ..Options::default() }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/oracle/frameworks/recorded")
}

/// Nets of `folder` whose spikes are not all the framework's.
fn wrong(folder: &Path) -> (usize, Vec<String>) {
    let nets = nets(folder);
    let mut wrong = Vec::new();
    for (net, preset) in &nets {
        let (differ, sent) = differences(net, &options(*preset, Numbers::default()));
        if differ > 0 {
            wrong.push(format!("{}: {differ} steps of {sent} spikes differ", net.display()));
        }
    }
    (nets.len(), wrong)
}

#[test]
fn presets_send_what_the_frameworks_sent() {
    let (nets, wrong) = wrong(&folder());
    assert!(nets >= 12 && wrong.is_empty(), "{nets} nets\n{}", wrong.join("\n"));
}

/// `make test-full` records sixty nets of each framework anew and names their folder.
#[test]
fn presets_send_what_freshly_recorded_frameworks_sent() {
    let Some(folder) = std::env::var_os("SPIKEWRIGHT_FRAMEWORKS").map(PathBuf::from) else { return };
    let (nets, wrong) = wrong(&folder);
    assert!(nets >= 240 && wrong.is_empty(), "{nets} nets\n{}", wrong.join("\n"));
}

/// Each convention matters to some recorded net of its framework, so that the test above would notice its loss.
#[test]
fn the_check_can_fail() {
    let check = |preset: Preset, numbers: Numbers, dt: Option<f64>| {
        let of = nets(&folder()).into_iter().filter(|(_, own)| *own == preset);
        of.map(|(net, _)| differences(&net, &Options { dt, ..options(preset, numbers) }).0).sum::<usize>()
    };
    assert!(check(Preset::SpikingJelly, Numbers { init: Some(Init::Zero), ..Numbers::default() }, None) > 0);
    assert!(check(Preset::Sinabs, Numbers { multi_spike: Some(1), ..Numbers::default() }, None) > 0);
    assert!(check(Preset::Norse, Numbers::default(), Some(2e-6)) > 0);
    assert!(check(Preset::Norse, Numbers { init: Some(Init::Zero), ..Numbers::default() }, None) > 0);
    assert!(check(Preset::SnnTorch, Numbers { reset_order: Some(net::ResetOrder::ResetThenLeak), ..Numbers::default() }, None) > 0);
}
