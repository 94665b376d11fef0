//! Roles of every platform, and what newcomers at a platform's door get.

use std::sync::Arc;

use directory::filter::{BY_NUMBER, ROLE_FIELDS};
use directory::{
    Line, NewRole, Permission, Reach, Role, RoleChange, RoleField, RoleInUse, RoleRef,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use kit::Authenticated;
use kit::fields::FieldError;

use super::answers;
use super::bodies::{Describe, Name, Schemas, Sent, body, reference};
use super::errors::Problem;
use super::fields::{Fields, Named, Read};
use super::lists::{self, Listing};
use super::references::{self, named_role};
use super::reply::{Answer, NativeRequest as _, Reply};
use super::times::Moment;

/// A role as shown.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Role")]
pub struct RoleBody<'a> {
    id: Uuid,
    number: i64,
    platform: &'a str,
    platform_number: i64,
    word: &'a str,
    name: &'a str,
    description: &'a str,
    organisation: Option<i64>,
    builtin: bool,
    lines: &'a [Line],
    revision: i64,
    created_at: Moment,
    updated_at: Moment,
}

impl<'a> RoleBody<'a> {
    /// Shows a role.
    pub fn of(role: &'a Role) -> Self {
        Self {
            id: role.uuid,
            number: role.id.0,
            platform: &role.platform,
            platform_number: role.number,
            word: &role.word,
            name: &role.name,
            description: &role.description,
            organisation: role.organisation.map(|organisation| organisation.0),
            builtin: role.builtin,
            lines: &role.lines,
            revision: role.version,
            created_at: Moment(role.created_at),
            updated_at: Moment(role.updated_at),
        }
    }
}

/// A line as sent: `{"word": "users.read", "reach": "subtree"}`.
pub struct SentLine(Line);

impl Read for SentLine {
    fn read(value: Value) -> Result<Self, String> {
        let told = |error: FieldError| Problem::from(error).detail;
        let mut fields = Fields::read(value)?;
        let word: String = fields.need("word").map_err(told)?;
        let reach: SentReach = fields.need("reach").map_err(told)?;
        fields.end().map_err(told)?;
        let known = Permission::of_word(&word).is_some() || word == "*" || word.contains(':');
        if !known {
            return Err(format!(
                "holds the word `{}`, which is no permission; GET /permissions lists them",
                word.chars().take(60).collect::<String>()
            ));
        }
        Ok(SentLine(Line {
            word,
            reach: reach.0,
        }))
    }
}

impl Describe for SentLine {
    fn schema(_: &mut Schemas) -> Value {
        reference("Line")
    }
}

/// A reach as sent: a word, or `{"listed": [numbers]}`.
struct SentReach(Reach);

impl Read for SentReach {
    fn read(value: Value) -> Result<Self, String> {
        serde_json::from_value(value).map(SentReach).map_err(|_| {
            "must be own, managed_groups, organisation, subtree, all or {\"listed\": [user numbers]}"
                .to_owned()
        })
    }
}

fn lines(sent: Vec<SentLine>) -> Vec<Line> {
    sent.into_iter().map(|line| line.0).collect()
}

/// How roles are listed.
pub const LISTING: Listing<RoleField> = Listing {
    fields: ROLE_FIELDS,
    usual: BY_NUMBER,
    sorts: &[
        ("name", RoleField::Name),
        ("platform", RoleField::Platform),
        ("word", RoleField::Word),
        ("created_at", RoleField::CreatedAt),
        ("updated_at", RoleField::UpdatedAt),
    ],
    facets: &["platform", "organisation", "builtin"],
    downwards: false,
};

/// `GET /roles`
pub async fn list(request: Authenticated) -> Answer {
    let query = LISTING.query(&request, &request.query()?.0).await?;
    let page = request.roles(&query).await?;
    LISTING.page(&request, &page, RoleBody::of).await
}

/// `GET /roles/{role}`
pub async fn show(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let role = named_role(&request, request.named(0)).await?;
    Reply::revised(role.version, &RoleBody::of(&role))
}

body! {
    pub struct NewRoleBody as "NewRole" {
        platform: optional String,
        organisation: optional Named,
        word: optional String,
        name: needed Name,
        description: optional String,
        lines: optional Vec<SentLine>,
    }
}

/// `POST /roles`
pub async fn create(request: Authenticated, body: Sent<NewRoleBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let mut new = NewRole {
        word: sent.word,
        name: sent.name.0,
        description: sent.description.unwrap_or_default(),
        lines: lines(sent.lines.unwrap_or_default()),
        ..NewRole::default()
    };
    if let Some(word) = sent.platform {
        let served = lists::platform(request.platforms(), &word);
        let Some(platform) = served else {
            let why = "must be one of the platforms that GET /platforms lists";
            return Err(Problem::invalid("platform", why));
        };
        new.platform = Some(platform);
    }
    new.organisation =
        references::organisation(&request, "organisation", sent.organisation).await?;
    let info = Arc::clone(&request.info);
    let show = move |role: &Role| {
        let location = format!("/roles/{}", role.uuid);
        Reply::made(&info, &location, Some(role.version), &RoleBody::of(role))
    };
    answers::once(&request, &request, show, |handle| handle.create_role(new)).await
}

body! {
    pub struct RoleChangeBody as "RoleChange" {
        name: change Name,
        description: change String,
        lines: change Vec<SentLine>,
    }
}

/// `PATCH /roles/{role}`
pub async fn update(request: Authenticated, body: Sent<RoleChangeBody>) -> Answer {
    lists::only(&request.query()?.0, &[])?;
    let sent = body.read()?;
    let change = RoleChange {
        name: sent.name.map(|name| name.0),
        description: sent.description,
        lines: sent.lines.map(lines),
        if_version: request.revision(),
        ..RoleChange::default()
    };
    let which = named_role(&request, request.named(0)).await?.id;
    let role = request.update_role(which, change).await?;
    Reply::revised(role.version, &RoleBody::of(&role))
}

/// `DELETE /roles/{role}`: refused while a person or a group holds it, unless `?take_away=true`.
pub async fn delete(request: Authenticated) -> Answer {
    lists::only(&request.query()?.0, &["take_away"])?;
    let mut in_use = RoleInUse::Refuse;
    for (name, value) in &request.query()?.0 {
        if lists::flag(name, value)? {
            in_use = RoleInUse::TakeAway;
        }
    }
    let role = named_role(&request, request.named(0)).await?;
    request.delete_role(RoleRef::Id(role.id), in_use).await?;
    Reply::nothing()
}

/// A permission of the directory, which role lines may name.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Permission")]
pub struct PermissionBody {
    word: &'static str,
    administrative: bool,
}

/// `GET /permissions`
pub async fn permissions(request: Authenticated) -> Answer {
    let word = |permission: &Permission| permission.word().to_owned();
    lists::sliced(&request, Permission::ALL, word, |permission| {
        PermissionBody {
            word: permission.word(),
            administrative: permission.administrative(),
        }
    })
}
