//! The states of images, of files in the media cache, and of episodes.

use std::fmt;
use std::str::FromStr;

use crate::video::UnknownStatus;

macro_rules! status {
    ($(#[$doc:meta])* $name:ident { $($(#[$state:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$state])* $variant,)* }

        impl $name {
            /// Every status, in the order of a life.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in rows, JSON and addresses.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownStatus;

            fn from_str(text: &str) -> Result<Self, UnknownStatus> {
                let known = Self::ALL.iter().find(|status| status.as_str() == text);
                known.copied().ok_or_else(|| UnknownStatus(text.to_owned()))
            }
        }
    };
}

status! {
    /// Where an image is in its life.
    ImageStatus {
        /// The upload is open; no byte is known to have arrived.
        PendingUpload = "pending_upload",
        /// A job makes its variants.
        Processing = "processing",
        /// Every variant is in storage.
        Ready = "ready",
        /// There are no variants; the failure says why.
        Failed = "failed",
    }
}

status! {
    /// Where a file is on its way into the media cache. Clients know these words from an earlier service.
    CacheStatus {
        /// A job will fetch it; until then the original address is served.
        Pending = "PENDING",
        /// A worker is fetching it.
        Downloading = "DOWNLOADING",
        /// It is in storage.
        Cached = "CACHED",
        /// It could not be fetched; the failure says why, and the original address is served.
        Failed = "FAILED",
    }
}

status! {
    /// Where the files of an episode are.
    EpisodeStatus {
        /// A job will bring them; until then the addresses are those that were given.
        Pending = "pending",
        /// A worker is bringing them.
        Importing = "importing",
        /// They are in storage.
        Stored = "stored",
        /// They could not be brought; the failure says why, and the given addresses stay.
        Failed = "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_survives_its_text_form() {
        for status in CacheStatus::ALL {
            assert_eq!(status.to_string().parse::<CacheStatus>().unwrap(), *status);
        }
        assert!("cached".parse::<CacheStatus>().is_err() && "READY".parse::<ImageStatus>().is_err());
        assert_eq!("stored".parse::<EpisodeStatus>().unwrap(), EpisodeStatus::Stored);
    }
}
