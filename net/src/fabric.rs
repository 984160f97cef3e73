//! The user's wish for a network of routers, as flags and settings say it.

/// A network of routers that carries spikes between cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fabric {
    /// Routers in rows and columns, each with a core.
    Mesh { rows: usize, columns: usize },
    /// Routers with so many cores or routers below them.
    Tree { children: usize },
}

/// Most rows and columns of a mesh.
const LONGEST: usize = 64;
/// Most cores or routers below a router.
const WIDEST: usize = 16;

impl std::str::FromStr for Fabric {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = match text.split_once(':') {
            Some(("mesh", size)) => size.split_once('x').and_then(|(rows, columns)| {
                let (rows, columns) = (rows.parse().ok()?, columns.parse().ok()?);
                let legal = 1..=LONGEST;
                (legal.contains(&rows) && legal.contains(&columns)).then_some(Fabric::Mesh { rows, columns })
            }),
            Some(("tree", children)) => children
                .parse()
                .ok()
                .filter(|children| (2..=WIDEST).contains(children))
                .map(|children| Fabric::Tree { children }),
            _ => None,
        };
        found.ok_or_else(|| {
            format!("mesh:RxC, rows and columns 1 to {LONGEST}; or tree:N, 2 to {WIDEST} cores or routers below each router")
        })
    }
}

impl std::fmt::Display for Fabric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fabric::Mesh { rows, columns } => write!(f, "mesh:{rows}x{columns}"),
            Fabric::Tree { children } => write!(f, "tree:{children}"),
        }
    }
}

/// How cores get their places on routers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// Few hops, weighted by what is sent.
    #[default]
    Near,
    /// Anywhere, by a seed: no answer depends on it.
    Random(u64),
    /// As said: the place of each core, and the router of the chip's edge.
    At { seats: Vec<usize>, edge: usize },
}

impl std::str::FromStr for Placement {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let places = |list: &str| {
            let (seats, edge) = list.split_once('/')?;
            let seats = seats.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
            Some(Placement::At { seats, edge: edge.parse().ok()? })
        };
        let found = match text.split_once(':') {
            None if text == "near" => Some(Placement::Near),
            Some(("random", seed)) => seed.parse().ok().map(Placement::Random),
            Some(("at", list)) => places(list),
            _ => None,
        };
        found.ok_or_else(|| "near, random:SEED, or at:3,0,1/2 with the router of each core and that of the chip's edge".into())
    }
}

impl std::fmt::Display for Placement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Placement::Near => f.write_str("near"),
            Placement::Random(seed) => write!(f, "random:{seed}"),
            Placement::At { seats, edge } => {
                let seats: Vec<String> = seats.iter().map(usize::to_string).collect();
                write!(f, "at:{}/{edge}", seats.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_survives_its_text() {
        for text in ["near", "random:7", "at:3,0,1/2", "at:0/0"] {
            assert_eq!(text.parse::<Placement>().unwrap().to_string(), text);
        }
        for text in ["far", "random", "random:x", "at:1,2", "at:/1", "at:1,/1", "at:1/"] {
            assert!(text.parse::<Placement>().unwrap_err().contains("random:SEED"), "{text}");
        }
    }

    #[test]
    fn a_fabric_survives_its_text() {
        for text in ["mesh:2x3", "mesh:1x64", "tree:2", "tree:16"] {
            assert_eq!(text.parse::<Fabric>().unwrap().to_string(), text);
        }
        for text in ["mesh", "mesh:2", "mesh:0x3", "mesh:2x65", "tree:1", "tree:17", "ring:4", "tree:2x2", "mesh:2x2x2"] {
            assert!(text.parse::<Fabric>().unwrap_err().contains("mesh:RxC"), "{text}");
        }
    }
}
