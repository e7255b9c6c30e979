//! A reader of server-sent events, as strict as a browser.

use std::time::Duration;

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

/// Longer than any event takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// An event as a page would get it.
#[derive(Debug, Clone)]
pub struct Told {
    /// By which the stream goes on after this event.
    pub id: Option<String>,
    /// Its type.
    pub event: String,
    /// Its data.
    pub data: Value,
}

/// An open stream.
#[derive(Debug)]
pub struct EventStream {
    response: Response,
    unread: String,
}

impl EventStream {
    /// Opens the stream.
    pub async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, unread: String::new() }
    }

    /// The next event; `None` when the server has ended the stream.
    pub async fn next(&mut self) -> Option<Told> {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("an event in time")
    }

    async fn read(&mut self) -> Option<Told> {
        loop {
            while let Some((block, rest)) = self.unread.split_once("\n\n") {
                let told = parse(block);
                self.unread = rest.to_owned();
                if told.is_some() {
                    return told;
                }
            }
            let chunk = self.response.chunk().await.ok()??;
            self.unread.push_str(std::str::from_utf8(&chunk).expect("events of ASCII are not torn"));
        }
    }

    /// The first event that is as wanted, and all before it.
    pub async fn until(&mut self, wanted: impl Fn(&Told) -> bool) -> (Told, Vec<Told>) {
        let mut before = Vec::new();
        loop {
            let told = self.next().await.unwrap_or_else(|| panic!("the stream ends after {before:#?}"));
            if wanted(&told) {
                return (told, before);
            }
            before.push(told);
        }
    }
}

/// `None` for comments and `retry`.
fn parse(block: &str) -> Option<Told> {
    let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let data = field("data")?;
    Some(Told {
        id: field("id").map(str::to_owned),
        event: field("event").expect("every event has a type").to_owned(),
        data: serde_json::from_str(data).expect("JSON"),
    })
}

impl Told {
    /// Its place in the order of events.
    pub fn position(&self) -> Option<(i64, i64)> {
        let (transaction, id) = self.id.as_deref()?.split_once('-').expect("two numbers");
        Some((transaction.parse().expect("a number"), id.parse().expect("a number")))
    }

    /// Whether it is of this type, and the field of its data has this value.
    pub fn says(&self, event: &str, field: &str, value: &str) -> bool {
        self.event == event && self.data[field] == value
    }
}
