//! The people of the sample tenant.

use std::collections::{BTreeMap, HashMap};

use super::names::{CULTURES, Order};
use super::{Kind, People, Seed};
use crate::simulator::tenant::{DOMAIN, Object, Profile, Tenant, User, UserType};

/// Someone at head office.
struct Officer {
    given_name: &'static str,
    surname: &'static str,
    alias: &'static str,
    job_title: &'static str,
    /// Holds an administrator role, so that an Authentication Administrator cannot reach it.
    administrator: bool,
}

const OFFICE: &[Officer] = &[
    Officer {
        given_name: "Adaeze",
        surname: "Lindqvist",
        alias: "adaeze.lindqvist",
        job_title: "Global administrator",
        administrator: true,
    },
    Officer {
        given_name: "Break",
        surname: "Glass",
        alias: "breakglass",
        job_title: "Emergency access",
        administrator: true,
    },
    Officer {
        given_name: "Tomasz",
        surname: "Wilk",
        alias: "tomasz.wilk",
        job_title: "Identity administrator",
        administrator: true,
    },
    Officer {
        given_name: "Inês",
        surname: "Carvalho",
        alias: "ines.carvalho",
        job_title: "Head of people",
        administrator: false,
    },
    Officer {
        given_name: "Rosalind",
        surname: "Achterberg",
        alias: "rosalind.achterberg",
        job_title: "Head of stores",
        administrator: false,
    },
    Officer {
        given_name: "Kofi",
        surname: "Mensah",
        alias: "kofi.mensah",
        job_title: "Service desk lead",
        administrator: false,
    },
    Officer {
        given_name: "Yūko",
        surname: "Hayashi",
        alias: "yuko.hayashi",
        job_title: "Logistics planner",
        administrator: false,
    },
    Officer {
        given_name: "Padraig",
        surname: "O'Shea",
        alias: "padraig.oshea",
        job_title: "Payroll",
        administrator: false,
    },
    Officer {
        given_name: "Selin",
        surname: "Karaca",
        alias: "selin.karaca",
        job_title: "Training",
        administrator: false,
    },
    Officer {
        given_name: "Mbali",
        surname: "Zungu",
        alias: "mbali.zungu",
        job_title: "Communications",
        administrator: false,
    },
];

/// People of other companies, by the address they have there.
const GUESTS: &[(&str, &str, &str)] = &[
    ("Ana", "Silveira", "ana.silveira_fennel-freight.example"),
    ("Desmond", "Okoye", "desmond.okoye_fennel-freight.example"),
    ("Katja", "Zimmer", "katja.zimmer_brightway-cleaning.example"),
    (
        "Lucien",
        "Marchand",
        "lucien.marchand_brightway-cleaning.example",
    ),
    ("Priya", "Raman", "priya.raman_cold-chain-audit.example"),
    ("Sven", "Thorsen", "sven.thorsen_cold-chain-audit.example"),
];

/// Where frontline workers begin in the list of objects.
pub(super) const FRONTLINE_START: u32 = 16;

/// Departments with what one does there.
pub(super) const DEPARTMENTS: &[(&str, &str)] = &[
    ("Checkout", "Cashier"),
    ("Bakery", "Baker"),
    ("Produce", "Stock clerk"),
    ("Dairy", "Stock clerk"),
    ("Stockroom", "Warehouse associate"),
    ("Deli", "Counter assistant"),
    ("Delivery", "Driver"),
    ("Seasonal", "Seasonal associate"),
];

/// Adds all users.
pub(super) fn add(tenant: &mut Tenant, seed: Seed, count: u32) -> People {
    debug_assert_eq!(OFFICE.len() + GUESTS.len(), FRONTLINE_START as usize);
    let mut aliases = Aliases::default();
    let mut people = People {
        everyone: Vec::new(),
        office: Vec::new(),
        frontline: Vec::new(),
    };
    for number in 0..count {
        let place = number as usize;
        let guest = place
            .checked_sub(OFFICE.len())
            .and_then(|place| GUESTS.get(place));
        let (user, list) = match (OFFICE.get(place), guest) {
            (Some(officer), _) => (office_user(officer, &mut aliases), Some(&mut people.office)),
            (None, Some(guest)) => (guest_user(guest), None),
            (None, None) => (
                frontline_user(seed, number, &mut aliases),
                Some(&mut people.frontline),
            ),
        };
        let index = tenant.add(Object::User(User {
            id: seed.id(Kind::User, number),
            ..user
        }));
        people.everyone.push(index);
        if let Some(list) = list {
            list.push(index);
        }
    }
    people
}

