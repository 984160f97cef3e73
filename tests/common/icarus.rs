//! A design and a bench of the test's own in Icarus Verilog, which knows four states.

use std::path::Path;
use std::process::Command;

use rtl::Design;

/// Writes the design and the module `bench` into a temporary folder, with `more` files, and runs it there: the folder, and what it printed.
pub fn play(design: &Design, bench: &str, more: &[(&str, String)]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let own = more.iter().map(|(path, text)| (*path, text.as_str())).chain([("bench.v", bench)]);
    let mut sources = vec!["bench.v"];
    for (path, text) in design.files.iter().map(|file| (file.path.as_str(), file.text.as_str())).chain(own) {
        let place = folder.path().join(path);
        std::fs::create_dir_all(place.parent().expect("a folder")).expect("folder");
        std::fs::write(place, text).expect("write");
        if path.starts_with("rtl/") && path.ends_with(".v") {
            sources.push(path);
        }
    }
    run("iverilog", &[&["-g2005", "-s", "bench", "-o", "run"], sources.as_slice()].concat(), folder.path());
    let said = run("vvp", &["-n", "run"], folder.path());
    (folder, said)
}

/// What a program prints that ends well.
pub fn run(program: &str, line: &[&str], folder: &Path) -> String {
    let ran = Command::new(program).args(line).current_dir(folder).output().expect("starts");
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{program}: {said}{}", String::from_utf8_lossy(&ran.stderr));
    said
}
