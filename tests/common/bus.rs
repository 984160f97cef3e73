//! A simulated chip with a configuration bus, clocked by hand.

use rtl::config::map::chip;
use rtl::config::{Config, ConfigPort};
use rtl::edge::Edges;
use rtl::PlanOptions;
use sim::{Access, AxiMaster, Drive, Instance};

use super::chip::Output;
use super::hardware::quick_build;

pub const NET_HASH: u64 = 0x0123_4567_89ab_cdef;

pub fn with_bus(options: PlanOptions, loadable: bool) -> PlanOptions {
    with_port(options, ConfigPort::AxiLite, loadable)
}

pub fn with_port(options: PlanOptions, port: ConfigPort, loadable: bool) -> PlanOptions {
    let config = Some(Config { port, net_hash: NET_HASH, loadable });
    PlanOptions { edges: Edges { config, ..Edges::default() }, ..options }
}

/// A chip with a bus, clocked by hand.
pub struct Chip {
    pub model: Instance,
    pub master: AxiMaster,
    clock: Drive,
    pub waiting: Vec<Output>,
    pub taken: usize,
    pub came: Vec<Output>,
}

impl Chip {
    pub fn new(design: &rtl::Design, stall: f64) -> Chip {
        let library = sim::build(design, &quick_build()).unwrap();
        let model = library.instance().unwrap();
        let master = AxiMaster::new(&model, 1, stall).unwrap();
        let clock = model.ports().aclk;
        let mut chip = Chip { model, master, clock, waiting: vec![], taken: 0, came: vec![] };
        chip.model.ports().aresetn.set(0);
        for _ in 0..4 {
            chip.settle();
            chip.clock.set(1);
            chip.model.eval();
        }
        chip.model.ports().aresetn.set(1);
        chip
    }

    /// Sets the inputs of a cycle, and looks at what is offered and taken at its end.
    fn settle(&mut self) {
        let ports = self.model.ports().clone();
        let offered = self.waiting.get(self.taken).copied();
        ports.inputs[0].tvalid.set(u64::from(offered.is_some()));
        if let Some((word, last)) = offered {
            ports.inputs[0].tdata.set(word);
            ports.inputs[0].tlast.set(u64::from(last));
        }
        ports.outputs[0].tready.set(1);
        self.master.drive();
        self.clock.set(0);
        self.model.eval();
        self.taken += usize::from(offered.is_some() && ports.inputs[0].tready.is_set());
        if ports.outputs[0].tvalid.is_set() {
            self.came.push((ports.outputs[0].tdata.get(), ports.outputs[0].tlast.is_set()));
        }
    }

    /// One access, and cycles until it is answered: whether it failed, and what was read.
    pub fn access(&mut self, access: Access) -> (bool, u32) {
        self.master.begin(access);
        loop {
            let answers = self.step();
            if let Some(answer) = answers.into_iter().flatten().next() {
                return (answer.failed, answer.data);
            }
        }
    }

    pub fn step(&mut self) -> [Option<sim::Answer>; 2] {
        self.settle();
        let mut wrong = Vec::new();
        let answers = self.master.sample(&mut wrong);
        assert!(wrong.is_empty(), "{wrong:?}");
        self.clock.set(1);
        self.model.eval();
        answers
    }

    pub fn read(&mut self, word: u32) -> u32 {
        let (failed, data) = self.access(Access::Read { address: 4 * word });
        assert!(!failed, "word {word}");
        data
    }

    pub fn control(&mut self, bits: u32) {
        assert_eq!(self.access(Access::write(4 * chip::CONTROL, bits)), (false, 0));
    }

    /// Offers words and hands back what leaves up to the end of the sample.
    pub fn play(&mut self, words: &[Output]) -> Vec<Output> {
        (self.waiting, self.taken, self.came) = (words.to_vec(), 0, vec![]);
        self.finish()
    }

    /// The same with the words that are offered already.
    pub fn finish(&mut self) -> Vec<Output> {
        for _ in 0..100_000 {
            self.step();
            if self.came.last().is_some_and(|(_, last)| *last) {
                return std::mem::take(&mut self.came);
            }
        }
        panic!("no end of the sample: {:?}", self.came);
    }
}
