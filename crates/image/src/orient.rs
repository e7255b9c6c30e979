//! Turning pictures upright, after they were made smaller: few pixels.

/// How a picture is stored, in the order of EXIF 2.32 §4.6.4: what has to be done to what is stored for it to be upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Orientation {
    /// 1: nothing.
    Upright,
    /// 2: mirror left and right.
    Mirrored,
    /// 3: turn by half.
    Down,
    /// 4: mirror top and bottom.
    DownMirrored,
    /// 5: mirror along the diagonal from the top left.
    LeftMirrored,
    /// 6: turn clockwise by a quarter.
    Right,
    /// 7: mirror along the other diagonal.
    RightMirrored,
    /// 8: turn counter-clockwise by a quarter.
    Left,
}

impl Orientation {
    /// The orientation of an EXIF value.
    pub(crate) fn from_exif(value: u16) -> Option<Self> {
        Some(match value {
            1 => Self::Upright,
            2 => Self::Mirrored,
            3 => Self::Down,
            4 => Self::DownMirrored,
            5 => Self::LeftMirrored,
            6 => Self::Right,
            7 => Self::RightMirrored,
            8 => Self::Left,
            _ => return None,
        })
    }

    /// Whether width and height change places.
    pub(crate) fn is_transposed(self) -> bool {
        matches!(self, Self::LeftMirrored | Self::Right | Self::RightMirrored | Self::Left)
    }

    /// A stored size as it is seen, and the other way round.
    pub(crate) fn turn_size(self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.is_transposed() { (height, width) } else { (width, height) }
    }
}

/// Turns pixels of `CHANNELS` bytes each upright. `pixels` has `width` times `height` of them.
pub(crate) fn upright<const CHANNELS: usize>(
    pixels: Vec<u8>,
    (width, height): (u32, u32),
    orientation: Orientation,
) -> Vec<u8> {
    let (width, height) = (width as usize, height as usize);
    debug_assert_eq!(pixels.len(), width * height * CHANNELS, "the size is that of the pixels");
    // Where the pixel of the upright picture at (x, y) is stored, as start and steps to the right and down.
    let (start, right, down) = match orientation {
        Orientation::Upright => return pixels,
        Orientation::Mirrored => (width - 1, Step::Back(1), Step::On(width)),
        Orientation::Down => (width * height - 1, Step::Back(1), Step::Back(width)),
        Orientation::DownMirrored => (width * (height - 1), Step::On(1), Step::Back(width)),
        Orientation::LeftMirrored => (0, Step::On(width), Step::On(1)),
        Orientation::Right => (width * (height - 1), Step::Back(width), Step::On(1)),
        Orientation::RightMirrored => (width * height - 1, Step::Back(width), Step::Back(1)),
        Orientation::Left => (width - 1, Step::On(width), Step::Back(1)),
    };
    let (columns, rows) = if orientation.is_transposed() { (height, width) } else { (width, height) };
    let (stored, _) = pixels.as_chunks::<CHANNELS>();
    let mut turned = vec![0; pixels.len()];
    let (upright, _) = turned.as_chunks_mut::<CHANNELS>();
    for (row, upright) in upright.chunks_exact_mut(columns).enumerate().take(rows) {
        let first = down.times(row, start);
        for (column, pixel) in upright.iter_mut().enumerate() {
            *pixel = stored[right.times(column, first)];
        }
    }
    turned
}

#[derive(Clone, Copy)]
enum Step {
    On(usize),
    Back(usize),
}

impl Step {
    fn times(self, count: usize, from: usize) -> usize {
        match self {
            Self::On(by) => from + count * by,
            Self::Back(by) => from - count * by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the EXIF specification: an F, stored in the eight ways, is the same F upright.
    #[test]
    fn all_eight_ways_of_storing_a_picture_come_out_upright() {
        let stored =
            ["ab cd ef", "ba dc fe", "fe dc ba", "ef cd ab", "ace bdf", "bdf ace", "fdb eca", "eca fdb"];
        for (value, stored) in (1..).zip(stored) {
            let rows: Vec<&str> = stored.split(' ').collect();
            let size = (rows[0].len() as u32, rows.len() as u32);
            let orientation = Orientation::from_exif(value).expect("there are eight");
            let turned = upright::<1>(rows.concat().into_bytes(), size, orientation);
            assert_eq!(String::from_utf8_lossy(&turned), "abcdef", "{value}");
            assert_eq!(orientation.turn_size(size), (2, 3), "{value}");
        }
    }

    #[test]
    fn pixels_of_several_bytes_stay_whole() {
        let turned = upright::<3>(b"abcdef".to_vec(), (2, 1), Orientation::Mirrored);
        assert_eq!(turned, b"defabc");
    }
}
