//! Constraint files of a target: its clock (data of `constraints/`), and the delays of ports that belong to no clock. Pure functions.

use rtl::edge::{Edges, Port};
use rtl::config::ConfigPort;
use rtl::fabric::StepEnd;
use rtl::Resets;

use crate::target::Target;

/// Constraint files of a target and of the chip's ports: path relative to the folder, text.
///
/// The `.sdc` is for Vivado (which reads it as XDC), Quartus and Radiant; the `.lpf` (ECP5) for Diamond and nextpnr, which takes the clock
/// from it and warns of the rest.
pub fn constraint_files(target: Target, edges: &Edges) -> Vec<(String, String)> {
    const LPF: [(Target, &str); 3] = [
        (Target::Ecp5_25k, include_str!("../../constraints/ecp5-25k.lpf")),
        (Target::Ecp5_45k, include_str!("../../constraints/ecp5-45k.lpf")),
        (Target::Ecp5_85k, include_str!("../../constraints/ecp5-85k.lpf")),
    ];
    let sdc = match target {
        Target::Ecp5_25k => include_str!("../../constraints/ecp5-25k.sdc"),
        Target::Ecp5_45k => include_str!("../../constraints/ecp5-45k.sdc"),
        Target::Ecp5_85k => include_str!("../../constraints/ecp5-85k.sdc"),
        Target::Ice40Up5k => include_str!("../../constraints/ice40-up5k.sdc"),
        Target::Xc7_35t => include_str!("../../constraints/xc7-35t.sdc"),
        Target::Xc7_100t => include_str!("../../constraints/xc7-100t.sdc"),
        Target::Xc7Z020 => include_str!("../../constraints/xc7-z020.sdc"),
        Target::Xc7Z045 => include_str!("../../constraints/xc7-z045.sdc"),
    };
    let period = 1000.0 / target.clock_mhz();
    let lpf = LPF.iter().filter(|(of, _)| *of == target).map(|(_, text)| ("lpf", text.to_string() + &delays(edges, period, &DIAMOND)));
    lpf.chain([("sdc", sdc.to_string() + &delays(edges, period, &SDC))])
        .map(|(ending, text)| (format!("constraints/{target}.{ending}"), text))
        .collect()
}

/// How a format says it.
struct Words {
    /// No limit from this pin.
    no_limit: fn(&str) -> String,
    /// At most so many ns from, and to, these pins.
    from: fn(&str, f64) -> String,
    to: fn(&str, f64) -> String,
    /// At least 0 ns to this pin.
    not_before: fn(&str) -> String,
}

const SDC: Words = Words {
    no_limit: |pin| format!("set_false_path -from [get_ports {pin}]\n"),
    from: |pins, ns| format!("set_max_delay {ns:.3} -from [get_ports {{{pins}}}]\n"),
    to: |pins, ns| format!("set_max_delay {ns:.3} -to [get_ports {{{pins}}}]\n"),
    not_before: |pin| format!("set_min_delay 0.000 -to [get_ports {pin}]\n"),
};
const DIAMOND: Words = Words {
    no_limit: |pin| format!("BLOCK PATH FROM PORT \"{pin}\";\n"),
    from: |pins, ns| format!("MAXDELAY FROM PORT \"{pins}\" {ns:.3} NS;\n"),
    to: |pins, ns| format!("MAXDELAY TO PORT \"{pins}\" {ns:.3} NS;\n"),
    // Diamond has no word for it: a path is never shorter than 0.
    not_before: |_| String::new(),
};

/// Delays of the ports of other clocks.
fn delays(edges: &Edges, period: f64, words: &Words) -> String {
    let mut text = String::new();
    if edges.input == Port::Aer {
        text += "\n# AER in, bundled data. The data stand at the pins before req rises, and are read two to three clocks behind the first flip-flop that\n\
                 # sees it: they may come a clock later than req. req enters a synchroniser.\n";
        text += &(words.no_limit)("aer_in_req");
        text += &(words.from)("aer_in_data*", period);
    }
    if edges.output == Port::Aer {
        text += "\n# AER out, bundled data. The data leave their registers a clock before req does: with less than a clock to the pins they are there before it.\n\
                 # ack enters a synchroniser.\n";
        text += &(words.no_limit)("aer_out_ack");
        text += &(words.to)("aer_out_data*", period);
        text += &(words.not_before)("aer_out_req");
    }
    let ticks: &[&str] = match edges.step_end {
        None => &[],
        Some(StepEnd::Pin) => &["tick_pin", "tick_last"],
        Some(StepEnd::Timer(_)) => &["tick_enable", "tick_last"],
    };
    let serial: &[&str] = match edges.config.map(|config| config.port) {
        Some(ConfigPort::Spi) => &["spi_sclk", "spi_mosi", "spi_cs_n"],
        _ => &[],
    };
    if edges.resets == Resets::Asynchronous {
        text += "\n# The reset acts at once and is released by a synchroniser: its pin belongs to no clock.\n";
        text += &(words.no_limit)("aresetn");
    }
    for (what, pins) in [("Ends of steps", ticks), ("SPI", serial)] {
        if !pins.is_empty() {
            text += &format!("\n# {what}: pins of any clock, each into a synchroniser.\n");
            text.extend(pins.iter().map(|pin| (words.no_limit)(pin)));
        }
    }
    text
}
