//! A folder that `build` wrote, read back: settings and net for the golden model, Verilog and hex exactly as they lie
//! there, hand edits included.

use std::path::Path;

use net::{Problem, Problems};
use rtl::{Design, EmittedFile, Plan};

use super::board::{folder, place};
use super::emitted::SETTINGS;
use super::folder::{list, read_problem};
use super::manifest;
use crate::args::NetArgs;
use crate::console::Console;
use crate::project::{read_settings, Project};

/// Opens the folder `dir` with the flags `args` over its own settings. The plan and the probes are those that the
/// settings give; the files are those of the folder. Warns of files that were edited.
pub fn open(dir: &Path, args: &NetArgs, console: &Console) -> Result<(Project, Plan, Design), Problems> {
    let Some(recorded) = manifest::recorded_files(dir) else {
        return Err(Problem::new(
            "not-a-build-folder",
            dir.display().to_string(),
            "no manifest.json of spikewright",
            "a NIR file, or a folder that `spikewright build NET --out DIR` wrote",
            "build a folder first, or name the net",
        )
        .into());
    };
    let mut own = read_settings(&dir.join(SETTINGS))?;
    let mut flags = args.settings(console.flag_seed())?;
    flags.net = None;
    if flags.data.is_some() {
        // The folder's own sample says nothing about other data.
        (own.encode, own.bin, own.steps, own.samples, own.dedup) = (None, None, None, None, None);
    }
    let mut project = Project::from_settings(flags.over(&own), console)?;
    let plan = project.plan(console)?;
    let mut design = rtl::emit(&plan);
    let built = std::mem::replace(&mut design.files, read_design(dir, &plan)?);
    check_memories(dir, &plan, &design.files, &built)?;
    for file in &design.files {
        let place = place(&plan, &file.path);
        if recorded
            .get(&place)
            .is_some_and(|hash| *hash != manifest::sha256(file.text.as_bytes()))
        {
            console.warn(format!("{} was edited by hand since it was built", dir.join(&place).display()));
        }
    }
    Ok((project, plan, design))
}

/// `rtl/` and `mem/` of the folder, or of its chips; every file that the manifest records there must exist.
fn read_design(dir: &Path, plan: &Plan) -> Result<Vec<EmittedFile>, Problems> {
    let recorded = manifest::recorded_files(dir).unwrap_or_default();
    // The path in the design.
    let own = |path: &str| {
        let chips = (0..plan.chips.len()).map(|chip| format!("{}/", folder(chip)));
        let inside = chips.into_iter().find_map(|chip| path.strip_prefix(&chip).map(str::to_string));
        if plan.chips.is_empty() { Some(path.to_string()) } else { inside }
    };
    let is_design = |path: &str| {
        let own = own(path).unwrap_or_default();
        let folder = own.starts_with("rtl/") || own.starts_with("mem/");
        folder && [".v", ".f", ".hex"].iter().any(|suffix| path.ends_with(suffix))
    };
    let present: Vec<String> = list(dir)?.into_iter().filter(|path| is_design(path)).collect();
    let mut problems = Vec::new();
    for path in recorded
        .keys()
        .filter(|path| is_design(path) && !present.contains(path))
    {
        problems.push(Problem::new(
            "file-missing",
            dir.join(path).display().to_string(),
            "not there",
            "every file that manifest.json lists in rtl/ and mem/",
            "build the folder again",
        ));
    }
    let mut files = Vec::new();
    for path in present {
        match std::fs::read(dir.join(&path)) {
            Ok(bytes) => files.push(EmittedFile {
                path: own(&path).unwrap_or(path),
                text: String::from_utf8_lossy(&bytes).into_owned(),
            }),
            Err(error) => problems.push(read_problem(&dir.join(&path), &error)),
        }
    }
    Problems::unless_empty(problems, files)
}

/// Memory files that a simulator would stop at: anything but lines of hex digits, and no more of them than were `built`.
fn check_memories(dir: &Path, plan: &Plan, files: &[EmittedFile], built: &[EmittedFile]) -> Result<(), Problems> {
    let mut problems = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with(".hex")) {
        let twin = built.iter().find(|twin| twin.path == file.path);
        let lines = twin.map_or(usize::MAX, |twin| twin.text.lines().count());
        let digits = twin
            .and_then(|twin| twin.text.lines().next())
            .map_or(usize::MAX, str::len);
        let is_word =
            |word: &str| (1..=digits).contains(&word.len()) && word.bytes().all(|digit| digit.is_ascii_hexdigit());
        let bad = file
            .text
            .lines()
            .enumerate()
            .find(|(at, word)| *at >= lines || !is_word(word.trim()));
        if let Some((at, word)) = bad {
            let limit = match twin {
                Some(_) => format!("at most {lines} lines of 1 to {digits} hex digits"),
                None => "lines of hex digits".to_string(),
            };
            problems.push(Problem::new(
                "hex-word",
                format!("{}:{}", dir.join(place(plan, &file.path)).display(), at + 1),
                format!("{word:?}"),
                limit,
                "undo the edit, or build the folder again",
            ));
        }
    }
    Problems::unless_empty(problems, ())
}
