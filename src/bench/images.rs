//! A trained MNIST net on the bundled images: accuracy in golden's integers, cycles per image in lockstep.

use golden::{decide, Engine, Outcome};
use net::data::{self, DataOptions, Dataset};
use net::{Network, Problem, Problems, Spikes};

use super::entry::Images;
use super::measure::{rounded, simulate, Pace};
use super::{Settings, Subject};
use crate::console::Console;
use crate::examples::ExampleFolder;
use crate::loads::{Loads, Traced};
use crate::project::LOAD_SAMPLES;

/// Time steps of the phase encoder, as the net was trained.
const ENCODE: &str = "phase:6";
/// Images in lockstep.
const SIMULATED: usize = 20;

/// The bundled images as the net's input.
fn dataset(examples: &ExampleFolder, net: &Network) -> Result<Dataset, Problems> {
    let encode = ENCODE.parse().map_err(|problem: Problem| Problems::from(problem))?;
    let options = DataOptions {
        encode: Some(encode),
        inputs: net.inputs.clone(),
        ..DataOptions::default()
    };
    data::load(examples.data(), &options, net.input())
}

/// What the net does on the first images.
pub fn loads(net: &Network, console: &Console) -> Result<Loads, Problems> {
    let examples = ExampleFolder::unpack()?;
    let dataset = dataset(&examples, net)?;
    let traced = Traced::first(Engine::new(net), dataset.len().min(LOAD_SAMPLES), |index| Ok(dataset.sample(index)?.spikes), console)?;
    Ok(Loads::measured(net, &traced))
}

/// Runs the bundled images through the net.
pub fn measure(
    subject: &Subject,
    settings: &Settings,
    console: &Console,
    failures: &mut Vec<String>,
) -> Result<Images, Problems> {
    let examples = ExampleFolder::unpack()?;
    let dataset = dataset(&examples, &subject.net)?;
    let engine = Engine::new(&subject.net);
    let outcomes = engine.run_many(dataset.len(), |index| Ok(dataset.sample(index)?.spikes))?;
    let labels = dataset.labels();
    let wins =
        |(outcome, label): &(&Outcome, &Option<u32>)| Some(decide(&outcome.counts, &outcome.shown).0 as u32) == **label;
    let right = outcomes.iter().zip(labels).filter(wins).count();
    let labelled = labels.iter().flatten().count();
    let samples: Vec<Spikes> = (0..SIMULATED.min(dataset.len()))
        .map(|index| Ok(dataset.sample(index)?.spikes))
        .collect::<Result<_, Problems>>()?;
    let alone = simulate(subject, &samples, (Pace::Alone, settings.seed), console, "images", failures)?;
    let cycles: u64 = alone.cycles.iter().sum();
    // What one more image costs, once the layers all have work: the second half of a stream.
    let (first, rest) = samples.split_at(samples.len() / 2);
    let mut stream = |samples| simulate(subject, samples, (Pace::Streamed, settings.seed), console, "stream of images", failures);
    let (half, whole) = (stream(first)?, stream(&samples)?);
    let passed = !rest.is_empty() && !half.cycles.is_empty() && !whole.cycles.is_empty();
    let more = whole.total.saturating_sub(half.total);
    Ok(Images {
        samples: dataset.len(),
        accuracy: (labelled > 0).then(|| right as f64 / labelled as f64),
        simulated: samples.len(),
        mismatches: alone.mismatches + half.mismatches + whole.mismatches,
        cycles_per_image: (!alone.cycles.is_empty()).then(|| rounded(cycles as f64 / alone.cycles.len() as f64)),
        cycles_per_image_streamed: passed.then(|| rounded(more as f64 / rest.len() as f64)),
    })
}
