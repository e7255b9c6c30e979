//! ListObjectsV2: keys in byte order, by prefix and delimiter, paged with a token.

use std::sync::Arc;

use s3s::dto::{ListObjectsV2Input, ListObjectsV2Output};
use s3s::{S3Request, S3Result};

use super::{count, page_size};
use crate::embedded::answer;
use crate::embedded::failure::blocking;
use crate::embedded::list::{Listed, Query, Start, contents, page};
use crate::embedded::store::Store;

pub(super) async fn list_objects_v2(
    store: &Arc<Store>,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<ListObjectsV2Output> {
    let input = request.input;
    let limit = page_size(input.max_keys)?;
    let start = match &input.continuation_token {
        Some(token) => Start::from_token(token)?,
        None => Start::after_key(input.start_after.as_deref().unwrap_or("")),
    };
    blocking(store, move |store| {
        let bucket = store.bucket(&input.bucket)?;
        let query = Query::new(input.prefix.as_deref(), input.delimiter.as_deref());
        let (page, next) = page(&bucket, &query, &start, limit)?;
        let encoding = input.encoding_type.as_ref();
        let listed = |text: &str| answer::listed(text, encoding);
        let key_count = count(page.len());
        let Listed { contents, common_prefixes } = contents(page, encoding);
        Ok(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: input.prefix.as_deref().map(listed),
            delimiter: input.delimiter.as_deref().map(listed),
            start_after: input.start_after.as_deref().map(listed),
            max_keys: Some(count(limit)),
            key_count: Some(key_count),
            continuation_token: input.continuation_token,
            is_truncated: Some(next.is_some()),
            next_continuation_token: next.map(|next| next.to_token()),
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            encoding_type: input.encoding_type,
            ..ListObjectsV2Output::default()
        })
    })
    .await
}
