//! Layers cut into parts by output channel or by output row, so that several cores share one layer.
//!
//! A part is a layer of its own: it has some of the whole layer's channels, or a band of its rows, with the same membrane word and constants. A part of
//! channels hears what the whole layer hears; a band hears those rows that reach it. Who heard the whole hears all parts, each at
//! its own place; an output sends the words of all. So every spike and every state is what it was.

mod part;

use crate::options::Parts;
use crate::{Layer, MapShape, Moved, Network, Origin, OutputNode, Place, Problem, Problems, Source, Synapses, NOWHERE};
use part::{part, window, Window};

/// A network with layers in parts, and where each of its layers comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    pub network: Network,
    /// For each layer of `network`.
    pub parts: Vec<Part>,
}

/// Some channels, or rows, of a layer; how many is in its output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Index of the layer in the network that was split.
    pub layer: usize,
    /// Its first channel.
    pub first: usize,
    /// Its first row.
    pub row: usize,
}

impl Part {
    /// Flat index in the whole layer, which has this shape, of neuron `index` of this part, which has that one.
    pub fn neuron(&self, whole: MapShape, own: MapShape, index: usize) -> usize {
        let (c, y, x) = own.coordinate(index);
        whole.index(self.first + c, self.row + y, x)
    }
}

/// Where a layer is cut: the first output channels, or the first output rows, of its parts, from 0, rising.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    Channels(Vec<usize>),
    Rows(Vec<usize>),
}

impl Cut {
    /// Parts of a layer of this shape that differ by at most one channel or row; the larger ones first.
    pub fn even(shape: MapShape, parts: Parts) -> Cut {
        match parts {
            Parts::Channels(n) => Cut::Channels(even(shape.c, n as usize)),
            Parts::Rows(n) => Cut::Rows(even(shape.h, n as usize)),
        }
    }

    fn starts(&self) -> &[usize] {
        match self {
            Cut::Channels(starts) | Cut::Rows(starts) => starts,
        }
    }

    /// How many channels or rows of `shape` there are to share, and what one is called.
    fn along(&self, shape: MapShape) -> (usize, &'static str) {
        match self {
            Cut::Channels(_) => (shape.c, "channel"),
            Cut::Rows(_) => (shape.h, "row"),
        }
    }
}

/// First channels (or rows) of `parts` parts of `all` that differ by at most one; the larger ones first.
fn even(all: usize, parts: usize) -> Vec<usize> {
    let (each, more) = (all / parts.max(1), all % parts.max(1));
    (0..parts).map(|part| part * each + part.min(more)).collect()
}

/// Name of a part of the layer or neuron node `name`.
pub fn part_name(name: &str, part: usize) -> String {
    format!("{name}.{part}")
}

/// Whether a layer may be cut there: `None`, or why not.
pub fn forbids(net: &Network, layer: usize, cut: &Cut) -> Option<String> {
    let layer = &net.layers[layer];
    match (cut, &layer.synapses) {
        _ if cut.starts().len() == 1 => None,
        (Cut::Channels(_), Synapses::Conv2d(conv)) if conv.groups > 1 => {
            Some("each part of a convolution in groups would hear words that it has no weights for; rows can be cut".into())
        }
        (Cut::Rows(_), Synapses::Dense(_)) => Some("a fully connected layer has no rows; channels can be cut".into()),
        (Cut::Rows(starts), _) => {
            let deaf = ranges(starts, layer.output.h).into_iter().find(|rows| window(layer, rows.clone()).is_none())?;
            Some(format!("output rows {} to {} hear nothing but padding", deaf.start, deaf.end - 1))
        }
        _ => None,
    }
}

/// From each start to the next.
fn ranges(starts: &[usize], end: usize) -> Vec<std::ops::Range<usize>> {
    let ends = starts.iter().skip(1).copied().chain([end]);
    starts.iter().zip(ends).map(|(&start, end)| start..end).collect()
}

