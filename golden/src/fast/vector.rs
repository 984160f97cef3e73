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
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("bmi2");
            let avx512 = is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl");
            if avx2 && avx512 && is_x86_feature_detected!("avx512f") {
                return Vectors::Avx512;
            }
            if avx2 {
                return Vectors::Avx2;
            }
        }
        Vectors::Baseline
    }
}
