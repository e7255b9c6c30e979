//! Single objects: head, put, get and delete.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use reqwest::{Body, Response};

use super::request::{ANSWER_TIMEOUT, Call, Signed, Subject, describe, random};
use super::retry;
use super::{ObjectStore, check_key};
use crate::error::StoreError;

/// What the storage knows about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// The key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// The ETag without quotes; empty when the storage gives none.
    pub etag: String,
    /// The type given when it was written; lists do not tell it.
    pub content_type: Option<String>,
}

impl ObjectStore {
    /// Creates the bucket when it does not exist.
    ///
    /// # Errors
    /// The storage is unavailable, or denies it.
    pub async fn ensure_bucket(&self) -> Result<(), StoreError> {
        let (bucket, credentials) = (&self.inner.bucket, &self.inner.credentials);
        let look = Call::new("look for bucket", bucket.name());
        let found =
            self.send_empty(&look, |now| Signed::action(&bucket.head_bucket(Some(credentials)), now)).await;
        match found {
            Err(StoreError::NotFound { .. } | StoreError::NoBucket { .. }) => {}
            other => return other.map(drop),
        }
        let create = Call::new("create bucket", bucket.name());
        let xml = bucket.create_bucket(credentials).body();
        let created = self
            .send(
                &create,
                |now| Signed::action(&bucket.create_bucket(credentials), now),
                || async { Ok(Body::from(xml.clone())) },
            )
            .await;
        match created {
            // Another process was faster, or an earlier try had got through.
            Err(StoreError::Refused { status: 409, code, .. }) if code == "BucketAlreadyOwnedByYou" => Ok(()),
            other => other.map(drop),
        }
    }

