//! Nodes: the objects of the graph, and how their plain fields are written.

use std::collections::BTreeMap;
use std::sync::Arc;

use directory::{FreshKey, Group, Organisation, Role, Standing, Time, User, UserKind};
use serde_json::{Value, json};

use super::account_address::{email, standard_id};
use super::capability::Capability;
use super::catalogue;
use super::documents::{GroupDocument, OrganisationDocument, RoleDocument, UserDocument};
use super::ids;
use super::marking::Marking;
use graphql::{Field, Json, Link};

pub use super::connection_kinds::*;

mod writing;

use writing::{time, write_capability, write_marking};

/// An object of the graph.
#[derive(Debug, Clone)]
pub enum Node {
    /// `Query`, or `Mutation`.
    Root(bool),
    /// A user, shown as `User`.
    User(Arc<Person>),
    /// The caller, shown as `MeUser`.
    Me(Arc<Person>),
    /// A group.
    Group(Arc<GroupNode>),
    /// A role.
    Role(Arc<RoleNode>),
    /// A capability.
    Capability(&'static Capability, Time),
    /// An organisation.
    Organization(Arc<OrganizationNode>),
    /// An organisation as the caller's own are shown.
    MeOrganization(Arc<OrganizationNode>),
    /// A marking definition.
    Marking(&'static Marking, Time),
    /// A page of a list.
    Connection(Arc<Connection>),
    /// An entry of a page.
    Edge(Arc<Edge>),
    /// Anything put together on the spot.
    Made(Arc<Made>),
    /// One of the objects that hold mutations: its type, and what they are about.
    Edit(&'static str, Arc<str>),
}

/// A user with the dialect's document.
#[derive(Debug)]
pub struct Person {
    /// The row.
    pub user: User,
    /// What only this dialect knows.
    pub document: UserDocument,
    /// What the account amounts to now.
    pub standing: Standing,
    /// The token that this answer shows, where it was made just now.
    pub fresh_token: Option<FreshKey>,
}

/// A group with the dialect's document.
#[derive(Debug)]
pub struct GroupNode {
    /// The row.
    pub group: Group,
    /// What only this dialect knows.
    pub document: GroupDocument,
    /// The slug of its organisation, unless that is the root.
    pub scope: Option<String>,
}

/// A role with the dialect's document.
#[derive(Debug)]
pub struct RoleNode {
    /// The row.
    pub role: Role,
    /// What only this dialect knows.
    pub document: RoleDocument,
}

/// An organisation with the dialect's document.
#[derive(Debug)]
pub struct OrganizationNode {
    /// The row.
    pub organisation: Organisation,
    /// What only this dialect knows.
    pub document: OrganisationDocument,
}

/// A page of a list.
#[derive(Debug)]
pub struct Connection {
    /// What it lists.
    pub kind: &'static ConnectionKind,
    /// The nodes, each with its cursor.
    pub edges: Vec<Node>,
    /// Whether more follow.
    pub next: bool,
    /// Whether it began after something.
    pub previous: bool,
    /// How many there are in all.
    pub total: u64,
}

/// An entry of a page.
#[derive(Debug)]
pub struct Edge {
    /// The type's name.
    pub kind: &'static ConnectionKind,
    /// Where the next page begins.
    pub cursor: String,
    /// What stands there.
    pub node: Node,
}

/// An object put together on the spot.
#[derive(Debug)]
pub struct Made {
    /// Its type.
    pub type_name: String,
    /// Its plain fields and what is made of plain fields alone.
    pub plain: Value,
    /// Its fields that hold other nodes.
    pub links: BTreeMap<&'static str, Link<Node>>,
}

impl Made {
    /// An object of plain fields.
    pub fn plain(type_name: impl Into<String>, plain: Value) -> Node {
        Self::with(type_name, plain, [])
    }

    /// An object with other nodes in it.
    pub fn with(
        type_name: impl Into<String>,
        plain: Value,
        links: impl IntoIterator<Item = (&'static str, Link<Node>)>,
    ) -> Node {
        Node::Made(Arc::new(Self {
            type_name: type_name.into(),
            plain,
            links: links.into_iter().collect(),
        }))
    }
}

impl Connection {
    /// A whole list on one page.
    pub fn whole(kind: &'static ConnectionKind, nodes: impl IntoIterator<Item = Node>) -> Node {
        let edges: Vec<Node> = nodes
            .into_iter()
            .map(|node| Edge::of(kind, String::new(), node))
            .collect();
        let total = edges.len() as u64;
        Node::Connection(Arc::new(Self {
            kind,
            edges,
            next: false,
            previous: false,
            total,
        }))
    }
}

impl Edge {
    /// An entry.
    pub fn of(kind: &'static ConnectionKind, cursor: String, node: Node) -> Node {
        Node::Edge(Arc::new(Self { kind, cursor, node }))
    }
}

impl Node {
    /// The type of the node.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Root(false) => "Query",
            Self::Root(true) => "Mutation",
            Self::User(_) => "User",
            Self::Me(_) => "MeUser",
            Self::Group(_) => "Group",
            Self::Role(_) => "Role",
            Self::Capability(..) => "Capability",
            Self::Organization(_) => "Organization",
            Self::MeOrganization(_) => "MeOrganization",
            Self::Marking(..) => "MarkingDefinition",
            Self::Connection(connection) => connection.kind.connection,
            Self::Edge(edge) => edge.kind.edge,
            Self::Made(made) => &made.type_name,
            Self::Edit(type_name, _) => type_name,
        }
    }

    /// Whether this is the id, internal or standard, of an entry of a static list.
    pub fn is_called(&self, id: &str) -> bool {
        match self {
            Self::Role(duty) => id == duty.role.uuid.to_string() || id == duty.standard_id(),
            Self::Marking(marking, _) => id == marking.id.to_string() || id == marking.standard_id,
            Self::Made(made) => ["id", "standard_id"]
                .iter()
                .any(|name| made.plain.get(name).and_then(Value::as_str) == Some(id)),
            _ => false,
        }
    }

    /// The internal id of an object that has one.
    pub fn uuid(&self) -> Option<uuid::Uuid> {
        match self {
            Self::User(person) | Self::Me(person) => Some(person.user.uuid),
            Self::Group(team) => Some(team.group.uuid),
            Self::Role(duty) => Some(duty.role.uuid),
            Self::Capability(entry, _) => Some(ids::fixed(&ids::named("capability", entry.name))),
            Self::Organization(company) | Self::MeOrganization(company) => {
                Some(company.organisation.uuid)
            }
            Self::Marking(marking, _) => Some(marking.id),
            Self::Root(_)
            | Self::Connection(_)
            | Self::Edge(_)
            | Self::Made(_)
            | Self::Edit(..) => None,
        }
    }

    /// The texts that stand for an object: what it is called, and what is said of it.
    pub fn representative(&self) -> Value {
        let (main, secondary) = match self {
            Self::User(person) | Self::Me(person) => (
                person.user.shown.name.as_str(),
                person.document.description.as_deref(),
            ),
            Self::Group(team) => (&*team.group.name, team.group.description.as_deref()),
            Self::Role(duty) => (
                &*duty.role.name,
                Some(&*duty.role.description).filter(|text| !text.is_empty()),
            ),
            Self::Capability(entry, _) => (entry.name, Some(entry.description)),
            Self::Organization(company) | Self::MeOrganization(company) => (
                &*company.organisation.name,
                company.organisation.description.as_deref(),
            ),
            Self::Marking(marking, _) => (marking.definition, None),
            Self::Root(_)
            | Self::Connection(_)
            | Self::Edge(_)
            | Self::Made(_)
            | Self::Edit(..) => (self.type_name(), None),
        };
        json!({"main": main, "secondary": secondary})
    }

    /// Writes a plain field.
    pub fn write(&self, field: &Field, out: &mut Json) {
        let name = field.name.as_str();
        match self {
            Self::User(person) | Self::Me(person) => person.write(name, out),
            Self::Group(team) => team.write(name, out),
            Self::Role(duty) => duty.write(name, out),
            Self::Capability(capability, since) => write_capability(capability, *since, name, out),
            Self::Organization(company) | Self::MeOrganization(company) => company.write(name, out),
            Self::Marking(marking, since) => write_marking(marking, *since, name, out),
            Self::Edge(edge) => match name {
                "cursor" => out.text(&edge.cursor),
                _ => unresolved("Edge", name, out),
            },
            Self::Made(made) => match made.plain.get(name) {
                Some(value) => out.value(value),
                None => unresolved(&made.type_name, name, out),
            },
            Self::Root(_) | Self::Connection(_) | Self::Edit(..) => {
                unresolved(self.type_name(), name, out);
            }
        }
    }
}

/// Answers a field that nothing answers with null: a defect, which a test that asks for every field of
/// the schema finds.
fn unresolved(type_name: &str, name: &str, out: &mut Json) {
    tracing::error!(type_name, name, "a field of the schema has no resolver");
    debug_assert!(false, "no resolver for {type_name}.{name}");
    out.null();
}

const INTERNAL: [&str; 2] = ["Basic-Object", "Internal-Object"];

impl Person {
    /// The address shown.
    pub fn email(&self) -> String {
        email(&self.user)
    }

    fn write(&self, name: &str, out: &mut Json) {
        let (user, document) = (&self.user, &self.document);
        match name {
            "id" => out.value(&user.uuid),
            "standard_id" => out.text(&standard_id(user)),
            "entity_type" => out.text("User"),
            "parent_types" => out.value(&INTERNAL),
            "user_email" => out.text(&self.email()),
            "name" => out.text(&user.shown.name),
            "firstname" => out.text(&user.shown.given),
            "lastname" => out.optional(user.shown.family.as_deref()),
            "description" => out.optional(document.description.as_deref()),
            "theme" => out.text(&document.theme),
            "language" => out.text(&document.language),
            "unit_system" => out.optional(document.unit_system.as_deref()),
            "submenu_show_icons" => out.flag(document.submenu_show_icons),
            "submenu_auto_collapse" => out.flag(document.submenu_auto_collapse),
            "monochrome_labels" => out.flag(document.monochrome_labels),
            "default_time_field" => out.optional(document.default_time_field.as_deref()),
            "default_hidden_types" => out.value(&document.default_hidden_types),
            "unsubscribed_news_feed_types" => out.value(&document.unsubscribed_news_feed_types),
            "password_valid_until" => out.optional(document.password_valid_until.as_deref()),
            "account_status" => out.text(status_word(self.standing)),
            // Nothing is refreshed from elsewhere here.
            "refreshed_at" => out.null(),
            // A token is shown once alone.
            "api_token" => {
                let fresh = self.fresh_token.as_ref();
                out.optional(fresh.map(|fresh| fresh.secret.as_str()));
            }
            "account_lock_after_date" => time(user.lock_after, out),
            "user_service_account" => out.flag(user.kind == UserKind::Service),
            "otp_activated" => out.flag(user.second_factor),
            "otp_mandatory" => out.flag(user.second_factor_required.unwrap_or(false)),
            // Nobody here comes from a single sign-on, and these two are rules for knowledge.
            "external" | "no_creators" | "restrict_delete" => out.flag(false),
            "created_at" => time(Some(user.created_at), out),
            "updated_at" => time(Some(user.updated_at), out),
            // Nobody is an identity of knowledge here, and no second factor is shown as a picture.
            "individual_id" | "otp_qr" => out.null(),
            _ => unresolved("User", name, out),
        }
    }
}

/// The vendor's word for what an account amounts to.
pub fn status_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Active | Standing::LockedOut => "Active",
        Standing::Inactive | Standing::Suspended => "Inactive",
        Standing::Expired => "Expired",
        Standing::Locked => "Locked",
    }
}

