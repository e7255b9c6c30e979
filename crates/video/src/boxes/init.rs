//! The init segment: time scale, codec, and what CMAF forbids.

use super::reader::{BoxError, Reader, find, find_all};

/// Bytes of a visual sample entry before its boxes (ISO/IEC 14496-12, 12.1.3).
const VISUAL_SAMPLE_ENTRY_BYTES: usize = 78;

/// What an init segment says about its only track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TrackInfo {
    /// Ticks per second of every time in the track.
    pub(crate) timescale: u32,
    /// The codec as players want it named (RFC 6381).
    pub(crate) codecs: String,
    /// Duration of a sample where a fragment gives none, in ticks.
    pub(crate) default_sample_duration: u32,
    /// Flags of a sample where a fragment gives none.
    pub(crate) default_sample_flags: u32,
}

/// Reads the payloads of `ftyp` and `moov`.
pub(crate) fn parse_init(ftyp: &[u8], moov: &[u8]) -> Result<TrackInfo, BoxError> {
    if !ftyp.chunks_exact(4).any(|brand| brand == b"cmfc") {
        return Err(BoxError::new("the brand cmfc is missing"));
    }
    let trak = find(moov, &[b"trak"])?;
    // An edit list shifts time in some players and not in others.
    if !find_all(trak, b"edts")?.is_empty() {
        return Err(BoxError::new("an edit list is present"));
    }
    let timescale = timescale(find(trak, &[b"mdia", b"mdhd"])?)?;
    let codecs = codecs(find(trak, &[b"mdia", b"minf", b"stbl", b"stsd"])?)?;
    let mut trex = Reader::new(find(moov, &[b"mvex", b"trex"])?);
    // Version and flags, track id, sample description index.
    trex.take(12)?;
    let default_sample_duration = trex.u32()?;
    trex.take(4)?;
    Ok(TrackInfo { timescale, codecs, default_sample_duration, default_sample_flags: trex.u32()? })
}

fn timescale(mdhd: &[u8]) -> Result<u32, BoxError> {
    let mut reader = Reader::new(mdhd);
    let (version, _) = reader.version_and_flags()?;
    // Creation and modification time.
    reader.take(if version == 1 { 16 } else { 8 })?;
    match reader.u32()? {
        0 => Err(BoxError::new("the time scale is 0")),
        timescale => Ok(timescale),
    }
}

fn codecs(stsd: &[u8]) -> Result<String, BoxError> {
    // Version, flags and the number of entries come before the entries.
    let entries = stsd.get(8..).ok_or_else(|| BoxError::new("a box is too short"))?;
    if let [avc1] = find_all(entries, b"avc1")?[..] {
        let boxes =
            avc1.get(VISUAL_SAMPLE_ENTRY_BYTES..).ok_or_else(|| BoxError::new("a box is too short"))?;
        let mut avcc = Reader::new(find(boxes, &[b"avcC"])?);
        // Configuration version; then profile, compatibility and level, which are the codec string.
        avcc.take(1)?;
        return Ok(format!("avc1.{}", hex::encode(avcc.take(3)?)));
    }
    // We ask the encoder for AAC-LC, object type 2 of MPEG-4 audio.
    find(entries, &[b"mp4a"]).map(|_| "mp4a.40.2".to_owned())
}
