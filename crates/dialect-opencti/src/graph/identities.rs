//! Organisations and groups seen from above: their people, and what else hangs on them.

use std::collections::HashMap;
use std::sync::Arc;

use directory::{
    GroupId, OrganisationField, OrganisationId, Predicate, Query, Test, UserField, UserId, limits,
};
use serde_json::{Value, json};

use super::super::capability;
use super::super::catalogue;
use super::super::errors::OrRefuse as _;
use super::super::node::{self, Connection, Edge, Made, Node, OrganizationNode, Person};
use super::super::resolvers::{Relation, relations};
use super::super::settings::{self, PlatformFacts, PlatformSettings};
use super::constant_fields::{no_files, no_references, no_sectors, nothing, nothing_many};
use super::rows::{CHUNK, state};
use super::{Links, Session, lists, load, search};
use graphql::{Call, Link, Refusal, too_many_objects};

/// Fields of `Organization`.
pub static OF_ORGANIZATIONS: &[Relation] = relations![
    "members" => members;
    "authorized_authorities" => authorized_authorities;
    "grantable_groups" => grantable_groups;
    "parentOrganizations" => parents;
    "subOrganizations" => children;
    "externalReferences" => no_references;
    "importFiles" => no_files;
    // Knowledge that hangs on an identity is not kept here.
    "creators" => nothing_many;
    "objectMarking" => nothing_many;
    "objectOrganization" => nothing_many;
    "objectLabel" => nothing_many;
    "customFieldValues" => nothing_many;
    "status" => nothing;
    "createdBy" => nothing;
    "sectors" => no_sectors;
    "default_dashboard" => nothing;
];

fn organizations_among<'a>(parents: &[&'a Node]) -> Vec<&'a Arc<OrganizationNode>> {
    let companies = parents.iter().filter_map(|node| match node {
        Node::Organization(company) => Some(company),
        _ => None,
    });
    companies.collect()
}

fn ids_of(companies: &[&Arc<OrganizationNode>]) -> Vec<OrganisationId> {
    companies.iter().map(|row| row.organisation.id).collect()
}

/// One link for each organisation.
fn each(
    companies: &[&Arc<OrganizationNode>],
    link: impl Fn(&OrganizationNode) -> Link<Node>,
) -> Links {
    Ok(companies.iter().map(|row| link(row)).collect())
}

async fn members(session: &Session, parents: &[&Node], call: &Call<'_>) -> Links {
    let ids = ids_of(&organizations_among(parents));
    session.members_of_organizations(&ids, call).await
}

async fn authorized_authorities(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let companies = organizations_among(parents);
    let handle = &session.handle;
    let ids = ids_of(&companies);
    let rows = handle.organisation_administrators(&ids).await.or_refuse()?;
    let people: Vec<_> = rows.iter().map(|row| row.user).collect();
    let people = handle.users_by_id(&people).await.or_refuse()?;
    let people: HashMap<UserId, _> = people.into_iter().map(|one| (one.id, one)).collect();
    let rows = listed(rows.into_iter().map(|row| (row.organisation, row.user)));
    each(&companies, |company| {
        let own = rows.get(&company.organisation.id).into_iter().flatten();
        let own = own.filter_map(|user| people.get(user));
        let own = own.map(|person| Value::from(person.uuid.to_string()));
        Link::Leaf(own.collect())
    })
}

async fn grantable_groups(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let companies = organizations_among(parents);
    let rows = session.handle.grantable_groups(&ids_of(&companies)).await;
    let rows = rows.or_refuse()?;
    let wanted: Vec<GroupId> = rows.iter().map(|(_, group)| *group).collect();
    let teams = session.teams_of(&wanted).await?;
    let rows = listed(rows);
    each(&companies, |company| {
        let own = rows.get(&company.organisation.id).into_iter().flatten();
        let own = own.filter_map(|group| teams.get(group));
        Link::Many(own.map(|team| Node::Group(Arc::clone(team))).collect())
    })
}

async fn parents(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let companies = organizations_among(parents);
    let above = companies.iter().filter_map(|row| row.organisation.parent);
    let above: Vec<_> = above.collect();
    let above = session.companies_of(&above).await?;
    each(&companies, |company| {
        let parent = company.organisation.parent;
        let parent: Vec<_> = parent
            .and_then(|id| above.get(&id))
            .cloned()
            .into_iter()
            .collect();
        let nodes = state(&parent, Node::Organization);
        Link::One(Connection::whole(&node::ORGANIZATIONS, nodes))
    })
}

