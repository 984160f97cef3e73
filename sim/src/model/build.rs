//! From an emitted design to a loaded model.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rtl::Design;
use sha2::{Digest, Sha256};

use super::cache::Cache;
use super::library::Library;
use super::shim::{shim, vlt, PREFIX};
use crate::error::SimError;
use crate::tools::{run, Compiler, Verilator, INSTALL_COMPILER, INSTALL_VERILATOR};

/// How a model is compiled.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// Optimisation flags for the generated C++.
    pub optimise: Vec<String>,
    /// With Verilator's own VCD of all signals; 20 to 45 % slower even when no file is open.
    pub trace: bool,
    /// What is not reset begins with random bits of this seed, and so does what the Verilog leaves unknown; `None`: with zeros.
    pub power_up: Option<u64>,
    /// Cache folder; default: see the crate's `model/cache.rs`.
    pub cache: Option<PathBuf>,
}

impl Default for BuildOptions {
    fn default() -> Self {
        BuildOptions {
            optimise: vec!["-O1".into()],
            trace: false,
            power_up: None,
            cache: None,
        }
    }
}

const VERILATOR_FLAGS: &[&str] = &[
    "--cc",
    "-O3",
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
];
const COMPILE_FLAGS: &[&str] = &[
    "-std=gnu++17",
    "-fPIC",
    "-fvisibility=hidden",
    "-fno-gnu-unique",
    "-faligned-new",
    "-DVM_COVERAGE=0",
    "-DVM_SC=0",
];

/// Builds the model of `design`, or takes it from the cache. A cold build takes a few seconds.
///
/// The top's parameter `MEM_DIR` is set to the cache entry's own copy of the memory files, so that a model finds them from
/// any working folder.
pub fn build(design: &Design, options: &BuildOptions) -> Result<Library, SimError> {
    let verilator = Verilator::find()?;
    let compiler = Compiler::find()?;
    let cache = Cache::open(options.cache.as_deref())?;
    let (config, shim) = (vlt(design), shim(design, options.power_up));
    let tools = [
        verilator.version.as_str(),
        compiler.version.as_str(),
        &compiler.program.to_string_lossy(),
    ]
    .join("\n");
    let flags = format!(
        "{VERILATOR_FLAGS:?} {COMPILE_FLAGS:?} {:?} {} {}",
        options.optimise,
        options.trace,
        unknown(options)
    );
    let root = cache.root().to_string_lossy().into_owned();

    let runtime_key = key("runtime", [tools.as_str(), &flags, &root]);
    let design_hash = design.hash();
    let model_key = key("model", [&runtime_key, &design.top, &design_hash, &config, &shim]);
    let runtime = |work: &Path| compile_runtime(work, &verilator, &compiler, options);
    let model = |work: &Path| {
        let (objects, _in_use) = cache.entry(&runtime_key, runtime)?;
        let place = cache.place(&model_key);
        verilate(work, &place, design, &config, &verilator, options)?;
        compile_model(work, &objects, &shim, &verilator, &compiler, options)
    };
    let (place, in_use) = cache.entry(&model_key, model)?;
    Library::load(&place.join("model.so"), design, in_use)
}

/// Verilator's word for what unknown bits become.
fn unknown(options: &BuildOptions) -> &'static str {
    if options.power_up.is_some() { "unique" } else { "0" }
}

fn key<const N: usize>(kind: &str, parts: [&str; N]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let digits: String = hash
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{kind}-{digits}")
}

fn write(path: &Path, text: &str) -> Result<(), SimError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(SimError::io(folder))?;
    }
    fs::write(path, text).map_err(SimError::io(path))
}

/// Verilog -> C++ in `work/obj`; memory files to `work/mem`, which is `place/mem` when the model looks for them.
fn verilate(
    work: &Path,
    place: &Path,
    design: &Design,
    config: &str,
    verilator: &Verilator,
    options: &BuildOptions,
) -> Result<(), SimError> {
    let mut sources = Vec::new();
    let mut memories = false;
    for file in &design.files {
        let source = file.path.starts_with("rtl/") && file.path.ends_with(".v");
        let memory = file.path.starts_with("mem/");
        if source || memory {
            write(&work.join(&file.path), &file.text)?;
        }
        if source {
            sources.push(file.path.clone());
        }
        memories |= memory;
    }
    sources.sort();
    write(&work.join("probes.vlt"), config)?;
    let mut command = Command::new(&verilator.program);
    command
        .current_dir(work)
        .args(VERILATOR_FLAGS)
        .args(["--x-assign", unknown(options), "--x-initial", unknown(options)])
        .args(["--prefix", PREFIX, "--Mdir", "obj"]);
    command.args(["--top-module", &design.top]);
    if memories {
        command.arg(format!("-GMEM_DIR=\"{}/mem\"", place.display()));
    }
    if options.trace {
        command.arg("--trace");
    }
    command.arg("probes.vlt").args(sources);
    run(&mut command, "verilator", INSTALL_VERILATOR)
}

fn compiler_command(compiler: &Compiler, verilator: &Verilator, options: &BuildOptions) -> Command {
    let trace = u32::from(options.trace);
    let mut command = Command::new(&compiler.program);
    command
        .args(COMPILE_FLAGS)
        .arg(format!("-DVM_TRACE={trace}"))
        .arg(format!("-DVM_TRACE_VCD={trace}"));
    command
        .arg("-DVM_TRACE_FST=0")
        .arg("-I")
        .arg(&verilator.include)
        .arg("-I")
        .arg(verilator.include.join("vltstd"));
    command
}

/// Verilator's runtime, once per version and flags: most of a cold build.
fn compile_runtime(
    work: &Path,
    verilator: &Verilator,
    compiler: &Compiler,
    options: &BuildOptions,
) -> Result<(), SimError> {
    let mut sources = vec!["verilated", "verilated_threads"];
    if options.trace {
        sources.push("verilated_vcd_c");
    }
    for source in sources {
        let mut command = compiler_command(compiler, verilator, options);
        command
            .arg("-O1")
            .arg("-c")
            .arg(verilator.include.join(format!("{source}.cpp")));
        command.arg("-o").arg(work.join(format!("{source}.o")));
        run(&mut command, "g++", INSTALL_COMPILER)?;
    }
    Ok(())
}

/// Generated C++ and shim as one translation unit -> `work/model.so`.
fn compile_model(
    work: &Path,
    objects: &Path,
    shim: &str,
    verilator: &Verilator,
    compiler: &Compiler,
    options: &BuildOptions,
) -> Result<(), SimError> {
    let mut unit = String::new();
    for name in sorted_names(&work.join("obj"), "cpp")? {
        unit.push_str(&format!("#include \"{name}\"\n"));
    }
    unit.push_str(shim);
    write(&work.join("obj/unit.cc"), &unit)?;
    let mut command = compiler_command(compiler, verilator, options);
    command
        .current_dir(work.join("obj"))
        .args(&options.optimise)
        .args(["-shared", "-Wl,-Bsymbolic", "-I.", "unit.cc"]);
    for name in sorted_names(objects, "o")? {
        command.arg(objects.join(name));
    }
    command.args(["-pthread", "-o", "../model.so"]);
    run(&mut command, "g++", INSTALL_COMPILER)?;
    let obj = work.join("obj");
    fs::remove_dir_all(&obj).map_err(SimError::io(&obj))
}

fn sorted_names(folder: &Path, extension: &str) -> Result<Vec<String>, SimError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(SimError::io(folder))? {
        let path = entry.map_err(SimError::io(folder))?.path();
        if path.extension().is_some_and(|e| e == extension) {
            names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}
