//! Members: people, groups and organisations in one list, as pages offer them to choose from.

use std::sync::Arc;

use directory::{
    Fault, GroupField, OrganisationField, Page, Predicate, Query, UserField, Wanted, fold_search,
};
use serde_json::{Value, json};

use super::super::columns;
use super::super::errors::OrRefuse as _;
use super::super::filter::Column;
use super::super::node::{self, Connection, Edge, GroupNode, Made, Node, Person};
use super::super::resolvers::Answer;
use super::lists::{self, Listing};
use super::personal::level;
use super::{Session, people, search};
use graphql::{Call, Link, Refusal};

/// Kinds of members, in the order they are listed in.
const KINDS: &[&str] = &["User", "Group", "Organization"];

/// What one kind of member adds to the list.
#[derive(Default)]
struct Part {
    nodes: Vec<Node>,
    more: bool,
    total: u64,
}

/// `members`
pub(super) async fn members(session: &Session, call: &Call<'_>) -> Answer {
    let named = call.get("entityTypes").and_then(Value::as_array);
    let named: Vec<&str> = named
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let first = lists::first(call) as usize;
    let mut whole = Part::default();
    for kind in KINDS
        .iter()
        .filter(|kind| named.is_empty() || named.contains(kind))
    {
        let part = match *kind {
            "User" => session.member_users(call).await?,
            "Group" => session.member_groups(call).await?,
            _ => session.member_organisations(call).await?,
        };
        let room = first.saturating_sub(whole.nodes.len());
        whole.more |= part.more || part.nodes.len() > room;
        whole.total += part.total;
        whole.nodes.extend(part.nodes.into_iter().take(room));
    }
    let edges = whole.nodes.into_iter().enumerate();
    let edges = edges.map(|(at, node)| Edge::of(&node::MEMBERS, format!("at-{}", at + 1), node));
    Ok(Link::One(Node::Connection(Arc::new(Connection {
        kind: &node::MEMBERS,
        edges: edges.collect(),
        next: whole.more,
        previous: false,
        total: whole.total,
    }))))
}

/// A list of what nothing here is: members of the platform itself, makers of knowledge and the like.
macro_rules! empty_lists {
    ($($name:ident => $kind:ident;)*) => {$(
        /// An empty list.
        pub(super) async fn $name(_: &Session, _: &Call<'_>) -> Answer {
            Ok(Link::One(lists::nothing(&node::$kind)))
        }
    )*};
}

empty_lists! {
    system_members => MEMBERS;
    creators => CREATORS;
    assignees => ASSIGNEES;
    participants => PARTICIPANTS;
}

