//! What rows refer to by number, UUID or name. Within one transaction the answer to one text stays
//! the same, so it is looked up once.

use std::collections::HashMap;

use serde_json::Value;

use crate::access::work::Work;
use crate::model::{
    Fault, GroupId, GroupRef, Kind, OrganisationId, OrganisationRef, Ref, RoleId, UnknownName,
    User, UserRef,
};
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
    /// The name of the last look-up by name that found nothing.
    unknown: Option<UnknownName>,
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
pub(crate) fn read_reference(field: &'static str, value: &Value) -> Result<String, Fault> {
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
        let text = read_reference(field, value)?;
        if let Some(known) = self.organisations.get(&text) {
            return Ok(*known);
        }
        let which: OrganisationRef = reference(&text);
        let id = match work.visible_organisation(&which).await {
            Ok(organisation) => organisation.id,
            Err(abort) => {
                let abort = unknown(abort, Kind::Organisation);
                return Err(self.noting(abort, field, &text));
            }
        };
        remember(&mut self.organisations, text, id);
        Ok(id)
    }

    /// A group that the caller sees: `name`, or `name@organisation`.
    pub async fn group(
        &mut self,
        work: &mut Work<'_>,
        field: &'static str,
        value: &Value,
    ) -> Outcome<GroupId> {
        let text = read_reference(field, value)?;
        if let Some(known) = self.groups.get(&text) {
            return Ok(*known);
        }
        let which: GroupRef = reference(&text);
        let (name, found) = match (&which, text.rsplit_once('@')) {
            (Ref::Name(_), Some((name, place))) => {
                let place = self.organisation(work, field, &Value::from(place)).await?;
                let ids = stored_groups::find_by_name(&mut work.tx, &rules::fold(name)).await?;
                let ids: Vec<i64> = ids.into_iter().map(|id| id.0).collect();
                let seen = groups::visibility::load_seen(work, &ids).await?;
                let found = seen.into_iter().find(|group| group.organisation == place);
                (name, found)
            }
            _ => {
                let found = groups::visibility::visible(work, &which).await?;
                (text.as_str(), found)
            }
        };
        let Some(group) = found else {
            let abort = Fault::UnknownReference(Kind::Group).into();
            return Err(self.noting(abort, field, name));
        };
        remember(&mut self.groups, text, group.id);
        Ok(group.id)
    }

    /// A role that the caller sees: `platform:word`, or `platform:word@organisation`.
    pub async fn role(
        &mut self,
        work: &mut Work<'_>,
        field: &'static str,
        value: &Value,
    ) -> Outcome<WantedRole> {
        let text = read_reference(field, value)?;
        if let Some(known) = self.roles.get(&text) {
            return Ok(*known);
        }
        let (name, place) = match text.rsplit_once('@') {
            Some((name, place)) => (name, Some(place)),
            None => (text.as_str(), None),
        };
        let role = match find_role(work, name).await {
            Ok(role) => role,
            Err(abort) => return Err(self.noting(abort, field, name)),
        };
        let place = match place {
            None => None,
            Some(place) => Some(self.organisation(work, field, &Value::from(place)).await?),
        };
        remember(&mut self.roles, text.clone(), (role, place));
        Ok((role, place))
    }

    /// A person whom the caller sees, by the column `user`.
    pub async fn user(&mut self, work: &mut Work<'_>, value: &Value) -> Outcome<User> {
        let text = read_reference("user", value)?;
        let which: UserRef = reference(&text);
        match work.visible_user(&which).await {
            Err(Abort::Fault(Fault::NotFound(_))) => {
                let abort = Fault::UnknownReference(Kind::User).into();
                Err(self.noting(abort, "user", &text))
            }
            found => found,
        }
    }

    /// The name that led nowhere, where that is why a row was refused.
    pub fn take_unknown(&mut self, fault: &Fault) -> Option<UnknownName> {
        let unknown = self.unknown.take();
        unknown.filter(|unknown| *fault == Fault::UnknownReference(unknown.kind))
    }

    /// Notes the name of a look-up that found nothing. A number and a UUID are near to no other.
    fn noting(&mut self, abort: Abort, field: &'static str, text: &str) -> Abort {
        if let Abort::Fault(Fault::UnknownReference(kind)) = &abort
            && let Ref::Name(name) = reference::<i64>(text)
        {
            self.unknown = Some(UnknownName {
                kind: *kind,
                field,
                name,
                near: Vec::new(),
            });
        }
        abort
    }
}

async fn find_role(work: &mut Work<'_>, name: &str) -> Outcome<RoleId> {
    let unknown = || Fault::UnknownReference(Kind::Role);
    let id = match reference::<RoleId>(name) {
        Ref::Id(id) => id,
        Ref::Uuid(uuid) => {
            let found = roles::by_uuid(&mut work.tx, uuid).await?;
            found.ok_or_else(unknown)?.id
        }
        Ref::Name(name) => {
            let (platform, word) = name.split_once(':').ok_or_else(unknown)?;
            let found = roles::by_word(&mut work.tx, platform, word).await?;
            found.ok_or_else(unknown)?.id
        }
    };
    Ok(granting::referenced(work, id).await?.id)
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
