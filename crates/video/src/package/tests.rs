use super::*;

fn sign(name: &str) -> String {
    format!("https://cdn.example/videos/1/{name}?X-Amz-Date=1&X-Amz-Signature=abc")
}

#[test]
fn the_master_playlist_lists_rungs_with_their_own_and_the_sound_s_bandwidth() {
    let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"eng\",LANGUAGE=\"eng\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio/playlist.m3u8\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=2123002,AVERAGE-BANDWIDTH=1464994,RESOLUTION=1280x720,FRAME-RATE=29.970,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"audio\"\n\
        v720/playlist.m3u8\n\
        #EXT-X-STREAM-INF:BANDWIDTH=724401,AVERAGE-BANDWIDTH=532593,RESOLUTION=640x360,FRAME-RATE=29.970,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"audio\"\n\
        v360/playlist.m3u8\n";
    assert_eq!(master_playlist(&sample::package()), expected);
}

#[test]
fn a_silent_video_has_no_audio_group_and_sound_alone_is_one_variant() {
    let silent = Package { audio: Vec::new(), ..sample::package() };
    let master = master_playlist(&silent);
    assert!(!master.contains("AUDIO") && !master.contains("mp4a"), "{master}");
    let sound = Package { video: Vec::new(), ..sample::package() };
    let master = master_playlist(&sound);
    assert!(
        master.ends_with("CODECS=\"mp4a.40.2\"\naudio/playlist.m3u8\n") && !master.contains("RESOLUTION"),
        "{master}"
    );
}

#[test]
fn media_playlists_give_exact_durations_and_names_in_their_own_folder() {
    let package = sample::package();
    let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n\
        #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:4.00400,\nseg_000.m4s\n#EXTINF:4.00400,\nseg_001.m4s\n\
        #EXTINF:1.00100,\nseg_002.m4s\n#EXT-X-ENDLIST\n";
    assert_eq!(media_playlist(&package, &package.video[0].track, &Addressing::Relative), expected);
}

#[test]
fn signed_playlists_hold_absolute_addresses_while_the_master_stays_relative() {
    let package = sample::package();
    let playlist = media_playlist(&package, &package.video[1].track, &Addressing::Signed(&sign));
    assert!(playlist.contains(&format!("#EXT-X-MAP:URI=\"{}\"\n", sign("v360/init.mp4"))), "{playlist}");
    assert!(playlist.contains(&format!("\n{}\n", sign("v360/seg_002.m4s"))), "{playlist}");
    let files = render_all(&package, &Addressing::Signed(&sign));
    let master = files.iter().find(|file| file.name == "master.m3u8").expect("a master");
    assert!(!String::from_utf8_lossy(&master.bytes).contains("https:"));
}

#[test]
fn the_mpd_repeats_equal_durations_and_uses_a_template() {
    let xml = mpd(&sample::package(), &Addressing::Relative);
    let head = "type=\"static\" profiles=\"urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019\" \
        minBufferTime=\"PT4S\" mediaPresentationDuration=\"PT9.024S\"";
    assert!(xml.contains(head), "{xml}");
    let timeline = "<S t=\"0\" d=\"120120\" r=\"1\"/>\n      <S d=\"30030\"/>";
    assert_eq!(xml.matches(timeline).count(), 2, "{xml}");
    assert!(xml.contains("<Representation id=\"v720\" codecs=\"avc1.64001f\" bandwidth=\"1998002\" width=\"1280\" height=\"720\" frameRate=\"30000/1001\""), "{xml}");
    assert!(xml.contains("media=\"$RepresentationID$/seg_$Number%03d$.m4s\""), "{xml}");
    assert!(xml.contains("lang=\"eng\""), "{xml}");
}

#[test]
fn the_signed_mpd_lists_every_segment_with_escaped_addresses() {
    let xml = mpd(&sample::package(), &Addressing::Signed(&sign));
    assert_eq!((xml.matches("<SegmentURL ").count(), xml.matches("<S ").count()), (9, 9));
    assert!(xml.contains("<Initialization sourceURL=\"https://cdn.example/videos/1/audio/init.mp4?X-Amz-Date=1&amp;X-Amz-Signature=abc\"/>"), "{xml}");
    assert!(!xml.contains("SegmentTemplate"));
}

