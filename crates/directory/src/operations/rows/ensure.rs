//! Making sure that a person is there as a row says: they are made, changed where they differ, or
//! left alone.

use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::handle::Handle;
use crate::model::{
    EnsureOutcome, Ensured, Fault, GroupId, NewPassword, NewUser, OrganisationId,
    ProvisioningDefaults, Ref, TaskWhat, UnknownName, User,
};
use crate::operations::groups::members as group_members;
use crate::operations::organisations::memberships;
use crate::operations::passwords::Prepared;
use crate::operations::roles::granting::{self, Wanted};
use crate::operations::users::{change, create};
use crate::outcome::{Abort, Outcome};
use crate::pending::Pending;
use crate::rules;
use crate::store::{grants, members, organisations, users};

use super::columns::columns_of;
use super::lookup::Lookup;
use super::{Read, WantedRole, read_row};

/// What only a newly made person gets.
#[derive(Clone, Debug, Default)]
pub struct EnsureNew {
    /// The UUID, if the request names one.
    pub uuid: Option<uuid::Uuid>,
    /// The password.
    pub password: NewPassword,
    /// Default roles and the mail.
    pub door: ProvisioningDefaults,
    /// Where the name is noted that led nowhere, if the fault is [`Fault::UnknownReference`].
    pub unknown: Arc<OnceLock<UnknownName>>,
}

impl Handle {
    /// Makes sure that a person is there as `row` says, known by the e-mail address: makes them, or
    /// changes what differs. What `row` does not say stays. Organisations, groups and roles are added;
    /// with `exact` they replace those that the caller may change.
    pub fn ensure_user(
        &self,
        row: Map<String, Value>,
        new: EnsureNew,
        exact: bool,
    ) -> Pending<'_, Ensured> {
        Box::pin(async move {
            check_members(&row)?;
            let email = email_of(&row)?;
            let uuid = new.uuid.unwrap_or_else(|| self.inner.seams.random_uuid());
            // A password is hashed outside the transaction, and only for a person new.
            let prepared = if new.password == NewPassword::None {
                None
            } else {
                let folded = rules::fold(&email);
                let known = self
                    .read(Operation::ShowUser, async |work: &mut Work<'_>| {
                        Ok(users::by_sign_in_name(&mut work.tx, &folded)
                            .await?
                            .is_some())
                    })
                    .await?;
                let sent = NewUser {
                    email: Some(email.clone()),
                    password: new.password.clone(),
                    ..NewUser::default()
                };
                if known {
                    None
                } else {
                    self.prepare_new(&sent).await?
                }
            };
            let wanted = new.password != NewPassword::None;
            let (door, noted) = (new.door.clone(), Arc::clone(&new.unknown));
            self.write(Operation::EnsureOne, async move |work: &mut Work<'_>| {
                let how = How {
                    uuid,
                    exact,
                    door: &door,
                    prepared: prepared.as_ref(),
                    needs_password: wanted,
                };
                let mut lookup = Lookup::default();
                let ensured = ensure(work, &mut lookup, &row, &how).await;
                if let Err(Abort::Fault(fault)) = &ensured
                    && let Some(unknown) = lookup.take_unknown(fault)
                {
                    // Tried again on a conflict, it may be there already.
                    let _ = noted.set(unknown);
                }
                ensured
            })
            .await
        })
    }
}

/// How a person is made, if they are.
pub(crate) struct How<'a> {
    pub uuid: uuid::Uuid,
    pub exact: bool,
    pub door: &'a ProvisioningDefaults,
    pub prepared: Option<&'a Prepared>,
    /// Whether a person new is to have a password.
    pub needs_password: bool,
}

/// Refuses members of a person that are not known.
pub(crate) fn check_members(row: &Map<String, Value>) -> Result<(), Fault> {
    columns_of(TaskWhat::Users).map_or(Ok(()), |columns| columns.check(row))
}

/// The e-mail address by which a row's person is known.
pub(crate) fn email_of(row: &Map<String, Value>) -> Result<String, Fault> {
    match row.get("email") {
        Some(Value::String(email)) if !email.trim().is_empty() => Ok(email.clone()),
        _ => Err(Fault::invalid("email", "is needed")),
    }
}

/// What a row's person is known by: the e-mail address, else the login.
pub(crate) enum Key {
    Email(String),
    Login(String),
}

/// What a row's person is known by.
pub(crate) fn key_of(row: &Map<String, Value>) -> Result<Key, Fault> {
    match (row.get("email"), row.get("login")) {
        (None | Some(Value::Null), Some(Value::String(login))) if !login.trim().is_empty() => {
            Ok(Key::Login(login.clone()))
        }
        _ => email_of(row).map(Key::Email),
    }
}

