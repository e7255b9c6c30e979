//! The options of a job as another program has stored them, read field by field: one that cannot be read costs the job
//! nothing else.

use serde_json::Value;
use telecine_db::jobs::{Backoff, BackoffKind, MAX_PRIORITY};

/// A job may ask for no more runs than this.
const MAX_ATTEMPTS: f64 = 10_000.0;
/// The longest wait that an option may ask for; the row's own cap comes after it.
const MAX_WAIT_MS: f64 = 1e12;

/// What of a job's options matters to whoever runs it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Options {
    /// Runs before it fails, at least 1.
    pub(super) attempts: i32,
    /// The waits between them.
    pub(super) backoff: Backoff,
    /// 0 runs first, then 1, 2, …
    pub(super) priority: i32,
    /// The newest log lines to keep; all when absent.
    pub(super) keep_logs: Option<u32>,
}

impl Options {
    /// Reads the field `opts` of a job's hash; what is missing or makes no sense is as if it had not been given.
    pub(super) fn read(stored: &str) -> Self {
        let options: Value = serde_json::from_str(stored).unwrap_or_default();
        Self {
            attempts: whole(&options["attempts"], MAX_ATTEMPTS).unwrap_or(1.0).max(1.0) as i32,
            backoff: backoff(&options["backoff"]),
            priority: whole(&options["priority"], f64::from(MAX_PRIORITY)).unwrap_or(0.0) as i32,
            keep_logs: whole(&options["kl"], 1e6)
                .or_else(|| whole(&options["keepLogs"], 1e6))
                .filter(|lines| *lines >= 1.0)
                .map(|lines| lines as u32),
        }
    }
}

/// A number means a fixed wait. A kind that only the producer's own code knows is taken for exponential, so that a job
/// that fails does not fail all of its attempts within a moment.
fn backoff(stored: &Value) -> Backoff {
    if stored.is_number() {
        return Backoff { base_ms: wait_ms(stored), kind: BackoffKind::Fixed, jitter: 0.0 };
    }
    let is_fixed = stored["type"].as_str().is_none_or(|kind| kind == "fixed");
    let kind = if is_fixed { BackoffKind::Fixed } else { BackoffKind::Exponential };
    let jitter = number(&stored["jitter"]).unwrap_or(0.0).clamp(0.0, 1.0);
    Backoff { base_ms: wait_ms(&stored["delay"]), kind, jitter }
}

fn wait_ms(stored: &Value) -> i64 {
    whole(stored, MAX_WAIT_MS).unwrap_or(0.0) as i64
}

/// A whole number of 0 to `most`, rounded and clamped.
fn whole(stored: &Value, most: f64) -> Option<f64> {
    number(stored).map(|number| number.round().clamp(0.0, most))
}

/// Producers in other languages write numbers as text now and then.
fn number(stored: &Value) -> Option<f64> {
    let number = stored.as_f64().or_else(|| stored.as_str()?.trim().parse().ok())?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_npm_are_read_with_their_backoff_and_jitter() {
        let options = Options::read(
            r#"{"attempts":4,"backoff":{"type":"exponential","delay":2000,"jitter":0.5},"priority":7,"kl":3}"#,
        );
        let backoff = Backoff { base_ms: 2000, kind: BackoffKind::Exponential, jitter: 0.5 };
        assert_eq!(options, Options { attempts: 4, backoff, priority: 7, keep_logs: Some(3) });
        let fixed = Options::read(r#"{"attempts":2,"backoff":700}"#).backoff;
        assert_eq!(fixed, Backoff { base_ms: 700, kind: BackoffKind::Fixed, jitter: 0.0 });
    }

    #[test]
    fn an_option_that_makes_no_sense_costs_only_itself() {
        let options = Options::read(
            r#"{"attempts":3,"removeOnFail":-1,"delay":0.5,"backoff":{"type":"mine","delay":12.6},"priority":-4}"#,
        );
        assert_eq!((options.attempts, options.priority), (3, 0));
        let backoff = Backoff { base_ms: 13, kind: BackoffKind::Exponential, jitter: 0.0 };
        assert_eq!(options.backoff, backoff);
        assert_eq!(Options::read(r#"{"attempts":"many"}"#).attempts, 1);
        assert_eq!(Options::read("no JSON").attempts, 1);
        assert_eq!(Options::read(r#"{"attempts":1e300}"#).attempts, 10_000);
    }
}
