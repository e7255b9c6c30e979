//! The filter graph: decode once, scale from rung to rung, take small pictures from the smallest and posters from the
//! largest.

use std::ops::Range;

use crate::plan::{AudioPlan, Pass, Pictures, Plan, Preview, Seek, Size, Stills, VideoPlan};
use crate::{STORYBOARD_COLUMNS, STORYBOARD_ROWS, THUMBNAIL_SECONDS};

/// Every chain, separated by semicolons; empty when nothing is decoded.
pub(super) fn filter_graph(plan: &Plan, pass: &Pass, seek: Option<&Seek>) -> String {
    let mut chains = match (&plan.video, &pass.pictures) {
        (Some(video), Pictures::Rungs(rungs)) => video_chains(plan, video, rungs.clone(), pass, seek),
        _ => Vec::new(),
    };
    let sound = plan.audio.as_ref().filter(|_| pass.sound);
    chains.extend(sound.map(|audio| audio_chain(audio, sound_input(pass, seek))));
    chains.join(";")
}

/// The input that the sound is read from: one of its own when the decoder of the pictures is sent to a time.
pub(super) fn sound_input(pass: &Pass, seek: Option<&Seek>) -> usize {
    usize::from(pass.sound && seek.is_some_and(|seek| seek.decoded_from > 0.0))
}

fn video_chains(
    plan: &Plan,
    video: &VideoPlan,
    rungs: Range<usize>,
    pass: &Pass,
    seek: Option<&Seek>,
) -> Vec<String> {
    // What was skipped is missing in stills; they have a pass of their own then.
    let has_stills = pass.stills && seek.is_none();
    let largest = video.rungs[rungs.start].size;
    let marked = plan.watermark.as_ref().map(|watermark| (watermark, watermark.on(largest)));
    let mut chains = Vec::new();
    if let Some((watermark, placed)) = &marked {
        // Drawn once, on the largest rung; the others are scaled from it.
        let (width, opacity) = (placed.width, watermark.opacity);
        let input = 1 + sound_input(pass, seek);
        chains.push(format!("[{input}:v]scale={width}:-1,format=rgba,colorchannelmixer=aa={opacity:.3}[wm]"));
    }
    let overlay = marked.map(|(_, placed)| format!("[ba];[ba][wm]overlay={}:{},", placed.x, placed.y));
    let shape = Shape { overlay: overlay.as_deref(), has_stills, encodes: pass.encodes, seek };
    chains.extend(rungs.clone().map(|index| rung_chain(video, index, &rungs, &shape)));
    if has_stills {
        chains.extend(still_chains(&video.stills, overlay.is_some()));
    }
    chains
}

/// Thumbnails, sheets and preview from the smallest rung, posters and placeholder from the largest.
fn still_chains(stills: &Stills, is_marked: bool) -> Vec<String> {
    // Behind `overlay` the last frame has no duration, and a video of one frame would have no thumbnail.
    let end = if is_marked { "tpad=stop_mode=clone:stop=1," } else { "" };
    let Preview { start, seconds, rate, size } = &stills.preview;
    let posters = stills.posters.iter().enumerate();
    let labels: String = posters.clone().map(|(index, _)| format!("[pa{index}][pb{index}]")).collect();
    let mut chains = vec![
        format!(
            "[t]{end}fps=1/{THUMBNAIL_SECONDS}:eof_action=pass,{},split=2[tl][ts]",
            scale(stills.large_thumbnail)
        ),
        format!("[ts]{},split=2[th][sa]", scale(stills.thumbnail)),
        format!("[sa]{},tile={STORYBOARD_COLUMNS}x{STORYBOARD_ROWS}[sb]", scale(stills.tile)),
        format!(
            "[w]trim=start={start:.3}:duration={seconds:.3},setpts=PTS-STARTPTS,fps={rate},{}[pv]",
            scale(*size)
        ),
        format!(
            "[p]select='eq(n,0)+eq(n,{})',split={}{labels}[ph]",
            stills.poster_frame,
            2 * stills.posters.len() + 1
        ),
        format!("[ph]{},format=rgba[pl]", scale(stills.placeholder)),
    ];
    for (index, size) in posters {
        chains.push(format!("[pa{index}]{}[pj{index}]", scale(*size)));
        chains.push(format!("[pb{index}]{}[pw{index}]", scale(*size)));
    }
    chains
}

/// What the chains of all rungs depend on.
struct Shape<'a> {
    overlay: Option<&'a str>,
    has_stills: bool,
    encodes: bool,
    seek: Option<&'a Seek>,
}

fn rung_chain(video: &VideoPlan, index: usize, rungs: &Range<usize>, shape: &Shape<'_>) -> String {
    let rung = &video.rungs[index];
    let scale = scale(rung.size);
    let is_first = index == rungs.start;
    let is_last = index + 1 == rungs.end;
    let chain = if is_first {
        // One grid of frames for all rungs; without it key frames would fall on different frames.
        let hold =
            video.hold_seconds.map(|seconds| format!(",tpad=stop_mode=clone:stop_duration={seconds:.3}"));
        let hold = hold.unwrap_or_default();
        let overlay = shape.overlay.unwrap_or(",");
        let cut = shape.seek.map(|Seek { frame, until, .. }| {
            let end = until.map(|until| format!(":end_pts={}", until.frame)).unwrap_or_default();
            format!(",trim=start_pts={frame}{end},setpts=PTS-{frame}")
        });
        let (stream, filters, rate) = (video.stream, &video.filters, video.rate);
        match &cut {
            // What is dropped need not be scaled.
            Some(cut) => format!("[0:{stream}]{filters}fps={rate}{cut},{scale}{hold}{overlay}format=yuv420p"),
            None => format!("[0:{stream}]{filters}{scale},fps={rate}{hold}{overlay}format=yuv420p"),
        }
    } else {
        format!("[s{index}]{scale}")
    };
    let mut outputs = Vec::new();
    if shape.encodes {
        outputs.push(format!("[v{}]", rung.short_side));
    }
    if !is_last {
        outputs.push(format!("[s{}]", index + 1));
    }
    if is_last && shape.has_stills {
        outputs.extend(["[t]".to_owned(), "[w]".to_owned()]);
    }
    if is_first && shape.has_stills {
        outputs.push("[p]".to_owned());
    }
    match &outputs[..] {
        [only] => format!("{chain}{only}"),
        outputs => format!("{chain},split={}{}", outputs.len(), outputs.concat()),
    }
}

/// Numbers and no expressions: every frame then has the size of the manifest, even when the source changes its size.
/// Square pixels are set because rounding to even sides leaves shapes like 1281:1280 behind.
fn scale(size: Size) -> String {
    format!("scale={}:{}:flags=bicubic,setsar=1", size.width, size.height)
}

/// Sound from 0 on one clock: a late start and gaps become silence. The 1024 samples which the AAC encoder puts in
/// front are cut off here, because CMAF has no edit list to hide them.
fn audio_chain(audio: &AudioPlan, input: usize) -> String {
    let pad = audio.pad_to.map(|seconds| format!(",apad=whole_dur={seconds:.3}")).unwrap_or_default();
    // The filter works at 192 kHz. Peaks stay 1.5 dB below what decoders cut off.
    let loudness = audio.loudness.map(|lufs| format!("loudnorm=I={lufs}:TP=-1.5:LRA=11,aresample=48000,"));
    let loudness = loudness.unwrap_or_default();
    format!(
        "[{input}:{}]aresample=48000:async=1:first_pts=0,{loudness}atrim=start_sample=1024,asetpts=PTS-STARTPTS{pad}[au]",
        audio.stream
    )
}
