//! The senders and receivers at the chip's edge: a sample's words, with seeded gaps.

use net::MapShape;
use rtl::{LinkFormat, Plan, Word};

use crate::model::{Drive, InputStream, Ports};
use crate::random::Random;

use super::truth::{Position, Truth, Truths};
use super::LockstepOptions;

/// Offers words on the input streams and takes those of the output streams, each by itself. With a stall probability `p`, each cycle
/// without an offer starts none with probability `p`, and each cycle refuses an output word with probability `p`. What is offered stays.
/// Before each word comes, if that is asked for, a spike off the map with some probability.
pub struct Stimulus {
    senders: Vec<Sender>,
    receivers: Vec<Drive>,
    stall: u64,
    off_map: u64,
    seed: u64,
    random: Random,
    /// The sample that `random` was seeded for.
    seeded: Option<usize>,
}

/// What one input is offered.
struct Sender {
    stream: InputStream,
    format: LinkFormat,
    shape: MapShape,
    at: Position,
    /// Next event of the step.
    event: usize,
    offered: Option<Word>,
    /// What is offered is none of the sample's.
    is_off_map: bool,
}

impl Stimulus {
    pub fn new(ports: &Ports, plan: &Plan, options: &LockstepOptions) -> Self {
        let sender = |(stream, port): (&InputStream, &rtl::plan::InPort)| Sender {
            stream: *stream,
            format: port.format(),
            shape: port.shape,
            at: Position::default(),
            event: 0,
            offered: None,
            is_off_map: false,
        };
        Stimulus {
            senders: ports.inputs.iter().zip(&plan.inputs).map(sender).collect(),
            receivers: ports.outputs.iter().map(|stream| stream.tready).collect(),
            stall: Random::threshold(options.stall),
            off_map: Random::threshold(options.off_map.min(0.95)),
            seed: options.seed,
            random: Random::new(options.seed, u64::MAX),
            seeded: None,
        }
    }

    /// Sets inputs for a cycle. Words come from samples below `until` only.
    #[inline(always)]
    pub fn drive(&mut self, truths: &Truths, until: usize) {
        let stall = self.stall;
        for (k, sender) in self.senders.iter_mut().enumerate() {
            if sender.offered.is_none() && sender.at.ordinal < until && !(stall > 0 && self.random.chance(stall)) {
                if let Some(truth) = truths.get(sender.at.ordinal) {
                    // Stalls depend on seed and sample, not on what ran before.
                    if k == 0 && sender.is_at_start() && self.seeded != Some(sender.at.ordinal) {
                        self.seeded = Some(sender.at.ordinal);
                        self.random = Random::new(self.seed, truth.sample as u64);
                    }
                    match self.off_map > 0 && self.random.chance(self.off_map) {
                        true => sender.offer_off_map(&mut self.random, k, truth),
                        false => sender.offer(k, truth),
                    }
                }
            }
            sender.stream.tvalid.set(u64::from(sender.offered.is_some()));
        }
        for ready in &self.receivers {
            ready.set(u64::from(!(stall > 0 && self.random.chance(stall))));
        }
    }

    /// The word on offer at input `input`, and the sample of this run that it begins, if it does.
    pub fn offered(&self, input: usize) -> Option<(Word, Option<usize>)> {
        let sender = &self.senders[input];
        Some((sender.offered?, (sender.is_at_start() && !sender.is_off_map).then_some(sender.at.ordinal)))
    }

    /// The word on offer was taken at this edge: the bus is free from the next cycle on.
    pub fn taken(&mut self, input: usize, truths: &Truths) {
        let sender = &mut self.senders[input];
        let Some(word) = sender.offered.take() else { return };
        if std::mem::take(&mut sender.is_off_map) {
            return;
        }
        if word.kind == rtl::Kind::Spike {
            sender.event += 1;
        } else {
            sender.event = 0;
            sender.at.advance(truths.get(sender.at.ordinal).map_or(0, |t| t.steps()));
        }
    }
}

impl Sender {
    fn is_at_start(&self) -> bool {
        self.at.step == 0 && self.event == 0
    }

    fn offer(&mut self, input: usize, truth: &Truth) {
        let word = match truth.inputs[input][self.at.step].get(self.event) {
            Some(&index) => Word::spike(self.shape.coordinate(index as usize)),
            None => Word::tick(self.at.step + 1 == truth.steps()),
        };
        self.put(word);
    }

    /// A spike off the map, or the next word where the fields of a word hold no such address.
    fn offer_off_map(&mut self, random: &mut Random, input: usize, truth: &Truth) {
        let bits = [self.format.c_bits, self.format.y_bits, self.format.x_bits];
        let sizes = [self.shape.c, self.shape.h, self.shape.w];
        let mut place = bits.map(|bits| random.below(1 << bits));
        let beyond: Vec<usize> = (0..3).filter(|&axis| sizes[axis] < 1 << bits[axis]).collect();
        let Some(&axis) = beyond.get(random.below(beyond.len())) else { return self.offer(input, truth) };
        place[axis] = sizes[axis] + random.below((1 << bits[axis]) - sizes[axis]);
        self.is_off_map = true;
        self.put(Word::spike((place[0], place[1], place[2])));
    }

    fn put(&mut self, word: Word) {
        self.offered = Some(word);
        self.stream.tdata.set(self.format.encode_stream(word));
        self.stream.tlast.set(u64::from(word == Word::tick(true)));
    }
}
