//! Who wants to send what, and when.

use std::collections::VecDeque;

use rtl::fabric::{MeshSize, Route, Stream};

use super::{unicast, Run};
use crate::random::Random;

/// Where packets go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pattern {
    /// To any other core.
    Uniform,
    /// This share to one core in the middle, the rest to any other core.
    Hotspot(f64),
    /// By each core's stream, to all of its cores.
    Multicast,
    /// Half of them by stream, half to one core.
    Mixed,
}

/// A core as a source: what it wants to send waits here without limit, so that a full mesh does not slow the wishes down.
pub(super) struct Source {
    node: usize,
    size: MeshSize,
    pattern: Pattern,
    stream: Option<Stream>,
    chance: u64,
    random: Random,
    waiting: VecDeque<(u64, Route, Vec<usize>)>,
}

impl Source {
    pub fn new(node: usize, size: MeshSize, streams: &[Stream], run: &Run) -> Self {
        let stream = streams.iter().find(|stream| stream.source == node).cloned();
        let copies = stream.as_ref().map_or(1, |stream| stream.destinations.len()) as f64;
        let per_packet = match run.pattern {
            Pattern::Uniform | Pattern::Hotspot(_) => 1.0,
            Pattern::Multicast => copies,
            Pattern::Mixed => (copies + 1.0) / 2.0,
        };
        Source {
            node,
            size,
            pattern: run.pattern,
            stream,
            chance: Random::threshold(run.load / per_packet),
            random: Random::new(run.seed, 1 + node as u64),
            waiting: VecDeque::new(),
        }
    }

    /// One cycle's wish, if any. At most a few hundred wait: beyond saturation more would tell nothing.
    pub fn think(&mut self, cycle: u64) {
        if self.random.chance(self.chance) && self.waiting.len() < 512 {
            let (route, destinations) = self.choose();
            self.waiting.push_back((cycle, route, destinations));
        }
    }

    fn choose(&mut self) -> (Route, Vec<usize>) {
        let half = 1 << 31;
        let multicast = match self.pattern {
            Pattern::Multicast => true,
            Pattern::Mixed => self.random.chance(half),
            _ => false,
        };
        if let (true, Some(stream)) = (multicast, &self.stream) {
            let route = Route::Multicast { source: self.node, layer: stream.layer };
            return (route, stream.destinations.clone());
        }
        let middle = self.size.rows / 2 * self.size.columns + self.size.columns / 2;
        let hot = match self.pattern {
            Pattern::Hotspot(share) => self.random.chance(Random::threshold(share)) && self.node != middle,
            _ => false,
        };
        let other = (self.node + 1 + self.random.below(self.size.nodes() - 1)) % self.size.nodes();
        let destination = if hot { middle } else { other };
        (unicast(self.size, destination), vec![destination])
    }

    /// The oldest wish: cycle, route, destinations.
    pub fn next(&mut self) -> Option<(u64, Route, Vec<usize>)> {
        self.waiting.pop_front()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
