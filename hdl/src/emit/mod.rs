//! Blocks to readable Verilog-2005: one file per module, equal modules once.
//!
//! `tree` walks the blocks, `lower` types the kernels, `analyse` takes them apart into wires, registers and
//! `always @(*)` blocks, `print` and `module` write the text, and this file puts header and ports around it.

mod analyse;
mod build;
mod compare;
mod index;
mod ir;
mod lower;
mod module;
mod names;
mod print;
#[cfg(test)]
mod refusals;
mod simplify;
#[cfg(test)]
mod tests;
mod text;
mod tree;
#[cfg(test)]
mod zoo;

use std::collections::{BTreeMap, HashSet};

use rust_hdl::core::atom::AtomKind;
use rust_hdl::core::block::Block;

use super::doc::Doc;
use super::reset::Resets;
use crate::literal::MEMORY_FILE;
use ir::ModuleRef;
use tree::{Body, Node};

/// One emitted file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmittedFile {
    /// `rtl/<module>.v` or `mem/<module>.hex`.
    pub path: String,
    /// Contents.
    pub text: String,
    /// Module in the file; for a memory file the module that loads it.
    pub module: String,
}

/// Files, leaves first, and the tree of instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emission {
    /// A module's file stands after those of the modules it uses.
    pub files: Vec<EmittedFile>,
    /// Instance names below the top, outermost first, and the module there; the top itself first, with no names.
    pub instances: Vec<(Vec<String>, String)>,
}

/// The files of `top`, whose module is called `name`; every other module and memory file is called `<prefix>_…` (no
/// prefix if it is empty). `header` lines go to the top of each Verilog file.
///
/// Errors: everything that is wrong in any block, with the block's instance path. They are mistakes of whoever wrote
/// the block, not of a user.
pub fn emit(top: &dyn Block, name: &str, prefix: &str, header: &[String]) -> Result<Vec<EmittedFile>, Vec<String>> {
    emit_with_instances(top, name, prefix, header, Resets::Synchronous).map(|emission| emission.files)
}

/// As [`emit()`], with the module of each instance, for probes, and with resets of a choice.
pub fn emit_with_instances(
    top: &dyn Block,
    name: &str,
    prefix: &str,
    header: &[String],
    resets: Resets,
) -> Result<Emission, Vec<String>> {
    let Some(node) = tree::collect(top, name) else {
        return Err(vec![format!("{name}: not a block")]);
    };
    let mut emitter = Emitter {
        top: name,
        prefix,
        header,
        resets,
        ..Emitter::default()
    };
    emitter.module(&node, &[], true);
    let unique: HashSet<&str> = emitter.files.iter().map(|file| file.path.as_str()).collect();
    if unique.len() != emitter.files.len() {
        emitter.errors.push(format!("{name}: two modules of one name"));
    }
    if emitter.errors.is_empty() {
        Ok(Emission {
            files: emitter.files,
            instances: emitter.instances,
        })
    } else {
        Err(emitter.errors)
    }
}

#[derive(Default)]
struct Emitter<'a> {
    top: &'a str,
    prefix: &'a str,
    header: &'a [String],
    resets: Resets,
    files: Vec<EmittedFile>,
    instances: Vec<(Vec<String>, String)>,
    /// Name asked for: contents, and the module's name.
    known: BTreeMap<String, Vec<(Contents, String)>>,
    /// Names of modules.
    taken: HashSet<String>,
    errors: Vec<String>,
}

/// A module without its name.
#[derive(Clone, PartialEq)]
struct Contents {
    doc: Doc,
    ports: String,
    body: String,
    /// See [`ModuleRef::loads`].
    loads: bool,
}

impl Emitter<'_> {
    /// The module of `node`.
    fn module(&mut self, node: &Node, path: &[String], top: bool) -> ModuleRef {
        let place = self.instances.len();
        self.instances.push((path.to_vec(), String::new()));
        let modules: Vec<Option<ModuleRef>> = node
            .children
            .iter()
            .map(|child| match child.body {
                Body::Inline(_) => None,
                _ => {
                    let below: Vec<String> = path.iter().cloned().chain([child.name.clone()]).collect();
                    Some(self.module(child, &below, false))
                }
            })
            .collect();
        let mut errors = vec![];
        let contents = contents(node, &modules, self.resets, &mut errors);
        let at = [self.top.to_string()]
            .into_iter()
            .chain(path.iter().cloned())
            .collect::<Vec<_>>()
            .join(".");
        self.errors
            .extend(errors.into_iter().map(|error| format!("{at}: {error}")));

        let asked = if top { self.top.to_string() } else { self.prefixed(node) };
        let same = self.known.entry(asked.clone()).or_default();
        let found = same
            .iter()
            .find(|(known, _)| *known == contents)
            .map(|(_, name)| name.clone());
        let name = match found {
            Some(name) => name,
            None => {
                let mut name = asked.clone();
                let mut n = same.len();
                // A block may also ask for `lane_2` itself.
                while !self.taken.insert(name.clone()) {
                    n += 1;
                    name = format!("{asked}_{}", n.max(2));
                }
                same.push((contents.clone(), name.clone()));
                self.errors
                    .extend(names::problem(&name).map(|problem| format!("{at}: {problem}")));
                self.write(&name, &contents);
                name
            }
        };
        self.instances[place].1 = name.clone();
        ModuleRef {
            name,
            loads: contents.loads,
        }
    }

    fn prefixed(&self, node: &Node) -> String {
        let own = match node.doc.module.as_str() {
            "" => node
                .name
                .trim_end_matches(|c: char| c.is_ascii_digit() || c == '_')
                .to_string(),
            module => module.to_string(),
        };
        if self.prefix.is_empty() {
            own
        } else {
            format!("{}_{own}", self.prefix)
        }
    }

    fn write(&mut self, name: &str, contents: &Contents) {
        let doc = &contents.doc;
        let parameters = if contents.loads {
            " #(\n    parameter MEM_DIR = \"../mem\"  // folder of the memory files, from the working folder\n)"
        } else {
            ""
        };
        // A leaf loads the file of its own name.
        let body = contents.body.replace(MEMORY_FILE, name);
        for (file, text) in &doc.files {
            let path = format!("mem/{name}{}", file.strip_prefix(doc.module.as_str()).unwrap_or(file));
            self.files.push(EmittedFile {
                path,
                text: text.clone(),
                module: name.to_string(),
            });
        }
        let header = header(name, doc, self.header);
        let text = format!(
            "{header}\n`default_nettype none\n\nmodule {name}{parameters} (\n{}\n);\n{}\nendmodule\n\n`default_nettype wire\n",
            contents.ports,
            body.trim_end_matches('\n'),
        );
        self.files.push(EmittedFile {
            path: format!("rtl/{name}.v"),
            text,
            module: name.to_string(),
        });
    }
}

