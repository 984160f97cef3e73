//! All files of an output folder, in memory.

use std::borrow::Cow;

use golden::Trace;
use net::data::trace_file;
use net::options::{Choice, CoreKind, ScanRule};
use net::settings::commented_toml;
use net::{Network, Param, Problems, Settings, Spikes};
use rtl::{Design, Plan};
use serde_json::{json, Map, Value};

use super::{board, manifest, readme, registers, testbench};
use crate::console::Console;
use crate::edges;
use crate::project::{readout_name, Project};

/// Name of the settings in the folder.
pub const SETTINGS: &str = "spikewright.toml";
/// Name of the copied net in the folder.
pub const NET: &str = "net.nir";
/// The testbench's sample in the folder, as `--data` reads it.
const SAMPLE: &str = "tb/sample.npz";

/// A design and every file of its folder.
pub struct Emitted {
    pub plan: Plan,
    pub design: Design,
    /// Path relative to the folder, bytes; sorted by path.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Emits `project`. The same net, sample and settings give the same bytes, wherever they lie.
pub fn emit(project: &mut Project, console: &Console) -> Result<Emitted, Problems> {
    let net_bytes =
        std::fs::read(&project.net_path).map_err(|error| super::folder::read_problem(&project.net_path, &error))?;
    let plan = project.plan(console)?;
    let project = &*project;
    let spinner = console.spinner("emitting Verilog");
    let design = rtl::emit(&plan);
    spinner.finish_and_clear();
    let network = project.hardware();
    let settings = resolved(project, &plan);
    // What the folder itself will be imported with: its README lists these assumptions and no others.
    let assumptions = net::import_bytes(NET, net_bytes.clone(), &settings.options)?.assumptions;
    let toml = commented_toml(&settings, &project.imported.reports);

    let mut spikes = project.sent(0)?;
    // The order inside a step is free; the folder's own sample file keeps none.
    spikes.iter_mut().for_each(|events| events.sort_unstable());
    let engine = project.engine(network);
    let entering = project.behind_guard(Cow::Borrowed(&spikes));
    engine.validate(&entering)?;
    let trace = engine.trace(&entering);
    let of_net = vec![(SETTINGS.to_string(), toml.into_bytes()), (NET.to_string(), net_bytes)];
    let part = Part { project, plan: &plan, network, assumptions: &assumptions };
    let files = match plan.chips.is_empty() {
        true => part.files(&design, &spikes, &trace, of_net)?,
        false => board::files(&part, &design, &spikes, &trace, of_net)?,
    };
    Ok(Emitted { plan, design, files })
}

/// A chip with all that its folder says of it.
pub struct Part<'a> {
    pub project: &'a Project,
    pub plan: &'a Plan,
    /// What it computes.
    pub network: &'a Network,
    pub assumptions: &'a [String],
}

impl Part<'_> {
    /// The files of a folder of its own, sorted; `more` are further ones. `spikes` enter the chip, `trace` is what its layers do.
    pub fn files(
        &self,
        design: &Design,
        spikes: &Spikes,
        trace: &Trace,
        more: Vec<(String, Vec<u8>)>,
    ) -> Result<Vec<(String, Vec<u8>)>, Problems> {
        let (plan, goal) = (self.plan, self.project.goal);
        let sources = design.files.iter().filter_map(|file| file.path.strip_prefix("rtl/"));
        let sources: Vec<String> = sources.filter(|path| path.ends_with(".v")).map(str::to_string).collect();
        let mut texts: Vec<(String, String)> = design.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
        texts.extend(testbench::files(plan, self.network, spikes, trace));
        texts.extend(synth::scripts(&plan.name, &sources));
        texts.extend(goal.target().into_iter().flat_map(|target| synth::constraint_files(target, &plan.edges)));
        texts.extend(registers::files(plan));
        let whole = more.iter().any(|(path, _)| path == SETTINGS);
        texts.push(("README.md".to_string(), readme::text(plan, self.network, self.assumptions, goal, whole)));
        self.sealed(texts, spikes, more, |files| describe(self.project, plan, design, files))
    }

    /// All files with the sample and the manifest, which `describe` fills, sorted.
    pub fn sealed(
        &self,
        texts: Vec<(String, String)>,
        spikes: &Spikes,
        more: Vec<(String, Vec<u8>)>,
        describe: impl Fn(&[(String, Vec<u8>)]) -> Value,
    ) -> Result<Vec<(String, Vec<u8>)>, Problems> {
        let mut files: Vec<(String, Vec<u8>)> = texts.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
        files.extend(more);
        files.push((SAMPLE.to_string(), sample_bytes(self.network, spikes)?));
        files.sort();
        let manifest = manifest::seal(describe(&files), &files);
        files.push((manifest::FILE.to_string(), manifest));
        files.sort();
        Ok(files)
    }
}

