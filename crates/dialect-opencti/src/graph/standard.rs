//! Ids that came in, found: internal ones and users' standard ones by the directory, those of groups,
//! roles and organisations, which are fewer, by computing everybody's.

use directory::{
    Cursor, Fault, Group, Organisation, OrganisationRef, Page, Position, Predicate, Query, Ref,
    Role, RoleField, Test, User, UserField,
};
use uuid::Uuid;

use super::super::errors::OrRefuse as _;
use super::super::filter::Resolved;
use super::super::ids::{self, Given};
use super::{Session, found};
use graphql::Refusal;

/// Rows looked through at a time when a standard id is searched.
const STEP: u32 = 1_000;

impl Session {
    /// The user of an id, if the caller sees one.
    pub async fn find_user(&self, id: &str) -> Result<Option<User>, Refusal> {
        match Given::read(id) {
            Given::Uuid(uuid) => found(self.handle.user(Ref::Uuid(uuid)).await),
            Given::Standard(id) if id.starts_with("user--") => {
                Ok(self.called(vec![id]).await?.pop())
            }
            Given::Standard(_) | Given::Nonsense => Ok(None),
        }
    }

    /// The group of an id.
    pub async fn find_group(&self, id: &str) -> Result<Option<Group>, Refusal> {
        match Given::read(id) {
            Given::Uuid(uuid) => found(self.handle.group(Ref::Uuid(uuid)).await),
            Given::Standard(id) if id.starts_with("group--") => self.scan_groups(&id).await,
            Given::Standard(_) | Given::Nonsense => Ok(None),
        }
    }

    /// The role of an id.
    pub async fn find_role(&self, id: &str) -> Result<Option<Role>, Refusal> {
        match Given::read(id) {
            Given::Uuid(uuid) => found(self.handle.role(Ref::Uuid(uuid)).await),
            Given::Standard(id) if id.starts_with("role--") => {
                let roles = self.all_roles().await?;
                Ok(roles
                    .into_iter()
                    .find(|role| ids::named("role", &role.name) == id))
            }
            Given::Standard(_) | Given::Nonsense => Ok(None),
        }
    }

    /// The organisation of an id.
    pub async fn find_organisation(&self, id: &str) -> Result<Option<Organisation>, Refusal> {
        match Given::read(id) {
            Given::Uuid(uuid) => found(self.handle.organisation(OrganisationRef::Uuid(uuid)).await),
            Given::Standard(id) if id.starts_with("identity--") => {
                self.scan_organisations(&id).await
            }
            Given::Standard(_) | Given::Nonsense => Ok(None),
        }
    }

    /// What the standard ids of a filter stand for; unknown ones are left out.
    pub async fn resolve(&self, standard: Vec<String>) -> Result<Resolved, Refusal> {
        let mut resolved = Resolved::new();
        let (people, others): (Vec<String>, Vec<String>) = standard
            .into_iter()
            .partition(|id| id.starts_with("user--"));
        for user in self.called(people).await? {
            resolved.insert(super::super::node::standard_id(&user), user.uuid);
        }
        for id in others {
            let uuid: Option<Uuid> = match id.split("--").next() {
                Some("group") => self.scan_groups(&id).await?.map(|group| group.uuid),
                Some("identity") => self.scan_organisations(&id).await?.map(|found| found.uuid),
                Some("marking-definition") => {
                    super::super::marking::find(&id).map(|found| found.id)
                }
                _ => None,
            };
            if let Some(uuid) = uuid {
                resolved.insert(id, uuid);
            }
        }
        Ok(resolved)
    }

    /// The users of those standard ids, which the directory keeps beside their rows.
    async fn called(&self, standard: Vec<String>) -> Result<Vec<User>, Refusal> {
        if standard.is_empty() {
            return Ok(Vec::new());
        }
        let query = Query {
            limit: u32::try_from(standard.len()).unwrap_or(STEP),
            predicate: Predicate::Is(
                UserField::Alias,
                Test::OneOf(standard.into_iter().map(Into::into).collect()),
            ),
            ..Query::default()
        };
        Ok(taken(self.handle.users(&query).await)?.items)
    }

    async fn scan_groups(&self, wanted: &str) -> Result<Option<Group>, Refusal> {
        let mut from = Position::Start;
        loop {
            let query = Query {
                limit: STEP,
                from,
                ..Query::default()
            };
            let page = taken(self.handle.groups(&query).await)?;
            let next = page.next.clone();
            let teams = self.teams(page.items).await?;
            if let Some(team) = teams.iter().find(|team| team.standard_id() == wanted) {
                return Ok(Some(team.group.clone()));
            }
            match next {
                Some(next) => from = Position::After(next),
                None => return Ok(None),
            }
        }
    }

    async fn scan_organisations(&self, wanted: &str) -> Result<Option<Organisation>, Refusal> {
        let mut from = Position::Start;
        loop {
            let query = Query {
                limit: STEP,
                from,
                ..Query::default()
            };
            let page = taken(self.handle.organisations(&query).await)?;
            match step(page, |found| ids::organisation(&found.name) == wanted) {
                Ok(found) => return Ok(found),
                Err(next) => from = Position::After(next),
            }
        }
    }

    /// All roles of the platform; there are few.
    pub async fn all_roles(&self) -> Result<Vec<Role>, Refusal> {
        let query: Query<RoleField> = Query {
            limit: 5_000,
            ..Query::default()
        };
        Ok(taken(self.handle.roles(&query).await)?.items)
    }
}

fn taken<T>(page: Result<Page<T>, Fault>) -> Result<Page<T>, Refusal> {
    page.or_refuse()
}

/// The wanted item of a page; where to go on when it is not there but may be later.
fn step<T>(page: Page<T>, wanted: impl Fn(&T) -> bool) -> Result<Option<T>, Cursor> {
    match (page.items.into_iter().find(wanted), page.next) {
        (None, Some(next)) => Err(next),
        (found, _) => Ok(found),
    }
}