impl Key {
    /// The text.
    pub fn text(&self) -> &str {
        match self {
            Key::Email(text) | Key::Login(text) => text,
        }
    }
}

/// `ensure_user` in a transaction.
pub(crate) async fn ensure(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    row: &Map<String, Value>,
    how: &How<'_>,
) -> Outcome<Ensured> {
    let email = email_of(row)?;
    match present(work, &Key::Email(email)).await? {
        Some(user) => update(work, lookup, row, user, how.exact).await,
        None => {
            if how.needs_password && how.prepared.is_none() {
                // They were there a moment ago.
                return Err(Fault::Stale.into());
            }
            make(work, lookup, row, how).await
        }
    }
}

/// The person of an e-mail address or a login, if the caller sees them; a person hidden has taken it.
pub(crate) async fn present(work: &mut Work<'_>, key: &Key) -> Outcome<Option<User>> {
    let folded = Some(rules::fold(key.text()));
    let Some(user) = work.find_user(&Ref::Name(key.text().to_owned())).await? else {
        return Ok(None);
    };
    let (own, field) = match key {
        Key::Email(_) => (user.email.as_deref().map(rules::fold) == folded, "email"),
        Key::Login(_) => (Some(rules::fold(&user.login)) == folded, "login"),
    };
    work.switch(Operation::ShowUser)?;
    if own && work.sees_user(&user).await? {
        Ok(Some(user))
    } else {
        Err(Fault::Taken { field }.into())
    }
}

/// Makes a row's person.
pub(crate) async fn make(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    row: &Map<String, Value>,
    how: &How<'_>,
) -> Outcome<Ensured> {
    work.switch(Operation::CreateUser)?;
    let read = read_row(work, lookup, row).await?;
    let new = NewUser {
        door: how.door.clone(),
        ..read.to_new()
    };
    let user = create::create(work, &new, how.uuid, how.prepared).await?;
    for (role, place) in read.roles.iter().flatten() {
        if place.is_some() {
            work.switch(Operation::GrantRole)?;
            give(work, &user, (*role, *place)).await?;
        }
    }
    Ok(Ensured {
        outcome: EnsureOutcome::Created,
        changed: Vec::new(),
        user,
    })
}

/// Changes what differs of a person who is there.
pub(crate) async fn update(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    row: &Map<String, Value>,
    user: User,
    exact: bool,
) -> Outcome<Ensured> {
    work.switch(Operation::UpdateUser)?;
    let Read {
        mut change,
        organisations,
        groups,
        roles,
    } = read_row(work, lookup, row).await?;
    // They were found by this address, however it is written. Who was found by the login has no address, or
    // is to have none.
    change.email = change
        .email
        .filter(|email| email.is_none() && user.email.is_some());
    if change.login.as_deref().map(rules::fold) == Some(rules::fold(&user.login)) {
        change.login = None;
    }
    let mut changed: Vec<String> = Vec::new();
    let mut user = user;
    if differs(&user, &change) {
        let (now, noted) =
            Box::pin(change::update_noting(work, &user.id.into(), &change, None)).await?;
        user = now;
        changed.extend(noted.after.keys().cloned());
    }
    if let Some(wanted) = organisations
        && put_organisations(work, &user, &wanted, exact).await?
    {
        changed.push("organisations".to_owned());
    }
    if let Some(wanted) = groups
        && put_groups(work, &user, &wanted, exact).await?
    {
        changed.push("groups".to_owned());
    }
    if let Some(wanted) = roles
        && put_roles(work, &user, &wanted, exact).await?
    {
        changed.push("roles".to_owned());
    }
    if changed.is_empty() {
        return Ok(Ensured {
            outcome: EnsureOutcome::Unchanged,
            changed,
            user,
        });
    }
    let user = users::by_id(&mut work.tx, user.id)
        .await?
        .ok_or(Fault::NotFound(crate::model::Kind::User))?;
    Ok(Ensured {
        outcome: EnsureOutcome::Updated,
        changed,
        user,
    })
}

