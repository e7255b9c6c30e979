//! Filters that turn what cameras and broadcasters store into plain progressive SDR pictures.

use crate::probe::VideoStream;

/// Filters to be put before the first scaling, each followed by a comma.
pub(super) fn filters(stream: &VideoStream) -> String {
    let mut filters = String::new();
    if stream.is_interlaced {
        filters.push_str("bwdif=mode=send_frame:parity=auto:deint=interlaced,");
    }
    if let Some(transfer) = wide_range(stream) {
        filters.push_str(&tone_map(transfer));
    }
    filters
}

/// The transfer function of HDR pictures: PQ or HLG.
pub(super) fn wide_range(stream: &VideoStream) -> Option<&str> {
    stream.color_transfer.as_deref().filter(|transfer| matches!(*transfer, "smpte2084" | "arib-std-b67"))
}

/// HDR to SDR through linear light. All four properties are set first: a file that leaves one out would fail with "no
/// path between colorspaces".
///
/// Tone mapping leaves RGB. The format at the end has it turned into YUV here, by the matrix of BT.709; the plain
/// scaler that follows would take the one of standard definition and drop the tag.
fn tone_map(transfer: &str) -> String {
    format!(
        "setparams=color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc:range=tv,\
         zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=mobius:desat=0,\
         zscale=t=bt709:m=bt709:r=tv,format=yuv420p,"
    )
}
