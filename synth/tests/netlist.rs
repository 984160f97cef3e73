//! The netlist after synthesis behaves like the Verilog before it: checks our simulation models of the ECP5 cells.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{accumulate, folder, have, icarus};
use synth::{netlist, Tool};

/// A memory with one read and one write port, initial contents, and an output register as our emitted RAMs have.
fn ram(width: u32, address_bits: u32, attribute: &str) -> String {
    format!(
        "module ram (input wire clk, input wire [{a}:0] read_address, output reg [{w}:0] read_data,
                     input wire read_enable, input wire write_enable, input wire [{a}:0] write_address,
                     input wire [{w}:0] write_data);
    {attribute} reg [{w}:0] mem [0:{last}];
    initial $readmemh(\"../mem/ram.hex\", mem);
    always @(posedge clk) begin
        if (read_enable) read_data <= mem[read_address];
        if (write_enable) mem[write_address] <= write_data;
    end
endmodule
",
        a = address_bits - 1,
        w = width - 1,
        last = (1u64 << address_bits) - 1
    )
}

/// Random traffic on `ram`; prints what is read. `apart` keeps reads and writes off the same word.
fn ram_bench(width: u32, address_bits: u32, apart: bool) -> String {
    format!(
        "module testbench;
    reg clk, read_enable, write_enable;
    reg [{a}:0] read_address, write_address;
    reg [{w}:0] write_data;
    wire [{w}:0] read_data;
    ram dut (.clk(clk), .read_address(read_address), .read_data(read_data), .read_enable(read_enable),
             .write_enable(write_enable), .write_address(write_address), .write_data(write_data));
    integer t, seed;
    initial begin
        seed = 7;
        clk = 0;
        read_address = 0;
        write_address = 1;
        read_enable = 1;
        write_enable = 0;
        for (t = 0; t < 4000; t = t + 1) begin
            // A few words only, so that what was written is read again; now and then any word.
            read_address = (t % 8 == 0) ? $random(seed) : ($random(seed) & 15) * 5;
            write_address = ($random(seed) & 15) * 5;
            write_data = {{$random(seed), $random(seed), $random(seed)}};
            read_enable = ($random(seed) & 3) != 0;
            write_enable = ($random(seed) & 1) == 0 && !({apart} && read_address == write_address);
            #1 clk = 1;
            #1 clk = 0;
            if (t > 0) $display(\"%0d %h\", t, read_data);
        end
        $finish;
    end
endmodule
",
        a = address_bits - 1,
        w = width - 1,
        apart = u32::from(apart)
    )
}

/// What Verilog and netlist of a memory print, and how many DP16KD and LUT RAM cells the netlist has.
fn both(width: u32, address_bits: u32, attribute: &str, apart: bool) -> (String, String, usize, usize) {
    let dir = folder("ram", &ram(width, address_bits, attribute));
    let word = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - width.min(64));
    let contents: String = (0..1u64 << address_bits).map(|i| format!("{:x}\n", word(i))).collect();
    std::fs::create_dir(dir.path().join("mem")).unwrap();
    std::fs::write(dir.path().join("mem/ram.hex"), contents).unwrap();
    let bench = ram_bench(width, address_bits, apart);
    let net = netlist(dir.path(), &|_| ()).unwrap();
    let text = std::fs::read_to_string(&net.verilog).unwrap();
    let count = |kind: &str| text.matches(&format!("  {kind} #(")).count();
    let before = icarus(dir.path(), &[dir.path().join("rtl/ram.v")], &bench);
    let after = icarus(dir.path(), &[net.verilog.clone(), net.models.clone()], &bench);
    assert!(before.lines().count() == 3999, "{before}");
    (before, after, count("DP16KD"), count("TRELLIS_DPR16X4"))
}

