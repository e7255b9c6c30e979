//! Brightness and colours in planes of their own, as JPEG and WebP both store them. From one to the other only their range
//! changes and their size; here they have that of JPEG until the very end.

use fast_image_resize::{FilterType, PixelType, Resizer};

use super::raster::{Kind, Raster};
use crate::error::Refusal;
use crate::orient::{Orientation, upright};
use crate::resize::{Source, resize};

/// Y, Cb and Cr.
#[derive(Debug, Clone)]
pub(crate) struct Planes {
    /// The three one after the other.
    pub(crate) samples: Vec<u8>,
    pub(crate) planes: [Plane; 3],
}

/// Where a plane is in the samples.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plane {
    pub(crate) start: usize,
    /// Samples across, padding included.
    pub(crate) width: u32,
    /// Samples down, padding included.
    pub(crate) height: u32,
    /// How much of it the picture covers, in samples.
    pub(crate) extent: (f64, f64),
}

impl Plane {
    pub(super) fn len(&self) -> usize {
        area((self.width, self.height))
    }

    fn is(&self, (width, height): (u32, u32)) -> bool {
        (self.width, self.height) == (width, height)
    }
}

fn area((width, height): (u32, u32)) -> usize {
    width as usize * height as usize
}

/// Samples of the colours of a picture of this size in 4:2:0, the only way WebP knows.
fn halves((width, height): (u32, u32)) -> (u32, u32) {
    (width.div_ceil(2), height.div_ceil(2))
}

impl Planes {
    /// Planes of exactly these sizes, from their samples.
    pub(crate) fn new(samples: Vec<u8>, size: (u32, u32)) -> Self {
        let chroma = halves(size);
        let extent = (f64::from(size.0), f64::from(size.1));
        let half = (extent.0 / 2.0, extent.1 / 2.0);
        let luma = Plane { start: 0, width: size.0, height: size.1, extent };
        let cb = Plane { start: luma.len(), width: chroma.0, height: chroma.1, extent: half };
        let cr = Plane { start: cb.start + cb.len(), ..cb };
        debug_assert_eq!(samples.len(), cr.start + cr.len(), "the samples are those of the planes");
        Self { samples, planes: [luma, cb, cr] }
    }

    /// The same, of which the picture covers so many pixels. One sample of colour stands for so many, across and down.
    pub(super) fn with_extent(mut self, extent: (f64, f64), per_sample: (u32, u32)) -> Self {
        let chroma = (extent.0 / f64::from(per_sample.0), extent.1 / f64::from(per_sample.1));
        for (plane, extent) in self.planes.iter_mut().zip([extent, chroma, chroma]) {
            plane.extent = extent;
        }
        self
    }

    /// Pixels across and down.
    pub(crate) fn size(&self) -> (u32, u32) {
        (self.planes[0].width, self.planes[0].height)
    }

    pub(crate) fn plane(&self, index: usize) -> &[u8] {
        let plane = &self.planes[index];
        &self.samples[plane.start..plane.start + plane.len()]
    }

    /// The same in this size. Planes that have it already are not resized, but their colours are softened.
    pub(super) fn into_size(mut self, resizer: &mut Resizer, size: (u32, u32)) -> Result<Self, Refusal> {
        let [luma, cb, cr] = &self.planes;
        let is_whole = luma.extent == (f64::from(size.0), f64::from(size.1));
        if is_whole && luma.is(size) && cb.is(halves(size)) && cr.is(halves(size)) {
            let (width, chroma) = (cb.width as usize, cb.start..cr.start + cr.len());
            self.samples[chroma].chunks_exact_mut(cr.len()).for_each(|plane| soften(plane, width));
            return Ok(self);
        }
        self.resized(resizer, size)
    }

    /// A copy in this size.
    pub(super) fn resized(&self, resizer: &mut Resizer, size: (u32, u32)) -> Result<Self, Refusal> {
        let mut made = Self::empty(size);
        for index in 0..3 {
            self.resize_plane(index, resizer, &mut made)?;
        }
        Ok(made)
    }

    /// Planes of this size to be filled.
    fn empty(size: (u32, u32)) -> Self {
        let (luma, chroma) = (area(size), area(halves(size)));
        Self::new(vec![0; luma + 2 * chroma], size)
    }

    fn resize_plane(&self, index: usize, resizer: &mut Resizer, made: &mut Self) -> Result<(), Refusal> {
        let Plane { start, width, height, .. } = made.planes[index];
        let pixels = &mut made.samples[start..start + area((width, height))];
        self.resize_into(index, resizer, (width, height), FilterType::Lanczos3, pixels)
    }

    fn resize_into(
        &self,
        index: usize,
        resizer: &mut Resizer,
        size: (u32, u32),
        filter: FilterType,
        made: &mut [u8],
    ) -> Result<(), Refusal> {
        let Plane { width, height, extent, .. } = self.planes[index];
        let (pixels, kind, size_of_plane) = (self.plane(index), PixelType::U8, (width, height));
        let source = Source { pixels, kind, has_alpha: false, size: size_of_plane, extent };
        resize(resizer, &source, size, filter, made)
    }

