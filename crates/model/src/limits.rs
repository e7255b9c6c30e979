//! The limits that are the same in every deployment. A room's own limits stand in that room.

use std::time::Duration;

/// Files up to this size go up in one PUT: 100 MB, as the requirements say.
pub const SINGLE_PUT_MAX_BYTES: u64 = 100_000_000;

/// The smallest part of a multipart upload: 10 MiB.
pub const MIN_PART_SIZE_BYTES: u64 = 10 * 1024 * 1024;

/// The smallest part that S3 joins with others, the last one aside: 5 MiB.
pub const FREE_PART_MIN_BYTES: u64 = 5 * 1024 * 1024;

/// The largest part that S3 takes: 5 GiB.
pub const MAX_PART_BYTES: u64 = 5 * 1024 * 1024 * 1024;
/// S3 takes at most 10 000 parts an object.
pub const MAX_PARTS: u32 = 10_000;

/// The largest upload: 5 TiB, the largest object S3 stores.
pub const MAX_UPLOAD_BYTES: u64 = 5 * 1024 * 1024 * 1024 * 1024;

/// Part URLs signed in one request.
pub const MAX_PART_URLS: usize = 100;

/// Characters of a title.
pub const MAX_TITLE_CHARS: usize = 200;

/// Bytes of a filename, as in most file systems.
pub const MAX_FILENAME_BYTES: usize = 255;

/// How long a presigned URL lives.
pub const PRESIGNED_URL_LIFE: Duration = Duration::from_secs(3600);

/// An upload session without activity expires after this time.
pub const UPLOAD_IDLE_LIFE: Duration = Duration::from_secs(3600);
