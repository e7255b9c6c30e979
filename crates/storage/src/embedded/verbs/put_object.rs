//! PutObject: stream to a temporary file, sync, move it to the blobs, then commit the record.

use std::sync::Arc;

use s3s::dto::{PutObjectInput, PutObjectOutput};
use s3s::{S3Request, S3Result, s3_error};

use crate::embedded::answer;
use crate::embedded::checksum::Checksums;
use crate::embedded::condition::WriteCondition;
use crate::embedded::failure::blocking;
use crate::embedded::headers::{stored_encoding, user_metadata};
use crate::embedded::layout::BucketFolder;
use crate::embedded::receive::{Announced, receive};
use crate::embedded::record::Headers;
use crate::embedded::store::Store;
use crate::embedded::write::Write;

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
    let mut received = receive(store, input.body, bucket.new_temp(), announced).await?;
    let condition = WriteCondition { if_match: input.if_match, if_none_match: input.if_none_match };
    let write = Write { bucket_name: input.bucket, bucket, key: input.key, headers, condition };
    let [checksum_crc32, checksum_crc32c, checksum_crc64nvme, checksum_sha1, checksum_sha256] =
        std::mem::take(&mut received.checksums).into_values();
    let object = blocking(store, move |store| write.commit_received(store, received)).await?;
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

/// The bucket's folder, looked up off the async threads. Errors: NoSuchBucket.
pub(super) async fn bucket_of(store: &Arc<Store>, name: &str) -> S3Result<BucketFolder> {
    let name = name.to_owned();
    blocking(store, move |store| store.bucket(&name)).await
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
