//! What is done to each of many people, and how it is undone.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::access::caller::Credential;
use crate::access::table::Operation;
use crate::access::work::Work;
use crate::model::{
    Action, Fault, GroupId, Kind, OrganisationId, ProfileAttribute, RoleId, Status, Time, User,
    UserChange, UserId,
};
use crate::operations::roles::granting::{self, Wanted};
use crate::operations::rows::lookup::Lookup;
use crate::operations::sessions::lockouts;
use crate::operations::users::{change, delete};
use crate::operations::{groups, keys, rows, second_factors, sessions, tokens};
use crate::outcome::{Abort, Outcome};
use crate::store::{grants, sessions as stored_sessions};

/// How what was done to one person is undone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "undo", rename_all = "snake_case")]
pub(crate) enum Undo {
    /// Nothing was done.
    Nothing,
    /// Fields go back to what they were, if nothing else was changed since.
    Change {
        revision: i64,
        before: Map<String, Value>,
        /// What does not come back.
        lost: Vec<String>,
    },
    /// Out of the group again.
    Leave { group: i64 },
    /// Into the group again.
    Join { group: i64 },
    /// Away with the grant again.
    Revoke { role: i64, organisation: i64 },
    /// The grants come back.
    Grant {
        grants: Vec<(i64, i64, Option<Time>)>,
    },
    /// It cannot be undone.
    Never { why: String },
}

impl Undo {
    pub(super) fn never(why: &str) -> Self {
        Undo::Never {
            why: why.to_owned(),
        }
    }
}

/// Does an action to one person, with every rule of the operation it is; tells how to undo it.
pub(crate) async fn apply(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    id: UserId,
    action: &Action,
) -> Outcome<Undo> {
    let which = id.into();
    match action {
        Action::Enable => {
            let status = Some(Status::Active);
            change_user(work, id, &with_status(status), Vec::new()).await
        }
        Action::Disable { revoke_keys } => disable(work, id, *revoke_keys).await,
        Action::Unlock => {
            work.switch(Operation::Unlock)?;
            let locked = lockouts::unlock(work, &which).await?;
            Ok(done(locked, "a lock-out does not come back"))
        }
        Action::Delete => {
            work.switch(Operation::DeleteUser)?;
            not_oneself(work, id)?;
            delete::delete(work, &which).await?;
            Ok(Undo::never("a deleted account does not come back"))
        }
        Action::EndSessions => {
            work.switch(Operation::RevokeSessions)?;
            let ended = sessions::revoke_of(work, &which, own_session(work)).await?;
            Ok(done(ended > 0, "ended sessions do not come back"))
        }
        Action::RevokeKeys => {
            work.switch(Operation::RevokeKey)?;
            let revoked = keys::revoke_of(work, &which, own_key(work)).await?;
            Ok(done(revoked > 0, "revoked keys do not come back"))
        }
        Action::ResetPassword => {
            work.switch(Operation::SendPasswordReset)?;
            tokens::send_reset(work, &which, false).await?;
            Ok(Undo::never("a mail that was sent does not come back"))
        }
        Action::RequireSecondFactor { required } => {
            let change = UserChange {
                second_factor_required: Some(*required),
                ..UserChange::default()
            };
            change_user(work, id, &change, Vec::new()).await
        }
        Action::RemoveSecondFactor => {
            work.switch(Operation::RemoveSecondFactor)?;
            let removed = second_factors::remove_of(work, &which).await?;
            Ok(done(
                removed,
                "a second factor is enrolled anew by its owner",
            ))
        }
        Action::Set { change } => {
            work.switch(Operation::UpdateUser)?;
            let change = change_of(work, lookup, change).await?;
            change_user(work, id, &change, Vec::new()).await
        }
        Action::Move { home } => {
            let change = UserChange {
                home: Some(OrganisationId(*home)),
                ..UserChange::default()
            };
            let lost = vec!["groups and roles that ended with the move".to_owned()];
            change_user(work, id, &change, lost).await
        }
        Action::Join { group } => {
            work.switch(Operation::AddMember)?;
            let joined = groups::batch::add(work, &GroupId(*group).into(), &which).await?;
            Ok(if joined {
                Undo::Leave { group: *group }
            } else {
                Undo::Nothing
            })
        }
        Action::Leave { group } => {
            work.switch(Operation::RemoveMember)?;
            let left = groups::batch::remove(work, &GroupId(*group).into(), &which).await?;
            Ok(if left {
                Undo::Join { group: *group }
            } else {
                Undo::Nothing
            })
        }
        Action::Grant {
            role,
            organisation,
            expires_at,
        } => grant(work, id, *role, *organisation, *expires_at).await,
        Action::Revoke { role, organisation } => revoke(work, id, *role, *organisation).await,
    }
}

