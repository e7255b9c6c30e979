//! Movies and their episodes. Episodes are there at once, with the addresses they were given; jobs bring their pictures and
//! previews into storage, and switch each of them in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use telecine_db::movies::{self as rows, Episode, Movie, NewEpisode, Progress};
use telecine_db::{Tx, jobs};
use telecine_model::{EpisodeId, EpisodeStatus, MovieId, VideoId};
use url::Url;

use crate::jobs::{DeleteOwned, ImportEpisode};
use crate::uploads::check_title;
use crate::videos::{checked_address, delete_in, import_in};
use crate::{App, AppError};

/// Movies on one page, at most.
pub const MAX_PAGE: u64 = 100;
/// Episodes in one request, at most.
const MAX_AT_ONCE: usize = 500;
/// Episodes of a movie, at most.
const MAX_EPISODES: u64 = 10_000;

/// One page of movies.
#[derive(Debug)]
pub struct Page {
    /// Newest first, each with how far its episodes are.
    pub movies: Vec<(Movie, Progress)>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<MovieId>,
}

/// An episode to be imported.
#[derive(Debug, Clone)]
pub struct Import {
    /// Its place in the movie.
    pub number: i64,
    /// What people will call it; `Episode 7` if left out.
    pub title: Option<String>,
    /// Where its picture is.
    pub thumbnail_url: Option<String>,
    /// Where its preview is.
    pub preview_url: Option<String>,
    /// Where its video is.
    pub video_url: Option<String>,
}

/// Where a file of an episode is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileAddress {
    /// Its address: in storage, or as it was given.
    pub url: String,
    /// Whether it is in storage.
    pub is_stored: bool,
}

/// A new movie.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_title`.
pub async fn create(app: &App, title: &str) -> Result<Movie, AppError> {
    let (id, title) = (MovieId::generate(), check_title(title)?);
    let tx = app.db.begin().await?;
    rows::insert(&tx, id, None, &title, app.clock.now_ms()).await?;
    tx.commit().await?;
    find(app, id).await
}

/// The movie with this id.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn find(app: &App, id: MovieId) -> Result<Movie, AppError> {
    rows::find(app.db.read(), id).await?.ok_or(AppError::NotFound { what: "movie" })
}

/// How far the episodes of a movie are.
///
/// # Errors
/// [`AppError::Db`].
pub async fn progress(app: &App, id: MovieId) -> Result<Progress, AppError> {
    Ok(rows::progress(app.db.read(), &[id]).await?.remove(&id).unwrap_or_default())
}

/// The episodes of a movie in their order.
///
/// # Errors
/// [`AppError::Db`].
pub async fn episodes(app: &App, id: MovieId) -> Result<Vec<Episode>, AppError> {
    Ok(rows::episodes(app.db.read(), id).await?)
}

/// Up to `limit` movies (1 to 100), newest first, whose titles hold `text` and that are older than `after`.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_limit`.
pub async fn page(
    app: &App,
    text: Option<&str>,
    after: Option<MovieId>,
    limit: u64,
) -> Result<Page, AppError> {
    let (movies, has_more) =
        crate::page_of(limit, MAX_PAGE, async |limit| rows::page(app.db.read(), text, after, limit).await)
            .await?;
    let next = movies.last().filter(|_| has_more).map(|movie| movie.id);
    let ids: Vec<MovieId> = movies.iter().map(|movie| movie.id).collect();
    let progress: BTreeMap<MovieId, Progress> = rows::progress(app.db.read(), &ids).await?;
    let with_progress = |movie: Movie| {
        let progress = progress.get(&movie.id).copied().unwrap_or_default();
        (movie, progress)
    };
    Ok(Page { movies: movies.into_iter().map(with_progress).collect(), next })
}

/// Where the picture of an episode is, and its preview.
///
/// # Errors
/// [`AppError::Store`].
pub async fn files(
    app: &App,
    episode: &Episode,
) -> Result<(Option<FileAddress>, Option<FileAddress>), AppError> {
    let thumbnail = file(app, episode.thumbnail_key.as_deref(), episode.thumbnail_url.as_deref()).await?;
    let preview = file(app, episode.preview_key.as_deref(), episode.preview_url.as_deref()).await?;
    Ok((thumbnail, preview))
}

