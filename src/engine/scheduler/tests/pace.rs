use super::*;
use crate::engine::{Counts, Scope, Whose};

/// A refusal by a limit of writes.
fn refused_by_writes(whose: Whose) -> Reply {
    let Reply::Answer(answer) = throttled(Some(secs(5))) else {
        unreachable!()
    };
    let counts = Counts::Write;
    Reply::Answer(Answer {
        throttle: Throttle {
            scope: Some(Scope { whose, counts }),
            ..Throttle::default()
        },
        ..answer
    })
}

/// Lets through all that is sent at once, until `end`; how many that was.
fn through(scheduler: &mut Scheduler, end: Moment) -> usize {
    let (mut now, mut through) = (at(0), 0);
    while now < end {
        match scheduler.next(now) {
            Next::Send(batch) => {
                through += batch.operations.len();
                settle_all(scheduler, &batch, &answer(200), now);
            }
            Next::WaitUntil(later) => now = later,
            other => panic!("{other:?}"),
        }
    }
    through
}

#[test]
fn where_only_writes_are_refused_reads_go_on() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 1, &write(Effect::Idempotent));
    let batch = send(&mut scheduler, at(0));
    settle_all(
        &mut scheduler,
        &batch,
        &refused_by_writes(Whose::TenantApplication),
        at(100),
    );
    scheduler.offer(OperationId(7), Turn::Opening, read(), at(100));
    let batch = send(&mut scheduler, at(100));
    assert_eq!(batch.operations[0].0, OperationId(7));
    settle_all(&mut scheduler, &batch, &answer(200), at(200));
    let (batch, when) = send_after(&mut scheduler, at(200));
    assert_eq!(batch.operations[0].0, OperationId(0));
    assert!(when >= at(5_100), "{when:?}");
}

#[test]
fn whose_limit_it_was_is_said() {
    let said = [Whose::TenantApplication, Whose::Tenant, Whose::Application].map(|whose| {
        let mut scheduler = scheduler();
        offer(&mut scheduler, 1, &write(Effect::Idempotent));
        let batch = send(&mut scheduler, at(0));
        settle_all(&mut scheduler, &batch, &refused_by_writes(whose), at(100));
        scheduler.trouble().unwrap().to_owned()
    });
    assert_eq!(
        said,
        [
            "the service is throttling: this application's limit in the tenant",
            "the service is throttling: the limit of all applications in the tenant together",
            "the service is throttling: this application's limit in all tenants together",
        ]
    );
}

#[test]
fn what_the_service_charges_more_than_the_table_says_is_made_up_for() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 2, &read());
    let batch = send(&mut scheduler, at(0));
    let Reply::Answer(dear) = answer(200) else {
        unreachable!()
    };
    let dear = Reply::Answer(Answer {
        throttle: Throttle {
            units: Some(3_500),
            ..Throttle::default()
        },
        ..dear
    });
    settle_all(&mut scheduler, &batch, &dear, at(0));
    offer(&mut scheduler, 1, &read());
    let (_, when) = send_after(&mut scheduler, at(0));
    assert!((at(9_900)..at(20_100)).contains(&when), "{when:?}");
}

#[test]
fn a_user_s_rate_is_the_most_of_writes_and_leaves_reads_alone() {
    let limits = Limits {
        rate: Some(2.0),
        ..Limits::default()
    };
    let mut scheduler = Scheduler::new(limits, 7);
    offer(&mut scheduler, 1_000, &write(Effect::Idempotent));
    let writes = through(&mut scheduler, Moment::at(secs(60)));
    assert!((118..=122).contains(&writes), "{writes}");
    let mut scheduler = Scheduler::new(limits, 7);
    offer(&mut scheduler, 1_000, &read());
    let Next::Send(batch) = scheduler.next(at(0)) else {
        panic!("nothing to send")
    };
    assert_eq!(batch.operations.len(), 20);
}

#[test]
fn a_share_leaves_the_rest_of_a_documented_quota_to_others() {
    let limits = Limits {
        share: 0.5,
        ..Limits::default()
    };
    let mut scheduler = Scheduler::new(limits, 7);
    offer(&mut scheduler, 10_000, &write(Effect::Idempotent));
    let writes = through(&mut scheduler, Moment::at(secs(150)));
    assert!((2_950..=3_000).contains(&writes), "{writes}");
}

#[test]
fn batches_that_only_wait_for_each_other_become_fewer() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 4_000, &read());
    let in_flight = |scheduler: &mut Scheduler, now: Moment| {
        let mut batches = Vec::new();
        while let Next::Send(batch) = scheduler.next(now) {
            batches.push(batch);
        }
        batches
    };
    let mut now = at(0);
    let mut counts = Vec::new();
    for round in 0..12_u64 {
        let batches = in_flight(&mut scheduler, now);
        counts.push(batches.len());
        let took = if round == 0 { 200 } else { 4_000 };
        now = now + Duration::from_millis(took);
        for batch in batches {
            settle_all(&mut scheduler, &batch, &answer(200), now);
        }
    }
    assert_eq!(counts[0], Limits::CONCURRENCY);
    assert!(*counts.last().unwrap() <= 2, "{counts:?}");
}

/// Takes a refusal by the limit of writes that asks for so many seconds.
fn writes_paused(scheduler: &mut Scheduler, now: Moment, seconds: u64) {
    let (batch, sent) = send_after(scheduler, now);
    let Reply::Answer(refusal) = refused_by_writes(Whose::TenantApplication) else {
        unreachable!()
    };
    let refusal = Answer {
        retry_after: Some(secs(seconds)),
        ..refusal
    };
    settle_all(scheduler, &batch, &Reply::Answer(refusal), sent);
}