impl GroupNode {
    /// The standard id: of the bare name in the root, of slug and name elsewhere, where the same
    /// name may stand again.
    pub fn standard_id(&self) -> String {
        match &self.scope {
            None => ids::named("group", &self.group.name),
            Some(slug) => ids::named("group", &format!("{slug}/{}", self.group.name)),
        }
    }

    fn write(&self, name: &str, out: &mut Json) {
        let (group, document) = (&self.group, &self.document);
        match name {
            "id" => out.value(&group.uuid),
            "standard_id" => out.text(&self.standard_id()),
            "entity_type" => out.text("Group"),
            "parent_types" => out.value(&INTERNAL),
            "name" => out.text(&group.name),
            "description" => out.optional(group.description.as_deref()),
            "default_assignation" => {
                out.flag(group.newcomers_of.as_deref() == Some(catalogue::PLATFORM.word()));
            }
            "no_creators" => out.flag(document.no_creators),
            "restrict_delete" => out.flag(document.restrict_delete),
            "auto_new_marking" => out.flag(document.auto_new_marking),
            "auto_integration_assignation" => out.value(&document.auto_integration_assignation),
            "default_hidden_types" => out.value(&document.default_hidden_types),
            "not_shareable_marking_types" => out.value(&document.not_shareable_marking_types),
            "refreshed_at" => out.null(),
            "created_at" => time(Some(group.created_at), out),
            "updated_at" => time(Some(group.updated_at), out),
            _ => unresolved("Group", name, out),
        }
    }
}

