//! What several chips and the links between them did.

/// Chips in the order of their links, and who sets the pace. Shares are of the time in which a sample was on the board.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct BoardReport {
    /// Cycles of the simulation's clock in which a sample was on the board.
    pub cycles: u64,
    pub chips: Vec<ChipReport>,
    /// Link `i` leads from chip `i` to the next.
    pub links: Vec<ChipLink>,
    /// Who sets the pace: a chip, a link, or the input if nobody is busy.
    pub bottleneck: String,
}

/// One chip.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct ChipReport {
    /// Its top module.
    pub name: String,
    /// Ticks of its clock.
    pub cycles: u64,
    pub cores: Vec<CoreLoad>,
}

/// A core of a chip.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct CoreLoad {
    pub layer: String,
    /// Ticks in which it had a word to take or could take none: all but those in which it waited for one.
    pub busy: u64,
    pub busy_share: f64,
}

impl ChipReport {
    /// The core that is busiest.
    pub fn busiest(&self) -> Option<&CoreLoad> {
        self.cores.iter().max_by_key(|core| core.busy)
    }
}

/// A link between two chips.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct ChipLink {
    /// `chip 0 to chip 1`.
    pub name: String,
    pub words: u64,
    /// Words that ended a time step.
    pub ticks: u64,
    pub words_per_step: f64,
    pub words_per_sample: f64,
    /// Cycles of the simulation's clock in which `req` or `ack` was up.
    pub handshake: u64,
    /// Those, and those in which a word waited for the link.
    pub busy: u64,
    pub busy_share: f64,
    /// Ticks of the sending chip in which its last core's word waited for the link.
    pub stalled: u64,
    pub stall_share: f64,
}

impl BoardReport {
    /// Adds another part of the same run.
    pub(super) fn add(&mut self, other: &BoardReport) {
        self.cycles += other.cycles;
        for (chip, more) in self.chips.iter_mut().zip(&other.chips) {
            chip.cycles += more.cycles;
            chip.cores.iter_mut().zip(&more.cores).for_each(|(core, more)| core.busy += more.busy);
        }
        for (link, more) in self.links.iter_mut().zip(&other.links) {
            link.words += more.words;
            link.ticks += more.ticks;
            link.handshake += more.handshake;
            link.busy += more.busy;
            link.stalled += more.stalled;
        }
    }

    /// Fills in what follows from the counts.
    pub(super) fn conclude(&mut self, samples: usize) {
        let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
        for chip in &mut self.chips {
            chip.cores.iter_mut().for_each(|core| core.busy_share = share(core.busy, chip.cycles));
        }
        for (link, sender) in self.links.iter_mut().zip(&self.chips) {
            link.words_per_step = share(link.words, link.ticks);
            link.words_per_sample = share(link.words, samples as u64);
            link.busy_share = share(link.busy, self.cycles);
            link.stall_share = share(link.stalled, sender.cycles);
        }
        self.bottleneck = self.find_bottleneck();
    }

    /// Whoever sets the pace is always busy, and so are all before it, whom it holds up; those behind it wait. So it is the last in the row
    /// that is about as busy as any.
    fn find_bottleneck(&self) -> String {
        let mut row = Vec::new();
        for (i, chip) in self.chips.iter().enumerate() {
            row.push((format!("chip {i}"), chip.busiest().map_or(0.0, |core| core.busy_share)));
            row.extend(self.links.get(i).map(|link| (format!("link {}", link.name), link.busy_share)));
        }
        let most = row.iter().map(|(_, share)| *share).fold(0.0, f64::max);
        let slowest = row.into_iter().rev().find(|(_, share)| *share >= most * ABOUT);
        slowest.filter(|_| most >= BUSY).map_or("the input".to_string(), |(name, _)| name)
    }
}

/// About as busy.
const ABOUT: f64 = 0.9;
/// Who is busy less than that has time left.
const BUSY: f64 = 0.5;

#[cfg(test)]
mod tests {
    use super::*;

    fn chip(busy: u64, cycles: u64) -> ChipReport {
        let core = |busy| CoreLoad { busy, ..CoreLoad::default() };
        ChipReport { cycles, cores: vec![core(busy), core(busy / 2)], ..ChipReport::default() }
    }

    /// Percent in which chip 0, its link and chip 1 are busy.
    fn bottleneck(busy: [u64; 3]) -> String {
        let link = ChipLink { name: "chip 0 to chip 1".into(), busy: busy[1], ..ChipLink::default() };
        let mut board = BoardReport { cycles: 100, chips: vec![chip(busy[0], 100), chip(busy[2], 100)], links: vec![link], ..BoardReport::default() };
        board.conclude(1);
        board.bottleneck
    }

    #[test]
    fn the_last_that_is_busy_sets_the_pace() {
        assert_eq!(bottleneck([95, 30, 10]), "chip 0");
        assert_eq!(bottleneck([99, 96, 40]), "link chip 0 to chip 1");
        assert_eq!(bottleneck([96, 97, 98]), "chip 1");
        assert_eq!(bottleneck([60, 10, 98]), "chip 1");
        assert_eq!(bottleneck([20, 10, 30]), "the input");
    }

    #[test]
    fn parts_of_a_run_add_up() {
        let link = |words, ticks, busy, stalled| vec![ChipLink { words, ticks, busy, stalled, ..ChipLink::default() }];
        let mut report = BoardReport { cycles: 10, chips: vec![chip(2, 5); 2], links: link(6, 2, 8, 1), ..BoardReport::default() };
        report.add(&BoardReport { cycles: 30, chips: vec![chip(3, 15); 2], links: link(10, 6, 22, 0), ..BoardReport::default() });
        report.conclude(4);
        assert_eq!((report.cycles, report.chips[1].busiest().unwrap().busy_share), (40, 0.25));
        let link = &report.links[0];
        assert_eq!((link.words_per_step, link.words_per_sample, link.busy_share, link.stall_share), (2.0, 4.0, 0.75, 0.05));
    }
}
