//! What is to be made of an image.

use serde::{Deserialize, Serialize};

use crate::format::Format;
use crate::limits::{MAX_SIDE, MAX_VARIANTS};

/// Bytes of a variant's name, which becomes part of a file's name.
const MAX_NAME_BYTES: usize = 64;

/// Sizes and settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wish {
    /// The sizes, by names of their own.
    pub variants: Vec<Variant>,
    /// Quality of WebP and JPEG, 0 to 100.
    pub quality: f32,
    /// Effort of the encoder of WebP, 0 to 6. 4 is what most programs take; 2 takes half the time, for 5 % more bytes and 0.45 dB less.
    pub effort: u8,
    /// Whether an animation stays one in WebP. Otherwise, and in JPEG always, its first frame is taken.
    pub animated: bool,
}

/// A size: the picture is made to fit into a box, keeps its proportions, and is never enlarged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// Lowercase letters, digits, `-` and `_`.
    pub name: String,
    /// Pixels across at most.
    pub width: u32,
    /// Pixels down at most.
    pub height: u32,
    /// What it is made as; WebP where that is not said.
    #[serde(default)]
    pub format: OutputFormat,
}

/// A format that variants are made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// WebP: small, with alpha, still or animated.
    #[default]
    WebP,
    /// JPEG, for programs that know nothing else, such as those for mail: on white, and still.
    Jpeg,
}

/// What is wrong with a wish.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadWish {
    /// None, or too many.
    #[error("{count} variants; 1 to {MAX_VARIANTS} can be made")]
    Count {
        /// How many there are.
        count: usize,
    },
    /// A name that cannot be part of a file's name, or is there twice.
    #[error("a variant cannot be named {name:?}; names are of lowercase letters, digits, - and _, each once")]
    Name {
        /// The name.
        name: String,
    },
    /// A box without area, or larger than WebP can be.
    #[error("{width}x{height} is no size for {name}; a side has 1 to {MAX_SIDE} pixels")]
    Size {
        /// Of which variant.
        name: String,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// Quality or effort beyond what the encoder knows.
    #[error("quality is 0 to 100 and effort 0 to 6")]
    Settings,
}

impl Default for Wish {
    fn default() -> Self {
        let variants = [("large", 1280, 720), ("medium", 640, 360), ("thumbnail", 320, 180)];
        let variant = |(name, width, height)| {
            let (name, format) = (str::to_owned(name), OutputFormat::WebP);
            Variant { name, width, height, format }
        };
        Self { variants: variants.map(variant).into(), quality: 85.0, effort: 4, animated: false }
    }
}

impl Wish {
    /// Checks names, sizes and settings.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), BadWish> {
        let count = self.variants.len();
        if !(1..=MAX_VARIANTS).contains(&count) {
            return Err(BadWish::Count { count });
        }
        for (index, variant) in self.variants.iter().enumerate() {
            let is_taken = self.variants[..index].iter().any(|other| other.name == variant.name);
            if is_taken || !is_name(&variant.name) {
                return Err(BadWish::Name { name: variant.name.clone() });
            }
            let sides = 1..=MAX_SIDE;
            if !sides.contains(&variant.width) || !sides.contains(&variant.height) {
                let (name, width, height) = (variant.name.clone(), variant.width, variant.height);
                return Err(BadWish::Size { name, width, height });
            }
        }
        if !(0.0..=100.0).contains(&self.quality) || self.effort > 6 {
            return Err(BadWish::Settings);
        }
        Ok(())
    }

    /// Whether there is a variant that can be an animation.
    pub(crate) fn wants_animation(&self) -> bool {
        self.animated && self.variants.iter().any(|variant| variant.format == OutputFormat::WebP)
    }
}

impl Variant {
    /// The size that a picture gets in this box.
    pub(crate) fn fit(&self, size: (u32, u32)) -> (u32, u32) {
        fit(size, (self.width, self.height))
    }
}

/// The size of a picture that is made to fit into a box.
pub(crate) fn fit((width, height): (u32, u32), most: (u32, u32)) -> (u32, u32) {
    let scale = (f64::from(most.0) / f64::from(width)).min(f64::from(most.1) / f64::from(height)).min(1.0);
    let side = |side: u32, most: u32| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a side of the box at most"
        )]
        let fitted = (f64::from(side) * scale).round() as u32;
        fitted.clamp(1, most.min(side))
    };
    (side(width, most.0), side(height, most.1))
}

impl OutputFormat {
    /// The same among those that are decoded.
    pub(crate) fn format(self) -> Format {
        match self {
            Self::WebP => Format::WebP,
            Self::Jpeg => Format::Jpeg,
        }
    }
}

fn is_name(name: &str) -> bool {
    let is_plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    !name.is_empty() && name.len() <= MAX_NAME_BYTES && name.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_fit_into_their_box_keep_their_proportions_and_are_never_enlarged() {
        let large = &Wish::default().variants[0];
        let sizes = [
            ((3264, 2448), (960, 720)),
            ((1920, 1080), (1280, 720)),
            ((640, 480), (640, 480)),
            ((1204, 800), (1084, 720)),
            ((1, 1), (1, 1)),
            ((16_383, 1), (1280, 1)),
            ((1, 16_383), (1, 720)),
            ((1281, 720), (1280, 719)),
        ];
        for (size, fitted) in sizes {
            assert_eq!(large.fit(size), fitted, "{size:?}");
        }
    }

    #[test]
    fn a_variant_that_names_no_format_is_webp() {
        let read = |json| serde_json::from_str::<Variant>(json).map(|variant| variant.format).ok();
        assert_eq!(read(r#"{"name": "a", "width": 1, "height": 1}"#), Some(OutputFormat::WebP));
        assert_eq!(
            read(r#"{"name": "a", "width": 1, "height": 1, "format": "jpeg"}"#),
            Some(OutputFormat::Jpeg)
        );
        assert_eq!(read(r#"{"name": "a", "width": 1, "height": 1, "format": "gif"}"#), None);
    }

    #[test]
    fn a_wish_is_checked() {
        let bad = |change: fn(&mut Wish)| {
            let mut wish = Wish::default();
            change(&mut wish);
            wish.check().is_err()
        };
        assert_eq!(Wish::default().check(), Ok(()));
        assert!(bad(|wish| wish.variants.clear()));
        assert!(bad(|wish| wish.variants = vec![wish.variants[0].clone(); 2]));
        assert!(bad(|wish| wish.variants[0].name = "../large".to_owned()));
        assert!(bad(|wish| wish.variants[0].width = 0));
        assert!(bad(|wish| wish.variants[0].height = 16_384));
        assert!(bad(|wish| wish.quality = f32::NAN));
        assert!(bad(|wish| wish.effort = 7));
    }
}
