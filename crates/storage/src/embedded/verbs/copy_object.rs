//! CopyObject: the same bytes under another key, without copying them.

use std::sync::Arc;

use http::HeaderMap;
use s3s::dto::{CopyObjectInput, CopyObjectOutput, CopyObjectResult, MetadataDirective};
use s3s::{S3Request, S3Result, s3_error};

use crate::embedded::answer;
use crate::embedded::condition::{ReadCondition, WriteCondition};
use crate::embedded::copy::{Source, check_source, duplicate_blob};
use crate::embedded::failure::blocking;
use crate::embedded::headers::{stored_encoding, user_metadata};
use crate::embedded::record::Headers;
use crate::embedded::store::Store;
use crate::embedded::write::{Content, Write};

pub(super) async fn copy_object(
    store: &Arc<Store>,
    request: S3Request<CopyObjectInput>,
) -> S3Result<CopyObjectOutput> {
    let (input, request_headers) = (request.input, request.headers);
    let source = Source::new(&input.copy_source)?;
    let replaced_headers = replaced_headers(&input)?;
    if replaced_headers.is_none() && source.bucket == input.bucket && source.key == input.key {
        return Err(s3_error!(InvalidRequest, "an object is copied to itself only to replace its metadata"));
    }
    let condition = target_condition(&request_headers)?;
    blocking(store, move |store| {
        store.space.check(0)?;
        let target = store.bucket(&input.bucket)?;
        // The pin keeps the source's bytes until they have their second name.
        let (object, pin) = store.open_object(&source.bucket, &source.key)?;
        check_source(&source_condition(&input), &object)?;
        let write = Write {
            bucket_name: input.bucket,
            bucket: target,
            key: input.key,
            headers: replaced_headers.unwrap_or_else(|| object.headers.clone()),
            condition,
        };
        let from = pin.bucket.blob(&object.blob);
        let content = Content { etag: object.etag, size: object.size, parts: object.parts.clone() };
        let copied = write.commit(store, content, move |to| {
            let duplicated = duplicate_blob(&from, &object.parts, to);
            drop(pin);
            duplicated
        })?;
        Ok(CopyObjectOutput {
            copy_object_result: Some(CopyObjectResult {
                e_tag: Some(answer::etag(&copied.etag)),
                last_modified: Some(answer::timestamp(copied.modified_ms)),
                ..CopyObjectResult::default()
            }),
            ..CopyObjectOutput::default()
        })
    })
    .await
}

/// The headers of the request with `REPLACE`; none with `COPY`, which is the default.
fn replaced_headers(input: &CopyObjectInput) -> S3Result<Option<Headers>> {
    match input.metadata_directive.as_ref().map(MetadataDirective::as_str) {
        None | Some(MetadataDirective::COPY) => Ok(None),
        Some(MetadataDirective::REPLACE) => Ok(Some(Headers {
            content_type: input.content_type.clone(),
            content_disposition: input.content_disposition.clone(),
            content_encoding: input.content_encoding.as_deref().and_then(stored_encoding),
            content_language: input.content_language.clone(),
            cache_control: input.cache_control.clone(),
            user: user_metadata(input.metadata.as_ref())?,
        })),
        Some(_) => Err(s3_error!(InvalidArgument, "x-amz-metadata-directive is COPY or REPLACE")),
    }
}

fn source_condition(input: &CopyObjectInput) -> ReadCondition {
    ReadCondition {
        if_match: input.copy_source_if_match.clone(),
        if_none_match: input.copy_source_if_none_match.clone(),
        if_modified_since: input.copy_source_if_modified_since.clone(),
        if_unmodified_since: input.copy_source_if_unmodified_since.clone(),
    }
}

/// What the copy demands of the object it replaces. The S3 layer does not read these two headers of a copy yet.
fn target_condition(headers: &HeaderMap) -> S3Result<WriteCondition> {
    Ok(WriteCondition {
        if_match: WriteCondition::from_header(headers, &http::header::IF_MATCH)?,
        if_none_match: WriteCondition::from_header(headers, &http::header::IF_NONE_MATCH)?,
    })
}
