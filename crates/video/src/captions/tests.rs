use super::*;

fn written(text: &str) -> String {
    read(text.as_bytes()).expect("captions").to_webvtt()
}

fn error(bytes: impl AsRef<[u8]>) -> (usize, String) {
    let error = read(bytes.as_ref()).expect_err("an error");
    (error.line, error.reason)
}

/// The text of a cue that is shown from 1 s to 9 s.
fn text(words: &str) -> String {
    cue_text::sanitized(words, timing::Span { start_ms: 1000, end_ms: 9000 })
}

#[test]
fn webvtt_keeps_its_cues_and_nothing_else() {
    let file = "\u{feff}WEBVTT - by hand\r\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\r\n\r\nNOTE\r\nnobody sees this\r\n\r\n\
        STYLE\r\n::cue { background: url(https://evil.example/) }\r\n\r\nREGION\r\nid:fred\r\n\r\n\
        second\r\n01:00:02.000 --> 01:00:03.000 line:0 align:start region:fred position:10%,line-left size:200%\r\n<v Mary>Hello <i>there\r\n\r\n\
        00:00.500 --> 00:02.000\r\nfirst line\r\nsecond line\r\n";
    let expected = "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nfirst line\nsecond line\n\n\
        01:00:02.000 --> 01:00:03.000 line:0 align:start position:10%,line-left\n<v Mary>Hello <i>there</i></v>\n";
    assert_eq!(written(file), expected);
    assert_eq!(
        written("WEBVTT\n00:01.000 --> 00:02.000\nat once"),
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nat once\n"
    );
}

#[test]
fn subrip_becomes_webvtt() {
    let file = "1\r\n00:00:01,000 --> 00:00:02,500 X1:10 X2:20\r\n<font color=\"#fff\">Hi</font> & {\\i1}bye{\\i0}\r\n\r\n\
        2\r\n00:00:03,5 --> 00:00:04,0\r\n{\\an8}<I>up</I>\r\n\r\n00:00:05.000 --> 00:00:06.000\r\nwithout a number\r\n";
    let expected = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nHi &amp; bye\n\n00:00:03.500 --> 00:00:04.000 line:0\n<i>up</i>\n\n\
        00:00:05.000 --> 00:00:06.000\nwithout a number\n";
    assert_eq!(written(file), expected);
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let vtt = |rest: &str| error(format!("WEBVTT\n\n{rest}"));
    assert_eq!(vtt("00:02.000 --> 00:01.000\nx"), (3, "the cue ends before it begins".into()));
    assert_eq!(vtt("00:02.000 --> 00:02.000\nx").0, 3);
    assert_eq!(
        vtt("a\n00:61.000 --> 00:62.000\nx"),
        (4, "\"00:61.000\" is no time like 00:00:01.000".into())
    );
    assert_eq!(
        vtt("00:01.000 --> 00:02.000\nx\n00:02.000 --> 00:03.000\ny"),
        (5, "an empty line is missing before this cue".into())
    );
    assert!(vtt("just words").1.contains("a cue begins with a line like"));
    assert_eq!(error("hello\n\nworld").0, 1);
    assert!(error("hello").1.contains("neither WebVTT"));
    assert_eq!(error("1\n00:00:01,000 --> 00:00:02,000\nx\n\n2\nno time\n").0, 6);
    assert_eq!(
        error(b"WEBVTT\n\n00:01.000 --> 00:02.000\n\xff"),
        (4, "this is not UTF-8; save the file as UTF-8".into())
    );
    assert_eq!(error(b"\xff\xfeW\0E\0"), (1, "this is not UTF-8; save the file as UTF-8".into()));
    for empty in ["", "\n\n", "WEBVTT", "WEBVTT\n\nNOTE nothing\n\n00:01.000 --> 00:02.000\n<b></b>"] {
        assert_eq!(error(empty), (1, "there is no cue with words in this file".into()), "{empty:?}");
    }
    assert!(error(vec![b'x'; MAX_BYTES + 1]).1.contains("bytes"));
    let long = "x".repeat(cue_text::MAX_BYTES + 1);
    assert!(vtt(&format!("00:01.000 --> 00:02.000\n{long}")).1.contains("more than 4096 bytes"));
    let many = "00:01.000 --> 00:02.000\nx\n\n".repeat(MAX_CUES + 1);
    assert_eq!(vtt(&many), (3 + 3 * MAX_CUES, "a file may have 20000 cues".into()));
}

