//! MP4 and MOV: the headers of the top-level boxes (ISO/IEC 14496-12, 4.2), followed to the end of the file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use crate::error::VideoError;

/// Bytes of the index at most: 16 for each frame of six hours at 60 frames, and as much again for the sound.
pub(crate) const MAX_INDEX_BYTES: u64 = 64 * 1024 * 1024;

/// Boxes walked at most: a fragmented file of six hours has 90 000.
const MAX_BOXES: usize = 1_000_000;

/// Types a file of this family starts with.
const FIRST_TYPES: &[&[u8; 4]] = &[b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"];

/// Bytes of an ID3v1 tag, which is the last thing in a file.
const ID3V1_BYTES: u64 = 128;

/// Checks that no top-level box reaches past the end and that there is an index; other containers pass.
pub(super) fn check(file: &mut (impl Read + Seek), len: u64) -> Result<(), VideoError> {
    walk(file, len, |_, _| ())
}

/// The payload of the index, where there is one of a size that is worth reading.
pub(super) fn index(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let len = file.metadata()?.len();
    let mut moov = None;
    let walked = walk(file, len, |kind, place| {
        if &kind == b"moov" {
            moov = Some(place);
        }
    });
    match (walked, moov) {
        (Ok(()), Some(place)) => payload(file, &place),
        (Err(VideoError::Scratch(error)), _) => Err(error),
        _ => Ok(None),
    }
}

/// What follows the header of a box; `None` when it is larger than any index.
pub(crate) fn payload(file: &mut (impl Read + Seek), place: &Range<u64>) -> io::Result<Option<Vec<u8>>> {
    // The header of a box of less than 4 GB has eight bytes.
    let bytes = (place.end - place.start).saturating_sub(8);
    if bytes > MAX_INDEX_BYTES {
        return Ok(None);
    }
    let mut payload = Vec::new();
    file.seek(SeekFrom::Start(place.start + 8))?;
    file.take(bytes).read_to_end(&mut payload)?;
    Ok(Some(payload))
}

/// The same, naming every box: its type and where it lies, header and all.
pub(crate) fn walk(
    file: &mut (impl Read + Seek),
    len: u64,
    mut visit: impl FnMut([u8; 4], Range<u64>),
) -> Result<(), VideoError> {
    let mut at = 0;
    let mut has_index = false;
    for count in 0..MAX_BOXES {
        let next = header(file, at, len).map_err(VideoError::Scratch)?;
        if count == 0 && !next.is_some_and(|(kind, _)| FIRST_TYPES.contains(&&kind)) {
            return Ok(());
        }
        let Some((kind, size)) = next else { break };
        // Some programs append padding or notes of their own after the last box.
        if !is_type(kind) || is_tag(file, at, len).map_err(VideoError::Scratch)? {
            break;
        }
        let name = kind.escape_ascii();
        let end = at.checked_add(size).filter(|end| *end <= len);
        let Some(end) = end else {
            let detail = format!("box {name} at {at} needs {size} bytes, the file ends after {}", len - at);
            return Err(VideoError::Truncated { detail });
        };
        visit(kind, at..end);
        has_index |= &kind == b"moov";
        at = end;
    }
    if !has_index {
        return Err(VideoError::Truncated { detail: "there is no moov box".to_owned() });
    }
    Ok(())
}

fn is_type(kind: [u8; 4]) -> bool {
    kind.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ' || *byte == 0xa9)
}

/// Whether a tag of a music program starts at `at`, where at least eight bytes are left: ID3v1, its extension, APE or
/// Lyrics3. Read as boxes, the letters of such a tag promise hundreds of megabytes.
fn is_tag(file: &mut (impl Read + Seek), at: u64, len: u64) -> io::Result<bool> {
    let mut start = [0; 8];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut start)?;
    let is_id3v1 = start.starts_with(b"TAG") && len - at == ID3V1_BYTES;
    Ok(is_id3v1 || start.starts_with(b"TAG+") || &start == b"APETAGEX" || &start == b"LYRICSBE")
}

