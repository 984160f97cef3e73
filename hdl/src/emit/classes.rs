//! Modules of the design: blocks of equal contents are one. What each is called, which memory files its instances read, and its text.

use std::collections::HashSet;

use super::contents::Contents;
use super::header::header;
use super::names;
use crate::doc::Doc;
use crate::literal::{own_file, MEM_DIR};

#[derive(Default)]
pub(super) struct Classes(Vec<Class>);

/// One module.
struct Class {
    contents: Contents,
    /// What the blocks say about themselves, each text once.
    docs: Vec<Doc>,
    /// Names that the blocks ask for, each once.
    asked: Vec<String>,
    /// Memory files of an instance: its own, then those of its children in order; one row per different instance.
    files: Vec<Vec<String>>,
    /// The first block's path, for messages.
    at: String,
}

impl Classes {
    /// The class of these contents, of a block at `at` that asks for a name and reads these memory files.
    pub fn class(&mut self, contents: Contents, asked: &str, doc: &Doc, files: &[String], at: String) -> usize {
        let found = self.0.iter().position(|class| class.contents == contents);
        let index = found.unwrap_or(self.0.len());
        if found.is_none() {
            self.0.push(Class { contents, docs: vec![], asked: vec![], files: vec![], at });
        }
        let class = &mut self.0[index];
        add(&mut class.docs, doc.clone());
        add(&mut class.asked, asked.to_string());
        add(&mut class.files, files.to_vec());
        index
    }

    /// The modules with a name for each: the one that its blocks ask for, or what is common to their names. The top, the last, has its own.
    pub fn named(&self, top: &str, prefix: &str, errors: &mut Vec<String>) -> Named<'_> {
        let mut taken = HashSet::from([top.to_string()]);
        let mut names = vec![];
        for (index, class) in self.0.iter().enumerate() {
            let base = common(&class.asked, prefix);
            let mut name = base.clone();
            if index + 1 == self.0.len() {
                name = top.to_string();
            } else {
                for n in 2.. {
                    if taken.insert(name.clone()) {
                        break;
                    }
                    name = format!("{base}_{n}");
                }
            }
            errors.extend(names::problem(&name).map(|problem| format!("{}: {problem}", class.at)));
            names.push(name);
        }
        let mut slots: Vec<Vec<Slot>> = vec![];
        for class in &self.0 {
            // Those of children stand further up.
            slots.push(class.slots(&slots));
        }
        Named { classes: &self.0, names, slots }
    }
}

/// All modules, each with its name and its memory files.
pub(super) struct Named<'a> {
    classes: &'a [Class],
    pub names: Vec<String>,
    slots: Vec<Vec<Slot>>,
}

impl Named<'_> {

    /// The module's file.
    pub fn text(&self, index: usize, extra: &[String]) -> String {
        let (class, names) = (&self.classes[index], &self.names);
        let mut body = class.contents.body.clone();
        for (place, (_, child)) in class.contents.children.iter().enumerate() {
            body = body.replace(&format!("{} ", parameters_mark(place)), &self.handed_down(index, place));
            body = body.replace(&mark(*child), &names[*child]);
        }
        let header = header(&names[index], &class.doc(), extra);
        format!(
            "{header}\n`default_nettype none\n\nmodule {}{} (\n{}\n);\n{}\nendmodule\n\n`default_nettype wire\n",
            names[index],
            self.parameters(index),
            class.contents.ports,
            body.trim_end_matches('\n'),
        )
    }

    /// The module's parameters: the folder of memory files if it, or a module below it, reads one; and each file that is not the same
    /// for all instances.
    fn parameters(&self, index: usize) -> String {
        let slots = &self.slots[index];
        if slots.is_empty() {
            return String::new();
        }
        let mut lines = vec![(MEM_DIR, "../mem", "folder of the memory files, from the working folder")];
        let handed_in = slots.iter().filter(|slot| slot.is_parameter());
        lines.extend(handed_in.map(|slot| (slot.name.as_str(), slot.file.as_str(), "the memory file")));
        let (count, mut text) = (lines.len(), String::new());
        for (at, (name, value, comment)) in lines.into_iter().enumerate() {
            let comma = if at + 1 < count { "," } else { "" };
            text += &format!("    parameter {name} = \"{value}\"{comma}  // {comment}\n");
        }
        format!(" #(\n{text})")
    }

    /// ` #(.MEM_DIR(MEM_DIR)) ` behind the module name of child `place`; a space if it has no parameters.
    fn handed_down(&self, index: usize, place: usize) -> String {
        let inner = &self.slots[self.classes[index].contents.children[place].1];
        if inner.is_empty() {
            return " ".into();
        }
        let mut pins = vec![format!(".{MEM_DIR}({MEM_DIR})")];
        let outer = self.slots[index].iter().filter(|slot| slot.child == Some(place));
        for (inner, outer) in inner.iter().zip(outer).filter(|(inner, _)| inner.varies) {
            let value = if outer.is_parameter() { outer.name.clone() } else { format!("\"{}\"", outer.file) };
            pins.push(format!(".{}({value})", inner.name));
        }
        format!(" #({}) ", pins.join(", "))
    }
}

/// A memory file that an instance reads.
struct Slot {
    /// Which child of the module reads it; none: the module itself.
    child: Option<usize>,
    /// Name of the parameter.
    name: String,
    /// Of the first instance.
    file: String,
    /// Is it not the same for all instances?
    varies: bool,
}

