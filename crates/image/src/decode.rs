//! From a file to pixels, each format in its own way. Whoever calls this has read the header and checked the limits.

pub(crate) mod gif;
mod jpeg;
mod planes;
mod png;
mod raster;
pub(crate) mod webp;

use fast_image_resize::Resizer;

use crate::color::{self, Profile};
use crate::error::Refusal;
use crate::format::Format;
use crate::header::Header;
use crate::orient::Orientation;

pub(crate) use planes::Planes;
pub(crate) use raster::{Kind, Raster};

/// A picture on its way to an encoder.
#[derive(Debug, Clone)]
pub(crate) enum Picture {
    /// A JPEG in its own colours, without ever having been RGB.
    Planes(Planes),
    /// Anything else.
    Raster(Raster),
}

/// Decodes the picture, or the first one of an animation. It may come smaller than it is stored, but not smaller than
/// `target`, which is a stored size too.
pub(crate) fn decode(
    bytes: &[u8],
    header: &Header<'_>,
    profile: Option<&Profile>,
    target: (u32, u32),
) -> Result<Picture, Refusal> {
    match header.format {
        Format::Jpeg => jpeg::decode(bytes, header, profile, target),
        Format::Png => png::decode(bytes).map(Picture::Raster),
        Format::WebP => webp::decode(bytes).map(Picture::Raster),
        Format::Gif => gif::decode(bytes).map(Picture::Raster),
    }
}

impl Picture {
    /// Pixels across and down, as stored.
    pub(crate) fn size(&self) -> (u32, u32) {
        match self {
            Self::Planes(planes) => planes.size(),
            Self::Raster(raster) => raster.size,
        }
    }

    /// The picture in this size and in colours that encoders take: planes of the full range, or sRGB.
    pub(crate) fn finished(
        self,
        resizer: &mut Resizer,
        size: (u32, u32),
        profile: Option<&Profile>,
    ) -> Result<Self, Refusal> {
        Ok(match self {
            Self::Planes(planes) => Self::Planes(planes.into_size(resizer, size)?),
            Self::Raster(raster) => Self::Raster(color::to_srgb(raster.into_size(resizer, size)?, profile)),
        })
    }

    /// A finished picture in a smaller size.
    pub(crate) fn smaller(&self, resizer: &mut Resizer, size: (u32, u32)) -> Result<Self, Refusal> {
        Ok(match self {
            Self::Planes(planes) => Self::Planes(planes.resized(resizer, size)?),
            Self::Raster(raster) => Self::Raster(raster.resized(resizer, size)?),
        })
    }

    /// Turns it upright.
    pub(crate) fn upright(self, orientation: Orientation) -> Self {
        match self {
            Self::Planes(planes) => Self::Planes(planes.upright(orientation)),
            Self::Raster(raster) => Self::Raster(raster.upright(orientation)),
        }
    }

    /// A finished picture as RGBA in a size of a few pixels.
    pub(crate) fn tiny(&self, resizer: &mut Resizer, size: (u32, u32)) -> Result<Raster, Refusal> {
        match self {
            Self::Planes(planes) => planes.tiny(resizer, size),
            Self::Raster(raster) => raster.tiny(resizer, size),
        }
    }
}
