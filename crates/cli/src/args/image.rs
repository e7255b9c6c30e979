//! `telecine image`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use telecine_image::{OutputFormat, Variant, Wish};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
JPEG, PNG, WebP and GIF are taken; the first bytes decide, not the name. Results are upright, in sRGB, and without metadata.
Without --variant there are three: large=1280x720, medium=640x360 and thumbnail=320x180. Pictures fit into these boxes and are
never enlarged. Where they would not be smaller, the original is kept, without its metadata.
Ends with 1 when a file was not taken; the others are made nevertheless.")]
pub(crate) struct ImageArgs {
    /// The images
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The folder for the results, which are named after file and variant: photo.large.webp
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// A size by its name, such as large=1280x720; several may be given
    #[arg(long = "variant", value_name = "NAME=WxH", value_parser = variant)]
    pub(crate) variants: Vec<Variant>,
    /// What is made: webp, or jpeg for programs that know nothing else
    #[arg(long, default_value = "webp", value_parser = PossibleValuesParser::new(["webp", "jpeg"]).map(|name| format(&name)))]
    pub(crate) format: OutputFormat,
    /// Quality, 0 to 100
    #[arg(long, default_value_t = Wish::default().quality)]
    pub(crate) quality: f32,
    /// Effort of the encoder of WebP, 0 to 6; 2 takes half the time of 4 for 5 % more bytes
    #[arg(long, default_value_t = Wish::default().effort)]
    pub(crate) effort: u8,
    /// Keeps animations in WebP: at most 300 frames, and 100 million pixels in all of them
    #[arg(long)]
    pub(crate) animated: bool,
    /// Replaces files that are there already
    #[arg(long)]
    pub(crate) force: bool,
    /// Files worked on at the same time [default: one for each core]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Prints what was made as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl ImageArgs {
    /// What is wished for each file.
    pub(crate) fn wish(&self) -> Wish {
        let usual = Wish::default();
        let mut variants = if self.variants.is_empty() { usual.variants } else { self.variants.clone() };
        variants.iter_mut().for_each(|variant| variant.format = self.format);
        Wish { variants, quality: self.quality, effort: self.effort, animated: self.animated }
    }
}

/// Reads `NAME=WxH`; whether there can be such a variant is found out later.
fn variant(text: &str) -> Result<Variant, String> {
    let parts = text.split_once('=').and_then(|(name, size)| Some((name, size.split_once('x')?)));
    let (name, (width, height)) = parts.ok_or("it must look like NAME=WxH, such as large=1280x720")?;
    let side = |side: &str| side.parse().map_err(|_| format!("{side:?} is not a number of pixels"));
    let (width, height) = (side(width)?, side(height)?);
    Ok(Variant { name: name.to_owned(), width, height, format: OutputFormat::default() })
}

/// One of the names that are allowed.
fn format(name: &str) -> OutputFormat {
    if name == "jpeg" { OutputFormat::Jpeg } else { OutputFormat::WebP }
}
