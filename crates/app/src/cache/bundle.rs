//! The files of one post on a social platform, cached together.

use telecine_model::CacheAssetId;

use super::{MAX_URLS, NewFile, Wishes, add_in, checked, new_asset};
use crate::{App, AppError};

/// A post's files. Every part may be missing.
#[derive(Debug, Clone, Default)]
pub struct Bundle {
    /// Address of the film.
    pub video: Option<String>,
    /// Address of its cover.
    pub cover: Option<String>,
    /// Address of the music.
    pub music: Option<String>,
    /// Addresses of pictures.
    pub images: Vec<BundleImage>,
    /// Address of the author's picture.
    pub avatar: Option<String>,
}

/// One of several pictures.
#[derive(Debug, Clone)]
pub struct BundleImage {
    /// Its address.
    pub url: String,
    /// Pixels across.
    pub width: Option<i32>,
    /// Pixels down.
    pub height: Option<i32>,
}

/// The assets of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundled {
    /// Of the film.
    pub video: Option<CacheAssetId>,
    /// Of its cover.
    pub cover: Option<CacheAssetId>,
    /// Of the music.
    pub music: Option<CacheAssetId>,
    /// Of the pictures, in their order.
    pub images: Vec<CacheAssetId>,
    /// Of the author's picture.
    pub avatar: Option<CacheAssetId>,
}

/// Notes the files and has them fetched; all of them or none.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_bundle`, naming the part that is wrong.
pub async fn add_bundle(app: &App, bundle: Bundle, wishes: Wishes) -> Result<Bundled, AppError> {
    let single = [
        ("video", bundle.video),
        ("cover", bundle.cover),
        ("music", bundle.music),
        ("avatar", bundle.avatar),
    ];
    let mut parts: Vec<(String, NewFile)> = Vec::new();
    for (name, url) in single {
        parts.extend(url.map(|url| (name.to_owned(), NewFile::from(url))));
    }
    for (index, BundleImage { url, width, height }) in bundle.images.into_iter().enumerate() {
        parts.push((format!("images[{index}]"), NewFile { url, width, height }));
    }
    if parts.is_empty() || parts.len() > MAX_URLS {
        let sentence = format!("a bundle has 1 to {MAX_URLS} of video, cover, music, images and avatar");
        return Err(AppError::invalid("invalid_bundle", sentence));
    }
    let mut new = Vec::with_capacity(parts.len());
    for (name, file) in &parts {
        let refused =
            || AppError::invalid("invalid_bundle", format!("{name} must have an http or https address"));
        let url = checked(&file.url).ok_or_else(refused)?;
        // Films and music are taken as they are, whatever is wished for pictures.
        let is_picture = !matches!(name.as_str(), "video" | "music");
        new.push(new_asset(&url, file, wishes.optimize && is_picture));
    }
    let tx = app.db.begin().await?;
    let assets = add_in(app, &tx, &new, wishes.priority).await?;
    tx.commit().await?;
    let mut named = parts.into_iter().map(|(name, _)| name).zip(assets.iter().map(|asset| asset.id));
    let mut bundled = Bundled { video: None, cover: None, music: None, images: Vec::new(), avatar: None };
    for (name, id) in &mut named {
        match name.as_str() {
            "video" => bundled.video = Some(id),
            "cover" => bundled.cover = Some(id),
            "music" => bundled.music = Some(id),
            "avatar" => bundled.avatar = Some(id),
            _ => bundled.images.push(id),
        }
    }
    Ok(bundled)
}
