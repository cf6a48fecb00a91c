//! The way of a request through the service: faults, gateway, batch, limits, endpoint.

use std::time::Duration;

use time::OffsetDateTime;

use super::batch;
use super::endpoints;
use super::faults::{self, Fault, ServerError};
use super::limits::{Charge, Throttled, Whose};
use super::protocol::arrival::{Arrival, Work};
use super::protocol::call::{self, Call, Payload};
use super::protocol::error::GraphError;
use super::protocol::origin::Origin;
use super::protocol::reply::Reply;
use super::protocol::routing::{Method, Route};
use super::protocol::workload::Workload;
use super::sign_in;
use super::{Answer, Delivery, Request, Simulator};

impl Simulator {
    /// Answers an HTTP request to Graph.
    pub(super) fn serve(&mut self, request: &Request, now: OffsetDateTime) -> Answer {
        let fault = self.faults.on_request(now, &mut self.rng);
        let load = self.latency.of_load(now);
        let mut arrival = Arrival::new(&request.headers, &mut self.rng, now);
        let (reply, took) = match fault {
            Some(fault) if fault.prevents() => {
                let target = &request.path_and_query;
                let reply = self.faults.instead(fault, target, &mut self.rng);
                (reply, self.latency.one(&mut self.rng))
            }
            _ => self.gateway(request, &mut arrival, fault),
        };
        let answer = Answer {
            response: reply.into_response(&arrival),
            delay: took + load,
            delivery: Delivery::Whole,
        };
        match fault {
            Some(fault) => self.faults.spoil(fault, answer, &mut self.rng),
            None => answer,
        }
    }

    /// What every request passes before it is told apart by its address.
    fn gateway(
        &mut self,
        request: &Request,
        arrival: &mut Arrival,
        fault: Option<Fault>,
    ) -> (Reply, Duration) {
        let done = self.dispatch(request, arrival, fault);
        let (reply, took) = match done {
            Ok(done) => done,
            Err(error) => {
                let reply = Reply::from(error);
                self.statistics.refused(&reply);
                (reply, self.latency.one(&mut self.rng))
            }
        };
        if fault == Some(Fault::GatewayErrorAfter) {
            return (faults::gateway_error(&mut self.rng), took);
        }
        (reply, took)
    }

    /// Lets the caller in, and hands on to the batch or to the one address.
    fn dispatch(
        &mut self,
        request: &Request,
        arrival: &mut Arrival,
        fault: Option<Fault>,
    ) -> Result<(Reply, Duration), GraphError> {
        let (origin, target) = Origin::of(request);
        let (origin, target) = origin.within_version(target)?;
        match self.sign_in.admit(&request.headers, &origin, arrival.now) {
            Ok(caller) => arrival.caller = caller,
            Err(refused) => {
                self.statistics.refused(&refused);
                return Ok((refused, self.latency.one(&mut self.rng)));
            }
        }
        if !batch::is_address(target) {
            let payload = Payload::from_bytes(&request.headers, &request.body)?;
            let arrival = Arrival {
                work: Work {
                    begins: Duration::ZERO,
                    ends: self.time_of_one(),
                },
                ..arrival.clone()
            };
            let reply = self.one(&request.method, target, payload, &origin, &arrival);
            return Ok((reply, arrival.work.ends.min(self.deadline())));
        }
        if !request.method.eq_ignore_ascii_case("POST") {
            return Err(GraphError::method_not_allowed());
        }
        call::require_json(&request.headers)?;
        self.statistics.batch();
        let mut done = batch::answer(self, &request.body, &origin, arrival)?;
        if let Some(fault) = fault {
            faults::lose_or_double(fault, &mut done.replies, &mut self.rng);
        }
        let took = done.took;
        Ok((Reply::from(done), took))
    }

    /// How long the next Graph request takes.
    pub(super) fn time_of_one(&mut self) -> Duration {
        self.latency.one(&mut self.rng) + self.faults.slowness(&mut self.rng)
    }

