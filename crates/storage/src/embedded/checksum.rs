//! The checksums of `x-amz-checksum-*`, announced in headers or sent as trailers after the body.

use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::{S3Result, TrailingHeaders, s3_error};

/// The algorithms, in the order of [`Checksums::values`].
const HEADERS: [&str; 5] = [
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
];

/// Checksums in base64: those a request announces, or those that were computed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Checksums {
    values: [Option<String>; 5],
    promised: [bool; 5],
}

/// The hashes over a body in progress: only those that will be compared.
pub(super) struct Hashers(ChecksumHasher);

impl Hashers {
    /// Adds bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

impl Checksums {
    /// The checksums of a request: values in headers, and the names promised as trailers.
    pub(super) fn of_request(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let promised_names = text("x-amz-trailer").unwrap_or("").to_ascii_lowercase();
        let is_promised = |name: &str| promised_names.split(',').any(|promised| promised.trim() == name);
        Self { values: HEADERS.map(|name| text(name).map(str::to_owned)), promised: HEADERS.map(is_promised) }
    }

    /// The hashes that are needed to verify these checksums.
    pub(super) fn hashers(&self) -> Hashers {
        let [crc32, crc32c, crc64nvme, sha1, sha256] =
            std::array::from_fn(|i| self.promised[i] || self.values[i].is_some());
        Hashers(ChecksumHasher {
            crc32: crc32.then(Crc32::new),
            crc32c: crc32c.then(Crc32c::new),
            crc64nvme: crc64nvme.then(Crc64Nvme::new),
            sha1: sha1.then(Sha1::new),
            sha256: sha256.then(Sha256::new),
        })
    }

    /// Compares what was announced with what arrived, and gives back the computed checksums.
    /// Errors: BadDigest for a difference, InvalidRequest for a promised trailer that did not come.
    pub(super) fn verify(&self, hashers: Hashers, trailers: Option<&TrailingHeaders>) -> S3Result<Self> {
        let sum = hashers.0.finalize();
        let computed = [
            sum.checksum_crc32,
            sum.checksum_crc32c,
            sum.checksum_crc64nvme,
            sum.checksum_sha1,
            sum.checksum_sha256,
        ];
        for (i, name) in HEADERS.iter().enumerate() {
            let trailer = if self.promised[i] { Some(trailer(trailers, name)?) } else { None };
            for announced in [self.values[i].as_ref(), trailer.as_ref()].into_iter().flatten() {
                if Some(announced) != computed[i].as_ref() {
                    return Err(s3_error!(BadDigest, "the body does not match its {name}"));
                }
            }
        }
        Ok(Self { values: computed, promised: [false; 5] })
    }

    /// CRC32, CRC32C, CRC64NVME, SHA-1 and SHA-256, for the answer.
    pub(super) fn into_values(self) -> [Option<String>; 5] {
        self.values
    }
}

fn trailer(trailers: Option<&TrailingHeaders>, name: &str) -> S3Result<String> {
    let read = |headers: &HeaderMap| headers.get(name)?.to_str().ok().map(str::to_owned);
    let sent = trailers.and_then(|trailers| trailers.read(read)).flatten();
    sent.ok_or_else(|| s3_error!(InvalidRequest, "the promised trailer {name} did not come"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announced(name: &'static str, value: &'static str) -> Checksums {
        Checksums::of_request(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]))
    }

    fn verify(checksums: &Checksums, body: &[u8]) -> S3Result<Checksums> {
        let mut hashers = checksums.hashers();
        hashers.update(body);
        checksums.verify(hashers, None)
    }

    // The check values of "123456789" in the CRC catalogue and FIPS 180, in base64.
    #[test]
    fn the_five_algorithms_give_their_published_check_values() {
        for (name, value) in [
            ("x-amz-checksum-crc32", "y/Q5Jg=="),
            ("x-amz-checksum-crc32c", "4waSgw=="),
            ("x-amz-checksum-crc64nvme", "rosUhgp5mIg="),
            ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
            ("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
        ] {
            let checksums = announced(name, value);
            let computed = verify(&checksums, b"123456789").map_err(|error| format!("{name}: {error}"));
            assert_eq!(computed.unwrap().values, checksums.values, "{name}");
            assert!(verify(&checksums, b"123456780").is_err(), "{name}");
        }
    }

    #[test]
    fn a_promised_trailer_that_does_not_come_is_an_error() {
        assert!(verify(&announced("x-amz-trailer", "x-amz-checksum-crc32"), b"").is_err());
    }
}
