//! What the emitter prints: snapshots, lint, synthesis, and the text against the rust-hdl simulation.

use std::path::Path;
use std::process::Command;

use super::super::example::Accumulator;
use super::super::prelude::*;
use super::zoo::Zoo;
use super::EmittedFile;

fn files(top: &dyn Block) -> Vec<EmittedFile> {
    emit(top, "dut", "demo", &[]).unwrap_or_else(|errors| panic!("{}", errors.join("\n")))
}

/// Runs a tool; None (and a loud line) where it is not installed.
fn tool(folder: &Path, program: &str, arguments: &[&str]) -> Option<String> {
    let out = match Command::new(program).args(arguments).current_dir(folder).output() {
        Ok(out) => out,
        Err(_) => {
            needs::nothing_missing(&[program.to_string()]);
            return None;
        }
    };
    let text = String::from_utf8_lossy(&out.stdout).to_string() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{program} {arguments:?}:\n{text}");
    Some(text)
}

/// Writes the files to a temporary folder.
fn written(files: &[EmittedFile]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in files {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, &file.text).expect("a file");
    }
    folder
}

fn verilog(files: &[EmittedFile]) -> Vec<String> {
    let paths = files
        .iter()
        .map(|file| file.path.trim_start_matches("rtl/").to_string());
    paths.filter(|path| path.ends_with(".v")).collect()
}

fn lint(files: &[EmittedFile]) {
    let folder = written(files);
    let names = verilog(files);
    let mut arguments = vec!["--lint-only", "-Wall", "--top-module", "dut"];
    arguments.extend(names.iter().map(String::as_str));
    tool(&folder.path().join("rtl"), "verilator", &arguments);
}

fn snapshot(files: &[EmittedFile]) -> String {
    files
        .iter()
        .map(|file| format!("=== {}\n{}\n", file.path, file.text))
        .collect()
}

