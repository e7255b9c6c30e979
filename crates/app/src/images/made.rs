//! What was made of an image, as its row has it.

use serde::{Deserialize, Serialize};
use telecine_image::{Format, Kept, OutputFormat, Report, Source, Variant};

/// The end of the name of a variant's twin for programs that read no WebP.
const TWIN: &str = "_jpeg";

/// Everything that was made, and the placeholders to show before any of it is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// What came in.
    pub source: Source,
    /// What is in storage.
    pub variants: Vec<MadeVariant>,
    /// The picture in some 25 bytes, as a thumbhash in Base64.
    pub thumbhash: String,
    /// The picture 16 pixels wide as a `data:` URL of WebP.
    pub blurred: String,
}

/// One variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeVariant {
    /// As it was asked for.
    pub name: String,
    /// The last part of its key.
    pub file: String,
    /// What it is.
    pub format: Format,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Pictures in it.
    pub frames: u32,
    /// Bytes.
    pub bytes: u64,
    /// Whether the picture was made anew or the original was kept, without its metadata.
    pub kept: Kept,
    /// Bytes that the WebP would have had, where it was made and the original was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webp_bytes: Option<u64>,
}

impl Made {
    /// What a row has.
    #[must_use]
    pub fn from_json(report: Option<&str>) -> Option<Self> {
        serde_json::from_str(report?).ok()
    }

    pub(crate) fn of(report: Report) -> Self {
        let variants = report.variants.into_iter().map(|variant| {
            let file = variant.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            MadeVariant {
                name: variant.name,
                file,
                format: variant.format,
                width: variant.width,
                height: variant.height,
                frames: variant.frames,
                bytes: variant.bytes,
                kept: variant.kept,
                webp_bytes: variant.webp_bytes,
            }
        });
        let Report { source, thumbhash, blurred, .. } = report;
        Self { source, variants: variants.collect(), thumbhash, blurred }
    }

    /// The variants that people have asked for.
    pub fn asked_for(&self) -> impl Iterator<Item = &MadeVariant> {
        self.variants.iter().filter(|variant| !is_twin(&variant.name))
    }

    /// The variant called so; for a program that reads no WebP its twin, if there is one.
    pub(super) fn named(&self, name: &str, reads_webp: bool) -> Option<&MadeVariant> {
        let variant = self.asked_for().find(|variant| variant.name == name)?;
        if reads_webp || variant.format != Format::WebP {
            return Some(variant);
        }
        let twin = twin_of(name);
        self.variants.iter().find(|variant| variant.name == twin).or(Some(variant))
    }
}

/// Every WebP gets a twin that everything reads.
pub(crate) fn with_twins(asked_for: Vec<Variant>) -> Vec<Variant> {
    let twin = |variant: &Variant| Variant {
        name: twin_of(&variant.name),
        format: OutputFormat::Jpeg,
        ..variant.clone()
    };
    let twins: Vec<Variant> = asked_for.iter().map(twin).collect();
    asked_for.into_iter().chain(twins).collect()
}

/// Whether this is the name of a twin.
pub(super) fn is_twin(name: &str) -> bool {
    name.ends_with(TWIN)
}

/// The name of the twin of a variant.
fn twin_of(name: &str) -> String {
    format!("{name}{TWIN}")
}
