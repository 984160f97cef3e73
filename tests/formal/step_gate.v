// step_gate for three destinations: between a TICK and the next word there are exactly three grants; the counter never runs over,
// and with the last grant the gate opens.
module proof (
    input wire       clk,
    input wire       in_valid,
    input wire [3:0] in_data,
    input wire       grant,
    input wire       out_ready
);
    reg started = 1'b0;
    always @(posedge clk) started <= 1'b1;

    wire in_ready, out_valid;
    wire [6:0] out_data;
    step_gate dut (
        .clk(clk), .rst(!started), .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data), .grant(grant),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data)
    );
    (* hierconn *) wire \dut.closed ;
    (* hierconn *) wire [1:0] \dut.granted ;

    // Grants still to come; a destination grants once per TICK.
    reg [1:0] missing = 0;
    always @(*) if (missing == 0) assume (!grant);
    wire tick = in_data[3:2] == 1 || in_data[3:2] == 2;
    always @(posedge clk)
        if (started) begin
            if (out_valid && out_ready && tick) missing <= 3;
            else if (grant) missing <= missing - 1;
        end

    always @(*) if (started) begin
        if (missing != 0) assert (!out_valid && !in_ready);
        if (missing == 0) assert (out_valid == in_valid && in_ready == out_ready);
        if (out_valid) assert (out_data[3:0] == in_data && out_data[6] == 0);
        assert (\dut.granted < 3);
        // What ties the state together.
        assert (\dut.closed == (missing != 0));
        assert (\dut.granted == (missing == 0 ? 0 : 3 - missing));
    end
endmodule
