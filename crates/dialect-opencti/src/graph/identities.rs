//! Organisations and groups seen from above: their people, and what else hangs on them.

use std::sync::Arc;

use directory::{GroupId, OrganisationField, OrganisationId, Predicate, Query, Test, UserField};
use serde_json::{Value, json};

use super::super::capability;
use super::super::errors::OrRefuse as _;
use super::super::node::{self, Company, Connection, Edge, Made, Node, Person};
use super::super::settings::{self, PlatformFacts, PlatformSettings};
use super::query::state;
use super::{Links, Session, lists, load};
use graphql::{Call, Link, Refusal};

impl Session {
    pub(super) async fn of_organizations(
        &self,
        companies: &[Arc<Company>],
        call: &Call<'_>,
    ) -> Links {
        let ids: Vec<OrganisationId> = companies.iter().map(|row| row.organisation.id).collect();
        let each = |link: &dyn Fn(&Company) -> Link<Node>| -> Links {
            Ok(companies.iter().map(|row| link(row)).collect())
        };
        match call.name() {
            "members" => self.members_of_organizations(&ids, call).await,
            "authorized_authorities" => {
                let rows = self.handle.organisation_administrators(&ids).await;
                let rows = rows.or_refuse()?;
                let people: Vec<_> = rows.iter().map(|row| row.user).collect();
                let people = self.handle.users_by_id(&people).await.or_refuse()?;
                each(&|company| {
                    let own = rows
                        .iter()
                        .filter(|row| row.organisation == company.organisation.id);
                    let own =
                        own.filter_map(|row| people.iter().find(|person| person.id == row.user));
                    Link::Leaf(
                        own.map(|person| Value::from(person.uuid.to_string()))
                            .collect(),
                    )
                })
            }
            "grantable_groups" => {
                let rows = self.handle.grantable_groups(&ids).await;
                let rows = rows.or_refuse()?;
                let wanted: Vec<GroupId> = rows.iter().map(|(_, group)| *group).collect();
                let teams = self.teams_of(&wanted).await?;
                each(&|company| {
                    let own = rows
                        .iter()
                        .filter(|(owner, _)| *owner == company.organisation.id);
                    let own = own.filter_map(|(_, group)| teams.get(group));
                    Link::Many(own.map(|team| Node::Group(Arc::clone(team))).collect())
                })
            }
            "parentOrganizations" => {
                let above: Vec<_> = companies
                    .iter()
                    .filter_map(|row| row.organisation.parent)
                    .collect();
                let above = self.companies_of(&above).await?;
                each(&|company| {
                    let parent = company
                        .organisation
                        .parent
                        .and_then(|id| above.get(&id))
                        .cloned();
                    let parent: Vec<_> = parent.into_iter().collect();
                    Link::One(Connection::whole(
                        &node::ORGANIZATIONS,
                        state(&parent, Node::Organization),
                    ))
                })
            }
            "subOrganizations" => {
                let below = self.children_of(&ids).await?;
                each(&|company| {
                    let own = below
                        .iter()
                        .filter(|row| row.organisation.parent == Some(company.organisation.id));
                    let own = own.map(|row| Node::Organization(Arc::clone(row)));
                    Link::One(Connection::whole(&node::ORGANIZATIONS, own))
                })
            }
            "externalReferences" => each(&|_| Link::One(lists::nothing(&node::REFERENCES))),
            "importFiles" => each(&|_| Link::One(lists::nothing(&node::FILES))),
            // Knowledge that hangs on an identity is not kept here.
            "creators" | "objectMarking" | "objectOrganization" | "objectLabel"
            | "customFieldValues" => each(&|_| Link::Many(Vec::new())),
            _ => each(&|_| Link::Null),
        }
    }

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
