//! The parts of an open multipart upload: files whose names say everything, `p00001.<md5>.<size>`.
//!
//! One directory listing answers ListParts, and a restart forgets nothing. A part that is sent again has another
//! name; the newer file wins and the older one is removed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use md5::{Digest as _, Md5};
use s3s::{S3Result, s3_error};

use super::durable::{self, absent_is_fine};
use super::failure::{disk, no_such_upload};
use super::layout::{BucketFolder, is_upload_id};
use super::receive::Received;
use super::record::{self, ObjectRecord, UploadRecord};
use super::store::Store;

/// S3 numbers parts from 1 to 10 000.
pub(super) const MAX_PART_NUMBER: u32 = 10_000;

/// One part as its file name tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) number: u32,
    pub(super) md5: [u8; 16],
    pub(super) size: u64,
}

impl Part {
    /// The name of the part's file.
    pub(super) fn file_name(&self) -> String {
        format!("p{:05}.{}.{}", self.number, hex::encode(self.md5), self.size)
    }

    /// The ETag of the part, without quotes.
    pub(super) fn etag(&self) -> String {
        hex::encode(self.md5)
    }

    fn parse(name: &str) -> Option<Self> {
        let mut fields = name.strip_prefix('p')?.split('.');
        let number = fields.next()?.parse().ok()?;
        let md5 = hex::decode(fields.next()?).ok()?.try_into().ok()?;
        let size = fields.next()?.parse().ok()?;
        Some(Self { number, md5, size })
    }
}

/// A part and when it was written.
#[derive(Debug, Clone)]
pub(super) struct StoredPart {
    pub(super) part: Part,
    pub(super) written: SystemTime,
}

/// The parts in a directory by number, the newest file of each. A missing directory has none.
pub(super) fn list(directory: &Path) -> io::Result<BTreeMap<u32, StoredPart>> {
    let mut newest: BTreeMap<u32, StoredPart> = BTreeMap::new();
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(newest),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let Some(part) = entry.file_name().to_str().and_then(Part::parse) else {
            continue;
        };
        let stored = StoredPart { written: entry.metadata()?.modified()?, part };
        match newest.get(&stored.part.number) {
            Some(other) if other.written > stored.written => {}
            _ => drop(newest.insert(stored.part.number, stored)),
        }
    }
    Ok(newest)
}

/// Removes every file of the directory that the object does not use, and nothing else.
pub(super) fn remove_unused(directory: &Path, object: &ObjectRecord) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        if !object.parts.iter().any(|part| *part.file == *name) {
            absent_is_fine(fs::remove_file(directory.join(name)))?;
        }
    }
    Ok(())
}

/// The ETag of an object made of these parts: the MD5 of their MD5s, a dash, and their count.
pub(super) fn multipart_etag(parts: &[Part]) -> String {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(part.md5);
    }
    format!("{}-{}", hex::encode(md5.finalize()), parts.len())
}

impl Store {
    /// The record of an open upload of this key. Errors: NoSuchUpload.
    pub(super) fn open_upload(
        &self,
        bucket: &BucketFolder,
        key: &str,
        upload_id: &str,
    ) -> S3Result<UploadRecord> {
        if !is_upload_id(upload_id) {
            return Err(no_such_upload());
        }
        let found: Option<UploadRecord> = record::read(&bucket.upload_record(upload_id)).map_err(disk)?;
        found.filter(|upload| upload.key == key).ok_or_else(no_such_upload)
    }

    /// Makes a received body part `number` of an open upload, in place of an earlier one. Errors: NoSuchUpload.
    pub(super) fn commit_part(&self, place: &PartPlace, received: Received) -> S3Result<Part> {
        let bucket = self.bucket(&place.bucket)?;
        let part = Part { number: place.number, md5: received.md5, size: received.size };
        let directory = bucket.blob(&place.upload_id);
        let _turn = self.upload_locks.lock(&place.bucket, &place.upload_id);
        self.open_upload(&bucket, &place.key, &place.upload_id)?;
        // Complete removes the upload's record after its commit; if the disk refused, the parts are in use all the same.
        let object: Option<ObjectRecord> =
            record::read_intact(&bucket.object_record(&place.key)).map_err(disk)?;
        if object.is_some_and(|object| object.blob == place.upload_id) {
            return Err(no_such_upload());
        }
        let file_name = part.file_name();
        received.file.rename_to(&directory.join(&file_name)).map_err(disk)?;
        durable::sync_dir(&directory).map_err(disk)?;
        for older in files_of(&directory, part.number).map_err(disk)? {
            if older.file_name().and_then(|name| name.to_str()) != Some(&*file_name) {
                absent_is_fine(fs::remove_file(older)).map_err(disk)?;
            }
        }
        Ok(part)
    }
}

/// Which part of which upload a request carries.
#[derive(Debug, Clone)]
pub(super) struct PartPlace {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) upload_id: String,
    pub(super) number: u32,
}

impl PartPlace {
    /// Errors: a part number that is not 1 to 10 000.
    pub(super) fn new(bucket: String, key: String, upload_id: String, number: i32) -> S3Result<Self> {
        let number = u32::try_from(number).ok().filter(|number| (1..=MAX_PART_NUMBER).contains(number));
        let Some(number) = number else {
            return Err(s3_error!(InvalidArgument, "a part number is 1 to {MAX_PART_NUMBER}"));
        };
        Ok(Self { bucket, key, upload_id, number })
    }
}

fn files_of(directory: &Path, number: u32) -> io::Result<Vec<PathBuf>> {
    let start = format!("p{number:05}.");
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(&start)) {
            files.push(entry.path());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: u32, fill: u8) -> Part {
        Part { number, md5: [fill; 16], size: 7 }
    }

    #[test]
    fn a_part_is_read_back_from_its_file_name() {
        assert_eq!(Part::parse(&part(10_000, 0xab).file_name()), Some(part(10_000, 0xab)));
        for name in ["", "p1", "p00001.zz.1", "p00001.abcd.1", "x00001.00.1"] {
            assert_eq!(Part::parse(name), None, "{name}");
        }
    }

    #[test]
    fn of_two_files_of_one_part_the_newer_wins() {
        let folder = tempfile::tempdir().unwrap();
        let write = |part: &Part, seconds| {
            let file = fs::File::create(folder.path().join(part.file_name())).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds)).unwrap();
        };
        write(&part(2, 1), 20);
        write(&part(2, 2), 30);
        write(&part(2, 3), 10);
        write(&part(1, 9), 40);
        let found = list(folder.path()).unwrap();
        assert_eq!(
            found.values().map(|stored| stored.part.clone()).collect::<Vec<_>>(),
            [part(1, 9), part(2, 2)]
        );
    }

    // The MD5 of 32 zero bytes, by md5sum.
    #[test]
    fn the_etag_of_an_object_is_the_md5_of_the_md5s_of_its_parts() {
        assert_eq!(multipart_etag(&[part(1, 0), part(2, 0)]), "70bc8f4b72a86921468bf8e8441dce51-2");
    }
}