/// Settings that make the same folder again from what is in it: every choice that was made on the way is written down.
fn resolved(project: &Project, plan: &Plan) -> Settings {
    let mut options = project.settings.options.clone();
    options.name = Some(plan.name.clone());
    options.multiplicity = Some(project.network().multiplicity);
    for (layer, parts) in project.parts() {
        options.layers.entry(layer).or_default().parts = Some(parts);
    }
    for core in &plan.cores {
        let layer = options.layers.entry(core.layer.name.clone()).or_default();
        layer.core = CoreKind::parse_name(core.machine.name()).ok();
        if !core.machine.scans() {
            continue;
        }
        let (banks, lanes) = core.folded();
        layer.lanes = Some(lanes as u32);
        layer.banks = Some((banks.0 as u32, banks.1 as u32));
        layer.queue = Some(core.fifo_depth as u32);
        layer.scan = Some(scan_rule(core));
    }
    Settings {
        net: Some(NET.to_string()),
        options,
        data: Some(SAMPLE.to_string()),
        target: Some(project.goal.name().to_string()),
        adders: project.goal.adders().map(|adders| adders as u32),
        objective: Some(project.objective.name().to_string()),
        readout: Some(readout_name(project.readout).to_string()),
        input_port: Some(edges::port_name(plan.edges.input).to_string()),
        output_port: Some(edges::port_name(plan.edges.output).to_string()),
        tick: Some(edges::tick_name(plan.edges.step_end)),
        input_guard: Some(edges::guard_name(plan.edges.guard).to_string()),
        reset_port: Some(edges::resets_name(plan.edges.resets).to_string()),
        synchroniser: Some(plan.edges.stages.0),
        config_port: plan.edges.config.map(|config| edges::config_name(Some(config)).to_string()),
        routes: edges::routes_name(plan.edges.config).map(str::to_string),
        fabric: plan.fabric.as_ref().map(|fabric| fabric.fabric.to_string()),
        chips: (!plan.chips.is_empty()).then_some(plan.chips.len() as u32),
        cuts: board::cuts(plan),
        placement: plan.fabric.as_ref().map(|fabric| fabric.placement().to_string()),
        seed: Some(project.seed),
        ..Settings::default()
    }
}

/// Which words the core's scans visit.
pub fn scan_rule(core: &rtl::CorePlan) -> ScanRule {
    if core.touched_map { ScanRule::Touched } else { ScanRule::All }
}

/// The sample as an `.npz` file.
fn sample_bytes(network: &Network, spikes: &net::Spikes) -> Result<Vec<u8>, Problems> {
    let arrays = trace_file::input_arrays(&network.inputs, spikes);
    let folder = tempfile::tempdir().map_err(|error| super::folder::write_problem(&std::env::temp_dir(), &error))?;
    let path = folder.path().join("sample.npz");
    trace_file::write(&path, &arrays)?;
    std::fs::read(&path).map_err(|error| super::folder::read_problem(&path, &error).into())
}

/// The manifest's description of a chip, or of all chips as if they were one.
pub fn describe(project: &Project, plan: &Plan, design: &Design, files: &[(String, Vec<u8>)]) -> Value {
    let network = project.network();
    let net_hash = files
        .iter()
        .find(|(path, _)| path == NET)
        .map(|(_, bytes)| manifest::sha256(bytes));
    let mut names = Map::new();
    for core in &plan.cores {
        names.insert(core.layer.name.clone(), json!(core.name));
        names.insert(core.layer.neuron_name.clone(), json!(core.name));
    }
    let mut manifest = json!({
        "top": plan.name,
        "hash": design.hash(),
        "net": { "file": NET, "sha256": net_hash },
        "names": names,
        "target": project.goal.name(),
        "readout": readout_name(project.readout),
        "edges": {
            "input": edges::port_name(plan.edges.input),
            "output": edges::port_name(plan.edges.output),
            "tick": edges::tick_name(plan.edges.step_end),
            "input_guard": edges::guard_name(plan.edges.guard),
            "reset": edges::resets_name(plan.edges.resets),
            "synchroniser": plan.edges.stages.0,
        },
        "input": {
            "node": network.inputs[0].name,
            "shape": shape(network.inputs[0].shape),
            "multiplicity": network.multiplicity,
        },
        "stream": {
            "input": stream(plan.input_format()),
            "output": stream(plan.output_format()),
        },
        "layers": layers(plan),
    });
    if plan.has_several_ports() {
        manifest["input"] = json!({ "multiplicity": network.multiplicity });
        manifest["stream"] = streams(plan);
    }
    if let Some(map) = plan.registers() {
        manifest["edges"]["config"] = json!(edges::config_name(Some(map.config)));
        manifest["registers"] = json!(registers::JSON);
    }
    if let Some(fabric) = &plan.fabric {
        manifest["fabric"] = routers(plan, fabric);
    }
    manifest
}

/// Who sits where, and what a packet looks like.
fn routers(plan: &Plan, fabric: &rtl::plan::FabricPlan) -> Value {
    let place = |endpoint: usize| {
        let router = fabric.topology.port_of(endpoint).map(|(node, _)| &fabric.topology.nodes[node].name);
        json!({
            "name": plan.cores.get(endpoint).map_or("chip edge", |core| &core.layer.name),
            "source": endpoint,
            "router": router,
        })
    };
    json!({
        "network": fabric.fabric.to_string(),
        "mean_hops": fabric.mean_hops(),
        "packet": {
            "word_bits": fabric.format.word_bits,
            "source_bits": fabric.format.source_bits,
            "layer_bits": fabric.format.layer_bits,
            "bits": fabric.format.width(),
        },
        "endpoints": (0..=fabric.edge()).map(place).collect::<Vec<_>>(),
    })
}

