//! An SPI master (mode 0, most significant bit first) that speaks the frames of docs/config.md, with a checker of the slave's pin.

use crate::axi_lite::{Access, Answer};
use crate::error::SimError;
use crate::model::{Drive, Instance, Signal};
use crate::random::Random;

/// Bits from the master before the slave's answer.
const FRAME_BITS: u32 = 64;
/// Bytes of 0xff after which no answer comes any more.
const MOST_BUSY: u32 = 100;

/// The master. In each cycle [`SpiMaster::drive`] before the model settles, then [`SpiMaster::sample`].
pub struct SpiMaster {
    sclk: Drive,
    mosi: Drive,
    cs_n: Drive,
    miso: Signal,
    access: Option<Access>,
    /// What goes out, the next bit on top.
    frame: u64,
    /// Bits that have been clocked.
    bits: u32,
    high: bool,
    selected: bool,
    /// Cycles until the next edge.
    wait: u32,
    /// The byte that comes in; answer so far: status, then data.
    byte: u32,
    came: Vec<u8>,
    busy: u32,
    /// What `miso` was at the rising edge.
    held: Option<bool>,
    rises: bool,
    random: Random,
    /// Fewest cycles of half a clock period.
    half: u32,
}

impl SpiMaster {
    /// Of the ports `spi_*`. Each half of a clock period takes `half` to `half + 3` cycles.
    pub fn new(instance: &Instance, seed: u64, half: u32) -> Result<SpiMaster, SimError> {
        Ok(SpiMaster {
            sclk: instance.drive("spi_sclk")?,
            mosi: instance.drive("spi_mosi")?,
            cs_n: instance.drive("spi_cs_n")?,
            miso: instance.read("spi_miso")?,
            access: None,
            frame: 0,
            bits: 0,
            high: false,
            selected: false,
            wait: 20,
            byte: 0,
            came: Vec::new(),
            busy: 0,
            held: None,
            rises: false,
            random: Random::new(seed, 0x0073_7069),
            half,
        })
    }

    pub fn is_idle(&self) -> bool {
        self.access.is_none() && !self.selected
    }

    /// Starts an access; none may be under way. All four bytes of a write are written.
    pub fn begin(&mut self, access: Access) {
        let (command, address, data) = match access {
            Access::Read { address } => (0u64, address, self.random.next() as u32),
            Access::Write { address, data, .. } => (0x80, address, data),
        };
        self.frame = command << 56 | u64::from(address & 0xff_ffff) << 32 | u64::from(data);
        (self.bits, self.byte, self.busy) = (0, 0, 0);
        self.came.clear();
        self.access = Some(access);
    }

    /// Sets the master's pins for a cycle.
    pub fn drive(&mut self) {
        self.rises = false;
        self.wait = self.wait.saturating_sub(1);
        if self.wait == 0 && (self.access.is_some() || self.selected) {
            self.wait = self.half + self.random.below(4) as u32;
            if self.access.is_none() {
                self.selected = false;
                self.high = false;
                self.wait = 12;
            } else if !self.selected {
                self.selected = true;
            } else {
                self.high = !self.high;
                self.rises = self.high;
            }
            if !self.high {
                self.mosi.set(self.frame >> 63);
            }
            if self.rises {
                self.frame <<= 1;
                self.bits += 1;
            }
        }
        self.sclk.set(u64::from(self.high));
        self.cs_n.set(u64::from(!self.selected));
    }

    /// Looks at the slave before a rising edge of its clock. What it did wrong goes to `wrong`; an answer that came is handed back.
    pub fn sample(&mut self, wrong: &mut Vec<String>) -> Option<Answer> {
        let miso = self.miso.is_set();
        if self.high && self.held.is_some_and(|held| held != miso) {
            wrong.push("miso changed while sclk was high".to_string());
        }
        self.held = self.high.then_some(miso);
        if !self.rises || self.bits <= FRAME_BITS {
            return None;
        }
        self.byte = (self.byte << 1 | u32::from(miso)) & 0xff;
        if self.bits % 8 != 0 {
            return None;
        }
        if self.came.is_empty() && self.byte == 0xff {
            self.busy += 1;
            if self.busy == MOST_BUSY {
                wrong.push(format!("no answer in {MOST_BUSY} bytes"));
            }
            return None;
        }
        self.came.push(self.byte as u8);
        if self.came.len() < 5 {
            return None;
        }
        if self.came[0] > 1 {
            wrong.push(format!("status {:#x}", self.came[0]));
        }
        let read = matches!(self.access, Some(Access::Read { .. }));
        let data = if read { u32::from_be_bytes([self.came[1], self.came[2], self.came[3], self.came[4]]) } else { 0 };
        Some(Answer { access: self.access.take()?, failed: self.came[0] != 0, data })
    }
}
