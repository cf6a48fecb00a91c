//! Sign-in: a token service like Entra's, and the gate that asks for its tokens.
//!
//! - `POST /{tenant}/oauth2/v2.0/token`: client secret, client assertion (certificate or federated),
//!   device code, refresh token;
//! - `POST /{tenant}/oauth2/v2.0/devicecode`, entered by somebody after a delay of the scenario;
//! - the discovery documents and the published key.
//!
//! Nothing of what it gives out needs to be remembered, except which device codes were used: codes
//! and refresh tokens are signed as access tokens are.
//!
//! Our readings, where nothing is documented: the scope is looked at before the credential; a
//! delegated token holds all scopes that were consented to; a challenge revokes access tokens and no
//! refresh tokens, so that a client without a person at hand can go on.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fastrand::Rng;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

mod assertion;
mod authority;
mod authorization;
mod discovery;
mod form;
mod gate;
mod grant;
mod jws;
mod refusal;
mod scope;
mod token;

pub(super) use authorization::authorize;

use super::protocol::arrival::{Arrival, header};
use super::protocol::origin::Origin;
use super::scenario::{self, Application, Scenario};
use super::tenant::Tenant;
use super::{Request, Response};
use authority::{Authority, Endpoint};
use form::{Form, decoded};
use gate::Verified;
use jws::SigningKey;
use refusal::Refusal;
use token::Occasion;

/// The token service of the tenant and the gate before Graph.
#[derive(Debug)]
pub(super) struct SignIn {
    settings: scenario::SignIn,
    tenant: Uuid,
    key: SigningKey,
    /// When access tokens are revoked, in seconds since 1970; known from the first request on.
    revoked_before: Option<i64>,
    verified: Verified,
    /// Device codes that were used, with the time until which they could be used again.
    redeemed: BTreeSet<(i64, Uuid)>,
}

/// A request to the token service.
#[derive(Debug)]
struct Asked<'a> {
    /// How the address names the tenant.
    name: String,
    endpoint: Endpoint,
    request: &'a Request,
    origin: &'a Origin,
    arrival: &'a Arrival,
}

impl SignIn {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Self {
            settings: scenario.sign_in.clone(),
            tenant: scenario.tenant.id,
            key: SigningKey::from_seed(scenario.seed),
            revoked_before: None,
            verified: Verified::default(),
            redeemed: BTreeSet::new(),
        }
    }

    /// The id of the tenant.
    pub(super) fn tenant(&self) -> Uuid {
        self.tenant
    }

    /// The simulator is asked for the first time.
    pub(super) fn begin(&mut self, now: OffsetDateTime) {
        let after = self.settings.challenge_after_seconds;
        self.revoked_before = after.map(|seconds| now.unix_timestamp() + i64::from(seconds));
    }

    /// Answers a request to the token service; `None` for anything else.
    pub(super) fn answer(
        &mut self,
        tenant: &Tenant,
        request: &Request,
        now: OffsetDateTime,
        rng: &mut Rng,
    ) -> Option<Response> {
        let (origin, target) = Origin::of(request);
        let (name, endpoint) = Endpoint::of(target.split('?').next()?)?;
        let arrival = Arrival::new(&request.headers, rng, now);
        let asked = Asked {
            name,
            endpoint,
            request,
            origin: &origin,
            arrival: &arrival,
        };
        let (status, body) = match self.outcome(tenant, &asked, rng) {
            Ok(body) => (200, body),
            Err(refusal) => (refusal.status(), refusal.body(&arrival)),
        };
        Some(response(status, &body, &arrival))
    }

    fn outcome(
        &mut self,
        tenant: &Tenant,
        asked: &Asked<'_>,
        rng: &mut Rng,
    ) -> Result<Value, Refusal> {
        let authority = Authority::of(&asked.name, self.tenant)?;
        let is_token = match asked.endpoint {
            Endpoint::Configuration => {
                return Ok(discovery::configuration(
                    asked.origin,
                    &asked.name,
                    authority,
                    self.tenant,
                ));
            }
            Endpoint::Instance => return Ok(discovery::instance(asked.origin, self.tenant)),
            Endpoint::Keys => return Ok(json!({"keys": [self.key.to_jwk()]})),
            Endpoint::Token => true,
            Endpoint::DeviceCode => false,
        };
        let method = &asked.request.method;
        if !method.eq_ignore_ascii_case("POST") {
            return Err(Refusal::method(method));
        }
        let form = form_of(asked.request);
        let application = self.application(&form)?;
        let occasion = Occasion {
            application: &application,
            tenant,
            origin: asked.origin,
            arrival: asked.arrival,
        };
        if is_token {
            self.token(&occasion, authority, &form, rng)
        } else {
            self.begin_device_code(&occasion, &form, rng)
        }
    }

    /// The application that a form names.
    fn application(&self, form: &Form) -> Result<Application, Refusal> {
        let named = form.required("client_id")?;
        let known = self.settings.applications.iter();
        Uuid::try_parse(named)
            .ok()
            .and_then(|id| known.into_iter().find(|known| known.id == id))
            .cloned()
            .ok_or_else(|| Refusal::unknown_application(named, &self.tenant.to_string()))
    }
}

/// The form of a request, with the client's id and secret if they came as a header (RFC 6749,
/// 2.3.1).
fn form_of(request: &Request) -> Form {
    let mut form = Form::of(&request.body);
    let basic = header(&request.headers, "authorization")
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, credentials)| STANDARD.decode(credentials.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some((id, secret)) = basic.as_deref().and_then(|text| text.split_once(':')) {
        form.add("client_id", decoded(id));
        form.add("client_secret", decoded(secret));
    }
    form
}

fn response(status: u16, body: &Value, arrival: &Arrival) -> Response {
    let header = |name: &str, value: String| (name.to_owned(), value);
    let request_id = arrival.request_id.to_string();
    let mut headers = vec![
        header("Date", httpdate::fmt_http_date(arrival.now.into())),
        header("Cache-Control", "no-store, no-cache".to_owned()),
        header("Pragma", "no-cache".to_owned()),
        header("Content-Type", "application/json; charset=utf-8".to_owned()),
        header("x-ms-request-id", request_id),
    ];
    if let Some(id) = &arrival.client_request_id {
        headers.push(header("client-request-id", id.clone()));
    }
    Response {
        status,
        headers,
        body: body.to_string().into_bytes(),
    }
}
