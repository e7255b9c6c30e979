use super::*;
use crate::config::VideoConfig;
use crate::plan::{Wishes, plan};
use crate::probe::parse;

fn tools() -> Tools {
    Tools { threads: 2, ..Tools::from(&VideoConfig::default()) }
}

/// The arguments of the passes, each in one line.
fn passes(fixture: &str, longest_group: Option<f64>) -> Vec<String> {
    let probe = parse(fixture.as_bytes()).expect("playable");
    let plan = plan(&probe, &VideoConfig::default(), &Wishes::default(), longest_group);
    plan.passes().iter().map(|pass| transcode_args(&plan, pass, &tools(), None).join(" ")).collect()
}

fn planned(fixture: &str) -> Plan {
    plan(&parse(fixture.as_bytes()).expect("playable"), &VideoConfig::default(), &Wishes::default(), None)
}

const FULL_HD: &str = include_str!("../../fixtures/bbb_1080p24_5s_aac51.json");
const STANDARD: &str = include_str!("../../fixtures/avsync_flash_beep_12s.json");

#[test]
fn a_full_hd_film_gets_its_lowest_rung_and_sound_first_and_then_the_others_in_one_run() {
    let rung = |name: &str, cap: u32, fd: i32| {
        format!(
            "-map [{name}] -maxrate {cap}k -bufsize {}k -c:v libx264 -preset faster -crf 22 -threads 3 -profile:v high \
             -sc_threshold 0 -g 10000 -force_key_frames expr:gte(t,n_forced*4) -map_metadata -1 -f mp4 \
             -movflags +cmaf+frag_keyframe+skip_trailer pipe:{fd}",
            2 * cap
        )
    };
    let posters = |name: &str| {
        let index = ["", "_640", "_320"].iter().position(|known| *known == name).unwrap_or(0);
        format!(
            "-map [pj{index}] -q:v 3 -fps_mode passthrough -f image2 -update 1 poster{name}.jpg \
             -map [pw{index}] -c:v libwebp -quality 80 -fps_mode passthrough -f image2 -update 1 poster{name}.webp "
        )
    };
    let input = format!(
        "-nostdin -hide_banner -v level+error -y -progress pipe:3 -stats_period 1 -max_alloc 1000000000 \
         -filter_complex_threads 2 -max_pixels 40000000 -format_whitelist {FORMAT_WHITELIST} \
         -threads 2 -protocol_whitelist file -hwaccel none -i file:input -filter_complex "
    );
    let first = [
        &input,
        "[0:0]scale=640:360:flags=bicubic,setsar=1,fps=24,format=yuv420p[v360];\
         [0:1]aresample=48000:async=1:first_pts=0,atrim=start_sample=1024,asetpts=PTS-STARTPTS[au] ",
        &rung("v360", 800, 4),
        " -map [au] -c:a aac -ac 2 -b:a 128k -map_metadata -1 -f mp4 -movflags +cmaf+skip_trailer \
         -frag_duration 500000 pipe:5",
    ];
    let second = [
        &input,
        "[0:0]scale=1920:1080:flags=bicubic,setsar=1,fps=24,format=yuv420p,split=3[v1080][s1][p];\
         [s1]scale=1280:720:flags=bicubic,setsar=1,split=2[v720][s2];\
         [s2]scale=854:480:flags=bicubic,setsar=1,split=3[v480][t][w];\
         [t]fps=1/4:eof_action=pass,scale=640:360:flags=bicubic,setsar=1,split=2[tl][ts];\
         [ts]scale=320:180:flags=bicubic,setsar=1,split=2[th][sa];\
         [sa]scale=160:90:flags=bicubic,setsar=1,tile=5x5[sb];\
         [w]trim=start=1.667:duration=3.000,setpts=PTS-STARTPTS,fps=12,scale=320:180:flags=bicubic,setsar=1[pv];\
         [p]select='eq(n,0)+eq(n,40)',split=7[pa0][pb0][pa1][pb1][pa2][pb2][ph];\
         [ph]scale=100:56:flags=bicubic,setsar=1,format=rgba[pl];\
         [pa0]scale=1280:720:flags=bicubic,setsar=1[pj0];[pb0]scale=1280:720:flags=bicubic,setsar=1[pw0];\
         [pa1]scale=640:360:flags=bicubic,setsar=1[pj1];[pb1]scale=640:360:flags=bicubic,setsar=1[pw1];\
         [pa2]scale=320:180:flags=bicubic,setsar=1[pj2];[pb2]scale=320:180:flags=bicubic,setsar=1[pw2] ",
        &[rung("v1080", 5000, 4), rung("v720", 2800, 5), rung("v480", 1400, 6)].join(" "),
        " -map 0:1 -c copy -f null - -map [th] -q:v 4 -start_number 0 thumb_%03d.jpg \
         -map [tl] -c:v libwebp -quality 80 -f image2 -start_number 0 thumb_large_%03d.webp \
         -map [sb] -q:v 5 -start_number 0 storyboard_%03d.jpg \
         -map [pv] -c:v libx264 -preset veryfast -crf 28 -pix_fmt yuv420p -map_metadata -1 \
         -f mp4 -movflags +faststart preview.mp4 ",
        &["", "_640", "_320"].map(posters).concat(),
        "-map [pl] -c:v rawvideo -fps_mode passthrough -f image2 -update 1 placeholder.rgba",
    ];
    assert_eq!(passes(FULL_HD, None), [first.concat(), second.concat()]);
}