/// Whether a change says anything else than what is there. An equal value needs no permission.
fn differs(user: &User, change: &crate::model::UserChange) -> bool {
    let other = |new: &Option<Option<String>>, old: &Option<String>| {
        new.as_ref().is_some_and(|new| new != old)
    };
    change.login.is_some()
        || other(&change.email, &user.email)
        || other(&change.display, &user.names.display)
        || other(&change.given, &user.names.given)
        || other(&change.family, &user.names.family)
        || change.kind.is_some_and(|kind| kind != user.kind)
        || change.status.is_some_and(|status| status != user.status)
        || change.lock_after.is_some_and(|end| end != user.lock_after)
        || change.locked.is_some()
        || change
            .primary_group
            .is_some_and(|group| group != user.primary_group)
        || change.home.is_some_and(|home| home != user.home)
        || change.profile.differs_from(&user.profile)
        || change
            .second_factor_required
            .is_some_and(|needed| needed != user.second_factor_required)
}

async fn put_organisations(
    work: &mut Work<'_>,
    user: &User,
    wanted: &[OrganisationId],
    exact: bool,
) -> Outcome<bool> {
    let present = organisations::memberships(&mut work.tx, &[user.id]).await?;
    let mut changed = false;
    for organisation in wanted {
        if present.iter().any(|one| one.organisation == *organisation) {
            continue;
        }
        work.switch(Operation::AddMembership)?;
        memberships::add(work, &user.id.into(), &(*organisation).into(), None).await?;
        changed = true;
    }
    if exact {
        for old in present.iter().filter(|one| !one.home) {
            if wanted.contains(&old.organisation) {
                continue;
            }
            work.switch(Operation::RemoveMembership)?;
            let which = old.organisation.into();
            let part = work.tx.savepoint().await?;
            let gone = memberships::remove(work, &user.id.into(), &which).await;
            changed |= settle(work, part, gone).await?;
        }
    }
    Ok(changed)
}

async fn put_groups(
    work: &mut Work<'_>,
    user: &User,
    wanted: &[GroupId],
    exact: bool,
) -> Outcome<bool> {
    work.switch(Operation::AddMember)?;
    if exact {
        let replaced = group_members::replace(work, user, wanted).await?;
        if let Some((before, after)) = replaced {
            let detail = serde_json::json!({
                "before": { "groups": before }, "after": { "groups": after },
            });
            let about = crate::audit::About::user(user);
            work.event("user.changed", about, Some(detail)).await?;
            return Ok(true);
        }
        return Ok(false);
    }
    let mut changed = false;
    for group in wanted {
        if members::is_in(&mut work.tx, user.id, *group).await? {
            continue;
        }
        Box::pin(crate::operations::groups::batch::add(
            work,
            &(*group).into(),
            &user.id.into(),
        ))
        .await?;
        changed = true;
    }
    Ok(changed)
}

async fn put_roles(
    work: &mut Work<'_>,
    user: &User,
    wanted: &[WantedRole],
    exact: bool,
) -> Outcome<bool> {
    let mut changed = false;
    let place = |place: Option<OrganisationId>| place.unwrap_or(user.home);
    for (role, organisation) in wanted {
        let known = grants::holds(&mut work.tx, user.id, *role, place(*organisation)).await?;
        if known {
            continue;
        }
        work.switch(Operation::GrantRole)?;
        changed |= give(work, user, (*role, Some(place(*organisation)))).await?;
    }
    if exact {
        for old in grants::all_direct(&mut work.tx, user.id).await? {
            let stays = wanted
                .iter()
                .any(|(role, at)| *role == old.role && place(*at) == old.organisation);
            if stays {
                continue;
            }
            work.switch(Operation::RevokeRole)?;
            let part = work.tx.savepoint().await?;
            let gone = granting::revoke(work, user, old.role, Some(old.organisation)).await;
            changed |= settle(work, part, gone).await?;
        }
    }
    Ok(changed)
}

/// Grants a role at the home, or where the row says.
async fn give(work: &mut Work<'_>, user: &User, (role, place): WantedRole) -> Outcome<bool> {
    let wanted = Wanted {
        role,
        organisation: Some(place.unwrap_or(user.home)),
        expires_at: None,
    };
    granting::give(work, user, wanted, false).await
}

/// What the caller may not take away stays.
async fn settle(
    work: &mut Work<'_>,
    part: crate::store::Savepoint,
    outcome: Outcome<()>,
) -> Outcome<bool> {
    match outcome {
        Ok(()) => {
            work.tx.keep_part(part).await?;
            Ok(true)
        }
        Err(Abort::Fault(
            Fault::Forbidden(_)
            | Fault::Protected(_)
            | Fault::ExceedsOwn
            | Fault::OutranksCaller
            | Fault::LastOwner
            | Fault::UnknownReference(_)
            | Fault::NotFound(_),
        )) => {
            work.tx.undo_part(part).await?;
            Ok(false)
        }
        Err(abort) => Err(abort),
    }
}
