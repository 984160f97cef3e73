// A whole router of three ports by table, bounded: of two packets that are marked 1 and 2 and come by the same port, each
// output gets each at most once, the second never before the first, and none that is not on its route; and when every link
// is ready, both have left by six cycles later.
module proof (
    input wire        clk,
    input wire [2:0]  in_valid,
    input wire [17:0] in_data,
    input wire [2:0]  out_ready,
    input wire [1:0]  port
);
    reg started = 1'b0;
    always @(posedge clk) started <= 1'b1;

    wire [2:0] in_ready, out_valid;
    wire [17:0] out_data;
    router dut (
        .clk(clk), .rst(!started),
        .from_a_valid(in_valid[0]), .from_a_ready(in_ready[0]), .from_a_data(in_data[5:0]),
        .from_b_valid(in_valid[1]), .from_b_ready(in_ready[1]), .from_b_data(in_data[11:6]),
        .from_c_valid(in_valid[2]), .from_c_ready(in_ready[2]), .from_c_data(in_data[17:12]),
        .to_a_valid(out_valid[0]), .to_a_ready(out_ready[0]), .to_a_data(out_data[5:0]),
        .to_b_valid(out_valid[1]), .to_b_ready(out_ready[1]), .to_b_data(out_data[11:6]),
        .to_c_valid(out_valid[2]), .to_c_ready(out_ready[2]), .to_c_data(out_data[17:12])
    );

    function [2:0] route(input [2:0] key);
        case (key)
            3'd0: route = 3'b001;
            3'd1: route = 3'b010;
            3'd2: route = 3'b100;
            3'd3: route = 3'b000;
            3'd4: route = 3'b110;
            3'd5: route = 3'b101;
            3'd6: route = 3'b011;
            3'd7: route = 3'b111;
        endcase
    endfunction

    // The marked packets: where they go (without the port they came by, a forbidden turn), where they have been.
    reg [1:0] same = 0;
    reg sent_1 = 0, sent_2 = 0;
    reg [2:0] to_1 = 0, to_2 = 0, got_1 = 0, got_2 = 0;
    reg [3:0] calm = 0;
    wire [5:0] from = in_data[6 * port +: 6];
    wire takes = started & in_valid[port] & in_ready[port];
    wire [2:0] way = route(from[4:2]) & ~(3'd1 << port);
    integer p;
    always @(*) begin
        assume (port < 3);
        if (started) assume (port == same);
        for (p = 0; p < 3; p = p + 1)
            if (in_valid[p]) begin
                // Mark 3 is nobody's.
                assume (in_data[6 * p +: 2] != 3);
                if (p != port) assume (in_data[6 * p +: 2] == 0);
            end
        if (sent_1) assume (from[1:0] != 1);
        if (sent_2 || !sent_1) assume (from[1:0] != 2);
    end
    always @(posedge clk) begin
        same <= port;
        calm <= &out_ready && sent_2 ? calm + (calm != 15) : 0;
        if (takes && from[1:0] == 1) begin sent_1 <= 1; to_1 <= way; end
        if (takes && from[1:0] == 2) begin sent_2 <= 1; to_2 <= way; end
        for (p = 0; p < 3; p = p + 1)
            if (started && out_valid[p] && out_ready[p]) begin
                if (out_data[6 * p +: 2] == 1) got_1[p] <= 1;
                if (out_data[6 * p +: 2] == 2) got_2[p] <= 1;
            end
    end
    always @(*) if (started)
        for (p = 0; p < 3; p = p + 1) begin
            if (out_valid[p] && out_data[6 * p +: 2] == 1) assert (sent_1 && to_1[p] && !got_1[p]);
            if (out_valid[p] && out_data[6 * p +: 2] == 2) begin
                assert (sent_2 && to_2[p] && !got_2[p]);
                if (to_1[p]) assert (got_1[p]);
            end
            // Queues of two: at most one packet before the first, each waits for at most one of the other input.
            if (calm >= 6) assert (got_1 == to_1 && got_2 == to_2);
        end
endmodule
