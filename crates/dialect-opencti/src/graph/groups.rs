//! What leads on from groups: roles, members, confidence, markings.

use std::sync::Arc;

use directory::GroupId;
use serde_json::json;

use super::super::documents::DefaultMarking;
use super::super::node::{self, Connection, GroupNode, Made, Node, RoleNode};
use super::super::resolvers::{Relation, relations};
use super::constant_fields::nothing;
use super::personal::level;
use super::rows::{order, state};
use super::{Links, Session};
use graphql::{Call, Link};

/// Fields of `Group`.
pub static OF_GROUPS: &[Relation] = relations![
    "roles" => roles;
    "members" => members;
    "group_confidence_level" => confidence_level;
    "allowed_marking" => allowed_marking;
    "max_shareable_marking" => max_shareable_marking;
    "default_marking" => default_marking;
    "default_dashboard" => nothing;
];

fn groups_among<'a>(parents: &[&'a Node]) -> Vec<&'a Arc<GroupNode>> {
    let teams = parents.iter().filter_map(|node| match node {
        Node::Group(team) => Some(team),
        _ => None,
    });
    teams.collect()
}

fn ids_of(teams: &[&Arc<GroupNode>]) -> Vec<GroupId> {
    teams.iter().map(|team| team.group.id).collect()
}

/// One link for each group.
fn each(teams: &[&Arc<GroupNode>], link: impl Fn(&GroupNode) -> Link<Node>) -> Links {
    Ok(teams.iter().map(|team| link(team)).collect())
}

async fn roles(session: &Session, parents: &[&Node], call: &Call<'_>) -> Links {
    let teams = groups_among(parents);
    let roles = session.roles_of_groups(&ids_of(&teams)).await?;
    each(&teams, |team| {
        let list = roles.get(&team.group.id);
        let mut duties = list.map(|list| list.to_vec()).unwrap_or_default();
        let name = |duty: &Arc<RoleNode>| duty.role.name.clone();
        order(call, &mut duties, name, |duty| duty.role.created_at);
        Link::One(Connection::whole(&node::ROLES, state(&duties, Node::Role)))
    })
}

async fn members(session: &Session, parents: &[&Node], call: &Call<'_>) -> Links {
    let ids = ids_of(&groups_among(parents));
    session.members_of_groups(&ids, call).await
}

async fn confidence_level(_: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    each(&groups_among(parents), |team| {
        level(team.document.group_confidence_level.as_ref())
    })
}

async fn allowed_marking(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    each(&groups_among(parents), |team| {
        Link::Many(session.markings_of(&team.document.allowed_marking))
    })
}

async fn max_shareable_marking(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    each(&groups_among(parents), |team| {
        Link::Many(session.markings_of(&team.document.max_shareable_marking))
    })
}

async fn default_marking(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    each(&groups_among(parents), |team| {
        default_markings(session, team.document.default_marking.iter())
    })
}

/// The default markings of groups, those for one type of entity together.
pub(super) fn default_markings<'m>(
    session: &Session,
    entries: impl Iterator<Item = &'m DefaultMarking>,
) -> Link<Node> {
    let mut by_type: Vec<(&str, Vec<String>)> = Vec::new();
    for entry in entries {
        let known = by_type
            .iter_mut()
            .find(|(kind, _)| *kind == entry.entity_type);
        match known {
            Some((_, values)) => {
                let fresh = entry.values.iter().filter(|value| !values.contains(value));
                let fresh: Vec<String> = fresh.cloned().collect();
                values.extend(fresh);
            }
            None => by_type.push((&entry.entity_type, entry.values.clone())),
        }
    }
    let nodes = by_type.into_iter().map(|(entity_type, values)| {
        let values = Link::Many(session.markings_of(&values));
        let plain = json!({"entity_type": entity_type});
        Made::with("DefaultMarking", plain, [("values", values)])
    });
    Link::Many(nodes.collect())
}
