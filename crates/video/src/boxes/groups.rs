//! How far apart the key frames of a track are, from its index alone (ISO/IEC 14496-12: `stts` 8.6.1.2, `stss` 8.6.2).

use super::reader::{BoxError, Reader, find, find_all};

/// Entries of a table at most: six hours at 120 frames have 2.6 million samples.
const MAX_ENTRIES: u32 = 4_000_000;

/// The groups of pictures of the track number `index` in the payload of a `moov`: the longest in seconds. `None` when the
/// track does not begin with a key frame or has no samples here, as in a fragmented file.
pub(crate) fn longest_group(moov: &[u8], index: usize) -> Result<Option<f64>, BoxError> {
    let traks = find_all(moov, b"trak")?;
    let trak = traks.get(index).ok_or_else(|| BoxError::new("the track is missing"))?;
    let timescale = timescale(find(trak, &[b"mdia", b"mdhd"])?)?;
    let stbl = find(trak, &[b"mdia", b"minf", b"stbl"])?;
    let times = times(find(stbl, &[b"stts"])?)?;
    let keys = match find_all(stbl, b"stss")?[..] {
        // Without the table every sample is a key frame.
        [] => {
            return Ok(times
                .iter()
                .map(|(_, delta)| *delta)
                .max()
                .map(|ticks| seconds(ticks.into(), timescale)));
        }
        [only] => key_numbers(only)?,
        _ => return Err(BoxError::new("expected at most one stss")),
    };
    if keys.first() != Some(&1) {
        return Ok(None);
    }
    let (starts, end) = starts(&times, &keys);
    let ends = starts.iter().skip(1).copied().chain([end]);
    let longest = starts.iter().zip(ends).map(|(start, end)| end.saturating_sub(*start)).max();
    Ok(longest.map(|ticks| seconds(ticks, timescale)))
}

// Exact up to 2^53 ticks.
fn seconds(ticks: u64, timescale: u32) -> f64 {
    ticks as f64 / f64::from(timescale.max(1))
}

fn timescale(mdhd: &[u8]) -> Result<u32, BoxError> {
    let mut reader = Reader::new(mdhd);
    let (version, _) = reader.version_and_flags()?;
    // Creation and modification time.
    reader.take(if version == 1 { 16 } else { 8 })?;
    reader.u32()
}

/// Runs of samples of one duration.
fn times(stts: &[u8]) -> Result<Vec<(u32, u32)>, BoxError> {
    let mut reader = Reader::new(stts);
    reader.version_and_flags()?;
    let count = checked(reader.u32()?)?;
    (0..count).map(|_| Ok((reader.u32()?, reader.u32()?))).collect()
}

/// Numbers of the key frames, counted from 1.
fn key_numbers(stss: &[u8]) -> Result<Vec<u32>, BoxError> {
    let mut reader = Reader::new(stss);
    reader.version_and_flags()?;
    let count = checked(reader.u32()?)?;
    (0..count).map(|_| reader.u32()).collect()
}

fn checked(count: u32) -> Result<u32, BoxError> {
    if count > MAX_ENTRIES { Err(BoxError::new(format!("a table of {count} entries"))) } else { Ok(count) }
}

/// When the samples of these numbers start, and when the last sample ends.
fn starts(times: &[(u32, u32)], keys: &[u32]) -> (Vec<u64>, u64) {
    let mut keys = keys.iter().copied().peekable();
    let (mut starts, mut number, mut at) = (Vec::new(), 1_u64, 0_u64);
    for (count, delta) in times {
        let (count, delta) = (u64::from(*count), u64::from(*delta));
        while let Some(key) = keys.next_if(|key| u64::from(*key) < number + count) {
            starts.push(at + u64::from(key).saturating_sub(number) * delta);
        }
        number += count;
        at += count * delta;
    }
    (starts, at)
}

#[cfg(test)]
mod tests {
    use super::super::index::tests::boxed;
    use super::*;

    fn full(words: &[u32]) -> Vec<u8> {
        [&[0], words].concat().iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// A track at 24 ticks a second.
    fn moov(stts: &[u32], stss: Option<&[u32]>) -> Vec<u8> {
        let tables =
            [boxed(b"stts", &full(stts)), stss.map(|stss| boxed(b"stss", &full(stss))).unwrap_or_default()];
        let minf = boxed(b"minf", &boxed(b"stbl", &tables.concat()));
        boxed(b"trak", &boxed(b"mdia", &[boxed(b"mdhd", &full(&[0, 0, 24, 0])), minf].concat()))
    }

    fn longest(stts: &[u32], stss: Option<&[u32]>) -> Option<f64> {
        longest_group(&moov(stts, stss), 0).expect("an index")
    }

    #[test]
    fn the_longest_group_counts_also_the_last_one() {
        assert_eq!(longest(&[1, 240, 1], Some(&[2, 1, 49])), Some(8.0));
        assert_eq!(longest(&[1, 240, 1], Some(&[3, 1, 121, 217])), Some(5.0));
        assert_eq!(longest(&[2, 24, 1, 24, 3], Some(&[2, 1, 25])), Some(3.0), "a run of slower samples");
        assert_eq!(longest(&[1, 240, 2], None), Some(2.0 / 24.0), "all are key frames");
    }

    #[test]
    fn a_track_that_starts_in_a_group_or_elsewhere_tells_nothing() {
        assert_eq!(longest(&[1, 240, 1], Some(&[1, 2])), None);
        assert_eq!(longest(&[0], Some(&[0])), None);
        assert!(longest_group(&moov(&[u32::MAX], None), 0).is_err());
        assert!(longest_group(&moov(&[1, 1, 1], None), 1).is_err());
    }
}
