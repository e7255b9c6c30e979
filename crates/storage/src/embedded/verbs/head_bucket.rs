//! HeadBucket: whether a bucket is there.

use std::sync::Arc;

use s3s::dto::{HeadBucketInput, HeadBucketOutput};
use s3s::{S3Request, S3Result};

use super::put_object::bucket_of;
use crate::embedded::store::Store;

pub(super) async fn head_bucket(
    store: &Arc<Store>,
    request: S3Request<HeadBucketInput>,
) -> S3Result<HeadBucketOutput> {
    bucket_of(store, &request.input.bucket).await?;
    Ok(HeadBucketOutput::default())
}