#[test]
fn standard_pictures_are_copied_first_and_then_all_rungs_are_made() {
    let passes = passes(STANDARD, Some(1.0));
    let [copied, ladder] = &passes[..] else { panic!("{passes:?}") };
    assert!(
        copied.contains(
            "-map 0:0 -c copy -map_metadata -1 -f mp4 -movflags +cmaf+frag_keyframe+skip_trailer pipe:4"
        ),
        "{copied}"
    );
    assert!(copied.contains("-filter_complex [0:1]aresample") && copied.ends_with("pipe:5"), "{copied}");
    assert!(!copied.contains("libx264") && !ladder.contains("[au]"), "{ladder}");
    assert!(ladder.contains("-map [v360]") && ladder.ends_with("placeholder.rgba"), "{ladder}");
}

#[test]
fn sound_alone_and_pictures_alone_get_only_their_own_outputs() {
    let sound = &passes(include_str!("../../fixtures/audio_only.json"), None)[0];
    assert!(sound.contains("-map [au]") && sound.ends_with("pipe:4"), "{sound}");
    assert!(!sound.contains("libx264") && !sound.contains("jpg"), "{sound}");
    let silent = include_str!("../../fixtures/no_audio.json");
    let pictures = &passes(silent, None)[0];
    assert!(!pictures.contains("[au]") && pictures.ends_with("placeholder.rgba"), "{pictures}");
    let copied = &passes(silent, Some(2.0))[0];
    assert!(!copied.contains("-filter_complex ") && copied.ends_with("pipe:4"), "{copied}");
}

#[test]
fn hardening_flags_stand_before_the_input_they_guard() {
    let fixtures = [include_str!("../../fixtures/hdr10_pq_hevc10.json"), FULL_HD, STANDARD];
    for args in fixtures.iter().flat_map(|fixture| passes(fixture, Some(1.0))) {
        let args: Vec<&str> = args.split(' ').collect();
        let place = |flag: &str| args.iter().position(|arg| *arg == flag).unwrap_or(usize::MAX);
        for flag in ["-max_pixels", "-format_whitelist", "-protocol_whitelist", "-hwaccel", "-max_alloc"] {
            assert!(place(flag) < place("-i"), "{flag}");
        }
        assert_eq!(args[place("-i") + 1], "file:input");
    }
}

#[test]
fn a_pass_goes_on_at_a_cut_with_the_clock_of_a_whole_run() {
    let plan = planned(FULL_HD);
    let (lowest, ladder) = (&plan.passes()[0], &plan.passes()[1]);
    let at =
        |decoded_from| Seek { segments: 3, frame: 288, seconds: 12.0, decoded_from, until: None, base: 0 };
    let args = |pass: &Pass, decoded_from: f64| {
        transcode_args(&plan, pass, &tools(), Some(&at(decoded_from))).join(" ")
    };
    let near = args(lowest, 10.0);
    assert!(near.contains("-copyts -start_at_zero -ss 10.000000 "), "{near}");
    assert!(near.contains("fps=24,trim=start_pts=288,setpts=PTS-288,scale=640:360"), "{near}");
    assert!(near.contains("expr:gte(t+12.000000000+0.000001,(n_forced+3)*4)"), "{near}");
    // The sound is made from the start, so it is read by itself, under the same guards.
    assert_eq!(near.matches("-i file:input").count(), 2, "{near}");
    assert_eq!(near.matches("-format_whitelist mov,").count(), 2, "{near}");
    assert!(near.contains("[1:1]aresample"), "{near}");
    let far = args(lowest, 0.0);
    assert!(!far.contains("-ss") && !far.contains("-copyts") && far.contains("[0:1]aresample"), "{far}");
    // Stills are made of the whole film, in a pass of their own.
    assert!(!args(ladder, 10.0).contains("thumb_"));
    let stills = Pass { encodes: false, ..ladder.clone() };
    let stills = transcode_args(&plan, &stills, &tools(), None).join(" ");
    assert!(
        stills.contains("thumb_") && !stills.contains("pipe:4") && !stills.contains("[v1080]"),
        "{stills}"
    );
}

#[test]
fn the_download_is_a_copy_with_its_index_in_front() {
    let plan = planned(include_str!("../../fixtures/two_audio_langs.json"));
    let args = mp4_args("picture", plan.audio.as_ref(), "video.mp4").join(" ");
    assert!(args.ends_with("-c copy -f mp4 -movflags +faststart file:video.mp4"), "{args}");
    assert!(args.contains("-i file:picture") && args.contains("-i file:sound"), "{args}");
    assert!(args.contains("-metadata:s:a:0 language=eng"), "{args}");
    let silent = mp4_args("picture", None, "video.mp4").join(" ");
    assert!(!silent.contains("sound"), "{silent}");
}
