// A whole router of a mesh, in the middle of three rows and three columns, for unicasts and for multicasts by table, bounded: of
// two packets that are marked 1 and 2 and come by the same port, each output gets each at most once, the second never before
// the first, and none that is not on its route; and when every link is ready and nobody else sends, both have left by
// three cycles later.
// Ports: local, north, east, south, west. A packet is {grant, multicast, row[2], column[2], mark[2]}.
module proof (
    input wire        clk,
    input wire [4:0]  in_valid,
    input wire [39:0] in_data,
    input wire [4:0]  out_ready,
    input wire [2:0]  port
);
    reg started = 1'b0;
    always @(posedge clk) started <= 1'b1;

    wire [4:0] in_ready, out_valid;
    wire [39:0] out_data;
    router dut (
        .clk(clk), .rst(!started), .here_row(2'd1), .here_column(2'd1),
        .from_local_valid(in_valid[0]), .from_local_ready(in_ready[0]), .from_local_data(in_data[7:0]),
        .from_north_valid(in_valid[1]), .from_north_ready(in_ready[1]), .from_north_data(in_data[15:8]),
        .from_east_valid(in_valid[2]), .from_east_ready(in_ready[2]), .from_east_data(in_data[23:16]),
        .from_south_valid(in_valid[3]), .from_south_ready(in_ready[3]), .from_south_data(in_data[31:24]),
        .from_west_valid(in_valid[4]), .from_west_ready(in_ready[4]), .from_west_data(in_data[39:32]),
        .to_local_valid(out_valid[0]), .to_local_ready(out_ready[0]), .to_local_data(out_data[7:0]),
        .to_north_valid(out_valid[1]), .to_north_ready(out_ready[1]), .to_north_data(out_data[15:8]),
        .to_east_valid(out_valid[2]), .to_east_ready(out_ready[2]), .to_east_data(out_data[23:16]),
        .to_south_valid(out_valid[3]), .to_south_ready(out_ready[3]), .to_south_data(out_data[31:24]),
        .to_west_valid(out_valid[4]), .to_west_ready(out_ready[4]), .to_west_data(out_data[39:32])
    );

    // {west, south, east, north, local}
    function [4:0] route(input multicast, input [1:0] row, input [1:0] column);
        if (multicast)
            case ({row, column})
                4'd0: route = 5'b01101;
                4'd1: route = 5'b10010;
                4'd2: route = 5'b11111;
                4'd3: route = 5'b00110;
                default: route = 5'b00000;
            endcase
        else if (column != 2'd1) route = column > 2'd1 ? 5'b00100 : 5'b10000;
        else if (row != 2'd1) route = row > 2'd1 ? 5'b01000 : 5'b00010;
        else route = 5'b00001;
    endfunction

    // Turns: none back, and none from a column into a row.
    function [4:0] turns(input [2:0] from);
        case (from)
            3'd0: turns = 5'b11111;
            3'd1: turns = 5'b01001;
            3'd2: turns = 5'b11011;
            3'd3: turns = 5'b00011;
            default: turns = 5'b01111;
        endcase
    endfunction

    // The marked packets: where they go, where they have been.
    reg [2:0] same = 0;
    reg sent_1 = 0, sent_2 = 0;
    reg [4:0] to_1 = 0, to_2 = 0, got_1 = 0, got_2 = 0;
    reg [3:0] calm = 0;
    reg crowded = 0;
    wire [7:0] from = in_data[8 * port +: 8];
    wire takes = started & in_valid[port] & in_ready[port];
    wire [4:0] way = route(from[6], from[5:4], from[3:2]) & turns(port);
    integer p;
    always @(*) begin
        assume (port < 5);
        if (started) assume (port == same);
        for (p = 0; p < 5; p = p + 1)
            if (in_valid[p]) begin
                // Mark 3 is nobody's; a unicast that comes from a side is on its way to here or further on.
                assume (in_data[8 * p +: 2] != 3);
                if (p != port) assume (in_data[8 * p +: 2] == 0);
                if (!in_data[8 * p + 6])
                    assume ((route(1'b0, in_data[8 * p + 4 +: 2], in_data[8 * p + 2 +: 2]) & ~turns(p)) == 0);
            end
        if (sent_1) assume (from[1:0] != 1);
        if (sent_2 || !sent_1) assume (from[1:0] != 2);
    end
    always @(posedge clk) begin
        same <= port;
        if (started && (in_valid & ~(5'd1 << port)) != 0) crowded <= 1;
        calm <= &out_ready && sent_2 ? calm + (calm != 15) : 0;
        if (takes && from[1:0] == 1) begin sent_1 <= 1; to_1 <= way; end
        if (takes && from[1:0] == 2) begin sent_2 <= 1; to_2 <= way; end
        for (p = 0; p < 5; p = p + 1)
            if (started && out_valid[p] && out_ready[p]) begin
                if (out_data[8 * p +: 2] == 1) got_1[p] <= 1;
                if (out_data[8 * p +: 2] == 2) got_2[p] <= 1;
            end
    end
    always @(*) if (started)
        for (p = 0; p < 5; p = p + 1) begin
            if (out_valid[p] && out_data[8 * p +: 2] == 1) assert (sent_1 && to_1[p] && !got_1[p]);
            if (out_valid[p] && out_data[8 * p +: 2] == 2) begin
                assert (sent_2 && to_2[p] && !got_2[p]);
                if (to_1[p]) assert (got_1[p]);
            end
            if (calm >= 3 && !crowded) assert (got_1 == to_1 && got_2 == to_2);
        end
endmodule
