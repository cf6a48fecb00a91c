//! The vocabulary of tests that sign in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::Duration;

use super::*;
use crate::simulator::scenario::Application;

pub(super) const TENANT: &str = "9f0c3a52-7e1b-4c46-8d0a-2b6f1e5d4c30";
pub(super) const APPLICATION: &str = "5d7a11c0-3f0e-4b52-9a61-0c5e7e1d2026";
pub(super) const GRAPH: &str = "https://graph.microsoft.com/.default";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A client of the token service and of Graph, with a clock of its own.
pub(super) struct Client {
    pub(super) simulator: Simulator,
    pub(super) now: OffsetDateTime,
}

impl Client {
    pub(super) fn with(scenario: &str) -> Self {
        let scenario = Scenario::from_toml(&format!("{SMALL}{scenario}")).unwrap();
        Self {
            simulator: Simulator::new(&scenario),
            now: START,
        }
    }

    pub(super) fn passes(&mut self, seconds: i64) {
        self.now += Duration::seconds(seconds);
    }

    pub(super) fn ask(
        &mut self,
        method: &str,
        path: &str,
        header: Option<(&str, &str)>,
        body: &str,
    ) -> Told {
        let mut headers = vec![("Host".to_owned(), "login.example".to_owned())];
        headers.extend(header.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let request = Request {
            method: method.to_owned(),
            path_and_query: path.to_owned(),
            headers,
            body: body.as_bytes().to_vec(),
            ..Request::default()
        };
        let response = self.simulator.answer(&request, self.now).response;
        let body = serde_json::from_slice(&response.body).unwrap();
        Told {
            status: response.status,
            body,
        }
    }

    pub(super) fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Told {
        self.ask("POST", path, None, &form(fields))
    }

    pub(super) fn token(&mut self, fields: &[(&str, &str)]) -> Told {
        self.post(&format!("/{TENANT}/oauth2/v2.0/token"), fields)
    }

    pub(super) fn read(&mut self, path: &str) -> Told {
        self.ask("GET", path, None, "")
    }

    /// An access token of the application with that secret.
    pub(super) fn signed_in(&mut self, id: &str, secret: &str) -> String {
        let tokens = self.token(&secret_fields(id, secret, GRAPH)).tokens();
        tokens["access_token"].as_str().unwrap().to_owned()
    }

    /// An access token of the sample application.
    pub(super) fn sample_token(&mut self) -> String {
        self.signed_in(APPLICATION, Application::SAMPLE_SECRET)
    }

    /// What a device code of the application brings after ten seconds.
    pub(super) fn person_signs_in(&mut self, id: &str) -> Value {
        let path = format!("/{TENANT}/oauth2/v2.0/devicecode");
        let scope = "https://graph.microsoft.com/.default offline_access openid profile";
        let begun = self
            .post(&path, &[("client_id", id), ("scope", scope)])
            .tokens();
        self.passes(10);
        let code = begun["device_code"].as_str().unwrap();
        self.token(&code_fields(id, code)).tokens()
    }

    pub(super) fn graph(&mut self, token: &str, method: &str, path: &str, body: &Value) -> Seen {
        let mut headers = vec![
            ("Host".to_owned(), "graph.microsoft.com".to_owned()),
            ("Authorization".to_owned(), format!("Bearer {token}")),
        ];
        let body = if body.is_null() {
            Vec::new()
        } else {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            body.to_string().into_bytes()
        };
        let request = Request {
            method: method.to_owned(),
            path_and_query: format!("/v1.0{path}"),
            headers,
            body,
            ..Request::default()
        };
        Seen::from(self.simulator.answer(&request, self.now).response)
    }
}

const SMALL: &str = "tenant = {users = 100, groups = 60}\n";

/// What the token service told.
#[derive(Debug)]
pub(super) struct Told {
    status: u16,
    body: Value,
}

impl Told {
    #[track_caller]
    pub(super) fn tokens(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    #[track_caller]
    pub(super) fn refused(&self, status: u16, error: &str, code: u32) {
        let told = (self.status, &self.body["error"], &self.body["error_codes"]);
        assert_eq!(told, (status, &json!(error), &json!([code])), "{self:?}");
        let description = self.body["error_description"].as_str().unwrap();
        assert!(description.starts_with(&format!("AADSTS{code}: ")));
        for member in ["timestamp", "trace_id", "correlation_id"] {
            assert!(self.body[member].is_string(), "{member}");
        }
    }
}

pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    fields.join("&")
}

pub(super) fn secret_fields<'f>(
    id: &'f str,
    secret: &'f str,
    scope: &'f str,
) -> [(&'f str, &'f str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", id),
        ("client_secret", secret),
        ("scope", scope),
    ]
}

pub(super) fn code_fields<'f>(id: &'f str, code: &'f str) -> [(&'f str, &'f str); 3] {
    [
        ("grant_type", DEVICE_CODE),
        ("client_id", id),
        ("device_code", code),
    ]
}

/// The claims of a token, whatever its signature.
pub(super) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
