//! Writes the waves of one sample while lockstep runs.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use rtl::{CoreProbe, Kind, LinkProbe, ProbeSignal};
use vcd::{TimescaleUnit, VarType};

use super::full::{FullTrace, AVAILABLE};
use super::merge::merge;
use super::save_file::{SaveFile, Show};
use super::track::{TextTrack, Track};
use super::WaveRequest;
use crate::error::SimError;
use crate::lockstep::{Phase, Setup, View};
use crate::model::{Instance, Signal};

type Out = vcd::Writer<BufWriter<File>>;

/// Nanoseconds of the VCD per clock cycle.
const CYCLE: u64 = 10;

/// Waits for its sample, then writes every cycle.
pub struct Recorder {
    request: WaveRequest,
    /// Cycle after which nothing more is wanted.
    until: Option<u64>,
    open: Option<Open>,
    full: Option<FullTrace>,
    /// Its sample has begun.
    seen: bool,
    finished: bool,
}

struct Open {
    out: Out,
    clock: Track,
    cycle: Track,
    signals: Vec<(Track, Signal)>,
    /// In the order of the design's cores; `None` for layers not asked for.
    layers: Vec<Option<LayerTracks>>,
    mismatch: Track,
}

/// The readable scope of one layer.
struct LayerTracks {
    sample: Track,
    time_step: Track,
    phase: TextTrack,
    event: TextTrack,
    event_c: Track,
    event_y: Track,
    event_x: Track,
    neuron: Track,
    golden: Track,
    rtl: Track,
    mismatch: Track,
}

impl Recorder {
    pub fn new(request: WaveRequest, until: Option<u64>) -> Recorder {
        Recorder {
            request,
            until,
            open: None,
            full: None,
            seen: false,
            finished: false,
        }
    }

    /// Whether this is the sample it waits for.
    pub fn wants(&self, sample: usize) -> bool {
        self.open.is_none() && !self.finished && sample == self.request.sample
    }

    /// Whether it has seen all it was asked for.
    pub fn is_done(&self, cycle: u64) -> bool {
        self.until.is_some_and(|until| cycle > until)
    }

    /// Creates the files and declares all variables.
    pub fn start(&mut self, instance: &mut Instance, setup: &Setup) -> Result<(), SimError> {
        let path = &self.request.path;
        let file = File::create(path).map_err(SimError::io(path))?;
        let mut out = vcd::Writer::new(BufWriter::new(file));
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut save = SaveFile::new(&name);
        let mut probes = Vec::new();
        let open = declare(&mut out, &mut save, setup, self.request.layer.as_deref(), &mut probes);
        let (clock, cycle, mismatch, layers) = open.map_err(SimError::io(path))?;
        let mut signals = Vec::new();
        for (track, probe) in probes {
            signals.push((track, instance.signal(&probe)?));
        }
        let save_path = path.with_extension("gtkw");
        std::fs::write(&save_path, save.into_text()).map_err(SimError::io(&save_path))?;
        if AVAILABLE {
            self.full = Some(FullTrace::start(instance, &full_path(path))?);
        }
        self.open = Some(Open {
            out,
            clock,
            cycle,
            signals,
            layers,
            mismatch,
        });
        Ok(())
    }

    /// Writes one cycle of the sample `running`: signals as they are before its rising edge, and what the checks have seen in it.
    pub fn sample<'a>(
        &mut self,
        cycle: u64,
        running: Option<usize>,
        mismatch: bool,
        views: impl Iterator<Item = &'a mut View>,
    ) -> Result<(), SimError> {
        let ours = running == Some(self.request.sample);
        if self.is_done(cycle) || (self.seen && !ours) {
            self.close()?;
        }
        self.seen |= ours;
        match &mut self.open {
            Some(open) => open
                .sample(cycle, mismatch, views)
                .map_err(SimError::io(&self.request.path)),
            None => Ok(()),
        }
    }

    /// Writes all signals as they are in one half of a cycle, where full tracing is built in.
    pub fn dump(&mut self, cycle: u64, high: bool) {
        if let Some(full) = &mut self.full {
            full.dump(cycle * CYCLE + if high { CYCLE / 2 } else { 0 });
        }
    }

    /// Ends the files.
    pub fn finish(mut self) -> Result<(), SimError> {
        self.close()
    }

    fn close(&mut self) -> Result<(), SimError> {
        match self.open.take() {
            Some(mut open) => {
                self.finished = true;
                open.out.flush().map_err(SimError::io(&self.request.path))?;
                match self.full.take() {
                    Some(full) => {
                        drop(full);
                        merge(&full_path(&self.request.path), &self.request.path)
                    }
                    None => Ok(()),
                }
            }
            None => Ok(()),
        }
    }
}

/// Where Verilator's dump lies until it is merged.
fn full_path(path: &Path) -> PathBuf {
    path.with_extension("full.vcd")
}

impl Open {
    fn sample<'a>(&mut self, cycle: u64, mismatch: bool, views: impl Iterator<Item = &'a mut View>) -> io::Result<()> {
        let out = &mut self.out;
        out.timestamp(cycle * CYCLE)?;
        self.clock.number(out, 0)?;
        self.cycle.number(out, cycle as i64)?;
        self.mismatch.number(out, i64::from(mismatch))?;
        for (track, signal) in &mut self.signals {
            track.signal(out, signal)?;
        }
        for (tracks, view) in self.layers.iter_mut().zip(views) {
            if let Some(tracks) = tracks {
                tracks.write(out, view)?;
            }
            (view.phase, view.mismatch) = (Phase::Idle, false);
        }
        out.timestamp(cycle * CYCLE + CYCLE / 2)?;
        self.clock.number(out, 1)
    }
}

