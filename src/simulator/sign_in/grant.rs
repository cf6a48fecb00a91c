//! `POST /{tenant}/oauth2/v2.0/token` and `…/devicecode`: what is given for what.

use fastrand::Rng;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::SignIn;
use super::assertion;
use super::authority::Authority;
use super::form::Form;
use super::refusal::Refusal;
use super::scope::{self, Delegated};
use super::token::Occasion;
use crate::simulator::protocol::arrival::random_id;
use crate::simulator::protocol::origin::Origin;
use crate::simulator::scenario::{Application, Secret};

/// The grant of a device code (RFC 8628).
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// How long a device code can be used, in seconds (Entra: device code flow).
const CODE_SECONDS: i64 = 900;

/// How many seconds a client lets pass between two tries (same source).
const INTERVAL: u32 = 5;

/// What a device code or a refresh token stands for; both are signed, and otherwise nobody's
/// business.
#[derive(Debug, Deserialize)]
struct Promise {
    #[serde(rename = "use")]
    kind: String,
    application: Uuid,
    scope: String,
    exp: i64,
    /// When somebody enters the code; not for refresh tokens.
    #[serde(default)]
    approved: i64,
    /// Not for refresh tokens.
    #[serde(default)]
    id: Uuid,
}

impl SignIn {
    /// Gives a token for a secret, an assertion, a device code or a refresh token.
    pub(super) fn token(
        &mut self,
        occasion: &Occasion<'_>,
        authority: Authority,
        form: &Form,
        rng: &mut Rng,
    ) -> Result<Value, Refusal> {
        match form.required("grant_type")? {
            "client_credentials" if authority == Authority::Any => Err(Refusal::no_tenant()),
            "client_credentials" => self.client_credentials(occasion, form, rng),
            DEVICE_CODE | "device_code" => self.device_code(occasion, form, rng),
            "refresh_token" => self.refresh(occasion, form, rng),
            other => Err(Refusal::grant_type(other)),
        }
    }

    /// Begins the device code flow (Entra: device code flow).
    pub(super) fn begin_device_code(
        &self,
        occasion: &Occasion<'_>,
        form: &Form,
        rng: &mut Rng,
    ) -> Result<Value, Refusal> {
        let scope = form.required("scope")?;
        Delegated::of(scope, occasion.origin, &self.tenant.to_string())?;
        let user_code = user_code(rng);
        let now = occasion.arrival.now.unix_timestamp();
        let application = occasion.application;
        let after = application.device_code_approved_after_seconds;
        let code = self.key.sign(&json!({
            "use": "device_code",
            "application": application.id,
            "scope": scope,
            "exp": now + CODE_SECONDS,
            "approved": now + i64::from(after.unwrap_or(0)),
            "id": random_id(rng),
        }));
        let page = format!("{}/devicelogin", occasion.origin.base());
        Ok(json!({
            "user_code": user_code,
            "device_code": code,
            "verification_uri": page,
            "expires_in": CODE_SECONDS,
            "interval": INTERVAL,
            "message": format!(
                "To sign in, use a web browser to open the page {page} and enter the code {user_code} to \
                 authenticate."
            ),
        }))
    }

    fn client_credentials(
        &self,
        occasion: &Occasion<'_>,
        form: &Form,
        rng: &mut Rng,
    ) -> Result<Value, Refusal> {
        let application = occasion.application;
        let tenant = self.tenant.to_string();
        let scope = form.required("scope")?;
        let audience = scope::of_application(scope, application, occasion.origin, &tenant)?;
        let proof = self.check_client(occasion, form)?;
        Ok(self.application_tokens(occasion, &audience, proof, rng))
    }

