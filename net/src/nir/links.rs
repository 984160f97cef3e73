//! Links of an HDF5 file by name: `hdf5-pure` follows hard links alone, and cannot list a group that holds others.
//!
//! Source: the HDF5 File Format Specification 3.0, sections III.A to III.D and IV.A. Groups whose links lie in a fractal heap (new format,
//! more than eight links) are not looked into; whoever needs such a link finds nothing there.

use std::collections::BTreeMap;
use std::ops::Range;

/// Groups in groups, and links that lead to links, at most.
const DEEPEST: usize = 32;
/// Groups of a file at most: beyond it there is a cycle of hard links.
const MOST_GROUPS: usize = 100_000;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// An object of the file: whether it is a group.
    Hard { group: bool },
    /// A path in the file, from the root (`/...`) or from the group that holds the link.
    Soft(String),
    /// Another file.
    External,
}

/// The links of each group, by the path of the group (`/node/nodes`; the root is empty).
#[derive(Clone, Debug, Default)]
pub(super) struct Links(BTreeMap<String, BTreeMap<String, Link>>);

impl Links {
    /// All that can be read; what is damaged is left out.
    pub(super) fn read(data: &[u8], superblock: &hdf5_pure::Superblock) -> Links {
        let bytes = Bytes {
            data,
            offset: usize::from(superblock.offset_size),
            length: usize::from(superblock.length_size),
            base: superblock.base_address.get(),
        };
        let mut links = Links::default();
        if let Some(root) = bytes.place(superblock.root_group_address) {
            links.walk(&bytes, String::new(), root, 0);
        }
        links
    }

    fn walk(&mut self, bytes: &Bytes, path: String, header: usize, depth: usize) {
        if depth > DEEPEST || self.0.len() > MOST_GROUPS {
            return;
        }
        let mut own = BTreeMap::new();
        let mut below = Vec::new();
        for (name, target) in bytes.links(header).unwrap_or_default() {
            let link = match target {
                Target::Hard(at) => {
                    let group = bytes.is_group(at);
                    below.extend(group.then(|| (format!("{path}/{name}"), at)));
                    Link::Hard { group }
                }
                Target::Soft(target) => Link::Soft(target),
                Target::External => Link::External,
            };
            own.insert(name, link);
        }
        self.0.insert(path, own);
        for (path, at) in below {
            self.walk(bytes, path, at, depth + 1);
        }
    }

    /// Links of the group at `path`, which holds no links on its way.
    pub(super) fn of(&self, path: &str) -> impl Iterator<Item = (&String, &Link)> {
        self.0.get(path).into_iter().flatten()
    }

    /// The link called `name` in the group at `path`.
    pub(super) fn get(&self, path: &str, name: &str) -> Option<&Link> {
        self.0.get(path)?.get(name)
    }

    /// `path` with every soft link on its way followed; `None` if that does not end.
    pub(super) fn resolve(&self, path: &str) -> Option<String> {
        let mut path = path.to_string();
        for _ in 0..DEEPEST {
            let Some((group, rest, target)) = self.first_soft(&path) else { return Some(path) };
            path = match target.strip_prefix('/') {
                Some(target) => format!("/{target}{rest}"),
                None => format!("{group}/{target}{rest}"),
            };
            // `./` and `//` lead nowhere else.
            let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
            path = parts.iter().map(|part| format!("/{part}")).collect();
        }
        None
    }

    /// The first soft link on the way of `path`: the group that holds it, what follows it, and its target.
    fn first_soft<'a>(&'a self, path: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
        let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
        ends.into_iter().find_map(|end| {
            let (group, name) = path[..end].rsplit_once('/')?;
            match self.get(group, name)? {
                Link::Soft(target) => Some((group, &path[end..], target.as_str())),
                _ => None,
            }
        })
    }
}

enum Target {
    /// Place of an object header.
    Hard(usize),
    Soft(String),
    External,
}

/// A file, with the widths of its addresses and lengths.
struct Bytes<'a> {
    data: &'a [u8],
    offset: usize,
    length: usize,
    base: u64,
}

/// Messages of an object header that tell of links.
const LINK_INFO: u16 = 0x0002;
const LINK: u16 = 0x0006;
const CONTINUATION: u16 = 0x0010;
const SYMBOL_TABLE: u16 = 0x0011;

