//! How playlists name objects.

/// Where the objects of a package are found.
#[derive(Clone, Copy)]
pub enum Addressing<'a> {
    /// Next to the playlist: works from any address, behind any CDN.
    Relative,
    /// At an absolute address made for each object name, such as a presigned URL.
    Signed(&'a dyn Fn(&str) -> String),
}

impl Addressing<'_> {
    /// The address of the object `name` from a playlist in `folder`, which is empty for the package's own folder.
    pub(crate) fn address(&self, name: &str, folder: &str) -> String {
        match self {
            Self::Signed(sign) => sign(name),
            Self::Relative if folder.is_empty() => name.to_owned(),
            Self::Relative => {
                let inside = name.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
                inside.map_or_else(|| format!("../{name}"), str::to_owned)
            }
        }
    }
}
