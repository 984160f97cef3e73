//! From a plan to files: builds the blocks, prints them, and says where a simulator finds the signals it checks.

use crate::cores::top::Top;
use crate::design::{BankProbe, CoreProbe, Design, EmittedFile, LinkProbe, ProbeSignal};
use crate::hdl;
use crate::link::LinkFormat;
use crate::plan::{CorePlan, Plan};
use rust_hdl::core::prelude::Block;

/// Verilog and memory files of a plan. Never fails for a legal plan: a failure is a bug of ours and panics with what the
/// emitter's checks found.
pub fn emit(plan: &Plan) -> Design {
    let mut top = Top::new(plan);
    top.connect_all();
    let header = [
        format!("Part of the spiking network \"{}\", emitted by spikewright. This file is yours, without conditions.", plan.name),
    ];
    let emission = match hdl::emit_with_instances(&top, &plan.name, &plan.name, &header) {
        Ok(emission) => emission,
        Err(found) => panic!("the emitter refuses its own design:\n{}", found.join("\n")),
    };
    let mut files: Vec<EmittedFile> =
        emission.files.into_iter().map(|file| EmittedFile { path: file.path, text: file.text }).collect();
    let mut list: Vec<&str> = files.iter().filter_map(|f| f.path.strip_prefix("rtl/")).collect();
    list.sort();
    let list = format!("{}\n", list.join("\n"));
    files.push(EmittedFile { path: format!("rtl/{}.f", plan.name), text: list });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let module_at = |instances: &[String]| -> String {
        let found = emission.instances.iter().find(|(path, _)| path == instances);
        found.map(|(_, module)| module.clone()).unwrap_or_else(|| panic!("no instance {instances:?}"))
    };
    let cores = plan.cores.iter().enumerate().map(|(i, core)| probes(plan, i, core, &module_at)).collect();
    Design { top: plan.name.clone(), files, cores }
}

fn probes(plan: &Plan, i: usize, core: &CorePlan, module_at: &dyn Fn(&[String]) -> String) -> CoreProbe {
    // An index that counts to one only is left out.
    let indexed = |stem: &str, i: usize, n: usize| if n == 1 { stem.to_string() } else { format!("{stem}_{i}") };
    let instance = indexed("core", i, plan.cores.len());
    let signal = |instances: Vec<String>, variable: &str, width: u32| ProbeSignal {
        module: module_at(&instances),
        instances,
        variable: variable.to_string(),
        width,
    };
    let link = |side: &str, name: String, format: LinkFormat| LinkProbe {
        name,
        valid: signal(vec![instance.clone()], &format!("{side}_valid"), 1),
        ready: signal(vec![instance.clone()], &format!("{side}_ready"), 1),
        data: signal(vec![instance.clone()], &format!("{side}_data"), format.width()),
        format,
    };
    let before = if i == 0 { "input" } else { &plan.cores[i - 1].name };
    let after = plan.cores.get(i + 1).map_or("output", |next| &next.name);
    let banks = (0..core.banks()).map(|b| {
        let bank = vec![instance.clone(), indexed("bank", b, core.banks())];
        let memory = if core.small() { "lut_ram" } else { "ram" };
        let ram = vec![instance.clone(), indexed("bank", b, core.banks()), memory.to_string()];
        let address_bits = hdl::index_width(core.words());
        BankProbe {
            write_enable: signal(ram.clone(), "write_enable", 1),
            write_address: signal(ram.clone(), "write_address", address_bits),
            write_data: signal(ram.clone(), "write_data", core.word_bits()),
            fire_write: signal(bank.clone(), "fire_write", 1),
            clear_write: signal(bank, "clear", 1),
            memory: signal(ram, "mem", core.word_bits()),
        }
    });
    CoreProbe {
        layer: i,
        input: link("in", format!("{before} -> {}", core.name), core.input),
        output: link("out", format!("{} -> {after}", core.name), core.output),
        banks: banks.collect(),
    }
}