impl RoleNode {
    /// The capabilities shown: the ones chosen, as far as the role still holds them.
    pub fn capabilities(&self) -> Vec<&'static Capability> {
        let held = catalogue::held(&self.role.lines);
        let chosen: Vec<&str> = match &self.document.capabilities {
            Some(chosen) => chosen.iter().map(String::as_str).collect(),
            None => {
                let names: Vec<&str> = held.iter().map(|capability| capability.name).collect();
                super::capability::chosen(&names)
            }
        };
        held.into_iter()
            .filter(|capability| chosen.contains(&capability.name))
            .collect()
    }

    /// The standard id.
    pub fn standard_id(&self) -> String {
        ids::named("role", &self.role.name)
    }

    fn write(&self, name: &str, out: &mut Json) {
        let role = &self.role;
        match name {
            "id" => out.value(&role.uuid),
            "standard_id" => out.text(&self.standard_id()),
            "entity_type" => out.text("Role"),
            "parent_types" => out.value(&INTERNAL),
            "name" => out.text(&role.name),
            "description" => match role.description.as_str() {
                "" => out.null(),
                text => out.text(text),
            },
            "can_manage_sensitive_config" => out.flag(self.document.can_manage_sensitive_config),
            "refreshed_at" => out.null(),
            "created_at" => time(Some(role.created_at), out),
            "updated_at" => time(Some(role.updated_at), out),
            _ => unresolved("Role", name, out),
        }
    }
}
