//! Prints what an import makes of a NIR file: `cargo run -p spikewright-net --example inspect -- NET.nir [preset]`.

use net::{Choice, Options};

fn main() {
    let mut args = std::env::args().skip(1);
    let path = args.next().unwrap_or_default();
    let preset = args
        .next()
        .and_then(|name| net::options::Preset::parse_name(&name).ok());
    let options = Options {
        preset,
        ..Options::default()
    };
    match net::import_file(path.as_ref(), &options) {
        Ok(imported) => {
            imported.assumptions.iter().for_each(|line| println!("{line}"));
            imported.warnings.iter().for_each(|line| println!("warning: {line}"));
            imported.reports.iter().for_each(|report| println!("{report:?}"));
        }
        Err(problems) => println!("{problems}"),
    }
}
