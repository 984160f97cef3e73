//! What comes out: files, and where each block is in them.

/// One emitted file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmittedFile {
    /// `rtl/<module>.v` or `mem/<name>.hex`.
    pub path: String,
    /// Contents.
    pub text: String,
}

/// Files, leaves first, and the tree of instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emission {
    /// A module's file stands after those of the modules it uses.
    pub files: Vec<EmittedFile>,
    pub(super) instances: Vec<Instance>,
}

/// One instance below the top; the top itself is the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Instance {
    /// Names of the blocks on the way to it, outermost first.
    pub blocks: Vec<String>,
    /// The same way in the Verilog: an instance in a loop is `lane[5].unit`.
    pub place: Vec<String>,
    pub module: String,
}

impl Emission {
    /// Module of the block at this path of blocks.
    pub fn module(&self, blocks: &[String]) -> Option<&str> {
        self.find(blocks).map(|instance| instance.module.as_str())
    }

    /// Where the block at this path of blocks stands in the Verilog: names of instances, and of the loops around them.
    pub fn place(&self, blocks: &[String]) -> Option<&[String]> {
        self.find(blocks).map(|instance| instance.place.as_slice())
    }

    fn find(&self, blocks: &[String]) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.blocks == blocks)
    }
}
