// synchroniser: what was outside two edges ago.
module proof (input wire clk, input wire from_outside);
    reg [1:0] edges = 0;
    reg [1:0] seen = 0;
    always @(posedge clk) begin
        if (edges != 2) edges <= edges + 1;
        seen <= {seen[0], from_outside};
    end
    wire settled;
    synchroniser dut (.clk(clk), .from_outside(from_outside), .settled(settled));
    (* hierconn *) wire [1:0] \dut.stage ;
    always @(*) begin
        if (edges == 2) assert (settled == seen[1]);
        if (edges != 0) assert (\dut.stage [0] == seen[0]);
    end
endmodule
