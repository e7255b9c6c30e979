//! What is left of a request that is refused or fails is read before the answer is sent. A browser that is still
//! sending when the connection closes sees a broken connection and not the answer, and could not tell an expired
//! address or a full disk from a bad line.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::sync::oneshot;

/// A refused part of a large upload is read to its end; what is longer is cut off.
const MAX_DRAINED_BYTES: usize = 64 * 1024 * 1024;

/// A part of 10 MiB takes 84 s at 1 Mbit/s; whoever is slower is cut off.
const MAX_DRAIN_TIME: Duration = Duration::from_secs(120);

/// A request's body that comes back when it is dropped before its end.
pub(super) struct Lent {
    body: Option<Incoming>,
    back: Option<oneshot::Sender<Incoming>>,
}

/// Lends the body out; the receiver gets what was not read of it.
pub(super) fn lend(body: Incoming) -> (Lent, oneshot::Receiver<Incoming>) {
    let (back, rest) = oneshot::channel();
    (Lent { body: Some(body), back: Some(back) }, rest)
}

/// Reads what has come back, if anything has.
pub(super) async fn drain(mut rest: oneshot::Receiver<Incoming>) {
    let Ok(mut body) = rest.try_recv() else { return };
    let to_the_end = async {
        let mut drained = 0;
        while let Some(Ok(frame)) = body.frame().await {
            drained += frame.data_ref().map_or(0, Bytes::len);
            if drained > MAX_DRAINED_BYTES {
                return;
            }
        }
    };
    // Either way the answer comes next.
    let _ = tokio::time::timeout(MAX_DRAIN_TIME, to_the_end).await;
}

impl Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            this.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(body), Some(back)) = (self.body.take(), self.back.take()) {
            // Nobody waits for it when the request was answered.
            let _ = back.send(body);
        }
    }
}
