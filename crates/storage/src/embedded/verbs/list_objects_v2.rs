//! ListObjectsV2: keys in byte order, by prefix and delimiter, paged.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use s3s::dto::{CommonPrefix, ListObjectsV2Input, ListObjectsV2Output, Object, ObjectStorageClass};
use s3s::{S3Request, S3Result, s3_error};

use super::{count, page_size};
use crate::embedded::answer;
use crate::embedded::failure::{blocking, disk};
use crate::embedded::layout::BucketFolder;
use crate::embedded::record::ObjectRecord;
use crate::embedded::store::Store;
use crate::embedded::walk::Walk;

/// One entry of a list. Records themselves are not kept: one with 10 000 parts takes a megabyte.
enum Entry {
    Object(Listed),
    Prefix(String),
}

/// What a list tells about an object.
struct Listed {
    key: String,
    etag: String,
    size: u64,
    modified_ms: i64,
}

impl From<ObjectRecord> for Listed {
    fn from(object: ObjectRecord) -> Self {
        let ObjectRecord { key, etag, size, modified_ms, .. } = object;
        Self { key, etag, size, modified_ms }
    }
}

/// Where a page starts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Start {
    after: String,
    /// Whether `after` is a common prefix, whose keys have all been listed.
    is_prefix: bool,
}

pub(super) async fn list_objects_v2(
    store: &Arc<Store>,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<ListObjectsV2Output> {
    let input = request.input;
    let limit = page_size(input.max_keys)?;
    let start = match &input.continuation_token {
        Some(token) => Start::from_token(token)?,
        None => Start { after: input.start_after.clone().unwrap_or_default(), is_prefix: false },
    };
    blocking(store, move |store| {
        let bucket = store.bucket(&input.bucket)?;
        let (page, next) = page(&bucket, &input, &start, limit)?;
        Ok(output(input, page, next, limit))
    })
    .await
}

/// Up to `limit` entries and, when there are more, where the next page starts.
fn page(
    bucket: &BucketFolder,
    input: &ListObjectsV2Input,
    start: &Start,
    limit: usize,
) -> S3Result<(Vec<Entry>, Option<Start>)> {
    let prefix = input.prefix.as_deref().unwrap_or("");
    let delimiter = input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
    let mut walk = Walk::new(bucket.keys(), prefix, &start.after).map_err(disk)?;
    if start.is_prefix {
        walk.skip(&start.after);
    }
    let mut page: Vec<Entry> = Vec::new();
    if limit == 0 {
        return Ok((page, None));
    }
    while let Some(object) = walk.next_object().map_err(disk)? {
        if page.len() == limit {
            let next = page.last().map(Start::after);
            return Ok((page, next));
        }
        match delimiter.and_then(|delimiter| common_prefix(&object.key, prefix, delimiter)) {
            Some(common) => {
                walk.skip(common);
                page.push(Entry::Prefix(common.to_owned()));
            }
            None => page.push(Entry::Object(object.into())),
        }
    }
    Ok((page, None))
}

/// The part of the key up to the first delimiter after the prefix.
fn common_prefix<'a>(key: &'a str, prefix: &str, delimiter: &str) -> Option<&'a str> {
    let rest = key.strip_prefix(prefix)?;
    let end = prefix.len() + rest.find(delimiter)? + delimiter.len();
    key.get(..end)
}

impl Start {
    fn after(last: &Entry) -> Self {
        match last {
            Entry::Object(object) => Self { after: object.key.clone(), is_prefix: false },
            Entry::Prefix(prefix) => Self { after: prefix.clone(), is_prefix: true },
        }
    }

    fn to_token(&self) -> String {
        BASE64.encode(format!("{}{}", if self.is_prefix { 'p' } else { 'k' }, self.after))
    }

    fn from_token(token: &str) -> S3Result<Self> {
        let text =
            BASE64.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        match text.split_at_checked(1) {
            Some(("p", after)) => Ok(Self { after: after.to_owned(), is_prefix: true }),
            Some(("k", after)) => Ok(Self { after: after.to_owned(), is_prefix: false }),
            _ => Err(s3_error!(InvalidArgument, "the continuation token is not one of this store")),
        }
    }
}

fn output(
    input: ListObjectsV2Input,
    page: Vec<Entry>,
    next: Option<Start>,
    limit: usize,
) -> ListObjectsV2Output {
    let encoding = input.encoding_type.as_ref();
    let listed = |text: &str| answer::listed(text, encoding);
    let key_count = count(page.len());
    let (mut contents, mut common_prefixes) = (Vec::new(), Vec::new());
    for entry in page {
        match entry {
            Entry::Prefix(prefix) => common_prefixes.push(CommonPrefix { prefix: Some(listed(&prefix)) }),
            Entry::Object(object) => contents.push(Object {
                key: Some(listed(&object.key)),
                e_tag: Some(answer::etag(&object.etag)),
                size: Some(answer::signed(object.size)),
                last_modified: Some(answer::timestamp(object.modified_ms)),
                storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                ..Object::default()
            }),
        }
    }
    ListObjectsV2Output {
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_a_foreign_one_refused() {
        for start in
            [Start { after: "ü/\0".into(), is_prefix: false }, Start { after: "a/".into(), is_prefix: true }]
        {
            assert_eq!(Start::from_token(&start.to_token()).unwrap(), start);
        }
        assert!(Start::from_token("").is_err());
        assert!(Start::from_token("%%%").is_err());
    }

    #[test]
    fn a_common_prefix_ends_with_the_first_delimiter_after_the_prefix() {
        assert_eq!(common_prefix("a/b/c", "a/", "/"), Some("a/b/"));
        assert_eq!(common_prefix("a/b", "a/", "/"), None);
        assert_eq!(common_prefix("xéy-z", "x", "-"), Some("xéy-"));
    }
}
