//! `spikewright bench`: the benchmarks B1 to B5, measured.

use std::path::{Path, PathBuf};

use net::{Problem, Problems};
use serde_json::json;

use crate::bench::{self, Benchmark, Results, ACTIVITIES, IDS, REGISTRY};
use crate::console::{Console, Reply};

/// Measure the benchmarks: cycles in lockstep with the golden model, area, clock, beside the peers' figures; exit code 1
/// where a figure does not count
#[derive(clap::Args, Debug)]
pub struct BenchArgs {
    /// Benchmarks to run: B1 fully connected, B2 784-128-10, B3 small convolution, B4 convolution and MNIST net,
    /// B5 recurrent graph; one case alone as B4/9-adders, B4/36-adders, B4/mnist, B4/mnist-trained [default: all]
    #[arg(value_name = "B1..B5")]
    ids: Vec<String>,
    /// Percent of the input addresses that spike in each time step [default: 0,1,5,10,30,100]
    #[arg(long, value_name = "PERCENT,...", value_delimiter = ',', allow_hyphen_values = true)]
    activity: Vec<f64>,
    /// Place and route too, with five seeds: Fmax (needs nextpnr-ecp5)
    #[arg(long)]
    pnr: bool,
    /// Cycles only: no yosys
    #[arg(long, conflicts_with = "pnr")]
    no_synth: bool,
    /// Trained net for B4 (NIR file, 28x28-32c3-32c3-p3-10c3-10) [default: that case is skipped]
    #[arg(long, value_name = "NET")]
    model: Option<PathBuf>,
    /// Folder for results.json and, in build/, the emitted designs
    #[arg(long, value_name = "DIR", default_value = "bench")]
    out: PathBuf,
    /// Folder for benchmarks.md and its pictures [default: docs if it is there, else that of --out]
    #[arg(long, value_name = "DIR")]
    docs: Option<PathBuf>,
}

pub fn run(args: &BenchArgs, console: &Console) -> Result<Reply, Problems> {
    let wanted = wanted(&args.ids)?;
    let settings = bench::Settings {
        activities: activities(&args.activity)?,
        seed: console.seed(),
        synth: !args.no_synth,
        place: args.pnr,
        model: args.model.clone(),
        build: args.out.join("build"),
    };
    bench::check(&wanted, &settings, console)?;
    let docs = match (&args.docs, Path::new("docs").is_dir()) {
        (Some(docs), _) => docs.clone(),
        (None, true) => PathBuf::from("docs"),
        (None, false) => args.out.clone(),
    };
    let (mut entries, mut written) = (Vec::new(), Vec::new());
    for benchmark in wanted {
        let entry = bench::run(benchmark, &settings, console)?;
        bench::print(&entry, console);
        entries.push(entry);
        // After each one: a run that is cut short keeps what it measured.
        written = Results::new(settings.seed, entries.clone())
            .with_earlier(&args.out)
            .write(&args.out, &docs)?;
    }
    let passed = entries.iter().all(|entry| entry.passed);
    let fields = json!({ "benchmarks": entries });
    console.say("");
    for path in &written {
        console.say(format!("wrote {}", path.display()));
    }
    Ok(Reply::new(fields).passed_if(passed))
}

/// The benchmarks with these ids, or cases of them (`B4/mnist`); all if there are none.
fn wanted(ids: &[String]) -> Result<Vec<&'static Benchmark>, Problems> {
    let mut problems = Vec::new();
    for id in ids.iter().filter(|id| !REGISTRY.iter().any(|benchmark| benchmark.is_named(id))) {
        problems.push(Problem::new(
            "benchmark",
            "bench",
            format!("{id:?}"),
            format!("one of {}, {}", IDS.join(", "), cases().join(", ")),
            "name benchmarks by their ids, or none for all",
        ));
    }
    let named = |benchmark: &&Benchmark| ids.is_empty() || ids.iter().any(|id| benchmark.is_named(id));
    Problems::unless_empty(problems, REGISTRY.iter().filter(named).collect())
}

/// Names of the cases of benchmarks that have several.
fn cases() -> Vec<String> {
    let several = REGISTRY.iter().filter(|benchmark| !benchmark.case.is_empty());
    several.map(|benchmark| format!("{}/{}", benchmark.id, benchmark.case)).collect()
}

/// Ascending, each once.
fn activities(wished: &[f64]) -> Result<Vec<f64>, Problems> {
    let problem = |percent: &f64| {
        Problem::new(
            "activity-range",
            "--activity",
            percent.to_string(),
            "0 to 100 (percent of the input addresses per time step)",
            "use for example --activity 1,10,100",
        )
    };
    let wrong = wished.iter().filter(|percent| !(0.0..=100.0).contains(*percent));
    let problems = wrong.map(problem).collect();
    let mut sorted = match wished.is_empty() {
        true => ACTIVITIES.to_vec(),
        // 0 may come in as -0.
        false => wished.iter().map(|percent| percent.abs()).collect(),
    };
    sorted.sort_by(f64::total_cmp);
    sorted.dedup();
    Problems::unless_empty(problems, sorted)
}
