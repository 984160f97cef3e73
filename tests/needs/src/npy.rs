//! Array files as numpy writes them, byte for byte by its format (numpy.lib.format, version 1.0): the library's own writer is what tests check.

/// What `numpy.save` writes; `descr` and `shape` as Python literals.
pub fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    file(descr, "False", shape, data)
}

/// The same for a transposed array: `data` with the first index fastest.
pub fn npy_fortran(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    file(descr, "True", shape, data)
}

fn file(descr: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}");
    header += &" ".repeat(63 - (10 + header.len()) % 64);
    header += "\n";
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}
