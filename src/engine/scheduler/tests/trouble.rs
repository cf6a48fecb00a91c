use super::*;

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
        sizes.len() < 200,
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
    assert_eq!(batch.operations.len(), 8);
    scheduler.settle(batch.id, vec![answer(204); 8], at(10));
    let batch = send(&mut scheduler, at(10));
    assert_eq!(batch.operations.len(), 12, "they got through");
    let body =
        Body::Json(json!({"error": {"code": "Directory_ConcurrencyViolation", "message": ""}}));
    let collision = Reply::Answer(Answer {
        status: 409,
        retry_after: None,
        request_id: None,
        throttle: Throttle::default(),
        body,
    });
    scheduler.settle(batch.id, vec![collision; 12], at(20));
    for (id, group) in (200..).zip(["b", "c", "d"]) {
        scheduler.offer(OperationId(id), Turn::Opening, to(group), at(30));
    }
    let (batch, _) = send_after(&mut scheduler, at(30));
    let others = batch.operations.iter().filter(|(id, _)| id.0 >= 200);
    assert_eq!((batch.operations.len(), others.count()), (3, 3));
    let (batch, when) = send_after(&mut scheduler, at(30));
    assert_eq!(batch.operations.len(), 1, "one at a time");
    assert!(matches!(
        scheduler.next(when + secs(60)),
        Next::WaitForReply
    ));
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
    // Few, although a wave this short is over soon after the search.
    assert!(
        statistics.throttled * 20 < statistics.requests,
        "{statistics:?}"
    );
}
