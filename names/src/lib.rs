//! Names in the emitted design: what is legal, and what becomes of a NIR name or a file's name that is not.
//!
//! One list of reserved words serves both those who make names (import, plan) and the emitter, so that a name which was made
//! here is never refused there.

mod words;

use std::collections::BTreeSet;

use words::{Words, RESERVED};

/// Longest name of a network: it stands in front of every module's and every file's name.
pub const LONGEST_NETWORK: usize = 64;

/// Longest identifier that is made of a node's name.
pub const LONGEST_NODE: usize = 48;

/// What takes this word, in any case (`a keyword of SystemVerilog`), if anything does: no name is made of it. VHDL and some file
/// systems do not tell `Buffer` from `buffer`.
pub fn reserved(name: &str) -> Option<&'static str> {
    let has = |list: &&Words| list.words.split_whitespace().any(|word| word.eq_ignore_ascii_case(name));
    RESERVED.iter().find(has).map(|list| list.what)
}

/// As [`reserved`], for what the emitter itself calls modules and signals: in this case alone, and without VHDL, which sees nothing
/// inside modules.
pub fn reserved_inside(name: &str) -> Option<&'static str> {
    let has = |list: &&Words| list.everywhere && list.words.split_whitespace().any(|word| word == name);
    RESERVED.iter().find(has).map(|list| list.what)
}

/// Every reserved word.
pub fn reserved_words() -> impl Iterator<Item = &'static str> {
    RESERVED.iter().flat_map(|list| list.words.split_whitespace())
}

/// Why `name` cannot be a network's name; `None` if it can. Legal are a letter, then letters, digits and single underscores, not
/// at the end, at most [`LONGEST_NETWORK`], and no reserved word.
pub fn refusal(name: &str) -> Option<String> {
    if !is_spelt(name) {
        return Some("no identifier".to_string());
    }
    if name.len() > LONGEST_NETWORK {
        return Some(format!("{} characters long", name.len()));
    }
    reserved(name).map(str::to_string)
}

/// What [`refusal`] allows, for messages.
pub const LEGAL: &str = "a letter, then letters, digits and single underscores, at most 64; no keyword of Verilog, VHDL or C++";

/// Legal as a module name and as the start of others: no double underscore, no reserved word, of any length.
pub fn is_identifier(name: &str) -> bool {
    is_spelt(name) && reserved(name).is_none()
}

fn is_spelt(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.contains("__")
        && !name.ends_with('_')
}

/// Makes a legal identifier of a node's name that is not in `used`, and puts it there. `Conv 1` becomes `conv_1`; `0` becomes
/// `<kind>0`, `output` becomes `<kind>_output`; a second `conv_1` becomes `conv_1_2`. Of a name longer than
/// [`LONGEST_NODE`] the middle is left out.
pub fn unique_identifier(node: &str, kind: &str, used: &mut BTreeSet<String>) -> String {
    let base = identifier(node, kind, LONGEST_NODE);
    let mut name = base.clone();
    let mut n = 2;
    while !used.insert(name.clone()) {
        name = format!("{base}_{n}");
        n += 1;
    }
    name
}

/// Whether `made`, the identifier of `node`, is more than its name in lower case with underscores: worth a note.
pub fn is_renamed(node: &str, made: &str) -> bool {
    spelt(node) != made
}

/// Makes a network's name of a file's, without its suffix; see [`unique_identifier`].
pub fn of_file(stem: &str) -> String {
    identifier(stem, "net", LONGEST_NETWORK)
}

fn identifier(name: &str, kind: &str, longest: usize) -> String {
    let base = shortened(&spelt(name), longest - kind.len() - 1);
    match base.chars().next() {
        None => kind.to_string(),
        // `layer0`, but `net_0`: files are seldom called by a number alone.
        Some(first) if first.is_ascii_digit() && kind != "net" => format!("{kind}{base}"),
        Some(first) if first.is_ascii_digit() || reserved(&base).is_some() => format!("{kind}_{base}"),
        Some(_) => base,
    }
}

/// In lower case, every run of other characters as one underscore.
fn spelt(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

/// The first two thirds and the end, where numbers stand that tell layers apart.
fn shortened(name: &str, longest: usize) -> String {
    if name.len() <= longest {
        return name.to_string();
    }
    let end = longest / 3;
    let (head, tail) = (&name[..longest - end - 1], &name[name.len() - end..]);
    format!("{}_{}", head.trim_end_matches('_'), tail.trim_start_matches('_'))
}

/// A name for a message: a long one without its middle.
pub fn shown(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    match letters.len() {
        0..=LONGEST_NODE => format!("{name:?}"),
        n => format!("{:?}... ({n} letters)", letters[..24].iter().collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reserved_word_comes_through() {
        let mut count = 0;
        for word in reserved_words() {
            for spelling in [word.to_string(), word.to_uppercase(), format!("_{word}_"), format!("{word}.")] {
                let net = of_file(&spelling);
                assert!(refusal(&net).is_none(), "{spelling}: {net}");
                for kind in ["layer", "port"] {
                    let name = unique_identifier(&spelling, kind, &mut BTreeSet::new());
                    assert!(is_identifier(&name), "{spelling}: {name}");
                }
            }
            assert!(refusal(word).is_some(), "{word}");
            count += 1;
        }
        assert!(count > 500, "{count} words");
        assert!(reserved("Buffer").is_some() && reserved_inside("buffer").is_none(), "VHDL sees nothing inside");
    }

    #[test]
    fn words_stand_in_one_list() {
        let mut seen = BTreeSet::new();
        for word in reserved_words() {
            assert!(seen.insert(word), "{word} stands twice");
        }
    }

    #[test]
    fn odd_names_become_legal_and_stay_apart() {
        let long = "encoder.layers.".repeat(20);
        let names = ["", "0", "Conv 1", "conv-1", "conv_1", "__", "\u{e9}\u{e9}", "output", "Output", "layer_output", "a\"b\n", &format!("{long}1"), &format!("{long}2"), &long, &long];
        let mut used = BTreeSet::new();
        let made: Vec<String> = names.iter().map(|name| unique_identifier(name, "layer", &mut used)).collect();
        assert_eq!(used.len(), names.len());
        for name in &made {
            assert!(is_identifier(name) && name.len() <= LONGEST_NODE + 3, "{name}");
        }
        assert_eq!(made[..8], ["layer", "layer0", "conv_1", "conv_1_2", "conv_1_3", "layer_2", "layer_3", "layer_output"]);
        assert!(made[11].ends_with("layers_1") && made[12].ends_with("layers_2"), "{made:?}");
        for stem in ["x".repeat(300), "_".repeat(300), "1".repeat(300), String::new(), "net".into(), "final".into()] {
            assert!(refusal(&of_file(&stem)).is_none(), "{stem}: {}", of_file(&stem));
        }
    }
}