/// Type and size of the box at `at`; `None` at the end, or when fewer bytes than a header are left.
fn header(file: &mut (impl Read + Seek), at: u64, len: u64) -> io::Result<Option<([u8; 4], u64)>> {
    if len - at < 8 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(at))?;
    let mut short = [0; 8];
    file.read_exact(&mut short)?;
    let [s0, s1, s2, s3, kind @ ..] = short;
    let size = match u32::from_be_bytes([s0, s1, s2, s3]) {
        0 => len - at,
        1 if len - at >= 16 => {
            let mut long = [0; 8];
            file.read_exact(&mut long)?;
            u64::from_be_bytes(long).max(16)
        }
        1 => 16,
        size => u64::from(size).max(8),
    };
    Ok(Some((kind, size)))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn code(bytes: &[u8]) -> Option<&'static str> {
        check(&mut Cursor::new(bytes), bytes.len() as u64).err().map(|error| error.code().as_str())
    }

    fn boxed(kind: &[u8; 4], payload: usize) -> Vec<u8> {
        let size = u32::try_from(payload + 8).expect("small");
        [&size.to_be_bytes()[..], kind, &vec![0; payload]].concat()
    }

    #[test]
    fn a_whole_file_passes_also_with_an_open_ended_or_64_bit_last_box() {
        let start = [boxed(b"ftyp", 16), boxed(b"moov", 100)].concat();
        assert_eq!(code(&start), None);
        assert_eq!(code(&[&start[..], b"\0\0\0\0mdat12345"].concat()), None);
        assert_eq!(code(&[&start[..], b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x1212"].concat()), None);
    }

    #[test]
    fn a_box_past_the_end_means_truncated_wherever_the_cut_is() {
        let whole = [boxed(b"ftyp", 16), boxed(b"moov", 100), boxed(b"mdat", 1000)].concat();
        for cut in [30, 60, 124 + 20, whole.len() - 1] {
            assert_eq!(code(&whole[..cut]), Some("video_truncated"), "{cut}");
        }
        assert_eq!(
            code(&[&whole[..], b"\0\0\0\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff"].concat()),
            Some("video_truncated")
        );
    }

    #[test]
    fn a_missing_index_means_truncated() {
        assert_eq!(code(&[boxed(b"ftyp", 16), boxed(b"mdat", 100)].concat()), Some("video_truncated"));
    }

    #[test]
    fn tags_and_zeros_after_the_last_box_are_not_taken_for_boxes() {
        let whole = [boxed(b"ftyp", 16), boxed(b"moov", 100), boxed(b"mdat", 1000)].concat();
        let id3v1 = [&b"TAGOnce upon a time"[..], &[b' '; 109]].concat();
        assert_eq!(id3v1.len() as u64, ID3V1_BYTES);
        let ape = [&b"APETAGEX\xd0\x07\0\0"[..], &[b'x'; 52]].concat();
        let extended = [&b"TAG+Once upon a time"[..], &[0; 207]].concat();
        let lyrics = b"LYRICSBEGININD00003110LYR00005la la000034LYRICS200".to_vec();
        for tail in [&ape, &extended, &lyrics, &vec![0; 4], &vec![0; 5000], &Vec::new()] {
            for end in [&id3v1, &Vec::new()] {
                assert_eq!(code(&[&whole[..], tail, end].concat()), None, "{}", tail.escape_ascii());
            }
        }
        // Other letters in the place of a type are a box that was cut.
        assert_eq!(code(&[&whole[..], b"\0\0\x01\0TAGS and so on"].concat()), Some("video_truncated"));
    }

    #[test]
    fn padding_after_the_last_box_and_other_containers_are_left_to_ffprobe() {
        let padded = [boxed(b"ftyp", 16), boxed(b"moov", 100), b"\0\0\x10\0\0\0\0\0\0".to_vec()].concat();
        assert_eq!(code(&padded), None);
        assert_eq!(code(b"#EXTM3U and so on"), None);
        assert_eq!(code(b"RIFF"), None);
    }
}
