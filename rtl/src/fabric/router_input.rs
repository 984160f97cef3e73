//! One input of a router: queue, route, and which outputs the word at the head still waits for.

use super::config::RouterConfig;
use super::queue::Queue;
use super::route::RouteLookup;
use crate::hdl::prelude::*;

/// Queues packets and asks the outputs of the route for the one at the head; see [`super::Router`].
#[derive(Clone, Debug, LogicBlock)]
pub struct RouterInput {
    doc: Doc,
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub here_row: Vec<Sig<In>>,
    pub here_column: Vec<Sig<In>>,
    pub in_valid: Signal<In, Bit>,
    pub in_ready: Signal<Out, Bit>,
    pub in_data: Sig<In>,
    pub head: Sig<Out>,
    pub request: Vec<Signal<Out, Bit>>,
    pub done: Vec<Signal<In, Bit>>,
    queue: Queue,
    first: Sig<Local>,
    lookup: RouteLookup,
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
    left: BitJoin,
    leaves: Signal<Local, Bit>,
    _ports: usize,
    _places: usize,
    _direct: usize,
    _sliced: usize,
    _unicast_ports: usize,
    _multicast_ports: usize,
    _word_bits: u32,
    _key_bits: u32,
}

impl RouterInput {
    pub fn new(config: &RouterConfig) -> Self {
        let (ports, format) = (config.ports.len(), config.format);
        let packet = u(format.width());
        let lookup = RouteLookup::new(config);
        let places = lookup.here_row.len();
        let sliced = usize::from(config.register_slice);
        let multicast = format.has_multicast();
        let latency = if config.register_slice { "two cycles" } else { "one cycle" };
        let mut doc = Doc::new(format!("{}_input", config.name), "One input of a router: queue, route, requests.")
            .rust("rtl::fabric::RouterInput")
            .latency(format!("{latency} from a word taken to its request; one word per cycle"))
            .port("here_row", "this router's row, counted from north")
            .port("here_column", "this router's column, counted from west")
            .port("in_ready", "from a register: the queue has a free place")
            .port("head", "the oldest packet; held until every output of its route has taken it")
            .port("request", format!("the oldest packet wants output 0..{} ({})", ports - 1, config.ports.join(", ")))
            .port("done", "with request: that output's link takes the packet in this cycle; high where no way leads");
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
            here_row: Sig::several(places, u(format.row_bits.max(1))),
            here_column: Sig::several(places, u(format.column_bits.max(1))),
            in_valid: Default::default(),
            in_ready: Default::default(),
            in_data: Sig::new(packet),
            head: Sig::new(packet),
            request: (0..ports).map(|_| Default::default()).collect(),
            done: (0..ports).map(|_| Default::default()).collect(),
            queue: Queue::new(config.depth, packet.width),
            first: Sig::new(packet),
            lookup,
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
            left: BitJoin::new(ports as u32),
            leaves: Default::default(),
            _ports: ports,
            _places: places,
            _direct: 1 - sliced,
            _sliced: sliced,
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
        clock!(self, clock, queue);
        self.queue.reset.next = self.reset.val();

        comment!("The queue, and the route of the word that leaves it next");
        self.queue.in_valid.next = self.in_valid.val();
        self.queue.in_data.next = self.in_data.val();
        self.in_ready.next = self.queue.in_ready.val();
        self.first.next = self.queue.out_data.val();
        self.lookup.key.next = bit_cast_slice(self.first.val(), self._word_bits, self._key_bits);
        for i in 0..self._places {
            self.lookup.here_row[i].next = self.here_row[i].val();
            self.lookup.here_column[i].next = self.here_column[i].val();
        }
        for _i in 0..self._direct {
            self.head_valid.next = self.queue.out_valid.val();
            self.head.next = self.first.val();
            self.head_ports.next = self.lookup.ports.val();
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
        for p in 0..self._ports {
            self.left.bit[p].next = self.open[p].val() & !self.done[p].val();
        }
        self.leaves.next = self.head_valid.val() & !self.left.output.val().any();
        for p in 0..self._multicast_ports {
            self.served[p].clock.next = self.clock.val();
            self.served[p].reset.next = self.reset.val();
            self.served[p].d.next =
                self.head_valid.val() & (self.served[p].q.val() | self.done[p].val()) & self.left.output.val().any();
        }

        for _i in 0..self._direct {
            self.queue.out_ready.next = self.leaves.val();
        }
        for i in 0..self._sliced {
            comment!("Register slice: the head is refilled when it is empty or leaves; an empty one has no ports");
            self.slice_filled[i].clock.next = self.clock.val();
            self.slice_filled[i].reset.next = self.reset.val();
            self.slice_word[i].clock.next = self.clock.val();
            self.slice_ports[i].clock.next = self.clock.val();
            self.slice_ports[i].reset.next = self.reset.val();
            self.refill[i].next = self.leaves.val() | !self.slice_filled[i].q.val();
            self.queue.out_ready.next = self.refill[i].val();
            self.slice_filled[i].d.next = self.queue.out_valid.val() | !self.refill[i].val();
            self.slice_word[i].d.next = self.slice_word[i].q.val();
            self.slice_ports[i].d.next = self.slice_ports[i].q.val();
            if self.refill[i].val() {
                self.slice_word[i].d.next = self.first.val();
                self.slice_ports[i].d.next = self.no_ports[i].val();
                if self.queue.out_valid.val() {
                    self.slice_ports[i].d.next = self.lookup.ports.val();
                }
            }
        }
    }
}
