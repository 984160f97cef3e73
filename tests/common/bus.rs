//! A simulated chip with a configuration bus, clocked by hand.

use net::random::Random;
use net::{Network, Spikes};
use rtl::config::map::{chip, control, MAGIC};
use rtl::config::{route_image, weight_image, Config, ConfigPort, CoreCounter};
use rtl::edge::Edges;
use rtl::{Kind, PlanOptions};
use sim::{Access, AxiMaster, Drive, Instance};

use super::chip::{stream, Output};
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
        chip.reset();
        chip
    }

    /// Four cycles of the chip's own reset.
    fn reset(&mut self) {
        self.model.ports().aresetn.set(0);
        for _ in 0..4 {
            self.settle();
            self.clock.set(1);
            self.model.eval();
        }
        self.model.ports().aresetn.set(1);
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
        let answer = (0..10_000).find_map(|_| self.step().into_iter().flatten().next());
        let answer = answer.unwrap_or_else(|| panic!("no answer to {access:?}"));
        (answer.failed, answer.data)
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

/// Soft reset in the middle of samples and halt: what the network and its counters do. Panics where they do something else.
pub fn reset_and_halt(hardware: &Hardware, design: &rtl::Design) {
    let map = hardware.plan.registers().unwrap();
    let words = stream(hardware, &net::random::spikes(&hardware.net, 5, 6, 0.3), &mut || vec![]);
    let mut chip = Chip::new(design, 0.2);
    let cores = hardware.plan.cores.len();
    assert_eq!((chip.read(0), chip.read(chip::CORES)), (MAGIC, cores as u32));
    assert_eq!((chip.read(chip::NET_HASH), chip.read(chip::NET_HASH_HIGH)), (NET_HASH as u32, (NET_HASH >> 32) as u32));
    let fresh = chip.play(&words);
    assert!(fresh.len() > 6, "spikes leave: {fresh:?}");
    let random = &mut Random::new(3);
    for _ in 0..5 {
        // A reset in the middle of a sample: what had come so far is forgotten, the counters are not.
        let part = random.size(1, words.len() - 1);
        (chip.waiting, chip.taken) = (words[..part].to_vec(), 0);
        (0..100_000).find(|_| {
            chip.step();
            chip.taken == part
        });
        let heard = chip.read(map.counter(0, CoreCounter::SpikesIn));
        chip.control(control::RESET);
        assert_eq!(chip.read(chip::CONTROL), control::RESET);
        assert!(!chip.model.ports().inputs[0].tready.is_set() && !chip.model.ports().outputs[0].tvalid.is_set());
        assert!(chip.read(map.counter(0, CoreCounter::SpikesIn)) >= heard && heard > 0);
        let busy = |chip: &mut Chip| (0..cores).map(|core| chip.read(map.counter(core, CoreCounter::Busy))).collect::<Vec<_>>();
        let at_rest = busy(&mut chip);
        assert_eq!(busy(&mut chip), at_rest, "in reset");
        chip.control(0);
        assert_eq!(chip.play(&words), fresh, "after a reset behind {part} words");
        let at_rest = busy(&mut chip);
        assert_eq!(busy(&mut chip), at_rest, "behind the sample");
    }
    // The chip's own reset in the middle of a sample: the counters begin anew, and nothing is inside.
    (chip.waiting, chip.taken) = (words[..words.len() / 2].to_vec(), 0);
    for _ in 0..200 {
        chip.step();
    }
    (chip.waiting, chip.taken) = (vec![], 0);
    chip.reset();
    for core in 0..cores {
        assert_eq!(CoreCounter::ALL.map(|counter| chip.read(map.counter(core, counter))), [0; 8], "core {core}");
    }
    assert_eq!(chip.play(&words), fresh, "after a reset of the chip");
    // Halted, the network takes nothing; it goes on as if nothing had been.
    chip.control(control::HALT | control::CLEAR);
    (chip.waiting, chip.taken, chip.came) = (words.clone(), 0, vec![]);
    for _ in 0..300 {
        chip.step();
    }
    assert_eq!((chip.taken, chip.read(map.counter(0, CoreCounter::SpikesIn))), (0, 0));
    assert!(chip.read(chip::INPUT_STALLS) >= 300);
    chip.control(0);
    assert_eq!(chip.finish(), fresh);
    // What is no register, and what is none to write.
    let end = map.base(hardware.plan.cores.len());
    if end < 1 << map.address_bits() {
        assert!(chip.access(Access::Read { address: 4 * end }).0);
    }
    assert!(chip.access(Access::write(0, 1)).0 && chip.access(Access::write(4 * map.base(0), 1)).0);
    assert!(chip.access(Access::Write { address: 4 * chip::CONTROL, data: 1, strobe: 1 }).0);
    assert_eq!(chip.read(chip::CONTROL), 0);
}

/// Whether a core's counters stand still while they are frozen, whatever it does, and go on afterwards.
pub fn freezes(hardware: &Hardware, design: &rtl::Design) -> bool {
    let map = hardware.plan.registers().unwrap();
    let words = stream(hardware, &net::random::spikes(&hardware.net, 5, 6, 0.3), &mut || vec![]);
    let mut chip = Chip::new(design, 0.2);
    let counters = |chip: &mut Chip| CoreCounter::ALL.map(|counter| chip.read(map.counter(0, counter)));
    chip.play(&words);
    chip.control(control::FREEZE);
    let before = counters(&mut chip);
    chip.play(&words);
    let after = counters(&mut chip);
    chip.control(0);
    chip.play(&words);
    let later = counters(&mut chip);
    let grows = |counter: CoreCounter| later[counter as usize] > before[counter as usize];
    before == after && [CoreCounter::SpikesIn, CoreCounter::Sops, CoreCounter::Busy].into_iter().all(grows)
}
