//! Which is kept of each target: what was made anew, or the original.

use super::{Encoded, Made, Product, Target, upright_size};
use crate::encode::EncodeError;
use crate::error::Refusal;
use crate::format::Format;
use crate::header::Header;
use crate::placeholder::Placeholder;
use crate::report::{Kept, Source};
use crate::strip::Stripped;
use crate::wish::{OutputFormat, Wish};

/// The files so far; the original is one of them at most once.
struct Files {
    files: Vec<Vec<u8>>,
    original: Option<usize>,
}

/// Nothing that is stored is larger than the original: where what was made is, the original takes its place.
pub(super) fn choose(
    header: &Header<'_>,
    bytes: usize,
    wish: &Wish,
    encoded: Vec<Encoded>,
    original: Option<&Stripped<'_>>,
    placeholder: Placeholder,
) -> Result<Product, Refusal> {
    let mut files = Files { files: Vec::new(), original: None };
    let mut by_target = Vec::with_capacity(encoded.len());
    for Encoded { target, bytes } in encoded {
        let original = original.filter(|_| may_stand_for(header, target));
        let is_animated = wish.animated && target.format == OutputFormat::WebP;
        let frames = if is_animated { header.frames } else { 1 };
        by_target.push((target, Made { frames, ..keep(header, target, bytes, original, &mut files)? }));
    }
    let size = upright_size(header);
    let made_for = |target| by_target.iter().find(|(made, _)| *made == target).map(|(_, made)| *made);
    let variants = wish.variants.iter();
    let variants: Option<Vec<Made>> = variants
        .map(|variant| made_for(Target { size: variant.fit(size), format: variant.format }))
        .collect();
    let source = Source {
        format: header.format,
        width: size.0,
        height: size.1,
        frames: header.frames,
        bytes: bytes as u64,
    };
    let variants = variants.ok_or_else(|| Refusal::corrupt("no variant"))?;
    Ok(Product { source, variants, files: files.files, placeholder })
}

/// Whoever reads WebP reads everything that comes in, and scales it. Whoever wants a JPEG wants that, and in its size.
fn may_stand_for(header: &Header<'_>, target: Target) -> bool {
    match target.format {
        OutputFormat::WebP => true,
        OutputFormat::Jpeg => header.format == Format::Jpeg && upright_size(header) == target.size,
    }
}

fn keep(
    header: &Header<'_>,
    target: Target,
    made: Result<Vec<u8>, EncodeError>,
    original: Option<&Stripped<'_>>,
    files: &mut Files,
) -> Result<Made, Refusal> {
    let made_bytes = made.as_ref().ok().map(|made| made.len() as u64);
    match (made, original) {
        (Ok(made), original) if original.is_none_or(|original| made.len() < original.len()) => {
            files.files.push(made);
            let (file, format, size) = (files.files.len() - 1, target.format.format(), target.size);
            let kept = match target.format {
                OutputFormat::WebP => Kept::WebP,
                OutputFormat::Jpeg => Kept::Jpeg,
            };
            Ok(Made { file, format, size, frames: 1, kept, made_bytes: None })
        }
        (_, Some(original)) => {
            let (file, size) = (files.original(original), upright_size(header));
            Ok(Made { file, format: header.format, size, frames: 1, kept: Kept::Original, made_bytes })
        }
        (made, None) => Err(Refusal::corrupt(made.err().map_or_else(String::new, |error| error.to_string()))),
    }
}

impl Files {
    fn original(&mut self, original: &Stripped<'_>) -> usize {
        *self.original.get_or_insert_with(|| {
            self.files.push(original.join());
            self.files.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header;
    use crate::pipeline::original;

    /// A picture without anything to strip.
    fn png() -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 2, 1);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&[1, 2, 3, 200, 100, 50]).unwrap();
        file
    }

    fn chosen(
        bytes: Result<Vec<u8>, EncodeError>,
        has_original: bool,
    ) -> Result<(Kept, u64, Option<u64>), Refusal> {
        chosen_as(OutputFormat::WebP, bytes, has_original)
    }

    fn chosen_as(
        format: OutputFormat,
        bytes: Result<Vec<u8>, EncodeError>,
        has_original: bool,
    ) -> Result<(Kept, u64, Option<u64>), Refusal> {
        let (file, mut wish) = (png(), Wish::default());
        wish.variants.truncate(1);
        wish.variants[0].format = format;
        let header = header::read(&file)?;
        let original = original(&file, &header, None, false)?.filter(|_| has_original);
        let placeholder = Placeholder { thumbhash: String::new(), blurred: String::new() };
        let encoded = vec![Encoded { target: Target { size: (2, 1), format }, bytes }];
        let product = choose(&header, file.len(), &wish, encoded, original.as_ref(), placeholder)?;
        let made = product.variants[0];
        Ok((made.kept, product.files[made.file].len() as u64, made.made_bytes))
    }

    #[test]
    fn the_smaller_one_is_kept_and_the_original_when_both_are_equal() {
        let original = png().len();
        assert_eq!(chosen(Ok(vec![0; original - 1]), true), Ok((Kept::WebP, original as u64 - 1, None)));
        for webp in [original, original + 1] {
            let kept = (Kept::Original, original as u64, Some(webp as u64));
            assert_eq!(chosen(Ok(vec![0; webp]), true), Ok(kept));
        }
    }

    #[test]
    fn the_original_is_kept_when_the_encoder_fails_unless_it_would_look_otherwise() {
        let failed = || Err(EncodeError("out of memory".to_owned()));
        assert_eq!(chosen(failed(), true), Ok((Kept::Original, png().len() as u64, None)));
        assert!(
            matches!(chosen(failed(), false), Err(Refusal::Corrupt { detail }) if detail.contains("out of memory"))
        );
        assert_eq!(chosen(Ok(vec![0; 5000]), false), Ok((Kept::WebP, 5000, None)));
    }

    #[test]
    fn an_original_of_another_format_is_never_kept_as_jpeg() {
        let larger = png().len() + 1;
        let made = chosen_as(OutputFormat::Jpeg, Ok(vec![0; larger]), true);
        assert_eq!(made, Ok((Kept::Jpeg, larger as u64, None)));
        let failed = Err(EncodeError("out of memory".to_owned()));
        assert!(matches!(chosen_as(OutputFormat::Jpeg, failed, true), Err(Refusal::Corrupt { .. })));
    }
}
