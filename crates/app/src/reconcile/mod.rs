//! Reconciling: what storage holds is compared with the ledger and with what is still needed.
//!
//! Uploads, jobs and deletions go on meanwhile. Storage is listed before the database is asked, so an object that is seen
//! has been written down already; and whatever looks wrong is looked at a second time before it is reported.

mod batches;
mod finding;
mod owner;
mod sweep;
mod video;

use std::collections::HashSet;
use std::time::Duration;

use telecine_db::{Db, objects};
use telecine_model::{Clock, ObjectOwner, key};
use telecine_storage::{ObjectInfo, ObjectStore};

use crate::AppError;
pub use finding::{Finding, FindingKind, Report};

/// Owners read from the ledger at a time.
const OWNERS_AT_ONCE: u64 = 500;

/// What reconciling works with.
#[derive(Clone, Copy)]
pub struct Reconciler<'a> {
    /// The ledger, and what is needed.
    pub db: &'a Db,
    /// The bucket.
    pub store: &'a ObjectStore,
    /// Tells how old an unfinished upload is.
    pub clock: &'a dyn Clock,
    /// Multipart uploads younger than this are left alone: their rows may be on their way, and clocks differ.
    pub upload_age: Duration,
    /// Whether to put right what can be put right, or only to report.
    pub fix: bool,
}

impl Reconciler<'_> {
    /// Compares everything in the folders of ours, telling `progress` the objects seen so far. Objects with other keys are
    /// somebody else's: they are counted and left alone.
    ///
    /// # Errors
    /// The database or the storage fails. A single object that cannot be put right is a finding, not an error.
    pub async fn run(self, mut progress: impl FnMut(u64) + Send) -> Result<Report, AppError> {
        let mut report = Report::default();
        let mut seen = HashSet::new();
        self.compare_bucket(&mut report, &mut seen, &mut progress).await?;
        self.compare_rest_of_ledger(&mut report, &seen).await?;
        self.compare_open_uploads(&mut report).await?;
        Ok(report)
    }

    /// Looks only for multipart uploads that nobody will complete.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn sweep(self) -> Result<Report, AppError> {
        let mut report = Report::default();
        self.compare_open_uploads(&mut report).await?;
        Ok(report)
    }

    /// Lists come in the order of keys, so the objects of an owner follow each other.
    async fn compare_bucket(
        self,
        report: &mut Report,
        seen: &mut HashSet<ObjectOwner>,
        progress: &mut (impl FnMut(u64) + Send),
    ) -> Result<(), AppError> {
        let mut current: Option<(ObjectOwner, Vec<ObjectInfo>)> = None;
        let mut from = None;
        loop {
            let page = self.store.list_page("", from.as_deref()).await?;
            for object in page.objects {
                let Some(owner) = key::owner_of(&object.key) else {
                    report.foreign += 1;
                    continue;
                };
                report.objects += 1;
                report.bytes += object.size;
                match &mut current {
                    Some((of, objects)) if *of == owner => objects.push(object),
                    _ => {
                        if let Some((done, objects)) = current.replace((owner, vec![object])) {
                            seen.insert(done);
                            self.compare_owner(done, objects, report).await?;
                        }
                    }
                }
            }
            progress(report.objects);
            match page.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
        if let Some((last, objects)) = current {
            seen.insert(last);
            self.compare_owner(last, objects, report).await?;
        }
        Ok(())
    }

    /// Owners of whom storage has nothing at all.
    async fn compare_rest_of_ledger(
        self,
        report: &mut Report,
        seen: &HashSet<ObjectOwner>,
    ) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let owners = objects::owners(self.db.read(), after, OWNERS_AT_ONCE).await?;
            after = owners.last().copied();
            if after.is_none() {
                return Ok(());
            }
            for owner in owners.into_iter().filter(|owner| !seen.contains(owner)) {
                self.compare_owner(owner, Vec::new(), report).await?;
            }
        }
    }
}
