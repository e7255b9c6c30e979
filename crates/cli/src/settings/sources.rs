//! Environment variables and flags as sources of single settings.

use anyhow::Context;
use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

use super::table::{Kind, SETTINGS, Setting};

/// One setting from one place.
pub(super) struct OneSetting {
    name: String,
    value: Value,
    source: String,
}

impl OneSetting {
    pub(super) fn new(setting: &Setting, value: String, source: String) -> anyhow::Result<Self> {
        Self::named(setting.name, setting.kind, value, source)
    }

    pub(super) fn named(name: &str, kind: Kind, value: String, source: String) -> anyhow::Result<Self> {
        let value = parse(kind, value)
            .with_context(|| format!("the setting {name} is not valid (from the {source})"))?;
        Ok(Self { name: name.to_owned(), value, source })
    }
}

impl Provider for OneSetting {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut path = self.name.rsplit('.');
        let last = path.next().unwrap_or_default().to_owned();
        let innermost = Dict::from([(last, self.value.clone())]);
        let nested = path.fold(innermost, |inner, section| Dict::from([(section.to_owned(), inner.into())]));
        Ok(Map::from([(Profile::Default, nested)]))
    }
}

/// The type comes from the table, never from the look of the value: a password of digits stays text.
fn parse(kind: Kind, value: String) -> anyhow::Result<Value> {
    Ok(match kind {
        Kind::Text => Value::from(value),
        Kind::Number => Value::from(value.trim().parse::<i64>().context("it must be a whole number")?),
        Kind::Flag => Value::from(value.trim().parse::<bool>().context("it must be true or false")?),
        Kind::List => Value::from(value.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>()),
    })
}

/// The first variable that looks like one of ours and is none.
pub(super) fn unknown_variable(mut names: impl Iterator<Item = String>) -> Option<String> {
    let is_known =
        |name: &str| name == "TELECINE_CONFIG" || SETTINGS.iter().any(|setting| setting.env.contains(&name));
    names.find(|name| name.starts_with("TELECINE_") && !is_known(name))
}

/// A value as one line of text.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(_, text) => text.clone(),
        Value::Bool(_, flag) => flag.to_string(),
        Value::Num(_, number) => match (number.to_i128(), number.to_f64()) {
            (Some(whole), _) => whole.to_string(),
            (None, Some(real)) => real.to_string(),
            (None, None) => String::new(),
        },
        Value::Array(_, items) => items.iter().map(text_of).collect::<Vec<_>>().join(","),
        Value::Dict(_, dict) => dict
            .iter()
            .map(|(name, value)| format!("{name}={}", text_of(value)))
            .collect::<Vec<_>>()
            .join(","),
        _ => String::new(),
    }
}
