//! `thumbnail-generation`: a picture of a video at a second, for a program that has ids of its own.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use telecine_db::images::{self, Again, Image};
use telecine_db::{DbError, Tx, jobs};
use telecine_model::{Clock, Failure, FailureCode, ImageStatus, VideoId};
use telecine_queue::{Job, JobError, Run};
use url::Url;

use super::fields::{MAX_ID_CHARS, needed_address, needed_text, present};
use super::process_image::make;
use crate::images::{FromVideo, Origin, insert_taken, usual_wish};
use crate::{App, AppError};

/// Any second of the longest film.
const MAX_SECONDS: f64 = 7.0 * 24.0 * 3600.0;
const TITLE_CHARS: usize = 200;

/// `{contentId, videoUrl, timestamp}`. The picture becomes an image under the id that the program has for the content; asking
/// again replaces it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Value", rename_all = "camelCase")]
pub struct Thumbnail {
    content_id: String,
    video_url: Url,
    timestamp: f64,
}

impl TryFrom<Value> for Thumbnail {
    type Error = String;

    fn try_from(data: Value) -> Result<Self, String> {
        let fields = data.as_object().ok_or("data must be an object")?;
        let content_id = needed_text(fields, "contentId", MAX_ID_CHARS)?.to_owned();
        let video_url = needed_address(fields, "videoUrl")?;
        let timestamp = match present(fields, "timestamp") {
            None => Some(0.0),
            Some(timestamp) => timestamp.as_f64().filter(|seconds| (0.0..=MAX_SECONDS).contains(seconds)),
        };
        let refused = || format!("timestamp must be a number of seconds from 0 to {MAX_SECONDS}");
        Ok(Self { content_id, video_url, timestamp: timestamp.ok_or_else(refused)? })
    }
}

impl Job<App> for Thumbnail {
    const QUEUE: &'static str = "thumbnail-generation";
    const NAME: &'static str = "thumbnail-generation";
    const TAKES_ANY_NAME: bool = true;
    const ATTEMPTS: i32 = 4;
    const BACKOFF: Duration = Duration::from_secs(2);
    const TIMEOUT: Duration = Duration::from_secs(3600);
    const CONCURRENCY: usize = 5;

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let image = self.image(run, app).await?;
        make(run, app, &image).await
    }

    async fn progressed(&self, tx: &Tx, _clock: &dyn Clock, progress: f64) -> Result<(), DbError> {
        let Some(image) = images::find_external(tx.conn(), &self.content_id).await? else { return Ok(()) };
        images::set_progress(tx, image.id, image.revision, progress).await
    }

    async fn failed(&self, tx: &Tx, clock: &dyn Clock, failure: &Failure) -> Result<(), DbError> {
        let Some(image) = images::find_external(tx.conn(), &self.content_id).await? else { return Ok(()) };
        // Another job may have asked for another picture since.
        if image.origin != self.origin_json() {
            return Ok(());
        }
        images::mark_failed(tx, image.id, image.revision, failure, clock.now_ms()).await.map(drop)
    }
}

impl Thumbnail {
    /// The image of this content, which is being made from here on.
    async fn image(&self, run: &Run, app: &App) -> Result<Image, JobError> {
        let from = self.from();
        let tx = run.begin().await?;
        let id = match images::find_external(tx.conn(), &self.content_id).await? {
            Some(image) => {
                let origin = self.origin_json();
                // A run that goes on with what an earlier one of this job has begun needs no new revision.
                if image.status != ImageStatus::Processing || image.origin != origin {
                    let again = Again { wish: None, origin };
                    images::mark_processing_again(&tx, image.id, again, app.clock.now_ms()).await?;
                }
                image.id
            }
            None => {
                let title = self.content_id.chars().take(TITLE_CHARS).collect();
                let wish = usual_wish().map_err(|error| unusable(&error))?;
                let id = insert_taken(app, &tx, Some(&self.content_id), title, &from, wish).await;
                id.map_err(|error| unusable(&error))?.ok_or(FailureCode::Internal)?
            }
        };
        jobs::set_subject(&tx, run.lease(), &id.to_string()).await?;
        let image = images::find(tx.conn(), id).await?.ok_or(FailureCode::Internal)?;
        tx.commit().await?;
        Ok(image)
    }

    fn from(&self) -> FromVideo {
        FromVideo { origin: self.origin(), timestamp: self.timestamp }
    }

    /// As the row of its image has it.
    fn origin_json(&self) -> Option<String> {
        serde_json::to_string(&self.from()).ok()
    }

    /// Programs may also name our own videos; then nothing is fetched.
    fn origin(&self) -> Origin {
        match self.content_id.parse::<VideoId>() {
            Ok(video) => Origin::VideoId(video),
            Err(_) => Origin::VideoUrl(self.video_url.to_string()),
        }
    }
}

fn unusable(error: &AppError) -> JobError {
    tracing::warn!(%error, "a thumbnail cannot be noted");
    FailureCode::Internal.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_producers_send_today_is_taken_and_a_refusal_names_the_field() {
        let read = |data: Value| Thumbnail::try_from(data).map(|thumbnail| thumbnail.timestamp);
        let address = "https://media.example/a.mp4";
        assert_eq!(read(json!({ "contentId": "content-id", "videoUrl": address, "timestamp": 0 })), Ok(0.0));
        assert_eq!(read(json!({ "contentId": "content-id", "videoUrl": address })), Ok(0.0));
        for (data, expected) in [
            (json!([]), "data must be an object"),
            (json!({ "videoUrl": address }), "contentId is missing"),
            (json!({ "contentId": "a", "videoUrl": "file:///a" }), "videoUrl must be an http"),
            (json!({ "contentId": "a", "videoUrl": address, "timestamp": -1 }), "timestamp must be a number"),
        ] {
            assert!(read(data).unwrap_err().contains(expected), "{expected}");
        }
    }
}