async fn children(session: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let companies = organizations_among(parents);
    let below = session.children_of(&ids_of(&companies)).await?;
    let below = listed(below.into_iter().filter_map(|row| {
        let parent = row.organisation.parent?;
        Some((parent, row))
    }));
    each(&companies, |company| {
        let own = below.get(&company.organisation.id).into_iter().flatten();
        let own = own.map(|row| Node::Organization(Arc::clone(row)));
        Link::One(Connection::whole(&node::ORGANIZATIONS, own))
    })
}

impl Session {
    async fn children_of(
        &self,
        ids: &[OrganisationId],
    ) -> Result<Vec<Arc<OrganizationNode>>, Refusal> {
        let mut rows = Vec::new();
        for chunk in distinct(ids).chunks(CHUNK) {
            let query = Query {
                predicate: Predicate::Is(OrganisationField::Parent, one_of(chunk)),
                sort: Some(OrganisationField::Name),
                limit: 5_000,
                ..Query::default()
            };
            let page = self.handle.organisations(&query).await;
            rows.extend(page.or_refuse()?.items);
        }
        self.companies(rows).await
    }

    /// Organisations in the order of the dates that senders gave them, which stand in the dialect's
    /// documents; nothing when the order is another one, or no sender has given a date.
    pub(super) async fn by_given_dates(
        &self,
        call: &Call<'_>,
        query: &Query<OrganisationField>,
    ) -> Result<Option<(Vec<Arc<OrganizationNode>>, lists::Frame)>, Refusal> {
        let name = call.text("orderBy");
        if !matches!(name, "created" | "modified") {
            return Ok(None);
        }
        let given = OrganisationField::Term(catalogue::PLATFORM, name.to_owned());
        let any = Query {
            predicate: Predicate::not(Predicate::Is(given, Test::Absent)),
            limit: 1,
            ..Query::default()
        };
        if self
            .handle
            .organisations(&any)
            .await
            .or_refuse()?
            .items
            .is_empty()
        {
            return Ok(None);
        }
        let all = self.handle.organisations(&search::whole(query)).await;
        let all = all.or_refuse()?;
        if all.next.is_some() {
            return Ok(None);
        }
        let mut companies = self.companies(all.items).await?;
        companies.sort_by_key(|company| (company.dated(name), company.organisation.id));
        if call.text("orderMode") == "desc" {
            companies.reverse();
        }
        let is_it = |company: &Arc<OrganizationNode>, id: &str| {
            company.organisation.uuid.to_string() == id || company.standard_id() == id
        };
        search::page_of(call, companies, is_it).map(Some)
    }

    /// The people of organisations. One organisation gives pages; of several together each shows
    /// its first page, taken from one question.
    async fn members_of_organizations(&self, ids: &[OrganisationId], call: &Call<'_>) -> Links {
        let each = distinct(ids);
        if let [only] = each[..] {
            let within = Predicate::Is(UserField::Organisation, Test::Equals(only.0.into()));
            let page = self.users(call, within).await?;
            return Ok(vec![page; ids.len()]);
        }
        let members_of = self
            .members_of(UserField::Organisation, &each, call)
            .await?;
        let people: Vec<_> = members_of
            .iter()
            .map(|(person, _)| person.user.id)
            .collect();
        let memberships = self.memberships_of(&people).await?;
        let places = memberships.values().flat_map(|rows| rows.iter());
        let places = listed(places.map(|row| (row.organisation, row.user)));
        Ok(first_of_each(ids, &members_of, &places, call))
    }

    /// The people of groups, in the same way.
    pub(super) async fn members_of_groups(&self, ids: &[GroupId], call: &Call<'_>) -> Links {
        let each = distinct(ids);
        if let [only] = each[..] {
            let within = Predicate::Is(UserField::Group, Test::Equals(only.0.into()));
            let page = self.users(call, within).await?;
            return Ok(vec![page; ids.len()]);
        }
        let members_of = self.members_of(UserField::Group, &each, call).await?;
        let people: Vec<_> = members_of
            .iter()
            .map(|(person, _)| person.user.id)
            .collect();
        let pairs = self.handle.groups_of(&people).await;
        let pairs = pairs.or_refuse()?;
        let places = listed(pairs.into_iter().map(|(user, group)| (group, user)));
        Ok(first_of_each(ids, &members_of, &places, call))
    }

