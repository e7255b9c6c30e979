//! `check-upload`: looks for a file that a client sends without telling when it has ended, as Uppy does with a form.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::uploads::Upload;
use telecine_model::{UploadId, VideoId};
use telecine_queue::{Job, JobError, Kept, Run};

use super::failed::storage_failed;
use crate::{App, AppError, uploads};

/// The waits grow with the time that has passed: a file that takes ten seconds is found within two and a half.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const SHARE_OF_ELAPSED: u32 = 4;
/// After the address has expired, a slow client may still be sending its last bytes.
const LAST_BYTES: Duration = Duration::from_secs(60);

/// Looks from time to time until the file is there or can no longer come. A storage event makes it look at once.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckUpload {
    upload_id: UploadId,
    video_id: VideoId,
}

impl CheckUpload {
    pub(crate) const FIRST_WAIT: Duration = FIRST_WAIT;

    pub(crate) fn of(upload: &Upload) -> Self {
        Self { upload_id: upload.id, video_id: upload.video_id }
    }
}

impl Job<App> for CheckUpload {
    const QUEUE: &'static str = "uploads";
    const NAME: &'static str = "check-upload";
    const ATTEMPTS: i32 = 20;
    const BACKOFF: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(120);
    const CONCURRENCY: usize = 4;
    const KEPT: Kept = Kept::WhileFailed;

    fn id(&self) -> String {
        format!("check-upload-{}", self.upload_id)
    }

    fn subject(&self) -> Option<String> {
        Some(self.video_id.to_string())
    }

    async fn run(&self, _run: &Run, app: &App) -> Result<(), JobError> {
        let upload = match uploads::find(app, self.upload_id).await {
            Ok(upload) => upload,
            Err(AppError::Db(error)) => return Err(error.into()),
            Err(_) => return Ok(()),
        };
        match uploads::look(app, &upload).await {
            Ok(false) | Err(AppError::Limited { .. }) => {
                wait(app, &upload).map_or(Ok(()), |wait| Err(JobError::Snooze(wait)))
            }
            Err(AppError::Store(error)) => Err(storage_failed(self.video_id, &error)),
            Err(AppError::Db(error)) => Err(error.into()),
            // Arrived, or removed for being too large.
            Ok(true) | Err(_) => Ok(()),
        }
    }
}

/// How long to wait before the next look; `None` when nothing can come any more.
fn wait(app: &App, upload: &Upload) -> Option<Duration> {
    let millis = |ms: i64| u64::try_from(ms).unwrap_or_default();
    let now = app.clock.now_ms();
    if now > upload.expires_at.saturating_add(LAST_BYTES.as_millis().try_into().unwrap_or(i64::MAX)) {
        return None;
    }
    let elapsed = Duration::from_millis(millis(now.saturating_sub(upload.created_at)));
    Some((elapsed / SHARE_OF_ELAPSED).clamp(FIRST_WAIT, LONGEST_WAIT))
}
