//! From flags and settings file to a network, its samples and its plan: what all commands on a net begin with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use net::data::{self, DataOptions, Dataset};
use net::options::{LayerOptions, Parts};
use net::split::{part_name, Split};
use net::{Fabric, FloatNet, Imported, Network, Placement, Problem, Problems, Settings};
use rtl::edge::Edges;
use rtl::plan::parts::{share, Shares};
use rtl::plan::{ChipOptions, FabricOptions, Load, Objective, Plan, PlanOptions, Readout, ACTIVITY};
use synth::Target;

use crate::loads::{Loads, Traced};
use crate::args::NetArgs;
use crate::build::folder::read_problem;
use crate::build::manifest::sha256;
use crate::console::Console;
use crate::edges;
use crate::goal::Goal;

/// A net with all settings resolved. Nothing is written.
#[derive(Debug)]
pub struct Project {
    /// Flags over the settings file; paths relative to the working folder.
    pub settings: Settings,
    pub net_path: PathBuf,
    pub imported: Imported,
    /// The network as cores share it, if layers are in parts.
    shared: Option<Split>,
    pub dataset: Option<Dataset>,
    /// What is planned for; [`Project::plan`] settles it.
    pub goal: Goal,
    /// Why nothing is planned for the usual device, where the user names none.
    pub too_large: Option<String>,
    pub objective: Objective,
    pub readout: Readout,
    pub edges: Edges,
    /// Routers between the cores, and where these sit.
    pub fabric: Option<(Fabric, Placement)>,
    pub seed: u64,
}

/// Reads the settings file `path`; relative paths in it become relative to the working folder.
pub fn read_settings(path: &Path) -> Result<Settings, Problems> {
    let text = std::fs::read_to_string(path).map_err(|error| read_problem(path, &error))?;
    let mut settings = net::settings::parse(&path.display().to_string(), &text)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for place in [&mut settings.net, &mut settings.data].into_iter().flatten() {
        *place = folder.join(&*place).to_string_lossy().into_owned();
    }
    Ok(settings)
}

/// The flags in `args` over the settings file that they name.
pub fn settings_of(args: &NetArgs, console: &Console) -> Result<Settings, Problems> {
    let flags = args.settings(console.flag_seed())?;
    match &args.import.config {
        Some(path) => Ok(flags.over(&read_settings(path)?)),
        None => Ok(flags),
    }
}

fn net_path(settings: &Settings) -> Result<PathBuf, Problems> {
    settings.net.as_ref().map(PathBuf::from).ok_or_else(|| {
        let remedy = "name the net, or --config FILE with `net = \"...\"` in it";
        Problem::new("usage", "NET", "missing", "a NIR file, or a settings file that names one", remedy).into()
    })
}

/// The net in floats, and the samples, if there is `--data`.
pub fn open_float(settings: &Settings) -> Result<(FloatNet, Option<Dataset>), Problems> {
    check_counts(settings)?;
    let net = net::import_float_file(&net_path(settings)?, &settings.options)?;
    let Some(folder) = &settings.data else { return Ok((net, None)) };
    let options = DataOptions { inputs: net.float.inputs.clone(), ..data_options(settings)? };
    let dataset = data::load(Path::new(folder), &options, net.float.input())?;
    Ok((net, Some(dataset)))
}

/// The samples; a problem if there is no `--data`.
pub fn need_data(dataset: Option<&Dataset>) -> Result<&Dataset, Problems> {
    dataset.ok_or_else(|| missing_data().into())
}

pub fn missing_data() -> Problem {
    let limit = "a folder of images with labels, recordings with labels.txt, or spike arrays";
    let remedy = "add --data FOLDER (examples/mnist holds 1,000 images)";
    Problem::new("data-missing", "--data", "missing", limit, remedy)
}

impl Project {
    /// Opens what `args` (and the settings file they name) describe.
    pub fn open(args: &NetArgs, console: &Console) -> Result<Project, Problems> {
        Project::from_settings(settings_of(args, console)?, console)
    }

