//! The configuration bus of a running design: what it says against what the links showed and golden knows.
//!
//! Before the first sample the chip must say what it is; while samples run the bus is read and written at random places, where it
//! may change nothing; at the end every counter must be what was counted here, and clear and freeze must do what they say.

use golden::Trace;
use net::{MapShape, Origin, Output, Source, Spikes, Synapses};
use rtl::config::map::{chip, control};
use rtl::config::{ConfigPort, CoreCounter, RegisterMap};
use rtl::{Kind, LinkFormat};

use super::core::Core;
use super::{Run, Setup};
use crate::axi_lite::{Access, Answer, AxiMaster};
use crate::error::SimError;
use crate::lockstep::finding::{Finding, Findings};
use crate::lockstep::link::LinkMonitor;
use crate::lockstep::report::{CoreCounts, LockstepReport, RegisterReport};
use crate::model::Instance;
use crate::random::Random;
use crate::spi::SpiMaster;
use crate::waves::Recorder;

/// Most cycles of an access: a bus that is slower is stuck.
const MOST_CYCLES: u64 = 5_000;

/// Most words that are read back.
const READ_BACK: usize = 1000;

/// Most holes between memories that are tried.
const HOLES: usize = 100;

/// The bus, and what its counters must hold.
pub(super) struct Registers {
    map: RegisterMap,
    master: Master,
    random: Random,
    wrong: Vec<String>,
    answers: Vec<Answer>,
    watches: Vec<Watch>,
    /// By golden, per core; none where it says nothing.
    golden: Vec<Golden>,
    /// Of the last random read of a counter: its address and value.
    seen: Vec<u32>,
    /// Reads and writes at random places go on.
    disturbing: bool,
    /// The network is held in reset.
    pub(super) holding: bool,
    /// What the control register shows.
    state: u32,
    /// What is written into memories and tables, if it is: word address, data.
    image: Vec<(u32, u32)>,
    report: RegisterReport,
}

/// What one core has done, by its links.
struct Watch {
    counts: [u64; CoreCounter::ALL.len()],
    open: bool,
    steps_inside: u64,
    formats: (LinkFormat, LinkFormat),
}

/// What one core has to do.
#[derive(Clone, Copy, Default)]
struct Golden {
    heard: u64,
    sent: u64,
    steps: u64,
    samples: u64,
    /// Where the machine adds what golden counts: all weights of a layer that is not in groups.
    sops: Option<u64>,
}

impl Registers {
    /// None for a design without the bus, or without probes inside.
    pub(super) fn new(setup: &Setup, instance: &Instance) -> Result<Option<Registers>, SimError> {
        let Some(map) = setup.plan.registers().filter(|_| !setup.design.cores.is_empty()) else { return Ok(None) };
        let options = setup.options;
        let watch = |core: &rtl::CorePlan| Watch {
            counts: [0; CoreCounter::ALL.len()],
            open: false,
            steps_inside: 0,
            formats: (core.input, core.output),
        };
        let golden = |core: &rtl::CorePlan| {
            let grouped = matches!(&core.layer.synapses, Synapses::Conv2d(conv) if conv.groups > 1);
            Golden { sops: (core.table.is_none() && !grouped).then_some(0), ..Golden::default() }
        };
        Ok(Some(Registers {
            master: match map.config.port {
                ConfigPort::AxiLite => Master::AxiLite(AxiMaster::new(instance, options.seed, options.stall.max(0.2))?),
                ConfigPort::Spi => Master::Spi(SpiMaster::new(instance, options.seed, setup.plan.edges.stages.spi_cycles() / 2)?),
            },
            random: Random::new(options.seed, 0x7265_6769),
            wrong: Vec::new(),
            answers: Vec::new(),
            watches: setup.plan.cores.iter().map(watch).collect(),
            golden: setup.plan.cores.iter().map(golden).collect(),
            seen: vec![0; map.base(setup.plan.cores.len()) as usize],
            disturbing: false,
            holding: map.config.is_written(),
            state: if map.config.is_written() { control::RESET } else { 0 },
            image: image(setup.plan, &map),
            report: RegisterReport::default(),
            map,
        }))
    }

    /// Whether an access to a memory's address does something: only while the network is in reset.
    fn is_memory(&self, word: u32) -> bool {
        self.holding && self.image.binary_search_by_key(&word, |(address, _)| *address).is_ok()
    }

