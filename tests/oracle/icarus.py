"""Drives the Verilog of an emitted folder in Icarus, with a testbench of its own written from `docs/link.md`."""
import subprocess
import tempfile
from pathlib import Path

SPIKE, TICK, TICK_LAST, VALUE = range(4)

TESTBENCH = """module oracle_bench;
    reg clk = 0, resetn = 0, begun = 0;
    always #5 clk = !clk;
    reg [31:0] limit;
    // The next sample is offered only when the last one has left everywhere: each meets an idle chain.
    integer sample = 0, idle = 0;
    reg [63:0] cycle = 0;
    reg [31:0] noise = 32'd{seed};
{declared}
    {top} dut (.aclk(clk), .aresetn(resetn){connected});
    initial begin
        repeat (4) @(posedge clk);
        resetn <= 1;
        repeat ({wait_for}) @(posedge clk);
        begun <= 1;
    end
    always @(posedge clk) begin
        cycle <= cycle + 1;
        noise <= {{noise[30:0], noise[31] ^ noise[21] ^ noise[1] ^ noise[0]}};
        idle = idle + 1;
{clocked}
        if ({all_left}) begin
            sample <= sample + 1;
            if (sample + 1 == {n_samples}) $finish;
        end
        if (idle > {patience}) begin $display("E nothing moved for {patience} cycles"); $finish; end
    end
endmodule
"""

# An input, number {k}: samples of words, offered with or without pauses of its own.
SOURCE = """    reg [{bits}-1:0] stimulus_{k} [0:{n_words}-1];
    reg [31:0] ends_{k} [0:{n_samples}-1];
    initial begin
        $readmemh("stimulus_{k}.hex", stimulus_{k});
        $readmemh("ends_{k}.hex", ends_{k});
    end
    integer index_{k} = 0;
    reg source_waits_{k} = 0;
    reg offered_{k} = 0;  // valid may not fall before the word is taken
    wire in_valid_{k} = begun && sample < {n_samples} && index_{k} < ends_{k}[sample] && (offered_{k} || !source_waits_{k});
    wire [{bits}-1:0] in_data_{k} = in_valid_{k} ? stimulus_{k}[index_{k}] : {{{bits}{{1'bx}}}};
    wire in_ready_{k};
"""
SOURCE_PORTS = """,
        .{prefix}_tdata(in_data_{k}), .{prefix}_tvalid(in_valid_{k}), .{prefix}_tready(in_ready_{k}),
        .{prefix}_tlast(in_valid_{k} && in_data_{k}[{bits}-1 -: 2] == 2'd2)"""
SOURCE_CLOCKED = """        source_waits_{k} <= {stalls} && noise[{noise} +: 3] < 3'd3;
        offered_{k} <= in_valid_{k} && !in_ready_{k};
        if (resetn && in_ready_{k} === 1'bx && idle > 8) begin $display("E a handshake is unknown"); $finish; end
        if (in_valid_{k} && in_ready_{k}) begin
            $display("I %0d %0d", sample, cycle);
            index_{k} <= index_{k} + 1;
            idle = 0;
        end
"""

# An output, number {k}.
SINK = """    reg sink_waits_{k} = 0;
    wire out_valid_{k}, out_last_{k};
    wire out_ready_{k} = !sink_waits_{k};
    wire [{bits}-1:0] out_data_{k};
    reg [{bits}-1:0] held_{k};
    reg was_held_{k} = 0;
    integer left_{k} = 0;  // samples that have left
"""
SINK_PORTS = """,
        .{prefix}_tdata(out_data_{k}), .{prefix}_tvalid(out_valid_{k}), .{prefix}_tready(out_ready_{k}), .{prefix}_tlast(out_last_{k})"""
