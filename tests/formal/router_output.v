// router_output_3x4: the packet that moves is one that asked, one at a time; an offer stands until it is taken; whatever asks
// and finds the link ready moves one packet.
module proof (
    input wire       clk,
    input wire [2:0] request,
    input wire [3:0] word_0, word_1, word_2,
    input wire       out_ready
);
    reg started = 1'b0;
    always @(posedge clk) started <= 1'b1;

    wire [2:0] done;
    wire out_valid;
    wire [3:0] out_data;
    router_output_3x4 dut (
        .clk(clk), .rst(!started), .request_0(request[0]), .request_1(request[1]), .request_2(request[2]),
        .word_0(word_0), .word_1(word_1), .word_2(word_2), .done_0(done[0]), .done_1(done[1]), .done_2(done[2]),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data)
    );
    (* hierconn *) wire \dut.arbiter.yields_1_0 ;
    (* hierconn *) wire \dut.arbiter.yields_2_0 ;
    (* hierconn *) wire \dut.arbiter.yields_2_1 ;
    (* hierconn *) wire [2:0] \dut.arbiter.grants ;
    wire [2:0] yields_0 = {!\dut.arbiter.yields_2_0 , !\dut.arbiter.yields_1_0 , 1'b0};
    wire [2:0] yields_1 = {!\dut.arbiter.yields_2_1 , 1'b0, \dut.arbiter.yields_1_0 };
    wire [2:0] yields_2 = {1'b0, \dut.arbiter.yields_2_1 , \dut.arbiter.yields_2_0 };
    wire [8:0] yields = {yields_2, yields_1, yields_0};

    reg [2:0] standing = 0, held = 0;
    reg [11:0] words = 0;
    reg stalled = 1'b0;
    reg [3:0] offered = 0;
    always @(posedge clk) begin
        standing <= started ? request & ~done : 3'd0;
        held <= started && !out_ready ? \dut.arbiter.grants : 3'd0;
        words <= {word_2, word_1, word_0};
        stalled <= started & out_valid & !out_ready;
        offered <= out_data;
    end
    always @(*) begin
        assume ((request & standing) == standing);
        if (standing[0]) assume (word_0 == words[3:0]);
        if (standing[1]) assume (word_1 == words[7:4]);
        if (standing[2]) assume (word_2 == words[11:8]);
    end

    integer i, j, k;
    always @(*) if (started) begin
        assert (out_valid == (request != 0));
        assert ((done & ~request) == 0);
        assert ((done & (done - 3'd1)) == 0);
        assert ((done != 0) == (out_valid && out_ready));
        if (done[0]) assert (out_data == word_0);
        if (done[1]) assert (out_data == word_1);
        if (done[2]) assert (out_data == word_2);
        if (stalled) assert (out_valid && out_data == offered);
        // What ties the state together: see arbiter.v.
        for (i = 0; i < 3; i = i + 1) begin
            for (j = 0; j < 3; j = j + 1) begin
                for (k = 0; k < 3; k = k + 1)
                    if (yields[3 * i + j] && yields[3 * j + k]) assert (yields[3 * i + k]);
            end
            if (held[i]) assert (yields[3 * i +: 3] == 0 && request[i]);
        end
        if (stalled) begin
            assert (held != 0 && (held & (held - 3'd1)) == 0);
            if (held[0]) assert (offered == words[3:0]);
            if (held[1]) assert (offered == words[7:4]);
            if (held[2]) assert (offered == words[11:8]);
            assert ((standing & held) == held);
        end else assert (held == 0);
    end
endmodule