    /// Opens what `settings` describe. The multiplicity is the user's, else the largest in the data.
    pub fn from_settings(settings: Settings, console: &Console) -> Result<Project, Problems> {
        console.set_seed(settings.seed);
        let net_path = net_path(&settings)?;
        let goal = Goal::parse(&settings)?;
        let objective = parse_objective(settings.objective.as_deref())?;
        let readout = parse_readout(settings.readout.as_deref())?;
        let mut edges = edges::parse(&settings)?;
        if let Some(config) = &mut edges.config {
            config.net_hash = net_hash(&net_path)?;
        }
        let fabric = parse_fabric(&settings)?;
        check_activity(settings.activity)?;
        check_counts(&settings)?;
        // The input's shape must be known to read data, and the data to know the multiplicity.
        let (net, dataset) = open_float(&settings)?;
        let mut options = settings.options.clone();
        let found = dataset.as_ref().filter(|_| options.multiplicity.is_none()).map(Dataset::multiplicity).transpose()?;
        options.multiplicity = options.multiplicity.or(found);
        let mut imported = net.quantised(&options)?;
        imported.assumptions.extend(found.map(|found| {
            format!("multiplicity: an input address spikes at most {found} times in a time step (the largest in --data)")
        }));
        let seed = console.seed();
        let project = Project {
            settings,
            net_path,
            imported,
            shared: None,
            dataset,
            goal,
            too_large: None,
            objective,
            readout,
            edges,
            fabric,
            seed,
        };
        project.share(console)
    }

    /// Cuts layers into parts as the settings say.
    fn share(mut self, console: &Console) -> Result<Project, Problems> {
        let network = self.network();
        let of = |layer: &net::Layer| self.settings.options.layers.get(&layer.name).and_then(|own| own.parts);
        let wanted: Vec<Option<Parts>> = network.layers.iter().map(of).collect();
        let cores = self.settings.cores.map(|cores| cores as usize);
        if cores.is_some() || wanted.iter().any(Option::is_some) {
            let loads = match cores {
                Some(_) => self.loads_of(network, &self.traced_of(network, console)?).heard,
                None => Vec::new(),
            };
            self.shared = Some(share(network, &loads, &Shares { cores, wanted: &wanted, routers: self.fabric.is_some() })?);
        }
        Ok(self)
    }

    /// The network as the file has it.
    pub fn network(&self) -> &Network {
        &self.imported.network
    }

    /// The network as cores compute it: the same, or with layers in parts.
    pub fn hardware(&self) -> &Network {
        self.shared.as_ref().map_or(self.network(), |shared| &shared.network)
    }

    /// Name of the whole layer that layer `index` of [`Project::hardware`] is (a part of), and which part, if it is one.
    fn whole(&self, index: usize) -> (&str, Option<usize>) {
        let Some(shared) = &self.shared else {
            return (&self.network().layers[index].name, None);
        };
        let layer = shared.parts[index].layer;
        let parts: Vec<usize> = (0..shared.parts.len()).filter(|i| shared.parts[*i].layer == layer).collect();
        let part = (parts.len() > 1).then(|| index - parts[0]);
        (&self.network().layers[layer].name, part)
    }

    /// Parts of each layer that has several, by its name.
    pub fn parts(&self) -> Vec<(String, Parts)> {
        let of = |layer: usize| {
            let parts: Vec<_> = self.shared.iter().flat_map(|shared| &shared.parts).filter(|part| part.layer == layer).collect();
            let (count, rows) = (parts.len() as u32, parts.iter().any(|part| part.row > 0));
            if rows { Parts::Rows(count) } else { Parts::Channels(count) }
        };
        let layers = self.network().layers.iter().enumerate().map(|(i, layer)| (layer.name.clone(), of(i)));
        layers.filter(|(_, parts)| parts.count() > 1).collect()
    }

    /// Folds the network onto the device. Where the user names none and the usual one does not hold the net, says so and goes on
    /// without one: [`Project::goal`] has changed then.
    pub fn plan(&mut self, console: &Console) -> Result<Plan, Problems> {
        self.settled(console, |project| project.plan_as_told(console))
    }

