//! AbortMultipartUpload: the record goes first, durably, then the parts.

use std::sync::Arc;

use s3s::dto::{AbortMultipartUploadInput, AbortMultipartUploadOutput};
use s3s::{S3Request, S3Result};

use crate::embedded::failure::blocking;
use crate::embedded::store::Store;

pub(super) async fn abort_multipart_upload(
    store: &Arc<Store>,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<AbortMultipartUploadOutput> {
    let input = request.input;
    blocking(store, move |store| {
        let bucket = store.bucket(&input.bucket)?;
        let _turn = store.upload_locks.lock(&input.bucket, &input.upload_id);
        let upload = store.open_upload(&bucket, &input.key, &input.upload_id)?;
        store.abort_upload(&bucket, &input.upload_id, &upload.key)?;
        Ok(AbortMultipartUploadOutput::default())
    })
    .await
}
