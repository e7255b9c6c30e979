//! The filter graph: decode once, scale from rung to rung, take thumbnails from the smallest and the poster from the
//! largest.

use crate::THUMBNAIL_SECONDS;
use crate::plan::{AudioPlan, Plan, Size, VideoPlan};

/// Every chain, separated by semicolons.
pub(super) fn filter_graph(plan: &Plan) -> String {
    let video = plan.video.as_ref().map(video_chains);
    let audio = plan.audio.as_ref().map(audio_chain);
    let chains: Vec<String> = video.into_iter().flatten().chain(audio).collect();
    chains.join(";")
}

fn video_chains(video: &VideoPlan) -> Vec<String> {
    let mut chains: Vec<String> = (0..video.rungs.len()).map(|index| rung_chain(video, index)).collect();
    chains.push(format!("[t]fps=1/{THUMBNAIL_SECONDS}:eof_action=pass,{}[th]", scale(video.thumbnail)));
    chains.push(format!("[p]select='eq(n,0)+eq(n,{})',{}[po]", video.poster_frame, scale(video.poster)));
    chains
}

fn rung_chain(video: &VideoPlan, index: usize) -> String {
    let rung = &video.rungs[index];
    let scale = scale(rung.size);
    let is_first = index == 0;
    let is_last = index + 1 == video.rungs.len();
    let chain = if is_first {
        // One grid of frames for all rungs; without it key frames would fall on different frames.
        let hold =
            video.hold_seconds.map(|seconds| format!(",tpad=stop_mode=clone:stop_duration={seconds:.3}"));
        let hold = hold.unwrap_or_default();
        format!("[0:{}]{}{scale},fps={}{hold},format=yuv420p", video.stream, video.filters, video.rate)
    } else {
        format!("[s{index}]{scale}")
    };
    let mut outputs = vec![format!("[v{}]", rung.short_side)];
    outputs.push(if is_last { "[t]".to_owned() } else { format!("[s{}]", index + 1) });
    if is_first {
        outputs.push("[p]".to_owned());
    }
    format!("{chain},split={}{}", outputs.len(), outputs.concat())
}

/// Numbers and no expressions: every frame then has the size of the manifest, even when the source changes its size.
/// Square pixels are set because rounding to even sides leaves shapes like 1281:1280 behind.
fn scale(size: Size) -> String {
    format!("scale={}:{}:flags=bicubic,setsar=1", size.width, size.height)
}

/// Sound from 0 on one clock: a late start and gaps become silence. The 1024 samples which the AAC encoder puts in
/// front are cut off here, because CMAF has no edit list to hide them.
fn audio_chain(audio: &AudioPlan) -> String {
    let pad = audio.pad_to.map(|seconds| format!(",apad=whole_dur={seconds:.3}")).unwrap_or_default();
    format!(
        "[0:{}]aresample=48000:async=1:first_pts=0,atrim=start_sample=1024,asetpts=PTS-STARTPTS{pad}[au]",
        audio.stream
    )
}
