//! Files into storage: one PUT up to 100 MB, parts above. Bytes stream from the disk and are never gathered.

use std::io::SeekFrom;
use std::path::Path;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use http::{HeaderValue, header};
use reqwest::Body;
use telecine_model::UploadMode;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;
use tracing::warn;

use super::object::{ObjectInfo, put_headers, send_timeout, unquoted};
use super::request::{Call, Signed, Subject};
use super::{ObjectStore, check_key};
use crate::error::StoreError;

/// Parts on their way at once.
const PARTS_AT_ONCE: usize = 2;

/// Bytes read from the file at a time.
const READ_BYTES: usize = 256 * 1024;

/// A stretch of a local file.
#[derive(Debug, Clone, Copy)]
struct Stretch<'a> {
    path: &'a Path,
    start: u64,
    length: u64,
}

impl ObjectStore {
    /// Writes a file as an object. Above 100 MB it goes up in parts; after a failure the upload is aborted, but a caller that
    /// drops this future leaves it open.
    ///
    /// # Errors
    /// `LocalFile` when the file cannot be read; the storage is unavailable, or refuses it.
    pub async fn put_file(
        &self,
        key: &str,
        content_type: &str,
        cache_control: Option<&str>,
        path: &Path,
    ) -> Result<(), StoreError> {
        let subject = Subject { operation: "put", key };
        check_key(subject.operation, key)?;
        let found = tokio::fs::metadata(path).await.map_err(|source| subject.local(path, source))?;
        let mode = UploadMode::for_size(found.len());
        if let UploadMode::Multipart { part_count, .. } = mode {
            let stretches = stretches(path, mode, part_count, found.len());
            return self.put_parts(subject, content_type, cache_control, stretches).await;
        }
        let whole = Stretch { path, start: 0, length: found.len() };
        self.put_whole(subject, content_type, cache_control, whole).await
    }

    async fn put_whole(
        &self,
        subject: Subject<'_>,
        content_type: &str,
        cache_control: Option<&str>,
        whole: Stretch<'_>,
    ) -> Result<(), StoreError> {
        let mut call = Call::new(subject.operation, subject.key);
        call.timeout = send_timeout(whole.length);
        call.headers = put_headers(subject, content_type, cache_control, whole.length)?;
        let (bucket, credentials) = (&self.inner.bucket, Some(&self.inner.credentials));
        let sign = |now| Signed::action(&bucket.put_object(credentials, subject.key), now);
        self.send(&call, sign, || whole.body(subject)).await.map(drop)
    }

