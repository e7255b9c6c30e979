//! The whole way of one image: bytes in, bytes out, nothing opened and nothing written.

mod animation;
mod choice;

use std::cmp::Reverse;

use fast_image_resize::Resizer;

use crate::color::Profile;
use crate::decode::{Picture, decode};
use crate::encode::webp::Settings;
use crate::encode::{EncodeError, jpeg, webp};
use crate::error::Refusal;
use crate::format::Format;
use crate::header::{self, Header};
use crate::limits;
use crate::orient::Orientation;
use crate::placeholder::Placeholder;
use crate::report::{Kept, Source};
use crate::strip::{Stripped, strip};
use crate::wish::{OutputFormat, Wish};

/// What was made.
pub(crate) struct Product {
    pub(crate) source: Source,
    /// One for each variant of the wish, in its order.
    pub(crate) variants: Vec<Made>,
    /// The files of the variants; those of the same size and format share one.
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
    /// Bytes of what was made anew, where the original was kept.
    pub(crate) made_bytes: Option<u64>,
}

/// What is encoded once, however many variants come out as it: a size, upright, in a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Target {
    size: (u32, u32),
    format: OutputFormat,
}

/// A target that was encoded.
struct Encoded {
    target: Target,
    bytes: Result<Vec<u8>, EncodeError>,
}

/// Makes every variant of an image.
pub(crate) fn process(bytes: &[u8], wish: &Wish) -> Result<Product, Refusal> {
    let header = header::read(bytes)?;
    limits::check(&header, wish.wants_animation())?;
    let profile = header.profile.as_deref().and_then(Profile::read);
    let is_animation = wish.wants_animation() && header.frames > 1;
    let (encoded, placeholder) = if is_animation {
        animation::encode(bytes, &header, profile.as_ref(), wish)?
    } else {
        encode_still(bytes, &header, profile.as_ref(), wish)?
    };
    let original = original(bytes, &header, profile.as_ref(), is_animation)?;
    choice::choose(&header, bytes.len(), wish, encoded, original.as_ref(), placeholder)
}

/// The targets of a wish, each once, the largest first and those of the same size side by side.
fn targets(header: &Header<'_>, wish: &Wish) -> Vec<Target> {
    let upright = upright_size(header);
    let target =
        |variant: &crate::wish::Variant| Target { size: variant.fit(upright), format: variant.format };
    let mut targets: Vec<Target> = wish.variants.iter().map(target).collect();
    targets.sort_unstable_by_key(|Target { size: (width, height), format }| {
        (Reverse((u64::from(*width) * u64::from(*height), *width)), format.format().extension())
    });
    targets.dedup();
    targets
}

/// The size that all targets are within. Boxes may cross: one is wider, the other higher.
fn around(targets: &[Target]) -> (u32, u32) {
    targets.iter().fold((1, 1), |(w, h), target| (w.max(target.size.0), h.max(target.size.1)))
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
    let (targets, orientation) = (targets(header, wish), header.orientation);
    let sizes: Vec<&[Target]> = targets.chunk_by(|one, other| one.size == other.size).collect();
    let stored = |targets: &[Target]| orientation.turn_size(around(targets));
    let (mut resizer, mut encoded) = (Resizer::new(), Vec::with_capacity(targets.len()));
    let decoded = decode(bytes, header, profile, stored(&targets))?;
    let mut picture = decoded.finished(&mut resizer, stored(&targets), profile)?;
    if let Some(largest) = sizes.first().filter(|largest| picture.size() != stored(largest)) {
        picture = picture.smaller(&mut resizer, stored(largest))?;
    }
    for pair in sizes.windows(2) {
        // The smaller one comes first, because the encoder of the larger one takes it.
        let smaller = picture.smaller(&mut resizer, stored(pair[1]))?;
        let picture = std::mem::replace(&mut picture, smaller).upright(orientation);
        encode_in(pair[0], picture, wish, &mut encoded);
    }
    let placeholder = Placeholder::of(&picture, orientation, &mut resizer)?;
    encode_in(sizes.last().copied().unwrap_or_default(), picture.upright(orientation), wish, &mut encoded);
    Ok((encoded, placeholder))
}

/// Encodes an upright picture in the formats of these targets, which are all of its size.
fn encode_in(targets: &[Target], picture: Picture, wish: &Wish, encoded: &mut Vec<Encoded>) {
    let wanted = |format| targets.iter().copied().find(|target| target.format == format);
    if let Some(target) = wanted(OutputFormat::Jpeg) {
        encoded.push(Encoded { target, bytes: jpeg::encode(&picture, wish.quality) });
    }
    if let Some(target) = wanted(OutputFormat::WebP) {
        encoded.push(Encoded { target, bytes: webp::encode(picture, settings(wish)) });
    }
}

/// The original without its metadata, if that shows the same to everybody.
fn original<'a>(
    bytes: &'a [u8],
    header: &Header<'_>,
    profile: Option<&Profile>,
    is_animation: bool,
) -> Result<Option<Stripped<'a>>, Refusal> {
    let shows_all = header.frames == 1 || is_animation;
    let is_plain = header.orientation == Orientation::Upright && profile.is_none() && header.is_usual;
    if shows_all && is_plain { strip(bytes, header.format).map(Some) } else { Ok(None) }
}
