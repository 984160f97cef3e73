//! Writing an output folder: all of it or nothing, and never over somebody's work.
//!
//! The files go to a temporary folder beside the target, which then takes the target's name. A folder that is there
//! already is replaced only if its `manifest.json` says that spikewright wrote it; what the user edited stays unless
//! `force` is set; what the user added moves into the new folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use net::{Problem, Problems};

use super::manifest::{self, sha256};

/// What may be overwritten.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overwrite<'a> {
    /// Hand-edited output files too.
    pub force: bool,
    /// This file (relative to the folder) too: the settings that are in use.
    pub allowed: Option<&'a str>,
}

/// Writes `files` (path relative to the folder, bytes) as the folder `out`.
pub fn write(out: &Path, files: &[(String, Vec<u8>)], overwrite: Overwrite) -> Result<(), Problems> {
    let target = resolve(out)?;
    refuse_working_folder(out, &target)?;
    let kept = files_to_keep(out, files, overwrite)?;
    let parent = target
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_else(|| PathBuf::from("/"));
    // Whatever place fails, the message names the folder as the user did.
    let failed = |error: std::io::Error| write_problem(out, &error);
    std::fs::create_dir_all(&parent).map_err(failed)?;
    let temporary = tempfile::Builder::new()
        .prefix(".spikewright-")
        .tempdir_in(&parent)
        .map_err(failed)?;
    let fresh = temporary.path().join("new");
    for (path, bytes) in files {
        let path = fresh.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(&path, bytes).map_err(failed)?;
    }
    if target.exists() {
        let old = temporary.path().join("old");
        std::fs::rename(&target, &old).map_err(failed)?;
        let moved = kept.iter().try_for_each(|path| {
            let to = fresh.join(path);
            to.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::rename(old.join(path), to)
        });
        if let Err(error) = moved.and_then(|()| std::fs::rename(&fresh, &target)) {
            restore(&kept, &fresh, &old, &target);
            return Err(failed(error).into());
        }
    } else {
        std::fs::rename(&fresh, &target).map_err(failed)?;
    }
    Ok(())
}

/// Checks the folder that is there now; returns its files that spikewright did not write (to be kept).
fn files_to_keep(out: &Path, files: &[(String, Vec<u8>)], overwrite: Overwrite) -> Result<Vec<String>, Problems> {
    if !out.exists() {
        return Ok(Vec::new());
    }
    let label = out.display().to_string();
    if !out.is_dir() {
        return Err(Problem::new(
            "output-folder",
            label,
            "a file of that name is there",
            "a folder, new, empty or written by spikewright",
            "choose another --out",
        )
        .into());
    }
    let present = list(out)?;
    if present.is_empty() {
        return Ok(Vec::new());
    }
    let Some(recorded) = manifest::recorded_files(out) else {
        return Err(Problem::new(
            "output-folder",
            label,
            format!(
                "{} there that spikewright did not write, e.g. {}",
                files_text(present.len()),
                present[0]
            ),
            "a folder, new, empty or written by spikewright",
            "choose another --out, or empty the folder",
        )
        .into());
    };
    let written: BTreeMap<&str, &[u8]> = files
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
        .collect();
    let (mut problems, mut kept) = (Vec::new(), Vec::new());
    for path in present {
        let bytes = std::fs::read(out.join(&path)).map_err(|error| write_problem(&out.join(&path), &error))?;
        let same = written.get(path.as_str()).is_some_and(|new| *new == bytes);
        let allowed = overwrite.force || same || path == manifest::FILE || overwrite.allowed == Some(path.as_str());
        match recorded.get(&path) {
            Some(hash) if *hash == sha256(&bytes) || allowed => {}
            Some(_) => problems.push(Problem::new(
                "edited-file",
                out.join(&path).display().to_string(),
                "edited by hand since spikewright wrote it",
                "output files are overwritten only as spikewright wrote them",
                "keep your copy elsewhere, or overwrite it with --force",
            )),
            None if path == manifest::FILE => {}
            None if !written.contains_key(path.as_str()) => kept.push(path),
            None if allowed => {}
            None => problems.push(Problem::new(
                "edited-file",
                out.join(&path).display().to_string(),
                "a file of yours with the name of an output file",
                "output files are overwritten only as spikewright wrote them",
                "move it elsewhere, or overwrite it with --force",
            )),
        }
    }
    Problems::unless_empty(problems, kept)
}

fn files_text(count: usize) -> String {
    format!("{count} file{}", if count == 1 { "" } else { "s" })
}

/// Undoes a replacement that stopped half-way.
fn restore(kept: &[String], fresh: &Path, old: &Path, target: &Path) {
    for path in kept {
        if fresh.join(path).exists() {
            let _ = std::fs::rename(fresh.join(path), old.join(path));
        }
    }
    let _ = std::fs::rename(old, target);
}

