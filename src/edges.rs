//! Names of the chip's ports in flags and settings.

use net::options::Weights;
use net::{Problem, Problems, Settings};
use rtl::config::{Config, ConfigPort};
use rtl::edge::{Edges, Guard, Port};
use hdl::blocks::Stages;
use rtl::fabric::StepEnd;
use rtl::Resets;

/// Fewest cycles of a step that a timer ends: the TICK must have left before the next one comes.
const LEAST_PERIOD: u64 = 16;
/// Most: a counter of 32 bits.
const MOST_PERIOD: u64 = 1 << 32;

/// Ports that `settings` ask for.
pub fn parse(settings: &Settings) -> Result<Edges, Problems> {
    let mut problems = Vec::new();
    let mut port = |key: &str, name: &Option<String>| match name.as_deref() {
        None | Some("stream") => Port::Stream,
        Some("aer") => Port::Aer,
        Some(other) => {
            problems.push(problem(key, other, "one of stream, aer"));
            Port::Stream
        }
    };
    let (input, output) = (port("input_port", &settings.input_port), port("output_port", &settings.output_port));
    let step_end = match settings.tick.as_deref() {
        None | Some("in-band") => None,
        Some("pin") => Some(StepEnd::Pin),
        Some(other) => match other.strip_prefix("timer:").and_then(|cycles| cycles.parse().ok()) {
            Some(cycles) if (LEAST_PERIOD..=MOST_PERIOD).contains(&cycles) => Some(StepEnd::Timer(cycles)),
            _ => {
                let limit = format!("in-band, pin, or timer:N with {LEAST_PERIOD} to {MOST_PERIOD} cycles");
                problems.push(problem("tick", other, &limit));
                None
            }
        },
    };
    // Its multiplicity is known later. With AER and with steps from outside nobody counts.
    let guard = |limit: bool| Some(Guard { limit, multiplicity: 1 });
    let guard = match settings.input_guard.as_deref() {
        None if input == Port::Aer || step_end.is_some() => guard(true),
        None | Some("none") => None,
        Some("flag") => guard(false),
        Some("limit") => guard(true),
        Some(other) => {
            problems.push(problem("input_guard", other, "one of none, flag, limit"));
            None
        }
    };
    // Which net it is, is known later.
    let loadable = settings.options.weights == Some(Weights::Loadable);
    let routes = match settings.routes.as_deref() {
        None | Some("fixed") => false,
        Some("loadable") => true,
        Some(other) => {
            problems.push(problem("routes", other, "one of fixed, loadable"));
            false
        }
    };
    let config = match settings.config_port.as_deref() {
        None | Some("none") => None,
        Some("axi-lite") => Some(Config { port: ConfigPort::AxiLite, net_hash: 0, loadable, routes, guard: guard.is_some() }),
        Some("spi") => Some(Config { port: ConfigPort::Spi, net_hash: 0, loadable, routes, guard: guard.is_some() }),
        Some(other) => {
            problems.push(problem("config_port", other, "one of none, axi-lite, spi"));
            None
        }
    };
    let written = [("--weights loadable", loadable), ("--routes loadable", routes)];
    for (flag, _) in written.into_iter().filter(|(_, wanted)| *wanted && config.is_none()) {
        let found = "no --config-port".to_string();
        problems.push(Problem::new("edge", flag, found, "a bus to write them", "add --config-port axi-lite"));
    }
    let resets = match settings.reset_port.as_deref() {
        None | Some("sync") => Resets::Synchronous,
        Some("async") => Resets::Asynchronous,
        Some(other) => {
            problems.push(problem("reset_port", other, "one of sync, async"));
            Resets::Synchronous
        }
    };
    let stages = settings.synchroniser.map_or(Stages::default(), Stages);
    if !Stages::LIMITS.contains(&stages.0) {
        let limit = format!("{} to {} flip-flops", Stages::LIMITS.start(), Stages::LIMITS.end());
        problems.push(problem("synchroniser", &stages.0.to_string(), &limit));
    }
    Problems::unless_empty(problems, Edges { input, output, step_end, config, guard, resets, stages })
}

fn problem(key: &str, found: &str, limit: &str) -> Problem {
    Problem::new("edge", key, format!("{found:?}"), limit, "pick one of these")
}

pub fn port_name(port: Port) -> &'static str {
    match port {
        Port::Stream => "stream",
        Port::Aer => "aer",
    }
}

pub fn guard_name(guard: Option<Guard>) -> &'static str {
    match guard {
        None => "none",
        Some(Guard { limit: false, .. }) => "flag",
        Some(Guard { limit: true, .. }) => "limit",
    }
}

pub fn resets_name(resets: Resets) -> &'static str {
    match resets {
        Resets::Synchronous => "sync",
        Resets::Asynchronous => "async",
    }
}

pub fn config_name(config: Option<Config>) -> &'static str {
    match config.map(|config| config.port) {
        None => "none",
        Some(ConfigPort::AxiLite) => "axi-lite",
        Some(ConfigPort::Spi) => "spi",
    }
}

/// None without a bus.
pub fn routes_name(config: Option<Config>) -> Option<&'static str> {
    config.map(|config| if config.routes { "loadable" } else { "fixed" })
}

pub fn tick_name(end: Option<StepEnd>) -> String {
    match end {
        None => "in-band".to_string(),
        Some(StepEnd::Pin) => "pin".to_string(),
        Some(StepEnd::Timer(cycles)) => format!("timer:{cycles}"),
    }
}