fn check(width: u32, address_bits: u32, attribute: &str, apart: bool, blocks: usize) {
    let (before, after, found, _) = both(width, address_bits, attribute, apart);
    assert_eq!(found, blocks, "DP16KD of {}x{width}", 1 << address_bits);
    if let Some((a, b)) = before.lines().zip(after.lines()).find(|(a, b)| a != b) {
        panic!("{}x{width}: Verilog {a:?}, netlist {b:?}", 1 << address_bits);
    }
    assert_eq!(before.len(), after.len());
}

#[test]
fn block_ram_of_every_width_reads_what_was_written() {
    if !have(&[Tool::Yosys, Tool::Iverilog]) {
        return;
    }
    for (width, address_bits, blocks) in [(1, 14, 1), (2, 13, 1), (4, 12, 1), (9, 11, 1), (18, 10, 1), (36, 9, 1)] {
        check(
            width,
            address_bits,
            "(* no_rw_check, ram_style = \"block\" *)",
            true,
            blocks,
        );
    }
}

#[test]
fn odd_shapes_and_several_blocks() {
    if !have(&[Tool::Yosys, Tool::Iverilog]) {
        return;
    }
    for (width, address_bits, blocks) in [(24, 9, 1), (64, 10, 4), (12, 12, 3), (36, 10, 2), (7, 8, 1)] {
        check(
            width,
            address_bits,
            "(* no_rw_check, ram_style = \"block\" *)",
            true,
            blocks,
        );
    }
}

#[test]
fn without_no_rw_check_a_collision_reads_the_old_word() {
    if !have(&[Tool::Yosys, Tool::Iverilog]) {
        return;
    }
    check(36, 9, "(* ram_style = \"block\" *)", false, 1);
}

/// The model must not be kinder than the device: a design that relies on a collision is found out.
#[test]
fn a_collision_that_nobody_handles_shows() {
    if !have(&[Tool::Yosys, Tool::Iverilog]) {
        return;
    }
    let (before, after, _, _) = both(36, 9, "(* no_rw_check, ram_style = \"block\" *)", false);
    assert_ne!(before, after);
}

#[test]
fn lut_ram_reads_what_was_written() {
    if !have(&[Tool::Yosys, Tool::Iverilog]) {
        return;
    }
    let (before, after, blocks, lut_rams) = both(12, 5, "(* ram_style = \"distributed\" *)", false);
    assert_eq!((blocks, lut_rams), (0, 6));
    assert_eq!(before, after);
}

/// Sums, comparisons, a product, wide selects, registers with enable, reset and set: the logic cells.
const LOGIC: &str = "module logic_cells (input wire clk, input wire rst, input wire [17:0] a, input wire [17:0] b,
                    output reg [35:0] product, output reg signed [35:0] signed_product,
                    output reg [18:0] sum, output reg [17:0] kept, output reg [17:0] from_ones, output reg chosen);
    always @(posedge clk) begin
        product <= a * b;
        signed_product <= $signed(a) * $signed(b);
        sum <= (a > b) ? a - b : a + b;
        if (a[0]) kept <= b;
        if (rst) begin
            kept <= 18'd0;
            from_ones <= 18'h3FFFF;
        end else if (b[3]) from_ones <= a ^ {b[8:0], b[17:9]};
        chosen <= a[b[3:0]];
    end
endmodule
";