    /// The first people of several groups or organisations together, in the order the call asks for,
    /// each with the cursor that leads on from it.
    async fn members_of<K: Copy + Into<i64>>(
        &self,
        field: UserField,
        of: &[K],
        call: &Call<'_>,
    ) -> Result<Vec<(Arc<Person>, String)>, Refusal> {
        if of.len() > PARENTS {
            return Err(too_many_objects());
        }
        let beside = self.described(call).await?;
        let mut query = self.list(call, lists::USERS, beside).await?;
        query.predicate = query.predicate.and(Predicate::Is(field, one_of(of)));
        query.limit = MEMBERS;
        query.total = false;
        let page = self.handle.users(&query).await;
        let page = page.or_refuse()?;
        let cursors = page.cursors.iter().map(directory::Cursor::encode);
        let persons = self.persons(page.items, load::wanted(call.field)).await?;
        Ok(persons.into_iter().zip(cursors).collect())
    }

    /// The settings.
    pub async fn settings(&self, call: &Call<'_>) -> Result<Link<Node>, Refusal> {
        let stored = self.platform_settings().await?;
        Ok(Link::One(self.settings_node(&stored, call).await?))
    }

    /// Settings as a node, with what they refer to as far as the call selects it.
    pub async fn settings_node(
        &self,
        stored: &PlatformSettings,
        call: &Call<'_>,
    ) -> Result<Node, Refusal> {
        let lives = self
            .directory
            .setting::<directory::Lifetimes>()
            .await
            .or_refuse()?;
        let facts = PlatformFacts {
            since: directory::Time(1_700_000_000_000).rfc3339(),
            url: Some(self.info.base_url()),
            idle: lives.session_idle.saturating_mul(1_000),
            longest: lives.session.saturating_mul(1_000),
        };
        let mut links = Vec::new();
        if call.field.selects("platform_organization") {
            let own = match &stored.organisation {
                Some(id) => self.find_organisation(id).await?,
                // The root is the platform's own organisation.
                None => super::found(self.handle.organisation(directory::ROOT).await)?,
            };
            let link = match own {
                Some(row) => Link::One(Node::Organization(self.company(row).await?)),
                None => Link::Null,
            };
            links.push(("platform_organization", link));
        }
        if call.field.selects("platform_messages") {
            let own = self.caller.uuid().to_string();
            let shown = |message: &&settings::Message| {
                message.activated
                    && (message.recipients.is_empty() || message.recipients.contains(&own))
            };
            let shown: Vec<_> = stored.messages.iter().filter(shown).cloned().collect();
            links.push(("platform_messages", self.messages(&shown).await?));
        }
        if call.field.selects("messages_administration") {
            let link = if self.may(capability::SET_PARAMETERS) {
                self.messages(&stored.messages).await?
            } else {
                Link::Many(Vec::new())
            };
            links.push(("messages_administration", link));
        }
        let mut shown = stored.shown(&facts);
        if let Value::Object(shown) = &mut shown {
            let contexts = self.contexts_of(settings::uuid());
            shown.insert("editContext".to_owned(), contexts.into());
        }
        Ok(Made::with("Settings", shown, links))
    }

    /// Messages with the names of those they are for.
    async fn messages(&self, messages: &[settings::Message]) -> Result<Link<Node>, Refusal> {
        let wanted: Vec<&str> = messages
            .iter()
            .flat_map(|one| &one.recipients)
            .map(String::as_str)
            .collect();
        let members = self.members(&wanted).await?;
        let nodes = messages.iter().map(|message| {
            let recipients = message
                .recipients
                .iter()
                .filter_map(|id| members.get(id.as_str()).cloned());
            let recipients = recipients.map(|plain| Made::plain("Member", plain));
            let mut plain = json!(message);
            if let Value::Object(plain) = &mut plain {
                plain.remove("recipients");
                plain.insert("refreshed_at".to_owned(), Value::Null);
            }
            Made::with(
                "SettingsMessage",
                plain,
                [("recipients", Link::Many(recipients.collect()))],
            )
        });
        Ok(Link::Many(nodes.collect()))
    }

