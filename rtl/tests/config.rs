//! The registers' blocks: snapshots of what is emitted.

use rtl::config::{AxiLite, Config, ConfigPort, Hub, RegisterMap, SopCount, SopShape};
use rtl::fabric::design;
use rtl::Design;

fn file(design: &Design, name: &str) -> String {
    let file = design.files.iter().find(|file| file.path == format!("rtl/{name}.v"));
    file.unwrap_or_else(|| panic!("no {name}")).text.clone()
}

/// Two cores.
fn map() -> RegisterMap {
    let config = Config { port: ConfigPort::AxiLite, net_hash: 0x0123_4567_89ab_cdef, loadable: false, routes: false, guard: false };
    RegisterMap::new(config, vec!["fc1".into(), "fc2".into()])
}

#[test]
fn axi_lite_slave() {
    insta::assert_snapshot!(file(&design(AxiLite::new(5), "axi_lite_slave"), "axi_lite_slave"));
}

#[test]
fn register_hub() {
    insta::assert_snapshot!(file(&design(Hub::new(&map()), "register_hub"), "register_hub"));
}

#[test]
fn sop_count() {
    let shape = SopShape { rows: 3, columns: 2, lanes: 8, rest: Some(5) };
    insta::assert_snapshot!(file(&design(SopCount::new("conv1", shape), "conv1_sops"), "conv1_sops"));
}

/// The names are a driver's: a change of one is a new version of the map.
#[test]
fn registers() {
    let lines: Vec<String> = map()
        .registers()
        .iter()
        .map(|register| format!("{:3} {} {:x?} {}", register.address, register.name, register.constant, register.writable))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}
