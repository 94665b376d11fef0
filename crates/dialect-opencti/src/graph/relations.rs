//! Relations: the fields that lead from objects to objects, each answered for all parents at once.

use std::collections::HashMap;
use std::sync::Arc;

use directory::{Key, KeyField, Predicate, Query, Session as SignedIn, Test, Time, UserId};
use serde_json::{Value, json};

use super::super::capability::{self, Capability};
use super::super::errors;
use super::super::errors::OrRefuse as _;
use super::super::marking;
use super::super::node::{self, Connection, Made, Node, RoleNode};
use super::super::resolvers::{Answer, Relation, relations};
use super::lists::Frame;
use super::rows::{CHUNK, order};
use super::{Links, Session, constant_fields, groups, identities, people};
use graphql::{Call, Link, OBJECTS, Refusal, too_many_objects};

/// Every field that leads from objects to others, by the types that have it. A type may stand in
/// several rows.
pub static RELATIONS: &[(&[&str], &[Relation])] = &[
    (&["User", "MeUser"], people::OF_BOTH),
    (&["User"], people::OF_USERS),
    (&["MeUser"], people::OF_ONESELF),
    (&["Group"], groups::OF_GROUPS),
    (&["Organization"], identities::OF_ORGANIZATIONS),
    (&["Role"], OF_ROLES),
    (&["MarkingDefinition"], constant_fields::OF_MARKINGS),
    (REPRESENTED, constant_fields::REPRESENTED),
    (EDITED, constant_fields::EDITED),
];

/// Types whose objects are represented by a text.
const REPRESENTED: &[&str] = &[
    "User",
    "MeUser",
    "Group",
    "Role",
    "Capability",
    "Organization",
    "MarkingDefinition",
];

/// Types whose objects show who edits them.
const EDITED: &[&str] = &[
    "User",
    "Group",
    "Role",
    "Capability",
    "Organization",
    "MarkingDefinition",
];

/// Fields of `Role`.
static OF_ROLES: &[Relation] = relations![
    "capabilities" => capabilities_of_roles;
    "capabilitiesInDraft" => drafts_of_roles;
];

/// What answers a field of a type.
pub fn relation(type_name: &str, field: &str) -> Option<&'static Relation> {
    let of_type = RELATIONS
        .iter()
        .filter(|(types, _)| types.contains(&type_name))
        .flat_map(|(_, relations)| relations.iter());
    let mut named = of_type.filter(|relation| relation.name == field);
    named.next()
}

async fn capabilities_of_roles(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let links = parents.iter().map(|node| match node {
        Node::Role(duty) => Link::Many(session.capabilities(&[Arc::clone(duty)])),
        _ => Link::Null,
    });
    Ok(links.collect())
}

async fn drafts_of_roles(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let links = parents.iter().map(|node| match node {
        Node::Role(duty) => Link::Many(session.in_draft(&[Arc::clone(duty)])),
        _ => Link::Null,
    });
    Ok(links.collect())
}

/// Fields that the parent itself holds.
fn inside(parent: &Node, call: &Call<'_>) -> Answer {
    Ok(match (parent, call.name()) {
        (Node::Connection(connection), "edges") => Link::Many(connection.edges.clone()),
        (Node::Connection(connection), "pageInfo") => Link::One(page_info(connection)),
        (Node::Edge(edge), "node") => Link::One(edge.node.clone()),
        (Node::Made(made), name) => match made.links.get(name) {
            Some(link) => link.clone(),
            None => nested(made.plain.get(name), call.type_name()),
        },
        // The tables are compared with the schema, so nothing comes here.
        _ => return Err(errors::internal()),
    })
}

