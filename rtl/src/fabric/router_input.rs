//! One input of a router, behind its buffer: which outputs the packet at the head still waits for.

use super::packet::PacketFormat;
use hdl::prelude::*;

/// Asks the outputs of the route for the packet at the head of a buffer; see [`super::Switch`].
///
/// The route itself is looked up outside: `ports` must be those of `key`, in the same cycle.
#[derive(Clone, Debug, LogicBlock)]
pub struct RouterInput {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub key: Sig<Out>,
    pub ports: Sig<In>,
    pub head: Sig<Out>,
    pub request: Vec<Signal<Out, Bit>>,
    pub done: Vec<Signal<In, Bit>>,
    slice_filled: Vec<Flag>,
    slice_word: Vec<Register>,
    slice_ports: Vec<ResetRegister>,
    no_ports: Vec<Const>,
    refill: Vec<Signal<Local, Bit>>,
    head_valid: Signal<Local, Bit>,
    head_ports: Sig<Local>,
    toward: BitSplit,
    served: Vec<Flag>,
    open: Vec<Signal<Local, Bit>>,
    left: Vec<BitJoin>,
    taken: Vec<BitJoin>,
    leaves: Signal<Local, Bit>,
    _ports: usize,
    _direct: usize,
    _sliced: usize,
    _one_way: usize,
    _any_way: usize,
    _unicast_ports: usize,
    _multicast_ports: usize,
    _word_bits: u32,
    _key_bits: u32,
}

impl RouterInput {
    /// For packets of this format and so many outputs. `register_slice`: a register for packet and route. `one_way`: each
    /// packet takes exactly one output; else one may take several (if there are multicasts) or none, and is dropped.
    pub fn new(register_slice: bool, one_way: bool, format: &PacketFormat, ports: usize) -> Self {
        let packet = u(format.width());
        let multicast = format.has_multicast();
        assert!(!(one_way && multicast), "a multicast takes more than one way");
        let sliced = usize::from(register_slice);
        let (suffix, latency) = match register_slice {
            true => ("_sliced", "one cycle from a packet taken to its request; one packet per cycle"),
            false => ("", "none; one packet per cycle"),
        };
        let ways = if one_way { "_one_way" } else { "" };
        let name = format!("router_input_{ports}x{}{ways}{suffix}", packet.width);
        let mut doc = Doc::new(name, format!("One input of a router, behind its buffer: requests to {}.", several(ports, "output")))
            .rust("rtl::fabric::RouterInput")
            .latency(latency)
            .checked("head_valid")
            .port("in_ready", if register_slice { "the slice is empty or its packet leaves" } else { "the packet leaves" })
            .port("in_data", "the oldest packet of the buffer")
            .port("key", "its address")
            .port("ports", "the outputs that it takes, in the same cycle")
            .port("head", "the packet that asks; held until every output of its route has taken it")
            .port("request", "the packet at the head wants this output")
            .port("done", format!("with request: that output's link takes the packet in this cycle; {} where no way leads", if one_way { "low" } else { "high" }));
        if one_way {
            doc = doc.line("Each packet takes exactly one output.");
        }
        if multicast {
            doc = doc.line(
                "A multicast is sent to each output of its route as soon as that one is free, not to all at once; \
                 those that have it are remembered until the last one takes it.",
            );
        }
        RouterInput {
            doc,
            clock: Default::default(),
            reset: Default::default(),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(packet),
            key: Sig::new(u(format.key_bits())),
            ports: Sig::new(u(ports as u32)),
            head: Sig::new(packet),
            request: (0..ports).map(|_| Default::default()).collect(),
            done: (0..ports).map(|_| Default::default()).collect(),
            slice_filled: vec![Flag::new(); sliced],
            slice_word: Register::several(sliced, packet),
            slice_ports: (0..sliced).map(|_| ResetRegister::new(u(ports as u32), 0)).collect(),
            no_ports: (0..sliced).map(|_| Const::new(u(ports as u32), 0)).collect(),
            refill: vec![Default::default(); sliced],
            head_valid: Default::default(),
            head_ports: Sig::new(u(ports as u32)),
            toward: BitSplit::new(ports as u32),
            served: vec![Flag::new(); if multicast { ports } else { 0 }],
            open: (0..ports).map(|_| Default::default()).collect(),
            left: (0..usize::from(!one_way)).map(|_| BitJoin::new(ports as u32)).collect(),
            taken: (0..usize::from(one_way)).map(|_| BitJoin::new(ports as u32)).collect(),
            leaves: Default::default(),
            _ports: ports,
            _direct: 1 - sliced,
            _sliced: sliced,
            _one_way: usize::from(one_way),
            _any_way: usize::from(!one_way),
            _unicast_ports: if multicast { 0 } else { ports },
            _multicast_ports: if multicast { ports } else { 0 },
            _word_bits: format.word_bits,
            _key_bits: format.key_bits(),
        }
    }
}

