//! ffprobe's JSON as our own types. Every number may be missing, text, or nonsense.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::{AudioStream, Probe, Rate, SubtitleStream, VideoStream};
use crate::captions::Language;
use crate::error::VideoError;
use crate::package::{Source, SourceAudio, SourceVideo};

/// Our encoder puts 1024 samples at 48 kHz in front, which are cut off again: nothing is left of a shorter track.
const MIN_SOUND_SECONDS: f64 = 1024.0 / 48_000.0;

/// Seconds by which a stream may be longer than its file: containers round.
const FILE_SLACK_SECONDS: f64 = 1.0;

/// Subtitle streams that are taken; discs have thirty-two at most.
const MAX_SUBTITLES: usize = 32;

/// Codecs of subtitles that are text. Others (`hdmv_pgs_subtitle`, `dvb_subtitle`, `dvd_subtitle`, `xsub`) are pictures of
/// text, which no WebVTT can be made of without reading them; they are left out.
const TEXT_CODECS: [&str; 6] = ["mov_text", "subrip", "webvtt", "ass", "ssa", "text"];

/// Tags of a file that are kept, as ffprobe is asked for them.
const TAGS: [&str; 10] = [
    "title",
    "artist",
    "album",
    "composer",
    "genre",
    "date",
    "creation_time",
    "description",
    "copyright",
    "publisher",
];

