//! The netlist after synthesis, for simulation against the golden model.

use std::path::{Path, PathBuf};

use crate::flow::RunFolder;
use crate::folder::Folder;
use crate::run::write;
use crate::scripts;
use crate::tool::Tool;
use crate::SynthError;

/// Simulation models of the ECP5 cells in a netlist of [`netlist`]: plain Verilog-2005 for Verilator and Icarus.
pub const ECP5_MODELS: &str = include_str!("../models/ecp5_cells.v");

/// A synthesised design as Verilog. Its top module has the name and ports of the emitted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Netlist {
    pub top: String,
    /// Flat Verilog of ECP5 cells; memory contents are inside.
    pub verilog: PathBuf,
    /// [`ECP5_MODELS`] as a file beside it.
    pub models: PathBuf,
    /// Hash of the Verilog and hex it was made of.
    pub hash: String,
}

/// Synthesises the top module of the folder `dir` for ECP5, without wrapper, exactly as place and route gets it.
///
/// Kept in `dir/synth/run/` by a hash of the inputs. Errors as in [`crate::synthesise`].
pub fn netlist(dir: &Path, progress: &dyn Fn(&str)) -> Result<Netlist, SynthError> {
    let yosys = Tool::Yosys.require()?;
    let folder = Folder::open(dir)?;
    let run_folder = RunFolder::open(&folder, "netlist", &Tool::Yosys.version(&yosys))?;
    progress("yosys: netlist for simulation");
    let sources = scripts::in_rtl(&folder.sources);
    run_folder.yosys(&yosys, "netlist", "netlist.v", |verilog| {
        scripts::ecp5_netlist_script(&folder.top, &sources, verilog)
    })?;
    let models = run_folder.path.join("ecp5_cells.v");
    write(&models, ECP5_MODELS)?;
    Ok(Netlist {
        top: folder.top,
        verilog: run_folder.path.join("netlist.v"),
        models,
        hash: folder.hash,
    })
}
