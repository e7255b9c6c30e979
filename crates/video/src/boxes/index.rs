//! The index of a whole file: what each track says it holds.

use super::reader::{BoxError, Reader, find, find_all};

/// A track of an MP4 without fragments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IndexedTrack {
    /// `vide` or `soun` (ISO/IEC 14496-12, 12.1 and 12.2).
    pub(crate) handler: [u8; 4],
    /// Number of samples: frames of a video track.
    pub(crate) samples: u64,
    /// Bytes of all samples.
    pub(crate) bytes: u64,
}

/// Reads the tracks of the payload of a `moov`, in their order.
pub(crate) fn parse_index(moov: &[u8]) -> Result<Vec<IndexedTrack>, BoxError> {
    find_all(moov, b"trak")?.into_iter().map(parse_trak).collect()
}

fn parse_trak(trak: &[u8]) -> Result<IndexedTrack, BoxError> {
    let mut hdlr = Reader::new(find(trak, &[b"mdia", b"hdlr"])?);
    // Version and flags, and a word that is not used.
    hdlr.take(8)?;
    let handler = hdlr.u32()?.to_be_bytes();
    let (samples, bytes) = parse_stsz(find(trak, &[b"mdia", b"minf", b"stbl", b"stsz"])?)?;
    Ok(IndexedTrack { handler, samples, bytes })
}

/// Number and bytes of the samples: one size for all, or one for each.
fn parse_stsz(stsz: &[u8]) -> Result<(u64, u64), BoxError> {
    let mut reader = Reader::new(stsz);
    reader.version_and_flags()?;
    let (common_size, samples) = (u64::from(reader.u32()?), reader.u32()?);
    if common_size > 0 {
        return Ok((samples.into(), common_size * u64::from(samples)));
    }
    let mut bytes = 0;
    for _ in 0..samples {
        bytes += u64::from(reader.u32()?);
    }
    Ok((samples.into(), bytes))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::boxes) fn boxed(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len() + 8).expect("small");
        [&size.to_be_bytes()[..], kind, payload].concat()
    }

    fn trak(handler: &[u8; 4], stsz: &[u32]) -> Vec<u8> {
        let hdlr = boxed(b"hdlr", &[&[0; 8][..], handler, &[0; 13]].concat());
        let stsz: Vec<u8> = [&[0], stsz].concat().iter().flat_map(|word| word.to_be_bytes()).collect();
        let minf = boxed(b"minf", &boxed(b"stbl", &boxed(b"stsz", &stsz)));
        boxed(b"trak", &boxed(b"mdia", &[hdlr, minf].concat()))
    }

    #[test]
    fn samples_are_counted_by_track_with_one_size_or_many() {
        let moov =
            [boxed(b"mvhd", &[0; 100]), trak(b"vide", &[0, 3, 10, 20, 30]), trak(b"soun", &[4, 5])].concat();
        let tracks = parse_index(&moov).expect("an index");
        let of = |handler: &[u8; 4], samples, bytes| IndexedTrack { handler: *handler, samples, bytes };
        assert_eq!(tracks, [of(b"vide", 3, 60), of(b"soun", 5, 20)]);
    }

    #[test]
    fn an_index_that_promises_more_sizes_than_it_holds_is_refused() {
        assert!(parse_index(&trak(b"vide", &[0, u32::MAX, 10])).is_err());
        assert!(parse_index(&boxed(b"trak", &[])).is_err());
    }
}
