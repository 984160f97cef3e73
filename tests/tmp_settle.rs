mod common;
use common::{dont_care::dont_care,equivalence::proven,mutant::*};
use sim::*;
use rayon::prelude::*;
#[test]
fn settle() {
    let design = &hardware().design;
    let all = mutants(design, SEED);
    let text = std::fs::read_to_string(std::env::var("LIST").unwrap()).unwrap();
    let numbers: Vec<usize> = text.lines().filter(|l| l.contains(" rtl/tiny")).filter_map(|l| l.split(' ').next()?.parse().ok()).collect();
    let out: Vec<String> = numbers.par_iter().map(|&n| {
        let m = &all[n];
        assert!(text.contains(&format!("{n} {m}")));
        if proven(design, &mutate(design, m), &m.file) { return format!("{n} proven {m}"); }
        if let Some(r) = dont_care(design, m) { return format!("{n} dontcare {r} {m}"); }
        format!("{n} OPEN {m}\n     {}", line_of(design, m).trim())
    }).collect();
    println!("{}", out.join("\n"));
}