    /// How long a request may take before it is answered without having ended.
    pub(super) fn deadline(&self) -> Duration {
        self.late.deadline()
    }

    /// Answers one Graph request, alone or from a batch: route, charge, carry out, count.
    pub(super) fn one(
        &mut self,
        method: &str,
        target: &str,
        payload: Payload,
        origin: &Origin,
        arrival: &Arrival,
    ) -> Reply {
        let method = Method::parse(method);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (pattern, reply) = match Route::parse(path) {
            Ok(route) => {
                let pattern = route.pattern();
                let call = Call {
                    method,
                    route,
                    query,
                    payload,
                    origin,
                    arrival,
                };
                (pattern, self.charged(call))
            }
            Err(error) => ("(unknown)", Reply::from(error)),
        };
        self.statistics.answered(method, pattern, &reply);
        reply
    }

    /// A part of a batch that is not run because one that it depends on failed.
    pub(super) fn not_run(&mut self, method: &str, target: &str) -> Reply {
        let path = target.split('?').next().unwrap_or_default();
        let pattern = Route::parse(path).map_or("(unknown)", |route| route.pattern());
        let reply = Reply::from(GraphError::failed_dependency());
        self.statistics
            .answered(Method::parse(method), pattern, &reply);
        reply
    }

    fn charged(&mut self, call: Call<'_>) -> Reply {
        let charge = Charge::of(&call);
        let charged = self.limits.charge(charge, call.arrival);
        let reply = if let Some(throttled) = &charged.refusal {
            self.throttled(throttled, &call)
        } else {
            self.statistics.executed(charge);
            self.timed(call)
        };
        charged.with_headers(reply, charge)
    }

    fn throttled(&mut self, throttled: &Throttled, call: &Call<'_>) -> Reply {
        let arrival = call.arrival;
        let (retry_after, wait) = self.limits.retry_after(throttled, arrival.now);
        self.statistics
            .throttled(throttled.limit, arrival.now, wait);
        let (application, tenant) = (
            arrival.caller.application.to_string(),
            self.sign_in.tenant().to_string(),
        );
        let whose = Whose {
            application: &application,
            tenant: &tenant,
        };
        throttled.reply(retry_after, &whose)
    }

    /// Carries a request out, unless it takes too long: then it is answered 504, and what it does is
    /// done later or never.
    fn timed(&mut self, call: Call<'_>) -> Reply {
        if call.arrival.work.ends > self.deadline() {
            self.late.leave(call, &mut self.rng);
            return Reply::from(GraphError::unavailable(504));
        }
        match self.faults.on_execution(&mut self.rng) {
            None => self.execute(&call),
            Some(ServerError::BeforeEffect) => faults::server_error(&mut self.rng),
            Some(ServerError::AfterEffect) => {
                self.execute(&call);
                faults::server_error(&mut self.rng)
            }
        }
    }

    fn execute(&mut self, call: &Call<'_>) -> Reply {
        self.tenant.replicas.choose(&mut self.rng, call.arrival.now);
        let reply = sign_in::authorize(&self.tenant, call)
            .and_then(|()| endpoints::answer(&mut self.tenant, &mut self.rng, call))
            .unwrap_or_else(Reply::from);
        self.statistics.carried_out(call, &reply);
        self.maybe_foreign(call, reply)
    }

    /// Now and then, the back end of the authentication methods refuses in words of its own.
    fn maybe_foreign(&mut self, call: &Call<'_>, reply: Reply) -> Reply {
        let may_be = self.foreign_error_bodies > 0.0
            && (400..500).contains(&reply.status)
            && call.route.workload() == Workload::AuthenticationMethods;
        if may_be && self.rng.f64() < self.foreign_error_bodies {
            reply.with_foreign_body()
        } else {
            reply
        }
    }

    /// Carries out what was answered 504 and has come to its end by now.
    pub(super) fn take_late_effect(&mut self, now: OffsetDateTime) {
        while let Some(late) = self.late.due(now) {
            self.statistics.late_effect();
            self.execute(&late.call());
        }
    }
}
