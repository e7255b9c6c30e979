//! ListBuckets: the folders of the store.

use std::sync::Arc;

use s3s::dto::{Bucket, ListBucketsInput, ListBucketsOutput};
use s3s::{S3Request, S3Result};

use crate::embedded::failure::{blocking, disk};
use crate::embedded::layout;
use crate::embedded::store::Store;

pub(super) async fn list_buckets(
    store: &Arc<Store>,
    _: S3Request<ListBucketsInput>,
) -> S3Result<ListBucketsOutput> {
    let names = blocking(store, move |store| layout::bucket_names(&store.root).map_err(disk)).await?;
    let buckets = names.into_iter().map(|name| Bucket { name: Some(name), ..Bucket::default() }).collect();
    Ok(ListBucketsOutput { buckets: Some(buckets), ..ListBucketsOutput::default() })
}
