//! `multipart/form-data` (RFC 7578) as a stream: one part after the other, and of a file never more than a piece.

use bytes::{Buf as _, Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use hyper::body::Body;
use s3s::{S3Result, s3_error};

/// RFC 2046 allows boundaries of up to 70 characters.
const MAX_BOUNDARY_BYTES: usize = 70;

/// The head of one part: a disposition and a type.
const MAX_PART_HEAD_BYTES: usize = 4 * 1024;

/// An empty line ends the head of a part.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// What may follow the file: fields that nobody reads, and the end of the form.
const MAX_END_BYTES: usize = 16 * 1024;

/// The file of a form, whose bytes come next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FilePart {
    /// As the sender calls it, without folders.
    pub(super) file_name: String,
}

/// What comes next in a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Field { name: String, value: String },
    File(FilePart),
}

/// A form that is being read.
pub(super) struct Parser<B> {
    body: B,
    /// What has been received and not been read.
    buffer: BytesMut,
    /// The line break and dashes before the boundary, and the boundary.
    delimiter: Vec<u8>,
}

/// The boundary that the content type names. Errors: none, or an impossible one.
pub(super) fn boundary(headers: &HeaderMap) -> S3Result<String> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    parameter(content_type, "boundary")
        .filter(|boundary| (1..=MAX_BOUNDARY_BYTES).contains(&boundary.len()))
        .ok_or_else(|| malformed("the content type names no boundary of 1 to 70 characters"))
}

impl<B> Parser<B>
where
    B: Body<Data = Bytes> + Unpin,
{
    /// Reads the form in `body`.
    pub(super) fn new(body: B, boundary: &str) -> Self {
        // The first delimiter has no line break before it unless we put one there.
        Self { body, buffer: BytesMut::from("\r\n"), delimiter: format!("\r\n--{boundary}").into() }
    }

    /// The next field with its value, of at most `max_bytes`, or the file, whose bytes are not read yet.
    /// `None` at the end of the form.
    pub(super) async fn next_part(&mut self, max_bytes: usize) -> S3Result<Option<Part>> {
        self.take_until_delimiter(0).await?;
        while self.buffer.len() < 2 {
            self.fill().await?;
        }
        if self.buffer.starts_with(b"--") {
            return Ok(None);
        }
        let head = self.take_head().await?;
        let disposition = head.as_deref().unwrap_or("");
        let name =
            parameter(disposition, "name").ok_or_else(|| malformed("a part of the form has no name"))?;
        if name.eq_ignore_ascii_case("file") {
            let sent = parameter(disposition, "filename").unwrap_or_default();
            let file_name = sent.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            return Ok(Some(Part::File(FilePart { file_name })));
        }
        let value = self.take_until_delimiter(max_bytes).await?;
        // The delimiter is the beginning of the next part.
        let mut rest = BytesMut::from(&self.delimiter[..]);
        rest.extend_from_slice(&self.buffer);
        self.buffer = rest;
        let value = String::from_utf8(value.to_vec()).map_err(|_| malformed("a field is not UTF-8"))?;
        Ok(Some(Part::Field { name, value }))
    }

    /// The next piece of the file; `None` after its last.
    pub(super) async fn next_chunk(&mut self) -> S3Result<Option<Bytes>> {
        loop {
            if let Some(end) = find(&self.buffer, &self.delimiter) {
                return Ok((end > 0).then(|| self.buffer.split_to(end).freeze()));
            }
            // The last bytes may be the beginning of the delimiter.
            let safe = self.buffer.len().saturating_sub(self.delimiter.len() - 1);
            if safe > 0 {
                return Ok(Some(self.buffer.split_to(safe).freeze()));
            }
            self.fill().await?;
        }
    }

    /// Reads what follows the file, as far as it is short.
    pub(super) async fn skip_end(&mut self) {
        let mut skipped = self.buffer.len();
        self.buffer.clear();
        while skipped <= MAX_END_BYTES && self.fill().await.is_ok() {
            skipped += self.buffer.len();
            self.buffer.clear();
        }
    }

    /// The disposition of the part that begins here.
    async fn take_head(&mut self) -> S3Result<Option<String>> {
        let end = loop {
            if let Some(end) = find(&self.buffer, HEAD_END) {
                break end;
            }
            if self.buffer.len() > MAX_PART_HEAD_BYTES {
                return Err(malformed("the head of a part is longer than 4 KiB"));
            }
            self.fill().await?;
        };
        let head = self.buffer.split_to(end);
        self.buffer.advance(HEAD_END.len());
        let head = str::from_utf8(&head).map_err(|_| malformed("the head of a part is not UTF-8"))?;
        if !head.starts_with("\r\n") {
            return Err(malformed("a boundary is followed by neither a line break nor two dashes"));
        }
        let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
        let found = lines.find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"));
        Ok(found.map(|(_, value)| value.trim().to_owned()))
    }

    /// What comes before the delimiter, which is taken as well. Errors: more than `max_bytes`.
    async fn take_until_delimiter(&mut self, max_bytes: usize) -> S3Result<Bytes> {
        loop {
            match find(&self.buffer, &self.delimiter) {
                Some(end) if end <= max_bytes => {
                    let value = self.buffer.split_to(end).freeze();
                    self.buffer.advance(self.delimiter.len());
                    return Ok(value);
                }
                None if self.buffer.len() <= max_bytes + self.delimiter.len() => self.fill().await?,
                _ => {
                    return Err(malformed(
                        "the fields of the form are too long, or the form does not begin with a boundary",
                    ));
                }
            }
        }
    }

    /// Receives more. Errors: there is no more.
    async fn fill(&mut self) -> S3Result<()> {
        match self.body.frame().await {
            Some(Ok(frame)) => {
                self.buffer.extend_from_slice(frame.data_ref().map_or(&[], |data| &data[..]));
                Ok(())
            }
            _ => Err(s3_error!(IncompleteBody, "the form broke off before its last boundary")),
        }
    }
}

