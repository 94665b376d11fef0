//! Who may see, change and manage a group.

use axum::extract::Request;
use directory::{Fault, GroupId, Handle, Manager, ManagerLevel, Operation, UserId};
use kit::{Authenticated, HandlerResult, Path};

use crate::errors::Failure;
use crate::fields::{Values, path_id};
use crate::groups::{named_groups, seen};
use crate::request::{self, done, success};
use crate::specification::{Operation as Specified, operations as specified};
use crate::{people, wire};

async fn shown(handle: &Handle, group: GroupId) -> Result<wire::Shares, Fault> {
    let managers = handle.managers(&[group]).await?;
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    for row in &managers {
        match row.manager {
            Manager::User(user) => users.push(user),
            Manager::Group(group) => groups.push(group),
        }
    }
    let mut known_groups = named_groups(handle, &groups).await?;
    let known_users = people::seen(handle, &users).await?;
    let mut shares = wire::Shares::default();
    for row in managers {
        let with = match row.level {
            ManagerLevel::Read => &mut shares.readers,
            ManagerLevel::Write => &mut shares.writers,
            ManagerLevel::Manage => &mut shares.owners,
        };
        match row.manager {
            Manager::User(id) => {
                let user = known_users.iter().find(|user| user.id == id);
                with.users.extend(user.map(|user| wire::Named {
                    id: id.number(),
                    name: user.shown.name.clone(),
                }));
                shares.total_user_shares += usize::from(user.is_some());
            }
            Manager::Group(id) => {
                let group = known_groups.remove(&id);
                shares.total_group_shares += usize::from(group.is_some());
                with.groups.extend(group);
            }
        }
    }
    Ok(shares)
}

/// `GET /groups/{id}/shares`
pub async fn show(request: Authenticated, Path(id): Path<String>) -> HandlerResult {
    let group = seen(&request, &id).await?;
    Ok(success(
        &specified::SHOW_SHARES,
        &shown(&request, group).await?,
    ))
}

fn level(values: &Values) -> Result<ManagerLevel, Failure> {
    match values.text("permission_level").unwrap_or_default() {
        "read" => Ok(ManagerLevel::Read),
        "write" => Ok(ManagerLevel::Write),
        "manage" => Ok(ManagerLevel::Manage),
        _ => Err(Failure::validation(
            "permission_level must be one of read, write, manage",
        )),
    }
}

async fn share(
    request: Authenticated,
    id: &str,
    operation: &'static Specified,
    raw: Request,
    managers: fn(&Values) -> Vec<Manager>,
) -> HandlerResult {
    let values = request::body(&request, Operation::ChangeManagers, operation, raw).await?;
    let group = GroupId(path_id(id)?);
    let level = level(&values)?;
    request
        .set_managers(group, managers(&values), level)
        .await?;
    Ok(success(operation, &shown(&request, group).await?))
}

/// `PUT /groups/{id}/shares/users`. No mail is sent, whatever the body asks for.
pub async fn with_users(
    request: Authenticated,
    Path(id): Path<String>,
    raw: Request,
) -> HandlerResult {
    share(request, &id, &specified::SHARE_WITH_USERS, raw, |values| {
        let ids = values.integers("user_ids").unwrap_or_default();
        ids.into_iter()
            .map(|id| Manager::User(UserId(id)))
            .collect()
    })
    .await
}

/// `PUT /groups/{id}/shares/groups`. No mail is sent, whatever the body asks for.
pub async fn with_groups(
    request: Authenticated,
    Path(id): Path<String>,
    raw: Request,
) -> HandlerResult {
    share(request, &id, &specified::SHARE_WITH_GROUPS, raw, |values| {
        let ids = values.integers("group_ids").unwrap_or_default();
        ids.into_iter()
            .map(|id| Manager::Group(GroupId(id)))
            .collect()
    })
    .await
}

async fn unshare(
    request: Authenticated,
    id: &str,
    operation: &'static Specified,
    raw: Request,
    manager: Manager,
) -> HandlerResult {
    request::body(&request, Operation::ChangeManagers, operation, raw).await?;
    let group = GroupId(path_id(id)?);
    if !request.remove_manager(group, manager).await? {
        return Err(Failure::no_object().into());
    }
    Ok(done())
}

/// `DELETE /groups/{id}/shares/users/{user_id}`
pub async fn without_user(
    request: Authenticated,
    Path((id, user)): Path<(String, String)>,
    raw: Request,
) -> HandlerResult {
    let manager = Manager::User(UserId(path_id(&user)?));
    unshare(request, &id, &specified::UNSHARE_WITH_USER, raw, manager).await
}

/// `DELETE /groups/{id}/shares/groups/{group_id}`
pub async fn without_group(
    request: Authenticated,
    Path((id, group)): Path<(String, String)>,
    raw: Request,
) -> HandlerResult {
    let manager = Manager::Group(GroupId(path_id(&group)?));
    unshare(request, &id, &specified::UNSHARE_WITH_GROUP, raw, manager).await
}
