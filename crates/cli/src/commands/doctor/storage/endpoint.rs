//! Whether the endpoint is there, and whether it and this machine agree on the time.

use std::time::Duration;

use anyhow::Context;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use telecine_storage::{ObjectStore, StorageConfig};
use url::{Host, Url};

use super::{Checked, Complaint, Patient};

/// A browser would show an error long before.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
/// S3 refuses signatures whose time is further off than 15 minutes; half of it leaves room for drift.
const MAX_SKEW_S: u64 = 450;
/// How long the addresses of the checks live.
pub(super) const ADDRESS_LIFE: Duration = Duration::from_secs(300);

/// What the endpoint answered, whatever it was.
pub(super) struct Answer {
    pub(super) place: String,
    /// Seconds that its clock is ahead of ours; `None` when it tells no time.
    ahead_s: Option<i64>,
}

/// A client like a browser: no redirects of signed addresses, no patience without end.
pub(super) fn browser(store: &ObjectStore) -> anyhow::Result<reqwest::Client> {
    let mut client =
        reqwest::Client::builder().timeout(ANSWER_TIMEOUT).redirect(reqwest::redirect::Policy::none());
    if store.is_on_this_machine() {
        // A proxy for the world must not be asked for this machine.
        client = client.no_proxy();
    }
    client.build().context("no HTTPS client can be made")
}

/// Asks for an object that is not there: any answer will do.
pub(super) async fn reach(patient: &Patient<'_>) -> Result<Answer, Complaint> {
    let place = patient.store.public_origin();
    let signed = patient.store.presign_get(&patient.key("none"), ADDRESS_LIFE);
    let url = signed.map_err(|error| super::advice::about(patient, &error))?.url;
    let answer = patient.browser.get(url).send().await.map_err(|error| unreachable(&place, &error))?;
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
    let theirs = date.and_then(|date| rfc2822::parse(date).ok()).map(|date| date.timestamp());
    let ahead_s = theirs.map(|theirs| seconds_between(patient.clock.now(), theirs));
    Ok(Answer { place, ahead_s })
}

fn unreachable(place: &str, error: &reqwest::Error) -> Complaint {
    let mut cause = std::error::Error::source(error);
    let mut detail = format!("{place} cannot be reached");
    while let Some(inner) = cause {
        detail = format!("{place} cannot be reached: {inner}");
        cause = inner.source();
    }
    let fix = if error.is_timeout() {
        "open the way through the firewall, or correct storage.endpoint (S3_ENDPOINT)"
    } else {
        "start the storage server, or correct host, port and http or https of storage.endpoint (S3_ENDPOINT) and storage.public_endpoint (S3_PUBLIC_ENDPOINT)"
    };
    Complaint::new(detail, fix)
}

fn seconds_between(ours: Timestamp, theirs: Timestamp) -> i64 {
    theirs.as_second() - ours.as_second()
}

/// Compares the clocks.
pub(super) fn clock(answer: &Answer) -> Checked {
    match answer.ahead_s {
        None => Ok("the endpoint tells no time".to_owned()),
        Some(ahead) if ahead.unsigned_abs() <= MAX_SKEW_S => Ok(format!("{} s apart", ahead.unsigned_abs())),
        Some(ahead) => {
            let way = if ahead > 0 { "behind" } else { "ahead of" };
            Err(Complaint::new(
                format!("this machine's clock is {} s {way} the endpoint's", ahead.unsigned_abs()),
                "set both clocks with NTP (systemd-timesyncd or chrony); S3 refuses signatures that are 15 minutes off",
            ))
        }
    }
}

/// Tries both ways to name the bucket, where there are two.
pub(super) async fn style(patient: &Patient<'_>) -> Checked {
    let config = &patient.settings.storage;
    let ours = if config.path_style { "path style" } else { "virtual-host style" };
    let Some(endpoint) = &config.endpoint else { return Ok(ours.to_owned()) };
    if !matches!(endpoint.host(), Some(Host::Domain(_))) {
        return Ok(format!("{ours}; an IP address knows no other"));
    }
    let other = StorageConfig { path_style: !config.path_style, ..config.clone() };
    match (answers(patient, config).await, answers(patient, &other).await) {
        (true, true) => Ok(format!("{ours}; the other one works, too")),
        (true, false) => Ok(format!("{ours}; the other one does not work")),
        (false, true) => Err(Complaint::new(
            format!("{ours} does not work, the other one does"),
            format!("set storage.path_style (S3_FORCE_PATH_STYLE) to {}", !config.path_style),
        )),
        // Something else is wrong, and another check says what.
        (false, false) => Ok(format!("{ours}; neither works so far")),
    }
}

async fn answers(patient: &Patient<'_>, config: &StorageConfig) -> bool {
    let Ok(store) = ObjectStore::new(config, patient.clock.clone()) else { return false };
    let Ok(signed) = store.presign_get(&patient.key("none"), ADDRESS_LIFE) else { return false };
    status_of(patient, signed.url).await == Some(404)
}

async fn status_of(patient: &Patient<'_>, url: Url) -> Option<u16> {
    let answer = patient.browser.get(url).send().await.ok()?;
    let status = answer.status().as_u16();
    // A missing bucket is a 404, too.
    let text = answer.text().await.ok()?;
    (!text.contains("NoSuchBucket")).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(ahead_s: Option<i64>) -> Checked {
        clock(&Answer { place: String::new(), ahead_s })
    }

    #[test]
    fn a_clock_that_is_minutes_off_is_a_complaint_with_its_direction() {
        assert!(judged(None).is_ok() && judged(Some(450)).is_ok() && judged(Some(-450)).is_ok());
        assert!(judged(Some(451)).unwrap_err().detail.contains("451 s behind"));
        assert!(judged(Some(-451)).unwrap_err().detail.contains("451 s ahead of"));
    }
}
