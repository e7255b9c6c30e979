//! Files of other people's servers, brought into a local file: a few at a time from each of them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use telecine_outbound::{Conditions, Fetch, Limits, OutboundError};
use telecine_queue::JobError;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufWriter};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::App;
use crate::jobs::{disk_failed, remote_failed};

/// Bytes gathered before a write.
const WRITE_BYTES: usize = 256 * 1024;
/// Who waits for longer than this for a place among the files of a host makes room for files from elsewhere …
const PATIENCE: Duration = Duration::from_secs(5);
/// … and comes back.
const LATER: Duration = Duration::from_secs(1);
/// Bytes from which the type of a file is told.
const HEAD_BYTES: u64 = 4096;

/// Files that are on their way, by the host that they come from.
#[derive(Debug, Clone, Default)]
pub struct Hosts(Arc<Mutex<BTreeMap<String, Host>>>);

/// The places of one host, and how many have or want one.
#[derive(Debug)]
struct Host {
    places: Arc<Semaphore>,
    guests: usize,
}

/// Somebody who has a place among the files of a host, or waits for one.
#[derive(Debug)]
struct Guest {
    hosts: Hosts,
    name: String,
    places: Arc<Semaphore>,
}

impl Hosts {
    fn guest(&self, url: &Url, most: usize) -> Guest {
        let name = url.host_str().unwrap_or_default().to_owned();
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts
            .entry(name.clone())
            .or_insert_with(|| Host { places: Arc::new(Semaphore::new(most)), guests: 0 });
        host.guests += 1;
        Guest { hosts: self.clone(), name, places: host.places.clone() }
    }
}

impl Guest {
    /// A place, unless all are taken for longer than anybody should wait for one.
    async fn place(&self) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(PATIENCE, self.places.acquire()).await.ok()?.ok()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut hosts = self.hosts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.get_mut(&self.name) {
            host.guests -= 1;
            if host.guests == 0 {
                hosts.remove(&self.name);
            }
        }
    }
}

/// What came of a fetch.
#[derive(Debug)]
pub(crate) enum Brought {
    /// The file is here.
    File(BroughtFile),
    /// The server still has what the conditions name.
    NotModified,
}

/// A file that is here.
#[derive(Debug)]
pub(crate) struct BroughtFile {
    pub(crate) size: u64,
    /// Hex SHA-256.
    pub(crate) sha256: String,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
}

/// Why a file is not here.
#[derive(Debug)]
pub(crate) enum NotBrought {
    /// The other server's doing.
    Remote(OutboundError),
    /// Others fetch as many files from the same host as may be.
    Busy,
    /// The disk's.
    Disk(io::Error),
    /// The run is to end.
    Cancelled,
}

impl NotBrought {
    /// How it ends a run. `field` is what the address was called.
    pub(crate) fn into_job_error(self, field: &str, subject: impl Display) -> JobError {
        match self {
            Self::Remote(error) => remote_failed(field, &error),
            Self::Busy => JobError::Snooze(LATER),
            Self::Disk(error) => disk_failed(subject, &error),
            Self::Cancelled => JobError::LeaseLost,
        }
    }
}

/// A file that is wanted.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) url: &'a Url,
    pub(crate) limits: Limits,
    /// What is known of it.
    pub(crate) conditions: Conditions,
}

/// Brings a file here, telling `progress` the bytes so far and how many are announced.
pub(crate) async fn to_file(
    app: &App,
    wanted: &Wanted<'_>,
    path: &Path,
    cancel: &CancellationToken,
    progress: impl Fn(u64, Option<u64>) + Send,
) -> Result<Brought, NotBrought> {
    let guest = app.hosts.guest(wanted.url, app.cache.per_host);
    let bring = async {
        let _place = guest.place().await.ok_or(NotBrought::Busy)?;
        bring(app, wanted, path, progress).await
    };
    tokio::select! {
        brought = bring => brought,
        () = cancel.cancelled() => Err(NotBrought::Cancelled),
    }
}

async fn bring(
    app: &App,
    wanted: &Wanted<'_>,
    path: &Path,
    progress: impl Fn(u64, Option<u64>) + Send,
) -> Result<Brought, NotBrought> {
    let Wanted { url, limits, conditions } = wanted;
    let fetch = app.outbound.fetch_if(url, *limits, conditions, app.clock.now()).await;
    let mut fetched = match fetch.map_err(NotBrought::Remote)? {
        Fetch::Body(fetched) => *fetched,
        Fetch::NotModified => return Ok(Brought::NotModified),
    };
    let Conditions { etag, last_modified } = fetched.conditions();
    let file = File::create(path).await.map_err(NotBrought::Disk)?;
    let (mut file, mut hasher, mut size) = (BufWriter::with_capacity(WRITE_BYTES, file), Sha256::new(), 0);
    while let Some(chunk) = fetched.chunk().await.map_err(NotBrought::Remote)? {
        file.write_all(&chunk).await.map_err(NotBrought::Disk)?;
        hasher.update(&chunk);
        size += chunk.len() as u64;
        progress(size, fetched.length());
    }
    file.flush().await.map_err(NotBrought::Disk)?;
    let sha256 = hex::encode(hasher.finalize());
    Ok(Brought::File(BroughtFile { size, sha256, etag, last_modified }))
}

/// The media type of a file by its first bytes; `None` when it is no picture, film or sound.
pub(crate) async fn sniffed(path: &Path) -> io::Result<Option<&'static str>> {
    let mut head = Vec::new();
    File::open(path).await?.take(HEAD_BYTES).read_to_end(&mut head).await?;
    Ok(media_type(&head))
}

fn media_type(head: &[u8]) -> Option<&'static str> {
    let mime = infer::get(head)?.mime_type();
    let is_media = ["image/", "video/", "audio/"].iter().any(|kind| mime.starts_with(kind));
    // Drawings with scripts would run where the objects lie.
    (is_media && mime != "image/svg+xml").then_some(mime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_host_has_so_many_places_and_gets_them_back() {
        let hosts = Hosts::default();
        let guest = |url: &str| hosts.guest(&url.parse().unwrap(), 2);
        let guests = [(); 3].map(|()| guest("https://media.example/a"));
        let first = guests[0].place().await.unwrap();
        let second = guests[1].place().await.unwrap();
        assert!(guests[2].place().await.is_none(), "after a while");
        assert!(guest("https://other.example/").place().await.is_some());
        drop(first);
        assert!(guests[2].place().await.is_some());
        drop(second);
        drop(guests);
        assert!(hosts.0.lock().unwrap().is_empty());
    }

    #[test]
    fn only_pictures_films_and_sounds_have_a_type() {
        assert_eq!(media_type(b"\xff\xd8\xff\xe0\0\x10JFIF"), Some("image/jpeg"));
        assert_eq!(media_type(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"), Some("video/mp4"));
        assert_eq!(media_type(b"ID3\x04\0\0\0\0\0\0"), Some("audio/mpeg"));
        for other in [
            &b"<svg xmlns=\"http://www.w3.org/2000/svg\">"[..],
            b"<!DOCTYPE html><p>",
            b"%PDF-1.7",
            b"\x7fELF",
            b"",
        ] {
            assert_eq!(media_type(other), None, "{}", String::from_utf8_lossy(other));
        }
    }
}
