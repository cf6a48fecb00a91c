use super::*;
use crate::engine::{Answer, Body, Effect, Method, Throttle};
use serde_json::json;

mod pace;
mod trouble;

fn at(millis: u64) -> Moment {
    Moment::at(Duration::from_millis(millis))
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn answer(status: u16) -> Reply {
    Reply::Answer(Answer {
        status,
        retry_after: None,
        request_id: None,
        throttle: Throttle::default(),
        body: Body::Empty,
    })
}

fn throttled(retry_after: Option<Duration>) -> Reply {
    Reply::Answer(Answer {
        status: 429,
        retry_after,
        request_id: None,
        throttle: Throttle::default(),
        body: Body::Empty,
    })
}

fn read() -> Operation {
    Operation::get(Workload::Directory, "/groups/x", 1)
}

fn write(effect: Effect) -> Operation {
    Operation::write(
        Method::Patch,
        Workload::Directory,
        "/groups/x",
        json!({}),
        effect,
    )
}

fn scheduler() -> Scheduler {
    Scheduler::new(Limits::default(), 7)
}

fn offer(scheduler: &mut Scheduler, count: u64, operation: &Operation) {
    (0..count)
        .for_each(|id| scheduler.offer(OperationId(id), Turn::Opening, operation.clone(), at(0)));
}

#[track_caller]
fn send(scheduler: &mut Scheduler, now: Moment) -> Batch {
    match scheduler.next(now) {
        Next::Send(batch) => batch,
        other => panic!("{other:?}"),
    }
}

/// Follows the scheduler's own waits until it sends, and says when that was.
#[track_caller]
fn send_after(scheduler: &mut Scheduler, mut now: Moment) -> (Batch, Moment) {
    for _ in 0..100 {
        match scheduler.next(now) {
            Next::Send(batch) => return (batch, now),
            Next::WaitUntil(later) => {
                assert!(later > now, "a wait that does not wait");
                now = later;
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("it waits for ever");
}

#[track_caller]
fn settle_all(scheduler: &mut Scheduler, batch: &Batch, reply: &Reply, now: Moment) -> Settled {
    scheduler.settle(batch.id, vec![reply.clone(); batch.operations.len()], now)
}

/// Lets nothing through until the scheduler gives up; says why, when, and how large the batches
/// were.
#[track_caller]
fn give_up(scheduler: &mut Scheduler, mut now: Moment, sizes: &mut Vec<usize>) -> (String, Moment) {
    loop {
        match scheduler.next(now) {
            Next::Send(batch) => {
                sizes.push(batch.operations.len());
                settle_all(
                    scheduler,
                    &batch,
                    &Reply::Unsent("no route".to_owned()),
                    now,
                );
            }
            Next::WaitUntil(later) => now = later,
            Next::GiveUp(why) => return (why, now),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn work_is_packed_into_full_batches_up_to_the_concurrency() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 190, &read());
    for _ in 0..Limits::CONCURRENCY {
        assert_eq!(send(&mut scheduler, at(0)).operations.len(), 20);
    }
    assert!(matches!(scheduler.next(at(0)), Next::WaitForReply));
    assert_eq!(scheduler.in_flight(), Limits::CONCURRENCY);
}

#[test]
fn with_nothing_to_do_it_says_so() {
    let mut scheduler = scheduler();
    assert!(matches!(scheduler.next(at(0)), Next::Idle));
    offer(&mut scheduler, 1, &read());
    let batch = send(&mut scheduler, at(0));
    let settled = settle_all(&mut scheduler, &batch, &answer(200), at(10));
    assert_eq!(settled.deliveries.len(), 1);
    assert!(matches!(scheduler.next(at(10)), Next::Idle));
}

#[test]
fn the_documented_writes_are_not_exceeded() {
    let limits = Limits {
        concurrency: 1000,
        ..Limits::default()
    };
    let mut scheduler = Scheduler::new(limits, 7);
    offer(&mut scheduler, 3_100, &write(Effect::Once));
    let mut sent = 0;
    while let Next::Send(batch) = scheduler.next(at(0)) {
        sent += batch.operations.len();
    }
    assert_eq!(sent, 3_000, "the bucket may be emptied at once");
    let mut now = at(0);
    while sent < 3_100 {
        let (batch, later) = send_after(&mut scheduler, now);
        sent += batch.operations.len();
        now = later;
    }
    assert!(
        (4_900..=5_300).contains(&now.since_start().as_millis()),
        "100 more at 20 a second: {now:?}"
    );
}

#[test]
fn after_a_throttled_reply_the_whole_workload_waits_as_long_as_the_longest_asks() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 40, &write(Effect::Once));
    let (first, second) = (send(&mut scheduler, at(0)), send(&mut scheduler, at(0)));
    let mut replies = vec![answer(200); 18];
    replies.extend([throttled(Some(secs(3))), throttled(Some(secs(7)))]);
    let settled = scheduler.settle(first.id, replies, at(100));
    assert_eq!(settled.deliveries.len(), 18);
    assert_eq!(settled.returned.len(), 2, "they did not run, and wait");
    assert_eq!(scheduler.paused_until(at(100)), Some(at(7_100)));
    settle_all(&mut scheduler, &second, &answer(200), at(200));
    let (batch, when) = send_after(&mut scheduler, at(200));
    assert_eq!(batch.operations.len(), 2);
    assert!((at(7_100)..at(7_300)).contains(&when), "{when:?}");
}

#[test]
fn a_throttled_operation_comes_back_as_it_was_and_is_never_given_up() {
    let mut scheduler = scheduler();
    let patch = write(Effect::Idempotent);
    offer(&mut scheduler, 1, &patch);
    let mut now = at(0);
    for _ in 0..50 {
        let (batch, when) = send_after(&mut scheduler, now);
        assert_eq!(*batch.operations[0].1, patch);
        assert!(
            settle_all(&mut scheduler, &batch, &throttled(Some(secs(1))), when)
                .deliveries
                .is_empty()
        );
        now = when;
        if now.since_start() > secs(50) {
            break;
        }
    }
    assert_eq!(
        scheduler.statistics().throttled,
        scheduler.statistics().requests
    );
}

#[test]
fn a_read_that_fails_is_tried_again_until_others_get_through_and_it_does_not() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 2, &read());
    let mut tries = 0;
    let mut now = at(0);
    let delivered = loop {
        let (batch, when) = send_after(&mut scheduler, now);
        let reply_to = |id: &OperationId| if id.0 == 0 { answer(503) } else { answer(200) };
        let replies = batch
            .operations
            .iter()
            .map(|(id, _)| reply_to(id))
            .collect();
        tries += batch.operations.iter().filter(|(id, _)| id.0 == 0).count();
        let settled = scheduler.settle(batch.id, replies, when);
        now = when;
        if let Some(delivery) = settled
            .deliveries
            .into_iter()
            .find(|delivery| delivery.id.0 == 0)
        {
            break delivery;
        }
        scheduler.offer(OperationId(1), Turn::Opening, read(), now);
    };
    assert_eq!((tries, delivered.tries.failures), (6, 6));
    assert_eq!(delivered.reply, answer(503));
}

#[test]
fn a_lost_write_that_must_not_be_repeated_is_handed_back_at_once() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 1, &write(Effect::Once));
    let batch = send(&mut scheduler, at(0));
    let lost = Reply::Unknown("reset".to_owned());
    let settled = settle_all(&mut scheduler, &batch, &lost, at(10));
    assert_eq!(settled.deliveries.len(), 1);
    assert!(settled.returned.is_empty());
}

