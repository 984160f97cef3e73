//! Writing `spikewright.toml`: every option explained, chosen ones set, the others as comments with their default.

use super::keys::{Key, GLOBAL, LAYER, NUMBERS};
use super::Settings;
use crate::quantise::LayerReport;

/// The settings as a commented file that [`super::parse`] reads back. `layers` are listed with what they come to.
pub fn commented_toml(settings: &Settings, layers: &[LayerReport]) -> String {
    let mut text = String::from(
        "# Settings of spikewright. A flag wins over a layer's table, a layer's table over the keys at the top,\n\
         # and those over the preset. Lines that begin with `# key =` show what holds if nothing is said.\n\n",
    );
    table(&mut text, GLOBAL, settings, true);
    text.push_str("# Meaning and numbers of all layers; each key may also stand in a layer's table.\n\n");
    table(&mut text, NUMBERS, &settings.options.numbers, true);
    text.push_str("# Layers, by the name of their weight node. Keys of a layer only:\n");
    for key in LAYER {
        text.push_str(&format!("#   {} = {}    {}\n", key.name, key.default, key.help));
    }
    for layer in layers {
        let neurons = format!("{} {} -> {}", layer.kind, layer.input, layer.output);
        text.push_str(&format!(
            "\n# {neurons}, neuron node {}: {}-bit weights, scale {}, membrane {} bits (least {})\n[layer.{}]\n",
            toml_comment(&layer.neuron_name),
            layer.weight_bits,
            layer.scale,
            layer.membrane_bits,
            layer.least_bits,
            bare(&layer.name)
        ));
        let own = settings.options.layers.get(&layer.name).copied().unwrap_or_default();
        set_only(&mut text, LAYER, &own);
        set_only(&mut text, NUMBERS, &own.numbers);
        if own == Default::default() {
            text.push_str(&format!("# weight_bits = {}\n# lanes = 8\n", layer.weight_bits));
        }
    }
    for (name, own) in settings
        .options
        .layers
        .iter()
        .filter(|(name, _)| layers.iter().all(|layer| layer.name != **name))
    {
        text.push_str(&format!("\n[layer.{}]\n", bare(name)));
        set_only(&mut text, LAYER, own);
        set_only(&mut text, NUMBERS, &own.numbers);
    }
    text
}

fn table<T>(text: &mut String, keys: &[Key<T>], values: &T, blank: bool) {
    for key in keys {
        let line = match (key.get)(values) {
            Some(value) => format!("{} = {}", key.name, value.literal()),
            None => format!("# {} = {}", key.name, key.default),
        };
        text.push_str(&format!("# {}\n{line}\n", key.help));
        if blank {
            text.push('\n');
        }
    }
}

fn set_only<T>(text: &mut String, keys: &[Key<T>], values: &T) {
    for key in keys {
        if let Some(value) = (key.get)(values) {
            text.push_str(&format!("{} = {}\n", key.name, value.literal()));
        }
    }
}

/// A key as TOML wants it: bare, or in quotes.
fn bare(name: &str) -> String {
    match !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        true => name.to_string(),
        false => toml::Value::String(name.to_string()).to_string(),
    }
}

/// Text that may stand in a comment: no line breaks.
fn toml_comment(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