    /// Users, groups and organisations by id, as members.
    async fn members(
        &self,
        ids: &[&str],
    ) -> Result<std::collections::HashMap<String, Value>, Refusal> {
        let mut members = std::collections::HashMap::new();
        if ids.is_empty() {
            return Ok(members);
        }
        let one_of = || Test::OneOf(ids.iter().map(|id| (*id).into()).collect());
        let mut add = |id: String, name: &str, kind: &str| {
            members.insert(
                id.clone(),
                json!({"id": id, "name": name, "entity_type": kind}),
            );
        };
        let users = Query {
            predicate: Predicate::Is(UserField::Uuid, one_of()),
            limit: 1_000,
            ..Query::default()
        };
        if let Ok(page) = self.handle.users(&users).await {
            page.items
                .iter()
                .for_each(|row| add(row.uuid.to_string(), &row.shown.name, "User"));
        }
        let groups = Query {
            predicate: Predicate::Is(directory::GroupField::Uuid, one_of()),
            limit: 1_000,
            ..Query::default()
        };
        if let Ok(page) = self.handle.groups(&groups).await {
            page.items
                .iter()
                .for_each(|row| add(row.uuid.to_string(), &row.name, "Group"));
        }
        let rows = Query {
            predicate: Predicate::Is(OrganisationField::Uuid, one_of()),
            limit: 1_000,
            ..Query::default()
        };
        if let Ok(page) = self.handle.organisations(&rows).await {
            page.items
                .iter()
                .for_each(|row| add(row.uuid.to_string(), &row.name, "Organization"));
        }
        Ok(members)
    }
}

/// The values of each key, in their order.
fn listed<K: Eq + std::hash::Hash, V>(
    pairs: impl IntoIterator<Item = (K, V)>,
) -> HashMap<K, Vec<V>> {
    let mut lists: HashMap<K, Vec<V>> = HashMap::new();
    for (key, value) in pairs {
        lists.entry(key).or_default().push(value);
    }
    lists
}

/// Each key once. The parents of a field below a list of people are the same few, again and again.
fn distinct<K: Copy + Ord>(keys: &[K]) -> Vec<K> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn one_of<K: Copy + Into<i64>>(keys: &[K]) -> Test {
    Test::OneOf(keys.iter().map(|key| (*key).into().into()).collect())
}

/// For each key the first of the crowd that belong to it, as many as the call wants. What is shown for
/// one key is made once, however often it is asked for.
fn first_of_each<K: Copy + Eq + std::hash::Hash>(
    keys: &[K],
    members_of: &[(Arc<Person>, String)],
    places: &HashMap<K, Vec<UserId>>,
    call: &Call<'_>,
) -> Vec<Link<Node>> {
    let rank: HashMap<UserId, usize> = members_of
        .iter()
        .enumerate()
        .map(|(rank, (person, _))| (person.user.id, rank))
        .collect();
    let first = lists::first(call) as usize;
    let mut made: HashMap<K, Node> = HashMap::new();
    let node_of = |key: &K| {
        let people = places.get(key).into_iter().flatten();
        let mut own: Vec<usize> = people.filter_map(|user| rank.get(user).copied()).collect();
        own.sort_unstable();
        own.dedup();
        let shown = own
            .iter()
            .take(first)
            .filter_map(|rank| members_of.get(*rank));
        let edges: Vec<Node> = shown
            .map(|(person, cursor)| {
                Edge::of(&node::USERS, cursor.clone(), Node::User(Arc::clone(person)))
            })
            .collect();
        Node::Connection(Arc::new(Connection {
            kind: &node::USERS,
            next: edges.len() < own.len(),
            previous: false,
            total: own.len() as u64,
            edges,
        }))
    };
    keys.iter()
        .map(|key| Link::One(made.entry(*key).or_insert_with(|| node_of(key)).clone()))
        .collect()
}

/// People of several groups or organisations shown at once, at most.
const MEMBERS: u32 = 5_000;
/// Groups or organisations whose people are shown at once, at most: one statement names them all, beside
/// what the call itself filters by.
const PARENTS: usize = limits::STATEMENT_TESTS - limits::FILTER_TESTS - 500;
