//! Waves of all signals, through the crate `verilated`: its VCD writer is Verilator's own. This is the one file that
//! names that crate. Without the cargo feature `verilated` there is nothing here to start.

use std::path::Path;

use crate::error::SimError;
use crate::model::Instance;

/// Whether full tracing is built in.
pub const AVAILABLE: bool = cfg!(feature = "verilated");

/// A dump file of all signals. To be dropped before the instance it watches.
pub struct FullTrace {
    #[cfg(feature = "verilated")]
    vcd: verilated::vcd::Vcd,
}

#[cfg(feature = "verilated")]
impl FullTrace {
    /// Starts dumping the signals of `instance`, whose library must have been built with tracing.
    pub fn start(instance: &mut Instance, path: &Path) -> Result<FullTrace, SimError> {
        let mut vcd = verilated::vcd::Vcd::default();
        // SAFETY: the crate was compiled against the runtime of the installed Verilator, as the model was; the recorder
        // closes the file before its instance goes.
        unsafe { instance.trace(vcd.0.cast())? };
        vcd.open(path).map_err(SimError::io(path))?;
        Ok(FullTrace { vcd })
    }

    /// Writes what has changed, at `time` in nanoseconds of the VCD.
    pub fn dump(&mut self, time: u64) {
        self.vcd.dump(time);
    }
}

#[cfg(not(feature = "verilated"))]
impl FullTrace {
    /// Never called, see [`AVAILABLE`].
    pub fn start(_instance: &mut Instance, path: &Path) -> Result<FullTrace, SimError> {
        Err(SimError::Model(format!(
            "{}: built without the cargo feature `verilated`",
            path.display()
        )))
    }

    /// Never called, see [`AVAILABLE`].
    pub fn dump(&mut self, _time: u64) {}
}
