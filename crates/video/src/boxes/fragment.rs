//! One `moof`: when its samples start, how long they last, and whether a player can start there.

use super::init::TrackInfo;
use super::reader::{BoxError, Reader, find, find_all, place};

/// The sample cannot be decoded alone (`sample_is_non_sync_sample`, ISO/IEC 14496-12, 8.8.3.1).
const NON_SYNC_FLAG: u32 = 0x0001_0000;

/// What a fragment holds. Times in ticks of the track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FragmentInfo {
    /// Decode time of the first sample.
    pub(crate) start: u64,
    /// Sum of the sample durations.
    pub(crate) duration: u64,
    /// Number of samples: frames of a video track.
    pub(crate) samples: u32,
    /// Whether the first sample can be decoded alone.
    pub(crate) starts_with_sync: bool,
    /// Composition offset of the first sample.
    pub(crate) first_offset: i32,
}

impl FragmentInfo {
    pub(crate) fn end(&self) -> u64 {
        self.start + self.duration
    }
}

/// Values of `tfhd` that hold for every sample of the fragment.
struct Defaults {
    duration: u32,
    flags: u32,
}

/// Reads the payload of a `moof` with one track and any number of runs.
pub(crate) fn parse_moof(moof: &[u8], track: &TrackInfo) -> Result<FragmentInfo, BoxError> {
    let traf = find(moof, &[b"traf"])?;
    let defaults = parse_tfhd(find(traf, &[b"tfhd"])?, track)?;
    let start = parse_tfdt(find(traf, &[b"tfdt"])?)?;
    let mut runs = find_all(traf, b"trun")?.into_iter();
    let first = runs.next().ok_or_else(|| BoxError::new("a fragment without samples"))?;
    let mut info = parse_trun(first, &defaults, start)?;
    for run in runs {
        let more = parse_trun(run, &defaults, info.end())?;
        info.duration += more.duration;
        info.samples += more.samples;
    }
    if info.samples == 0 || info.duration == 0 {
        return Err(BoxError::new("a fragment without samples"));
    }
    Ok(info)
}

fn parse_tfhd(tfhd: &[u8], track: &TrackInfo) -> Result<Defaults, BoxError> {
    let mut reader = Reader::new(tfhd);
    let (_, flags) = reader.version_and_flags()?;
    reader.take(4)?; // track id
    if flags & 0x01 != 0 {
        reader.take(8)?; // base data offset
    }
    if flags & 0x02 != 0 {
        reader.take(4)?; // sample description index
    }
    let duration = if flags & 0x08 != 0 { reader.u32()? } else { track.default_sample_duration };
    if flags & 0x10 != 0 {
        reader.take(4)?; // default sample size
    }
    let sample_flags = if flags & 0x20 != 0 { reader.u32()? } else { track.default_sample_flags };
    Ok(Defaults { duration, flags: sample_flags })
}

fn parse_tfdt(tfdt: &[u8]) -> Result<u64, BoxError> {
    let mut reader = Reader::new(tfdt);
    match reader.version_and_flags()? {
        (1, _) => reader.u64(),
        _ => reader.u32().map(u64::from),
    }
}

/// Lets a `moof`, whose payload this is, begin so many ticks later.
pub(crate) fn delay(moof: &mut [u8], ticks: u64) -> Result<(), BoxError> {
    let tfdt = place(moof, &[b"traf", b"tfdt"])?;
    let start = parse_tfdt(&moof[tfdt.clone()])?;
    let start = start.checked_add(ticks).ok_or_else(|| BoxError::new("a fragment begins too late"))?;
    // ffmpeg writes 64 bits always.
    match &mut moof[tfdt] {
        [1, _, _, _, time @ ..] if time.len() == 8 => time.copy_from_slice(&start.to_be_bytes()),
        _ => return Err(BoxError::new("a start time of 32 bits")),
    }
    Ok(())
}

