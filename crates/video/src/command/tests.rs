use super::*;
use crate::config::VideoConfig;
use crate::plan::plan;
use crate::probe::parse;

fn tools() -> Tools {
    Tools { threads: 2, ..Tools::from(&VideoConfig::default()) }
}

fn planned(fixture: &str) -> Plan {
    plan(&parse(fixture.as_bytes()).expect("playable"), &VideoConfig::default())
}

#[test]
fn the_whole_command_for_a_full_hd_film_reads_as_designed() {
    let args = transcode_args(&planned(include_str!("../../fixtures/bbb_1080p24_5s_aac51.json")), &tools())
        .join(" ");
    let rung = |name: &str, cap: u32, fd: i32| {
        format!(
            "-map [{name}] -maxrate {cap}k -bufsize {}k -c:v libx264 -preset faster -crf 22 -threads 3 -profile:v high \
             -sc_threshold 0 -g 10000 -force_key_frames expr:gte(t,n_forced*4) -map_metadata -1 -f mp4 \
             -movflags +cmaf+frag_keyframe+skip_trailer pipe:{fd} ",
            2 * cap
        )
    };
    let expected = [
        "-nostdin -hide_banner -v level+error -y -progress pipe:3 -stats_period 1 -max_alloc 1000000000 \
         -filter_complex_threads 2 -max_pixels 40000000 -format_whitelist ",
        FORMAT_WHITELIST,
        " -threads 2 -protocol_whitelist file -hwaccel none -i file:input -filter_complex \
         [0:0]scale=1920:1080:flags=bicubic,setsar=1,fps=24,format=yuv420p,split=3[v1080][s1][p];\
         [s1]scale=1280:720:flags=bicubic,setsar=1,split=2[v720][s2];\
         [s2]scale=854:480:flags=bicubic,setsar=1,split=2[v480][s3];\
         [s3]scale=640:360:flags=bicubic,setsar=1,split=2[v360][t];\
         [t]fps=1/4:eof_action=pass,scale=320:180:flags=bicubic,setsar=1[th];\
         [p]select='eq(n,0)+eq(n,40)',scale=1280:720:flags=bicubic,setsar=1[po];\
         [0:1]aresample=48000:async=1:first_pts=0,atrim=start_sample=1024,asetpts=PTS-STARTPTS[au] ",
        &rung("v1080", 5000, 4),
        &rung("v720", 2800, 5),
        &rung("v480", 1400, 6),
        &rung("v360", 800, 7),
        "-map [au] -c:a aac -ac 2 -b:a 128k -map_metadata -1 -f mp4 -movflags +cmaf+skip_trailer \
         -frag_duration 500000 pipe:8 \
         -map [th] -q:v 4 -start_number 0 thumb_%03d.jpg \
         -map [po] -fps_mode passthrough -q:v 3 -update 1 poster.jpg",
    ];
    assert_eq!(args, expected.concat());
}

#[test]
fn sound_alone_and_pictures_alone_get_only_their_own_outputs() {
    let sound = transcode_args(&planned(include_str!("../../fixtures/audio_only.json")), &tools()).join(" ");
    assert!(sound.contains("-map [au]") && sound.ends_with("pipe:4"), "{sound}");
    assert!(!sound.contains("libx264") && !sound.contains("jpg"), "{sound}");
    let pictures = transcode_args(&planned(include_str!("../../fixtures/no_audio.json")), &tools()).join(" ");
    assert!(!pictures.contains("[au]") && pictures.ends_with("poster.jpg"), "{pictures}");
}

#[test]
fn hardening_flags_stand_before_the_input_they_guard() {
    for fixture in
        [include_str!("../../fixtures/hdr10_pq_hevc10.json"), include_str!("../../fixtures/audio_cover.json")]
    {
        let args = transcode_args(&planned(fixture), &tools());
        let place = |flag: &str| args.iter().position(|arg| arg == flag).unwrap_or(usize::MAX);
        for flag in ["-max_pixels", "-format_whitelist", "-protocol_whitelist", "-hwaccel", "-max_alloc"] {
            assert!(place(flag) < place("-i"), "{flag}");
        }
        assert_eq!(args[place("-i") + 1], "file:input");
    }
}

#[test]
fn the_download_is_a_copy_with_its_index_in_front() {
    let plan = planned(include_str!("../../fixtures/two_audio_langs.json"));
    let args = mp4_args(plan.audio.as_ref()).join(" ");
    assert!(args.ends_with("-c copy -f mp4 -movflags +faststart file:video.mp4"), "{args}");
    assert!(args.contains("-i file:picture") && args.contains("-i file:sound"), "{args}");
    assert!(args.contains("-metadata:s:a:0 language=eng"), "{args}");
    let silent = mp4_args(None).join(" ");
    assert!(!silent.contains("sound"), "{silent}");
}
