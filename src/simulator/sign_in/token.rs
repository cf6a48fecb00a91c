//! The tokens that the service issues.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fastrand::Rng;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::SignIn;
use super::discovery;
use super::refusal::Refusal;
use super::scope::{Delegated, GRAPH};
use crate::simulator::protocol::arrival::{Arrival, random_id};
use crate::simulator::protocol::origin::Origin;
use crate::simulator::scenario::Application;
use crate::simulator::tenant::{Tenant, User};

/// How long a refresh token lives, in seconds (Entra: refresh tokens, 90 days).
const REFRESH_SECONDS: i64 = 90 * 24 * 3_600;

/// The range of lifetimes from which one is drawn where the scenario sets none (Entra: configurable
/// token lifetimes).
const LIFETIMES: std::ops::RangeInclusive<u32> = 3_600..=5_400;

/// Directory roles of a person, by template id (Entra: built-in roles): administrator of
/// authentication, of users, of groups.
const ADMINISTRATOR: [&str; 3] = [
    "c4e39bd9-1100-46d3-8c65-fb160da0071f",
    "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "fdd7a751-b60b-444a-984c-02652fe8fa1c",
];

/// Privileged Authentication Administrator.
pub(super) const PRIVILEGED: &str = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13";

/// Privileged Role Administrator.
const PRIVILEGED_ROLES: &str = "e8611ab8-c189-46e8-94e1-60213ab1f814";

/// For whom a token is made, and by whom it was asked for.
#[derive(Debug)]
pub(super) struct Occasion<'a> {
    pub(super) application: &'a Application,
    pub(super) tenant: &'a Tenant,
    pub(super) origin: &'a Origin,
    pub(super) arrival: &'a Arrival,
}

impl SignIn {
    /// The reply to an application that signed in as itself; `proof` is the value of `appidacr`: 1
    /// for a secret, 2 for an assertion.
    pub(super) fn application_tokens(
        &self,
        occasion: &Occasion<'_>,
        audience: &str,
        proof: &str,
        rng: &mut Rng,
    ) -> Value {
        let application = occasion.application;
        // The service principal is another object than the application.
        let principal = random_id(&mut Rng::with_seed(application.id.as_u64_pair().1));
        let mut claims = self.common_claims(occasion, audience, rng);
        insert(&mut claims, "appidacr", json!(proof));
        insert(&mut claims, "idtyp", json!("app"));
        insert(&mut claims, "oid", json!(principal));
        insert(&mut claims, "sub", json!(principal));
        if audience == GRAPH && !application.roles.is_empty() {
            insert(&mut claims, "roles", json!(application.roles));
        }
        let seconds = lifetime(&claims);
        json!({
            "token_type": "Bearer",
            "expires_in": seconds,
            "ext_expires_in": seconds,
            "access_token": self.key.sign(&Value::Object(claims)),
        })
    }

    /// The reply to an application that a person signed in to.
    pub(super) fn delegated_tokens(
        &self,
        occasion: &Occasion<'_>,
        delegated: &Delegated,
        scope: &str,
        rng: &mut Rng,
    ) -> Result<Value, Refusal> {
        let application = occasion.application;
        let user = self.person(occasion)?;
        let mut claims = self.common_claims(occasion, GRAPH, rng);
        let proofs = if application.user_is_privileged {
            vec![PRIVILEGED, PRIVILEGED_ROLES]
        } else {
            ADMINISTRATOR.to_vec()
        };
        let granted = application.scopes.join(" ");
        insert(&mut claims, "appidacr", json!("0"));
        insert(&mut claims, "idtyp", json!("user"));
        insert(&mut claims, "name", json!(user.display_name));
        insert(&mut claims, "oid", json!(user.id));
        insert(&mut claims, "scp", json!(granted));
        insert(&mut claims, "sub", json!(user.id));
        insert(&mut claims, "upn", json!(user.user_principal_name));
        insert(&mut claims, "wids", json!(proofs));
        let seconds = lifetime(&claims);
        let mut reply = Map::new();
        insert(&mut reply, "token_type", json!("Bearer"));
        insert(&mut reply, "scope", json!(granted));
        insert(&mut reply, "expires_in", json!(seconds));
        insert(&mut reply, "ext_expires_in", json!(seconds));
        if delegated.openid {
            let id_token = self.id_token(occasion, user, &claims);
            insert(&mut reply, "id_token", json!(id_token));
        }
        let access_token = self.key.sign(&Value::Object(claims));
        insert(&mut reply, "access_token", json!(access_token));
        if delegated.offline_access {
            let refresh_token = self.refresh_token(occasion, scope);
            insert(&mut reply, "refresh_token", json!(refresh_token));
        }
        let identity = json!({"uid": user.id, "utid": self.tenant});
        let client_info = URL_SAFE_NO_PAD.encode(identity.to_string());
        insert(&mut reply, "client_info", json!(client_info));
        Ok(Value::Object(reply))
    }

