//! One valid/ready link: protocol, stalls, and the order of words from its sender to its receiver.

use net::MapShape;
use rtl::fabric::PacketFormat;
use rtl::{Kind, LinkFormat, Word};

use super::finding::{Finding, Findings};
use crate::model::Signal;

/// How often a link held its sender up. Cycles with valid high and ready low, by what was offered.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct LinkStalls {
    pub name: String,
    /// Words that crossed.
    pub words: u64,
    pub stalled: u64,
    /// Of these, with a TICK on offer.
    pub stalled_ticks: u64,
    /// Of these, with a TICK_LAST on offer.
    pub stalled_ticks_last: u64,
}

impl LinkStalls {
    pub(super) fn add(&mut self, other: &LinkStalls) {
        self.words += other.words;
        self.stalled += other.stalled;
        self.stalled_ticks += other.stalled_ticks;
        self.stalled_ticks_last += other.stalled_ticks_last;
    }
}

/// Flat index of a word's address in `map`; `None` off the map.
pub fn address(word: Word, map: MapShape) -> Option<usize> {
    (word.c < map.c && word.y < map.h && word.x < map.w).then(|| map.index(word.c, word.y, word.x))
}

/// What a link did in a cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    Idle,
    Stalled,
    /// The raw word was handed over.
    Taken(u64),
}

/// Where the kind of a raw word stands.
#[derive(Clone, Copy, Debug)]
pub enum Encoding {
    OnChip(LinkFormat),
    Stream(LinkFormat),
    Packet(PacketFormat),
}

impl Encoding {
    pub fn decode(&self, bits: u64) -> rtl::Word {
        match self {
            Encoding::OnChip(format) => format.decode_link(bits),
            Encoding::Stream(format) => format.decode_stream(bits),
            // Only the kind has a place of its own; a grant is told as a VALUE of -1.
            Encoding::Packet(format) => {
                let packet = format.decode(bits);
                let kind = if packet.grant { Kind::Value } else { Kind::from_bits(packet.word >> (format.word_bits - 2)) };
                let fields = packet.word & ((1 << (format.word_bits - 2)) - 1);
                rtl::Word { kind, c: 0, y: 0, x: 0, payload: if packet.grant { -1 } else { fields as i64 } }
            }
        }
    }
}

/// Watches one link.
pub struct LinkMonitor {
    valid: Signal,
    ready: Signal,
    data: Signal,
    pub encoding: Encoding,
    layer: Option<usize>,
    /// The word that was offered and not taken in the cycle before.
    held: Option<u64>,
    pub stalls: LinkStalls,
}

impl LinkMonitor {
    pub fn new(
        name: impl Into<String>,
        (valid, ready, data): (Signal, Signal, Signal),
        encoding: Encoding,
        layer: Option<usize>,
    ) -> Self {
        let stalls = LinkStalls {
            name: name.into(),
            ..LinkStalls::default()
        };
        LinkMonitor {
            valid,
            ready,
            data,
            encoding,
            layer,
            held: None,
            stalls,
        }
    }

    /// Looks at the link before a rising edge. Checks that what was offered stays offered, unchanged, until taken.
    #[inline(always)]
    pub fn sample(&mut self, findings: &mut Findings) -> Beat {
        let valid = self.valid.is_set();
        if self.held.is_none() && !valid {
            return Beat::Idle;
        }
        self.sample_busy(valid, findings)
    }

    fn sample_busy(&mut self, valid: bool, findings: &mut Findings) -> Beat {
        let data = self.data.get();
        if let Some(held) = self.held.take() {
            if !valid || held != data {
                let offered = self.encoding.decode(held);
                findings.add(Finding {
                    check: if valid {
                        "link: data changed while stalled"
                    } else {
                        "link: valid dropped"
                    },
                    layer: self.layer,
                    neuron: None,
                    sample: None,
                    step: None,
                    golden: format!("{} keeps offering {offered:?}", self.stalls.name),
                    rtl: if valid {
                        format!("{:?}", self.encoding.decode(data))
                    } else {
                        "no word".into()
                    },
                });
            }
        }
        if !valid {
            return Beat::Idle;
        }
        if self.ready.is_set() {
            self.stalls.words += 1;
            return Beat::Taken(data);
        }
        self.held = Some(data);
        self.stalls.stalled += 1;
        match self.encoding.decode(data).kind {
            Kind::Tick => self.stalls.stalled_ticks += 1,
            Kind::TickLast => self.stalls.stalled_ticks_last += 1,
            _ => {}
        }
        Beat::Stalled
    }

    /// The word on offer.
    pub fn offered(&self) -> Option<u64> {
        self.valid.is_set().then(|| self.data.get())
    }

    pub fn is_ready(&self) -> bool {
        self.ready.is_set()
    }

    /// State for a person, as the deadlock report prints it.
    pub fn describe(&self) -> String {
        let (valid, ready) = (u8::from(self.valid.is_set()), u8::from(self.ready.is_set()));
        let mut text = format!(
            "{}: valid {valid}, ready {ready}, {} words so far",
            self.stalls.name, self.stalls.words
        );
        if self.valid.is_set() {
            let word = self.encoding.decode(self.data.get());
            text.push_str(&format!(
                ", offers {:?} c {} y {} x {}",
                word.kind, word.c, word.y, word.x
            ));
        }
        text
    }
}
