//! Jobs of producers that exist already, whose work this release does not do: what they say is checked when they come, so
//! that a mistake shows at once, and they wait for a release that does the work.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use telecine_queue::{Job, JobError, Registry, Run};

use super::fields::{
    Fields, MAX_ID_CHARS, MAX_SOURCE_CHARS, address, needed_object, needed_text, object, one_of, present,
    text, whole, within,
};
use crate::App;

/// A newer release that is started meanwhile finds them due within this time.
const LOOK_AGAIN: Duration = Duration::from_secs(3600);
/// The longest sentence that people are to read.
const MAX_SENTENCE_CHARS: usize = 10_000;
const PLATFORMS: [&str; 4] = ["tiktok", "instagram", "youtube", "facebook"];

/// Adds the kinds.
pub(super) fn add_to(registry: Registry<App>) -> Registry<App> {
    registry
        .with::<Waiting<Notification>>()
        .with::<Waiting<Post>>()
        .with::<Waiting<Collection>>()
        .with::<Waiting<Trending>>()
        .with::<Waiting<Recommendations>>()
}

/// What producers put into the jobs of one queue.
trait Expected: Send + Sync + 'static {
    /// The queue.
    const QUEUE: &'static str;
    /// Jobs at the same time, as the producers' own workers had them.
    const CONCURRENCY: usize;

    /// Whether the fields are as they should be; otherwise a sentence that names the one that is not.
    fn check(fields: &Fields) -> Result<(), String>;
}

/// A checked job that waits.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value", bound = "E: Expected")]
struct Waiting<E> {
    data: Value,
    of: PhantomData<fn() -> E>,
}

impl<E> Clone for Waiting<E> {
    fn clone(&self) -> Self {
        Self { data: self.data.clone(), of: PhantomData }
    }
}

impl<E> fmt::Debug for Waiting<E> {
    /// Without the data: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}

impl<E: Expected> TryFrom<Value> for Waiting<E> {
    type Error = String;

    fn try_from(data: Value) -> Result<Self, String> {
        E::check(data.as_object().ok_or("data must be an object")?)?;
        Ok(Self { data, of: PhantomData })
    }
}

impl<E> From<Waiting<E>> for Value {
    fn from(waiting: Waiting<E>) -> Self {
        waiting.data
    }
}

impl<E: Expected> Job<App> for Waiting<E> {
    const QUEUE: &'static str = E::QUEUE;
    const NAME: &'static str = E::QUEUE;
    const TAKES_ANY_NAME: bool = true;
    const ATTEMPTS: i32 = 4;
    const BACKOFF: Duration = Duration::from_secs(5);
    const TIMEOUT: Duration = Duration::from_secs(60);
    const CONCURRENCY: usize = E::CONCURRENCY;

    async fn run(&self, _run: &Run, _app: &App) -> Result<(), JobError> {
        Err(JobError::Snooze(LOOK_AGAIN))
    }
}

/// `{userId, type, title, message, link}`, or an e-mail: `{type: "email", template, templateData, email: {to, subject}}`.
struct Notification;

impl Expected for Notification {
    const QUEUE: &'static str = "notifications";
    const CONCURRENCY: usize = 10;

    fn check(fields: &Fields) -> Result<(), String> {
        let kind = needed_text(fields, "type", MAX_ID_CHARS)?;
        if kind == "email" || present(fields, "email").is_some() {
            needed_text(fields, "template", MAX_ID_CHARS)?;
            object(fields, "templateData")?;
            let email = needed_object(fields, "email")?;
            needed_text(email, "to", MAX_ID_CHARS).map_err(within("email"))?;
            text(email, "subject", MAX_SENTENCE_CHARS).map_err(within("email"))?;
            return Ok(());
        }
        needed_text(fields, "userId", MAX_ID_CHARS)?;
        needed_text(fields, "title", MAX_SENTENCE_CHARS)?;
        needed_text(fields, "message", MAX_SENTENCE_CHARS)?;
        text(fields, "link", MAX_SOURCE_CHARS).map(drop)
    }
}

/// `{platform, credentials: {accessToken}, content: {videoPath, title, description}, settings}`.
struct Post;

impl Expected for Post {
    const QUEUE: &'static str = "social-publishing";
    const CONCURRENCY: usize = 2;

