//! What the emitter refuses, and what it prints.

use super::super::example::Accumulator;
use super::*;

#[test]
fn example_prints() {
    let files = emit(&Accumulator::new(16, 2, 8, 4), "demo_top", "demo", &[]).unwrap_or_else(|e| panic!("{e:#?}"));
    for file in files {
        println!("=== {}\n{}", file.path, file.text);
    }
}
