//! One page of keys in byte order, by prefix and delimiter. Both versions of ListObjects answer with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use s3s::dto::{CommonPrefix, EncodingType, Object, ObjectStorageClass};
use s3s::{S3Result, s3_error};

use super::answer;
use super::failure::disk;
use super::layout::BucketFolder;
use super::record::ObjectRecord;
use super::walk::Walk;

/// What is listed.
pub(super) struct Query<'a> {
    prefix: &'a str,
    delimiter: Option<&'a str>,
}

impl<'a> Query<'a> {
    /// Everything under `prefix`; what follows the first `delimiter` after it is one common prefix.
    pub(super) fn new(prefix: Option<&'a str>, delimiter: Option<&'a str>) -> Self {
        Self { prefix: prefix.unwrap_or(""), delimiter: delimiter.filter(|delimiter| !delimiter.is_empty()) }
    }

    /// The part of the key up to the first delimiter after the prefix.
    fn common_prefix<'b>(&self, key: &'b str) -> Option<&'b str> {
        let rest = key.strip_prefix(self.prefix)?;
        let delimiter = self.delimiter?;
        let end = self.prefix.len() + rest.find(delimiter)? + delimiter.len();
        key.get(..end)
    }
}

/// Where a page starts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) after: String,
    /// Whether `after` is a common prefix, whose keys have all been listed.
    is_prefix: bool,
}

impl Start {
    /// After this key.
    pub(super) fn after_key(key: &str) -> Self {
        Self { after: key.to_owned(), is_prefix: false }
    }

    /// After the last entry of a page, which may have been a common prefix.
    pub(super) fn after_marker(marker: &str, query: &Query<'_>) -> Self {
        Self { after: marker.to_owned(), is_prefix: query.common_prefix(marker) == Some(marker) }
    }

    fn after_entry(last: &Entry) -> Self {
        match last {
            Entry::Object(object) => Self::after_key(&object.key),
            Entry::Prefix(prefix) => Self { after: prefix.clone(), is_prefix: true },
        }
    }

    /// The start as a token for clients.
    pub(super) fn to_token(&self) -> String {
        BASE64.encode(format!("{}{}", if self.is_prefix { 'p' } else { 'k' }, self.after))
    }

    /// The start of a token. Errors: one that is not ours.
    pub(super) fn from_token(token: &str) -> S3Result<Self> {
        let text =
            BASE64.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        match text.split_at_checked(1) {
            Some(("p", after)) => Ok(Self { after: after.to_owned(), is_prefix: true }),
            Some(("k", after)) => Ok(Self { after: after.to_owned(), is_prefix: false }),
            _ => Err(s3_error!(InvalidArgument, "the continuation token is not one of this store")),
        }
    }
}

/// One entry of a list.
pub(super) enum Entry {
    Object(Summary),
    Prefix(String),
}

/// What a list tells about an object. Records themselves are not kept: one with 10 000 parts takes a megabyte.
pub(super) struct Summary {
    key: String,
    etag: String,
    size: u64,
    modified_ms: i64,
}

impl From<ObjectRecord> for Summary {
    fn from(object: ObjectRecord) -> Self {
        let ObjectRecord { key, etag, size, modified_ms, .. } = object;
        Self { key, etag, size, modified_ms }
    }
}

/// Up to `limit` entries and, when there are more, where the next page starts.
pub(super) fn page(
    bucket: &BucketFolder,
    query: &Query<'_>,
    start: &Start,
    limit: usize,
) -> S3Result<(Vec<Entry>, Option<Start>)> {
    let mut walk = Walk::new(bucket.keys(), query.prefix, &start.after).map_err(disk)?;
    if start.is_prefix {
        walk.skip(&start.after);
    }
    let mut page: Vec<Entry> = Vec::new();
    if limit == 0 {
        return Ok((page, None));
    }
    while let Some(object) = walk.next_object().map_err(disk)? {
        if page.len() == limit {
            let next = page.last().map(Start::after_entry);
            return Ok((page, next));
        }
        match query.common_prefix(&object.key) {
            Some(common) => {
                walk.skip(common);
                page.push(Entry::Prefix(common.to_owned()));
            }
            None => page.push(Entry::Object(object.into())),
        }
    }
    Ok((page, None))
}

/// A page as the S3 layer's lists.
pub(super) struct Listed {
    pub(super) contents: Vec<Object>,
    pub(super) common_prefixes: Vec<CommonPrefix>,
}

/// The entries as the S3 layer's lists, keys encoded as asked for.
pub(super) fn contents(page: Vec<Entry>, encoding: Option<&EncodingType>) -> Listed {
    let listed = |text: &str| answer::listed(text, encoding);
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
    Listed { contents, common_prefixes }
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
        let common = |key: &'static str, prefix, delimiter| {
            Query::new(Some(prefix), Some(delimiter)).common_prefix(key)
        };
        assert_eq!(common("a/b/c", "a/", "/"), Some("a/b/"));
        assert_eq!(common("a/b", "a/", "/"), None);
        assert_eq!(common("xéy-z", "x", "-"), Some("xéy-"));
    }

    #[test]
    fn a_marker_that_is_a_common_prefix_is_passed_as_a_whole() {
        let query = Query::new(Some("a/"), Some("/"));
        assert!(Start::after_marker("a/b/", &query).is_prefix);
        assert!(!Start::after_marker("a/b", &query).is_prefix);
        assert!(!Start::after_marker("a/b/c", &query).is_prefix);
    }
}
