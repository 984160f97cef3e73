//! Typed views of a model's memory: signals, memory arrays and the ports of the top.

/// A signal of the model, at most 64 bits or a wide one of 32-bit limbs, least significant first.
///
/// Verilator keeps up to 8, 16, 32 and 64 bits in integers of that size and wider signals in arrays of 32-bit words,
/// with zeros above the signal's width. Valid as long as the [`super::Instance`] it came from.
#[derive(Clone, Copy, Debug)]
pub struct Signal {
    pointer: *const u8,
    bytes: u32,
}

impl Signal {
    /// `pointer` must stay valid, aligned and `bytes` long for as long as the signal is read.
    pub(super) unsafe fn new(pointer: *const u8, bytes: u32) -> Self {
        Signal { pointer, bytes }
    }

    /// Whether the signal (or its lowest limb) is not zero; for one-bit signals.
    #[inline(always)]
    pub fn is_set(&self) -> bool {
        // SAFETY: by the contract of `new`.
        unsafe { *self.pointer != 0 }
    }

    /// Value of a signal of at most 64 bits; of a wider one the lowest 64.
    #[inline(always)]
    pub fn get(&self) -> u64 {
        // SAFETY: by the contract of `new`; a wide signal is aligned to 4 only.
        unsafe {
            match self.bytes {
                1 => u64::from(*self.pointer),
                2 => u64::from(*self.pointer.cast::<u16>()),
                4 => u64::from(*self.pointer.cast::<u32>()),
                _ => self.pointer.cast::<u64>().read_unaligned(),
            }
        }
    }

    /// Copies the signal into 32-bit limbs, least significant first.
    #[inline(always)]
    pub fn read_limbs(&self, limbs: &mut [u32]) {
        // SAFETY: by the contract of `new`; never reads past `bytes`.
        unsafe { copy_limbs(self.pointer, self.bytes, limbs) }
    }
}

#[inline(always)]
unsafe fn copy_limbs(pointer: *const u8, bytes: u32, limbs: &mut [u32]) {
    match bytes {
        1 => limbs[0] = u32::from(*pointer),
        2 => limbs[0] = u32::from(*pointer.cast::<u16>()),
        _ => {
            let here = (bytes as usize / 4).min(limbs.len());
            std::ptr::copy_nonoverlapping(pointer.cast::<u32>(), limbs.as_mut_ptr(), here);
        }
    }
}

/// A memory array of the model.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pointer: *const u8,
    /// Bytes of one word.
    bytes: u32,
    /// Number of words.
    pub words: usize,
}

impl Memory {
    /// As [`Signal::new`], for `words` words of `bytes` bytes.
    pub(super) unsafe fn new(pointer: *const u8, bytes: u32, words: usize) -> Self {
        Memory { pointer, bytes, words }
    }

    /// Copies a word into limbs; `word` must be below `words`.
    #[inline(always)]
    pub fn read_limbs(&self, word: usize, limbs: &mut [u32]) {
        assert!(word < self.words);
        // SAFETY: by the contract of `new`.
        unsafe { copy_limbs(self.pointer.add(word * self.bytes as usize), self.bytes, limbs) }
    }

    /// The whole array as limbs, if its words have exactly `limbs` of them.
    #[inline(always)]
    pub fn as_limbs(&self, limbs: usize) -> Option<&[u32]> {
        // SAFETY: by the contract of `new`; words of 4 bytes and more are aligned to 4. The model does not run
        // while the slice is borrowed, as `Instance::eval` and the caller live on one thread.
        (self.bytes as usize == 4 * limbs)
            .then(|| unsafe { std::slice::from_raw_parts(self.pointer.cast::<u32>(), self.words * limbs) })
    }
}

/// A port of the top that the host drives.
#[derive(Clone, Copy, Debug)]
pub struct Drive {
    pointer: *mut u8,
    bytes: u32,
}

impl Drive {
    /// As [`Signal::new`].
    pub(super) unsafe fn new(pointer: *mut u8, bytes: u32) -> Self {
        Drive { pointer, bytes }
    }

    /// The same port, for reading.
    pub fn signal(&self) -> Signal {
        Signal {
            pointer: self.pointer,
            bytes: self.bytes,
        }
    }

    #[inline(always)]
    pub fn set(&self, value: u64) {
        // SAFETY: by the contract of `new`.
        unsafe {
            match self.bytes {
                1 => *self.pointer = value as u8,
                2 => *self.pointer.cast::<u16>() = value as u16,
                4 => *self.pointer.cast::<u32>() = value as u32,
                _ => self.pointer.cast::<u64>().write_unaligned(value),
            }
        }
    }
}

/// Ports of every emitted top, see `docs/link.md`.
#[derive(Clone, Debug)]
pub struct Ports {
    pub aclk: Drive,
    pub aresetn: Drive,
    /// As [`Design::inputs`](rtl::Design::inputs) names them.
    pub inputs: Vec<InputStream>,
    /// As [`Design::outputs`](rtl::Design::outputs) names them.
    pub outputs: Vec<OutputStream>,
}

/// A stream that the host drives.
#[derive(Clone, Copy, Debug)]
pub struct InputStream {
    pub tdata: Drive,
    pub tvalid: Drive,
    pub tready: Signal,
    pub tlast: Drive,
}

/// A stream that the host takes.
#[derive(Clone, Copy, Debug)]
pub struct OutputStream {
    pub tdata: Signal,
    pub tvalid: Signal,
    pub tready: Drive,
    pub tlast: Signal,
}
