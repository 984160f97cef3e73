//! The memory array itself against all writes before, whenever the scan of a bank has ended.

use super::Scoreboard;
use crate::lockstep::finding::Findings;
use crate::lockstep::truth::Truths;
use crate::model::Memory;

impl Scoreboard<'_> {
    /// Compares a bank's array with the shadow if a scan of the bank has ended in the cycle before; to be called
    /// before this cycle's writes.
    #[inline(always)]
    pub fn check_memories(&mut self, memories: &[Memory], truths: &Truths, findings: &mut Findings) {
        if !self.scans_done.is_empty() {
            for bank in std::mem::take(&mut self.scans_done) {
                self.check_memory(bank, &memories[bank], truths, findings);
            }
        }
    }

    /// Compares a bank's array with the shadow.
    fn check_memory(&self, bank: usize, memory: &Memory, truths: &Truths, findings: &mut Findings) {
        let global = self.scans.bank_step(bank).saturating_sub(1);
        let (shadow, limbs) = (self.shadow.bank(bank), self.shadow.limbs());
        if memory.words < self.words {
            let golden = format!("at least {} words", self.words);
            self.find(
                "membrane memory",
                None,
                golden,
                format!("{} words", memory.words),
                (global, truths),
                findings,
            );
            return;
        }
        if memory
            .as_limbs(limbs)
            .is_some_and(|array| array[..shadow.len()] == *shadow)
        {
            return;
        }
        for word in 0..self.words {
            let mut found = vec![0u32; limbs];
            memory.read_limbs(word, &mut found[..limbs]);
            if found[..limbs] != shadow[word * limbs..][..limbs] {
                let mut expected = vec![0u32; limbs];
                expected[..limbs].copy_from_slice(&shadow[word * limbs..][..limbs]);
                let at = bank * self.words + word;
                self.compare_lanes("membrane memory", at, &expected, &found, (global, truths), findings);
            }
        }
    }
}
