//! Colours to sRGB, by the profile in the file. It is done after the picture was made smaller, which leaves few pixels.

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::decode::{Kind, Raster};

/// Steps of 255 by which a colour may be off for a profile to count as sRGB: many programs write their own sRGB.
const SAME: u8 = 2;

/// A profile whose colours are not those of sRGB.
pub(crate) struct Profile(ColorProfile);

impl Profile {
    /// Reads a profile. `None` when it is sRGB in effect, or no profile that can be used; browsers ignore those too.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let profile = Self(ColorProfile::new_from_slice(bytes).ok()?);
        let probe = match profile.0.color_space {
            DataColorSpace::Rgb => Raster::new(rgb_probe(), (216, 1), Kind::Rgb),
            DataColorSpace::Gray => Raster::new((0..=255).collect(), (256, 1), Kind::Gray),
            DataColorSpace::Cmyk => return Some(profile),
            _ => return None,
        };
        let plain = without_profile(probe.clone());
        let seen = profile.convert(&probe)?;
        let is_same =
            seen.pixels.iter().zip(&plain.pixels).all(|(seen, plain)| seen.abs_diff(*plain) <= SAME);
        (!is_same).then_some(profile)
    }

    /// The colours in sRGB; `None` when the profile is not one for such pixels.
    fn convert(&self, raster: &Raster) -> Option<Raster> {
        let (space, from, kind, to) = match raster.kind {
            Kind::Gray => (DataColorSpace::Gray, Layout::Gray, Kind::Rgb, Layout::Rgb),
            Kind::GrayAlpha => (DataColorSpace::Gray, Layout::GrayAlpha, Kind::Rgba, Layout::Rgba),
            Kind::Rgb => (DataColorSpace::Rgb, Layout::Rgb, Kind::Rgb, Layout::Rgb),
            Kind::Rgba => (DataColorSpace::Rgb, Layout::Rgba, Kind::Rgba, Layout::Rgba),
            Kind::Cmyk => (DataColorSpace::Cmyk, Layout::Rgba, Kind::Rgb, Layout::Rgb),
        };
        if self.0.color_space != space {
            return None;
        }
        let srgb = ColorProfile::new_srgb();
        let transform = self.0.create_transform_8bit(from, &srgb, to, TransformOptions::default()).ok()?;
        let mut pixels = vec![0; raster.pixels.len() / raster.kind.channels() * kind.channels()];
        transform.transform(&raster.pixels, &mut pixels).ok()?;
        Some(Raster::new(pixels, raster.size, kind))
    }
}

/// The picture as RGB or RGBA in sRGB.
pub(crate) fn to_srgb(raster: Raster, profile: Option<&Profile>) -> Raster {
    match profile.and_then(|profile| profile.convert(&raster)) {
        Some(converted) => converted,
        None => without_profile(raster),
    }
}

/// What browsers see without a profile: colours are those of sRGB, and inks simply take light away.
fn without_profile(raster: Raster) -> Raster {
    let (kind, pixels) = match raster.kind {
        Kind::Rgb | Kind::Rgba => return raster,
        Kind::Gray => (Kind::Rgb, raster.pixels.iter().flat_map(|&gray| [gray; 3]).collect()),
        Kind::GrayAlpha => {
            let (pixels, _) = raster.pixels.as_chunks::<2>();
            (Kind::Rgba, pixels.iter().flat_map(|&[gray, alpha]| [gray, gray, gray, alpha]).collect())
        }
        Kind::Cmyk => {
            let (pixels, _) = raster.pixels.as_chunks::<4>();
            (Kind::Rgb, pixels.iter().flat_map(|&[c, m, y, k]| [c, m, y].map(|ink| light(ink, k))).collect())
        }
    };
    Raster::new(pixels, raster.size, kind)
}

/// What an ink and black leave of the light.
#[expect(clippy::cast_possible_truncation, reason = "both factors are at most 255")]
fn light(ink: u8, black: u8) -> u8 {
    ((u32::from(255 - ink) * u32::from(255 - black) + 127) / 255) as u8
}

/// Six steps of each of the three colours.
fn rgb_probe() -> Vec<u8> {
    (0..216_u8).flat_map(|number| [number / 36, number / 6 % 6, number % 6].map(|step| step * 51)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srgb_in_a_profile_is_no_profile_and_p3_is_one() {
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        assert!(Profile::read(&srgb).is_none());
        let p3 = Profile::read(&ColorProfile::new_display_p3().encode().unwrap()).expect("another one");
        let green = to_srgb(Raster::new(vec![100, 200, 100], (1, 1), Kind::Rgb), Some(&p3));
        assert!(green.pixels[0] < 70, "P3's green is beyond that of sRGB: {:?}", green.pixels);
        assert!(Profile::read(b"no profile").is_none());
    }

    #[test]
    fn inks_without_a_profile_take_light_away() {
        let inks = vec![0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 128, 128, 0, 128];
        let seen = to_srgb(Raster::new(inks, (4, 1), Kind::Cmyk), None);
        assert_eq!(seen.pixels, [255, 255, 255, 0, 255, 255, 0, 0, 0, 63, 63, 127]);
    }
}
