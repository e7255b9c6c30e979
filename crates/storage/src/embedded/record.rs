//! The small JSON files: the record of an object and the record of an open multipart upload.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What the writer said about the bytes, given back with them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Headers {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_disposition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_encoding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) content_language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cache_control: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) user: BTreeMap<String, String>,
}

/// One file of a multipart object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartFile {
    pub(super) file: String,
    pub(super) size: u64,
}

/// The record of an object. Its rename into place is the one moment at which the object comes to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ObjectRecord {
    pub(super) key: String,
    /// Without quotes: the MD5 of the bytes, or `md5(part md5s)-count`.
    pub(super) etag: String,
    pub(super) size: u64,
    /// Milliseconds since 1970.
    pub(super) modified_ms: i64,
    /// The name under `d`: a file, or a directory when `parts` is not empty.
    pub(super) blob: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) parts: Vec<PartFile>,
    #[serde(flatten)]
    pub(super) headers: Headers,
}

/// The record of an open multipart upload: while it exists and no object uses its parts, parts may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UploadRecord {
    pub(super) key: String,
    /// Milliseconds since 1970.
    pub(super) initiated_ms: i64,
    #[serde(flatten)]
    pub(super) headers: Headers,
}

/// Reads a record; `None` when there is none. A damaged one is an error of the kind `InvalidData`.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Like [`read`], but a damaged record counts as none, and the log tells of it: one file that a failing disk has cut
/// must keep neither its neighbours from being listed nor its key from being written again.
pub(super) fn read_intact<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match read(path) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            tracing::warn!(%error, record = %path.display(), "a record is damaged and is overlooked");
            Ok(None)
        }
        read => read,
    }
}

// `NotADirectory` cannot come from our own paths, but a foreign file in the folder must not turn into an error 500.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The bytes of a record.
pub(super) fn to_bytes<T: Serialize>(record: &T) -> io::Result<Vec<u8>> {
    serde_json::to_vec(record).map_err(io::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_its_file_whatever_the_key() {
        let record = ObjectRecord {
            key: "a\0\"ü/..".to_owned(),
            etag: "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
            size: 0,
            modified_ms: 1,
            blob: "b".to_owned(),
            parts: vec![PartFile { file: "p00001.x.5".to_owned(), size: 5 }],
            headers: Headers { content_type: Some("video/mp4".to_owned()), ..Headers::default() },
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record");
        fs::write(&path, to_bytes(&record).unwrap()).unwrap();
        assert_eq!(read(&path).unwrap(), Some(record));
        assert_eq!(read::<ObjectRecord>(&folder.path().join("other")).unwrap(), None);
    }
}
