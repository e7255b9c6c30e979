//! ListParts: in order of number, paged.

use std::ops::Bound;
use std::sync::Arc;

use s3s::dto::{ListPartsInput, ListPartsOutput, Part, Timestamp};
use s3s::{S3Request, S3Result};

use super::{count, page_size};
use crate::embedded::answer;
use crate::embedded::failure::{blocking, disk};
use crate::embedded::parts::{self, StoredPart};
use crate::embedded::store::Store;

pub(super) async fn list_parts(
    store: &Arc<Store>,
    request: S3Request<ListPartsInput>,
) -> S3Result<ListPartsOutput> {
    let input = request.input;
    let limit = page_size(input.max_parts)?;
    let marker = u32::try_from(input.part_number_marker.unwrap_or(0)).unwrap_or(0);
    blocking(store, move |store| {
        let bucket = store.bucket(&input.bucket)?;
        store.open_upload(&bucket, &input.key, &input.upload_id)?;
        let all = parts::list(&bucket.blob(&input.upload_id)).map_err(disk)?;
        let mut later = all.range((Bound::Excluded(marker), Bound::Unbounded)).map(|(_, stored)| stored);
        let page: Vec<&StoredPart> = later.by_ref().take(limit).collect();
        let is_truncated = later.next().is_some() && !page.is_empty();
        let last = page.last().filter(|_| is_truncated).map(|stored| number(stored));
        Ok(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            max_parts: Some(count(limit)),
            part_number_marker: input.part_number_marker.or(Some(0)),
            next_part_number_marker: last,
            is_truncated: Some(is_truncated),
            parts: Some(page.into_iter().map(listed).collect()),
            ..ListPartsOutput::default()
        })
    })
    .await
}

fn listed(stored: &StoredPart) -> Part {
    Part {
        part_number: Some(number(stored)),
        e_tag: Some(answer::etag(&stored.part.etag())),
        size: Some(answer::signed(stored.part.size)),
        last_modified: Some(Timestamp::from(stored.written)),
        ..Part::default()
    }
}

fn number(stored: &StoredPart) -> i32 {
    i32::try_from(stored.part.number).unwrap_or(i32::MAX)
}