    /// As [`Project::plan`], where the loads are there already.
    pub fn plan_on(&mut self, loads: &Loads, console: &Console) -> Result<Plan, Problems> {
        self.settled(console, |project| project.plan_for_loads(loads))
    }

    fn settled(&mut self, console: &Console, plan: impl Fn(&Project) -> Result<Plan, Problems>) -> Result<Plan, Problems> {
        let problems = match plan(self) {
            Ok(plan) => return Ok(plan),
            Err(problems) => problems,
        };
        let Some((goal, why)) = self.goal.instead(&problems) else { return Err(problems) };
        let first = std::mem::replace(&mut self.goal, goal);
        match plan(self) {
            Ok(plan) => {
                console.warn(&why);
                self.too_large = Some(why);
                Ok(plan)
            }
            Err(problems) => {
                self.goal = first;
                Err(problems)
            }
        }
    }

    fn plan_as_told(&self, console: &Console) -> Result<Plan, Problems> {
        let options = self.plan_options();
        let needs_loads = options.fabric.as_ref().is_some_and(|fabric| fabric.placement == Placement::Near) || options.chips.is_some();
        let chosen = |layer: &net::Layer| {
            let (name, scan) = (&layer.name, options.scans.contains_key(&layer.name));
            options.lanes.contains_key(name) && options.banks.contains_key(name) && scan
        };
        match self.hardware().layers.iter().all(chosen) && !needs_loads {
            true => rtl::plan::plan(self.hardware(), &options),
            false => self.plan_for_loads(&self.loads(&self.traced(console)?)),
        }
    }

    fn plan_for_loads(&self, loads: &Loads) -> Result<Plan, Problems> {
        let mut options = self.plan_options();
        options.fabric.iter_mut().for_each(|fabric| fabric.sent = loads.sent.clone());
        options.chips.iter_mut().for_each(|chips| chips.sent = loads.sent.clone());
        rtl::plan::plan(self.hardware(), &PlanOptions { loads: loads.heard.clone(), ..options })
    }

    /// Folds the network onto another device, with another objective; `share` of its LUT and FF, if the objective's is not
    /// meant. `loads` as [`Project::loads`] has them.
    pub fn plan_for(
        &self,
        target: Target,
        objective: Objective,
        share: Option<f64>,
        loads: &[Load],
    ) -> Result<Plan, Problems> {
        let options = PlanOptions {
            device: self.goal.on(target).device(),
            objective,
            share,
            loads: loads.to_vec(),
            ..self.plan_options()
        };
        rtl::plan::plan(self.hardware(), &options)
    }

    /// The first samples in the golden model: none without data, or where the user gives the activity.
    pub fn traced(&self, console: &Console) -> Result<Vec<Traced>, Problems> {
        self.traced_of(self.hardware(), console)
    }

    /// What each layer hears: golden's spikes in `traced` samples, else a share of the inputs.
    pub fn loads(&self, traced: &[Traced]) -> Loads {
        self.loads_of(self.hardware(), traced)
    }

    /// As [`Project::traced`], of this network or one with its layers in parts.
    fn traced_of(&self, network: &Network, console: &Console) -> Result<Vec<Traced>, Problems> {
        let Some(dataset) = self.dataset.as_ref().filter(|_| self.settings.activity.is_none()) else {
            return Ok(Vec::new());
        };
        Traced::first(self.engine(network), dataset.len().min(LOAD_SAMPLES), |index| self.sample(index), console)
    }

    /// As [`Project::loads`], of this network or one with its layers in parts.
    fn loads_of(&self, network: &Network, traced: &[Traced]) -> Loads {
        match (self.settings.activity, &self.dataset) {
            (Some(percent), _) => {
                let source = format!("given: {percent} % of the inputs spike in a time step");
                Loads::even(network, percent / 100.0, source)
            }
            (None, None) => {
                let source = format!("assumed: {} % of the inputs spike in a time step", 100.0 * ACTIVITY);
                Loads::even(network, ACTIVITY, source)
            }
            (None, Some(_)) => Loads::measured(network, traced),
        }
    }

