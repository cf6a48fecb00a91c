//! Client assertions: signed tokens that stand for a client secret (RFC 7523).

use rustls::pki_types::SignatureVerificationAlgorithm;
use serde_json::Value;
use time::OffsetDateTime;
use webpki::ring::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256_LEGACY_KEY};

use super::jws::Parts;
use super::refusal::Refusal;
use crate::simulator::scenario::{Application, FederatedCredential, PublicKey};

/// The value of `client_assertion_type`.
pub(super) const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// By how much the clocks of client and service may differ, in seconds; our reading.
const SKEW: i64 = 300;

/// Checks that an assertion stands for the application, before the token service that `ours` knows
/// as an audience.
///
/// One that the application issued itself is signed with the key of a certificate (Entra:
/// certificate credentials); any other belongs to a federated credential (Entra: workload identity
/// federation).
pub(super) fn check(
    application: &Application,
    assertion: &str,
    ours: impl Fn(&str) -> bool,
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    let parts = Parts::of(assertion).map_err(|_| Refusal::malformed_assertion())?;
    let claim = |name: &str| parts.claims.get(name).and_then(Value::as_str).unwrap_or("");
    let id = application.id.to_string();
    if claim("iss").eq_ignore_ascii_case(&id) {
        if !claim("sub").eq_ignore_ascii_case(&id) {
            return Err(Refusal::assertion_of_another());
        }
        if !audiences(&parts.claims).any(ours) {
            return Err(Refusal::assertion_audience());
        }
        check_signature(&application.certificates, &parts)?;
    } else {
        let credential = federated_credential(application, &parts.claims)?;
        check_signature(std::slice::from_ref(&credential.public_key), &parts)?;
    }
    check_time(&parts.claims, now)
}

/// The credential that fits issuer, subject and audience; the first of the three that fits none is
/// named.
fn federated_credential<'a>(
    application: &'a Application,
    claims: &Value,
) -> Result<&'a FederatedCredential, Refusal> {
    let claim = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or("");
    let all = application.federated_credentials.iter();
    let of_issuer: Vec<_> = all.filter(|known| known.issuer == claim("iss")).collect();
    if of_issuer.is_empty() {
        return Err(Refusal::no_federated_credential("issuer", claim("iss")));
    }
    let mut of_subject = of_issuer
        .into_iter()
        .filter(|known| known.subject == claim("sub"))
        .peekable();
    if of_subject.peek().is_none() {
        return Err(Refusal::no_federated_credential("subject", claim("sub")));
    }
    of_subject
        .find(|known| audiences(claims).any(|audience| audience == known.audience))
        .ok_or_else(|| {
            let audience = audiences(claims).next().unwrap_or("");
            Refusal::no_federated_credential("audience", audience)
        })
}

/// The values of `aud`, which is a text or a list of texts.
fn audiences(claims: &Value) -> impl Iterator<Item = &str> {
    let aud = claims.get("aud");
    let list = aud.and_then(Value::as_array).into_iter().flatten();
    let one = aud.filter(|aud| aud.is_string());
    one.into_iter().chain(list).filter_map(Value::as_str)
}

/// Entra takes RS256 and PS256.
fn check_signature(keys: &[PublicKey], parts: &Parts<'_>) -> Result<(), Refusal> {
    let algorithm: &dyn SignatureVerificationAlgorithm =
        match parts.header.get("alg").and_then(Value::as_str) {
            Some("RS256") => RSA_PKCS1_2048_8192_SHA256,
            Some("PS256") => RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
            _ => return Err(Refusal::wrong_signature()),
        };
    let signed = keys
        .iter()
        .any(|key| key.signed(algorithm, parts.message, &parts.signature));
    if signed {
        Ok(())
    } else {
        Err(Refusal::wrong_signature())
    }
}

fn check_time(claims: &Value, now: OffsetDateTime) -> Result<(), Refusal> {
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64);
    let until = seconds("exp").ok_or_else(Refusal::malformed_assertion)?;
    let from = seconds("nbf").or(seconds("iat")).unwrap_or(0);
    let at = now.unix_timestamp();
    if at >= until.saturating_add(SKEW) || at < from.saturating_sub(SKEW) {
        return Err(Refusal::assertion_time(now, from, until));
    }
    Ok(())
}
