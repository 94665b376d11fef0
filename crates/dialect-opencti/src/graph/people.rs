//! What leads on from people: groups, roles, organisations, tokens, sessions, confidence levels.

use std::collections::HashMap;
use std::sync::Arc;

use directory::UserId;
use serde_json::json;

use super::super::capability;
use super::super::errors::OrRefuse as _;
use super::super::node::{self, Connection, Made, Node, Person, RoleNode};
use super::super::resolvers::{Relation, relations};
use super::constant_fields::{nothing, nothing_many};
use super::groups::default_markings;
use super::personal::{effective, level, session as session_detail, token};
use super::rows::{order, state};
use super::{Links, Session};
use graphql::{Call, Link};

/// Fields of `User` and of `MeUser`.
pub static OF_BOTH: &[Relation] = relations![
    "api_tokens" => api_tokens;
    "capabilities" => capabilities;
    "capabilitiesInDraft" => capabilities_in_draft;
    "user_confidence_level" => user_confidence_level;
    "effective_confidence_level" => effective_confidence_level;
    "groups" => groups;
    "objectOrganization" => organizations;
    "objectAssignedOrganization" => organizations;
    "administrated_organizations" => administrated_organizations;
    "personal_notifiers" => nothing_many;
];

/// Fields of `User` alone.
pub static OF_USERS: &[Relation] = relations![
    "roles" => roles;
    "sessions" => sessions;
    "creator" => creator;
];

/// Fields of `MeUser` alone.
pub static OF_ONESELF: &[Relation] = relations![
    "can_manage_sensitive_config" => can_manage_sensitive_config;
    "allowed_marking" => allowed_marking;
    "default_marking" => default_marking;
    "max_shareable_marking" => max_shareable_marking;
    "default_dashboards" => nothing_many;
    "default_dashboard" => nothing;
    "draftContext" => nothing;
];

fn people_among<'a>(parents: &[&'a Node]) -> Vec<&'a Arc<Person>> {
    let people = parents.iter().filter_map(|node| match node {
        Node::User(person) | Node::Me(person) => Some(person),
        _ => None,
    });
    people.collect()
}

fn ids_of(people: &[&Arc<Person>]) -> Vec<UserId> {
    people.iter().map(|person| person.user.id).collect()
}

/// One link for each person.
fn each(people: &[&Arc<Person>], link: impl Fn(&Arc<Person>) -> Link<Node>) -> Links {
    Ok(people.iter().map(|person| link(person)).collect())
}

async fn groups(session: &Session, parents: &[&Node], call: &Call<'_>) -> Links {
    let people = people_among(parents);
    let groups = session.groups_of(&ids_of(&people)).await?;
    each(&people, |person| {
        let list = groups.get(&person.user.id);
        let mut teams = list.map(|list| list.to_vec()).unwrap_or_default();
        let name = |team: &Arc<node::GroupNode>| team.group.name.clone();
        order(call, &mut teams, name, |team| team.group.created_at);
        Link::One(Connection::whole(&node::GROUPS, state(&teams, Node::Group)))
    })
}

async fn roles(session: &Session, parents: &[&Node], call: &Call<'_>) -> Links {
    let people = people_among(parents);
    let roles = session.roles_of(&ids_of(&people)).await?;
    each(&people, |person| {
        let list = roles.get(&person.user.id);
        let mut duties = list.map(|list| list.to_vec()).unwrap_or_default();
        let name = |duty: &Arc<RoleNode>| duty.role.name.clone();
        order(call, &mut duties, name, |duty| duty.role.created_at);
        Link::Many(state(&duties, Node::Role))
    })
}

async fn capabilities(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let people = people_among(parents);
    let roles = session.roles_of(&ids_of(&people)).await?;
    let memberships = session.memberships_of(&ids_of(&people)).await?;
    each(&people, |person| {
        let list = roles.get(&person.user.id);
        let duties = list.map(|list| list.to_vec()).unwrap_or_default();
        let mut nodes = session.capabilities(&duties);
        if person.user.id == session.caller.user() {
            session.add_own(&mut nodes);
        } else if administers(&memberships, person) && !bypasses(&nodes) {
            session.add_virtual(&mut nodes);
        }
        Link::Many(nodes)
    })
}

/// Whether a person administers an organisation.
fn administers(
    memberships: &HashMap<UserId, Arc<[directory::Membership]>>,
    person: &Person,
) -> bool {
    let rows = memberships.get(&person.user.id);
    rows.is_some_and(|rows| rows.iter().any(|row| row.administrator))
}

fn bypasses(nodes: &[Node]) -> bool {
    let bypass = |node: &Node| matches!(node, Node::Capability(entry, _) if entry.name == capability::BYPASS);
    nodes.iter().any(bypass)
}

async fn allowed_marking(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    of_teams(session, parents, |teams| {
        let ids = teams.iter().flat_map(|team| &team.document.allowed_marking);
        Link::Many(session.markings_of(&distinct(ids)))
    })
    .await
}

