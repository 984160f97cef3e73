//! A simulated chip with a configuration bus, clocked by hand.

use net::{Network, Spikes};
use rtl::config::map::{chip, control};
use rtl::config::{route_image, weight_image, Config, ConfigPort};
use rtl::edge::Edges;
use rtl::{Kind, PlanOptions};
use sim::{Access, AxiMaster, Drive, Instance};

use super::chip::Output;
use super::hardware::{quick_build, Hardware};

pub const NET_HASH: u64 = 0x0123_4567_89ab_cdef;

pub fn with_bus(options: PlanOptions, loadable: bool) -> PlanOptions {
    with_port(options, ConfigPort::AxiLite, loadable)
}

pub fn with_port(options: PlanOptions, port: ConfigPort, loadable: bool) -> PlanOptions {
    let config = Some(Config { port, net_hash: NET_HASH, loadable, routes: false, guard: false });
    PlanOptions { edges: Edges { config, ..Edges::default() }, ..options }
}

/// The same with routes that are written.
pub fn with_routes(options: PlanOptions, loadable: bool) -> PlanOptions {
    let config = Some(Config { port: ConfigPort::AxiLite, net_hash: NET_HASH, loadable, routes: true, guard: false });
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

    /// Holds the network in reset, writes memories and tables as `hardware` has them, lets it go.
    pub fn load(&mut self, hardware: &Hardware) {
        let map = hardware.plan.registers().unwrap();
        let mut image = weight_image(&map, &hardware.plan.cores);
        image.extend(route_image(&map, &hardware.plan));
        self.write_all(&image);
    }

    /// The same with words as they are given: word address, data.
    pub fn write_all(&mut self, image: &[(u32, u32)]) {
        self.control(control::RESET);
        for (word, data) in image {
            assert_eq!(self.access(Access::write(4 * word, *data)), (false, 0));
        }
        self.control(0);
    }

    /// Offers words and hands back what leaves up to the end of the sample.
    pub fn play(&mut self, words: &[Output]) -> Vec<Output> {
        (self.waiting, self.taken, self.came) = (words.to_vec(), 0, vec![]);
        self.finish()
    }

    /// The same with the words that are offered already.
    pub fn finish(&mut self) -> Vec<Output> {
        self.finish_within(100_000).unwrap_or_else(|| panic!("no end of the sample: {:?}", self.came))
    }

    /// Nothing if the sample has no end after so many cycles.
    pub fn finish_within(&mut self, cycles: usize) -> Option<Vec<Output>> {
        (0..cycles).find_map(|_| {
            self.step();
            let ended = self.came.last().is_some_and(|(_, last)| *last);
            ended.then(|| std::mem::take(&mut self.came))
        })
    }
}

/// What one time step leaves the chip, in a fixed order.
pub fn in_steps(hardware: &Hardware, words: &[Output]) -> Vec<Vec<(usize, i64)>> {
    let (format, shape) = (hardware.plan.output_format(), hardware.net.output());
    let mut steps = vec![vec![]];
    for (word, _) in words {
        let word = format.decode_stream(*word);
        let Some(step) = steps.last_mut() else { continue };
        match word.kind {
            Kind::Tick | Kind::TickLast => steps.push(vec![]),
            _ => step.push((shape.index(word.c, word.y, word.x), word.payload)),
        }
    }
    steps.pop();
    steps.iter_mut().for_each(|step| step.sort_unstable());
    steps
}

/// The same by golden.
pub fn by_golden(net: &Network, sample: &Spikes) -> Vec<Vec<(usize, i64)>> {
    let trace = golden::Engine::new(net).trace(sample);
    let last = trace.leaving(&trace.answer);
    last.spikes.iter().map(|step| step.iter().map(|&neuron| (neuron as usize, 0)).collect()).collect()
}