#[test]
fn writes_that_were_about_to_go_wait_for_the_end_of_their_pause() {
    let limits = Limits {
        concurrency: 1,
        ..Limits::default()
    };
    let mut scheduler = Scheduler::new(limits, 7);
    offer(&mut scheduler, 60, &write(Effect::Idempotent));
    let batch = send(&mut scheduler, at(0));
    assert!(matches!(scheduler.next(at(10)), Next::WaitForReply));
    let refused = refused_by_writes(Whose::TenantApplication);
    settle_all(&mut scheduler, &batch, &refused, at(200));
    let (batch, when) = send_after(&mut scheduler, at(200));
    assert!(when >= at(5_200), "{when:?}");
    assert_eq!(batch.operations[0].0, OperationId(0), "in their order");
}

#[test]
fn a_read_that_is_due_does_not_wait_for_writes() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 1, &write(Effect::Idempotent));
    writes_paused(&mut scheduler, at(0), 600);
    scheduler.offer(OperationId(9), Turn::Opening, read().after(secs(5)), at(0));
    let (_, when) = send_after(&mut scheduler, at(0));
    assert!(when < at(6_000), "{when:?}");
}

#[test]
fn reads_do_not_wait_for_the_rate_of_writes() {
    let limits = Limits {
        rate: Some(0.05),
        ..Limits::default()
    };
    let mut scheduler = Scheduler::new(limits, 7);
    offer(&mut scheduler, 3, &write(Effect::Idempotent));
    let (batch, now) = send_after(&mut scheduler, at(0));
    settle_all(&mut scheduler, &batch, &answer(200), now);
    (10..30).for_each(|id| scheduler.offer(OperationId(id), Turn::Opening, read(), now));
    let (batch, when) = send_after(&mut scheduler, now);
    assert_eq!((batch.operations.len(), when), (20, now));
}

#[test]
fn reads_go_on_in_full_batches_while_writes_are_paused_again_and_again() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 1, &write(Effect::Idempotent));
    (0..4).for_each(|_| writes_paused(&mut scheduler, at(0), 0));
    let now = at(60_000);
    writes_paused(&mut scheduler, now, 60);
    (10..110).for_each(|id| scheduler.offer(OperationId(id), Turn::Opening, read(), now));
    assert_eq!(send_after(&mut scheduler, now).0.operations.len(), 20);
}

#[test]
fn writers_that_met_are_no_outage() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 1, &write(Effect::Idempotent).on("a"));
    let batch = send(&mut scheduler, at(0));
    let code = json!({"error": {"code": "Directory_ConcurrencyViolation", "message": ""}});
    let Reply::Answer(conflict) = answer(409) else {
        unreachable!()
    };
    let body = Body::Json(code);
    let met = Reply::Answer(Answer { body, ..conflict });
    settle_all(&mut scheduler, &batch, &met, at(100));
    assert_eq!(scheduler.paused_until(at(100)), None);
}

#[test]
fn one_connection_that_failed_says_nothing_of_how_long_batches_take() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 4_000, &read());
    let batch = send(&mut scheduler, at(0));
    let unsent = Reply::Unsent("no route".to_owned());
    settle_all(&mut scheduler, &batch, &unsent, at(1));
    let mut now = at(5_000);
    let mut count = 0;
    for _ in 0..10 {
        let mut batches = Vec::new();
        while let Next::Send(batch) = scheduler.next(now) {
            batches.push(batch);
        }
        count = batches.len();
        now = now + secs(2);
        for batch in batches {
            settle_all(&mut scheduler, &batch, &answer(200), now);
        }
    }
    assert_eq!(count, Limits::CONCURRENCY);
}

#[test]
fn half_a_share_leaves_half_of_the_resource_units() {
    let limits = Limits {
        share: 0.5,
        concurrency: 1_000,
        ..Limits::default()
    };
    let mut scheduler = Scheduler::new(limits, 7);
    offer(&mut scheduler, 5_000, &read());
    let mut sent = 0;
    while let Next::Send(batch) = scheduler.next(at(0)) {
        sent += batch.operations.len();
    }
    assert_eq!(sent, 1_750);
}

#[test]
fn a_service_that_lets_fewer_reads_through_than_documented_is_not_stormed() {
    let mut scheduler = scheduler();
    offer(&mut scheduler, 20_000, &read());
    let (mut now, mut through, mut level) = (at(0), 0, 20.0_f64);
    let mut filled = now;
    while now < Moment::at(secs(300)) {
        match scheduler.next(now) {
            Next::Send(batch) => {
                let landing = now + Duration::from_millis(100);
                level = (level + landing.since(filled).as_secs_f64() * 20.0).min(20.0);
                filled = landing;
                let replies = batch.operations.iter().map(|_| {
                    let passes = level >= 1.0;
                    level -= f64::from(u8::from(passes));
                    through += u32::from(passes);
                    if passes {
                        answer(200)
                    } else {
                        throttled(Some(secs(1)))
                    }
                });
                let replies = replies.collect();
                scheduler.settle(batch.id, replies, landing);
                now = landing;
            }
            Next::WaitUntil(later) => now = later,
            other => panic!("{other:?}"),
        }
    }
    let refused = scheduler.statistics().throttled;
    assert!(through >= 5_000, "{through} through, {refused} refused");
    assert!(refused <= 600, "{through} through, {refused} refused");
}