impl Logic for RouterInput {
    #[hdl_gen]
    fn update(&mut self) {
        self.key.next = bit_cast_slice(self.in_data.val(), self._word_bits, self._key_bits);
        for _i in 0..self._direct {
            self.head_valid.next = self.in_valid.val();
            self.head.next = self.in_data.val();
            self.head_ports.next = self.ports.val();
        }
        for i in 0..self._sliced {
            self.head_valid.next = self.slice_filled[i].q.val();
            self.head.next = self.slice_word[i].q.val();
            self.head_ports.next = self.slice_ports[i].q.val();
        }

        comment!("Outputs that the packet at the head still has to take");
        self.toward.input.next = self.head_ports.val();
        for p in 0..self._unicast_ports {
            self.open[p].next = self.toward.bit[p].val();
        }
        for p in 0..self._multicast_ports {
            self.open[p].next = self.toward.bit[p].val() & !self.served[p].q.val();
        }
        for _i in 0..self._direct {
            for p in 0..self._ports {
                self.request[p].next = self.head_valid.val() & self.open[p].val();
            }
        }
        for _i in 0..self._sliced {
            for p in 0..self._ports {
                self.request[p].next = self.open[p].val();
            }
        }
        for i in 0..self._one_way {
            for p in 0..self._ports {
                self.taken[i].bit[p].next = self.done[p].val();
            }
            self.leaves.next = self.taken[i].output.val().any();
        }
        for i in 0..self._any_way {
            for p in 0..self._ports {
                self.left[i].bit[p].next = self.open[p].val() & !self.done[p].val();
            }
            self.leaves.next = self.head_valid.val() & !self.left[i].output.val().any();
            for p in 0..self._multicast_ports {
                self.served[p].clock.next = self.clock.val();
                self.served[p].reset.next = self.reset.val();
                self.served[p].d.next = self.head_valid.val()
                    & (self.served[p].q.val() | self.done[p].val())
                    & self.left[i].output.val().any();
            }
        }

        for _i in 0..self._direct {
            self.in_ready.next = self.leaves.val();
        }
        for i in 0..self._sliced {
            comment!("Register slice: the head is refilled when it is empty or leaves; an empty one has no ports");
            self.slice_filled[i].clock.next = self.clock.val();
            self.slice_filled[i].reset.next = self.reset.val();
            self.slice_word[i].clock.next = self.clock.val();
            self.slice_ports[i].clock.next = self.clock.val();
            self.slice_ports[i].reset.next = self.reset.val();
            self.refill[i].next = self.leaves.val() | !self.slice_filled[i].q.val();
            self.in_ready.next = self.refill[i].val();
            self.slice_filled[i].d.next = self.in_valid.val() | !self.refill[i].val();
            self.slice_word[i].d.next = self.slice_word[i].q.val();
            self.slice_ports[i].d.next = self.slice_ports[i].q.val();
            if self.refill[i].val() {
                self.slice_word[i].d.next = self.in_data.val();
                self.slice_ports[i].d.next = self.no_ports[i].val();
                if self.in_valid.val() {
                    self.slice_ports[i].d.next = self.ports.val();
                }
            }
        }
    }
}
