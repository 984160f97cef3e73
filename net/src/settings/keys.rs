//! The keys of `spikewright.toml`: name, meaning, default, how to read and how to write each.

use super::Settings;
use crate::options::{Choice, Clamp, CoreKind, Fire, FractionBits, Init, LayerOptions, LeakRule, Numbers, Parts, Preset, Quantise, ResetRule, ScaleRule, ScanRule, Weights};
use crate::{LeakMode, ResetOrder, Rounding};

/// A value as it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Value>),
}

impl Value {
    /// TOML text of the value.
    pub(super) fn literal(&self) -> String {
        match self {
            Value::Text(text) => toml::Value::String(text.clone()).to_string(),
            Value::Integer(n) => n.to_string(),
            Value::Float(x) => toml::Value::Float(*x).to_string(),
            Value::Boolean(b) => b.to_string(),
            Value::List(items) => format!("[{}]", items.iter().map(Value::literal).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// One key of a table that fills a `T`. `set` returns what is allowed as its error.
pub(super) struct Key<T> {
    pub name: &'static str,
    /// TOML text shown where the key is not set.
    pub default: &'static str,
    pub help: &'static str,
    pub set: fn(&mut T, &Value) -> Result<(), String>,
    pub get: fn(&T) -> Option<Value>,
}

/// How a Rust type stands in TOML.
trait Field: Sized {
    fn read(value: &Value) -> Result<Self, String>;
    fn write(&self) -> Value;
}

macro_rules! fields {
    (choice $($kind:ty),+) => { $(
        impl Field for $kind {
            fn read(value: &Value) -> Result<Self, String> {
                match value {
                    Value::Text(text) => <$kind>::parse_name(text),
                    _ => Err(format!("one of {}, in quotes", <$kind>::names())),
                }
            }
            fn write(&self) -> Value {
                Value::Text(self.choice_name().to_string())
            }
        }
    )+ };
    (integer $($kind:ty),+) => { $(
        impl Field for $kind {
            fn read(value: &Value) -> Result<Self, String> {
                let limit = || format!("an integer from 0 to {}", <$kind>::MAX.min(i64::MAX as $kind));
                match value {
                    Value::Integer(n) => <$kind>::try_from(*n).map_err(|_| limit()),
                    _ => Err(limit()),
                }
            }
            fn write(&self) -> Value {
                Value::Integer(*self as i64)
            }
        }
    )+ };
}

fields!(choice Preset, LeakRule, LeakMode, ResetRule, ResetOrder, Fire, Rounding, ScaleRule, Quantise, CoreKind, ScanRule, Weights);
fields!(integer u32, u64);

impl Field for String {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Text(text) => Ok(text.clone()),
            _ => Err("text in quotes".to_string()),
        }
    }
    fn write(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Field for bool {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Boolean(b) => Ok(*b),
            _ => Err("true or false".to_string()),
        }
    }
    fn write(&self) -> Value {
        Value::Boolean(*self)
    }
}

impl Field for f64 {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Float(x) if x.is_finite() => Ok(*x),
            Value::Integer(n) => Ok(*n as f64),
            _ => Err("a number".to_string()),
        }
    }
    fn write(&self) -> Value {
        Value::Float(*self)
    }
}

impl Field for Clamp {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Text(text) => text.parse(),
            number => f64::read(number)
                .map(Clamp::Volts)
                .map_err(|_| "\"none\", \"threshold\" or a number".to_string()),
        }
    }
    fn write(&self) -> Value {
        match self {
            Clamp::Volts(volts) => Value::Float(*volts),
            named => Value::Text(named.to_string()),
        }
    }
}

impl Field for Init {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Text(text) => text.parse(),
            number => f64::read(number)
                .map(Init::Volts)
                .map_err(|_| "\"zero\", \"reset\", \"leak\" or a number".to_string()),
        }
    }
    fn write(&self) -> Value {
        match self {
            Init::Volts(volts) => Value::Float(*volts),
            named => Value::Text(named.to_string()),
        }
    }
}

impl Field for FractionBits {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Text(text) => text.parse(),
            Value::Integer(bits) => bits.to_string().parse(),
            _ => Err("\"auto\" or an integer".to_string()),
        }
    }
    fn write(&self) -> Value {
        match self {
            FractionBits::Auto => Value::Text("auto".to_string()),
            FractionBits::Bits(bits) => bits.write(),
        }
    }
}

