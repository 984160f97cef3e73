// router_input of three outputs, for packets that take exactly one: that output is asked for it, no other one; the packet stays
// until it is taken and leaves then.
module proof (
    input wire       clk,
    input wire       in_valid,
    input wire [6:0] in_data,
    input wire [2:0] done
);
    reg started = 1'b0;
    always @(posedge clk) started <= 1'b1;

    function [2:0] route(input [1:0] key);
        case (key)
            2'd0: route = 3'b001;
            2'd1: route = 3'b010;
            2'd2: route = 3'b100;
            2'd3: route = 3'b010;
        endcase
    endfunction

    wire in_ready;
    wire [6:0] head;
    wire [2:0] request;
    wire [1:0] key;
    router_input dut (
        .clk(clk), .rst(!started), .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data), .key(key), .ports(route(key)),
        .head(head), .request_0(request[0]), .request_1(request[1]), .request_2(request[2]),
        .done_0(done[0]), .done_1(done[1]), .done_2(done[2])
    );
    (* hierconn *) wire \dut.leaves ;
    (* hierconn *) wire \dut.head_valid ;

    // The buffer's offer stands; an output takes only what asks for it.
    reg waits = 1'b0;
    reg [6:0] waiting = 0;
    // The packet at the head had to stay.
    reg stays = 1'b0;
    reg [6:0] packet = 0;
    always @(posedge clk) begin
        waits <= started & in_valid & !in_ready;
        waiting <= in_data;
        stays <= started & \dut.head_valid & !\dut.leaves ;
        packet <= head;
    end
    always @(*) begin
        assume ((done & ~request) == 0);
        if (waits) assume (in_valid && in_data == waiting);
    end

    always @(*) if (started) begin
        assert (key == in_data[5:4]);
        assert (request == (\dut.head_valid ? route(head[5:4]) : 3'd0));
        assert (\dut.leaves == (done != 0));
        if (stays) assert (\dut.head_valid && head == packet);
    end
endmodule
