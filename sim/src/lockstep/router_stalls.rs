//! Random stalls on links that no port of the chip reaches: those into routers.

use rtl::{Design, EmittedFile};

/// The design with a queue at the end of each router's link that takes nothing in a share `stall` of the cycles. Which ones follows
/// from the seed and from what came by, so that no two links stall alike. None if no router stalls.
pub fn stalled(design: &Design, stall: f64, seed: u64) -> Option<Design> {
    let fabric = design.fabric.as_ref().filter(|_| stall > 0.0)?;
    let mut design = design.clone();
    let width = fabric.links.first().map_or(1, |link| link.format.width());
    let (queue, inside) = (&fabric.queue, format!("{}_inside", fabric.queue));
    let path = format!("rtl/{queue}.v");
    for file in design.files.iter_mut().filter(|file| file.path == path) {
        file.text = file.text.replace(&format!("module {queue} "), &format!("module {inside} "));
        file.path = format!("rtl/{inside}.v");
    }
    let text = STALLED
        .replace("QUEUE_INSIDE", &inside)
        .replace("QUEUE", queue)
        .replace("TOP", &(width - 1).to_string())
        .replace("SEED", &((seed as u32) | 1).to_string())
        .replace("CLOSED", &((stall * 65536.0) as u32).to_string());
    design.files.push(EmittedFile { path, text });
    Some(design)
}

const STALLED: &str = "module QUEUE (
    input wire clk,
    input wire rst,
    input wire in_valid,
    output wire in_ready,
    input wire [TOP:0] in_data,
    output wire out_valid,
    input wire out_ready,
    output wire [TOP:0] out_data
);
    reg [31:0] state;
    wire open = state[31:16] >= 16'dCLOSED;
    wire ready;
    assign in_ready = ready & open;
    always @(posedge clk)
        if (rst) state <= 32'dSEED;
        else state <= state * 32'd1664525 + 32'd1013904223 + (in_valid ? {in_data, 7'd0} : 32'd0);
    QUEUE_INSIDE queue (
        .clk(clk),
        .rst(rst),
        .in_valid(in_valid & open),
        .in_ready(ready),
        .in_data(in_data),
        .out_valid(out_valid),
        .out_ready(out_ready),
        .out_data(out_data)
    );
endmodule
";
