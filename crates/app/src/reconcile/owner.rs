//! The objects of one owner against its lines of the ledger.

use std::collections::BTreeMap;

use telecine_db::objects::{self, Object};
use telecine_model::{ObjectOwner, key};
use telecine_storage::ObjectInfo;

use super::{Finding, FindingKind, Reconciler, Report};
use crate::AppError;

/// What should be with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// It must be there.
    Needed,
    /// Nothing needs it.
    Unneeded,
    /// Somebody is writing or removing it.
    InTransit,
}

/// By key.
pub(super) type Needs = BTreeMap<String, Need>;

impl Reconciler<'_> {
    pub(super) async fn compare_owner(
        self,
        owner: ObjectOwner,
        listed: Vec<ObjectInfo>,
        report: &mut Report,
    ) -> Result<(), AppError> {
        let suspected = self.findings_of(owner, listed).await?;
        if suspected.is_empty() {
            return Ok(());
        }
        // The list may have been old when the ledger was read: what has gone its way meanwhile is gone now.
        let listed = self.store.list(&key::prefix_of(owner)).await?;
        for mut finding in self.findings_of(owner, listed).await? {
            let is_known = suspected.iter().any(|it| (it.kind, &it.key) == (finding.kind, &finding.key));
            if is_known {
                if self.fix {
                    self.fix_object(owner, &mut finding).await;
                }
                report.findings.push(finding);
            }
        }
        Ok(())
    }

    async fn findings_of(
        self,
        owner: ObjectOwner,
        listed: Vec<ObjectInfo>,
    ) -> Result<Vec<Finding>, AppError> {
        let recorded = objects::of_owner(self.db.read(), owner).await?;
        let keys: Vec<&str> = listed
            .iter()
            .map(|object| object.key.as_str())
            .chain(recorded.iter().map(|line| line.key.as_str()))
            .collect();
        let needs = match owner {
            ObjectOwner::Video(video) => self.needs_of_video(video, &keys).await?,
            ObjectOwner::Image(image) => self.needs_of_image(image, &keys).await?,
            ObjectOwner::Cache(batch) => self.needs_of_cache(batch, &keys).await?,
            ObjectOwner::Movie(movie) => self.needs_of_movie(movie, &keys).await?,
        };
        let need = |key: &str| needs.get(key).copied().unwrap_or(Need::InTransit);
        let mut lines: BTreeMap<&str, &Object> =
            recorded.iter().map(|line| (line.key.as_str(), line)).collect();
        let found = listed.iter().filter_map(|object| {
            compare_object(object, lines.remove(object.key.as_str()), need(&object.key))
        });
        let mut findings: Vec<Finding> = found.collect();
        findings.extend(lines.values().filter_map(|line| compare_record(line, need(&line.key))));
        Ok(findings)
    }

    async fn fix_object(self, owner: ObjectOwner, finding: &mut Finding) {
        let fixed = match finding.kind {
            FindingKind::Orphan => self.remove(&finding.key).await,
            FindingKind::StaleRecord => self.strike(&finding.key).await,
            FindingKind::Unrecorded => self.record(owner, finding).await,
            FindingKind::Missing | FindingKind::Mismatched | FindingKind::StaleUpload => return,
        };
        match fixed {
            Ok(()) => finding.fixed = true,
            Err(error) => finding.detail = format!("could not be fixed: {error}"),
        }
    }

    async fn remove(self, key: &str) -> Result<(), AppError> {
        self.store.delete(key).await?;
        self.strike(key).await
    }

    async fn strike(self, key: &str) -> Result<(), AppError> {
        let tx = self.db.begin().await?;
        objects::strike(&tx, key).await?;
        Ok(tx.commit().await?)
    }

    async fn record(self, owner: ObjectOwner, finding: &Finding) -> Result<(), AppError> {
        let object = Object {
            key: finding.key.clone(),
            owner,
            generation: key::generation_of(&finding.key).unwrap_or(0),
            size: finding.size,
            checksum: None,
            created_at: self.clock.now_ms(),
        };
        let tx = self.db.begin().await?;
        objects::record(&tx, &object).await?;
        Ok(tx.commit().await?)
    }
}

fn compare_object(object: &ObjectInfo, recorded: Option<&Object>, need: Need) -> Option<Finding> {
    let finding = |kind, detail: &str| Some(Finding::new(kind, &object.key, object.size, detail));
    match (need, recorded) {
        (Need::InTransit, _) => None,
        (Need::Unneeded, _) => finding(FindingKind::Orphan, "nothing needs it"),
        (Need::Needed, None) => {
            finding(FindingKind::Unrecorded, "it is needed, and the ledger has no line for it")
        }
        (Need::Needed, Some(line)) if line.size != object.size => {
            let detail = format!("it should have {} bytes; upload the file again", line.size);
            finding(FindingKind::Mismatched, &detail)
        }
        (Need::Needed, Some(_)) => None,
    }
}

fn compare_record(line: &Object, need: Need) -> Option<Finding> {
    let finding = |kind, detail| Some(Finding::new(kind, &line.key, line.size, detail));
    match need {
        Need::InTransit => None,
        Need::Unneeded => finding(FindingKind::StaleRecord, "storage does not have it, and nothing needs it"),
        Need::Needed => finding(FindingKind::Missing, "storage has lost it; upload or import the file again"),
    }
}
