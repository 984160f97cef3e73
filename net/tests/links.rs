//! Files that h5py wrote with links in them, and with numbers of other types (tests/data/make.py).

use std::path::{Path, PathBuf};

use net::{import_file, Imported, Options, Problems};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data").join(name)
}

fn read(name: &str) -> Result<Imported, Problems> {
    import_file(&file(name), &Options { name: Some("links".into()), ..Options::default() })
}

#[test]
fn soft_links_are_followed() {
    let good = read("good.nir").expect("good.nir");
    for name in ["links.nir", "links_new.nir"] {
        let links = read(name).unwrap_or_else(|problems| panic!("{name}: {problems}"));
        assert_eq!(links.network, good.network, "{name}");
        assert_eq!(links.metadata.get("dt").map(String::as_str), Some("0.001"), "{name}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let said = ["astray.nir", "precise.nir"].map(|name| {
        let problems = read(name).map(|_| ()).expect_err(name);
        problems.to_string().replace(&file(name).display().to_string(), name)
    });
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn damaged_links_never_panic() {
    for name in ["links.nir", "links_new.nir"] {
        let bytes = std::fs::read(file(name)).expect("read");
        let mut seed = 7u64;
        let mut next = move || {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (seed >> 33) as usize
        };
        for _ in 0..300 {
            let mut broken = bytes.clone();
            for _ in 0..1 + next() % 6 {
                let at = next() % broken.len();
                broken[at] = [0, 0xff, 1 << (next() % 8), broken[at] ^ 1][next() % 4];
            }
            let _ = net::import_bytes("test.nir", broken, &Options::default());
        }
        for length in (0..bytes.len()).step_by(97) {
            let _ = net::import_bytes("test.nir", bytes[..length].to_vec(), &Options::default());
        }
    }
}