impl Slot {
    /// Is it a parameter of the module? One that the module reads itself always is.
    fn is_parameter(&self) -> bool {
        self.varies || self.child.is_none()
    }
}

impl Class {
    /// Its memory files, its own first; `below` has those of the modules that it uses.
    fn slots(&self, below: &[Vec<Slot>]) -> Vec<Slot> {
        let own = (0..self.contents.memories).map(|at| (None, own_file(at)));
        let children = self.contents.children.iter().enumerate().flat_map(|(place, (instance, child))| {
            let name = |inner: &Slot| format!("{}_{}", instance.to_uppercase(), inner.name);
            below[*child].iter().map(move |inner| (Some(place), name(inner)))
        });
        let slot = |(at, (child, name)): (usize, (Option<usize>, String))| {
            let first = &self.files[0][at];
            Slot { child, name, file: first.clone(), varies: self.files.iter().any(|row| row[at] != *first) }
        };
        own.chain(children).enumerate().map(slot).collect()
    }

    /// What all blocks say; which they are, if that is not the same.
    fn doc(&self) -> Doc {
        let first = &self.docs[0];
        if self.docs.len() == 1 {
            return first.clone();
        }
        let all = |says: &dyn Fn(&Doc) -> bool| self.docs.iter().all(says);
        let title = match all(&|doc| doc.title == first.title) {
            true => first.title.clone(),
            false => ending(&self.docs.iter().map(|doc| doc.title.as_str()).collect::<Vec<_>>()),
        };
        let lines = first.lines.iter().filter(|line| all(&|doc| doc.lines.contains(line))).cloned();
        let facts = first.facts.iter().filter(|fact| all(&|doc| doc.facts.contains(fact))).cloned();
        let mut doc = Doc { title, lines: lines.collect(), facts: facts.collect(), ..first.clone() };
        if self.asked.len() > 1 {
            let names: Vec<&str> = self.docs.iter().map(|doc| doc.module.as_str()).collect();
            doc.facts.push(("Serves".into(), names.join(", ")));
        }
        doc
    }
}

/// Once each.
fn add<T: PartialEq>(list: &mut Vec<T>, one: T) {
    if !list.contains(&one) {
        list.push(one);
    }
}

/// Stands for the name of a class in texts.
pub(super) fn mark(class: usize) -> String {
    format!("\u{2}{class}\u{2}")
}

/// Stands for the parameters of the instance that is a module's child of this number.
pub(super) fn parameters_mark(place: usize) -> String {
    format!("\u{3}{place}\u{3}")
}

/// What is common to names that are made of words: `net_conv2_0_core` and `net_conv2_1_core` are both `net_conv2_core`. The first if
/// nothing but the prefix is.
fn common(names: &[String], prefix: &str) -> String {
    let words: Vec<Vec<&str>> = names.iter().map(|name| name.split('_').collect()).collect();
    let (first, shortest) = (&words[0], words.iter().map(Vec::len).min().unwrap_or(0));
    let same = |at: &dyn Fn(&[&str]) -> Option<String>| words.iter().all(|own| at(own) == at(first));
    let front = (0..shortest).take_while(|i| same(&|own| own.get(*i).map(|word| word.to_string()))).count();
    let back = (0..shortest - front).take_while(|i| same(&|own| own.len().checked_sub(i + 1).map(|i| own[i].to_string()))).count();
    let kept: Vec<&str> = match front == shortest && words.iter().all(|own| own.len() == shortest) {
        true => first.clone(),
        false => first[..front].iter().chain(&first[first.len() - back..]).copied().collect(),
    };
    let name = kept.join("_");
    // What is left must say what it is: the last word does.
    let says_what = back > 0 || front == first.len();
    if says_what && name != prefix && names::problem(&name).is_none() { name } else { names[0].clone() }
}

/// The end that all titles have, from the last colon on.
fn ending(titles: &[&str]) -> String {
    let ends = |title: &str| title.rsplit_once(": ").map_or(title, |(_, end)| end).to_string();
    let end = ends(titles[0]);
    match titles.iter().all(|title| ends(title) == end) {
        true => end[..1].to_uppercase() + &end[1..],
        false => titles[0].to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{common, ending};

    #[test]
    fn names_of_equal_modules() {
        let of = |names: &[&str]| common(&names.iter().map(|name| name.to_string()).collect::<Vec<_>>(), "net");
        assert_eq!(of(&["net_conv2_core"]), "net_conv2_core");
        assert_eq!(of(&["net_conv2_0_core", "net_conv2_11_core"]), "net_conv2_core");
        assert_eq!(of(&["net_fc_rows", "net_conv2_0_rows"]), "net_rows");
        assert_eq!(of(&["net_fc_reset", "net_fc_fire_above"]), "net_fc_reset");
        assert_eq!(of(&["net_conv_row_table", "net_conv_column_table"]), "net_conv_table");
        assert_eq!(of(&["net_a", "net_b"]), "net_a");
    }

    #[test]
    fn titles_of_equal_modules() {
        assert_eq!(ending(&["Layer \"a\": convolution", "Layer \"b\": convolution"]), "Convolution");
        assert_eq!(ending(&["one", "two"]), "one");
    }
}
