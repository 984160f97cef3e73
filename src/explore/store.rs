//! One JSON file per result: written whole or not at all, taken again only by a run with the same settings.

use std::path::{Path, PathBuf};

use net::Problems;
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::{json, Value};

use crate::build::folder::write_problem;
use crate::console::SCHEMA;

/// The output folder of an exploration.
#[derive(Debug)]
pub struct Store {
    pub folder: PathBuf,
    /// Hash of everything that results depend on but their own name; results with another are as good as absent.
    pub key: String,
    pub seed: u64,
}

impl Store {
    /// The result `name`, if it is there, whole, and of the same settings.
    pub fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let mut value: Value = serde_json::from_slice(&std::fs::read(self.folder.join(name)).ok()?).ok()?;
        let same = value["key"] == json!(self.key)
            && value["schema"] == json!(SCHEMA)
            && value["version"] == json!(env!("CARGO_PKG_VERSION"));
        same.then(|| serde_json::from_value(value["result"].take()).ok())?
    }

    /// Writes the result `name`.
    pub fn write<T: Serialize>(&self, name: &str, result: &T) -> Result<(), Problems> {
        let object = json!({
            "schema": SCHEMA,
            "version": env!("CARGO_PKG_VERSION"),
            "seed": self.seed,
            "key": self.key,
            "result": result,
        });
        self.write_text(name, &format!("{object:#}\n"))
    }

    /// Writes a file under a passing name beside its place, then gives it its own.
    pub fn write_text(&self, name: &str, text: &str) -> Result<(), Problems> {
        let path = self.folder.join(name);
        let failed = |error: std::io::Error| Problems::from(write_problem(&path, &error));
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let passing = folder.join(format!(".{file}.{}", std::process::id()));
        std::fs::write(&passing, text).map_err(failed)?;
        std::fs::rename(&passing, &path).map_err(failed)
    }
}
