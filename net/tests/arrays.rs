//! Array files: number types, what stands beside the spikes, axes, events in columns, empty samples, labels.

use std::io::Write;
use std::path::Path;

use needs::npy;
use net::data::{load, Axes, BinWidth, DataOptions, Dataset};
use net::{MapShape, Problems, Spikes};

fn npz(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn with_files<T>(files: &[(&str, Vec<u8>)], f: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    f(folder.path())
}

fn all(data: &Dataset) -> Result<Vec<Spikes>, Problems> {
    (0..data.len()).map(|i| Ok(data.sample(i)?.spikes)).collect()
}

/// The samples, or what is said about them.
fn read(files: &[(&str, Vec<u8>)], options: &DataOptions, input: MapShape) -> Result<Vec<Spikes>, String> {
    with_files(files, |folder| {
        let read = load(folder, options, input).and_then(|data| all(&data));
        read.map_err(|found| found.to_string().replace(&folder.display().to_string(), "DIR"))
    })
}

fn one(name: &str, bytes: Vec<u8>, options: &DataOptions, input: MapShape) -> Result<Spikes, String> {
    Ok(read(&[(name, bytes)], options, input)?.remove(0))
}

fn plain() -> DataOptions {
    DataOptions::default()
}

fn axes(text: &str) -> DataOptions {
    DataOptions { axes: Some(text.parse::<Axes>().unwrap()), ..plain() }
}

fn binned() -> DataOptions {
    DataOptions { bin: Some(BinWidth::ONE_MILLISECOND), ..plain() }
}

fn vector() -> MapShape {
    MapShape::vector(3)
}

/// Steps 101, 000, 012 of a vector of 3.
const STEPS: [u8; 9] = [1, 0, 1, 0, 0, 0, 0, 1, 2];

fn spikes() -> Spikes {
    vec![vec![0, 2], vec![], vec![1, 2, 2]]
}

#[test]
fn numbers_of_any_type_are_read() {
    let bytes = |of: &dyn Fn(u8) -> Vec<u8>| STEPS.iter().flat_map(|n| of(*n)).collect::<Vec<u8>>();
    let half = |n: u8| [0u16, 0x3c00, 0x4000][usize::from(n)];
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("|u1", STEPS.to_vec()),
        ("|i1", STEPS.to_vec()),
        ("<f2", bytes(&|n| half(n).to_le_bytes().to_vec())),
        (">f2", bytes(&|n| half(n).to_be_bytes().to_vec())),
        ("<f4", bytes(&|n| f32::from(n).to_le_bytes().to_vec())),
        (">f8", bytes(&|n| f64::from(n).to_be_bytes().to_vec())),
        ("<i2", bytes(&|n| i16::from(n).to_le_bytes().to_vec())),
        (">u4", bytes(&|n| u32::from(n).to_be_bytes().to_vec())),
        ("<i8", bytes(&|n| i64::from(n).to_le_bytes().to_vec())),
    ];
    for (descr, data) in cases {
        let file = npy(&format!("'{descr}'"), "(3, 3)", &data);
        assert_eq!(one("0.npy", file.clone(), &plain(), vector()), Ok(spikes()), "{descr}");
        assert_eq!(one("0.npz", npz(&[("arr_0.npy", file)]), &plain(), vector()), Ok(spikes()), "{descr} in npz");
    }
    let flags: Vec<u8> = STEPS.iter().map(|n| u8::from(*n > 0)).collect();
    assert_eq!(one("0.npy", npy("'|b1'", "(3, 3)", &flags), &plain(), vector()), Ok(vec![vec![0, 2], vec![], vec![1, 2]]));
    let minus = one("0.npy", npy("'|i1'", "(1, 3)", &[0, 255, 1]), &plain(), vector()).unwrap_err();
    assert!(minus.contains("-1 in time step 0 at index 1"), "{minus}");
}

fn good() -> Vec<u8> {
    npy("'|u1'", "(3, 3)", &STEPS)
}