SINK_CLOCKED = """        sink_waits_{k} <= {stalls} && noise[{noise} +: 3] < 3'd3;
        if (resetn && out_valid_{k} === 1'bx && idle > 8) begin $display("E a handshake is unknown"); $finish; end
        if (was_held_{k} && (!out_valid_{k} || out_data_{k} !== held_{k})) begin
            $display("E a waiting output word changed"); $finish;
        end
        was_held_{k} <= resetn && out_valid_{k} === 1 && !out_ready_{k};
        held_{k} <= out_data_{k};
        if (resetn && out_valid_{k} === 1 && out_ready_{k}) begin
            $display("O {k} %0d %0d %b %b", left_{k}, cycle, out_last_{k}, out_data_{k});
            idle = 0;
            if (out_data_{k}[{bits}-1 -: 2] == 2'd2) left_{k} = left_{k} + 1;
        end
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


def play(folder, top, file_list, inputs, outputs, wait_for, stalls, seed=1, patience=1_000_000):
    """Plays samples into the design: of each ([(words out, bits of tlast) of each output], cycles from the first word in to the last out).

    `inputs`: (name of the stream, bits, [words of each sample]); `outputs`: (name, bits). The first words are offered `wait_for` cycles
    after reset.
    """
    n_samples = len(inputs[0][2])
    declared, connected, clocked, files = "", "", "", {}
    for k, (prefix, bits, samples) in enumerate(inputs):
        flat = [word for words in samples for word in words]
        names = dict(k=k, prefix=prefix, bits=bits, n_words=len(flat), n_samples=n_samples, stalls=int(stalls), noise=(11 * k) % 29)
        declared += SOURCE.format(**names)
        connected += SOURCE_PORTS.format(**names)
        clocked += SOURCE_CLOCKED.format(**names)
        ends = [sum(map(len, samples[: i + 1])) for i in range(n_samples)]
        files[f"stimulus_{k}.hex"], files[f"ends_{k}.hex"] = flat, ends
    for k, (prefix, bits) in enumerate(outputs):
        names = dict(k=k, prefix=prefix, bits=bits, stalls=int(stalls), noise=(7 + 11 * k) % 29)
        declared += SINK.format(**names)
        connected += SINK_PORTS.format(**names)
        clocked += SINK_CLOCKED.format(**names)
    bench = TESTBENCH.format(
        top=top, declared=declared, connected=connected, clocked=clocked, n_samples=n_samples, seed=seed, wait_for=wait_for,
        patience=patience, all_left=" && ".join(f"left_{k} > sample" for k in range(len(outputs))),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        (place / "rtl").symlink_to((folder / "rtl").resolve())
        (place / "mem").symlink_to((folder / "mem").resolve())
        run_in = place / "run"  # memories are found relative to a folder that is a neighbour of rtl/ and mem/
        run_in.mkdir()
        (run_in / "bench.v").write_text(bench)
        for name, numbers in files.items():
            (run_in / name).write_text("".join(f"{number:x}\n" for number in numbers))
        sources = [f"../rtl/{line}" for line in file_list.read_text().split()]
        compiled = subprocess.run(
            ["iverilog", "-g2005", "-Wall", "-s", "oracle_bench", "-o", "bench", "bench.v", *sources],
            cwd=run_in, capture_output=True, text=True,
        )  # fmt: skip
        if compiled.returncode:
            raise RuntimeError(f"iverilog refuses the design:\n{compiled.stdout}{compiled.stderr}")
        ran = subprocess.run(["vvp", "-N", "bench"], cwd=run_in, capture_output=True, text=True)
    first, last, left, complaints = {}, {}, [[([], []) for _ in outputs] for _ in range(n_samples)], []
    for line in ran.stdout.splitlines():
        kind, *rest = line.split()
        if kind == "I":
            first.setdefault(int(rest[0]), int(rest[1]))
        elif kind == "O" and int(rest[1]) < n_samples:
            words, lasts = left[int(rest[1])][int(rest[0])]
            words.append(rest[4])
            lasts.append(rest[3])
            last[int(rest[1])] = int(rest[2])
        else:
            complaints.append(line)
    cycles = [last[i] - first[i] + 1 if i in first and i in last else 0 for i in range(n_samples)]
    return list(zip(left, cycles)), complaints + ran.stderr.splitlines()