/// A parameter of a header, with or without quotes.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let mut rest = header.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = parameter_value(after)?;
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after.split_once(';')?.1;
    }
}

/// The value at the beginning of `text`, and what follows it.
fn parameter_value(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return Some((text[..end].trim().to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(letters.next()?.1),
            letter => value.push(letter),
        }
    }
    None
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
}

fn malformed(message: &'static str) -> s3s::S3Error {
    s3_error!(MalformedPOSTRequest, "{message}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    use futures::stream;
    use http::HeaderValue;
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    /// A parser over a form that arrives in pieces of `length` bytes.
    fn parser(form: &str, length: usize) -> Parser<impl Body<Data = Bytes> + Unpin> {
        let pieces: Vec<_> = form.as_bytes().chunks(length).map(Bytes::copy_from_slice).collect();
        let frames = stream::iter(pieces.into_iter().map(|piece| Ok::<_, Infallible>(Frame::data(piece))));
        Parser::new(StreamBody::new(frames), "B")
    }

    fn field(name: &str, value: &str) -> Part {
        Part::Field { name: name.into(), value: value.into() }
    }

    const FORM: &str = "--B\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\na\r\n-b\r\n--B\r\n\
        content-type: x\r\nContent-Disposition: form-data; name=empty\r\n\r\n\r\n--B\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"C:\\\\x/a \\\"b\\\".mp4\"\r\n\r\n\
        by\r\n--Ates\r\n--B--\r\n";

    #[tokio::test]
    async fn fields_and_file_are_read_however_the_form_is_cut() {
        for length in 1..=FORM.len() {
            let mut parser = parser(FORM, length);
            assert_eq!(parser.next_part(100).await.unwrap(), Some(field("key", "a\r\n-b")), "{length}");
            assert_eq!(parser.next_part(100).await.unwrap(), Some(field("empty", "")), "{length}");
            let file = FilePart { file_name: "a \"b\".mp4".into() };
            assert_eq!(parser.next_part(100).await.unwrap(), Some(Part::File(file)), "{length}");
            let mut bytes = Vec::new();
            while let Some(chunk) = parser.next_chunk().await.unwrap() {
                bytes.extend_from_slice(&chunk);
            }
            assert_eq!(bytes, b"by\r\n--Ates", "{length}");
        }
    }

    #[tokio::test]
    async fn a_form_that_ends_early_is_never_whole() {
        let end = FORM.find("--B--").unwrap();
        for length in 0..end {
            let mut parser = parser(&FORM[..length], 7);
            let read_to_end = async {
                while let Some(Part::Field { .. }) = parser.next_part(100).await? {}
                while parser.next_chunk().await?.is_some() {}
                Ok::<_, s3s::S3Error>(())
            };
            assert!(read_to_end.await.is_err(), "{length}");
        }
    }

    #[tokio::test]
    async fn long_fields_long_heads_and_foreign_beginnings_are_refused() {
        let long_head = format!("--B\r\nx: {}", "x".repeat(MAX_PART_HEAD_BYTES * 2));
        for form in [FORM, "x--B\r\n", "--A\r\n\r\n", "--Bx\r\n\r\n", &long_head] {
            assert!(parser(form, 64).next_part(3).await.is_err(), "{form}");
        }
    }

    #[test]
    fn the_boundary_is_taken_with_and_without_quotes() {
        let of = |text: &'static str| {
            boundary(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(text))])).ok()
        };
        assert_eq!(of("multipart/form-data; boundary=ab"), Some("ab".into()));
        assert_eq!(of("multipart/form-data; charset=x; Boundary=\"a;b\""), Some("a;b".into()));
        assert_eq!(of("multipart/form-data"), None);
        assert_eq!(of("multipart/form-data; boundary="), None);
    }
}
