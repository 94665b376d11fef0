//! Groups: made, changed, given members, roles and markings, deleted.

use directory::{Fault, Group, GroupChange, Kind, NewGroup};
use serde_json::Value;
use uuid::Uuid;

use super::super::documents::{DefaultMarking, Document, GroupDocument};
use super::super::edit::{self, Edit};
use super::super::errors;
use super::super::errors::{OrRefuse as _, refused};
use super::super::graph::Session;
use super::super::marking;
use super::super::node::Node;
use super::user_patch::checked_level;
use super::{Answer, checked_name, input, input_flag, input_text, relationship};
use graphql::{Call, Link, Refusal};

/// Makes a group, or gives the one that has the name already.
pub async fn add(session: &Session, call: &Call<'_>) -> Answer {
    let name = checked_name(&input_text(call, "name").unwrap_or_default())?;
    let flag = |name: &str| input_flag(call, name).unwrap_or(false);
    // Quirk: `auto_new_marking` lets the group see markings made from now on; it sees none to begin with
    // (opencti.md §8).
    let document = GroupDocument {
        no_creators: flag("no_creators"),
        restrict_delete: flag("restrict_delete"),
        auto_new_marking: flag("auto_new_marking"),
        group_confidence_level: match input(call, "group_confidence_level") {
            Some(level) => Some(checked_level(level)?),
            None => None,
        },
        ..GroupDocument::default()
    };
    let new = NewGroup {
        // The vendor's groups belong to the whole platform.
        organisation: None,
        name: name.clone(),
        description: input_text(call, "description"),
        newcomers: flag("default_assignation"),
        extension: Some(document.stored()),
        ..NewGroup::default()
    };
    let group = match session.handle.create_group(new).await {
        // Quirk: creating what is there already gives it, without an error (opencti.md §5).
        Err(Fault::Taken { field: "name" }) => {
            let found = session.handle.group(directory::Ref::Name(name)).await;
            found.or_refuse()?
        }
        made => made.or_refuse()?,
    };
    Ok(Link::One(Node::Group(session.team(group).await?)))
}

/// The group of an edit.
pub async fn target(session: &Session, id: &str) -> Result<Group, Refusal> {
    let group = session.find_group(id).await?;
    group.ok_or_else(|| errors::functional("Group cannot be found.").with("group_id", id))
}

/// `groupEdit { delete }`
pub async fn delete(session: &Session, id: &str, _: &Call<'_>) -> Answer {
    let group = session.find_group(id).await?;
    let group = group.ok_or_else(|| errors::already_deleted(id))?;
    session.handle.delete_group(group.id).await.or_refuse()?;
    Ok(Link::Leaf(Value::from(group.uuid.to_string())))
}

/// `groupEdit { fieldPatch }`
pub async fn patch_fields(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let group = target(session, id).await?;
    let edits = edit::read(call.get("input"))?;
    let team = patch(session, group, &edits).await?;
    Ok(Link::One(team))
}

/// `groupEdit { relationAdd }`
pub async fn add_relation(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let group = target(session, id).await?;
    let kind = input_text(call, "relationship_type").unwrap_or_default();
    let to = input_text(call, "toId").unwrap_or_default();
    match kind.as_str() {
        "member-of" => {
            let from = input_text(call, "fromId").unwrap_or_default();
            let user = session.find_user(&from).await?;
            let user = user.ok_or_else(|| errors::missing_reference(&[&from]))?;
            super::users::join(session, user, id).await
        }
        "has-role" => add_role(session, group, &to).await,
        "accesses-to" => allow_marking(session, group, &to).await,
        _ => Err(errors::functional(
            "This relation cannot be added to a group",
        )),
    }
}

/// `groupEdit { relationDelete }`
pub async fn delete_relation(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let group = target(session, id).await?;
    let (from, to) = (call.text("fromId"), call.text("toId"));
    match call.text("relationship_type") {
        "member-of" => {
            let user = session.find_user(from).await?;
            let user = user.ok_or_else(|| errors::missing_reference(&[from]))?;
            super::users::leave(session, &user, id).await?;
        }
        "has-role" => remove_role(session, &group, to).await?,
        "accesses-to" => {
            let found = marking::find(to).ok_or_else(|| errors::missing_reference(&[to]))?;
            let wanted = found.id.to_string();
            return change(session, group, |document| {
                document.allowed_marking.retain(|old| *old != wanted);
            })
            .await;
        }
        _ => {
            return Err(errors::functional(
                "This relation cannot be deleted from a group",
            ));
        }
    }
    again(session, &group).await
}

/// `groupEdit { editDefaultMarking }`
pub async fn edit_default_marking(session: &Session, id: &str, call: &Call<'_>) -> Answer {
    let group = target(session, id).await?;
    default_marking(session, group, call).await
}

async fn again(session: &Session, group: &Group) -> Answer {
    let group = session.handle.group(group.id).await.or_refuse()?;
    Ok(Link::One(Node::Group(session.team(group).await?)))
}

