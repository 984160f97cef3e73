//! What the header of a chip's top module says, and the comments of its ports.

use super::guard::{OFF_MAP, REPEATS};
use super::{Edges, Port};
use crate::config::spi_share;
use crate::fabric::StepEnd;
use hdl::Doc;
use crate::link::LinkFormat;

/// Of a chip with these ports.
pub(super) fn describe(edges: Edges, input: LinkFormat, output: LinkFormat) -> Doc {
    let side = |port: Port| if port == Port::Aer { "AER" } else { "AXI4-Stream" };
    let steps = match edges.step_end {
        None => "Time steps end with TICK words of the input.".to_string(),
        Some(StepEnd::Pin) => "A time step ends at each rising edge of tick_pin.".to_string(),
        Some(StepEnd::Timer(cycles)) => format!("A time step ends every {cycles} cycles in which tick_enable is high."),
    };
    let fields = input.coordinate_text();
    let out_fields = format!("payload[{}], {}", output.payload_bits, output.coordinate_text());
    let aer_word = if edges.input_has_kind() { format!("{{kind, {fields}}}") } else { format!("{{{fields}}}: a spike") };
    Doc::new("chip", format!("A spiking network: {} in, {} out.", side(edges.input), side(edges.output)))
        .line(steps)
        .line("Ports and words: docs/link.md of spikewright, or README.md of this folder.")
        .rust("rtl::edge::chip::Chip")
        .golden("golden::Engine")
        .port("aclk", "rising edge")
        .port("aresetn", edges.reset_text())
        .port("s_axis_tdata", format!("{{kind, 0, {fields}}}"))
        .port("s_axis_tlast", "with a TICK: the sample ends, too")
        .port("aer_in_req", "asynchronous; from a flip-flop")
        .port("aer_in_ack", "from a register; low while the network cannot take the word")
        .port("aer_in_data", format!("{aer_word}; holds from before req rises until ack rises"))
        .port("tick_pin", "asynchronous; high and low for more than one cycle each")
        .port("tick_enable", "asynchronous; the timer stands still while low")
        .port("tick_last", "asynchronous; high when a step ends: the sample ends, too. Stable from a cycle before the end to four behind it")
        .port("tick_pending", "the end of a step still waits for the network; another one now would be lost")
        .port("tick_overruns", "ends of steps that were lost; stays at 65535")
        .port("guard_repeats", REPEATS)
        .port("guard_off_map", OFF_MAP)
        .port("m_axis_tdata", format!("{{kind, 0, {out_fields}}}"))
        .port("m_axis_tlast", "with TICK_LAST")
        .port("aer_out_req", "from a register")
        .port("aer_out_ack", "asynchronous; from a flip-flop")
        .port("s_axil_awaddr", "byte address; registers: docs/config.md of spikewright, or registers.json of this folder")
        .port("s_axil_wstrb", "all four, else SLVERR and nothing is written")
        .port("s_axil_bresp", "0 OKAY, 2 SLVERR: no such register, or it cannot be written")
        .port("s_axil_araddr", "byte address")
        .port("s_axil_rresp", "0 OKAY, 2 SLVERR: no such register")
        .port("spi_sclk", format!("asynchronous; at most {} of aclk. Frames: docs/config.md of spikewright", spi_share(edges.stages)))
        .port("spi_mosi", "asynchronous")
        .port("spi_cs_n", "asynchronous; low for a frame")
        .port("spi_miso", "from a register; to be switched off at the pin while spi_cs_n is high, if others share the wire")
        .port("aer_out_data", format!("{{kind, {out_fields}}}; holds from a cycle before req rises until ack has risen"))
}
