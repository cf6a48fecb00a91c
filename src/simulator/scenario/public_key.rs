//! Public keys, given as PEM.

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer};
use serde::{Deserialize, Deserializer, de};
use webpki::{EndEntityCert, RawPublicKeyEntity};

/// A public key, read from a PEM text that holds a certificate or the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(SubjectPublicKeyInfoDer<'static>);

impl PublicKey {
    fn from_pem(text: &str) -> Option<Self> {
        if let Ok(key) = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()) {
            RawPublicKeyEntity::try_from(&key).ok()?;
            return Some(Self(key));
        }
        let certificate = CertificateDer::from_pem_slice(text.as_bytes()).ok()?;
        let certificate = EndEntityCert::try_from(&certificate).ok()?;
        Some(Self(certificate.subject_public_key_info()))
    }

    /// Whether the signature of the message was made with this key.
    pub(crate) fn signed(
        &self,
        algorithm: &dyn SignatureVerificationAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        RawPublicKeyEntity::try_from(&self.0)
            .is_ok_and(|key| key.verify_signature(algorithm, message, signature).is_ok())
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_pem(&text).ok_or_else(|| {
            de::Error::custom("this is no certificate and no public key in PEM form")
        })
    }
}
