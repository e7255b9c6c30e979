//! What jobs say, without the secrets in it: programs put tokens and signed addresses into a job's data, tools repeat
//! them in their messages, and whoever may look at jobs need not learn them.

use serde_json::Value;

/// Stands for a secret.
pub const MASK: &str = "***";

/// A name with one of these in it, in any way of writing, is the name of a secret.
const SECRET_PARTS: &[&str] = &[
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "authorization",
    "credential",
    "cookie",
    "apikey",
    "accesskey",
    "privatekey",
    "signature",
];
/// So is a name that is one of these.
const SECRET_NAMES: &[&str] = &["auth", "jwt", "pass", "pwd", "sig"];
/// The word after `Bearer` is a token when it is this long.
const TOKEN_CHARS: usize = 8;

/// The JSON without secrets: values of secret names, and in every text what [`masked_text`] masks. What is no JSON is
/// taken for a text.
#[must_use]
pub fn masked_json(json: &str) -> Value {
    match serde_json::from_str(json) {
        Ok(value) => masked(value),
        Err(_) => masked_text(json).into(),
    }
}

/// The text without user names, passwords, queries and fragments of addresses, without what is assigned to secret names
/// (`password=…`, `"token": "…"`), and without bearer tokens.
#[must_use]
pub fn masked_text(text: &str) -> String {
    without_assigned(&without_queries(text))
}

fn masked(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(fields.into_iter().map(masked_field).collect()),
        Value::Array(values) => values.into_iter().map(masked).collect(),
        Value::String(text) => masked_text(&text).into(),
        plain => plain,
    }
}

fn masked_field((name, value): (String, Value)) -> (String, Value) {
    let value = if is_secret(&name) && !value.is_null() { MASK.into() } else { masked(value) };
    (name, value)
}

fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    SECRET_NAMES.contains(&plain.as_str()) || SECRET_PARTS.iter().any(|part| plain.contains(part))
}

/// Masks the parts of addresses that let somebody in.
fn without_queries(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find("://") {
        let (before, after) = rest.split_at(found + "://".len());
        shown.push_str(before);
        let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | '\\' | '|');
        let (address, after) = after.split_at(after.find(ends).unwrap_or(after.len()));
        push_masked_address(&mut shown, address);
        rest = after;
    }
    shown + rest
}

/// `address` begins behind the `://`.
fn push_masked_address(shown: &mut String, address: &str) {
    let authority_ends = address.find(['/', '?', '#']).unwrap_or(address.len());
    // A password that should have been escaped ends the authority too early; what follows its colon is no port then.
    let authority = &address[..authority_ends];
    let is_port = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b']'));
    let is_cut =
        !authority.contains('@') && authority.split_once(':').is_some_and(|(_, port)| !is_port(port));
    let searched = if is_cut { address } else { authority };
    let address = match searched.rfind('@') {
        Some(at) => {
            shown.push_str(MASK);
            &address[at..]
        }
        None => address,
    };
    match address.find(['?', '#']) {
        Some(at) => {
            shown.push_str(&address[..=at]);
            shown.push_str(MASK);
        }
        None => shown.push_str(address),
    }
}

/// Masks what stands behind secret names and behind `Bearer`.
fn without_assigned(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (between, word_on) = rest.split_at(start);
        let (word, after) = word_on.split_at(word_on.find(|c| !is_word(c)).unwrap_or(word_on.len()));
        shown.push_str(between);
        shown.push_str(word);
        rest = after;
        let secret = if is_secret(word) { assigned(after) } else { borne(word, after) };
        if let Some((at, length)) = secret {
            shown.push_str(&after[..at]);
            shown.push_str(MASK);
            rest = &after[at + length..];
        }
    }
    shown + rest
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// Where the value begins that `= value` or `": "value"` assigns, and its length.
fn assigned(after: &str) -> Option<(usize, usize)> {
    let is_quote = |c: char| matches!(c, '"' | '\'' | '\\');
    let sign = after.trim_start_matches(is_quote).trim_start();
    let value = sign.strip_prefix(['=', ':'])?.trim_start();
    let inner = value.trim_start_matches(is_quote);
    let quote = value[..value.len() - inner.len()].chars().next_back();
    let length = match quote {
        Some(quote) => inner.find([quote, '\\']).unwrap_or(inner.len()),
        None => unquoted(inner),
    };
    (length > 0 && !inner.starts_with(MASK)).then(|| (after.len() - inner.len(), length))
}