/// Cuts each layer of `net`. One start: not cut.
pub fn split(net: &Network, cuts: &[Cut]) -> Result<Split, Problems> {
    let mut problems = Vec::new();
    for (i, (layer, cut)) in net.layers.iter().zip(cuts).enumerate() {
        let (path, starts) = (format!("parts of layer {:?}", layer.name), cut.starts());
        let (most, what) = cut.along(layer.output);
        let rising = starts.first() == Some(&0) && starts.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising || starts.last().is_some_and(|last| *last >= most) {
            let limit = format!("1 to {most}: a part has at least one output {what}");
            problems.push(Problem::new("parts-range", path, starts.len().to_string(), limit, "use fewer parts"));
        } else if let Some(why) = forbids(net, i, cut) {
            problems.push(Problem::new("parts-layer", path, starts.len().to_string(), format!("1: {why}"), "split another layer"));
        }
    }
    Problems::unless_empty(std::mem::take(&mut problems), ())?;
    let mut layers: Vec<Layer> = Vec::new();
    let (mut parts, mut windows) = (Vec::new(), Vec::new());
    for (i, (layer, cut)) in net.layers.iter().zip(cuts).enumerate() {
        for (number, range) in ranges(cut.starts(), cut.along(layer.output).0).into_iter().enumerate() {
            let (channels, rows) = match cut {
                Cut::Channels(_) => (range, 0..layer.output.h),
                Cut::Rows(_) => (0..layer.output.c, range),
            };
            let heard = match cut {
                Cut::Rows(starts) if starts.len() > 1 => window(layer, rows.clone()),
                _ => None,
            };
            let heard = heard.unwrap_or(Window::all(layer));
            parts.push(Part { layer: i, first: channels.start, row: rows.start });
            layers.push(if cut.starts().len() == 1 { layer.clone() } else { part(layer, number, channels, rows, &heard) });
            windows.push(heard);
        }
    }
    let twin = layers.iter().enumerate().find(|(i, layer)| layers[..*i].iter().any(|other| other.name == layer.name));
    if let Some((_, twin)) = twin {
        let remedy = "rename the layer in the net";
        problems.push(Problem::new("parts-name", "parts", twin.name.clone(), "the name of one layer", remedy));
    }
    Problems::unless_empty(problems, ())?;
    let sources = heard(net, &parts, &layers, &windows);
    let outputs = net.outputs.iter().map(|output| {
        let of = || parts.iter().enumerate().filter(|(_, part)| part.layer == output.layer);
        let shape = net.layers[output.layer].output;
        OutputNode {
            name: output.name.clone(),
            layer: of().next().map_or(0, |(index, _)| index),
            parts: of().map(|(index, part)| moved(&Place::Channels(0), shape, layers[index].output, part, &(0..shape.h), shape)).collect(),
        }
    });
    let outputs = outputs.collect();
    Ok(Split { network: Network { layers, sources, outputs, ..net.clone() }, parts })
}

/// One of those that a source of the whole net has become: itself, or a part of it.
struct Sender {
    from: Origin,
    part: Part,
    shape: MapShape,
}

/// Per part its sources: those of its layer, each layer among them replaced by its parts, without those of which it hears nothing.
fn heard(net: &Network, parts: &[Part], layers: &[Layer], windows: &[Window]) -> Vec<Vec<Source>> {
    let senders = |source: &Source| -> Vec<Sender> {
        match source.from {
            Origin::Input(k) => vec![Sender { from: source.from, part: Part { layer: 0, first: 0, row: 0 }, shape: net.inputs[k].shape }],
            Origin::Layer(from) => {
                let of_layer = parts.iter().enumerate().filter(|(_, part)| part.layer == from);
                let sender = |(i, part): (usize, &Part)| Sender { from: Origin::Layer(i), part: part.clone(), shape: layers[i].output };
                of_layer.map(sender).collect()
            }
        }
    };
    let at = |source: &Source, sender: &Sender, reader: usize| {
        let map = net.layers[parts[reader].layer].input;
        let place = moved(&source.place, net.shape_of(source.from), sender.shape, &sender.part, &windows[reader].heard, map);
        Source { from: sender.from, delay: source.delay, place }
    };
    let mut found: Vec<Vec<Source>> = vec![Vec::new(); parts.len()];
    for (to, sources) in net.sources.iter().enumerate() {
        let readers: Vec<usize> = (0..parts.len()).filter(|reader| parts[*reader].layer == to).collect();
        for source in sources {
            for sender in senders(source) {
                let hears = |(reader, source): &(usize, Source)| {
                    (0..sender.shape.len()).any(|neuron| source.heard(layers[*reader].input, neuron).is_some())
                };
                let placed = || readers.iter().map(|&reader| (reader, at(source, &sender, reader)));
                let hearing: Vec<_> = placed().filter(hears).collect();
                // Of a part that is not heard at all one hears the TICKs, and grants its steps.
                let hearing = if hearing.is_empty() { placed().take(1).collect() } else { hearing };
                hearing.into_iter().for_each(|(reader, source)| found[reader].push(source));
            }
        }
        for reader in readers {
            // Each step begins with that of a source, whatever comes of it.
            let on_time = sources.iter().filter(|_| found[reader].iter().all(|source| source.delay > 0)).find(|source| source.delay == 0);
            let sender = on_time.and_then(|source| senders(source).into_iter().next());
            found[reader].extend(on_time.zip(sender).map(|(source, sender)| at(source, &sender, reader)));
        }
    }
    found.iter_mut().for_each(|sources| sources.sort_by_key(|source| (source.delay, source.from)));
    found
}

