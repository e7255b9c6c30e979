//! `telecine doctor storage`: everything that this program and browsers do with an endpoint, once, and what to change
//! where it does not work.

mod advice;
mod browser;
mod endpoint;
mod objects;

use std::sync::Arc;

use telecine_model::{Clock, SystemClock};
use telecine_storage::ObjectStore;
use url::Url;
use uuid::Uuid;

use super::Finding;
use crate::platform::Storage;
use crate::settings::Settings;

/// What the checks work with.
struct Patient<'a> {
    settings: &'a Settings,
    store: ObjectStore,
    /// Makes requests as a browser does.
    browser: reqwest::Client,
    clock: Arc<dyn Clock>,
    /// Where this run writes: nothing else is there.
    prefix: String,
}

/// A check that failed: what was seen, and what to do.
#[derive(Debug)]
struct Complaint {
    detail: String,
    fix: String,
}

type Checked = Result<String, Complaint>;

impl Complaint {
    fn new(detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { detail: detail.into(), fix: fix.into() }
    }
}

/// Checks the storage that the settings name. What the checks write is removed.
pub(super) async fn findings(settings: &Settings) -> anyhow::Result<Vec<Finding>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // An endpoint of others is looked at as it is: no bucket is made.
    let (store, embedded) = match &settings.storage.endpoint {
        Some(_) => (ObjectStore::new(&settings.storage, clock.clone())?, None),
        None => {
            let storage = Storage::for_command(settings, clock.clone()).await?;
            (storage.store.clone(), Some(storage))
        }
    };
    let browser = endpoint::browser(&store)?;
    let prefix = format!("doctor/{}/", Uuid::new_v4().simple());
    let patient = Patient { settings, store, browser, clock, prefix };
    let findings = examine(&patient).await;
    if let Some(storage) = embedded {
        storage.stop().await;
    }
    Ok(findings)
}

async fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let answer = match endpoint::reach(patient).await {
        Ok(answer) => answer,
        // Nothing else can be said about an endpoint that cannot be reached.
        Err(complaint) => return vec![finding("endpoint", Err(complaint))],
    };
    let mut findings = vec![
        finding("endpoint", Ok(answer.place.clone())),
        finding("clock", endpoint::clock(&answer)),
        finding("address style", endpoint::style(patient).await),
    ];
    let credentials = objects::credentials(patient).await;
    let may_enter = credentials.is_ok();
    findings.push(finding("credentials", credentials));
    if may_enter {
        findings.push(finding("objects", objects::round_trip(patient).await));
        findings.push(finding("multipart", objects::multipart(patient).await));
        findings.push(finding("signed length", browser::signed_length(patient).await));
        findings.push(finding("CORS", browser::cors(patient).await));
        findings.push(finding("checksums", browser::checksums(patient).await));
        findings.push(finding("clean-up", objects::clean_up(patient).await));
    }
    findings
}

impl Patient<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The origin of the pages that will upload.
    fn page_origin(&self) -> String {
        let server = &self.settings.server;
        let own = || format!("http://localhost:{}", server.port);
        server.public_url.as_ref().map(Url::origin).map_or_else(own, |origin| origin.ascii_serialization())
    }
}

fn finding(what: &'static str, checked: Checked) -> Finding {
    match checked {
        Ok(detail) => Finding { what, ok: true, detail, fix: None },
        Err(complaint) => Finding { what, ok: false, detail: complaint.detail, fix: Some(complaint.fix) },
    }
}
