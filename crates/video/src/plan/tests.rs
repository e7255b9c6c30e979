use super::*;
use crate::config::Bitrate;
use crate::probe::parse;

macro_rules! fixture {
    ($name:literal) => {
        ($name, include_str!(concat!("../../fixtures/", $name, ".json")))
    };
}

fn planned(fixture: &str) -> Plan {
    plan(&parse(fixture.as_bytes()).expect("playable"), &VideoConfig::default(), &Wishes::default(), None)
}

fn rungs(plan: &Plan) -> String {
    let rungs = plan.video.iter().flat_map(|video| &video.rungs);
    rungs.map(|rung| format!("{}x{}", rung.size.width, rung.size.height)).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_reference_file_gets_its_ladder_rate_and_sound() {
    const FULL_HD: &str = "1920x1080 1280x720 854x480 640x360";
    let table = [
        (fixture!("bbb_1080p24_5s_aac51"), FULL_HD, "24", true),
        (fixture!("bbb_480p24_30s_aac51"), "854x480 640x360", "24", true),
        (fixture!("avsync_flash_beep_12s"), "640x360", "30", true),
        (fixture!("uhd2160_1s"), "3840x2160 2560x1440 1920x1080 1280x720 854x480 640x360", "30", true),
        (fixture!("fps60_360p_44k1"), "640x360", "60", true),
        (fixture!("two_video_two_audio_subs_2997"), "640x360", "30000/1001", true),
        (fixture!("two_audio_langs"), "640x360", "24", true),
        (fixture!("rotated90_portrait_phone"), "480x854 360x640", "24", true),
        (fixture!("interlaced_anamorphic_mpeg2"), "854x480 640x360", "25", true),
        (fixture!("vfr_screen_640"), "640x360", "30", false),
        (fixture!("hdr10_pq_hevc10"), "640x360", "24", false),
        (fixture!("alpha_vp9"), "320x240", "15", false),
        (fixture!("odd_321x243_vp9"), "432x242", "24", true),
        (fixture!("odd_427x241_yuv444"), "428x240", "24", false),
        (fixture!("mono22k_mpeg4"), "320x180", "24", true),
        (fixture!("animated"), "236x134", "10", false),
        (fixture!("no_audio"), "640x360", "24", false),
        (fixture!("one_frame"), "640x360", "25", false),
        (fixture!("audio_longer_than_video"), "640x360", "30", true),
        (fixture!("audio_only"), "", "", true),
        (fixture!("audio_cover"), "", "", true),
        (fixture!("editlist_video_delay500ms"), "640x360", "24", true),
        (fixture!("fragmented"), "640x360", "24", true),
        (fixture!("ts_start30s"), "640x360", "24", true),
        (fixture!("corrupt_bitflips"), "640x360", "24", true),
    ];
    for ((name, json), sizes, rate, has_audio) in table {
        let plan = planned(json);
        let planned_rate = plan.video.as_ref().map_or(String::new(), |video| video.rate.to_string());
        assert_eq!(
            (rungs(&plan).as_str(), planned_rate.as_str(), plan.audio.is_some()),
            (sizes, rate, has_audio),
            "{name}"
        );
    }
}

#[test]
fn the_ladder_stops_where_the_source_ends() {
    let rung_sides = |width, height| {
        ladder(Size { width, height }).into_iter().map(|rung| rung.short_side).collect::<Vec<_>>()
    };
    assert_eq!(rung_sides(3840, 2160), [2160, 1440, 1080, 720, 480, 360]);
    assert_eq!(rung_sides(2560, 1440), [1440, 1080, 720, 480, 360]);
    assert_eq!(rung_sides(1080, 1920), [1080, 720, 480, 360]);
    assert_eq!(rung_sides(1024, 576), [480, 360]);
    assert_eq!(rung_sides(640, 358), [358]);
}

#[test]
fn extreme_shapes_stay_even_and_within_what_h264_can_hold() {
    for (width, height) in [(40_000, 1000), (16, 16), (16, 2_000_000), (8192, 4320)] {
        for rung in ladder(Size { width, height }) {
            let Size { width, height } = rung.size;
            assert!(width % 2 == 0 && height % 2 == 0 && width >= 16 && height >= 16, "{width}x{height}");
            assert!(width <= 8192 && height <= 8192, "{width}x{height}");
        }
    }
}

#[test]
fn nonsense_pixel_shapes_are_ignored() {
    let json = include_str!("../../fixtures/interlaced_anamorphic_mpeg2.json").replace("64:45", "1000:1");
    assert_eq!(rungs(&planned(&json)), "600x480 450x360");
}

#[test]
fn rates_are_kept_halved_or_replaced() {
    let rate = |real: &str, average: &str| {
        let json = include_str!("../../fixtures/no_audio.json")
            .replace("\"r_frame_rate\":\"24/1\"", &format!("\"r_frame_rate\":\"{real}\""))
            .replace("\"avg_frame_rate\":\"24/1\"", &format!("\"avg_frame_rate\":\"{average}\""));
        planned(&json).video.map(|video| (video.rate.to_string(), video.is_variable_rate)).expect("video")
    };
    assert_eq!(rate("24000/1001", "24000/1001"), ("24000/1001".to_owned(), false));
    assert_eq!(rate("240/1", "240/1"), ("60".to_owned(), false));
    assert_eq!(rate("144/1", "144/1"), ("36".to_owned(), false));
    assert_eq!(rate("120000/1001", "120000/1001"), ("60000/1001".to_owned(), false));
    assert_eq!(rate("60/1", "123/10"), ("30".to_owned(), true));
    assert_eq!(rate("90/1", "50/1"), ("60".to_owned(), true));
    assert_eq!(rate("1000/1", "1000/1"), ("30".to_owned(), true));
    assert_eq!(rate("1/10", "1/10"), ("30".to_owned(), true));
    assert_eq!(rate("25/1", "0/0"), ("30".to_owned(), true));
}

#[test]
fn hdr_is_mapped_with_its_own_transfer_and_fields_are_woven_first() {
    let filters = |json: &str| planned(json).video.map(|video| video.filters).expect("video");
    let pq = filters(include_str!("../../fixtures/hdr10_pq_hevc10.json"));
    assert!(pq.starts_with("setparams=color_primaries=bt2020:color_trc=smpte2084:"), "{pq}");
    assert!(pq.ends_with("zscale=t=bt709:m=bt709:r=tv,format=yuv420p,"), "{pq}");
    let hlg =
        filters(&include_str!("../../fixtures/hdr10_pq_hevc10.json").replace("smpte2084", "arib-std-b67"));
    assert!(hlg.contains("color_trc=arib-std-b67"), "{hlg}");
    let fields = filters(include_str!("../../fixtures/interlaced_anamorphic_mpeg2.json"));
    assert_eq!(fields, "bwdif=mode=send_frame:parity=auto:deint=interlaced,");
    assert_eq!(filters(include_str!("../../fixtures/no_audio.json")), "");
}

#[test]
fn poster_and_thumbnail_come_from_inside_the_picture_and_are_never_enlarged() {
    let video = planned(include_str!("../../fixtures/audio_longer_than_video.json")).video.expect("video");
    assert_eq!((video.duration, video.stills.poster_frame), (Some(4.0), 40));
    assert_eq!(
        (video.stills.posters[0], video.stills.large_thumbnail, video.stills.thumbnail),
        (
            Size { width: 640, height: 360 },
            Size { width: 640, height: 360 },
            Size { width: 320, height: 180 }
        )
    );
    let film = planned(include_str!("../../fixtures/bbb_480p24_30s_aac51.json")).video.expect("video");
    assert_eq!(film.stills.poster_frame, 240);
    let gif = planned(include_str!("../../fixtures/animated.json")).video.expect("video");
    assert_eq!(gif.stills.thumbnail, Size { width: 236, height: 134 });
    assert_eq!(gif.stills.large_thumbnail, gif.stills.thumbnail);
    let phone = planned(include_str!("../../fixtures/rotated90_portrait_phone.json")).video.expect("video");
    assert_eq!(phone.stills.posters[0], Size { width: 480, height: 854 });
}

#[test]
fn a_late_start_adds_to_the_planned_duration() {
    let video = planned(include_str!("../../fixtures/editlist_video_delay500ms.json")).video.expect("video");
    let seconds = video.duration.expect("a duration");
    assert!((seconds - 4.5).abs() < 0.05, "{seconds}");
}

#[test]
fn what_browsers_play_as_it_is_is_copied_and_nothing_else() {
    let of = |(name, json): (&'static str, &str), group| {
        let plan = plan(
            &parse(json.as_bytes()).expect("playable"),
            &VideoConfig::default(),
            &Wishes::default(),
            group,
        );
        (name, plan.video.and_then(|video| video.copy).map(|copy| copy.longest_segment))
    };
    for standard in [
        fixture!("avsync_flash_beep_12s"),
        fixture!("bbb_1080p24_5s_aac51"),
        fixture!("no_audio"),
        fixture!("fps60_360p_44k1"),
    ] {
        let (name, copied) = of(standard, Some(2.0));
        assert_eq!(copied, Some(7), "{name}");
        assert_eq!(of(standard, Some(10.0)).1, Some(15), "{name}: groups of 10 s");
        assert_eq!(of(standard, Some(10.4)).1, None, "{name}: groups too long");
        assert_eq!(of(standard, None).1, None, "{name}: groups unknown");
    }
    for other in [
        fixture!("hdr10_pq_hevc10"),
        fixture!("rotated90_portrait_phone"),
        fixture!("interlaced_anamorphic_mpeg2"),
        fixture!("odd_427x241_yuv444"),
        fixture!("alpha_vp9"),
        fixture!("animated"),
        fixture!("mono22k_mpeg4"),
        fixture!("editlist_video_delay500ms"),
    ] {
        assert_eq!(of(other, Some(2.0)), (other.0, None));
    }
}

#[test]
fn a_long_video_is_split_evenly_among_the_machines_and_an_odd_one_never() {
    let of = |json: &str, group| {
        plan(&parse(json.as_bytes()).expect("playable"), &VideoConfig::default(), &Wishes::default(), group)
    };
    let (_, json) = fixture!("bbb_480p24_30s_aac51");
    let mut film = of(json, Some(2.0));
    let mut split = |seconds: f64, machines, least| -> Vec<(usize, Option<usize>)> {
        film.video.as_mut().expect("video").duration = Some(seconds);
        film.split(machines, least).iter().map(|chunk| (chunk.from, chunk.to)).collect()
    };
    assert_eq!(split(7200.0, 1, 120.0), [], "with one machine it is off");
    assert_eq!(split(7200.0, 2, 120.0), [(0, Some(450)), (450, Some(900)), (900, Some(1350)), (1350, None)]);
    assert_eq!(split(7200.0, 100, 120.0).len(), 60, "none is shorter than two minutes");
    assert_eq!(
        split(601.0, 3, 120.0),
        [(0, Some(30)), (30, Some(60)), (60, Some(90)), (90, Some(120)), (120, None)]
    );
    assert_eq!(split(650.0, 3, 120.0).last(), Some(&(120, None)), "a rest is part of the last one");
    assert_eq!(split(25.0, 2, 4.0), [(0, Some(2)), (2, Some(4)), (4, None)]);
    assert_eq!(split(9.0, 2, 4.0), [], "too short for two");
    for (odd, group) in [
        (fixture!("vfr_screen_640"), Some(2.0)),
        (fixture!("audio_longer_than_video"), Some(2.0)),
        (fixture!("audio_only"), None),
        (fixture!("bbb_480p24_30s_aac51"), None),
    ] {
        assert_eq!(of(odd.1, group).split(4, 1.0), [], "{}", odd.0);
    }
}

#[test]
fn only_wanted_rungs_are_made_and_never_none() {
    let of = |wanted: &[u32]| {
        let (_, json) = fixture!("bbb_1080p24_5s_aac51");
        let wishes = Wishes { rungs: Some(wanted.to_vec()), ..Wishes::default() };
        rungs(&plan(&parse(json.as_bytes()).expect("playable"), &VideoConfig::default(), &wishes, None))
    };
    assert_eq!(of(&[360, 720, 2160]), "1280x720 640x360");
    assert_eq!(of(&[2160]), "1920x1080", "as good as the source is");
    let wishes = Wishes { mp4: false, stills: false, ..Wishes::default() };
    let (_, json) = fixture!("bbb_1080p24_5s_aac51");
    let bare = plan(&parse(json.as_bytes()).expect("playable"), &VideoConfig::default(), &wishes, None);
    assert!(bare.passes().iter().all(|pass| !pass.stills) && bare.downloads.is_empty());
}

#[test]
fn a_bitrate_of_the_settings_caps_every_rung() {
    let (_, json) = fixture!("bbb_1080p24_5s_aac51");
    let config = VideoConfig { max_bitrate: Some(Bitrate(2000)), ..VideoConfig::default() };
    let video = plan(&parse(json.as_bytes()).expect("playable"), &config, &Wishes::default(), None).video;
    let caps: Vec<u32> = video.expect("video").rungs.iter().map(|rung| rung.max_bitrate_kbps).collect();
    assert_eq!(caps, [2000, 2000, 1400, 800]);
}
