//! Why a person holds a permission, who holds it, and which roles each person holds.

use directory::{AccessLine, AccessPath, AccessQuestion, Permission, Reach, Standing, UserId};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use kit::Authenticated;

use super::errors::Problem;
use super::fields::Named;
use super::grants;
use super::lists::{self, Parameters};
use super::pages::page_of;
use super::reply::{Answer, NativeRequest as _, Reply};
use super::times::Moment;

/// One line that a person holds, and what gives it.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "AccessLine",
    description = "One line of a role that a person holds. `platform` is where it counts; `usher` counts everywhere."
)]
pub struct LineBody<'a> {
    word: &'a str,
    reach: &'a Reach,
    organisation: i64,
    /// The platform at whose door it counts; `usher` counts at every door.
    platform: &'a str,
    /// `platform:word`; null for the administrator flag of a membership.
    role: Option<String>,
    path: PathBody,
    /// The number of the grant, where it is granted to the person.
    grant: Option<i64>,
    expires_at: Option<Moment>,
}

/// What gives a line to a person.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(
    rename = "AccessPath",
    description = "What gives a line: a grant, ownership of the installation, a group, or the administrator flag of a membership."
)]
pub enum PathBody {
    Direct,
    Owner,
    Group {
        group: i64,
        group_role: i64,
        collection: Option<i64>,
    },
    Administrator,
}

impl<'a> LineBody<'a> {
    fn of(line: &'a AccessLine) -> Self {
        let platform = line.platform.word();
        let (path, grant) = match line.path {
            AccessPath::Direct(grant) => (PathBody::Direct, Some(grant.0)),
            AccessPath::Owner(grant) => (PathBody::Owner, Some(grant.0)),
            AccessPath::Administrator => (PathBody::Administrator, None),
            AccessPath::Group {
                group,
                group_role,
                collection,
            } => {
                let path = PathBody::Group {
                    group: group.0,
                    group_role: group_role.0,
                    collection: collection.map(|collection| collection.0),
                };
                (path, None)
            }
        };
        Self {
            word: &line.word,
            reach: &line.reach,
            organisation: line.organisation.0,
            platform,
            role: line.role.as_ref().map(|word| format!("{platform}:{word}")),
            path,
            grant,
            expires_at: Moment::maybe(line.expires_at),
        }
    }
}

/// What one person holds.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "Access",
    description = "Every line a person holds. `allowed` is there when a permission and an organisation were asked about."
)]
pub struct AccessBody<'a> {
    items: Vec<LineBody<'a>>,
    next: Option<String>,
    standing: Standing,
    /// Whether they may, where a permission and an organisation were asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    allowed: Option<bool>,
}

/// A person who holds what was asked about, with the lines that say so.
#[derive(Serialize, JsonSchema)]
#[schemars(
    rename = "Holder",
    description = "A person who holds what was asked about. `allowed` is false while the account may not act at all."
)]
pub struct HolderBody<'a> {
    user: HolderUser<'a>,
    /// False for an account that may not act at all at present.
    allowed: bool,
    lines: Vec<LineBody<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub struct HolderUser<'a> {
    id: Uuid,
    number: i64,
    login: &'a str,
    name: &'a str,
    standing: Standing,
}

/// `GET /users/{user}/access`: every line the person holds, with what gives it.
pub async fn of_user(request: Authenticated) -> Answer {
    let user = request.user(request.reference::<UserId>(0)).await?.id;
    explain(&request, user).await
}

/// `GET /me/access`
pub async fn own(request: Authenticated) -> Answer {
    let user = request.caller().user();
    explain(&request, user).await
}

async fn explain(request: &Authenticated, user: UserId) -> Answer {
    let given = &request.query()?.0;
    lists::only(given, &["permission", "organisation"])?;
    let question = question(given)?;
    let access = request.access_of(user, question).await?;
    Reply::shown(&AccessBody {
        items: access.lines.iter().map(LineBody::of).collect(),
        next: None,
        standing: access.user.standing(request.now()),
        allowed: access.allowed,
    })
}

/// `GET /access?permission=…&organisation=…`: who may do something, and by what.
pub async fn holders(request: Authenticated) -> Answer {
    let given = &request.query()?.0;
    lists::only(given, &["permission", "organisation", "limit", "cursor"])?;
    let question = question(given)?;
    if question.permission.is_none() {
        return Err(Problem::parameter(
            "permission",
            "is needed; GET /permissions lists them",
        ));
    }
    let (limit, from) = page_of(&request, given)?;
    let page = request.holders_of(question, from, limit).await?;
    let now = request.now();
    lists::page(&request, &page, |access| HolderBody {
        user: HolderUser {
            id: access.user.uuid,
            number: access.user.id.0,
            login: &access.user.login,
            name: &access.user.shown.name,
            standing: access.user.standing(now),
        },
        allowed: access.allowed == Some(true),
        lines: access.lines.iter().map(LineBody::of).collect(),
    })
}

/// The permission and place asked about. A misspelt permission is refused; an empty list would mislead.
fn question(given: &Parameters) -> Result<AccessQuestion, Problem> {
    let mut question = AccessQuestion::default();
    for (name, value) in given {
        match name.as_str() {
            "permission" => {
                directory::limits::check_length("permission", value)?;
                let known =
                    Permission::of_word(value).is_some() || value == "*" || value.contains(':');
                if !known {
                    let why = "is no permission; GET /permissions lists them";
                    return Err(Problem::parameter("permission", why));
                }
                question.permission = Some(value.clone());
            }
            "organisation" if value.is_empty() => {
                return Err(Problem::parameter("organisation", "must name one"));
            }
            "organisation" => {
                directory::limits::check_length("organisation", value)?;
                question.organisation = Some(Named::of(value).reference());
            }
            _ => {}
        }
    }
    Ok(question)
}

/// `GET /grants`: the roles of all people whom the caller sees, by person, with every path.
pub async fn every_grant(request: Authenticated) -> Answer {
    let query = grants::LISTING.query(&request, &request.query()?.0).await?;
    grants::shown(&request, &query).await
}
