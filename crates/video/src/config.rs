//! The settings of this room and the tools it runs.

mod bitrate;
mod loudness;
mod watermark;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use bitrate::Bitrate;
pub use loudness::Loudness;
pub use watermark::{Place, Position, WatermarkConfig};

/// What operators may set. Every limit has a default that suits a machine with 2 cores and 4 GB.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VideoConfig {
    /// The ffmpeg program, version 5.1 or later with libx264; a name or a path.
    pub ffmpeg: PathBuf,
    /// The ffprobe program of the same version.
    pub ffprobe: PathBuf,
    /// How much time goes into how good a picture.
    pub quality: Quality,
    /// Preset of x264, instead of that of the quality.
    pub preset: Option<Preset>,
    /// Constant rate factor of x264, 0 (lossless) to 51, instead of that of the quality; the rung's bitrate cap applies on
    /// top.
    pub crf: Option<u8>,
    /// The most that a rung may have, whatever its own cap.
    pub max_bitrate: Option<Bitrate>,
    /// Bitrate of the stereo AAC track.
    pub audio_bitrate: Bitrate,
    /// How loud sound is made; as it is when nothing is said.
    pub loudness: Option<Loudness>,
    /// The picture that is drawn over videos.
    pub watermark: WatermarkConfig,
    /// Whether the uploaded file is kept after processing; without it a video cannot be processed again.
    pub keep_source: bool,
    /// Seconds from which a video is split among workers that have nothing to do; 0 for never.
    pub split_seconds: u32,
    /// The longest video accepted, in seconds.
    pub max_duration_seconds: u32,
    /// The largest picture accepted, in pixels; 8K UHD has 33 million.
    pub max_pixels: u64,
    /// Seconds ffprobe may take.
    pub probe_timeout_seconds: u64,
    /// Seconds without a sign of life after which ffmpeg counts as hung; ten times as many while it computes.
    pub silence_timeout_seconds: u64,
    /// The most seconds one run of ffmpeg may take, however long the video.
    pub max_run_seconds: u64,
    /// Address space of one child in bytes; 2160p at preset `faster` uses 2.3 GB.
    pub max_memory_bytes: u64,
}

impl Default for VideoConfig {
    fn default() -> Self {
        Self {
            ffmpeg: "ffmpeg".into(),
            ffprobe: "ffprobe".into(),
            quality: Quality::default(),
            preset: None,
            crf: None,
            max_bitrate: None,
            audio_bitrate: Bitrate(128),
            loudness: None,
            watermark: WatermarkConfig::default(),
            keep_source: true,
            split_seconds: 600,
            max_duration_seconds: 6 * 3600,
            max_pixels: 40_000_000,
            probe_timeout_seconds: 20,
            silence_timeout_seconds: 30,
            max_run_seconds: 24 * 3600,
            max_memory_bytes: 8_000_000_000,
        }
    }
}

impl VideoConfig {
    /// Checks what the types cannot.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub fn check(&self) -> Result<(), String> {
        let positive = [
            ("max_duration_seconds", u64::from(self.max_duration_seconds)),
            ("max_pixels", self.max_pixels),
            ("probe_timeout_seconds", self.probe_timeout_seconds),
            ("silence_timeout_seconds", self.silence_timeout_seconds),
            ("max_run_seconds", self.max_run_seconds),
            ("max_memory_bytes", self.max_memory_bytes),
        ];
        if let Some((name, _)) = positive.iter().find(|(_, value)| *value == 0) {
            return Err(format!("video.{name} is 0; it must be more"));
        }
        if self.max_run_seconds > MAX_RUN_SECONDS {
            return Err(format!(
                "video.max_run_seconds is {}; it must be at most {MAX_RUN_SECONDS}",
                self.max_run_seconds
            ));
        }
        for (name, program) in [("ffmpeg", &self.ffmpeg), ("ffprobe", &self.ffprobe)] {
            if !program.is_absolute() && program.components().count() != 1 {
                return Err(format!(
                    "video.{name} is {}; it must be a name or an absolute path",
                    program.display()
                ));
            }
        }
        if let Some(crf) = self.crf.filter(|crf| *crf > MAX_CRF) {
            return Err(format!("video.crf is {crf}; it must be 0 to {MAX_CRF}"));
        }
        if !(Bitrate(8)..=Bitrate(512)).contains(&self.audio_bitrate) {
            return Err(format!("video.audio_bitrate is {}; it must be 8k to 512k", self.audio_bitrate));
        }
        if let Some(bitrate) = self.max_bitrate.filter(|bitrate| *bitrate < MIN_VIDEO_BITRATE) {
            return Err(format!("video.max_bitrate is {bitrate}; it must be at least {MIN_VIDEO_BITRATE}"));
        }
        self.watermark.check()
    }

    /// The preset in effect.
    #[must_use]
    pub fn preset(&self) -> Preset {
        self.preset.unwrap_or(match self.quality {
            Quality::Fast => Preset::Veryfast,
            Quality::Balanced => Preset::Faster,
            Quality::Best => Preset::Slow,
        })
    }

    /// The constant rate factor in effect.
    #[must_use]
    pub fn crf(&self) -> u8 {
        self.crf.unwrap_or(match self.quality {
            Quality::Fast | Quality::Balanced => 22,
            Quality::Best => 20,
        })
    }
}

/// How much time goes into how good a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// Two thirds of the time of `balanced`, for a little more bits and a little less quality.
    Fast,
    /// On our clips better than `fast` with 5 % fewer bits.
    #[default]
    Balanced,
    /// Several times the time of `balanced`, for archives.
    Best,
}

/// Less would not be a picture.
const MIN_VIDEO_BITRATE: Bitrate = Bitrate(100);

