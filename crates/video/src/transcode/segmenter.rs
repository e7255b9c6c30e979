//! Grouping fragments into segments that end where the video is cut, without a tail too short for players.

use bytes::{Bytes, BytesMut};

use super::splitter::Fragment;
use crate::SEGMENT_SECONDS;

/// A last segment shorter than this is folded into the one before: hls.js never reported `ended` after one of 11 ms.
const MIN_TAIL_SECONDS: u64 = 1;

/// Milliseconds before a cut from which a fragment of sound belongs to the next segment: half a fragment of 24 AAC
/// frames, so that segments of sound stay as close to the cuts as their fragments allow.
const EARLY_START_MS: u64 = 260;

/// Seconds before the planned end from which the plan is not believed: it says within a second where the end is.
const PLAN_SLACK_SECONDS: f64 = 2.0;

/// A segment type box in front of each segment: major brand `msdh`, compatible with `msdh` and `cmfs`.
const STYP: &[u8; 24] = b"\0\0\0\x18stypmsdh\0\0\0\0msdhcmfs";

/// What starts a new segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// Every fragment: the encoder of pictures ends one at each cut.
    EachFragment,
    /// The first fragment near or after the next cut: fragments of sound are shorter.
    NearCuts,
    /// A fragment after which 4 s are full, if it can be decoded alone: pictures that are copied are cut where their
    /// groups allow it.
    Groups,
}

/// A finished segment. Times in ticks.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) start: u64,
    pub(super) duration: u64,
    pub(super) samples: u64,
    fragments: Vec<Bytes>,
}

/// Collects fragments. Holds back at most one segment, until it is known that more than a tail follows.
#[derive(Debug)]
pub(super) struct Segmenter {
    grouping: Grouping,
    timescale: u64,
    /// Ticks up to which the plan promises more than a tail, so that nothing is held back.
    sure_until: u64,
    /// Complete, but the current one may still be folded into it.
    held: Option<Draft>,
    current: Option<Draft>,
    /// Number of the current segment, which is where the cuts are counted from.
    index: u64,
}

impl Segmenter {
    /// `planned` is the seconds that the track should have, where that is known.
    pub(super) fn new(grouping: Grouping, timescale: u32, planned: Option<f64>) -> Self {
        let sure = planned.map_or(0.0, |planned| planned - PLAN_SLACK_SECONDS).max(0.0);
        // Positive and hours at most; what is cut off is less than a tick.
        let sure_until = (sure * f64::from(timescale)) as u64;
        Self { grouping, timescale: u64::from(timescale), sure_until, held: None, current: None, index: 0 }
    }

    /// Adds the next fragment; returns a segment that has become final.
    pub(super) fn push(&mut self, fragment: Fragment) -> Option<Draft> {
        match &mut self.current {
            Some(current) if !self.grouping.is_cut(current, &fragment, self.index, self.timescale) => {
                current.append(fragment);
            }
            _ => self.start_segment(fragment),
        }
        let current = self.current.as_ref()?;
        if !self.is_tail(current) && self.held.is_some() {
            return self.held.take();
        }
        let is_whole = self.grouping == Grouping::EachFragment;
        let is_sure = |draft: &Draft| draft.start + draft.duration <= self.sure_until;
        if is_whole && self.held.is_none() && is_sure(current) {
            self.index += 1;
            return self.current.take();
        }
        if self.held.as_ref().is_some_and(is_sure) { self.held.take() } else { None }
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
            samples: u64::from(fragment.info.samples),
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

impl Grouping {
    /// Whether a segment ends before this fragment.
    fn is_cut(self, current: &Draft, fragment: &Fragment, index: u64, timescale: u64) -> bool {
        let next_cut_ms = (index + 1) * u64::from(SEGMENT_SECONDS) * 1000;
        match self {
            Self::EachFragment => true,
            Self::NearCuts => fragment.info.start * 1000 >= (next_cut_ms - EARLY_START_MS) * timescale,
            Self::Groups => fragment.is_closed && current.duration >= u64::from(SEGMENT_SECONDS) * timescale,
        }
    }
}

impl Draft {
    fn append(&mut self, fragment: Fragment) {
        self.duration += fragment.info.duration;
        self.samples += u64::from(fragment.info.samples);
        self.fragments.push(fragment.bytes);
    }

    fn joined(mut self, next: Self) -> Self {
        self.duration += next.duration;
        self.samples += next.samples;
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
        cut_as_planned(grouping, durations, None)
    }

    fn cut_as_planned(grouping: Grouping, durations: &[u64], planned: Option<f64>) -> (Vec<u64>, usize) {
        let mut segmenter = Segmenter::new(grouping, TIMESCALE, planned);
        let mut segments = Vec::new();
        let mut start = 0;
        for &duration in durations {
            let info = FragmentInfo { start, duration, samples: 1, starts_with_sync: true, first_offset: 0 };
            // In these tests what lasts an odd time cannot be decoded alone.
            let is_closed = duration % 2 == 0;
            segments.extend(segmenter.push(Fragment { bytes: Bytes::from_static(b"x"), info, is_closed }));
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
    fn nothing_is_held_back_before_the_planned_end_comes_near() {
        let of_13_s = |durations| cut_as_planned(Grouping::EachFragment, durations, Some(13.0));
        assert_eq!(of_13_s(&[4000]), (vec![4000], 1));
        assert_eq!(of_13_s(&[4000, 4000]), (vec![4000, 4000], 2));
        assert_eq!(of_13_s(&[4000, 4000, 4000, 1000]), (vec![4000, 4000, 4000, 1000], 3));
        assert_eq!(of_13_s(&[4000, 4000, 4000, 500]), (vec![4000, 4000, 4500], 2));
        assert_eq!(cut_as_planned(Grouping::NearCuts, &[512; 9], Some(60.0)).1, 1);
    }

    #[test]
    fn copied_pictures_are_cut_where_four_seconds_are_full_and_can_be_decoded_alone() {
        assert_eq!(cut(Grouping::Groups, &[1000; 12]).0, [4000, 4000, 4000]);
        assert_eq!(cut(Grouping::Groups, &[2500, 2500, 2500, 2500]).0, [5000, 5000]);
        assert_eq!(cut(Grouping::Groups, &[4000, 2001, 2000]).0, [6001, 2000]);
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
            samples: 2,
            fragments: vec![Bytes::from_static(b"moof"), Bytes::from_static(b"mdat")],
        };
        let bytes = draft.into_bytes();
        assert_eq!((&bytes[..8], &bytes[24..]), (&b"\0\0\0\x18styp"[..], &b"moofmdat"[..]));
    }
}
