//! The text of a cue: only tags that WebVTT knows, closed in order, everything else escaped.

use super::language::Language;
use super::timing::{Span, clock, milliseconds};

/// Bytes of the text of a cue at most.
pub(super) const MAX_BYTES: usize = 4096;
/// Tags inside each other at most.
const MAX_DEPTH: usize = 8;
/// Classes of a tag at most.
const MAX_CLASSES: usize = 4;
/// Characters of a class, and of the name of who speaks.
const MAX_NAME_CHARS: usize = 64;
const TAGS: [&str; 8] = ["c", "i", "b", "u", "ruby", "rt", "v", "lang"];

/// The text as WebVTT may hold it, without empty lines; empty when there is nothing to show.
pub(super) fn sanitized(text: &str, span: Span) -> String {
    let mut made =
        Made { text: String::with_capacity(text.len()), open: Vec::new(), last_ms: span.start_ms, span };
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&', '>']) {
        made.words(&rest[..at]);
        let (mark, after) = (rest.as_bytes()[at], &rest[at + 1..]);
        rest = match mark {
            b'<' => made.tag(after),
            b'&' => made.reference(after),
            _ => {
                made.text.push_str("&gt;");
                after
            }
        };
    }
    made.words(rest);
    made.close_down_to(0);
    if !made.has_words() {
        return String::new();
    }
    let lines: Vec<&str> = made.text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

struct Made {
    text: String,
    open: Vec<&'static str>,
    /// Of the last time inside the text; they must rise.
    last_ms: u64,
    span: Span,
}

impl Made {
    fn words(&mut self, words: &str) {
        words.chars().for_each(|c| self.character(c));
    }

    fn character(&mut self, c: char) {
        match c {
            '\n' => self.text.push('\n'),
            '\t' => self.text.push(' '),
            '&' => self.text.push_str("&amp;"),
            '<' => self.text.push_str("&lt;"),
            '>' => self.text.push_str("&gt;"),
            c if c.is_control() => {}
            c => self.text.push(c),
        }
    }

    /// What follows a `<`; gives back what follows the tag. What is no tag at all is shown.
    fn tag<'a>(&mut self, after: &'a str) -> &'a str {
        let first = after.chars().next().unwrap_or(' ');
        let is_tag = first.is_ascii_alphanumeric() || first == '/';
        match after.split_once('>').filter(|_| is_tag) {
            Some((inside, rest)) => {
                if let Some(name) = inside.strip_prefix('/') {
                    self.close(name.trim());
                } else if !first.is_ascii_digit() {
                    self.open(inside);
                } else if !self.time(inside) {
                    self.text.push_str("&lt;");
                    return after;
                }
                rest
            }
            None => {
                self.text.push_str("&lt;");
                after
            }
        }
    }

    fn open(&mut self, inside: &str) {
        let (head, annotation) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
        let mut parts = head.split('.');
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let Some(name) = TAGS.into_iter().find(|tag| *tag == name) else { return };
        let annotation = match name {
            "v" => voice(annotation),
            "lang" => annotation.trim().parse().ok().map(|tag: Language| tag.to_string()),
            _ => Some(String::new()),
        };
        let is_out_of_place = name == "rt" && self.open.last() != Some(&"ruby");
        let Some(annotation) = annotation.filter(|_| self.open.len() < MAX_DEPTH && !is_out_of_place) else {
            return;
        };
        let classes: String = parts
            .filter(|class| is_class(class))
            .take(MAX_CLASSES)
            .map(|class| format!(".{class}"))
            .collect();
        let space = if annotation.is_empty() { "" } else { " " };
        self.text.push_str(&format!("<{name}{classes}{space}{annotation}>"));
        self.open.push(name);
    }

    /// Closes the innermost tag of this name with everything in it; others that were never opened are left out.
    fn close(&mut self, name: &str) {
        if let Some(depth) = self.open.iter().rposition(|open| open.eq_ignore_ascii_case(name)) {
            self.close_down_to(depth);
        }
    }

    fn close_down_to(&mut self, depth: usize) {
        for name in self.open.split_off(depth).into_iter().rev() {
            self.text.push_str(&format!("</{name}>"));
        }
    }

    /// A time inside the text, for words that come one by one; `false` when it is none.
    fn time(&mut self, inside: &str) -> bool {
        let Some(ms) = milliseconds(inside) else { return false };
        if (self.last_ms + 1..self.span.end_ms).contains(&ms) {
            self.last_ms = ms;
            self.text.push_str(&format!("<{}>", clock(ms)));
        }
        true
    }

    /// What follows a `&`: a character by its name or number, or an ampersand as it is.
    fn reference<'a>(&mut self, after: &'a str) -> &'a str {
        let named = after.split_once(';').and_then(|(name, rest)| Some((named(name)?, rest)));
        let (c, rest) = named.unwrap_or(('&', after));
        self.character(if c == '\n' { ' ' } else { c });
        rest
    }

    fn has_words(&self) -> bool {
        let mut is_inside = false;
        self.text.chars().any(|c| {
            is_inside = (is_inside || c == '<') && c != '>';
            !is_inside && c != '>' && !c.is_whitespace()
        })
    }
}

fn named(name: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "nbsp" => Some('\u{a0}'),
        "lrm" => Some('\u{200e}'),
        "rlm" => Some('\u{200f}'),
        name if name.len() > 8 => None,
        name => match name.strip_prefix('#')? {
            digits if digits.starts_with(['x', 'X']) => number(&digits[1..], 16),
            digits => number(digits, 10),
        },
    }
}

/// Who speaks, in characters that end no tag and make no arrow with its end.
fn voice(annotation: &str) -> Option<String> {
    let words: Vec<&str> = annotation.split_whitespace().collect();
    let name: String = words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '<' | '>' | '&'))
        .take(MAX_NAME_CHARS)
        .collect();
    let name = name.replace("--", "").trim().to_owned();
    (!name.is_empty()).then_some(name)
}

fn is_class(class: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&class.len())
        && !class.contains("--")
        && class.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
