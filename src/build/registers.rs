//! The registers as a driver's author wants them: `driver/registers.json` and a C header.

use rtl::config::{route_image, weight_image, Memories, MemoryMap, WrittenTable};
use rtl::plan::image::{ParamLayout, WeightImage};
use rtl::plan::{parallel, FabricPlan, Machine};
use rtl::{CorePlan, Plan};
use rtl::config::map::{control, RegisterInfo, RegisterMap};
use serde_json::{json, Value};

/// The map for programs.
pub const JSON: &str = "driver/registers.json";

/// What is written into the memories of a chip whose weights are written.
pub const WEIGHTS: &str = "driver/weights.hex";

/// What is written into the tables of a chip whose routes are written.
pub const ROUTES: &str = "driver/routes.hex";

/// All files; none without a configuration bus.
pub fn files(plan: &Plan) -> Vec<(String, String)> {
    let Some(map) = plan.registers() else { return Vec::new() };
    let mut files = vec![
        (JSON.to_string(), format!("{:#}\n", describe(plan, &map))),
        (format!("driver/{}_registers.h", plan.name), header(&plan.name, &map)),
    ];
    for (file, image) in images(plan) {
        let lines = image.iter().map(|(word, data)| format!("{:08x}_{data:08x}\n", 4 * word)).collect();
        files.push((file.to_string(), lines));
    }
    files
}

/// A file, and what is written of it.
pub type Image = (&'static str, Vec<(u32, u32)>);

/// Names of the files of what is written over the bus before the network may run.
pub fn written_files(plan: &Plan) -> Vec<&'static str> {
    let wanted = plan.edges.config.map_or([None; 2], |config| [config.loadable.then_some(WEIGHTS), config.routes.then_some(ROUTES)]);
    wanted.into_iter().flatten().collect()
}

/// What stands in these files: word address, data.
pub fn images(plan: &Plan) -> Vec<Image> {
    let Some(map) = plan.registers() else { return Vec::new() };
    let image = |file| match file {
        WEIGHTS => weight_image(&map, &plan.cores),
        _ => route_image(&map, plan),
    };
    written_files(plan).into_iter().map(|file| (file, image(file))).collect()
}

fn describe(plan: &Plan, map: &RegisterMap) -> Value {
    let register = |register: &RegisterInfo| {
        let mut entry = json!({
            "name": register.name,
            "offset": 4 * register.address,
            "access": if register.writable { "rw" } else { "ro" },
            "meaning": register.meaning,
        });
        if let Some(value) = register.constant {
            entry["value"] = json!(value);
        }
        entry
    };
    let mut object = json!({
        "address_bits": map.byte_address_bits(),
        "data_bits": 32,
        "control": { "reset": control::RESET, "halt": control::HALT, "freeze": control::FREEZE, "clear": control::CLEAR },
        "registers": map.registers().iter().map(register).collect::<Vec<_>>(),
    });
    if map.config.loadable {
        object["weights"] = json!(WEIGHTS);
        object["memories"] = plan.cores.iter().zip(&map.memories).map(memories).collect();
    }
    if let Some(fabric) = plan.fabric.as_ref().filter(|_| map.config.routes) {
        let (interfaces, routers) = map.routes.all.split_at(fabric.edge() + 1);
        let interfaces = interfaces.iter().enumerate().map(|(end, table)| interface(plan, fabric, end, table));
        let routers = routers.iter().zip(&fabric.routers).map(|(table, router)| {
            let rows = rows(table);
            json!({ "router": router.name, "rows": rows, "bits": router.ports, "source_bits": fabric.format.source_bits })
        });
        object["routes"] = json!({ "file": ROUTES, "interfaces": interfaces.collect::<Vec<_>>(), "routers": routers.collect::<Vec<_>>() });
    }
    object
}

/// Where the rows of a table stand, one every four bytes.
fn rows(table: &WrittenTable) -> Value {
    json!({ "offset": 4 * table.base, "count": table.shape.rows, "bits": table.shape.width })
}

/// An endpoint's own table.
fn interface(plan: &Plan, fabric: &FabricPlan, end: usize, table: &WrittenTable) -> Value {
    let bits = fabric.count_bits();
    let mut object = json!({
        "endpoint": end,
        "of": plan.cores.get(end).map_or("edge", |core| &core.layer.name),
        "counts": {
            "offset": 4 * (table.base + table.shape.word_at()),
            "fields": [{ "name": "sources_less_one", "bits": bits }, { "name": "destinations_less_one", "bits": bits }],
        },
    });
    if table.shape.rows > 0 {
        object["first_channels"] = rows(table);
    }
    object
}

/// Where a core's memories stand, in bytes, and what their words hold.
fn memories((core, (base, map)): (&CorePlan, &(u32, MemoryMap))) -> Value {
    let at = |first: u32, memories: &Memories| {
        json!({
            "offset": 4 * (base + first),
            "memories": memories.count,
            "memory_stride": 4 * memories.place(1, 0, 0),
            "words": memories.words,
            "word_stride": 4 * memories.place(0, 1, 0),
            "word_bits": memories.width,
        })
    };
    let image = WeightImage::of(core);
    let mut weights = at(0, &map.weights);
    weights["weight_bits"] = json!(core.layer.weight_bits);
    weights["lanes"] = json!(core.lanes);
    weights["slots"] = json!([core.rows.banks, core.columns.banks]);
    weights["channel_words"] = json!(image.channel_stride);
    weights["row_words"] = json!(image.row_stride);
    weights["column_words"] = json!(image.column_stride);
    let mut object = json!({ "layer": core.layer.name, "weights": weights });
    if let (Machine::Parallel, Some(constants)) = (core.machine, &map.constants) {
        let mut described = at(map.constants_at(), constants);
        described["memories_hold"] = json!(parallel::written_names(&core.layer));
        described["by"] = json!("neuron");
        object["constants"] = described;
    } else if let Some(constants) = &map.constants {
        let params = ParamLayout::of(core);
        let mut described = at(map.constants_at(), constants);
        described["fields"] = params.fields().map(|(field, bits)| json!({ "name": field.name(), "bits": bits })).collect();
        described["lanes"] = json!(core.lanes);
        described["by"] = json!(if params.per_neuron { "membrane word" } else { "group of channels" });
        object["constants"] = described;
    }
    object
}

fn header(top: &str, map: &RegisterMap) -> String {
    let prefix = top.to_uppercase();
    let mut text = format!(
        "/* Registers of {top}: byte offsets from where the bus is mapped. docs/config.md of spikewright says what they mean.\n   \
         Written by spikewright. This file is yours, without conditions. */\n#ifndef {prefix}_REGISTERS_H\n#define {prefix}_REGISTERS_H\n\n"
    );
    for register in map.registers() {
        let name = identifier(&register.name);
        text += &format!("#define {prefix}_{name} 0x{:x}u /* {}: {} */\n", 4 * register.address, if register.writable { "rw" } else { "ro" }, register.meaning);
    }
    text += "\n";
    for (name, bit) in [("RESET", control::RESET), ("HALT", control::HALT), ("FREEZE", control::FREEZE), ("CLEAR", control::CLEAR)] {
        text += &format!("#define {prefix}_CONTROL_{name} 0x{bit:x}u\n");
    }
    text += "\n/* What the first registers hold in this chip. */\n";
    for register in map.registers() {
        if let Some(value) = register.constant {
            text += &format!("#define {prefix}_{}_VALUE 0x{value:08x}u\n", identifier(&register.name));
        }
    }
    text + "\n#endif\n"
}

fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}
