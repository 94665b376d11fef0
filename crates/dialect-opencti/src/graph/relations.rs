//! Relations: the fields that lead from objects to objects, each answered for all parents at once.

use std::collections::HashMap;
use std::sync::Arc;

use directory::{Key, KeyField, Predicate, Query, Session as SignedIn, Test, Time, UserId};
use serde_json::{Value, json};

use super::super::capability::{self, Capability};
use super::super::errors::OrRefuse as _;
use super::super::marking;
use super::super::node::{self, Connection, Duty, Made, Node, Person, Team};
use super::lists::Frame;
use super::personal::{effective, level, session, token};
use super::query::state;
use super::{Links, Session};
use graphql::{Call, Link, Refusal};

impl Session {
    /// Answers a field of parents that are all of one type.
    pub(super) async fn relation(&self, parents: &[&Node], call: &Call<'_>) -> Links {
        match parents.first() {
            Some(Node::User(_) | Node::Me(_)) => {
                let people: Vec<Arc<Person>> = parents
                    .iter()
                    .filter_map(|node| match node {
                        Node::User(person) | Node::Me(person) => Some(Arc::clone(person)),
                        _ => None,
                    })
                    .collect();
                self.of_people(&people, call).await
            }
            Some(Node::Group(_)) => {
                let teams: Vec<Arc<Team>> = parents
                    .iter()
                    .filter_map(|node| match node {
                        Node::Group(team) => Some(Arc::clone(team)),
                        _ => None,
                    })
                    .collect();
                self.of_groups(&teams, call).await
            }
            Some(Node::Organization(_)) => {
                let companies: Vec<_> = parents
                    .iter()
                    .filter_map(|node| match node {
                        Node::Organization(company) => Some(Arc::clone(company)),
                        _ => None,
                    })
                    .collect();
                self.of_organizations(&companies, call).await
            }
            _ => Ok(parents.iter().map(|node| self.inside(node, call)).collect()),
        }
    }

    /// Fields that the parent itself holds.
    fn inside(&self, parent: &Node, call: &Call<'_>) -> Link<Node> {
        match (parent, call.name()) {
            (Node::Role(duty), "capabilities") => {
                Link::Many(self.capabilities(&[Arc::clone(duty)]))
            }
            (Node::Role(duty), "capabilitiesInDraft") => {
                Link::Many(self.in_draft(&[Arc::clone(duty)]))
            }
            (Node::Connection(connection), "edges") => Link::Many(connection.edges.clone()),
            (Node::Connection(connection), "pageInfo") => Link::One(page_info(connection)),
            (Node::Edge(edge), "node") => Link::One(edge.node.clone()),
            (Node::Made(made), name) => match made.links.get(name) {
                Some(link) => link.clone(),
                None => nested(made.plain.get(name), call.type_name()),
            },
            _ => Link::Null,
        }
    }