    /// What is known about an object; `None` when there is none.
    ///
    /// # Errors
    /// The storage is unavailable, or denies it.
    pub async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, StoreError> {
        let call = Call::new("head", key);
        check_key(call.subject.operation, key)?;
        let (bucket, credentials) = (&self.inner.bucket, Some(&self.inner.credentials));
        let answer =
            self.send_empty(&call, |now| Signed::action(&bucket.head_object(credentials, key), now)).await;
        match answer {
            Ok(answer) => info_of(call.subject, &answer).map(Some),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether there is such an object.
    ///
    /// # Errors
    /// The storage is unavailable, or denies it.
    pub async fn exists(&self, key: &str) -> Result<bool, StoreError> {
        Ok(self.head(key).await?.is_some())
    }

    /// Writes a small object from memory.
    ///
    /// # Errors
    /// The storage is unavailable, or refuses it.
    pub async fn put_bytes(
        &self,
        key: &str,
        content_type: &str,
        cache_control: Option<&str>,
        bytes: Bytes,
    ) -> Result<(), StoreError> {
        let mut call = Call::new("put", key);
        check_key(call.subject.operation, key)?;
        call.timeout = send_timeout(bytes.len() as u64);
        call.headers = put_headers(call.subject, content_type, cache_control, bytes.len() as u64)?;
        let (bucket, credentials) = (&self.inner.bucket, Some(&self.inner.credentials));
        self.send(
            &call,
            |now| Signed::action(&bucket.put_object(credentials, key), now),
            || async { Ok(Body::from(bytes.clone())) },
        )
        .await
        .map(drop)
    }

    /// Reads a small object into memory.
    ///
    /// # Errors
    /// `NotFound`; `TooLarge` when it has more than `max_bytes`; the storage is unavailable, or denies it.
    pub async fn get_bytes(&self, key: &str, max_bytes: u64) -> Result<Bytes, StoreError> {
        let call = Call::new("get", key);
        check_key(call.subject.operation, key)?;
        let (bucket, credentials) = (&self.inner.bucket, Some(&self.inner.credentials));
        let mut tries_made = 0;
        loop {
            let answer = self
                .send_empty(&call, |now| Signed::action(&bucket.get_object(credentials, key), now))
                .await?;
            tries_made += 1;
            // The head came and the body broke off.
            let error = match read_object(call.subject, answer, max_bytes).await {
                Err(error) if error.is_transient() => error,
                done => return done,
            };
            let Some(wait) = retry::wait(tries_made, None, random()) else { return Err(error) };
            self.pause(wait).await;
        }
    }

    /// Deletes an object; a missing one is fine.
    ///
    /// # Errors
    /// The storage is unavailable, or denies it.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let call = Call::new("delete", key);
        check_key(call.subject.operation, key)?;
        let (bucket, credentials) = (&self.inner.bucket, Some(&self.inner.credentials));
        let deleted =
            self.send_empty(&call, |now| Signed::action(&bucket.delete_object(credentials, key), now)).await;
        match deleted {
            Ok(_) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

async fn read_object(
    subject: Subject<'_>,
    mut answer: Response,
    max_bytes: u64,
) -> Result<Bytes, StoreError> {
    let too_large =
        || StoreError::TooLarge { operation: subject.operation, key: subject.key.to_owned(), max_bytes };
    if answer.content_length().is_some_and(|length| length > max_bytes) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    loop {
        let chunk = tokio::time::timeout(ANSWER_TIMEOUT, answer.chunk()).await;
        let chunk = chunk.map_err(|_| subject.unavailable("the body stopped".to_owned()))?;
        let Some(chunk) = chunk.map_err(|error| subject.unavailable(describe(error)))? else {
            return Ok(bytes.into());
        };
        if (bytes.len() + chunk.len()) as u64 > max_bytes {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
}

/// How long sending `bytes` may take: as slow as 100 kB/s, and the time for the answer.
pub(super) fn send_timeout(bytes: u64) -> std::time::Duration {
    ANSWER_TIMEOUT + std::time::Duration::from_secs(bytes / 100_000)
}

/// The headers of a PUT. The length is always there: S3 takes no body of unknown length.
pub(super) fn put_headers(
    subject: Subject<'_>,
    content_type: &str,
    cache_control: Option<&str>,
    length: u64,
) -> Result<HeaderMap, StoreError> {
    let mut headers = HeaderMap::from_iter([(header::CONTENT_LENGTH, HeaderValue::from(length))]);
    insert(subject, &mut headers, header::CONTENT_TYPE, content_type)?;
    if let Some(cache_control) = cache_control {
        insert(subject, &mut headers, header::CACHE_CONTROL, cache_control)?;
    }
    Ok(headers)
}

/// Adds a header. Errors: a value that no header can carry.
pub(super) fn insert(
    subject: Subject<'_>,
    headers: &mut HeaderMap,
    name: HeaderName,
    value: &str,
) -> Result<(), StoreError> {
    let parsed = HeaderValue::from_str(value).map_err(|_| StoreError::Refused {
        operation: subject.operation,
        key: subject.key.to_owned(),
        status: StatusCode::BAD_REQUEST.as_u16(),
        code: "InvalidHeader".to_owned(),
        detail: format!("{name} cannot have this value"),
    })?;
    headers.insert(name, parsed);
    Ok(())
}

fn info_of(subject: Subject<'_>, answer: &Response) -> Result<ObjectInfo, StoreError> {
    let text = |name: HeaderName| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let size = text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    Ok(ObjectInfo {
        key: subject.key.to_owned(),
        size: size.ok_or_else(|| subject.unavailable("the answer has no length".to_owned()))?,
        etag: text(header::ETAG).map(unquoted).unwrap_or_default(),
        content_type: text(header::CONTENT_TYPE).map(str::to_owned),
    })
}

/// An ETag without quotes and weakness; servers differ in both.
pub(super) fn unquoted(etag: &str) -> String {
    etag.trim().trim_start_matches("W/").trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etags_are_compared_without_their_dress() {
        for etag in ["abc-2", "\"abc-2\"", " \"abc-2\" ", "W/\"abc-2\""] {
            assert_eq!(unquoted(etag), "abc-2");
        }
    }

    #[test]
    fn a_header_cannot_smuggle_another_one() {
        let subject = Subject { operation: "put", key: "k" };
        assert!(put_headers(subject, "video/mp4\r\nx-amz-acl: public-read", None, 1).is_err());
    }
}
