//! One four-phase AER port at the pins of a chip: its protocol, and what crosses it.

use rtl::{AerProbe, Kind};

use super::finding::{Finding, Findings};
use crate::error::SimError;
use crate::model::{Instance, Signal};

/// The pins in one cycle.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pins {
    req: bool,
    ack: bool,
    data: u64,
}

/// Watches a port. `req` up, `ack` up, `req` down, `ack` down, in that order and no two at once; data are out before `req` rises (where the chip
/// sends) and hold until `ack` has risen.
pub struct AerMonitor {
    pub name: String,
    pub chip: usize,
    /// The chip sends the words.
    pub sends: bool,
    signals: [Signal; 3],
    /// Lowest bit of the word's kind.
    kind_at: u32,
    before: Option<Pins>,
    /// Words that were asked to be taken, and those of them that end a time step.
    pub words: u64,
    pub ticks: u64,
    /// The port is in the middle of a word.
    pub busy: bool,
}

impl AerMonitor {
    pub fn new(instance: &Instance, probe: &AerProbe) -> Result<AerMonitor, SimError> {
        Ok(AerMonitor {
            name: probe.name.clone(),
            chip: probe.chip,
            sends: probe.sends,
            signals: [instance.signal(&probe.req)?, instance.signal(&probe.ack)?, instance.signal(&probe.data)?],
            kind_at: probe.data.width.saturating_sub(2),
            before: None,
            words: 0,
            ticks: 0,
            busy: false,
        })
    }

    /// Looks at the pins, every cycle. `true` if `req` or `ack` has changed.
    pub fn sample(&mut self, findings: &mut Findings) -> bool {
        let [req, ack, data] = &self.signals;
        let now = Pins { req: req.is_set(), ack: ack.is_set(), data: data.get() };
        self.busy = now.req || now.ack;
        let Some(before) = self.before.replace(now) else { return false };
        let offered = (before.req, before.ack) == (true, false);
        // The chip that takes a word needs it no longer when it has answered.
        if offered && now.req && (self.sends || !now.ack) && before.data != now.data {
            self.find("aer: data changed before the answer", findings, format!("data {:#x} until ack rises", before.data), format!("{:#x}", now.data));
        }
        if (before.req, before.ack) == (now.req, now.ack) {
            return false;
        }
        match ((before.req, before.ack), (now.req, now.ack)) {
            ((false, false), (true, false)) => {
                self.words += 1;
                let kind = Kind::from_bits(now.data >> self.kind_at);
                self.ticks += u64::from(matches!(kind, Kind::Tick | Kind::TickLast));
                if self.sends && before.data != now.data {
                    self.find("aer: req came with its data", findings, "data a cycle before req".into(), "both in one".into());
                }
            }
            ((true, false), (true, true)) | ((true, true), (false, true)) | ((false, true), (false, false)) => {}
            _ => {
                let pins = |pins: Pins| format!("req {} ack {}", u8::from(pins.req), u8::from(pins.ack));
                let golden = "req up, ack up, req down, ack down".to_string();
                self.find("aer: order of req and ack", findings, golden, format!("{}, then {}", pins(before), pins(now)));
            }
        }
        true
    }

    /// State for a person, as the deadlock report prints it.
    pub fn describe(&self) -> String {
        let [req, ack, _] = &self.signals;
        format!("{}: req {}, ack {}, {} words so far", self.name, u8::from(req.is_set()), u8::from(ack.is_set()), self.words)
    }

    fn find(&self, check: &'static str, findings: &mut Findings, golden: String, rtl: String) {
        findings.add(Finding {
            check,
            layer: None,
            neuron: None,
            sample: None,
            step: None,
            golden: format!("{}: {golden}", self.name),
            rtl,
        });
    }
}
