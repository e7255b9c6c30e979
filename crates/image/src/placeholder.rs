//! What to show before any picture is there.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use fast_image_resize::Resizer;

use crate::decode::Picture;
use crate::encode::webp::{self, Settings};
use crate::error::Refusal;
use crate::orient::Orientation;
use crate::wish;

/// Pixels a side that a thumbhash is made from at most. It holds seven waves a side: the 100 pixels that its author allows take ten
/// times as long, for a hash that differs by a step in one or two places.
const THUMBHASH_SIDE: u32 = 32;

/// Pixels a side of the blurred picture: so few that a browser's scaling blurs it, and the URL has some 200 bytes.
const BLURRED_SIDE: u32 = 16;

/// Nobody sees more in it.
const BLURRED: Settings = Settings { quality: 50.0, effort: 4 };

/// A thumbhash in Base64, and the blurred picture as a `data:` URL.
pub(crate) struct Placeholder {
    pub(crate) thumbhash: String,
    pub(crate) blurred: String,
}

impl Placeholder {
    /// Of a finished picture as it is stored.
    pub(crate) fn of(
        picture: &Picture,
        orientation: Orientation,
        resizer: &mut Resizer,
    ) -> Result<Self, Refusal> {
        let small = picture.tiny(resizer, fit(picture.size(), THUMBHASH_SIDE))?.upright(orientation);
        let (width, height) = (small.size.0 as usize, small.size.1 as usize);
        let thumbhash = thumbhash::rgba_to_thumb_hash(width, height, &small.pixels);
        let blurred = Picture::Raster(small.resized(resizer, fit(small.size, BLURRED_SIDE))?);
        let webp = webp::encode(blurred, BLURRED).map_err(|error| Refusal::corrupt(error.to_string()))?;
        Ok(Self {
            thumbhash: BASE64_STANDARD.encode(thumbhash),
            blurred: format!("data:image/webp;base64,{}", BASE64_STANDARD.encode(webp)),
        })
    }
}

fn fit(size: (u32, u32), side: u32) -> (u32, u32) {
    wish::fit(size, (side, side))
}