    async fn of_people(&self, people: &[Arc<Person>], call: &Call<'_>) -> Links {
        let ids: Vec<UserId> = people.iter().map(|person| person.user.id).collect();
        let each = |link: &dyn Fn(&Person) -> Link<Node>| -> Links {
            Ok(people.iter().map(|person| link(person)).collect())
        };
        match call.name() {
            "groups" => {
                let groups = self.groups_of(&ids).await?;
                each(&|person| {
                    let mut teams = groups
                        .get(&person.user.id)
                        .map(|list| list.to_vec())
                        .unwrap_or_default();
                    order(
                        call,
                        &mut teams,
                        |team| &team.group.name,
                        |team| team.group.created_at,
                    );
                    Link::One(Connection::whole(&node::GROUPS, state(&teams, Node::Group)))
                })
            }
            "roles" => {
                let roles = self.roles_of(&ids).await?;
                each(&|person| {
                    let mut duties = roles
                        .get(&person.user.id)
                        .map(|list| list.to_vec())
                        .unwrap_or_default();
                    order(
                        call,
                        &mut duties,
                        |duty| &duty.role.name,
                        |duty| duty.role.created_at,
                    );
                    Link::Many(state(&duties, Node::Role))
                })
            }
            "capabilities" | "capabilitiesInDraft" => {
                let roles = self.roles_of(&ids).await?;
                let draft = call.name() == "capabilitiesInDraft";
                each(&|person| {
                    let duties = roles
                        .get(&person.user.id)
                        .map(|list| list.to_vec())
                        .unwrap_or_default();
                    if draft {
                        return Link::Many(self.in_draft(&duties));
                    }
                    let mut nodes = self.capabilities(&duties);
                    if person.user.id == self.caller.user() {
                        self.add_own(&mut nodes);
                    }
                    Link::Many(nodes)
                })
            }
            "can_manage_sensitive_config" => {
                let roles = self.roles_of(&ids).await?;
                each(&|person| {
                    let duties = roles.get(&person.user.id);
                    let may = duties.is_some_and(|duties| {
                        duties
                            .iter()
                            .any(|duty| duty.document.can_manage_sensitive_config)
                    });
                    Link::Leaf(may.into())
                })
            }
            "user_confidence_level" => {
                each(&|person| level(person.document.user_confidence_level.as_ref()))
            }
            "effective_confidence_level" => {
                let groups = self.groups_of(&ids).await?;
                let roles = self.roles_of(&ids).await?;
                let links = people.iter().map(|person| {
                    let teams = groups
                        .get(&person.user.id)
                        .map(|list| list.to_vec())
                        .unwrap_or_default();
                    let duties = roles
                        .get(&person.user.id)
                        .map(|list| list.to_vec())
                        .unwrap_or_default();
                    effective(person, &teams, &duties)
                });
                Ok(links.collect())
            }
            "objectOrganization" | "objectAssignedOrganization" => {
                self.organizations_of(&ids, call).await
            }
            "administrated_organizations" => {
                let memberships = self.memberships_of(&ids).await?;
                let wanted: Vec<_> = memberships
                    .values()
                    .flat_map(|list| list.iter().filter(|row| row.administrator))
                    .map(|row| row.organisation)
                    .collect();
                let companies = self.companies_of(&wanted).await?;
                each(&|person| {
                    let rows = memberships
                        .get(&person.user.id)
                        .map(|list| list.to_vec())
                        .unwrap_or_default();
                    let own = rows.iter().filter(|row| row.administrator);
                    let own = own.filter_map(|row| companies.get(&row.organisation));
                    Link::Many(
                        own.map(|company| Node::Organization(Arc::clone(company)))
                            .collect(),
                    )
                })
            }
            "api_tokens" => {
                let tokens = self.tokens_of(&ids).await?;
                each(&|person| {
                    let own = tokens
                        .get(&person.user.id)
                        .map(Vec::as_slice)
                        .unwrap_or_default();
                    Link::Many(own.iter().map(token).collect())
                })
            }
            "sessions" => {
                let sessions = self.sessions_of(&ids).await?;
                let now = self.now();
                each(&|person| {
                    let own = sessions.iter().filter(|one| one.user == person.user.id);
                    let nodes = own.map(|one| Made::plain("SessionDetail", session(one, now)));
                    Link::Many(nodes.collect())
                })
            }
            "creator" => {
                let wanted: Vec<UserId> = people
                    .iter()
                    .filter_map(|person| person.user.created_by)
                    .collect();
                let rows = self.handle.users_by_id(&wanted).await.or_refuse()?;
                each(&|person| {
                    let row = rows
                        .iter()
                        .find(|row| Some(row.id) == person.user.created_by);
                    row.map_or(Link::Null, |row| {
                        let plain =
                            json!({"id": row.uuid, "name": row.shown.name, "entity_type": "User"});
                        Link::One(Made::plain("Creator", plain))
                    })
                })
            }
            _ => each(&|_| Link::Null),
        }
    }