    /// Time steps of a sample: the data's, else 1.
    pub fn steps_per_sample(&self) -> Result<f64, Problems> {
        let Some(dataset) = &self.dataset else { return Ok(1.0) };
        let count = dataset.len().min(LOAD_SAMPLES);
        let steps: usize = (0..count).map(|i| self.sample(i).map(|s| s.len())).sum::<Result<usize, Problems>>()?;
        Ok(steps as f64 / count.max(1) as f64)
    }

    /// What is said about each core: a part's own table over its layer's. Tables of what is no core are handed on, for the planner to
    /// refuse.
    fn core_options(&self) -> BTreeMap<String, LayerOptions> {
        let mut left = self.settings.options.layers.clone();
        let mut found = BTreeMap::new();
        for index in 0..self.hardware().layers.len() {
            let (layer, part) = self.whole(index);
            let of_layer = self.settings.options.layers.get(layer).copied().unwrap_or_default();
            left.remove(layer);
            let name = part.map_or(layer.to_string(), |part| part_name(layer, part));
            let own = left.remove(&name).unwrap_or_default();
            found.insert(name, own.over(of_layer));
        }
        found.extend(left);
        found
    }

    fn plan_options(&self) -> PlanOptions {
        let layers = self.core_options();
        let layers = || layers.iter().map(|(name, own)| (name.clone(), own));
        let lanes = layers().filter_map(|(name, own)| Some((name, own.lanes? as usize)));
        let banks = layers().filter_map(|(name, own)| {
            let (rows, columns) = own.banks?;
            Some((name, (rows as usize, columns as usize)))
        });
        let queues = layers().filter_map(|(name, own)| Some((name, own.queue? as usize)));
        let machines = layers().filter_map(|(name, own)| Some((name, own.core?)));
        let scans = layers().filter_map(|(name, own)| Some((name, own.scan?)));
        PlanOptions {
            lanes: lanes.collect(),
            banks: banks.collect(),
            queues: queues.collect(),
            machines: machines.collect(),
            scans: scans.collect(),
            readout: self.readout,
            edges: self.guarded_edges(),
            device: self.goal.device(),
            adders: self.goal.adders(),
            objective: self.objective,
            fabric: self.fabric.clone().map(|(fabric, placement)| FabricOptions { fabric, placement, sent: Vec::new() }),
            chips: self.chips(),
            ..PlanOptions::default()
        }
    }

    /// The devices that share the net; none if it is one.
    fn chips(&self) -> Option<ChipOptions> {
        let cuts: Vec<String> = self.settings.cuts.iter().flat_map(|cuts| cuts.split(',')).map(|name| name.trim().to_string()).collect();
        let count = self.settings.chips.map_or(cuts.len() + 1, |chips| chips as usize);
        (count != 1 || !cuts.is_empty()).then_some(ChipOptions { count, cuts, sent: Vec::new() })
    }

    /// What the importer found odd, and what [`Project::plan`] warned of.
    pub fn warnings(&self) -> Vec<&String> {
        self.imported.warnings.iter().chain(&self.too_large).collect()
    }

    /// Prints what the importer assumed, and warns of what it found odd.
    pub fn print_assumptions(&self, console: &Console) {
        console.say("Assumed:");
        for assumption in &self.imported.assumptions {
            console.say(format!("  {assumption}"));
        }
        for warning in &self.imported.warnings {
            console.warn(warning);
        }
    }
}

