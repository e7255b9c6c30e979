//! HeadObject: what is known about an object without its bytes.

use std::sync::Arc;

use s3s::dto::{HeadObjectInput, HeadObjectOutput};
use s3s::{S3Request, S3Result, s3_error};

use crate::embedded::answer;
use crate::embedded::condition::ReadCondition;
use crate::embedded::failure::blocking;
use crate::embedded::record::ObjectRecord;
use crate::embedded::store::Store;

pub(super) async fn head_object(
    store: &Arc<Store>,
    request: S3Request<HeadObjectInput>,
) -> S3Result<HeadObjectOutput> {
    blocking(store, move |store| {
        let input = request.input;
        if input.part_number.is_some() || input.version_id.is_some() {
            return Err(s3_error!(NotImplemented, "reading by part number or version is not offered"));
        }
        let object = store.object(&store.bucket(&input.bucket)?, &input.key)?;
        let condition = ReadCondition {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        };
        condition.check(&object)?;
        Ok(head_object_from(&object))
    })
    .await
}

/// The answer for an object; GetObject takes its headers from here too.
pub(super) fn head_object_from(object: &ObjectRecord) -> HeadObjectOutput {
    let headers = object.headers.clone();
    HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        content_length: Some(answer::signed(object.size)),
        e_tag: Some(answer::etag(&object.etag)),
        last_modified: Some(answer::timestamp(object.modified_ms)),
        content_type: headers.content_type,
        content_disposition: headers.content_disposition,
        content_encoding: headers.content_encoding,
        content_language: headers.content_language,
        cache_control: headers.cache_control,
        metadata: (!headers.user.is_empty()).then(|| headers.user.into_iter().collect()),
        ..HeadObjectOutput::default()
    }
}