async fn max_shareable_marking(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    of_teams(session, parents, |teams| {
        let ids = teams
            .iter()
            .flat_map(|team| &team.document.max_shareable_marking);
        Link::Many(session.markings_of(&distinct(ids)))
    })
    .await
}

async fn default_marking(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    of_teams(session, parents, |teams| {
        let entries = teams.iter().flat_map(|team| &team.document.default_marking);
        default_markings(session, entries)
    })
    .await
}

/// One link for each person, from the groups they belong to.
async fn of_teams(
    session: &Session,
    parents: &[&Node],
    link: impl Fn(&[Arc<node::GroupNode>]) -> Link<Node>,
) -> Links {
    let people = people_among(parents);
    let groups = session.groups_of(&ids_of(&people)).await?;
    each(&people, |person| {
        let teams = groups.get(&person.user.id);
        link(teams.map(|teams| &**teams).unwrap_or_default())
    })
}

fn distinct<'t>(ids: impl Iterator<Item = &'t String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    ids.filter(|id| seen.insert(*id)).cloned().collect()
}

async fn capabilities_in_draft(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let people = people_among(parents);
    let roles = session.roles_of(&ids_of(&people)).await?;
    each(&people, |person| {
        let list = roles.get(&person.user.id);
        let duties = list.map(|list| list.to_vec()).unwrap_or_default();
        Link::Many(session.in_draft(&duties))
    })
}

async fn can_manage_sensitive_config(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let people = people_among(parents);
    let roles = session.roles_of(&ids_of(&people)).await?;
    each(&people, |person| {
        let duties = roles.get(&person.user.id);
        let may = duties.is_some_and(|duties| {
            let mut documents = duties.iter().map(|duty| &duty.document);
            documents.any(|document| document.can_manage_sensitive_config)
        });
        Link::Leaf(may.into())
    })
}

async fn user_confidence_level(_: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    each(&people_among(parents), |person| {
        level(person.document.user_confidence_level.as_ref())
    })
}

/// What people are believed, all things together.
pub(super) async fn effective_confidence_level(
    session: &Session,
    parents: &[&Node],
    _: &Call<'_>,
) -> Links {
    let people = people_among(parents);
    let ids = ids_of(&people);
    let groups = session.groups_of(&ids).await?;
    let roles = session.roles_of(&ids).await?;
    each(&people, |person| {
        let teams = groups.get(&person.user.id);
        let teams = teams.map(|list| list.to_vec()).unwrap_or_default();
        let duties = roles.get(&person.user.id);
        let duties = duties.map(|list| list.to_vec()).unwrap_or_default();
        effective(person, &teams, &duties)
    })
}

async fn organizations(session: &Session, parents: &[&Node], call: &Call<'_>) -> Links {
    let ids = ids_of(&people_among(parents));
    session.organizations_of(&ids, call).await
}

async fn administrated_organizations(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let people = people_among(parents);
    let memberships = session.memberships_of(&ids_of(&people)).await?;
    let wanted: Vec<_> = memberships
        .values()
        .flat_map(|list| list.iter().filter(|row| row.administrator))
        .map(|row| row.organisation)
        .collect();
    let companies = session.companies_of(&wanted).await?;
    each(&people, |person| {
        let rows = memberships.get(&person.user.id);
        let rows = rows.map(|list| list.to_vec()).unwrap_or_default();
        let own = rows.iter().filter(|row| row.administrator);
        let own = own.filter_map(|row| companies.get(&row.organisation));
        let own = own.map(|company| Node::Organization(Arc::clone(company)));
        Link::Many(own.collect())
    })
}

async fn api_tokens(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let people = people_among(parents);
    let tokens = session.tokens_of(&ids_of(&people)).await?;
    each(&people, |person| {
        let own = tokens.get(&person.user.id);
        let own = own.map(Vec::as_slice).unwrap_or_default();
        Link::Many(own.iter().map(token).collect())
    })
}

async fn sessions(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let people = people_among(parents);
    let mut sessions: HashMap<UserId, Vec<_>> = HashMap::new();
    for one in session.sessions_of(&ids_of(&people)).await? {
        sessions.entry(one.user).or_default().push(one);
    }
    let now = session.now();
    each(&people, |person| {
        let own = sessions.get(&person.user.id).into_iter().flatten();
        let nodes = own.map(|one| Made::plain("SessionDetail", session_detail(one, now)));
        Link::Many(nodes.collect())
    })
}

async fn creator(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let people = people_among(parents);
    let made_by = people.iter().filter_map(|person| person.user.created_by);
    let made_by: Vec<UserId> = made_by.collect();
    let rows = session.handle.users_by_id(&made_by).await.or_refuse()?;
    let rows: HashMap<UserId, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    each(&people, |person| {
        let row = person.user.created_by.and_then(|id| rows.get(&id));
        row.map_or(Link::Null, |row| {
            let plain = json!({"id": row.uuid, "name": row.shown.name, "entity_type": "User",
                "representative": {"main": row.shown.name, "secondary": null}});
            Link::One(Made::plain("Creator", plain))
        })
    })
}