/// All files below `folder`, relative to it, with `/`, sorted.
pub fn list(folder: &Path) -> Result<Vec<String>, Problems> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(relative) = open.pop() {
        let path = folder.join(&relative);
        let entries = std::fs::read_dir(&path).map_err(|error| read_problem(&path, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| read_problem(&path, &error))?;
            let name = relative.join(entry.file_name());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(name);
            } else {
                found.push(name.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The folder's own place: a link to a folder is followed, `.` and a trailing `/` lose their meaning.
fn resolve(out: &Path) -> Result<PathBuf, Problems> {
    let found = if out.exists() {
        out.canonicalize()
    } else {
        std::path::absolute(out)
    };
    found.map_err(|error| write_problem(out, &error).into())
}

/// The folder is replaced as a whole: whoever stands in it would be left in one that is gone.
fn refuse_working_folder(out: &Path, target: &Path) -> Result<(), Problems> {
    let inside = std::env::current_dir().is_ok_and(|here| here.starts_with(target));
    if !inside {
        return Ok(());
    }
    Err(Problem::new(
        "output-folder",
        out.display().to_string(),
        "the working folder lies in it",
        "the output folder is replaced as a whole",
        "run from the folder above it, or choose another --out",
    )
    .into())
}

/// A file or folder that could not be written.
pub fn write_problem(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        "file-write",
        path.display().to_string(),
        error.to_string(),
        "a place that can be written",
        "check the path, its permissions and the space on the disk",
    )
}

/// A file or folder that could not be read.
pub fn read_problem(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        "file-read",
        path.display().to_string(),
        error.to_string(),
        "a file or folder that can be read",
        "check the path and its permissions",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(items: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = items
            .iter()
            .map(|(path, text)| (path.to_string(), text.as_bytes().to_vec()))
            .collect();
        let manifest = manifest::seal(serde_json::json!({}), &files);
        files.push((manifest::FILE.to_string(), manifest));
        files
    }

    fn codes(result: Result<(), Problems>) -> Vec<&'static str> {
        result.err().map_or(Vec::new(), |problems| {
            problems.0.iter().map(|problem| problem.code).collect()
        })
    }

    #[test]
    fn own_files_are_replaced_added_files_stay_and_edited_files_are_refused() {
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("deep/out");
        write(&out, &files(&[("a.txt", "1"), ("rtl/b.v", "2")]), Overwrite::default()).unwrap();
        std::fs::write(out.join("rtl/mine.txt"), "mine").unwrap();
        write(&out, &files(&[("a.txt", "3")]), Overwrite::default()).unwrap();
        assert_eq!(list(&out).unwrap(), ["a.txt", "manifest.json", "rtl/mine.txt"]);

        std::fs::write(out.join("a.txt"), "edited").unwrap();
        assert_eq!(
            codes(write(&out, &files(&[("a.txt", "4")]), Overwrite::default())),
            ["edited-file"]
        );
        assert_eq!(
            codes(write(&out, &files(&[("rtl/mine.txt", "5")]), Overwrite::default())),
            ["edited-file"; 2]
        );
        assert_eq!(std::fs::read_to_string(out.join("a.txt")).unwrap(), "edited");
        let allowed = Overwrite {
            allowed: Some("a.txt"),
            force: false,
        };
        write(&out, &files(&[("a.txt", "4")]), allowed).unwrap();
        std::fs::write(out.join("a.txt"), "edited").unwrap();
        write(
            &out,
            &files(&[("a.txt", "6")]),
            Overwrite {
                force: true,
                allowed: None,
            },
        )
        .unwrap();
        assert_eq!(std::fs::read_to_string(out.join("a.txt")).unwrap(), "6");
        assert_eq!(
            std::fs::read_dir(place.path().join("deep")).unwrap().count(),
            1,
            "no temporary folder is left"
        );
    }

    #[test]
    fn other_peoples_folders_are_refused_even_with_force() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("thesis.tex"), "x").unwrap();
        let force = Overwrite {
            force: true,
            allowed: None,
        };
        assert_eq!(
            codes(write(place.path(), &files(&[("a", "1")]), force)),
            ["output-folder"]
        );
        assert_eq!(
            codes(write(&place.path().join("thesis.tex"), &files(&[("a", "1")]), force)),
            ["output-folder"]
        );
        assert_eq!(list(place.path()).unwrap(), ["thesis.tex"]);
    }

    #[test]
    fn an_empty_folder_is_taken() {
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("out");
        std::fs::create_dir(&out).unwrap();
        write(&out, &files(&[("a", "1")]), Overwrite::default()).unwrap();
        assert_eq!(list(&out).unwrap(), ["a", "manifest.json"]);
    }
}
