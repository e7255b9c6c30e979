//! What jobs do with storage: list, write, read, join parts, delete.

use bytes::Bytes;
use telecine_storage::StoreError;

use super::advice::about;
use super::endpoint::ADDRESS_LIFE;
use super::{Checked, Complaint, Patient};

const BODY: &[u8] = b"telecine";
/// The smallest part that S3 takes before the last one.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// Lists what is there: the right to look is the first one.
pub(super) async fn credentials(patient: &Patient<'_>) -> Checked {
    let listed = patient.store.list_page(&patient.prefix, None).await;
    listed.map_err(|error| about(patient, &error))?;
    Ok(format!("the key may list the bucket {}", patient.settings.storage.bucket))
}

/// Writes, looks, reads and deletes an object.
pub(super) async fn round_trip(patient: &Patient<'_>) -> Checked {
    let (store, key) = (&patient.store, patient.key("object"));
    let complain = |error: StoreError| about(patient, &error);
    store.put_bytes(&key, "text/plain", None, Bytes::from_static(BODY)).await.map_err(complain)?;
    let found = store.head(&key).await.map_err(complain)?;
    let read = store.get_bytes(&key, 100).await.map_err(complain)?;
    store.delete(&key).await.map_err(complain)?;
    let is_gone = !store.exists(&key).await.map_err(complain)?;
    let is_same = read.as_ref() == BODY && found.is_some_and(|found| found.size == BODY.len() as u64);
    if is_same && is_gone {
        return Ok("written, read and deleted an object".to_owned());
    }
    let detail =
        if is_same { "a deleted object is still there" } else { "what was read is not what was written" };
    Err(Complaint::new(
        detail,
        "the server is not consistent after a write; use one that is, or ask its operator",
    ))
}

/// Sends two parts as a browser does, lists them, and joins them.
pub(super) async fn multipart(patient: &Patient<'_>) -> Checked {
    let (store, key) = (&patient.store, patient.key("parts"));
    let complain = |error: StoreError| about(patient, &error);
    let upload_id = store.create_multipart(&key, "application/octet-stream").await.map_err(complain)?;
    let done = send_and_join(patient, &key, &upload_id).await;
    if done.is_err() {
        // The first failure is the one to tell.
        let _ = store.abort_multipart(&key, &upload_id).await;
    }
    done
}

async fn send_and_join(patient: &Patient<'_>, key: &str, upload_id: &str) -> Checked {
    let complain = |error: StoreError| about(patient, &error);
    let mut sent = Vec::new();
    for (number, length) in [(1, PART_BYTES), (2, 1)] {
        sent.push((number, send_part(patient, key, upload_id, number, length).await?));
    }
    let listed = patient.store.list_parts(key, upload_id).await.map_err(complain)?;
    if listed.len() != sent.len() {
        return Err(Complaint::new(
            format!("{} of 2 parts are listed", listed.len()),
            "the server does not list parts, and uploads cannot be resumed; use one that does (ListParts)",
        ));
    }
    let parts: Vec<_> = listed.into_iter().map(|part| (part.number, part.etag)).collect();
    let joined = patient.store.complete_multipart(key, upload_id, &parts).await.map_err(complain)?;
    if joined.size != PART_BYTES as u64 + 1 {
        return Err(Complaint::new(
            format!("two parts became an object of {} bytes", joined.size),
            "the server joins parts wrongly; use another one",
        ));
    }
    Ok("two presigned parts sent, listed and joined".to_owned())
}

/// Sends one part to its presigned address and gives its ETag.
async fn send_part(
    patient: &Patient<'_>,
    key: &str,
    upload_id: &str,
    number: u16,
    length: usize,
) -> Result<String, Complaint> {
    let signed = patient.store.presign_part(key, upload_id, number, length as u64, ADDRESS_LIFE);
    let url = signed.map_err(|error| about(patient, &error))?.url;
    let answer = patient.browser.put(url).body(vec![0; length]).send().await;
    let fix = "let browsers PUT to storage.public_endpoint (S3_PUBLIC_ENDPOINT); a proxy before it must pass the Host header and bodies of any size";
    let answer = answer.map_err(|_| Complaint::new("a presigned part could not be sent", fix))?;
    if !answer.status().is_success() {
        return Err(Complaint::new(format!("a presigned part was answered with {}", answer.status()), fix));
    }
    let etag = answer.headers().get("etag").and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    etag.ok_or_else(|| {
        Complaint::new("a part was answered without an ETag", "use a server that gives every part an ETag")
    })
}

/// Removes everything that the checks have written.
pub(super) async fn clean_up(patient: &Patient<'_>) -> Checked {
    let removed = patient.store.delete_prefix(&patient.prefix).await;
    let removed = removed.map_err(|error| about(patient, &error))?;
    Ok(format!("{removed} objects of these checks removed"))
}
