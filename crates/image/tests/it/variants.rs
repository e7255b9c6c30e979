//! The sizes that are made, their names, and the placeholders.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use telecine_image::{Existing, Format, Kept, Output, OutputFormat, Variant, Wish};
use tokio_util::sync::CancellationToken;

use crate::pictures;
use crate::support::{Seen, assert_near, large, make_of, pool};

#[tokio::test]
async fn three_sizes_are_made_of_one_decoding() {
    let file = pictures::jpeg((1600, 1200), pictures::quarters);
    let made = make_of(&pool(), &Wish::default(), &file).await.expect("taken");
    let sizes: Vec<_> =
        made.report.variants.iter().map(|v| (v.name.as_str(), v.width, v.height, v.kept, v.format)).collect();
    let webp = |name, width, height| (name, width, height, Kept::WebP, Format::WebP);
    assert_eq!(sizes, [webp("large", 960, 720), webp("medium", 480, 360), webp("thumbnail", 240, 180)]);
    for variant in &made.report.variants {
        let seen = Seen::webp(&std::fs::read(&variant.file).expect("stored"));
        assert_eq!(seen.size, (variant.width, variant.height));
        assert_near(seen.quarters()[0], [200.0, 30.0, 30.0], 8.0, &variant.name);
    }
    let source = &made.report.source;
    assert_eq!(
        (source.format, source.width, source.height, source.bytes),
        (Format::Jpeg, 1600, 1200, file.len() as u64)
    );
}

#[tokio::test]
async fn boxes_may_have_any_names_and_shapes_and_come_in_any_order() {
    let boxes = [("tall", 100, 400), ("wide", 400, 100), ("whole", 4000, 4000)];
    let variant = |(name, width, height)| {
        let (name, format) = (str::to_owned(name), OutputFormat::WebP);
        Variant { name, width, height, format }
    };
    let variants = boxes.map(variant);
    let wish = Wish { variants: variants.into(), ..Wish::default() };
    for file in
        [pictures::jpeg((800, 600), pictures::quarters), pictures::png((800, 600), pictures::quarters)]
    {
        let made = make_of(&pool(), &wish, &file).await.expect("taken");
        let sizes: Vec<_> =
            made.report.variants.iter().map(|v| (v.name.as_str(), v.width, v.height)).collect();
        assert_eq!(sizes, [("tall", 100, 75), ("wide", 133, 100), ("whole", 800, 600)]);
    }
}

#[tokio::test]
async fn placeholders_show_the_picture_before_it_is_there() {
    let file = pictures::jpeg((640, 320), pictures::quarters);
    let report = make_of(&pool(), &large(), &file).await.expect("taken").report;
    let hash = BASE64_STANDARD.decode(&report.thumbhash).expect("Base64");
    let (width, height, pixels) = thumbhash::thumb_hash_to_rgba(&hash).expect("a thumbhash");
    // It knows proportions only roughly.
    assert!(hash.len() <= 32 && width > height, "{width}x{height}");
    let of_hash = Seen {
        size: (width as u32, height as u32),
        has_alpha: false,
        pixels: pixels.as_chunks::<4>().0.to_vec(),
    };
    let webp = report.blurred.strip_prefix("data:image/webp;base64,").expect("a data URL");
    let blurred = Seen::webp(&BASE64_STANDARD.decode(webp).expect("Base64"));
    assert_eq!(blurred.size, (16, 8));
    assert!(report.blurred.len() < 400, "{}", report.blurred.len());
    for (seen, tolerance) in [(blurred, 40.0), (of_hash, 60.0)] {
        assert_near(seen.quarters()[0], [200.0, 30.0, 30.0], tolerance, "red");
        assert_near(seen.quarters()[2], [30.0, 30.0, 200.0], tolerance, "blue");
    }
}

#[tokio::test]
async fn what_is_there_already_is_kept_unless_it_may_be_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let (input, taken) = (folder.path().join("in.png"), folder.path().join("in.large.webp"));
    std::fs::write(&input, pictures::png((64, 64), pictures::noise)).expect("room");
    std::fs::write(&taken, "mine").expect("room");
    let pool = pool();
    let make = async |existing| {
        let output = Output { folder: folder.path().to_owned(), stem: Some("in".to_owned()), existing };
        pool.make(&Wish::default(), &input, &output, &CancellationToken::new()).await
    };
    let refused = make(Existing::Keep).await.expect_err("it is there");
    assert_eq!(refused.code().as_str(), "output_exists");
    assert!(refused.to_string().contains("in.large.webp"), "{refused}");
    assert_eq!(std::fs::read(&taken).expect("readable"), b"mine");
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 2, "nothing else is left");
    make(Existing::Replace).await.expect("replaced");
    assert_eq!(Seen::webp(&std::fs::read(&taken).expect("readable")).size, (64, 64));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_anything_is_read() {
    let made = make_of(&pool(), &Wish { variants: Vec::new(), ..Wish::default() }, b"").await;
    assert_eq!(made.err().map(|error| error.code().as_str()), Some("invalid_payload"));
    let missing = crate::support::make(&pool(), &large(), std::path::Path::new("/nowhere/a.jpg")).await;
    assert_eq!(missing.err().map(|error| error.code().as_str()), Some("source_missing"));
    let folder = crate::support::make(&pool(), &large(), std::path::Path::new("/tmp")).await;
    assert_eq!(folder.err().map(|error| error.code().as_str()), Some("source_missing"));
}
