//! Checks a published video again: every object against the size and the SHA-256 in its manifest, and every rendition for
//! gaps.

use std::path::Path;

use serde::Serialize;
use telecine_db::{Db, videos};
use telecine_model::{VideoId, key};
use telecine_storage::{ObjectStore, StoreError};
use telecine_video::Package;
use telecine_video::package::{StoredObject, Track};
use tokio_util::sync::CancellationToken;

use crate::AppError;
use crate::captions;
use crate::digest::sha256_of_file;

/// A manifest of a two-hour video is about 1 MB.
const MAX_MANIFEST_BYTES: u64 = 32 * 1024 * 1024;

/// What is wrong with a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FlawKind {
    /// An object is not there.
    Missing,
    /// An object has another size.
    Size,
    /// An object has other bytes.
    Checksum,
    /// A segment does not start where the one before it ends.
    Gap,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flaw {
    /// What it is.
    pub kind: FlawKind,
    /// The object, as the manifest names it.
    pub object: String,
    /// What was found and what was expected.
    pub detail: String,
}

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Verification {
    /// The generation that was looked at.
    pub generation: i64,
    /// Objects that were read.
    pub objects: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// What is wrong; empty when all is well.
    pub flaws: Vec<Flaw>,
}

/// Reads everything of the video's published generation. `scratch_dir` is where an object is kept while it is hashed;
/// `progress` is told the objects that have been looked at, and how many there are.
///
/// # Errors
/// [`AppError::NotFound`] for no such video, [`AppError::Conflict`] with `not_published` for one that is not whole yet, and
/// what storage and database say.
pub async fn verify(
    db: &Db,
    store: &ObjectStore,
    video_id: VideoId,
    scratch_dir: &Path,
    progress: impl Fn(u64, u64),
) -> Result<Verification, AppError> {
    let video = videos::find(db.read(), video_id).await?.ok_or(AppError::NotFound { what: "video" })?;
    let unpublished = || {
        AppError::conflict("not_published", format!("the video is {} and has no final outputs", video.status))
    };
    let generation = video.published_generation.ok_or_else(unpublished)?;
    let prefix = key::generation_prefix(video_id, generation);
    let manifest = match store.get_bytes(&format!("{prefix}manifest.json"), MAX_MANIFEST_BYTES).await {
        Err(StoreError::NotFound { .. }) => return Err(unpublished()),
        read => read?,
    };
    let package = Package::from_manifest(&manifest)
        .map_err(|error| AppError::Unreadable { document: "manifest.json", reason: error.to_string() })?;
    let package = package.with_subtitles(&captions::given(db, &video).await?);
    let mut found = Verification { generation, ..Verification::default() };
    let total = package.objects().count() as u64;
    for object in package.objects() {
        found.look_at(store, &prefix, object, scratch_dir).await?;
        progress(found.objects, total);
    }
    let tracks = package.video.iter().map(|rendition| &rendition.track);
    tracks
        .chain(package.audio.iter().map(|rendition| &rendition.track))
        .for_each(|track| found.look_for_gaps(track));
    Ok(found)
}

impl Verification {
    async fn look_at(
        &mut self,
        store: &ObjectStore,
        prefix: &str,
        object: &StoredObject,
        scratch_dir: &Path,
    ) -> Result<(), AppError> {
        self.objects += 1;
        let copy = scratch_dir.join("object");
        let size = match store.download(&key::named(prefix, &object.url), None, &copy, |_| ()).await {
            Err(StoreError::NotFound { .. }) => {
                self.flaw(FlawKind::Missing, object, format!("storage has lost its {} bytes", object.bytes));
                return Ok(());
            }
            read => read?,
        };
        self.bytes += size;
        if size != object.bytes {
            self.flaw(
                FlawKind::Size,
                object,
                format!("it has {size} bytes and should have {}", object.bytes),
            );
            return Ok(());
        }
        let hashed = sha256_of_file(&copy, &CancellationToken::new()).await;
        let local = |source| StoreError::LocalFile {
            operation: "verify",
            key: object.url.clone(),
            path: copy,
            source,
        };
        let sha256 = hashed.map_err(local)?;
        if sha256 != object.sha256 {
            self.flaw(FlawKind::Checksum, object, format!("its SHA-256 is {sha256}, not {}", object.sha256));
        }
        Ok(())
    }

    fn look_for_gaps(&mut self, track: &Track) {
        let mut end = 0;
        for segment in &track.segments {
            if segment.start_ticks != end {
                let detail =
                    format!("it starts at {} and the one before it ends at {end}", segment.start_ticks);
                self.flaw(FlawKind::Gap, &segment.object, detail);
            }
            end = segment.start_ticks + segment.duration_ticks;
        }
    }

    fn flaw(&mut self, kind: FlawKind, object: &StoredObject, detail: String) {
        self.flaws.push(Flaw { kind, object: object.url.clone(), detail });
    }
}
