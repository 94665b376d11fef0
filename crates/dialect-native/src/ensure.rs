//! Making sure that a person or something is there as a request says.

use std::sync::Arc;

use directory::{
    EnsureNew, EnsureOutcome, Ensured, EnsuredRecord, Group, GroupChange, Organisation,
    OrganisationChange,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use kit::fields::FieldError;
use kit::{Authenticated, RequestInfo};

use super::answers;
use super::bodies::{Body, Members, Properties, Schemas, Sent, reference};
use super::fields::Fields;
use super::groups::{GroupBody, NewGroupBody};
use super::lists;
use super::near_names;
use super::organisations::{NewOrganisationBody, OrganisationBody};
use super::references;
use super::reply::{Answer, Reply};
use super::users::{self, NewAccountBody, NewUserBody, UserBody, new_password};

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

/// A person as [`NewUserBody`] declares one, of which the directory reads what is to be so.
pub struct EnsureUserBody {
    row: Map<String, Value>,
    account: NewAccountBody,
}

impl Members for EnsureUserBody {
    fn names() -> Vec<&'static str> {
        NewUserBody::names()
    }

    fn read(fields: &mut Fields) -> Result<Self, FieldError> {
        Ok(Self {
            account: NewAccountBody::read(fields)?,
            row: fields.take_raw(&Self::names()),
        })
    }

    fn describe(members: &mut Properties<'_>) {
        NewUserBody::describe(members);
    }
}

impl Body for EnsureUserBody {
    const NAME: &'static str = "EnsureUser";
    const DESCRIPTION: &'static str = "A person to make, or what is to be so of one who is there. `organisations`, \
        `groups` and `roles` are added; with `exact=true` they replace those that the caller may change. `id`, `password`, \
        `must_change_password`, `mail` and `default_roles` count only for somebody who is made.";
    const OPTIONAL: bool = false;

    fn schema(schemas: &mut Schemas) -> Value {
        let known_by = json!({
            "properties": {
                "email": { "type": "string", "pattern": "\\S" },
                // What a person always has is not cleared.
                "login": { "type": "string" },
                "kind": { "type": "string" },
                "status": { "type": "string" },
                "home": reference("Reference"),
            },
            "required": ["email"],
        });
        json!({ "description": Self::DESCRIPTION, "allOf": [schemas.refer::<NewUserBody>(), known_by] })
    }
}

/// `POST /users/ensure`: makes a person, known by their e-mail address, or changes what differs.
pub async fn user(request: Authenticated, body: Sent<EnsureUserBody>) -> Answer {
    lists::only(&request.query()?.0, &["exact"])?;
    let mut exact = false;
    for (name, value) in &request.query()?.0 {
        exact = lists::flag(name, value)?;
    }
    let EnsureUserBody { row, account } = body.read()?;
    let new = EnsureNew {
        uuid: account.id,
        password: new_password(account.password, account.must_change_password),
        door: users::provisioning(account.default_roles, account.mail),
        unknown: Arc::default(),
    };
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

/// `POST /organisations/ensure`: makes an organisation, known by its name, or changes what differs.
pub async fn organisation(request: Authenticated, body: Sent<NewOrganisationBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let (name, uuid) = (sent.name.0, sent.id);
    let change = OrganisationChange {
        parent: references::organisation(&request, "parent", sent.parent).await?,
        slug: sent.slug,
        description: sent.description,
        kind: sent.kind,
        sector: sent.sector,
        nationality: sent.nationality,
        contacts: sent.contacts,
        local: sent.local,
        domains: sent.domains,
        second_factor_required: sent.second_factor_required,
        ..OrganisationChange::default()
    };
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
pub async fn group(request: Authenticated, body: Sent<NewGroupBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let (name, uuid) = (sent.name.0, sent.id);
    let change = GroupChange {
        slug: sent.slug,
        description: sent.description,
        newcomers: sent.newcomers,
        ..GroupChange::default()
    };
    let organisation =
        references::organisation(&request, "organisation", sent.organisation).await?;
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
