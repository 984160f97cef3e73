//! What comes out: files, and where each block is in them.

use std::collections::HashMap;

/// A file of the emitted folder; `path` is relative to the folder, with `/`: `rtl/<module>.v` or `mem/<name>.hex`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmittedFile {
    pub path: String,
    pub text: String,
}

/// Files, leaves first, and the tree of instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emission {
    /// A module's file stands after those of the modules it uses.
    pub files: Vec<EmittedFile>,
    /// By the names of the blocks on the way to it, outermost first; the top has none.
    pub(super) instances: HashMap<Vec<String>, Instance>,
}

/// One instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Instance {
    /// The way to it in the Verilog: an instance in a loop is `lane[5].unit`.
    pub place: Vec<String>,
    pub module: String,
}

impl Emission {
    /// Module of the block at this path of blocks.
    pub fn module(&self, blocks: &[String]) -> Option<&str> {
        self.instances.get(blocks).map(|instance| instance.module.as_str())
    }

    /// Where the block at this path of blocks stands in the Verilog: names of instances, and of the loops around them.
    pub fn place(&self, blocks: &[String]) -> Option<&[String]> {
        self.instances.get(blocks).map(|instance| instance.place.as_slice())
    }
}