async fn file(app: &App, key: Option<&str>, given: Option<&str>) -> Result<Option<FileAddress>, AppError> {
    if let Some(key) = key {
        let url = app.urls.public(key).await?.as_ref().to_owned();
        return Ok(Some(FileAddress { url, is_stored: true }));
    }
    Ok(given.map(|url| FileAddress { url: url.to_owned(), is_stored: false }))
}

/// Adds episodes, or gives those whose numbers the movie has other files. They are there at once; jobs bring their files.
/// All of them or none. `priority` is 0 for the most urgent.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_episodes`, naming the field that is wrong; [`AppError::NotFound`];
/// [`AppError::Conflict`] with `too_many_episodes`.
pub async fn import_episodes(
    app: &App,
    movie: MovieId,
    imports: &[Import],
    priority: i32,
) -> Result<Vec<Episode>, AppError> {
    let checked = check_all(imports)?;
    let now = app.clock.now_ms();
    let tx = app.db.begin().await?;
    // From here on nobody deletes it, nor gives it episodes.
    rows::hold(&tx, movie).await?.ok_or(AppError::NotFound { what: "movie" })?;
    let numbers: Vec<i32> = checked.iter().map(|episode| episode.number).collect();
    let there = rows::find_numbers(tx.conn(), movie, &numbers).await?;
    let known = rows::count_episodes(tx.conn(), movie).await?;
    if known + (checked.len() - there.len()) as u64 > MAX_EPISODES {
        let sentence = format!("a movie has at most {MAX_EPISODES} episodes; this one has {known}");
        return Err(AppError::conflict("too_many_episodes", sentence));
    }
    let mut new = Vec::with_capacity(checked.len());
    for Checked { number, title, thumbnail, preview, video } in checked {
        let made_of = match &video {
            Some(url) => Some(video_of(app, &tx, there.get(&number), url, &title).await?),
            None => None,
        };
        new.push(NewEpisode {
            id: EpisodeId::generate(),
            external_id: None,
            number,
            title,
            thumbnail_url: thumbnail.map(String::from),
            preview_url: preview.map(String::from),
            video_url: video.map(String::from),
            video: made_of,
        });
    }
    let stored = rows::put_episodes(&tx, movie, &new, now).await?;
    let episodes: Vec<Episode> = new.iter().filter_map(|new| stored.get(&new.number).cloned()).collect();
    let mut added = Vec::with_capacity(episodes.len());
    for episode in &episodes {
        added.push(telecine_queue::row(&*app.clock, &ImportEpisode::of(episode, priority))?);
    }
    jobs::insert_many(&tx, &added, now).await?;
    tx.commit().await?;
    Ok(episodes)
}

/// The video that is made of this address: the one that the episode has, or a new one in its place.
async fn video_of(
    app: &App,
    tx: &Tx,
    before: Option<&Episode>,
    url: &Url,
    title: &str,
) -> Result<VideoId, AppError> {
    let made_of = before.and_then(|episode| Some((episode.video?, episode.video_url.as_deref()?)));
    if let Some((video, from)) = made_of {
        let is_there = telecine_db::videos::find(tx.conn(), video).await?.is_some();
        if from == url.as_str() && is_there {
            return Ok(video);
        }
        delete_in(app, tx, video).await?;
    }
    import_in(app, tx, url.clone(), Some(title)).await
}

/// Has the files of every episode that has failed brought once more, and gives how many there are.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn retry_failed(app: &App, movie: MovieId) -> Result<u64, AppError> {
    find(app, movie).await?;
    let failed = episodes(app, movie).await?.into_iter().filter(|it| it.status == EpisodeStatus::Failed);
    let (tx, now) = (app.db.begin().await?, app.clock.now_ms());
    let mut added = Vec::new();
    for episode in failed {
        if let Some(again) = rows::ask_again(&tx, episode.id, now).await? {
            added.push(telecine_queue::row(&*app.clock, &ImportEpisode::of(&again, 0))?);
        }
    }
    jobs::insert_many(&tx, &added, now).await?;
    tx.commit().await?;
    Ok(added.len() as u64)
}

