//! Audit events, appended in the transaction of the change they tell of.

use std::sync::Arc;

use serde_json::Value;

use crate::access::caller::Credential;
use crate::access::work::Work;
use crate::model::{Group, Organisation, OrganisationId, Platform, Role, User};
use crate::outcome::Outcome;
use crate::store::events;

/// What an event is about.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct About<'a> {
    pub entity: &'a str,
    pub id: Option<i64>,
    pub name: Option<&'a str>,
    pub organisation: Option<OrganisationId>,
    /// The person concerned, where that is not the entity itself.
    pub subject: Option<i64>,
}

impl<'a> About<'a> {
    pub fn user(user: &'a User) -> Self {
        Self {
            entity: "user",
            id: Some(user.id.0),
            name: Some(&user.login),
            organisation: Some(user.home),
            subject: Some(user.id.0),
        }
    }

    pub fn group(group: &'a Group) -> Self {
        Self {
            entity: "group",
            id: Some(group.id.0),
            name: Some(&group.name),
            organisation: Some(group.organisation),
            subject: None,
        }
    }

    pub fn role(role: &'a Role) -> Self {
        Self {
            entity: "role",
            id: Some(role.id.0),
            name: Some(&role.name),
            organisation: role.organisation,
            subject: None,
        }
    }

    pub fn organisation(organisation: &'a Organisation) -> Self {
        Self {
            entity: "organisation",
            id: Some(organisation.id.0),
            name: Some(&organisation.name),
            organisation: Some(organisation.id),
            subject: None,
        }
    }
}

impl Work<'_> {
    /// Appends an audit event in the transaction of the change. `detail` holds no secret.
    pub async fn event(
        &mut self,
        verb: &str,
        about: About<'_>,
        detail: Option<Value>,
    ) -> Outcome<()> {
        let (caller, detail) = match &self.caller.impersonator {
            None => (Arc::clone(&self.caller), detail),
            Some(impersonator) => {
                let mut detail = detail.unwrap_or_else(|| serde_json::json!({}));
                if let Value::Object(detail) = &mut detail {
                    let name = self.caller.login.as_str().into();
                    detail.insert("impersonate".to_owned(), name);
                }
                (Arc::clone(impersonator), Some(detail))
            }
        };
        let detail = detail.map(|detail| detail.to_string());
        let address = caller
            .context
            .address
            .map(|address| address.to_canonical().to_string());
        let (key, session) = match caller.credential {
            Credential::Key(key) => (Some(key.0), None),
            Credential::Session(session, key) => (key.map(|key| key.0), Some(session.0)),
            Credential::System => (None, None),
        };
        let system = caller.is_system();
        let event = events::NewEvent {
            at: self.now,
            verb,
            actor: if system { None } else { Some(caller.user.0) },
            actor_name: Some(&caller.login),
            platform: caller.platform.word(),
            key,
            session,
            entity: about.entity,
            entity_id: about.id,
            entity_name: about.name,
            organisation: about.organisation.map(|organisation| organisation.0),
            subject: about.subject,
            detail: detail.as_deref(),
            address: address.as_deref(),
            request_id: Some(caller.context.request_id.as_str()).filter(|id| !id.is_empty()),
        };
        events::append(&mut self.tx, &event).await?;
        Ok(())
    }
}

/// `{"before": …, "after": …}` of the fields in which two descriptions differ.
pub(crate) fn difference(before: &Value, after: &Value) -> Value {
    let differing = |one: &Value, other: &Value| -> Value {
        one.as_object()
            .into_iter()
            .flatten()
            .filter(|(name, value)| other.get(name) != Some(value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    serde_json::json!({ "before": differing(before, after), "after": differing(after, before) })
}

/// A change's detail with the word that a dialect's document is another now: of whose. What it holds
/// may be what no trail should.
pub(crate) fn with_document(mut detail: Value, platform: Platform) -> Value {
    for side in ["before", "after"] {
        if let Some(Value::Object(side)) = detail.get_mut(side) {
            side.insert("extension".to_owned(), platform.word().into());
        }
    }
    detail
}