async fn patch(session: &Session, group: Group, edits: &[Edit]) -> Result<Node, Refusal> {
    let team = session.team(group.clone()).await?;
    let mut document = team.document.clone();
    let mut change = GroupChange {
        if_version: Some(group.version),
        ..GroupChange::default()
    };
    for edit in edits {
        match edit.key.as_str() {
            "name" => change.name = Some(checked_name(&edit.text()?)?),
            "description" => change.description = Some(edit.optional_text()?),
            "default_assignation" => change.newcomers = Some(edit.flag()?),
            "no_creators" => document.no_creators = edit.flag()?,
            "restrict_delete" => document.restrict_delete = edit.flag()?,
            "auto_new_marking" => document.auto_new_marking = edit.flag()?,
            "auto_integration_assignation" => {
                edit.list(&mut document.auto_integration_assignation)?
            }
            "default_hidden_types" => edit.list(&mut document.default_hidden_types)?,
            "not_shareable_marking_types" => {
                edit.list(&mut document.not_shareable_marking_types)?
            }
            "max_shareable_marking" | "max_shareable_markings" => {
                edit.list(&mut document.max_shareable_marking)?;
                known_markings(&document.max_shareable_marking)?;
            }
            "group_confidence_level" => {
                let old = document.group_confidence_level.as_ref();
                document.group_confidence_level = edit.level(old)?;
            }
            key => {
                return Err(
                    errors::unsupported("This attribute of a group cannot be changed")
                        .with("key", key),
                );
            }
        }
    }
    if document != team.document {
        change.extension = Some(document.stored());
    }
    let group = session
        .handle
        .update_group(group.id, change)
        .await
        .or_refuse()?;
    Ok(Node::Group(session.team(group).await?))
}

/// Changes only the document.
async fn change(session: &Session, group: Group, act: impl FnOnce(&mut GroupDocument)) -> Answer {
    let team = session.team(group.clone()).await?;
    let mut document = team.document.clone();
    act(&mut document);
    let change = GroupChange {
        extension: Some(document.stored()),
        if_version: Some(group.version),
        ..GroupChange::default()
    };
    let group = session
        .handle
        .update_group(group.id, change)
        .await
        .or_refuse()?;
    Ok(Link::One(Node::Group(session.team(group).await?)))
}

fn known_markings(ids: &[String]) -> Result<(), Refusal> {
    let unknown: Vec<&str> = ids
        .iter()
        .map(String::as_str)
        .filter(|id| marking::find(id).is_none())
        .collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(errors::missing_reference(&unknown))
    }
}

async fn add_role(session: &Session, group: Group, wanted: &str) -> Answer {
    let role = session.find_role(wanted).await?;
    let role = role.ok_or_else(|| errors::missing_reference(&[wanted]))?;
    let added = session
        .handle
        .add_group_role(
            group.id,
            role.id,
            directory::GroupRoleScope::Organisation(group.organisation),
        )
        .await;
    added.or_refuse()?;
    let (from, to): (Uuid, Uuid) = (group.uuid, role.uuid);
    let team = Node::Group(session.team(group).await?);
    let duty = Node::Role(session.duty(role).await?);
    let now = session.now();
    Ok(Link::One(relationship(
        "has-role",
        ("Group", from, team),
        ("Role", to, Some(duty)),
        now,
    )))
}

async fn remove_role(session: &Session, group: &Group, wanted: &str) -> Result<(), Refusal> {
    let role = session.find_role(wanted).await?;
    let role = role.ok_or_else(|| errors::missing_reference(&[wanted]))?;
    match session
        .handle
        .remove_group_role(
            group.id,
            role.id,
            directory::GroupRoleScope::Organisation(group.organisation),
        )
        .await
    {
        Ok(_) | Err(Fault::NotFound(Kind::Grant)) => Ok(()),
        Err(fault) => Err(refused(&fault)),
    }
}

async fn allow_marking(session: &Session, group: Group, wanted: &str) -> Answer {
    let found = marking::find(wanted).ok_or_else(|| errors::missing_reference(&[wanted]))?;
    let from = group.uuid;
    let id = found.id.to_string();
    let changed = change(session, group, |document| {
        if !document.allowed_marking.contains(&id) {
            document.allowed_marking.push(id);
        }
    })
    .await?;
    let Link::One(team) = changed else {
        return Err(errors::internal());
    };
    // A marking is no internal object, so the relation shows only where it comes from.
    let relation = relationship(
        "accesses-to",
        ("Group", from, team),
        ("Marking-Definition", found.id, None),
        session.now(),
    );
    Ok(Link::One(relation))
}

async fn default_marking(session: &Session, group: Group, call: &Call<'_>) -> Answer {
    let entity_type = input_text(call, "entity_type").unwrap_or_else(|| "GLOBAL".to_owned());
    let values = super::input_list(call, "values").unwrap_or_default();
    known_markings(&values)?;
    let values: Vec<String> = values
        .iter()
        .filter_map(|id| Some(marking::find(id)?.id.to_string()))
        .collect();
    change(session, group, |document| {
        document
            .default_marking
            .retain(|entry| entry.entity_type != entity_type);
        document.default_marking.push(DefaultMarking {
            entity_type,
            values,
        });
    })
    .await
}