#[test]
fn a_lost_write_that_may_be_repeated_is_repeated_and_not_called_returned() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 1, &write(Effect::Idempotent));
    let batch = send(&mut scheduler, at(0));
    let settled = settle_all(
        &mut scheduler,
        &batch,
        &Reply::Unknown("reset".to_owned()),
        at(10),
    );
    assert!(settled.deliveries.is_empty() && settled.returned.is_empty());
    let (batch, when) = send_after(&mut scheduler, at(10));
    // Throttled now, but the first try may have taken effect.
    let settled = settle_all(&mut scheduler, &batch, &throttled(Some(secs(1))), when);
    assert!(settled.returned.is_empty());
}

#[test]
fn a_refusal_after_a_lost_try_is_unknown() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 1, &write(Effect::Idempotent));
    let batch = send(&mut scheduler, at(0));
    settle_all(&mut scheduler, &batch, &answer(503), at(10));
    let (batch, when) = send_after(&mut scheduler, at(10));
    let settled = settle_all(&mut scheduler, &batch, &answer(403), when);
    let Reply::Doubtful(answer) = &settled.deliveries[0].reply else {
        panic!("{settled:?}")
    };
    assert_eq!(answer.status, 403);
}

#[test]
fn a_conversation_goes_on_before_others_begin() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 100, &read());
    let batches: Vec<Batch> = (0..4).map(|_| send(&mut scheduler, at(0))).collect();
    settle_all(&mut scheduler, &batches[0], &answer(200), at(10));
    scheduler.offer(
        OperationId(500),
        Turn::Continuing,
        write(Effect::Once),
        at(10),
    );
    let batch = send(&mut scheduler, at(10));
    assert_eq!(batch.operations[0].0, OperationId(500));
}

