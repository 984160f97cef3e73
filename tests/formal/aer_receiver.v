// aer_receiver_4x4 and its synchroniser: one word into the queue per handshake, and it is the word that was on the bus; ack rises
// only after req and falls only after it; whatever the other chip's clock is. That the queue loses nothing is its own proof.
module proof (
    input wire       clk,
    input wire       aer_req,
    input wire [3:0] aer_data,
    input wire       out_ready
);
    // Four cycles of reset, in which the other chip is quiet: the synchroniser has no reset of its own.
    reg [2:0] edges = 0;
    wire started = edges == 4;
    always @(posedge clk) if (!started) edges <= edges + 1;

    wire aer_ack, out_valid;
    wire [3:0] out_data;
    aer_receiver dut (
        .clk(clk), .rst(!started), .aer_req(aer_req), .aer_ack(aer_ack), .aer_data(aer_data),
        .out_valid(out_valid), .out_ready(out_ready), .out_data(out_data)
    );
    (* hierconn *) wire \dut.queue.push ;
    (* hierconn *) wire \dut.queue.full ;
    (* hierconn *) wire [1:0] \dut.request.stage ;

    // The other chip keeps the rules: req rises while ack is low and falls while it is high; data hold from req until ack.
    reg req_before = 0, ack_before = 0;
    reg [3:0] data_before = 0;
    // This handshake's word is in the queue; since when req has been high.
    reg stored = 0;
    reg [3:0] word = 0;
    always @(*) begin
        if (!started) assume (!aer_req);
        if (aer_req && !req_before) assume (!ack_before && !aer_ack);
        if (!aer_req && req_before) assume (ack_before);
        if (aer_req && req_before && !ack_before) assume (aer_data == data_before);
    end
    always @(posedge clk) begin
        req_before <= aer_req;
        ack_before <= started & aer_ack;
        data_before <= aer_data;
        if (aer_req && !req_before) word <= aer_data;
        if (started)
            stored <= \dut.queue.push | (stored & aer_req);
    end

    wire [3:0] now = aer_req && !req_before ? aer_data : word;
    always @(*) if (started) begin
        if (\dut.queue.push ) assert (!stored && req_before && aer_data == word);
        if (aer_ack && !ack_before) assert (stored && req_before);
        if (aer_req && req_before && !aer_ack && !ack_before) assert (aer_data == word);
        // Progress: a request that has passed the synchroniser is answered as soon as there is a place.
        if (\dut.request.stage [1] && !aer_ack && !\dut.queue.full ) assert (\dut.queue.push );
        // What ties the state together.
        if (aer_ack && req_before) assert (stored);
        if (stored) assert (aer_ack);
        if (!req_before && !aer_ack) assert (\dut.request.stage == 0);
        if (req_before && aer_ack) assert (\dut.request.stage == 3 || !stored);
        if (aer_ack != ack_before && ack_before) assert (!req_before);
        if (\dut.request.stage [1] && !aer_ack) assert (req_before);
        if (!req_before && \dut.request.stage != 0) assert (aer_ack);
        if (req_before && !\dut.request.stage [1]) assert (!aer_ack);
    end
endmodule
