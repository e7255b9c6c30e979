//! What other programs ask for: the two dialects of `process-video`, checked field by field.
//!
//! `{videoId, inputPath | videoUrl, userId, options: {formats, watermark, thumbnails}}` and
//! `{contentId, videoUrl, qualities}`; our own jobs say `{videoId}` of a video that is here.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use telecine_model::VideoId;
use telecine_video::{Loudness, LoudnessWish, Wishes};
use url::Url;

use crate::jobs::fields::{Fields, MAX_ID_CHARS, MAX_SOURCE_CHARS, address, object, present, text};

const FORMATS: [&str; 3] = ["hls", "dash", "mp4"];
const QUALITIES: [&str; 8] = ["240p", "360p", "480p", "720p", "1080p", "1440p", "2160p", "4K"];

/// The arguments of `process-video`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub(super) struct Payload {
    pub(super) target: Target,
    pub(super) source: Option<Source>,
    /// What the video is to become, as it was asked for; JSON whose fields have been checked.
    pub(super) wishes: Fields,
    /// The generation before, when a video of ours is processed again.
    pub(super) after: Option<i64>,
}

/// The video.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Target {
    /// One that is here.
    Ours(VideoId),
    /// One that another program knows under this id; it may have to be fetched first.
    External(String),
}

/// Where the file is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    Url(Url),
    Path(PathBuf),
}

impl Payload {
    pub(super) fn of(video: VideoId) -> Self {
        Self { target: Target::Ours(video), source: None, wishes: Fields::new(), after: None }
    }

    /// The video once more, after this generation; a sentence when the wishes make no sense.
    pub(super) fn again(video: VideoId, after: i64, mut asked: Fields) -> Result<Self, String> {
        asked.remove("userId");
        if let Some(unknown) = asked.keys().find(|name| !["qualities", "options"].contains(&name.as_str())) {
            return Err(format!("{unknown} is not known; there are qualities and options"));
        }
        Ok(Self { wishes: wishes(&asked)?, after: Some(after), ..Self::of(video) })
    }

    /// What the video is to become.
    pub(super) fn outputs(&self) -> Wishes {
        let options = self.wishes.get("options");
        let listed = |list: Option<&Value>| -> Option<Vec<String>> {
            let items = list?.as_array()?.iter();
            Some(items.filter_map(|item| item.as_str().map(str::to_owned)).collect())
        };
        let qualities = listed(self.wishes.get("qualities")).filter(|qualities| !qualities.is_empty());
        let formats = listed(options.and_then(|options| options.get("formats")));
        Wishes {
            rungs: qualities.map(|qualities| qualities.iter().filter_map(|name| short_side(name)).collect()),
            mp4: formats
                .is_none_or(|formats| formats.is_empty() || formats.iter().any(|format| format == "mp4")),
            stills: options.and_then(|options| options.get("thumbnails")) != Some(&Value::Bool(false)),
            watermark: options.and_then(|options| options.get("watermark")).and_then(Value::as_bool),
            loudness: options.and_then(Value::as_object).and_then(|options| loudness(options).ok()).flatten(),
        }
    }
}

impl TryFrom<Value> for Payload {
    type Error = String;

    fn try_from(data: Value) -> Result<Self, String> {
        let Value::Object(fields) = data else {
            return Err("data must be an object with videoId or contentId".into());
        };
        let source = source(&fields)?;
        let target = target(&fields, source.is_some())?;
        text(&fields, "userId", MAX_ID_CHARS)?;
        let after = present(&fields, "after").and_then(Value::as_i64);
        Ok(Self { target, source, wishes: wishes(&fields)?, after })
    }
}

impl From<Payload> for Value {
    fn from(payload: Payload) -> Self {
        let mut fields = payload.wishes;
        let id = match payload.target {
            Target::Ours(video) => video.to_string(),
            Target::External(id) => id,
        };
        fields.insert("videoId".into(), id.into());
        if let Some(after) = payload.after {
            fields.insert("after".into(), after.into());
        }
        match payload.source {
            Some(Source::Url(url)) => fields.insert("videoUrl".into(), url.as_str().into()),
            Some(Source::Path(path)) => fields.insert("inputPath".into(), path.display().to_string().into()),
            None => None,
        };
        Self::Object(fields)
    }
}

