//! Responses on their way out: whole, cut, or in drops.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame};
use tokio::time::Sleep;

use crate::simulator::{Delivery, Response};

/// How long a cut body stays open after its last byte, so that what was written leaves first.
const LINGER: Duration = Duration::from_millis(20);

/// Into how many pieces a body falls that is delivered in drops.
const DROPS: u32 = 20;

/// The connection is to be cut before the first byte of the response.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
pub(super) struct Reset;

/// The response with the length of its whole body, however much of it is delivered.
pub(super) fn respond(
    response: Response,
    delivery: Delivery,
) -> Result<hyper::Response<Outgoing>, Reset> {
    // Of an empty body nothing can be missing, so that a cut has to come before it.
    let is_empty_and_cut = response.body.is_empty() && matches!(delivery, Delivery::Cut { .. });
    if delivery == Delivery::Reset || is_empty_and_cut {
        return Err(Reset);
    }
    let mut builder = hyper::Response::builder().status(response.status);
    for (name, value) in response.headers {
        builder = builder.header(name, value);
    }
    if response.status != 204 {
        builder = builder.header("Content-Length", response.body.len());
    }
    let whole = builder.body(Outgoing::new(response.body, delivery));
    Ok(whole.unwrap_or_else(|_| bare(500)))
}

/// A response without headers and body.
fn bare(status: u16) -> hyper::Response<Outgoing> {
    let mut response = hyper::Response::new(Outgoing::new(Vec::new(), Delivery::Whole));
    *response.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// A body with its way of delivery.
#[derive(Debug)]
pub(super) struct Outgoing {
    rest: Bytes,
    /// Bytes that go out at once; the rest waits.
    step: usize,
    /// The time between two pieces.
    pause: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    /// Whether the connection is cut when the rest is empty.
    cut: bool,
}

impl Outgoing {
    /// A reset is no matter of the body, and counts as whole here.
    fn new(body: Vec<u8>, delivery: Delivery) -> Self {
        let mut rest = Bytes::from(body);
        let whole = rest.len();
        let (step, pause) = match delivery {
            Delivery::Whole | Delivery::Reset => (whole, Duration::ZERO),
            Delivery::Cut { bytes } => {
                rest.truncate(bytes);
                (whole, LINGER)
            }
            Delivery::Drip { over } => (whole.div_ceil(DROPS as usize), over / DROPS),
        };
        let cut = matches!(delivery, Delivery::Cut { .. });
        Self {
            rest,
            step,
            pause,
            waiting: None,
            cut,
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(waiting) = &mut self.waiting {
            if waiting.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.waiting = None;
        }
        if self.rest.is_empty() {
            return Poll::Ready(
                self.cut
                    .then(|| Err(io::ErrorKind::ConnectionAborted.into())),
            );
        }
        let step = self.step.min(self.rest.len());
        let piece = self.rest.split_to(step);
        if !self.pause.is_zero() {
            self.waiting = Some(Box::pin(tokio::time::sleep(self.pause)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && !self.cut
    }
}
