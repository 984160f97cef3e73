// link_register_4: a word that goes in is the next that comes out, once; an offer stands; one that is taken makes place.
module proof (
    input wire       clk,
    input wire       in_valid,
    input wire [3:0] in_data,
    input wire       out_ready
);
    reg started = 1'b0;
    always @(posedge clk) started <= 1'b1;

    wire in_ready, out_valid;
    wire [3:0] out_data;
    link_register_4 dut (
        .clk(clk), .rst(!started), .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data)
    );

    reg inside = 1'b0;
    reg [3:0] word = 0;
    always @(posedge clk) if (started) begin
        if (in_valid && in_ready) word <= in_data;
        inside <= (in_valid & in_ready) | (inside & !out_ready);
    end

    always @(*) if (started) begin
        assert (out_valid == inside);
        if (inside) assert (out_data == word);
        assert (in_ready == (!inside || out_ready));
    end
endmodule
