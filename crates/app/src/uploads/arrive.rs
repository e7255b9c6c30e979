//! The one door from "bytes are in storage" to "the video is being processed".

use telecine_db::uploads::Upload;
use telecine_db::{jobs, objects, uploads, videos};
use telecine_storage::ObjectInfo;

use super::source_record;
use crate::jobs::{ExpireUpload, ProcessVideo};
use crate::{App, AppError};

/// Notes that the checked object is in storage and starts processing, in one transaction. Calling it again, or from
/// two places at once, changes nothing.
pub(crate) async fn object_arrived(app: &App, upload: &Upload, object: &ObjectInfo) -> Result<(), AppError> {
    let tx = app.db.begin().await?;
    if uploads::mark_stored(&tx, upload.id).await? {
        let now = app.clock.now_ms();
        if videos::mark_processing(&tx, upload.video_id, &object.etag, now).await? {
            telecine_queue::add(&tx, &*app.clock, &ProcessVideo::of(upload.video_id)).await?;
            objects::record(&tx, &source_record(upload, object.size)).await?;
            jobs::remove_waiting(&tx, &ExpireUpload::id_of(upload.video_id)).await?;
        }
        tx.commit().await?;
        tracing::info!(video.id = %upload.video_id, bytes = object.size, "the upload is complete, processing starts");
    }
    Ok(())
}
