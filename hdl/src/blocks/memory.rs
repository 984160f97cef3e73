//! What the memories share: sizes, declaration, reads and writes in simulation.

use crate::doc::Doc;
use crate::literal::range;
use crate::value::Value;

/// Bits that count `n` things: 0 for 1, 1 for 2, 2 for 3 and 4; at least 1, so that it is always a width.
pub fn index_width(n: usize) -> u32 {
    (usize::BITS - n.saturating_sub(1).leading_zeros()).max(1)
}

/// Most words of a memory in distributed RAM; deeper ones go to block RAM.
pub const DISTRIBUTED_WORDS: usize = 32;

pub(super) fn ram_doc(stem: &str, title: &str, depth: usize, width: u32) -> Doc {
    Doc::new(
        format!("{stem}_{depth}x{width}"),
        format!("{title} of {depth} words of {width} bits."),
    )
    .port("read_address", format!("word 0..{}", depth - 1))
    .port("write_address", format!("word 0..{}", depth - 1))
}

pub(super) fn declare(words: &[Value]) -> String {
    let width = words.first().map_or(1, |word| word.shape().width);
    format!("reg{} mem [0:{}];", range(width), words.len() - 1)
}

pub(super) fn read(words: &[Value], address: Value) -> Value {
    words
        .get(address.to_u64() as usize)
        .copied()
        .unwrap_or_else(|| words[0].shape().zero())
}

pub(super) fn write(words: &mut [Value], enable: bool, address: Value, data: Value) {
    if let (true, Some(word)) = (enable, words.get_mut(address.to_u64() as usize)) {
        *word = data;
    }
}
