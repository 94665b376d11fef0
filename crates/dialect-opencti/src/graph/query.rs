//! Queries: the fields of `Query`.

use directory::{
    Fault, Group, GroupField, Organisation, OrganisationField, Page, Predicate, Query, Role, Test,
    User, UserField,
};
use serde_json::{Value, json};

use super::super::account_address;
use super::super::capability::{self, CAPABILITIES};
use super::super::columns;
use super::super::errors;
use super::super::errors::OrRefuse as _;
use super::super::ids::{self, Given};
use super::super::marking;
use super::super::node::{self, Made, Node};
use super::super::resolvers::{Answer, RootField, root_fields};
use super::super::templates;
use super::Session;
use super::lists::{self, After, Frame, Listing};
use super::{load, members, search, stix};
use graphql::{Call, Field, Link, Refusal};

/// What the client takes for the platform's version.
pub const VERSION: &str = "7.261026.0";

const PEOPLE: &[&str] = &[capability::SET_ACCESSES, capability::ORGANIZATION_ADMIN];
const ACCESSES: &[&str] = &[capability::SET_ACCESSES];
const GROUPS: &[&str] = &[
    capability::SET_ACCESSES,
    capability::SECURITY_ACTIVITY,
    capability::ORGANIZATION_ADMIN,
];
const ORGANIZATIONS: &[&str] = &[
    capability::KNOWLEDGE,
    capability::SET_ACCESSES,
    capability::SECURITY_ACTIVITY,
    capability::ORGANIZATION_ADMIN,
];

/// Every field of `Query`.
pub static QUERIES: &[RootField] = root_fields![
    "about" => about;
    "me" => me;
    "user", PEOPLE => user;
    "users", PEOPLE => users;
    "group", GROUPS => group;
    "groups", GROUPS => groups;
    "role", ACCESSES => role;
    "roles", ACCESSES => roles;
    "capabilities", ACCESSES => capabilities;
    "capabilitiesInDraft", ACCESSES => capabilities_in_draft;
    "sessions", ACCESSES => sessions;
    "identity", &[capability::KNOWLEDGE] => organization;
    "identities", &[capability::KNOWLEDGE] => stix::identities;
    "stixDomainObject", &[capability::KNOWLEDGE] => organization;
    "stixDomainObjects", &[capability::KNOWLEDGE] => stix::domain_objects;
    "stixCoreObject", &[capability::KNOWLEDGE] => organization;
    "stixCoreObjects", &[capability::KNOWLEDGE] => stix::core_objects;
    "organization", ORGANIZATIONS => organization;
    "organizations", ORGANIZATIONS => organizations;
    "securityOrganizations", PEOPLE => stix::security_organizations;
    "members", capability::CHOOSE_MEMBERS => members::members;
    "systemMembers", capability::CHOOSE_MEMBERS => members::system_members;
    "creators", &[capability::KNOWLEDGE] => members::creators;
    "assignees", &[capability::KNOWLEDGE] => members::assignees;
    "participants", &[capability::KNOWLEDGE] => members::participants;
    "otpGeneration" => second_factor;
    "settings" => settings;
    "emailTemplate", PEOPLE => template;
    "emailTemplates", PEOPLE => all_templates;
    "markingDefinition" => marking_definition;
    "markingDefinitions" => marking_definitions;
];

async fn about(_: &Session, _: &Call<'_>) -> Answer {
    Ok(Link::One(Made::plain(
        "AppInfo",
        json!({"version": VERSION}),
    )))
}

async fn me(session: &Session, call: &Call<'_>) -> Answer {
    session.me(call.field).await
}

async fn user(session: &Session, call: &Call<'_>) -> Answer {
    let wanted = load::wanted(call.field);
    let person = match Given::read(call.text("id")) {
        Given::Uuid(uuid) => session.whole_person(uuid, wanted).await?,
        _ => match session.find_user(call.text("id")).await? {
            Some(user) => session.persons(vec![user], wanted).await?.pop(),
            None => None,
        },
    };
    Ok(person.map_or(Link::Null, |person| Link::One(Node::User(person))))
}

async fn users(session: &Session, call: &Call<'_>) -> Answer {
    session.users(call, Predicate::All).await
}

async fn group(session: &Session, call: &Call<'_>) -> Answer {
    match session.listed_group(call.text("id")).await? {
        Some(group) => Ok(Link::One(Node::Group(session.team(group).await?))),
        None => Ok(Link::Null),
    }
}

