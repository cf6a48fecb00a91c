//! The scenarios about signing in: tokens that end.

use crate::rehearsal::START;
use crate::support::sample;
use bulkgraph::simulator::{Request, Response, Scenario, Simulator};
use serde_json::Value;
use time::Duration;

/// A client of a service, which signs in as the sample application.
struct Client(Simulator);

impl Client {
    fn of(file: &str) -> Self {
        let text = std::fs::read_to_string(sample(&format!("scenarios/{file}"))).unwrap();
        Self(Simulator::new(&Scenario::from_toml(&text).unwrap()))
    }

    fn ask(&mut self, seconds: i64, method: &str, path: &str, token: &str, body: &str) -> Response {
        let request = Request {
            method: method.to_owned(),
            path_and_query: path.to_owned(),
            headers: vec![("Authorization".to_owned(), format!("Bearer {token}"))],
            body: body.as_bytes().to_vec(),
            ..Request::default()
        };
        self.0
            .answer(&request, START + Duration::seconds(seconds))
            .response
    }

    fn token(&mut self, seconds: i64) -> String {
        let path = "/9f0c3a52-7e1b-4c46-8d0a-2b6f1e5d4c30/oauth2/v2.0/token";
        let form = "grant_type=client_credentials&client_id=5d7a11c0-3f0e-4b52-9a61-0c5e7e1d2026\
                    &client_secret=sample-secret-of-northgate-grocers\
                    &scope=https%3A%2F%2Fgraph.microsoft.com%2F.default";
        let response = self.ask(seconds, "POST", path, "", form);
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        body["access_token"].as_str().unwrap().to_owned()
    }

    fn status(&mut self, seconds: i64, token: &str) -> u16 {
        self.ask(seconds, "GET", "/v1.0/groups?$top=1", token, "")
            .status
    }
}

#[test]
fn short_tokens_end_after_a_minute() {
    let mut client = Client::of("short-tokens.toml");
    let token = client.token(0);
    assert_eq!([59, 61].map(|at| client.status(at, &token)), [200, 401]);
    let token = client.token(61);
    assert_eq!(client.status(62, &token), 200);
}

#[test]
fn a_claims_challenge_ends_the_tokens_from_before() {
    let mut client = Client::of("claims-challenge.toml");
    let token = client.token(0);
    assert_eq!([299, 301].map(|at| client.status(at, &token)), [200, 401]);
    let challenge = client.ask(302, "GET", "/v1.0/groups", &token, "");
    let challenged = |(name, value): &(String, String)| {
        name == "WWW-Authenticate" && value.contains("insufficient_claims")
    };
    assert!(challenge.headers.iter().any(challenged), "{challenge:?}");
    let token = client.token(303);
    assert_eq!(client.status(304, &token), 200);
}