fn name() -> Vec<u8> {
    npy("'<U3'", "()", &[99, 0, 0, 0, 97, 0, 0, 0, 116, 0, 0, 0])
}

#[test]
fn what_stands_beside_the_spikes_is_left_alone() {
    let label = npy("'<i8'", "()", &5i64.to_le_bytes());
    let objects = npy("'|O'", "(1,)", b"\x80\x03K\x05.");
    let broken = b"no array".to_vec();
    let cases: [Vec<(&str, Vec<u8>)>; 6] = [
        vec![("spikes.npy", good()), ("name.npy", name())],
        vec![("name.npy", name()), ("x.npy", good()), ("label.npy", label.clone())],
        vec![("objects.npy", objects.clone()), ("frames.npy", good())],
        vec![("readme.txt", broken.clone()), ("input.npy", good()), ("other.npy", good())],
        vec![("input/spikes.npy", good()), ("times.npy", npy("'<f8'", "(3,)", &[0; 24]))],
        vec![("x.npy", npy("'<f8'", "(3,)", &[0; 24])), ("spikes.npy", good()), ("t.npy", npy("'<f8'", "(3,)", &[0; 24]))],
    ];
    for entries in cases {
        let names: Vec<&str> = entries.iter().map(|(name, _)| *name).collect();
        assert_eq!(one("0.npz", npz(&entries), &plain(), vector()), Ok(spikes()), "{names:?}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let long_double = npy("'<f16'", "(1, 3)", &[0; 48]);
    let complex = npy("'<c8'", "(1, 3)", &[0; 24]);
    let said: Vec<String> = [
        ("0.npy", long_double.clone()),
        ("0.npy", complex),
        ("0.npz", npz(&[("spikes.npy", name()), ("frames.npy", good())])),
        ("0.npz", npz(&[("only.npy", name())])),
        ("0.npz", npz(&[("a.npy", good()), ("b.npy", good())])),
        ("0.npy", npy("'|O'", "(1,)", b"\x80\x03K\x05.")),
        ("0.npy", npy("'|u1'", "(3, 4)", &STEPS)),
        ("0.npy", npy("'<f8'", "(9223372036854775807, 9223372036854775807)", &STEPS)),
        ("0.npy", b"nonsense".to_vec()),
        ("0.npz", b"nonsense".to_vec()),
        ("0.npy", npy("'|u1'", "()", &[1])),
    ]
    .into_iter()
    .map(|(name, bytes)| one(name, bytes, &plain(), vector()).unwrap_err())
    .collect();
    insta::assert_snapshot!("unread", said.join("\n"));
}

/// `[2 channels, 3 rows, 4 columns]`.
fn map() -> MapShape {
    MapShape::new(2, 3, 4)
}

/// An event of step t at channel, row and column of [`map`], as an array with these axes; sizes of 1 where none is.
fn array(order: &str) -> Vec<u8> {
    let events = [[0, 1, 2, 3], [1, 0, 0, 1], [4, 1, 1, 0]];
    let size = |letter: char| match letter {
        't' => 5,
        'c' | 'p' => 2,
        'y' => 3,
        'x' => 4,
        _ => 1,
    };
    let mut data = vec![0; order.chars().map(size).product()];
    for [t, c, y, x] in events {
        let coordinate = |letter: char| match letter {
            't' => t,
            'c' | 'p' => c,
            'y' => y,
            'x' => x,
            _ => 0,
        };
        data[order.chars().fold(0, |at, letter| at * size(letter) + coordinate(letter))] = 1;
    }
    let sizes: Vec<String> = order.chars().map(|letter| size(letter).to_string()).collect();
    npy("'|u1'", &format!("({})", sizes.join(", ")), &data)
}

fn events() -> Spikes {
    let mut steps = vec![Vec::new(); 5];
    for (t, c, y, x) in [(0, 1, 2, 3), (1, 0, 0, 1), (4, 1, 1, 0)] {
        steps[t].push(map().index(c, y, x) as u32);
    }
    steps
}

#[test]
fn axes_are_read_as_they_are_named() {
    for order in ["tcyx", "tpyx", "tyxp", "txyp", "pyxt", "xytc", "yxct", "btpyx", "tbcyx", "tcybx", "ctxy"] {
        assert_eq!(one("0.npy", array(order), &axes(order), map()), Ok(events()), "{order}");
    }
    let flat = npy("'|u1'", "(3, 2)", &[1, 0, 0, 1, 1, 1]);
    assert_eq!(one("0.npy", flat, &axes("nt"), vector()), Ok(vec![vec![0, 2], vec![1, 2]]));
    let rows = npy("'|u1'", "(2, 3, 1)", &[1, 0, 0, 0, 1, 0]);
    assert_eq!(one("0.npy", rows, &axes("xty"), MapShape::new(1, 1, 2)), Ok(vec![vec![0], vec![1], vec![]]));
    // A map that a Flatten behind the Input makes a vector: the order of the map.
    assert_eq!(one("0.npy", array("tyxp"), &axes("tyxp"), MapShape::vector(24)), Ok(events()));
}

#[test]
fn neighbouring_axes_may_be_one() {
    for shape in ["(5, 2, 3, 4)", "(5, 24)", "(5, 2, 12)", "(5, 6, 4)", "(5, 1, 2, 3, 4)", "(5, 2, 3, 1, 4)"] {
        let Ok(_) = one("0.npy", npy("'|u1'", shape, &array("tcyx")[128..]), &plain(), map()) else {
            panic!("{shape}");
        };
    }
}

#[test]
fn axes_that_do_not_match_are_refused() {
    let said = |bytes: Vec<u8>, options: &DataOptions, input: MapShape| one("0.npy", bytes, options, input).unwrap_err();
    let square = npy("'|u1'", "(5, 3, 3, 2)", &[0; 90]);
    let found = [
        said(array("tyxp"), &plain(), map()),
        said(array("tpxy"), &plain(), map()),
        said(array("pyxt"), &plain(), map()),
        said(square, &plain(), MapShape::new(2, 3, 3)),
        said(npy("'|u1'", "(5, 4, 6)", &[0; 120]), &plain(), map()),
        said(array("tyxp"), &axes("tpyx"), map()),
        said(array("tyxp"), &axes("tyx"), map()),
        said(npy("'|u1'", "(5, 3, 2, 4)", &[0; 120]), &axes("btyx"), map()),
        said(npy("'|u1'", "(3, 7)", &[0; 21]), &plain(), vector()),
        said(npy("'|u1'", "(4, 5)", &[0; 20]), &plain(), vector()),
    ];
    insta::assert_snapshot!("axes", found.join("\n"));
    for text in ["", "t", "tyxz", "ttyx", "tcpyx", "cyx", "tnx"] {
        assert!(text.parse::<Axes>().is_err(), "{text}");
    }
}

#[test]
fn an_empty_sample_is_named() {
    let cases = [
        ("1.npy", npy("'|u1'", "(0, 3)", &[]), plain()),
        ("1.npz", npz(&[("spikes.npy", npy("'<f4'", "(0, 3)", &[]))]), plain()),
        ("1.npy", npy("'|u1'", "(0, 3)", &[]), DataOptions { steps: Some(4), ..plain() }),
        ("1.npy", npy(XYTP, "(0,)", &[]), binned()),
    ];
    for (name, bytes, options) in cases {
        let said = one(name, bytes, &options, vector()).unwrap_err();
        assert!(said.starts_with(&format!("DIR/{name}: no time steps (a sample has at least one)")), "{said}");
    }
}

const XYTP: &str = "[('x', '<i2'), ('y', '<i2'), ('t', '<i8'), ('p', '|b1')]";

/// Events (x, y, t, p) with the columns in this order.
fn columns(order: &[(&str, &str)], events: &[[i64; 4]]) -> Vec<u8> {
    let fields: Vec<String> = order.iter().map(|(name, kind)| format!("('{name}', '{kind}')")).collect();
    let mut data = Vec::new();
    for event in events {
        for (name, kind) in order {
            let field = name.to_lowercase().chars().next().and_then(|letter| "xytp".find(letter));
            let (value, size) = (event[field.unwrap_or(0)], kind[2..].parse::<usize>().unwrap());
            match &kind[1..2] {
                "f" => data.extend((value as f64).to_le_bytes()),
                "V" => data.extend(vec![7; size]),
                _ => data.extend(&value.to_le_bytes()[..size]),
            }
        }
    }
    npy(&format!("[{}]", fields.join(", ")), &format!("({},)", events.len()), &data)
}

const EVENTS: [[i64; 4]; 4] = [[3, 2, 999, 1], [1, 0, 1000, 0], [1, 0, 1999, 0], [0, 1, 4000, 1]];

fn steps() -> Spikes {
    vec![vec![23], vec![1, 1], vec![], vec![], vec![16]]
}

#[test]
fn events_in_columns_are_binned() {
    let orders: [&[(&str, &str)]; 6] = [
        &[("x", "<i2"), ("y", "<i2"), ("t", "<i8"), ("p", "|b1")],
        &[("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "|i1")],
        &[("p", "|u1"), ("t", "<u4"), ("y", "<u2"), ("x", "<u2")],
        &[("x", "<i4"), ("y", "<i4"), ("polarity", "|i1"), ("timestamp", "<f8")],
        &[("X", "|u1"), ("Y", "|u1"), ("Ts", "<i8"), ("P", "|u1")],
        &[("t", "<i8"), ("", "|V5"), ("x", "<i2"), ("y", "<i2"), ("p", "|i1"), ("", "|V3")],
    ];
    for order in orders {
        let table = columns(order, &EVENTS);
        assert_eq!(one("0.npy", table.clone(), &binned(), map()), Ok(steps()), "{order:?}");
        let beside = npz(&[("events.npy", table), ("label.npy", npy("'|u1'", "()", &[1])), ("name.npy", name())]);
        assert_eq!(one("0.npz", beside, &binned(), map()), Ok(steps()), "{order:?} in npz");
    }
    // -1 and 1.
    let signed: Vec<[i64; 4]> = EVENTS.iter().map(|[x, y, t, p]| [*x, *y, *t, 2 * p - 1]).collect();
    assert_eq!(one("0.npy", columns(&[("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "|i1")], &signed), &binned(), map()), Ok(steps()));
    // An array for each column.
    let column = |at: usize| npy("'<i8'", "(4,)", &EVENTS.iter().flat_map(|event| event[at].to_le_bytes()).collect::<Vec<u8>>());
    let arrays = [("t.npy", column(2)), ("p.npy", column(3)), ("x.npy", column(0)), ("y.npy", column(1)), ("label.npy", npy("'|u1'", "()", &[1]))];
    assert_eq!(one("0.npz", npz(&arrays), &binned(), map()), Ok(steps()));
    assert_eq!(one("0.npz", npz(&arrays), &DataOptions { dedup: true, ..binned() }, map()).unwrap()[1], [1]);
}

#[test]
fn events_without_rows_are_those_of_a_vector() {
    let spoken = [[5, 0, 10, 1], [2, 0, 1500, 1], [2, 0, 1600, 1]];
    let order = [("t", "<i8"), ("x", "<i2"), ("p", "|i1")];
    assert_eq!(one("0.npy", columns(&order, &spoken), &binned(), MapShape::vector(7)), Ok(vec![vec![5], vec![2, 2]]));
    assert_eq!(one("0.npy", columns(&order[..2], &spoken), &binned(), MapShape::new(1, 1, 7)), Ok(vec![vec![5], vec![2, 2]]));
}

#[test]
fn bad_events_are_named() {
    let order = [("x", "<i2"), ("y", "<i2"), ("t", "<i8"), ("p", "|i1")];
    let said = |order: &[(&str, &str)], events: &[[i64; 4]], options: &DataOptions, input: MapShape| {
        one("0.npy", columns(order, events), options, input).unwrap_err()
    };
    let epoch = 1_700_000_000_000_000;
    let found = [
        said(&order, &EVENTS, &plain(), map()),
        said(&order, &[[4, 0, 0, 0], [0, 0, 0, 2]], &binned(), map()),
        said(&order, &[[0, 0, 9, 0], [0, 0, 3, 0]], &binned(), map()),
        said(&order, &[[-1, 0, 0, 0]], &binned(), map()),
        said(&order, &[[0, 0, epoch, 0]], &binned(), map()),
        said(&order[..3], &EVENTS, &binned(), map()),
        said(&[("x", "<i2"), ("t", "<i8"), ("p", "|i1")], &EVENTS, &binned(), map()),
        said(&[("x", "<i2"), ("t", "<i8"), ("p", "|i1")], &EVENTS, &binned(), vector()),
        said(&order[..2], &EVENTS, &binned(), map()),
        said(&order, &EVENTS, &DataOptions { bin: Some(BinWidth::ONE_MILLISECOND), ..axes("tcyx") }, map()),
        one("0.npy", npy("[('x', '<i2'), ('y', '<i2'), ('t', '<f8'), ('p', '|b1')]", "(1,)", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 1]), &binned(), map()).unwrap_err(),
        one("0.npy", npy(XYTP, "(2, 2)", &[0; 52]), &binned(), map()).unwrap_err(),
        read(&[("0.npy", columns(&order, &EVENTS)), ("1.npy", array("tcyx"))], &binned(), map()).unwrap_err(),
        read(&[("0.npy", array("tcyx")), ("1.npy", columns(&order, &EVENTS))], &plain(), map()).unwrap_err(),
    ];
    insta::assert_snapshot!("events", found.join("\n"));
}

#[test]
fn labels_of_any_editor_are_read() {
    let text = "# classes\r\nfirst one.npy 4\r\n1,2\r\n";
    let utf16 = |big: bool| -> Vec<u8> {
        let word = |word: u16| if big { word.to_be_bytes() } else { word.to_le_bytes() };
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(word).collect()
    };
    let cases = [
        text.as_bytes().to_vec(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        text.replace("\r\n", "\r").into_bytes(),
        text.replace("\r\n", "\n").replace(',', "\t").into_bytes(),
        [b"\xef\xbb\xbf", &text.as_bytes()["# classes\r\n".len()..]].concat(),
        text.replace(',', ";").into_bytes(),
        utf16(false),
        utf16(true),
    ];
    for labels in cases {
        let files = [("first one.npy", good()), ("1.npy", good()), ("labels.txt", labels.clone())];
        let found = with_files(&files, |folder| load(folder, &plain(), vector()).map(|data| data.labels().to_vec()));
        assert_eq!(found.unwrap(), [Some(4), Some(2)], "{:?}", String::from_utf8_lossy(&labels));
    }
}

#[test]
fn labels_that_no_output_has_are_named() {
    let check = |labels: &str, classes: usize| {
        let files = [("0.npy", good()), ("1.npy", good()), ("2.npy", good()), ("labels.txt", labels.as_bytes().to_vec())];
        with_files(&files, |folder| {
            let found = load(folder, &plain(), vector()).unwrap().check_labels(classes, "out");
            found.map_err(|problem| problem.to_string().replace(&folder.display().to_string(), "DIR"))
        })
    };
    assert_eq!(check("0 0\n1 1\n2 2\n", 3), Ok(()));
    let found = [check("0 1\n1 2\n2 3\n", 3), check("0 0\n1 10\n2 11\n", 10), check("0 0\n1 1\n2 2\n", 1)];
    let text: Vec<String> = found.into_iter().map(Result::unwrap_err).collect();
    insta::assert_snapshot!("labels", text.join("\n"));
    with_files(&[("0.npy", good())], |folder| assert!(load(folder, &plain(), vector()).unwrap().check_labels(1, "out").is_ok()));
}
