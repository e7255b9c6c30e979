//! What can go wrong with a request to somebody else's server.

use std::time::Duration;

use http::StatusCode;

/// A failed request. Messages name the host at most: the rest of an address may be a secret.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum OutboundError {
    /// Not an address that this program fetches.
    #[error(
        "the address cannot be fetched: {reason}; give an http or https address without user name and password"
    )]
    Address {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The host is inside the own network.
    #[error(
        "{host} is not on the public internet; the operator can allow it with outbound.allow_private_hosts"
    )]
    Private {
        /// The host.
        host: String,
    },
    /// The port is none that web servers use.
    #[error("port {port} of {host} is not one of outbound.ports, which the operator can change")]
    Port {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// The server cannot be reached.
    #[error("{host} cannot be reached: {detail}")]
    Unreachable {
        /// The host.
        host: String,
        /// What happened.
        detail: String,
    },
    /// The server answered and then stopped or broke off.
    #[error("{host} broke off: {detail}")]
    Interrupted {
        /// The host.
        host: String,
        /// What happened.
        detail: String,
    },
    /// The server was too slow.
    #[error("{host} was silent or busy for more than {after:?}")]
    Late {
        /// The host.
        host: String,
        /// The limit.
        after: Duration,
    },
    /// The server sent the request around in circles.
    #[error("{host} redirects more than {limit} times")]
    Redirects {
        /// The last host.
        host: String,
        /// The limit.
        limit: usize,
    },
    /// The server has more than is wanted.
    #[error("{host} sends more than {max_bytes} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The limit.
        max_bytes: u64,
    },
    /// The server refused.
    #[error("{host} answered {status}")]
    Refused {
        /// The host.
        host: String,
        /// Its answer.
        status: StatusCode,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
}

impl OutboundError {
    /// The stable code for people and programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address { .. } | Self::Port { .. } => "invalid_url",
            Self::Private { .. } => "private_address",
            Self::Unreachable { .. } => "remote_unreachable",
            Self::Interrupted { .. } => "remote_interrupted",
            Self::Late { .. } => "remote_timeout",
            Self::Redirects { .. } => "too_many_redirects",
            Self::TooLarge { .. } => "remote_too_large",
            Self::Refused { .. } => "remote_refused",
        }
    }

    /// Whether asking again later can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Interrupted { .. } | Self::Late { .. } => true,
            Self::Refused { status, .. } => {
                status.is_server_error()
                    || [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT].contains(status)
            }
            Self::Address { .. }
            | Self::Private { .. }
            | Self::Port { .. }
            | Self::Redirects { .. }
            | Self::TooLarge { .. } => false,
        }
    }

    /// How long the server wants to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
