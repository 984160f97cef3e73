//! Reading `spikewright.toml`: every unknown key and wrong value is reported, with its line.

use toml::de::{DeTable, DeValue};
use toml::Spanned;

use super::keys::{Key, Value, GLOBAL, LAYER, NUMBERS};
use super::Settings;
use crate::options::LayerOptions;
use crate::{Problem, Problems};

/// Reads a settings file; `label` names it in messages.
pub fn parse(label: &str, text: &str) -> Result<Settings, Problems> {
    let line = |at: usize| text[..at.min(text.len())].matches('\n').count() + 1;
    let table = DeTable::parse(text).map_err(|error| {
        let at = error
            .span()
            .map_or(String::new(), |span| format!(":{}", line(span.start)));
        let remedy = "correct the line; `spikewright init NET` writes a file to start from";
        Problem::new(
            "toml-syntax",
            format!("{label}{at}"),
            error.message().trim().to_string(),
            "valid TOML",
            remedy,
        )
    })?;
    let mut settings = Settings::default();
    let mut reader = Reader {
        label,
        line: &line,
        problems: Vec::new(),
    };
    for (key, value) in in_order(table.get_ref()) {
        let name = key.get_ref().as_ref();
        match (name, value.get_ref()) {
            ("layer", DeValue::Table(layers)) => {
                for (layer, table) in in_order(layers) {
                    let options = reader.layer(layer, table);
                    settings.options.layers.insert(layer.get_ref().to_string(), options);
                }
            }
            ("layer", _) => reader.problem(key, "layer", "`layer` is no table".into(), "tables like [layer.conv1]"),
            _ => {
                let found = reader.set(GLOBAL, &mut settings, key, value);
                if !found && !reader.set(NUMBERS, &mut settings.options.numbers, key, value) {
                    let mut known: Vec<&str> = GLOBAL
                        .iter()
                        .map(|k| k.name)
                        .chain(NUMBERS.iter().map(|k| k.name))
                        .collect();
                    known.push("[layer.<name>]");
                    reader.unknown(key, name, &known);
                }
            }
        }
    }
    Problems::unless_empty(reader.problems, settings)
}

type Entry<'a, 'i> = (&'a Spanned<toml::de::DeString<'i>>, &'a Spanned<DeValue<'i>>);

/// Entries in the order of the file.
fn in_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<Entry<'a, 'i>> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

struct Reader<'a> {
    label: &'a str,
    line: &'a dyn Fn(usize) -> usize,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn layer(&mut self, name: &Spanned<toml::de::DeString>, table: &Spanned<DeValue>) -> LayerOptions {
        let mut options = LayerOptions::default();
        let DeValue::Table(table) = table.get_ref() else {
            self.problem(
                name,
                "layer",
                format!("`layer.{}` is no table", name.get_ref()),
                "tables like [layer.conv1]",
            );
            return options;
        };
        for (key, value) in in_order(table) {
            let found = self.set(LAYER, &mut options, key, value);
            if !found && !self.set(NUMBERS, &mut options.numbers, key, value) {
                let known: Vec<&str> = LAYER
                    .iter()
                    .map(|k| k.name)
                    .chain(NUMBERS.iter().map(|k| k.name))
                    .collect();
                self.unknown(key, key.get_ref(), &known);
            }
        }
        options
    }

    /// Sets the key if it is one of `keys`; a wrong value is a problem. Returns whether the key is known.
    fn set<T>(
        &mut self,
        keys: &[Key<T>],
        target: &mut T,
        key: &Spanned<toml::de::DeString>,
        value: &Spanned<DeValue>,
    ) -> bool {
        let Some(known) = keys.iter().find(|known| known.name == key.get_ref().as_ref()) else {
            return false;
        };
        let set = match plain(value.get_ref()) {
            Some(plain) => (known.set)(target, &plain).map_err(|limit| (plain.literal(), limit)),
            None => Err((
                "a value of another kind".to_string(),
                format!("for example {}", known.default),
            )),
        };
        if let Err((found, limit)) = set {
            self.problem(key, known.name, format!("`{}` is {found}", known.name), &limit);
        }
        true
    }

    fn unknown(&mut self, key: &Spanned<toml::de::DeString>, name: &str, known: &[&str]) {
        let limit = format!("known keys: {}", known.join(", "));
        self.problem(key, name, format!("unknown key `{name}`"), &limit);
    }

    fn problem(&mut self, key: &Spanned<toml::de::DeString>, name: &str, value: String, limit: &str) {
        let path = format!("{}:{}", self.label, (self.line)(key.span().start));
        let remedy = format!("correct or remove `{name}`");
        self.problems.push(Problem::new("settings", path, value, limit, remedy));
    }
}

fn plain(value: &DeValue) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::Text(text.to_string())),
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok().map(Value::Integer),
        DeValue::Float(x) => x.as_str().parse().ok().map(Value::Float),
        DeValue::Boolean(b) => Some(Value::Boolean(*b)),
        DeValue::Array(items) => items
            .iter()
            .map(|item| plain(item.get_ref()))
            .collect::<Option<Vec<_>>>()
            .map(Value::List),
        _ => None,
    }
}
