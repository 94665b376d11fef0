//! Organisations and groups as rows.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::work::Work;
use crate::model::{
    EnsureOutcome, Fault, GroupChange, ItemOutcome, OnConflict, OrganisationChange,
};
use crate::operations::{groups, organisations};
use crate::outcome::Outcome;

use super::lookup::Lookup;
use super::{Brought, flag, listed, needed, text};

/// Makes, changes or leaves alone the organisation that a row names.
pub(crate) async fn bring_organisation(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    row: &Map<String, Value>,
    uuid: Uuid,
    on_conflict: OnConflict,
) -> Outcome<Brought> {
    use organisations::ensure;
    let name = name_of(row)?;
    let parent = match row.get("parent") {
        // The root has none, and none is ever made.
        None | Some(Value::Null) => None,
        Some(parent) => Some(lookup.organisation(work, "parent", parent).await?),
    };
    let wanted = OrganisationChange {
        slug: needed(row, "slug", "slug")?,
        description: text(row, "description", "description")?,
        kind: text(row, "kind", "kind")?,
        sector: text(row, "sector", "sector")?,
        nationality: text(row, "nationality", "nationality")?,
        contacts: text(row, "contacts", "contacts")?,
        local: stated(row, "local")?,
        domains: domains(row)?,
        second_factor_required: stated(row, "second_factor_required")?,
        parent,
        ..OrganisationChange::default()
    };
    let present = match on_conflict {
        // Whether the name is taken is found out when it is taken.
        OnConflict::Fail => None,
        OnConflict::Skip | OnConflict::Update => ensure::find(work, &name).await?,
    };
    match present {
        None => {
            let made = ensure::make(work, &name, &wanted, uuid).await?;
            Ok(brought(ItemOutcome::Created, made.id.0))
        }
        Some(old) if on_conflict == OnConflict::Skip => Ok(brought(ItemOutcome::Skipped, old.id.0)),
        Some(old) => {
            let ensured = ensure::change(work, old, &wanted).await?;
            Ok(brought(ensured.outcome.into(), ensured.record.id.0))
        }
    }
}

/// Makes, changes or leaves alone the group that a row names.
pub(crate) async fn bring_group(
    work: &mut Work<'_>,
    lookup: &mut Lookup,
    row: &Map<String, Value>,
    uuid: Uuid,
    on_conflict: OnConflict,
) -> Outcome<Brought> {
    use groups::ensure;
    let name = name_of(row)?;
    if text(row, "platform", "platform")?.flatten().is_some() {
        // It belongs to a platform, which makes its own.
        return Ok(Brought {
            outcome: ItemOutcome::Skipped,
            number: None,
        });
    }
    let place = match row.get("organisation") {
        None => ensure::usual_place(work),
        Some(place) => lookup.organisation(work, "organisation", place).await?,
    };
    let wanted = GroupChange {
        slug: needed(row, "slug", "slug")?,
        description: text(row, "description", "description")?,
        newcomers: stated(row, "newcomers")?,
        ..GroupChange::default()
    };
    let present = match on_conflict {
        OnConflict::Fail => None,
        OnConflict::Skip | OnConflict::Update => ensure::find(work, &name, place).await?,
    };
    match present {
        None => {
            let made = ensure::make(work, &name, place, &wanted, uuid).await?;
            Ok(brought(ItemOutcome::Created, made.id.0))
        }
        Some(old) if on_conflict == OnConflict::Skip => Ok(brought(ItemOutcome::Skipped, old.id.0)),
        Some(old) => {
            let ensured = ensure::change(work, old, &wanted).await?;
            Ok(brought(ensured.outcome.into(), ensured.record.id.0))
        }
    }
}

impl From<EnsureOutcome> for ItemOutcome {
    fn from(outcome: EnsureOutcome) -> Self {
        match outcome {
            EnsureOutcome::Created => ItemOutcome::Created,
            EnsureOutcome::Updated => ItemOutcome::Updated,
            EnsureOutcome::Unchanged => ItemOutcome::Unchanged,
        }
    }
}

fn brought(outcome: ItemOutcome, number: i64) -> Brought {
    Brought {
        outcome,
        number: Some(number),
    }
}

fn name_of(row: &Map<String, Value>) -> Result<String, Fault> {
    let name = needed(row, "name", "name")?;
    let name = name.filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| Fault::invalid("name", "is needed"))?;
    Ok(name.trim().to_owned())
}

/// A flag that cannot be cleared.
pub(super) fn stated(row: &Map<String, Value>, field: &'static str) -> Result<Option<bool>, Fault> {
    match flag(row, field)? {
        Some(None) => Err(Fault::invalid(field, "cannot be cleared")),
        stated => Ok(stated.flatten()),
    }
}

fn domains(row: &Map<String, Value>) -> Result<Option<Vec<String>>, Fault> {
    let Some(listed) = listed(row, "domains")? else {
        return Ok(None);
    };
    let read = listed.into_iter().map(|value| match value {
        Value::String(domain) => Ok(domain),
        _ => Err(Fault::invalid("domains", "must be a list of texts")),
    });
    read.collect::<Result<_, _>>().map(Some)
}
