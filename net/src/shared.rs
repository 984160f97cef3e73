//! Integer weights that clones of a layer share.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Integer weights. A clone shares them, so that a layer of millions of weights is as cheap to clone as one of ten; the clone that
/// is written to gets a copy of its own. Reads as a slice: `weights[i]`, `weights.iter()`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharedWeights(Arc<Vec<i32>>);

impl From<Vec<i32>> for SharedWeights {
    fn from(weights: Vec<i32>) -> SharedWeights {
        SharedWeights(Arc::new(weights))
    }
}

impl FromIterator<i32> for SharedWeights {
    fn from_iter<I: IntoIterator<Item = i32>>(weights: I) -> SharedWeights {
        weights.into_iter().collect::<Vec<i32>>().into()
    }
}

impl Deref for SharedWeights {
    type Target = [i32];

    fn deref(&self) -> &[i32] {
        &self.0
    }
}

impl DerefMut for SharedWeights {
    fn deref_mut(&mut self) -> &mut [i32] {
        let weights: &mut Vec<i32> = Arc::make_mut(&mut self.0);
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_shares_until_it_is_written_to() {
        let first = SharedWeights::from(vec![1, 2, 3]);
        let mut second = first.clone();
        assert!(std::ptr::eq(&first[0], &second[0]));
        second[1] = 7;
        assert_eq!((&first[..], &second[..]), (&[1, 2, 3][..], &[1, 7, 3][..]));
    }
}
