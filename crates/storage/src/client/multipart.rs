//! Multipart uploads. What a server may answer differs more here than anywhere else.

use std::fmt::Write as _;
use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use reqwest::Body;
use rusty_s3::actions::{CreateMultipartUpload, ListParts};
use rusty_s3::{Map, Method, S3Action as _, signing};

use super::object::{ObjectInfo, insert, unquoted};
use super::request::{Call, SIGNATURE_LIFE_SECONDS, Signed, random, read_xml};
use super::retry::{self, Repeat};
use super::{ObjectStore, check_key, xml};
use crate::error::StoreError;

/// AWS puts large objects together for minutes before it answers.
const COMPLETE_TIMEOUT: Duration = Duration::from_secs(600);

/// Open uploads listed at most: a sweep takes them in portions.
const MAX_OPEN_UPLOADS: usize = 100_000;

/// A part that has arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// From 1.
    pub number: u16,
    /// Without quotes.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// When it arrived, if the storage tells.
    pub modified: Option<Timestamp>,
}

/// A multipart upload that is neither completed nor aborted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenUpload {
    /// The key it will have.
    pub key: String,
    /// Names the upload.
    pub upload_id: String,
    /// When it was opened, if the storage tells.
    pub initiated: Option<Timestamp>,
}

impl ObjectStore {
    /// Opens a multipart upload and gives its id. Not repeated after a failure that may have opened one: two
    /// uploads for one call are not what was asked for.
    ///
    /// # Errors
    /// The storage is unavailable, or denies it.
    pub async fn create_multipart(&self, key: &str, content_type: &str) -> Result<String, StoreError> {
        self.open_parts(key, content_type, None).await
    }

    /// The same for an object that caches may keep for as long as `cache_control` says.
    pub(super) async fn open_parts(
        &self,
        key: &str,
        content_type: &str,
        cache_control: Option<&str>,
    ) -> Result<String, StoreError> {
        let mut call = Call::new("open upload", key);
        check_key(call.subject.operation, key)?;
        call.repeat = Repeat::Costly;
        insert(call.subject, &mut call.headers, header::CONTENT_TYPE, content_type)?;
        if let Some(cache_control) = cache_control {
            insert(call.subject, &mut call.headers, header::CACHE_CONTROL, cache_control)?;
        }
        call.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        let (bucket, credentials) = (&self.inner.bucket, Some(&self.inner.credentials));
        let xml = self
            .send_for_xml(&call, |now| {
                let mut action = bucket.create_multipart_upload(credentials, key);
                action.headers_mut().insert("content-type", content_type);
                Signed::action(&action, now)
            })
            .await?;
        CreateMultipartUpload::parse_response(&xml)
            .map(|opened| opened.upload_id().to_owned())
            .map_err(|error| call.subject.unavailable(format!("unreadable answer: {error}")))
    }

    /// All parts that have arrived, in order. R2 lists a part up to 5 s after its PUT.
    ///
    /// # Errors
    /// `Gone` when there is no such upload; the storage is unavailable, or denies it.
    pub async fn list_parts(&self, key: &str, upload_id: &str) -> Result<Vec<Part>, StoreError> {
        let call = Call::new("list parts", key);
        check_key(call.subject.operation, key)?;
        let (bucket, credentials) = (&self.inner.bucket, Some(&self.inner.credentials));
        let mut parts: Vec<Part> = Vec::new();
        let mut marker = None;
        loop {
            let xml = self
                .send_for_xml(&call, |now| {
                    let mut action = bucket.list_parts(credentials, key, upload_id);
                    if let Some(marker) = marker {
                        action.set_part_number_marker(marker);
                    }
                    Signed::action(&action, now)
                })
                .await
                .map_err(StoreError::about_upload)?;
            let page = ListParts::parse_response(&xml)
                .map_err(|error| call.subject.unavailable(format!("unreadable list: {error}")))?;
            parts.extend(page.parts.into_iter().map(|part| Part {
                number: part.number,
                etag: unquoted(&part.etag),
                size: part.size,
                modified: part.last_modified.parse().ok(),
            }));
            match page.next_part_number_marker {
                Some(next) if marker.is_none_or(|marker| next > marker) => marker = Some(next),
                Some(_) => {
                    return Err(call.subject.unavailable("the list of parts does not advance".to_owned()));
                }
                None => break,
            }
        }
        parts.sort_by_key(|part| part.number);
        Ok(parts)
    }

    /// Makes the listed parts, numbers and ETags in ascending order, one object and tells what is stored now.
    ///
    /// # Errors
    /// `InvalidPart`, `TooSmall`, `Gone` (perhaps because an earlier try went through: look for the object); the
    /// storage is unavailable, or denies it.
    pub async fn complete_multipart(
        &self,
        key: &str,
        upload_id: &str,
        parts: &[(u16, String)],
    ) -> Result<ObjectInfo, StoreError> {
        let mut call = Call::new("complete upload", key);
        check_key(call.subject.operation, key)?;
        call.timeout = COMPLETE_TIMEOUT;
        call.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        let body = complete_body(parts);
        let mut tries_made = 0;
        while let Err(error) = self.try_complete(&call, upload_id, &body).await? {
            tries_made += 1;
            let wait = retry::wait(tries_made, None, random()).filter(|_| error.is_transient());
            let Some(wait) = wait else { return Err(error) };
            self.pause(wait).await;
        }
        // Ceph's answer has no ETag, nobody's has the size: what counts is what is there.
        let stored = self.head(key).await?;
        stored.ok_or_else(|| call.subject.unavailable("the object is not visible yet".to_owned()))
    }