/// The place of a part (of shape `own`, of a layer of shape `whole`) for one who hears the rows `window` of a map `map` in which the
/// whole layer has the place `place`.
fn moved(place: &Place, whole: MapShape, own: MapShape, part: &Part, window: &std::ops::Range<usize>, map: MapShape) -> Place {
    let rows = part.row as i64 - window.start as i64;
    match place {
        Place::Channels(first) if own.h == whole.h && window.len() == map.h => Place::Channels(first + part.first),
        Place::Channels(first) => Place::Moved(Moved { from: own, channels: first + part.first, rows }),
        Place::Moved(all) => Place::Moved(Moved { from: own, channels: all.channels + part.first, rows: all.rows + rows }),
        Place::Table(table) => {
            let at = |index: usize| {
                let place = table[part.neuron(whole, own, index)];
                let (c, y, x) = map.coordinate(place as usize);
                let is_heard = place != NOWHERE && window.contains(&y);
                if is_heard { MapShape { h: window.len(), ..map }.index(c, y - window.start, x) as u32 } else { NOWHERE }
            };
            Place::Table((0..own.len()).map(at).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{network, Limits};

    #[test]
    fn parts_are_even() {
        assert_eq!(even(10, 4), [0, 3, 6, 8]);
        assert_eq!(even(4, 4), [0, 1, 2, 3]);
        assert_eq!(even(7, 1), [0]);
    }

    #[test]
    fn what_cannot_be_cut_is_refused() {
        let limits = Limits { maps: false, ..Limits::default() };
        let net = (0..).map(|seed| network(seed, &limits)).find(|net| net.layers.len() == 2 && net.layers[0].output.c == 4).unwrap();
        let cuts = |first: &[usize], second: Cut| [Cut::Channels(first.to_vec()), second];
        let whole = || Cut::Channels(vec![0]);
        let message = |cuts: &[Cut]| split(&net, cuts).unwrap_err().to_string();
        assert!(message(&cuts(&[0, 4], whole())).contains("1 to 4: a part has at least one output channel"));
        assert!(message(&cuts(&[0, 2, 2], whole())).contains("1 to 4"));
        assert!(message(&cuts(&[0], Cut::Rows(vec![0, 1]))).contains("1 to 1: a part has at least one output row"));
        let split = split(&net, &cuts(&[0, 3], whole())).unwrap();
        let names: Vec<&str> = split.network.layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, ["layer0.0", "layer0.1", "layer1"]);
        assert_eq!(split.network.sources[2].len(), 2);
        // A layer that has a part's name already.
        let mut named = net.clone();
        named.layers[1].name = "layer0.1".into();
        assert!(super::split(&named, &cuts(&[0, 3], whole())).unwrap_err().to_string().contains("the name of one layer"));
    }

    #[test]
    fn rows_that_hear_nothing_are_refused() {
        let net = (0..).map(|seed| network(seed, &Limits { layers: 1, ..Limits::default() }));
        let mut net = net.into_iter().find(|net| matches!(&net.layers[0].synapses, Synapses::Conv2d(_)) && net.layers[0].output.h > 2).unwrap();
        let layer = &mut net.layers[0];
        let Synapses::Conv2d(conv) = &mut layer.synapses else { return };
        // All of the map lies below the first rows' footprint.
        conv.padding.0 = 50;
        (conv.stride.0, conv.dilation.0) = (1, 1);
        let message = split(&net, &[Cut::Rows(vec![0, 1])]).unwrap_err().to_string();
        assert!(message.contains("output rows 0 to 0 hear nothing but padding"), "{message}");
    }
}
