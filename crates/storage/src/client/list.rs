//! Lists of objects, page by page or whole.

use rusty_s3::actions::ListObjectsV2;

use super::ObjectStore;
use super::object::{ObjectInfo, unquoted};
use super::request::{Call, Signed};
use crate::error::StoreError;

/// The most objects a whole list holds: about 200 MB of keys. Larger prefixes are read page by page.
const MAX_LISTED: usize = 1_000_000;

/// Up to 1000 objects in the order of their keys.
#[derive(Debug, Clone)]
pub struct ListPage {
    /// The objects; their types are not told.
    pub objects: Vec<ObjectInfo>,
    /// What to ask for next; `None` after the last page.
    pub next: Option<String>,
}

impl ObjectStore {
    /// One page of the objects whose keys begin with `prefix`. `from` is the `next` of the page before.
    ///
    /// # Errors
    /// The storage is unavailable, or denies it.
    pub async fn list_page(&self, prefix: &str, from: Option<&str>) -> Result<ListPage, StoreError> {
        let call = Call::new("list", prefix);
        let xml = self
            .send_for_xml(&call, |now| {
                let mut action = self.inner.bucket.list_objects_v2(Some(&self.inner.credentials));
                action.with_prefix(prefix);
                if let Some(token) = from {
                    action.with_continuation_token(token);
                }
                Signed::action(&action, now)
            })
            .await?;
        let page = ListObjectsV2::parse_response(&xml)
            .map_err(|error| call.subject.unavailable(format!("unreadable list: {error}")))?;
        let objects = page.contents.into_iter().map(|object| ObjectInfo {
            key: object.key,
            size: object.size.unwrap_or(0),
            etag: object.etag.as_deref().map(unquoted).unwrap_or_default(),
            content_type: None,
        });
        Ok(ListPage { objects: objects.collect(), next: page.next_continuation_token })
    }

    /// All objects whose keys begin with `prefix`, in the order of their keys.
    ///
    /// # Errors
    /// `TooMany` above a million; the storage is unavailable, or denies it.
    pub async fn list(&self, prefix: &str) -> Result<Vec<ObjectInfo>, StoreError> {
        let mut all = Vec::new();
        let mut from = None;
        loop {
            let page = self.list_page(prefix, from.as_deref()).await?;
            all.extend(page.objects);
            if all.len() > MAX_LISTED {
                return Err(StoreError::TooMany {
                    operation: "list",
                    prefix: prefix.to_owned(),
                    limit: MAX_LISTED,
                });
            }
            match page.next {
                Some(next) => from = Some(next),
                None => return Ok(all),
            }
        }
    }
}
