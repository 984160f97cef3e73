// Simulation models of the ECP5 cells that yosys' synth_ecp5 leaves in a netlist of an emitted design.
//
// Plain Verilog-2005 for Verilator and Icarus, function only: no delays, no DCCA/PLL/IO cells. Yosys 0.23 brings no
// simulation model of DP16KD and MULT18X18D (both are black boxes there); these are ours, after Lattice FPGA-TN-02204
// (ECP5 memory usage guide) and FPGA-TN-02205 (sysDSP), checked against the RTL by synth/tests/netlist.rs.

// verilator lint_off DECLFILENAME
// verilator lint_off UNUSED
// verilator lint_off WIDTH
// verilator lint_off MULTIDRIVEN
`default_nettype none

// Look-up table: Z = INIT[{D, C, B, A}]. Nested selects, so that an unknown input that does not matter stays harmless.
module LUT4 #(
    parameter [15:0] INIT = 16'h0000
) (
    input  wire A, B, C, D,
    output wire Z
);
    wire [7:0] by_d = D ? INIT[15:8] : INIT[7:0];
    wire [3:0] by_c = C ? by_d[7:4] : by_d[3:0];
    wire [1:0] by_b = B ? by_c[3:2] : by_c[1:0];
    assign Z = A ? by_b[1] : by_b[0];
endmodule

// Joins two LUT4s to a LUT5.
module PFUMX (
    input  wire ALUT, BLUT, C0,
    output wire Z
);
    assign Z = C0 ? ALUT : BLUT;
endmodule

// Joins two LUT5s (or LUT6s) to a wider one.
module L6MUX21 (
    input  wire D0, D1, SD,
    output wire Z
);
    assign Z = SD ? D1 : D0;
endmodule

// Two bits of a carry chain.
module CCU2C #(
    parameter [15:0] INIT0 = 16'h0000,
    parameter [15:0] INIT1 = 16'h0000,
    parameter INJECT1_0 = "YES",   // "YES" cuts the carry off this bit's sum
    parameter INJECT1_1 = "YES"
) (
    input  wire CIN,
    input  wire A0, B0, C0, D0, A1, B1, C1, D1,
    output wire S0, S1, COUT
);
    wire sum0, sum1;
    LUT4 #(.INIT(INIT0)) lut0 (.A(A0), .B(B0), .C(C0), .D(D0), .Z(sum0));
    LUT4 #(.INIT(INIT1)) lut1 (.A(A1), .B(B1), .C(C1), .D(D1), .Z(sum1));
    // The low four bits of INIT are a LUT2 of A and B: the carry that a bit generates.
    wire generate0 = INIT0[{B0, A0}];
    wire generate1 = INIT1[{B1, A1}];
    wire carry0 = (sum0 & CIN) | (~sum0 & (INJECT1_0 != "YES") & generate0);
    assign S0 = sum0 ^ ((INJECT1_0 != "YES") & CIN);
    assign S1 = sum1 ^ ((INJECT1_1 != "YES") & carry0);
    assign COUT = (sum1 & carry0) | (~sum1 & (INJECT1_1 != "YES") & generate1);
endmodule

// Flip-flop with clock enable and set or reset (LSR).
module TRELLIS_FF #(
    parameter GSR = "ENABLED",
    parameter [127:0] CEMUX = "1",
    parameter CLKMUX = "CLK",
    parameter LSRMUX = "LSR",
    parameter SRMODE = "LSR_OVER_CE",
    parameter REGSET = "RESET",
    parameter [127:0] LSRMODE = "LSR"
) (
    input  wire CLK, LSR, CE, DI, M,
    output reg  Q
);
    wire clock = (CLKMUX == "INV") ? ~CLK : CLK;
    wire enable = (CEMUX == "1") ? 1'b1 : (CEMUX == "0") ? 1'b0 : (CEMUX == "INV") ? ~CE : CE;
    wire set_or_reset = (LSRMUX == "INV") ? ~LSR : LSR;
    wire forced = (LSRMODE == "PRLD") ? M : (REGSET == "SET");

    initial Q = (REGSET == "SET");
    generate
        if (SRMODE == "ASYNC") begin : asynchronous
            always @(posedge clock or posedge set_or_reset)
                if (set_or_reset) Q <= forced;
                else if (enable) Q <= DI;
        end else begin : synchronous
            always @(posedge clock)
                if (set_or_reset) Q <= forced;
                else if (enable) Q <= DI;
        end
    endgenerate
endmodule

// LUT RAM: 16 words of four bits, synchronous write, asynchronous read.
module TRELLIS_DPR16X4 #(
    parameter WCKMUX = "WCK",
    parameter [127:0] WREMUX = "WRE",
    parameter [63:0] INITVAL = 64'd0
) (
    input  wire [3:0] DI, WAD, RAD,
    input  wire       WRE, WCK,
    output wire [3:0] DO
);
    reg [3:0] mem [0:15];
    integer i;
    initial for (i = 0; i < 16; i = i + 1) mem[i] = INITVAL[4 * i +: 4];

    wire clock = (WCKMUX == "INV") ? ~WCK : WCK;
    wire write = (WREMUX == "1") ? 1'b1 : (WREMUX == "0") ? 1'b0 : (WREMUX == "INV") ? ~WRE : WRE;
    always @(posedge clock) if (write) mem[WAD] <= DI;
    assign DO = mem[RAD];
endmodule


// Multiplier 18 x 18, without its registers (yosys uses none).
module MULT18X18D (
    input  wire
        A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0,
        B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0,
        C17, C16, C15, C14, C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0,
        SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
    output wire
        P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18,
        P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
);
    wire signed [18:0] a = {SIGNEDA & A17, A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0};
    wire signed [18:0] b = {SIGNEDB & B17, B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0};
    wire signed [37:0] product = a * b;
    assign {P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0} = product[35:0];
endmodule


// Block RAM of 18 kbit: two ports of 1, 2, 4, 9 or 18 bits; or port A writes and port B reads 36 bits (bits 17:0 on
// DIA/DOA, 35:18 on DIB/DOB).
//
// Address bits 13:5 pick a row of 36 bits, the lower ones a part of it: bit 4 a half (widths up to 18), bit 3 a byte of
// nine, bits 2:0 within its low eight. At 18 and 36 bits the lowest address bits are byte enables. WRITEMODE says
// what a port reads while it writes: NORMAL holds, WRITETHROUGH the new, READBEFOREWRITE the old data.
// Collision: a port that reads bits which the other port writes gets them inverted; the device promises nothing there, and
// a design that counts on the old or the new data must fail in simulation.
// Not modelled: output registers (REGMODE), chip select decoding, both ports writing one row in the same cycle.
module DP16KD #(
    parameter DATA_WIDTH_A = 18,
    parameter DATA_WIDTH_B = 18,
    parameter REGMODE_A = "NOREG",
    parameter REGMODE_B = "NOREG",
    parameter RESETMODE = "SYNC",
    parameter ASYNC_RESET_RELEASE = "SYNC",
    parameter CSDECODE_A = "0b000",
    parameter CSDECODE_B = "0b000",
    parameter WRITEMODE_A = "NORMAL",
    parameter WRITEMODE_B = "NORMAL",
    parameter CLKAMUX = "CLKA",
    parameter CLKBMUX = "CLKB",
    parameter GSR = "ENABLED",
    parameter INIT_DATA = "STATIC",
    parameter WID = 0,
    parameter [319:0] INITVAL_00 = 320'd0,
    parameter [319:0] INITVAL_01 = 320'd0,
    parameter [319:0] INITVAL_02 = 320'd0,
    parameter [319:0] INITVAL_03 = 320'd0,
    parameter [319:0] INITVAL_04 = 320'd0,
    parameter [319:0] INITVAL_05 = 320'd0,
    parameter [319:0] INITVAL_06 = 320'd0,
    parameter [319:0] INITVAL_07 = 320'd0,
    parameter [319:0] INITVAL_08 = 320'd0,
    parameter [319:0] INITVAL_09 = 320'd0,
    parameter [319:0] INITVAL_0A = 320'd0,
    parameter [319:0] INITVAL_0B = 320'd0,
    parameter [319:0] INITVAL_0C = 320'd0,
    parameter [319:0] INITVAL_0D = 320'd0,
    parameter [319:0] INITVAL_0E = 320'd0,
    parameter [319:0] INITVAL_0F = 320'd0,
    parameter [319:0] INITVAL_10 = 320'd0,
    parameter [319:0] INITVAL_11 = 320'd0,
    parameter [319:0] INITVAL_12 = 320'd0,
    parameter [319:0] INITVAL_13 = 320'd0,
    parameter [319:0] INITVAL_14 = 320'd0,
    parameter [319:0] INITVAL_15 = 320'd0,
    parameter [319:0] INITVAL_16 = 320'd0,
    parameter [319:0] INITVAL_17 = 320'd0,
    parameter [319:0] INITVAL_18 = 320'd0,
    parameter [319:0] INITVAL_19 = 320'd0,
    parameter [319:0] INITVAL_1A = 320'd0,
    parameter [319:0] INITVAL_1B = 320'd0,
    parameter [319:0] INITVAL_1C = 320'd0,
    parameter [319:0] INITVAL_1D = 320'd0,
    parameter [319:0] INITVAL_1E = 320'd0,
    parameter [319:0] INITVAL_1F = 320'd0,
    parameter [319:0] INITVAL_20 = 320'd0,
    parameter [319:0] INITVAL_21 = 320'd0,
    parameter [319:0] INITVAL_22 = 320'd0,
    parameter [319:0] INITVAL_23 = 320'd0,
    parameter [319:0] INITVAL_24 = 320'd0,
    parameter [319:0] INITVAL_25 = 320'd0,
    parameter [319:0] INITVAL_26 = 320'd0,
    parameter [319:0] INITVAL_27 = 320'd0,
    parameter [319:0] INITVAL_28 = 320'd0,
    parameter [319:0] INITVAL_29 = 320'd0,
    parameter [319:0] INITVAL_2A = 320'd0,
    parameter [319:0] INITVAL_2B = 320'd0,
    parameter [319:0] INITVAL_2C = 320'd0,
    parameter [319:0] INITVAL_2D = 320'd0,
    parameter [319:0] INITVAL_2E = 320'd0,
    parameter [319:0] INITVAL_2F = 320'd0,
    parameter [319:0] INITVAL_30 = 320'd0,
    parameter [319:0] INITVAL_31 = 320'd0,
    parameter [319:0] INITVAL_32 = 320'd0,
    parameter [319:0] INITVAL_33 = 320'd0,
    parameter [319:0] INITVAL_34 = 320'd0,
    parameter [319:0] INITVAL_35 = 320'd0,
    parameter [319:0] INITVAL_36 = 320'd0,
    parameter [319:0] INITVAL_37 = 320'd0,
    parameter [319:0] INITVAL_38 = 320'd0,
    parameter [319:0] INITVAL_39 = 320'd0,
    parameter [319:0] INITVAL_3A = 320'd0,
    parameter [319:0] INITVAL_3B = 320'd0,
    parameter [319:0] INITVAL_3C = 320'd0,
    parameter [319:0] INITVAL_3D = 320'd0,
    parameter [319:0] INITVAL_3E = 320'd0,
    parameter [319:0] INITVAL_3F = 320'd0
) (
    input  wire
        DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
        ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
        CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    output wire
        DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
    input  wire
        DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
        ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
        CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output wire
        DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);
    reg [35:0] mem [0:511];

    // ---- Contents: 16 words of 18 bits in 20-bit slots per parameter, two words per row ----
    localparam [20479:0] CONTENTS = {
        INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
        INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
        INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
        INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
        INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
        INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
        INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
        INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00
    };
    integer row;
    initial begin
        if (REGMODE_A != "NOREG" || REGMODE_B != "NOREG" || CSDECODE_A != "0b000" || CSDECODE_B != "0b000") begin
            $display("DP16KD %m: a mode that this model does not have");
            $finish;
        end
    end

    // ---- Where an access of a given width lies in its row ----
    function [5:0] shift_of(input integer width, input [13:0] address);
        shift_of = ((width < 36 && address[4]) ? 6'd18 : 6'd0)
                 + ((width < 18 && address[3]) ? 6'd9 : 6'd0)
                 + ((width < 9 && address[2]) ? 6'd4 : 6'd0)
                 + ((width < 4 && address[1]) ? 6'd2 : 6'd0)
                 + ((width < 2 && address[0]) ? 6'd1 : 6'd0);
    endfunction

    function [35:0] ones(input integer width);
        ones = 36'hFFFFFFFFF >> (36 - width);
    endfunction

    // Bits that a write of this width and address changes.
    function [35:0] write_mask(input integer width, input [13:0] address);
        reg [35:0] bytes;
        begin
            bytes = {{9{address[3]}}, {9{address[2]}}, {9{address[1]}}, {9{address[0]}}};
            write_mask = ((width >= 18) ? bytes & ones(width) : ones(width)) << shift_of(width, address);
        end
    endfunction

    wire clock_a = (CLKAMUX == "INV") ? ~CLKA : CLKA;
    wire clock_b = (CLKBMUX == "INV") ? ~CLKB : CLKB;
    wire [13:0] address_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
    wire [13:0] address_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
    wire [17:0] in_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
    wire [17:0] in_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0};
    wire [5:0] shift_a = shift_of(DATA_WIDTH_A, address_a);
    wire [5:0] shift_b = shift_of(DATA_WIDTH_B, address_b);
    // A synchronous reset of a port blocks its write.
    wire write_a = CEA & WEA & ~((RESETMODE == "SYNC") & RSTA);
    wire write_b = CEB & WEB & ~((RESETMODE == "SYNC") & RSTB);
    wire [35:0] mask_a = write_a ? write_mask(DATA_WIDTH_A, address_a) : 36'd0;
    wire [35:0] mask_b = write_b ? write_mask(DATA_WIDTH_B, address_b) : 36'd0;
    wire [35:0] data_a = ((DATA_WIDTH_A == 36) ? {in_b, in_a} : {18'd0, in_a}) << shift_a;
    wire [35:0] data_b = {18'd0, in_b} << shift_b;
    wire same_row = address_a[13:5] == address_b[13:5];

    reg [35:0] out_a, out_b;

    // ---- Port A ----
    wire [35:0] old_a = mem[address_a[13:5]] ^ (same_row ? mask_b : 36'd0);
    wire [35:0] new_a = (mem[address_a[13:5]] & ~mask_a) | (data_a & mask_a);
    wire [35:0] read_a = ((WRITEMODE_A == "WRITETHROUGH") ? new_a : old_a) >> shift_a;
    wire hold_a = ~CEA | (write_a & (WRITEMODE_A == "NORMAL"));

    always @(posedge clock_a) if (write_a) mem[address_a[13:5]] <= new_a;

    // ---- Port B ----
    wire [35:0] old_b = mem[address_b[13:5]] ^ (same_row ? mask_a : 36'd0);
    wire [35:0] new_b = (mem[address_b[13:5]] & ~mask_b) | (data_b & mask_b);
    wire [35:0] read_b = ((WRITEMODE_B == "WRITETHROUGH") ? new_b : old_b) >> shift_b;
    wire hold_b = ~CEB | (write_b & (WRITEMODE_B == "NORMAL"));

    always @(posedge clock_b) if (write_b) mem[address_b[13:5]] <= new_b;

    // ---- Output latches ----
    generate
        if (RESETMODE == "ASYNC") begin : asynchronous_reset
            always @(posedge clock_a or posedge RSTA)
                if (RSTA) out_a <= 36'd0;
                else if (!hold_a) out_a <= read_a & ones(DATA_WIDTH_A);
            always @(posedge clock_b or posedge RSTB)
                if (RSTB) out_b <= 36'd0;
                else if (!hold_b) out_b <= read_b & ones(DATA_WIDTH_B);
        end else begin : synchronous_reset
            always @(posedge clock_a)
                if (RSTA) out_a <= 36'd0;
                else if (!hold_a) out_a <= read_a & ones(DATA_WIDTH_A);
            always @(posedge clock_b)
                if (RSTB) out_b <= 36'd0;
                else if (!hold_b) out_b <= read_b & ones(DATA_WIDTH_B);
        end
    endgenerate

    initial begin
        out_a = 36'd0;
        out_b = 36'd0;
        for (row = 0; row < 512; row = row + 1)
            mem[row] = {CONTENTS[40 * row + 20 +: 18], CONTENTS[40 * row +: 18]};
    end

    assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0} = (DATA_WIDTH_B == 36) ? out_b[17:0] : out_a[17:0];
    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0} = (DATA_WIDTH_B == 36) ? out_b[35:18] : out_b[17:0];
endmodule

`default_nettype wire
// verilator lint_on MULTIDRIVEN
// verilator lint_on WIDTH
// verilator lint_on UNUSED
// verilator lint_on DECLFILENAME
