//! `manifest.json`: what an emitted folder is, and the SHA-256 of every other file in it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{json, Value};
use sha2::{Digest, Sha256};

/// Name of the manifest in the folder.
pub const FILE: &str = "manifest.json";

/// Says in a manifest that spikewright wrote the folder.
const FORMAT: &str = "spikewright-folder";

/// SHA-256 in lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The manifest's text: format, schema and tool version, then the fields of `description` (an object), then `files`, the
/// SHA-256 of each of `files` by path.
pub fn seal(description: Value, files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut object = serde_json::Map::new();
    object.insert("format".to_string(), json!(FORMAT));
    object.insert("schema".to_string(), json!(crate::console::SCHEMA));
    object.insert("version".to_string(), json!(env!("CARGO_PKG_VERSION")));
    if let Value::Object(fields) = description {
        object.extend(fields);
    }
    let hashes: BTreeMap<_, _> = files.iter().map(|(path, bytes)| (path, sha256(bytes))).collect();
    object.insert("files".to_string(), json!(hashes));
    let mut text = format!("{:#}", Value::Object(object));
    text.push('\n');
    text.into_bytes()
}

/// The `files` table of the manifest in `folder`; `None` if there is none that spikewright wrote.
pub fn recorded_files(folder: &Path) -> Option<BTreeMap<String, String>> {
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join(FILE)).ok()?).ok()?;
    if manifest.get("format")? != FORMAT {
        return None;
    }
    serde_json::from_value(manifest.get("files")?.clone()).ok()
}
