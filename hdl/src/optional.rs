//! A part that a block may do without: `Option` as rust-hdl can take it (its traits are not ours, nor is `Option`).

use std::ops::{Deref, DerefMut};

use rust_hdl::core::block::Block;
use rust_hdl::core::logic::Logic;
use rust_hdl::core::probe::Probe;

/// Read and assigned as a `T` is, under `for _ in 0..self.bias.len()`; the path has no index.
#[derive(Clone, Debug, Default)]
pub struct Opt<T>(Option<T>);

impl<T> Opt<T> {
    /// With the part if `present`.
    pub fn when(present: bool, part: impl FnOnce() -> T) -> Self {
        Opt(present.then(part))
    }
    /// 1 if it is there: the bound of a loop that stands for a condition in a kernel.
    pub fn len(&self) -> usize {
        self.0.is_some() as usize
    }
    /// 1 if it is not.
    pub fn missing(&self) -> usize {
        self.0.is_none() as usize
    }
}

impl<T> Deref for Opt<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0.as_ref().expect("the kernel asks first")
    }
}

impl<T> DerefMut for Opt<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("the kernel asks first")
    }
}

impl<T: Logic> Logic for Opt<T> {
    fn update(&mut self) {}
}

impl<T: Block> Block for Opt<T> {
    fn connect_all(&mut self) {
        self.0.iter_mut().for_each(T::connect_all);
    }
    fn update_all(&mut self) {
        self.0.iter_mut().for_each(T::update_all);
    }
    fn has_changed(&self) -> bool {
        self.0.as_ref().is_some_and(T::has_changed)
    }
    fn accept(&self, name: &str, probe: &mut dyn Probe) {
        self.0.iter().for_each(|part| part.accept(name, probe));
    }
}
