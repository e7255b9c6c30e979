//! `import-episode`: brings the picture and the preview of an episode into storage, and switches the episode to them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use telecine_db::movies::{self, Brought, Episode, Movie, NewEpisode};
use telecine_db::{DbError, Tx, jobs};
use telecine_image::{Existing, Output, OutputFormat, Variant, Wish};
use telecine_model::{BatchId, Clock, EpisodeId, Failure, FailureCode, MovieId, ObjectOwner, key};
use telecine_outbound::Conditions;
use telecine_queue::{Job, JobError, Run};
use url::Url;

use super::failed::{disk_failed, image_failed, storage_failed};
use super::fields::{MAX_ID_CHARS, address, needed_text, text, whole};
use crate::App;
use crate::batches::{self, NewObject};
use crate::fetch::{self, Brought as Fetched, Wanted};

/// Pictures fit into this.
const PICTURE_BOX: (u32, u32) = (1280, 720);
const TITLE_CHARS: usize = 200;
const THUMBNAIL: &str = "thumbnail";
const PREVIEW: &str = "preview";

/// `{episodeId, movieId, episodeNumber, thumbnailUrl, videoPreviewUrl}`, from us or from a program that has ids of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Value", rename_all = "camelCase")]
pub struct ImportEpisode {
    episode_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    movie_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    episode_number: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail_url: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    video_preview_url: Option<Url>,
    /// Which asking this answers; none in jobs of other programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<i64>,
    #[serde(skip)]
    priority: i32,
}

impl ImportEpisode {
    /// The job for an episode as it stands.
    pub(crate) fn of(episode: &Episode, priority: i32) -> Self {
        let url = |url: &Option<String>| url.as_deref().and_then(|url| Url::parse(url).ok());
        Self {
            episode_id: episode.id.to_string(),
            movie_id: Some(episode.movie.to_string()),
            episode_number: Some(episode.number),
            thumbnail_url: url(&episode.thumbnail_url),
            video_preview_url: url(&episode.preview_url),
            revision: Some(episode.revision),
            priority,
        }
    }
}

impl TryFrom<Value> for ImportEpisode {
    type Error = String;

    fn try_from(data: Value) -> Result<Self, String> {
        let fields = data.as_object().ok_or("data must be an object")?;
        let most = u64::from(i32::MAX.unsigned_abs());
        let number = whole(fields, "episodeNumber", 0, most)?;
        let job = Self {
            episode_id: needed_text(fields, "episodeId", MAX_ID_CHARS)?.to_owned(),
            movie_id: text(fields, "movieId", MAX_ID_CHARS)?.map(str::to_owned),
            episode_number: number.and_then(|number| i32::try_from(number).ok()),
            thumbnail_url: address(fields, "thumbnailUrl")?,
            video_preview_url: address(fields, "videoPreviewUrl")?,
            revision: whole(fields, "revision", 1, i64::MAX.cast_unsigned())?.map(u64::cast_signed),
            priority: 0,
        };
        if job.thumbnail_url.is_none() && job.video_preview_url.is_none() {
            return Err("thumbnailUrl or videoPreviewUrl is missing".into());
        }
        Ok(job)
    }
}

impl Job<App> for ImportEpisode {
    const QUEUE: &'static str = "asset-upload";
    const NAME: &'static str = "import-episode";
    const TAKES_ANY_NAME: bool = true;
    const ATTEMPTS: i32 = 4;
    const BACKOFF: Duration = Duration::from_secs(1);
    const JITTER: f64 = 0.2;
    const TIMEOUT: Duration = Duration::from_secs(2 * 3600);
    const CONCURRENCY: usize = 2;

    fn id(&self) -> String {
        match self.revision {
            Some(revision) => format!("import-episode-{}-{revision}", self.episode_id),
            None => format!("import-episode-{}", self.episode_id),
        }
    }

    /// The movie: with it, its jobs end.
    fn subject(&self) -> Option<String> {
        self.movie_id.as_ref()?.parse::<MovieId>().ok().map(|id| id.to_string())
    }

    fn priority(&self) -> i32 {
        self.priority
    }

    async fn run(&self, run: &Run, app: &App) -> Result<(), JobError> {
        let Some(episode) = self.episode(run, app).await? else { return Ok(()) };
        let tx = run.begin().await?;
        movies::mark_importing(&tx, episode.id, episode.revision, app.clock.now_ms()).await?;
        tx.commit().await?;
        Importing { run, app, job: self, episode: &episode, batch: BatchId::generate() }.import().await
    }

    async fn retried(&self, tx: &Tx, clock: &dyn Clock) -> Result<(), DbError> {
        let Some(episode) = self.known(tx).await? else { return Ok(()) };
        let revision = self.revision.unwrap_or(episode.revision);
        movies::mark_waiting(tx, episode.id, revision, clock.now_ms()).await
    }

