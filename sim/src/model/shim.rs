//! The C++ around a generated model, and the `.vlt` file that makes signals readable without touching the Verilog.

use std::collections::BTreeSet;

use rtl::Design;

/// Class prefix given to Verilator, so that the shim is the same text for every design.
pub const PREFIX: &str = "Vmodel";

/// The functions that the host calls, for the ports of this design. Everything else in the library is hidden.
/// With a seed, what is unknown at power-up is random.
pub fn shim(design: &Design, power_up: Option<u64>) -> String {
    let ports: Vec<String> = ports(design).iter().map(|name| format!("    PORT({name})\n")).collect();
    // Verilator's seeds are positive and have 31 bits.
    let seed = power_up.map_or(String::new(), |seed| {
        format!("    model->context->randReset(2);\n    model->context->randSeed({});\n", seed % 0x7fff_ffff + 1)
    });
    SHIM.replace("PORTS_HERE\n", &ports.concat()).replace("POWER_UP_HERE\n", &seed)
}

/// The ports of the top module, from its text: declared in its header, or behind it as in a netlist.
fn ports(design: &Design) -> BTreeSet<String> {
    let verilog = design.files.iter().filter(|file| file.path.ends_with(".v"));
    let head = format!("module {}", design.top);
    let is_head = |line: &&str| line.strip_prefix(&head).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
    let declared = |line: &str| {
        let line = line.split("//").next()?.trim().trim_end_matches([',', ';']);
        let mut words = line.split_whitespace();
        matches!(words.next()?, "input" | "output").then(|| words.last().map(String::from))?
    };
    verilog
        .flat_map(|file| file.text.lines().skip_while(|line| !is_head(line)).take_while(|line| *line != "endmodule"))
        .filter_map(declared)
        .collect()
}

const SHIM: &str = r#"
#include "verilated.h"
#include "verilated_syms.h"
#if VM_TRACE
#include "verilated_vcd_c.h"
#endif
#include <cstring>
#define SHOWN extern "C" __attribute__((visibility("default")))

struct SwModel {
    VerilatedContext* context;
    Vmodel* top;
};

SHOWN void* sw_new() {
    SwModel* model = new SwModel{};
    model->context = new VerilatedContext;
    Verilated::threadContextp(model->context);
POWER_UP_HERE
#if VM_TRACE
    model->context->traceEverOn(true);
#endif
    model->top = new Vmodel{model->context};
    return model;
}

SHOWN void sw_eval(void* handle) { static_cast<SwModel*>(handle)->top->eval(); }

// Address of a port of the top module; its size in bytes goes to *bytes. Null if there is none.
SHOWN void* sw_port(void* handle, const char* name, uint32_t* bytes) {
    Vmodel* top = static_cast<SwModel*>(handle)->top;
#define PORT(p) if (!std::strcmp(name, #p)) { *bytes = sizeof(top->p); return &top->p; }
PORTS_HERE
#undef PORT
    return nullptr;
}

// Address of a signal by the name of its scope ("TOP.top.instance"); *bytes is the size of one word, *words their number.
SHOWN const void* sw_signal(void* handle, const char* scope, const char* name, uint32_t* bytes, uint32_t* words) {
    const VerilatedScope* found = static_cast<SwModel*>(handle)->context->scopeFind(scope);
    if (!found) return nullptr;
    const VerilatedVar* var = found->varFind(name);
    if (!var) return nullptr;
    *bytes = var->entSize();
    *words = *bytes ? static_cast<uint32_t>(var->totalSize() / *bytes) : 0;
    return var->datap();
}

// Lets `vcd` (a VerilatedVcdC of the same Verilator) dump the signals of the model. 0 if the model can.
SHOWN int sw_trace(void* handle, void* vcd) {
#if VM_TRACE
    static_cast<SwModel*>(handle)->top->trace(static_cast<VerilatedVcdC*>(vcd), 99);
    return 0;
#else
    (void)handle; (void)vcd;
    return 1;
#endif
}

SHOWN void sw_delete(void* handle) {
    SwModel* model = static_cast<SwModel*>(handle);
    Verilated::threadContextp(model->context);
    model->top->final();
    delete model->top;
    delete model->context;
    delete model;
}
"#;

/// The `.vlt` file: each probed signal of each module becomes readable, nothing else changes.
pub fn vlt(design: &Design) -> String {
    let mut design = design.clone();
    let lines: BTreeSet<String> = design.probes_mut().into_iter().map(|signal| {
        format!("public_flat_rd -module \"{}\" -var \"{}\"\n", signal.module, signal.variable)
    }).collect();
    let mut text = String::from("`verilator_config\n");
    lines.iter().for_each(|line| text.push_str(line));
    text
}