/// Characters of a tag at most.
const MAX_TAG_CHARS: usize = 1000;

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Format,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Format {
    format_name: String,
    nb_streams: u32,
    start_time: Option<String>,
    duration: Option<String>,
    bit_rate: Option<String>,
    tags: HashMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stream {
    index: u32,
    codec_type: String,
    codec_name: Option<String>,
    profile: Option<String>,
    level: i32,
    pix_fmt: Option<String>,
    bit_rate: Option<String>,
    width: u32,
    height: u32,
    sample_aspect_ratio: Option<String>,
    field_order: Option<String>,
    color_transfer: Option<String>,
    color_primaries: Option<String>,
    color_space: Option<String>,
    channels: Option<u32>,
    channel_layout: Option<String>,
    sample_rate: Option<String>,
    r_frame_rate: Option<String>,
    avg_frame_rate: Option<String>,
    start_time: Option<String>,
    duration: Option<String>,
    tags: HashMap<String, String>,
    disposition: HashMap<String, u8>,
    side_data_list: Vec<SideData>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SideData {
    rotation: Option<f64>,
}

/// Reads what ffprobe printed and chooses the streams: the first picture that is no cover, the first sound.
///
/// # Errors
/// [`VideoError::NoPlayableStream`] when neither is there, [`VideoError::NotMedia`] when the text is no answer.
pub fn parse(json: &[u8]) -> Result<Probe, VideoError> {
    let answer: Answer = serde_json::from_slice(json)
        .map_err(|error| VideoError::NotMedia { detail: format!("unreadable answer of ffprobe: {error}") })?;
    let file_seconds = seconds(answer.format.duration.as_deref()).filter(|duration| *duration > 0.0);
    let picture = answer.streams.iter().find(|stream| stream.is_picture());
    let sound = answer.streams.iter().find(|stream| stream.is_sound(file_seconds));
    let video = picture.map(|stream| stream.to_video(file_seconds));
    let audio = sound.map(|stream| stream.to_audio(file_seconds));
    if video.is_none() && audio.is_none() {
        return Err(VideoError::NoPlayableStream);
    }
    let source = Source {
        container: answer.format.format_name.clone(),
        duration: file_seconds,
        bitrate: bits(answer.format.bit_rate.as_deref()),
        video: picture.map(Stream::to_source_video),
        audio: sound.map(Stream::to_source_audio),
        tags: kept_tags(&answer.format.tags),
    };
    Ok(Probe {
        source,
        format: answer.format.format_name,
        duration: file_seconds,
        start: seconds(answer.format.start_time.as_deref()).unwrap_or(0.0),
        stream_count: answer.format.nb_streams,
        video,
        audio,
        subtitles: answer.streams.iter().filter_map(Stream::to_subtitles).take(MAX_SUBTITLES).collect(),
    })
}

impl Stream {
    /// Of the kind, and with a codec that can be decoded: for others ffprobe gives no name.
    fn is(&self, kind: &str) -> bool {
        self.codec_type == kind
            && self.codec_name.as_deref().is_some_and(|name| !matches!(name, "none" | "unknown"))
    }

    fn has(&self, flag: &str) -> bool {
        self.disposition.get(flag).is_some_and(|value| *value != 0)
    }

    fn is_picture(&self) -> bool {
        self.is("video")
            && self.width > 0
            && self.height > 0
            && !self.has("attached_pic")
            && !self.has("timed_thumbnails")
    }

    fn is_sound(&self, file_seconds: Option<f64>) -> bool {
        self.is("audio") && self.duration(file_seconds).is_none_or(|duration| duration > MIN_SOUND_SECONDS)
    }

    fn to_video(&self, file_seconds: Option<f64>) -> VideoStream {
        let fraction = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok());
        VideoStream {
            index: self.index,
            codec: self.codec_name.clone().unwrap_or_default(),
            profile: self.profile.clone(),
            level: self.level,
            pixel_format: self.pix_fmt.clone(),
            bitrate: seconds(self.bit_rate.as_deref()).filter(|bits| *bits > 0.0),
            width: self.width,
            height: self.height,
            sample_aspect_ratio: fraction(&self.sample_aspect_ratio).unwrap_or(Rate::whole(1)),
            rotation: self.side_data_list.iter().find_map(|data| data.rotation).map_or(0, quarter_turns),
            is_interlaced: matches!(self.field_order.as_deref(), Some("tt" | "bb" | "tb" | "bt")),
            color_transfer: self.color_transfer.clone(),
            real_rate: fraction(&self.r_frame_rate),
            average_rate: fraction(&self.avg_frame_rate),
            start: seconds(self.start_time.as_deref()),
            duration: self.duration(file_seconds),
        }
    }

    fn to_audio(&self, file_seconds: Option<f64>) -> AudioStream {
        AudioStream {
            index: self.index,
            codec: self.codec_name.clone().unwrap_or_default(),
            language: self.tags.get("language").and_then(|tag| language(tag)),
            start: seconds(self.start_time.as_deref()),
            duration: self.duration(file_seconds),
        }
    }

    fn to_source_video(&self) -> SourceVideo {
        let known = |text: &Option<String>| text.clone().filter(|text| text != "unknown");
        let video = self.to_video(None);
        SourceVideo {
            codec: video.codec,
            profile: known(&self.profile),
            width: self.width,
            height: self.height,
            rotation: video.rotation,
            frame_rate: video.average_rate.or(video.real_rate),
            bitrate: bits(self.bit_rate.as_deref()),
            pixel_format: known(&self.pix_fmt),
            color_primaries: known(&self.color_primaries),
            hdr: matches!(self.color_transfer.as_deref(), Some("smpte2084" | "arib-std-b67")),
            color_transfer: known(&self.color_transfer),
            color_space: known(&self.color_space),
            interlaced: video.is_interlaced,
        }
    }

    fn to_source_audio(&self) -> SourceAudio {
        SourceAudio {
            codec: self.codec_name.clone().unwrap_or_default(),
            channels: self.channels,
            layout: self.channel_layout.clone().filter(|layout| layout != "unknown"),
            sample_rate: self.sample_rate.as_deref().and_then(|rate| rate.parse().ok()),
            bitrate: bits(self.bit_rate.as_deref()),
            language: self.tags.get("language").and_then(|tag| language(tag)),
        }
    }

    /// `None` for everything but words.
    fn to_subtitles(&self) -> Option<SubtitleStream> {
        let codec = self.codec_name.as_deref().filter(|_| self.codec_type == "subtitle")?;
        let language = self.tags.get("language").and_then(|tag| tag.parse().ok());
        TEXT_CODECS.contains(&codec).then(|| SubtitleStream {
            index: self.index,
            language: language.unwrap_or_else(Language::unknown),
            title: self.tags.get("title").cloned(),
            is_default: self.has("default"),
            is_forced: self.has("forced"),
            is_captions: self.has("hearing_impaired") || self.has("captions"),
        })
    }

    /// Matroska keeps the duration of a stream in a tag. Programs that cut a file may copy the tag as it was, so one
    /// that says more than the file itself is not believed.
    fn duration(&self, file_seconds: Option<f64>) -> Option<f64> {
        let fits = |tag: &f64| file_seconds.is_none_or(|file| *tag <= file + FILE_SLACK_SECONDS);
        let tag = self.tags.get("DURATION").and_then(|tag| clock_time(tag)).filter(fits);
        seconds(self.duration.as_deref()).or(tag).filter(|duration| *duration > 0.0)
    }
}

/// The tags that are meant for viewers, each cut off where it becomes a book. The place of the recording is not among them.
fn kept_tags(tags: &HashMap<String, String>) -> BTreeMap<String, String> {
    let kept = |(name, text): (&String, &String)| {
        let name = name.to_ascii_lowercase();
        let text: String = text.chars().filter(|c| !c.is_control()).take(MAX_TAG_CHARS).collect();
        (TAGS.contains(&name.as_str()) && !text.trim().is_empty()).then(|| (name, text.trim().to_owned()))
    };
    tags.iter().filter_map(kept).collect()
}

/// Bits per second, where there are some.
fn bits(text: Option<&str>) -> Option<u64> {
    text?.parse().ok().filter(|bits| *bits > 0)
}

fn seconds(text: Option<&str>) -> Option<f64> {
    text?.parse().ok().filter(|seconds: &f64| seconds.is_finite())
}

/// `00:00:03.021000000` in seconds. Tags are free text: anything but hours, minutes and seconds is no time.
fn clock_time(text: &str) -> Option<f64> {
    let mut parts = text.splitn(3, ':');
    let hours: u32 = parts.next()?.parse().ok()?;
    let minutes: u32 = parts.next()?.parse().ok().filter(|minutes| *minutes < 60)?;
    let seconds = seconds(parts.next()).filter(|seconds| (0.0..60.0).contains(seconds))?;
    Some(f64::from(hours) * 3600.0 + f64::from(minutes) * 60.0 + seconds)
}

/// The nearest multiple of 90 degrees within one degree, from 0 to 270; else 0, because no player turns by 7 degrees.
fn quarter_turns(degrees: f64) -> u32 {
    let turned = degrees.rem_euclid(360.0);
    [90, 180, 270].into_iter().find(|quarter| (turned - f64::from(*quarter)).abs() < 1.0).unwrap_or(0)
}

/// A language tag that may stand in a playlist (BCP 47 letters); `und` says nothing.
fn language(tag: &str) -> Option<String> {
    let mut parts = tag.split('-');
    let is_primary = parts
        .next()
        .is_some_and(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()));
    let are_others =
        parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()));
    (is_primary && are_others && tag != "und").then(|| tag.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cover_picture_is_no_video() {
        let probe = parse(include_bytes!("../../fixtures/audio_cover.json")).expect("playable");
        assert!(probe.video.is_none());
        assert_eq!(probe.audio.map(|audio| audio.codec).as_deref(), Some("mp3"));
    }

    #[test]
    fn the_first_of_several_streams_is_chosen_and_its_language_kept() {
        let probe =
            parse(include_bytes!("../../fixtures/two_video_two_audio_subs_2997.json")).expect("playable");
        let (video, audio) = (probe.video.expect("video"), probe.audio.expect("audio"));
        assert_eq!((video.width, video.height), (640, 360));
        assert_eq!(audio.language.as_deref(), Some("eng"));
        assert_eq!((probe.duration, video.duration), (Some(8.0), Some(5.005)));
    }

    #[test]
    fn words_are_taken_as_far_as_they_are_text() {
        let stream = |index: usize, codec: &str, more: &str| {
            format!(r#"{{"index":{index},"codec_type":"subtitle","codec_name":"{codec}"{more}}}"#)
        };
        let mut streams = vec![
            r#"{"index":0,"codec_type":"audio","codec_name":"aac"}"#.to_owned(),
            stream(
                1,
                "ass",
                r#","tags":{"language":"ger","title":"Schilder"},"disposition":{"forced":1,"default":1}"#,
            ),
            stream(2, "hdmv_pgs_subtitle", ""),
            stream(3, "dvd_subtitle", ""),
            stream(4, "subrip", r#","tags":{"language":"klingon!"},"disposition":{"hearing_impaired":1}"#),
        ];
        let parsed = |streams: &[String]| {
            let json = format!(r#"{{"streams":[{}],"format":{{}}}}"#, streams.join(","));
            parse(json.as_bytes()).expect("playable").subtitles
        };
        let [signs, unknown] = &parsed(&streams)[..] else { panic!("two are text") };
        assert_eq!(
            (signs.index, signs.language.as_str(), signs.title.as_deref()),
            (1, "de", Some("Schilder"))
        );
        assert_eq!((signs.is_forced, signs.is_default, signs.is_captions), (true, true, false));
        assert_eq!((unknown.index, unknown.language.as_str(), unknown.is_captions), (4, "und", true));
        streams.extend((5..200).map(|index| stream(index, "mov_text", "")));
        assert_eq!(parsed(&streams).len(), MAX_SUBTITLES);
    }

    #[test]
    fn matroska_durations_come_from_the_tag() {
        let probe = parse(include_bytes!("../../fixtures/two_audio_langs.json")).expect("playable");
        assert_eq!(probe.video.and_then(|video| video.duration), Some(3.021));
    }

    #[test]
    fn only_hours_minutes_and_seconds_are_a_time() {
        assert_eq!(clock_time("01:02:03.5"), Some(3723.5));
        for tag in [
            "",
            "3",
            "02:03",
            "-1:00:00",
            "00:-1:00",
            "00:00:-1",
            "00:00:nan",
            "00:00:inf",
            "00:60:00",
            "00:00:60",
            "1e300:00:00",
            "00:00:1e300",
            "99999999999:00:00",
            "00:00:00:01",
            "1:1:1:1:1:1:1:1:1:1",
        ] {
            assert_eq!(clock_time(tag), None, "{tag}");
        }
    }

    #[test]
    fn a_tag_that_says_more_than_the_file_is_not_believed() {
        let stale =
            include_str!("../../fixtures/two_audio_langs.json").replace("00:00:03.021", "00:00:30.021");
        let probe = parse(stale.as_bytes()).expect("playable");
        assert_eq!(probe.video.and_then(|video| video.duration), None);
    }

    #[test]
    fn pixel_shape_fields_and_rotation_are_read() {
        let ts = parse(include_bytes!("../../fixtures/interlaced_anamorphic_mpeg2.json")).expect("playable");
        let video = ts.video.expect("video");
        assert_eq!(video.sample_aspect_ratio.to_string(), "64/45");
        assert!(video.is_interlaced);
        let phone = parse(include_bytes!("../../fixtures/rotated90_portrait_phone.json")).expect("playable");
        assert_eq!(phone.video.map(|video| video.rotation), Some(90));
        assert_eq!([-90.0, 180.0, 45.0, 0.0, -180.4].map(quarter_turns), [270, 180, 0, 0, 180]);
    }

    #[test]
    fn files_without_a_decodable_stream_are_told_apart_from_non_answers() {
        let code = |json: &str| parse(json.as_bytes()).err().map(|error| error.code().as_str());
        assert_eq!(code(r#"{"streams":[],"format":{}}"#), Some("no_playable_stream"));
        let subtitles =
            r#"{"streams":[{"codec_type":"subtitle","codec_name":"mov_text"},{"codec_type":"video"}]}"#;
        assert_eq!(code(subtitles), Some("no_playable_stream"));
        assert_eq!(code("not json"), Some("not_media"));
    }

    #[test]
    fn sound_of_which_nothing_would_be_left_is_no_sound() {
        let json =
            include_str!("../../fixtures/audio_longer_than_video.json").replace("\"7.000000\"", "\"0.021\"");
        assert_eq!(parse(json.as_bytes()).expect("playable").audio, None);
    }

    #[test]
    fn only_well_formed_languages_are_kept() {
        assert_eq!(language("pt-BR").as_deref(), Some("pt-BR"));
        for tag in ["und", "", "e", "en\"", "en us", "en--"] {
            assert_eq!(language(tag), None, "{tag}");
        }
    }
}
