//! Which registers of the parallel cores toggle while nothing moves through them: a run in Icarus Verilog, and its VCD.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use vcd::IdCode;

use super::chip::Output;
use super::hardware::Hardware;
use super::icarus;

/// Clock edges and toggles of all parallel cores together.
#[derive(Debug, Default)]
pub struct Toggles {
    /// Edges of a core in front of which no event and no TICK was in it, and how often a bit's register changed at them, by name.
    pub idle_edges: u64,
    pub idle: BTreeMap<String, u64>,
    /// Changes of registers at all other edges.
    pub busy: u64,
}

/// Flags of a core, and of its `buffer` and `sender`, that are high (or a vector that is not 0) while a word is there.
const MOVES: [&str; 17] = [
    "rst", "in_valid", "event_0", "event_1", "event_2", "event_3", "tick_0", "tick_1", "tick_2", "biased", "first_add", "second_add",
    "buffer.front_valid", "buffer.spare_valid", "sender.waiting", "sender.left", "sender.tick",
];

/// Offers `words` with gaps, in which the bus changes in every cycle, and takes what leaves now and then.
pub fn count(hardware: &Hardware, words: &[Output], seed: u64) -> Toggles {
    let hex = words.iter().map(|(data, last)| format!("{:x}\n", (u128::from(*last) << 64) | u128::from(*data))).collect();
    let (folder, _) = icarus::play(&hardware.design, &bench(hardware, words.len(), seed), &[("words.hex", hex)]);
    let clocked: BTreeSet<&str> = hardware.design.files.iter().flat_map(|file| file.text.lines().filter_map(target)).collect();
    read(&folder.path().join("waves.vcd"), &clocked)
}

/// The register that a line of a clocked block assigns.
fn target(line: &str) -> Option<&str> {
    let (name, _) = line.trim_start().split_once(" <= ")?;
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some(name)
}

fn bench(hardware: &Hardware, words: usize, seed: u64) -> String {
    let (top, bits) = (&hardware.plan.name, hardware.plan.input_format().stream_bits());
    format!(
        "`timescale 1ns/1ps
module bench;
  reg aclk = 0, aresetn = 0, valid = 0, ready = 0;
  reg [64:0] words [0:{words}-1];
  reg [64:0] word = 0;
  wire taken;
  integer at = 0, gap = 0, after = 0, seed = {seed};
  {top} #(.MEM_DIR(\"mem\")) chip (.aclk(aclk), .aresetn(aresetn), .s_axis_tdata(word[{bits}-1:0]), .s_axis_tvalid(valid),
    .s_axis_tready(taken), .s_axis_tlast(word[64]), .m_axis_tdata(), .m_axis_tvalid(), .m_axis_tready(ready), .m_axis_tlast());
  always #5 aclk = ~aclk;
  reg was_taken;
  initial begin
    $readmemh(\"words.hex\", words);
    $dumpfile(\"waves.vcd\");
    $dumpvars(0, chip);
    repeat (80) @(posedge aclk);
    #1 aresetn = 1;
    while (after < 200) begin
      @(negedge aclk);
      was_taken = valid & taken;
      @(posedge aclk);
      #1 ready = $random(seed);
      if (was_taken) begin
        at = at + 1;
        gap = ($random(seed) & 3) == 0 ? $random(seed) & 31 : 0;
      end else if (gap > 0)
        gap = gap - 1;
      valid = at < {words} && gap == 0;
      word = valid ? words[at] : {{$random(seed), $random(seed), $random(seed)}};
      if (at == {words})
        after = after + 1;
    end
    $finish;
  end
endmodule
"
    )
}

/// Variables of the VCD by their path below the chip, and whether they are of Verilog's type `reg`.
fn variables(items: &[vcd::ScopeItem], path: &str, found: &mut Vec<(String, IdCode, bool)>) {
    for item in items {
        match item {
            vcd::ScopeItem::Scope(scope) => variables(&scope.items, &format!("{path}{}.", scope.identifier), found),
            vcd::ScopeItem::Var(var) => found.push((format!("{path}{}", var.reference), var.code, var.var_type == vcd::VarType::Reg)),
            _ => {}
        }
    }
}

/// A core's flags, and its registers by name.
struct Core {
    moves: Vec<IdCode>,
    registers: HashMap<IdCode, String>,
}

fn read(path: &Path, clocked: &BTreeSet<&str>) -> Toggles {
    let mut parser = vcd::Parser::new(std::io::BufReader::new(std::fs::File::open(path).expect("a VCD")));
    let mut all = Vec::new();
    variables(&parser.parse_header().expect("a header").items, "", &mut all);
    let scopes = all.iter().filter_map(|(name, ..)| name.strip_suffix("second_add"));
    let core = |scope: &str| {
        let within = || all.iter().filter_map(|(name, id, reg)| Some((name.strip_prefix(scope)?, *id, *reg)));
        let registers = within().filter(|(name, _, reg)| *reg && clocked.contains(name.rsplit('.').next().unwrap_or(name)));
        Core {
            moves: within().filter(|(name, ..)| MOVES.contains(name)).map(|(_, id, _)| id).collect(),
            registers: registers.map(|(name, id, _)| (id, name.to_string())).collect(),
        }
    };
    let cores: Vec<Core> = scopes.map(core).collect();
    let clock = all.iter().find(|(name, ..)| name.ends_with("chip.aclk")).expect("the clock").1;
    let (mut values, mut changed) = (HashMap::<IdCode, String>::new(), HashMap::<IdCode, String>::new());
    let mut found = Toggles::default();
    for command in parser {
        let (id, value) = match command.expect("a command") {
            vcd::Command::ChangeScalar(id, value) => (id, value.to_string()),
            vcd::Command::ChangeVector(id, value) => (id, value.to_string()),
            vcd::Command::Timestamp(_) => {
                if changed.contains_key(&clock) && values[&clock] == "1" {
                    cores.iter().for_each(|core| found.edge(core, &values, &changed));
                }
                changed.clear();
                continue;
            }
            _ => continue,
        };
        let before = values.insert(id, value).unwrap_or_default();
        changed.entry(id).or_insert(before);
    }
    found
}

impl Toggles {
    /// One rising edge: what changed at it, with the value before.
    fn edge(&mut self, core: &Core, values: &HashMap<IdCode, String>, changed: &HashMap<IdCode, String>) {
        let before = |id: &IdCode| changed.get(id).or(values.get(id)).is_some_and(|value| value.contains(['1', 'x']));
        let idle = !core.moves.iter().any(before);
        self.idle_edges += u64::from(idle);
        for (id, old) in changed {
            let Some(name) = core.registers.get(id).filter(|_| values[id] != *old) else { continue };
            match idle {
                true => *self.idle.entry(name.clone()).or_default() += 1,
                false => self.busy += 1,
            }
        }
    }
}
