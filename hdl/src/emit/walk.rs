//! From the tree of blocks to modules: each block's contents, leaves first, and the class that it belongs to.

use std::collections::HashMap;

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
    /// Of each instance its class.
    instances: Vec<(Instance, usize)>,
    /// Path and text.
    memories: Vec<(String, String)>,
    by_path: HashMap<String, usize>,
    errors: Vec<String>,
}

impl<'a> Walk<'a> {
    pub fn new(top: &'a str, prefix: &'a str, resets: Resets) -> Self {
        let (classes, instances, memories, by_path, errors) = Default::default();
        Walk { top, prefix, resets, classes, instances, memories, by_path, errors }
    }

    /// The module of `node`.
    pub fn module(&mut self, node: &Node, path: &[String], top: bool) -> ModuleRef {
        let place = self.instances.len();
        self.instances.push((Instance { blocks: path.to_vec(), place: path.to_vec(), module: String::new() }, 0));
        let mut modules = vec![];
        self.below(node, path, "", &mut modules);
        let mut errors = vec![];
        let contents = contents(node, &modules, self.resets, &mut errors);
        for (own, rolled) in &contents.rolled {
            for (below, _) in &mut self.instances[place + 1..] {
                if below.place.get(path.len()) == Some(own) {
                    below.place[path.len()] = rolled.clone();
                }
            }
        }
        let asked = if top { self.top.to_string() } else { self.prefixed(node) };
        let mut files = self.memories(node, &asked);
        files.extend(modules.into_iter().flatten().flat_map(|module| module.files));
        let at: Vec<&str> = [self.top].into_iter().chain(path.iter().map(String::as_str)).collect();
        let at = at.join(".");
        self.errors.extend(errors.into_iter().map(|error| format!("{at}: {error}")));
        let class = self.classes.class(contents, &asked, &node.doc, &files, at);
        self.instances[place].1 = class;
        ModuleRef { class, files }
    }

    /// The modules of a block's children; those of an inlined child stand in its place, under longer names.
    fn below(&mut self, node: &Node, path: &[String], stem: &str, out: &mut Vec<Option<ModuleRef>>) {
        for child in &node.children {
            match child.body {
                Body::Inline(_) => out.push(None),
                _ if child.is_part() => self.below(child, path, &format!("{stem}{}_", child.stem()), out),
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
    fn memories(&mut self, node: &Node, asked: &str) -> Vec<String> {
        let mut names = vec![];
        for (file, text) in &node.doc.files {
            let ending = file.strip_prefix(node.doc.module.as_str()).unwrap_or(file);
            let mut name = format!("{asked}{ending}");
            for n in 2.. {
                match self.by_path.get(&name) {
                    Some(at) if self.memories[*at].1 != *text => name = format!("{asked}_{n}{ending}"),
                    Some(_) => break,
                    None => {
                        self.by_path.insert(name.clone(), self.memories.len());
                        self.memories.push((name.clone(), text.clone()));
                        break;
                    }
                }
            }
            names.push(name);
        }
        names
    }

    /// The files, or everything that was found.
    pub fn finish(mut self, header: &[String]) -> Result<Emission, Vec<String>> {
        let names = self.classes.names(self.top, self.prefix, &mut self.errors);
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        let memories = self.memories.into_iter().map(|(name, text)| EmittedFile { path: format!("mem/{name}"), text });
        let modules = names.iter().enumerate().map(|(class, name)| EmittedFile {
            path: format!("rtl/{name}.v"),
            text: self.classes.text(class, &names, header),
        });
        let files = memories.chain(modules).collect();
        let named = |(instance, class): (Instance, usize)| Instance { module: names[class].clone(), ..instance };
        Ok(Emission { files, instances: self.instances.into_iter().map(named).collect() })
    }
}