#[test]
fn an_outer_server_error_with_a_wish_pauses_the_workload() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 2, &write(Effect::Once));
    let batch = send(&mut scheduler, at(0));
    let body = Body::Empty;
    let busy = Answer {
        status: 503,
        retry_after: Some(secs(120)),
        request_id: None,
        throttle: Throttle::default(),
        body,
    };
    settle_all(&mut scheduler, &batch, &Reply::Answer(busy), at(0));
    assert!(scheduler.paused_until(at(0)) >= Some(at(120_000)));
}

#[test]
fn replies_that_are_missing_count_as_unknown() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 2, &write(Effect::Once));
    let batch = send(&mut scheduler, at(0));
    let settled = scheduler.settle(batch.id, vec![answer(204)], at(10));
    assert!(matches!(settled.deliveries[1].reply, Reply::Unknown(_)));
}

#[test]
fn a_refused_token_is_renewed_once_and_then_nobody_goes_on() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 40, &write(Effect::Once));
    let (first, second) = (send(&mut scheduler, at(0)), send(&mut scheduler, at(0)));
    assert_eq!(
        settle_all(&mut scheduler, &first, &answer(401), at(10))
            .returned
            .len(),
        20
    );
    assert!(matches!(scheduler.next(at(10)), Next::RenewToken));
    scheduler.token_renewed();
    // Sent with the old token, so it says nothing about the new one.
    settle_all(&mut scheduler, &second, &answer(401), at(20));
    let batch = send(&mut scheduler, at(20));
    settle_all(&mut scheduler, &batch, &answer(204), at(30));
    let batch = send(&mut scheduler, at(30));
    settle_all(&mut scheduler, &batch, &answer(401), at(40));
    assert!(matches!(scheduler.next(at(40)), Next::RenewToken));
    scheduler.token_renewed();
    let batch = send(&mut scheduler, at(40));
    settle_all(&mut scheduler, &batch, &answer(401), at(50));
    assert!(matches!(scheduler.next(at(50)), Next::SignInRefused));
}

#[test]
fn a_read_that_was_throttled_says_nothing_about_writes() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 1, &read());
    let batch = send(&mut scheduler, at(0));
    let settled = settle_all(&mut scheduler, &batch, &throttled(Some(secs(1))), at(10));
    assert!(settled.returned.is_empty());
}