/// The streams of a chip with several on a side.
fn streams(plan: &Plan) -> Value {
    let of = |format: rtl::LinkFormat, more: Value| {
        let mut port = stream(format);
        if let (Value::Object(port), Value::Object(more)) = (&mut port, more) {
            port.extend(more);
        }
        port
    };
    let input = |port: &rtl::plan::InPort| of(port.format(), json!({ "node": port.node, "port": port.prefix, "shape": shape(port.shape) }));
    let output = |port: &rtl::plan::OutPort| {
        let layer = &plan.cores[port.cores.start].layer;
        of(port.format, json!({ "node": port.node, "port": port.prefix, "layer": layer.name, "shape": shape(port.shape) }))
    };
    json!({
        "inputs": plan.inputs.iter().map(input).collect::<Vec<_>>(),
        "outputs": plan.outputs.iter().map(output).collect::<Vec<_>>(),
    })
}

pub fn stream(format: rtl::LinkFormat) -> Value {
    json!({
        "x_bits": format.x_bits,
        "y_bits": format.y_bits,
        "c_bits": format.c_bits,
        "payload_bits": format.payload_bits,
        "stream_bits": format.stream_bits(),
    })
}

/// How each layer was quantised and folded; manifest, `build --json` and `inspect --json` show it.
pub fn layers(plan: &Plan) -> Value {
    let range = |param: &Param| json!([param.min(), param.max()]);
    let describe = |core: &rtl::CorePlan| {
        let (layer, neuron) = (&core.layer, &core.layer.neuron);
        json!({
            "name": layer.name,
            "neuron": layer.neuron_name,
            "identifier": core.name,
            "input": [layer.input.c, layer.input.h, layer.input.w],
            "output": [layer.output.c, layer.output.h, layer.output.w],
            "weight_bits": layer.weight_bits,
            "scale": layer.scale,
            "fraction_bits": layer.fraction_bits,
            "initial": range(&neuron.initial),
            "fire_level": range(&neuron.fire_level),
            "bias": range(&neuron.bias),
            "leak_mode": neuron.leak_mode.choice_name(),
            "membrane_bits": neuron.membrane.bits,
            "membrane_lo": neuron.membrane.lo,
            "membrane_hi": neuron.membrane.hi,
            "state_bits": core.state_bits(),
            "core": core.machine.name(),
            "late_weights": core.late_weights,
            "banks": core.folded().0,
            "rotated": [core.rotated().0, core.rotated().1],
            "slice": core.sliced().then(|| core.spike_slice()),
            "words": core.words(),
            "word_bits": core.word_bits(),
            "lanes": core.folded().1,
            "groups": core.groups,
            "fifo_depth": core.fifo_depth,
            "scan": scan_rule(core).choice_name(),
            "stamp_bits": core.stamps().map_or(0, |stamps| stamps.bits),
            "sweep": core.stamps().filter(|_| core.touched_map).map(|stamps| stamps.sweep),
        })
    };
    let mut layers: Vec<Value> = plan.cores.iter().map(describe).collect();
    if !plan.is_chain() {
        for (core, layer) in layers.iter_mut().enumerate() {
            layer["hears"] = hears(plan, core);
        }
    }
    layers.into()
}

/// The sources of a core: `first_channel` (and `first_row`) of the map that it hears, or a `table` from the source's neurons to places in it, null where
/// they are not heard.
fn hears(plan: &Plan, core: usize) -> Value {
    let source = |e: usize| {
        let edge = &plan.wiring.edges[e];
        let mut source = json!({
            "from": source_name(plan, edge.from),
            "shape": [edge.shape.c, edge.shape.h, edge.shape.w],
            "delay": u32::from(edge.delayed),
        });
        match &edge.place {
            net::Place::Channels(first) => source["first_channel"] = json!(first),
            net::Place::Table(table) => {
                let heard = |place: &u32| (*place != net::NOWHERE).then_some(*place);
                source["table"] = table.iter().map(|place| json!(heard(place))).collect();
            }
            net::Place::Moved(moved) => {
                (source["first_channel"], source["first_row"]) = (json!(moved.channels), json!(moved.rows));
            }
        }
        source
    };
    plan.wiring.edges_into(core).into_iter().map(source).collect()
}

fn shape(map: net::MapShape) -> Value {
    json!([map.c, map.h, map.w])
}

/// Name of a layer, or of an input: `input` if there is one.
pub fn source_name(plan: &Plan, from: net::Origin) -> &str {
    match from {
        net::Origin::Input(_) if plan.inputs.len() == 1 => "input",
        net::Origin::Input(k) => &plan.inputs[k].node,
        net::Origin::Layer(core) => &plan.cores[core].layer.name,
    }
}