fn data_options(settings: &Settings) -> Result<DataOptions, Problems> {
    let mut problems = Vec::new();
    let mut options = DataOptions {
        steps: settings.steps.map(|n| n as usize),
        samples: settings.samples.map(|n| n as usize),
        dedup: settings.dedup.unwrap_or(false),
        ..DataOptions::default()
    };
    match settings.encode.as_deref().map(str::parse).transpose() {
        Ok(encode) => options.encode = encode,
        Err(problem) => problems.push(problem),
    }
    match settings.bin.as_deref().map(str::parse).transpose() {
        Ok(bin) => options.bin = bin,
        Err(problem) => problems.push(problem),
    }
    match settings.axes.as_deref().map(str::parse).transpose() {
        Ok(axes) => options.axes = axes,
        Err(problem) => problems.push(problem),
    }
    Problems::unless_empty(problems, options)
}

/// Samples and steps of random samples: without one there is nothing to compute, and nothing to compare.
fn check_counts(settings: &Settings) -> Result<(), Problems> {
    let mut problems = Vec::new();
    for (flag, code, count) in [("--samples", "samples-range", settings.samples), ("--steps", "steps-range", settings.steps)] {
        if count == Some(0) {
            problems.push(Problem::new(code, flag, "0", "at least 1", format!("give {flag} 1 or more, or leave it away")));
        }
    }
    Problems::unless_empty(problems, ())
}

/// Samples that the planner measures.
pub const LOAD_SAMPLES: usize = 4;

fn parse_objective(name: Option<&str>) -> Result<Objective, Problems> {
    let Some(name) = name else { return Ok(Objective::default()) };
    Objective::ALL.into_iter().find(|objective| objective.name() == name).ok_or_else(|| {
        let names = Objective::ALL.map(Objective::name).join(", ");
        Problem::new("objective", "objective", format!("{name:?}"), format!("one of {names}"), "pick one of these").into()
    })
}

fn check_activity(percent: Option<f64>) -> Result<(), Problems> {
    match percent {
        Some(percent) if !(0.0..=100.0).contains(&percent) => Err(Problem::new(
            "activity-range",
            "--activity",
            percent.to_string(),
            "0 to 100 (percent of a layer's inputs per time step)",
            "use for example --activity 5, or --data to measure it",
        )
        .into()),
        _ => Ok(()),
    }
}

/// First 64 bits of the net file's SHA-256.
fn net_hash(path: &Path) -> Result<u64, Problems> {
    let bytes = std::fs::read(path).map_err(|error| read_problem(path, &error))?;
    Ok(u64::from_str_radix(&sha256(&bytes)[..16], 16).unwrap_or_default())
}

fn parse_fabric(settings: &Settings) -> Result<Option<(Fabric, Placement)>, Problems> {
    fn parsed<T: std::str::FromStr<Err = String>>(key: &'static str, text: &Option<String>) -> Result<Option<T>, Problem> {
        let parse = |text: &String| {
            let wrong = |limit| Problem::new(key, format!("--{key}"), format!("{text:?}"), limit, "write it like one of these");
            text.parse::<T>().map_err(wrong)
        };
        text.as_ref().map(parse).transpose()
    }
    let fabric = parsed::<Fabric>("fabric", &settings.fabric)?;
    let placement = parsed::<Placement>("placement", &settings.placement)?;
    if let (None, Some(placement)) = (fabric, &placement) {
        let remedy = "add --fabric mesh:RxC, or leave out --placement";
        return Err(Problem::new("placement", "--placement", placement.to_string(), "only with --fabric", remedy).into());
    }
    Ok(fabric.map(|fabric| (fabric, placement.unwrap_or_default())))
}

fn parse_readout(name: Option<&str>) -> Result<Readout, Problems> {
    match name {
        None | Some("none") => Ok(Readout::None),
        Some("count") => Ok(Readout::Count),
        Some("membrane") => Ok(Readout::Membrane),
        Some(other) => Err(Problem::new(
            "readout",
            "--readout",
            format!("{other:?}"),
            "one of none, count, membrane",
            "pick one of these",
        )
        .into()),
    }
}

/// Name of a readout in flags and settings.
pub fn readout_name(readout: Readout) -> &'static str {
    match readout {
        Readout::None => "none",
        Readout::Count => "count",
        Readout::Membrane => "membrane",
    }
}
