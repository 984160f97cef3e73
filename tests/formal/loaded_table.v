// loaded_table: a packet of the ring comes out one cycle later as it went in, but answered, and with what stands there, if it asks for one of
// the three rows or the word of this place while the network is in reset. What is looked up is what was written last, in every copy, and
// nothing else writes.
module proof (
    input wire        clk,
    input wire        rst,
    input wire [40:0] bus_in,
    input wire        bus_reset,
    input wire [1:0]  row_0,
    input wire [1:0]  row_1,
    input wire [1:0]  watch
);
    reg started = 0;
    always @(posedge clk) started <= 1;

    wire [40:0] bus_out;
    wire [1:0] value_0, value_1;
    wire [2:0] word;
    loaded_table dut (
        .clk(clk), .rst(rst), .bus_in(bus_in), .bus_out(bus_out), .bus_control({2'd0, bus_reset | !started}),
        .row_0(row_0), .row_1(row_1), .value_0(value_0), .value_1(value_1), .word(word)
    );
    (* hierconn *) wire [1:0] \dut.copy_0.word_0 ;
    (* hierconn *) wire [1:0] \dut.copy_0.word_1 ;
    (* hierconn *) wire [1:0] \dut.copy_0.word_2 ;
    (* hierconn *) wire [1:0] \dut.copy_1.word_0 ;
    (* hierconn *) wire [1:0] \dut.copy_1.word_1 ;
    (* hierconn *) wire [1:0] \dut.copy_1.word_2 ;

    // The packet of the cycle before.
    reg [40:0] before = 0;
    reg came = 0;
    always @(posedge clk) begin
        before <= bus_in;
        came <= bus_in[40] & started & !bus_reset;
    end
    wire [4:0] address = before[36:32];
    wire is_word = address[4:2] == 3'b011 && address[1:0] == 0;
    wire is_row = address[4:2] == 3'b010 && address[1:0] != 3;
    wire here = (is_word | is_row) & rst;

    // What was written last, of one row and of the word.
    reg chosen = 0, row_known = 0, word_known = 0;
    reg [1:0] row = 0, row_value = 0;
    reg [2:0] word_value = 0;
    wire writes = came & here & before[37];
    always @(posedge clk) begin
        if (!chosen && watch != 3) begin
            chosen <= 1;
            row <= watch;
        end else if (chosen && writes && is_row && address[1:0] == row) begin
            row_known <= 1;
            row_value <= before[1:0];
        end
        if (writes && is_word) begin
            word_known <= 1;
            word_value <= before[2:0];
        end
    end
    wire [1:0] stored_0 = row == 0 ? \dut.copy_0.word_0 : row == 1 ? \dut.copy_0.word_1 : \dut.copy_0.word_2 ;
    wire [1:0] stored_1 = row == 0 ? \dut.copy_1.word_0 : row == 1 ? \dut.copy_1.word_1 : \dut.copy_1.word_2 ;

    always @(*) if (started) begin
        // What the ring sees.
        assert (bus_out[40] == came);
        assert (bus_out[39] == before[39] && bus_out[37:32] == before[37:32]);
        assert (bus_out[38] == (before[38] | here));
        if (!here) assert (bus_out[31:0] == before[31:0]);
        if (here && is_word && word_known) assert (bus_out[31:0] == word_value);
        if (here && is_row && row_known && address[1:0] == row) assert (bus_out[31:0] == row_value);
        // What the readers see.
        if (word_known) assert (word == word_value);
        if (row_known && !rst && row_0 == row) assert (value_0 == row_value);
        if (row_known && row_1 == row) assert (value_1 == row_value);
        // What ties the state together.
        if (row_known) assert (chosen && stored_0 == row_value && stored_1 == row_value);
        if (chosen) assert (row != 3);
    end
endmodule
