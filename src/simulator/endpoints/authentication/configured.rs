//! The methods that the policy configures.

use crate::simulator::protocol::error::GraphError;

/// A method with a configuration of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Configured {
    TemporaryAccessPass,
    Sms,
    /// Listed as disabled and for nobody; not modelled beyond that.
    Other {
        id: &'static str,
        resource: &'static str,
    },
}

/// In the order Graph lists them (observed).
pub(super) const CONFIGURED: [Configured; 8] = [
    other("Fido2", "fido2AuthenticationMethodConfiguration"),
    other(
        "MicrosoftAuthenticator",
        "microsoftAuthenticatorAuthenticationMethodConfiguration",
    ),
    Configured::Sms,
    Configured::TemporaryAccessPass,
    other(
        "SoftwareOath",
        "softwareOathAuthenticationMethodConfiguration",
    ),
    other("Voice", "voiceAuthenticationMethodConfiguration"),
    other("Email", "emailAuthenticationMethodConfiguration"),
    other(
        "X509Certificate",
        "x509CertificateAuthenticationMethodConfiguration",
    ),
];

const fn other(id: &'static str, resource: &'static str) -> Configured {
    Configured::Other { id, resource }
}

impl Configured {
    /// Ids are compared without case.
    pub(super) fn find(id: &str) -> Result<Self, GraphError> {
        let found = CONFIGURED
            .into_iter()
            .find(|method| method.id().eq_ignore_ascii_case(id));
        found.ok_or_else(GraphError::method_not_found)
    }

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::TemporaryAccessPass => "TemporaryAccessPass",
            Self::Sms => "Sms",
            Self::Other { id, .. } => id,
        }
    }

    /// The name of its type, without the namespace.
    pub(super) fn resource(self) -> &'static str {
        match self {
            Self::TemporaryAccessPass => "temporaryAccessPassAuthenticationMethodConfiguration",
            Self::Sms => "smsAuthenticationMethodConfiguration",
            Self::Other { resource, .. } => resource,
        }
    }
}
