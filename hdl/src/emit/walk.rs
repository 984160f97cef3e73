//! From the tree of blocks to modules: each block's contents, leaves first, and the class that it belongs to.

use std::collections::BTreeMap;

use super::classes::Classes;
use super::contents::contents;
use super::emission::{Emission, EmittedFile, Instance};
use super::ir::ModuleRef;
use super::tree::{Body, Node};
use crate::reset::Resets;

pub(super) struct Walk<'a> {
    top: &'a str,
    prefix: &'a str,
    resets: Resets,
    classes: Classes,
    /// Names of the blocks on the way to an instance, the way in the Verilog, and its class.
    instances: Vec<(Vec<String>, Vec<String>, usize)>,
    /// Text by name.
    memories: BTreeMap<String, String>,
    errors: Vec<String>,
}

impl<'a> Walk<'a> {
    pub fn new(top: &'a str, prefix: &'a str, resets: Resets) -> Self {
        let (classes, instances, memories, errors) = Default::default();
        Walk { top, prefix, resets, classes, instances, memories, errors }
    }

    /// The module of `node`, whose memory files are taken out.
    pub fn module(&mut self, node: &mut Node, path: &[String], top: bool) -> ModuleRef {
        let place = self.instances.len();
        self.instances.push((path.to_vec(), path.to_vec(), 0));
        let mut modules = vec![];
        self.below(node, path, "", &mut modules);
        let mut errors = vec![];
        let contents = contents(node, &modules, self.resets, &mut errors);
        for (_, below, _) in &mut self.instances[place + 1..] {
            if let Some(rolled) = contents.rolled.get(&below[path.len()]) {
                below[path.len()] = rolled.clone();
            }
        }
        let asked = if top { self.top.to_string() } else { self.prefixed(node) };
        let mut files = self.memories(node, &asked);
        files.extend(modules.into_iter().flatten().flat_map(|module| module.files));
        let at: Vec<&str> = [self.top].into_iter().chain(path.iter().map(String::as_str)).collect();
        let at = at.join(".");
        self.errors.extend(errors.into_iter().map(|error| format!("{at}: {error}")));
        let class = self.classes.class(contents, &asked, &node.doc, &files, at);
        self.instances[place].2 = class;
        ModuleRef { class, files }
    }

    /// The modules of a block's children; those of an inlined child stand in its place, under longer names.
    fn below(&mut self, node: &mut Node, path: &[String], stem: &str, out: &mut Vec<Option<ModuleRef>>) {
        for child in &mut node.children {
            match child.body {
                Body::Inline(_) => out.push(None),
                _ if child.is_part() => {
                    let stem = format!("{stem}{}_", child.stem());
                    self.below(child, path, &stem, out);
                }
                _ => {
                    let name = format!("{stem}{}", child.name);
                    let below: Vec<String> = path.iter().cloned().chain([name]).collect();
                    out.push(Some(self.module(child, &below, false)));
                }
            }
        }
    }

    fn prefixed(&self, node: &Node) -> String {
        let own = match node.doc.module.as_str() {
            "" => node.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_'),
            module => module,
        };
        match self.prefix {
            "" => own.to_string(),
            prefix => format!("{prefix}_{own}"),
        }
    }

    /// Names of the memory files that this block itself reads. Equal files of one name are one; others get a number.
    fn memories(&mut self, node: &mut Node, asked: &str) -> Vec<String> {
        let mut names = vec![];
        for (file, text) in std::mem::take(&mut node.doc.files) {
            let ending = file.strip_prefix(node.doc.module.as_str()).unwrap_or(&file);
            let (mut name, mut n) = (format!("{asked}{ending}"), 2);
            while self.memories.get(&name).is_some_and(|other| *other != text) {
                name = format!("{asked}_{n}{ending}");
                n += 1;
            }
            self.memories.insert(name.clone(), text);
            names.push(name);
        }
        names
    }

    /// The files, or everything that was found.
    pub fn finish(mut self, header: &[String]) -> Result<Emission, Vec<String>> {
        let modules = self.classes.named(self.top, self.prefix, &mut self.errors);
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let memories = self.memories.into_iter().map(|(name, text)| EmittedFile { path: format!("mem/{name}"), text });
        let texts = modules.names.iter().enumerate().map(|(class, name)| EmittedFile {
            path: format!("rtl/{name}.v"),
            text: modules.text(class, header),
        });
        let files = memories.chain(texts).collect();
        let instances = self.instances.into_iter();
        let instances = instances.map(|(blocks, place, class)| (blocks, Instance { place, module: modules.names[class].clone() }));
        Ok(Emission { files, instances: instances.collect() })
    }
}
