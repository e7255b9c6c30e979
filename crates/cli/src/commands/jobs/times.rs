//! Times as people say them.

use jiff::{SignedDuration, Timestamp};

/// A time of the API before now, such as `5m ago`, or after it, such as `in 2h`.
pub(super) fn from_now(at: &str, now: Timestamp) -> String {
    let Ok(at) = at.parse::<Timestamp>() else { return at.to_owned() };
    let passed = now.duration_since(at);
    if passed.is_negative() { format!("in {}", short(-passed)) } else { format!("{} ago", short(passed)) }
}

/// Seconds that something took.
pub(super) fn took(seconds: Option<f64>) -> String {
    match seconds {
        None => String::new(),
        Some(seconds) if seconds < 60.0 => format!("{seconds:.1}s"),
        Some(seconds) => short(SignedDuration::from_secs_f64(seconds.min(f64::from(u32::MAX)))),
    }
}

fn short(duration: SignedDuration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_their_largest_unit() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        for (at, told) in [
            ("2026-11-21T11:59:59.5Z", "0s ago"),
            ("2026-11-21T11:01:00Z", "59m ago"),
            ("2026-11-20T11:00:00Z", "1d ago"),
            ("2026-11-21T14:59:00Z", "in 2h"),
        ] {
            assert_eq!(from_now(at, now), told);
        }
        assert_eq!(
            (took(None), took(Some(1.26)), took(Some(61.0))),
            (String::new(), "1.3s".into(), "1m".into())
        );
    }
}
