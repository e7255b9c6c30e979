//! UploadPart: streamed like a PUT, then moved to its place under the upload.

use std::sync::Arc;

use s3s::dto::{UploadPartInput, UploadPartOutput};
use s3s::{S3Request, S3Result};

use crate::embedded::answer;
use crate::embedded::checksum::Checksums;
use crate::embedded::failure::blocking;
use crate::embedded::parts::PartPlace;
use crate::embedded::receive::{Announced, receive};
use crate::embedded::store::Store;

pub(super) async fn upload_part(
    store: &Arc<Store>,
    request: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let checksums = Checksums::of_request(&request.headers);
    let input = request.input;
    let announced = Announced::new(
        input.content_length,
        input.content_md5.as_deref(),
        checksums,
        request.trailing_headers,
    )?;
    let place = PartPlace::new(input.bucket, input.key, input.upload_id, input.part_number)?;
    // Looked up before the body as well: gigabytes for a dead upload are refused at their first byte.
    let bucket = blocking(store, {
        let place = place.clone();
        move |store| {
            let bucket = store.bucket(&place.bucket)?;
            store.open_upload(&bucket, &place.key, &place.upload_id)?;
            Ok(bucket)
        }
    })
    .await?;
    let mut received = receive(store, input.body, bucket.new_temp(), announced).await?;
    let [checksum_crc32, checksum_crc32c, checksum_crc64nvme, checksum_sha1, checksum_sha256] =
        std::mem::take(&mut received.checksums).into_values();
    let part = blocking(store, move |store| store.commit_part(&place, received)).await?;
    Ok(UploadPartOutput {
        e_tag: Some(answer::etag(&part.etag())),
        checksum_crc32,
        checksum_crc32c,
        checksum_crc64nvme,
        checksum_sha1,
        checksum_sha256,
        ..UploadPartOutput::default()
    })
}
