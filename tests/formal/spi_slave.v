// spi_slave: whatever the master sends and however long the registers take, a frame of 64 bits asks for its access once, with its own address and
// data, never while another is under way; an address beyond all is refused without a question; bytes that go out say 0xff until this frame's own answer has come,
// then the status and the data. Pins are looked at behind their synchronisers (a proof of its own); cs_n is high for two cycles at least.
module proof (
    input wire        clk,
    input wire        sclk,
    input wire        mosi,
    input wire        cs_n,
    input wire        response,
    input wire        response_failed,
    input wire [31:0] response_data
);
    reg started = 0;
    always @(posedge clk) started <= 1;

    wire miso, request, request_write;
    wire [2:0] request_address;
    wire [31:0] request_data;
    spi_slave dut (
        .clk(clk), .rst(!started), .sclk(sclk), .mosi(mosi), .cs_n(cs_n), .miso(miso), .request(request), .request_write(request_write),
        .request_address(request_address), .request_data(request_data), .response(response), .response_failed(response_failed),
        .response_data(response_data)
    );
    (* hierconn *) wire \dut.sclk_in_settled , \dut.mosi_in_settled , \dut.cs_in_settled ;

    wire idle = \dut.cs_in_settled ;
    reg before = 0, was_idle = 1, was_idle_before = 1;
    wire rises = started && !idle && \dut.sclk_in_settled && !before;
    wire falls = started && !idle && !\dut.sclk_in_settled && before;

    // The frame as it was sent: how many bits, and which; whether its access was asked for, and what became of it.
    reg [6:0] count = 0;
    reg [63:0] sent = 0;
    reg asked = 0, answered = 0, failed = 0;
    reg [31:0] word = 0;
    // An access is under way; it is of a frame that has ended.
    reg pending = 0, orphan = 0;
    // Bits since the last byte's end; the byte that goes out, or the answer; how many of its bits have gone.
    reg [2:0] place = 0;
    reg begun = 0, answering = 0;
    reg [39:0] out = 0;

    wire whole = count == 64;
    wire [23:0] address = sent[55:32];
    wire beyond = |address[23:5];

    always @(*) begin
        assume (!response || pending);
        if (!was_idle_before && was_idle && started) assume (idle);
    end
    always @(posedge clk) begin
        before <= started && \dut.sclk_in_settled ;
        was_idle <= idle; was_idle_before <= was_idle;
        if (started) begin
            if (response) begin
                pending <= 0; orphan <= 0;
                if (!orphan && !idle) begin answered <= 1; failed <= response_failed; word <= response_data; end
            end
            if (request) begin pending <= 1; asked <= 1; orphan <= idle; end
            if (pending && !response && idle) orphan <= 1;
            if (whole && beyond && !answered) begin answered <= 1; failed <= 1; end
            if (rises) begin
                place <= place + 1;
                if (!whole) begin count <= count + 1; sent <= {sent[62:0], \dut.mosi_in_settled }; end
            end
            if (falls) begin
                out <= out << 1;
                if (whole && !answering && place == 0) begin
                    begun <= 1; answering <= answered;
                    // Data of what was refused without a question may be anything.
                    out <= answered ? {7'd0, failed, beyond ? \dut.word : word} : {8'hff, 32'd0};
                end
            end
            if (idle) begin count <= 0; place <= 0; asked <= 0; answered <= 0; begun <= 0; answering <= 0; end
        end
    end

    always @(*) if (!started) assert (!before && was_idle && was_idle_before && count == 0 && !asked && !answered && !pending && !orphan && place == 0 && !begun && !answering);
    always @(*) if (started) begin
        // The right question, once, and one at a time.
        if (request) begin
            assert (whole && !asked && !pending && !beyond);
            assert (request_write == sent[63] && request_address == address[4:2] && request_data == sent[31:0]);
        end
        // And it is asked as soon as nothing else is under way.
        if (whole && !asked && !pending && !beyond && !idle) assert (request);
        // The right bits, each from the falling edge before it on.
        if (begun) assert (miso == out[39]);
        // What ties the state together.
        assert (count <= 64);
        assert (\dut.sclk_before == before);
        if (!was_idle) begin
            assert (\dut.bits == count[5:0] || whole);
            assert (\dut.bits [2:0] == place && \dut.whole == whole && \dut.answered == answered && \dut.sending == answering);
            if (!whole) assert (count[2:0] == place);
            assert (\dut.waits == (whole && !asked && !(beyond && answered)));
        end
        if (was_idle) assert (count == 0 && !asked && !answered && !begun && !answering && place == 0);
        if (was_idle) assert (!\dut.waits && !\dut.whole && !\dut.answered && !\dut.sending && \dut.bits == 0);
        if (!whole || asked) assert (!\dut.waits );
        assert (((\dut.frame ^ sent) & ~(~64'd0 << count)) == 0);
        assert (\dut.active == pending);
        if (pending && !(was_idle && !was_idle_before)) assert (\dut.stale == orphan);
        if (answered) assert (\dut.failed == failed && whole);
        if (answered && !beyond) assert (\dut.word == word && asked && !(pending && !orphan));
        if (asked && !answered) assert (pending && !orphan);
        if (pending && !orphan) assert (asked && !answered);
        if (!pending) assert (!orphan && !\dut.stale );
        if (begun) assert (whole && \dut.out == out);
        if (answering) assert (answered && begun);
        if (asked) assert (whole && !beyond);
    end
    (* hierconn *) wire \dut.sclk_before , \dut.whole , \dut.answered , \dut.sending , \dut.waits , \dut.active , \dut.stale , \dut.failed ;
    (* hierconn *) wire [5:0] \dut.bits ;
    (* hierconn *) wire [63:0] \dut.frame ;
    (* hierconn *) wire [31:0] \dut.word ;
    (* hierconn *) wire [39:0] \dut.out ;
endmodule
