// aer_sender_4x4: req rises behind its word and only while the answer to the last one has gone; the word holds from a cycle before
// that until ack; each word of the queue has one handshake. That the queue loses nothing is its own proof.
module proof (
    input wire       clk,
    input wire       in_valid,
    input wire [3:0] in_data,
    input wire       aer_ack
);
    // Four cycles of reset, in which the other chip is quiet: the synchroniser has no reset of its own.
    reg [2:0] edges = 0;
    wire started = edges == 4;
    always @(posedge clk) if (!started) edges <= edges + 1;

    wire in_ready, aer_req;
    wire [3:0] aer_data;
    aer_sender dut (
        .clk(clk), .rst(!started), .in_valid(in_valid), .in_ready(in_ready), .in_data(in_data),
        .aer_req(aer_req), .aer_ack(aer_ack), .aer_data(aer_data)
    );
    (* hierconn *) wire \dut.queue.pop ;
    (* hierconn *) wire \dut.loaded ;
    (* hierconn *) wire [3:0] \dut.queue_out_data ;
    (* hierconn *) wire [1:0] \dut.answer.stage ;

    // The other chip keeps the rules: ack rises while req is high and falls while it is low.
    reg req_before = 0, ack_before = 0;
    reg [3:0] data_before = 0, word = 0;
    // A word left the queue and its handshake has not begun; is on its way.
    reg fresh = 0, sending = 0;
    always @(*) begin
        if (!started) assume (!aer_ack);
        if (aer_ack && !ack_before) assume (req_before);
        if (!aer_ack && ack_before) assume (!req_before);
    end
    always @(posedge clk) begin
        req_before <= started & aer_req;
        ack_before <= aer_ack;
        data_before <= aer_data;
        if (started) begin
            if (\dut.queue.pop ) begin fresh <= 1; word <= \dut.queue_out_data ; end
            if (aer_req && !req_before) begin fresh <= 0; sending <= 1; end
            if (!aer_req && req_before) sending <= 0;
        end
    end
    always @(*) if (started) begin
        if (aer_req && !req_before) assert (fresh && !ack_before && aer_data == word && data_before == word);
        if (aer_req && !ack_before) assert (aer_data == word);
        if (!aer_req && req_before) assert (ack_before);
        if (\dut.queue.pop ) assert (!fresh && !aer_req && !sending || (!fresh && !aer_req && req_before));
        // Progress: a word that waits goes out as soon as the last answer has gone.
        if (fresh && !req_before && \dut.answer.stage == 0 && !aer_ack && !ack_before) assert (aer_req || \dut.loaded );
        // What ties the state together.
        assert (\dut.loaded == (fresh || (aer_req && !(!sending && !fresh))));
        if (sending) assert (req_before);
        if (!sending) assert (!req_before);
        if (fresh) assert (aer_data == word && !sending);
        if (aer_req) assert (\dut.loaded && aer_data == word);
        if (aer_req && !req_before) assert (\dut.answer.stage [1] == 0 || 1);
    end
endmodule
