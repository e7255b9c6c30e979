//! ListObjects, the first version: older programs page with a key instead of a token.

use std::sync::Arc;

use s3s::dto::{ListObjectsInput, ListObjectsOutput};
use s3s::{S3Request, S3Result};

use super::{count, page_size};
use crate::embedded::answer;
use crate::embedded::failure::blocking;
use crate::embedded::list::{Listed, Query, Start, contents, page};
use crate::embedded::store::Store;

pub(super) async fn list_objects(
    store: &Arc<Store>,
    request: S3Request<ListObjectsInput>,
) -> S3Result<ListObjectsOutput> {
    let input = request.input;
    let limit = page_size(input.max_keys)?;
    blocking(store, move |store| {
        let bucket = store.bucket(&input.bucket)?;
        let query = Query::new(input.prefix.as_deref(), input.delimiter.as_deref());
        let start = Start::after_marker(input.marker.as_deref().unwrap_or(""), &query);
        let (page, next) = page(&bucket, &query, &start, limit)?;
        let encoding = input.encoding_type.as_ref();
        let listed = |text: &str| answer::listed(text, encoding);
        let Listed { contents, common_prefixes } = contents(page, encoding);
        Ok(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: input.prefix.as_deref().map(listed),
            delimiter: input.delimiter.as_deref().map(listed),
            marker: Some(listed(input.marker.as_deref().unwrap_or(""))),
            max_keys: Some(count(limit)),
            is_truncated: Some(next.is_some()),
            next_marker: next.map(|next| listed(&next.after)),
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            encoding_type: input.encoding_type,
            ..ListObjectsOutput::default()
        })
    })
    .await
}
