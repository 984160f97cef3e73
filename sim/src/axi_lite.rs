//! An AXI4-Lite master with a checker of the slave's side of the protocol. Knows only the standard's signals.

use crate::error::SimError;
use crate::model::{Drive, Instance, Signal};
use crate::random::Random;

/// One access; both kinds may be under way at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read { address: u32 },
    /// `strobe`: bytes that are written, 15 for all.
    Write { address: u32, data: u32, strobe: u32 },
}

impl Access {
    /// A write of all four bytes.
    pub fn write(address: u32, data: u32) -> Access {
        Access::Write { address, data, strobe: 0b1111 }
    }
}

/// What the slave answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub access: Access,
    /// SLVERR.
    pub failed: bool,
    /// Of a read.
    pub data: u32,
}

/// A channel on which the master sends.
struct Sender {
    valid: Drive,
    ready: Signal,
    /// Nothing to send; to send; on offer; taken.
    state: SenderState,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SenderState {
    Idle,
    Waits,
    Offers,
    Taken,
}

/// A channel on which the slave answers.
struct Receiver {
    valid: Signal,
    ready: Drive,
    response: Signal,
    data: Option<Signal>,
    /// The answer that was offered and not taken in the cycle before.
    held: Option<(u64, u64)>,
}

/// The master. In each cycle [`AxiMaster::drive`] before the model settles, then [`AxiMaster::sample`].
pub struct AxiMaster {
    write_address: (Sender, Drive),
    write_data: (Sender, Drive, Drive),
    write_answer: Receiver,
    read_address: (Sender, Drive),
    read_answer: Receiver,
    write: Option<Access>,
    read: Option<Access>,
    /// Cycles since all of the access was taken.
    write_age: u32,
    read_age: u32,
    random: Random,
    gap: u64,
}

/// An answer that takes longer never comes: a ring of 100 cores takes that many.
const MOST_CYCLES: u32 = 1000;

impl AxiMaster {
    /// Of the ports `s_axil_*`. In each cycle a channel begins nothing, or takes nothing, with probability `stall`.
    pub fn new(instance: &Instance, seed: u64, stall: f64) -> Result<AxiMaster, SimError> {
        let drive = |name: &str| instance.drive(&format!("s_axil_{name}"));
        let read = |name: &str| instance.read(&format!("s_axil_{name}"));
        let sender = |name: &str| {
            Ok::<_, SimError>(Sender {
                valid: drive(&format!("{name}valid"))?,
                ready: read(&format!("{name}ready"))?,
                state: SenderState::Idle,
            })
        };
        let receiver = |name: &str, data: Option<Signal>| {
            Ok::<_, SimError>(Receiver {
                valid: read(&format!("{name}valid"))?,
                ready: drive(&format!("{name}ready"))?,
                response: read(&format!("{name}resp"))?,
                data,
                held: None,
            })
        };
        Ok(AxiMaster {
            write_address: (sender("aw")?, drive("awaddr")?),
            write_data: (sender("w")?, drive("wdata")?, drive("wstrb")?),
            write_answer: receiver("b", None)?,
            read_address: (sender("ar")?, drive("araddr")?),
            read_answer: receiver("r", Some(read("rdata")?))?,
            write: None,
            read: None,
            write_age: 0,
            read_age: 0,
            random: Random::new(seed, 0x6178_696c),
            gap: Random::threshold(stall),
        })
    }

    /// Whether an access of that kind is under way.
    pub fn is_busy(&self, access: &Access) -> bool {
        match access {
            Access::Read { .. } => self.read.is_some(),
            Access::Write { .. } => self.write.is_some(),
        }
    }

    pub fn is_idle(&self) -> bool {
        self.read.is_none() && self.write.is_none()
    }

    /// Starts an access; one of its kind must not be under way.
    pub fn begin(&mut self, access: Access) {
        match access {
            Access::Read { .. } => {
                self.read = Some(access);
                self.read_address.0.state = SenderState::Waits;
            }
            Access::Write { .. } => {
                self.write = Some(access);
                self.write_address.0.state = SenderState::Waits;
                self.write_data.0.state = SenderState::Waits;
            }
        }
    }