#[test]
fn thumbnail_cues_follow_each_other_and_the_last_reaches_the_end() {
    let expected = "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nthumb_000.jpg\n\n00:00:04.000 --> 00:00:08.000\nthumb_001.jpg\n\n\
        00:00:08.000 --> 00:00:09.024\nthumb_002.jpg\n";
    assert_eq!(thumbnails_vtt(&sample::package(), &Addressing::Relative), expected);
}

#[test]
fn the_storyboard_names_sheet_and_place_of_every_tile() {
    let expected = "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nstoryboard_000.jpg#xywh=0,0,160,90\n\n\
        00:00:04.000 --> 00:00:08.000\nstoryboard_000.jpg#xywh=160,0,160,90\n\n\
        00:00:08.000 --> 00:00:09.024\nstoryboard_001.jpg#xywh=0,0,160,90\n";
    assert_eq!(storyboard_vtt(&sample::package(), &Addressing::Relative), expected);
    let json = storyboard_json(&sample::package(), &Addressing::Signed(&sign));
    let json: serde_json::Value = serde_json::from_str(&json).expect("json");
    assert_eq!(json["images"][1], sign("storyboard_001.jpg"));
    assert_eq!(json["tiles"][2], serde_json::json!({ "start": 8.0, "image": 1, "x": 0, "y": 0 }));
}

/// The sample at a moment at which of its sound all is there, and of each rung that many segments.
fn growing(segments: [usize; 2]) -> Package {
    let whole = sample::package();
    let rungs = whole.video.into_iter().zip(segments).map(|(mut rung, segments)| {
        rung.track.complete = segments == rung.track.segments.len();
        rung.track.segments.truncate(segments);
        Rendition::Video(rung)
    });
    let now = jiff::Timestamp::from_millisecond(1_795_352_400_500).expect("a time");
    Package::growing(rungs.chain(whole.audio.into_iter().map(Rendition::Audio)), Some(20.0), now)
}

#[test]
fn a_growing_package_lists_what_there_is_and_says_that_there_is_more() {
    let growing = growing([0, 2]);
    assert_eq!((growing.video.len(), growing.audio.len(), growing.duration), (1, 1, 20.0));
    for track in [&growing.video[0].track, &growing.audio[0].track] {
        let playlist = media_playlist(&growing, track, &Addressing::Relative);
        assert!(playlist.contains("PLAYLIST-TYPE:EVENT") && !playlist.contains("ENDLIST"), "{playlist}");
        assert!(playlist.contains("#EXT-X-START:TIME-OFFSET=0.001\n"), "{playlist}");
    }
    let dash = mpd(&growing, &Addressing::Relative);
    assert!(dash.contains("type=\"dynamic\"") && dash.contains("PT20.000S"), "{dash}");
    let manifest = growing.manifest(&Addressing::Relative);
    let read = Package::from_manifest(manifest.as_bytes()).expect("a manifest");
    assert_eq!(
        (read.complete, read.video[0].track.complete, read.audio[0].track.complete),
        (false, false, true)
    );
}

#[test]
fn once_one_set_is_whole_it_alone_is_offered_and_has_ended_until_the_rest_is_whole_too() {
    let growing = growing([2, 3]);
    let whole = media_playlist(&growing, &growing.video[1].track, &Addressing::Relative);
    assert!(whole.contains("PLAYLIST-TYPE:VOD") && whole.ends_with("#EXT-X-ENDLIST\n"), "{whole}");
    let sound = media_playlist(&growing, &growing.audio[0].track, &Addressing::Relative);
    assert!(sound.ends_with("#EXT-X-ENDLIST\n") && !sound.contains("X-START"), "{sound}");
    let (master, dash) = (master_playlist(&growing), mpd(&growing, &Addressing::Relative));
    assert!(master.contains("v360") && !master.contains("v720"), "{master}");
    assert!(dash.contains("id=\"v360\"") && !dash.contains("v720"), "{dash}");
    assert!(
        growing.manifest(&Addressing::Relative).contains("v720"),
        "our own player knows what to do with it"
    );
}

