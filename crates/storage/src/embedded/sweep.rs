//! Multipart uploads that nobody goes on with: without an end their parts would take up the disk for ever.

use std::fs;
use std::io;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use s3s::S3Result;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::failure::disk;
use super::layout::{self, BucketFolder, is_upload_id};
use super::record::{self, UploadRecord};
use super::store::Store;

/// Ages are counted in days, so an hour more or less does not matter.
const EVERY: Duration = Duration::from_secs(3600);

/// Sweeps at once and then every hour, until `shutdown`. Without a `max_age` uploads stay open until somebody ends them.
pub(super) async fn run(store: Arc<Store>, max_age: Option<Duration>, shutdown: CancellationToken) {
    let Some(max_age) = max_age else { return };
    loop {
        let swept = {
            let store = Arc::clone(&store);
            store.running.clone().spawn_blocking(move || sweep(&store, max_age)).await
        };
        match swept {
            Ok(Ok(0)) => {}
            Ok(Ok(count)) => {
                info!(storage.uploads = count, "removed {count} multipart uploads that were given up")
            }
            Ok(Err(error)) => warn!(%error, "stale uploads could not be looked for, will try again"),
            Err(panic) => warn!(%panic, "the sweep of stale uploads broke off, will try again"),
        }
        let next = store.clock.now() + EVERY;
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = store.clock.sleep_until(next) => {}
        }
    }
}

/// Aborts the uploads in which nothing has happened for `max_age`; tells how many.
fn sweep(store: &Store, max_age: Duration) -> io::Result<usize> {
    let oldest_ms =
        store.clock.now_ms().saturating_sub(i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX));
    let mut count = 0;
    for name in layout::bucket_names(&store.root)? {
        let bucket = BucketFolder::new(&store.root, &name);
        for entry in fs::read_dir(bucket.uploads())? {
            let file = entry?.file_name();
            let upload_id = file.to_str().and_then(|file| file.strip_suffix(".json"));
            let Some(upload_id) = upload_id.filter(|id| is_upload_id(id)) else { continue };
            match abort_if_stale(store, &name, upload_id, oldest_ms) {
                Ok(aborted) => count += usize::from(aborted),
                Err(error) => {
                    warn!(%error, upload = upload_id, "a stale upload could not be removed, will try again")
                }
            }
        }
    }
    Ok(count)
}

/// Looks and aborts under the upload's lock: a part may arrive, or a Complete, at this very moment.
fn abort_if_stale(store: &Store, bucket_name: &str, upload_id: &str, oldest_ms: i64) -> S3Result<bool> {
    let bucket = store.bucket(bucket_name)?;
    let _turn = store.upload_locks.lock(bucket_name, upload_id);
    let found: Option<UploadRecord> = record::read_intact(&bucket.upload_record(upload_id)).map_err(disk)?;
    let Some(upload) = found else { return Ok(false) };
    if last_activity_ms(&bucket, upload_id, &upload) >= oldest_ms {
        return Ok(false);
    }
    store.abort_upload(&bucket, upload_id, &upload.key)?;
    Ok(true)
}

/// When the upload was opened, or when its latest part came: that renames a file into the directory of parts.
fn last_activity_ms(bucket: &BucketFolder, upload_id: &str, upload: &UploadRecord) -> i64 {
    let written = fs::metadata(bucket.blob(upload_id)).and_then(|found| found.modified()).ok();
    let since_epoch = written.and_then(|written| written.duration_since(UNIX_EPOCH).ok());
    let written_ms = since_epoch.and_then(|since| i64::try_from(since.as_millis()).ok());
    upload.initiated_ms.max(written_ms.unwrap_or(0))
}
