use super::*;
use crate::engine::{Answer, Body, Effect, Method};
use serde_json::json;

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
        body: Body::Empty,
    })
}

fn throttled(retry_after: Option<Duration>) -> Reply {
    Reply::Answer(Answer {
        status: 429,
        retry_after,
        request_id: None,
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
    offer(&mut scheduler, 90, &read());
    for _ in 0..4 {
        assert_eq!(send(&mut scheduler, at(0)).operations.len(), 20);
    }
    assert!(matches!(scheduler.next(at(0)), Next::WaitForReply));
    assert_eq!(scheduler.in_flight(), 4);
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
    assert_eq!((batch.operations.len(), when), (2, at(7_100)));
}

#[test]
fn a_throttled_operation_comes_back_as_it_was_and_is_never_given_up() {
    let mut scheduler = scheduler();
    let patch = write(Effect::Idempotent);
    offer(&mut scheduler, 1, &patch);
    let mut now = at(0);
    for _ in 0..50 {
        let (batch, when) = send_after(&mut scheduler, now);
        assert_eq!(batch.operations[0].1, patch);
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

#[test]
fn a_batch_that_is_refused_for_what_is_in_it_is_sent_one_by_one() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 3, &write(Effect::Once));
    let batch = send(&mut scheduler, at(0));
    let Reply::Answer(bad) = answer(400) else {
        unreachable!()
    };
    assert_eq!(
        scheduler
            .refuse(batch.id, bad.clone(), at(10))
            .returned
            .len(),
        3
    );
    let alone: Vec<Batch> = (0..3).map(|_| send(&mut scheduler, at(10))).collect();
    assert!(alone.iter().all(|batch| batch.operations.len() == 1));
    let settled = scheduler.refuse(alone[0].id, bad, at(20));
    assert_eq!(settled.deliveries.len(), 1, "the guilty one hears it");
    let settled = settle_all(&mut scheduler, &alone[1], &answer(200), at(20));
    assert_eq!(settled.deliveries.len(), 1);
}

#[test]
fn a_service_that_takes_no_batches_ends_the_run() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 3, &read());
    let batch = send(&mut scheduler, at(0));
    let Reply::Answer(not_found) = answer(404) else {
        unreachable!()
    };
    scheduler.refuse(batch.id, not_found, at(10));
    assert!(matches!(scheduler.next(at(10)), Next::BatchesRefused(answer) if answer.status == 404));
}

#[test]
fn an_outage_is_probed_with_one_request_and_ended_by_giving_up() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 100, &read());
    let batch = send(&mut scheduler, at(0));
    settle_all(&mut scheduler, &batch, &answer(200), at(10));
    let mut sizes = Vec::new();
    let (ended, now) = give_up(&mut scheduler, at(10), &mut sizes);
    assert_eq!(ended, "no route");
    assert!(sizes.iter().skip(3).all(|size| *size == 1), "{sizes:?}");
    assert!(
        sizes.len() < 80,
        "an outage is no reason for a storm: {}",
        sizes.len()
    );
    assert!(
        (900..1000).contains(&now.since_start().as_secs()),
        "{now:?}"
    );
}

#[test]
fn a_service_that_never_answered_is_given_up_soon() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 1, &read());
    let now = give_up(&mut scheduler, at(0), &mut Vec::new()).1;
    assert!((60..125).contains(&now.since_start().as_secs()), "{now:?}");
}

#[test]
fn writers_to_one_group_that_collide_are_thinned_out_and_others_are_not() {
    let mut scheduler = scheduler();
    let to = |group: &str| write(Effect::Idempotent).on(group);
    (0..20).for_each(|id| scheduler.offer(OperationId(id), Turn::Opening, to("a"), at(0)));
    let batch = send(&mut scheduler, at(0));
    assert_eq!(batch.operations.len(), 20);
    let body =
        Body::Json(json!({"error": {"code": "Directory_ConcurrencyViolation", "message": ""}}));
    let collision = Reply::Answer(Answer {
        status: 409,
        retry_after: None,
        request_id: None,
        body,
    });
    let mut replies = vec![answer(204); 18];
    replies.extend([collision.clone(), collision]);
    scheduler.settle(batch.id, replies, at(10));
    (100..120).for_each(|id| scheduler.offer(OperationId(id), Turn::Opening, to("a"), at(20)));
    (200..205).for_each(|id| scheduler.offer(OperationId(id), Turn::Opening, to("b"), at(20)));
    let (batch, _) = send_after(&mut scheduler, at(20));
    let to_b = batch
        .operations
        .iter()
        .filter(|(id, _)| id.0 >= 200)
        .count();
    assert_eq!((batch.operations.len() - to_b, to_b), (5, 5));
}

#[test]
fn where_no_quota_is_documented_the_pace_is_found() {
    // A service that lets through 50 a second in bursts of 30 and refuses the rest.
    let mut scheduler = scheduler();
    let operation = Operation::get(Workload::AuthenticationMethods, "/users/x", 1);
    offer(&mut scheduler, 2_000, &operation);
    let (mut now, mut through, mut bucket, mut filled) = (at(0), 0, 30.0_f64, at(0));
    let mut in_flight: Vec<(Moment, Batch)> = Vec::new();
    while through < 2_000 {
        let until = match scheduler.next(now) {
            Next::Send(batch) => {
                in_flight.push((now + Duration::from_millis(150), batch));
                continue;
            }
            Next::WaitUntil(later) => Some(later),
            _ => None,
        };
        let landing = in_flight.first().map(|(landing, _)| *landing);
        now = until.into_iter().chain(landing).min().unwrap();
        if landing == Some(now) {
            let (_, batch) = in_flight.remove(0);
            bucket = (bucket + now.since(filled).as_secs_f64() * 50.0).min(30.0);
            filled = now;
            let replies = batch.operations.iter().map(|_| {
                let passes = bucket >= 1.0;
                bucket -= if passes { 1.0 } else { 0.0 };
                if passes {
                    answer(200)
                } else {
                    throttled(Some(secs(1)))
                }
            });
            let replies = replies.collect();
            through += scheduler.settle(batch.id, replies, now).deliveries.len();
        }
    }
    let statistics = scheduler.statistics();
    assert!(now.since_start() < secs(55), "{now:?} {statistics:?}");
    assert!(statistics.throttled < 50, "{statistics:?}");
}
