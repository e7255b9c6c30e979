//! From a plan to the arguments of ffmpeg: a pure function, so that every flag can be read and tested.

mod graph;

use crate::SEGMENT_SECONDS;
use crate::captions::MAX_BYTES;
use crate::config::Tools;
use crate::plan::{AudioPlan, Pass, Pictures, Plan, Rung, Seek, Size, Stills, SubtitlePlan};

/// Demuxers a file may choose. Playlists (HLS, DASH, ffconcat), SVG and the image demuxers are left out: they make
/// ffmpeg open other files or addresses, and `-protocol_whitelist file` alone still lets them read local files.
pub(crate) const FORMAT_WHITELIST: &str =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,mpegts,mpeg,mpegvideo,ogg,gif,wav,mp3,aac,flac,asf,mxf";

/// Demuxers of a watermark.
const WATERMARK_FORMATS: &str = "png_pipe,webp_pipe,jpeg_pipe";

/// Where ffmpeg reports its progress; for us the reports are signs of life.
pub(crate) const PROGRESS_FD: i32 = 3;

/// The pipe of the first rendition; the others follow in the order of the plan, sound last.
pub(crate) const FIRST_RENDITION_FD: i32 = 4;

/// Sound in a fragment: 24 AAC frames, few enough to be grouped to the cuts of the video.
const AUDIO_FRAGMENT_MICROSECONDS: u32 = 500_000;

/// CMAF without edit lists and without the index at the end, which a pipe cannot take.
const FRAGMENT_AT_KEY_FRAMES: &str = "+cmaf+frag_keyframe+skip_trailer";

/// What is read after the last frame of a chunk: frames that are shown before it may come after it in the file.
const READ_AHEAD_SECONDS: f64 = 2.0;

/// The largest single allocation in bytes.
const MAX_ALLOCATION_BYTES: u32 = 1_000_000_000;

/// File names in the scratch directory.
pub(crate) const WATERMARK_FILE: &str = "watermark";
pub(crate) const POSTER_FILE: &str = "poster.jpg";
pub(crate) const PREVIEW_FILE: &str = "preview.mp4";
pub(crate) const PLACEHOLDER_FILE: &str = "placeholder.rgba";
pub(crate) const FRAME_FILE: &str = "frame.png";
pub(crate) const SOUND_COPY_FILE: &str = "sound";

/// The name of the MP4 of a rung: the one that is offered first has the plain name.
pub(crate) fn mp4_file(rung: Option<&Rung>) -> String {
    rung.map_or("video.mp4".to_owned(), |rung| format!("video_{}p.mp4", rung.short_side))
}

/// The name of the copy of a rung that its MP4 is made of.
pub(crate) fn picture_copy_file(rung: &Rung) -> String {
    format!("picture_{}", rung.short_side)
}

/// The name of a thumbnail, which `%03d` gives in ffmpeg too.
pub(crate) fn thumbnail_file(index: usize) -> String {
    format!("thumb_{index:03}.jpg")
}

/// The name of a large thumbnail, which `%03d` gives in ffmpeg too.
pub(crate) fn large_thumbnail_file(index: usize) -> String {
    format!("thumb_large_{index:03}.webp")
}

/// The name of a sheet of the storyboard.
pub(crate) fn sheet_file(index: usize) -> String {
    format!("storyboard_{index:03}.jpg")
}

/// The name of a file of words.
pub(crate) fn subtitles_file(index: usize) -> String {
    format!("subtitles_{index}.vtt")
}

/// The name of a poster, `jpg` or `webp`: the first size has the plain name, others say their long side.
pub(crate) fn poster_file(index: usize, size: Size, extension: &str) -> String {
    match index {
        0 => format!("poster.{extension}"),
        _ => format!("poster_{}.{extension}", size.width.max(size.height)),
    }
}