    /// Checks that the client is who it says, and gives the value of `appidacr` for how it proved
    /// that.
    fn check_client(&self, occasion: &Occasion<'_>, form: &Form) -> Result<&'static str, Refusal> {
        let application = occasion.application;
        if let Some(secret) = form.get("client_secret") {
            let known = application.secret.as_ref().map(Secret::expose);
            if known != Some(secret) {
                return Err(Refusal::wrong_secret(&application.id.to_string()));
            }
            return Ok("1");
        }
        let kind = form.get("client_assertion_type");
        match form.get("client_assertion") {
            Some(assertion) if kind == Some(assertion::KIND) => {
                let ours = |audience: &str| self.is_audience(occasion.origin, audience);
                assertion::check(application, assertion, ours, occasion.arrival.now)?;
                Ok("2")
            }
            _ => Err(Refusal::no_credential()),
        }
    }

    /// Whether an address is that of the token service of this tenant: the token endpoint, or the
    /// issuer (Entra: certificate credentials).
    fn is_audience(&self, origin: &Origin, audience: &str) -> bool {
        let rest = audience.strip_prefix(&origin.base());
        let named = rest.and_then(|rest| {
            let path = rest.strip_prefix('/')?;
            path.strip_suffix("/oauth2/v2.0/token")
                .or_else(|| path.strip_suffix("/v2.0"))
        });
        named.is_some_and(|name| Authority::of(name, self.tenant) == Ok(Authority::Tenant))
    }

    fn device_code(
        &mut self,
        occasion: &Occasion<'_>,
        form: &Form,
        rng: &mut Rng,
    ) -> Result<Value, Refusal> {
        let application = occasion.application;
        let promise = self
            .promise(form.required("device_code")?, "device_code", application)
            .ok_or_else(Refusal::unknown_code)?;
        if application.device_code_approved_after_seconds.is_none() {
            return Err(Refusal::no_public_client());
        }
        let now = occasion.arrival.now.unix_timestamp();
        if now >= promise.exp {
            return Err(Refusal::expired_code());
        }
        if now < promise.approved {
            return Err(Refusal::pending());
        }
        let tokens = self.delegated(occasion, &promise.scope, rng)?;
        // What has expired needs no remembering.
        self.redeemed = self.redeemed.split_off(&(now, Uuid::nil()));
        if !self.redeemed.insert((promise.exp, promise.id)) {
            return Err(Refusal::redeemed_code());
        }
        Ok(tokens)
    }

    fn refresh(
        &self,
        occasion: &Occasion<'_>,
        form: &Form,
        rng: &mut Rng,
    ) -> Result<Value, Refusal> {
        let text = form.required("refresh_token")?;
        let promise = text
            .strip_prefix("1.")
            .and_then(|code| self.promise(code, "refresh_token", occasion.application))
            .ok_or_else(Refusal::unknown_refresh_token)?;
        if occasion.arrival.now.unix_timestamp() >= promise.exp {
            return Err(Refusal::expired_refresh_token());
        }
        let scope = form.get("scope").unwrap_or(&promise.scope);
        self.delegated(occasion, scope, rng)
    }

    fn delegated(
        &self,
        occasion: &Occasion<'_>,
        scope: &str,
        rng: &mut Rng,
    ) -> Result<Value, Refusal> {
        let application = occasion.application;
        let wanted = Delegated::of(scope, occasion.origin, &self.tenant.to_string())?;
        if !wanted.consented(application) {
            let id = application.id.to_string();
            return Err(Refusal::no_consent(&id, &application.name));
        }
        self.delegated_tokens(occasion, &wanted, scope, rng)
    }

    /// Reads a code or a refresh token that this service gave to the application.
    fn promise(&self, text: &str, kind: &str, application: &Application) -> Option<Promise> {
        let promise: Promise = self.key.open(text).ok()?;
        (promise.kind == kind && promise.application == application.id).then_some(promise)
    }
}

/// Nine characters that somebody types.
fn user_code(rng: &mut Rng) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let letter = |_| {
        let place = rng.usize(..LETTERS.len());
        LETTERS.get(place).copied().map_or('A', char::from)
    };
    (0..9).map(letter).collect()
}
