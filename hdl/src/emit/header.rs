//! What stands in front of a module's body: the comment at the top of its file, and the port list.

use std::collections::HashSet;

use rust_hdl::core::atom::AtomKind;

use super::build::port_name;
use super::text::typed;
use super::tree::Node;
use crate::doc::Doc;

/// The port list, types and names aligned.
pub(super) fn ports(node: &Node, output_regs: &HashSet<String>) -> String {
    let ports: Vec<_> = node.nets.iter().filter(|net| net.role.is_parameter()).collect();
    let mut lines: Vec<(String, String, String)> = vec![];
    for net in ports {
        let name = port_name(net, &node.doc);
        let kind = match net.role {
            AtomKind::InputParameter => "input  wire",
            _ if output_regs.contains(&name) => "output reg ",
            _ => "output wire",
        };
        let comment = node.doc.port_comment(&net.name).unwrap_or_default().to_string();
        lines.push((format!("{kind}{}", typed(net.shape)), name, comment));
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

pub(super) fn header(name: &str, doc: &Doc, extra: &[String]) -> String {
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
