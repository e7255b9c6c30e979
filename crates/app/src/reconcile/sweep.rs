//! Multipart uploads that nobody will complete.

use telecine_db::{jobs, uploads, videos};
use telecine_model::{ObjectOwner, UploadStatus, VideoStatus, key};
use telecine_storage::OpenUpload;

use super::{Finding, FindingKind, Reconciler, Report};
use crate::AppError;
use crate::jobs::DeleteBatch;

impl Reconciler<'_> {
    pub(super) async fn compare_open_uploads(self, report: &mut Report) -> Result<(), AppError> {
        for upload in self.store.list_multipart_uploads("").await? {
            // The second look tells those that have gone their way since the list was made.
            if !self.is_stale(&upload).await? || !self.is_still_open(&upload).await? {
                continue;
            }
            let mut finding =
                Finding::new(FindingKind::StaleUpload, &upload.key, 0, "nobody will complete it");
            if self.fix {
                match self.store.abort_multipart(&upload.key, &upload.upload_id).await {
                    Ok(()) => finding.fixed = true,
                    Err(error) => finding.detail = format!("could not be fixed: {error}"),
                }
            }
            finding.upload_id = Some(upload.upload_id);
            report.findings.push(finding);
        }
        Ok(())
    }

    async fn is_still_open(self, upload: &OpenUpload) -> Result<bool, AppError> {
        let open = self.store.list_multipart_uploads(&upload.key).await?;
        Ok(open.iter().any(|it| it.upload_id == upload.upload_id) && self.is_stale(upload).await?)
    }

    async fn is_stale(self, open: &OpenUpload) -> Result<bool, AppError> {
        let Some(owner) = key::owner_of(&open.key) else { return Ok(false) };
        if open.initiated.is_some_and(|initiated| initiated + self.upload_age > self.clock.now()) {
            return Ok(false);
        }
        // A large file of the cache or of an episode goes up in parts within one run.
        let ObjectOwner::Video(video) = owner else {
            let batch = key::batch_of(&open.key);
            let ids = batch.map(DeleteBatch::ids_of).unwrap_or_default();
            return Ok(!jobs::any_pending(self.db.read(), &open.key, &ids).await?);
        };
        let session = uploads::find_by_video(self.db.read(), video).await?;
        let is_of_session = session.is_some_and(|session| {
            session.status == UploadStatus::Open
                && session.storage_upload_id.as_deref() == Some(open.upload_id.as_str())
        });
        // Large outputs go up in parts too.
        let standing = videos::standing(self.db.read(), video).await?;
        let is_processing = standing.is_some_and(|it| it.status == VideoStatus::Processing && !it.is_deleted);
        let is_of_run = is_processing && key::generation_of(&open.key).is_some();
        Ok(!is_of_session && !is_of_run)
    }
}
