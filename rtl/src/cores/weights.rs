//! The weight memory of a core.

use crate::hdl::prelude::*;
use crate::plan::image::WeightImage;
use crate::plan::CorePlan;

/// `<core>_weights`, loaded with `image`.
pub fn weight_rom(core: &CorePlan, image: &WeightImage) -> Rom {
    Rom::new(image.words.len(), image.width, format!("{}_weights", core.name), image.words.clone()).registered().documented(
        |doc| {
            doc.line(format!(
                "Word ((c * {} + row block) * {} + column block) * {} + group: {} slots (row slot, column slot) of {} lanes of \
                 signed {} bits, lane 0 of slot 0 lowest.",
                core.rows.blocks.len(),
                core.columns.blocks.len(),
                image.column_stride,
                core.banks(),
                core.lanes,
                core.layer.weight_bits
            ))
            .rust("rtl::plan::image::WeightImage")
        },
    )
}