fn with_status(status: Option<Status>) -> UserChange {
    UserChange {
        status,
        ..UserChange::default()
    }
}

fn done(changed: bool, why: &str) -> Undo {
    if changed {
        Undo::never(why)
    } else {
        Undo::Nothing
    }
}

/// An action on many that would end in the caller's own account being gone is a slip.
fn not_oneself(work: &Work<'_>, id: UserId) -> Result<(), Fault> {
    if id == work.caller.user {
        Err(Fault::Protected(Kind::User))
    } else {
        Ok(())
    }
}

fn own_session(work: &Work<'_>) -> Option<crate::model::SessionId> {
    match work.caller.credential {
        Credential::Session(session, _) => Some(session),
        _ => None,
    }
}

fn own_key(work: &Work<'_>) -> Option<crate::model::KeyId> {
    match work.caller.credential {
        Credential::Key(key) | Credential::Session(_, Some(key)) => Some(key),
        _ => None,
    }
}

async fn change_user(
    work: &mut Work<'_>,
    id: UserId,
    change: &UserChange,
    lost: Vec<String>,
) -> Outcome<Undo> {
    work.switch(Operation::UpdateUser)?;
    let (user, changed) = change::update_noting(work, &id.into(), change, None).await?;
    if changed.is_empty() {
        return Ok(Undo::Nothing);
    }
    Ok(Undo::Change {
        revision: user.revision,
        before: changed.before,
        lost,
    })
}

async fn disable(work: &mut Work<'_>, id: UserId, revoke_keys: bool) -> Outcome<Undo> {
    work.switch(Operation::UpdateUser)?;
    let user = work.target_user(&id.into()).await?;
    not_oneself(work, id)?;
    let mut lost = Vec::new();
    // Who is suspended or expired may not act already, and stays what they are.
    let undo = if user.status == Status::Active {
        if stored_sessions::any_of(&mut work.tx, id).await? {
            lost.push("sessions".to_owned());
        }
        change_user(work, id, &with_status(Some(Status::Inactive)), lost.clone()).await?
    } else {
        Undo::Nothing
    };
    if !revoke_keys {
        return Ok(undo);
    }
    work.switch(Operation::RevokeKey)?;
    if keys::revoke_of(work, &id.into(), own_key(work)).await? == 0 {
        return Ok(undo);
    }
    lost.push("keys".to_owned());
    Ok(match undo {
        Undo::Change {
            revision, before, ..
        } => Undo::Change {
            revision,
            before,
            lost,
        },
        _ => Undo::never("revoked keys do not come back"),
    })
}

async fn grant(
    work: &mut Work<'_>,
    id: UserId,
    role: i64,
    organisation: Option<i64>,
    expires_at: Option<Time>,
) -> Outcome<Undo> {
    work.switch(Operation::GrantRole)?;
    let user = work.visible_user(&id.into()).await?;
    let before = grants::all_direct(&mut work.tx, id).await?;
    let wanted = Wanted {
        role: RoleId(role),
        organisation: organisation.map(OrganisationId),
        expires_at,
    };
    if !granting::give(work, &user, wanted, false).await? {
        return Ok(Undo::Nothing);
    }
    let after = grants::all_direct(&mut work.tx, id).await?;
    let place = after
        .iter()
        .find(|one| {
            one.role.0 == role
                && one.expires_at == expires_at
                && organisation.is_none_or(|place| place == one.organisation.0)
                && !before.iter().any(|old| old == *one)
        })
        .map(|one| one.organisation);
    // What the grant replaced: the one role of a platform, or the same role until another time.
    let gone: Vec<_> = before
        .iter()
        .filter(|old| !after.contains(old))
        .map(|old| (old.role.0, old.organisation.0, old.expires_at))
        .collect();
    Ok(match place {
        _ if !gone.is_empty() => Undo::Grant { grants: gone },
        Some(OrganisationId(organisation)) => Undo::Revoke { role, organisation },
        None => Undo::never("the grant is not found any more"),
    })
}

async fn revoke(
    work: &mut Work<'_>,
    id: UserId,
    role: i64,
    organisation: Option<i64>,
) -> Outcome<Undo> {
    work.switch(Operation::RevokeRole)?;
    let user = work.visible_user(&id.into()).await?;
    let held: Vec<_> = grants::all_direct(&mut work.tx, id)
        .await?
        .into_iter()
        .filter(|one| {
            one.role.0 == role && organisation.is_none_or(|place| place == one.organisation.0)
        })
        .map(|one| (one.role.0, one.organisation.0, one.expires_at))
        .collect();
    if held.is_empty() {
        return Ok(Undo::Nothing);
    }
    granting::revoke(work, &user, RoleId(role), organisation.map(OrganisationId)).await?;
    Ok(Undo::Grant { grants: held })
}

