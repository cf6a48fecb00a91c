//! Reading users.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::listing::{self, Listed, Page};
use super::{licenses, refuse_search_and_sorting, selected, with_context};
use crate::simulator::endpoints::find;
use crate::simulator::protocol::call::Call;
use crate::simulator::protocol::error::GraphError;
use crate::simulator::protocol::filter::{Field, Filter};
use crate::simulator::protocol::odata::Query;
use crate::simulator::protocol::reply::Reply;
use crate::simulator::tenant::{ObjectIndex, Profile, Tenant, User, UserType, employee_id};

/// What `GET /users/{id}` shows unless told (Graph: user-get).
pub(super) const DEFAULTS: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
];

/// What users are filtered by (Graph: user resource, of the properties that are held).
const FILTERABLE: [&str; 14] = [
    "id",
    "userPrincipalName",
    "mail",
    "displayName",
    "givenName",
    "surname",
    "jobTitle",
    "department",
    "employeeId",
    "accountEnabled",
    "userType",
    "usageLocation",
    "mailNickname",
    "proxyAddresses",
];

/// Texts that a user has if someone wrote them, beside those users are filtered by.
pub(super) const TEXTS: [&str; 12] = [
    "city",
    "companyName",
    "country",
    "employeeType",
    "faxNumber",
    "mobilePhone",
    "officeLocation",
    "passwordPolicies",
    "postalCode",
    "preferredLanguage",
    "state",
    "streetAddress",
];

/// What users are found by without reading all of them.
const INDEXED: [&str; 4] = ["id", "userPrincipalName", "mail", "employeeId"];

/// `GET /users/{id | userPrincipalName}`.
pub(super) fn get(tenant: &Tenant, call: &Call<'_>, key: &str) -> Result<Reply, GraphError> {
    let query = call.query()?;
    let (index, user) = find::user(tenant, key)?;
    let entity = entity(index, user, &query)?;
    Ok(Reply::json(
        200,
        with_context(call, "users/$entity", entity),
    ))
}

/// `GET /users` (Graph: user-list). An advanced query sees users as late as the index does.
pub(super) fn list(tenant: &Tenant, call: &Call<'_>) -> Result<Reply, GraphError> {
    let query = call.options()?;
    refuse_search_and_sorting(call, &query)?;
    if query.expand.is_some() {
        return Err(GraphError::not_simulated("$expand of users"));
    }
    let advanced = call.is_advanced(&query);
    let filter = filter(&query, advanced)?;
    let start = listing::start(call, &query, Listed::Users)?;
    let found = matching(tenant, call, filter.as_ref(), advanced, start);
    let page = Page::of(Listed::Users, query.page_size()?, found);
    let entities: Result<Vec<Value>, GraphError> = page
        .objects
        .iter()
        .filter_map(|index| Some((*index, tenant.user(*index)?)))
        .map(|(index, user)| entity(index, user, &query))
        .collect();
    let count = (advanced && start.is_none()).then(|| match &filter {
        None => tenant.user_count(call.arrival.now),
        filter => matching(tenant, call, filter.as_ref(), advanced, None).count(),
    });
    let here = ("users", "/users".to_owned());
    Ok(page.reply(call, &query, here, count, entities?))
}

/// `GET /users/$count`, a plain number; needs `ConsistencyLevel: eventual`.
pub(super) fn count(tenant: &Tenant, call: &Call<'_>) -> Result<Reply, GraphError> {
    let query = call.query()?;
    if !call.arrival.eventual {
        return Err(GraphError::count_unsupported());
    }
    let count = match filter(&query, true)? {
        None => tenant.user_count(call.arrival.now),
        filter => matching(tenant, call, filter.as_ref(), true, None).count(),
    };
    Ok(Reply::text(count.to_string()))
}

fn filter(query: &Query, advanced: bool) -> Result<Option<Filter>, GraphError> {
    let Some(text) = &query.filter else {
        return Ok(None);
    };
    let filter = Filter::parse(text)?;
    filter.check(advanced, "User", &FILTERABLE)?;
    Ok(Some(filter))
}

