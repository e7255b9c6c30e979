//! Reads MP4 boxes, independently of the code under test. Written from ISO/IEC 14496-12.

/// A box: its type and what is in it.
#[derive(Debug, Clone, Copy)]
pub struct Mp4Box<'a> {
    /// Four characters.
    pub kind: [u8; 4],
    /// Everything after the header.
    pub body: &'a [u8],
}

/// The boxes one after the other in `bytes`; every byte belongs to one.
#[track_caller]
pub fn boxes(mut bytes: &[u8]) -> Vec<Mp4Box<'_>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        assert!(bytes.len() >= 8, "a box header is cut off");
        let size = match u32_at(bytes, 0) {
            1 => usize::try_from(u64_at(bytes, 8)).unwrap(),
            size => size as usize,
        };
        let header = if u32_at(bytes, 0) == 1 { 16 } else { 8 };
        assert!((header..=bytes.len()).contains(&size), "a box of {size} bytes in {}", bytes.len());
        found.push(Mp4Box { kind: bytes[4..8].try_into().unwrap(), body: &bytes[header..size] });
        bytes = &bytes[size..];
    }
    found
}

/// The types of the boxes, for comparing.
pub fn kinds(bytes: &[u8]) -> Vec<String> {
    boxes(bytes).iter().map(|found| String::from_utf8_lossy(&found.kind).into_owned()).collect()
}

/// The first box at the path, such as `moov/trak/mdia/mdhd`.
pub fn find<'a>(bytes: &'a [u8], path: &str) -> Option<Mp4Box<'a>> {
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let found = boxes(bytes).into_iter().find(|found| found.kind == first.as_bytes())?;
    rest.map_or(Some(found), |rest| find(found.body, rest))
}

/// What a media segment says about its samples.
#[derive(Debug, PartialEq, Eq)]
pub struct SegmentTimes {
    /// Decode time of the first sample.
    pub start: u64,
    /// Sum of the sample durations.
    pub duration: u64,
    /// Samples.
    pub samples: u64,
    /// Whether the first sample can be decoded alone.
    pub starts_with_sync: bool,
    /// Presentation minus decode time of the first sample.
    pub first_offset: i32,
}

/// The ticks per second of an init segment.
pub fn timescale(init: &[u8]) -> u32 {
    let mdhd = find(init, "moov/trak/mdia/mdhd").expect("an mdhd").body;
    u32_at(mdhd, if mdhd[0] == 1 { 20 } else { 12 })
}

/// The times of a media segment; its fragments must follow one another without a gap.
#[track_caller]
pub fn segment_times(segment: &[u8]) -> SegmentTimes {
    let mut times: Option<SegmentTimes> = None;
    for moof in boxes(segment).into_iter().filter(|found| &found.kind == b"moof") {
        let part = fragment_times(moof.body);
        match &mut times {
            None => times = Some(part),
            Some(times) => {
                assert_eq!(part.start, times.start + times.duration, "fragments follow one another");
                times.duration += part.duration;
                times.samples += part.samples;
            }
        }
    }
    times.expect("a segment has a fragment")
}

fn fragment_times(moof: &[u8]) -> SegmentTimes {
    let tfdt = find(moof, "traf/tfdt").expect("a tfdt").body;
    let start = if tfdt[0] == 1 { u64_at(tfdt, 4) } else { u32_at(tfdt, 4).into() };
    let tfhd = find(moof, "traf/tfhd").expect("a tfhd").body;
    let (default_duration, default_flags) = defaults(tfhd);
    let trun = find(moof, "traf/trun").expect("a trun").body;
    let flags = u32_at(trun, 0) & 0x00ff_ffff;
    let samples = u32_at(trun, 4);
    let mut at = 8 + if flags & 0x1 != 0 { 4 } else { 0 };
    let mut first_flags = default_flags;
    if flags & 0x4 != 0 {
        first_flags = u32_at(trun, at);
        at += 4;
    }
    let (mut duration, mut first_offset) = (0, 0);
    for sample in 0..samples {
        let mut field = |is_there: bool| {
            let value = is_there.then(|| u32_at(trun, at));
            at += if is_there { 4 } else { 0 };
            value
        };
        duration += u64::from(field(flags & 0x100 != 0).unwrap_or(default_duration));
        field(flags & 0x200 != 0);
        let sample_flags = field(flags & 0x400 != 0);
        let offset = field(flags & 0x800 != 0).unwrap_or_default().cast_signed();
        if sample == 0 {
            first_offset = offset;
            first_flags = sample_flags.unwrap_or(first_flags);
        }
    }
    // Bit 16 says that a sample is no sync sample.
    SegmentTimes {
        start,
        duration,
        samples: samples.into(),
        starts_with_sync: first_flags & 0x1_0000 == 0,
        first_offset,
    }
}

fn defaults(tfhd: &[u8]) -> (u32, u32) {
    let flags = u32_at(tfhd, 0);
    let mut at = 8 + if flags & 0x1 != 0 { 8 } else { 0 } + if flags & 0x2 != 0 { 4 } else { 0 };
    let mut field = |bit: u32| {
        let value = if flags & bit != 0 { u32_at(tfhd, at) } else { 0 };
        at += if flags & bit != 0 { 4 } else { 0 };
        value
    };
    let duration = field(0x8);
    field(0x10);
    (duration, field(0x20))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap())
}