/// The worst quality that x264 knows.
const MAX_CRF: u8 = 51;

/// The job around a run is ended after 30 hours; the rest is for download and upload.
const MAX_RUN_SECONDS: u64 = 28 * 3600;

macro_rules! presets {
    ($($(#[$meta:meta])* $variant:ident = $name:literal,)*) => {
        /// A preset of x264, from fast and large to slow and small.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Preset { $($(#[$meta])* $variant,)* }

        impl Preset {
            /// The name x264 knows.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl FromStr for Preset {
            type Err = UnknownPreset;

            fn from_str(text: &str) -> Result<Self, UnknownPreset> {
                match text {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(UnknownPreset(text.to_owned())),
                }
            }
        }
    };
}

presets! {
    /// For tests.
    Ultrafast = "ultrafast",
    /// Nearly as fast.
    Superfast = "superfast",
    /// For speed: two thirds of the time of `faster`.
    Veryfast = "veryfast",
    /// On our clips better than `veryfast` with 5 % fewer bits, for half more time.
    Faster = "faster",
    /// Between `faster` and `medium`.
    Fast = "fast",
    /// What x264 calls its default.
    Medium = "medium",
    /// For archives.
    Slow = "slow",
    /// For patient archives.
    Slower = "slower",
    /// For very patient archives.
    Veryslow = "veryslow",
}

/// A name that is no preset of x264, or `placebo`, which costs days for nothing.
#[derive(Debug, thiserror::Error)]
#[error(
    "unknown preset {0}: expected ultrafast, superfast, veryfast, faster, fast, medium, slow, slower or veryslow"
)]
pub struct UnknownPreset(String);

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The programs of this room and what one run of them may use.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The ffmpeg program.
    pub ffmpeg: PathBuf,
    /// The ffprobe program.
    pub ffprobe: PathBuf,
    /// Wall limit of ffprobe.
    pub probe_timeout: Duration,
    /// Silence after which ffmpeg counts as hung.
    pub silence_timeout: Duration,
    /// The most one run of ffmpeg may take.
    pub max_run: Duration,
    /// Address space of one child in bytes.
    pub max_memory_bytes: u64,
    /// The largest picture a decoder may open, in pixels.
    pub max_pixels: u64,
    /// The longest output accepted, in seconds: files lie about their duration.
    pub max_duration_seconds: u32,
    /// Threads of each decoder, filter graph and encoder. Stacks and heaps of a hundred threads would not fit into
    /// the address space on a large machine, and x264 gains little beyond this number.
    pub threads: usize,
    /// Cores that the threads of one child can keep busy.
    pub cores: u64,
}

/// The most threads of one codec.
const MAX_THREADS: usize = 8;

impl From<&VideoConfig> for Tools {
    fn from(config: &VideoConfig) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            ffmpeg: config.ffmpeg.clone(),
            ffprobe: config.ffprobe.clone(),
            probe_timeout: Duration::from_secs(config.probe_timeout_seconds),
            silence_timeout: Duration::from_secs(config.silence_timeout_seconds),
            max_run: Duration::from_secs(config.max_run_seconds),
            max_memory_bytes: config.max_memory_bytes,
            max_pixels: config.max_pixels,
            max_duration_seconds: config.max_duration_seconds,
            threads: cores.min(MAX_THREADS),
            cores: cores as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_keep_their_names_in_settings_and_on_the_command_line() {
        for name in "ultrafast superfast veryfast faster fast medium slow slower veryslow".split(' ') {
            let preset: Preset = name.parse().expect("a preset");
            assert_eq!((preset.as_str(), serde_json::to_value(preset).expect("json")), (name, name.into()));
        }
        assert!("placebo".parse::<Preset>().is_err());
    }

    #[test]
    fn unknown_settings_are_refused_and_missing_ones_have_defaults() {
        let config: VideoConfig = serde_json::from_str(r#"{"crf": 20}"#).expect("settings");
        assert_eq!((config.crf(), config.preset()), (20, Preset::Faster));
        let config: VideoConfig =
            serde_json::from_str(r#"{"quality": "fast", "crf": 30}"#).expect("settings");
        assert_eq!((config.crf(), config.preset()), (30, Preset::Veryfast));
        let config: VideoConfig =
            serde_json::from_str(r#"{"quality": "best", "preset": "medium"}"#).expect("settings");
        assert_eq!((config.crf(), config.preset()), (20, Preset::Medium));
        assert!(serde_json::from_str::<VideoConfig>(r#"{"crv": 20}"#).is_err());
    }

    #[test]
    fn what_would_fail_in_every_job_is_refused_at_the_start() {
        let with = |change: fn(&mut VideoConfig)| {
            let mut config = VideoConfig::default();
            change(&mut config);
            config.check()
        };
        assert_eq!(with(|_| {}), Ok(()));
        assert_eq!(with(|config| config.ffmpeg = "/opt/ffmpeg/bin/ffmpeg".into()), Ok(()));
        assert!(with(|config| config.ffmpeg = "./ffmpeg".into()).unwrap_err().contains("video.ffmpeg"));
        assert!(with(|config| config.ffprobe = "tools/ffprobe".into()).unwrap_err().contains("absolute"));
        assert!(with(|config| config.ffprobe = "".into()).is_err());
        assert!(with(|config| config.audio_bitrate = Bitrate(4)).unwrap_err().contains("audio_bitrate"));
        assert!(with(|config| config.max_bitrate = Some(Bitrate(4))).unwrap_err().contains("100k"));
        assert!(with(|config| config.max_run_seconds = 200_000).unwrap_err().contains("max_run_seconds"));
    }
}