impl Session {
    /// Answers a field of parents that are all of one type.
    pub(super) async fn relation<'a>(
        &'a self,
        parents: &'a [&'a Node],
        call: &'a Call<'a>,
    ) -> Links {
        let type_name = parents.first().map_or("", |node| node.type_name());
        match relation(type_name, call.name()) {
            Some(relation) => (relation.resolve)(self, parents, call).await,
            None => {
                // Counted before they are copied: a few rows shown below many others are many.
                let below = parents.iter().map(|node| match node {
                    Node::Connection(connection) if call.name() == "edges" => {
                        connection.edges.len()
                    }
                    _ => 1,
                });
                if below.sum::<usize>() > OBJECTS {
                    return Err(too_many_objects());
                }
                parents.iter().map(|node| inside(node, call)).collect()
            }
        }
    }

    /// The organisations of people: memberships, and the home unless that is the root, so that
    /// somebody made without one shows none.
    pub(super) async fn organizations_of(&self, ids: &[UserId], call: &Call<'_>) -> Links {
        let memberships = self.memberships_of(ids).await?;
        let shown = |row: &&directory::Membership| !row.home || row.organisation != directory::ROOT;
        let wanted: Vec<_> = memberships
            .values()
            .flat_map(|list| list.iter().filter(shown))
            .map(|row| row.organisation)
            .collect();
        let companies = self.companies_of(&wanted).await?;
        let own = call.type_name() == node::ME_ORGANIZATIONS.connection;
        let kind = if own {
            &node::ME_ORGANIZATIONS
        } else {
            &node::ORGANIZATIONS
        };
        let as_node = if own {
            Node::MeOrganization
        } else {
            Node::Organization
        };
        let links = ids.iter().map(|id| {
            let rows = memberships
                .get(id)
                .map(|list| list.to_vec())
                .unwrap_or_default();
            let rows = rows.iter().filter(shown);
            let mut list: Vec<_> = rows
                .filter_map(|row| companies.get(&row.organisation).cloned())
                .collect();
            order(
                call,
                &mut list,
                |row| row.organisation.name.clone(),
                |row| row.organisation.created_at,
            );
            let total = list.len();
            list.truncate(super::lists::first(call) as usize);
            let frame = Frame {
                cursors: vec![String::new(); list.len()],
                more: list.len() < total,
                total: total as u64,
            };
            let nodes = list.into_iter().map(as_node).collect();
            Link::One(super::lists::connection(kind, call, frame, nodes))
        });
        Ok(links.collect())
    }

    pub(super) fn markings_of(&self, ids: &[String]) -> Vec<Node> {
        let found = ids.iter().filter_map(|id| marking::find(id));
        found.map(|entry| self.marking(entry)).collect()
    }

    /// The capabilities of roles together, in the vendor's order.
    pub(super) fn capabilities(&self, duties: &[Arc<RoleNode>]) -> Vec<Node> {
        let mut held: Vec<&'static Capability> = Vec::new();
        for entry in duties.iter().flat_map(|duty| duty.capabilities()) {
            if !held.contains(&entry) {
                held.push(entry);
            }
        }
        held.sort_by_key(|entry| entry.order);
        held.into_iter()
            .map(|entry| self.capability(entry))
            .collect()
    }

    pub(super) fn in_draft(&self, duties: &[Arc<RoleNode>]) -> Vec<Node> {
        let mut held: Vec<&'static Capability> = Vec::new();
        for name in duties
            .iter()
            .flat_map(|duty| &duty.document.capabilities_in_draft)
        {
            if let Some(entry) = Capability::named(name)
                && !held.contains(&entry)
            {
                held.push(entry);
            }
        }
        held.into_iter()
            .map(|entry| self.capability(entry))
            .collect()
    }

    /// What the caller holds without a role of this platform: through Usher's own roles, and as an
    /// organisation's administrator.
    pub(super) fn add_own(&self, nodes: &mut Vec<Node>) {
        let has = |nodes: &[Node], wanted: &str| {
            nodes
                .iter()
                .any(|node| matches!(node, Node::Capability(entry, _) if entry.name == wanted))
        };
        if self.may(capability::BYPASS) {
            if !has(nodes, capability::BYPASS)
                && let Some(entry) = Capability::named(capability::BYPASS)
            {
                nodes.insert(0, self.capability(entry));
            }
        } else if self.may(capability::ORGANIZATION_ADMIN) {
            self.add_virtual(nodes);
        }
    }

    /// Adds the capability that administrators of organisations have and no role holds.
    pub(super) fn add_virtual(&self, nodes: &mut Vec<Node>) {
        let entry = &capability::VIRTUAL_ORGANIZATION_ADMIN;
        let has = |node: &Node| matches!(node, Node::Capability(held, _) if *held == entry);
        if !nodes.iter().any(has) {
            nodes.push(Node::Capability(entry, Time(0)));
        }
    }

    /// The tokens of people, revoked ones left out; nothing of people whose keys the caller may not see.
    pub(super) async fn tokens_of(
        &self,
        ids: &[UserId],
    ) -> Result<HashMap<UserId, Vec<Key>>, Refusal> {
        let mut tokens: HashMap<UserId, Vec<Key>> = HashMap::new();
        for chunk in ids.chunks(CHUNK) {
            let one_of = Test::OneOf(chunk.iter().map(|id| id.0.into()).collect());
            let query = Query {
                predicate: Predicate::Is(KeyField::User, one_of)
                    .and(Predicate::Is(KeyField::Revoked, Test::Equals(false.into()))),
                limit: 50_000,
                ..Query::default()
            };
            let keys = match self.handle.keys(&query).await {
                Err(directory::Fault::Forbidden(_)) => return Ok(HashMap::new()),
                keys => keys.or_refuse()?.items,
            };
            for key in keys {
                tokens.entry(key.user).or_default().push(key);
            }
        }
        Ok(tokens)
    }

    pub(super) async fn sessions_of(&self, ids: &[UserId]) -> Result<Vec<SignedIn>, Refusal> {
        match self.handle.sessions(ids).await {
            // Whoever may see people need not be one who sees where they are signed in.
            Err(directory::Fault::Forbidden(_)) => Ok(Vec::new()),
            sessions => sessions.or_refuse(),
        }
    }
}

/// What a plain value is as an object of the graph.
fn nested(value: Option<&Value>, type_name: &str) -> Link<Node> {
    match value {
        None | Some(Value::Null) => Link::Null,
        Some(Value::Array(items)) => Link::Many(
            items
                .iter()
                .map(|item| Made::plain(type_name, item.clone()))
                .collect(),
        ),
        Some(value) => Link::One(Made::plain(type_name, value.clone())),
    }
}

fn page_info(connection: &Connection) -> Node {
    let cursor = |edge: Option<&Node>| match edge {
        Some(Node::Edge(edge)) => edge.cursor.clone(),
        _ => String::new(),
    };
    let total = i32::try_from(connection.total).unwrap_or(i32::MAX);
    Made::plain(
        "PageInfo",
        json!({
            "startCursor": cursor(connection.edges.first()),
            "endCursor": cursor(connection.edges.last()),
            "hasNextPage": connection.next,
            "hasPreviousPage": connection.previous,
            "globalCount": total,
        }),
    )
}