    fn check(fields: &Fields) -> Result<(), String> {
        one_of(fields, "platform", &PLATFORMS)?;
        let credentials = needed_object(fields, "credentials")?;
        needed_text(credentials, "accessToken", MAX_SOURCE_CHARS).map_err(within("credentials"))?;
        let content = needed_object(fields, "content")?;
        let (path, url) = (text(content, "videoPath", MAX_SOURCE_CHARS), address(content, "videoUrl"));
        match (path.map_err(within("content"))?, url.map_err(within("content"))?) {
            (None, None) => return Err("content.videoPath or content.videoUrl is missing".into()),
            (Some(_), Some(_)) => {
                return Err("content.videoPath and content.videoUrl are both given; give one".into());
            }
            _ => {}
        }
        text(content, "title", MAX_SENTENCE_CHARS).map_err(within("content"))?;
        text(content, "description", MAX_SENTENCE_CHARS).map_err(within("content"))?;
        object(fields, "settings").map(drop)
    }
}

/// `{type: "collect", platform, accessToken, postId}`.
struct Collection;

impl Expected for Collection {
    const QUEUE: &'static str = "analytics-aggregation";
    const CONCURRENCY: usize = 5;

    fn check(fields: &Fields) -> Result<(), String> {
        one_of(fields, "type", &["collect", "aggregate"])?;
        if fields["type"] == "aggregate" {
            return Ok(());
        }
        one_of(fields, "platform", &PLATFORMS)?;
        needed_text(fields, "accessToken", MAX_SOURCE_CHARS)?;
        needed_text(fields, "postId", MAX_ID_CHARS).map(drop)
    }
}

/// `{period}`.
struct Trending;

impl Expected for Trending {
    const QUEUE: &'static str = "trending-scores";
    const CONCURRENCY: usize = 1;

    fn check(fields: &Fields) -> Result<(), String> {
        one_of(fields, "period", &["today", "week", "month", "all"])
    }
}

/// `{userId, limit}`.
struct Recommendations;

impl Expected for Recommendations {
    const QUEUE: &'static str = "recommendations";
    const CONCURRENCY: usize = 3;

    fn check(fields: &Fields) -> Result<(), String> {
        needed_text(fields, "userId", MAX_ID_CHARS)?;
        whole(fields, "limit", 1, 1000).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check<E: Expected>(data: Value) -> Result<(), String> {
        Waiting::<E>::try_from(data).map(drop)
    }

    #[test]
    fn what_producers_send_today_is_taken() {
        let taken = [
            check::<Notification>(
                json!({ "userId": "user-id", "type": "NEW_SUBSCRIBER", "title": "New Subscriber",
                "message": "You have a new subscriber!", "link": "/subscribers" }),
            ),
            check::<Notification>(json!({ "type": "email", "template": "email-welcome",
                "templateData": { "name": "John Doe" }, "email": { "to": "user@example.com", "subject": "Welcome" } })),
            check::<Post>(json!({ "platform": "tiktok", "credentials": { "accessToken": "token" },
                "content": { "videoPath": "/path/to/video.mp4", "title": "My Video", "description": "Check this out!" },
                "settings": { "privacy": "PUBLIC", "allowComments": true } })),
            check::<Collection>(json!({ "type": "collect", "platform": "tiktok", "accessToken": "token",
                "postId": "post-123" })),
            check::<Trending>(json!({ "period": "today" })),
            check::<Recommendations>(json!({ "userId": "user-id", "limit": 20 })),
        ];
        assert_eq!(taken, [const { Ok(()) }; 6]);
    }

    #[test]
    fn a_refusal_names_the_field() {
        let email = |email: Value| json!({ "type": "email", "template": "welcome", "email": email });
        let post = |content: Value| json!({ "platform": "youtube", "credentials": { "accessToken": "t" }, "content": content });
        let refusals = [
            (check::<Trending>(json!([])), "data must be an object"),
            (
                check::<Notification>(json!({ "type": "X", "userId": "u", "title": "t" })),
                "message is missing",
            ),
            (check::<Notification>(email(json!("user@example.com"))), "email must be an object"),
            (check::<Notification>(email(json!({ "subject": "Hi" }))), "email.to is missing"),
            (check::<Post>(json!({ "platform": "myspace" })), "platform is \"myspace\"; it may be tiktok"),
            (
                check::<Post>(json!({ "platform": "tiktok", "credentials": {} })),
                "credentials.accessToken is missing",
            ),
            (
                check::<Post>(post(json!({ "title": "t" }))),
                "content.videoPath or content.videoUrl is missing",
            ),
            (check::<Post>(post(json!({ "videoPath": "/a", "title": 7 }))), "content.title must be a text"),
            (check::<Collection>(json!({ "type": "guess" })), "type is \"guess\""),
            (
                check::<Collection>(json!({ "type": "collect", "platform": "tiktok" })),
                "accessToken is missing",
            ),
            (check::<Trending>(json!({})), "period is missing"),
            (
                check::<Recommendations>(json!({ "userId": "u", "limit": 0 })),
                "limit must be a whole number from 1",
            ),
        ];
        for (refusal, expected) in refusals {
            let sentence = refusal.unwrap_err();
            assert!(sentence.contains(expected), "{sentence:?} instead of {expected:?}");
        }
    }
}
