//! Memberships and grants as rows of an import.

use serde_json::{Map, Value};

use crate::access::table::Operation;
use crate::access::work::Work;
use crate::model::{Fault, Grant, ItemOutcome, OnConflict};
use crate::operations::organisations::memberships;
use crate::operations::roles::granting::{self, Wanted};
use crate::outcome::{Abort, Outcome};
use crate::store::{grants, organisations};

use super::lookup::Lookup;
use super::records::stated;
use super::{Brought, needed, time};

/// Makes a person a member of an organisation, as a row says.
pub(crate) async fn bring_membership(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    row: &Map<String, Value>,
    on_conflict: OnConflict,
) -> Outcome<Brought> {
    work.switch(Operation::ShowUser)?;
    let user = lookup.user(work, member(row, "user")).await?;
    work.switch(Operation::ShowOrganisation)?;
    let place = member(row, "organisation");
    let organisation = lookup.organisation(work, "organisation", place).await?;
    let administrator = stated(row, "administrator")?;
    let present = organisations::memberships(&mut work.tx, &[user.id]).await?;
    let old = present
        .into_iter()
        .find(|one| one.organisation == organisation);
    if old.is_some() {
        match on_conflict {
            OnConflict::Fail => return Err(taken("organisation")),
            OnConflict::Skip => return Ok(brought(ItemOutcome::Skipped)),
            OnConflict::Update => {}
        }
    }
    work.switch(Operation::AddMembership)?;
    let now = memberships::add(work, &user.id.into(), &organisation.into(), administrator).await?;
    Ok(brought(match old {
        None => ItemOutcome::Created,
        Some(old) if old == now => ItemOutcome::Unchanged,
        Some(_) => ItemOutcome::Updated,
    }))
}

/// Grants a person a role directly, as a row says.
pub(crate) async fn bring_grant(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    row: &Map<String, Value>,
    on_conflict: OnConflict,
) -> Outcome<Brought> {
    match needed(row, "path", "path")?.as_deref() {
        None | Some("direct") => {}
        // What a group brings is the group's to bring.
        Some("group") => return Ok(brought(ItemOutcome::Skipped)),
        Some(_) => return Err(Fault::invalid("path", "must be direct or group").into()),
    }
    work.switch(Operation::ShowUser)?;
    let user = lookup.user(work, member(row, "user")).await?;
    let (role, with_role) = lookup.role(work, "role", member(row, "role")).await?;
    let place = match row.get("organisation") {
        Some(place) => Some(lookup.organisation(work, "organisation", place).await?),
        None => with_role,
    };
    let place = place.unwrap_or(user.home);
    let expires_at = time(row, "expires_at")?;
    let find = |held: Vec<Grant>| {
        let mut held = held.into_iter();
        held.find(|one| one.role == role && one.organisation == place)
    };
    let old = find(grants::all_direct(&mut work.tx, user.id).await?);
    if old.is_some() {
        match on_conflict {
            OnConflict::Fail => return Err(taken("role")),
            OnConflict::Skip => return Ok(brought(ItemOutcome::Skipped)),
            OnConflict::Update => {}
        }
    }
    work.switch(Operation::GrantRole)?;
    let wanted = Wanted {
        role,
        organisation: Some(place),
        // What the row does not say stays.
        expires_at: match (expires_at, &old) {
            (Some(stated), _) => stated,
            (None, Some(old)) => old.expires_at,
            (None, None) => None,
        },
    };
    let changed = granting::give(work, &user, wanted, false).await?;
    let now = find(grants::all_direct(&mut work.tx, user.id).await?);
    Ok(Brought {
        outcome: match (old, changed) {
            (None, _) => ItemOutcome::Created,
            (Some(_), true) => ItemOutcome::Updated,
            (Some(_), false) => ItemOutcome::Unchanged,
        },
        number: now.map(|grant| grant.id.0),
    })
}

fn member<'a>(row: &'a Map<String, Value>, name: &str) -> &'a Value {
    row.get(name).unwrap_or(&Value::Null)
}

fn taken(field: &'static str) -> Abort {
    Fault::Taken { field }.into()
}

fn brought(outcome: ItemOutcome) -> Brought {
    Brought {
        outcome,
        number: None,
    }
}
