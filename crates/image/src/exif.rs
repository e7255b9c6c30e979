//! The one thing that is read of EXIF: which way up a picture is. Nothing else of it is looked at or kept.

use crate::orient::Orientation;

/// Tag of the orientation in the first directory, EXIF 2.32 §4.6.4.
const ORIENTATION: u16 = 0x0112;

/// Entries of a directory that are looked at; cameras write some 20.
const MAX_ENTRIES: usize = 512;

/// The orientation that a TIFF block names; upright where it names none that there is.
pub(crate) fn orientation(tiff: &[u8]) -> Orientation {
    find(tiff).and_then(Orientation::from_exif).unwrap_or(Orientation::Upright)
}

fn find(tiff: &[u8]) -> Option<u16> {
    let is_big_endian = match tiff.get(..4)? {
        [b'M', b'M', 0, 42] => true,
        [b'I', b'I', 42, 0] => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if is_big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let long = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let entries = usize::from(short(directory)?).min(MAX_ENTRIES);
    let first = directory.checked_add(2)?;
    (0..entries)
        .map(|index| first + index * 12)
        .find(|at| short(*at) == Some(ORIENTATION))
        .and_then(|at| short(at + 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(orientation: u16) -> Vec<u8> {
        let entry = [[0x01, 0x12], [0, 3], [0, 0], [0, 1], orientation.to_be_bytes(), [0, 0]].concat();
        [b"MM\0*\0\0\0\x08\0\x01".as_slice(), &entry, &[0; 4]].concat()
    }

    #[test]
    fn the_orientation_is_read_and_nonsense_is_upright() {
        assert_eq!(orientation(&block(6)), Orientation::Right);
        for tiff in
            [block(0), block(9), block(6)[..12].to_vec(), b"MM\0*\xff\xff\xff\xff".to_vec(), Vec::new()]
        {
            assert_eq!(orientation(&tiff), Orientation::Upright);
        }
    }
}
