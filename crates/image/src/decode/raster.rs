//! Pixels with all their channels side by side.

use fast_image_resize::{FilterType, PixelType, Resizer};

use crate::error::Refusal;
use crate::orient::{Orientation, upright};
use crate::resize::{Source, resize};

/// A picture of 8 bits a channel.
#[derive(Debug, Clone)]
pub(crate) struct Raster {
    pub(crate) pixels: Vec<u8>,
    pub(crate) size: (u32, u32),
    pub(crate) kind: Kind,
    /// How much of it is the picture; a decoder that scales makes whole pixels of broken ones at the edges.
    pub(crate) extent: (f64, f64),
}

/// What the channels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Gray,
    GrayAlpha,
    Rgb,
    Rgba,
    /// Inks: 255 is all of it.
    Cmyk,
}

impl Kind {
    pub(crate) fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::GrayAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    fn pixel_type(self) -> PixelType {
        match self {
            Self::Gray => PixelType::U8,
            Self::GrayAlpha => PixelType::U8x2,
            Self::Rgb => PixelType::U8x3,
            Self::Rgba | Self::Cmyk => PixelType::U8x4,
        }
    }

    fn has_alpha(self) -> bool {
        matches!(self, Self::GrayAlpha | Self::Rgba)
    }
}

impl Raster {
    /// A picture that fills its pixels.
    pub(crate) fn new(pixels: Vec<u8>, size: (u32, u32), kind: Kind) -> Self {
        debug_assert_eq!(
            pixels.len(),
            size.0 as usize * size.1 as usize * kind.channels(),
            "the size is that of the pixels"
        );
        Self { pixels, size, kind, extent: (f64::from(size.0), f64::from(size.1)) }
    }

    /// The same in this size, without a copy if it has it.
    pub(crate) fn into_size(self, resizer: &mut Resizer, size: (u32, u32)) -> Result<Self, Refusal> {
        if self.size == size && self.extent == (f64::from(size.0), f64::from(size.1)) {
            return Ok(self);
        }
        self.resized(resizer, size)
    }

    /// A copy in this size.
    pub(crate) fn resized(&self, resizer: &mut Resizer, size: (u32, u32)) -> Result<Self, Refusal> {
        self.filtered(resizer, size, FilterType::Lanczos3)
    }

    fn filtered(&self, resizer: &mut Resizer, size: (u32, u32), filter: FilterType) -> Result<Self, Refusal> {
        let source = Source {
            pixels: &self.pixels,
            kind: self.kind.pixel_type(),
            has_alpha: self.kind.has_alpha(),
            size: self.size,
            extent: self.extent,
        };
        let mut pixels = vec![0; size.0 as usize * size.1 as usize * self.kind.channels()];
        resize(resizer, &source, size, filter, &mut pixels)?;
        Ok(Self::new(pixels, size, self.kind))
    }

    pub(crate) fn upright(self, orientation: Orientation) -> Self {
        let size = orientation.turn_size(self.size);
        let pixels = match self.kind.channels() {
            1 => upright::<1>(self.pixels, self.size, orientation),
            2 => upright::<2>(self.pixels, self.size, orientation),
            3 => upright::<3>(self.pixels, self.size, orientation),
            _ => upright::<4>(self.pixels, self.size, orientation),
        };
        Self::new(pixels, size, self.kind)
    }

    /// RGB or RGBA in a few pixels, as RGBA.
    pub(super) fn tiny(&self, resizer: &mut Resizer, size: (u32, u32)) -> Result<Self, Refusal> {
        let small = self.filtered(resizer, size, FilterType::Box)?;
        if small.kind == Kind::Rgba {
            return Ok(small);
        }
        let (pixels, _) = small.pixels.as_chunks::<3>();
        Ok(Self::new(pixels.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect(), size, Kind::Rgba))
    }
}