/// The length of a value without quotes; `Bearer TOKEN` is one value.
fn unquoted(value: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || matches!(c, '&' | ',' | ';' | '"' | '\'' | '}' | ')' | ']');
    let first = value.find(ends).unwrap_or(value.len());
    let scheme = &value[..first];
    if !["bearer", "basic", "token"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return first;
    }
    let second = value[first..].trim_start_matches(' ');
    value.len() - second.len() + second.find(ends).unwrap_or(second.len())
}

/// Where the token behind `Bearer` begins, and its length.
fn borne(word: &str, after: &str) -> Option<(usize, usize)> {
    let token = after.trim_start_matches(' ');
    let length =
        token.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',')).unwrap_or(token.len());
    let is_token = word.eq_ignore_ascii_case("bearer") && length >= TOKEN_CHARS && token.len() < after.len();
    is_token.then(|| (after.len() - token.len(), length))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_secret_names_are_masked_however_they_are_written() {
        let data = json!({
            "accessToken": "a1", "refresh_token": "a2", "API-Key": "a3", "PASSWORD": "a4", "clientSecret": { "x": "a5" },
            "headers": [{ "Authorization": "Bearer a6", "Set-Cookie": ["a7"] }], "aws_credentials": 8, "auth": true,
            "videoId": "v1", "author": "Anna", "passes": 2, "token": null,
        });
        let shown = masked_json(&data.to_string());
        assert_eq!(
            shown,
            json!({
                "accessToken": MASK, "refresh_token": MASK, "API-Key": MASK, "PASSWORD": MASK, "clientSecret": MASK,
                "headers": [{ "Authorization": MASK, "Set-Cookie": MASK }], "aws_credentials": MASK, "auth": MASK,
                "videoId": "v1", "author": "Anna", "passes": 2, "token": null,
            })
        );
    }

    #[test]
    fn addresses_keep_their_host_and_path_only() {
        for (text, shown) in [
            ("https://cdn.example/a/b.mp4?X-Amz-Signature=abc&x=1", "https://cdn.example/a/b.mp4?***"),
            ("https://example/#access_token=abc", "https://example/#***"),
            ("see <http://u:hush@h:80/p> and ftp://h/q?k", "see <http://***@h:80/p> and ftp://h/q?***"),
            ("http://u:hush@h/@anna?k", "http://***@h/@anna?***"),
            ("redis://:hush@127.0.0.1:6379/0", "redis://***@127.0.0.1:6379/0"),
            ("postgresql://user:hush#x@127.0.0.1/db", "postgresql://***@127.0.0.1/db"),
            ("postgresql://user:hu/sh?@h/db", "postgresql://***@h/db"),
            ("https://[::1]:9000/@anna/clip", "https://[::1]:9000/@anna/clip"),
            ("https://video.example/@anna", "https://video.example/@anna"),
            ("nothing: // here", "nothing: // here"),
        ] {
            assert_eq!(masked_text(text), shown);
        }
    }

    #[test]
    fn assignments_and_bearer_tokens_in_texts_are_masked() {
        for (text, shown) in [
            ("password=hush next", "password=*** next"),
            ("dbPassword: 'two words' left", "dbPassword: '***' left"),
            (r#"sent {"api_key":"hush","n":1}"#, r#"sent {"api_key":"***","n":1}"#),
            (r#"escaped {\"token\": \"hush\"} end"#, r#"escaped {\"token\": \"***\"} end"#),
            ("Authorization: Bearer abcdefgh.ijk, more", "Authorization: ***, more"),
            ("refused Bearer abcdefgh.ijk", "refused Bearer ***"),
            ("/p?sig=1&X-Amz-Signature=ü2&y=3", "/p?sig=***&X-Amz-Signature=***&y=3"),
            ("the token has expired", "the token has expired"),
            ("a bearer of news", "a bearer of news"),
            ("frame= 10 fps=5 q=-1.0", "frame= 10 fps=5 q=-1.0"),
        ] {
            assert_eq!(masked_text(text), shown);
        }
    }

    #[test]
    fn what_is_no_json_is_a_text() {
        assert_eq!(masked_json("{token: hush"), json!("{token: ***"));
        assert_eq!(masked_json(r#""https://h/?q""#), json!("https://h/?***"));
    }
}
