//! GetBucketLocation: clients ask for it before they sign for a region. Here every region is this one.

use std::sync::Arc;

use s3s::dto::{GetBucketLocationInput, GetBucketLocationOutput};
use s3s::{S3Request, S3Result};

use crate::embedded::failure::blocking;
use crate::embedded::store::Store;

pub(super) async fn get_bucket_location(
    store: &Arc<Store>,
    request: S3Request<GetBucketLocationInput>,
) -> S3Result<GetBucketLocationOutput> {
    // No constraint means us-east-1, which is what signatures to this store name unless told otherwise.
    blocking(store, move |store| store.bucket(&request.input.bucket)).await?;
    Ok(GetBucketLocationOutput::default())
}