/// A member as the graph shows it.
fn member(id: uuid::Uuid, name: &str, kind: &str, links: [(&'static str, Link<Node>); 2]) -> Node {
    let plain = json!({"id": id, "name": name, "entity_type": kind});
    Made::with("Member", plain, links)
}

fn links(effective: Link<Node>, of_group: Link<Node>) -> [(&'static str, Link<Node>); 2] {
    [
        ("effective_confidence_level", effective),
        ("group_confidence_level", of_group),
    ]
}

/// A page of the directory, or none where the caller may not list these.
fn listed<T>(page: Result<Page<T>, Fault>) -> Result<Option<Page<T>>, Refusal> {
    match page {
        Err(Fault::Forbidden(_)) => Ok(None),
        page => page.or_refuse().map(Some),
    }
}

/// The query of one kind of member: by name, and counted when the call asks how many there are.
fn by_name<F: Clone>(query: Query<F>, name: F) -> Query<F> {
    Query {
        sort: Some(name),
        ..query
    }
}

/// A key that only another kind of member has is one that this kind has no value for.
fn or_never<F>(column: Option<Column<F>>, known_elsewhere: bool) -> Option<Column<F>> {
    column.or_else(|| known_elsewhere.then_some(Column::Never))
}

fn user_key(key: &str) -> Option<Column<UserField>> {
    let elsewhere = columns::group(key).is_some() || columns::organisation(key).is_some();
    or_never(columns::user(key), elsewhere)
}

fn group_key(key: &str) -> Option<Column<GroupField>> {
    let elsewhere = columns::user(key).is_some() || columns::organisation(key).is_some();
    or_never(columns::group(key), elsewhere)
}

fn organisation_key(key: &str) -> Option<Column<OrganisationField>> {
    let elsewhere = columns::user(key).is_some() || columns::group(key).is_some();
    or_never(columns::organisation(key), elsewhere)
}

impl Session {
    /// Whether a text answers the search of a call, for the few rows that are at hand.
    fn answers(&self, call: &Call<'_>, texts: &[&str]) -> Result<bool, Refusal> {
        // What a filter asks of rows that cannot be listed is not known, so none of them passes one.
        if call.get("filters").is_some() {
            return Ok(false);
        }
        let terms = self.paid_terms(call)?;
        let texts: Vec<String> = texts.iter().map(|text| fold_search(text)).collect();
        let mut terms = terms.iter().map(|term| fold_search(term)).peekable();
        let any = terms.peek().is_none();
        Ok(any || terms.any(|term| texts.iter().any(|text| text.contains(&term))))
    }

    async fn member_users(&self, call: &Call<'_>) -> Result<Part, Refusal> {
        let listing = Listing {
            columns: user_key,
            ..lists::USERS
        };
        let query = self.list(call, listing, Predicate::Nothing).await?;
        let query = by_name(query, UserField::Name);
        let wanted = Wanted::default();
        let (persons, more, total) = match listed(self.handle.users(&query).await)? {
            Some(page) => {
                let (more, total) = (page.next.is_some(), page.total.unwrap_or(0));
                (self.persons(page.items, wanted).await?, more, total)
            }
            // Each user sees themselves.
            None => {
                let own = self.whole_person(self.caller.uuid(), wanted).await?;
                let mut own: Vec<Arc<Person>> = own.into_iter().collect();
                if let Some(person) = own.first()
                    && !self.answers(call, &[&person.user.shown.name, &person.email()])?
                {
                    own.clear();
                }
                let total = own.len() as u64;
                (own, false, total)
            }
        };
        let users: Vec<Node> = persons
            .iter()
            .map(|one| Node::User(Arc::clone(one)))
            .collect();
        let selects = call
            .field
            .beneath(&["Member"])
            .iter()
            .any(|field| &*field.name == "effective_confidence_level");
        let levels = if selects {
            let parents: Vec<&Node> = users.iter().collect();
            people::effective_confidence_level(self, &parents, call).await?
        } else {
            vec![Link::Null; users.len()]
        };
        let nodes = persons.iter().zip(levels).map(|(person, effective)| {
            let links = links(effective, Link::Null);
            member(person.user.uuid, &person.user.shown.name, "User", links)
        });
        Ok(Part {
            nodes: nodes.collect(),
            more,
            total,
        })
    }

    async fn member_groups(&self, call: &Call<'_>) -> Result<Part, Refusal> {
        let listing = Listing {
            columns: group_key,
            order: columns::group_order,
            search: columns::group_search,
        };
        let query = self.list(call, listing, Predicate::Nothing).await?;
        let query = by_name(query, GroupField::Name);
        let (teams, more, total) = match listed(self.handle.groups(&query).await)? {
            Some(page) => {
                let (more, total) = (page.next.is_some(), page.total.unwrap_or(0));
                (self.teams(page.items).await?, more, total)
            }
            None => {
                let own = self.groups_of(&[self.caller.user()]).await?;
                let mut teams: Vec<Arc<GroupNode>> = Vec::new();
                for team in own.values().flat_map(|teams| teams.iter()) {
                    if self.answers(call, &[&team.group.name])? {
                        teams.push(Arc::clone(team));
                    }
                }
                let total = teams.len() as u64;
                (teams, false, total)
            }
        };
        let nodes = teams.iter().map(|team| {
            let own = level(team.document.group_confidence_level.as_ref());
            let links = links(Link::Null, own);
            member(team.group.uuid, &team.group.name, "Group", links)
        });
        Ok(Part {
            nodes: nodes.collect(),
            more,
            total,
        })
    }

    async fn member_organisations(&self, call: &Call<'_>) -> Result<Part, Refusal> {
        let listing = Listing {
            columns: organisation_key,
            order: columns::organisation_order,
            search: columns::organisation_search,
        };
        let beside = columns::alias_search(&search::terms(call)?);
        self.spend(&beside)?;
        let query = self.list(call, listing, beside).await?;
        let query = by_name(query, OrganisationField::Name);
        let Some(page) = listed(self.handle.organisations(&query).await)? else {
            return Ok(Part::default());
        };
        let nodes = page.items.iter().map(|row| {
            let links = links(Link::Null, Link::Null);
            member(row.uuid, &row.name, "Organization", links)
        });
        Ok(Part {
            nodes: nodes.collect(),
            more: page.next.is_some(),
            total: page.total.unwrap_or(0),
        })
    }
}
