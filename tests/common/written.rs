//! Faults that neither a check nor a proof settles, and why the chip does what it did.

use sim::Mutant;

const CLEARS_LATER: &str = "a pause of a cycle or two behind reset, before or while the memory is cleared; nothing is taken until that is done";

/// Faults that neither a check nor a proof settles: end of the file's name, text around the fault's place, reason why
/// the chip does what it did. Entries of tables that nothing depends on are in `common/dont_care.rs`.
const WRITTEN: &[(&str, &str, &str)] = &[
    (
        "tiny_fifo_12x12_margin_8.v",
        "wire several = stored[3] | stored[2] | stored[1];",
        "decides whether a word can be fetched in the cycle behind a pop, or one cycle later: no word is lost, doubled or moved; \
         a queue of eight words stands behind a stalled link only, where cycles are not predicted",
    ),
    (
        "_dense_core.v",
        "bank_address <= row_share + column_share;",
        "a fully connected layer has one position: its column's share of the address is 0, added or subtracted",
    ),
    (
        "_conv_sender.v",
        "wire [7:0] fields_now = tick_3 ? NO_FIELDS : fields;",
        "a TICK between two cores: the next core reads its kind only",
    ),
    ("_margin_8.v", "assign in_ready = !full;", "the sender in front of it goes by almost_full: nothing reads in_ready"),
    (
        "_margin_8.v",
        "nearly_full <= 1'b1;",
        "the first cycle behind reset: the core clears its memory then and sends nothing",
    ),
    (
        "listed_graph_core.v",
        "localparam ONE_ROW = 1'b0;",
        "a vector of neurons has one position: the sender has no field for its row",
    ),
    (
        "listed_graph_core.v",
        "localparam ONE_COLUMN = 1'b0;",
        "a vector of neurons has one position: the sender has no field for its column",
    ),
    ("listed_graph_sequencer.v", "settled <= 1'b1;", CLEARS_LATER),
    ("listed_graph_sequencer.v", "settling <= 5'd0;", CLEARS_LATER),
    ("listed_graph_sequencer.v", "drained <= 1'b1;", CLEARS_LATER),
    ("listed_graph_sequencer.v", "draining <= 5'd0;", CLEARS_LATER),
    (
        "still_conv_sequencer.v",
        "row_end = position_end & (scan_column_count == FINAL_COLUMN);",
        "only the scan that clears asks for it, and that one forgets who fired (`fired` is masked by `clear_write` there), so no \
         column is kept for a row to end",
    ),
    (
        "still_conv_touched.v",
        "column_used_1 ? column_place_one_hot[7:4] : NO_COLUMNS;",
        "of three neighbouring columns the one in the middle bank is never alone in its place: the column before or behind it \
         has the same place in its bank, and one of these two is on the map",
    ),
    ("_fork_", "<= 1'b0;", QUIET),
    ("_merge.v", "<= 1'b0;", QUIET),
    ("_merge.v", "] ITSELF_", "a source is ready for a TICK only if it has one on offer, so its own TICK is there where `others_tick` matters; ready without valid says nothing"),
    ("_queue_", "full <= 1'b1;", "in reset, in which no word is on offer"),
    ("_tick_", "if (ends & waits & (overrun != MOST)) begin", OVERRUN),
    ("_tick_", "overrun <= overrun + ONE;", OVERRUN),
    ("_tick_", "overrun <= 16'd0;", OVERRUN),
    ("_tick_", "ONE = 16'd1;", OVERRUN),
    ("_tick_", "MOST = 16'd65535;", OVERRUN),
    ("_tick_", "closes <= 1'b0;", QUIET),
    ("_queue_16x7.v", "full <= (write_next == read_at);", "a queue before pins that take a word in many cycles: with room for one word it is as fast; tests/formal.rs and sim/tests/fabric find it"),
    ("_first_core.v", "last_2 <= 1'b0;", QUIET),
    ("_second_core.v", "last_2 <= 1'b0;", QUIET),
    ("_station.v", "if (bus_control[0]) begin", "an access on its way at the chip's reset: four cycles of reset outlast a ring of two cores"),
    ("_second_sender.v", "first = some & !lowest_group_rest;", "one group: it is asked for only where the group has a spike, and nothing is behind it"),
    ("_input_guard.v", "_1 <= 1'b0;", CLEARS_LATER),
    ("_input_guard.v", "_2 <= 1'b0;", CLEARS_LATER),
    ("_input_guard.v", "_3 <= 1'b0;", CLEARS_LATER),
    ("_input_guard.v", "step <= 8'd0;", "a step is told from others by its number; all entries are cleared before the first"),
    ("_second_sender.v", "GROUP_MASK = 1'h0", "one group: its number has no bit in the word"),
    ("_spi_slave.v", "sclk_before <= 1'b0;", "in reset, and a frame has not begun"),
    ("_spi_slave.v", "waits <= waits & !begins & !idle & legal;", ENDED),
    ("_spi_slave.v", "stale <= (stale | idle) & active & !response;", ENDED),
    ("_spi_slave.v", "if (active & response & !stale) begin", "the ring shows the last answer until the next access, so it may be taken later; a frame is not shorter than an access"),
    ("lazy_conv_make_up.v", "{{14{aged[7]}}", SMALL_STATES),
    ("lazy_conv_make_up.v", "{{14{aged[15]}}", SMALL_STATES),
    ("lazy_conv_ages.v", "6'd26: begin factor = 14'sd4094", SMALL_DECAYS),
    ("lazy_conv_ages.v", "6'd6: begin factor = 14'sd3367", SMALL_DECAYS),
];

