//! Upload sessions: their states, and how a file is cut into parts.

use std::fmt;
use std::str::FromStr;

use crate::limits::{MAX_PARTS, MIN_PART_SIZE_BYTES, SINGLE_PUT_MAX_BYTES};
use crate::video::UnknownStatus;

/// Where an upload session is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UploadStatus {
    /// Bytes may be sent.
    Open,
    /// The object is in storage, checked, and its video is being processed.
    Stored,
    /// Nothing happened for too long: what had arrived was removed, and the video with it.
    Expired,
}

impl UploadStatus {
    /// The name in rows and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Stored => "stored",
            Self::Expired => "expired",
        }
    }
}

impl fmt::Display for UploadStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for UploadStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        [Self::Open, Self::Stored, Self::Expired]
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

/// How the bytes of an upload travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadMode {
    /// One presigned PUT.
    Put,
    /// Presigned parts of equal size, the last one shorter.
    Multipart {
        /// Bytes in every part but the last.
        part_size: u64,
        /// How many parts there are; the first has number 1.
        part_count: u32,
    },
    /// One presigned POST of a form, of a size that is not announced.
    Form,
    /// Parts as the client cuts them, of a size that is not announced.
    FreeParts,
}

impl UploadMode {
    /// The mode for a file of `size` bytes: one PUT up to 100 MB, else parts of max(10 MiB, size / 10 000).
    /// The part size never changes afterwards, because Cloudflare R2 wants all parts but the last equal.
    #[must_use]
    pub fn for_size(size: u64) -> Self {
        if size <= SINGLE_PUT_MAX_BYTES {
            return Self::Put;
        }
        let part_size = MIN_PART_SIZE_BYTES.max(size.div_ceil(u64::from(MAX_PARTS)));
        let part_count = u32::try_from(size.div_ceil(part_size)).unwrap_or(MAX_PARTS);
        Self::Multipart { part_size, part_count }
    }

    /// Whether the client tells the size before it sends the bytes.
    #[must_use]
    pub fn is_announced(self) -> bool {
        matches!(self, Self::Put | Self::Multipart { .. })
    }

    /// The exact bytes of part `number` (from 1) of a file of `size` bytes; `None` when there is no such part.
    #[must_use]
    pub fn part_len(self, number: u32, size: u64) -> Option<u64> {
        let Self::Multipart { part_size, part_count } = self else { return None };
        if number == 0 || number > part_count {
            return None;
        }
        let start = u64::from(number - 1) * part_size;
        Some(part_size.min(size.saturating_sub(start)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_UPLOAD_BYTES;

    #[test]
    fn files_up_to_100_mb_are_one_put_and_larger_ones_10_mib_parts() {
        assert_eq!(UploadMode::for_size(1), UploadMode::Put);
        assert_eq!(UploadMode::for_size(100_000_000), UploadMode::Put);
        let mode = UploadMode::for_size(100_000_001);
        assert_eq!(mode, UploadMode::Multipart { part_size: 10_485_760, part_count: 10 });
    }

    #[test]
    fn the_largest_upload_fits_into_ten_thousand_parts() {
        let UploadMode::Multipart { part_size, part_count } = UploadMode::for_size(MAX_UPLOAD_BYTES) else {
            panic!("the largest upload is multipart")
        };
        assert!(part_count <= MAX_PARTS);
        assert!(part_size * u64::from(part_count) >= MAX_UPLOAD_BYTES);
    }

    #[test]
    fn part_lengths_add_up_to_the_file() {
        let size = 125_000_123;
        let mode = UploadMode::for_size(size);
        let sum: u64 = (1..).map_while(|number| mode.part_len(number, size)).sum();
        assert_eq!(sum, size);
        assert_eq!(mode.part_len(0, size), None);
        assert_eq!(UploadMode::Put.part_len(1, size), None);
    }
}
