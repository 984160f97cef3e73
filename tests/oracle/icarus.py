"""Drives the Verilog of an emitted folder in Icarus, with a testbench of its own written from `docs/link.md`."""
import subprocess
import tempfile
from pathlib import Path

SPIKE, TICK, TICK_LAST, VALUE = range(4)

TESTBENCH = """module oracle_bench;
    reg clk = 0, resetn = 0, begun = 0;
    always #5 clk = !clk;
    reg [{in_top}:0] stimulus [0:{n_words}-1];
    reg [31:0] sample_end [0:{n_samples}-1];
    reg [31:0] limit;
    initial begin
        $readmemh("stimulus.hex", stimulus);
        $readmemh("ends.hex", sample_end);
    end
    // The next sample is offered only when the last one has left: each meets an idle chain.
    integer index = 0, sample = 0, idle = 0;
    reg [63:0] cycle = 0;
    reg [31:0] noise = 32'd{seed};
    reg source_waits = 0, sink_waits = 0;
    reg offered = 0;  // valid may not fall before the word is taken
    wire in_valid = begun && sample < {n_samples} && index < sample_end[sample] && (offered || !source_waits);
    wire [{in_top}:0] in_data = in_valid ? stimulus[index] : {{{in_bits}{{1'bx}}}};
    wire in_ready, out_valid, out_last;
    wire out_ready = !sink_waits;
    wire [{out_top}:0] out_data;
    {top} dut (.aclk(clk), .aresetn(resetn),
        .s_axis_tdata(in_data), .s_axis_tvalid(in_valid), .s_axis_tready(in_ready),
        .s_axis_tlast(in_valid && in_data[{in_top} -: 2] == 2'd2),
        .m_axis_tdata(out_data), .m_axis_tvalid(out_valid), .m_axis_tready(out_ready), .m_axis_tlast(out_last));
    reg [{out_top}:0] held;
    reg was_held = 0;
    initial begin
        repeat (4) @(posedge clk);
        resetn <= 1;
        repeat ({wait_for}) @(posedge clk);
        begun <= 1;
    end
    always @(posedge clk) begin
        cycle <= cycle + 1;
        noise <= {{noise[30:0], noise[31] ^ noise[21] ^ noise[1] ^ noise[0]}};
        source_waits <= {stalls} && noise[2:0] < 3'd3;
        sink_waits <= {stalls} && noise[9:7] < 3'd3;
        idle <= idle + 1;
        offered <= in_valid && !in_ready;
        if (resetn && (in_ready === 1'bx || out_valid === 1'bx)) begin
            if (idle > 8) begin $display("E a handshake is unknown"); $finish; end
        end
        if (was_held && (!out_valid || out_data !== held)) begin
            $display("E a waiting output word changed"); $finish;
        end
        was_held <= resetn && out_valid === 1 && !out_ready;
        held <= out_data;
        if (in_valid && in_ready) begin
            $display("I %0d %0d", sample, cycle);
            index <= index + 1;
            idle <= 0;
        end
        if (resetn && out_valid === 1 && out_ready) begin
            $display("O %0d %0d %b %b", sample, cycle, out_last, out_data);
            idle <= 0;
            if (out_data[{out_top} -: 2] == 2'd2) begin
                sample <= sample + 1;
                if (sample + 1 == {n_samples}) $finish;
            end
        end
        if (idle > {patience}) begin $display("E nothing moved for {patience} cycles"); $finish; end
    end
endmodule
"""


def field_bits(n):
    """ceil(log2(n))."""
    return (n - 1).bit_length()


class Word:
    """The word of a link: fields for a map (c, y, x), and a payload in VALUE words."""

    def __init__(self, shape, payload_bits, stream_bits):
        c, y, x = (field_bits(n) for n in shape)
        self.shape, self.y_at, self.c_at, self.payload_at = shape, x, x + y, x + y + c
        self.payload_bits, self.bits = payload_bits, stream_bits
        self.fields = {"x_bits": x, "y_bits": y, "c_bits": c, "payload_bits": payload_bits, "stream_bits": stream_bits}
        assert stream_bits == (32 if self.payload_at + payload_bits + 2 <= 32 else 64)

    def pack(self, kind, c=0, y=0, x=0, payload=0):
        payload &= (1 << self.payload_bits) - 1
        return kind << (self.bits - 2) | payload << self.payload_at | c << self.c_at | y << self.y_at | x


def play(folder, top, file_list, words_in, bits_in, bits_out, wait_for, stalls, seed=1, patience=1_000_000):
    """Plays samples (lists of words) into the design: per sample (words out, bits of tlast, cycles), first word in to last out.

    The first word is offered `wait_for` cycles after reset.
    """
    ends, flat = [], []
    for words in words_in:
        flat += words
        ends.append(len(flat))
    bench = TESTBENCH.format(
        top=top, in_bits=bits_in, in_top=bits_in - 1, out_top=bits_out - 1, n_words=len(flat), n_samples=len(ends),
        wait_for=wait_for, seed=seed, stalls=int(stalls), patience=patience,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        (place / "rtl").symlink_to((folder / "rtl").resolve())
        (place / "mem").symlink_to((folder / "mem").resolve())
        run_in = place / "run"  # memories are found relative to a folder that is a neighbour of rtl/ and mem/
        run_in.mkdir()
        (run_in / "bench.v").write_text(bench)
        (run_in / "stimulus.hex").write_text("".join(f"{word:x}\n" for word in flat))
        (run_in / "ends.hex").write_text("".join(f"{end:x}\n" for end in ends))
        sources = [f"../rtl/{line}" for line in file_list.read_text().split()]
        compiled = subprocess.run(
            ["iverilog", "-g2005", "-Wall", "-s", "oracle_bench", "-o", "bench", "bench.v", *sources],
            cwd=run_in, capture_output=True, text=True,
        )  # fmt: skip
        if compiled.returncode:
            raise RuntimeError(f"iverilog refuses the design:\n{compiled.stdout}{compiled.stderr}")
        ran = subprocess.run(["vvp", "-N", "bench"], cwd=run_in, capture_output=True, text=True)
    first, result = {}, [([], [], 0) for _ in ends]
    complaints = []
    for line in ran.stdout.splitlines():
        kind, *rest = line.split()
        if kind == "I":
            first.setdefault(int(rest[0]), int(rest[1]))
        elif kind == "O" and int(rest[0]) < len(ends):
            words, lasts, _ = result[int(rest[0])]
            words.append(rest[3])
            lasts.append(rest[2])
            result[int(rest[0])] = (words, lasts, int(rest[1]) - first[int(rest[0])] + 1)
        else:
            complaints.append(line)
    return result, complaints + ran.stderr.splitlines()