#[test]
fn a_growing_mpd_plays_from_the_beginning_tells_the_time_and_lets_what_is_whole_reach_the_end() {
    let dash = mpd(&growing([0, 2]), &Addressing::Relative);
    assert!(dash.contains("<Latency target=\"20000\"/>"), "{dash}");
    let clock = "schemeIdUri=\"urn:mpeg:dash:utc:direct:2014\" value=\"2026-11-22T13:00:00.500Z\"";
    assert!(dash.contains(clock), "{dash}");
    let timeline = "<SegmentTimeline>\n      <S t=\"0\" d=\"120120\" r=\"1\"/>\n     </SegmentTimeline>";
    assert!(dash.contains(timeline), "what grows is told exactly: {dash}");
    let sound = dash.split("contentType=\"audio\"").nth(1).expect("sound");
    let ticks = |text: &str| -> u64 { text.split('"').next().and_then(|d| d.parse().ok()).expect("ticks") };
    let listed = sound.split("<S ").skip(1).map(|line| {
        let repeats = line.split('/').next().and_then(|line| line.split("r=\"").nth(1)).map_or(0, ticks);
        line.split("d=\"").nth(1).map(ticks).expect("a duration") * (repeats + 1)
    });
    assert_eq!(listed.sum::<u64>(), 21 * 48_000, "{sound}");
    let ready = mpd(&sample::package(), &Addressing::Relative);
    assert!(!ready.contains("Latency") && !ready.contains("UTCTiming"), "{ready}");
}

#[test]
fn the_manifest_has_the_shape_that_players_read() {
    let json: serde_json::Value =
        serde_json::from_str(&sample::package().manifest(&Addressing::Relative)).expect("json");
    assert_eq!(
        (&json["version"], &json["segmentDuration"], &json["duration"]),
        (&1.into(), &4.into(), &9.024.into())
    );
    let rung = &json["video"][0];
    for (field, value) in
        [("id", "720p"), ("mime", "video/mp4"), ("init", "v720/init.mp4"), ("frameRate", "30000/1001")]
    {
        assert_eq!(rung[field], value, "{field}");
    }
    let segment = &rung["segments"][1];
    assert_eq!(
        (&segment["url"], &segment["start"], &segment["bytes"]),
        (&"v720/seg_001.m4s".into(), &4.004.into(), &500_000.into())
    );
    assert_eq!(json["audio"][0]["language"], "eng");
    assert_eq!(json["warnings"][0], "video_damaged");
    assert_eq!(json["poster"]["url"], "poster.jpg");
}

#[test]
fn a_stored_manifest_reads_back_as_the_same_package() {
    let package = sample::package();
    let stored = package.manifest(&Addressing::Relative);
    let read = Package::from_manifest(stored.as_bytes()).expect("a manifest");
    assert_eq!(read, package);
    for addressing in [Addressing::Relative, Addressing::Signed(&sign)] {
        let texts = |package: &Package| {
            render_all(package, &addressing)
                .into_iter()
                .map(|file| (file.name, file.bytes))
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(&read), texts(&package));
    }
}

#[test]
fn a_signed_manifest_addresses_every_object() {
    let json = sample::package().manifest(&Addressing::Signed(&sign));
    assert_eq!(json.matches("https://cdn.example/").count(), sample::package().objects().count());
}

#[test]
fn manifests_of_later_versions_and_other_texts_are_refused() {
    let later =
        sample::package().manifest(&Addressing::Relative).replacen("\"version\":1", "\"version\":2", 1);
    assert!(matches!(Package::from_manifest(later.as_bytes()), Err(ManifestError::Version(2))));
    assert!(matches!(Package::from_manifest(b"{}"), Err(ManifestError::Unreadable(_))));
}

/// English from the file, shown by itself, and French that people have added.
fn with_words() -> Package {
    let english = SubtitleRendition { is_default: true, ..sample::words("subtitles/0.vtt", "en", "English") };
    let package = Package { subtitles: vec![english], ..sample::package() };
    let french = SubtitleRendition {
        kind: SubtitleKind::Captions,
        ..sample::words("../captions/fr-7.vtt", "fr", "Français & <plus>")
    };
    package.with_subtitles(&[french])
}

