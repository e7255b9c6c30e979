//! GetObject: conditions, then the whole object or one range of it.

use std::ops::Range;
use std::sync::Arc;

use s3s::dto::{GetObjectInput, GetObjectOutput};
use s3s::{S3Request, S3Result, s3_error};

use super::head_object::head_object_from;
use crate::embedded::answer;
use crate::embedded::condition::{ReadCondition, range_is_for};
use crate::embedded::failure::{blocking, disk};
use crate::embedded::record::ObjectRecord;
use crate::embedded::send::Reader;
use crate::embedded::store::Store;

pub(super) async fn get_object(
    store: &Arc<Store>,
    request: S3Request<GetObjectInput>,
) -> S3Result<GetObjectOutput> {
    blocking(store, move |store| {
        let (input, request_headers) = (request.input, request.headers);
        if input.part_number.is_some() || input.version_id.is_some() {
            return Err(s3_error!(NotImplemented, "reading by part number or version is not offered"));
        }
        let (object, pin) = store.open_object(&input.bucket, &input.key)?;
        let condition = ReadCondition {
            if_match: input.if_match,
            if_none_match: input.if_none_match,
            if_modified_since: input.if_modified_since,
            if_unmodified_since: input.if_unmodified_since,
        };
        condition.check(&object)?;
        let range = input.range.filter(|_| range_is_for(&object, &request_headers));
        let range = range.map(|range| range.check(object.size)).transpose()?;
        // The last bytes of nothing.
        if range.as_ref().is_some_and(Range::is_empty) {
            return Err(s3_error!(InvalidRange));
        }
        let sent = range.clone().unwrap_or(0..object.size);
        let reader = Reader::open(&object, pin, &sent).map_err(disk)?;
        Ok(output(&object, range.as_ref(), &sent, reader))
    })
    .await
}

fn output(
    object: &ObjectRecord,
    range: Option<&Range<u64>>,
    sent: &Range<u64>,
    reader: Reader,
) -> GetObjectOutput {
    let head = head_object_from(object);
    GetObjectOutput {
        body: Some(reader.into_body()),
        content_length: Some(answer::signed(sent.end - sent.start)),
        content_range: range.map(|range| format!("bytes {}-{}/{}", range.start, range.end - 1, object.size)),
        accept_ranges: head.accept_ranges,
        e_tag: head.e_tag,
        last_modified: head.last_modified,
        content_type: head.content_type,
        content_disposition: head.content_disposition,
        content_encoding: head.content_encoding,
        content_language: head.content_language,
        cache_control: head.cache_control,
        metadata: head.metadata,
        ..GetObjectOutput::default()
    }
}
