//! Making pictures smaller, channel by channel or pixel by pixel.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use crate::error::Refusal;

/// Pixels to be made smaller.
pub(crate) struct Source<'a> {
    pub(crate) pixels: &'a [u8],
    pub(crate) kind: PixelType,
    /// Whether the last channel is alpha: transparent pixels lend no colour to their neighbours.
    pub(crate) has_alpha: bool,
    /// Pixels across and down in `pixels`.
    pub(crate) size: (u32, u32),
    /// How much of that is the picture, from the top left; the rest is padding of the decoder.
    pub(crate) extent: (f64, f64),
}

/// Makes the picture of that size in `made`, which has to be as long as that takes.
pub(crate) fn resize(
    resizer: &mut Resizer,
    source: &Source<'_>,
    size: (u32, u32),
    filter: FilterType,
    made: &mut [u8],
) -> Result<(), Refusal> {
    let failed = |error: &dyn std::fmt::Display| Refusal::corrupt(format!("resizing: {error}"));
    let view =
        ImageRef::new(source.size.0, source.size.1, source.pixels, source.kind).map_err(|e| failed(&e))?;
    let mut made = Image::from_slice_u8(size.0, size.1, made, source.kind).map_err(|e| failed(&e))?;
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(filter))
        .crop(0.0, 0.0, source.extent.0, source.extent.1)
        .use_alpha(source.has_alpha);
    resizer.resize(&view, &mut made, &options).map_err(|e| failed(&e))
}
