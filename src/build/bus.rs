//! The configuration bus in the folder's testbench: nobody asks, or weights and routes are written before the sample.

use rtl::config::map::{chip, Port};
use rtl::config::ConfigPort;
use rtl::Plan;

use super::registers::{images, Image};

/// What the testbench's text needs.
pub struct Bus {
    /// Connections of the bus, behind those of the streams.
    pub connections: String,
    /// Declarations and the process that writes weights and routes, if they are written.
    pub loader: String,
}

pub fn of(plan: &Plan) -> Bus {
    let map = plan.registers();
    let ports = map.as_ref().map_or(vec![], |map| map.ports());
    let loads = map.as_ref().is_some_and(|map| map.config.is_written());
    let driven = |port: &Port| ["awaddr", "awvalid", "awready", "wdata", "wvalid", "wready", "bresp", "bvalid"].iter().any(|name| port.name == format!("s_axil_{name}")) || port.name.starts_with("spi_");
    let connect = |port: &Port| match port.input {
        _ if loads && driven(port) => format!(",\n    .{0}({0})", port.name),
        true if loads && (port.name == "s_axil_wstrb" || port.name == "s_axil_bready") => format!(",\n    .{}({{{}{{1'b1}}}})", port.name, port.width),
        true if port.name == "spi_cs_n" => format!(",\n    .{}(1'b1)", port.name),
        true => format!(",\n    .{}({}'d0)", port.name, port.width),
        false => format!(",\n    .{}()", port.name),
    };
    Bus {
        connections: ports.iter().map(connect).collect(),
        loader: match map.filter(|map| map.config.is_written()) {
            None => String::new(),
            Some(map) if map.config.port == ConfigPort::Spi => spi_loader(plan, &images(plan)),
            Some(map) => loader(plan, &images(plan), map.byte_address_bits()),
        },
    }
}

/// Whether the sample waits until everything is written: ends of steps from outside are lost while the network is in reset.
pub fn holds(plan: &Plan) -> bool {
    plan.edges.step_end.is_some() && plan.edges.config.is_some_and(|config| config.is_written())
}

/// Declaration and end of the loader where something waits for it.
fn end(plan: &Plan) -> (&'static str, &'static str) {
    match holds(plan) {
        true => ("  reg         loaded = 1'b0;\n", "    repeat (12) @(posedge aclk);  // the network leaves its reset\n    loaded = 1'b1;\n"),
        false => ("", ""),
    }
}

/// Cycles until everything is written, and more.
pub fn patience(plan: &Plan) -> u64 {
    let words = words(&images(plan)) as u64;
    let stops = plan.registers().map_or(0, |map| map.stops()) as u64;
    let spi = plan.edges.config.is_some_and(|config| config.port == ConfigPort::Spi);
    words * (20 + 10 * stops + if spi { 2000 } else { 0 })
}

/// Words that are written.
fn words(images: &[Image]) -> usize {
    images.iter().map(|(_, image)| image.len()).sum()
}

/// Reads the files, one behind the other.
fn read_files(images: &[Image]) -> String {
    let (mut next, mut text) = (0, String::new());
    for (file, image) in images {
        let range = if images.len() == 1 { String::new() } else { format!(", {next}, {}", next + image.len() - 1) };
        text += &format!("    $readmemh({{ROOT, \"/{file}\"}}, image{range});\n");
        next += image.len();
    }
    text
}

/// What is written, for a title.
fn title(plan: &Plan) -> &'static str {
    match plan.edges.config.map_or((false, false), |config| (config.loadable, config.routes)) {
        (true, false) => "Weights and thresholds",
        (false, _) => "Routes",
        (true, true) => "Weights, thresholds and routes",
    }
}

