//! The DASH manifest (ISO/IEC 23009-1) over the same segments as HLS: static, or dynamic while the package grows.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::{Addressing, AudioRendition, Package, SubtitleKind, SubtitleRendition, Track, VideoRendition};

const HEAD: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" ";
const PROFILES: &str = "profiles=\"urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019\"";
/// Everything that is listed may be fetched, whatever the viewer's clock says, and players look again this often.
const GROWING: &str = "availabilityStartTime=\"1970-01-01T00:00:00Z\" minimumUpdatePeriod=\"PT2S\"";

/// What is whole is said to go on for this long after the expected end. Shaka does not see the end of a video that
/// becomes static while it plays unless what it has loaded reaches it, and in the end the video may be a few frames
/// longer than expected.
const OVERHANG_SECONDS: f64 = 1.0;

/// The manifest. Names with a pattern become a template; signed addresses have none, so they are listed.
#[must_use]
pub fn mpd(package: &Package, addressing: &Addressing<'_>) -> String {
    let kind =
        if package.complete { "type=\"static\"".to_owned() } else { format!("type=\"dynamic\" {GROWING}") };
    let mut xml = format!(
        "{HEAD}{kind} {PROFILES} minBufferTime=\"PT4S\" mediaPresentationDuration=\"PT{:.3}S\">\n \
         {}<Period id=\"0\" start=\"PT0S\">\n",
        package.duration,
        if package.complete { String::new() } else { from_the_beginning(package.duration) },
    );
    if !package.video.is_empty() {
        let representations: String =
            package.offered_video().map(|video| video_xml(package, video, addressing)).collect();
        xml.push_str(&adaptation_set(0, "video", "", &representations));
    }
    for audio in &package.audio {
        let language =
            audio.language.as_ref().map_or(String::new(), |tag| format!(" lang=\"{}\"", escaped(tag)));
        xml.push_str(&adaptation_set(1, "audio", &language, &audio_xml(package, audio, addressing)));
    }
    for (id, words) in (2..).zip(&package.subtitles) {
        xml.push_str(&subtitles_xml(id, words, package.duration, addressing));
    }
    xml.push_str(" </Period>\n");
    xml.extend(package.as_of.map(clock_xml));
    xml.push_str("</MPD>\n");
    xml
}

/// Players stay this far behind the newest that there may be, which is the end: they begin at the beginning. (As
/// `suggestedPresentationDelay` shaka would understand that nothing may be sought.)
fn from_the_beginning(duration: f64) -> String {
    let milliseconds = (duration * 1000.0).ceil();
    format!(
        "<ServiceDescription id=\"0\">\n  <Latency target=\"{milliseconds}\"/>\n </ServiceDescription>\n "
    )
}

/// The time, for players that would else ask somebody on the internet for it (dash.js), and wait for the answer.
fn clock_xml(now: Timestamp) -> String {
    format!(" <UTCTiming schemeIdUri=\"urn:mpeg:dash:utc:direct:2014\" value=\"{now:.3}\"/>\n")
}

fn adaptation_set(id: u32, kind: &str, language: &str, representations: &str) -> String {
    format!(
        "  <AdaptationSet id=\"{id}\" contentType=\"{kind}\" mimeType=\"{kind}/mp4\"{language} \
         segmentAlignment=\"true\" startWithSAP=\"1\">\n{representations}  </AdaptationSet>\n"
    )
}

fn video_xml(package: &Package, video: &VideoRendition, addressing: &Addressing<'_>) -> String {
    format!(
        "   <Representation id=\"{}\" codecs=\"{}\" bandwidth=\"{}\" width=\"{}\" height=\"{}\" frameRate=\"{}\" sar=\"1:1\">\n\
         {}   </Representation>\n",
        video.track.folder(),
        video.track.codecs,
        video.track.bandwidth,
        video.width,
        video.height,
        video.frame_rate,
        segments_xml(package, &video.track, addressing),
    )
}

fn audio_xml(package: &Package, audio: &AudioRendition, addressing: &Addressing<'_>) -> String {
    format!(
        "   <Representation id=\"{}\" codecs=\"{}\" bandwidth=\"{}\" audioSamplingRate=\"{}\">\n    \
         <AudioChannelConfiguration schemeIdUri=\"urn:mpeg:dash:23003:3:audio_channel_configuration:2011\" value=\"{}\"/>\n\
         {}   </Representation>\n",
        audio.track.folder(),
        audio.track.codecs,
        audio.track.bandwidth,
        audio.sample_rate,
        audio.channels,
        segments_xml(package, &audio.track, addressing),
    )
}

