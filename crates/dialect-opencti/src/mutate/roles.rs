//! Roles: made, changed, given capabilities, deleted.

use directory::{Fault, NewRole, Role, RoleChange};
use serde_json::Value;

use super::super::capability::{CAPABILITIES, Capability};
use super::super::catalogue;
use super::super::documents::Document;
use super::super::edit::{self, Edit};
use super::super::errors;
use super::super::errors::OrRefuse as _;
use super::super::graph::Session;
use super::super::ids;
use super::super::node::{Node, RoleNode};
use super::{Answer, checked_name, input_text, relationship};
use graphql::{Call, Link, Refusal};

/// Makes a role, or gives the one that has the name already.
pub async fn add(session: &Session, call: &Call<'_>) -> Answer {
    let name = checked_name(&input_text(call, "name").unwrap_or_default())?;
    let new = NewRole {
        name: name.clone(),
        description: input_text(call, "description").unwrap_or_default(),
        ..NewRole::default()
    };
    let role = match session.handle.create_role(new).await {
        // Quirk: creating what is there already gives it, without an error (opencti.md §5).
        Err(Fault::Taken {
            field: "name" | "word",
        }) => {
            let wanted = ids::named("role", &name);
            let found = session.find_role(&wanted).await?;
            found.ok_or_else(|| errors::functional("A role of this name exists already"))?
        }
        made => made.or_refuse()?,
    };
    Ok(Link::One(Node::Role(session.duty(role).await?)))
}

/// The role of an edit.
pub async fn target(session: &Session, id: &str) -> Result<Role, Refusal> {
    let role = session.find_role(id).await?;
    role.ok_or_else(|| errors::functional("Role cannot be found.").with("role_id", id))
}

/// `roleEdit { delete }`
pub async fn delete(session: &Session, id: &str, _: &Call<'_>) -> Answer {
    let role = session.find_role(id).await?;
    let role = role.ok_or_else(|| errors::already_deleted(id))?;
    let deleted = session
        .handle
        .delete_role(role.id, directory::RoleInUse::TakeAway)
        .await;
    deleted.or_refuse()?;
    Ok(Link::Leaf(Value::from(role.uuid.to_string())))
}

/// `roleEdit { fieldPatch }`
pub async fn patch_fields(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let role = target(session, id).await?;
    let edits = edit::read(call.get("input"))?;
    patch(session, role, &edits).await
}

/// `roleEdit { relationAdd }`
pub async fn add_relation(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let role = target(session, id).await?;
    let wanted = input_text(call, "toId").unwrap_or_default();
    let kind = input_text(call, "relationship_type").unwrap_or_default();
    let entry = capability(&wanted)?;
    let (from, to) = (role.uuid, ids::fixed(&ids::named("capability", entry.name)));
    let duty = hold(session, role, &kind, entry, true).await?;
    let since = session.now();
    let to = ("Capability", to, Some(Node::Capability(entry, since)));
    Ok(Link::One(relationship(
        &kind,
        ("Role", from, Node::Role(duty)),
        to,
        since,
    )))
}

/// `roleEdit { relationDelete }`
pub async fn delete_relation(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let role = target(session, id).await?;
    let entry = capability(call.text("toId"))?;
    let duty = hold(session, role, call.text("relationship_type"), entry, false).await?;
    Ok(Link::One(Node::Role(duty)))
}

/// The capability of an id.
fn capability(id: &str) -> Result<&'static Capability, Refusal> {
    let found = CAPABILITIES.iter().find(|entry| {
        let standard_id = ids::named("capability", entry.name);
        standard_id == id.trim().to_lowercase()
            || ids::Given::read(id) == ids::Given::Uuid(ids::fixed(&standard_id))
    });
    found.ok_or_else(|| errors::missing_reference(&[id]))
}

async fn patch(session: &Session, role: Role, edits: &[Edit]) -> Answer {
    let duty = session.duty(role.clone()).await?;
    let mut document = duty.document.clone();
    let mut change = RoleChange {
        if_version: Some(role.version),
        ..RoleChange::default()
    };
    for edit in edits {
        match edit.key.as_str() {
            "name" => change.name = Some(checked_name(&edit.text()?)?),
            "description" => change.description = Some(edit.optional_text()?.unwrap_or_default()),
            "can_manage_sensitive_config" => document.can_manage_sensitive_config = edit.flag()?,
            key => {
                return Err(
                    errors::unsupported("This attribute of a role cannot be changed")
                        .with("key", key),
                );
            }
        }
    }
    if document != duty.document {
        change.extension = Some(document.stored());
    }
    let role = session
        .handle
        .update_role(role.id, change)
        .await
        .or_refuse()?;
    Ok(Link::One(Node::Role(session.duty(role).await?)))
}

/// Gives a role a capability or takes it away. What the role brings is computed anew from the
/// capabilities chosen, so that taking one away takes what only it implied.
async fn hold(
    session: &Session,
    role: Role,
    kind: &str,
    entry: &'static Capability,
    wanted: bool,
) -> Result<std::sync::Arc<RoleNode>, Refusal> {
    let duty = session.duty(role.clone()).await?;
    let mut document = duty.document.clone();
    let mut change = RoleChange {
        if_version: Some(role.version),
        ..RoleChange::default()
    };
    match kind {
        "has-capability" => {
            let mut chosen = duty.capabilities();
            chosen.retain(|held| held.name != entry.name);
            if wanted {
                chosen.push(entry);
            }
            chosen.sort_by_key(|held| held.order);
            document.capabilities = Some(chosen.iter().map(|held| held.name.to_owned()).collect());
            change.lines = Some(catalogue::lines(chosen));
        }
        "has-capability-in-draft" => {
            document
                .capabilities_in_draft
                .retain(|held| held != entry.name);
            if wanted {
                document.capabilities_in_draft.push(entry.name.to_owned());
            }
        }
        _ => return Err(errors::functional("This relation does not fit a role")),
    }
    change.extension = Some(document.stored());
    let role = session
        .handle
        .update_role(role.id, change)
        .await
        .or_refuse()?;
    session.duty(role).await
}
