//! Where variants go: to files without a name first, which get theirs when all of them are whole.

use std::fs::Permissions;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::ImageError;
use crate::report::{Kept, Report, Stored};
use crate::wire::Made;
use crate::wish::{OutputFormat, Variant, Wish};

/// Where the variants of an image go, as `stem.variant.webp` or `.jpg`, or with the extension of the original where that is kept.
#[derive(Debug, Clone)]
pub struct Output {
    /// A folder that is there.
    pub folder: PathBuf,
    /// The first part of the names; without it they begin with the variant.
    pub stem: Option<String>,
    /// What to do about files of the same names.
    pub existing: Existing,
}

/// What to do about a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Keep it, and make nothing.
    Keep,
    /// Replace it.
    Replace,
}

impl Output {
    fn file(&self, variant: &str, extension: &str) -> PathBuf {
        let stem = self.stem.as_deref().map(|stem| format!("{stem}.")).unwrap_or_default();
        self.folder.join(format!("{stem}{variant}.{extension}"))
    }

    /// Looks for the files that are most likely to be made, before any work is done.
    pub(super) fn check(&self, wish: &Wish) -> Result<(), ImageError> {
        let extension = |variant: &Variant| variant.format.format().extension();
        let files = wish.variants.iter().map(|variant| self.file(&variant.name, extension(variant)));
        let mut taken =
            files.filter(|file| self.existing == Existing::Keep && file.symlink_metadata().is_ok());
        taken.next().map_or(Ok(()), |file| Err(ImageError::Exists { file }))
    }

    pub(super) fn failed(&self, source: io::Error) -> ImageError {
        ImageError::Output { folder: self.folder.clone(), source }
    }
}

/// One open file for each variant; those that get no name are gone when this is dropped.
pub(super) struct Files(Vec<NamedTempFile>);

impl Files {
    pub(super) fn create(output: &Output, wish: &Wish) -> Result<Self, ImageError> {
        // Who may read the results is up to the umask, as for any file that a program makes for somebody.
        let mode = Permissions::from_mode(0o666);
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix(".telecine-").permissions(mode);
        let files: io::Result<Vec<_>> =
            wish.variants.iter().map(|_| builder.tempfile_in(&output.folder)).collect();
        files.map(Self).map_err(|error| output.failed(error))
    }

    pub(super) fn handles(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.0.iter().map(|file| file.as_file().as_fd())
    }

    /// Gives the files their names, and says what they are.
    pub(super) fn keep(self, output: &Output, wish: &Wish, made: Made) -> Result<Report, ImageError> {
        if made.variants.len() != self.0.len() {
            return Err(ImageError::Child { detail: "it has not answered what it was asked".to_owned() });
        }
        let mut variants: Vec<Stored> = Vec::with_capacity(self.0.len());
        for ((file, variant), made) in self.0.into_iter().zip(&wish.variants).zip(made.variants) {
            let path = output.file(&variant.name, made.format.extension());
            let bytes = file.as_file().metadata().map_err(|error| output.failed(error))?.len();
            if let Err(error) = name(file, &path, output) {
                take_back(&variants, output);
                return Err(error);
            }
            let bytes_as =
                |format| made.made_bytes.filter(|_| made.kept == Kept::Original && variant.format == format);
            variants.push(Stored {
                name: variant.name.clone(),
                file: path,
                format: made.format,
                width: made.width,
                height: made.height,
                frames: made.frames,
                bytes,
                kept: made.kept,
                webp_bytes: bytes_as(OutputFormat::WebP),
                jpeg_bytes: bytes_as(OutputFormat::Jpeg),
            });
        }
        Ok(Report { source: made.source, variants, thumbhash: made.thumbhash, blurred: made.blurred })
    }
}

fn name(file: NamedTempFile, path: &Path, output: &Output) -> Result<(), ImageError> {
    let named = match output.existing {
        Existing::Keep => file.persist_noclobber(path),
        Existing::Replace => file.persist(path),
    };
    named.map(drop).map_err(|failed| match failed.error.kind() {
        io::ErrorKind::AlreadyExists => ImageError::Exists { file: path.to_owned() },
        _ => output.failed(failed.error),
    })
}

/// Some variants without the others are of no use, unless they have replaced what was there.
fn take_back(variants: &[Stored], output: &Output) {
    for variant in variants.iter().filter(|_| output.existing == Existing::Keep) {
        // The error to tell is the one that led here.
        let _ = std::fs::remove_file(&variant.file);
    }
}