impl LayerTracks {
    fn write(&mut self, out: &mut Out, view: &View) -> io::Result<()> {
        self.sample.number(out, view.sample as i64)?;
        self.time_step.number(out, view.step as i64)?;
        self.phase.text(out, phase_name(view.phase))?;
        let event = view.event;
        self.event
            .text(out, event.map_or("none", |word| kind_name(word.kind)))?;
        self.event_c.number(out, event.map_or(0, |word| word.c as i64))?;
        self.event_y.number(out, event.map_or(0, |word| word.y as i64))?;
        self.event_x.number(out, event.map_or(0, |word| word.x as i64))?;
        self.neuron.number(out, view.neuron.map_or(0, |neuron| neuron as i64))?;
        self.golden.number(out, view.golden)?;
        self.rtl.number(out, view.rtl)?;
        self.mismatch.number(out, i64::from(view.mismatch))
    }
}

/// What a state of the core is called in the waves.
fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Idle => "idle",
        Phase::Clear => "clear",
        Phase::Integrate => "integrate",
        Phase::Fire => "fire",
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Spike => "SPIKE",
        Kind::Tick => "TICK",
        Kind::TickLast => "TICK_LAST",
        Kind::Value => "VALUE",
    }
}

type Declared = (Track, Track, Track, Vec<Option<LayerTracks>>);

fn declare(
    out: &mut Out,
    save: &mut SaveFile,
    setup: &Setup,
    only: Option<&str>,
    probes: &mut Vec<(Track, ProbeSignal)>,
) -> io::Result<Declared> {
    out.timescale(1, TimescaleUnit::NS)?;
    let top = &setup.design.top;
    out.add_module(top)?;
    let clock = Track::new(out, VarType::Wire, 1, "aclk")?;
    // Verilator puts the design into a scope of its own.
    let outer = if AVAILABLE { "TOP." } else { "" };
    save.trace(&format!("{outer}{top}.aclk"), 1, Show::Binary);
    let wanted = |probe: &CoreProbe| only.is_none_or(|name| setup.net.layers[probe.layer].name == name);
    for probe in setup.design.cores.iter().filter(|probe| wanted(probe)) {
        out.add_module(&setup.plan.cores[probe.layer].name)?;
        link(out, "input", &probe.input, probes)?;
        link(out, "output", &probe.output, probes)?;
        let named = probe.states.named();
        for scope in named.chunk_by(|a, b| a.0 == b.0) {
            out.add_module(&scope[0].0)?;
            for (_, name, probe) in scope {
                probes.push((Track::new(out, VarType::Wire, probe.width, name)?, (*probe).clone()));
            }
            out.upscope()?;
        }
        out.upscope()?;
    }
    out.upscope()?;
    out.add_module("spikewright")?;
    let cycle = Track::new(out, VarType::Integer, 32, "cycle")?;
    let mismatch = Track::new(out, VarType::Wire, 1, "mismatch")?;
    save.trace("spikewright.mismatch", 1, Show::Binary);
    let mut layers = Vec::new();
    for probe in &setup.design.cores {
        layers.push(match wanted(probe) {
            true => Some(layer_tracks(out, save, setup, probe)?),
            false => None,
        });
    }
    out.upscope()?;
    out.enddefinitions()?;
    Ok((clock, cycle, mismatch, layers))
}

fn link(out: &mut Out, name: &str, probe: &LinkProbe, probes: &mut Vec<(Track, ProbeSignal)>) -> io::Result<()> {
    out.add_module(name)?;
    for (name, probe) in [("valid", &probe.valid), ("ready", &probe.ready), ("data", &probe.data)] {
        probes.push((Track::new(out, VarType::Wire, probe.width, name)?, probe.clone()));
    }
    out.upscope()
}

fn layer_tracks(out: &mut Out, save: &mut SaveFile, setup: &Setup, probe: &CoreProbe) -> io::Result<LayerTracks> {
    let core = &setup.plan.cores[probe.layer];
    let path = format!("spikewright.{}", core.name);
    let membrane = core.layer.neuron.membrane.bits;
    save.comment(&format!(
        "layer {}: time step, event, membrane (golden beside RTL)",
        core.layer.name
    ));
    out.add_module(&core.name)?;
    let mut number = |name: &str, width: u32, show: Show| {
        save.trace(&format!("{path}.{name}"), width, show);
        Track::new(out, VarType::Wire, width, name)
    };
    let (sample, time_step) = (
        number("sample", 32, Show::Decimal)?,
        number("time_step", 32, Show::Decimal)?,
    );
    let event_c = number("event_channel", 16, Show::Decimal)?;
    let event_y = number("event_y", 16, Show::Decimal)?;
    let event_x = number("event_x", 16, Show::Decimal)?;
    let neuron = number("neuron", 32, Show::Decimal)?;
    let golden = number("golden_membrane", membrane, Show::Signed)?;
    let rtl = number("rtl_membrane", membrane, Show::Signed)?;
    let mismatch = number("mismatch", 1, Show::Binary)?;
    let mut text = |name: &str| {
        save.trace(&format!("{path}.{name}"), 1, Show::Hex);
        TextTrack::new(out, name)
    };
    let (phase, event) = (text("phase")?, text("event")?);
    out.upscope()?;
    Ok(LayerTracks {
        sample,
        time_step,
        phase,
        event,
        event_c,
        event_y,
        event_x,
        neuron,
        golden,
        rtl,
        mismatch,
    })
}