impl Bytes<'_> {
    fn number(&self, at: usize, size: usize) -> Option<u64> {
        let bytes = self.data.get(at..at.checked_add(size)?)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn small(&self, at: usize, size: usize) -> Option<usize> {
        usize::try_from(self.number(at, size)?).ok()
    }

    /// Where a stored address is in the file.
    fn place(&self, address: u64) -> Option<usize> {
        usize::try_from(address.checked_add(self.base)?).ok().filter(|at| *at < self.data.len())
    }

    fn address(&self, at: usize) -> Option<usize> {
        self.place(self.number(at, self.offset)?)
    }

    fn has(&self, at: usize, signature: &[u8]) -> bool {
        self.data.get(at..).is_some_and(|rest| rest.starts_with(signature))
    }

    fn text(&self, range: Range<usize>) -> Option<String> {
        Some(String::from_utf8_lossy(self.data.get(range)?).into_owned())
    }

    /// Text that a zero ends.
    fn text_at(&self, at: usize) -> Option<String> {
        let length = self.data.get(at..)?.iter().position(|byte| *byte == 0)?;
        self.text(at..at + length)
    }

    /// (kind, place of the contents) of each message of the object header at `header`.
    fn messages(&self, header: usize) -> Option<Vec<(u16, Range<usize>)>> {
        let new = self.has(header, b"OHDR");
        let flags = self.small(header + 5, 1)?;
        let mut open = vec![match new {
            true => {
                let sizes = header + 6 + if flags & 0x20 != 0 { 16 } else { 0 } + if flags & 0x10 != 0 { 4 } else { 0 };
                let width = 1 << (flags & 3);
                let first = sizes + width;
                first..first.checked_add(self.small(sizes, width)?)?
            }
            false => header + 16..(header + 16).checked_add(self.small(header + 8, 4)?)?,
        }];
        let mut found = Vec::new();
        while let Some(block) = open.pop() {
            let mut at = block.start;
            let head = match new {
                true => 4 + if flags & 0x04 != 0 { 2 } else { 0 },
                false => 8,
            };
            while at + head <= block.end && found.len() < 10_000 {
                let (kind, size) = match new {
                    true => (self.small(at, 1)?, self.small(at + 1, 2)?),
                    false => (self.small(at, 2)?, self.small(at + 2, 2)?),
                };
                let contents = at + head..at + head + size;
                if contents.end > block.end {
                    break;
                }
                if kind as u16 == CONTINUATION {
                    let start = self.address(contents.start)?;
                    let end = start.checked_add(self.small(contents.start + self.offset, self.length)?)?;
                    // A signature in front and a checksum behind.
                    open.push(if new { start + 4..end.saturating_sub(4) } else { start..end });
                }
                at = contents.end;
                found.push((kind as u16, contents));
            }
        }
        Some(found)
    }

    fn is_group(&self, header: usize) -> bool {
        let messages = self.messages(header).unwrap_or_default();
        messages.iter().any(|(kind, _)| [LINK_INFO, LINK, SYMBOL_TABLE].contains(kind))
    }

    /// Names and targets in the group at `header`.
    fn links(&self, header: usize) -> Option<Vec<(String, Target)>> {
        let mut found = Vec::new();
        for (kind, contents) in self.messages(header)? {
            match kind {
                SYMBOL_TABLE => {
                    let (tree, heap) = (self.address(contents.start)?, self.address(contents.start + self.offset)?);
                    let names = self.address(heap + 8 + 2 * self.length)?;
                    self.tree(tree, names, &mut found, 0)?;
                }
                LINK => found.extend(self.link(contents)),
                _ => {}
            }
        }
        Some(found)
    }

    /// Links below a node of a version 1 B-tree; `names` is where the local heap's data begin.
    fn tree(&self, node: usize, names: usize, found: &mut Vec<(String, Target)>, depth: usize) -> Option<()> {
        if depth > DEEPEST || found.len() > MOST_GROUPS {
            return None;
        }
        if self.has(node, b"SNOD") {
            let entry = 2 * self.offset + 24;
            for i in 0..self.small(node + 6, 2)? {
                found.extend(self.symbol(node + 8 + i * entry, names));
            }
            return Some(());
        }
        let children = node + 8 + 2 * self.offset;
        for i in 0..self.small(node + 6, 2)? {
            self.tree(self.address(children + self.length + i * (self.length + self.offset))?, names, found, depth + 1)?;
        }
        Some(())
    }

    /// An entry of a symbol table.
    fn symbol(&self, at: usize, names: usize) -> Option<(String, Target)> {
        let name = self.text_at(names.checked_add(self.small(at, self.offset)?)?)?;
        let kind = at + 2 * self.offset;
        let target = match self.small(kind, 4)? {
            2 => Target::Soft(self.text_at(names.checked_add(self.small(kind + 8, 4)?)?)?),
            _ => Target::Hard(self.address(at + self.offset)?),
        };
        Some((name, target))
    }

    /// A link message.
    fn link(&self, contents: Range<usize>) -> Option<(String, Target)> {
        let flags = self.small(contents.start + 1, 1)?;
        let mut at = contents.start + 2;
        let mut kind = 0;
        if flags & 0x08 != 0 {
            (kind, at) = (self.small(at, 1)?, at + 1);
        }
        at += if flags & 0x04 != 0 { 8 } else { 0 } + if flags & 0x10 != 0 { 1 } else { 0 };
        let width = 1 << (flags & 3);
        let length = self.small(at, width)?;
        let end = (at + width).checked_add(length)?;
        let name = self.text(at + width..end)?;
        let target = match kind {
            0 => Target::Hard(self.address(end)?),
            1 => Target::Soft(self.text(end + 2..(end + 2).checked_add(self.small(end, 2)?)?)?),
            _ => Target::External,
        };
        Some((name, target))
    }
}
