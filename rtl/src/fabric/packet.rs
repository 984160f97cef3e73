//! The word that travels through routers: a link word with a route in front of it. See `docs/router.md`.
//!
//! This is the one place that knows the bits of the route; the bits of the word below it are `crate::link`'s.

/// Where a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Route {
    /// To the core at this place of the mesh.
    Unicast { row: usize, column: usize },
    /// To every core that listens to this stream: the spikes of one layer (or part of it) that one core sends.
    Multicast { source: usize, layer: usize },
}

/// A decoded packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packet {
    /// A destination's permission to send the next step, for a source; the word is ignored. False: a word of a link.
    pub grant: bool,
    pub route: Route,
    /// A link word (`LinkFormat::encode_link`), or anything.
    pub word: u64,
}

/// Layout of a packet, lowest bit first: word, address, multicast (if there are streams and places), grant.
///
/// The address is `{row, column}` of a unicast and `{layer, source}` of a multicast; the shorter one has zeros above.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PacketFormat {
    /// Width of the link word.
    pub word_bits: u32,
    /// At least 1 each where routers compare places; both 0: no unicast.
    pub row_bits: u32,
    pub column_bits: u32,
    /// Bits of a multicast's source core; with `layer_bits` 0 as well, there is no multicast.
    pub source_bits: u32,
    pub layer_bits: u32,
}

impl PacketFormat {
    /// Whether packets can go to several cores.
    pub fn has_multicast(&self) -> bool {
        self.source_bits + self.layer_bits > 0
    }

    /// Bits that tell multicast from unicast: one where there are both.
    pub fn multicast_bits(&self) -> u32 {
        u32::from(self.has_multicast() && self.row_bits + self.column_bits > 0)
    }

    /// Bits of the address.
    pub fn address_bits(&self) -> u32 {
        (self.row_bits + self.column_bits).max(self.source_bits + self.layer_bits)
    }

    /// Bits of the whole packet.
    pub fn width(&self) -> u32 {
        self.word_bits + self.address_bits() + self.multicast_bits() + 1
    }

    /// Bits of a routing table's key, `{multicast, address}`.
    pub fn key_bits(&self) -> u32 {
        self.address_bits() + self.multicast_bits()
    }

    /// A routing table's key: address, and multicast above it.
    pub fn key(&self, route: Route) -> u64 {
        match route {
            Route::Unicast { row, column } => (row as u64) << self.column_bits | column as u64,
            Route::Multicast { source, layer } => {
                u64::from(self.multicast_bits()) << self.address_bits() | (layer as u64) << self.source_bits | source as u64
            }
        }
    }

    /// The packet as bits. Panics where a field does not fit: planners check sizes before.
    pub fn encode(&self, packet: Packet) -> u64 {
        assert!(packet.word >> self.word_bits == 0, "a word of more than {} bits", self.word_bits);
        let fits = |value: usize, bits: u32| value >> bits == 0;
        let fits = match packet.route {
            Route::Unicast { row, column } => {
                let is_place = self.row_bits + self.column_bits > 0 || !self.has_multicast();
                is_place && fits(row, self.row_bits) && fits(column, self.column_bits)
            }
            Route::Multicast { source, layer } => {
                self.has_multicast() && fits(source, self.source_bits) && fits(layer, self.layer_bits)
            }
        };
        assert!(fits, "{:?} does not fit {self:?}", packet.route);
        u64::from(packet.grant) << (self.width() - 1) | self.key(packet.route) << self.word_bits | packet.word
    }

    /// A packet from its bits.
    pub fn decode(&self, bits: u64) -> Packet {
        let field = |low: u32, width: u32| bits >> low & ((1u64 << width) - 1);
        let at = self.word_bits;
        let multicast = match self.multicast_bits() {
            0 => self.has_multicast(),
            _ => field(at + self.address_bits(), 1) == 1,
        };
        let part = |low: u32, width: u32| field(at + low, width) as usize;
        Packet {
            grant: field(self.width() - 1, 1) == 1,
            route: match multicast {
                true => Route::Multicast {
                    source: part(0, self.source_bits),
                    layer: part(self.source_bits, self.layer_bits),
                },
                false => Route::Unicast {
                    row: part(self.column_bits, self.row_bits),
                    column: part(0, self.column_bits),
                },
            },
            word: field(0, self.word_bits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_survive_their_bits() {
        let both = PacketFormat { word_bits: 20, row_bits: 3, column_bits: 2, source_bits: 5, layer_bits: 3 };
        let plain = PacketFormat { word_bits: 25, row_bits: 3, column_bits: 3, source_bits: 0, layer_bits: 0 };
        let streams = PacketFormat { row_bits: 0, column_bits: 0, ..both };
        assert_eq!((both.width(), plain.width(), streams.width()), (30, 32, 29));
        for format in [both, plain, streams] {
            for grant in [false, true] {
                for route in [Route::Unicast { row: 6, column: 3 }, Route::Multicast { source: 21, layer: 5 }] {
                    let is_multicast = matches!(route, Route::Multicast { .. });
                    if (format == plain && is_multicast) || (format == streams && !is_multicast) {
                        continue;
                    }
                    let packet = Packet { grant, route, word: 0xabcde };
                    assert_eq!(format.decode(format.encode(packet)), packet);
                }
            }
        }
        assert_eq!(both.encode(Packet { grant: false, route: Route::Unicast { row: 1, column: 2 }, word: 5 }), 6 << 20 | 5);
    }

    #[test]
    #[should_panic(expected = "does not fit")]
    fn a_place_outside_the_mesh_is_refused() {
        let format = PacketFormat { word_bits: 8, row_bits: 2, column_bits: 2, source_bits: 0, layer_bits: 0 };
        format.encode(Packet { grant: false, route: Route::Unicast { row: 4, column: 0 }, word: 0 });
    }
}