    /// From the full range of JPEG (JFIF 1.02) to that of WebP (RFC 6386 §9.2, ITU-R BT.601): 16 to 235, colours 16 to 240.
    pub(crate) fn into_limited_range(mut self) -> Self {
        let (luma, chroma) = self.samples.split_at_mut(self.planes[1].start);
        for sample in luma {
            *sample = LUMA.limit(*sample);
        }
        for sample in chroma {
            *sample = CHROMA.limit(*sample);
        }
        self
    }

    pub(super) fn upright(self, orientation: Orientation) -> Self {
        if orientation == Orientation::Upright {
            return self;
        }
        let size = orientation.turn_size(self.size());
        let turn = |index: usize| {
            let plane = &self.planes[index];
            upright::<1>(self.plane(index).to_vec(), (plane.width, plane.height), orientation)
        };
        Self::new([turn(0), turn(1), turn(2)].concat(), size)
    }

    /// All three in the same few pixels, as RGBA.
    pub(super) fn tiny(&self, resizer: &mut Resizer, size: (u32, u32)) -> Result<Raster, Refusal> {
        let mut plane = |index| {
            let mut made = vec![0; area(size)];
            self.resize_into(index, resizer, size, FilterType::Box, &mut made).map(|()| made)
        };
        let (luma, cb, cr) = (plane(0)?, plane(1)?, plane(2)?);
        let pixels = luma.iter().zip(&cb).zip(&cr).flat_map(|((y, cb), cr)| rgba(*y, *cb, *cr)).collect();
        Ok(Raster::new(pixels, size, Kind::Rgba))
    }
}

/// Colours of a JPEG are as sharp as its noise. Whoever goes through RGB spreads each sample over four pixels and takes their mean
/// again, which is this filter: 1, 6, 1, across and down. Without it, files have 4 to 6 % more bytes, and nobody sees it.
fn soften(plane: &mut [u8], width: usize) {
    let soft = |[a, b, c]: [u8; 3]| ((u16::from(a) + 6 * u16::from(b) + u16::from(c) + 4) >> 3) as u8;
    let mut row_before = vec![0; width];
    for row in plane.chunks_exact_mut(width) {
        row_before.copy_from_slice(row);
        for (soften, around) in row.iter_mut().skip(1).zip(row_before.array_windows()) {
            *soften = soft(*around);
        }
    }
    let mut above = plane[..width].to_vec();
    for start in (width..plane.len().saturating_sub(width)).step_by(width) {
        let (row, below) = plane[start..start + 2 * width].split_at_mut(width);
        for ((sample, above), below) in row.iter_mut().zip(&mut above).zip(below) {
            let softened = soft([*above, *sample, *below]);
            *above = std::mem::replace(sample, softened);
        }
    }
}

/// A straight line from the full range to the limited one, in parts of 65,536; half a part rounds.
#[derive(Clone, Copy)]
struct Range {
    scale: u32,
    offset: u32,
}

/// 16 + 219/255 of the sample.
const LUMA: Range = Range { scale: 56_284, offset: 1_081_344 };

/// 128 + 224/255 of what the sample is off 128.
const CHROMA: Range = Range { scale: 57_569, offset: 1_052_559 };

impl Range {
    #[expect(clippy::cast_possible_truncation, reason = "the limited range is within the full one")]
    fn limit(self, sample: u8) -> u8 {
        ((u32::from(sample) * self.scale + self.offset) >> 16) as u8
    }
}

/// A sample of the full range as RGBA, JFIF 1.02.
fn rgba(y: u8, cb: u8, cr: u8) -> [u8; 4] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
    [byte(y + 1.402 * cr), byte(y - 0.344_136 * cb - 0.714_136 * cr), byte(y + 1.772 * cb), 255]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_white_and_grey_keep_their_places_in_the_limited_range() {
        let samples = vec![0, 128, 255, 1, 128, 128];
        let limited = Planes::new(samples, (2, 2)).into_limited_range();
        assert_eq!(limited.samples, [16, 126, 235, 17, 128, 128]);
        for byte in 0..=255_u8 {
            let luma = 16.0 + f64::from(byte) * 219.0 / 255.0;
            let chroma = 128.0 + (f64::from(byte) - 128.0) * 224.0 / 255.0;
            assert!((f64::from(LUMA.limit(byte)) - luma).abs() <= 0.501, "{byte}");
            assert!((f64::from(CHROMA.limit(byte)) - chroma).abs() <= 0.501, "{byte}");
        }
    }

    #[test]
    fn a_sample_of_colour_is_spread_over_its_neighbours_by_an_eighth() {
        let mut plane = vec![0; 25];
        plane[12] = 128;
        soften(&mut plane, 5);
        assert_eq!(plane[10..15], [0, 12, 72, 12, 0]);
        assert_eq!((plane[7], plane[17], plane[6]), (12, 12, 2));
        let mut even = vec![77; 12];
        soften(&mut even, 4);
        assert_eq!(even, [77; 12]);
        // A single row or column has nothing beside it.
        for width in [1, 3] {
            let mut thin = vec![10; 3];
            soften(&mut thin, width);
            assert_eq!(thin, [10; 3]);
        }
    }

    #[test]
    fn samples_are_made_colours() {
        assert_eq!(rgba(0, 128, 128), [0, 0, 0, 255]);
        assert_eq!(rgba(255, 128, 128), [255, 255, 255, 255]);
        assert_eq!(rgba(76, 85, 255), [254, 0, 0, 255]);
    }
}
