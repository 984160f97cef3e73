//! AER ends with unrelated clocks, and ticks from outside.

use std::collections::VecDeque;

use hdl::blocks::{AerReceiver, AerSender};
use rtl::fabric::{design, StepEnd, TickInserter};
use rtl::Design;
use sim::{build, BuildOptions, Drive, Instance, Random, Signal};

use super::common;

const WIDTH: u32 = 20;

/// A chip with a clock of its own.
struct Chip {
    instance: Instance,
    clock: Drive,
    /// Time of the next rising edge.
    next: u64,
    period: u64,
}

impl Chip {
    fn new(design: &Design, period: u64) -> Chip {
        let instance = build(design, &BuildOptions::default()).unwrap().block();
        let clock = instance.drive("clk").unwrap();
        let mut chip = Chip { instance, clock, next: period, period };
        let reset = chip.drive("rst");
        reset.set(1);
        (0..4).for_each(|_| chip.edge());
        reset.set(0);
        chip
    }

    fn drive(&self, name: &str) -> Drive {
        self.instance.drive(name).unwrap()
    }

    fn read(&self, name: &str) -> Signal {
        self.instance.read(name).unwrap()
    }

    fn edge(&mut self) {
        for level in [1, 0] {
            self.clock.set(level);
            self.instance.eval();
        }
    }
}

/// A wire that takes up to `slowest` units of time, anew for each change.
struct Wire {
    slowest: usize,
    shown: u64,
    coming: VecDeque<(u64, u64)>,
}

impl Wire {
    fn new(slowest: usize) -> Wire {
        Wire { slowest, shown: 0, coming: VecDeque::new() }
    }

    fn put(&mut self, value: u64, now: u64, random: &mut Random) {
        if self.coming.back().map_or(self.shown, |change| change.1) != value {
            let earliest = self.coming.back().map_or(now, |change| change.0);
            self.coming.push_back((earliest.max(now + random.below(self.slowest + 1) as u64), value));
        }
    }

    /// What the other end sees.
    fn get(&mut self, now: u64) -> u64 {
        while self.coming.front().is_some_and(|change| change.0 <= now) {
            self.shown = self.coming.pop_front().unwrap().1;
        }
        self.shown
    }

    fn changing(&self) -> bool {
        !self.coming.is_empty()
    }
}

/// Both chips, wires of up to a fifth of the sender's period, words in and out at random. Words sent, words received, or what
/// went against the protocol.
fn talk(sender: &Design, receiver: &Design, periods: (u64, u64), ready: f64, seed: u64) -> Result<(Vec<u64>, Vec<u64>), String> {
    let (mut a, mut b) = (Chip::new(sender, periods.0), Chip::new(receiver, periods.1));
    let mut random = Random::new(seed, 9);
    let slowest = periods.0 as usize / 5;
    let (mut req, mut ack, mut data) = (Wire::new(slowest), Wire::new(slowest), Wire::new(slowest));
    let (in_valid, in_data, in_ready) = (a.drive("in_valid"), a.drive("in_data"), a.read("in_ready"));
    let (a_req, a_ack, a_data) = (a.read("aer_req"), a.drive("aer_ack"), a.read("aer_data"));
    let (b_req, b_ack, b_data) = (b.drive("aer_req"), b.read("aer_ack"), b.drive("aer_data"));
    let (out_valid, out_ready, out_data) = (b.read("out_valid"), b.drive("out_ready"), b.read("out_data"));
    let (mut sent, mut received, mut held) = (vec![], vec![], None);
    let mut before = (0, 0);
    let last = 3000 * periods.0.max(periods.1);
    let mut now = 0;
    while now < last {
        now = a.next.min(b.next);
        // Words are offered in the first half only, so that the rest can arrive.
        let offering = now < last / 2;
        if a.next == now {
            a_ack.set(ack.get(now));
            in_valid.set(u64::from(held.is_some()));
            in_data.set(held.unwrap_or_else(|| random.next() & ((1 << WIDTH) - 1)));
            a.instance.eval();
            if in_ready.is_set() {
                sent.extend(held.take());
            }
            a.edge();
            if held.is_none() && offering && random.chance(1 << 31) {
                held = Some(random.next() & ((1 << WIDTH) - 1));
            }
            let now_out = (a_req.get(), a_data.get());
            if now_out.0 == 1 && now_out.1 != before.1 {
                return Err(format!("time {now}: data change while req is high or with its rise"));
            }
            if now_out.0 > before.0 && ack.get(now) == 1 {
                return Err(format!("time {now}: req rises while ack is high"));
            }
            before = now_out;
            req.put(now_out.0, now, &mut random);
            data.put(now_out.1, now, &mut random);
            a.next += a.period;
        }
        if b.next == now {
            b_req.set(req.get(now));
            let word = data.get(now);
            // A bus on its way shows anything.
            b_data.set(if data.changing() { random.next() & ((1 << WIDTH) - 1) } else { word });
            out_ready.set(u64::from(!offering || random.chance(Random::threshold(ready))));
            b.instance.eval();
            if out_valid.is_set() && out_ready.signal().is_set() {
                received.push(out_data.get());
            }
            b.edge();
            ack.put(b_ack.get(), now, &mut random);
            b.next += b.period;
        }
    }
    match sent == received {
        true => Ok((sent, received)),
        false => Err(format!("{} words sent, {} received, first difference at {:?}", sent.len(), received.len(),
            sent.iter().zip(&received).position(|(a, b)| a != b))),
    }
}