/// The change that members of a request mean.
pub(super) async fn change_of(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    members: &Map<String, Value>,
) -> Outcome<UserChange> {
    for (member, instead) in [
        ("organisations", "memberships are changed one by one"),
        ("roles", "use the actions grant and revoke"),
        ("email", "every person has their own"),
        ("login", "every person has their own"),
    ] {
        if members.contains_key(member) {
            return Err(Fault::invalid("change", format!("holds `{member}`: {instead}")).into());
        }
    }
    rows::ensure::check_members(members)?;
    let read = rows::read_row(work, lookup, members).await?;
    Ok(UserChange {
        groups: read.groups,
        ..read.change
    })
}

/// Undoes what was done to one person; tells what does not come back with it.
pub(crate) async fn revert(
    work: &mut Work<'_>,
    id: UserId,
    undo: &Undo,
) -> Outcome<Option<Vec<String>>> {
    let which = id.into();
    match undo {
        Undo::Nothing => return Ok(None),
        Undo::Never { why } => return Err(Fault::invalid("undo", why.clone()).into()),
        Undo::Change {
            revision,
            before,
            lost,
        } => {
            work.switch(Operation::UpdateUser)?;
            let (change, mut missing) = restoring(before, *revision)?;
            change::update(work, &which, &change, None).await?;
            missing.extend(lost.iter().cloned());
            return Ok(Some(missing));
        }
        Undo::Leave { group } => {
            work.switch(Operation::RemoveMember)?;
            if !groups::batch::remove(work, &GroupId(*group).into(), &which).await? {
                return Ok(None);
            }
        }
        Undo::Join { group } => {
            work.switch(Operation::AddMember)?;
            if !groups::batch::add(work, &GroupId(*group).into(), &which).await? {
                return Ok(None);
            }
        }
        Undo::Revoke { role, organisation } => {
            work.switch(Operation::RevokeRole)?;
            let user = work.visible_user(&which).await?;
            let place = Some(OrganisationId(*organisation));
            match granting::revoke(work, &user, RoleId(*role), place).await {
                Err(Abort::Fault(Fault::NotFound(Kind::Grant))) => return Ok(None),
                taken => taken?,
            }
        }
        Undo::Grant { grants } => {
            work.switch(Operation::GrantRole)?;
            let user: User = work.visible_user(&which).await?;
            let mut given = false;
            for (role, organisation, expires_at) in grants {
                let wanted = Wanted {
                    role: RoleId(*role),
                    organisation: Some(OrganisationId(*organisation)),
                    expires_at: *expires_at,
                };
                given |= granting::give(work, &user, wanted, false).await?;
            }
            if !given {
                return Ok(None);
            }
        }
    }
    Ok(Some(Vec::new()))
}

/// The change that puts fields back to what they were, and the names of those that it cannot.
fn restoring(
    before: &Map<String, Value>,
    revision: i64,
) -> Result<(UserChange, Vec<String>), Fault> {
    let mut change = UserChange {
        if_revision: Some(revision),
        ..UserChange::default()
    };
    let mut missing = Vec::new();
    for (field, value) in before {
        match field.as_str() {
            "status" => change.status = Some(stored(value)?),
            "kind" => {
                change.kind = Some(stored(value)?);
                missing.push("password and second factor".to_owned());
            }
            "login" => change.login = Some(stored(value)?),
            "email" => change.email = Some(stored(value)?),
            "display" => change.display = Some(stored(value)?),
            "given" => change.given = Some(stored(value)?),
            "family" => change.family = Some(stored(value)?),
            "lock_after" => change.lock_after = Some(stored(value)?),
            "locked_until" => change.locked = Some(!value.is_null()),
            "second_factor_required" => change.second_factor_required = Some(stored(value)?),
            "must_change_password" => change.must_change_password = Some(stored(value)?),
            "home" => change.home = Some(stored(value)?),
            "primary_group" => change.primary_group = Some(stored(value)?),
            "groups" => change.groups = Some(stored(value)?),
            other => match ProfileAttribute::named(other) {
                Some(attribute) => *change.profile.value_mut(attribute) = Some(stored(value)?),
                None => missing.push(other.to_owned()),
            },
        }
    }
    Ok((change, missing))
}

fn stored<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, Fault> {
    serde_json::from_value(value.clone())
        .map_err(|error| Fault::Internal(format!("stored undo: {error}")))
}
