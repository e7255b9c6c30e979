//! The DASH manifest (ISO/IEC 23009-1) over the same segments as HLS: static, or dynamic while the package grows.

use std::fmt::Write as _;

use super::{Addressing, AudioRendition, Package, SubtitleKind, SubtitleRendition, Track, VideoRendition};

const HEAD: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" ";
const PROFILES: &str = "profiles=\"urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019\"";
/// Everything that is listed may be fetched, whatever the viewer's clock says, and players look again this often.
const GROWING: &str = "availabilityStartTime=\"1970-01-01T00:00:00Z\" minimumUpdatePeriod=\"PT2S\"";

/// The manifest. Names with a pattern become a template; signed addresses have none, so they are listed.
#[must_use]
pub fn mpd(package: &Package, addressing: &Addressing<'_>) -> String {
    let kind =
        if package.complete { "type=\"static\"".to_owned() } else { format!("type=\"dynamic\" {GROWING}") };
    let mut xml = format!(
        "{HEAD}{kind} {PROFILES} minBufferTime=\"PT4S\" mediaPresentationDuration=\"PT{:.3}S\">\n \
         <Period id=\"0\" start=\"PT0S\">\n",
        package.duration
    );
    if !package.video.is_empty() {
        let representations: String =
            package.video.iter().map(|video| video_xml(video, addressing)).collect();
        xml.push_str(&adaptation_set(0, "video", "", &representations));
    }
    for audio in &package.audio {
        let language =
            audio.language.as_ref().map_or(String::new(), |tag| format!(" lang=\"{}\"", escaped(tag)));
        xml.push_str(&adaptation_set(1, "audio", &language, &audio_xml(audio, addressing)));
    }
    for (id, words) in (2..).zip(&package.subtitles) {
        xml.push_str(&subtitles_xml(id, words, package.duration, addressing));
    }
    xml.push_str(" </Period>\n</MPD>\n");
    xml
}

fn adaptation_set(id: u32, kind: &str, language: &str, representations: &str) -> String {
    format!(
        "  <AdaptationSet id=\"{id}\" contentType=\"{kind}\" mimeType=\"{kind}/mp4\"{language} \
         segmentAlignment=\"true\" startWithSAP=\"1\">\n{representations}  </AdaptationSet>\n"
    )
}

fn video_xml(video: &VideoRendition, addressing: &Addressing<'_>) -> String {
    format!(
        "   <Representation id=\"{}\" codecs=\"{}\" bandwidth=\"{}\" width=\"{}\" height=\"{}\" frameRate=\"{}\" sar=\"1:1\">\n\
         {}   </Representation>\n",
        video.track.folder(),
        video.track.codecs,
        video.track.bandwidth,
        video.width,
        video.height,
        video.frame_rate,
        segments_xml(&video.track, addressing),
    )
}

fn audio_xml(audio: &AudioRendition, addressing: &Addressing<'_>) -> String {
    format!(
        "   <Representation id=\"{}\" codecs=\"{}\" bandwidth=\"{}\" audioSamplingRate=\"{}\">\n    \
         <AudioChannelConfiguration schemeIdUri=\"urn:mpeg:dash:23003:3:audio_channel_configuration:2011\" value=\"{}\"/>\n\
         {}   </Representation>\n",
        audio.track.folder(),
        audio.track.codecs,
        audio.track.bandwidth,
        audio.sample_rate,
        audio.channels,
        segments_xml(&audio.track, addressing),
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

fn segments_xml(track: &Track, addressing: &Addressing<'_>) -> String {
    let timescale = track.timescale;
    let timeline = timeline(track);
    if matches!(addressing, Addressing::Relative) && has_pattern(track) {
        return format!(
            "    <SegmentTemplate timescale=\"{timescale}\" startNumber=\"0\" \
             initialization=\"$RepresentationID$/init.mp4\" media=\"$RepresentationID$/seg_$Number%03d$.m4s\">\n\
             {timeline}    </SegmentTemplate>\n"
        );
    }
    let address = |name: &str| escaped(&addressing.address(name, ""));
    let init = address(&track.init.0.url);
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

/// Exact times; equal durations in a row are written once with a repeat count.
fn timeline(track: &Track) -> String {
    let mut runs: Vec<(u64, u32)> = Vec::new();
    for segment in &track.segments {
        match runs.last_mut() {
            Some((duration, repeats)) if *duration == segment.duration_ticks => *repeats += 1,
            _ => runs.push((segment.duration_ticks, 0)),
        }
    }
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
