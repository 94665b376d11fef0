//! What answers about people need beside the people: roles, documents, organisations. Loaded in
//! batches, so that no list costs statements per row.

use std::collections::HashMap;
use std::sync::Arc;

use directory::{
    Extended, Fault, Handle, Kind, OrganisationId, Permission, Query, Ref, Related, RoleField,
    RoleId, User, UserId, Wanted,
};

use super::extension::{RoleNotes, UserExtension};
use super::map::RoleView;

/// Every role of the platform. There are few: administrators make them by hand.
pub struct Roles {
    /// In the order of their numbers.
    all: Vec<directory::Role>,
    views: HashMap<i64, RoleView>,
    none: RoleView,
}

/// The roles that newcomers get.
struct Chosen(Vec<directory::Role>);

/// Roles read at most.
const ROLES: u32 = 10_000;

impl Roles {
    /// Reads them, with their documents; every answer about a user shows one, so they are remembered.
    pub async fn read(handle: &Handle) -> Result<Arc<Roles>, Fault> {
        let all = Self::gathered(handle);
        handle.remembered(Permission::ReadRoles, all).await
    }

    async fn gathered(handle: &Handle) -> Result<Roles, Fault> {
        let query = Query {
            sort: Some(RoleField::Number),
            limit: ROLES,
            ..Query::default()
        };
        let all = handle.roles(&query).await?.items;
        let ids: Vec<i64> = all.iter().map(|role| role.id.0).collect();
        let documents = handle.extensions(Extended::Role, &ids).await?;
        let views = all
            .iter()
            .map(|role| {
                let notes = documents.get(&role.id.0).map(RoleNotes::read);
                (role.number, RoleView::of(role, notes.unwrap_or_default()))
            })
            .collect();
        Ok(Roles {
            all,
            views,
            none: RoleView::none(),
        })
    }

    /// All of them, by number.
    pub fn all(&self) -> impl Iterator<Item = &directory::Role> {
        self.all.iter()
    }

    /// A role by its number on the platform.
    pub fn numbered(&self, number: i64) -> Option<&directory::Role> {
        self.all.iter().find(|role| role.number == number)
    }

    /// The same, as something a request refers to.
    pub fn wanted(&self, number: i64) -> Result<RoleId, Fault> {
        self.numbered(number)
            .map(|role| role.id)
            .ok_or(Fault::UnknownReference(Kind::Role))
    }

    /// How a role is shown; the absence of one for unknown numbers.
    pub fn view(&self, number: i64) -> &RoleView {
        self.views.get(&number).unwrap_or(&self.none)
    }

    /// The number of the role that newcomers get.
    pub async fn default(&self, handle: &Handle) -> Result<Option<i64>, Fault> {
        let chosen = async { Ok(Chosen(handle.default_roles().await?)) };
        let chosen = handle.remembered(Permission::ReadRoles, chosen).await?;
        Ok(self
            .all
            .iter()
            .find(|role| chosen.0.iter().any(|one| one.id == role.id))
            .map(|role| role.number))
    }
}

/// The numbers of the roles that those people are shown with; whoever has none is left out.
pub async fn role_numbers(
    handle: &Handle,
    people: &[UserId],
) -> Result<HashMap<UserId, i64>, Fault> {
    let held = handle.grants_of(people).await?;
    Ok(handle
        .shown_roles(&held)
        .into_iter()
        .map(|one| (one.user, one.number))
        .collect())
}

/// The documents of those people.
pub async fn notes(
    handle: &Handle,
    people: &[UserId],
) -> Result<HashMap<UserId, UserExtension>, Fault> {
    let ids: Vec<i64> = people.iter().map(|user| user.0).collect();
    let documents = handle.extensions(Extended::User, &ids).await?;
    Ok(documents
        .iter()
        .map(|(id, document)| (UserId(*id), UserExtension::read(document)))
        .collect())
}

/// One person with what is shown of them.
pub struct Person {
    /// The row.
    pub user: User,
    /// The document.
    pub notes: UserExtension,
    /// The role's number; 0 none.
    pub role: i64,
}

impl Person {
    /// What is read with a user.
    pub const WANTED: Wanted = Wanted {
        documents: true,
        held: true,
        ..Wanted::NOTHING
    };

    /// A user with what was read of [`Person::WANTED`].
    pub fn of(handle: &Handle, user: User, related: &Related) -> Person {
        let roles = handle.shown_roles(&related.held);
        let role = roles.iter().rfind(|role| role.user == user.id);
        let notes = related.documents.get(&user.id).map(UserExtension::read);
        Person {
            role: role.map_or(0, |role| role.number),
            notes: notes.unwrap_or_default(),
            user,
        }
    }

    /// Reads a user the caller sees.
    pub async fn read(handle: &Handle, id: UserId) -> Result<Person, Fault> {
        let user = handle.user(id).await?;
        let related = handle.related(&[id], Person::WANTED).await?;
        Ok(Person::of(handle, user, &related))
    }
}

/// The number of a user in a path; anything else names nobody (misp.md §4.2).
pub fn user_number(text: &str) -> Result<UserId, Fault> {
    text.parse()
        .map(UserId)
        .map_err(|_| Fault::NotFound(Kind::User))
}

/// The way a path or a filter names an organisation: by number, UUID or name.
pub fn organisation_ref(text: &str) -> Ref<OrganisationId> {
    if let Ok(number) = text.parse() {
        return Ref::Id(OrganisationId(number));
    }
    match uuid::Uuid::parse_str(text) {
        Ok(uuid) => Ref::Uuid(uuid),
        Err(_) => Ref::Name(text.to_owned()),
    }
}
