//! A simulated chip that is driven word by word, and what to offer it.

use net::random::Random;
use net::{Network, Spikes};
use rtl::{Kind, Word};
use sim::Instance;

use super::hardware::Hardware;

/// `tdata` and `tlast` of a word at the chip's edge.
pub type Output = (u64, bool);

/// A sample as the chip's edge takes it; before each word come the words of `junk`.
pub fn stream(hardware: &Hardware, sample: &Spikes, junk: &mut dyn FnMut() -> Vec<u64>) -> Vec<Output> {
    let (format, net): (_, &Network) = (hardware.plan.input_format(), &hardware.net);
    let mut words = Vec::new();
    let mut push = |word: u64, last: bool| {
        words.extend(junk().into_iter().map(|word| (word, false)));
        words.push((word, last));
    };
    for (step, events) in sample.iter().enumerate() {
        for &event in events {
            push(
                format.encode_stream(Word::spike(net.input().coordinate(event as usize))),
                false,
            );
        }
        let last = step + 1 == sample.len();
        push(format.encode_stream(Word::tick(last)), last);
    }
    words
}

/// Up to three words that mean nothing: spikes off the map, and VALUEs.
pub fn junk(hardware: &Hardware, random: &mut Random) -> Vec<u64> {
    let (format, map) = (hardware.plan.input_format(), hardware.net.input());
    let full = |bits: u32| 1usize << bits;
    let mut words = Vec::new();
    for _ in 0..random.size(0, 3) {
        let (c, y, x) = (
            random.size(0, full(format.c_bits) - 1),
            random.size(0, full(format.y_bits) - 1),
            random.size(0, full(format.x_bits) - 1),
        );
        let off_the_map = c >= map.c || y >= map.h || x >= map.w;
        let kind = if off_the_map && random.chance(70) {
            Kind::Spike
        } else {
            Kind::Value
        };
        words.push(format.encode_stream(Word {
            kind,
            c,
            y,
            x,
            payload: 0,
        }));
    }
    words
}

/// A simulated chip that is driven word by word, without golden and without probes.
pub struct Chip {
    pub model: Instance,
}

impl Chip {
    pub fn new(model: Instance) -> Chip {
        let mut chip = Chip { model };
        chip.reset();
        chip
    }

    pub fn reset(&mut self) {
        let ports = self.model.ports().clone();
        ports.inputs[0].tvalid.set(0);
        ports.outputs[0].tready.set(1);
        for _ in 0..4 {
            ports.aresetn.set(0);
            ports.aclk.set(0);
            self.model.eval();
            ports.aclk.set(1);
            self.model.eval();
        }
        ports.aresetn.set(1);
    }

    /// Offers `words` and takes what comes until a word with `tlast` has come.
    pub fn play(&mut self, words: &[Output]) -> Vec<Output> {
        let taken = self.run(words, 1_000_000);
        assert!(
            taken.last().is_some_and(|&(_, last)| last),
            "no answer; so far {taken:?}"
        );
        taken
    }

    /// Offers `words` and takes what comes, for `cycles` at most or until a word with `tlast` has come.
    pub fn run(&mut self, words: &[Output], cycles: usize) -> Vec<Output> {
        let ports = self.model.ports().clone();
        let mut waiting = words.iter();
        let mut offered = waiting.next();
        let mut taken = Vec::new();
        for _ in 0..cycles {
            ports.inputs[0].tvalid.set(u64::from(offered.is_some()));
            if let Some(&(word, last)) = offered {
                ports.inputs[0].tdata.set(word);
                ports.inputs[0].tlast.set(u64::from(last));
            }
            ports.aclk.set(0);
            self.model.eval();
            if offered.is_some() && ports.inputs[0].tready.is_set() {
                offered = waiting.next();
            }
            if ports.outputs[0].tvalid.is_set() {
                taken.push((ports.outputs[0].tdata.get(), ports.outputs[0].tlast.is_set()));
            }
            ports.aclk.set(1);
            self.model.eval();
            if taken.last().is_some_and(|&(_, last)| last) {
                break;
            }
        }
        taken
    }
}
