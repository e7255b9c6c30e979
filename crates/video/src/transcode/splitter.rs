//! Cutting one pipe of CMAF into its init segment and fragments: `ftyp moov (moof mdat)*` and nothing else.

use std::io;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::boxes::{BoxError, FragmentInfo, TrackInfo, delay, parse_init, parse_moof};
use crate::error::VideoError;

/// Bytes of `ftyp`, `moov` and `moof` at most; seen are 1 and 4 KiB.
const MAX_INDEX_BOX_BYTES: u64 = 4 * 1024 * 1024;

/// Bytes of an `mdat` at most. The bitrate cap and its buffer allow 12 MB for 4 s of 2160p.
const MAX_MEDIA_BOX_BYTES: u64 = 64 * 1024 * 1024;

const HEADER_BYTES: usize = 8;
const LONG_HEADER_BYTES: usize = 16;

/// Why a pipe could not be read to its end.
#[derive(Debug)]
pub(super) enum ReadFailure {
    /// It ended inside a box. That follows from the encoder's end, which says more about the cause.
    Cut,
    /// Anything else is a cause of its own.
    Other(VideoError),
}

impl From<VideoError> for ReadFailure {
    fn from(error: VideoError) -> Self {
        Self::Other(error)
    }
}

impl From<BoxError> for ReadFailure {
    fn from(error: BoxError) -> Self {
        Self::Other(error.into())
    }
}

impl From<io::Error> for ReadFailure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Cut,
            _ => Self::Other(VideoError::Scratch(error)),
        }
    }
}

/// The beginning of a rendition.
#[derive(Debug)]
pub(super) struct Init {
    pub(super) bytes: Bytes,
    pub(super) track: TrackInfo,
}

/// One `moof` with its `mdat`.
#[derive(Debug)]
pub(super) struct Fragment {
    pub(super) bytes: Bytes,
    pub(super) info: FragmentInfo,
    /// Whether its pictures need none before them: its first one is an IDR picture of H.264.
    pub(super) is_closed: bool,
}

impl Fragment {
    /// The same after so many ticks that the encoder did not see.
    pub(super) fn later(mut self, ticks: u64) -> Result<Self, BoxError> {
        if ticks > 0 {
            let mut bytes = self.bytes.to_vec();
            delay(payload_mut(&mut bytes), ticks)?;
            (self.bytes, self.info.start) = (bytes.into(), self.info.start + ticks);
        }
        Ok(self)
    }
}

/// Reads boxes from a pipe.
pub(super) struct Splitter<R> {
    pipe: R,
}

impl<R: AsyncRead + Unpin> Splitter<R> {
    pub(super) fn new(pipe: R) -> Self {
        Self { pipe }
    }

    /// The init segment; `None` when the encoder wrote nothing at all.
    pub(super) async fn init(&mut self) -> Result<Option<Init>, ReadFailure> {
        let mut bytes = Vec::new();
        if !self.append(&mut bytes, b"ftyp", MAX_INDEX_BOX_BYTES).await? {
            return Ok(None);
        }
        let ftyp_end = bytes.len();
        if !self.append(&mut bytes, b"moov", MAX_INDEX_BOX_BYTES).await? {
            return Err(ReadFailure::Cut);
        }
        let track = parse_init(payload(&bytes[..ftyp_end]), payload(&bytes[ftyp_end..]))?;
        Ok(Some(Init { bytes: bytes.into(), track }))
    }

    /// The next fragment; `None` at the end.
    pub(super) async fn fragment(&mut self, track: &TrackInfo) -> Result<Option<Fragment>, ReadFailure> {
        let mut bytes = Vec::new();
        if !self.append(&mut bytes, b"moof", MAX_INDEX_BOX_BYTES).await? {
            return Ok(None);
        }
        let info = parse_moof(payload(&bytes), track)?;
        let media = bytes.len();
        if !self.append(&mut bytes, b"mdat", MAX_MEDIA_BOX_BYTES).await? {
            return Err(ReadFailure::Cut);
        }
        let is_closed = starts_with_idr(payload(&bytes[media..]));
        Ok(Some(Fragment { bytes: bytes.into(), info, is_closed }))
    }

