//! CreateBucket: at once or not at all.

use std::io;
use std::sync::Arc;

use s3s::dto::{CreateBucketInput, CreateBucketOutput};
use s3s::{S3ErrorCode, S3Request, S3Result};

use crate::embedded::failure::{blocking, disk};
use crate::embedded::layout::BucketFolder;
use crate::embedded::store::Store;

pub(super) async fn create_bucket(
    store: &Arc<Store>,
    request: S3Request<CreateBucketInput>,
) -> S3Result<CreateBucketOutput> {
    let name = request.input.bucket;
    blocking(store, move |store| match BucketFolder::new(&store.root, &name).create(&store.root) {
        Ok(()) => Ok(CreateBucketOutput { location: Some(format!("/{name}")) }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(S3ErrorCode::BucketAlreadyOwnedByYou.into())
        }
        Err(error) => Err(disk(error)),
    })
    .await
}