const QUIET: &str = "the first cycle behind reset: no word is on offer yet";
const OVERRUN: &str = "counts ends of steps that are lost; lockstep loses none, and a naive model is compared in sim/tests/fabric/edges.rs";
const ENDED: &str = "matters while an access of a frame before is under way, which has ended long before: two cycles a core against 64 bits of a frame; \
     tests/formal.rs proves it for answers of any age, and refutes it without";
const SMALL_STATES: &str = "what a step leaves lies between -31 and 63 (clamped to -41..85, less a quarter), in 8 bits: the two top bits are the same";
const SMALL_DECAYS: &str = "no state between -31 and 63, which is what a step leaves, decays to another value by a factor one unit of 2^-12 beside";

/// Faults that no check finds yet and that nobody has argued away: a debt, by name. End of the file's name, text around the fault's place.
const OPEN: &[(&str, &str)] = &[
    ("tiny_dense_lane.v", "wire fired_above_hi = !ended[9] & (ended[8] |"),
    ("tiny_conv_leak.v", "wire signed [10:0] wide = {{2{state[8]}}, state};"),
    ("winner_readout.v", "wire take = in_valid & !searching & !answering & !ending;"),
    ("shown_conv_sender.v", "sent <= 1'b0;"),
    ("loops_layer_far_merge.v", "assign in_ready_1 = placed_1_tick ?"),
    ("loops_layer_far_merge.v", "wire waits_0 = any_held ?"),
    ("loops_layer_far_merge.v", "wire waits_1 = any_held ?"),
];

/// Is it one of those?
pub fn is_open(mutant: &Mutant, line: &str) -> bool {
    OPEN.iter().any(|(file, text)| stands_at(mutant, line, file, text))
}

/// Does the fault lie in this text of that file?
fn stands_at(mutant: &Mutant, line: &str, file: &str, text: &str) -> bool {
    let found = line.find(text).is_some_and(|start| (start..start + text.len()).contains(&mutant.column));
    mutant.file.contains(file) && found
}

/// Why a mutant of this line is of no consequence, if that is written here.
pub fn written(mutant: &Mutant, line: &str) -> Option<&'static str> {
    let known = |(file, text, _): &&(&str, &str, &str)| stands_at(mutant, line, file, text);
    WRITTEN.iter().find(known).map(|(_, _, reason)| *reason)
}