    /// Appends the next box, which must be of the given type; `false` at the end of the pipe.
    async fn append(&mut self, bytes: &mut Vec<u8>, kind: &[u8; 4], max: u64) -> Result<bool, ReadFailure> {
        let mut header = [0; LONG_HEADER_BYTES];
        if self.pipe.read(&mut header[..1]).await? == 0 {
            return Ok(false);
        }
        self.pipe.read_exact(&mut header[1..HEADER_BYTES]).await?;
        let [s0, s1, s2, s3, t0, t1, t2, t3, ..] = header;
        let found = [t0, t1, t2, t3];
        if &found != kind {
            let detail = format!("expected {}, found {}", kind.escape_ascii(), found.escape_ascii());
            return Err(VideoError::invalid(detail).into());
        }
        let mut header_bytes = HEADER_BYTES;
        let mut size = u64::from(u32::from_be_bytes([s0, s1, s2, s3]));
        if size == 1 {
            self.pipe.read_exact(&mut header[HEADER_BYTES..]).await?;
            header_bytes = LONG_HEADER_BYTES;
            let (_, long) = header.split_at(HEADER_BYTES);
            size = long.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        }
        if size < header_bytes as u64 || size > max {
            let detail = format!("box {} claims {size} bytes", kind.escape_ascii());
            return Err(VideoError::invalid(detail).into());
        }
        bytes.extend_from_slice(&header[..header_bytes]);
        let body = bytes.len();
        let size = usize::try_from(size).map_err(|_| VideoError::invalid("a box larger than memory"))?;
        bytes.resize(body + size - header_bytes, 0);
        self.pipe.read_exact(&mut bytes[body..]).await?;
        Ok(true)
    }
}

/// Whether the first picture of H.264 in here is an IDR picture (ISO/IEC 14496-10, 7.4.1: NAL unit type 5). Other key
/// frames may be followed by pictures that need what was before them. NAL units have their length in front, in four bytes.
fn starts_with_idr(mut media: &[u8]) -> bool {
    const PICTURE: u8 = 1;
    const IDR_PICTURE: u8 = 5;
    while let Some((length, rest)) = media.split_first_chunk::<4>() {
        match rest.first().map(|header| header & 0x1f) {
            Some(IDR_PICTURE) => return true,
            Some(PICTURE) | None => return false,
            // Parameter sets, delimiters and remarks come first.
            Some(_) => {}
        }
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        media = rest.get(length..).unwrap_or_default();
    }
    false
}

/// What follows the header of a box.
fn payload(whole: &[u8]) -> &[u8] {
    let is_long = whole[..4] == [0, 0, 0, 1];
    &whole[if is_long { LONG_HEADER_BYTES } else { HEADER_BYTES }..]
}

fn payload_mut(whole: &mut [u8]) -> &mut [u8] {
    let is_long = whole[..4] == [0, 0, 0, 1];
    &mut whole[if is_long { LONG_HEADER_BYTES } else { HEADER_BYTES }..]
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn init_of(bytes: &[u8]) -> Result<bool, ReadFailure> {
        Splitter::new(bytes).init().await.map(|init| init.is_some())
    }

    #[test]
    fn an_idr_picture_is_told_from_other_key_frames() {
        let unit = |kind: u8| [&[0, 0, 0, 3, 0x60 | kind][..], &[1, 2]].concat();
        assert!(starts_with_idr(&[unit(9), unit(7), unit(8), unit(6), unit(5)].concat()));
        assert!(!starts_with_idr(&[unit(9), unit(6), unit(1), unit(5)].concat()));
        assert!(!starts_with_idr(&[0xff, 0xff, 0xff, 0xff, 0x67]));
        assert!(!starts_with_idr(b""));
    }

    #[tokio::test]
    async fn nothing_at_all_is_no_rendition() {
        assert!(matches!(init_of(b"").await, Ok(false)));
    }

    #[tokio::test]
    async fn an_end_inside_or_between_boxes_is_told_apart_from_wrong_boxes() {
        for cut in [&b"\0\0"[..], b"\0\0\0\x10ftypcmfc", b"\0\0\0\x10ftypcmfccmfc", b"\0\0\0\x01ftyp\0\0"] {
            assert!(matches!(init_of(cut).await, Err(ReadFailure::Cut)), "{cut:?}");
        }
        for wrong in
            [&b"\0\0\0\x10mdatxxxxxxxx"[..], b"\0\0\0\x04ftyp", b"\0\0\0\0ftyp", b"\xff\xff\xff\xffftyp"]
        {
            assert!(matches!(init_of(wrong).await, Err(ReadFailure::Other(_))), "{wrong:?}");
        }
    }
}