    /// The organisations of people: memberships, and the home unless that is the root, so that
    /// somebody made without one shows none.
    async fn organizations_of(&self, ids: &[UserId], call: &Call<'_>) -> Links {
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
                |row| &row.organisation.name,
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

    async fn of_groups(&self, teams: &[Arc<Team>], call: &Call<'_>) -> Links {
        let each = |link: &dyn Fn(&Team) -> Link<Node>| -> Links {
            Ok(teams.iter().map(|team| link(team)).collect())
        };
        let ids: Vec<_> = teams.iter().map(|team| team.group.id).collect();
        match call.name() {
            "roles" => {
                let roles = self.roles_of_groups(&ids).await?;
                each(&|team| {
                    let mut duties = roles
                        .get(&team.group.id)
                        .map(|list| list.to_vec())
                        .unwrap_or_default();
                    order(
                        call,
                        &mut duties,
                        |duty| &duty.role.name,
                        |duty| duty.role.created_at,
                    );
                    Link::One(Connection::whole(&node::ROLES, state(&duties, Node::Role)))
                })
            }
            "members" => self.members_of_groups(&ids, call).await,
            "group_confidence_level" => {
                each(&|team| level(team.document.group_confidence_level.as_ref()))
            }
            "allowed_marking" => {
                each(&|team| Link::Many(self.markings_of(&team.document.allowed_marking)))
            }
            "max_shareable_marking" => {
                each(&|team| Link::Many(self.markings_of(&team.document.max_shareable_marking)))
            }
            "default_marking" => each(&|team| {
                let entries = team.document.default_marking.iter().map(|entry| {
                    let values = Link::Many(self.markings_of(&entry.values));
                    let plain = json!({"entity_type": entry.entity_type});
                    Made::with("DefaultMarking", plain, [("values", values)])
                });
                Link::Many(entries.collect())
            }),
            _ => each(&|_| Link::Null),
        }
    }

    fn markings_of(&self, ids: &[String]) -> Vec<Node> {
        let found = ids.iter().filter_map(|id| marking::find(id));
        found.map(|entry| self.marking(entry)).collect()
    }

    /// The capabilities of roles together, in the vendor's order.
    fn capabilities(&self, duties: &[Arc<Duty>]) -> Vec<Node> {
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

    fn in_draft(&self, duties: &[Arc<Duty>]) -> Vec<Node> {
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
    fn add_own(&self, nodes: &mut Vec<Node>) {
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
            let standard_id =
                super::super::ids::named("capability", capability::ORGANIZATION_ADMIN);
            let since = Time(0).rfc3339();
            nodes.push(Made::plain(
                "Capability",
                json!({
                    "id": super::super::ids::fixed(&standard_id),
                    "standard_id": standard_id,
                    "entity_type": "Capability",
                    "parent_types": ["Basic-Object", "Internal-Object"],
                    "name": capability::ORGANIZATION_ADMIN,
                    "created_at": since,
                    "updated_at": since,
                }),
            ));
        }
    }

    /// The tokens of people, revoked ones left out; nothing of people whose keys the caller may not see.
    async fn tokens_of(&self, ids: &[UserId]) -> Result<HashMap<UserId, Vec<Key>>, Refusal> {
        let one_of = Test::OneOf(ids.iter().map(|id| id.0.into()).collect());
        let query = Query {
            predicate: Predicate::Is(KeyField::User, one_of)
                .and(Predicate::Is(KeyField::Revoked, Test::Equals(false.into()))),
            limit: 50_000,
            ..Query::default()
        };
        let keys = self.handle.keys(&query).await;
        let keys = match keys {
            Err(directory::Fault::Forbidden(_)) => return Ok(HashMap::new()),
            keys => keys.or_refuse()?.items,
        };
        let mut tokens: HashMap<UserId, Vec<Key>> = HashMap::new();
        for key in keys {
            tokens.entry(key.user).or_default().push(key);
        }
        Ok(tokens)
    }

    async fn sessions_of(&self, ids: &[UserId]) -> Result<Vec<SignedIn>, Refusal> {
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

/// Orders a list that is by name already, when something else is wanted.
fn order<T>(call: &Call<'_>, list: &mut [T], name: impl Fn(&T) -> &str, made: impl Fn(&T) -> Time) {
    match call.text("orderBy") {
        "created_at" | "created" => list.sort_by_key(|row| made(row)),
        "name" => list.sort_by_cached_key(|row| directory::fold_search(name(row))),
        _ => {}
    }
    if call.text("orderMode") == "desc" {
        list.reverse();
    }
}
