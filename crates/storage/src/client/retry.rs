//! When and after how long a request is sent again. Pure: no clock, no network.

use std::time::Duration;

use http::StatusCode;

/// Waits before the second, third and fourth try: 1, 2 and 4 s at most, each cut by full jitter.
const BACKOFF: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];

/// A server may ask for more patience, up to this.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

/// What a repetition of the request would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// The same as the first: sent again whenever that may help.
    Harmless,
    /// Something new: sent again only when the server certainly did nothing.
    Costly,
}

/// How a try failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// No connection: the server has seen nothing.
    Connect,
    /// The connection broke or timed out: the server may have done it.
    Interrupted,
    /// The server answered with this status.
    Status(StatusCode),
}

impl Failure {
    /// Whether another try is safe and can help.
    pub(super) fn is_worth_repeating(self, repeat: Repeat) -> bool {
        match (self, repeat) {
            (Self::Connect, _) => true,
            (Self::Interrupted, repeat) => repeat == Repeat::Harmless,
            // 429 and 503 say that the request was turned away unread.
            (Self::Status(StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE), _) => true,
            (Self::Status(status), repeat) => repeat == Repeat::Harmless && status.is_server_error(),
        }
    }
}

/// How long to wait before try number `tries_made + 1`; `None` when the tries are used up.
/// `random` spreads the wait evenly between nothing and the full backoff; a server's wish is a minimum.
pub(crate) fn wait(tries_made: usize, retry_after: Option<Duration>, random: u64) -> Option<Duration> {
    let full = *BACKOFF.get(tries_made.checked_sub(1)?)?;
    let jittered = full.mul_f64(random as f64 / u64::MAX as f64);
    Some(retry_after.map_or(jittered, |wished| jittered.max(wished.min(MAX_RETRY_AFTER))))
}

/// The seconds of a `Retry-After` header; its other form, a date, is not worth trusting another machine's clock for.
pub(super) fn parse_retry_after(header: Option<&http::HeaderValue>) -> Option<Duration> {
    header?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_repetitions_wait_up_to_one_two_and_four_seconds() {
        let waits: Vec<_> = (1..=4).map(|tries| wait(tries, None, u64::MAX)).collect();
        assert_eq!(waits, [Some(BACKOFF[0]), Some(BACKOFF[1]), Some(BACKOFF[2]), None]);
        assert_eq!(wait(3, None, 0), Some(Duration::ZERO));
    }

    #[test]
    fn a_server_may_ask_for_patience_within_reason() {
        assert_eq!(wait(1, Some(Duration::from_secs(7)), 0), Some(Duration::from_secs(7)));
        assert_eq!(wait(1, Some(Duration::from_secs(86_400)), 0), Some(MAX_RETRY_AFTER));
        assert_eq!(parse_retry_after(Some(&"7".parse().unwrap())), Some(Duration::from_secs(7)));
        assert_eq!(parse_retry_after(Some(&"-1".parse().unwrap())), None);
    }

    #[test]
    fn a_costly_request_is_repeated_only_when_the_server_did_nothing() {
        let worth = |failure: Failure| {
            (failure.is_worth_repeating(Repeat::Harmless), failure.is_worth_repeating(Repeat::Costly))
        };
        assert_eq!(worth(Failure::Connect), (true, true));
        assert_eq!(worth(Failure::Interrupted), (true, false));
        assert_eq!(worth(Failure::Status(StatusCode::SERVICE_UNAVAILABLE)), (true, true));
        assert_eq!(worth(Failure::Status(StatusCode::INTERNAL_SERVER_ERROR)), (true, false));
        assert_eq!(worth(Failure::Status(StatusCode::FORBIDDEN)), (false, false));
    }
}