/// A user who has just been created, by number from 1.
pub(super) fn new_starter(seed: Seed, number: u32) -> User {
    User {
        id: seed.id(Kind::NewStarter, number),
        display_name: format!("New Starter {number:05}").into(),
        profile: Profile::Sample {
            given_name: "New",
            surname: "Starter",
            job_title: "",
            department: "",
        },
        ..member(&format!("newstarter{number:05}"))
    }
}

/// Gives each alias out once; the second of a name gets a 2.
#[derive(Default)]
struct Aliases(HashMap<String, u32>);

impl Aliases {
    fn take(&mut self, alias: String) -> String {
        let count = self
            .0
            .entry(alias.clone())
            .and_modify(|count| *count += 1)
            .or_insert(1);
        if *count == 1 {
            alias
        } else {
            format!("{alias}{count}")
        }
    }
}

fn member(alias: &str) -> User {
    User {
        id: uuid::Uuid::nil(),
        user_principal_name: format!("{alias}@{DOMAIN}").into(),
        display_name: Box::default(),
        profile: Profile::Written(BTreeMap::new()),
        user_type: UserType::Member,
        account_enabled: true,
        out_of_reach: false,
    }
}

fn office_user(officer: &Officer, aliases: &mut Aliases) -> User {
    User {
        display_name: format!("{} {}", officer.given_name, officer.surname).into(),
        profile: Profile::Sample {
            given_name: officer.given_name,
            surname: officer.surname,
            job_title: officer.job_title,
            department: "Head office",
        },
        out_of_reach: officer.administrator,
        ..member(&aliases.take(officer.alias.to_owned()))
    }
}

fn guest_user((given_name, surname, address): &(&'static str, &'static str, &'static str)) -> User {
    User {
        display_name: format!("{given_name} {surname}").into(),
        profile: Profile::Sample {
            given_name,
            surname,
            job_title: "",
            department: "",
        },
        user_type: UserType::Guest,
        ..member(&format!("{address}#EXT#"))
    }
}

/// A worker with a name drawn from the seed. Every 25th is a seasonal associate, every fortieth
/// account is disabled.
fn frontline_user(seed: Seed, number: u32, aliases: &mut Aliases) -> User {
    let mut rng = seed.rng(Kind::User, number);
    // The id takes the first draws.
    rng.fill(&mut [0; 16]);
    let home = rng.usize(..CULTURES.len());
    let other = if rng.u8(..10) < 6 {
        home
    } else {
        rng.usize(..CULTURES.len())
    };
    let (Some(given), Some(family)) = (CULTURES.get(home), CULTURES.get(other)) else {
        return member(&aliases.take("nobody".to_owned()));
    };
    let given_name = given.given(&mut rng);
    let surname = family.surname(&mut rng);
    let display_name = if home == other && given.order == Order::SurnameFirst {
        format!("{}{}", surname.written, given_name.written)
    } else {
        format!("{} {}", given_name.beside_latin(), surname.beside_latin())
    };
    let worker = number - FRONTLINE_START;
    let seasonal = worker % 25 == 24;
    let regular = DEPARTMENTS.len() - 1;
    let place = if seasonal {
        regular
    } else {
        rng.usize(..regular)
    };
    let (department, job_title) = DEPARTMENTS.get(place).copied().unwrap_or(("", ""));
    User {
        display_name: display_name.into(),
        profile: Profile::Sample {
            given_name: given_name.written,
            surname: surname.written,
            job_title,
            department,
        },
        account_enabled: worker % 40 != 39,
        ..member(&aliases.take(format!("{}.{}", given_name.address(), surname.address())))
    }
}
