//! ListMultipartUploads: the open uploads by key, then by id, paged.

use std::fs;
use std::io;
use std::sync::Arc;

use s3s::dto::{ListMultipartUploadsInput, ListMultipartUploadsOutput, MultipartUpload};
use s3s::{S3Request, S3Result, s3_error};

use super::{count, page_size};
use crate::embedded::answer;
use crate::embedded::failure::{blocking, disk};
use crate::embedded::layout::BucketFolder;
use crate::embedded::record::{self, UploadRecord};
use crate::embedded::store::Store;

/// An open upload; sorts as it is listed.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OpenUpload {
    key: String,
    upload_id: String,
    initiated_ms: i64,
}

pub(super) async fn list_multipart_uploads(
    store: &Arc<Store>,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<ListMultipartUploadsOutput> {
    let input = request.input;
    if input.delimiter.as_ref().is_some_and(|delimiter| !delimiter.is_empty()) {
        return Err(s3_error!(NotImplemented, "uploads are listed without a delimiter"));
    }
    let limit = page_size(input.max_uploads)?;
    blocking(store, move |store| {
        let bucket = store.bucket(&input.bucket)?;
        let mut uploads = open_uploads(&bucket, input.prefix.as_deref().unwrap_or("")).map_err(disk)?;
        uploads.retain(|upload| {
            is_after(upload, input.key_marker.as_deref(), input.upload_id_marker.as_deref())
        });
        uploads.sort();
        let is_truncated = uploads.len() > limit && limit > 0;
        uploads.truncate(limit);
        let last = uploads.last().filter(|_| is_truncated);
        let encoding = input.encoding_type.as_ref();
        Ok(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            prefix: input.prefix.as_deref().map(|prefix| answer::listed(prefix, encoding)),
            key_marker: input.key_marker.as_deref().map(|marker| answer::listed(marker, encoding)),
            upload_id_marker: input.upload_id_marker,
            next_key_marker: last.map(|last| answer::listed(&last.key, encoding)),
            next_upload_id_marker: last.map(|last| last.upload_id.clone()),
            max_uploads: Some(count(limit)),
            is_truncated: Some(is_truncated),
            uploads: Some(
                uploads
                    .iter()
                    .map(|upload| MultipartUpload {
                        key: Some(answer::listed(&upload.key, encoding)),
                        upload_id: Some(upload.upload_id.clone()),
                        initiated: Some(answer::timestamp(upload.initiated_ms)),
                        ..MultipartUpload::default()
                    })
                    .collect(),
            ),
            encoding_type: input.encoding_type,
            ..ListMultipartUploadsOutput::default()
        })
    })
    .await
}

fn open_uploads(bucket: &BucketFolder, prefix: &str) -> io::Result<Vec<OpenUpload>> {
    let mut uploads = Vec::new();
    for entry in fs::read_dir(bucket.uploads())? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(upload_id) = name.to_str().and_then(|name| name.strip_suffix(".json")) else {
            continue;
        };
        // An upload that was completed since the directory was read is open no more.
        let Some(upload) = record::read_intact::<UploadRecord>(&entry.path())? else {
            continue;
        };
        if upload.key.starts_with(prefix) {
            let upload_id = upload_id.to_owned();
            uploads.push(OpenUpload { key: upload.key, upload_id, initiated_ms: upload.initiated_ms });
        }
    }
    Ok(uploads)
}

/// Without an id marker every upload of the marked key counts as listed.
fn is_after(upload: &OpenUpload, key_marker: Option<&str>, id_marker: Option<&str>) -> bool {
    let Some(key_marker) = key_marker.filter(|marker| !marker.is_empty()) else {
        return true;
    };
    match id_marker.filter(|marker| !marker.is_empty()) {
        Some(id_marker) => (&*upload.key, &*upload.upload_id) > (key_marker, id_marker),
        None => *upload.key > *key_marker,
    }
}
