//! Assigns phone numbers as authentication methods.

mod exchange;
mod number;

use super::user::OneWay;
use super::{
    Column, Conversation, Fields, Item, Job, JobOption, NewItem, OptionError, Refusal, Settings,
    Stage, Work, content,
};
use exchange::Exchange;
use phonenumber::country::Id;
use serde::{Deserialize, Serialize};

/// The job `phone`.
#[derive(Debug)]
pub(super) struct Phone;

const USER: &str = Column::USER.name;
const NUMBER: &str = "PhoneNumber";
const TYPE: &str = "PhoneType";

const COLUMNS: &[Column] = &[
    Column::USER,
    Column {
        name: NUMBER,
        aliases: &[
            "Phone",
            "Number",
            "Mobile",
            "MobileNumber",
            "MobilePhone",
            "Telephone",
        ],
        required: true,
    },
    Column {
        name: TYPE,
        aliases: &["Type", "NumberType"],
        required: false,
    },
];

const ON_EXISTING: JobOption = JobOption {
    name: "on-existing",
    value: Some("WHAT"),
    choices: &["update", "keep", "fail"],
    help: "What to do where a person has another number of that type",
};

const OPTIONS: &[JobOption] = &[
    ON_EXISTING,
    JobOption {
        name: "region",
        value: Some("CC"),
        choices: &[],
        help: "Country of numbers without a country code, such as SE; without it they are refused",
    },
];

/// The column that holds the number that the tenant has now.
const RESULT_NUMBER: &str = "ResultPhoneNumber";
/// The column that holds the state of SMS sign-in.
const RESULT_SMS: &str = "ResultSmsSignIn";

impl Job for Phone {
    fn name(&self) -> &'static str {
        "phone"
    }

    fn about(&self) -> &'static str {
        "Assign phone numbers as authentication methods (SMS sign-in)"
    }

    fn columns(&self) -> &'static [Column] {
        COLUMNS
    }

    fn options(&self) -> &'static [JobOption] {
        OPTIONS
    }

    fn result_columns(&self) -> &'static [&'static str] {
        &[RESULT_NUMBER, RESULT_SMS]
    }

    fn sameness(&self) -> &'static str {
        "the same person and type of phone"
    }

    fn in_doubt_hint(&self) -> &'static str {
        "Run this row again: it looks first."
    }

    fn configure(&self, settings: &Settings) -> Result<Box<dyn Work>, OptionError> {
        let on_existing = match settings.choice(&ON_EXISTING)? {
            "keep" => OnExisting::Keep,
            "fail" => OnExisting::Fail,
            _ => OnExisting::Update,
        };
        let region = settings.option("region").map(|region| {
            region
                .to_uppercase()
                .parse::<Id>()
                .map_err(|_| OptionError {
                    option: "region",
                    value: region.to_owned(),
                    problem: "is no country code of two letters, such as SE or US".to_owned(),
                })
        });
        Ok(Box::new(Assign {
            on_existing,
            region: region.transpose()?,
            people: OneWay::default(),
        }))
    }
}

/// What to do where a person has another number of that type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnExisting {
    Update,
    Keep,
    Fail,
}

/// The types that Graph knows. Each is one slot per person with the same id for everybody (Graph:
/// phoneAuthenticationMethod).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum PhoneType {
    Mobile,
    AlternateMobile,
    Office,
}

impl PhoneType {
    const ALL: [Self; 3] = [Self::Mobile, Self::AlternateMobile, Self::Office];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::AlternateMobile => "alternateMobile",
            Self::Office => "office",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Mobile => "3179e48a-750b-4051-897c-87b9720928f7",
            Self::AlternateMobile => "b6332ec1-7057-4abe-9331-3d72feddfe41",
            Self::Office => "e37fc753-ff3b-4958-9484-eaa9425c82bc",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let key = super::key_of(text);
        if key.is_empty() {
            return Some(Self::Mobile);
        }
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(&key))
    }
}

/// What a row asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Wish {
    user: String,
    number: String,
    #[serde(rename = "type")]
    kind: PhoneType,
}

/// The job with its options.
#[derive(Debug)]
struct Assign {
    on_existing: OnExisting,
    region: Option<Id>,
    people: OneWay,
}

impl Work for Assign {
    fn check(&self, row: &Fields<'_>) -> Result<NewItem, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let user = row.text(USER);
        if let Err(problem) = self.people.check(user) {
            refusals.push(row.refuse(USER, problem));
        }
        let number = number::normalise(row.text(NUMBER), self.region)
            .map_err(|problem| refusals.push(row.refuse(NUMBER, problem)))
            .unwrap_or_default();
        let Some(kind) = PhoneType::parse(row.text(TYPE)) else {
            refusals.push(row.refuse(
                TYPE,
                "is not a type of phone: use mobile, alternateMobile or office",
            ));
            return Err(refusals);
        };
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let wish = Wish {
            user: user.to_owned(),
            number,
            kind,
        };
        Ok(NewItem {
            key: format!("{} {}", user.to_lowercase(), kind.as_str()),
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
