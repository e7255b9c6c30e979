//! `delete-owned`: removes every object and row of an image or a movie that has been deleted.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use telecine_db::{images, jobs, movies, objects};
use telecine_model::{FailureCode, ObjectOwner, key};
use telecine_queue::{Job, JobError, Kept, Run};
use telecine_storage::StoreError;

use super::failed::storage_failed;
use super::{ExpireImage, PurgeCdn};
use crate::App;

/// The wait while another worker is still letting go.
const WAIT_FOR_WORKER: Duration = Duration::from_secs(1);
/// After an address has expired, a slow client may still be sending its last bytes.
const LAST_BYTES: Duration = Duration::from_secs(60);
/// Objects removed at a time.
const AT_ONCE: usize = 8;

/// Removes the objects, then the rows. An address that was signed for an upload could still bring the source back, so after
/// it has expired the job looks once more.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteOwned {
    /// As the ledger has it.
    owner: String,
    /// When the last address of the upload expires, in milliseconds since 1970.
    #[serde(default)]
    put_expires_at: Option<i64>,
}

impl DeleteOwned {
    pub(crate) fn of(owner: ObjectOwner, put_expires_at: Option<i64>) -> Self {
        Self { owner: owner.to_string(), put_expires_at }
    }

    /// The id of the job that removes what the owner has.
    pub(crate) fn id_of(owner: ObjectOwner) -> String {
        format!("delete-{}", owner.to_string().replace(':', "-"))
    }
}

impl Job<App> for DeleteOwned {
    const QUEUE: &'static str = "cleanup";
    const NAME: &'static str = "delete-owned";
    const ATTEMPTS: i32 = 1000;
    const BACKOFF: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(600);
    const CONCURRENCY: usize = 2;
    const KEPT: Kept = Kept::WhileFailed;

    fn id(&self) -> String {
        format!("delete-{}", self.owner.replace(':', "-"))
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let Ok(owner) = self.owner.parse::<ObjectOwner>() else { return Ok(()) };
        let subject = match owner {
            ObjectOwner::Image(image) => image.to_string(),
            ObjectOwner::Movie(movie) => movie.to_string(),
            ObjectOwner::Video(_) | ObjectOwner::Cache(_) => return Ok(()),
        };
        if jobs::any_active_of_subject(app.db.read(), &subject).await? {
            return Err(JobError::Snooze(WAIT_FOR_WORKER));
        }
        remove_objects(run, app, owner).await?;
        let tx = run.begin().await?;
        let gone = objects::of_owner(tx.conn(), owner).await?;
        PurgeCdn::add(&tx, app, gone.into_iter().map(|object| object.key).collect()).await?;
        objects::strike_owner(&tx, owner).await?;
        jobs::delete_by_subject(&tx, &subject).await?;
        match owner {
            ObjectOwner::Image(image) => {
                jobs::remove_waiting(&tx, &ExpireImage::id_of(image)).await?;
                images::delete(&tx, image).await?;
            }
            ObjectOwner::Movie(movie) => movies::delete(&tx, movie).await?,
            ObjectOwner::Video(_) | ObjectOwner::Cache(_) => {}
        }
        match self.left_of_put(app) {
            None => run.complete(tx).await,
            Some(left) => {
                tx.commit().await?;
                Err(JobError::Snooze(left))
            }
        }
    }
}

impl DeleteOwned {
    /// How long bytes may still arrive.
    fn left_of_put(&self, app: &App) -> Option<Duration> {
        let until = jiff::Timestamp::from_millisecond(self.put_expires_at?).ok()? + LAST_BYTES;
        Duration::try_from(until - app.clock.now()).ok().filter(|left| !left.is_zero())
    }
}

/// Removes everything from storage. What cannot be removed does not stop the rest; the job comes back for it.
async fn remove_objects(run: &Run, app: &App, owner: ObjectOwner) -> Result<(), JobError> {
    let prefix = key::prefix_of(owner);
    let listed = app.store.list(&prefix).await.map_err(|error| storage_failed(owner, &error))?;
    // Collected, because a lazy closure inside the stream would keep callers from being `Send`.
    let removals: Vec<_> = listed.iter().map(|object| app.store.delete(&object.key)).collect();
    let removed: Vec<Result<(), StoreError>> =
        stream::iter(removals).buffer_unordered(AT_ONCE).collect().await;
    app.urls.forget_prefix(&prefix).await;
    let failures: Vec<StoreError> = removed.into_iter().filter_map(Result::err).collect();
    let done = listed.len() - failures.len();
    run.log(&format!("removed {done} of {} objects", listed.len())).await?;
    tracing::info!(%owner, removed = done, failed = failures.len(), "objects of something deleted are removed");
    match failures.first() {
        None => Ok(()),
        Some(error) => {
            tracing::warn!(%owner, %error, "some objects could not be removed, will retry");
            Err(FailureCode::StorageUnavailable.into())
        }
    }
}
