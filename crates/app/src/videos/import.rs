//! Videos whose files are elsewhere on the web.

use telecine_db::objects::{self, Object};
use telecine_db::{Tx, videos as rows};
use telecine_model::{VideoId, key};
use url::Url;

use crate::jobs::{ImportVideo, title_of_address};
use crate::{App, AppError};

/// Addresses in one request, at most.
const MAX_URLS: usize = 100;
/// Characters of an address, at most.
const MAX_URL_CHARS: usize = 4096;

/// Videos that are made of the files at these addresses, in their order: rows and jobs at once, bytes when a worker has time.
/// All of them or none.
///
/// # Errors
/// [`AppError::Invalid`] with `invalid_urls`, naming the one that is wrong.
pub async fn import(app: &App, addresses: &[String]) -> Result<Vec<VideoId>, AppError> {
    if addresses.is_empty() || addresses.len() > MAX_URLS {
        let sentence = format!("urls must hold 1 to {MAX_URLS} addresses");
        return Err(AppError::invalid("invalid_urls", sentence));
    }
    let urls: Vec<Url> = addresses
        .iter()
        .enumerate()
        .map(|(index, address)| checked(address).ok_or_else(|| refused(index)))
        .collect::<Result<_, _>>()?;
    let tx = app.db.begin().await?;
    let mut videos = Vec::with_capacity(urls.len());
    for url in urls {
        videos.push(import_in(app, &tx, url, None).await?);
    }
    tx.commit().await?;
    Ok(videos)
}

/// The same for one checked address, within a transaction; without a title, the address makes one.
pub(crate) async fn import_in(
    app: &App,
    tx: &Tx,
    url: Url,
    title: Option<&str>,
) -> Result<VideoId, AppError> {
    let (id, now) = (VideoId::generate(), app.clock.now_ms());
    let title = title.map_or_else(|| title_of_address(&url), str::to_owned);
    rows::insert_import(tx, id, &id.to_string(), &title, now).await?;
    // Whatever a run leaves in storage is known before it is there.
    let source = Object {
        key: key::source(id),
        owner: id.into(),
        generation: 0,
        size: 0,
        checksum: None,
        created_at: now,
    };
    objects::record(tx, &source).await?;
    telecine_queue::add(tx, &*app.clock, &ImportVideo::of(id, url)).await?;
    Ok(id)
}

/// An address of the web. Whether it leads to a private place is found out when it is resolved.
pub(crate) fn checked(address: &str) -> Option<Url> {
    let url = Url::parse(address.trim()).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https");
    // As it is stored, with every strange letter encoded.
    (is_web && url.as_str().len() <= MAX_URL_CHARS).then_some(url)
}

fn refused(index: usize) -> AppError {
    let sentence =
        format!("urls[{index}] must be an http or https address of at most {MAX_URL_CHARS} characters");
    AppError::invalid("invalid_urls", sentence)
}