    /// What all access tokens say (Entra: access token claims, version 1.0, in which Graph's are).
    fn common_claims(
        &self,
        occasion: &Occasion<'_>,
        audience: &str,
        rng: &mut Rng,
    ) -> Map<String, Value> {
        let drawn = rng.u32(LIFETIMES);
        let seconds = self.settings.token_seconds.unwrap_or(drawn);
        let now = occasion.arrival.now.unix_timestamp();
        let issuer = format!("https://sts.windows.net/{}/", self.tenant);
        let mut claims = Map::new();
        insert(&mut claims, "aud", json!(audience));
        insert(&mut claims, "iss", json!(issuer));
        insert(&mut claims, "iat", json!(now));
        insert(&mut claims, "nbf", json!(now));
        insert(&mut claims, "exp", json!(now + i64::from(seconds)));
        let application = occasion.application;
        insert(&mut claims, "app_displayname", json!(application.name));
        insert(&mut claims, "appid", json!(application.id));
        insert(&mut claims, "idp", json!(issuer));
        insert(&mut claims, "tid", json!(self.tenant));
        insert(&mut claims, "uti", json!(unique(rng)));
        insert(&mut claims, "ver", json!("1.0"));
        claims
    }

    /// Who the person is, for the application only; of no use to Graph.
    fn id_token(
        &self,
        occasion: &Occasion<'_>,
        user: &User,
        access: &Map<String, Value>,
    ) -> String {
        let claims = json!({
            "aud": occasion.application.id,
            "iss": discovery::issuer(occasion.origin, self.tenant),
            "iat": access.get("iat"),
            "nbf": access.get("nbf"),
            "exp": access.get("exp"),
            "name": user.display_name,
            "oid": user.id,
            "preferred_username": user.user_principal_name,
            "sub": user.id,
            "tid": self.tenant,
            "uti": access.get("uti"),
            "ver": "2.0",
        });
        self.key.sign(&claims)
    }

    /// Entra's refresh tokens are opaque; these hold what they stand for, so that the service need
    /// not remember them.
    fn refresh_token(&self, occasion: &Occasion<'_>, scope: &str) -> String {
        let issued = occasion.arrival.now.unix_timestamp();
        let claims = json!({
            "use": "refresh_token",
            "application": occasion.application.id,
            "scope": scope,
            "exp": issued + REFRESH_SECONDS,
        });
        format!("1.{}", self.key.sign(&claims))
    }

    /// The person who signs in to the application.
    fn person<'a>(&self, occasion: &Occasion<'a>) -> Result<&'a User, Refusal> {
        let name = &occasion.application.user;
        let found = occasion.tenant.find_account(name);
        let (_, user) =
            found.ok_or_else(|| Refusal::unknown_user(name, &self.tenant.to_string()))?;
        Ok(user)
    }
}

fn insert(claims: &mut Map<String, Value>, name: &str, value: Value) {
    claims.insert(name.to_owned(), value);
}

/// Seconds from issue to end.
fn lifetime(claims: &Map<String, Value>) -> i64 {
    let seconds = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or(0);
    seconds("exp") - seconds("iat")
}

/// An id for a token.
fn unique(rng: &mut Rng) -> String {
    let id: Uuid = random_id(rng);
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}