async fn groups(session: &Session, call: &Call<'_>) -> Answer {
    session.groups(call).await
}

async fn role(session: &Session, call: &Call<'_>) -> Answer {
    match session.find_role(call.text("id")).await? {
        Some(role) => Ok(Link::One(Node::Role(session.duty(role).await?))),
        None => Ok(Link::Null),
    }
}

async fn roles(session: &Session, call: &Call<'_>) -> Answer {
    session.roles(call).await
}

async fn capabilities(session: &Session, call: &Call<'_>) -> Answer {
    let nodes = CAPABILITIES
        .iter()
        .map(|entry| session.capability(entry))
        .collect();
    lists::static_connection(&node::CAPABILITIES, call, nodes)
}

/// Only what concerns knowledge can be held in drafts.
async fn capabilities_in_draft(session: &Session, call: &Call<'_>) -> Answer {
    let nodes = CAPABILITIES
        .iter()
        .filter(|entry| entry.name.starts_with(capability::KNOWLEDGE))
        .map(|entry| session.capability(entry))
        .collect();
    lists::static_connection(&node::CAPABILITIES, call, nodes)
}

/// Begins a second factor of the caller's own, which `otpActivation` confirms.
async fn second_factor(session: &Session, _: &Call<'_>) -> Answer {
    let secret = session.handle.begin_second_factor(None).await.or_refuse()?;
    let plain = json!({"secret": secret.secret, "uri": secret.uri});
    Ok(Link::One(Made::plain("OtpElement", plain)))
}

async fn sessions(session: &Session, _: &Call<'_>) -> Answer {
    session.all_sessions().await
}

async fn organization(session: &Session, call: &Call<'_>) -> Answer {
    session.organization(call).await
}

async fn organizations(session: &Session, call: &Call<'_>) -> Answer {
    let kind = &node::ORGANIZATIONS;
    session.organizations(kind, call, Predicate::All).await
}

async fn settings(session: &Session, call: &Call<'_>) -> Answer {
    session.settings(call).await
}

async fn template(session: &Session, call: &Call<'_>) -> Answer {
    let found = templates::find(session, call.text("id")).await?;
    Ok(found.map_or(Link::Null, |template| Link::One(templates::node(&template))))
}

async fn all_templates(session: &Session, call: &Call<'_>) -> Answer {
    session.templates(call).await
}

async fn marking_definition(session: &Session, call: &Call<'_>) -> Answer {
    Ok(match marking::find(call.text("id")) {
        Some(found) => Link::One(session.marking(found)),
        None => Link::Null,
    })
}

async fn marking_definitions(session: &Session, call: &Call<'_>) -> Answer {
    session.markings(call).await
}

impl Session {
    /// Answers a field of `Query`.
    pub(super) async fn query(&self, call: &Call<'_>) -> Answer {
        let found = QUERIES.iter().find(|field| field.name == call.name());
        let field = found.ok_or_else(errors::internal)?;
        self.require(field.any_of)?;
        (field.resolve)(self, call).await
    }

    /// The caller.
    pub async fn me(&self, field: &Field) -> Result<Link<Node>, Refusal> {
        let wanted = load::wanted(field);
        let person = self.whole_person(self.caller.uuid(), wanted).await?;
        let person = person.ok_or_else(errors::unauthenticated)?;
        Ok(Link::One(Node::Me(person)))
    }

    /// A page of users.
    pub(super) async fn users(
        &self,
        call: &Call<'_>,
        within: Predicate<UserField>,
    ) -> Result<Link<Node>, Refusal> {
        let beside = self.described(call).await?;
        let mut query = self.list(call, lists::USERS, beside).await?;
        if let Some(terms) = search::ranking(call)? {
            let mut whole = search::whole(&query);
            whole.predicate = whole.predicate.and(within.clone());
            let all = taken(self.handle.users(&whole).await)?;
            let texts = |user: &User| {
                let parts = [&user.shown.given, &user.shown.name];
                let family = user.shown.family.clone().unwrap_or_default();
                let mut texts = vec![account_address::email(user), family];
                texts.extend(parts.into_iter().cloned());
                texts
            };
            let is_it = |user: &User, id: &str| {
                user.uuid.to_string() == id || account_address::standard_id(user) == id
            };
            if let Some((rows, frame)) = search::best(call, &terms, all, texts, is_it).await? {
                return self.people(call, rows, frame).await;
            }
        }
        query.from = match lists::after(call)? {
            After::At(position) => position,
            After::Row(id) => {
                let row = self.find_user(id).await?;
                let row = row.ok_or_else(lists::none_of_ours)?;
                let is_it = Predicate::Is(UserField::Id, Test::Equals(row.id.0.into()));
                lists::behind(&taken(
                    self.handle.users(&lists::place_of(&query, is_it)).await,
                )?)?
            }
        };
        query.predicate = query.predicate.and(within);
        let (rows, frame) = lists::framed(taken(self.handle.users(&query).await)?);
        self.people(call, rows, frame).await
    }