    /// The outer result is the request's, which has been repeated as far as that helps. The inner one is the outcome
    /// that the body of a 200 tells: a Complete answers before it knows.
    async fn try_complete(
        &self,
        call: &Call<'_>,
        upload_id: &str,
        body: &str,
    ) -> Result<Result<(), StoreError>, StoreError> {
        let (bucket, credentials) = (&self.inner.bucket, Some(&self.inner.credentials));
        let sign = |now| {
            let none = std::iter::empty();
            Signed::action(
                &bucket.complete_multipart_upload(credentials, call.subject.key, upload_id, none),
                now,
            )
        };
        let answer = self.send(call, sign, || async { Ok(Body::from(body.to_owned())) }).await;
        let text = read_xml(call.subject, answer.map_err(StoreError::about_upload)?).await;
        Ok(text.and_then(|text| match xml::document(&text) {
            Some((root, fields)) if root == "Error" => {
                Err(call.subject.refused(StatusCode::BAD_REQUEST, &fields).about_upload())
            }
            Some(_) => Ok(()),
            None => Err(call.subject.unavailable("the answer broke off".to_owned())),
        }))
    }

    /// Gives up a multipart upload and frees its parts; one that is gone is fine.
    ///
    /// # Errors
    /// The storage is unavailable, or denies it.
    pub async fn abort_multipart(&self, key: &str, upload_id: &str) -> Result<(), StoreError> {
        let call = Call::new("abort upload", key);
        check_key(call.subject.operation, key)?;
        let (bucket, credentials) = (&self.inner.bucket, Some(&self.inner.credentials));
        let aborted = self
            .send_empty(&call, |now| {
                Signed::action(&bucket.abort_multipart_upload(credentials, key, upload_id), now)
            })
            .await;
        match aborted.map_err(StoreError::about_upload) {
            Ok(_) | Err(StoreError::Gone { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The open uploads whose keys begin with `prefix`, at most 100 000.
    ///
    /// # Errors
    /// The storage is unavailable, or denies it.
    pub async fn list_multipart_uploads(&self, prefix: &str) -> Result<Vec<OpenUpload>, StoreError> {
        let call = Call::new("list uploads", prefix);
        let mut uploads: Vec<OpenUpload> = Vec::new();
        let mut markers: Option<(String, String)> = None;
        while uploads.len() < MAX_OPEN_UPLOADS {
            let text =
                self.send_for_xml(&call, |now| self.sign_list_uploads(prefix, markers.as_ref(), now)).await?;
            let unreadable = || call.subject.unavailable("unreadable list".to_owned());
            let (_, page) = xml::document(&text).ok_or_else(unreadable)?;
            let listed = xml::children(&text, "Upload").ok_or_else(unreadable)?;
            uploads.extend(listed.iter().filter_map(open_upload));
            let field = |name: &str| page.get(name).cloned().unwrap_or_default();
            if field("IsTruncated") != "true" {
                break;
            }
            let next = (field("NextKeyMarker"), field("NextUploadIdMarker"));
            if next.0.is_empty() || markers.as_ref() == Some(&next) {
                return Err(call.subject.unavailable("the list of uploads does not advance".to_owned()));
            }
            markers = Some(next);
        }
        Ok(uploads)
    }

    fn sign_list_uploads(&self, prefix: &str, markers: Option<&(String, String)>, now: Timestamp) -> Signed {
        let mut query = Map::new();
        query.insert("uploads", "");
        query.insert("prefix", prefix);
        if let Some((key, upload_id)) = markers {
            query.insert("key-marker", key.as_str());
            query.insert("upload-id-marker", upload_id.as_str());
        }
        let (bucket, credentials) = (&self.inner.bucket, &self.inner.credentials);
        let url = signing::sign(
            &now,
            Method::Get,
            bucket.base_url().clone(),
            credentials.key(),
            credentials.secret(),
            credentials.token(),
            bucket.region(),
            SIGNATURE_LIFE_SECONDS,
            query.iter(),
            std::iter::empty(),
        );
        Signed::new(Method::Get, url)
    }
}

fn open_upload(fields: &xml::Fields) -> Option<OpenUpload> {
    Some(OpenUpload {
        key: fields.get("Key")?.clone(),
        upload_id: fields.get("UploadId")?.clone(),
        initiated: fields.get("Initiated").and_then(|text| text.parse().ok()),
    })
}

fn complete_body(parts: &[(u16, String)]) -> String {
    let mut body = "<CompleteMultipartUpload>".to_owned();
    for (number, etag) in parts {
        let etag = xml::escape(&format!("\"{}\"", unquoted(etag)));
        // Writing to a string cannot fail.
        let _ = write!(body, "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
    }
    body + "</CompleteMultipartUpload>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complete_lists_numbers_with_gaps_and_quotes_every_etag_once() {
        let body = complete_body(&[(2, "a".to_owned()), (7, "\"b\"".to_owned())]);
        let parts = xml::children(&body, "Part").unwrap();
        assert_eq!(parts[0]["PartNumber"], "2");
        assert_eq!((parts[1]["PartNumber"].as_str(), parts[1]["ETag"].as_str()), ("7", "\"b\""));
    }

    #[test]
    fn an_upload_is_read_whatever_time_it_carries() {
        let fields = |time: &str| {
            [("Key", "k"), ("UploadId", "u"), ("Initiated", time)]
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .into()
        };
        assert_eq!(
            open_upload(&fields("2026-11-03T12:00:00.000Z")).unwrap().initiated.unwrap().as_second(),
            1_793_707_200
        );
        assert_eq!(open_upload(&fields("yesterday")).unwrap().initiated, None);
    }
}
