//! `[sign_in]`: who may call, and with what.

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use uuid::Uuid;

use super::public_key::PublicKey;
use super::{ScenarioError, out_of_range, seconds, within};

/// Who may call, and with what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// `open`: whether any bearer token is taken, with every permission; false by default.
    pub open: bool,
    /// `token_seconds`: how long an access token lives, in seconds, 1 to 86,400; without it, 60 to
    /// 90 minutes drawn for each token (Entra: configurable token lifetimes).
    pub token_seconds: Option<u32>,
    /// `challenge_after_seconds`: so many seconds after the first request, all access tokens issued
    /// until then are revoked and answered with a claims challenge, 0 to 3,155,760,000; never by
    /// default (Graph: continuous access evaluation).
    pub challenge_after_seconds: Option<u32>,
    /// `[[sign_in.applications]]`: the applications of the tenant; the sample application by
    /// default.
    pub applications: Vec<Application>,
}

/// An application and what it may do (Entra: app registration).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// `id`: the application (client) id, a GUID that no other application has; there is no default.
    pub id: Uuid,
    /// `name`: the display name; empty by default.
    #[serde(default)]
    pub name: String,
    /// `secret`: the client secret; none by default.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// `certificates`: certificates, or public keys, as PEM; their RSA keys sign client assertions;
    /// none by default.
    #[serde(default)]
    pub certificates: Vec<PublicKey>,
    /// `[[sign_in.applications.federated_credentials]]`: tokens of other issuers that stand for the
    /// application; none by default.
    #[serde(default)]
    pub federated_credentials: Vec<FederatedCredential>,
    /// `roles`: the application permissions granted, by name; none by default. Names that no
    /// modelled address asks for are taken too: they appear in tokens.
    #[serde(default)]
    pub roles: Vec<String>,
    /// `scopes`: the delegated permissions consented to, by name; none by default.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// `device_code_approved_after_seconds`: how long after the code was asked for somebody enters
    /// it, in seconds, 0 to 3,155,760,000; without it the application is no public client and
    /// cannot use device codes.
    #[serde(default)]
    pub device_code_approved_after_seconds: Option<u32>,
    /// `user`: the principal name of the person who enters device codes;
    /// `tomasz.wilk@northgate-grocers.example` by default.
    #[serde(default = "identity_administrator")]
    pub user: String,
    /// `user_is_privileged`: whether that person is a Privileged Authentication Administrator and a
    /// Privileged Role Administrator, and not only an administrator of authentication, users and
    /// groups; false by default.
    #[serde(default)]
    pub user_is_privileged: bool,
}

/// A trust in the tokens of another issuer (Entra: workload identity federation).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederatedCredential {
    /// `issuer`: the value of `iss`, compared as it is; there is no default.
    pub issuer: String,
    /// `subject`: the value of `sub`, compared as it is; there is no default.
    pub subject: String,
    /// `audience`: the value of `aud`; `api://AzureADTokenExchange` by default.
    #[serde(default = "token_exchange")]
    pub audience: String,
    /// `public_key`: the issuer's RSA key as PEM, a public key or a certificate; there is no
    /// default. Entra fetches it from the issuer, which a simulator does not.
    pub public_key: PublicKey,
}

/// A client secret; it hides from `Debug`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            open: false,
            token_seconds: None,
            challenge_after_seconds: None,
            applications: vec![Application::sample()],
        }
    }
}

impl SignIn {
    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        if let Some(life) = self.token_seconds {
            within("sign_in.token_seconds", life, 1, 86_400)?;
        }
        if let Some(after) = self.challenge_after_seconds {
            seconds("sign_in.challenge_after_seconds", after.into())?;
        }
        let mut ids = HashSet::new();
        for application in &self.applications {
            if !ids.insert(application.id) {
                let key = "sign_in.applications.id";
                return Err(out_of_range(key, "another for each", &application.id));
            }
            if let Some(after) = application.device_code_approved_after_seconds {
                let key = "sign_in.applications.device_code_approved_after_seconds";
                seconds(key, after.into())?;
            }
        }
        Ok(())
    }
}

impl Application {
    /// The id of the sample application.
    pub const SAMPLE_ID: Uuid = Uuid::from_u128(0x5d7a_11c0_3f0e_4b52_9a61_0c5e_7e1d_2026);

    /// The secret of the sample application; it opens nothing but this tenant.
    pub const SAMPLE_SECRET: &'static str = "sample-secret-of-northgate-grocers";

    /// What the jobs need, in the words of permissions.
    pub const SAMPLE_PERMISSIONS: [&'static str; 8] = [
        "Application.ReadWrite.All",
        "Device.ReadWrite.All",
        "Directory.Read.All",
        "GroupMember.ReadWrite.All",
        "Member.Read.Hidden",
        "OrgContact.Read.All",
        "Policy.ReadWrite.AuthenticationMethod",
        "UserAuthenticationMethod.ReadWrite.All",
    ];

    /// The application that a tenant has where the scenario names none: with
    /// [`Self::SAMPLE_SECRET`], with device codes that somebody enters after three seconds, and
    /// with [`Self::SAMPLE_PERMISSIONS`] of both kinds.
    pub fn sample() -> Self {
        let permissions = Self::SAMPLE_PERMISSIONS.map(str::to_owned).to_vec();
        Self {
            id: Self::SAMPLE_ID,
            name: "Sample application".to_owned(),
            secret: Some(Secret(Self::SAMPLE_SECRET.to_owned())),
            certificates: Vec::new(),
            federated_credentials: Vec::new(),
            roles: permissions.clone(),
            scopes: permissions,
            device_code_approved_after_seconds: Some(3),
            user: identity_administrator(),
            user_is_privileged: false,
        }
    }

    /// The secret, if it is that of the sample application, which anybody may know.
    pub fn sample_secret(&self) -> Option<&'static str> {
        let secret = self.secret.as_ref()?;
        (secret.expose() == Self::SAMPLE_SECRET).then_some(Self::SAMPLE_SECRET)
    }
}

fn identity_administrator() -> String {
    "tomasz.wilk@northgate-grocers.example".to_owned()
}

fn token_exchange() -> String {
    "api://AzureADTokenExchange".to_owned()
}
