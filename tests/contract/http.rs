//! HTTP/1.1 as bytes: a client that nothing stands between.

use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// No test waits longer for a byte.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request about to be sent.
#[derive(Debug)]
pub(crate) struct Call {
    address: SocketAddr,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    authorization: Option<String>,
    body: Option<Vec<u8>>,
}

impl Call {
    pub(crate) fn new(address: SocketAddr, method: &str, target: &str) -> Self {
        Self {
            address,
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            authorization: Some("Bearer any".to_owned()),
            body: None,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without a token.
    pub(crate) fn anonymous(mut self) -> Self {
        self.authorization = None;
        self
    }

    pub(crate) fn bearer(mut self, token: &str) -> Self {
        self.authorization = Some(format!("Bearer {token}"));
        self
    }

    pub(crate) fn body(mut self, content_type: &str, body: &str) -> Self {
        self.body = Some(body.as_bytes().to_vec());
        self.header("Content-Type", content_type)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", &body.to_string())
    }

    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Self {
        let pair = |(name, value): &(&str, &str)| format!("{name}={}", encoded(value));
        let body: Vec<String> = fields.iter().map(pair).collect();
        self.body("application/x-www-form-urlencoded", &body.join("&"))
    }

    /// Sends it and reads the whole answer.
    #[track_caller]
    pub(crate) fn send(self) -> Answer {
        self.try_send().unwrap()
    }

    /// Sends it over a connection that may break.
    pub(crate) fn try_send(self) -> io::Result<Answer> {
        let mut headers = self.headers;
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value));
        add("Host", self.address.to_string());
        add("Connection", "close".to_owned());
        if let Some(authorization) = self.authorization {
            add("Authorization", authorization);
        }
        if self.body.is_some() || self.method != "GET" {
            let length = self.body.as_ref().map_or(0, Vec::len);
            add("Content-Length", length.to_string());
        }
        let mut lines = vec![format!("{} {} HTTP/1.1", self.method, self.target)];
        lines.extend(
            headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}")),
        );
        let mut message = format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes();
        message.extend(self.body.unwrap_or_default());
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(&message)?;
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply)?;
        Answer::read(&reply).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// One answer: of the server, or of an item in a batch.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) text: String,
    /// Whether the body has the length that its head promised.
    pub(crate) whole: bool,
}

impl Answer {
    fn read(reply: &[u8]) -> Option<Self> {
        let end = reply.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8(reply[..end].to_vec()).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let body = &reply[end + 4..];
        let mut answer = Self {
            status,
            headers,
            text: String::from_utf8_lossy(body).into_owned(),
            whole: true,
        };
        let promised = answer.header("Content-Length").map(str::to_owned);
        answer.whole = promised.is_none_or(|length| length == body.len().to_string());
        Some(answer)
    }

    pub(crate) fn of_item(item: &Value) -> Self {
        let headers = item["headers"].as_object().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let body = item.get("body").filter(|body| !body.is_null());
        Self {
            status: u16::try_from(item["status"].as_u64().unwrap()).unwrap(),
            headers: headers
                .map(|(name, value)| (name.clone(), text(value)))
                .collect(),
            text: body.map(Value::to_string).unwrap_or_default(),
            whole: true,
        }
    }

    /// The value of a header, whatever its case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body; `null` where there is none.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The body of an answer with that status.
    #[track_caller]
    pub(crate) fn succeeds(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// The `error` of an answer with that status and code, and these words in its message.
    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, code: &str, words: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        let error = self.json()["error"].clone();
        assert_eq!(error["code"], code, "{error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words), "`{words}` is not in: {error}");
        error
    }

    /// The elements of a list.
    #[track_caller]
    pub(crate) fn list(&self) -> Vec<Value> {
        self.succeeds(200)["value"].as_array().unwrap().clone()
    }
}

/// The text with everything escaped that an address or a form cannot hold.
pub(crate) fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
