//! A file that was cut off anywhere, or altered, is never taken for a whole one, and never brings a child down.

use telecine_image::{Kept, Pool};
use turbojpeg::Subsamp;

use crate::pictures::{self, jpeg_with, riff, riff_chunk};
use crate::support::{code_of, large, make_of, pool};

/// Places at which a file is cut.
const CUTS: usize = 60;

async fn files(pool: &Pool) -> Vec<(&'static str, Vec<u8>)> {
    let size = (120, 90);
    let frames = [[200, 0, 0], [0, 200, 0], [0, 0, 200], [7, 7, 7]];
    vec![
        ("JPEG", jpeg_with(size, pictures::noise, Subsamp::Sub2x2, false)),
        ("progressive JPEG", jpeg_with(size, pictures::noise, Subsamp::None, true)),
        ("PNG", pictures::png(size, pictures::noise)),
        ("lossless WebP", pictures::webp(size, pictures::noise)),
        ("lossy WebP", lossy_webp(pool).await),
        ("GIF", pictures::gif((60, 60), &frames)),
    ]
}

/// One of our own: no other encoder of lossy WebP is at hand.
async fn lossy_webp(pool: &Pool) -> Vec<u8> {
    let png = pictures::png((120, 90), pictures::noise);
    let made = make_of(pool, &large(), &png).await.expect("taken");
    assert_eq!(made.first().kept, Kept::WebP);
    made.bytes()
}

#[tokio::test]
async fn a_file_that_is_cut_off_anywhere_is_refused() {
    let pool = pool();
    for (name, file) in files(&pool).await {
        assert_eq!(code_of(&pool, &file).await, "ok", "{name} is whole");
        let last = (1..40).map(|missing| file.len() - missing);
        let cuts = (1..CUTS).map(|part| file.len() * part / CUTS).chain(last).filter(|cut| *cut > 0);
        for cut in cuts {
            let code = code_of(&pool, &file[..cut]).await;
            let is_refused = code == "image_corrupt" || (cut < 12 && code == "not_an_image");
            assert!(is_refused, "{name} of {} bytes, cut at {cut}: {code}", file.len());
        }
    }
}

/// Cut in the middle, with the end put back on: the structure is whole, and the pictures are not.
#[tokio::test]
async fn a_picture_that_is_cut_off_inside_of_a_whole_file_is_refused() {
    let pool = pool();
    let jpeg = jpeg_with((120, 90), pictures::noise, Subsamp::Sub2x2, false);
    let progressive = jpeg_with((120, 90), pictures::noise, Subsamp::None, true);
    let webp = pictures::webp((120, 90), pictures::noise);
    let lossy = lossy_webp(&pool).await;
    for part in 1..20 {
        for jpeg in [&jpeg, &progressive] {
            let cut = [&jpeg[..600 + (jpeg.len() - 700) * part / 20], b"\xff\xd9"].concat();
            assert_eq!(code_of(&pool, &cut).await, "image_corrupt", "JPEG {part}");
        }
        for (kind, webp) in [(b"VP8L", &webp), (b"VP8 ", &lossy)] {
            let picture = &webp[20..];
            let cut = riff(&[riff_chunk(kind, &picture[..20 + (picture.len() - 40) * part / 20])]);
            assert_eq!(
                code_of(&pool, &cut).await,
                "image_corrupt",
                "{} {part}",
                String::from_utf8_lossy(kind)
            );
        }
    }
}

/// Whatever the answer is, it is one, and the child that gave it goes on.
#[tokio::test]
async fn bytes_that_are_altered_anywhere_bring_nothing_down() {
    let pool = pool();
    for (name, file) in files(&pool).await {
        for place in (0..file.len()).step_by(file.len() / 97 + 1) {
            for value in [0x00, 0xff, file[place] ^ 0x40] {
                let mut altered = file.clone();
                altered[place] = value;
                if let Err(error) = make_of(&pool, &large(), &altered).await {
                    let said = error.to_string();
                    assert!(!said.contains("crashes"), "{name}: {value} at {place}: {said}");
                    let code = error.code().as_str();
                    let expected = ["image_corrupt", "image_too_large", "not_an_image", "unsupported_format"];
                    assert!(expected.contains(&code), "{name}: {value} at {place}: {said}");
                }
            }
        }
    }
}
