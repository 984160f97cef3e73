//! Waves: files that other tools read, with what a neuromorphic person looks for.

mod common;

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use common::{have_tools, run};
use sim::{LockstepOptions, WaveRequest};
use vcd::{Command, IdCode};

/// Values of one variable over time, as text.
struct Waves {
    ids: HashMap<String, IdCode>,
    changes: Vec<(u64, IdCode, String)>,
}

fn read(path: &Path) -> Waves {
    let mut parser = vcd::Parser::new(BufReader::new(File::open(path).unwrap()));
    let header = parser.parse_header().unwrap();
    let mut ids = HashMap::new();
    fn walk(items: &[vcd::ScopeItem], path: &str, ids: &mut HashMap<String, IdCode>) {
        for item in items {
            match item {
                vcd::ScopeItem::Scope(scope) => walk(&scope.items, &format!("{path}{}.", scope.identifier), ids),
                vcd::ScopeItem::Var(var) => {
                    ids.insert(format!("{path}{}", var.reference), var.code);
                }
                _ => {}
            }
        }
    }
    walk(&header.items, "", &mut ids);
    let (mut now, mut changes) = (0, Vec::new());
    for command in parser {
        match command.unwrap() {
            Command::Timestamp(time) => now = time,
            Command::ChangeScalar(id, value) => changes.push((now, id, value.to_string())),
            Command::ChangeVector(id, value) => changes.push((now, id, value.to_string())),
            Command::ChangeString(id, value) => changes.push((now, id, value)),
            _ => {}
        }
    }
    Waves { ids, changes }
}

impl Waves {
    fn of(&self, name: &str) -> Vec<(u64, &str)> {
        let id = *self.ids.get(name).unwrap_or_else(|| panic!("no {name}"));
        self.changes
            .iter()
            .filter(|change| change.1 == id)
            .map(|(time, _, value)| (*time, value.as_str()))
            .collect()
    }

    fn at(&self, name: &str, time: u64) -> &str {
        self.of(name).iter().take_while(|(at, _)| *at <= time).last().unwrap().1
    }
}

#[test]
fn a_mismatch_is_explained_by_waves() {
    if !have_tools() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let options = LockstepOptions {
        mismatch_folder: Some(folder.path().into()),
        ..LockstepOptions::default()
    };
    let report = run(
        Some(("lane_0 - (FIRE_LEVEL - 12'sd1)", "lane_0 - FIRE_LEVEL")),
        &options,
    );
    let first = report.first.unwrap();
    let path = first.waves.clone().expect("waves");
    let waves = read(&path);
    let time = first.cycle * 10;
    assert_eq!(waves.at("spikewright.hidden.mismatch", time), "1");
    assert_eq!(waves.at("spikewright.hidden.mismatch", time - 10), "0");
    assert_eq!(waves.at("spikewright.hidden.phase", time), "fire");
    let number = |name: &str| i64::from_str_radix(waves.at(name, time), 2).unwrap();
    assert_eq!(number("spikewright.hidden.golden_membrane").to_string(), first.golden);
    assert_eq!(number("spikewright.hidden.rtl_membrane").to_string(), first.rtl);
    assert_eq!(number("spikewright.hidden.neuron"), first.neuron.unwrap() as i64);
    assert_eq!(number("spikewright.hidden.time_step"), first.time_step.unwrap() as i64);
    let kinds: Vec<_> = waves
        .of("spikewright.hidden.event")
        .iter()
        .map(|change| change.1)
        .collect();
    assert!(kinds.contains(&"SPIKE") && kinds.contains(&"TICK"), "{kinds:?}");
    let save = std::fs::read_to_string(path.with_extension("gtkw")).unwrap();
    assert!(save.contains("spikewright.hidden.golden_membrane[11:0]"));
    assert!(!save.contains(&*folder.path().to_string_lossy()), "no machine paths");
}

#[test]
fn waves_of_one_sample_and_layer_on_request_and_the_same_bytes_each_time() {
    if !have_tools() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str| {
        let path = folder.path().join(name);
        let request = WaveRequest {
            sample: 1,
            layer: Some("readout".into()),
            path: path.clone(),
        };
        let options = LockstepOptions {
            waves: Some(request),
            stall: 0.2,
            ..LockstepOptions::default()
        };
        assert!(run(None, &options).passed());
        path
    };
    let (a, b) = (write("a.vcd"), write("b.vcd"));
    assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap());
    let waves = read(&a);
    assert!(!waves.ids.contains_key("spikewright.hidden.phase"));
    let mismatch = needs::at_least(1, "values of mismatch", waves.of("spikewright.readout.mismatch"));
    assert!(mismatch.iter().all(|change| change.1 == "0"));
    let steps: Vec<_> = waves
        .of("spikewright.readout.time_step")
        .iter()
        .map(|c| u32::from_str_radix(c.1, 2).unwrap())
        .collect();
    assert_eq!(steps, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    let sample = needs::at_least(1, "values of sample", waves.of("spikewright.readout.sample"));
    assert!(sample.iter().all(|change| u32::from_str_radix(change.1, 2) == Ok(1)));
    // All signals under Verilator's names, or the probed ones under the layer's.
    let full = cfg!(feature = "verilated");
    let name = if full {
        "TOP.fixture.core_1.bank_0.write_enable"
    } else {
        "fixture.readout.bank_0.write_enable"
    };
    assert!(waves.of(name).len() > 50);
    assert_eq!(waves.ids.contains_key("TOP.fixture.core_0.state"), full);
}