fn contents(node: &Node, modules: &[Option<ModuleRef>], resets: Resets, errors: &mut Vec<String>) -> Contents {
    let mut output_regs = HashSet::new();
    let body = match &node.body {
        Body::Kernel(kernel) => {
            let built = build::build(node, kernel, modules, errors);
            // What could not be lowered would only be reported again as undriven.
            if errors.is_empty() {
                let analysis = analyse::analyse(&built, errors);
                if errors.is_empty() {
                    let printed = module::print_module(&built, &analysis, resets, errors);
                    output_regs = printed
                        .output_regs
                        .iter()
                        .map(|id| built.symbols[*id].name.clone())
                        .collect();
                    printed.text
                } else {
                    String::new()
                }
            } else {
                String::new()
            }
        }
        Body::Text(text) => {
            for net in &node.nets {
                let name = build::port_name(net, &node.doc);
                if !text.contains(&format!("assign {name} =")) {
                    output_regs.insert(name);
                }
            }
            module::reset_text(text, resets)
                .lines()
                .map(|line| {
                    if line.is_empty() {
                        "\n".into()
                    } else {
                        format!("    {line}\n")
                    }
                })
                .collect()
        }
        _ => {
            errors.push("a block without a kernel and without Verilog of its own".into());
            String::new()
        }
    };
    Contents {
        doc: node.doc.clone(),
        ports: ports(node, &output_regs),
        body,
        loads: !node.doc.files.is_empty() || modules.iter().flatten().any(|module| module.loads),
    }
}

/// The port list, types and names aligned.
fn ports(node: &Node, output_regs: &HashSet<String>) -> String {
    let ports: Vec<_> = node.nets.iter().filter(|net| net.role.is_parameter()).collect();
    let mut lines: Vec<(String, String, String)> = vec![];
    for net in ports {
        let name = build::port_name(net, &node.doc);
        let kind = match net.role {
            AtomKind::InputParameter => "input  wire",
            _ if output_regs.contains(&name) => "output reg ",
            _ => "output wire",
        };
        let comment = node.doc.port_comment(&net.name).unwrap_or_default().to_string();
        lines.push((format!("{kind}{}", text::typed(net.shape)), name, comment));
    }
    let wide = |part: fn(&(String, String, String)) -> usize| lines.iter().map(part).max().unwrap_or(0);
    let (types, names) = (wide(|line| line.0.len()), wide(|line| line.1.len()) + 1);
    let count = lines.len();
    let text = lines.into_iter().enumerate().map(|(i, (kind, name, comment))| {
        let name = format!("{name}{}", if i + 1 < count { "," } else { "" });
        let comment = if comment.is_empty() {
            comment
        } else {
            format!("  // {comment}")
        };
        format!("    {kind:types$} {name:names$}{comment}")
            .trim_end()
            .to_string()
    });
    text.collect::<Vec<_>>().join("\n")
}

const HEADER_WIDTH: usize = 108;

fn header(name: &str, doc: &Doc, extra: &[String]) -> String {
    let mut out = String::new();
    wrap(
        &mut out,
        "// ",
        "// ",
        format!("{name}: {}", doc.title).trim_end_matches([':', ' ']),
    );
    for line in &doc.lines {
        out += "//\n";
        wrap(&mut out, "// ", "// ", line);
    }
    if !doc.facts.is_empty() {
        out += "//\n";
    }
    let width = doc.facts.iter().map(|(name, _)| name.len() + 1).max().unwrap_or(0);
    for (fact, text) in &doc.facts {
        let (first, rest) = (
            format!("// {:width$} ", format!("{fact}:")),
            format!("// {:width$} ", ""),
        );
        wrap(&mut out, &first, &rest, text);
    }
    if !extra.is_empty() {
        out += "//\n";
    }
    for line in extra {
        wrap(&mut out, "// ", "// ", line);
    }
    out
}

/// `text` in lines of at most [`HEADER_WIDTH`].
fn wrap(out: &mut String, first: &str, rest: &str, text: &str) {
    let mut line = first.to_string();
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.len() + 1 + word.len() > HEADER_WIDTH {
            *out += line.trim_end();
            out.push('\n');
            line = rest.to_string();
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line += word;
        empty = false;
    }
    *out += line.trim_end();
    out.push('\n');
}
