//! The weight memory of a core.

use crate::hdl::prelude::*;
use crate::plan::image::WeightImage;
use crate::plan::CorePlan;

/// `<core>_weights`, loaded with `image`.
pub fn weight_rom(core: &CorePlan, image: &WeightImage) -> Rom {
    Rom::new(image.words.len(), image.width, format!("{}_weights", core.name), image.words.clone()).registered().documented(
        |doc| {
            doc.line(format!(
                "Word ((c * {} + row block and turn) * {} + column block and turn) * {} + group: {} slots (row slot, column slot) of {} \
                 lanes of signed {} bits, lane 0 of slot 0 lowest.{}",
                image.channel_stride / image.row_stride,
                image.row_stride / image.column_stride,
                image.column_stride,
                core.banks(),
                core.lanes,
                core.layer.weight_bits,
                if core.weight_turns() == (1, 1) { "" } else { " A block stands there once for each turn of the banks." }
            ))
            .rust("rtl::plan::image::WeightImage")
        },
    )
}