/// A run over the source.
///
/// With `seek` its pictures start at that cut. The decoder starts before it and the graph drops what comes too early, by the
/// same clock as in a whole run; sound has an input of its own, from the beginning.
pub(crate) fn transcode_args(plan: &Plan, pass: &Pass, tools: &Tools, seek: Option<&Seek>) -> Vec<String> {
    let mut args = global_args(tools);
    if let Some(seek) = seek.filter(|seek| seek.decoded_from > 0.0) {
        args.extend(words("-copyts -start_at_zero"));
        push(&mut args, "-ss", format!("{:.6}", seek.decoded_from));
    }
    if let Some(Seek { until: Some(until), decoded_from, .. }) = seek {
        push(&mut args, "-t", format!("{:.6}", until.seconds - decoded_from + READ_AHEAD_SECONDS));
    }
    args.extend(input_args(tools));
    if graph::sound_input(pass, seek) > 0 {
        args.extend(input_args(tools));
    }
    if plan.watermark.is_some() && matches!(&pass.pictures, Pictures::Rungs(rungs) if !rungs.is_empty()) {
        push(&mut args, "-format_whitelist", WATERMARK_FORMATS);
        args.extend(words("-protocol_whitelist file -i"));
        args.push(format!("file:{WATERMARK_FILE}"));
    }
    let graph = graph::filter_graph(plan, pass, seek);
    if !graph.is_empty() {
        push(&mut args, "-filter_complex", graph);
    }
    let mut fd = FIRST_RENDITION_FD;
    if let Some(video) = &plan.video {
        match &pass.pictures {
            Pictures::Copied => {
                args.extend(copy_args(video.stream, fd));
                fd += 1;
            }
            Pictures::Rungs(_) if !pass.encodes => {}
            Pictures::Rungs(rungs) => {
                for rung in &video.rungs[rungs.clone()] {
                    args.extend(rung_args(plan, rung, tools.threads, seek, fd));
                    fd += 1;
                }
            }
        }
    }
    match &plan.audio {
        Some(audio) if pass.sound => args.extend(audio_args(audio, fd)),
        // Formats of broadcasters start with the first stream that is used, and every pass has to start at the same time.
        Some(audio) => args.extend(words(&format!("-map 0:{} -c copy -f null -", audio.stream))),
        None => {}
    }
    if let Some(video) = plan.video.as_ref().filter(|_| pass.stills && seek.is_none()) {
        args.extend(still_args(&video.stills));
    }
    if pass.subtitles && seek.is_none() {
        args.extend(subtitle_args(&plan.subtitles));
    }
    args
}

/// A last run, which only copies: a single file for downloads, playable while it loads.
pub(crate) fn mp4_args(picture: &str, sound: Option<&AudioPlan>, file: &str) -> Vec<String> {
    let mut args = words("-nostdin -hide_banner -v level+error -y");
    push(&mut args, "-progress", format!("pipe:{PROGRESS_FD}"));
    args.extend(words("-format_whitelist mov,mp4 -protocol_whitelist file"));
    push(&mut args, "-i", format!("file:{picture}"));
    if let Some(audio) = sound {
        args.extend(words("-format_whitelist mov,mp4 -protocol_whitelist file"));
        push(&mut args, "-i", format!("file:{SOUND_COPY_FILE}"));
        args.extend(words("-map 0:v -map 1:a"));
        if let Some(language) = &audio.language {
            push(&mut args, "-metadata:s:a:0", format!("language={language}"));
        }
    }
    args.extend(words("-c copy -f mp4 -movflags +faststart"));
    args.push(format!("file:{file}"));
    args
}

/// A look at one image, to see whether it can be drawn.
pub(crate) fn image_args(max_pixels: u64) -> Vec<String> {
    let mut args = words("-nostdin -hide_banner -v level+error -xerror");
    push(&mut args, "-max_pixels", max_pixels.to_string());
    push(&mut args, "-format_whitelist", WATERMARK_FORMATS);
    args.extend(words("-protocol_whitelist file -i file:input -frames:v 1 -f null -"));
    args
}

/// One picture at this second, as a PNG without colours that most programs do not know.
pub(crate) fn frame_args(tools: &Tools, seconds: f64) -> Vec<String> {
    let mut args = words("-nostdin -hide_banner -v level+error -y");
    push(&mut args, "-max_alloc", MAX_ALLOCATION_BYTES.to_string());
    push(&mut args, "-ss", format!("{seconds:.3}"));
    args.extend(input_args(tools));
    args.extend(words(
        "-map 0:v:0 -an -sn -frames:v 1 -pix_fmt rgb24 -map_metadata -1 -c:v png -f image2pipe",
    ));
    args.push(format!("file:{FRAME_FILE}"));
    args
}

fn global_args(tools: &Tools) -> Vec<String> {
    // Warnings are left out: every JPEG gives six, which would push an error out of the kept tail of stderr.
    let mut args = words("-nostdin -hide_banner -v level+error -y");
    push(&mut args, "-progress", format!("pipe:{PROGRESS_FD}"));
    args.extend(words("-stats_period 1"));
    push(&mut args, "-max_alloc", MAX_ALLOCATION_BYTES.to_string());
    push(&mut args, "-filter_complex_threads", tools.threads.to_string());
    args
}

fn input_args(tools: &Tools) -> Vec<String> {
    let mut args = Vec::new();
    push(&mut args, "-max_pixels", tools.max_pixels.to_string());
    push(&mut args, "-format_whitelist", FORMAT_WHITELIST);
    push(&mut args, "-threads", tools.threads.to_string());
    args.extend(words("-protocol_whitelist file -hwaccel none -i file:input"));
    args
}

