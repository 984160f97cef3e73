//! The registers as a driver's author wants them: `driver/registers.json` and a C header.

use rtl::config::map::{control, RegisterInfo, RegisterMap};
use serde_json::{json, Value};

/// The map for programs.
pub const JSON: &str = "driver/registers.json";

/// Both files.
pub fn files(top: &str, map: &RegisterMap) -> Vec<(String, String)> {
    vec![
        (JSON.to_string(), format!("{:#}\n", describe(map))),
        (format!("driver/{top}_registers.h"), header(top, map)),
    ]
}

fn describe(map: &RegisterMap) -> Value {
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
    json!({
        "address_bits": map.byte_address_bits(),
        "data_bits": 32,
        "control": { "reset": control::RESET, "halt": control::HALT, "freeze": control::FREEZE, "clear": control::CLEAR },
        "registers": map.registers().iter().map(register).collect::<Vec<_>>(),
    })
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
