//! Making sure that a person or something is there as a request says.

use std::sync::Arc;

use directory::{
    EnsureNew, EnsureOutcome, Ensured, EnsuredRecord, Group, GroupChange, NewPassword,
    Organisation, ProvisioningDefaults, USER_COLUMNS,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use kit::fields::Policy;
use kit::{Authenticated, JsonBody, RequestInfo};

use super::answers;
use super::errors::Problem;
use super::fields::{Fields, Named};
use super::groups::GroupBody;
use super::lists;
use super::near_names;
use super::organisations::OrganisationBody;
use super::references;
use super::reply::{Answer, Reply};
use super::users::{self, UserBody};

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EnsuredUser")]
pub struct EnsuredUser<'a> {
    outcome: EnsureOutcome,
    changed: Vec<&'a str>,
    user: UserBody<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EnsuredOrganisation")]
pub struct EnsuredOrganisation<'a> {
    outcome: EnsureOutcome,
    changed: Vec<&'static str>,
    organisation: OrganisationBody<'a>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EnsuredGroup")]
pub struct EnsuredGroup<'a> {
    outcome: EnsureOutcome,
    changed: Vec<&'static str>,
    group: GroupBody<'a>,
}

/// Members that count only for a person who is made.
const FOR_NEW: &[&str] = &[
    "id",
    "password",
    "must_change_password",
    "mail",
    "default_roles",
];
/// Members of a person that no table has.
const BESIDE: &[&str] = &["locked", "primary_group"];

/// `POST /users/ensure`: makes a person, known by their e-mail address, or changes what differs.
pub async fn user(request: Authenticated, JsonBody(body): JsonBody) -> Answer {
    lists::only(&request.query()?.0, &["exact"])?;
    let mut exact = false;
    for (name, value) in &request.query()?.0 {
        exact = lists::flag(name, value)?;
    }
    let Value::Object(mut row) = body else {
        return Err(Problem::body(
            "This request needs a JSON object as its body.",
        ));
    };
    let mut beside = Map::new();
    for name in FOR_NEW {
        if let Some(value) = row.shift_remove(*name) {
            beside.insert((*name).to_owned(), value);
        }
    }
    let known = |name: &str| USER_COLUMNS.contains(&name) || BESIDE.contains(&name);
    let unknown: Map<String, Value> = row
        .iter()
        .filter(|(name, _)| !known(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    // What is left over is refused by its name.
    Fields::of(Value::Object(unknown), Policy::Patch)?.end()?;
    let mut fields = Fields::of(Value::Object(beside), Policy::Patch)?;
    let password: Option<String> = fields.value("password")?;
    let must_change = fields.value("must_change_password")?.unwrap_or(true);
    let new = EnsureNew {
        uuid: fields.value("id")?,
        password: match password {
            None => NewPassword::None,
            Some(password) if must_change => NewPassword::MustChange(password),
            Some(password) => NewPassword::Chosen(password),
        },
        door: ProvisioningDefaults {
            without_defaults: !fields.value("default_roles")?.unwrap_or(true),
            mail: users::access_mail(&mut fields)?,
        },
        unknown: Arc::default(),
    };
    fields.end()?;
    let (info, now) = (Arc::clone(&request.info), request.now());
    let show = move |ensured: &Ensured| {
        let changed = ensured.changed.iter().map(|field| users::member_of(field));
        let body = EnsuredUser {
            outcome: ensured.outcome,
            changed: changed.collect(),
            user: UserBody::of(&ensured.user, now),
        };
        let location = format!("/users/{}", ensured.user.uuid);
        let revision = ensured.user.revision;
        answered(&info, ensured.outcome, &location, revision, &body)
    };
    let unknown = Arc::clone(&new.unknown);
    let answer = answers::once(&request, &request, show, |handle| {
        handle.ensure_user(row, new, exact)
    });
    answer
        .await
        .map_err(|problem| unknown.get().map_or(problem, near_names::refuse))
}

/// 201 with the address of what was made, else 200.
fn answered(
    info: &RequestInfo,
    outcome: EnsureOutcome,
    location: &str,
    revision: i64,
    body: &impl Serialize,
) -> Answer {
    if outcome == EnsureOutcome::Created {
        Reply::made(info, location, Some(revision), body)
    } else {
        Reply::revised(revision, body)
    }
}

/// The fields of a body in which null leaves out a member that cannot be cleared, as for a thing that is made.
fn ensuring(JsonBody(mut body): JsonBody, never_cleared: &[&str]) -> Result<Fields, Problem> {
    if let Value::Object(members) = &mut body {
        members.retain(|name, value| !value.is_null() || !never_cleared.contains(&name.as_str()));
    }
    super::fields::required(JsonBody(body))
}

/// `POST /organisations/ensure`: makes an organisation, known by its name, or changes what differs.
pub async fn organisation(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let never_cleared = [
        "slug",
        "parent",
        "local",
        "domains",
        "second_factor_required",
    ];
    let mut fields = ensuring(body, &never_cleared)?;
    let parent: Option<Named> = fields.take("parent")?;
    let uuid = fields.value("id")?;
    let name: String = fields.need("name")?;
    let mut change = super::organisations::read_change(&mut fields)?;
    fields.end()?;
    change.parent = references::organisation(&request, "parent", parent).await?;
    let info = Arc::clone(&request.info);
    let show = move |ensured: &EnsuredRecord<Organisation>| {
        let organisation = &ensured.record;
        let body = EnsuredOrganisation {
            outcome: ensured.outcome,
            changed: ensured.changed.clone(),
            organisation: OrganisationBody::of(organisation),
        };
        let location = format!("/organisations/{}", organisation.uuid);
        let revision = organisation.version;
        answered(&info, ensured.outcome, &location, revision, &body)
    };
    answers::once(&request, &request, show, |handle| {
        handle.ensure_organisation(name, change, uuid)
    })
    .await
}

/// `POST /groups/ensure`: makes a group, known by its name in its organisation, or changes what differs.
pub async fn group(request: Authenticated, body: JsonBody) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let mut fields = ensuring(body, &["slug", "newcomers"])?;
    let organisation: Option<Named> = fields.value("organisation")?;
    let uuid = fields.value("id")?;
    let name: String = fields.need("name")?;
    let change = GroupChange {
        slug: fields.take("slug")?,
        description: fields.take("description")?,
        newcomers: fields.take("newcomers")?,
        ..GroupChange::default()
    };
    fields.end()?;
    let organisation = references::organisation(&request, "organisation", organisation).await?;
    let info = Arc::clone(&request.info);
    let show = move |ensured: &EnsuredRecord<Group>| {
        let group = &ensured.record;
        let body = EnsuredGroup {
            outcome: ensured.outcome,
            changed: ensured.changed.clone(),
            group: GroupBody::of(group),
        };
        let location = format!("/groups/{}", group.uuid);
        answered(&info, ensured.outcome, &location, group.version, &body)
    };
    answers::once(&request, &request, show, |handle| {
        handle.ensure_group(name, organisation, change, uuid)
    })
    .await
}
