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
    let text = text(&bytes);
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

/// The lines of a text file: UTF-8 or, as Windows shells write it, UTF-16 behind its mark; line ends of any system.
fn text(bytes: &[u8]) -> String {
    let words = |of: fn([u8; 2]) -> u16| bytes[2..].chunks_exact(2).map(|pair| of([pair[0], pair[1]])).collect::<Vec<u16>>();
    let text = match bytes {
        [0xff, 0xfe, ..] => String::from_utf16_lossy(&words(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => String::from_utf16_lossy(&words(u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n")
}

fn parse(line: &str) -> Option<(&str, u32)> {
    let is_between = |c: char| c.is_whitespace() || c == ',' || c == ';';
    let mut words = line.split(is_between).filter(|word| !word.is_empty());
    let (name, label) = (words.next()?, words.next()?);
    if let Ok(label) = label.parse() {
        return Some((name, label));
    }
    // A name with blanks: the class is the last word.
    let (name, label) = line.rsplit_once(is_between)?;
    Some((name.trim_end_matches(is_between), label.parse().ok()?))
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
