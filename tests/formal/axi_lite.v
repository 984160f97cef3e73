// axi_lite: whatever the master does within the protocol and however long the registers take (up to four cycles), each write and each
// read is asked for once, answered once, with its own answer, in bounded time; answers hold until they are taken.
module proof (
    input wire        clk,
    input wire [4:0]  awaddr,
    input wire        awvalid,
    input wire [31:0] wdata,
    input wire [3:0]  wstrb,
    input wire        wvalid,
    input wire        bready,
    input wire [4:0]  araddr,
    input wire        arvalid,
    input wire        rready,
    input wire        response,
    input wire        response_failed,
    input wire [31:0] response_data
);
    reg started = 0;
    always @(posedge clk) started <= 1;

    wire awready, wready, bvalid, arready, rvalid, request, request_write;
    wire [1:0] bresp, rresp;
    wire [31:0] rdata, request_data;
    wire [2:0] request_address;
    axi_lite dut (
        .clk(clk), .rst(!started), .awaddr(awaddr), .awvalid(awvalid), .awready(awready), .wdata(wdata), .wstrb(wstrb), .wvalid(wvalid),
        .wready(wready), .bresp(bresp), .bvalid(bvalid), .bready(bready), .araddr(araddr), .arvalid(arvalid), .arready(arready),
        .rdata(rdata), .rresp(rresp), .rvalid(rvalid), .rready(rready), .request(request), .request_write(request_write),
        .request_address(request_address), .request_data(request_data), .response(response), .response_failed(response_failed),
        .response_data(response_data)
    );
    (* hierconn *) wire \dut.begin_write ;

    // What was taken and not yet answered, and what became of it.
    reg aw = 0, w = 0, ar = 0, whole = 0;
    reg [2:0] write_address = 0, read_address = 0;
    reg [31:0] write_data = 0;
    // The registers are asked (for the write or the read), have answered.
    reg pending = 0, for_write = 0;
    reg [1:0] pending_age = 0;
    reg write_asked = 0, write_done = 0, write_failed = 0, read_asked = 0, read_done = 0, read_failed = 0;
    reg [31:0] read_data = 0;
    // Cycles that a complete write, a read waits for its answer.
    reg [5:0] write_age = 0, read_age = 0;
    // The answer stood and was not taken in the cycle before.
    reg b_held = 0, r_held = 0;
    reg [1:0] b_before = 0, r_before = 0;
    reg [31:0] data_before = 0;

    // Cycles until the answer stands, at most: five for an access that begins now.
    wire [4:0] pending_left = 5'd4 - pending_age;
    wire [4:0] write_left = write_asked ? pending_left : pending ? pending_left + 5'd5 : \dut.begin_write ? 5'd5 : 5'd10;
    wire [4:0] read_left = read_asked ? pending_left : pending ? pending_left + 5'd5 : \dut.begin_write ? 5'd10 : 5'd5;

    always @(*) begin
        assume (!response || pending);
        if (pending && pending_age == 3) assume (response);
    end
    wire write_leaves = bvalid && bready, read_leaves = rvalid && rready;
    always @(posedge clk) if (started) begin
        if (awvalid && awready) begin aw <= 1; write_address <= awaddr[4:2]; end
        if (wvalid && wready) begin w <= 1; whole <= &wstrb; write_data <= wdata; end
        if (write_leaves) begin aw <= 0; w <= 0; write_asked <= 0; write_done <= 0; end
        if (arvalid && arready) begin ar <= 1; read_address <= araddr[4:2]; end
        if (read_leaves) begin ar <= 0; read_asked <= 0; read_done <= 0; end
        pending_age <= pending ? pending_age + 1 : 0;
        if (request) begin
            pending <= 1; pending_age <= 0; for_write <= \dut.begin_write ;
            if (\dut.begin_write ) write_asked <= 1; else read_asked <= 1;
        end
        if (response) begin
            pending <= 0;
            if (for_write) begin write_done <= 1; write_failed <= response_failed || !whole; end
            else begin read_done <= 1; read_failed <= response_failed; read_data <= response_data; end
        end
        write_age <= aw && w && !bvalid ? write_age + 1 : 0;
        read_age <= ar && !rvalid ? read_age + 1 : 0;
        b_held <= bvalid && !bready; b_before <= bresp;
        r_held <= rvalid && !rready; r_before <= rresp; data_before <= rdata;
    end

    always @(*) if (started) begin
        // One at a time, and no answer without a question.
        assert (awready == !aw && wready == !w && arready == !ar);
        assert (bvalid == write_done && rvalid == read_done);
        if (bvalid) assert (aw && w && write_asked);
        if (rvalid) assert (ar && read_asked);
        // The right question, once.
        if (request) begin
            assert (!pending);
            if (\dut.begin_write ) assert (aw && w && !write_asked && request_address == write_address && request_write == whole);
            else assert (ar && !read_asked && !request_write && request_address == read_address);
            if (request_write) assert (request_data == write_data);
        end
        // The right answer, held until it is taken.
        if (bvalid) assert (bresp == (write_failed ? 2'd2 : 2'd0));
        if (rvalid) assert (rresp == (read_failed ? 2'd2 : 2'd0) && rdata == read_data);
        if (b_held) assert (bvalid && bresp == b_before);
        if (r_held) assert (rvalid && rresp == r_before && rdata == data_before);
        // In bounded time: at most one access of the other kind comes first, and what is left shrinks in every cycle.
        if (aw && w && !bvalid) assert (write_age + write_left <= 10);
        if (ar && !rvalid) assert (read_age + read_left <= 10);
        // What ties the state together.
        if (aw && w && !bvalid && !write_asked && pending) assert (!for_write);
        if (ar && !rvalid && !read_asked && pending) assert (for_write);
        assert (\dut.active == pending && (!pending || \dut.writing == for_write));
        assert (\dut.write_address_held == aw && \dut.write_data_held == w && \dut.read_address_held == ar);
        if (aw) assert (\dut.write_address == write_address);
        if (w) assert (\dut.write_data == write_data && \dut.write_whole == whole);
        if (ar) assert (\dut.read_address == read_address);
        if (write_asked) assert (aw && w && (write_done != (pending && for_write)));
        if (read_asked) assert (ar && (read_done != (pending && !for_write)));
        if (pending) assert (for_write ? write_asked && !write_done : read_asked && !read_done);
        if (write_done) assert (write_asked && \dut.write_failed == write_failed);
        if (read_done) assert (read_asked && \dut.read_failed == read_failed && \dut.read_word == read_data);
    end
    (* hierconn *) wire \dut.active , \dut.writing , \dut.write_address_held , \dut.write_data_held , \dut.read_address_held ;
    (* hierconn *) wire \dut.write_whole , \dut.write_failed , \dut.read_failed ;
    (* hierconn *) wire [2:0] \dut.write_address , \dut.read_address ;
    (* hierconn *) wire [31:0] \dut.write_data , \dut.read_word ;
endmodule