    /// Another sample runs.
    pub(super) fn expect(&mut self, setup: &Setup, input: &Spikes, trace: &Trace) {
        let counters = &trace.counters;
        // An edge that is heard one step late loses what the sample's last step sends.
        let brings = |source: &Source, map: MapShape| {
            let spikes = match source.from {
                Origin::Input(_) => input,
                Origin::Layer(from) => &trace.layers[from].spikes,
            };
            let on_time = spikes.len().saturating_sub(source.delay as usize);
            spikes[..on_time].iter().flatten().filter(|neuron| source.heard(map, **neuron as usize).is_some()).count() as u64
        };
        for (i, golden) in self.golden.iter_mut().enumerate() {
            let layer = &setup.net.layers[i];
            golden.heard += setup.net.sources[i].iter().map(|source| brings(source, layer.input)).sum::<u64>();
            golden.sent += match layer.neuron.output {
                Output::Spike => counters.spikes[i],
                Output::Value => counters.steps * layer.output.len() as u64,
            };
            golden.steps += counters.steps;
            golden.samples += 1;
            golden.sops = golden.sops.map(|sops| sops + counters.sops[i]);
        }
    }

    /// Sets the bus for a cycle.
    pub(super) fn drive(&mut self) {
        if self.disturbing {
            let address = self.random.below(4 << self.map.address_bits()) as u32;
            let data = self.random.next() as u32;
            // Every other time a memory that is written in reset only.
            let address = match self.image.len() {
                words if words > 0 && data % 2 == 0 => 4 * self.image[self.random.below(words)].0,
                _ => address,
            };
            // A frame of SPI has more bits of address than there are registers.
            let beyond = matches!(self.master, Master::Spi(_)) && data % 8 == 3;
            let address = if beyond { address | 1 << 23 } else { address };
            match self.random.below(32) {
                0 => self.try_begin(Access::Read { address }),
                // To the control register nothing but what stands there.
                1 => self.try_begin(Access::write(address, if address / 4 == chip::CONTROL { 0 } else { data })),
                2 => {
                    let strobe = self.random.below(15) as u32;
                    self.try_begin(Access::Write { address: 4 * chip::CONTROL, data, strobe })
                }
                _ => {}
            }
        }
        self.master.drive();
    }

    fn try_begin(&mut self, access: Access) {
        if !self.master.is_busy(&access) {
            self.master.begin(access);
        }
    }

    /// Looks at the bus and the links before a rising edge.
    pub(super) fn sample(&mut self, cores: &[Core], findings: &mut Findings) {
        for (watch, core) in self.watches.iter_mut().zip(cores) {
            watch.sample(core);
        }
        let answers = self.master.sample(&mut self.wrong);
        for answer in answers.into_iter().flatten() {
            self.report.accesses += 1;
            self.check_answer(answer);
            self.answers.push(answer);
        }
        for rtl in self.wrong.drain(..) {
            findings.add(Finding {
                check: "configuration bus",
                layer: None,
                neuron: None,
                sample: None,
                step: None,
                golden: "the bus's protocol, and registers as docs/config.md has them".into(),
                rtl,
            });
        }
    }

    /// The response, and of constants the value.
    fn check_answer(&mut self, answer: Answer) {
        let last = self.map.base(self.watches.len());
        let exists = |word: u32| word < self.map.chip_rows() as u32 || (rtl::config::map::CHIP_WORDS..last).contains(&word);
        let (word, fails) = match answer.access {
            Access::Read { address } => (address / 4, !exists(address / 4) && !self.is_memory(address / 4)),
            Access::Write { address, strobe, .. } => {
                (address / 4, strobe != 15 || !(address / 4 == chip::CONTROL || self.is_memory(address / 4)))
            }
        };
        if answer.failed != fails {
            self.wrong.push(format!("{answer:x?}, should fail: {fails}"));
        }
        if let Access::Write { data, .. } = answer.access {
            if word == chip::CONTROL && !fails {
                self.state = data & (control::RESET | control::HALT | control::FREEZE);
            }
            return;
        }
        if word == chip::CONTROL && answer.data != self.state {
            self.wrong.push(format!("{answer:x?}, should be {:x}", self.state));
        }
        if let Some(&constant) = self.map.constants().get(word as usize).filter(|constant| **constant != answer.data) {
            self.wrong.push(format!("{answer:x?}, should be {constant:x}"));
        }
        // While samples run: counters grow, and are not ahead of the links.
        if self.disturbing && word > chip::CONTROL && !fails {
            let before = std::mem::replace(&mut self.seen[word as usize], answer.data);
            if answer.data < before {
                self.wrong.push(format!("word {word}: {} after {before}", answer.data));
            }
        }
    }

