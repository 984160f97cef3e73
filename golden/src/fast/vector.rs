//! Which vector instructions the machine has.

/// Vector instructions that a layer may be compiled for. All give the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vectors {
    /// What every machine of this architecture has.
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Vectors {
    /// The widest that this machine has.
    pub fn detect() -> Vectors {
        Vectors::available().last().copied().unwrap_or(Vectors::Baseline)
    }

    /// All that this machine has, narrowest first.
    pub fn available() -> Vec<Vectors> {
        #[allow(unused_mut)]
        let mut kinds = vec![Vectors::Baseline];
        #[cfg(target_arch = "x86_64")]
        {
            let bits = is_x86_feature_detected!("bmi1") && is_x86_feature_detected!("bmi2");
            let counts = is_x86_feature_detected!("lzcnt") && is_x86_feature_detected!("popcnt");
            let avx512 = is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl");
            if is_x86_feature_detected!("avx2") && bits && counts {
                kinds.push(Vectors::Avx2);
                if is_x86_feature_detected!("avx512f") && avx512 {
                    kinds.push(Vectors::Avx512);
                }
            }
        }
        kinds
    }
}

/// Compiles a function once per kind of vector instructions, and picks one by a first argument of type [`Vectors`].
/// Helpers must be `#[inline(always)]` and loops plain `for` loops: closures given to iterators stay outside.
macro_rules! multiversioned {
    ($(#[$doc:meta])* fn $name:ident<T: Word>($($arg:ident: $type:ty),*) -> $result:ty $body:block) => {
        $(#[$doc])*
        fn $name<T: Word>(vectors: Vectors, $($arg: $type),*) -> $result {
            #[inline(always)]
            fn body<T: Word>($($arg: $type),*) -> $result $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
            fn avx2<T: Word>($($arg: $type),*) -> $result {
                body($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl")]
            fn avx512<T: Word>($($arg: $type),*) -> $result {
                body($($arg),*)
            }

            match vectors {
                Vectors::Baseline => body($($arg),*),
                // SAFETY: `Vectors::detect` has found the instructions that these functions are compiled for.
                #[cfg(target_arch = "x86_64")]
                Vectors::Avx2 => unsafe { avx2($($arg),*) },
                #[cfg(target_arch = "x86_64")]
                Vectors::Avx512 => unsafe { avx512($($arg),*) },
            }
        }
    };
}

pub(super) use multiversioned;
