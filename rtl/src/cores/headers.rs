//! What the headers of a core's and its sequencer's files say.

use net::{Output, Synapses};

use hdl::{several, Doc};
use crate::plan::pipeline::Pipeline;
use crate::plan::CorePlan;

/// What the port of a core on a router says.
pub const STEP_DONE: &str = "a time step is over: the core integrates again, and waits for nothing until the next TICK";

/// Of the core.
pub fn core_doc(core: &CorePlan, p: &Pipeline) -> Doc {
    let layer = &core.layer;
    let synapses = match &layer.synapses {
        Synapses::Dense(_) => "fully connected".to_string(),
        Synapses::Conv2d(c) => format!(
            "convolution {}x{}, stride {}x{}, dilation {}x{}, padding {}x{}, {} group(s)",
            c.kernel.0, c.kernel.1, c.stride.0, c.stride.1, c.dilation.0, c.dilation.1, c.padding.0, c.padding.1, c.groups
        ),
    };
    let pool = if layer.pool.is_none() {
        String::new()
    } else {
        let pool = &layer.pool;
        format!(
            ", behind sum pooling {}x{} stride {}x{}",
            pool.kernel.0, pool.kernel.1, pool.stride.0, pool.stride.1
        )
    };
    Doc::new(format!("{}_core", core.name), format!("Layer {:?} with neurons {:?}: {synapses}{pool}.", layer.name, layer.neuron_name))
        .line("Integrates the spikes of a time step, fires at its TICK, sends its spikes and then TICK.")
        .rust("rtl::cores::core::Core")
        .golden("golden::Engine, this layer")
        .fact("Shape", format!("{} -> {}", layer.input, layer.output))
        .fact("Fold", format!(
            "{} x {} banks of {}, {}, {} per position",
            core.rows.banks, core.columns.banks, several(core.words(), "word"), several(core.lanes, "lane"), several(core.groups, "word")
        ))
        .fact("Cycles", format!(
            "event: row iterations x column iterations x words touched; scan: {}{}{}, and a pause of {} behind it",
            if core.touched_map { "touched positions only, of " } else { "" },
            several(core.words(), "word"),
            if core.passes() > 1 { format!(" x {} passes", core.passes()) } else { String::new() },
            p.drain_scan(core)
        ))
        .latency(format!("event to write {} cycles, scan to write {} cycles", p.operand + 1, p.fire_write))
        .port("in_data", "{kind, c, y, x}, see docs/link.md")
        .port("in_ready", "low while the memory is cleared after reset")
        .port("out_data", if layer.neuron.output == Output::Spike { "{kind, c, y, x}" } else { "{kind, payload, c, y, x}" })
        .port("step_done", STEP_DONE)
}

/// Of the sequencer.
pub fn sequencer_doc(core: &CorePlan, pipeline: &Pipeline) -> Doc {
    Doc::new(format!("{}_sequencer", core.name), "Turns link words into memory operations, one per cycle.")
        .line(sequencer_line(core))
        .rust("rtl::cores::sequencer::Sequencer")
        .golden("none: order and timing do not change results")
        .latency(format!(
            "a word's first operation goes in the cycle in which it appears; {} idle cycles behind a scan",
            pipeline.drain_scan(core)
        ))
        .port("in_data", "{kind, c, y, x}, see docs/link.md; taken in the cycle of its last operation")
        .port("sender_full", "no room for another word of spikes: pause the scan")
        .port("clearing_now", "the memory is being cleared after reset: take nothing")
        .port("event_valid", "an event's operation is issued (cycle 0)")
        .port("scan", "a scan's operation is issued (cycle 0)")
        .port("group", "memory word at the position")
        .port("group_offset", "counted from the first word that the event's channel touches")
        .port("clear", "with scan: write the initial state")
        .port("send", "with scan: spikes count (not while clearing after reset)")
        .port("end_step", "with scan: last word of the step")
        .port("end_sample", "with end_step: the sample ends, too")
        .port("touched_ready", "the next touched position (touched_row, touched_column) is known")
        .port("touched_row_end", "no touched position in its row behind it")
        .port("touched_last", "no touched position behind it")
        .port("touched_nothing", "nothing is touched: scan one word")
        .port("touched_tick", "a TICK waits that scans touched words only")
        .port("touched_take", "last word of the position")
        .port("wide", "with scan: all words in their order, not the touched ones only")
        .port("row_end", "with scan: last word of this row in this scan")
        .port("scan_ends", "last word of a scan that visits anything")
        .port("step_done", STEP_DONE)
}

fn sequencer_line(core: &CorePlan) -> String {
    let event = "A SPIKE becomes one operation per row iteration, column iteration and group; a TICK becomes a";
    let reset = "After reset the same scan clears the memory.";
    match core.stamps() {
        _ if !core.touched_map => format!("{event} scan of all words. {reset}"),
        None => format!("{event} scan of the touched words, a TICK_LAST one of all words, which clears them. {reset}"),
        Some(stamps) => format!(
            "{event} scan of the touched words; a TICK_LAST, and the TICK of every {}th step of a sample, one of all words, which the former \
             clears. {reset}",
            stamps.sweep
        ),
    }
}
