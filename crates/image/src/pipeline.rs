//! The whole way of one image: bytes in, bytes out, nothing opened and nothing written.

mod animation;

use std::cmp::Reverse;

use fast_image_resize::Resizer;

use crate::color::Profile;
use crate::decode::{Picture, decode};
use crate::error::Refusal;
use crate::format::Format;
use crate::header::{self, Header};
use crate::limits;
use crate::orient::Orientation;
use crate::placeholder::Placeholder;
use crate::report::{Kept, Source};
use crate::strip::{Stripped, strip};
use crate::webp::{self, EncodeError, Settings};
use crate::wish::Wish;

/// What was made.
pub(crate) struct Product {
    pub(crate) source: Source,
    /// One for each variant of the wish, in its order.
    pub(crate) variants: Vec<Made>,
    /// The files of the variants; those of the same size share one.
    pub(crate) files: Vec<Vec<u8>>,
    pub(crate) placeholder: Placeholder,
}

/// One variant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made {
    /// Which of the files it is.
    pub(crate) file: usize,
    pub(crate) format: Format,
    pub(crate) size: (u32, u32),
    pub(crate) frames: u32,
    pub(crate) kept: Kept,
    /// Bytes of the WebP where the original was kept.
    pub(crate) webp_bytes: Option<u64>,
}

/// A size that was encoded, upright.
struct Encoded {
    size: (u32, u32),
    webp: Result<Vec<u8>, EncodeError>,
}

/// Makes every variant of an image.
pub(crate) fn process(bytes: &[u8], wish: &Wish) -> Result<Product, Refusal> {
    let header = header::read(bytes)?;
    limits::check(&header, wish.animated)?;
    let profile = header.profile.as_deref().and_then(Profile::read);
    let is_animation = wish.animated && header.frames > 1;
    let (encoded, placeholder) = if is_animation {
        animation::encode(bytes, &header, profile.as_ref(), wish)?
    } else {
        encode_still(bytes, &header, profile.as_ref(), wish)?
    };
    let original = original(bytes, &header, profile.as_ref(), is_animation)?;
    choose(&header, bytes.len(), wish, encoded, original.as_ref(), placeholder)
}

/// The sizes that a wish makes of a picture, upright, each once and the largest first.
fn sizes(header: &Header<'_>, wish: &Wish) -> Vec<(u32, u32)> {
    let upright = upright_size(header);
    let mut sizes: Vec<(u32, u32)> = wish.variants.iter().map(|variant| variant.fit(upright)).collect();
    sizes.sort_unstable_by_key(|&(width, height)| Reverse((u64::from(width) * u64::from(height), width)));
    sizes.dedup();
    sizes
}

fn upright_size(header: &Header<'_>) -> (u32, u32) {
    header.orientation.turn_size((header.width, header.height))
}

fn settings(wish: &Wish) -> Settings {
    Settings { quality: wish.quality, effort: wish.effort }
}

/// Decodes once and makes each size from the next larger one.
fn encode_still(
    bytes: &[u8],
    header: &Header<'_>,
    profile: Option<&Profile>,
    wish: &Wish,
) -> Result<(Vec<Encoded>, Placeholder), Refusal> {
    let (sizes, orientation) = (sizes(header, wish), header.orientation);
    let mut resizer = Resizer::new();
    // Boxes may cross: one is wider, the other higher. Whatever is made of the picture has to be within it.
    let target = sizes.iter().fold((1, 1), |(w, h), size| (w.max(size.0), h.max(size.1)));
    let stored = orientation.turn_size(target);
    let mut picture = decode(bytes, header, profile, stored)?.finished(&mut resizer, stored, profile)?;
    let mut encoded = Vec::with_capacity(sizes.len());
    for size in sizes {
        let stored = orientation.turn_size(size);
        if picture.size() != stored {
            picture = picture.smaller(&mut resizer, stored)?;
        }
        encoded.push(Encoded { size, webp: encode_upright(&picture, orientation, settings(wish)) });
    }
    let placeholder = Placeholder::of(&picture, orientation, &mut resizer)?;
    Ok((encoded, placeholder))
}

fn encode_upright(
    picture: &Picture,
    orientation: Orientation,
    settings: Settings,
) -> Result<Vec<u8>, EncodeError> {
    match orientation {
        Orientation::Upright => webp::encode(picture, settings),
        _ => webp::encode(&picture.clone().upright(orientation), settings),
    }
}