#[test]
fn words_are_a_group_of_the_master_with_one_segment_as_long_as_the_video() {
    let package = with_words();
    let master = master_playlist(&package);
    for line in [
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,URI=\"subtitles/0.m3u8\"\n",
        "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"Français & <plus>\",LANGUAGE=\"fr\",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS=\"public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound\",URI=\"captions/fr-7.m3u8\"\n",
    ] {
        assert!(master.contains(line), "{master}");
    }
    assert_eq!(master.matches("AUDIO=\"audio\",SUBTITLES=\"subtitles\"\n").count(), 2, "{master}");
    let playlist = |name: &str, addressing: &Addressing<'_>| {
        let file = render(&package, addressing, name).expect("a playlist");
        String::from_utf8(file.bytes.to_vec()).expect("text")
    };
    let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n\
        #EXTINF:9.02400,\n0.vtt\n#EXT-X-ENDLIST\n";
    assert_eq!(playlist("subtitles/0.m3u8", &Addressing::Relative), expected);
    let given = playlist("captions/fr-7.m3u8", &Addressing::Relative);
    assert!(given.contains("\n../../captions/fr-7.vtt\n"), "{given}");
    let signed = playlist("captions/fr-7.m3u8", &Addressing::Signed(&sign));
    assert!(signed.contains(&format!("\n{}\n", sign("../captions/fr-7.vtt"))), "{signed}");
    let sound = Package { video: Vec::new(), ..with_words() };
    assert!(master_playlist(&sound).contains("CODECS=\"mp4a.40.2\",SUBTITLES=\"subtitles\"\n"));
}

#[test]
fn words_are_adaptation_sets_of_one_file_in_dash() {
    let xml = mpd(&with_words(), &Addressing::Relative);
    let expected = "  <AdaptationSet id=\"3\" contentType=\"text\" mimeType=\"text/vtt\" lang=\"fr\">\n   \
        <Label>Français &amp; &lt;plus></Label>\n   <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"caption\"/>\n   \
        <Representation id=\"captions-fr-7\" bandwidth=\"887\">\n    <BaseURL>../captions/fr-7.vtt</BaseURL>\n   </Representation>\n  \
        </AdaptationSet>\n";
    assert!(xml.contains(expected), "{xml}");
    let roles = "value=\"subtitle\"/>\n   <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"main\"/>";
    assert!(xml.contains(roles), "{xml}");
}

#[test]
fn words_that_people_add_take_the_place_of_the_file_s_own_in_their_language() {
    let forced = SubtitleRendition { is_forced: true, ..sample::words("subtitles/1.vtt", "en", "English") };
    let german = sample::words("subtitles/2.vtt", "de", "Deutsch");
    let extracted = vec![with_words().subtitles[0].clone(), forced, german];
    let package = Package { subtitles: extracted, ..sample::package() };
    let given = sample::words("../captions/en-1.vtt", "en", "Deutsch");
    let words = package.with_subtitles(&[given]).subtitles;
    let shown: Vec<_> =
        words.iter().map(|it| (it.object.url.as_str(), it.name.as_str(), it.is_default)).collect();
    assert_eq!(shown, [("subtitles/2.vtt", "Deutsch", false), ("../captions/en-1.vtt", "Deutsch (2)", true)]);
}

#[test]
fn names_of_words_fit_into_every_playlist() {
    let english = "eng".parse().expect("a language");
    assert_eq!(subtitle_name(Some("  a \"b\"\n\u{7}c "), &english), "a 'b' c");
    assert_eq!(
        [subtitle_name(None, &english), subtitle_name(Some(" \u{0}"), &english)],
        ["English", "English"]
    );
    assert_eq!(subtitle_name(Some(&"x".repeat(500)), &english).len(), MAX_NAME_CHARS);
}

#[test]
fn documents_that_know_added_words_have_names_with_a_revision() {
    let names: Vec<String> = render_revision(&with_words(), 3).into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["captions/fr-7.m3u8", "master.r3.m3u8", "manifest.r3.mpd", "manifest.r3.json"]);
    assert_eq!([revised("master.m3u8", 0), revised("master.m3u8", 12)], ["master.m3u8", "master.r12.m3u8"]);
    let known = ["master.r3.m3u8", "manifest.r12.mpd", "manifest.r1.json"].map(revision_of);
    assert_eq!(known, [Some(3), Some(12), Some(1)]);
    for other in [
        "master.m3u8",
        "master.r.m3u8",
        "master.r0.m3u8",
        "master.r03.m3u8",
        "master.r3.json",
        "x/master.r3.m3u8",
    ] {
        assert_eq!(revision_of(other), None, "{other}");
    }
}
