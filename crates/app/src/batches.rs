//! Batches: objects that one run stores and that something points at afterwards, all at once.
//!
//! They are written down before they are put, with a job that removes them again should nothing come to point at them: a
//! process may be killed at any line. Every batch has a name of its own, so copies of its objects may be kept for good.

use std::path::PathBuf;
use std::time::Duration;

use telecine_db::objects::{self, Object};
use telecine_db::{DbError, Tx, jobs};
use telecine_model::{BatchId, ObjectOwner};
use telecine_storage::StoreError;

use crate::App;
use crate::jobs::DeleteBatch;

/// Far longer than any run that stores a batch may take.
const UNLESS_KEPT: Duration = Duration::from_secs(6 * 3600);
/// Who has an address of a replaced object is through with it after this time.
pub(crate) const LAST_LOOK: Duration = Duration::from_secs(12 * 3600);
/// Objects that never change may be kept by everybody.
pub(crate) const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A local file and the object that it becomes.
#[derive(Debug)]
pub(crate) struct NewObject {
    pub(crate) key: String,
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) sha256: Option<String>,
    pub(crate) content_type: String,
}

/// Writes the objects of a batch down, before any of them is put.
pub(crate) async fn announce(
    app: &App,
    tx: &Tx,
    owner: ObjectOwner,
    batch: BatchId,
    files: &[NewObject],
) -> Result<(), DbError> {
    let created_at = app.clock.now_ms();
    for file in files {
        let (key, size, checksum) = (file.key.clone(), file.size, file.sha256.clone());
        objects::record(tx, &Object { key, owner, generation: 0, size, checksum, created_at }).await?;
    }
    let later = (app.clock.now() + UNLESS_KEPT).as_millisecond();
    telecine_queue::add_at(tx, &*app.clock, &DeleteBatch::unless_kept(owner, batch), later).await.map(drop)
}

/// Puts the objects into storage.
pub(crate) async fn put(app: &App, files: &[NewObject]) -> Result<(), StoreError> {
    for file in files {
        app.store.put_file(&file.key, &file.content_type, Some(IMMUTABLE), &file.path).await?;
    }
    Ok(())
}

/// Something points at the batch from this transaction on. `false` when the batch has been removed: the run took too long.
pub(crate) async fn keep(tx: &Tx, batch: BatchId) -> Result<bool, DbError> {
    jobs::remove_waiting(tx, &DeleteBatch::id_unless_kept(batch)).await
}

/// Nothing points at the batch any more; it goes after this time.
pub(crate) async fn leave(
    app: &App,
    tx: &Tx,
    owner: ObjectOwner,
    batch: BatchId,
    after: Duration,
) -> Result<(), DbError> {
    let later = (app.clock.now() + after).as_millisecond();
    telecine_queue::add_at(tx, &*app.clock, &DeleteBatch::left(owner, batch), later).await.map(drop)
}
