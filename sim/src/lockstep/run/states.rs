//! Where a core keeps its membranes, as the simulation sees it, each cycle before the rising edge.

use rtl::{BankProbe, RegisterProbe};

use crate::error::SimError;
use crate::lockstep::finding::Findings;
use crate::lockstep::footprint::put_bits;
use crate::lockstep::scoreboard::{Scoreboard, Write};
use crate::lockstep::truth::Truths;
use crate::model::{Instance, Memory, Signal};

/// Membranes in memories or in registers.
pub(super) enum States {
    Banks(Banks),
    Registers(Registers),
}

/// Write ports and arrays.
pub(super) struct Banks {
    ports: Vec<Port>,
    memories: Vec<Memory>,
    /// A word, in limbs.
    data: Vec<u32>,
}

/// A bank's write port.
struct Port {
    write_enable: Signal,
    write_address: Signal,
    write_data: Signal,
    fire_write: Signal,
    clear_write: Signal,
}

/// A register per neuron; all are written at once.
pub(super) struct Registers {
    reset: Signal,
    integrate: Signal,
    fire_write: Signal,
    clear_write: Signal,
    registers: Vec<Signal>,
    state_bits: u32,
    /// What the edge before this cycle has written: `(fire, clear, in reset)`.
    written: Option<(bool, bool, bool)>,
    /// All states side by side, in limbs.
    data: Vec<u32>,
}

impl States {
    pub(super) fn banks(banks: &[BankProbe], word_bits: u32, instance: &Instance) -> Result<States, SimError> {
        let (mut ports, mut memories) = (Vec::new(), Vec::new());
        for bank in banks {
            ports.push(Port {
                write_enable: instance.signal(&bank.write_enable)?,
                write_address: instance.signal(&bank.write_address)?,
                write_data: instance.signal(&bank.write_data)?,
                fire_write: instance.signal(&bank.fire_write)?,
                clear_write: instance.signal(&bank.clear_write)?,
            });
            memories.push(instance.memory(&bank.memory)?);
        }
        let data = vec![0; word_bits.div_ceil(32) as usize];
        Ok(States::Banks(Banks { ports, memories, data }))
    }

    pub(super) fn registers(probe: &RegisterProbe, word_bits: u32, instance: &Instance) -> Result<States, SimError> {
        let registers: Result<Vec<Signal>, SimError> = probe.registers.iter().map(|probe| instance.signal(probe)).collect();
        Ok(States::Registers(Registers {
            reset: instance.signal(&probe.reset)?,
            integrate: instance.signal(&probe.integrate)?,
            fire_write: instance.signal(&probe.fire_write)?,
            clear_write: instance.signal(&probe.clear_write)?,
            registers: registers?,
            state_bits: probe.registers.first().map_or(0, |probe| probe.width),
            written: None,
            data: vec![0; word_bits.div_ceil(32) as usize],
        }))
    }

    /// Hands what is written to the scoreboard. `true` if there is anything.
    #[inline(always)]
    pub(super) fn check(&mut self, board: &mut Scoreboard, reset: bool, truths: &Truths, findings: &mut Findings) -> bool {
        match self {
            States::Banks(banks) => banks.check(board, reset, truths, findings),
            States::Registers(registers) => registers.check(board, reset, truths, findings),
        }
    }
}

impl Banks {
    /// Arrays as the last edge left them, then the writes of this one.
    #[inline(always)]
    fn check(&mut self, board: &mut Scoreboard, reset: bool, truths: &Truths, findings: &mut Findings) -> bool {
        let mut written = false;
        board.check_memories(&self.memories, truths, findings);
        for (index, port) in self.ports.iter().enumerate() {
            if port.write_enable.is_set() {
                written = true;
                port.write_data.read_limbs(&mut self.data);
                let write = Write {
                    bank: index,
                    address: port.write_address.get() as usize,
                    data: &self.data,
                    fire: port.fire_write.is_set(),
                    clear: port.clear_write.is_set(),
                    in_reset: false,
                };
                board.write(write, reset, truths, findings);
            }
        }
        written
    }
}

impl Registers {
    /// What the last edge wrote, now that it stands in the registers: it is the write and the array in one. A reset clears them,
    /// which counts as the clear phase.
    fn check(&mut self, board: &mut Scoreboard, reset: bool, truths: &Truths, findings: &mut Findings) -> bool {
        let (fire, integrate) = (self.fire_write.is_set(), self.integrate.is_set());
        let next = match self.reset.is_set() {
            true => Some((true, true, true)),
            // The chip's reset is still on its way to the core.
            false if reset => None,
            false if fire || integrate => Some((fire, fire && self.clear_write.is_set(), false)),
            false => None,
        };
        let Some((fire, clear, in_reset)) = std::mem::replace(&mut self.written, next) else {
            return next.is_some();
        };
        self.data.fill(0);
        for (lane, register) in self.registers.iter().enumerate() {
            put_bits(&mut self.data, lane as u32 * self.state_bits, self.state_bits, register.get() as i64);
        }
        let write = Write { bank: 0, address: 0, data: &self.data, fire, clear, in_reset };
        board.write(write, reset, truths, findings);
        board.forget_scans();
        true
    }
}
