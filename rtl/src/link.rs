//! The word that travels on a link, and the word at the chip's AXI4-Stream edge. See `docs/link.md`.
//!
//! This is the one place that knows bit positions; emitter, simulator, testbench and manifest ask here.

use net::{Layer, MapShape, Output};

/// What a link word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One spike of neuron `(c, y, x)`.
    Spike = 0,
    /// End of a time step.
    Tick = 1,
    /// End of a time step and of the sample.
    TickLast = 2,
    /// A readout: the state of neuron `(c, y, x)` as a signed payload.
    Value = 3,
}

impl Kind {
    /// Kind from its two bits.
    pub fn from_bits(bits: u64) -> Kind {
        match bits & 3 {
            0 => Kind::Spike,
            1 => Kind::Tick,
            2 => Kind::TickLast,
            _ => Kind::Value,
        }
    }
}

/// A decoded word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    pub kind: Kind,
    pub c: usize,
    pub y: usize,
    pub x: usize,
    /// Signed payload; 0 where the link carries none.
    pub payload: i64,
}

/// Bits of an index that counts `0 .. n`: `ceil(log2(n))`, 0 if there is only one value.
pub fn index_bits(n: usize) -> u32 {
    usize::BITS - n.saturating_sub(1).leading_zeros()
}

/// Layout of a link word, least significant field first: `x`, `y`, `c`, `payload`, `kind`.
/// A field that can hold one value only (`h = 1`, say) is 0 bits wide. In TICK and TICK_LAST all fields are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LinkFormat {
    pub x_bits: u32,
    pub y_bits: u32,
    pub c_bits: u32,
    /// Width of the signed payload of VALUE words; 0 on links that carry spikes only.
    pub payload_bits: u32,
}

impl LinkFormat {
    /// Link for spikes of a map.
    pub fn spikes(shape: MapShape) -> Self {
        LinkFormat {
            x_bits: index_bits(shape.w),
            y_bits: index_bits(shape.h),
            c_bits: index_bits(shape.c),
            payload_bits: 0,
        }
    }

    /// Link for readout values of a map, `payload_bits` wide.
    pub fn values(shape: MapShape, payload_bits: u32) -> Self {
        LinkFormat { payload_bits, ..LinkFormat::spikes(shape) }
    }

    /// Words of `layer`'s neurons, or of those of its part, in a map of `shape`.
    pub fn of(layer: &Layer, shape: MapShape) -> Self {
        match layer.neuron.output {
            Output::Spike => LinkFormat::spikes(shape),
            Output::Value => LinkFormat::values(shape, layer.neuron.membrane.bits),
        }
    }

    /// Lowest bit of each field: x, y, c, payload, kind.
    pub fn offsets(&self) -> [u32; 5] {
        let y = self.x_bits;
        let c = y + self.y_bits;
        let payload = c + self.c_bits;
        [0, y, c, payload, payload + self.payload_bits]
    }

    /// Fields of the coordinate with their widths, as the headers of emitted files show them.
    pub(crate) fn coordinate_text(&self) -> String {
        format!("c[{}], y[{}], x[{}]", self.c_bits, self.y_bits, self.x_bits)
    }

    /// Bits below the kind.
    pub fn field_bits(&self) -> u32 {
        self.offsets()[4]
    }

    /// Width of the whole word.
    pub fn width(&self) -> u32 {
        self.field_bits() + 2
    }

    /// Width of `tdata` at the chip edge: 32, or 64 where the fields need more than 30 bits.
    pub fn stream_bits(&self) -> u32 {
        if self.width() <= 32 {
            32
        } else {
            64
        }
    }

    fn fields(&self, word: Word) -> u64 {
        let [x, y, c, payload, _] = self.offsets();
        let payload_mask = (1u64 << self.payload_bits) - 1;
        (word.x as u64) << x
            | (word.y as u64) << y
            | (word.c as u64) << c
            | (word.payload as u64 & payload_mask) << payload
    }

    fn decode(&self, kind: Kind, bits: u64) -> Word {
        let [x, y, c, payload, _] = self.offsets();
        let field = |low: u32, width: u32| (bits >> low) & ((1u64 << width) - 1);
        let raw = field(payload, self.payload_bits) as i64;
        let negative = self.payload_bits > 0 && raw >> (self.payload_bits - 1) & 1 == 1;
        Word {
            kind,
            x: field(x, self.x_bits) as usize,
            y: field(y, self.y_bits) as usize,
            c: field(c, self.c_bits) as usize,
            payload: if negative { raw - (1i64 << self.payload_bits) } else { raw },
        }
    }

    /// The word as it travels on chip.
    pub fn encode_link(&self, word: Word) -> u64 {
        (word.kind as u64) << self.field_bits() | self.fields(word)
    }

    /// A word read from an on-chip link.
    pub fn decode_link(&self, bits: u64) -> Word {
        self.decode(Kind::from_bits(bits >> self.field_bits()), bits)
    }

    /// The word as `tdata` at the chip edge: kind in the top two bits, fields right-aligned, zeros between.
    pub fn encode_stream(&self, word: Word) -> u64 {
        (word.kind as u64) << (self.stream_bits() - 2) | self.fields(word)
    }

    /// A word read from `tdata`.
    pub fn decode_stream(&self, bits: u64) -> Word {
        self.decode(Kind::from_bits(bits >> (self.stream_bits() - 2)), bits)
    }
}

impl Word {
    /// A spike of a coordinate.
    pub fn spike((c, y, x): (usize, usize, usize)) -> Self {
        Word { kind: Kind::Spike, c, y, x, payload: 0 }
    }

    /// TICK, or TICK_LAST if the sample ends.
    pub fn tick(last: bool) -> Self {
        Word { kind: if last { Kind::TickLast } else { Kind::Tick }, c: 0, y: 0, x: 0, payload: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_bits_counts_values_not_the_largest_index() {
        assert_eq!([1, 2, 3, 4, 5, 28, 784].map(index_bits), [0, 1, 2, 2, 3, 5, 10]);
    }

    #[test]
    fn words_survive_both_encodings() {
        for format in [
            LinkFormat::spikes(MapShape::new(12, 24, 24)),
            LinkFormat::values(MapShape::vector(10), 18),
            LinkFormat::values(MapShape::new(512, 128, 128), 24),
            LinkFormat::spikes(MapShape::vector(1)),
        ] {
            let payload = if format.payload_bits > 0 { -5 } else { 0 };
            let top = |bits: u32| (1usize << bits) - 1;
            for kind in [Kind::Spike, Kind::Tick, Kind::TickLast, Kind::Value] {
                let (c, y, x) = (top(format.c_bits), top(format.y_bits), top(format.x_bits));
                let word = Word { kind, c, y, x, payload };
                assert_eq!(format.decode_link(format.encode_link(word)), word);
                assert_eq!(format.decode_stream(format.encode_stream(word)), word);
                assert_eq!(format.encode_stream(word) >> (format.stream_bits() - 2), kind as u64);
            }
        }
    }
}