/// The original without its metadata, if that shows the same.
fn original<'a>(
    bytes: &'a [u8],
    header: &Header<'_>,
    profile: Option<&Profile>,
    is_animation: bool,
) -> Result<Option<Stripped<'a>>, Refusal> {
    let shows_all = header.frames == 1 || is_animation;
    let is_plain = header.orientation == Orientation::Upright && profile.is_none();
    if shows_all && is_plain { strip(bytes, header.format).map(Some) } else { Ok(None) }
}

/// Nothing that is stored is larger than the original: where the WebP is, the original takes its place.
fn choose(
    header: &Header<'_>,
    bytes: usize,
    wish: &Wish,
    encoded: Vec<Encoded>,
    original: Option<&Stripped<'_>>,
    placeholder: Placeholder,
) -> Result<Product, Refusal> {
    let size = upright_size(header);
    let frames = if wish.animated { header.frames } else { 1 };
    let mut files: Vec<Vec<u8>> = Vec::new();
    let mut original_file = None;
    let mut by_size = Vec::with_capacity(encoded.len());
    for Encoded { size: webp_size, webp } in encoded {
        let webp_bytes = webp.as_ref().ok().map(|webp| webp.len() as u64);
        let is_smaller =
            webp.as_ref().is_ok_and(|webp| original.is_none_or(|original| webp.len() < original.len()));
        let made = match (webp, original) {
            (Ok(webp), _) if is_smaller => {
                files.push(webp);
                let (file, format, kept) = (files.len() - 1, Format::WebP, Kept::WebP);
                Made { file, format, size: webp_size, frames, kept, webp_bytes: None }
            }
            (_, Some(original)) => {
                let file = *original_file.get_or_insert_with(|| {
                    files.push(original.join());
                    files.len() - 1
                });
                Made { file, format: header.format, size, frames, kept: Kept::Original, webp_bytes }
            }
            (webp, None) => {
                return Err(Refusal::corrupt(webp.err().map_or_else(String::new, |error| error.to_string())));
            }
        };
        by_size.push((webp_size, made));
    }
    let made_for = |fitted| by_size.iter().find(|(size, _)| *size == fitted).map(|(_, made)| *made);
    let variants: Option<Vec<Made>> =
        wish.variants.iter().map(|variant| made_for(variant.fit(size))).collect();
    let source = Source {
        format: header.format,
        width: size.0,
        height: size.1,
        frames: header.frames,
        bytes: bytes as u64,
    };
    let variants = variants.ok_or_else(|| Refusal::corrupt("no variant"))?;
    Ok(Product { source, variants, files, placeholder })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture without anything to strip.
    fn png() -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 2, 1);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&[1, 2, 3, 200, 100, 50]).unwrap();
        file
    }

    fn chosen(
        webp: Result<Vec<u8>, EncodeError>,
        has_original: bool,
    ) -> Result<(Kept, u64, Option<u64>), Refusal> {
        let (file, mut wish) = (png(), Wish::default());
        wish.variants.truncate(1);
        let header = header::read(&file)?;
        let original = original(&file, &header, None, false)?.filter(|_| has_original);
        let placeholder = Placeholder { thumbhash: String::new(), blurred: String::new() };
        let encoded = vec![Encoded { size: (2, 1), webp }];
        let product = choose(&header, file.len(), &wish, encoded, original.as_ref(), placeholder)?;
        let made = product.variants[0];
        Ok((made.kept, product.files[made.file].len() as u64, made.webp_bytes))
    }

    #[test]
    fn the_smaller_one_is_kept_and_the_original_when_both_are_equal() {
        let original = png().len();
        assert_eq!(chosen(Ok(vec![0; original - 1]), true), Ok((Kept::WebP, original as u64 - 1, None)));
        for webp in [original, original + 1] {
            let kept = (Kept::Original, original as u64, Some(webp as u64));
            assert_eq!(chosen(Ok(vec![0; webp]), true), Ok(kept));
        }
    }

    #[test]
    fn the_original_is_kept_when_the_encoder_fails_unless_it_would_look_otherwise() {
        let failed = || Err(EncodeError("out of memory".to_owned()));
        assert_eq!(chosen(failed(), true), Ok((Kept::Original, png().len() as u64, None)));
        assert!(
            matches!(chosen(failed(), false), Err(Refusal::Corrupt { detail }) if detail.contains("out of memory"))
        );
        assert_eq!(chosen(Ok(vec![0; 5000]), false), Ok((Kept::WebP, 5000, None)));
    }
}
