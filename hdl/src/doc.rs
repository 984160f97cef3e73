//! What a block says about itself: module name, header and port comments of the emitted file.

use rust_hdl::core::ast::Verilog;
use rust_hdl::core::block::Block;
use rust_hdl::core::logic::Logic;
use rust_hdl::core::probe::Probe;

/// Field `doc: Doc` of a block. Takes no part in simulation.
///
/// Blocks that are the same text, header included, become one module; different ones that ask for the same name are
/// told apart by `_2`, `_3`, … in order of appearance.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Doc {
    pub(super) module: String,
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    pub(super) facts: Vec<(String, String)>,
    pub(super) ports: Vec<(String, String)>,
    pub(super) files: Vec<(String, String)>,
    pub(super) renames: Vec<(String, String)>,
    pub(super) inline: bool,
    pub(super) checked: Vec<String>,
}

impl Doc {
    /// Module name (without the project's prefix) and one line that says what it does.
    pub fn new(module: impl Into<String>, title: impl Into<String>) -> Self {
        Doc {
            module: module.into(),
            title: title.into(),
            ..Default::default()
        }
    }

    /// The same, of a module of this name.
    pub fn named(self, module: impl Into<String>) -> Self {
        Doc { module: module.into(), ..self }
    }

    /// The block is no module: its kernel is printed in its parent, under a ruled section with the title; `module` is
    /// the prefix of its signals there (the field's name if it is empty).
    pub fn inline(mut self) -> Self {
        self.inline = true;
        self
    }

    /// A signal of the block that simulation looks at: it stays, though nothing in the design may read it.
    pub fn checked(mut self, field: impl Into<String>) -> Self {
        self.checked.push(field.into());
        self
    }

    /// Another module name.
    pub fn called(self, module: String) -> Self {
        Doc { module, ..self }
    }

    /// A paragraph of the header; wrapped by the emitter.
    pub fn line(mut self, text: impl Into<String>) -> Self {
        self.lines.push(text.into());
        self
    }

    /// A named fact of the header: `.fact("Shape", "16 lanes of 12 bits")`. Same name again continues it.
    pub fn fact(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.facts.push((name.into(), text.into()));
        self
    }

    /// The golden function that defines what this block computes.
    pub fn golden(self, path: impl Into<String>) -> Self {
        self.fact("Golden", path)
    }

    /// The Rust item that writes this module.
    pub fn rust(self, path: impl Into<String>) -> Self {
        self.fact("Rust", path)
    }

    /// Latency and throughput.
    pub fn latency(self, text: impl Into<String>) -> Self {
        self.fact("Latency", text)
    }

    /// Comment of a port, by the field's name (`part_0` for `part[0]`; `part` for all of a `Vec`).
    pub fn port(mut self, name: impl Into<String>, comment: impl Into<String>) -> Self {
        self.ports.push((name.into(), comment.into()));
        self
    }

    /// A file that goes with the module (`mem/<stem>.hex`).
    pub(super) fn file(mut self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.files.push((path.into(), text.into()));
        self
    }

    /// The name of a port where the field's own would not do.
    pub fn rename(mut self, field: impl Into<String>, port: impl Into<String>) -> Self {
        self.renames.push((field.into(), port.into()));
        self
    }

    /// Comment for a port of the emitted module.
    pub(super) fn port_comment(&self, name: &str) -> Option<&str> {
        let stem = name
            .trim_end_matches(|c: char| c.is_ascii_digit())
            .trim_end_matches('_');
        let find = |key: &str| {
            self.ports
                .iter()
                .find(|(port, _)| port == key)
                .map(|(_, text)| text.as_str())
        };
        find(name).or_else(|| find(stem))
    }

    /// The way through a [`Probe`], which sees only [`Verilog`]: see [`Doc::decode`].
    fn encode(&self) -> String {
        let mut records = vec![format!("{MARK}{}", self.module), self.title.clone()];
        records.extend(self.lines.iter().map(|text| format!("l{text}")));
        records.extend(self.facts.iter().map(|(name, text)| format!("f{name}{FIELD}{text}")));
        records.extend(self.ports.iter().map(|(name, text)| format!("p{name}{FIELD}{text}")));
        records.extend(self.files.iter().map(|(name, text)| format!("m{name}{FIELD}{text}")));
        records.extend(self.renames.iter().map(|(name, text)| format!("r{name}{FIELD}{text}")));
        records.extend(self.checked.iter().map(|field| format!("c{field}")));
        if self.inline {
            records.push("i".into());
        }
        records.join(RECORD)
    }

    /// None if `text` is not an encoded [`Doc`].
    pub(super) fn decode(text: &str) -> Option<Doc> {
        let mut records = text.strip_prefix(MARK)?.split(RECORD);
        let mut doc = Doc::new(records.next()?, records.next()?);
        for record in records {
            let pair = |rest: &str| rest.split_once(FIELD).map(|(a, b)| (a.to_string(), b.to_string()));
            match record.split_at_checked(1)? {
                ("i", _) => doc.inline = true,
                ("c", field) => doc.checked.push(field.to_string()),
                ("l", rest) => doc.lines.push(rest.to_string()),
                ("f", rest) => doc.facts.push(pair(rest)?),
                ("p", rest) => doc.ports.push(pair(rest)?),
                ("r", rest) => doc.renames.push(pair(rest)?),
                (_, rest) => doc.files.push(pair(rest)?),
            }
        }
        Some(doc)
    }
}

/// `1 word`, `2 words`.
pub fn several(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

const MARK: &str = "\u{1}doc ";
const RECORD: &str = "\u{1e}";
const FIELD: &str = "\u{1f}";

impl Logic for Doc {
    fn update(&mut self) {}
    fn hdl(&self) -> Verilog {
        Verilog::Custom(self.encode())
    }
}

impl Block for Doc {
    fn connect_all(&mut self) {}
    fn update_all(&mut self) {}
    fn has_changed(&self) -> bool {
        false
    }
    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        probe.visit_start_scope(name, self);
        probe.visit_end_scope(name, self);
    }
}
