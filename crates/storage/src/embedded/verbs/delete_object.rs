//! DeleteObject: the record goes first, durably, then the bytes.

use std::sync::Arc;

use s3s::dto::{DeleteObjectInput, DeleteObjectOutput};
use s3s::{S3Request, S3Result, s3_error};

use crate::embedded::condition::WriteCondition;
use crate::embedded::failure::blocking;
use crate::embedded::store::Store;

pub(super) async fn delete_object(
    store: &Arc<Store>,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<DeleteObjectOutput> {
    let input = request.input;
    if input.version_id.is_some()
        || input.if_match_size.is_some()
        || input.if_match_last_modified_time.is_some()
    {
        return Err(s3_error!(NotImplemented, "an object is deleted by its key or its ETag"));
    }
    let condition = WriteCondition { if_match: input.if_match, ..WriteCondition::default() };
    blocking(store, move |store| store.remove(&input.bucket, &input.key, &condition)).await?;
    Ok(DeleteObjectOutput::default())
}