    async fn failed(&self, tx: &Tx, clock: &dyn Clock, failure: &Failure) -> Result<(), DbError> {
        let Some(episode) = self.known(tx).await? else { return Ok(()) };
        let revision = self.revision.unwrap_or(episode.revision);
        movies::mark_failed(tx, episode.id, revision, failure, clock.now_ms()).await.map(drop)
    }
}

impl ImportEpisode {
    /// The episode of this job, if it is still wanted. One that another program has added is noted first.
    async fn episode(&self, run: &Run, app: &App) -> Result<Option<Episode>, JobError> {
        let tx = run.begin().await?;
        let known = match self.known(&tx).await? {
            None if self.revision.is_none() => Some(self.note(app, &tx).await?),
            known => known,
        };
        let Some(episode) = known else { return Ok(None) };
        if movies::find(tx.conn(), episode.movie).await?.is_none() {
            return Ok(None);
        }
        jobs::set_subject(&tx, run.lease(), &episode.movie.to_string()).await?;
        tx.commit().await?;
        Ok(Some(episode).filter(|episode| self.revision.is_none_or(|revision| revision == episode.revision)))
    }

    async fn known(&self, tx: &Tx) -> Result<Option<Episode>, DbError> {
        if let Ok(id) = self.episode_id.parse()
            && let Some(episode) = movies::find_episode(tx.conn(), id).await?
        {
            return Ok(Some(episode));
        }
        if let Some(episode) = movies::find_external_episode(tx.conn(), &self.episode_id).await? {
            return Ok(Some(episode));
        }
        // Another program's id for an episode that has one already.
        let Some(number) = self.episode_number.filter(|_| self.revision.is_none()) else { return Ok(None) };
        match self.known_movie(tx).await? {
            Some(movie) => Ok(movies::find_numbers(tx.conn(), movie.id, &[number]).await?.remove(&number)),
            None => Ok(None),
        }
    }

    /// What the job calls the movie.
    fn movie_name(&self) -> &str {
        self.movie_id.as_deref().unwrap_or("imported")
    }

    async fn known_movie(&self, tx: &Tx) -> Result<Option<Movie>, DbError> {
        if let Ok(id) = self.movie_name().parse()
            && let Some(movie) = movies::find(tx.conn(), id).await?
        {
            return Ok(Some(movie));
        }
        movies::find_external(tx.conn(), self.movie_name()).await
    }

    /// Another program's episode, in another program's movie.
    async fn note(&self, app: &App, tx: &Tx) -> Result<Episode, JobError> {
        let now = app.clock.now_ms();
        let name = self.movie_name();
        let movie = match self.known_movie(tx).await? {
            Some(movie) => movie.id,
            None => {
                let (id, title) = (MovieId::generate(), name.chars().take(TITLE_CHARS).collect::<String>());
                movies::insert(tx, id, Some(name), &title, now).await?;
                id
            }
        };
        let number = match self.episode_number {
            Some(number) => number,
            None => movies::next_number(tx.conn(), movie).await?,
        };
        let new = NewEpisode {
            id: EpisodeId::generate(),
            external_id: Some(self.episode_id.clone()),
            number,
            title: format!("Episode {number}"),
            thumbnail_url: self.thumbnail_url.as_ref().map(Url::to_string),
            preview_url: self.video_preview_url.as_ref().map(Url::to_string),
            video_url: None,
            video: None,
        };
        let stored = movies::put_episodes(tx, movie, &[new], now).await?;
        stored.into_values().next().ok_or_else(|| FailureCode::Internal.into())
    }
}

/// One run for one episode.
struct Importing<'a> {
    run: &'a Run,
    app: &'a App,
    job: &'a ImportEpisode,
    episode: &'a Episode,
    batch: BatchId,
}

