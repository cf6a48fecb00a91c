//! `[faults]`: what goes wrong.
//!
//! Shares are chances from 0.0 to 1.0, drawn for each request from the scenario's seed; everything is
//! off by default. Times count from the first request.

use serde::Deserialize;

use super::{ScenarioError, out_of_range, seconds, share};

/// What goes wrong, how often and when.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// `server_errors`: share of Graph requests (alone or inside a batch) that are answered 500, 502,
    /// 503 or 504 and do nothing.
    pub server_errors: f64,
    /// `server_errors_after`: the same, answered after the effect took place (observed: 503 and 504
    /// after a success).
    pub server_errors_after: f64,
    /// `slow`: share of Graph requests that take `slow_seconds` longer.
    pub slow: f64,
    /// `slow_seconds`: how much longer; 40 by default, which is beyond what a batch may take.
    pub slow_seconds: f64,
    /// `gateway_errors`: share of HTTP requests answered 502, 503 or 504 as a whole; nothing ran.
    pub gateway_errors: f64,
    /// `gateway_errors_after`: the same, but everything ran.
    pub gateway_errors_after: f64,
    /// `resets`: share of HTTP requests whose connection is cut before anything ran.
    pub resets: f64,
    /// `resets_after`: the same, after everything ran.
    pub resets_after: f64,
    /// `cut_bodies`: share of HTTP responses that end in the middle of their body.
    pub cut_bodies: f64,
    /// `corrupted_bodies`: share of HTTP responses with bytes that no JSON has.
    pub corrupted_bodies: f64,
    /// `missing_replies`: share of batches in whose answer one reply is missing.
    pub missing_replies: f64,
    /// `doubled_replies`: share of batches in whose answer one reply stands twice.
    pub doubled_replies: f64,
    /// `drips`: share of HTTP responses whose body takes `drip_seconds` to arrive.
    pub drips: f64,
    /// `drip_seconds`: how long; 5 by default.
    pub drip_seconds: f64,
    /// `redirects`: share of HTTP requests answered with a redirect to `redirect_to`.
    pub redirects: f64,
    /// `redirect_to`: scheme and host; `https://elsewhere.example` by default. A client that follows
    /// has given its token away.
    pub redirect_to: String,
    /// `[[faults.outages]]`: times in which nothing is served.
    pub outages: Vec<Outage>,
    /// `[[faults.quota_steps]]`: from when on the limits are others; in the order of their times.
    pub quota_steps: Vec<QuotaStep>,
    /// `[faults.neighbour]`: another application that uses up a part of every limit.
    pub neighbour: Option<Neighbour>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            server_errors: 0.0,
            server_errors_after: 0.0,
            slow: 0.0,
            slow_seconds: 40.0,
            gateway_errors: 0.0,
            gateway_errors_after: 0.0,
            resets: 0.0,
            resets_after: 0.0,
            cut_bodies: 0.0,
            corrupted_bodies: 0.0,
            missing_replies: 0.0,
            doubled_replies: 0.0,
            drips: 0.0,
            drip_seconds: 5.0,
            redirects: 0.0,
            redirect_to: "https://elsewhere.example".to_owned(),
            outages: Vec::new(),
            quota_steps: Vec::new(),
            neighbour: None,
        }
    }
}

/// A time in which nothing is served.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// `at_seconds`: when it begins.
    pub at_seconds: f64,
    /// `seconds`: how long it lasts.
    pub seconds: f64,
    /// `status`: what every HTTP request is answered, 500 to 599; 503 by default. 0 cuts the
    /// connection instead.
    #[serde(default = "unavailable")]
    pub status: u16,
}

fn unavailable() -> u16 {
    503
}

/// A moment from which on the limits are others.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaStep {
    /// `at_seconds`: when.
    pub at_seconds: f64,
    /// `share`: what the rate of every limit is multiplied with from then on; 0.001 to 1,000.
    pub share: f64,
}

/// Another application that uses up a part of every limit, more and less in turn.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// `least`: the smallest share it takes, which is where it begins; 0.0 by default.
    #[serde(default)]
    pub least: f64,
    /// `most`: the largest share it takes, up to 0.99.
    pub most: f64,
    /// `period_seconds`: from one smallest share to the next; 1 or more.
    pub period_seconds: f64,
}

impl Faults {
    pub(super) fn check(&self) -> Result<(), ScenarioError> {
        let of_execution = [
            ("faults.server_errors", self.server_errors),
            ("faults.server_errors_after", self.server_errors_after),
        ];
        let of_http = [
            ("faults.gateway_errors", self.gateway_errors),
            ("faults.gateway_errors_after", self.gateway_errors_after),
            ("faults.resets", self.resets),
            ("faults.resets_after", self.resets_after),
            ("faults.cut_bodies", self.cut_bodies),
            ("faults.corrupted_bodies", self.corrupted_bodies),
            ("faults.missing_replies", self.missing_replies),
            ("faults.doubled_replies", self.doubled_replies),
            ("faults.drips", self.drips),
            ("faults.redirects", self.redirects),
        ];
        together("a Graph request", &of_execution)?;
        together("an HTTP request", &of_http)?;
        share("faults.slow", self.slow)?;
        seconds("faults.slow_seconds", self.slow_seconds)?;
        seconds("faults.drip_seconds", self.drip_seconds)?;
        self.outages.iter().try_for_each(Outage::check)?;
        self.quota_steps.iter().try_for_each(QuotaStep::check)?;
        self.neighbour.iter().try_for_each(Neighbour::check)
    }
}

/// Of faults that exclude each other one is drawn, so their shares are parts of one whole.
fn together(befall: &'static str, shares: &[(&'static str, f64)]) -> Result<(), ScenarioError> {
    for (key, value) in shares {
        share(key, *value)?;
    }
    let sum: f64 = shares.iter().map(|(_, value)| value).sum();
    // Shares that add up to one may do so only nearly.
    if sum > 1.0 + 1e-9 {
        return Err(ScenarioError::TooMuch { befall, sum });
    }
    Ok(())
}

impl Outage {
    fn check(&self) -> Result<(), ScenarioError> {
        seconds("faults.outages.at_seconds", self.at_seconds)?;
        seconds("faults.outages.seconds", self.seconds)?;
        if self.status == 0 || (500..600).contains(&self.status) {
            return Ok(());
        }
        Err(out_of_range(
            "faults.outages.status",
            "0 or 500 to 599",
            &self.status,
        ))
    }
}

impl QuotaStep {
    fn check(&self) -> Result<(), ScenarioError> {
        seconds("faults.quota_steps.at_seconds", self.at_seconds)?;
        if (0.001..=1_000.0).contains(&self.share) {
            return Ok(());
        }
        Err(out_of_range(
            "faults.quota_steps.share",
            "0.001 to 1000",
            &self.share,
        ))
    }
}

impl Neighbour {
    fn check(&self) -> Result<(), ScenarioError> {
        share("faults.neighbour.least", self.least)?;
        if !(self.least..=0.99).contains(&self.most) {
            let range = format!("{} to 0.99", self.least);
            return Err(out_of_range("faults.neighbour.most", range, &self.most));
        }
        seconds("faults.neighbour.period_seconds", self.period_seconds)?;
        if self.period_seconds >= 1.0 {
            return Ok(());
        }
        Err(out_of_range(
            "faults.neighbour.period_seconds",
            "at least 1",
            &self.period_seconds,
        ))
    }
}
