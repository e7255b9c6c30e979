//! RSA signatures checked with the key of a certificate.
//!
//! The certificate comes over HTTPS from the topic's SNS host, which is what AWS asks for; its chain is not followed.

use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use webpki::EndEntityCert;

/// What is signed in place of the text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Digest {
    /// Of signature version 1, which AWS uses unless a topic is told otherwise.
    Sha1,
    /// Of signature version 2.
    Sha256,
}

/// Whether the holder of the certificate (PEM) has signed the text.
pub(super) fn is_genuine(certificate: &[u8], digest: Digest, text: &[u8], signature: &[u8]) -> bool {
    let Ok(der) = CertificateDer::from_pem_slice(certificate) else { return false };
    let Ok(certificate) = EndEntityCert::try_from(&der) else { return false };
    certificate.verify_signature(&Rsa(digest), text, signature).is_ok()
}

/// Whether the text is a certificate (PEM).
pub(super) fn is_certificate(pem: &[u8]) -> bool {
    CertificateDer::from_pem_slice(pem).is_ok_and(|der| EndEntityCert::try_from(&der).is_ok())
}

#[derive(Debug)]
struct Rsa(Digest);

impl SignatureVerificationAlgorithm for Rsa {
    fn verify_signature(
        &self,
        public_key: &[u8],
        text: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let algorithm: &'static dyn VerificationAlgorithm = match self.0 {
            Digest::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Digest::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(algorithm, public_key).verify(text, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    /// Only read where certificates are checked against each other.
    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_PKCS1_SHA256
    }
}
