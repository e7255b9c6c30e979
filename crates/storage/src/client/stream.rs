//! Bytes of unknown number into storage: one PUT when they are few, parts otherwise. Two parts are in memory at most,
//! one on its way and one being gathered.

use std::error::Error;
use std::pin::{Pin, pin};

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt as _};
use reqwest::Body;
use telecine_model::limits::{MAX_PARTS, MIN_PART_SIZE_BYTES};

use super::request::Subject;
use super::{ObjectStore, check_key};
use crate::error::StoreError;

/// Bytes as they come, cut into parts.
struct Parts<'a, S> {
    subject: Subject<'a>,
    stream: Pin<&'a mut S>,
    /// What came beyond the last part.
    rest: Bytes,
    part_bytes: usize,
    max_bytes: u64,
    gathered: u64,
}

impl ObjectStore {
    /// Writes an object from a stream and gives its size. A stream that fails or has more than `max_bytes` leaves no
    /// object and no open upload behind.
    ///
    /// # Errors
    /// `Source` when the stream fails, with its error inside; `TooLarge`; the storage is unavailable, or refuses it.
    pub async fn put_stream<S, E>(
        &self,
        key: &str,
        content_type: &str,
        max_bytes: u64,
        stream: S,
    ) -> Result<u64, StoreError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let subject = Subject { operation: "put", key };
        check_key(subject.operation, key)?;
        let part_bytes = usize::try_from(part_bytes(max_bytes)).unwrap_or(usize::MAX);
        let stream = pin!(stream);
        let mut parts = Parts { subject, stream, rest: Bytes::new(), part_bytes, max_bytes, gathered: 0 };
        let first = parts.next().await?;
        if first.len() < part_bytes {
            let size = first.len() as u64;
            return self.put_bytes(key, content_type, None, first).await.map(|()| size);
        }
        let upload_id = self.create_multipart(key, content_type).await?;
        let sent = self.send_stream(&upload_id, first, &mut parts).await;
        self.finish_parts(subject, &upload_id, sent).await
    }

    /// Sends each part while the next one is gathered.
    async fn send_stream<S, E>(
        &self,
        upload_id: &str,
        first: Bytes,
        parts: &mut Parts<'_, S>,
    ) -> Result<(u64, Vec<(u16, String)>), StoreError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let subject = parts.subject;
        let mut sent = Vec::new();
        let mut part = first;
        while !part.is_empty() {
            let number = u16::try_from(sent.len() + 1).unwrap_or(u16::MAX);
            let bytes = &part;
            let sending = self.send_part(subject, upload_id, number, part.len() as u64, || async {
                Ok(Body::from(bytes.clone()))
            });
            let (done, next) = tokio::try_join!(sending, parts.next())?;
            sent.push(done);
            part = next;
        }
        Ok((parts.gathered, sent))
    }
}

impl<S, E> Parts<'_, S>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    /// The next part; shorter than a part when it is the last one, empty after it.
    async fn next(&mut self) -> Result<Bytes, StoreError> {
        let mut part = BytesMut::from(self.rest.split_to(self.rest.len().min(self.part_bytes)));
        while part.len() < self.part_bytes {
            let Some(chunk) = self.stream.next().await else { break };
            let mut chunk = chunk.map_err(|error| self.broken(error.into()))?;
            self.gathered += chunk.len() as u64;
            if self.gathered > self.max_bytes {
                return Err(self.too_large());
            }
            let fitting = chunk.split_to(chunk.len().min(self.part_bytes - part.len()));
            part.extend_from_slice(&fitting);
            self.rest = chunk;
        }
        Ok(part.freeze())
    }

    fn broken(&self, source: Box<dyn Error + Send + Sync>) -> StoreError {
        StoreError::Source { operation: self.subject.operation, key: self.subject.key.to_owned(), source }
    }

    fn too_large(&self) -> StoreError {
        let (operation, key) = (self.subject.operation, self.subject.key.to_owned());
        StoreError::TooLarge { operation, key, max_bytes: self.max_bytes }
    }
}

/// The smallest part size with which `max_bytes` fit into one upload. R2 wants all parts but the last equal.
fn part_bytes(max_bytes: u64) -> u64 {
    MIN_PART_SIZE_BYTES.max(max_bytes.div_ceil(MAX_PARTS.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn cut(chunks: &[usize], part_bytes: usize, max_bytes: u64) -> Result<Vec<usize>, StoreError> {
        let chunks = chunks.iter().map(|length| Ok::<_, std::io::Error>(Bytes::from(vec![7; *length])));
        let mut stream = futures::stream::iter(chunks.collect::<Vec<_>>());
        let subject = Subject { operation: "put", key: "k" };
        let stream = Pin::new(&mut stream);
        let mut parts = Parts { subject, stream, rest: Bytes::new(), part_bytes, max_bytes, gathered: 0 };
        let mut lengths = Vec::new();
        loop {
            match parts.next().await?.len() {
                0 => return Ok(lengths),
                length => lengths.push(length),
            }
        }
    }

    #[tokio::test]
    async fn chunks_of_any_size_become_equal_parts() {
        assert_eq!(cut(&[1, 0, 5, 25, 3], 10, 100).await.unwrap(), [10, 10, 10, 4]);
        assert_eq!(cut(&[10, 10], 10, 100).await.unwrap(), [10, 10]);
        assert_eq!(cut(&[], 10, 100).await.unwrap(), [0; 0]);
    }

    #[tokio::test]
    async fn one_byte_too_many_is_too_many() {
        assert_eq!(cut(&[10, 5], 10, 15).await.unwrap(), [10, 5]);
        assert!(matches!(cut(&[10, 6], 10, 15).await, Err(StoreError::TooLarge { max_bytes: 15, .. })));
    }

    #[test]
    fn the_largest_stream_fits_into_ten_thousand_parts() {
        let five_tib = 5 * 1024_u64.pow(4);
        assert!(part_bytes(five_tib) * u64::from(MAX_PARTS) >= five_tib);
        assert_eq!(part_bytes(1), MIN_PART_SIZE_BYTES);
    }
}
