//! Organisations and groups seen from above: their people, and what else hangs on them.

use std::sync::Arc;

use directory::{GroupId, OrganisationField, OrganisationId, Predicate, Query, Test, UserField};
use serde_json::{Value, json};

use super::super::capability;
use super::super::errors::OrRefuse as _;
use super::super::node::{self, Company, Connection, Edge, Made, Node, Person};
use super::super::resolvers::{Relation, relations};
use super::super::settings::{self, PlatformFacts, PlatformSettings};
use super::query::state;
use super::{Links, Session, lists, load};
use graphql::{Call, Link, Refusal};

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
];

fn organizations_among<'a>(parents: &[&'a Node]) -> Vec<&'a Arc<Company>> {
    let companies = parents.iter().filter_map(|node| match node {
        Node::Organization(company) => Some(company),
        _ => None,
    });
    companies.collect()
}

fn ids_of(companies: &[&Arc<Company>]) -> Vec<OrganisationId> {
    companies.iter().map(|row| row.organisation.id).collect()
}

/// One link for each organisation.
fn each(companies: &[&Arc<Company>], link: impl Fn(&Company) -> Link<Node>) -> Links {
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
    each(&companies, |company| {
        let own = rows
            .iter()
            .filter(|row| row.organisation == company.organisation.id);
        let own = own.filter_map(|row| people.iter().find(|person| person.id == row.user));
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
    each(&companies, |company| {
        let own = rows
            .iter()
            .filter(|(owner, _)| *owner == company.organisation.id);
        let own = own.filter_map(|(_, group)| teams.get(group));
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
    each(&companies, |company| {
        let own = below
            .iter()
            .filter(|row| row.organisation.parent == Some(company.organisation.id));
        let own = own.map(|row| Node::Organization(Arc::clone(row)));
        Link::One(Connection::whole(&node::ORGANIZATIONS, own))
    })
}

async fn no_references(_: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let none = |_: &&Node| Link::One(lists::nothing(&node::REFERENCES));
    Ok(parents.iter().map(none).collect())
}

async fn no_files(_: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    let none = |_: &&Node| Link::One(lists::nothing(&node::FILES));
    Ok(parents.iter().map(none).collect())
}

async fn nothing_many(_: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    Ok(parents.iter().map(|_| Link::Many(Vec::new())).collect())
}

async fn nothing(_: &Session, parents: &[&Node], _: &Call<'_>) -> Links {
    Ok(parents.iter().map(|_| Link::Null).collect())
}

impl Session {
    async fn children_of(&self, ids: &[OrganisationId]) -> Result<Vec<Arc<Company>>, Refusal> {
        let one_of = Test::OneOf(ids.iter().map(|id| id.0.into()).collect());
        let query = Query {
            predicate: Predicate::Is(OrganisationField::Parent, one_of),
            sort: Some(OrganisationField::Name),
            limit: 5_000,
            ..Query::default()
        };
        let page = self.handle.organisations(&query).await.or_refuse()?;
        self.companies(page.items).await
    }

    /// The people of organisations. One organisation gives pages; of several together each shows
    /// its first page, taken from one question.
    async fn members_of_organizations(&self, ids: &[OrganisationId], call: &Call<'_>) -> Links {
        if let [only] = ids {
            let field = UserField::Organisation;
            let within = Predicate::Is(field, Test::Equals(only.0.into()));
            return Ok(vec![self.users(call, within).await?]);
        }
        let one_of = Test::OneOf(ids.iter().map(|id| id.0.into()).collect());
        let within = Predicate::Is(UserField::Organisation, one_of);
        let crowd = self.crowd(within, call).await?;
        let people: Vec<_> = crowd.iter().map(|(person, _)| person.user.id).collect();
        let memberships = self.memberships_of(&people).await?;
        let links = ids.iter().map(|id| {
            let belongs = |person: &Person| {
                let rows = memberships.get(&person.user.id);
                rows.is_some_and(|rows| rows.iter().any(|row| row.organisation == *id))
            };
            Link::One(first_of(&crowd, belongs, call))
        });
        Ok(links.collect())
    }

    /// The people of groups, in the same way.
    pub(super) async fn members_of_groups(&self, ids: &[GroupId], call: &Call<'_>) -> Links {
        if let [only] = ids {
            let within = Predicate::Is(UserField::Group, Test::Equals(only.0.into()));
            return Ok(vec![self.users(call, within).await?]);
        }
        let one_of = Test::OneOf(ids.iter().map(|id| id.0.into()).collect());
        let within = Predicate::Is(UserField::Group, one_of);
        let crowd = self.crowd(within, call).await?;
        let people: Vec<_> = crowd.iter().map(|(person, _)| person.user.id).collect();
        let pairs = self.handle.groups_of(&people).await;
        let pairs = pairs.or_refuse()?;
        let pairs: std::collections::HashSet<_> = pairs.into_iter().collect();
        let links = ids.iter().map(|id| {
            let belongs = |person: &Person| pairs.contains(&(person.user.id, *id));
            Link::One(first_of(&crowd, belongs, call))
        });
        Ok(links.collect())
    }

    /// The first people of several groups or organisations together, in the order the call asks for,
    /// each with the cursor that leads on from it.
    async fn crowd(
        &self,
        within: Predicate<UserField>,
        call: &Call<'_>,
    ) -> Result<Vec<(Arc<Person>, String)>, Refusal> {
        let beside = self.described(call).await?;
        let mut query = self.list(call, lists::USERS, beside).await?;
        query.predicate = query.predicate.and(within);
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
        Ok(Made::with("Settings", stored.shown(&facts), links))
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

/// Those of the crowd that belong together, as many as the call wants.
fn first_of(
    crowd: &[(Arc<Person>, String)],
    belongs: impl Fn(&Person) -> bool,
    call: &Call<'_>,
) -> Node {
    let own: Vec<_> = crowd.iter().filter(|(person, _)| belongs(person)).collect();
    let (first, total) = (lists::first(call) as usize, own.len() as u64);
    let edges: Vec<Node> = own
        .iter()
        .take(first)
        .map(|(person, cursor)| {
            Edge::of(&node::USERS, cursor.clone(), Node::User(Arc::clone(person)))
        })
        .collect();
    Node::Connection(Arc::new(Connection {
        kind: &node::USERS,
        next: edges.len() < own.len(),
        previous: false,
        total,
        edges,
    }))
}

/// People of several groups or organisations shown at once, at most.
const MEMBERS: u32 = 5_000;