    /// What counter `counter` of core `core` must hold, by the links.
    fn counted(&self, core: usize, counter: CoreCounter) -> u64 {
        self.watches[core].counts[counter as usize]
    }

    fn of_core(&self, core: usize, name: &str) -> CoreCounts {
        let counted = |counter| self.counted(core, counter);
        CoreCounts {
            layer: name.to_string(),
            spikes_in: counted(CoreCounter::SpikesIn),
            words_out: counted(CoreCounter::WordsOut),
            steps: counted(CoreCounter::Steps),
            samples: counted(CoreCounter::Samples),
            busy: counted(CoreCounter::Busy),
            input_stalls: counted(CoreCounter::InputStalls),
            output_stalls: counted(CoreCounter::OutputStalls),
            sops: counted(CoreCounter::Sops),
        }
    }

    /// Counters that were compared.
    pub(super) fn compared(&self) -> u64 {
        self.report.compared
    }

    /// Adds what was compared.
    pub(super) fn close(mut self, setup: &Setup, report: &mut LockstepReport) {
        for (core, plan) in setup.plan.cores.iter().enumerate() {
            let counts = self.of_core(core, &plan.layer.name);
            self.report.cores.push(counts);
        }
        report.registers = Some(self.report);
    }
}

/// Who asks.
enum Master {
    AxiLite(AxiMaster),
    Spi(SpiMaster),
}

impl Master {
    fn is_idle(&self) -> bool {
        match self {
            Master::AxiLite(master) => master.is_idle(),
            Master::Spi(master) => master.is_idle(),
        }
    }

    /// Whether an access cannot begin now, or never: SPI has no strobes.
    fn is_busy(&self, access: &Access) -> bool {
        match self {
            Master::AxiLite(master) => master.is_busy(access),
            Master::Spi(master) => !master.is_idle() || matches!(access, Access::Write { strobe: 0..=14, .. }),
        }
    }

    fn begin(&mut self, access: Access) {
        match self {
            Master::AxiLite(master) => master.begin(access),
            Master::Spi(master) => master.begin(access),
        }
    }

    fn drive(&mut self) {
        match self {
            Master::AxiLite(master) => master.drive(),
            Master::Spi(master) => master.drive(),
        }
    }

    fn sample(&mut self, wrong: &mut Vec<String>) -> [Option<Answer>; 2] {
        match self {
            Master::AxiLite(master) => master.sample(wrong),
            Master::Spi(master) => [master.sample(wrong), None],
        }
    }
}

/// What is written before the network runs, by address.
fn image(plan: &rtl::Plan, map: &RegisterMap) -> Vec<(u32, u32)> {
    let mut image = rtl::config::weight_image(map, &plan.cores);
    image.extend(rtl::config::route_image(map, plan));
    image.sort_unstable();
    image
}

impl Watch {
    fn sample(&mut self, core: &Core) {
        let kind = |link: &LinkMonitor, format: LinkFormat| link.offered().map(|bits| format.decode_link(bits).kind);
        let (offered_in, offered_out) = (kind(&core.input, self.formats.0), kind(&core.output, self.formats.1));
        let taken = offered_in.filter(|_| core.input.is_ready());
        let sent = offered_out.filter(|_| core.output.is_ready());
        let is_tick = |kind: Option<Kind>| matches!(kind, Some(Kind::Tick | Kind::TickLast));
        let mut count = |counter: CoreCounter, happens: bool| self.counts[counter as usize] += u64::from(happens);
        count(CoreCounter::SpikesIn, taken == Some(Kind::Spike));
        count(CoreCounter::WordsOut, matches!(sent, Some(Kind::Spike | Kind::Value)));
        count(CoreCounter::Steps, is_tick(sent));
        count(CoreCounter::Samples, sent == Some(Kind::TickLast));
        count(CoreCounter::Busy, self.open || self.steps_inside > 0);
        count(CoreCounter::InputStalls, offered_in.is_some() && taken.is_none());
        count(CoreCounter::OutputStalls, offered_out.is_some() && sent.is_none());
        self.counts[CoreCounter::Sops as usize] = core.scoreboard.additions;
        if taken.is_some() {
            self.open = !is_tick(taken);
        }
        self.steps_inside = (self.steps_inside + u64::from(is_tick(taken))).saturating_sub(u64::from(is_tick(sent)));
    }
}