fn ends() -> (Design, Design) {
    (design(AerSender::new(4, WIDTH, Default::default()), "aer_sender"), design(AerReceiver::new(4, WIDTH), "aer_receiver"))
}

/// Periods of the two clocks: equal, each much faster than the other, and without a common measure.
const PERIODS: [(u64, u64); 5] = [(1000, 1000), (1000, 170), (170, 1000), (1009, 733), (631, 947)];

#[test]
fn two_chips_without_a_common_clock_lose_no_word() {
    if !common::have_tools() {
        return;
    }
    let (sender, receiver) = ends();
    for (seed, periods) in PERIODS.into_iter().enumerate() {
        for ready in [1.0, 0.5, 0.03] {
            let (sent, _) = talk(&sender, &receiver, periods, ready, seed as u64).unwrap_or_else(|error| panic!("{periods:?}, {ready}: {error}"));
            assert!(sent.len() > 40, "{periods:?}, {ready}: only {} words", sent.len());
        }
    }
}

#[test]
fn a_fault_at_either_end_is_seen() {
    if !common::have_tools() {
        return;
    }
    let (sender, receiver) = ends();
    let broken = |design: &Design, text: &str, fault: &str| common::edited(design, &format!("rtl/{}.v", design.top), text, fault);
    // Once with a link that keeps up, once with one that lets the queue run full.
    let seen = |sender: &Design, receiver: &Design| {
        PERIODS.iter().any(|&periods| [0.5, 0.02].iter().any(|&ready| talk(sender, receiver, periods, ready, 3).is_err()))
    };
    assert!(!seen(&sender, &receiver));
    for (text, fault) in [
        ("loaded & !answered", "loaded"),
        ("!(request & answered)", "!answered"),
        ("if (load) begin\n            word", "if (1'b1) begin\n            word"),
    ] {
        assert!(seen(&broken(&sender, text, fault), &receiver), "{fault}");
    }
    for (text, fault) in [
        ("asked & !acknowledge", "asked"),
        ("acknowledge | queue_in_ready", "1'b1"),
        ("asked & (acknowledge", "(asked | acknowledge) & (acknowledge"),
    ] {
        assert!(seen(&sender, &broken(&receiver, text, fault)), "{fault}");
    }
}