fn parse_trun(trun: &[u8], defaults: &Defaults, start: u64) -> Result<FragmentInfo, BoxError> {
    let mut reader = Reader::new(trun);
    let (_, flags) = reader.version_and_flags()?;
    let samples = reader.u32()?;
    if flags & 0x01 != 0 {
        reader.take(4)?; // data offset
    }
    let mut first_flags = defaults.flags;
    if flags & 0x04 != 0 {
        first_flags = reader.u32()?;
    }
    let mut info = FragmentInfo { start, duration: 0, samples, starts_with_sync: false, first_offset: 0 };
    for index in 0..samples {
        let duration = if flags & 0x100 != 0 { reader.u32()? } else { defaults.duration };
        info.duration += u64::from(duration);
        if flags & 0x200 != 0 {
            reader.take(4)?; // sample size
        }
        let sample_flags = if flags & 0x400 != 0 { Some(reader.u32()?) } else { None };
        let offset = if flags & 0x800 != 0 { reader.u32()?.cast_signed() } else { 0 };
        if index == 0 {
            first_flags = sample_flags.unwrap_or(first_flags);
            info.first_offset = offset;
        }
        // Nothing is stored per sample, so only durations are left to add up.
        if flags & 0xf00 == 0 {
            info.duration = u64::from(duration) * u64::from(samples);
            break;
        }
    }
    info.starts_with_sync = first_flags & NON_SYNC_FLAG == 0;
    Ok(info)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACK: TrackInfo = TrackInfo {
        timescale: 12288,
        codecs: String::new(),
        default_sample_duration: 512,
        default_sample_flags: 0,
    };

    fn boxed(kind: &[u8; 4], words: &[u32]) -> Vec<u8> {
        let payload: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let size = u32::try_from(payload.len() + 8).expect("small");
        [&size.to_be_bytes()[..], kind, &payload].concat()
    }

    fn wrapped(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
        let size = u32::try_from(payload.len() + 8).expect("small");
        [&size.to_be_bytes()[..], kind, payload].concat()
    }

    fn moof(tfhd: &[u32], tfdt: &[u32], truns: &[&[u32]]) -> Vec<u8> {
        let mut traf = [boxed(b"tfhd", tfhd), boxed(b"tfdt", tfdt)].concat();
        for trun in truns {
            traf.extend(boxed(b"trun", trun));
        }
        wrapped(b"traf", &traf)
    }

    #[test]
    fn a_fragment_can_be_put_later_and_nothing_else_of_it_changes() {
        let at = |high: u32, low: u32| moof(&[0x28, 1, 500, 0], &[0x0100_0000, high, low], &[&[0x01, 2, 0]]);
        let mut bytes = at(0, 7);
        delay(&mut bytes, 1 << 32).expect("room for it");
        assert_eq!(bytes, at(1, 7));
        assert!(delay(&mut at(u32::MAX, u32::MAX), 1).is_err());
        let mut short = moof(&[0x28, 1, 500, 0], &[0, 7], &[&[0x01, 2, 0]]);
        assert!(delay(&mut short, 1).is_err());
        assert!(delay(&mut wrapped(b"traf", b""), 1).is_err());
    }

    #[test]
    fn durations_come_from_the_fragment_default_and_the_start_has_64_bits() {
        let bytes = moof(&[0x28, 1, 500, 0x0101_0000], &[0x0100_0000, 1, 0], &[&[0x05, 96, 0, 0x0200_0000]]);
        let info = parse_moof(&bytes, &TRACK).expect("a fragment");
        assert_eq!((info.start, info.duration, info.samples), (1 << 32, 96 * 500, 96));
        assert!(info.starts_with_sync);
    }

    #[test]
    fn durations_flags_and_offsets_of_samples_win_over_defaults() {
        let run = [0x0100_0d01, 2, 0, 100, 0x0101_0000, u32::MAX, 200, 0, 7];
        let info = parse_moof(&moof(&[0, 1], &[0, 9], &[&run]), &TRACK).expect("a fragment");
        assert_eq!(
            (info.start, info.duration, info.first_offset, info.starts_with_sync),
            (9, 300, -1, false)
        );
    }

    #[test]
    fn several_runs_add_up_and_the_track_default_is_the_last_resort() {
        let info = parse_moof(&moof(&[0, 1], &[0, 0], &[&[0, 3], &[0, 4]]), &TRACK).expect("a fragment");
        assert_eq!((info.samples, info.duration), (7, 7 * 512));
    }

    #[test]
    fn empty_short_and_lying_fragments_are_refused() {
        assert!(parse_moof(&moof(&[0, 1], &[0, 0], &[]), &TRACK).is_err());
        assert!(parse_moof(&moof(&[0, 1], &[0, 0], &[&[0, 0]]), &TRACK).is_err());
        assert!(parse_moof(&moof(&[0, 1], &[0, 0], &[&[0x100, u32::MAX, 5]]), &TRACK).is_err());
        assert!(parse_moof(b"\0\0\0\x09traf", &TRACK).is_err());
        assert!(parse_moof(b"\0\0\0\x03traf", &TRACK).is_err());
    }
}
