//! RIFF: AVI and WAV say in bytes 4 to 7 how many bytes follow.

/// Writers disagree about padding, so this many missing bytes prove nothing.
const SLACK_BYTES: u64 = 16;

/// The least number of bytes the file must have; `None` when it is another container or was written as a stream,
/// whose length was not known in front.
pub(super) fn promised_bytes(head: &[u8]) -> Option<u64> {
    let size: [u8; 4] = head.strip_prefix(b"RIFF")?.get(..4)?.try_into().ok()?;
    match u32::from_le_bytes(size) {
        0 | u32::MAX => None,
        size => Some((u64::from(size) + 8).saturating_sub(SLACK_BYTES)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_other_containers_promise_nothing() {
        for head in [&b"RIFF\0\0\0\0WAVE"[..], b"RIFF\xff\xff\xff\xffWAVE", b"RIFF\0", b"OggS", b""] {
            assert_eq!(promised_bytes(head), None);
        }
        assert_eq!(promised_bytes(b"RIFF\x40\x1f\0\0AVI "), Some(8000 + 8 - 16));
    }
}
