//! Every packet that is under way, by pair of ends: what arrives must be the oldest one of its pair.

use std::collections::VecDeque;
use std::ops::Range;

use rtl::fabric::Packet;

use super::{Fault, Outcome, NUMBER_BITS};

pub(super) struct Ledger {
    /// Hops from each source to each destination.
    ways: Vec<Vec<u64>>,
    counted: Range<u64>,
    /// By source, then destination: running number and cycle in which it was wanted.
    pairs: Vec<Vec<VecDeque<(u64, u64)>>>,
    /// Packets that a source has sent.
    sent: Vec<u64>,
    under_way: u64,
    delivered: u64,
    delivered_counting: u64,
    latencies: Vec<u64>,
    hops: u64,
}

impl Ledger {
    /// `ways`: hops from each source to each destination; `counted`: cycles whose packets enter the figures.
    pub fn new(ways: Vec<Vec<u64>>, counted: Range<u64>) -> Self {
        let nodes = ways.len();
        Ledger {
            ways,
            counted,
            pairs: vec![vec![VecDeque::new(); nodes]; nodes],
            sent: vec![0; nodes],
            under_way: 0,
            delivered: 0,
            delivered_counting: 0,
            latencies: vec![],
            hops: 0,
        }
    }

    /// A packet from `source` to these; its running number.
    pub fn send(&mut self, source: usize, destinations: &[usize], wanted: u64) -> u64 {
        let number = self.sent[source];
        self.sent[source] += 1;
        for &destination in destinations {
            self.pairs[source][destination].push_back((number, wanted));
            self.under_way += 1;
        }
        number
    }

    /// A packet that `destination` takes.
    pub fn receive(&mut self, destination: usize, packet: Packet, cycle: u64) -> Result<(), Fault> {
        let (source, number) = ((packet.word & 0xff) as usize, packet.word >> 8);
        let expected = self.pairs.get_mut(source).and_then(|pairs| pairs[destination].pop_front());
        let (sent, wanted) = match expected {
            Some((sent, wanted)) if sent & ((1 << NUMBER_BITS) - 1) == number => (sent, wanted),
            other => {
                return Err(Fault(format!(
                    "cycle {cycle}: core {destination} takes packet {number} of core {source}, not {other:?}"
                )))
            }
        };
        debug_assert!(sent < self.sent[source]);
        self.under_way -= 1;
        self.delivered += 1;
        self.hops += self.ways[source][destination];
        if self.counted.contains(&cycle) {
            self.delivered_counting += 1;
            if self.counted.contains(&wanted) {
                self.latencies.push(cycle - wanted);
            }
        }
        Ok(())
    }

    pub fn under_way(&self) -> u64 {
        self.under_way
    }

    pub fn outcome(mut self, nodes: usize) -> Outcome {
        self.latencies.sort_unstable();
        let n = self.latencies.len();
        let cycles = (self.counted.end - self.counted.start).max(1);
        Outcome {
            accepted: self.delivered_counting as f64 / (nodes as f64 * cycles as f64),
            mean_latency: (n > 0).then(|| self.latencies.iter().sum::<u64>() as f64 / n as f64),
            late_latency: (n > 0).then(|| self.latencies[(n - 1) * 99 / 100]),
            delivered: self.delivered,
            mean_hops: self.hops as f64 / self.delivered.max(1) as f64,
        }
    }
}
