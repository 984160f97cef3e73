//! `spikewright init`: a commented `spikewright.toml` with every option and every layer.

use std::path::PathBuf;

use net::{Problem, Problems};
use serde_json::json;

use crate::args::NetArgs;
use crate::build::folder::write_problem;
use crate::console::{Console, Reply};
use crate::project::Project;

/// Write a commented settings file with every option and every layer of a net
#[derive(clap::Args, Debug)]
pub struct InitArgs {
    #[command(flatten)]
    net: NetArgs,
    /// The file to write [default: spikewright.toml in the working folder]
    #[arg(
        long,
        value_name = "FILE",
        default_value = "spikewright.toml",
        hide_default_value = true
    )]
    out: PathBuf,
    /// Overwrite a file that is there
    #[arg(long)]
    force: bool,
}

pub fn run(args: &InitArgs, console: &Console) -> Result<Reply, Problems> {
    let project = Project::open(&args.net, console)?;
    let mut settings = project.settings.clone();
    let folder = args.out.parent().unwrap_or(std::path::Path::new(""));
    for path in [&mut settings.net, &mut settings.data].into_iter().flatten() {
        *path = relative(path, folder);
    }
    let text = net::settings::commented_toml(&settings, &project.imported.reports);
    let label = args.out.display().to_string();
    if args.out.exists() && !args.force {
        return Err(Problem::new(
            "file-exists",
            label,
            "a file of that name is there",
            "settings files are not overwritten",
            "choose another --out, or overwrite it with --force",
        )
        .into());
    }
    std::fs::write(&args.out, text).map_err(|error| write_problem(&args.out, &error))?;
    console.say(format!(
        "wrote {label}: every option with its meaning, and a table for each layer"
    ));
    console.say(format!("next: spikewright check --config {label}"));
    let layers: Vec<_> = project.network().layers.iter().map(|layer| &layer.name).collect();
    Ok(Reply::new(json!({ "out": label, "layers": layers })))
}

/// `path` as seen from `folder`: unchanged if absolute or if `folder` is the working folder, else made absolute when it
/// does not lie below.
fn relative(path: &str, folder: &std::path::Path) -> String {
    let path = std::path::Path::new(path);
    if path.is_absolute() || folder.as_os_str().is_empty() {
        return path.to_string_lossy().into_owned();
    }
    match path.strip_prefix(folder) {
        Ok(below) => below.to_string_lossy().into_owned(),
        Err(_) => std::path::absolute(path)
            .unwrap_or(path.to_path_buf())
            .to_string_lossy()
            .into_owned(),
    }
}
