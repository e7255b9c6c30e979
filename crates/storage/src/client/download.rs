//! Objects into files. A broken download goes on where it stopped, as long as the object is the same.

use std::path::Path;

use http::{HeaderMap, StatusCode, header};
use reqwest::Response;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt as _, BufWriter};
use tracing::debug;

use super::object::{insert, unquoted};
use super::request::{ANSWER_TIMEOUT, Call, Signed, Subject, describe, random};
use super::retry;
use super::{ObjectStore, check_key};
use crate::error::StoreError;

/// Bytes gathered before a write.
const WRITE_BYTES: usize = 256 * 1024;

/// Interruptions after which a download fails: a large file over a bad line deserves patience, but not for ever.
const MAX_INTERRUPTIONS: u32 = 50;

/// A download in progress.
struct Download<'a> {
    subject: Subject<'a>,
    path: &'a Path,
    file: BufWriter<File>,
    written: u64,
    /// The ETag that the rest must have: the caller's, or that of the first answer.
    etag: Option<String>,
    /// The size of the whole object, once it is known.
    size: Option<u64>,
}

impl ObjectStore {
    /// Streams an object into a new file at `path`, telling `progress` the bytes so far, and gives its size.
    /// With `if_match_etag` the object must be exactly that one. An interrupted download is resumed; a failed one
    /// leaves no file.
    ///
    /// # Errors
    /// `NotFound`; `Changed` when the ETag is another, also in the middle; `LocalFile`; the storage is unavailable.
    pub async fn download(
        &self,
        key: &str,
        if_match_etag: Option<&str>,
        path: &Path,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<u64, StoreError> {
        let subject = Subject { operation: "download", key };
        check_key(subject.operation, key)?;
        let file = File::create(path).await.map_err(|source| subject.local(path, source))?;
        let mut download = Download {
            subject,
            path,
            file: BufWriter::with_capacity(WRITE_BYTES, file),
            written: 0,
            etag: if_match_etag.map(unquoted),
            size: None,
        };
        let done = self.run(&mut download, &mut progress).await;
        drop(download);
        if done.is_err() {
            // The caller learns of the first failure; a file that cannot be removed adds nothing to it.
            let _ = tokio::fs::remove_file(path).await;
        }
        done
    }

    async fn run(
        &self,
        download: &mut Download<'_>,
        progress: &mut (impl FnMut(u64) + Send),
    ) -> Result<u64, StoreError> {
        let (mut interruptions, mut fruitless) = (0, 0);
        loop {
            let before = download.written;
            let answer = self.ask(download).await?;
            let error = match download.take(answer, progress).await {
                Ok(()) => return download.finish().await,
                Err(error) => error,
            };
            // Patience counts anew with every byte gained; without one, it ends like that of any other request.
            interruptions += 1;
            fruitless = if download.written > before { 1 } else { fruitless + 1 };
            let wait = retry::wait(fruitless, None, random());
            let Some(wait) = wait.filter(|_| error.is_transient() && interruptions < MAX_INTERRUPTIONS)
            else {
                return Err(error);
            };
            debug!(%error, written = download.written, "a download goes on");
            self.pause(wait).await;
        }
    }

    async fn ask(&self, download: &Download<'_>) -> Result<Response, StoreError> {
        let key = download.subject.key;
        let mut call = Call::new(download.subject.operation, key);
        call.headers = download.headers()?;
        let (bucket, credentials) = (&self.inner.bucket, Some(&self.inner.credentials));
        self.send_empty(&call, |now| Signed::action(&bucket.get_object(credentials, key), now)).await
    }
}

impl Download<'_> {
    fn headers(&self) -> Result<HeaderMap, StoreError> {
        let mut headers = HeaderMap::new();
        if let Some(etag) = &self.etag {
            insert(self.subject, &mut headers, header::IF_MATCH, &format!("\"{etag}\""))?;
        }
        if self.written > 0 {
            insert(self.subject, &mut headers, header::RANGE, &format!("bytes={}-", self.written))?;
        }
        Ok(headers)
    }

    async fn take(
        &mut self,
        mut answer: Response,
        progress: &mut (impl FnMut(u64) + Send),
    ) -> Result<(), StoreError> {
        self.check_head(&answer)?;
        loop {
            let chunk = tokio::time::timeout(ANSWER_TIMEOUT, answer.chunk()).await;
            let chunk = chunk.map_err(|_| self.subject.unavailable("the body stopped".to_owned()))?;
            let chunk = chunk.map_err(|error| self.subject.unavailable(describe(error)))?;
            let Some(chunk) = chunk else { break };
            let wrote = self.file.write_all(&chunk).await;
            wrote.map_err(|source| self.subject.local(self.path, source))?;
            self.written += chunk.len() as u64;
            progress(self.written);
        }
        match self.size {
            Some(size) if size != self.written => {
                Err(self.subject.unavailable("the body broke off".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Learns size and ETag from the first answer, and holds later ones to them.
    fn check_head(&mut self, answer: &Response) -> Result<(), StoreError> {
        let text =
            |name| answer.headers().get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        let length = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        let etag = text(header::ETAG).map(unquoted).filter(|etag| !etag.is_empty());
        let is_same = self.etag.is_none() || etag.is_none() || self.etag == etag;
        let resumed_at = text(header::CONTENT_RANGE).and_then(range_start);
        let is_the_rest = match answer.status() {
            StatusCode::PARTIAL_CONTENT => resumed_at == Some(self.written),
            _ => self.written == 0,
        };
        let size = length.map(|length| self.written + length);
        if !is_same {
            return Err(self.changed());
        }
        // A proxy or a storage in trouble: the object may well be the same, so it is asked for again.
        if !is_the_rest {
            return Err(self.subject.unavailable("the rest was asked for, something else came".to_owned()));
        }
        match (self.size, size) {
            (Some(known), Some(size)) if known != size => return Err(self.changed()),
            (Some(_), None) => {
                return Err(self.subject.unavailable("the rest came without its length".to_owned()));
            }
            _ => {}
        }
        self.etag = self.etag.take().or(etag);
        self.size = size;
        Ok(())
    }

    fn changed(&self) -> StoreError {
        StoreError::Changed { operation: self.subject.operation, key: self.subject.key.to_owned() }
    }

    async fn finish(&mut self) -> Result<u64, StoreError> {
        let flushed = self.file.flush().await;
        flushed.map_err(|source| self.subject.local(self.path, source))?;
        Ok(self.written)
    }
}

/// The first position of `bytes 5-9/10`.
fn range_start(content_range: &str) -> Option<u64> {
    content_range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_range_is_read() {
        assert_eq!(range_start("bytes 5-9/10"), Some(5));
        assert_eq!(range_start("bytes */10"), None);
    }
}
