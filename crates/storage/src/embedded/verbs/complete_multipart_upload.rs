//! CompleteMultipartUpload: check the list, commit a record that names the parts where they lie. No byte is copied.

use std::collections::BTreeMap;
use std::sync::Arc;

use s3s::dto::{CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart};
use s3s::{S3Request, S3Result, s3_error};
use tracing::warn;

use crate::embedded::answer;
use crate::embedded::condition::WriteCondition;
use crate::embedded::failure::{blocking, disk, no_such_upload};
use crate::embedded::layout::{BucketFolder, is_upload_id};
use crate::embedded::parts::{self, MAX_PART_NUMBER, Part, StoredPart};
use crate::embedded::record::{self, ObjectRecord, PartFile};
use crate::embedded::recover;
use crate::embedded::store::Store;

/// Every part but the last has at least 5 MiB, as in S3.
const MIN_PART_BYTES: u64 = 5 * 1024 * 1024;

pub(super) async fn complete_multipart_upload(
    store: &Arc<Store>,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<CompleteMultipartUploadOutput> {
    let mut input = request.input;
    let listed = input.multipart_upload.take().and_then(|listed| listed.parts).unwrap_or_default();
    blocking(store, move |store| {
        let bucket = store.bucket(&input.bucket)?;
        if !is_upload_id(&input.upload_id) {
            return Err(no_such_upload());
        }
        let _turn = store.upload_locks.lock(&input.bucket, &input.upload_id);
        let object = match completed_before(&bucket, &input)? {
            Some(object) => object,
            None => complete(store, &bucket, &mut input, &listed)?,
        };
        if let Err(error) = finish(&bucket, &input.upload_id, &object) {
            warn!(%error, "an upload is complete; what is left of it goes at the next start");
        }
        Ok(CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, answer::url_encoded(&input.key))),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(answer::etag(&object.etag)),
            ..CompleteMultipartUploadOutput::default()
        })
    })
    .await
}

/// The object, when this very upload has become it already: the answer to the first Complete may have been lost.
fn completed_before(
    bucket: &BucketFolder,
    input: &CompleteMultipartUploadInput,
) -> S3Result<Option<ObjectRecord>> {
    let object: Option<ObjectRecord> =
        record::read_intact(&bucket.object_record(&input.key)).map_err(disk)?;
    Ok(object.filter(|object| object.blob == input.upload_id))
}

fn complete(
    store: &Store,
    bucket: &BucketFolder,
    input: &mut CompleteMultipartUploadInput,
    listed: &[CompletedPart],
) -> S3Result<ObjectRecord> {
    let upload = store.open_upload(bucket, &input.key, &input.upload_id)?;
    let stored = parts::list(&bucket.blob(&input.upload_id)).map_err(disk)?;
    let chosen = choose(listed, &stored)?;
    let size = chosen.iter().map(|part| part.size).sum();
    if input.mpu_object_size.is_some_and(|announced| announced != answer::signed(size)) {
        return Err(s3_error!(InvalidRequest, "the parts have {size} bytes, not as many as announced"));
    }
    let object = ObjectRecord {
        key: input.key.clone(),
        etag: parts::multipart_etag(&chosen),
        size,
        modified_ms: store.clock.now_ms(),
        blob: input.upload_id.clone(),
        parts: chosen.iter().map(|part| PartFile { file: part.file_name(), size: part.size }).collect(),
        headers: upload.headers,
    };
    let condition =
        WriteCondition { if_match: input.if_match.take(), if_none_match: input.if_none_match.take() };
    store.commit(&input.bucket, bucket, &object, &condition)?;
    Ok(object)
}

fn finish(bucket: &BucketFolder, upload_id: &str, object: &ObjectRecord) -> std::io::Result<()> {
    if bucket.upload_record(upload_id).exists() { recover::finish(bucket, upload_id, object) } else { Ok(()) }
}

/// The stored parts that a Complete lists. Errors: none listed, not ascending, unknown or changed, too small.
fn choose(listed: &[CompletedPart], stored: &BTreeMap<u32, StoredPart>) -> S3Result<Vec<Part>> {
    if listed.is_empty() {
        return Err(s3_error!(MalformedXML, "a complete request lists at least one part"));
    }
    let mut chosen: Vec<Part> = Vec::with_capacity(listed.len());
    for wanted in listed {
        let number = u32::try_from(wanted.part_number.unwrap_or(0)).unwrap_or(0);
        if chosen.last().is_some_and(|last| last.number >= number) {
            return Err(s3_error!(InvalidPartOrder, "parts are listed in ascending order of their numbers"));
        }
        let found = stored.get(&number).filter(|_| (1..=MAX_PART_NUMBER).contains(&number));
        let etag = wanted.e_tag.as_ref().map(|etag| etag.value().trim_matches('"'));
        match found.filter(|found| etag == Some(&*found.part.etag())) {
            Some(found) => chosen.push(found.part.clone()),
            None => {
                return Err(s3_error!(InvalidPart, "part {number} is missing or has another ETag"));
            }
        }
    }
    match chosen.split_last() {
        Some((_, before)) if before.iter().any(|part| part.size < MIN_PART_BYTES) => {
            Err(s3_error!(EntityTooSmall, "every part but the last has at least {MIN_PART_BYTES} bytes"))
        }
        _ => Ok(chosen),
    }
}
