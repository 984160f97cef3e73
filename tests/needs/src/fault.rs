//! Deliberate faults: a text of an emitted file replaced by another. A fault that is not there, or that may be in another place than was
//! meant, would be a test that cannot fail, so each says how often its text occurs and panics where that is not so.

use std::path::Path;

/// `text` (of `place`, for the message) with its only `from` replaced by `to`.
pub fn replaced(place: &str, text: &str, from: &str, to: &str) -> String {
    replaced_times(place, text, from, to, 1)
}

/// The same where `from` stands `times` times, and every one of them is meant.
pub fn replaced_times(place: &str, text: &str, from: &str, to: &str, times: usize) -> String {
    assert!(!from.is_empty() && from != to && times > 0, "{place}: {from:?} -> {to:?}, {times} times, is no fault");
    let found = text.matches(from).count();
    assert_eq!(found, times, "{place}: {from:?} stands there {found} times instead of {times}:\n{text}");
    text.replace(from, to)
}

/// Replaces the only `from` of a file that lies in a folder.
pub fn edit(path: &Path, from: &str, to: &str) {
    let place = path.display().to_string();
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{place}: {error}"));
    std::fs::write(path, replaced(&place, &text, from, to)).unwrap_or_else(|error| panic!("{place}: {error}"));
}

/// Replaces the only `from` of the one file `path` among `files` (path and text).
pub fn edit_one<'a>(files: impl Iterator<Item = (&'a str, &'a mut String)>, path: &str, from: &str, to: &str) {
    let (mut others, mut edited) = (Vec::new(), 0);
    for (name, text) in files {
        if name == path {
            *text = replaced(path, text, from, to);
            edited += 1;
        } else {
            others.push(name);
        }
    }
    assert_eq!(edited, 1, "{edited} files {path} beside {others:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(edit: impl FnOnce() -> String + std::panic::UnwindSafe) -> bool {
        std::panic::catch_unwind(edit).is_err()
    }

    #[test]
    fn a_fault_is_applied_as_often_as_it_says() {
        assert_eq!(replaced("a.v", "a & b", "&", "|"), "a | b");
        assert_eq!(replaced_times("a.v", "a & b & c", "&", "|", 2), "a | b | c");
        assert!(refused(|| replaced("a.v", "a & b", "+", "|")), "absent");
        assert!(refused(|| replaced("a.v", "a & b & c", "&", "|")), "ambiguous");
        assert!(refused(|| replaced("a.v", "a & b", "&", "&")), "no change");
        assert!(refused(|| replaced_times("a.v", "a", "&", "|", 0)), "nothing meant");
    }

    #[test]
    fn one_file_is_edited() {
        let edited = |names: [&'static str; 2]| {
            let mut texts = ["a & b".to_string(), "c & d".to_string()];
            edit_one(names.into_iter().zip(&mut texts), "one.v", "&", "|");
            texts.concat()
        };
        assert_eq!(edited(["one.v", "two.v"]), "a | bc & d");
        assert!(refused(move || edited(["two.v", "three.v"])));
        let folder = std::env::temp_dir().join(format!("fault_{}", std::process::id()));
        std::fs::write(&folder, "a & b").unwrap();
        edit(&folder, "a &", "b &");
        assert_eq!(std::fs::read_to_string(&folder).unwrap(), "b & b");
        std::fs::remove_file(&folder).unwrap();
    }
}