    /// Sets the master's signals for a cycle.
    pub fn drive(&mut self) {
        let mut gap = || self.gap > 0 && self.random.chance(self.gap);
        if let Some(Access::Write { address, data, strobe }) = self.write {
            self.write_address.0.offer(gap(), || self.write_address.1.set(u64::from(address)));
            self.write_data.0.offer(gap(), || {
                self.write_data.1.set(u64::from(data));
                self.write_data.2.set(u64::from(strobe));
            });
        }
        if let Some(Access::Read { address }) = self.read {
            self.read_address.0.offer(gap(), || self.read_address.1.set(u64::from(address)));
        }
        for sender in [&self.write_address.0, &self.write_data.0, &self.read_address.0] {
            sender.valid.set(u64::from(sender.state == SenderState::Offers));
        }
        self.write_answer.ready.set(u64::from(!gap()));
        self.read_answer.ready.set(u64::from(!gap()));
    }

    /// Looks at the slave before a rising edge. What it did wrong goes to `wrong`; answers that came are handed back.
    pub fn sample(&mut self, wrong: &mut Vec<String>) -> [Option<Answer>; 2] {
        let asked = self.write_address.0.state == SenderState::Taken && self.write_data.0.state == SenderState::Taken;
        let taken = self.write_answer.sample("b", asked, wrong);
        let write = taken.and_then(|(response, _)| Some(Answer { access: self.write.take()?, failed: response == 2, data: 0 }));
        if write.is_some() {
            (self.write_address.0.state, self.write_data.0.state) = (SenderState::Idle, SenderState::Idle);
        }
        self.write_age = if asked && write.is_none() { self.write_age + 1 } else { 0 };
        let asked = self.read_address.0.state == SenderState::Taken;
        let taken = self.read_answer.sample("r", asked, wrong);
        let read = taken.and_then(|(response, data)| Some(Answer { access: self.read.take()?, failed: response == 2, data: data as u32 }));
        if read.is_some() {
            self.read_address.0.state = SenderState::Idle;
        }
        self.read_age = if asked && read.is_none() { self.read_age + 1 } else { 0 };
        let senders = [("aw", &mut self.write_address.0), ("w", &mut self.write_data.0), ("ar", &mut self.read_address.0)];
        for (name, sender) in senders {
            // An access holds its channels until its answer is taken: what came then would be lost.
            if sender.state == SenderState::Taken && sender.ready.is_set() {
                wrong.push(format!("channel {name} is ready for another access before the answer"));
            }
            if sender.state == SenderState::Offers && sender.ready.is_set() {
                sender.state = SenderState::Taken;
            }
        }
        for (age, name) in [(self.write_age, "b"), (self.read_age, "r")] {
            if age == MOST_CYCLES {
                wrong.push(format!("no answer on channel {name} in {age} cycles"));
            }
        }
        [write, read]
    }
}

impl Sender {
    /// Begins to offer what waits, unless there is a gap; what is offered stays.
    fn offer(&mut self, gap: bool, set: impl FnOnce()) {
        if self.state == SenderState::Waits && !gap {
            self.state = SenderState::Offers;
            set();
        }
    }
}

impl Receiver {
    /// The answer that is taken at this edge: response code and data. `asked`: one is due.
    fn sample(&mut self, name: &str, asked: bool, wrong: &mut Vec<String>) -> Option<(u64, u64)> {
        let now = self.valid.is_set().then(|| (self.response.get(), self.data.map_or(0, |data| data.get())));
        if let Some(held) = self.held.take().filter(|held| now != Some(*held)) {
            wrong.push(format!("channel {name} offered {held:x?} until taken, now {now:x?}"));
        }
        let offered = now?;
        if !asked {
            wrong.push(format!("an answer on channel {name} that nobody asked for"));
        }
        if ![0, 2].contains(&offered.0) {
            wrong.push(format!("response {} on channel {name}", offered.0));
        }
        match self.ready.signal().is_set() {
            true => Some(offered),
            false => {
                self.held = Some(offered);
                None
            }
        }
    }
}
