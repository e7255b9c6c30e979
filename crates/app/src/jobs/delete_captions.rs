//! `delete-captions`: removes what captions have left behind: a file that none are in any more, or documents that named it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use telecine_db::{captions, objects};
use telecine_model::{VideoId, key};
use telecine_queue::{Job, JobError, Kept, Run};
use telecine_video::package::revision_of;

use super::PurgeCdn;
use super::failed::storage_failed;
use crate::App;

/// Removes objects of a video, but for those that viewers still get.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteCaptions {
    video_id: VideoId,
    #[serde(flatten)]
    left: Left,
}

/// What was left.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "left", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Left {
    /// A file that was on its way when the process died.
    OnTheWay { object_key: String },
    /// A file whose captions were replaced or taken away.
    Replaced { object_key: String },
    /// Documents of a generation that know an earlier revision than this.
    Documents { generation: i64, before: i64 },
}

impl DeleteCaptions {
    pub(crate) fn unless_kept(video_id: VideoId, object_key: &str) -> Self {
        Self { video_id, left: Left::OnTheWay { object_key: object_key.to_owned() } }
    }

    pub(crate) fn replaced(video_id: VideoId, object_key: &str) -> Self {
        Self { video_id, left: Left::Replaced { object_key: object_key.to_owned() } }
    }

    pub(super) fn documents(video_id: VideoId, generation: i64, before: i64) -> Self {
        Self { video_id, left: Left::Documents { generation, before } }
    }

    /// The id of the job that removes a file unless it is kept.
    pub(crate) fn id_unless_kept(object_key: &str) -> String {
        format!("unless-kept-{}", key::captions_file(object_key).unwrap_or_default())
    }

    /// The ids of the jobs that will look at this file.
    pub(crate) fn ids_of(object_key: &str) -> [String; 2] {
        let replaced = format!("replaced-{}", key::captions_file(object_key).unwrap_or_default());
        [Self::id_unless_kept(object_key), replaced]
    }
}

impl Job<App> for DeleteCaptions {
    const QUEUE: &'static str = "cleanup";
    const NAME: &'static str = "delete-captions";
    const ATTEMPTS: i32 = 1000;
    const BACKOFF: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(600);
    const CONCURRENCY: usize = 2;
    const KEPT: Kept = Kept::WhileFailed;

    // Without a subject: it outlives the video, whose deletion may come between a file and its row.
    fn id(&self) -> String {
        match &self.left {
            Left::OnTheWay { object_key } => Self::id_unless_kept(object_key),
            Left::Replaced { object_key } => Self::ids_of(object_key)[1].clone(),
            Left::Documents { generation, before } => {
                format!("documents-{}-g{generation}-r{before}", self.video_id)
            }
        }
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let keys = match &self.left {
            Left::OnTheWay { object_key } | Left::Replaced { object_key } => {
                self.of_file(app, object_key).await?
            }
            Left::Documents { generation, before } => {
                self.documents_before(app, *generation, *before).await?
            }
        };
        for key in &keys {
            app.store.delete(key).await.map_err(|error| storage_failed(self.video_id, &error))?;
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

impl DeleteCaptions {
    /// The file and the playlists that name it; nothing while captions are in it.
    async fn of_file(&self, app: &App, object_key: &str) -> Result<Vec<String>, JobError> {
        let is_ours = key::video_of(object_key) == Some(self.video_id);
        let Some(file) = key::captions_file(object_key).filter(|_| is_ours) else { return Ok(Vec::new()) };
        if captions::are_in(app.db.read(), self.video_id, object_key).await? {
            return Ok(Vec::new());
        }
        let playlist = format!("/captions/{}.m3u8", file.trim_end_matches(".vtt"));
        let written =
            objects::of_owner(app.db.read(), self.video_id).await?.into_iter().map(|object| object.key);
        let playlists = written.filter(|key| key.ends_with(&playlist));
        Ok(std::iter::once(object_key.to_owned()).chain(playlists).collect())
    }

    /// The documents of earlier revisions. Viewers get this one, or a later one.
    async fn documents_before(
        &self,
        app: &App,
        generation: i64,
        before: i64,
    ) -> Result<Vec<String>, JobError> {
        let prefix = key::generation_prefix(self.video_id, generation);
        let is_earlier = |key: &String| {
            let revision = key.strip_prefix(&prefix).and_then(revision_of);
            revision.is_some_and(|revision| revision < before)
        };
        let written = objects::of_owner(app.db.read(), self.video_id).await?.into_iter();
        Ok(written.map(|object| object.key).filter(is_earlier).collect())
    }
}
