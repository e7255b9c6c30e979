//! Grouping fragments into segments that end where the video is cut, without a tail too short for players.

use bytes::{Bytes, BytesMut};

use super::splitter::Fragment;
use crate::SEGMENT_SECONDS;

/// A last segment shorter than this is folded into the one before: hls.js never reported `ended` after one of 11 ms.
const MIN_TAIL_SECONDS: u64 = 1;

/// Milliseconds before a cut from which a fragment of sound belongs to the next segment: half a fragment of 24 AAC
/// frames, so that segments of sound stay as close to the cuts as their fragments allow.
const EARLY_START_MS: u64 = 260;

/// A segment type box in front of each segment: major brand `msdh`, compatible with `msdh` and `cmfs`.
const STYP: &[u8; 24] = b"\0\0\0\x18stypmsdh\0\0\0\0msdhcmfs";

/// What starts a new segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// Every fragment: the encoder of pictures ends one at each cut.
    EachFragment,
    /// The first fragment near or after the next cut: fragments of sound are shorter.
    NearCuts,
}

/// A finished segment. Times in ticks.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) start: u64,
    pub(super) duration: u64,
    fragments: Vec<Bytes>,
}

/// Collects fragments. Holds back at most one segment, until it is known that more than a tail follows.
#[derive(Debug)]
pub(super) struct Segmenter {
    grouping: Grouping,
    timescale: u64,
    /// Complete, but the current one may still be folded into it.
    held: Option<Draft>,
    current: Option<Draft>,
    /// Number of the current segment, which is where the cuts are counted from.
    index: u64,
}

impl Segmenter {
    pub(super) fn new(grouping: Grouping, timescale: u32) -> Self {
        Self { grouping, timescale: u64::from(timescale), held: None, current: None, index: 0 }
    }

    /// Adds the next fragment; returns a segment that has become final.
    pub(super) fn push(&mut self, fragment: Fragment) -> Option<Draft> {
        match &mut self.current {
            Some(current) if !starts_segment(self.grouping, &fragment, self.index, self.timescale) => {
                current.append(fragment);
            }
            _ => self.start_segment(fragment),
        }
        let is_long = self.current.as_ref().is_some_and(|current| !self.is_tail(current));
        if is_long { self.held.take() } else { None }
    }

    /// Returns what is left at the end.
    pub(super) fn finish(mut self) -> Option<Draft> {
        match (self.held.take(), self.current.take()) {
            (Some(held), Some(tail)) => Some(held.joined(tail)),
            (held, current) => held.or(current),
        }
    }

    fn start_segment(&mut self, fragment: Fragment) {
        let started = Draft {
            start: fragment.info.start,
            duration: fragment.info.duration,
            fragments: vec![fragment.bytes],
        };
        let Some(complete) = self.current.replace(started) else {
            return;
        };
        self.index += 1;
        self.held = Some(match self.held.take() {
            Some(held) => held.joined(complete),
            None => complete,
        });
    }

    fn is_tail(&self, draft: &Draft) -> bool {
        draft.duration < MIN_TAIL_SECONDS * self.timescale
    }
}

fn starts_segment(grouping: Grouping, fragment: &Fragment, index: u64, timescale: u64) -> bool {
    let next_cut_ms = (index + 1) * u64::from(SEGMENT_SECONDS) * 1000;
    match grouping {
        Grouping::EachFragment => true,
        Grouping::NearCuts => fragment.info.start * 1000 >= (next_cut_ms - EARLY_START_MS) * timescale,
    }
}

impl Draft {
    fn append(&mut self, fragment: Fragment) {
        self.duration += fragment.info.duration;
        self.fragments.push(fragment.bytes);
    }

    fn joined(mut self, next: Self) -> Self {
        self.duration += next.duration;
        self.fragments.extend(next.fragments);
        self
    }

    /// The bytes of the segment.
    pub(super) fn into_bytes(self) -> Bytes {
        let size = self.fragments.iter().map(Bytes::len).sum::<usize>() + STYP.len();
        let mut bytes = BytesMut::with_capacity(size);
        bytes.extend_from_slice(STYP);
        for fragment in self.fragments {
            bytes.extend_from_slice(&fragment);
        }
        bytes.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boxes::FragmentInfo;

    const TIMESCALE: u32 = 1000;

    /// Feeds fragments of the given milliseconds; returns the segments and how many were final before the end.
    fn cut(grouping: Grouping, durations: &[u64]) -> (Vec<u64>, usize) {
        let mut segmenter = Segmenter::new(grouping, TIMESCALE);
        let mut segments = Vec::new();
        let mut start = 0;
        for &duration in durations {
            let info = FragmentInfo { start, duration, samples: 1, starts_with_sync: true, first_offset: 0 };
            segments.extend(segmenter.push(Fragment { bytes: Bytes::from_static(b"x"), info }));
            start += duration;
        }
        let early = segments.len();
        segments.extend(segmenter.finish());
        assert!(
            segments
                .iter()
                .try_fold(0, |at, draft| (draft.start == at).then_some(at + draft.duration))
                .is_some()
        );
        (segments.iter().map(|draft| draft.duration).collect(), early)
    }

    #[test]
    fn each_fragment_of_pictures_is_a_segment_and_one_is_held_back() {
        assert_eq!(cut(Grouping::EachFragment, &[4000, 4000, 4000]), (vec![4000, 4000, 4000], 2));
        assert_eq!(cut(Grouping::EachFragment, &[4000, 1000]), (vec![4000, 1000], 1));
    }

    #[test]
    fn a_tail_under_one_second_is_folded_into_the_segment_before() {
        assert_eq!(cut(Grouping::EachFragment, &[4000, 4000, 83]), (vec![4000, 4083], 1));
        assert_eq!(cut(Grouping::NearCuts, &[512; 8]), (vec![4096], 0));
        assert_eq!(cut(Grouping::NearCuts, &[512; 9]), (vec![4608], 0));
    }

    #[test]
    fn a_video_shorter_than_a_tail_is_one_segment_and_none_is_none() {
        assert_eq!(cut(Grouping::EachFragment, &[40]), (vec![40], 0));
        assert_eq!(cut(Grouping::EachFragment, &[]), (vec![], 0));
    }

    #[test]
    fn sound_is_grouped_to_the_cuts_of_the_video_without_drifting() {
        let (segments, _) = cut(Grouping::NearCuts, &[512; 59]);
        assert_eq!(segments, [4096, 4096, 3584, 4096, 4096, 4096, 4096, 2048]);
    }

    #[test]
    fn a_segment_begins_with_its_type_box() {
        let draft = Draft {
            start: 0,
            duration: 1,
            fragments: vec![Bytes::from_static(b"moof"), Bytes::from_static(b"mdat")],
        };
        let bytes = draft.into_bytes();
        assert_eq!((&bytes[..8], &bytes[24..]), (&b"\0\0\0\x18styp"[..], &b"moofmdat"[..]));
    }
}
