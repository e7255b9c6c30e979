//! Reading numbers and nested boxes from bytes in memory.

use std::ops::Range;

/// Bytes that are not the boxes we expect.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unexpected boxes: {0}")]
pub(crate) struct BoxError(pub(crate) String);

impl BoxError {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// The type of a box and what follows its header.
type TypedPayload<'a> = ([u8; 4], &'a [u8]);

/// Reads big-endian numbers from front to back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], BoxError> {
        let (taken, rest) =
            self.bytes.split_at_checked(count).ok_or_else(|| BoxError::new("a box is too short"))?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, BoxError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, BoxError> {
        self.array().map(u64::from_be_bytes)
    }

    /// Version and flags of a full box.
    pub(crate) fn version_and_flags(&mut self) -> Result<(u8, u32), BoxError> {
        let word = self.u32()?;
        Ok((word.to_be_bytes()[0], word & 0x00ff_ffff))
    }

    /// The payload of the next box and its type; `None` at the end.
    fn next_box(&mut self) -> Result<Option<TypedPayload<'a>>, BoxError> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let size = self.u32()?;
        let kind = self.array()?;
        let payload =
            (size as usize).checked_sub(8).ok_or_else(|| BoxError::new("a box smaller than its header"))?;
        Ok(Some((kind, self.take(payload)?)))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BoxError> {
        let bytes = self.take(N)?;
        bytes.try_into().map_err(|_| BoxError::new("a box is too short"))
    }
}

/// The payloads of the direct children of one type.
pub(crate) fn find_all<'a>(parent: &'a [u8], kind: &[u8; 4]) -> Result<Vec<&'a [u8]>, BoxError> {
    let mut reader = Reader::new(parent);
    let mut found = Vec::new();
    while let Some((child, payload)) = reader.next_box()? {
        if &child == kind {
            found.push(payload);
        }
    }
    Ok(found)
}

/// The payload of the only box at a path of types.
pub(crate) fn find<'a>(mut parent: &'a [u8], path: &[&[u8; 4]]) -> Result<&'a [u8], BoxError> {
    for kind in path {
        let [only] = find_all(parent, kind)?[..] else {
            return Err(BoxError::new(format!("expected exactly one {}", kind.escape_ascii())));
        };
        parent = only;
    }
    Ok(parent)
}

/// Where in `parent` the payload of the only box at a path of types is.
pub(crate) fn place(parent: &[u8], path: &[&[u8; 4]]) -> Result<Range<usize>, BoxError> {
    let mut found = 0..parent.len();
    for kind in path {
        let (from, inside) = (found.start, &parent[found]);
        let mut reader = Reader::new(inside);
        let mut only = None;
        while let Some((child, payload)) = reader.next_box()? {
            let end = from + inside.len() - reader.bytes.len();
            if &child == *kind && only.replace(end - payload.len()..end).is_some() {
                return Err(BoxError::new(format!("more than one {}", kind.escape_ascii())));
            }
        }
        found = only.ok_or_else(|| BoxError::new(format!("no {}", kind.escape_ascii())))?;
    }
    Ok(found)
}
