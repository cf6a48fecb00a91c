//! Compact signed tokens (RFC 7515).
//!
//! Entra signs with RS256. Here it is Ed25519 (`EdDSA`, RFC 8037): its key follows from the
//! scenario's seed, where RSA keys are slow to make and ring makes none, and no client of Graph
//! looks at the signature of an access token. The published keys fit, for those that do.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fastrand::Rng;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Keeps the key apart from everything else that follows from the seed.
const FOR_KEYS: u64 = 0x5349_474e_2d49_4e00;

/// The key of the tenant's tokens.
///
/// Whoever knows the seed can make it, which is the point: it guards nothing but a made-up tenant.
#[derive(Debug)]
pub(super) struct SigningKey {
    pair: Ed25519KeyPair,
    id: String,
}

/// What keeps a text from being a token of this tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// There is no dot in it.
    NoDots,
    /// It has not three parts of base64 with JSON in the first two.
    Malformed,
    /// It was not signed with the key.
    WrongSignature,
}

impl SigningKey {
    pub(super) fn from_seed(seed: u64) -> Self {
        let mut bytes = [0; 32];
        Rng::with_seed(seed ^ FOR_KEYS).fill(&mut bytes);
        let pair = Ed25519KeyPair::from_seed_unchecked(&bytes).expect("any 32 bytes are a seed");
        let public = pair.public_key().as_ref();
        let id = URL_SAFE_NO_PAD.encode(public.get(..20).unwrap_or(public));
        Self { pair, id }
    }

    /// The token with these claims.
    pub(super) fn sign(&self, claims: &Value) -> String {
        let header = json!({"typ": "JWT", "alg": "EdDSA", "kid": self.id});
        let message = format!("{}.{}", encode(&header), encode(claims));
        let signature = self.pair.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The claims of a token that was signed with this key.
    pub(super) fn open<C: DeserializeOwned>(&self, token: &str) -> Result<C, Unreadable> {
        let parts = Parts::of(token)?;
        let public = UnparsedPublicKey::new(&ED25519, self.pair.public_key().as_ref());
        if parts.header.get("alg").and_then(Value::as_str) != Some("EdDSA")
            || public.verify(parts.message, &parts.signature).is_err()
        {
            return Err(Unreadable::WrongSignature);
        }
        serde_json::from_value(parts.claims).map_err(|_| Unreadable::Malformed)
    }

    /// The public key in the form of a key set (RFC 8037).
    pub(super) fn to_jwk(&self) -> Value {
        let x = URL_SAFE_NO_PAD.encode(self.pair.public_key());
        json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.id, "x": x})
    }
}

/// A token taken apart; nothing about it is known to be true.
#[derive(Debug)]
pub(super) struct Parts<'t> {
    pub(super) header: Value,
    pub(super) claims: Value,
    /// What was signed.
    pub(super) message: &'t [u8],
    pub(super) signature: Vec<u8>,
}

impl<'t> Parts<'t> {
    pub(super) fn of(token: &'t str) -> Result<Self, Unreadable> {
        let (message, signature) = token.rsplit_once('.').ok_or(Unreadable::NoDots)?;
        let (header, claims) = message.split_once('.').ok_or(Unreadable::Malformed)?;
        Ok(Self {
            header: decode(header)?,
            claims: decode(claims)?,
            message: message.as_bytes(),
            signature: URL_SAFE_NO_PAD
                .decode(signature)
                .map_err(|_| Unreadable::Malformed)?,
        })
    }
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn decode(part: &str) -> Result<Value, Unreadable> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| Unreadable::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Unreadable::Malformed)
}
