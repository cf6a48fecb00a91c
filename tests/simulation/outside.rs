//! What happens to a process from outside.

use crate::disk::Tear;
use crate::service::{Crash, Service};
use std::time::Duration;
use tokio::sync::watch;

/// What a user and the power company do to a process.
pub(crate) async fn act(
    service: &Service,
    crash: Option<Crash>,
    stop_after: Option<(Duration, Option<Duration>)>,
    stops: &watch::Sender<u32>,
) {
    let dies = async {
        match crash {
            Some(Crash::After(time)) => {
                tokio::time::sleep(time).await;
                service.die("some time later", Tear::None);
            }
            _ => std::future::pending().await,
        }
    };
    let stopped = async {
        if let Some((after, twice)) = stop_after {
            tokio::time::sleep(after).await;
            service.tell("STOP");
            service.stopped();
            stops.send_replace(1);
            if let Some(more) = twice {
                tokio::time::sleep(more).await;
                service.tell("STOP now");
                stops.send_replace(2);
            }
        }
    };
    tokio::join!(dies, stopped);
    std::future::pending::<()>().await;
}