#[test]
fn times_are_read_as_people_and_programs_write_them() {
    let ms = timing::milliseconds;
    assert_eq!(
        ["00:01.5", "1:02:03,004", "99:59:59.999"].map(ms),
        [Some(1500), Some(3_723_004), Some(359_999_999)]
    );
    for wrong in [
        "",
        "1",
        "00:01",
        ".",
        "1.5",
        "00:60.000",
        "60:00.000",
        "100:00:00.000",
        "1:1:1:1.000",
        "-1:00.000",
        "00:01.0000",
        "+1:01.000",
        "00:0x.000",
        "00:01.",
        "00:\u{661}1.000",
    ] {
        assert_eq!(ms(wrong), None, "{wrong}");
    }
}

#[test]
fn tags_that_webvtt_knows_are_kept_and_closed_and_others_go() {
    for (words, expected) in [
        ("<b>a<i>b</b>c", "<b>a<i>b</i></b>c"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<c.red.\"x.big-one onclick=x>a</c>", "<c.red.big-one>a</c>"),
        ("<v.loud  Mary   &amp; Bob>a", "<v.loud Mary amp; Bob>a</v>"),
        ("<v>a", "a"),
        ("<v -->a", "a"),
        ("<c.a-->b", "<c>b</c>"),
        ("<lang en-us>a</lang> <lang x>b", "<lang en-US>a</lang> b"),
        ("<ruby>a<rt>b</ruby> <rt>c", "<ruby>a<rt>b</rt></ruby> c"),
        ("a<00:02.000>b<00:01.500>c<00:20.000>d", "a<00:00:02.000>bcd"),
        ("a < b, 1 <2 and 3> 2", "a &lt; b, 1 &lt;2 and 3&gt; 2"),
        ("Tom & Jerry &amp; &lt;b&gt; &#x41;&#66;&nope;", "Tom &amp; Jerry &amp; &lt;b&gt; AB&amp;nope;"),
        ("a\u{0}\u{7}\tb", "a b"),
        ("<i>\n</i>a&#10;b\n<b></b>", "<i>\n</i>a b\n<b></b>"),
        ("unfinished <i", "unfinished &lt;i"),
    ] {
        assert_eq!(text(words), expected, "{words}");
    }
    let deep = text(&"<i>".repeat(100));
    assert_eq!(deep, "", "tags alone are nothing to show");
    assert_eq!(text(&("<i>".repeat(100) + "a")).matches("<i>").count(), 8);
}

/// Whatever comes in, what goes out is WebVTT that reads as the same cues again.
#[test]
fn what_is_written_can_be_read_again_whatever_was_read() {
    let seeds = [
        "WEBVTT\n\n00:01.000 --> 00:02.000 line:0\n<v Mary>a<i>b</i> &amp; c\n\n00:03.000 --> 00:04.000\n<c.--\n><00:03.500>d --",
        "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<b>a</b>\n\n2\n00:00:02,000 --> 00:00:03,000\n<font>b",
    ];
    let pieces = [
        "<",
        ">",
        "--",
        "-->",
        "\n",
        "\r",
        "&",
        ";",
        "</",
        "<v ",
        "<c.",
        "00:01.000",
        "\u{0}",
        "WEBVTT",
        "\u{a0}",
        "{\\",
        "}",
        "&#13;",
    ];
    let (mut state, mut readable) = (0x9e37_79b9_7f4a_7c15_u64, 0);
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).expect("small")
    };
    for round in 0..20_000 {
        let mut bytes = seeds[round % 2].as_bytes().to_vec();
        for _ in 0..=random(2) {
            let at = random(bytes.len());
            let piece = pieces[random(pieces.len())];
            bytes.splice(at..(at + random(3)).min(bytes.len()), piece.bytes());
        }
        let Ok(captions) = read(&bytes) else { continue };
        readable += 1;
        let again = read(captions.to_webvtt().as_bytes());
        assert_eq!(again.as_ref(), Ok(&captions), "{:?}", String::from_utf8_lossy(&bytes));
        assert!(captions.to_webvtt().len() as u64 <= MAX_WRITTEN_BYTES);
    }
    assert!(readable > 2000, "{readable} files were readable");
}

#[test]
fn a_tool_s_file_is_read_as_far_as_it_goes_and_cut_to_the_video() {
    let file = "WEBVTT\n\n00:05.500 --> 00:09.000\nlate\n\n00:04.000 --> 00:08.000\nlonger\n\nbroken\n\n00:00.000 --> 00:00.000\nnever\n\n00:00.500 --> 00:01.000\nfirst\n";
    let captions = read_leniently(file.as_bytes()).and_then(|captions| captions.within(5.005)).expect("cues");
    assert_eq!(
        captions.to_webvtt(),
        "WEBVTT\n\n00:00:00.500 --> 00:00:01.000\nfirst\n\n00:00:04.000 --> 00:00:05.005\nlonger\n"
    );
    assert_eq!(captions.within(0.2), None);
    assert_eq!(read_leniently(b"\xff"), None);
}
