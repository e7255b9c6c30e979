//! All eight ways in which a camera may have been held.

use turbojpeg::Subsamp;

use crate::pictures::{self, exif, exif_segment, with_chunk, with_segment};
use crate::support::{assert_near, boxed, make_of, pool};

/// A picture of 60x40 with a corner of its own colour at the top left, stored in each of the eight ways.
fn stored(value: u8) -> ((u32, u32), pictures::Paint) {
    // Which way the pixel of the upright picture is found from a stored place.
    let paint: pictures::Paint = match value {
        1 => |x, y, _| upright(x, y),
        2 => |x, y, (w, _)| upright(w - 1 - x, y),
        3 => |x, y, (w, h)| upright(w - 1 - x, h - 1 - y),
        4 => |x, y, (_, h)| upright(x, h - 1 - y),
        5 => |x, y, _| upright(y, x),
        6 => |x, y, (_, h)| upright(h - 1 - y, x),
        7 => |x, y, (w, h)| upright(h - 1 - y, w - 1 - x),
        _ => |x, y, (w, _)| upright(y, w - 1 - x),
    };
    (if value < 5 { (60, 40) } else { (40, 60) }, paint)
}

fn upright(x: u32, y: u32) -> [u8; 3] {
    pictures::quarters(x, y, (60, 40))
}

#[tokio::test]
async fn pictures_stored_in_all_eight_ways_come_out_upright() {
    let pool = pool();
    for value in 1..=8 {
        let (size, paint) = stored(value);
        let kinds = [
            (
                "planes",
                with_segment(
                    &pictures::jpeg_with(size, paint, Subsamp::Sub2x2, false),
                    0xe1,
                    &exif_segment(value),
                ),
            ),
            (
                "full planes",
                with_segment(
                    &pictures::jpeg_with(size, paint, Subsamp::None, true),
                    0xe1,
                    &exif_segment(value),
                ),
            ),
            ("pixels", with_chunk(&pictures::png(size, paint), *b"eXIf", &exif(value))),
            (
                "WebP",
                pictures::extended_webp(size, paint, 0x08, &[pictures::riff_chunk(b"EXIF", &exif(value))]),
            ),
        ];
        for (kind, file) in kinds {
            // At their own size, and made smaller.
            for (wish, size) in [(boxed(100, 100), (60, 40)), (boxed(30, 100), (30, 20))] {
                let made = make_of(&pool, &wish, &file).await.expect(kind);
                if made.first().kept == telecine_image::Kept::Original {
                    assert_eq!(value, 1, "{kind}: only what is upright can be kept");
                    continue;
                }
                let seen = made.seen();
                assert_eq!(seen.size, size, "{kind} {value}");
                assert_eq!((made.report.source.width, made.report.source.height), (60, 40), "{kind} {value}");
                let expected =
                    [(0, 0), (59, 0), (0, 39), (59, 39)].map(|(x, y)| upright(x, y).map(f64::from));
                for (quarter, expected) in seen.quarters().into_iter().zip(expected) {
                    assert_near(quarter, expected, 16.0, &format!("{kind} stored as {value}"));
                }
            }
        }
    }
}

#[tokio::test]
async fn sides_of_odd_lengths_come_out_upright_whole() {
    let pool = pool();
    for value in 1..=8 {
        let jpeg = with_segment(&pictures::jpeg((61, 37), pictures::noise), 0xe1, &exif_segment(value));
        let seen = make_of(&pool, &boxed(100, 100), &jpeg).await.expect("taken");
        let size = if value < 5 { (61, 37) } else { (37, 61) };
        assert_eq!((seen.first().width, seen.first().height), size, "{value}");
    }
}