impl Field for Parts {
    fn read(value: &Value) -> Result<Self, String> {
        match value {
            Value::Text(text) => text.parse(),
            number => u32::read(number).map(Parts::Channels).map_err(|limit| format!("{limit}, or \"rows:N\"")),
        }
    }
    fn write(&self) -> Value {
        match self {
            Parts::Channels(n) => n.write(),
            rows => Value::Text(rows.to_string()),
        }
    }
}

impl Field for (u32, u32) {
    fn read(value: &Value) -> Result<Self, String> {
        let limit = || "two integers, [rows, columns]".to_string();
        match value {
            Value::List(items) => match items.as_slice() {
                [rows, columns] => Ok((
                    u32::read(rows).map_err(|_| limit())?,
                    u32::read(columns).map_err(|_| limit())?,
                )),
                _ => Err(limit()),
            },
            _ => Err(limit()),
        }
    }
    fn write(&self) -> Value {
        Value::List(vec![self.0.write(), self.1.write()])
    }
}

macro_rules! keys {
    ($($name:literal, $($field:ident).+, $default:literal, $help:literal;)+) => {
        &[$(Key {
            name: $name,
            default: $default,
            help: $help,
            set: |target, value| {
                target.$($field).+ = Some(Field::read(value)?);
                Ok(())
            },
            get: |target| target.$($field).+.as_ref().map(Field::write),
        }),+]
    };
}

/// Keys at the top of the file.
pub(super) const GLOBAL: &[Key<Settings>] = keys! {
    "net", net, "\"net.nir\"", "The NIR file, relative to this file.";
    "name", options.name, "\"my_snn\"", "Name of the top module and prefix of every module and memory; from the file's name if absent.";
    "preset", options.preset, "\"nir\"", "Whose semantics the net was trained with: nir, snntorch, norse, sinabs, spikingjelly, rockpool.";
    "dt", options.dt, "0.0001", "The model's time step in seconds (time steps for sinabs). LIF and LI need it.";
    "repair", options.repair, "false", "Take a name in a graph's edges that no node has for its only node without an edge.";
    "multiplicity", options.multiplicity, "4", "Most spikes of one input address in one time step, 1..=65535; from the data if absent.";
    "data", data, "\"data\"", "Folder of samples: images with labels, recordings, or arrays; relative to this file.";
    "encode", encode, "\"phase:8\"", "How images become spikes: phase:T with T time steps.";
    "bin", bin, "\"1ms\"", "Width of a time step of recordings and events.";
    "axes", axes, "\"tcyx\"", "Axes of spike arrays, a letter each: t time, c or p channel, y row, x column, n address in a vector, b a batch of 1.";
    "steps", steps, "8", "Time steps per sample; must agree with the encoder.";
    "samples", samples, "20", "Use the first so many samples, in the order of the labels file.";
    "dedup", dedup, "false", "An input address counts once per time step, however often it comes.";
    "target", target, "\"ecp5-85k\"", "FPGA that the planner fits the net to; none plans without limits but adders.";
    "adders", adders, "512", "Most adders of all cores together; if absent what the target holds, with target none 512.";
    "objective", objective, "\"balanced\"", "What the planner looks for: latency (fewest cycles), area (fewest cells) or balanced.";
    "activity", activity, "5.0", "Percent of each layer's inputs that spike in a time step, for the plan; measured on the data if absent.";
    "readout", readout, "\"none\"", "Readout block behind the last layer: none, count or membrane.";
    "input_port", input_port, "\"stream\"", "What the input port is: stream (AXI4-Stream) or aer (four-phase bundled-data AER).";
    "output_port", output_port, "\"stream\"", "What the output port is: stream or aer.";
    "tick", tick, "\"in-band\"", "Who ends a time step: in-band (TICK words), pin (each rising edge of tick_pin) or timer:N (every N cycles).";
    "input_guard", input_guard, "\"none\"", "What is done with an address that spikes more often in a step than `multiplicity`: none, flag (count it) or limit (drop and count it); limit if absent where the input is AER or steps end from outside, else none.";
    "reset_port", reset_port, "\"sync\"", "How the pin aresetn acts: sync (at clock edges) or async (at once, without a clock; released in step with the clock).";
    "synchroniser", synchroniser, "2", "Flip-flops of each synchroniser of the chip (AER, ticks, SPI, reset), 2..=4.";
    "config_port", config_port, "\"none\"", "Port of the registers (identification, control, counters): none, axi-lite or spi.";
    "weights", options.weights, "\"rom\"", "Where weights and thresholds come from: rom (the bitstream) or loadable (the configuration bus).";
    "routes", routes, "\"fixed\"", "Where routing tables of the fabric come from: fixed (the bitstream) or loadable (the configuration bus).";
    "cores", cores, "4", "Cores in all: the planner cuts layers into parts by output channel, or on routers by row where channels cannot be cut; one core for each layer if absent.";
    "fabric", fabric, "\"mesh:2x2\"", "Routers between the cores: mesh:RxC or tree:N; links from core to core if absent.";
    "placement", placement, "\"near\"", "Where cores sit on routers: near (few hops), random:SEED, or at:3,0,1/2 (router of each core / of the chip's edge).";
    "chips", chips, "2", "Devices that share the net, each with consecutive layers, linked by AER; one if absent.";
    "cuts", cuts, "\"conv2,fc1\"", "The first layer of each chip but the first; the planner's choice if absent.";
    "seed", seed, "1", "Seed of stalls and random stimulus.";
};

