//! UploadPartCopy: a part whose bytes come from an object of this store.

use std::ops::Range;
use std::sync::Arc;

use s3s::dto::{CopyPartResult, UploadPartCopyInput, UploadPartCopyOutput};
use s3s::{S3Request, S3Result, s3_error};

use crate::embedded::answer;
use crate::embedded::checksum::Checksums;
use crate::embedded::condition::ReadCondition;
use crate::embedded::copy::{Source, check_source};
use crate::embedded::failure::{blocking, disk};
use crate::embedded::parts::PartPlace;
use crate::embedded::receive::{Announced, receive};
use crate::embedded::send::Reader;
use crate::embedded::store::Store;

pub(super) async fn upload_part_copy(
    store: &Arc<Store>,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<UploadPartCopyOutput> {
    let input = request.input;
    let source = Source::new(&input.copy_source)?;
    let condition = ReadCondition {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    let place = PartPlace::new(input.bucket, input.key, input.upload_id, input.part_number)?;
    let asked = input.copy_source_range;
    let (bucket, reader, length) = blocking(store, {
        let place = place.clone();
        move |store| {
            let bucket = store.bucket(&place.bucket)?;
            store.open_upload(&bucket, &place.key, &place.upload_id)?;
            let (object, pin) = store.open_object(&source.bucket, &source.key)?;
            check_source(&condition, &object)?;
            let range = match &asked {
                Some(asked) => source_range(asked, object.size)?,
                None => 0..object.size,
            };
            let length = range.end - range.start;
            Ok((bucket, Reader::open(&object, pin, &range).map_err(disk)?, length))
        }
    })
    .await?;
    // Streamed like a body from outside: the part needs its own MD5, and a client that goes away ends the copy.
    let announced = Announced::new(Some(answer::signed(length)), None, Checksums::default(), None)?;
    let received = receive(store, Some(reader.into_body()), bucket.new_temp(), announced).await?;
    let part = blocking(store, move |store| store.commit_part(&place, received)).await?;
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(CopyPartResult {
            e_tag: Some(answer::etag(&part.etag())),
            last_modified: Some(answer::timestamp(store.clock.now_ms())),
            ..CopyPartResult::default()
        }),
        ..UploadPartCopyOutput::default()
    })
}

/// `bytes=first-last`, both within the source: unlike a read, a copy takes no open and no cut range.
fn source_range(asked: &str, size: u64) -> S3Result<Range<u64>> {
    let parse = || {
        let (first, last) = asked.strip_prefix("bytes=")?.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last).then_some((first, last))
    };
    match parse() {
        None => Err(s3_error!(InvalidArgument, "x-amz-copy-source-range has the form bytes=first-last")),
        Some((_, last)) if last >= size => {
            Err(s3_error!(InvalidRange, "x-amz-copy-source-range goes beyond the {size} bytes of the source"))
        }
        Some((first, last)) => Ok(first..last + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_of_a_copy_lies_within_the_source() {
        assert_eq!(source_range("bytes=2-4", 5).unwrap(), 2..5);
        for bad in ["bytes=2-5", "bytes=2-", "bytes=-2", "bytes=3-2", "2-4", "bytes=a-b", ""] {
            assert!(source_range(bad, 5).is_err(), "{bad}");
        }
    }
}
