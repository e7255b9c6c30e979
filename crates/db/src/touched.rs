//! What a transaction has changed that people watch.

use std::collections::BTreeSet;

use telecine_model::{UploadId, VideoId};

/// Jobs of one transaction that are told one by one. Whoever adds or finishes more at a time has nobody who follows each.
const MAX_JOBS: usize = 32;

/// Ids of rows that were changed.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    videos: BTreeSet<String>,
    uploads: BTreeSet<String>,
    jobs: BTreeSet<String>,
}

impl Touched {
    pub(crate) fn video(&mut self, id: VideoId) {
        self.videos.insert(id.to_string());
    }

    pub(crate) fn upload(&mut self, id: UploadId) {
        self.uploads.insert(id.to_string());
    }

    pub(crate) fn job(&mut self, id: &str) {
        if self.jobs.len() < MAX_JOBS {
            self.jobs.insert(id.to_owned());
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.videos.len() + self.uploads.len() + self.jobs.len()
    }

    pub(crate) fn videos_json(&self) -> String {
        json(&self.videos)
    }

    pub(crate) fn uploads_json(&self) -> String {
        json(&self.uploads)
    }

    pub(crate) fn jobs_json(&self) -> String {
        json(&self.jobs)
    }
}

fn json(ids: &BTreeSet<String>) -> String {
    serde_json::to_string(ids).unwrap_or_else(|_| "[]".into())
}