impl Run<'_> {
    /// Before the first sample: what the chip says that it is.
    pub(super) fn greet(&mut self, mut recorder: Option<&mut Recorder>) -> Result<(), SimError> {
        let Some(registers) = &self.registers else { return Ok(()) };
        let constants = registers.map.constants().len() as u32;
        let reads = (0..=constants).map(|word| Access::Read { address: 4 * word }).collect();
        self.accesses(reads, recorder.as_deref_mut())?;
        self.load(recorder)?;
        if let Some(registers) = &mut self.registers {
            registers.disturbing = true;
        }
        Ok(())
    }

    /// Writes all weights, constants and routes, reads some of them back, and lets the network go.
    fn load(&mut self, mut recorder: Option<&mut Recorder>) -> Result<(), SimError> {
        let Some(registers) = self.registers.as_mut().filter(|registers| registers.map.config.is_written()) else { return Ok(()) };
        let image = registers.image.clone();
        let last = registers.map.end();
        // In any order.
        let mut shuffled = image.clone();
        (1..shuffled.len()).for_each(|i| shuffled.swap(i, registers.random.below(i + 1)));
        let mut some: Vec<(u32, u32)> = shuffled.iter().step_by(1 + shuffled.len() / READ_BACK).copied().collect();
        some.extend(image.first().iter().chain(&image.last()).map(|word| **word));
        let writes = shuffled.iter().map(|(word, data)| Access::write(4 * word, *data)).collect();
        self.accesses(writes, recorder.as_deref_mut())?;
        let reads = some.iter().map(|(word, _)| Access::Read { address: 4 * word }).collect();
        let found = self.accesses(reads, recorder.as_deref_mut())?;
        self.must("memories read back", some.iter().map(|(_, data)| *data).collect(), found.iter().map(|answer| answer.data).collect::<Vec<_>>());
        // Nothing is behind the last region, and between memories there are holes: those fail.
        let holes = (rtl::config::map::CHIP_WORDS..last).filter(|word| image.binary_search_by_key(word, |(address, _)| *address).is_err());
        let holes: Vec<u32> = holes.collect();
        let holes = holes.iter().step_by(1 + holes.len() / HOLES);
        let holes = holes.flat_map(|word| [Access::Read { address: 4 * word }, Access::write(4 * word, 1)]).collect();
        self.accesses(holes, recorder.as_deref_mut())?;
        // The network begins before the answer comes, by many cycles over SPI: it clears its memories.
        if let Some(registers) = &mut self.registers {
            registers.holding = false;
        }
        self.accesses(vec![Access::write(4 * chip::CONTROL, 0)], recorder)?;
        (self.last_word, self.last_activity) = (self.findings.cycle, self.findings.cycle);
        Ok(())
    }

    /// Behind the last sample: all counters; then they stand still when told to, and are zero when told to.
    pub(super) fn take_stock(&mut self, mut recorder: Option<&mut Recorder>) -> Result<(), SimError> {
        let Some(registers) = &mut self.registers else { return Ok(()) };
        registers.disturbing = false;
        let words: Vec<u32> = (chip::CYCLES..chip::COUNT as u32).chain(rtl::config::map::CHIP_WORDS..registers.map.base(registers.watches.len())).collect();
        let reads = || words.iter().map(|word| Access::Read { address: 4 * word }).collect::<Vec<_>>();
        // What was under way ends first.
        self.accesses(vec![], recorder.as_deref_mut())?;
        let freeze_begins = self.findings.cycle;
        self.accesses(vec![Access::write(4 * chip::CONTROL, control::FREEZE)], recorder.as_deref_mut())?;
        let freeze_ends = self.findings.cycle;
        let found = self.accesses(reads(), recorder.as_deref_mut())?;
        self.compare(&found, freeze_begins, freeze_ends);
        self.accesses(vec![Access::Read { address: 4 * chip::CONTROL }], recorder.as_deref_mut())?;
        let again = self.accesses(reads(), recorder.as_deref_mut())?;
        // A frame of SPI has room for addresses beyond all registers.
        if matches!(self.registers, Some(Registers { master: Master::Spi(_), .. })) {
            let beyond = |word: u32| 1 << 23 | 4 * word;
            let tried = vec![Access::Read { address: beyond(0) }, Access::write(beyond(chip::CONTROL), control::RESET)];
            self.accesses(tried, recorder.as_deref_mut())?;
        }
        let clear = Access::write(4 * chip::CONTROL, control::FREEZE | control::CLEAR);
        self.accesses(vec![clear], recorder.as_deref_mut())?;
        let cleared = self.accesses(reads(), recorder.as_deref_mut())?;
        let goes_on = Access::write(4 * chip::CONTROL, 0);
        self.accesses(vec![goes_on], recorder.as_deref_mut())?;
        let clock = self.accesses(vec![Access::Read { address: 4 * chip::CYCLES }], recorder.as_deref_mut())?;
        let data = |answers: &[Answer]| answers.iter().map(|answer| answer.data).collect::<Vec<_>>();
        self.must("frozen counters", data(&found), data(&again));
        self.must("cleared counters", vec![0; words.len()], data(&cleared));
        self.must("the clock after freeze", vec![true], vec![clock.iter().all(|answer| answer.data > 0)]);
        self.accesses(vec![], recorder)?;
        Ok(())
    }

    /// Counters as they were read against what was counted here and what golden says.
    fn compare(&mut self, found: &[Answer], freeze_begins: u64, freeze_ends: u64) {
        let Some(registers) = self.registers.as_mut() else { return };
        let value = |word: u32| found.iter().find(|answer| matches!(answer.access, Access::Read { address } if address == 4 * word)).map(|answer| answer.data);
        let mut wrong = Vec::new();
        let mut compare = |name: String, word: u32, expected: u64| {
            if value(word) != Some(expected as u32) {
                wrong.push(format!("{name}: {:?}, should be {}", value(word), expected as u32));
            }
        };
        for (core, plan) in self.setup.plan.cores.iter().enumerate() {
            for counter in CoreCounter::ALL {
                let name = format!("{}.{}", plan.layer.name, counter.name());
                compare(name.clone(), registers.map.counter(core, counter), registers.counted(core, counter));
                let golden = registers.golden[core];
                let expected = match counter {
                    CoreCounter::SpikesIn => Some(golden.heard),
                    CoreCounter::WordsOut => Some(golden.sent),
                    CoreCounter::Steps => Some(golden.steps),
                    CoreCounter::Samples => Some(golden.samples),
                    CoreCounter::Sops => golden.sops,
                    _ => None,
                };
                if let Some(expected) = expected {
                    compare(format!("{name} by golden"), registers.map.counter(core, counter), expected);
                }
                registers.report.compared += 1;
            }
        }
        if self.setup.plan.edges.are_streams() {
            // With a guard the network holds up the guard, and the port is not what it counts.
            if self.setup.plan.edges.guard.is_none() {
                compare("input_stalls".into(), chip::INPUT_STALLS, self.sources[0].stalls.stalled);
            }
            compare("output_stalls".into(), chip::OUTPUT_STALLS, self.drains[0].link.stalls.stalled);
        }
        let cycles = u64::from(value(chip::CYCLES).unwrap_or(0)) + self.released;
        if !(freeze_begins..freeze_ends).contains(&cycles) {
            wrong.push(format!("cycles: {cycles} with reset, frozen between {freeze_begins} and {freeze_ends}"));
        }
        registers.wrong.extend(wrong);
    }

    fn must<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, golden: T, rtl: T) {
        if golden != rtl {
            if let Some(registers) = &mut self.registers {
                registers.wrong.push(format!("{what}: {rtl:?}, should be {golden:?}"));
            }
        }
    }

    /// Runs until all `accesses` are answered, one after the other; the chip gets no input words meanwhile.
    fn accesses(&mut self, accesses: Vec<Access>, mut recorder: Option<&mut Recorder>) -> Result<Vec<Answer>, SimError> {
        let mut found = Vec::new();
        let mut waiting = accesses.into_iter();
        let limit = self.findings.cycle + MOST_CYCLES * (1 + waiting.len() as u64);
        loop {
            let Some(registers) = &mut self.registers else { break };
            if registers.master.is_idle() {
                found.append(&mut registers.answers);
                match waiting.next() {
                    Some(access) => registers.master.begin(access),
                    None if registers.wrong.is_empty() => break,
                    None => {}
                }
            }
            if self.findings.cycle > limit {
                break;
            }
            self.cycle(self.finished, recorder.as_deref_mut())?;
        }
        Ok(found)
    }
}