    async fn people(
        &self,
        call: &Call<'_>,
        rows: Vec<User>,
        frame: Frame,
    ) -> Result<Link<Node>, Refusal> {
        let people = self.persons(rows, load::wanted(call.field)).await?;
        let nodes = people.into_iter().map(Node::User).collect();
        Ok(Link::One(lists::connection(
            &node::USERS,
            call,
            frame,
            nodes,
        )))
    }

    async fn groups(&self, call: &Call<'_>) -> Result<Link<Node>, Refusal> {
        let listing = Listing {
            columns: columns::group,
            order: columns::group_order,
            search: columns::group_search,
        };
        let mut query = self.list(call, listing, Predicate::Nothing).await?;
        if let Some(terms) = search::ranking(call)? {
            let all = taken(self.handle.groups(&search::whole(&query)).await)?;
            let texts = |group: &Group| {
                vec![
                    group.name.clone(),
                    group.description.clone().unwrap_or_default(),
                ]
            };
            let is_it = |group: &Group, id: &str| group.uuid.to_string() == id;
            if let Some((rows, frame)) = search::best(call, &terms, all, texts, is_it).await? {
                return self.teams_listed(call, rows, frame).await;
            }
        }
        query.from = match lists::after(call)? {
            After::At(position) => position,
            After::Row(id) => {
                let row = self.find_group(id).await?;
                let row = row.ok_or_else(lists::none_of_ours)?;
                let is_it = Predicate::Is(GroupField::Id, Test::Equals(row.id.0.into()));
                lists::behind(&taken(
                    self.handle.groups(&lists::place_of(&query, is_it)).await,
                )?)?
            }
        };
        let (rows, frame) = lists::framed(taken(self.handle.groups(&query).await)?);
        self.teams_listed(call, rows, frame).await
    }

    /// A group, if the caller's lists of groups show it. Organisation administrators know their own
    /// groups too, but read only those they may hand out.
    async fn listed_group(&self, id: &str) -> Result<Option<Group>, Refusal> {
        let found = self.find_group(id).await?;
        let (true, Some(group)) = (self.only_organization_admin(), &found) else {
            return Ok(found);
        };
        let query = Query {
            predicate: Predicate::Is(GroupField::Id, Test::Equals(group.id.0.into())),
            limit: 1,
            ..Query::default()
        };
        Ok(taken(self.handle.groups(&query).await)?.items.pop())
    }

    async fn teams_listed(
        &self,
        call: &Call<'_>,
        rows: Vec<Group>,
        frame: Frame,
    ) -> Result<Link<Node>, Refusal> {
        let teams = self.teams(rows).await?;
        let nodes = teams.into_iter().map(Node::Group).collect();
        Ok(Link::One(lists::connection(
            &node::GROUPS,
            call,
            frame,
            nodes,
        )))
    }

    /// Roles are few, so they are taken whole and cut here.
    async fn roles(&self, call: &Call<'_>) -> Result<Link<Node>, Refusal> {
        let terms = self.paid_terms(call)?;
        let terms: Vec<String> = terms
            .iter()
            .map(|term| directory::fold_search(term))
            .collect();
        let mut roles = self.all_roles().await?;
        roles.retain(|role| {
            let text = directory::fold_search(&format!(
                "{} {} {} {}",
                role.name,
                role.description,
                role.uuid,
                ids::named("role", &role.name)
            ));
            terms.is_empty() || terms.iter().any(|term| text.contains(term))
        });
        if let Some(terms) = search::ranking(call)? {
            let texts = |role: &Role| vec![role.name.clone(), role.description.clone()];
            search::rank(call, &terms, &mut roles, texts).await;
            let duties = self.duties(roles).await?;
            let nodes = duties.into_iter().map(Node::Role).collect();
            return lists::static_connection(&node::ROLES, call, nodes);
        }
        match call.text("orderBy") {
            "name" | "_score" => {
                roles.sort_by_cached_key(|role| directory::fold_search(&role.name))
            }
            "created_at" => roles.sort_by_key(|role| role.created_at),
            "updated_at" => roles.sort_by_key(|role| role.updated_at),
            _ => {}
        }
        if call.text("orderMode") == "desc" {
            roles.reverse();
        }
        let duties = self.duties(roles).await?;
        let nodes = duties.into_iter().map(Node::Role).collect();
        lists::static_connection(&node::ROLES, call, nodes)
    }

