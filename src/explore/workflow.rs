//! A Snakemake workflow that evaluates the points on many machines: one job per weight width and per point, then the front.

use net::Problems;

use super::Explorer;

/// Flags that belong to one job and not to all.
const OWN: [&str; 2] = ["--workflow", "--json"];

/// Writes `Snakefile` and `config.yaml` into the output folder; returns the files. `words` is the command line behind
/// the program's name.
pub fn write(explorer: &Explorer, words: &[String]) -> Result<Vec<String>, Problems> {
    let shared: Vec<String> = words.iter().filter(|word| !OWN.contains(&word.as_str())).map(|word| quoted(word)).collect();
    let list = |items: &[String]| items.iter().map(|item| format!("  - {item}\n")).collect::<String>();
    let widths: Vec<String> = explorer.sweep.widths.iter().map(u32::to_string).collect();
    let config = format!(
        "# The program, and what every job is called with. Paths are relative to the folder in which snakemake runs.\n\
         spikewright: spikewright\n\
         arguments: {}\n\
         out: {}\n\
         widths:\n{}points:\n{}",
        yaml(&shared.join(" ")),
        yaml(&explorer.folder().to_string_lossy()),
        list(&widths),
        list(&explorer.sweep.ids()),
    );
    let files = [("Snakefile", SNAKEFILE), ("config.yaml", config.as_str())];
    for (name, text) in files {
        explorer.write_text(name, text)?;
    }
    Ok(files.map(|(name, _)| explorer.folder().join(name).display().to_string()).to_vec())
}

/// A word as a POSIX shell takes it whole.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// A text as a YAML scalar.
fn yaml(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

const SNAKEFILE: &str = r#"# Written by `spikewright explore --workflow`: one job per weight width and per point, then the front.
#
#     snakemake --snakefile THIS_FILE --cores 4          (in the folder in which `spikewright explore` ran)
#
# On a cluster add an executor plugin of Snakemake, e.g. --executor slurm --jobs 100. Another program:
# --config spikewright=/path/to/spikewright.
import os


configfile: os.path.join(workflow.basedir, "config.yaml")


OUT = config["out"]
CALL = "RAYON_NUM_THREADS={threads} {config[spikewright]} {config[arguments]}"


wildcard_constraints:
    bits=r"\d+",
    point=r"w\d+_[^/]+",


rule all:
    input:
        os.path.join(OUT, "front.json"),


# The golden model on all samples at one weight width.
rule width:
    output:
        os.path.join(OUT, "widths", "w{bits}.json"),
    threads: 1
    shell:
        CALL + " --width {wildcards.bits}"


# One plan.
rule point:
    input:
        lambda wildcards: os.path.join(OUT, "widths", wildcards.point.split("_")[0] + ".json"),
    output:
        os.path.join(OUT, "points", "{point}.json"),
    threads: 1
    shell:
        CALL + " --point {wildcards.point}"


# All points are there: this evaluates none, and writes the front and its picture.
rule front:
    input:
        expand(os.path.join(OUT, "points", "{point}.json"), point=config["points"]),
    output:
        os.path.join(OUT, "front.json"),
    threads: 1
    shell:
        CALL
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_scalars_survive_their_readers() {
        assert_eq!(quoted("phase:8"), "phase:8");
        assert_eq!(quoted("my net.nir"), "'my net.nir'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(yaml("it's"), "'it''s'");
    }
}
