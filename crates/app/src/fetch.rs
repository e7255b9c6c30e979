//! Files of other people's servers, brought into a local file: a few at a time from each of them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use telecine_outbound::{Conditions, Fetch, Limits, OutboundError};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufWriter};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::App;

/// Bytes gathered before a write.
const WRITE_BYTES: usize = 256 * 1024;
/// Bytes from which the type of a file is told.
const HEAD_BYTES: u64 = 4096;

/// How many files are on their way from each host.
#[derive(Debug, Clone, Default)]
pub struct Hosts(Arc<Mutex<BTreeMap<String, usize>>>);

/// A place among the files of a host, given back when dropped.
#[derive(Debug)]
pub(crate) struct HostPlace {
    hosts: Hosts,
    host: String,
}

impl Hosts {
    /// A place, if fewer than `most` are taken.
    pub(crate) fn enter(&self, url: &Url, most: usize) -> Option<HostPlace> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = places.entry(host.clone()).or_default();
        if *taken >= most {
            return None;
        }
        *taken += 1;
        Some(HostPlace { hosts: self.clone(), host })
    }
}

impl Drop for HostPlace {
    fn drop(&mut self) {
        let mut places = self.hosts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = places.get_mut(&self.host) {
            *taken -= 1;
            if *taken == 0 {
                places.remove(&self.host);
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
    /// The disk's.
    Disk(io::Error),
    /// The run is to end.
    Cancelled,
}

/// Brings a file here, telling `progress` the bytes so far and how many are announced.
pub(crate) async fn to_file(
    app: &App,
    url: &Url,
    limits: Limits,
    conditions: &Conditions,
    path: &Path,
    cancel: &CancellationToken,
    progress: impl Fn(u64, Option<u64>) + Send,
) -> Result<Brought, NotBrought> {
    tokio::select! {
        brought = bring(app, url, limits, conditions, path, progress) => brought,
        () = cancel.cancelled() => Err(NotBrought::Cancelled),
    }
}

async fn bring(
    app: &App,
    url: &Url,
    limits: Limits,
    conditions: &Conditions,
    path: &Path,
    progress: impl Fn(u64, Option<u64>) + Send,
) -> Result<Brought, NotBrought> {
    let fetch = app.outbound.fetch_if(url, limits, conditions, app.clock.now()).await;
    let mut fetched = match fetch.map_err(NotBrought::Remote)? {
        Fetch::Body(fetched) => fetched,
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

    #[test]
    fn a_host_has_so_many_places_and_gets_them_back() {
        let (hosts, url) = (Hosts::default(), "https://media.example/a".parse().unwrap());
        let first = hosts.enter(&url, 2).unwrap();
        let _second = hosts.enter(&url, 2).unwrap();
        assert!(hosts.enter(&url, 2).is_none());
        assert!(hosts.enter(&"https://other.example/".parse().unwrap(), 2).is_some());
        drop(first);
        assert!(hosts.enter(&url, 2).is_some());
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
