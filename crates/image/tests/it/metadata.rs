//! Where a picture was taken, and by what, is nobody's business: nothing of it is in any output.

use std::io::Cursor;
use std::path::Path;

use telecine_image::{Kept, Wish};

use crate::pictures::{
    self, coarse_jpeg, exif, exif_segment, extended_webp, riff_chunk, with_chunk, with_segment,
};
use crate::support::{Made, large, make, make_of, pool, shared};

/// What is put into every place where metadata may be.
const SECRET: &[u8] = b"<script>where-I-live</script>";

/// Words that no output may hold.
const WORDS: [&[u8]; 12] = [
    SECRET,
    b"Exif",
    b"GPS",
    b"<script",
    b"PK\x03\x04",
    b"NIKON",
    b"Nikon",
    b"http://ns.adobe.com",
    b"ICC_PROFILE",
    b"iCCP",
    b"tEXt",
    b"ICCP",
];

/// Reads the output with a reader of its own, and as bytes.
fn assert_bare(made: &Made, what: &str) {
    for variant in &made.report.variants {
        let bytes = std::fs::read(&variant.file).expect("stored");
        let exif = kamadak_exif().read_from_container(&mut Cursor::new(&bytes));
        assert!(exif.is_err(), "{what} {}: a reader finds EXIF", variant.name);
        for word in WORDS {
            let is_found = bytes.windows(word.len()).any(|window| window == word);
            assert!(!is_found, "{what} {}: {}", variant.name, String::from_utf8_lossy(word));
        }
    }
}

fn kamadak_exif() -> exif::Reader {
    exif::Reader::new()
}

#[tokio::test]
async fn the_position_of_a_photo_is_in_none_of_its_variants() {
    for name in
        ["photos/gps_nikon_640x480.jpg", "photos/jolla_phone_3264x2448.jpg", "hostile/jpeg_html_zip_tail.jpg"]
    {
        let Some(file) = shared(name) else { continue };
        let read =
            kamadak_exif().read_from_container(&mut Cursor::new(std::fs::read(&file).expect("readable")));
        assert!(read.is_ok(), "{name} has EXIF");
        let made = make(&pool(), &Wish::default(), &file).await.expect("taken");
        assert!(made.report.variants.iter().all(|variant| variant.kept == Kept::WebP), "{name}");
        assert_bare(&made, name);
    }
}

/// The same where the original is kept, which WebP of the best quality does not beat.
#[tokio::test]
async fn an_original_that_is_kept_has_lost_what_it_told() {
    let pool = pool();
    let text = [b"comment\0".as_slice(), SECRET].concat();
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0".as_slice(), SECRET].concat();
    let (exif, segment) = (exif(1), exif_segment(1));
    let size = (64, 64);
    let mut jpeg = coarse_jpeg(size, pictures::noise, true);
    for (marker, payload) in [(0xfe, SECRET), (0xe1, &segment), (0xe1, &xmp), (0xed, SECRET), (0xe2, SECRET)]
    {
        jpeg = with_segment(&jpeg, marker, payload);
    }
    jpeg.extend(SECRET);
    let mut png = pictures::png(size, pictures::sparks);
    for (kind, data) in [(*b"tEXt", &text), (*b"eXIf", &exif), (*b"teCh", &text), (*b"tIME", &vec![7; 7])] {
        png = with_chunk(&png, kind, data);
    }
    png.extend(SECRET);
    let more = [riff_chunk(b"EXIF", &exif), riff_chunk(b"XMP ", SECRET), riff_chunk(b"what", SECRET)];
    let mut webp = extended_webp(size, pictures::sparks, 0x0c, &more);
    webp.extend(SECRET);
    let mut gif = pictures::gif_of_pairs((64, 64), &[[0; 3], [255; 3]]);
    let end = gif.len() - 1;
    let length = u8::try_from(SECRET.len()).expect("short");
    gif.splice(end..end, [&[0x21, 0xfe, length], SECRET, &[0]].concat());
    gif.extend(SECRET);
    for (name, file) in [("JPEG", jpeg), ("PNG", png), ("WebP", webp), ("GIF", gif)] {
        let holds_it = file.windows(SECRET.len()).any(|window| window == SECRET);
        assert!(holds_it, "{name} tells before");
        let made = make_of(&pool, &Wish { quality: 100.0, ..large() }, &file).await.expect(name);
        assert_bare(&made, name);
        assert_eq!(made.first().kept, Kept::Original, "{name}");
        // What is left can be read, and nothing more can be taken away.
        let again = make_of(&pool, &Wish { quality: 100.0, ..large() }, &made.bytes()).await.expect(name);
        assert_eq!(again.bytes(), made.bytes(), "{name}");
    }
}

#[tokio::test]
async fn exiftool_finds_nothing_where_it_is_installed() {
    let Some(file) = shared("photos/gps_nikon_640x480.jpg") else { return };
    let made = make(&pool(), &Wish::default(), &file).await.expect("taken");
    let exiftool =
        |file: &Path| std::process::Command::new("exiftool").args(["-a", "-G1"]).arg(file).output();
    for variant in &made.report.variants {
        let Ok(said) = exiftool(&variant.file) else {
            println!("skipped: exiftool is not installed");
            return;
        };
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(!said.contains("GPS") && !said.contains("Nikon") && !said.contains("[IFD"), "{said}");
    }
}
