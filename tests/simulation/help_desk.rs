//! Somebody else issues passes while no process of the run is alive: a help desk, or another run.

use crate::input::{Ask, Row};
use crate::life::Life;
use crate::oracle::{Said, said};
use crate::service::Service;
use crate::tenant::Pass;
use fastrand::Rng;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// When what was sent has taken effect, if it ever does.
const EVERYTHING_HAS_HAPPENED: Duration = Duration::from_secs(40);

/// When a pass can no longer be taken for one that the dead process made: a reply is waited for for
/// 60 s, a write may run for 30 s after that, and clocks may differ by 5 min.
const NOBODY_CAN_BE_MISTAKEN: Duration = Duration::from_secs(60 + 30 + 300);

/// A pass that somebody holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HandedOut {
    pub(crate) ends: OffsetDateTime,
    /// Whether nobody could take it for a pass that the run made and never saw.
    pub(crate) is_plainly_theirs: bool,
}

/// Whoever issues passes besides the run.
#[derive(Debug)]
pub(crate) struct HelpDesk {
    rng: Rng,
    /// By the person's id.
    pub(crate) handed_out: BTreeMap<String, HandedOut>,
    /// How many of them were plainly theirs.
    pub(crate) plainly_theirs: u32,
}

impl HelpDesk {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            // Of its own, so that all else is as if there were no help desk.
            rng: Rng::with_seed(seed.wrapping_mul(0xd134_2543_de82_ef95)),
            handed_out: BTreeMap::new(),
            plainly_theirs: 0,
        }
    }
}

impl Life {
    /// A process has just ended: at times somebody else issues passes then, soon or later, for people
    /// to whom the results have not shown one.
    pub(crate) async fn issue_elsewhere(&mut self) {
        let rng = &mut self.desk.rng;
        if self.case.job != "tap" || rng.bool() {
            return;
        }
        let most_minutes = rng.choice([1, 5, 15, 15]).unwrap();
        let later = Duration::from_secs(rng.u64(..most_minutes * 60));
        let mut rows: Vec<usize> = (0..self.input.rows.len()).collect();
        rng.shuffle(&mut rows);
        let few = rng.usize(1..=5);
        tokio::time::sleep(later).await;
        for row in rows.into_iter().take(few) {
            let line = self.seen.get(row).and_then(said);
            if line != Some(Said::Succeeded) {
                let as_asked = self.desk.rng.bool();
                let was_sent = line == Some(Said::InDoubt);
                let is_plainly_theirs = !was_sent
                    || later > NOBODY_CAN_BE_MISTAKEN
                    || later > EVERYTHING_HAS_HAPPENED && !as_asked;
                let row = self.input.rows[row].clone();
                self.issue(&row, as_asked, is_plainly_theirs).await;
            }
        }
    }

    async fn issue(&mut self, row: &Row, as_asked: bool, is_plainly_theirs: bool) {
        let Ask::Pass {
            person: Some(person),
            ..
        } = &row.ask
        else {
            return;
        };
        let was = self.service.tenant().pass(person).cloned();
        let answer = self.service.issue(person, &self.wish(row, as_asked)).await;
        if answer.is_null() {
            // It may take effect all the same.
            tokio::time::sleep(EVERYTHING_HAS_HAPPENED).await;
        }
        let is = self.service.tenant().pass(person).cloned();
        if is == was {
            return;
        }
        // Where no answer came it is a pass that nobody holds.
        let is_held = is.as_ref().is_some_and(|pass| answer["id"] == *pass.id);
        let text = |member: &str| answer[member].as_str().unwrap_or_default();
        let pass = is.map(|pass| Pass {
            usable: is_held && (pass.usable || text("methodUsabilityReason") == "NotYetValid"),
            ..pass
        });
        self.desk.handed_out.remove(person);
        if is_held {
            let start = OffsetDateTime::parse(text("startDateTime"), &Rfc3339).unwrap();
            let minutes = answer["lifetimeInMinutes"].as_i64().unwrap();
            let handed_out = HandedOut {
                ends: start + time::Duration::minutes(minutes),
                is_plainly_theirs,
            };
            self.service.tell(format_args!(
                "HELP DESK: {person} is given {pass:?}, {handed_out:?}"
            ));
            self.desk.plainly_theirs += u32::from(is_plainly_theirs);
            self.desk.handed_out.insert(person.clone(), handed_out);
        }
        self.before.people.get_mut(person).unwrap().pass = pass;
    }

    /// What a row asks for, or something else.
    fn wish(&self, row: &Row, as_asked: bool) -> Value {
        let option = |name: &str| self.case.options.get(name).map(String::as_str);
        let [lifetime, start, once] = [1, 2, 3].map(|at| row.cells[at].as_str());
        let once = match once {
            "" => option("usable-once").is_some(),
            cell => cell == "true",
        };
        let mut wish = json!({"isUsableOnce": once == as_asked});
        let lifetime = match lifetime {
            "" => option("lifetime").unwrap_or_default(),
            cell => cell,
        };
        if let Ok(minutes) = lifetime.parse::<u32>() {
            wish["lifetimeInMinutes"] = json!(minutes);
        }
        if !start.is_empty() {
            wish["startDateTime"] = json!(start);
        }
        wish
    }
}

impl Service {
    /// Somebody else asks for a pass. What is answered, if it is one.
    async fn issue(&self, person: &str, wish: &Value) -> Value {
        let body = json!({"requests": [{
            "id": "0", "method": "POST", "body": wish,
            "url": format!("/users/{person}/authentication/temporaryAccessPassMethods"),
            "headers": {"Content-Type": "application/json"},
        }]});
        let reply = self
            .post_for_somebody_else(body.to_string().into_bytes())
            .await;
        let body: Value = serde_json::from_slice(&reply).unwrap_or_default();
        let reply = &body["responses"][0];
        if reply["status"] == 201 {
            reply["body"].clone()
        } else {
            Value::Null
        }
    }
}
