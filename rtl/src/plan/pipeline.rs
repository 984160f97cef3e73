//! Latencies of the core's pipeline, stated once. Cycle 0 is the cycle in which the sequencer issues an operation.
//!
//! ```text
//! cycle   0        1       2        3     4        5           6              7
//! weights lookup   shares  address  ROM   ROM out  rotate row  rotate column  operand  (rotation: CorePlan::rotated)
//! state                             ... read address (operand - 2), word (operand - 1), operand, sum + 1 = write
//! ```

use net::{Leak, LeakMode, Output, ResetOrder};

use super::core::CorePlan;
use super::{lazy, table};

/// From the cycle that reads a word to the cycle that presents the write of the integrated word: distributed RAM is read in the
/// cycle behind the address, so that its word and a block RAM's stand in the register `fetched` at the same time.
pub fn read_to_write(core: &CorePlan) -> u32 {
    if let Some(fold) = &core.table {
        return fold.read_to_write();
    }
    (if core.small() { 2 } else { 3 }) + make_up_stages(core)
}

/// Register stages between a word read and the adders that make up for missed steps: with lazy leak.
pub fn make_up_stages(core: &CorePlan) -> u32 {
    match core.layer.neuron.leak_mode {
        LeakMode::Step => 0,
        LeakMode::Lazy => lazy::STAGES,
    }
}

/// Cycle numbers of one core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pipeline {
    /// Stages in front of the operand that make up for missed steps.
    pub make_up: u32,
    /// Cycles that the weights wait for them.
    pub weights_wait: u32,
    /// The word of memory and the weight stand in registers; the youngest state is chosen and the weight added.
    pub operand: u32,
    /// What a scanned word sends (spikes, or a readout's values) stands at the banks' outputs.
    pub send: u32,
    /// The clamped state of a scanned word stands in a register (what a readout shows).
    pub clamped: u32,
    /// The new state of a scanned word is presented to the write port.
    pub fire_write: u32,
}

impl Pipeline {
    pub fn of(core: &CorePlan) -> Pipeline {
        let (rows, columns) = core.rotated();
        let rotations = u32::from(rows) + u32::from(columns);
        let make_up = make_up_stages(core);
        let operand = match &core.table {
            // A scan reads at once.
            Some(fold) => 1 + u32::from(fold.late),
            None => 5 + rotations.max(make_up),
        };
        let sum = operand + 1;
        let leak = leak_stages(core);
        let neuron = &core.layer.neuron;
        // reset, clamp, leak; or leak, reset, clamp
        let fire_write = sum + 2 + leak;
        let clamped = match neuron.order {
            ResetOrder::ResetThenLeak => sum + 2,
            ResetOrder::LeakThenReset => fire_write,
        };
        let send = match (neuron.output, neuron.order) {
            (Output::Spike, _) => sum + 1,
            (Output::Value, ResetOrder::ResetThenLeak) => clamped,
            (Output::Value, ResetOrder::LeakThenReset) => sum,
        };
        Pipeline { make_up, weights_wait: make_up.saturating_sub(rotations), operand, send, clamped, fire_write }
    }

    /// Cycle that presents the read address.
    pub fn read(&self) -> u32 {
        self.operand - 2 - self.make_up
    }

    /// Cycle in which a bank's address is formed from its shares (a register before [`Pipeline::read`]'s).
    pub fn address(&self) -> u32 {
        self.read() - 2
    }

    /// Idle issue cycles between the last scanned word and what follows (an event, or another pass).
    ///
    /// No event may be written in the cycle of a scanned word, and none may read a word before its scan has written it.
    /// An event that walks all words in the order of the scan meets the last words late. A table core reads an event's
    /// neurons two cycles behind its issue, in any order; another scan meets the words in order.
    pub fn drain_scan(&self, core: &CorePlan) -> u64 {
        if core.table.is_some() {
            let words = core.words() as u32;
            return u64::from((self.fire_write - table::SYNAPSE_READ).max((self.fire_write + 1).saturating_sub(words)));
        }
        let one_port = self.fire_write - self.operand - 1;
        let one_position = core.rows.depth * core.columns.depth == 1;
        let in_order = one_position && core.most_groups() == core.groups && !core.touched_map && self.make_up == 0;
        let behind = if in_order { core.words() as u32 - 1 } else { 0 };
        u64::from(one_port.max((self.fire_write - self.read()).saturating_sub(behind)))
    }
}

/// Register stages of the leak: none for IF, one for a shift, two with a multiplier.
pub fn leak_stages(core: &CorePlan) -> u32 {
    match &core.layer.neuron.leak {
        Leak::None => 0,
        Leak::Decay { .. } if core.leak_shift().is_some() => 1,
        Leak::Decay { .. } => 2,
    }
}

/// Words of spikes that may still come when a sender's FIFO says that it is full: those issued from the cycle behind the
/// one that filled it to the margin, up to and including the one in which `full` rises.
pub fn fifo_margin(core: &CorePlan) -> usize {
    Pipeline::of(core).send as usize + 1
}