impl Importing<'_> {
    async fn import(&self) -> Result<(), JobError> {
        let name = format!("episode-{}-{}", self.episode.id, self.run.token());
        let folder = self.app.scratch.folder(&name).await.map_err(|error| self.disk(&error))?;
        let done = self.import_into(folder.path()).await;
        folder.remove().await;
        done
    }

    async fn import_into(&self, folder: &Path) -> Result<(), JobError> {
        let (mut files, mut brought) = (Vec::new(), Brought::default());
        if let Some(url) = &self.job.thumbnail_url {
            self.run.report(json!({ "step": "thumbnail" }));
            let (file, thumbhash) = self.thumbnail(url, folder).await?;
            brought.thumbnail_key = Some(file.key.clone());
            brought.thumbhash = Some(thumbhash);
            files.push(file);
        }
        self.run.set_progress(0.4);
        if let Some(url) = &self.job.video_preview_url {
            self.run.report(json!({ "step": "preview" }));
            let file = self.preview(url, folder).await?;
            brought.preview_key = Some(file.key.clone());
            files.push(file);
        }
        self.run.set_progress(0.8);
        self.store(&files, &brought).await
    }

    async fn thumbnail(&self, url: &Url, folder: &Path) -> Result<(NewObject, String), JobError> {
        let path = folder.join("picture");
        self.bring("thumbnailUrl", url, &path).await?;
        let (width, height) = PICTURE_BOX;
        let variant = Variant { name: THUMBNAIL.to_owned(), width, height, format: OutputFormat::WebP };
        let wish = Wish { variants: vec![variant], ..Wish::default() };
        let output = Output { folder: folder.to_owned(), stem: None, existing: Existing::Replace };
        let made = self.app.images.make(&wish, &path, &output, self.run.cancellation()).await;
        let report = made.map_err(|error| image_failed(self.episode.id, &error))?;
        let made = report.variants.into_iter().next().ok_or(FailureCode::Internal)?;
        let (before, after) = (report.source.bytes, made.bytes);
        self.run.log(&format!("thumbnail: {before} bytes, {after} after compression")).await?;
        let file = format!("{THUMBNAIL}.{}", made.format.extension());
        let object = self.object(&file, made.file, made.bytes, made.format.media_type());
        Ok((object, report.thumbhash))
    }

    async fn preview(&self, url: &Url, folder: &Path) -> Result<NewObject, JobError> {
        let path = folder.join(PREVIEW);
        let size = self.bring("videoPreviewUrl", url, &path).await?;
        let kind = fetch::sniffed(&path).await.map_err(|error| self.disk(&error))?;
        let Some(kind) = kind.filter(|kind| kind.starts_with("video/") || kind.starts_with("image/")) else {
            let code = FailureCode::NotMedia;
            let message = "What videoPreviewUrl leads to is no film and no picture.".to_owned();
            return Err(JobError::Fail(Failure { message, ..code.into() }));
        };
        let extension = match kind {
            "video/mp4" => "mp4",
            "video/webm" => "webm",
            "image/gif" => "gif",
            "image/webp" => "webp",
            _ => "bin",
        };
        Ok(self.object(&format!("{PREVIEW}.{extension}"), path, size, kind))
    }

    /// Brings a file here and gives its size.
    async fn bring(&self, field: &str, url: &Url, path: &Path) -> Result<u64, JobError> {
        let (app, cancel) = (self.app, self.run.cancellation());
        let wanted = Wanted { url, limits: app.cache.limits(), conditions: Conditions::default() };
        let brought = fetch::to_file(app, &wanted, path, cancel, |_, _| {}).await;
        match brought {
            Ok(Fetched::File(file)) => Ok(file.size),
            Ok(Fetched::NotModified) => Err(FailureCode::Internal.into()),
            Err(error) => Err(error.into_job_error(field, self.episode.id)),
        }
    }

    fn object(&self, file: &str, path: PathBuf, size: u64, kind: &str) -> NewObject {
        NewObject {
            key: key::of_episode(self.episode.movie, self.batch, file),
            path,
            size,
            sha256: None,
            content_type: kind.to_owned(),
        }
    }

    async fn store(&self, files: &[NewObject], brought: &Brought) -> Result<(), JobError> {
        let (app, episode, batch) = (self.app, self.episode, self.batch);
        let owner = ObjectOwner::Movie(episode.movie);
        let tx = self.run.begin().await?;
        batches::announce(app, &tx, owner, batch, files).await?;
        tx.commit().await?;
        batches::put(app, files).await.map_err(|error| storage_failed(episode.id, &error))?;
        let tx = self.run.begin().await?;
        if !batches::keep(&tx, batch).await? {
            return Err(FailureCode::Internal.into());
        }
        // Its files are what it has now, not what it had when the run began.
        let before = movies::hold_episode(&tx, episode.id).await?;
        if !movies::mark_stored(&tx, episode.id, episode.revision, brought, app.clock.now_ms()).await? {
            // Something else is wanted by now. Without this transaction, the batch goes.
            return Ok(());
        }
        let keys = before.into_iter().flat_map(|before| [before.thumbnail_key, before.preview_key]).flatten();
        if let Some(before) = keys.filter_map(|key| key::batch_of(&key)).next() {
            batches::leave(app, &tx, owner, before, batches::LAST_LOOK).await?;
        }
        self.run.set_result(json!({ "episodeId": episode.id, "movieId": episode.movie }));
        self.run.complete(tx).await
    }

    fn disk(&self, error: &std::io::Error) -> JobError {
        disk_failed(self.episode.id, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_producers_send_today_is_taken_and_a_refusal_names_the_field() {
        let read = |data: Value| ImportEpisode::try_from(data).map(drop);
        let today = json!({ "episodeId": "xxx", "thumbnailUrl": "https://t.example/thumb.jpg",
            "videoPreviewUrl": "https://t.example/preview.webm", "movieId": "yyy", "episodeNumber": 1 });
        assert_eq!(read(today), Ok(()));
        for (data, expected) in [
            (json!([]), "data must be an object"),
            (json!({ "episodeId": "a" }), "thumbnailUrl or videoPreviewUrl is missing"),
            (json!({ "episodeId": "a", "episodeNumber": 1.5 }), "episodeNumber must be"),
            (json!({ "episodeId": "a", "thumbnailUrl": "file:///a" }), "thumbnailUrl must be"),
        ] {
            assert!(read(data).unwrap_err().contains(expected), "{expected}");
        }
    }
}
