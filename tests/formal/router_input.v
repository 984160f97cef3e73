// router_input of three outputs, by table: each output of a packet's route gets it once and no other one gets it; it stays at the
// head until the last one has it and leaves then.
module proof (
    input wire       clk,
    input wire       in_valid,
    input wire [5:0] in_data,
    input wire [2:0] done
);
    reg started = 1'b0;
    always @(posedge clk) started <= 1'b1;

    // The table, {multicast, address} to {port 2, port 1, port 0}; key 3 goes nowhere.
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

    wire in_ready;
    wire [5:0] head;
    wire [2:0] request, key;
    router_input dut (
        .clk(clk), .rst(!started), .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data), .key(key), .ports(route(key)),
        .head(head), .request_0(request[0]), .request_1(request[1]), .request_2(request[2]),
        .done_0(done[0]), .done_1(done[1]), .done_2(done[2])
    );
    (* hierconn *) wire \dut.leaves ;
    (* hierconn *) wire \dut.head_valid ;
    (* hierconn *) wire \dut.served_0 ;
    (* hierconn *) wire \dut.served_1 ;
    (* hierconn *) wire \dut.served_2 ;
    wire [2:0] served = {\dut.served_2 , \dut.served_1 , \dut.served_0 };

    // The buffer's offer stands; an output takes only what asks for it.
    reg waits = 1'b0;
    reg [5:0] waiting = 0;
    always @(posedge clk) begin
        waits <= started & in_valid & !in_ready;
        waiting <= in_data;
    end
    always @(*) begin
        assume ((done & ~request) == 0);
        if (waits) assume (in_valid && in_data == waiting);
    end

    // Outputs that had the packet at the head, and what it was while it had to stay.
    reg [2:0] had = 0;
    reg stays = 1'b0;
    reg [5:0] packet = 0;
    always @(posedge clk) begin
        had <= started && \dut.head_valid && !\dut.leaves ? had | done : 3'd0;
        stays <= started & \dut.head_valid & !\dut.leaves ;
        packet <= head;
    end

    always @(*) if (started) begin
        assert (key == in_data[4:2]);
        if (\dut.head_valid ) begin
            assert (request == (route(head[4:2]) & ~had));
            assert (\dut.leaves == ((had | done) == route(head[4:2])));
        end else assert (request == 0 && !\dut.leaves && had == 0);
        if (stays) assert (\dut.head_valid && head == packet);
        // What ties the state together.
        assert (served == had);
        assert ((had & ~route(head[4:2])) == 0 || !\dut.head_valid );
    end
endmodule
