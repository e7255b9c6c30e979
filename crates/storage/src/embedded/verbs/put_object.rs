//! PutObject: stream to a temporary file, sync, move it to the blobs, then commit the record.

use std::collections::BTreeMap;
use std::sync::Arc;

use s3s::dto::{Metadata, PutObjectInput, PutObjectOutput};
use s3s::{S3Request, S3Result, s3_error};

use crate::embedded::answer;
use crate::embedded::checksum::Checksums;
use crate::embedded::condition::WriteCondition;
use crate::embedded::durable;
use crate::embedded::failure::{blocking, disk};
use crate::embedded::layout::{BucketFolder, new_name};
use crate::embedded::receive::{Announced, Received, receive};
use crate::embedded::record::{Headers, ObjectRecord};
use crate::embedded::store::Store;

/// Metadata of one object, names and values together, as in S3: 2 KB.
const MAX_USER_METADATA_BYTES: usize = 2048;

pub(super) async fn put_object(
    store: &Arc<Store>,
    request: S3Request<PutObjectInput>,
) -> S3Result<PutObjectOutput> {
    let checksums = Checksums::of_request(&request.headers);
    let input = request.input;
    if input.write_offset_bytes.is_some() {
        return Err(s3_error!(NotImplemented, "appending to an object is not offered"));
    }
    let headers = headers_of(&input)?;
    let announced = Announced::new(
        input.content_length,
        input.content_md5.as_deref(),
        checksums,
        request.trailing_headers,
    )?;
    let bucket = bucket_of(store, &input.bucket).await?;
    let received = receive(input.body, bucket.new_temp(), announced).await?;
    let condition = WriteCondition { if_match: input.if_match, if_none_match: input.if_none_match };
    let write = Write { bucket_name: input.bucket, bucket, key: input.key, headers, condition };
    blocking(store, move |store| write.commit(store, received)).await
}

/// The bucket's folder, looked up off the async threads. Errors: NoSuchBucket.
pub(super) async fn bucket_of(store: &Arc<Store>, name: &str) -> S3Result<BucketFolder> {
    let name = name.to_owned();
    blocking(store, move |store| store.bucket(&name)).await
}

/// Everything about a PUT but its bytes.
struct Write {
    bucket_name: String,
    bucket: BucketFolder,
    key: String,
    headers: Headers,
    condition: WriteCondition,
}

impl Write {
    fn commit(self, store: &Store, received: Received) -> S3Result<PutObjectOutput> {
        let bucket = &self.bucket;
        let object = ObjectRecord {
            key: self.key,
            etag: hex::encode(received.md5),
            size: received.size,
            modified_ms: store.clock.now_ms(),
            blob: new_name(),
            parts: Vec::new(),
            headers: self.headers,
        };
        store.doubt(bucket, &object.blob, &object.key).map_err(disk)?;
        let committed = received
            .file
            .rename_to(&bucket.blob(&object.blob))
            .and_then(|()| durable::sync_dir(&bucket.blobs()))
            .map_err(disk)
            .and_then(|()| store.commit(&self.bucket_name, bucket, &object, &self.condition));
        store.settle(bucket, &object.blob);
        committed?;
        let [checksum_crc32, checksum_crc32c, checksum_crc64nvme, checksum_sha1, checksum_sha256] =
            received.checksums.into_values();
        Ok(PutObjectOutput {
            e_tag: Some(answer::etag(&object.etag)),
            checksum_crc32,
            checksum_crc32c,
            checksum_crc64nvme,
            checksum_sha1,
            checksum_sha256,
            ..PutObjectOutput::default()
        })
    }
}

fn headers_of(input: &PutObjectInput) -> S3Result<Headers> {
    Ok(Headers {
        content_type: input.content_type.clone(),
        content_disposition: input.content_disposition.clone(),
        content_encoding: input.content_encoding.as_deref().and_then(stored_encoding),
        content_language: input.content_language.clone(),
        cache_control: input.cache_control.clone(),
        user: user_metadata(input.metadata.as_ref())?,
    })
}

/// The encoding of the object: `aws-chunked` names the transfer and is gone when the bytes are stored.
pub(super) fn stored_encoding(sent: &str) -> Option<String> {
    let kept: Vec<&str> =
        sent.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "aws-chunked").collect();
    (!kept.is_empty()).then(|| kept.join(", "))
}

/// The user's metadata. Errors: more than 2 KB.
pub(super) fn user_metadata(sent: Option<&Metadata>) -> S3Result<BTreeMap<String, String>> {
    let kept: BTreeMap<String, String> =
        sent.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    let size: usize = kept.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > MAX_USER_METADATA_BYTES {
        return Err(s3_error!(MetadataTooLarge, "metadata takes at most {MAX_USER_METADATA_BYTES} bytes"));
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_of_the_transfer_is_not_stored() {
        assert_eq!(stored_encoding("aws-chunked"), None);
        assert_eq!(stored_encoding("aws-chunked, gzip"), Some("gzip".to_owned()));
    }
}
