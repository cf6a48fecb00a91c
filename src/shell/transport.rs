//! The one way out.

use crate::wire::HttpReply;
use secrecy::SecretString;

/// Carries batches to the service and replies back, as bytes.
pub trait Transport {
    /// Posts `body` to `$batch` with that token.
    fn post_batch(
        &self,
        token: &SecretString,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<HttpReply, TransportError>>;
}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request certainly never reached the service.
    #[error("not sent: {0}")]
    Unsent(String),
    /// It may have reached the service.
    #[error("no reply: {0}")]
    Lost(String),
}
