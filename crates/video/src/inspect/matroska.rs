//! Matroska and WebM: one segment holds everything, and its header says how long it is (RFC 8794, RFC 9559).

const EBML_ID: &[u8] = &[0x1a, 0x45, 0xdf, 0xa3];
const SEGMENT_ID: &[u8] = &[0x18, 0x53, 0x80, 0x67];

/// The number of bytes the file must have; `None` when it is another container or was written live, with a segment of
/// unknown length.
pub(super) fn promised_bytes(head: &[u8]) -> Option<u64> {
    let (header_bytes, rest) = size(head.strip_prefix(EBML_ID)?)?;
    let rest = rest.get(usize::try_from(header_bytes?).ok()?..)?;
    let (segment_bytes, body) = size(rest.strip_prefix(SEGMENT_ID)?)?;
    let before = (head.len() - body.len()) as u64;
    before.checked_add(segment_bytes?)
}

/// A size of one to eight bytes, where the leading zero bits tell how many, and what follows it. All ones means that
/// the size is unknown.
fn size(bytes: &[u8]) -> Option<(Option<u64>, &[u8])> {
    let (first, _) = bytes.split_first()?;
    let length = first.leading_zeros() as usize + 1;
    let (number, rest) = bytes.split_at_checked(length)?;
    let marked = number.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let bits = 7 * length;
    if bits > 56 {
        return None;
    }
    let mask = (1 << bits) - 1;
    let value = marked & mask;
    Some(((value != mask).then_some(value), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_to_eight_bytes() {
        assert_eq!(size(&[0x82, 9]), Some((Some(2), &[9][..])));
        assert_eq!(size(&[0x40, 0x7f]), Some((Some(127), &[][..])));
        assert_eq!(size(&[0x01, 0, 0, 0, 0, 0, 1, 0]), Some((Some(256), &[][..])));
        assert_eq!(size(&[0x01, 255, 255, 255, 255, 255, 255, 255]), Some((None, &[][..])));
        assert_eq!((size(&[0xff]), size(&[0x00, 1]), size(&[0x40])), (Some((None, &[][..])), None, None));
    }

    #[test]
    fn live_files_and_other_containers_promise_nothing() {
        let live = [EBML_ID, &[0x80], SEGMENT_ID, &[0xff]].concat();
        assert_eq!(promised_bytes(&live), None);
        assert_eq!(promised_bytes(b"OggS"), None);
        let whole = [EBML_ID, &[0x81, 7], SEGMENT_ID, &[0x90]].concat();
        assert_eq!(promised_bytes(&whole), Some(5 + 1 + 5 + 16));
    }
}
