//! Storage events: storage says that an object has arrived. An event is a hint: the object is looked for, and only what
//! is found counts. So unknown keys, late events and replays change nothing.

mod config;
mod fetch;
mod object_event;
mod sns;

pub use config::StorageEventsConfig;
pub use fetch::{HttpsFetch, SnsFetch, SnsFetchError};

use std::sync::Arc;

use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use telecine_model::key;

use crate::{App, AppError, images, uploads};
use object_event::ObjectEvent;
use sns::{Envelope, SnsVerifier};

/// Who may tell, and what is needed to believe them.
pub struct StorageEvents {
    config: StorageEventsConfig,
    sns: Option<SnsVerifier>,
}

/// Why a message is not listened to.
#[derive(Debug, thiserror::Error)]
pub enum EventRefusal {
    /// No sender has been configured.
    #[error("storage events are off; set storage_events.token or storage_events.sns_topic_arn to take them")]
    Off,
    /// Neither the token nor a message of the topic.
    #[error(
        "send the token of storage_events.token as Authorization: Bearer TOKEN, or a message of the SNS topic of storage_events.sns_topic_arn"
    )]
    Unauthorized,
    /// A message in the name of the topic that AWS has not signed.
    #[error("the SNS message is not one of the configured topic: {0}")]
    NotOfTopic(String),
    /// A message in no known form.
    #[error("the body is no storage event of AWS S3, MinIO or Cloudflare R2: {0}")]
    Unreadable(String),
    /// AWS could not be asked; the sender tries again.
    #[error("{0}; the message will be taken when it is sent again")]
    Unavailable(SnsFetchError),
}

/// What a message has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    /// Objects that the message says have arrived.
    pub objects: usize,
    /// Those of them that are the files of uploads and really there.
    pub arrived: usize,
}

impl StorageEvents {
    /// Listens to whom the settings name; `fetch` asks AWS.
    #[must_use]
    pub fn new(config: StorageEventsConfig, fetch: Arc<dyn SnsFetch>) -> Self {
        let sns = config.topic().map(|topic| SnsVerifier::new(topic, fetch));
        Self { config, sns }
    }

    fn has_token(&self, given: Option<&str>) -> bool {
        let (Some(token), Some(given)) = (&self.config.token, given) else { return false };
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        digest(token.expose_secret()).ct_eq(&digest(given)).into()
    }

    /// The event documents in the message, from someone who may tell; none for a message about the subscription.
    async fn believe(&self, bearer: Option<&str>, body: &[u8]) -> Result<Option<Vec<u8>>, EventRefusal> {
        if self.config.token.is_none() && self.sns.is_none() {
            return Err(EventRefusal::Off);
        }
        if self.has_token(bearer) {
            return Ok(Some(body.to_vec()));
        }
        match (&self.sns, Envelope::parse(body)) {
            (Some(sns), Some(envelope)) => {
                sns.accept(envelope).await.map(|message| message.map(String::into_bytes))
            }
            _ => Err(EventRefusal::Unauthorized),
        }
    }
}

/// Takes a message of storage, from a sender with this bearer token or with a signature of SNS, and looks for the
/// objects it names.
///
/// # Errors
/// The inner one when the message is not listened to; [`AppError`] when an object could not be looked for.
pub async fn hear(
    app: &App,
    bearer: Option<&str>,
    body: &[u8],
) -> Result<Result<Heard, EventRefusal>, AppError> {
    let document = match app.storage_events.believe(bearer, body).await {
        Ok(Some(document)) => document,
        Ok(None) => return Ok(Ok(Heard::default())),
        Err(refusal) => return Ok(Err(refusal)),
    };
    let events = match object_event::parse(&document) {
        Ok(events) => events,
        Err(reason) => return Ok(Err(EventRefusal::Unreadable(reason))),
    };
    let mut heard = Heard { objects: events.len(), arrived: 0 };
    for event in &events {
        heard.arrived += usize::from(look_for(app, event).await?);
    }
    Ok(Ok(heard))
}

async fn look_for(app: &App, event: &ObjectEvent) -> Result<bool, AppError> {
    if event.bucket != app.store.bucket_name() {
        return Ok(false);
    }
    if let Some(image) = key::image_of_source(&event.key) {
        return images::look(app, image).await;
    }
    let Some(video) = key::video_of_source(&event.key) else { return Ok(false) };
    let Some(upload) = telecine_db::uploads::find_by_video(app.db.read(), video).await? else {
        return Ok(false);
    };
    let found = async { uploads::look(app, &uploads::find(app, upload.id).await?).await };
    match found.await {
        // Deleted, or beyond the limits and removed: nothing that sending the event again would change.
        Err(AppError::NotFound { .. } | AppError::Invalid { .. } | AppError::Limited { .. }) => Ok(false),
        looked => looked,
    }
}
