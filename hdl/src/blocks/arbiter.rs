//! Who goes first: the arbiter of a router's output.

use rust_hdl::core::ast::Verilog;

use crate::prelude::*;

/// Grants one of `n` requests: the one served longest ago. When all ask all the time, that is round robin.
///
/// One bit per pair of requesters says which of the two yields. A requester whose word is taken yields to everyone from
/// then on; one that has the grant and must wait yields to nobody, so that the grant stays where it is. So each bit's next
/// value depends on two grants, `taken` and itself: one LUT.
/// **Bound:** a standing request has the grant after at most `n - 1` words of others were taken.
#[derive(Clone, Debug, LogicBlock)]
pub struct Arbiter {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub requests: Sig<In>,
    pub taken: Signal<In, Bit>,
    pub grants: Sig<Out>,
    _requesters: usize,
    /// Of each pair, in the order of [`pairs`]: the higher number yields.
    _higher_yields: Vec<bool>,
}

/// All `(higher, lower)` of `n` requesters.
fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (1..n).flat_map(|higher| (0..higher).map(move |lower| (higher, lower)))
}

impl Arbiter {
    /// For `n` requesters, at least 1.
    pub fn new(n: usize) -> Self {
        assert!(n > 0, "an arbiter of nobody");
        Arbiter {
            doc: Doc::new(format!("arbiter_{n}"), format!("Grants one of {}: the one served longest ago.", several(n, "request")))
                .line(
                    "yields_i_j: of requesters i and j, i yields; else j does. Once its word is taken, a requester yields to everyone; \
                     while it has the grant and waits, to nobody, so that the grant stays. A request must stand until its word is taken.",
                )
                .rust("hdl::blocks::Arbiter")
                .latency("none: grants follow requests in the same cycle")
                .fact("Fairness", format!("a request waits for at most {} of others", several(n - 1, "word")))
                .port("requests", "bit i: requester i has a word; stays until that word is taken")
                .port("taken", "the word of the grant moves in this cycle")
                .port("grants", "one bit, or none if nobody asks"),
            clock: Default::default(),
            reset: Default::default(),
            requests: Sig::new(u(n as u32)),
            taken: Default::default(),
            grants: Sig::new(u(n as u32)),
            _requesters: n,
            _higher_yields: vec![true; n * (n - 1) / 2],
        }
    }

    fn granted(&self) -> u64 {
        let requests = self.requests.val().to_u64();
        let mut grants = requests;
        for ((higher, lower), higher_yields) in pairs(self._requesters).zip(&self._higher_yields) {
            let (yielding, first) = if *higher_yields { (higher, lower) } else { (lower, higher) };
            grants &= !((requests >> first & 1) << yielding);
        }
        grants
    }
}

impl Logic for Arbiter {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let (grants, taken) = (self.grants.val().to_u64(), self.taken.val());
            for ((higher, lower), higher_yields) in pairs(self._requesters).zip(&mut self._higher_yields) {
                *higher_yields = match (grants >> higher & 1, grants >> lower & 1) {
                    _ if self.reset.val() => true,
                    (1, _) => taken,
                    (_, 1) => !taken,
                    _ => *higher_yields,
                };
            }
        }
        self.grants.next = u(self._requesters as u32).value(self.granted() as i128);
    }

    fn connect(&mut self) {
        self.grants.connect();
    }

    fn hdl(&self) -> Verilog {
        let n = self._requesters;
        if n == 1 {
            return Verilog::Custom("assign grants = requests;\n\nwire unused = &{clk, rst, taken};\n".into());
        }
        let mut text = String::new();
        for (higher, lower) in pairs(n) {
            text += &format!("reg yields_{higher}_{lower};\n");
        }
        text += "\n";
        for i in 0..n {
            let yields = |j: usize| match i > j {
                true => format!("yields_{i}_{j}"),
                false => format!("!yields_{j}_{i}"),
            };
            let others = (0..n).filter(|&j| j != i).map(|j| format!(" & !(requests[{j}] & {})", yields(j)));
            text += &format!("wire grant_{i} = requests[{i}]{};\n", others.collect::<String>());
        }
        let bits: Vec<String> = (0..n).rev().map(|i| format!("grant_{i}")).collect();
        text += &format!("assign grants = {{{}}};\n", bits.join(", "));
        text += "\nalways @(posedge clk)\n    if (rst) begin\n";
        for (higher, lower) in pairs(n) {
            text += &format!("        yields_{higher}_{lower} <= 1'b1;\n");
        }
        text += "    end else begin\n";
        for (higher, lower) in pairs(n) {
            text += &format!("        if (grant_{higher} | grant_{lower}) yields_{higher}_{lower} <= taken ^ grant_{lower};\n");
        }
        text += "    end\n";
        Verilog::Custom(text)
    }
}