/// The users after a place that pass a filter, by way of an index where there is one.
fn matching<'t>(
    tenant: &'t Tenant,
    call: &Call<'_>,
    filter: Option<&'t Filter>,
    advanced: bool,
    start: Option<ObjectIndex>,
) -> impl Iterator<Item = ObjectIndex> + 't {
    let unindexed = listing::unindexed_from(tenant, call, advanced);
    let pinned = filter.and_then(|filter| filter.pins(&INDEXED)).map(|pins| {
        let places = pins
            .into_iter()
            .flat_map(|(property, value)| tenant.users_pinned(property, value));
        places.collect::<std::collections::BTreeSet<ObjectIndex>>()
    });
    let found = pinned.map(|places| {
        places
            .into_iter()
            .filter(move |index| start.is_none_or(|start| *index > start))
            .filter_map(|index| Some((index, tenant.user(index)?)))
    });
    let all = found
        .is_none()
        .then(|| tenant.users_after(start))
        .into_iter()
        .flatten();
    found
        .into_iter()
        .flatten()
        .chain(all)
        .take_while(move |(index, _)| unindexed.is_none_or(|first| *index < first))
        .filter(move |(index, user)| {
            filter.is_none_or(|filter| filter.matches(&|name| field(*index, user, name)))
        })
        .map(|(index, _)| index)
}

pub(super) fn entity(index: ObjectIndex, user: &User, query: &Query) -> Result<Value, GraphError> {
    selected(&query.select, &DEFAULTS, "user", |name| {
        property(index, user, name)
    })
}

/// One property; those of Graph's that the tenant does not hold are null.
pub(super) fn property(index: ObjectIndex, user: &User, name: &str) -> Option<Value> {
    Some(match name {
        "identities" => json!([identity(user)]),
        "businessPhones" | "otherMails" => json!([]),
        "assignedLicenses" => licenses::assigned(index, user),
        "onPremisesSyncEnabled" => Value::Null,
        _ if TEXTS.contains(&name) => json!(user.text(name)),
        _ if FILTERABLE.contains(&name) => match field(index, user, name) {
            Field::Text(text) => json!(text),
            Field::Flag(flag) => json!(flag),
            Field::Texts(texts) => json!(texts),
            Field::Null => Value::Null,
        },
        _ => return None,
    })
}

/// One property as a filter sees it.
fn field<'u>(index: ObjectIndex, user: &'u User, name: &str) -> Field<'u> {
    let text = |text: Option<Cow<'u, str>>| text.map_or(Field::Null, Field::Text);
    match name {
        "id" => Field::Text(user.id.to_string().into()),
        "userPrincipalName" => Field::text(&user.user_principal_name),
        "displayName" => Field::text(&user.display_name),
        "userType" => Field::text(user.user_type.as_str()),
        "accountEnabled" => Field::Flag(user.account_enabled),
        "mail" => text(mail(user)),
        "mailNickname" => text(nickname(user).map(Cow::Borrowed)),
        "proxyAddresses" => Field::Texts(
            mail(user)
                .map(|mail| format!("SMTP:{mail}").into())
                .into_iter()
                .collect(),
        ),
        "employeeId" if is_sample_employee(user) => Field::Text(employee_id(index).into()),
        "usageLocation" if is_sample_employee(user) => Field::text(usage_location(index)),
        _ => text(user.text(name).map(Cow::Borrowed)),
    }
}

fn is_sample_employee(user: &User) -> bool {
    user.user_type == UserType::Member && matches!(user.profile, Profile::Sample { .. })
}

/// The chain has shops in these countries.
fn usage_location(index: ObjectIndex) -> &'static str {
    match index.0 % 4 {
        0 => "GB",
        1 => "IE",
        2 => "US",
        _ => "DE",
    }
}

fn nickname(user: &User) -> Option<&str> {
    user.text("mailNickname")
        .or_else(|| user.user_principal_name.split('@').next())
}

/// A member's address is its principal name, unless a caller made the user, who has a mailbox only
/// later; a guest's is the one at home, which its principal name spells with an underscore for the
/// at sign.
fn mail(user: &User) -> Option<Cow<'_, str>> {
    if let Profile::Written(_) = user.profile {
        return user.text("mail").map(Cow::Borrowed);
    }
    if user.user_type == UserType::Member {
        return Some(Cow::Borrowed(&user.user_principal_name));
    }
    let local = user.user_principal_name.split("#EXT#").next()?;
    let (name, domain) = local.rsplit_once('_')?;
    Some(format!("{name}@{domain}").into())
}

/// By its identity an external guest is told from others (observed).
fn identity(user: &User) -> Value {
    match user.user_type {
        UserType::Guest => json!({
            "signInType": "federated",
            "issuer": "ExternalAzureAD",
            "issuerAssignedId": null,
        }),
        UserType::Member => json!({
            "signInType": "userPrincipalName",
            "issuer": user.user_principal_name.split('@').nth(1),
            "issuerAssignedId": user.user_principal_name,
        }),
    }
}