/// `720p` is 720, `4K` is 2160.
fn short_side(quality: &str) -> Option<u32> {
    match quality {
        "4K" => Some(2160),
        name => name.strip_suffix('p')?.parse().ok(),
    }
}

fn target(fields: &Fields, has_source: bool) -> Result<Target, String> {
    let (video, content) = (text(fields, "videoId", MAX_ID_CHARS)?, text(fields, "contentId", MAX_ID_CHARS)?);
    let id = match (video, content) {
        (Some(_), Some(_)) => return Err("videoId and contentId are both given; give one".into()),
        (Some(id), None) | (None, Some(id)) => id,
        (None, None) => return Err("videoId or contentId is missing".into()),
    };
    match id.parse() {
        Ok(video) if !has_source => Ok(Target::Ours(video)),
        // Other programs may have ids that look like ours.
        _ if has_source => Ok(Target::External(id.to_owned())),
        _ => Err(format!("videoId {id:?} is no video of this server, so videoUrl or inputPath is needed")),
    }
}

fn source(fields: &Fields) -> Result<Option<Source>, String> {
    let url = address(fields, "videoUrl")?;
    let path = text(fields, "inputPath", MAX_SOURCE_CHARS)?;
    match (url, path) {
        (Some(_), Some(_)) => Err("videoUrl and inputPath are both given; give one".into()),
        (Some(url), None) => Ok(Some(Source::Url(url))),
        (None, Some(path)) if path.starts_with('/') => Ok(Some(Source::Path(path.into()))),
        (None, Some(_)) => Err("inputPath must be an absolute path".into()),
        (None, None) => Ok(None),
    }
}

/// The fields that say what the video is to become, as they came.
fn wishes(fields: &Fields) -> Result<Fields, String> {
    if let Some(qualities) = present(fields, "qualities") {
        one_of_each(qualities, "qualities", &QUALITIES)?;
    }
    if let Some(options) = object(fields, "options")? {
        if let Some(formats) = present(options, "formats") {
            one_of_each(formats, "options.formats", &FORMATS)?;
        }
        loudness(options)?;
        for name in ["watermark", "thumbnails"] {
            if present(options, name).is_some_and(|value| !value.is_boolean()) {
                return Err(format!("options.{name} must be true or false"));
            }
        }
    }
    let kept = ["qualities", "options", "userId"].into_iter();
    Ok(kept.filter_map(|name| Some((name.to_owned(), fields.get(name)?.clone()))).collect())
}

/// `false` for as it is, `true` for what is usual, or LUFS.
fn loudness(options: &Fields) -> Result<Option<LoudnessWish>, String> {
    let Some(value) = present(options, "loudness") else { return Ok(None) };
    let wish = match (value.as_bool(), value.as_i64()) {
        (Some(true), _) => Some(LoudnessWish::At(Loudness::USUAL)),
        (Some(false), _) => Some(LoudnessWish::Off),
        (None, lufs) => lufs.and_then(|lufs| Loudness::new(lufs).ok()).map(LoudnessWish::At),
    };
    wish.map(Some)
        .ok_or_else(|| "options.loudness must be true, false, or whole LUFS from -70 to -5".to_owned())
}

