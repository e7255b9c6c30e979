//! A second, independent reading of the boxes: what players rely on, asserted on stored bytes.

use telecine_video::package::Track;

use crate::support::Made;

/// Direct children of a box: type and payload.
fn children(mut bytes: &[u8]) -> Vec<([u8; 4], &[u8])> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let size = word(bytes, 0) as usize;
        found.push((bytes[4..8].try_into().expect("a type"), &bytes[8..size]));
        bytes = &bytes[size..];
    }
    found
}

fn child<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter()
        .try_fold(bytes, |bytes, kind| children(bytes).into_iter().find(|(k, _)| k == *kind).map(|(_, p)| p))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// Types of the boxes at the top level.
pub(crate) fn types(bytes: &[u8]) -> Vec<String> {
    children(bytes).into_iter().map(|(kind, _)| String::from_utf8_lossy(&kind).into_owned()).collect()
}

struct Fragment {
    start: u64,
    duration: u64,
    samples: u32,
}

fn fragment(moof: &[u8]) -> Fragment {
    let part = |kind| child(moof, &[b"traf", kind]).expect("the box is there");
    let (tfhd, tfdt, trun) = (part(b"tfhd"), part(b"tfdt"), part(b"trun"));
    assert_eq!(tfdt[0], 1, "decode times have 64 bits");
    let start = u64::from(word(tfdt, 4)) << 32 | u64::from(word(tfdt, 8));
    let (flags, samples) = (word(trun, 0) & 0xff_ffff, word(trun, 4));
    // Data offset, then the flags of the first sample if they are there.
    let first = 8 + if flags & 1 != 0 { 4 } else { 0 } + if flags & 4 != 0 { 4 } else { 0 };
    if flags & 4 != 0 {
        assert_eq!(word(trun, first - 4), 0x0200_0000, "the first sample is a key frame");
    }
    let fields = [0x100, 0x200, 0x400, 0x800].map(|flag| usize::from(flags & flag != 0));
    let per_sample = 4 * fields.iter().sum::<usize>();
    if fields[3] == 1 {
        assert_eq!(word(trun, first + per_sample - 4), 0, "the first picture is shown at once");
    }
    let duration = if fields[0] == 1 {
        (0..samples as usize).map(|index| u64::from(word(trun, first + index * per_sample))).sum()
    } else {
        assert_ne!(word(tfhd, 0) & 8, 0, "durations are given somewhere");
        // Track id; then, if they are there, the data offset and the number of the sample description.
        let at = 8 + if word(tfhd, 0) & 1 != 0 { 8 } else { 0 } + if word(tfhd, 0) & 2 != 0 { 4 } else { 0 };
        u64::from(word(tfhd, at)) * u64::from(samples)
    };
    Fragment { start, duration, samples }
}

/// Checks a stored rendition against what the package says of it; returns its number of samples.
pub(crate) fn check_rendition(made: &Made, track: &Track) -> u64 {
    let init = &made.objects[&track.init.0.url];
    let ftyp = child(init, &[b"ftyp"]).expect("ftyp");
    assert!(ftyp.chunks(4).any(|brand| brand == b"cmfc"));
    assert!(child(init, &[b"moov", b"trak", b"edts"]).is_none(), "no edit list");
    let mdhd = child(init, &[b"moov", b"trak", b"mdia", b"mdhd"]).expect("mdhd");
    assert_eq!(word(mdhd, if mdhd[0] == 1 { 20 } else { 12 }), track.timescale);
    let (mut at, mut samples) = (0, 0);
    for segment in &track.segments {
        let bytes = &made.objects[&segment.object.url];
        assert_eq!(bytes.len() as u64, segment.object.bytes);
        assert_eq!(types(bytes)[..3], ["styp", "moof", "mdat"]);
        assert_eq!(segment.start_ticks, at, "{}", segment.object.url);
        for (_, moof) in children(bytes).into_iter().filter(|(kind, _)| kind == b"moof") {
            let fragment = fragment(moof);
            assert_eq!(fragment.start, at, "{} has no gap", segment.object.url);
            at += fragment.duration;
            samples += u64::from(fragment.samples);
        }
        assert_eq!(segment.start_ticks + segment.duration_ticks, at, "{}", segment.object.url);
    }
    samples
}
