// arbiter_4: one grant, to one that asks; it stays until taken; a request waits for at most three words of others.
module proof (
    input wire       clk,
    input wire [3:0] requests,
    input wire       taken,
    input wire [1:0] watched
);
    reg started = 1'b0;
    always @(posedge clk) started <= 1'b1;

    wire [3:0] grants;
    arbiter_4 dut (.clk(clk), .rst(!started), .requests(requests), .taken(taken), .grants(grants));
    (* hierconn *) wire \dut.yields_1_0 ;
    (* hierconn *) wire \dut.yields_2_0 ;
    (* hierconn *) wire \dut.yields_2_1 ;
    (* hierconn *) wire \dut.yields_3_0 ;
    (* hierconn *) wire \dut.yields_3_1 ;
    (* hierconn *) wire \dut.yields_3_2 ;
    // Of each requester the mask of those it yields to.
    wire [3:0] yields_0 = {!\dut.yields_3_0 , !\dut.yields_2_0 , !\dut.yields_1_0 , 1'b0};
    wire [3:0] yields_1 = {!\dut.yields_3_1 , !\dut.yields_2_1 , 1'b0, \dut.yields_1_0 };
    wire [3:0] yields_2 = {!\dut.yields_3_2 , 1'b0, \dut.yields_2_1 , \dut.yields_2_0 };
    wire [3:0] yields_3 = {1'b0, \dut.yields_3_2 , \dut.yields_3_1 , \dut.yields_3_0 };
    wire [15:0] yields = {yields_3, yields_2, yields_1, yields_0};

    // A request stands until its word is taken; the watched requester is always the same.
    reg [3:0] standing = 0, waiting_grant = 0;
    reg [1:0] same = 0;
    always @(posedge clk) begin
        standing <= started ? requests & ~(taken ? grants : 4'd0) : 4'd0;
        waiting_grant <= started && !taken ? grants : 4'd0;
        same <= watched;
    end
    always @(*) begin
        assume ((requests & standing) == standing);
        if (started) assume (watched == same);
    end

    // Words of others that went while the watched request stood.
    reg [2:0] others = 0;
    always @(posedge clk)
        if (!started || !requests[watched] || grants[watched])
            others <= 0;
        else if (taken)
            others <= others + 1;

    wire [3:0] before_watched = yields[4 * watched +: 4];
    wire [2:0] before_count = before_watched[0] + before_watched[1] + before_watched[2] + before_watched[3];

    integer i, j, k;
    always @(*) if (started) begin
        assert ((grants & ~requests) == 0);
        assert ((grants & (grants - 4'd1)) == 0);
        assert ((grants != 0) == (requests != 0));
        assert ((grants & waiting_grant) == waiting_grant);
        assert (others <= 3);
        // What ties the state together: the requesters stand in one line, and the line before the watched one gets shorter.
        for (i = 0; i < 4; i = i + 1) begin
            for (j = 0; j < 4; j = j + 1) begin
                for (k = 0; k < 4; k = k + 1)
                    if (yields[4 * i + j] && yields[4 * j + k]) assert (yields[4 * i + k]);
            end
            if (waiting_grant[i]) assert (yields[4 * i +: 4] == 0);
        end
        assert (others + before_count <= 3 || others == 0);
    end
endmodule