/// Keys for the whole net and, in a layer's table, for that layer.
pub(super) const NUMBERS: &[Key<Numbers>] = keys! {
    "weight_bits", weight_bits, "8", "Bits of a signed weight, 2..=16.";
    "scale", scale, "\"max\"", "How the scale is chosen: max (largest weight), mse (smallest squared error), pow2 (2^-k).";
    "quantise", quantise, "\"auto\"", "auto keeps weights that lie on a grid of scale x integer; none refuses weights that do not.";
    "membrane_bits", membrane_bits, "16", "Bits of the membrane word; 16 or what the bound demands if absent.";
    "fraction_bits", fraction_bits, "\"auto\"", "Fraction bits of the membrane (weights are added << F), 0..=16; auto: none where the leak's dead zone is at most 5 % of the threshold, else the fewest for 2.5 %.";
    "leak", leak, "\"euler\"", "Decay per time step: euler (1 - dt/tau) or exp (exp(-dt/tau)).";
    "leak_mode", leak_mode, "\"step\"", "When a neuron leaks: step (in every time step) or lazy (when an event reaches it, for all steps that it missed).";
    "leak_bits", leak_bits, "12", "Bits of the leak constant where it is no power of two, 4..=24.";
    "rounding", rounding, "\"floor\"", "Rounding of the leak: floor or toward-zero.";
    "reset", reset, "\"subtract\"", "What a spike does: subtract (threshold), zero (to v_reset), none.";
    "reset_order", reset_order, "\"reset-then-leak\"", "reset-then-leak or leak-then-reset.";
    "fire", fire, "\"gt\"", "Fire test: gt (H > threshold) or ge (H >= threshold).";
    "clamp", clamp, "\"none\"", "Lower clamp of the membrane: none, threshold (at -threshold), or a value in the file's volts.";
    "init", init, "\"zero\"", "Membrane before the first time step: zero, reset (v_reset), leak (v_leak), or a value in the file's volts.";
    "multi_spike", multi_spike, "1", "Most spikes of one neuron in one time step, 1..=255.";
};

/// Keys that only a layer's table has.
pub(super) const LAYER: &[Key<LayerOptions>] = keys! {
    "threshold", threshold, "1.0", "Threshold in the file's volts, instead of the file's own.";
    "parts", parts, "2", "Cores that share the layer, each with some of its output channels, or (\"rows:2\") of its rows; named <layer>.0, <layer>.1 and so on, with tables of their own.";
    "lanes", lanes, "8", "Output channels or neurons updated per cycle; the planner's choice if absent.";
    "banks", banks, "[3, 3]", "Membrane banks, [rows, columns]; the planner's choice if absent.";
    "queue", queue, "512", "Words of spikes that may wait behind the core; the planner's choice if absent.";
    "core", core, "\"auto\"", "Which machine computes the layer: auto, banked, parallel (all neurons at once) or table.";
    "scan", scan, "\"all\"", "Words that the end of a step visits: touched (needs neurons without bias, and without leak or with a lazy one) or all; the planner's choice if absent.";
};