fn rung_args(plan: &Plan, rung: &Rung, threads: usize, seek: Option<&Seek>, fd: i32) -> Vec<String> {
    let cap = rung.max_bitrate_kbps;
    let mut args = Vec::new();
    push(&mut args, "-map", format!("[v{}]", rung.short_side));
    push(&mut args, "-maxrate", format!("{cap}k"));
    push(&mut args, "-bufsize", format!("{}k", 2 * cap));
    args.extend(words("-c:v libx264"));
    push(&mut args, "-preset", plan.preset.as_str());
    push(&mut args, "-crf", plan.crf.to_string());
    push(&mut args, "-threads", encoder_threads(threads).to_string());
    // A key frame at the first frame at or after each multiple of 4 s and nowhere else: equal cuts in all rungs.
    args.extend(words("-profile:v high -sc_threshold 0 -g 10000"));
    push(&mut args, "-force_key_frames", key_frames(seek));
    args.extend(words("-map_metadata -1 -f mp4"));
    push(&mut args, "-movflags", FRAGMENT_AT_KEY_FRAMES);
    args.push(format!("pipe:{fd}"));
    args
}

/// The same cuts after a seek, where the clock starts again. Between a cut and its frame lie a thirty thousandth of a second
/// or nothing, and the sum of two clocks must not tell the second from the first.
fn key_frames(seek: Option<&Seek>) -> String {
    match seek {
        Some(Seek { seconds, .. }) => {
            let before = (seconds / f64::from(SEGMENT_SECONDS)).floor();
            format!("expr:gte(t+{seconds:.9}+0.000001,(n_forced+{before})*{SEGMENT_SECONDS})")
        }
        None => format!("expr:gte(t,n_forced*{SEGMENT_SECONDS})"),
    }
}

/// The source's own pictures, one fragment for each of their groups.
fn copy_args(stream: u32, fd: i32) -> Vec<String> {
    let mut args = Vec::new();
    push(&mut args, "-map", format!("0:{stream}"));
    args.extend(words("-c copy -map_metadata -1 -f mp4"));
    push(&mut args, "-movflags", FRAGMENT_AT_KEY_FRAMES);
    args.push(format!("pipe:{fd}"));
    args
}

/// x264 itself would take one and a half threads per core.
fn encoder_threads(threads: usize) -> usize {
    threads + threads / 2
}

fn audio_args(audio: &AudioPlan, fd: i32) -> Vec<String> {
    let mut args = words("-map [au] -c:a aac -ac 2");
    push(&mut args, "-b:a", format!("{}k", audio.bitrate_kbps));
    args.extend(words("-map_metadata -1 -f mp4 -movflags +cmaf+skip_trailer"));
    push(&mut args, "-frag_duration", AUDIO_FRAGMENT_MICROSECONDS.to_string());
    args.push(format!("pipe:{fd}"));
    args
}

fn still_args(stills: &Stills) -> Vec<String> {
    let mut args = words("-map [th] -q:v 4 -start_number 0 thumb_%03d.jpg");
    args.extend(words("-map [tl] -c:v libwebp -quality 80 -f image2 -start_number 0 thumb_large_%03d.webp"));
    args.extend(words("-map [sb] -q:v 5 -start_number 0 storyboard_%03d.jpg"));
    args.extend(words("-map [pv] -c:v libx264 -preset veryfast -crf 28 -pix_fmt yuv420p -map_metadata -1"));
    args.extend(words("-f mp4 -movflags +faststart"));
    args.push(PREVIEW_FILE.to_owned());
    // A poster's output gets frame 0 and then the wanted one, each written over the one before: a video shorter than it
    // says still has a poster. Without passthrough the gap between the two would be filled with copies.
    const OVERWRITTEN: &str = "-fps_mode passthrough -f image2 -update 1";
    for (index, size) in stills.posters.iter().enumerate() {
        args.extend(words(&format!("-map [pj{index}] -q:v 3 {OVERWRITTEN}")));
        args.push(poster_file(index, *size, "jpg"));
        args.extend(words(&format!("-map [pw{index}] -c:v libwebp -quality 80 {OVERWRITTEN}")));
        args.push(poster_file(index, *size, "webp"));
    }
    args.extend(words(&format!("-map [pl] -c:v rawvideo {OVERWRITTEN}")));
    args.push(PLACEHOLDER_FILE.to_owned());
    args
}

/// Every stream of words into a file of its own. ffmpeg takes the start of the file from their times as it does from those
/// of pictures and sound.
fn subtitle_args(subtitles: &[SubtitlePlan]) -> Vec<String> {
    let mut args = Vec::new();
    for (index, words) in subtitles.iter().enumerate() {
        push(&mut args, "-map", format!("0:{}", words.stream));
        push(&mut args, "-fs", MAX_BYTES.to_string());
        push(&mut args, "-c:s", "webvtt");
        push(&mut args, "-f", "webvtt");
        args.push(subtitles_file(index));
    }
    args
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn push(args: &mut Vec<String>, flag: &str, value: impl Into<String>) {
    args.push(flag.to_owned());
    args.push(value.into());
}

#[cfg(test)]
mod tests;
