//! Where on which sheet of the storyboard each time is: as WebVTT with media fragments, which players read, and as JSON.

use std::fmt::Write as _;

use serde_json::json;

use super::thumbnails_vtt::{clock, duration_ms};
use super::{Addressing, Package, Storyboard};

/// One cue per tile, named by its sheet and the place on it (`#xywh=x,y,w,h`, W3C Media Fragments 4.2.2).
#[must_use]
pub fn storyboard_vtt(package: &Package, addressing: &Addressing<'_>) -> String {
    let mut text = "WEBVTT\n".to_owned();
    let Some(storyboard) = &package.storyboard else {
        return text;
    };
    for tile in tiles(storyboard, duration_ms(package)) {
        let address = addressing.address(&storyboard.images[tile.sheet].url, "");
        let (width, height) = (storyboard.width, storyboard.height);
        let _ = write!(
            text,
            "\n{} --> {}\n{address}#xywh={},{},{width},{height}\n",
            clock(tile.start_ms),
            clock(tile.end_ms),
            tile.x,
            tile.y
        );
    }
    text
}

/// The same for programs: size of a tile, the sheets, and for each tile its time in seconds, its sheet and its place.
#[must_use]
pub fn storyboard_json(package: &Package, addressing: &Addressing<'_>) -> String {
    let Some(storyboard) = &package.storyboard else {
        return "{}".to_owned();
    };
    let sheets: Vec<String> =
        storyboard.images.iter().map(|image| addressing.address(&image.url, "")).collect();
    let seconds = |ms: u64| ms as f64 / 1000.0;
    let tiles: Vec<_> = tiles(storyboard, duration_ms(package))
        .map(|tile| json!({ "start": seconds(tile.start_ms), "image": tile.sheet, "x": tile.x, "y": tile.y }))
        .collect();
    let (width, height) = (storyboard.width, storyboard.height);
    json!({ "tileWidth": width, "tileHeight": height, "duration": package.duration, "images": sheets, "tiles": tiles })
        .to_string()
}

struct Tile {
    start_ms: u64,
    end_ms: u64,
    sheet: usize,
    x: u32,
    y: u32,
}

fn tiles(storyboard: &Storyboard, duration_ms: u64) -> impl Iterator<Item = Tile> + '_ {
    let per_sheet = (storyboard.columns * storyboard.rows).max(1);
    let interval_ms = u64::from(storyboard.interval) * 1000;
    let listed =
        (0..storyboard.tiles).filter(move |tile| ((tile / per_sheet) as usize) < storyboard.images.len());
    listed.map(move |tile| {
        let place = tile % per_sheet;
        let start_ms = u64::from(tile) * interval_ms;
        let is_last = tile + 1 == storyboard.tiles;
        Tile {
            start_ms,
            end_ms: if is_last { duration_ms.max(start_ms + 1) } else { start_ms + interval_ms },
            sheet: (tile / per_sheet) as usize,
            x: place % storyboard.columns.max(1) * storyboard.width,
            y: place / storyboard.columns.max(1) * storyboard.height,
        }
    })
}