/// Deletes the movie with its episodes and their videos: it is gone for everybody at once; jobs remove the files and rows.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn delete(app: &App, id: MovieId) -> Result<(), AppError> {
    let tx = app.db.begin().await?;
    delete_rows(app, &tx, id).await?;
    Ok(tx.commit().await?)
}

async fn delete_rows(app: &App, tx: &Tx, id: MovieId) -> Result<(), AppError> {
    // Jobs before rows, as workers do: two transactions that lock in different orders would stop each other.
    jobs::cancel_by_subject(tx, &id.to_string()).await?;
    if !rows::mark_deleted(tx, id, app.clock.now_ms()).await? {
        return Err(AppError::NotFound { what: "movie" });
    }
    let episodes = rows::episodes(tx.conn(), id).await?;
    rows::touch(tx, &episodes);
    for video in episodes.into_iter().filter_map(|episode| episode.video) {
        delete_in(app, tx, video).await?;
    }
    telecine_queue::add(tx, &*app.clock, &DeleteOwned::of(id.into(), None)).await?;
    Ok(())
}

/// An episode whose fields are as they should be.
struct Checked {
    number: i32,
    title: String,
    thumbnail: Option<Url>,
    preview: Option<Url>,
    video: Option<Url>,
}

fn check_all(imports: &[Import]) -> Result<Vec<Checked>, AppError> {
    let refused = |sentence: String| AppError::invalid("invalid_episodes", sentence);
    if imports.is_empty() || imports.len() > MAX_AT_ONCE {
        return Err(refused(format!("a request holds 1 to {MAX_AT_ONCE} episodes")));
    }
    let mut numbers = BTreeSet::new();
    let mut checked = Vec::with_capacity(imports.len());
    for (index, import) in imports.iter().enumerate() {
        let number = i32::try_from(import.number).ok().filter(|number| *number >= 0);
        let number = number.ok_or_else(|| {
            refused(format!("[{index}].episodeNumber must be a whole number from 0 to {}", i32::MAX))
        })?;
        if !numbers.insert(number) {
            return Err(refused(format!("[{index}].episodeNumber is {number}, as in an episode before it")));
        }
        let title = match &import.title {
            Some(title) => check_title(title).map_err(|error| refused(format!("[{index}].{error}")))?,
            None => format!("Episode {number}"),
        };
        let address = |name: &str, given: &Option<String>| match given {
            None => Ok(None),
            Some(url) => checked_address(url)
                .map(Some)
                .ok_or_else(|| refused(format!("[{index}].{name} must be an http or https address"))),
        };
        let thumbnail = address("thumbnailUrl", &import.thumbnail_url)?;
        let preview = address("videoPreviewUrl", &import.preview_url)?;
        let video = address("videoUrl", &import.video_url)?;
        if thumbnail.is_none() && preview.is_none() {
            return Err(refused(format!("[{index}] has neither thumbnailUrl nor videoPreviewUrl")));
        }
        checked.push(Checked { number, title, thumbnail, preview, video });
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_episode_and_the_field() {
        let import = |number, thumbnail: Option<&str>| Import {
            number,
            title: None,
            thumbnail_url: thumbnail.map(str::to_owned),
            preview_url: None,
            video_url: None,
        };
        let picture = Some("https://media.example/1.jpg");
        assert_eq!(check_all(&[import(7, picture)]).unwrap()[0].title, "Episode 7");
        for (imports, expected) in [
            (vec![], "1 to 500"),
            (vec![import(-1, picture)], "[0].episodeNumber"),
            (vec![import(1, picture), import(1, picture)], "[1].episodeNumber is 1"),
            (vec![import(1, Some("file:///etc/passwd"))], "[0].thumbnailUrl"),
            (vec![import(1, None)], "[0] has neither"),
            (vec![Import { title: Some(" ".into()), ..import(1, picture) }], "[0].title"),
        ] {
            let Err(AppError::Invalid { code, message }) = check_all(&imports) else { panic!("{expected}") };
            assert!(code == "invalid_episodes" && message.contains(expected), "{message}");
        }
    }
}
