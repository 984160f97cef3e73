//! Where a packet leaves a half of a mesh's router.

use super::packet::PacketFormat;
use hdl::prelude::*;

/// Which way packets of a port are under way already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heading {
    /// They start here, in either direction.
    Start,
    /// They come from where numbers are lower, and go on to where they are higher, or stay.
    Up,
    /// The other way.
    Down,
}

/// `ports = {toward higher numbers, toward lower ones, here}` of one dimension, without registers.
#[derive(Clone, Debug, LogicBlock)]
pub struct RouteLookup {
    doc: Doc,
    pub here: Sig<In>,
    pub key: Sig<In>,
    pub stream: Vec<Sig<Out>>,
    pub stream_ports: Vec<Sig<In>>,
    pub ports: Sig<Out>,
    place: Sig<Local>,
    same: Signal<Local, Bit>,
    toward: BitJoin,
    _starts: usize,
    _goes_up: usize,
    _goes_down: usize,
    _streams: usize,
    _low: u32,
    _bits: u32,
    _address_bits: u32,
}

impl RouteLookup {
    /// `row`: along the row, to the packet's column; else along the column, to its row.
    pub(super) fn new(format: &PacketFormat, row: bool, heading: Heading) -> Self {
        let (along, to) = if row { ("row", "column") } else { ("column", "row") };
        let (low, bits) = if row { (0, format.column_bits) } else { (format.column_bits, format.row_bits) };
        let streams = usize::from(format.has_multicast());
        let (kind, rule) = match heading {
            Heading::Start => ("start", format!("Along the {along} to the packet's {to}.")),
            Heading::Up => ("up", format!("A packet that comes from a lower {to} has its own here or higher up.")),
            Heading::Down => ("down", format!("A packet that comes from a higher {to} has its own here or lower down.")),
        };
        let mut doc = Doc::new(format!("route_{along}_{kind}"), "Which ports a packet takes from here.")
            .line(rule)
            .rust("rtl::fabric::RouteLookup")
            .latency("none: combinational")
            .port("here", format!("this router's {to}"))
            .port("key", if streams > 0 { "{multicast, address} of the packet" } else { "address of the packet: {row, column}" })
            .port("ports", format!("{{to a higher {to}, to a lower {to}, to stay in this {to}}}"));
        if streams > 0 {
            doc = doc
                .line("A multicast goes where the table says.")
                .port("stream", "row of the table, {layer, source}")
                .port("stream_ports", "the table's ports for it");
        }
        RouteLookup {
            doc,
            here: Sig::new(u(bits)),
            key: Sig::new(u(format.key_bits())),
            stream: Sig::several(streams, u(format.address_bits())),
            stream_ports: Sig::several(streams, u(3)),
            ports: Sig::new(u(3)),
            place: Sig::new(u(bits)),
            same: Default::default(),
            toward: BitJoin::new(3),
            _starts: usize::from(heading == Heading::Start),
            _goes_up: usize::from(heading == Heading::Up),
            _goes_down: usize::from(heading == Heading::Down),
            _streams: streams,
            _low: low,
            _bits: bits,
            _address_bits: format.address_bits(),
        }
    }
}

impl Logic for RouteLookup {
    #[hdl_gen]
    fn update(&mut self) {
        self.place.next = bit_cast_slice(self.key.val(), self._low, self._bits);
        self.same.next = self.place.val() == self.here.val();
        self.toward.bit[0].next = self.same.val();
        for _i in 0..self._starts {
            self.toward.bit[1].next = self.place.val() < self.here.val();
            self.toward.bit[2].next = self.place.val() > self.here.val();
        }
        for _i in 0..self._goes_up {
            self.toward.bit[1].next = false;
            self.toward.bit[2].next = !self.same.val();
        }
        for _i in 0..self._goes_down {
            self.toward.bit[1].next = !self.same.val();
            self.toward.bit[2].next = false;
        }
        self.ports.next = self.toward.output.val();
        for i in 0..self._streams {
            self.stream[i].next = unsigned_cast_to(self.key.val(), self._address_bits);
            if self.key.val().get_bit(bits_number(self._address_bits)) {
                self.ports.next = self.stream_ports[i].val();
            }
        }
    }
}
