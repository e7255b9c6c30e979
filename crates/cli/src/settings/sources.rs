//! Environment variables and flags as sources of single settings.

use std::ffi::OsString;

use anyhow::Context;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

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
        Kind::Share => Value::from(value.trim().parse::<f64>().context("it must be a number such as 0.5")?),
        Kind::Flag => Value::from(value.trim().parse::<bool>().context("it must be true or false")?),
        Kind::List => Value::from(value.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>()),
    })
}

/// The first variable that looks like one of ours and is none.
pub(super) fn unknown_variable(
    mut names: impl Iterator<Item = String>,
    env: &dyn Fn(&str) -> Option<OsString>,
) -> Option<String> {
    let is_known =
        |name: &str| name == "TELECINE_CONFIG" || SETTINGS.iter().any(|setting| setting.env.contains(&name));
    names.find(|name| name.starts_with("TELECINE_") && !is_known(name) && !is_of_kubernetes(name, env))
}

/// Kubernetes tells every container the services around it: `X_SERVICE_HOST`, `X_SERVICE_PORT[_NAME]`,
/// `X_PORT=tcp://…` and `X_PORT_<number>_<protocol>[…]`. X is TELECINE for a service that is called so.
fn is_of_kubernetes(name: &str, env: &dyn Fn(&str) -> Option<OsString>) -> bool {
    let has_number = |(_, rest): (&str, &str)| rest.starts_with(|first: char| first.is_ascii_digit());
    let is_address = || env(name).is_some_and(|value| value.to_string_lossy().contains("://"));
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || name.split_once("_PORT_").is_some_and(has_number)
        || (name.ends_with("_PORT") && is_address())
}

/// The file, variable or flag that made the setting; empty when nothing did.
pub(super) fn origin_of(figment: &Figment, name: &str) -> String {
    figment.find_metadata(name).map_or_else(String::new, |source| match &source.source {
        Some(figment::Source::File(file)) => file.display().to_string(),
        _ => source.name.to_string(),
    })
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
