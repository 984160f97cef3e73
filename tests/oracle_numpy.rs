//! Emitted folders against the numpy model and Icarus of `tests/oracle/numpy_check.py`: spikes, values and cycles,
//! computed from the documents alone. Needs .venv (tools/setup) and Icarus.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{have, root, Place};

/// The Python of .venv if it has the packages of the check.
fn python() -> Option<PathBuf> {
    let python = root().join(".venv/bin/python");
    let works = Command::new(&python)
        .args(["-c", "import numpy, h5py"])
        .output()
        .is_ok_and(|o| o.status.success());
    let missing: &[String] = if works { &[] } else { &[".venv with numpy and h5py".to_string()] };
    needs::nothing_missing(missing).then_some(python)
}

/// Builds `line` into `out` and checks the folder; returns exit code and what the check printed.
fn check(place: &Place, python: &Path, line: &str, flags: &str) -> (i32, String) {
    if !line.is_empty() {
        let built = place.run(&format!("build {line} --out out"));
        assert_eq!(built.code, 0, "{}", built.stderr);
    }
    let script = root().join("tests/oracle/numpy_check.py");
    let ran = place.tool(
        &python.display().to_string(),
        &format!("-B {} out {flags}", script.display()),
    );
    (ran.code, format!("{}{}", ran.stdout, ran.stderr))
}

#[test]
fn numpy_and_icarus_agree_with_emitted_folders() {
    let Some(python) = python().filter(|_| have(&["iverilog"])) else {
        return;
    };
    let mnist = root().join("examples/mnist");
    let mnist = mnist.display();
    let sinabs = root().join("tests/oracle/sinabs");
    for line in [
        "good.nir --data spikes.npz".to_string(),
        "good.nir --data spikes.npz --weight-bits 5 --multi-spike 3 --fire ge --lanes fc1=2 --readout count"
            .to_string(),
        "good.nir --data spikes.npz --core fc1=parallel --core fc2=parallel".to_string(),
        "good.nir --data spikes.npz --core fc1=table --banks fc1=1x2 --lanes fc1=2".to_string(),
        format!("{mnist}/mnist_fc.nir --data {mnist} --encode phase:4 --weight-bits 4 --scale mse --init 0.3"),
        "lazy.nir --dt 1e-4 --steps 12 --weight-bits 3 --fraction-bits 5 --init 0.4 --core fc=table".to_string(),
        format!("{}/cnn_iaf.nir --preset sinabs --steps 2", sinabs.display()),
        "lazy.nir --dt 1e-4 --steps 40 --leak-mode lazy --scan conv1=touched --scan conv2=touched --scan fc=touched".to_string(),
        "lazy.nir --dt 1e-4 --steps 12 --leak-mode lazy --rounding toward-zero --reset-order leak-then-reset --banks conv1=1x1".to_string(),
        format!("{}/cnn_iaf.nir --preset sinabs --multi-spike 1 --init -0.25 --steps 4 --scan conv1=touched --scan fc=touched", sinabs.display()),
        "encoder.nir --preset snntorch --steps 40".to_string(),
        "pooled.nir --multiplicity 2".to_string(),
        "alike.nir".to_string(),
    ] {
        let place = Place::new();
        let (code, said) = check(&place, &python, &line, "--self-test");
        assert_eq!(code, 0, "{line}\n{said}");
        assert!(said.ends_with("PASS\n"), "{line}\n{said}");
    }
}

#[test]
fn a_changed_weight_is_noticed() {
    let Some(python) = python().filter(|_| have(&["iverilog"])) else {
        return;
    };
    let place = Place::new();
    let (code, said) = check(&place, &python, "good.nir --data spikes.npz", "");
    assert_eq!(code, 0, "{said}");
    let weights = place.path("out/mem/good_fc1_weights.hex");
    let text = std::fs::read_to_string(&weights).expect("hex");
    // The top digit of a word is that of its last lane's weight.
    let changed = text.replacen("07fc03", "47fc03", 1);
    assert_ne!(text, changed);
    std::fs::write(weights, changed).expect("write");
    let (code, said) = check(&place, &python, "", "");
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("DIFFERS"), "{said}");
}

#[test]
fn numpy_and_icarus_agree_with_graphs() {
    let Some(python) = python().filter(|_| have(&["iverilog"])) else {
        return;
    };
    for line in [
        "recurrent.nir --preset snntorch",
        "recurrent.nir --preset snntorch --reset zero --multi-spike 1",
        "recurrent.nir --preset snntorch --core fc1=table --core fc2=table",
        "nested.nir --dt 1e-4 --fire ge --weight-bits 5 --multiplicity 2",
        "residual.nir --dt 1e-4 --multiplicity 2 --readout count",
        "membrane.nir --multiplicity 2",
        "joined.nir --multi-spike 3",
        "sensors.nir --dt 1e-4 --data sensors.npz --reset-order leak-then-reset",
    ] {
        let place = Place::new();
        let (code, said) = check(&place, &python, line, "--self-test");
        assert_eq!(code, 0, "{line}\n{said}");
        assert!(said.ends_with("PASS\n"), "{line}\n{said}");
    }
}
