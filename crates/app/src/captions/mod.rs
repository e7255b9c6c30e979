//! Captions: those of the uploaded file, and those that people give, which take the place of the former in their language.
//! Given ones belong to the video: they outlive its generations, and the playlists of each name them.

mod change;

use std::time::Duration;

use telecine_db::captions::{self as rows, Captions as Row};
use telecine_db::videos::Video;
use telecine_db::{Db, DbError};
use telecine_model::{VideoId, key};
use telecine_video::captions::{Language, MAX_WRITTEN_BYTES};
use telecine_video::package::{StoredObject, SubtitleKind, SubtitleRendition, with_given};

pub use change::{Given, MAX_FILE_BYTES, Stored, delete, put};

use crate::playback::Outputs;
use crate::{App, AppError, videos};

/// Who watches already goes on with the files and documents that were named when he began, and is through after this time.
pub(crate) const WATCHED_TO_THE_END: Duration = Duration::from_secs(12 * 3600);

/// Captions of a video as viewers get them.
#[derive(Debug, Clone)]
pub struct Captions {
    /// Language, name, kind, and which are shown by themselves.
    pub rendition: SubtitleRendition,
    /// Key of the WebVTT file.
    pub object_key: String,
    /// Whether people have given them; else they are the file's own.
    pub is_given: bool,
}

/// All captions of the video.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn list(app: &App, video: VideoId) -> Result<Vec<Captions>, AppError> {
    let video = videos::find(app, video).await?;
    let given = given(&app.db, &video).await?;
    let extracted = Outputs::from_json(video.outputs.as_deref()).subtitles;
    // What is given lies beside every generation, so it has its key also while there is none.
    let prefix = key::generation_prefix(video.id, video.published_generation.unwrap_or_default());
    let all = with_given(&extracted, &given).into_iter().map(|rendition| {
        let object_key = key::named(&prefix, &rendition.object.url);
        Captions { is_given: key::captions_file(&object_key).is_some(), object_key, rendition }
    });
    Ok(all.collect())
}

/// The WebVTT file of a language.
///
/// # Errors
/// [`AppError::NotFound`]; what storage says.
pub async fn read(app: &App, video: VideoId, language: &str) -> Result<bytes::Bytes, AppError> {
    let language = checked_language(language)?;
    let found = list(app, video).await?.into_iter().find(|it| it.rendition.language == language.as_str());
    let key = found.ok_or(AppError::NotFound { what: "captions in this language" })?.object_key;
    Ok(app.store.get_bytes(&key, MAX_WRITTEN_BYTES).await?)
}

/// What people have given to the video.
pub(crate) async fn given(db: &Db, video: &Video) -> Result<Vec<SubtitleRendition>, DbError> {
    if video.captions_revision == 0 {
        return Ok(Vec::new());
    }
    let rows = rows::of_video(db.read(), video.id).await?;
    Ok(rows.into_iter().map(rendition).collect())
}

fn rendition(row: Row) -> SubtitleRendition {
    let name = key::captions_file(&row.object_key).unwrap_or_default();
    SubtitleRendition {
        object: StoredObject { url: format!("../captions/{name}"), bytes: row.size, sha256: row.sha256 },
        language: row.language,
        name: row.name,
        kind: SubtitleKind::from_name(&row.kind).unwrap_or_default(),
        is_default: false,
        is_forced: false,
    }
}

fn checked_language(language: &str) -> Result<Language, AppError> {
    let refused = |error| AppError::invalid("invalid_language", format!("{language:?} is {error}"));
    language.parse().map_err(refused)
}
