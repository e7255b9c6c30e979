//! Deleting everything under a prefix.

use http::{HeaderValue, header};
use reqwest::Body;
use rusty_s3::actions::{DeleteObjectsResponse, ObjectIdentifier};

use super::object::ObjectInfo;
use super::request::{Call, Signed, read_xml};
use super::{ObjectStore, check_key};
use crate::error::StoreError;

/// What happened to some objects.
#[derive(Debug, Default)]
struct Tally {
    deleted: u64,
    failed: u64,
    /// One that is left, and why.
    example: Option<String>,
}

impl Tally {
    fn fail(&mut self, key: &str, reason: &str) {
        self.failed += 1;
        self.example.get_or_insert_with(|| format!("{key} ({reason})"));
    }
}

impl ObjectStore {
    /// Deletes every object whose key begins with `prefix` and tells how many there were. One that cannot be deleted
    /// does not stop the others.
    ///
    /// # Errors
    /// `Incomplete` when some are left; `InvalidKey` for an empty prefix, which would mean the whole bucket; the
    /// storage is unavailable, or denies the list.
    pub async fn delete_prefix(&self, prefix: &str) -> Result<u64, StoreError> {
        check_key("delete everything under", prefix)?;
        let mut tally = Tally::default();
        let mut from = None;
        loop {
            let page = self.list_page(prefix, from.as_deref()).await?;
            self.delete_page(prefix, &page.objects, &mut tally).await;
            match page.next {
                Some(next) => from = Some(next),
                None => break,
            }
        }
        match tally.example {
            None => Ok(tally.deleted),
            Some(example) => Err(StoreError::Incomplete {
                prefix: prefix.to_owned(),
                deleted: tally.deleted,
                failed: tally.failed,
                example,
            }),
        }
    }

    async fn delete_page(&self, prefix: &str, objects: &[ObjectInfo], tally: &mut Tally) {
        // XML 1.0 has no control characters: one such key would spoil the request for all.
        let (in_bulk, singly): (Vec<_>, Vec<_>) =
            objects.iter().map(|object| object.key.as_str()).partition(|key| !key.contains(char::is_control));
        if !in_bulk.is_empty() {
            match self.delete_in_bulk(prefix, &in_bulk).await {
                Ok(answer) => {
                    tally.deleted += (in_bulk.len() - answer.errors.len().min(in_bulk.len())) as u64;
                    answer.errors.iter().for_each(|error| tally.fail(&error.key, &error.code));
                }
                Err(error) => in_bulk.iter().for_each(|key| tally.fail(key, &error.to_string())),
            }
        }
        for key in singly {
            match self.delete(key).await {
                Ok(()) => tally.deleted += 1,
                Err(error) => tally.fail(key, &error.to_string()),
            }
        }
    }

    async fn delete_in_bulk(&self, prefix: &str, keys: &[&str]) -> Result<DeleteObjectsResponse, StoreError> {
        let (bucket, credentials) = (&self.inner.bucket, Some(&self.inner.credentials));
        let objects: Vec<_> = keys.iter().map(|&key| ObjectIdentifier::new(key.to_owned())).collect();
        let action = || {
            let mut action = bucket.delete_objects(credentials, objects.iter());
            action.set_quiet(true);
            action
        };
        let (body, content_md5) = action().body_with_md5();
        let mut call = Call::new("delete everything under", prefix);
        if let Ok(value) = HeaderValue::from_str(&content_md5) {
            call.headers.insert("content-md5", value);
        }
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        let answer = self
            .send(&call, |now| Signed::action(&action(), now), || async { Ok(Body::from(body.clone())) })
            .await?;
        let xml = read_xml(call.subject, answer).await?;
        DeleteObjectsResponse::parse(&xml)
            .map_err(|error| call.subject.unavailable(format!("unreadable answer: {error}")))
    }
}
