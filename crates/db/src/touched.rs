//! What a transaction has changed that people watch.

use std::collections::BTreeSet;

use telecine_model::{CacheAssetId, EpisodeId, ImageId, UploadId, VideoId};

/// Jobs of one transaction that are told one by one. Whoever adds or finishes more at a time has nobody who follows each.
const MAX_JOBS: usize = 32;

/// Ids of rows that were changed.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    videos: BTreeSet<String>,
    uploads: BTreeSet<String>,
    jobs: BTreeSet<String>,
    images: BTreeSet<String>,
    assets: BTreeSet<String>,
    episodes: BTreeSet<String>,
}

impl Touched {
    pub(crate) fn video(&mut self, id: VideoId) {
        self.videos.insert(id.to_string());
    }

    pub(crate) fn upload(&mut self, id: UploadId) {
        self.uploads.insert(id.to_string());
    }

    pub(crate) fn image(&mut self, id: ImageId) {
        self.images.insert(id.to_string());
    }

    pub(crate) fn asset(&mut self, id: CacheAssetId) {
        self.assets.insert(id.to_string());
    }

    pub(crate) fn episode(&mut self, id: EpisodeId) {
        self.episodes.insert(id.to_string());
    }

    pub(crate) fn job(&mut self, id: &str) {
        if self.jobs.len() < MAX_JOBS {
            self.jobs.insert(id.to_owned());
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.all().map(|(_, ids)| ids.len()).sum()
    }

    /// Kinds of which something was changed, and the ids as JSON.
    pub(crate) fn lists(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.all().filter(|(_, ids)| !ids.is_empty()).map(|(kind, ids)| (kind, json(ids)))
    }

    fn all(&self) -> impl Iterator<Item = (&'static str, &BTreeSet<String>)> {
        [
            ("video", &self.videos),
            ("upload", &self.uploads),
            ("job", &self.jobs),
            ("image", &self.images),
            ("asset", &self.assets),
            ("episode", &self.episodes),
        ]
        .into_iter()
    }
}

fn json(ids: &BTreeSet<String>) -> String {
    serde_json::to_string(ids).unwrap_or_else(|_| "[]".into())
}
