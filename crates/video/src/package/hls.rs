//! HLS playlists (RFC 8216, version 7 for fragmented MP4).

use std::fmt::Write as _;

use super::{Addressing, AudioRendition, Package, SubtitleKind, SubtitleRendition, Track, VideoRendition};

/// The one audio group.
const AUDIO_GROUP: &str = "audio";
/// The one group of words.
const SUBTITLES_GROUP: &str = "subtitles";
/// What captions tell, in Apple's words.
const CAPTIONS: &str = "CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,\
                        public.accessibility.describes-music-and-sound\",";

/// The master playlist. Its playlists are named relative to it, however the segments are addressed.
#[must_use]
pub fn master_playlist(package: &Package) -> String {
    let mut text = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n".to_owned();
    let audio = package.audio.first();
    let words = if package.subtitles.is_empty() {
        String::new()
    } else {
        format!(",SUBTITLES=\"{SUBTITLES_GROUP}\"")
    };
    text.extend(audio.filter(|_| !package.video.is_empty()).map(audio_group));
    text.extend(package.subtitles.iter().map(subtitles));
    if package.video.is_empty() {
        text.extend(audio.map(|audio| sound_only(audio, &words)));
    }
    text.extend(package.offered_video().map(|video| variant(video, audio, &words)));
    text
}

fn subtitles(words: &SubtitleRendition) -> String {
    let yes = |is: bool| if is { "YES" } else { "NO" };
    let captions = if words.kind == SubtitleKind::Captions { CAPTIONS } else { "" };
    format!(
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"{SUBTITLES_GROUP}\",NAME=\"{}\",LANGUAGE=\"{}\",\
         DEFAULT={},AUTOSELECT=YES,FORCED={},{captions}URI=\"{}\"\n",
        words.name,
        words.language,
        yes(words.is_default),
        yes(words.is_forced),
        words.playlist_name(),
    )
}

/// The playlist of words: one segment as long as the video, because the whole file is small.
#[must_use]
pub(super) fn subtitles_playlist(
    words: &SubtitleRendition,
    seconds: f64,
    addressing: &Addressing<'_>,
) -> String {
    let name = words.playlist_name();
    let folder = name.split_once('/').map_or("", |(folder, _)| folder);
    let address = addressing.address(&words.object.url, folder);
    format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXTINF:{seconds:.5},\n{address}\n#EXT-X-ENDLIST\n",
        seconds.ceil().max(1.0),
    )
}

fn audio_group(audio: &AudioRendition) -> String {
    let language = audio.language.as_ref().map_or(String::new(), |tag| format!("LANGUAGE=\"{tag}\","));
    let name = audio.language.as_deref().unwrap_or("audio");
    format!(
        "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{AUDIO_GROUP}\",NAME=\"{name}\",{language}\
         DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"{}\",URI=\"{}\"\n",
        audio.channels,
        audio.track.playlist_name(),
    )
}

fn variant(video: &VideoRendition, audio: Option<&AudioRendition>, words: &str) -> String {
    let sound = audio.map(|audio| &audio.track);
    let sum = |of: fn(&Track) -> u64| of(&video.track) + sound.map_or(0, of);
    let codecs = sound.map_or(String::new(), |sound| format!(",{}", sound.codecs));
    let group = sound.map_or(String::new(), |_| format!(",AUDIO=\"{AUDIO_GROUP}\""));
    format!(
        "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},RESOLUTION={}x{},FRAME-RATE={:.3},CODECS=\"{}{codecs}\"{group}{words}\n{}\n",
        sum(|track| track.bandwidth),
        sum(|track| track.average_bandwidth),
        video.width,
        video.height,
        video.frame_rate.as_f64(),
        video.track.codecs,
        video.track.playlist_name(),
    )
}

fn sound_only(audio: &AudioRendition, words: &str) -> String {
    let Track { bandwidth, average_bandwidth, codecs, .. } = &audio.track;
    let playlist = audio.track.playlist_name();
    format!(
        "#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},AVERAGE-BANDWIDTH={average_bandwidth},CODECS=\"{codecs}\"{words}\n{playlist}\n"
    )
}

/// Players would take what grows for a live broadcast and begin near its end. Shaka takes 0 for no answer.
const FROM_THE_BEGINNING: &str = "#EXT-X-START:TIME-OFFSET=0.001\n";

/// The playlist of one rendition of the package, which has relative names: `VOD` when it has ended, `EVENT` while it
/// grows. The target duration is the same in both, because it may not change.
#[must_use]
pub fn media_playlist(package: &Package, track: &Track, addressing: &Addressing<'_>) -> String {
    let folder = track.folder();
    let longest = track.segments.iter().map(|segment| segment.duration.round()).fold(1.0, f64::max);
    let target = longest.max(f64::from(track.longest_segment));
    let has_ended = package.has_ended(track);
    let (kind, start) = if has_ended { ("VOD", "") } else { ("EVENT", FROM_THE_BEGINNING) };
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{target}\n#EXT-X-MEDIA-SEQUENCE:0\n\
         #EXT-X-PLAYLIST-TYPE:{kind}\n{start}#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"{}\"\n",
        addressing.address(&track.init.0.url, folder),
    );
    for segment in &track.segments {
        let address = addressing.address(&segment.object.url, folder);
        let _ = writeln!(text, "#EXTINF:{:.5},\n{address}", segment.duration);
    }
    if has_ended {
        text.push_str("#EXT-X-ENDLIST\n");
    }
    text
}
