//! The picture that is drawn over videos.

use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `[video.watermark]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WatermarkConfig {
    /// Whether every video gets it; a job may say otherwise for its video.
    pub enabled: bool,
    /// A PNG, WebP or JPEG on this machine.
    pub image: Option<PathBuf>,
    /// Where it goes.
    pub position: Position,
    /// Its width as a share of the video's width, up to 1.
    pub width: f64,
    /// Its distance from the edges as a share of the video's width, up to 0.5.
    pub margin: f64,
    /// 0 is invisible, 1 is as the image is.
    pub opacity: f64,
}

impl Default for WatermarkConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            image: None,
            position: Position::default(),
            width: 0.12,
            margin: 0.02,
            opacity: 0.6,
        }
    }
}

impl WatermarkConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the number.
    pub fn check_numbers(&self) -> Result<(), String> {
        let shares = [
            ("width", self.width, 0.01, 1.0),
            ("margin", self.margin, 0.0, 0.5),
            ("opacity", self.opacity, 0.0, 1.0),
        ];
        for (name, share, least, most) in shares {
            if !(least..=most).contains(&share) {
                return Err(format!("{name} is {share}; it must be {least} to {most}"));
            }
        }
        Ok(())
    }

    /// The same for the settings, with the image.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub(super) fn check(&self) -> Result<(), String> {
        self.check_numbers().map_err(|refused| format!("video.watermark.{refused}"))?;
        match &self.image {
            None if self.enabled => Err(
                "video.watermark.enabled is true; video.watermark.image (WATERMARK_PATH) must name the image"
                    .into(),
            ),
            Some(image) if !image.is_absolute() || !image.is_file() => Err(format!(
                "video.watermark.image is {}; it must be the absolute path of a file",
                image.display()
            )),
            _ => Ok(()),
        }
    }
}

/// One of nine places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Position {
    /// From left to right.
    pub across: Place,
    /// From top to bottom.
    pub down: Place,
}

/// At the start, in the middle or at the end of a side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Place {
    /// Left or top.
    Start,
    /// In the middle.
    Middle,
    /// Right or bottom.
    #[default]
    End,
}

/// A text that names no place.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0} is no position: expected topleft, top, topright, left, center, right, bottomleft, bottom or bottomright"
)]
pub struct UnknownPosition(String);

const POSITIONS: [(&str, Place, Place); 9] = [
    ("topleft", Place::Start, Place::Start),
    ("top", Place::Middle, Place::Start),
    ("topright", Place::End, Place::Start),
    ("left", Place::Start, Place::Middle),
    ("center", Place::Middle, Place::Middle),
    ("right", Place::End, Place::Middle),
    ("bottomleft", Place::Start, Place::End),
    ("bottom", Place::Middle, Place::End),
    ("bottomright", Place::End, Place::End),
];

impl FromStr for Position {
    type Err = UnknownPosition;

    /// Reads `bottomright`, also as `bottom-right` or `Bottom_Right`.
    fn from_str(text: &str) -> Result<Self, UnknownPosition> {
        let plain: String =
            text.to_lowercase().chars().filter(|letter| !matches!(letter, '-' | '_' | ' ')).collect();
        let found = POSITIONS.iter().find(|(name, ..)| *name == plain);
        let (_, across, down) = *found.ok_or_else(|| UnknownPosition(text.to_owned()))?;
        Ok(Self { across, down })
    }
}

impl TryFrom<String> for Position {
    type Error = UnknownPosition;

    fn try_from(text: String) -> Result<Self, UnknownPosition> {
        text.parse()
    }
}

impl From<Position> for &'static str {
    fn from(position: Position) -> Self {
        let is_it =
            |(_, across, down): &&(&str, Place, Place)| (*across, *down) == (position.across, position.down);
        POSITIONS.iter().find(is_it).map_or("bottomright", |(name, ..)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_keep_their_names_however_they_are_written() {
        for (name, across, down) in POSITIONS {
            let position: Position = name.parse().expect(name);
            assert_eq!((position, <&str>::from(position)), (Position { across, down }, name));
        }
        assert_eq!("Bottom-Right".parse(), Ok(Position::default()));
        assert!("somewhere".parse::<Position>().unwrap_err().to_string().contains("topleft"));
    }

    #[test]
    fn a_watermark_without_an_image_or_out_of_bounds_is_refused() {
        let with = |change: fn(&mut WatermarkConfig)| {
            let mut config = WatermarkConfig::default();
            change(&mut config);
            config.check()
        };
        assert_eq!(with(|_| {}), Ok(()));
        assert!(with(|config| config.enabled = true).unwrap_err().contains("WATERMARK_PATH"));
        assert!(with(|config| config.image = Some("logo.png".into())).unwrap_err().contains("absolute"));
        assert!(with(|config| config.opacity = 1.5).unwrap_err().contains("opacity"));
        assert!(with(|config| config.width = f64::NAN).unwrap_err().contains("width"));
    }
}
