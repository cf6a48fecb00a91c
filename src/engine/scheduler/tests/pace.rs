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
