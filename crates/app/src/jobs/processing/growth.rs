//! What viewers get of a video while the rest of it is still being made.

use std::collections::BTreeMap;

use telecine_db::recordings::{self, Entry};
use telecine_db::videos::{self, Published};
use telecine_db::{DbError, Tx};
use telecine_model::{Clock, VideoId};
use telecine_video::Plan;
use telecine_video::package::{Package, Rendition, Segment, Source};

use crate::playback::Outputs;

/// The renditions of a generation as far as they are stored.
#[derive(Debug)]
pub(super) struct Growth {
    video: VideoId,
    generation: i64,
    renditions: BTreeMap<String, Rendition>,
    /// Seconds that the plan expects.
    duration: Option<f64>,
    /// Display size in pixels.
    size: Option<(i32, i32)>,
    has_sound: bool,
    /// What the file is.
    source: Source,
    /// Names of the renditions that viewers have been told of.
    told: Vec<String>,
}

impl Growth {
    /// With what earlier runs have `stored`.
    pub(super) fn new(video: VideoId, generation: i64, plan: &Plan, stored: &[Rendition]) -> Self {
        let pictures = plan.video.as_ref();
        let sound = plan.audio.as_ref();
        let longest = pictures.and_then(|video| video.duration).into_iter();
        let longest = longest.chain(sound.and_then(|audio| audio.duration)).reduce(f64::max);
        Self {
            video,
            generation,
            renditions: stored
                .iter()
                .map(|rendition| (rendition.track().folder().to_owned(), rendition.clone()))
                .collect(),
            duration: longest.or(plan.file_duration),
            size: pictures
                .map(|video| (video.display.width.cast_signed(), video.display.height.cast_signed())),
            has_sound: sound.is_some(),
            source: plan.source.clone(),
            told: Vec::new(),
        }
    }

    /// Notes a rendition that has no segments yet.
    pub(super) async fn begin(&mut self, tx: &Tx, rendition: &Rendition) -> Result<(), DbError> {
        let folder = rendition.track().folder().to_owned();
        recordings::strike_rendition(tx, self.video, self.generation, &folder).await?;
        self.record(tx, &folder, 0, json(rendition)).await?;
        self.renditions.insert(folder, rendition.clone());
        Ok(())
    }

    /// Notes a segment. Viewers are told as soon as there is something to see, and to hear where there is sound, and again
    /// whenever there is one more rendition; `true` when they were.
    pub(super) async fn grow(
        &mut self,
        tx: &Tx,
        clock: &dyn Clock,
        folder: &str,
        index: usize,
        segment: &Segment,
    ) -> Result<bool, DbError> {
        let seq = i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1);
        self.record(tx, folder, seq, json(segment)).await?;
        if let Some(rendition) = self.renditions.get_mut(folder) {
            rendition.track_mut().push(segment.clone());
        }
        self.tell(tx, clock).await
    }

    /// Notes that a rendition is whole.
    pub(super) async fn end(&mut self, tx: &Tx, folder: &str) -> Result<(), DbError> {
        let Some(rendition) = self.renditions.get_mut(folder) else { return Ok(()) };
        rendition.track_mut().complete = true;
        let mut head = rendition.clone();
        let track = head.track_mut();
        (track.segments, track.samples) = (Vec::new(), 0);
        recordings::replace_head(tx, self.video, self.generation, folder, &json(&head)).await
    }

    /// Forgets a rendition.
    pub(super) async fn forget(&mut self, tx: &Tx, folder: &str) -> Result<(), DbError> {
        self.renditions.remove(folder);
        recordings::strike_rendition(tx, self.video, self.generation, folder).await
    }

    /// What there is, once viewers have been told of it.
    pub(super) fn package(&self, clock: &dyn Clock) -> Option<Package> {
        (!self.told.is_empty()).then(|| self.growing(clock))
    }

    fn growing(&self, clock: &dyn Clock) -> Package {
        let package = Package::growing(self.renditions.values().cloned(), self.duration, clock.now());
        Package { source: Some(self.source.clone()), ..package }
    }

    /// Whether viewers were told of something new.
    async fn tell(&mut self, tx: &Tx, clock: &dyn Clock) -> Result<bool, DbError> {
        let begun = self.renditions.values().filter(|rendition| !rendition.track().segments.is_empty());
        let (mut has_picture, mut has_sound) = (self.size.is_none(), !self.has_sound);
        let mut names = Vec::new();
        for rendition in begun {
            match rendition {
                Rendition::Video(_) => has_picture = true,
                Rendition::Audio(_) => has_sound = true,
            }
            names.push(rendition.track().id.as_str());
        }
        if !has_picture || !has_sound || names == self.told {
            return Ok(false);
        }
        let names = names.into_iter().map(str::to_owned).collect();
        let package = self.growing(clock);
        let published = Published {
            generation: self.generation,
            duration_s: package.duration,
            size: self.size,
            outputs: Outputs::of(&package).to_json(),
        };
        let is_told = videos::mark_playable(tx, self.video, &published, clock.now_ms()).await?;
        if is_told {
            self.told = names;
        }
        Ok(is_told)
    }

    async fn record(&self, tx: &Tx, folder: &str, seq: i64, entry: String) -> Result<(), DbError> {
        let entry = Entry { rendition: folder.to_owned(), seq, entry };
        recordings::record(tx, self.video, self.generation, &entry).await
    }
}

pub(super) fn json(entry: &impl serde::Serialize) -> String {
    // Text, numbers and lists of them: there is nothing that JSON cannot hold.
    serde_json::to_string(entry).unwrap_or_default()
}
