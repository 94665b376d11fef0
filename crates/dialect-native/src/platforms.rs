//! The platforms served, and the roles that newcomers at each one's door get.

use directory::{Kind, Platform, PlatformSpec, Role, RolePaths};
use schemars::JsonSchema;
use serde::Serialize;

use kit::{Authenticated, Dialect};

use super::bodies::{Sent, body};
use super::errors::Problem;
use super::fields::Named;
use super::lists;
use super::references;
use super::reply::Answer;
use super::roles::RoleBody;

/// A platform as shown.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Platform")]
pub struct PlatformBody {
    word: &'static str,
    /// Where its dialect is mounted.
    mount: Option<&'static str>,
    /// How its roles reach people.
    #[schemars(extend("enum" = ["direct", "exactly_one", "groups_only", "either"]))]
    role_paths: &'static str,
    builtin_roles: Vec<&'static str>,
    builtin_roles_editable: bool,
    owner_role: Option<&'static str>,
}

impl PlatformBody {
    fn of(spec: &PlatformSpec, dialects: &[&Dialect]) -> Self {
        let dialect = dialects
            .iter()
            .find(|dialect| dialect.platform == spec.platform);
        Self {
            word: spec.platform.word(),
            mount: dialect.map(|dialect| dialect.mount),
            role_paths: match spec.paths {
                RolePaths::Direct => "direct",
                RolePaths::ExactlyOne => "exactly_one",
                RolePaths::GroupsOnly => "groups_only",
                RolePaths::Either => "either",
            },
            builtin_roles: spec.roles.iter().map(|role| role.word).collect(),
            builtin_roles_editable: spec.builtin_roles_editable,
            owner_role: spec.owner_role,
        }
    }
}

/// `GET /platforms`
pub async fn list(request: Authenticated) -> Answer {
    let dialects = request.info.state.dialects();
    lists::sliced(
        &request,
        request.platforms(),
        |spec| spec.platform.word().to_owned(),
        |spec| PlatformBody::of(spec, dialects),
    )
}

/// The platform that the path names.
fn named(request: &Authenticated) -> Result<Platform, Problem> {
    let word = request.segments.first().map_or("", String::as_str);
    lists::platform(request.platforms(), word).ok_or_else(Problem::no_such_platform)
}

/// `GET /platforms/{platform}/default-roles`
pub async fn default_roles(request: Authenticated) -> Answer {
    let platform = named(&request)?;
    shown(&request, platform).await
}

body! {
    pub struct DefaultRolesBody as "DefaultRoles" {
        roles: needed Vec<Named>,
    }
}

/// `PUT /platforms/{platform}/default-roles`, body `{"roles": [...]}`.
pub async fn put_default_roles(request: Authenticated, body: Sent<DefaultRolesBody>) -> Answer {
    let platform = named(&request)?;
    lists::only(&request.query()?.0, &[])?;
    let DefaultRolesBody { roles } = body.read()?;
    let roles = references::roles(&request, "roles", Some(roles)).await?;
    request.set_default_roles(platform, &roles).await?;
    if request.is_dry_run() {
        let roles = request.roles_by_id(&roles).await?;
        return show_roles(&request, &roles);
    }
    shown(&request, platform).await
}

async fn shown(request: &Authenticated, platform: Platform) -> Answer {
    let roles = request.default_roles_of(platform).await?;
    show_roles(request, &roles)
}

fn show_roles(request: &Authenticated, roles: &[Role]) -> Answer {
    lists::sliced(
        request,
        roles,
        |role| lists::numbered(role.id.0),
        RoleBody::of,
    )
}

impl Problem {
    fn no_such_platform() -> Self {
        Self {
            detail: "There is no such platform. GET /platforms lists those that are served."
                .to_owned(),
            ..Self::not_found(Kind::Role)
        }
    }
}