fn loader(plan: &Plan, images: &[Image], address_bits: u32) -> String {
    let (declared, done) = end(plan);
    let (words, files, title, release) = (words(images), read_files(images), title(plan), super::testbench::release(plan));
    let (top, control) = (address_bits - 1, 4 * chip::CONTROL);
    format!(
        "
  // ---- {title}, written over the bus; then the network leaves its reset ----

  localparam WEIGHT_WORDS = {words};

  reg  [63:0] image [0:WEIGHT_WORDS-1];  // {{byte address, data}}
  reg  [{top}:0] s_axil_awaddr = {address_bits}'d0;
  reg  [31:0] s_axil_wdata = 32'd0;
  reg         s_axil_awvalid = 1'b0;
  reg         s_axil_wvalid = 1'b0;
  wire        s_axil_awready;
  wire        s_axil_wready;
  wire [1:0]  s_axil_bresp;
  wire        s_axil_bvalid;
  integer     written;
{declared}
  initial begin
{files}    @(posedge aresetn);{release}
    for (written = 0; written <= WEIGHT_WORDS; written = written + 1) begin
      @(posedge aclk);
      #1;
      while (s_axil_awready !== 1'b1 || s_axil_wready !== 1'b1) begin
        @(posedge aclk);
        #1;
      end
      s_axil_awaddr = written < WEIGHT_WORDS ? image[written][{high}:32] : {address_bits}'d{control};
      s_axil_wdata = written < WEIGHT_WORDS ? image[written][31:0] : 32'd0;
      s_axil_awvalid = 1'b1;
      s_axil_wvalid = 1'b1;
      @(posedge aclk);
      #1;
      s_axil_awvalid = 1'b0;
      s_axil_wvalid = 1'b0;
      while (s_axil_bvalid !== 1'b1) begin
        @(posedge aclk);
        #1;
      end
      if (s_axil_bresp !== 2'd0) begin
        $display(\"MISMATCH: the write to %h was refused\", s_axil_awaddr);
        fail;
      end
    end
{done}  end
",
        high = 31 + address_bits,
    )
}

fn spi_loader(plan: &Plan, images: &[Image]) -> String {
    let (declared, done) = end(plan);
    let (words, control) = (words(images), 4 * chip::CONTROL);
    let (files, title, release) = (read_files(images), title(plan), super::testbench::release(plan));
    let half = plan.edges.stages.spi_cycles() / 2 + 1;
    format!(
        "
  // ---- {title}, written over the bus; then the network leaves its reset ----

  localparam WEIGHT_WORDS = {words};

  reg  [63:0] image [0:WEIGHT_WORDS-1];  // {{byte address, data}}
  reg         spi_sclk = 1'b0;
  reg         spi_mosi = 1'b0;
  reg         spi_cs_n = 1'b1;
  wire        spi_miso;
  reg  [7:0]  spi_status;
  integer     written;
  integer     spi_bit;
{declared}
  task spi_clock;
    input bit_out;
    begin
      spi_mosi = bit_out;
      repeat ({half}) @(posedge aclk);
      spi_status = {{spi_status[6:0], spi_miso}};
      spi_sclk = 1'b1;
      repeat ({half}) @(posedge aclk);
      spi_sclk = 1'b0;
    end
  endtask

  task spi_write;
    input [31:0] address;
    input [31:0] data;
    reg [63:0] frame;
    begin
      frame = {{8'h80, address[23:0], data}};
      spi_cs_n = 1'b0;
      for (spi_bit = 63; spi_bit >= 0; spi_bit = spi_bit - 1)
        spi_clock(frame[spi_bit]);
      spi_status = 8'hff;
      while (spi_status === 8'hff)
        repeat (8) spi_clock(1'b0);
      if (spi_status !== 8'h00) begin
        $display(\"MISMATCH: the write to %h was refused\", address);
        fail;
      end
      spi_cs_n = 1'b1;
      repeat (8) @(posedge aclk);
    end
  endtask

  initial begin
{files}    @(posedge aresetn);{release}
    repeat (8) @(posedge aclk);
    for (written = 0; written < WEIGHT_WORDS; written = written + 1)
      spi_write(image[written][63:32], image[written][31:0]);
    spi_write(32'd{control}, 32'd0);
{done}  end
"
    )
}
