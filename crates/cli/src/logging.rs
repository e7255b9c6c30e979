//! Logs go to stderr: readable on a terminal, JSON lines otherwise. Spans go to a collector where the settings name one.

use std::io::IsTerminal;

use serde::Deserialize;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use crate::telemetry::SpanLayer;

/// `[log]` in telecine.toml.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogConfig {
    /// `error`, `warn`, `info`, `debug` or `trace`, or a filter such as `info,telecine_queue=debug`.
    pub(crate) level: String,
    /// How lines look.
    pub(crate) format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Auto }
    }
}

impl LogConfig {
    /// Checks the filter.
    pub(crate) fn check(&self) -> Result<(), String> {
        // A bare word that is no level would be taken for the name of a module.
        let is_level = |word: &str| word.parse::<tracing::Level>().is_ok() || word == "off";
        let is_known = |part: &str| part.split_once('=').map_or(is_level(part), |(_, level)| is_level(level));
        if self.level.parse::<EnvFilter>().is_ok() && self.level.split(',').all(|part| is_known(part.trim()))
        {
            return Ok(());
        }
        Err(format!("log.level is {:?}; use error, warn, info, debug or trace", self.level))
    }
}

/// Starts logging. Commands that talk to a person themselves log only what is wrong.
pub(crate) fn start(config: &LogConfig, spans: Option<SpanLayer>, is_quiet: bool) {
    let level = if is_quiet && config.level == "info" { "warn" } else { &config.level };
    // The drivers repeat at info what our own lines say already; s3s calls every 404 an error.
    let filter =
        EnvFilter::new(format!("{level},sqlx=warn,sea_orm=warn,sea_orm_migration=warn,hyper=warn,s3s=off"));
    let is_pretty = match config.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Pretty => true,
        LogFormat::Json => false,
    };
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = if is_pretty {
        lines.with_target(false).compact().boxed()
    } else {
        lines.json().flatten_event(true).with_span_list(false).boxed()
    };
    let spans = spans.map(|layer| {
        let ours = filter_fn(SpanLayer::is_of_interest).with_max_level_hint(LevelFilter::DEBUG);
        layer.with_filter(ours)
    });
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).init();
}
