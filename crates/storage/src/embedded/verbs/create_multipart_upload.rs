//! CreateMultipartUpload: a directory for the parts, then the record that opens the upload.

use std::fs;
use std::sync::Arc;

use s3s::dto::{CreateMultipartUploadInput, CreateMultipartUploadOutput};
use s3s::{S3Request, S3Result};

use crate::embedded::durable;
use crate::embedded::failure::{blocking, disk};
use crate::embedded::headers::{stored_encoding, user_metadata};
use crate::embedded::layout::{BucketFolder, new_name};
use crate::embedded::record::{self, Headers, UploadRecord};
use crate::embedded::store::Store;

pub(super) async fn create_multipart_upload(
    store: &Arc<Store>,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<CreateMultipartUploadOutput> {
    let input = request.input;
    let headers = Headers {
        content_type: input.content_type,
        content_disposition: input.content_disposition,
        content_encoding: input.content_encoding.as_deref().and_then(stored_encoding),
        content_language: input.content_language,
        cache_control: input.cache_control,
        user: user_metadata(input.metadata.as_ref())?,
    };
    blocking(store, move |store| {
        store.space.check(0)?;
        let bucket = store.bucket(&input.bucket)?;
        let upload_id = new_name();
        let upload = UploadRecord { key: input.key, initiated_ms: store.clock.now_ms(), headers };
        store.doubt(&bucket, &upload_id, &upload.key).map_err(disk)?;
        let opened = open(&bucket, &upload_id, &upload).map_err(disk);
        store.settle(&bucket, &upload_id);
        opened?;
        Ok(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(upload.key),
            upload_id: Some(upload_id),
            ..CreateMultipartUploadOutput::default()
        })
    })
    .await
}

fn open(bucket: &BucketFolder, upload_id: &str, upload: &UploadRecord) -> std::io::Result<()> {
    fs::create_dir(bucket.blob(upload_id))?;
    durable::sync_dir(&bucket.blobs())?;
    durable::replace_file(bucket.new_temp(), &bucket.upload_record(upload_id), &record::to_bytes(upload)?)
}
