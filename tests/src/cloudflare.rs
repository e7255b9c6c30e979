//! Cloudflare's API as far as it purges: it checks what it gets as strictly as the real one.

use serde_json::{Value, json};

use crate::origin::{Received, Reply};

/// The zone it knows.
pub const ZONE: &str = "023e105f4ecef8ad9ca31a8372d0c353";
/// The token it takes.
pub const TOKEN: &str = "purge-token";
/// Addresses in one request.
const MAX_FILES: usize = 100;

/// The answer to a request: success, or what is wrong with it.
pub fn answer(request: &Received) -> Reply {
    let expected = format!("/zones/{ZONE}/purge_cache");
    if request.method != "POST" || !request.path.ends_with(&expected) {
        return failure(404, 7003, "Could not route to the request path");
    }
    if !request.head.contains(&format!("authorization: bearer {TOKEN}\r\n")) {
        return failure(401, 10000, "Authentication error");
    }
    let files = files(request);
    let are_addresses = files.iter().all(|file| file.starts_with("https://") && !file.contains(' '));
    if files.is_empty() || files.len() > MAX_FILES || !are_addresses {
        return failure(
            400,
            1012,
            "Request must contain one of purge_everything, files, tags, hosts or prefixes",
        );
    }
    let done = json!({ "success": true, "errors": [], "messages": [], "result": { "id": ZONE } });
    json_reply(200, &done)
}

/// The addresses that a request names.
pub fn files(request: &Received) -> Vec<String> {
    let document: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let files = document["files"].as_array().cloned().unwrap_or_default();
    files.iter().filter_map(|file| file.as_str().map(str::to_owned)).collect()
}

fn failure(status: u16, code: u16, message: &str) -> Reply {
    let errors = [json!({ "code": code, "message": message })];
    json_reply(status, &json!({ "success": false, "errors": errors, "messages": [], "result": null }))
}

fn json_reply(status: u16, document: &Value) -> Reply {
    Reply::new(status, document.to_string()).header("content-type", "application/json")
}