/// Words in one file beside the segments, as `text/vtt`.
fn subtitles_xml(id: u32, words: &SubtitleRendition, seconds: f64, addressing: &Addressing<'_>) -> String {
    let purpose = match words.kind {
        _ if words.is_forced => "forced-subtitle",
        SubtitleKind::Subtitles => "subtitle",
        SubtitleKind::Captions => "caption",
    };
    let role = |value| format!("   <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"{value}\"/>\n");
    let roles = role(purpose) + &if words.is_default { role("main") } else { String::new() };
    format!(
        "  <AdaptationSet id=\"{id}\" contentType=\"text\" mimeType=\"text/vtt\" lang=\"{}\">\n   <Label>{}</Label>\n{roles}   \
         <Representation id=\"{}\" bandwidth=\"{}\">\n    <BaseURL>{}</BaseURL>\n   </Representation>\n  </AdaptationSet>\n",
        escaped(&words.language),
        escaped(&words.name),
        escaped(&words.id()),
        words.bandwidth(seconds),
        escaped(&addressing.address(&words.object.url, "")),
    )
}

fn segments_xml(package: &Package, track: &Track, addressing: &Addressing<'_>) -> String {
    let timescale = track.timescale;
    let durations = durations(package, track);
    if matches!(addressing, Addressing::Relative) && has_pattern(track) {
        let timeline = timeline(runs(&durations));
        return format!(
            "    <SegmentTemplate timescale=\"{timescale}\" startNumber=\"0\" \
             initialization=\"$RepresentationID$/init.mp4\" media=\"$RepresentationID$/seg_$Number%03d$.m4s\">\n\
             {timeline}    </SegmentTemplate>\n"
        );
    }
    let address = |name: &str| escaped(&addressing.address(name, ""));
    let init = address(&track.init.0.url);
    // Once each: dash.js 5.2 counts the lines of the timeline, not what they repeat, to find the address.
    let timeline = timeline(durations.iter().map(|duration| (*duration, 0)));
    let mut xml = format!(
        "    <SegmentList timescale=\"{timescale}\">\n     <Initialization sourceURL=\"{init}\"/>\n{timeline}"
    );
    for segment in &track.segments {
        let _ = writeln!(xml, "     <SegmentURL media=\"{}\"/>", address(&segment.object.url));
    }
    xml.push_str("    </SegmentList>\n");
    xml
}

/// Whether the names are those of the template; a rendition that was gone on with has others among them.
fn has_pattern(track: &Track) -> bool {
    let folder = track.folder();
    let mut segments = track.segments.iter().enumerate();
    track.init.0.url == format!("{folder}/init.mp4")
        && segments.all(|(index, segment)| segment.object.url == format!("{folder}/seg_{index:03}.m4s"))
}

/// Ticks of every segment: exact, but for the end of what is whole while the package grows.
fn durations(package: &Package, track: &Track) -> Vec<u64> {
    let mut durations: Vec<u64> = track.segments.iter().map(|segment| segment.duration_ticks).collect();
    if let (false, true, Some(last)) = (package.complete, track.complete, durations.last_mut()) {
        let end = ((package.duration + OVERHANG_SECONDS) * f64::from(track.timescale)).ceil() as u64;
        *last += end.saturating_sub(track.duration_ticks());
    }
    durations
}

/// Equal durations in a row, each with the number of its repetitions.
fn runs(durations: &[u64]) -> impl Iterator<Item = (u64, usize)> {
    durations.chunk_by(|one, next| one == next).map(|run| (run[0], run.len() - 1))
}

fn timeline(runs: impl IntoIterator<Item = (u64, usize)>) -> String {
    let mut xml = "     <SegmentTimeline>\n".to_owned();
    for (index, (duration, repeats)) in runs.into_iter().enumerate() {
        let start = if index == 0 { "t=\"0\" " } else { "" };
        let repeats = if repeats > 0 { format!(" r=\"{repeats}\"") } else { String::new() };
        let _ = writeln!(xml, "      <S {start}d=\"{duration}\"{repeats}/>");
    }
    xml.push_str("     </SegmentTimeline>\n");
    xml
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
