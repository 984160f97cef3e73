//! A folder that `build` wrote, as synthesis sees it: top module, Verilog sources, one hash.

use std::path::{Path, PathBuf};

use net::problem::{Problem, Problems};

use crate::run::{file_problem, read};

/// Sources of one emitted folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    pub dir: PathBuf,
    /// Top module, from `manifest.json`.
    pub top: String,
    /// Verilog files relative to `rtl/`, in the order of `rtl/<top>.f`.
    pub sources: Vec<String>,
    /// The hash that `build` and `cosim` print ([`rtl::design::hash_files`]).
    pub hash: String,
}

/// A port of the top module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    pub name: String,
    pub direction: Direction,
    pub width: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Input,
    Output,
}

impl Folder {
    /// Reads `manifest.json`, the file list and the hash; checks that the listed files exist.
    pub fn open(dir: &Path) -> Result<Folder, Problems> {
        let top = top_of(dir)?;
        let sources = sources_of(dir, &top)?;
        let missing: Vec<_> = sources
            .iter()
            .map(|source| dir.join("rtl").join(source))
            .filter(|path| !path.is_file())
            .map(|path| not_a_build(path, "listed, but not there", "every file of the list exists"))
            .collect();
        let hash = hash_of(dir)?;
        Problems::unless_empty(
            missing,
            Folder {
                dir: dir.to_path_buf(),
                top,
                sources,
                hash,
            },
        )
    }
}

fn not_a_build(path: PathBuf, value: impl Into<String>, limit: &str) -> Problem {
    Problem::new(
        "not-a-build-folder",
        path.display().to_string(),
        value,
        limit,
        "name a folder that `spikewright build NET --out DIR` wrote",
    )
}

fn top_of(dir: &Path) -> Result<String, Problem> {
    let path = dir.join("manifest.json");
    let limit = "a JSON object with the name of the top module in \"top\"";
    let text = std::fs::read_to_string(&path).map_err(|error| not_a_build(path.clone(), error.to_string(), limit))?;
    let manifest: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| not_a_build(path.clone(), error.to_string(), limit))?;
    if let Some(chips) = manifest.get("chips").and_then(|chips| chips.as_array()) {
        let folder = |chip: &serde_json::Value| Some(dir.join(chip.get("folder")?.as_str()?).display().to_string());
        let folders: Vec<String> = chips.iter().filter_map(folder).collect();
        return Err(Problem::new(
            "several-chips",
            dir.display().to_string(),
            format!("{} chips", chips.len()),
            "one device at a time",
            format!("name the folder of a chip: {}", folders.join(", ")),
        ));
    }
    let top = manifest.get("top").and_then(|top| top.as_str()).unwrap_or("");
    if !is_identifier(top) {
        return Err(not_a_build(path, format!("top is {top:?}"), limit));
    }
    Ok(top.to_string())
}

fn sources_of(dir: &Path, top: &str) -> Result<Vec<String>, Problem> {
    let path = dir.join("rtl").join(format!("{top}.f"));
    let text = std::fs::read_to_string(&path)
        .map_err(|error| not_a_build(path.clone(), error.to_string(), "a list of the Verilog files in rtl/"))?;
    let sources: Vec<String> = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or("").trim())
        .filter(|line| !line.is_empty() && !line.starts_with(['#', '+', '-']))
        .map(|line| line.strip_prefix("rtl/").unwrap_or(line).to_string())
        .collect();
    // The names go into tool scripts as they are.
    if let Some(odd) = sources
        .iter()
        .find(|name| !name.chars().all(|c| c.is_ascii_alphanumeric() || "_./".contains(c)))
    {
        return Err(not_a_build(
            path,
            format!("{odd:?}"),
            "file names of letters, digits and underscores",
        ));
    }
    if sources.is_empty() {
        return Err(not_a_build(path, "empty", "at least one Verilog file"));
    }
    Ok(sources)
}

fn hash_of(dir: &Path) -> Result<String, Problem> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for name in ["rtl", "mem"] {
        let folder = dir.join(name);
        if !folder.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(|error| file_problem(&folder, &error))? {
            let path = entry.map_err(|error| file_problem(&folder, &error))?.path();
            if let (true, Some(file)) = (path.is_file(), path.file_name().and_then(|file| file.to_str())) {
                let bytes = std::fs::read(&path).map_err(|error| file_problem(&path, &error))?;
                files.push((format!("{name}/{file}"), bytes));
            }
        }
    }
    Ok(rtl::design::hash_files(
        files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())),
    ))
}

pub(crate) fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The design's hierarchy as yosys read it (`write_json` after `hierarchy` and `proc`).
#[derive(Clone, Debug, Default)]
pub(crate) struct Hierarchy {
    /// Ports of the top module, in order.
    pub ports: Vec<Port>,
    /// Instance path below the top (`core_0.membrane`) -> module name. The top itself is the empty path.
    pub instances: std::collections::BTreeMap<String, String>,
}

impl Hierarchy {
    /// Reads yosys' JSON of the module `top` and all below it.
    pub fn read(path: &Path, top: &str) -> Result<Hierarchy, Problem> {
        let odd = |value: String| {
            Problem::new(
                "tool-output",
                path.display().to_string(),
                value,
                "JSON netlist of yosys",
                "report this as a bug",
            )
        };
        let json: serde_json::Value = serde_json::from_str(&read(path)?).map_err(|error| odd(error.to_string()))?;
        let module = &json["modules"][top];
        let mut hierarchy = Hierarchy::default();
        for (name, port) in module["ports"]
            .as_object()
            .ok_or_else(|| odd(format!("no ports of {top}")))?
        {
            let direction = match port["direction"].as_str() {
                Some("input") => Direction::Input,
                Some("output") => Direction::Output,
                other => return Err(odd(format!("port {name} is {other:?}"))),
            };
            let width = port["bits"].as_array().map_or(0, |bits| bits.len() as u32);
            hierarchy.ports.push(Port {
                name: name.clone(),
                direction,
                width,
            });
        }
        let mut open = vec![(String::new(), top.to_string())];
        while let Some((path, name)) = open.pop() {
            for (instance, cell) in json["modules"][&name]["cells"].as_object().into_iter().flatten() {
                let kind = cell["type"].as_str().unwrap_or("");
                if json["modules"].get(kind).is_some() {
                    let inner = if path.is_empty() {
                        instance.clone()
                    } else {
                        format!("{path}.{instance}")
                    };
                    open.push((inner, kind.to_string()));
                }
            }
            hierarchy.instances.insert(path, plain_name(&name));
        }
        Ok(hierarchy)
    }
}

/// Module name without yosys' marks of a parameterised copy (`$paramod\name\FILE=...`).
fn plain_name(name: &str) -> String {
    match name.strip_prefix('$') {
        Some(marked) => marked.split('\\').nth(1).unwrap_or(name).to_string(),
        None => name.to_string(),
    }
}
