//! Issues Temporary Access Passes.

mod exchange;
mod pass;

use super::user::OneWay;
use super::{
    Column, Conversation, Fields, Item, Job, JobOption, NewItem, OptionError, Refusal, Settings,
    Stage, Work, content,
};
use exchange::Exchange;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The job `tap`.
#[derive(Debug)]
pub(super) struct Tap;

const USER: &str = Column::USER.name;
const LIFETIME: &str = "LifetimeInMinutes";
const START: &str = "StartDateTime";
const ONCE: &str = "UsableOnce";

const COLUMNS: &[Column] = &[
    Column::USER,
    Column {
        name: LIFETIME,
        aliases: &["Lifetime", "Minutes"],
        required: false,
    },
    Column {
        name: START,
        aliases: &["Start", "StartsAt"],
        required: false,
    },
    Column {
        name: ONCE,
        aliases: &["IsUsableOnce", "OneTime", "OneTimeUse"],
        required: false,
    },
];

const ON_EXISTING: JobOption = JobOption {
    name: "on-existing",
    value: Some("WHAT"),
    choices: &["keep", "replace", "fail"],
    help: "What to do where a person has a usable pass already",
};

const OPTIONS: &[JobOption] = &[
    ON_EXISTING,
    JobOption {
        name: "lifetime",
        value: Some("MINUTES"),
        choices: &[],
        help: "How long passes last, 10 to 43200; without it the tenant's policy decides",
    },
    JobOption {
        name: "start",
        value: Some("TIME"),
        choices: &[],
        help: "When passes become usable, such as 2030-01-31T06:00:00+01:00; without it at once",
    },
    JobOption {
        name: "usable-once",
        value: None,
        choices: &[],
        help: "Issue passes for one sign-in only; a multi-use pass is safer for people who set up a phone or PC",
    },
];

const PASS: &str = "TemporaryAccessPass";
const RESULT_START: &str = "ResultStartsAt";
const RESULT_EXPIRY: &str = "ResultExpiresAt";
const RESULT_ONCE: &str = "ResultUsableOnce";
const RESULT_USABILITY: &str = "ResultUsability";

impl Job for Tap {
    fn name(&self) -> &'static str {
        "tap"
    }

    fn about(&self) -> &'static str {
        "Issue Temporary Access Passes"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn options(&self) -> &'static [JobOption] {
        OPTIONS
    }

    fn result_columns(&self) -> &'static [&'static str] {
        &[
            PASS,
            RESULT_START,
            RESULT_EXPIRY,
            RESULT_ONCE,
            RESULT_USABILITY,
        ]
    }

    fn secret_column(&self) -> Option<&'static str> {
        Some(PASS)
    }

    fn sameness(&self) -> &'static str {
        "the same person"
    }

    fn in_doubt_hint(&self) -> &'static str {
        "The person may have a pass that nobody knows. `bulkgraph retry RUN --status in_doubt` looks \
         again: a pass that was made when the answer was lost is replaced by a new one, any other \
         usable pass is dealt with as `--on-existing` says."
    }

    fn configure(&self, settings: &Settings) -> Result<Box<dyn Work>, OptionError> {
        let wrong = |option, problem: String| OptionError {
            option,
            value: settings.option(option).unwrap_or_default().to_owned(),
            problem,
        };
        let on_existing = match settings.choice(&ON_EXISTING)? {
            "replace" => OnExisting::Replace,
            "fail" => OnExisting::Fail,
            _ => OnExisting::Keep,
        };
        let lifetime = settings.option("lifetime").map(parse_lifetime).transpose();
        let start = settings
            .option("start")
            .map(|text| parse_start(text, settings.started_at))
            .transpose();
        Ok(Box::new(Issue {
            on_existing,
            lifetime: lifetime.map_err(|problem| wrong("lifetime", problem))?,
            start: start.map_err(|problem| wrong("start", problem))?,
            once: settings.option("usable-once").is_some(),
            started_at: settings.started_at,
            people: OneWay::default(),
        }))
    }
}

/// What to do where a person has a usable pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnExisting {
    Keep,
    Replace,
    Fail,
}

/// What a row asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Wish {
    user: String,
    /// Minutes; the tenant's default without it.
    lifetime: Option<u32>,
    /// RFC 3339; at once without it.
    start: Option<String>,
    once: bool,
}

/// The job with its options.
#[derive(Debug)]
struct Issue {
    on_existing: OnExisting,
    lifetime: Option<u32>,
    start: Option<String>,
    once: bool,
    started_at: OffsetDateTime,
    people: OneWay,
}

impl Work for Issue {
    fn check(&self, row: &Fields<'_>) -> Result<NewItem, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let user = row.text(USER);
        if let Err(problem) = self.people.check(user) {
            refusals.push(row.refuse(USER, problem));
        }
        let lifetime = cell(row, LIFETIME, parse_lifetime, &mut refusals).or(self.lifetime);
        let start = cell(
            row,
            START,
            |text| parse_start(text, self.started_at),
            &mut refusals,
        );
        let once = cell(row, ONCE, parse_once, &mut refusals).unwrap_or(self.once);
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let wish = Wish {
            user: user.to_owned(),
            lifetime,
            start: start.or_else(|| self.start.clone()),
            once,
        };
        Ok(NewItem {
            key: user.to_lowercase(),
            company: None,
            stage: Stage::Work,
            content: content(&wish),
            fields: Vec::new(),
        })
    }

    fn converse(&self, items: Vec<Item>) -> Vec<Box<dyn Conversation>> {
        let start = |item| Box::new(Exchange::new(item, self.on_existing)) as Box<dyn Conversation>;
        items.into_iter().map(start).collect()
    }
}

/// The value of a cell that may be empty; a wrong one is added to the refusals.
fn cell<T>(
    row: &Fields<'_>,
    column: &'static str,
    parse: impl Fn(&str) -> Result<T, String>,
    refusals: &mut Vec<Refusal>,
) -> Option<T> {
    let text = row.text(column);
    if text.is_empty() {
        return None;
    }
    parse(text)
        .map_err(|problem| refusals.push(row.refuse(column, problem)))
        .ok()
}

/// The bounds are those of the resource (Graph: temporaryAccessPassAuthenticationMethod); a
/// tenant's policy may be narrower.
fn parse_lifetime(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(minutes @ 10..=43_200) => Ok(minutes),
        Ok(_) => Err("is out of range: a pass lasts 10 to 43200 minutes (30 days)".to_owned()),
        Err(_) => Err("is not a whole number of minutes, such as 480".to_owned()),
    }
}

fn parse_start(text: &str, now: OffsetDateTime) -> Result<String, String> {
    let start = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| {
        "is not a time with an offset from UTC, such as 2030-01-31T06:00:00+01:00 or 2030-01-31T05:00:00Z".to_owned()
    })?;
    if start < now {
        return Err(
            "is in the past: choose a later time, or leave it empty to start at once".to_owned(),
        );
    }
    pass::utc(start).ok_or_else(|| "is no time that a pass could start at".to_owned())
}

fn parse_once(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err("is neither true nor false".to_owned()),
    }
}
