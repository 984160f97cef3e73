//! `labels.txt`: one sample per line, name and class, in the order in which samples are used.

use super::read_file;
use crate::{Problem, Problems};
use std::path::{Path, PathBuf};

/// A file with its class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub file: PathBuf,
    pub label: Option<u32>,
}

/// Puts `files` into the order of `folder/labels.txt` and gives them its classes; without that file they stay unlabelled,
/// in numerical order of their names (alphabetical where they are not numbers). Every line must name one file and every
/// file must stand on one line.
pub fn match_files(folder: &Path, mut files: Vec<PathBuf>) -> Result<Vec<Entry>, Problems> {
    let path = folder.join("labels.txt");
    if !path.is_file() {
        files.sort_by_cached_key(|file| (stem(file).parse::<u64>().unwrap_or(u64::MAX), stem(file)));
        return Ok(files.into_iter().map(|file| Entry { file, label: None }).collect());
    }
    let bytes = read_file(&path)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut problems = Vec::new();
    let mut entries: Vec<Entry> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("{}:{}", path.display(), number + 1);
        let Some((name, label)) = parse(line) else {
            problems.push(Problem::new(
                "label-line",
                place,
                format!("\"{line}\""),
                "a sample name and a class number, as in `1 5`",
                "correct the line",
            ));
            continue;
        };
        let found = files
            .iter()
            .position(|file| is_named(file, name))
            .map(|at| files.remove(at));
        match found {
            Some(file) => entries.push(Entry {
                file,
                label: Some(label),
            }),
            None => problems.push(Problem::new(
                "label-without-sample",
                place,
                format!("sample \"{name}\""),
                "every label belongs to one file of the folder",
                "add the file, or remove the line",
            )),
        }
    }
    if let Some(file) = files.first() {
        problems.push(Problem::new(
            "sample-without-label",
            path.display().to_string(),
            format!("{} files have no label, the first is {}", files.len(), stem(file)),
            "every file has one label",
            "add the labels, or remove the files",
        ));
    }
    Problems::unless_empty(problems, entries)
}

fn parse(line: &str) -> Option<(&str, u32)> {
    let mut words = line
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty());
    let (name, label) = (words.next()?, words.next()?);
    Some((name, label.parse().ok()?))
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// By file name, by name without extension, or by number (`1` means `00001.bin`).
fn is_named(file: &Path, name: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().ok();
    let stem = stem(file);
    stem == name
        || file.file_name().is_some_and(|own| own == name)
        || number(name).is_some_and(|n| number(&stem) == Some(n))
}