/// How a block is driven and watched, by port in the same order on both sides.
struct Bench<T> {
    top: T,
    clock: fn(&mut T, bool),
    inputs: Vec<(&'static str, Shape)>,
    drive: fn(&mut T, &[Value]),
    outputs: Vec<(&'static str, Shape)>,
    sample: fn(&T) -> Vec<Value>,
    /// Verilog statements that give the design the simulation's power-up state.
    setup: &'static str,
}

/// Cycles of reset, and cycles until every register without reset has a value.
const WARM_UP: usize = 8;

impl<T: Block> Bench<T> {
    /// The simulation's outputs for seeded random inputs, and the stimulus as hex words. Input 0 is the reset.
    fn simulate(&mut self, cycles: usize, settle: usize) -> (Vec<String>, String) {
        self.top.connect_all();
        let (mut seed, mut seen, mut stimulus) = (0x9e37_79b9_7f4a_7c15u64, vec![], String::new());
        for cycle in 0..cycles {
            let mut values = vec![];
            for (name, shape) in &self.inputs {
                let mut words = [0u64; 4];
                for word in &mut words {
                    seed ^= seed << 13;
                    seed ^= seed >> 7;
                    seed ^= seed << 17;
                    *word = seed.wrapping_mul(0x2545_f491_4f6c_dd1d);
                }
                let value = Value::from_limbs(*shape, &words.map(|word| word >> 7 | word << 57));
                values.push(if *name == "rst" {
                    shape.value((cycle < WARM_UP) as i128)
                } else {
                    value
                });
            }
            let word = values
                .iter()
                .skip(1)
                .fold(values[0], |high, low| low.resize(u(low.shape().width)).concat(high));
            stimulus += &(word.hex() + "\n");
            (self.drive)(&mut self.top, &values);
            assert!(simulate(&mut self.top, 100), "does not settle");
            if cycle >= settle {
                let outputs = (self.sample)(&self.top);
                let all = outputs
                    .iter()
                    .skip(1)
                    .fold(outputs[0].resize(u(outputs[0].shape().width)), |high, low| {
                        low.resize(u(low.shape().width)).concat(high)
                    });
                seen.push(all.hex());
            }
            (self.clock)(&mut self.top, true);
            assert!(simulate(&mut self.top, 100), "does not settle");
            (self.clock)(&mut self.top, false);
            assert!(simulate(&mut self.top, 100), "does not settle");
        }
        (seen, stimulus)
    }

    fn testbench(&self, cycles: usize, settle: usize) -> String {
        let total: u32 = self.inputs.iter().map(|(_, shape)| shape.width).sum();
        let outputs: u32 = self.outputs.iter().map(|(_, shape)| shape.width).sum();
        let list = |ports: &[(&'static str, Shape)]| ports.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let declare = |keyword: &str, ports: &[(&str, Shape)]| -> String {
            ports
                .iter()
                .map(|(name, shape)| format!("  {keyword} [{}:0] {name};\n", shape.width - 1))
                .collect()
        };
        let pins: Vec<String> = self
            .inputs
            .iter()
            .chain(&self.outputs)
            .map(|(name, _)| format!(".{name}({name})"))
            .collect();
        format!(
            "module tb;\n  reg clk = 0;\n{}{}  wire [{}:0] seen = {{{}}};\n  reg [{}:0] stimulus [0:{}];\n  integer i;\n  \
             dut dut(.clk(clk), {});\n  initial begin\n    $readmemh(\"stimulus.hex\", stimulus);\n    {}\n    \
             for (i = 0; i < {cycles}; i = i + 1) begin\n      {{{}}} = stimulus[i];\n      #5 if (i >= {settle}) \
             $display(\"%h\", seen);\n      clk = 1; #5 clk = 0;\n    end\n  end\nendmodule\n",
            declare("reg", &self.inputs),
            declare("wire", &self.outputs),
            outputs - 1,
            list(&self.outputs),
            total - 1,
            cycles - 1,
            pins.join(", "),
            self.setup,
            list(&self.inputs),
        )
    }

    /// The emitted text in Icarus, then its netlist after yosys, both against the simulation.
    fn compare(mut self, cycles: usize, settle: usize, netlist: bool) {
        let files = files(&self.top);
        lint(&files);
        let (expected, stimulus) = self.simulate(cycles, settle);
        let folder = written(&files);
        let rtl = folder.path().join("rtl");
        std::fs::write(rtl.join("stimulus.hex"), stimulus).expect("a file");
        std::fs::write(rtl.join("tb.v"), self.testbench(cycles, settle)).expect("a file");
        let names = verilog(&files);
        run_icarus(&rtl, &names, &expected);
        if netlist {
            let script = format!(
                "read_verilog {}; synth -top dut -noabc; write_verilog -noattr netlist.v",
                names.join(" ")
            );
            if tool(&rtl, "yosys", &["-q", "-p", &script]).is_some() {
                run_icarus(&rtl, &["netlist.v".to_string()], &expected);
            }
        }
    }
}

fn run_icarus(rtl: &Path, names: &[String], expected: &[String]) {
    let mut arguments = vec!["-g2005", "-Wall", "-Wno-timescale", "-o", "tb.vvp", "tb.v"];
    arguments.extend(names.iter().map(String::as_str));
    if tool(rtl, "iverilog", &arguments).is_none() {
        return;
    }
    let Some(out) = tool(rtl, "vvp", &["-n", "tb.vvp"]) else {
        return;
    };
    let got: Vec<&str> = out
        .lines()
        .filter(|line| line.chars().all(|c| c.is_ascii_hexdigit() || "xXzZ".contains(c)))
        .collect();
    assert_eq!(got.len(), expected.len(), "{out}");
    for (cycle, (got, expected)) in got.iter().zip(expected).enumerate() {
        assert_eq!(
            got, expected,
            "cycle {cycle} after warm-up: Verilog left, simulation right; {names:?}"
        );
    }
}

fn bit(value: bool) -> Value {
    Value::from_bit(value)
}

#[test]
fn accumulator() {
    let files = files(&Accumulator::new(16, 2, 8, 4));
    insta::assert_snapshot!("accumulator", snapshot(&files));
    lint(&files);
}

#[test]
fn accumulator_computes_what_it_says() {
    let bench = Bench {
        top: Accumulator::new(16, 3, 8, 4),
        clock: |top, level| top.clock.next = Clock { clk: level },
        inputs: vec![
            ("rst", u(1)),
            ("event_valid", u(1)),
            ("event_address", u(4)),
            ("event_weights", u(12)),
        ],
        drive: |top, values| {
            top.reset.next = values[0].any();
            top.event_valid.next = values[1].any();
            top.event_address.next = values[2];
            top.event_weights.next = values[3];
        },
        outputs: vec![("fired", u(3)), ("saturations", u(8))],
        sample: |top| vec![top.fired.val(), top.saturations.val()],
        setup: "for (i = 0; i < 16; i = i + 1) dut.memory.mem[i] = 0;",
    };
    bench.compare(2000, WARM_UP, false);
}

#[test]
fn zoo_prints_and_computes() {
    let bench = Bench {
        top: Zoo::new(),
        clock: |top, level| top.clock.next = Clock { clk: level },
        inputs: vec![("rst", u(1)), ("a", s(8)), ("b", u(8)), ("c", s(8)), ("flag", u(1))],
        drive: |top, values| {
            top.reset.next = values[0].any();
            (top.a.next, top.b.next, top.c.next) = (values[1], values[2], values[3]);
            top.flag.next = values[4].any();
        },
        outputs: vec![
            ("sums", u(48)),
            ("bits", u(16)),
            ("chain", u(14)),
            ("kept", u(43)),
            ("looked", u(42)),
            ("early", u(8)),
            ("wide", u(80)),
        ],
        sample: |top| {
            vec![
                top.sums.val(),
                top.bits.val(),
                top.chain.val(),
                top.kept.val(),
                top.looked.val(),
                top.early.val(),
                top.wide.val(),
            ]
        },
        setup: "",
    };
    insta::assert_snapshot!("zoo", snapshot(&files(&bench.top)));
    bench.compare(1500, WARM_UP, true);
}

#[test]
fn parts_print_and_compute() {
    for (biased, hard, leaks) in [(true, false, true), (false, true, false)] {
        let top = super::parts::PartLane::new(biased, hard, leaks);
        let name = format!("lane_{}", if biased { "with_bias_soft_leak" } else { "hard" });
        insta::assert_snapshot!(name, snapshot(&files(&top)));
        let bench = Bench {
            top,
            clock: |top, level| top.clock.next = Clock { clk: level },
            inputs: if biased { vec![("state", s(8)), ("bias", s(8))] } else { vec![("state", s(8))] },
            drive: |top, values| {
                top.state.next = values[0];
                if top.bias.len() == 1 {
                    top.bias.next = values[1];
                }
            },
            outputs: vec![("stored", s(8))],
            sample: |top| vec![top.stored.val()],
            setup: "",
        };
        bench.compare(1000, WARM_UP, true);
    }
}

#[test]
fn link_buffer_loses_nothing() {
    let bench = Bench {
        top: Skid::new(u(12)),
        clock: |top, level| top.clock.next = Clock { clk: level },
        inputs: vec![
            ("rst", u(1)),
            ("in_valid", u(1)),
            ("in_data", u(12)),
            ("out_ready", u(1)),
        ],
        drive: |top, values| {
            top.reset.next = values[0].any();
            top.in_valid.next = values[1].any();
            top.in_data.next = values[2];
            top.out_ready.next = values[3].any();
        },
        outputs: vec![("in_ready", u(1)), ("out_valid", u(1)), ("out_data", u(12))],
        sample: |top| vec![bit(top.in_ready.val()), bit(top.out_valid.val()), top.out_data.val()],
        setup: "dut.front = 0; dut.spare = 0;",
    };
    insta::assert_snapshot!("link_buffer", snapshot(&files(&bench.top)));
    bench.compare(1000, WARM_UP, false);
}

#[test]
fn fifo_in_verilog() {
    let bench = Bench {
        top: Fifo::with_margin(40, 36, 3),
        clock: |top, level| top.clock.next = Clock { clk: level },
        inputs: vec![
            ("rst", u(1)),
            ("in_valid", u(1)),
            ("in_data", u(36)),
            ("out_ready", u(1)),
        ],
        drive: |top, values| {
            top.reset.next = values[0].any();
            top.in_valid.next = values[1].any();
            top.in_data.next = values[2];
            top.out_ready.next = values[3].any();
        },
        outputs: vec![
            ("in_ready", u(1)),
            ("out_valid", u(1)),
            ("almost_full", u(1)),
            ("out_data", u(36)),
        ],
        sample: |top| {
            let (ready, valid) = (top.in_ready.val(), top.out_valid.val());
            vec![bit(ready), bit(valid), bit(top.almost_full.val()), top.out_data.val()]
        },
        setup: "dut.word = 0; dut.memory.read_data = 0; for (i = 0; i < 40; i = i + 1) dut.memory.mem[i] = 0;",
    };
    insta::assert_snapshot!("fifo", snapshot(&files(&bench.top)));
    lint(&files(&Fifo::new(16, 8)));
    bench.compare(1000, WARM_UP, false);
}

/// Runs a buffer with these chances (in 16ths) of a word offered and taken; returns cycles and words passed on.
/// Checks the order of words, that an offered word stays, and that no more than `room` words are inside.
macro_rules! run_link {
    ($buffer:expr, $room:expr, $offer:expr, $take:expr, $words:expr) => {{
        let (mut buffer, room, offer, take, words): (_, u64, u64, u64, u64) = ($buffer, $room, $offer, $take, $words);
        buffer.connect_all();
        let (mut seed, mut sent, mut got, mut cycles, mut refused) = (88172645463325252u64, 0u64, 0u64, 0u64, false);
        let mut waiting = None;
        while got < words && cycles < 100 * words {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            buffer.reset.next = cycles < 3;
            buffer.in_valid.next = cycles >= 3 && seed >> 8 & 15 < offer && sent < words;
            buffer.in_data.next = u(16).value((sent * 40503 % 65536) as i128);
            buffer.out_ready.next = seed >> 20 & 15 < take;
            assert!(simulate(&mut buffer, 100));
            if cycles >= 3 {
                let word = buffer.out_valid.val().then(|| buffer.out_data.val());
                assert!(waiting.is_none() || word == waiting, "a word was taken back");
                waiting = word.filter(|_| !buffer.out_ready.val());
                if let (Some(word), true) = (word, buffer.out_ready.val()) {
                    assert_eq!(word.to_u64(), got * 40503 % 65536, "word {got}");
                    got += 1;
                }
                sent += (buffer.in_valid.val() && buffer.in_ready.val()) as u64;
                refused |= !buffer.in_ready.val();
                assert!(sent - got <= room, "{} words where {room} fit", sent - got);
            }
            for level in [true, false] {
                buffer.clock.next = Clock { clk: level };
                assert!(simulate(&mut buffer, 100));
            }
            cycles += 1;
        }
        assert!(refused || offer <= take, "never full");
        (cycles, got)
    }};
}

#[test]
fn buffers_keep_order_and_rate() {
    for (offer, take) in [(16, 16), (8, 8), (16, 3), (3, 16), (12, 9)] {
        let full_rate = (offer, take) == (16, 16);
        let (cycles, got) = run_link!(Skid::new(u(16)), 2, offer, take, 120);
        assert_eq!(got, 120);
        assert!(!full_rate || cycles <= 120 + 5, "{cycles} cycles for 120 words");
        for depth in [2, 5, 8, 40] {
            let (cycles, got) = run_link!(Fifo::new(depth, 16), depth as u64 + 2, offer, take, 120);
            assert_eq!(got, 120, "depth {depth}");
            assert!(
                !full_rate || depth < 5 || cycles <= 120 + 8,
                "{cycles} cycles for 120 words, depth {depth}"
            );
        }
    }
}

#[test]
fn block_ram_is_inferred() {
    let files = files(&Ram::new(512, 36));
    let folder = written(&files);
    let script = "read_verilog rtl/dut.v; synth_ecp5 -top dut; stat";
    let Some(report) = tool(folder.path(), "yosys", &["-p", script]) else {
        return;
    };
    let last = &report[report.rfind("Number of cells").unwrap_or(0)..];
    let block_rams = last.lines().find(|line| line.contains("DP16KD")).unwrap_or(last);
    assert_eq!(block_rams.split_whitespace().collect::<Vec<_>>(), ["DP16KD", "1"]);
    assert!(!last.contains("TRELLIS_FF"), "logic around the RAM:\n{last}");
}
