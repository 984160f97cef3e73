//! Images, recordings and arrays: what they become, and what bad ones get.

use needs::{npy, npy_fortran};
use net::data::{load, BinWidth, DataOptions, Dataset, Encoder};
use net::{MapShape, Problems};
use std::io::Write;
use std::path::Path;

/// Writes files into a fresh folder, calls `f` with it, and removes it.
fn with_files<T>(files: &[(&str, Vec<u8>)], f: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    f(folder.path())
}

/// The rendered problems of loading `files` and reading all samples; folder names are left out.
fn problems(files: &[(&str, Vec<u8>)], options: &DataOptions, input: MapShape) -> String {
    with_files(files, |folder| {
        match load(folder, options, input).and_then(|data| all(&data)) {
            Ok(_) => "no problem".to_string(),
            Err(found) => found.to_string().replace(&folder.display().to_string(), "DIR"),
        }
    })
}

fn all(data: &Dataset) -> Result<Vec<net::Spikes>, Problems> {
    (0..data.len()).map(|i| Ok(data.sample(i)?.spikes)).collect()
}

fn check(files: &[(&str, Vec<u8>)], options: &DataOptions, input: MapShape, expected: &str) {
    assert_eq!(problems(files, options, input), expected);
}

fn idx(sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    sizes.iter().for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// Events (x, y, polarity, microseconds) as 40-bit words.
fn recording(events: &[(u8, u8, u8, u32)]) -> Vec<u8> {
    let word = |&(x, y, p, t): &(u8, u8, u8, u32)| [x, y, p << 7 | (t >> 16) as u8, (t >> 8) as u8, t as u8];
    events.iter().flat_map(word).collect()
}

const IMAGES: &str = "t10k-images-idx3-ubyte";
const LABELS: &str = "t10k-labels-idx1-ubyte";

fn phase(steps: usize) -> DataOptions {
    DataOptions {
        encode: Some(Encoder::Phase { steps }),
        ..DataOptions::default()
    }
}

fn one_ms() -> DataOptions {
    DataOptions {
        bin: Some(BinWidth::ONE_MILLISECOND),
        ..DataOptions::default()
    }
}

#[test]
fn images_plain_or_packed_become_spikes_in_label_order() {
    let images = idx(&[2, 1, 3], &[0, 255, 127, 255, 0, 0]);
    let labels = idx(&[2], &[7, 3]);
    let packed = [
        ("t10k-images-idx3-ubyte.gz", gzip(&images)),
        ("t10k-labels-idx1-ubyte.gz", gzip(&labels)),
    ];
    for files in [[(IMAGES, images.clone()), (LABELS, labels.clone())], packed] {
        for input in [MapShape::new(1, 1, 3), MapShape::vector(3)] {
            with_files(&files, |folder| {
                let data = load(folder, &phase(2), input).unwrap();
                assert_eq!((data.len(), data.labels()), (2, &[Some(7), Some(3)][..]));
                assert_eq!(data.sample(0).unwrap().spikes, [vec![1, 2], vec![1]]);
                assert_eq!(data.sample(1).unwrap().spikes, [vec![0], vec![0]]);
                assert_eq!(data.sample(1).unwrap().label, Some(3));
                assert_eq!(data.multiplicity().unwrap(), 1);
                let one = load(
                    folder,
                    &DataOptions {
                        samples: Some(1),
                        ..phase(2)
                    },
                    input,
                )
                .unwrap();
                assert_eq!(one.len(), 1);
            });
        }
    }
}

#[test]
fn bad_images_are_named() {
    let map = MapShape::new(1, 1, 3);
    let images = idx(&[2, 1, 3], &[0; 6]);
    let labels = idx(&[2], &[7, 3]);
    let good = [(IMAGES, images.clone()), (LABELS, labels.clone())];
    check(&good, &phase(2), map, "no problem");
    check(
        &[(IMAGES, images.clone()), (LABELS, idx(&[3], &[1, 2, 3]))],
        &phase(2),
        map,
        "DIR/t10k-images-idx3-ubyte: 2 images but 3 labels (one label per image); \
         give the labels file that belongs to these images",
    );
    check(
        &good,
        &phase(2),
        MapShape::new(2, 4, 4),
        "DIR/t10k-images-idx3-ubyte: images of 1x3 pixels (the network's input is 2x4x4); \
         give images of the network's input size",
    );
    check(
        &[(IMAGES, images[..20].to_vec()), (LABELS, labels[..5].to_vec())],
        &phase(2),
        map,
        "DIR/t10k-images-idx3-ubyte: 4 bytes of data (the header says [2, 1, 3] bytes); \
         the file is damaged or of another kind; fetch it again\n\
         DIR/t10k-labels-idx1-ubyte: 5 bytes starting with [00, 00, 08, 01] \
         (an idx header of 8 bytes starting with [00, 00, 08, 01]); \
         the file is damaged or of another kind; fetch it again",
    );
    check(
        &[("t10k-images-idx3-ubyte.gz", gzip(&images)[..12].to_vec())],
        &phase(2),
        map,
        "DIR/t10k-images-idx3-ubyte.gz: incomplete deflate stream (a whole gzip file); \
         the file is damaged or of another kind; fetch it again",
    );
    check(
        &good,
        &DataOptions {
            steps: Some(3),
            samples: Some(9),
            ..phase(2)
        },
        map,
        "--steps: 3 (the encoder phase:2 makes 2 time steps); leave --steps away, or give both the same number",
    );
    check(
        &good,
        &DataOptions {
            samples: Some(9),
            ..phase(2)
        },
        map,
        "DIR: --samples 9 (there are 2 samples); use --samples 1..=2, or leave it away for all of them",
    );
    check(
        &good,
        &one_ms(),
        map,
        "DIR: images, but no encoder (images become spikes by --encode phase:T); \
         add --encode phase:8 (T as the network was trained)\n\
         --bin: given (images have no time stamps); leave --bin away for this data",
    );
}

#[test]
fn events_are_binned_by_their_own_clock() {
    let events = recording(&[(1, 2, 0, 999), (3, 0, 1, 1000), (3, 0, 1, 1999), (0, 0, 0, 70_000)]);
    let files = [
        ("2.bs2", events),
        ("10.bin", recording(&[(0, 0, 0, 5)])),
        ("labels.txt", b"#s c\n10\t4\n2\t1\n".to_vec()),
    ];
    let input = MapShape::new(2, 3, 4);
    with_files(&files, |folder| {
        let data = load(folder, &one_ms(), input).unwrap();
        assert_eq!(data.labels(), [Some(4), Some(1)]);
        let sample = data.sample(1).unwrap();
        assert_eq!((sample.spikes.len(), sample.name.as_str()), (71, "2.bs2"));
        assert_eq!(sample.spikes[..2], [vec![9], vec![15, 15]]);
        assert_eq!(sample.spikes[70], [0]);
        assert_eq!(data.multiplicity().unwrap(), 2);
        let once = DataOptions {
            dedup: true,
            samples: Some(1),
            ..one_ms()
        };
        let data = load(folder, &once, input).unwrap();
        assert_eq!((data.len(), data.multiplicity().unwrap()), (1, 1));
        let all_but_few = DataOptions {
            samples: Some(1),
            ..one_ms()
        };
        assert_eq!(load(folder, &all_but_few, input).unwrap().multiplicity().unwrap(), 2);
        let file = load(
            &folder.join("2.bs2"),
            &DataOptions {
                dedup: true,
                steps: Some(80),
                ..one_ms()
            },
            input,
        )
        .unwrap();
        let sample = file.sample(0).unwrap();
        assert_eq!(
            (sample.spikes.len(), sample.spikes[1].len(), sample.label),
            (80, 1, None)
        );
    });
}

#[test]
fn bad_recordings_are_named() {
    let input = MapShape::new(2, 3, 4);
    let good = recording(&[(1, 2, 0, 999)]);
    let bad = recording(&[(1, 2, 0, 999), (4, 2, 1, 1000), (0, 0, 0, 5), (1, 3, 0, 6)]);
    check(
        &[("1.bs2", bad)],
        &one_ms(),
        input,
        "DIR/1.bs2: event 1 at polarity 1, y 2, x 4 (and 1 more like it) \
         (the network's input is 2 polarities of 3x4 (y, x)); crop the recording, or use the network it was made for\n\
         DIR/1.bs2: event 2 at 5 us after one at 999 us (time stamps never decrease within a recording); \
         sort the events by time, or cut the recording where the clock was reset",
    );
    check(
        &[("1.bs2", good[..4].to_vec())],
        &one_ms(),
        input,
        "DIR/1.bs2: 4 bytes (events of 5 bytes each, at least one); \
         the file is empty, truncated, or of another kind; fetch it again",
    );
    check(
        &[("1.bs2", good.clone()), ("3.bs2", good.clone()), ("labels.txt", b"1 5\n2 x\n7 1\n".to_vec())],
        &one_ms(),
        input,
        "DIR/labels.txt:2: \"2 x\" (a sample name and a class number, as in `1 5`); correct the line\n\
         DIR/labels.txt:3: sample \"7\" (every label belongs to one file of the folder); add the file, or remove the line\n\
         DIR/labels.txt: 1 files have no label, the first is 3 (every file has one label); \
         add the labels, or remove the files",
    );
    check(
        &[("1.bs2", good.clone())],
        &DataOptions::default(),
        input,
        "DIR: recordings, but no bin width (events become time steps by --bin WIDTH); add --bin 1ms",
    );
    let long = recording(&[(1, 2, 0, 9999)]);
    check(
        &[("1.bs2", long)],
        &DataOptions {
            steps: Some(5),
            ..one_ms()
        },
        input,
        "DIR/1.bs2: 10 time steps (--steps 5); leave --steps away, raise it, or use a wider --bin",
    );
    check(
        &[("readme.md", vec![])],
        &one_ms(),
        input,
        "DIR: no data that spikewright knows (*-images-idx3-ubyte[.gz] with labels, *.bs2 or *.bin with labels.txt, \
         *.npy or *.npz with spikes [T, ...] or events); point --data at a folder with one of these",
    );
}

#[test]
fn transposed_arrays_are_read_like_others() {
    // [T = 2, c = 2, h = 1, w = 3], the number at [t][c][0][x] being 1 where t + c + x is a multiple of 3.
    let (steps, channels, columns) = (2, 2, 3);
    let one = |t: usize, c: usize, x: usize| u8::from((t + c + x) % 3 == 0);
    let (mut plain, mut transposed) = (Vec::new(), Vec::new());
    for t in 0..steps {
        for c in 0..channels {
            plain.extend((0..columns).map(|x| one(t, c, x)));
        }
    }
    for x in 0..columns {
        for c in 0..channels {
            transposed.extend((0..steps).map(|t| one(t, c, x)));
        }
    }
    let files = [
        ("0.npy", npy("'|u1'", "(2, 2, 1, 3)", &plain)),
        ("1.npy", npy_fortran("'|u1'", "(2, 2, 1, 3)", &transposed)),
    ];
    let samples = with_files(&files, |folder| {
        all(&load(folder, &DataOptions::default(), MapShape::new(2, 1, 3)).unwrap()).unwrap()
    });
    assert_eq!(samples[0], [vec![0, 5], vec![2, 4]]);
    assert_eq!(samples[1], samples[0]);
}
