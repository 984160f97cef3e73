//! The phase encoder: brighter pixels spike more often, evenly spread.

use crate::Spikes;

/// Spikes of an image over `steps` time steps: per pixel an accumulator starts at 128; each step adds the pixel; at
/// >= 255 it spikes and subtracts 255.
pub fn encode(pixels: &[u8], steps: usize) -> Spikes {
    let mut accumulators = vec![128u16; pixels.len()];
    let mut step = || {
        let mut events = Vec::new();
        for (index, (accumulator, &pixel)) in accumulators.iter_mut().zip(pixels).enumerate() {
            *accumulator += u16::from(pixel);
            if *accumulator >= 255 {
                *accumulator -= 255;
                events.push(index as u32);
            }
        }
        events
    };
    (0..steps).map(|_| step()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_pixel_spikes_in_proportion_to_its_brightness() {
        let spikes = super::encode(&[0, 255, 127, 126], 4);
        // 127: 255 spikes, 0+127, 254, 381 spikes; 126: 254, 380 spikes, 251, 377 spikes
        assert_eq!(spikes, [vec![1, 2], vec![1, 3], vec![1], vec![1, 2, 3]]);
    }
}
