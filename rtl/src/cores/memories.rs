//! The read-only memories and tables of a core.

use crate::config::LoadRam;
use hdl::prelude::*;
use crate::plan::axis::Axis;
use crate::plan::image::{ParamLayout, WeightImage};
use crate::plan::CorePlan;

/// `<core>_weights`, loaded with `image`.
pub fn weight_rom(core: &CorePlan, image: &WeightImage) -> Rom {
    Rom::new(image.words.len(), image.width, format!("{}_weights", core.name), image.words.clone()).registered().documented(
        |doc| {
            doc.line(weight_text(core, image))
            .rust("rtl::plan::image::WeightImage")
        },
    )
}

/// The same, written over the configuration bus.
pub fn weight_ram(core: &CorePlan, image: &WeightImage) -> LoadRam {
    let text = weight_text(core, image);
    LoadRam::new(image.words.len(), image.width, format!("{}_weights", core.name)).documented(|doc| doc.line(text))
}

fn weight_text(core: &CorePlan, image: &WeightImage) -> String {
    format!(
        "Word ((c * {} + row block and turn) * {} + column block and turn) * {} + group: {} slots (row slot, column slot) of {} \
         lanes of signed {} bits, lane 0 of slot 0 lowest.{}",
        image.channel_stride / image.row_stride,
        image.row_stride / image.column_stride,
        image.column_stride,
        core.banks(),
        core.lanes,
        core.layer.weight_bits,
        if core.weight_turns() == (1, 1) { "" } else { " A block stands there once for each turn of the banks." }
    )
}

/// As [`param_roms`], written over the configuration bus.
pub fn param_rams(core: &CorePlan, params: &ParamLayout, images: &[Vec<Vec<u64>>]) -> Vec<LoadRam> {
    let width = params.word_bits(core.lanes).max(1);
    let ram = |(bank, words): (usize, &Vec<Vec<u64>>)| {
        let stem = if images.len() > 1 { format!("{}_params_{bank}", core.name) } else { format!("{}_params", core.name) };
        LoadRam::new(words.len(), width, stem).documented(|doc| {
            let fields: Vec<String> = params.fields().map(|(f, bits)| format!("{f:?} ({bits} bits)")).collect();
            doc.line(format!("Constants of the neurons, lowest field first, {} lanes each: {}.", core.lanes, fields.join(", ")))
        })
    };
    images.iter().enumerate().map(ram).collect()
}

/// `<core>_params`, one per bank where they differ by neuron (then `<core>_params_<bank>`), loaded with `images`.
pub fn param_roms(core: &CorePlan, params: &ParamLayout, images: Vec<Vec<Vec<u64>>>) -> Vec<Rom> {
    let width = params.word_bits(core.lanes).max(1);
    let several = images.len() > 1;
    let rom = |(bank, words): (usize, Vec<Vec<u64>>)| {
        let stem = if several { format!("{}_params_{bank}", core.name) } else { format!("{}_params", core.name) };
        Rom::new(words.len(), width, stem, words).registered().documented(|doc| {
            let fields: Vec<String> = params.fields().map(|(f, bits)| format!("{f:?} ({bits} bits)")).collect();
            doc.line(format!("Constants of the neurons, lowest field first, {} lanes each: {}.", core.lanes, fields.join(", ")))
                .rust("rtl::plan::image::ParamLayout")
        })
    };
    images.into_iter().enumerate().map(rom).collect()
}

/// `<core>_<what>_valid`: whether a row (column) of each bank lies on the map.
pub fn valid_table(core: &CorePlan, what: &str, axis: &Axis) -> Table {
    let names: Vec<String> = (0..axis.banks).map(|b| format!("valid_{b}")).collect();
    let columns: Vec<(&str, Shape)> = names.iter().map(|n| (n.as_str(), u(1))).collect();
    let rows = (0..axis.depth).map(|r| (0..axis.banks).map(|b| u64::from(axis.output_at(b, r).is_some())).collect());
    Table::new(format!("{}_{what}_valid", core.name), index_width(axis.depth), &columns, rows.collect(), vec![])
        .documented(|doc| doc.line(format!("Whether a bank's {what} lies on the map.")).rust("rtl::cores::core::Core"))
}
