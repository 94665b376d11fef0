//! What rows refer to by number, UUID or name. Within one transaction the answer to one text stays
//! the same, so it is looked up once.

use std::collections::HashMap;

use serde_json::Value;

use crate::access::work::Work;
use crate::model::{Fault, GroupId, GroupRef, Kind, OrganisationId, OrganisationRef, Ref, RoleId};
use crate::operations::groups;
use crate::operations::roles::granting;
use crate::outcome::{Abort, Outcome};
use crate::rules;
use crate::store::{groups as stored_groups, roles};

use super::WantedRole;

/// So many answers are remembered of each kind.
const REMEMBERED: usize = 10_000;

/// What was looked up in this transaction.
#[derive(Default)]
pub(crate) struct Lookup {
    organisations: HashMap<String, OrganisationId>,
    groups: HashMap<String, GroupId>,
    roles: HashMap<String, WantedRole>,
}

/// The way a text names a thing: by number, by UUID, else by name.
pub(crate) fn reference<Id: From<i64>>(text: &str) -> Ref<Id> {
    if !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ref::Id(Id::from(text.parse().unwrap_or(i64::MAX)));
    }
    match uuid::Uuid::parse_str(text) {
        Ok(uuid) => Ref::Uuid(uuid),
        Err(_) => Ref::Name(text.to_owned()),
    }
}

/// A reference as JSON gives it: a number or a text.
pub(crate) fn named(field: &'static str, value: &Value) -> Result<String, Fault> {
    match value {
        Value::String(text) if !text.trim().is_empty() && !text.contains('\0') => {
            rules::limits::check_length(field, text)?;
            Ok(text.trim().to_owned())
        }
        Value::Number(number) if number.is_i64() || number.is_u64() => Ok(number.to_string()),
        _ => Err(Fault::invalid(field, "must be an id, a number or a name")),
    }
}

impl Lookup {
    /// An organisation that the caller sees.
    pub async fn organisation(
        &mut self,
        work: &mut Work<'_>,
        field: &'static str,
        value: &Value,
    ) -> Outcome<OrganisationId> {
        let text = named(field, value)?;
        if let Some(known) = self.organisations.get(&text) {
            return Ok(*known);
        }
        let which: OrganisationRef = reference(&text);
        let id = match work.visible_organisation(&which).await {
            Ok(organisation) => organisation.id,
            Err(abort) => return Err(unknown(abort, Kind::Organisation)),
        };
        remember(&mut self.organisations, text, id);
        Ok(id)
    }

    /// A group that the caller sees: `name`, or `name@organisation`.
    pub async fn group(&mut self, work: &mut Work<'_>, value: &Value) -> Outcome<GroupId> {
        let text = named("groups", value)?;
        if let Some(known) = self.groups.get(&text) {
            return Ok(*known);
        }
        let which: GroupRef = reference(&text);
        let found = match (&which, text.rsplit_once('@')) {
            (Ref::Name(_), Some((name, place))) => {
                let place = self
                    .organisation(work, "groups", &Value::from(place))
                    .await?;
                let ids = stored_groups::named(&mut work.tx, &rules::fold(name)).await?;
                let ids: Vec<i64> = ids.into_iter().map(|id| id.0).collect();
                let seen = groups::visibility::load_seen(work, &ids).await?;
                seen.into_iter().find(|group| group.organisation == place)
            }
            _ => groups::visibility::visible(work, &which).await?,
        };
        let id = found.ok_or(Fault::UnknownReference(Kind::Group))?.id;
        remember(&mut self.groups, text, id);
        Ok(id)
    }

    /// A role that the caller sees: `platform:word`, or `platform:word@organisation`.
    pub async fn role(&mut self, work: &mut Work<'_>, value: &Value) -> Outcome<WantedRole> {
        let text = named("roles", value)?;
        if let Some(known) = self.roles.get(&text) {
            return Ok(*known);
        }
        let (name, place) = match text.rsplit_once('@') {
            Some((name, place)) => (name, Some(place)),
            None => (text.as_str(), None),
        };
        let unknown = || Fault::UnknownReference(Kind::Role);
        let role = match reference::<RoleId>(name) {
            Ref::Id(id) => granting::referenced(work, id).await?,
            Ref::Uuid(uuid) => {
                let id = roles::by_uuid(&mut work.tx, uuid)
                    .await?
                    .ok_or_else(unknown)?
                    .id;
                granting::referenced(work, id).await?
            }
            Ref::Name(name) => {
                let (platform, word) = name.split_once(':').ok_or_else(unknown)?;
                let found = roles::by_word(&mut work.tx, platform, word).await?;
                granting::referenced(work, found.ok_or_else(unknown)?.id).await?
            }
        };
        let place = match place {
            None => None,
            Some(place) => Some(
                self.organisation(work, "roles", &Value::from(place))
                    .await?,
            ),
        };
        remember(&mut self.roles, text.clone(), (role.id, place));
        Ok((role.id, place))
    }
}

/// What is missing and what is hidden are refused alike, as something that the row refers to.
fn unknown(abort: Abort, kind: Kind) -> Abort {
    match abort {
        Abort::Fault(Fault::NotFound(_) | Fault::Forbidden(_)) => {
            Abort::Fault(Fault::UnknownReference(kind))
        }
        other => other,
    }
}

fn remember<T>(known: &mut HashMap<String, T>, text: String, id: T) {
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(text, id);
}