    async fn organization(&self, call: &Call<'_>) -> Result<Link<Node>, Refusal> {
        match self.find_organisation(call.text("id")).await? {
            Some(row) => Ok(Link::One(Node::Organization(self.company(row).await?))),
            None => Ok(Link::Null),
        }
    }

    pub(super) async fn organizations(
        &self,
        kind: &'static node::ConnectionKind,
        call: &Call<'_>,
        within: Predicate<OrganisationField>,
    ) -> Result<Link<Node>, Refusal> {
        let listing = Listing {
            columns: columns::organisation,
            order: columns::organisation_order,
            search: columns::organisation_search,
        };
        let beside = columns::alias_search(&search::terms(call)?);
        self.spend(&beside)?;
        let mut query = self.list(call, listing, beside).await?;
        query.predicate = query.predicate.and(within);
        if let Some((companies, frame)) = self.by_given_dates(call, &query).await? {
            let nodes = companies.into_iter().map(Node::Organization).collect();
            return Ok(Link::One(lists::connection(kind, call, frame, nodes)));
        }
        if let Some(terms) = search::ranking(call)? {
            let all = taken(self.handle.organisations(&search::whole(&query)).await)?;
            let texts = |row: &Organisation| {
                vec![
                    row.name.clone(),
                    row.description.clone().unwrap_or_default(),
                ]
            };
            let is_it = |row: &Organisation, id: &str| {
                row.uuid.to_string() == id || ids::organisation(&row.name) == id
            };
            if let Some((rows, frame)) = search::best(call, &terms, all, texts, is_it).await? {
                return self.companies_listed(kind, call, rows, frame).await;
            }
        }
        query.from = match lists::after(call)? {
            After::At(position) => position,
            After::Row(id) => {
                let row = self.find_organisation(id).await?;
                let row = row.ok_or_else(lists::none_of_ours)?;
                let is_it = Predicate::Is(OrganisationField::Id, Test::Equals(row.id.0.into()));
                lists::behind(&taken(
                    self.handle
                        .organisations(&lists::place_of(&query, is_it))
                        .await,
                )?)?
            }
        };
        let (rows, frame) = lists::framed(taken(self.handle.organisations(&query).await)?);
        self.companies_listed(kind, call, rows, frame).await
    }

    async fn companies_listed(
        &self,
        kind: &'static node::ConnectionKind,
        call: &Call<'_>,
        rows: Vec<Organisation>,
        frame: Frame,
    ) -> Result<Link<Node>, Refusal> {
        let companies = self.companies(rows).await?;
        let nodes = companies.into_iter().map(Node::Organization).collect();
        Ok(Link::One(lists::connection(kind, call, frame, nodes)))
    }

    /// A capability as a node.
    pub(super) fn capability(&self, entry: &'static capability::Capability) -> Node {
        Node::Capability(entry, self.since())
    }

    /// A marking as a node.
    pub(super) fn marking(&self, entry: &'static marking::Marking) -> Node {
        Node::Marking(entry, self.since())
    }

    /// Since when there are the things that every installation has.
    fn since(&self) -> directory::Time {
        directory::Time(1_700_000_000_000)
    }

    async fn all_sessions(&self) -> Result<Link<Node>, Refusal> {
        let sessions = self.handle.all_sessions().await.or_refuse()?;
        let mut owners: Vec<directory::UserId> = sessions.iter().map(|one| one.user).collect();
        owners.sort_unstable();
        owners.dedup();
        let people = self.handle.users_by_id(&owners).await.or_refuse()?;
        let nodes = people.into_iter().map(|user| {
            let own = sessions.iter().filter(|one| one.user == user.id);
            let own: Vec<Value> = own
                .map(|one| super::personal::session(one, self.now()))
                .collect();
            let creator = json!({"id": user.uuid, "name": user.shown.name, "entity_type": "User"});
            Made::plain("UserSession", json!({"user": creator, "sessions": own}))
        });
        Ok(Link::Many(nodes.collect()))
    }
}

/// A page, or the fault in the vendor's words.
fn taken<T>(page: Result<Page<T>, Fault>) -> Result<Page<T>, Refusal> {
    page.or_refuse()
}