/// Runs words through a tick inserter; the words that came out, the ends of steps by cycle, and the overruns.
fn ticks(end: StepEnd, ready: f64, seed: u64) {
    let design = design(TickInserter::new(WIDTH, end, Default::default()), "tick_inserter");
    let mut chip = Chip::new(&design, 1);
    let (in_valid, in_data, in_ready) = (chip.drive("in_valid"), chip.drive("in_data"), chip.read("in_ready"));
    let (out_valid, out_ready, out_data) = (chip.read("out_valid"), chip.drive("out_ready"), chip.read("out_data"));
    let overruns = chip.read("overruns");
    let pin = chip.instance.drive("tick_pin").ok();
    let enable = chip.instance.drive("tick_enable").ok();
    let (last_pin, pending) = (chip.drive("tick_last"), chip.read("pending"));
    let mut random = Random::new(seed, 4);
    let (tick, tick_last) = (1u64 << (WIDTH - 2), 2u64 << (WIDTH - 2));
    let is_tick = |word: u64| word == tick || word == tick_last;
    // What must come out, in order: words and, for each end that was not an overrun, a tick.
    let mut expected: VecDeque<u64> = VecDeque::new();
    let (mut ends, mut lost, mut got_ticks, mut offered) = (0u64, 0u64, 0u64, None);
    // The pin's level of the last cycles, newest first.
    let mut level = [false; 4];
    let mut last_level = [false; 3];
    let mut enabled = [false; 3];
    let (mut elapsed, mut lasts, mut closes) = (0, 0u64, false);
    let (mut owed, mut filled, mut shown) = (false, false, None);
    let mut steady = 0;
    for cycle in 0..20_000u64 {
        if let Some(pin) = pin {
            // Levels last two cycles and more.
            steady += 1;
            let change = steady > 2 && random.chance(1 << 29);
            if change {
                steady = 0;
            }
            let now = level[0] != change;
            level = [now, level[0], level[1], level[2]];
            pin.set(u64::from(now));
        }
        if let Some(enable) = enable {
            enabled = [random.chance(3 << 30), enabled[0], enabled[1]];
            enable.set(u64::from(enabled[0]));
        }
        last_level = [random.chance(1 << 30), last_level[0], last_level[1]];
        last_pin.set(u64::from(last_level[0]));
        // Two flip-flops in front of everything that comes from outside.
        elapsed += u64::from(enabled[2]);
        let ended = match end {
            StepEnd::Timer(cycles) => enabled[2] && elapsed % cycles == 0,
            // Two flip-flops, and one that remembers.
            StepEnd::Pin => level[2] && !level[3],
        };
        if offered.is_none() && random.chance(1 << 31) {
            offered = Some(random.next() & (tick - 1));
        }
        in_valid.set(u64::from(offered.is_some()));
        in_data.set(offered.unwrap_or(0));
        let taking = random.chance(Random::threshold(ready));
        out_ready.set(u64::from(taking));
        chip.instance.eval();
        assert_eq!((overruns.get(), pending.is_set()), (lost.min(65_535), owed), "cycle {cycle}");
        // The rule of links: what is offered stays.
        let out = out_valid.is_set().then(|| out_data.get());
        if let Some(waiting) = shown {
            assert_eq!(out, Some(waiting), "cycle {cycle}: an offered word changed");
        }
        assert_eq!(out.is_some(), filled, "cycle {cycle}");
        let free = taking || !filled;
        if let (Some(word), true) = (out, taking) {
            assert_eq!(Some(word), expected.pop_front(), "cycle {cycle}");
            got_ticks += u64::from(is_tick(word));
            lasts += u64::from(word == tick_last);
        }
        shown = out.filter(|_| !taking);
        assert_eq!(in_ready.is_set(), free && !owed, "cycle {cycle}");
        let tick_goes = owed && free;
        if tick_goes {
            expected.push_back(if closes { tick_last } else { tick });
        }
        if in_ready.is_set() {
            if let Some(word) = offered.take() {
                expected.push_back(word);
            }
        }
        lost += u64::from(ended && owed && !tick_goes);
        ends += u64::from(ended);
        closes = (ended && last_level[2]) || (owed && !tick_goes && closes);
        owed = ended || (owed && !tick_goes);
        filled = !expected.is_empty();
        chip.edge();
    }
    assert!(ends > 100 && got_ticks > 50 && lasts > 5, "{end:?}: {ends} ends, {got_ticks} ticks, {lasts} of them end a sample");
    assert_eq!(ends, got_ticks + lost + u64::from(owed) + expected.iter().filter(|word| is_tick(**word)).count() as u64);
    if ready < 0.1 {
        assert!(lost > 10, "{end:?}: {lost} overruns");
    }
}

#[test]
fn steps_end_by_pin_and_by_timer() {
    if !common::have_tools() {
        return;
    }
    for (seed, end) in [StepEnd::Pin, StepEnd::Timer(2), StepEnd::Timer(25)].into_iter().enumerate() {
        for ready in [1.0, 0.6, 0.03] {
            ticks(end, ready, seed as u64);
        }
    }
}
