// queue_4x4: any word that goes in comes out once, in order, unchanged; a word that finds no place is not taken.
//
// One word is watched, whichever the solver likes: `ahead` counts the words before it. Induction needs what ties the state
// together: how many words the pointers hold, and that the watched word stands where `ahead` says.
module proof (
    input wire       clk,
    input wire       in_valid,
    input wire [3:0] in_data,
    input wire       out_ready,
    input wire       watch
);
    reg started = 1'b0, settled = 1'b0;
    always @(posedge clk) {settled, started} <= {started, 1'b1};

    wire in_ready, out_valid;
    wire [3:0] out_data;
    queue_4x4 dut (
        .clk(clk), .rst(!started), .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data)
    );
    (* hierconn *) wire [1:0] \dut.write_at ;
    (* hierconn *) wire [1:0] \dut.read_at ;
    (* hierconn *) wire \dut.full ;
    (* hierconn *) wire \dut.filled ;
    (* hierconn *) wire [3:0] \dut.memory.word_0 ;
    (* hierconn *) wire [3:0] \dut.memory.word_1 ;
    (* hierconn *) wire [3:0] \dut.memory.word_2 ;
    (* hierconn *) wire [3:0] \dut.memory.word_3 ;

    wire takes = in_valid & in_ready;
    wire gives = out_valid & out_ready;

    // Words inside, counted here.
    reg [2:0] inside = 0;
    // The watched word.
    reg watching = 1'b0;
    reg [3:0] word = 0;
    reg [2:0] ahead = 0;
    // A word was offered and not taken.
    reg stalled = 1'b0;
    reg [3:0] stalled_word = 0;
    always @(posedge clk) begin
        if (started) begin
            inside <= inside + takes - gives;
            if (!watching && takes && watch) begin
                watching <= 1'b1;
                word <= in_data;
                ahead <= inside - gives;
            end else if (watching && gives) begin
                if (ahead == 0)
                    watching <= 1'b0;
                else
                    ahead <= ahead - 1;
            end
        end
        stalled <= started & out_valid & !out_ready;
        stalled_word <= out_data;
    end

    // The order in which places are used (next_place_2), and the place so many further on.
    function [1:0] after(input [1:0] from, input [1:0] places);
        case (places)
            2'd0: after = from;
            2'd1: after = {from[0], !from[1]};
            2'd2: after = {!from[1], !from[0]};
            2'd3: after = {!from[0], from[1]};
        endcase
    endfunction
    wire [1:0] place = after(\dut.read_at , ahead[1:0]);
    wire [3:0] stored = place == 0 ? \dut.memory.word_0 : place == 1 ? \dut.memory.word_1
        : place == 2 ? \dut.memory.word_2 : \dut.memory.word_3 ;

    always @(*) if (started) begin
        // What a user sees.
        assert (out_valid == (inside != 0));
        assert (inside <= 4);
        if (inside < 4 && settled) assert (in_ready);
        if (watching && ahead == 0) assert (out_valid && out_data == word);
        if (watching) assert (ahead < inside);
        if (stalled) assert (out_valid && out_data == stalled_word);
        // What ties the state together.
        assert (\dut.filled == (inside != 0));
        assert (\dut.write_at == after(\dut.read_at , inside[1:0]));
        if (inside == 4) assert (\dut.full );
        if (inside != 4 && (\dut.filled || settled)) assert (!\dut.full );
        if (watching) assert (stored == word);
    end
endmodule