fn one_of_each(value: &Value, name: &str, known: &[&str]) -> Result<(), String> {
    let allowed = known.join(", ");
    let Value::Array(items) = value else { return Err(format!("{name} must be a list of {allowed}")) };
    for item in items {
        let is_known = item.as_str().is_some_and(|item| known.contains(&item));
        if !is_known {
            return Err(format!("{name} holds {item}; it may hold {allowed}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(data: Value) -> Result<Payload, String> {
        Payload::try_from(data)
    }

    #[test]
    fn both_dialects_are_understood() {
        let url = Some(Source::Url("https://media.example/a.mp4".parse().unwrap()));
        let first = read(json!({ "contentId": "content-id", "videoUrl": "https://media.example/a.mp4",
            "qualities": ["720p", "1080p", "4K"] }))
        .unwrap();
        assert_eq!((first.target, first.source), (Target::External("content-id".into()), url));
        let second =
            read(json!({ "videoId": "video-123", "inputPath": "/srv/in/video.mp4", "userId": "user-456",
            "options": { "formats": ["hls", "mp4"], "watermark": true, "thumbnails": true } }))
            .unwrap();
        let path = Some(Source::Path("/srv/in/video.mp4".into()));
        assert_eq!(
            (second.target.clone(), second.source.clone()),
            (Target::External("video-123".into()), path)
        );
        assert_eq!(second.wishes["options"]["formats"], json!(["hls", "mp4"]));
        assert_eq!(read(second.clone().into()).unwrap(), second, "what is stored reads the same");
        let ours = VideoId::generate();
        assert_eq!(read(json!({ "videoId": ours })).unwrap(), Payload::of(ours));
        // With an address it is one of theirs, whatever its id looks like.
        let theirs = read(json!({ "videoId": ours, "videoUrl": "https://media.example/a.mp4" })).unwrap();
        assert_eq!(theirs.target, Target::External(ours.to_string()));
    }

    #[test]
    fn wishes_become_rungs_files_and_pictures() {
        let of = |fields: Value| {
            let mut data = json!({ "videoId": VideoId::generate() });
            data.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            read(data).unwrap().outputs()
        };
        assert_eq!(of(json!({})), Wishes::default());
        assert_eq!(of(json!({ "qualities": [], "options": { "formats": [] } })), Wishes::default());
        let some = of(
            json!({ "qualities": ["720p", "4K"], "options": { "formats": ["hls"], "thumbnails": false } }),
        );
        assert_eq!(
            some,
            Wishes {
                rungs: Some(vec![720, 2160]),
                mp4: false,
                stills: false,
                watermark: None,
                loudness: None
            }
        );
        assert_eq!(of(json!({ "options": { "watermark": true } })).watermark, Some(true));
        let loudness = |wish: Value| of(json!({ "options": { "loudness": wish } })).loudness;
        let at = |lufs| Loudness::new(lufs).ok().map(LoudnessWish::At);
        assert_eq!((loudness(json!(true)), loudness(json!(-23))), (at(-16), at(-23)));
        assert_eq!((loudness(json!(false)), loudness(json!(null))), (Some(LoudnessWish::Off), None));
    }

    #[test]
    fn a_refusal_names_the_field() {
        let ours = VideoId::generate();
        for (data, field) in [
            (json!(null), "data must be an object"),
            (json!([1]), "data must be an object"),
            (json!({}), "videoId or contentId is missing"),
            (json!({ "videoId": 7 }), "videoId must be a text"),
            (json!({ "videoId": "" }), "videoId must be a text"),
            (json!({ "videoId": "x".repeat(201) }), "videoId must be a text"),
            (json!({ "videoId": "video-123" }), "videoUrl or inputPath is needed"),
            (json!({ "videoId": "a", "contentId": "b", "videoUrl": "https://a.example/" }), "give one"),
            (json!({ "videoId": "a", "videoUrl": "file:///etc/passwd" }), "videoUrl must be an http"),
            (json!({ "videoId": "a", "videoUrl": "https://a.example/", "inputPath": "/a" }), "give one"),
            (json!({ "videoId": "a", "inputPath": "../a" }), "inputPath must be an absolute path"),
            (json!({ "videoId": ours, "userId": {} }), "userId must be a text"),
            (json!({ "videoId": ours, "qualities": "720p" }), "qualities must be a list of 240p"),
            (json!({ "videoId": ours, "qualities": ["720p", "9p"] }), "qualities holds \"9p\""),
            (json!({ "videoId": ours, "options": [] }), "options must be an object"),
            (json!({ "videoId": ours, "options": { "formats": ["avi"] } }), "options.formats holds \"avi\""),
            (json!({ "videoId": ours, "options": { "watermark": "yes" } }), "options.watermark must be true"),
            (json!({ "videoId": ours, "options": { "loudness": -4 } }), "options.loudness must be true"),
            (json!({ "videoId": ours, "options": { "loudness": "loud" } }), "options.loudness must be true"),
        ] {
            let refusal = read(data.clone()).unwrap_err();
            assert!(refusal.contains(field), "{data}: {refusal}");
        }
    }
}