const LOGIC_BENCH: &str = "module testbench;
    reg clk, rst;
    reg [17:0] a, b;
    wire [35:0] product, signed_product;
    wire [18:0] sum;
    wire [17:0] kept, from_ones;
    wire chosen;
    logic_cells dut (.clk(clk), .rst(rst), .a(a), .b(b), .product(product), .signed_product(signed_product),
                     .sum(sum), .kept(kept), .from_ones(from_ones), .chosen(chosen));
    integer t, seed;
    initial begin
        seed = 3;
        clk = 0;
        for (t = 0; t < 2000; t = t + 1) begin
            rst = t < 2 || ($random(seed) & 15) == 0;
            a = $random(seed);
            b = $random(seed);
            #1 clk = 1;
            #1 clk = 0;
            $display(\"%h %h %h %h %h %b\", product, signed_product, sum, kept, from_ones, chosen);
        end
        $finish;
    end
endmodule
";

#[test]
fn logic_cells_compute_what_the_verilog_says() {
    if !have(&[Tool::Yosys, Tool::Iverilog]) {
        return;
    }
    let dir = folder("logic_cells", LOGIC);
    let net = netlist(dir.path(), &|_| ()).unwrap();
    let text = std::fs::read_to_string(&net.verilog).unwrap();
    for kind in ["LUT4", "CCU2C", "TRELLIS_FF", "MULT18X18D", "PFUMX", "L6MUX21"] {
        assert!(text.contains(&format!("  {kind} ")), "the netlist has no {kind}");
    }
    let before = icarus(dir.path(), &[dir.path().join("rtl/logic_cells.v")], LOGIC_BENCH);
    let after = icarus(dir.path(), &[net.verilog, net.models], LOGIC_BENCH);
    assert_eq!(before.lines().count(), 2000);
    assert_eq!(before, after);
}

const ACCUMULATE_BENCH: &str = "module testbench;
    reg aclk, aresetn, s_axis_tvalid;
    reg [31:0] s_axis_tdata;
    wire s_axis_tready, m_axis_tvalid;
    wire [31:0] m_axis_tdata;
    accumulate dut (.aclk(aclk), .aresetn(aresetn), .s_axis_tdata(s_axis_tdata), .s_axis_tvalid(s_axis_tvalid),
               .s_axis_tready(s_axis_tready), .m_axis_tdata(m_axis_tdata), .m_axis_tvalid(m_axis_tvalid));
    integer t, seed;
    initial begin
        seed = 5;
        aclk = 0;
        for (t = 0; t < 3000; t = t + 1) begin
            aresetn = t > 3;
            s_axis_tvalid = ($random(seed) & 3) != 0;
            // Neighbours in time have different addresses: the memory is neither read nor written twice at once.
            s_axis_tdata = {$random(seed) & 32'hFFFF_FE3C} | {30'd0, t[1:0]};
            #1 aclk = 1;
            #1 aclk = 0;
            if (t > 8) $display(\"%b %h\", m_axis_tvalid, m_axis_tdata);
        end
        $finish;
    end
endmodule
";

#[test]
fn an_emitted_folder_with_weights_in_hex() {
    if !have(&[Tool::Yosys, Tool::Iverilog]) {
        return;
    }
    let dir = accumulate();
    let net = netlist(dir.path(), &|_| ()).unwrap();
    let sources: Vec<PathBuf> = ["accumulate", "accumulate_ram_512x36", "accumulate_weights"]
        .map(|name| dir.path().join(format!("rtl/{name}.v")))
        .into();
    let before = icarus(dir.path(), &sources, ACCUMULATE_BENCH);
    let after = icarus(dir.path(), &[net.verilog, net.models], ACCUMULATE_BENCH);
    assert_eq!(before.lines().count(), 2991);
    assert!(before.lines().filter(|line| line.starts_with('1')).count() > 1000);
    assert_eq!(before, after);
}

#[test]
fn verilator_takes_the_netlist_too() {
    if !have(&[Tool::Yosys, Tool::Verilator]) {
        return;
    }
    let dir = accumulate();
    let net = netlist(dir.path(), &|_| ()).unwrap();
    lint(&net.verilog, &net.models);
}

fn lint(verilog: &Path, models: &Path) {
    let output = Command::new(Tool::Verilator.find().unwrap())
        .args([
            "--lint-only",
            "-Wno-fatal",
            "-Wno-PINMISSING",
            "-Wno-TIMESCALEMOD",
            "--top-module",
            "accumulate",
        ])
        .args([verilog, models])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("ecp5_cells.v"), "warnings about the models:\n{said}");
}
