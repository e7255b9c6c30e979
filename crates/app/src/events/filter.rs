//! Which events a listener wants.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::LiveEvent;

/// Subjects that one listener may name.
const MAX_SUBJECTS: usize = 100;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// A video: status, progress.
    Video,
    /// An upload: status.
    Upload,
    /// A job: state, progress.
    Job,
    /// A queue: how many jobs are in which state.
    Queue,
    /// An image: status.
    Image,
    /// A file in the media cache: status.
    Asset,
    /// An episode: status.
    Episode,
}

/// The text is no topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no topic; there are video, upload, job, queue, image, asset and episode")]
pub struct UnknownTopic(String);

/// Topics and subjects; without any, all.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    topics: BTreeSet<Topic>,
    subjects: BTreeSet<String>,
}

impl Topic {
    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Upload => "upload",
            Self::Job => "job",
            Self::Queue => "queue",
            Self::Image => "image",
            Self::Asset => "asset",
            Self::Episode => "episode",
        }
    }
}

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(text: &str) -> Result<Self, UnknownTopic> {
        let all =
            [Self::Video, Self::Upload, Self::Job, Self::Queue, Self::Image, Self::Asset, Self::Episode];
        all.into_iter().find(|topic| topic.as_str() == text).ok_or_else(|| UnknownTopic(text.to_owned()))
    }
}

impl EventFilter {
    /// Reads lists with commas between the items; of subjects, the first 100 count.
    ///
    /// # Errors
    /// [`UnknownTopic`].
    pub fn parse(topics: &str, subjects: &str) -> Result<Self, UnknownTopic> {
        let items = |list: &'_ str| -> Vec<String> {
            list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
        };
        let topics = items(topics).iter().map(|topic| topic.parse()).collect::<Result<_, _>>()?;
        Ok(Self { topics, subjects: items(subjects).into_iter().take(MAX_SUBJECTS).collect() })
    }

    /// Whether events of this topic are wanted at all.
    #[must_use]
    pub fn wants(&self, topic: Topic) -> bool {
        self.topics.is_empty() || self.topics.contains(&topic)
    }

    /// Whether the event is wanted.
    pub(super) fn fits(&self, event: &LiveEvent) -> bool {
        let is_named = |subject: &String| self.subjects.contains(subject);
        self.wants(event.topic)
            && (self.subjects.is_empty()
                || is_named(&event.subject)
                || event.concerns.as_ref().is_some_and(is_named))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn event(topic: Topic, subject: &str, concerns: Option<&str>) -> LiveEvent {
        let data = RawValue::from_string("{}".into()).unwrap();
        let concerns = concerns.map(str::to_owned);
        LiveEvent { position: None, topic, subject: subject.to_owned(), concerns, data }
    }

    #[test]
    fn a_video_is_followed_with_its_upload_and_its_jobs() {
        let filter = EventFilter::parse("", "v1").unwrap();
        assert!(filter.fits(&event(Topic::Video, "v1", None)));
        assert!(filter.fits(&event(Topic::Job, "process-video-v1", Some("v1"))));
        assert!(!filter.fits(&event(Topic::Video, "v2", None)));
        assert!(!filter.fits(&event(Topic::Job, "other", Some("v2"))));
    }

    #[test]
    fn topics_are_checked_and_no_topic_means_all() {
        let filter = EventFilter::parse("video, queue", "").unwrap();
        assert!(filter.wants(Topic::Queue) && !filter.wants(Topic::Job));
        assert!(EventFilter::default().wants(Topic::Job));
        assert_eq!(EventFilter::parse("videos", "").unwrap_err(), UnknownTopic("videos".into()));
    }
}
