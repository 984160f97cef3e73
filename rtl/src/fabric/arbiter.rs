//! Who goes first: the arbiter of a router's output.

use crate::hdl::prelude::*;

/// Grants one of `n` requests: the one served longest ago. When all ask all the time, that is round robin.
///
/// The order of the requesters is kept as `n` masks: whom each one yields to. A requester whose word is taken yields to
/// everyone from then on; one that has the grant and must wait yields to nobody, so that the grant stays where it is.
/// **Bound:** a standing request has the grant after at most `n - 1` words of others were taken.
#[derive(Clone, Debug, LogicBlock)]
pub struct Arbiter {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub requests: Sig<In>,
    pub taken: Signal<In, Bit>,
    pub grants: Sig<Out>,
    everyone_else: Vec<Const>,
    nobody: Const,
    yields_to: Vec<ResetRegister>,
    grant: BitJoin,
    granted: Sig<Local>,
    _requesters: usize,
}

impl Arbiter {
    /// For `n` requesters, at least 1.
    pub fn new(n: usize) -> Self {
        let mask = u(n as u32);
        let all = (1u128 << n) - 1;
        Arbiter {
            doc: Doc::new(format!("arbiter_{n}"), format!("Grants one of {}: the one served longest ago.", several(n, "request")))
                .line(
                    "Each requester has a mask of those it yields to. Once its word is taken, it yields to everyone; while it \
                     has the grant and waits, to nobody, so that the grant stays. A request must stand until its word is taken.",
                )
                .rust("rtl::fabric::Arbiter")
                .latency("none: grants follow requests in the same cycle")
                .fact("Fairness", format!("a request waits for at most {} of others", several(n - 1, "word")))
                .port("requests", "bit i: requester i has a word; stays until that word is taken")
                .port("taken", "the word of the grant moves in this cycle")
                .port("grants", "one bit, or none if nobody asks"),
            clock: Default::default(),
            reset: Default::default(),
            requests: Sig::new(mask),
            taken: Default::default(),
            grants: Sig::new(mask),
            everyone_else: (0..n).map(|i| Const::new(mask, (all & !(1 << i)) as i128)).collect(),
            nobody: Const::new(mask, 0),
            yields_to: (0..n).map(|i| ResetRegister::new(mask, (1i128 << i) - 1)).collect(),
            grant: BitJoin::new(n as u32),
            granted: Sig::new(mask),
            _requesters: n,
        }
    }
}

impl Logic for Arbiter {
    #[hdl_gen]
    fn update(&mut self) {
        comment!("The grant goes to the requester that yields to no other one");
        for i in 0..self._requesters {
            self.yields_to[i].clock.next = self.clock.val();
            self.yields_to[i].reset.next = self.reset.val();
            self.grant.bit[i].next =
                self.requests.val().get_bit(i) & !(self.requests.val() & self.yields_to[i].q.val()).any();
        }
        self.granted.next = self.grant.output.val();
        self.grants.next = self.granted.val();

        comment!("Who was served goes to the end of the line, who waits with a grant to its front");
        for i in 0..self._requesters {
            self.yields_to[i].d.next = self.yields_to[i].q.val() | self.granted.val();
            if self.taken.val() {
                self.yields_to[i].d.next = self.yields_to[i].q.val() & !self.granted.val();
            }
            if self.granted.val().get_bit(i) {
                self.yields_to[i].d.next = self.nobody.val();
                if self.taken.val() {
                    self.yields_to[i].d.next = self.everyone_else[i].val();
                }
            }
        }
    }
}
