//! `delete-batch`: removes a batch of objects that nothing points at.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::{cache, images, movies, objects};
use telecine_model::{BatchId, ObjectOwner, key};
use telecine_queue::{Job, JobError, Kept, Run};

use super::PurgeCdn;
use super::failed::storage_failed;
use crate::App;

/// Removes the objects of a batch, unless something points at them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteBatch {
    /// As the ledger has it.
    owner: String,
    batch: BatchId,
    /// Whether something has pointed at it before.
    was_kept: bool,
}

impl DeleteBatch {
    pub(crate) fn unless_kept(owner: ObjectOwner, batch: BatchId) -> Self {
        Self { owner: owner.to_string(), batch, was_kept: false }
    }

    pub(crate) fn left(owner: ObjectOwner, batch: BatchId) -> Self {
        Self { owner: owner.to_string(), batch, was_kept: true }
    }

    /// The id of the job that removes the batch unless it is kept.
    pub(crate) fn id_unless_kept(batch: BatchId) -> String {
        format!("unless-kept-{batch}")
    }

    /// The ids of the jobs that will look at this batch.
    pub(crate) fn ids_of(batch: BatchId) -> [String; 2] {
        [Self::id_unless_kept(batch), format!("left-{batch}")]
    }
}

impl Job<App> for DeleteBatch {
    const QUEUE: &'static str = "cleanup";
    const NAME: &'static str = "delete-batch";
    const ATTEMPTS: i32 = 1000;
    const BACKOFF: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(600);
    const CONCURRENCY: usize = 2;
    const KEPT: Kept = Kept::WhileFailed;

    // Without a subject: it outlives what the batch was made for.
    fn id(&self) -> String {
        let [unless_kept, left] = Self::ids_of(self.batch);
        if self.was_kept { left } else { unless_kept }
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let Ok(owner) = self.owner.parse::<ObjectOwner>() else { return Ok(()) };
        if is_pointed_at(app, owner, self.batch).await? {
            return Ok(());
        }
        let lines = objects::below(app.db.read(), &key::batch_prefix(owner, self.batch)).await?;
        let keys: Vec<String> = lines.into_iter().map(|line| line.key).collect();
        for key in &keys {
            app.store.delete(key).await.map_err(|error| storage_failed(owner, &error))?;
            app.urls.forget(key).await;
        }
        let tx = run.begin().await?;
        for key in &keys {
            objects::strike(&tx, key).await?;
        }
        PurgeCdn::add(&tx, app, keys).await?;
        run.complete(tx).await
    }
}

async fn is_pointed_at(app: &App, owner: ObjectOwner, batch: BatchId) -> Result<bool, JobError> {
    let conn = app.db.read();
    Ok(match owner {
        ObjectOwner::Video(_) => true,
        ObjectOwner::Image(image) => {
            images::find(conn, image).await?.is_some_and(|image| image.batch == Some(batch))
        }
        ObjectOwner::Cache(batch) => cache::find_object(conn, batch).await?.is_some(),
        ObjectOwner::Movie(movie) => {
            movies::any_file_below(conn, movie, &key::batch_prefix(owner, batch)).await?
        }
    })
}