    async fn put_parts(
        &self,
        subject: Subject<'_>,
        content_type: &str,
        cache_control: Option<&str>,
        stretches: Vec<(u16, Stretch<'_>)>,
    ) -> Result<(), StoreError> {
        let size: u64 = stretches.iter().map(|(_, stretch)| stretch.length).sum();
        let upload_id = self.open_parts(subject.key, content_type, cache_control).await?;
        let sent = self.send_parts(subject, &upload_id, stretches).await;
        self.finish_parts(subject, &upload_id, sent.map(|parts| (size, parts))).await.map(drop)
    }

    /// Joins the parts that were sent, or gives the upload up, and gives the size of the object.
    pub(super) async fn finish_parts(
        &self,
        subject: Subject<'_>,
        upload_id: &str,
        sent: Result<(u64, Vec<(u16, String)>), StoreError>,
    ) -> Result<u64, StoreError> {
        let completed = match sent {
            Ok((size, parts)) => {
                let joined = self.join_parts(subject, upload_id, &parts).await;
                joined.map(|stored| (size, stored.size))
            }
            Err(error) => Err(error),
        };
        match completed {
            Ok((size, stored)) if stored == size => Ok(size),
            Ok(_) => Err(StoreError::Changed { operation: subject.operation, key: subject.key.to_owned() }),
            Err(error) => {
                if let Err(left) = self.abort_multipart(subject.key, upload_id).await {
                    warn!(error = %left, "an upload that failed stays open; `telecine reconcile` finds it");
                }
                Err(error)
            }
        }
    }

    async fn join_parts(
        &self,
        subject: Subject<'_>,
        upload_id: &str,
        parts: &[(u16, String)],
    ) -> Result<ObjectInfo, StoreError> {
        match self.complete_multipart(subject.key, upload_id, parts).await {
            // An earlier try may have got through although its answer did not.
            Err(gone @ StoreError::Gone { .. }) => self.head(subject.key).await?.ok_or(gone),
            other => other,
        }
    }

    async fn send_parts(
        &self,
        subject: Subject<'_>,
        upload_id: &str,
        stretches: Vec<(u16, Stretch<'_>)>,
    ) -> Result<Vec<(u16, String)>, StoreError> {
        // Collected, because a lazy closure inside the stream would keep callers from being `Send`.
        let sending: Vec<_> = stretches
            .into_iter()
            .map(|(number, stretch)| {
                self.send_part(subject, upload_id, number, stretch.length, move || stretch.body(subject))
            })
            .collect();
        let mut parts: Vec<_> =
            futures::stream::iter(sending).buffer_unordered(PARTS_AT_ONCE).try_collect().await?;
        parts.sort();
        Ok(parts)
    }

    /// Sends one part of `length` bytes; `body` makes it anew for every try.
    pub(super) async fn send_part<B: Future<Output = Result<Body, StoreError>>>(
        &self,
        subject: Subject<'_>,
        upload_id: &str,
        number: u16,
        length: u64,
        body: impl Fn() -> B,
    ) -> Result<(u16, String), StoreError> {
        let mut call = Call::new(subject.operation, subject.key);
        call.timeout = send_timeout(length);
        call.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        let (bucket, credentials) = (&self.inner.bucket, Some(&self.inner.credentials));
        let sign =
            |now| Signed::action(&bucket.upload_part(credentials, subject.key, number, upload_id), now);
        let answer = self.send(&call, sign, body).await.map_err(StoreError::about_upload)?;
        let etag = answer.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok()).map(unquoted);
        let etag =
            etag.ok_or_else(|| subject.unavailable("a part was answered without an ETag".to_owned()))?;
        Ok((number, etag))
    }
}

/// The parts of a file. There are at most 10 000, so their numbers fit.
fn stretches(path: &Path, mode: UploadMode, part_count: u32, size: u64) -> Vec<(u16, Stretch<'_>)> {
    let mut start = 0;
    let mut stretches = Vec::new();
    for number in 1..=u16::try_from(part_count).unwrap_or(u16::MAX) {
        let length = mode.part_len(number.into(), size).unwrap_or(0);
        stretches.push((number, Stretch { path, start, length }));
        start += length;
    }
    stretches
}

impl Stretch<'_> {
    async fn body(self, subject: Subject<'_>) -> Result<Body, StoreError> {
        if self.length == 0 {
            return Ok(Body::from(Bytes::new()));
        }
        let mut file = File::open(self.path).await.map_err(|source| subject.local(self.path, source))?;
        let seek = file.seek(SeekFrom::Start(self.start)).await;
        seek.map_err(|source| subject.local(self.path, source))?;
        Ok(Body::wrap_stream(ReaderStream::with_capacity(file.take(self.length), READ_BYTES)))
    }
}

impl Subject<'_> {
    /// The error for a local file.
    pub(super) fn local(self, path: &Path, source: std::io::Error) -> StoreError {
        let (operation, key) = (self.operation, self.key.to_owned());
        StoreError::LocalFile { operation, key, path: path.to_owned(), source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_file_follow_each_other_and_cover_it() {
        let size = 125_000_123;
        let mode = UploadMode::for_size(size);
        let UploadMode::Multipart { part_count, .. } = mode else { panic!("large files go in parts") };
        let mut end = 0;
        for (number, stretch) in stretches(Path::new("f"), mode, part_count, size) {
            assert_eq!(stretch.start, end, "part {number}");
            end += stretch.length;
        }
        assert_eq!(end, size);
    }
}
