//! `expire-image`: looks after the upload of an image that nobody completes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::images;
use telecine_model::{FailureCode, ImageId, ImageStatus};
use telecine_queue::{Job, JobError, Kept, Run};

use super::DeleteOwned;
use crate::App;
use crate::images::look;

/// Waits until the upload has rested for too long. If the file has arrived all the same, because the browser was closed
/// before it could say so, its variants are made; otherwise everything goes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpireImage {
    image_id: ImageId,
}

impl ExpireImage {
    pub(crate) fn of(image_id: ImageId) -> Self {
        Self { image_id }
    }

    /// The id of the job that looks after the upload of this image.
    pub(crate) fn id_of(image_id: ImageId) -> String {
        format!("expire-image-{image_id}")
    }
}

impl Job<App> for ExpireImage {
    const QUEUE: &'static str = "cleanup";
    const NAME: &'static str = "expire-image";
    const ATTEMPTS: i32 = 1000;
    const BACKOFF: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(600);
    const CONCURRENCY: usize = 2;
    const KEPT: Kept = Kept::WhileFailed;

    fn id(&self) -> String {
        Self::id_of(self.image_id)
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let image = images::find(app.db.read(), self.image_id).await?;
        let Some(image) = image.filter(|image| image.status == ImageStatus::PendingUpload) else {
            return Ok(());
        };
        let expires_at = image.expires_at.unwrap_or_default();
        let now = app.clock.now_ms();
        if let Ok(left @ 1..) = u64::try_from(expires_at - now) {
            return Err(JobError::Snooze(Duration::from_millis(left)));
        }
        let has_arrived = look(app, self.image_id).await.map_err(|error| {
            tracing::warn!(image.id = %self.image_id, %error, "it is not known whether an image has arrived");
            FailureCode::StorageUnavailable
        })?;
        if has_arrived {
            return Ok(());
        }
        let tx = run.begin().await?;
        if !images::mark_expired(&tx, self.image_id, now).await? {
            // Completed or prolonged since the look above.
            return Err(JobError::Snooze(Duration::ZERO));
        }
        telecine_queue::add(&tx, &*app.clock, &DeleteOwned::of(self.image_id.into(), Some(expires_at)))
            .await?;
        run.complete(tx).await
    }
}
