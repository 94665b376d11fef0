//! Ids that came in, found: internal ones and users' standard ones by the directory, those of groups,
//! roles and organisations, which are fewer, by computing everybody's.

use std::collections::{HashMap, HashSet};

use directory::{
    Fault, Group, GroupField, Organisation, OrganisationField, OrganisationRef, Page, Position,
    Predicate, Query, Ref, Role, RoleField, Test, User, UserField, limits,
};
use uuid::Uuid;

use super::super::documents::STIX_ID;
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
            Given::Standard(id) if id.starts_with("group--") => {
                let found = self.scan_groups(HashSet::from([id])).await?;
                Ok(found.into_iter().next().map(|(_, group)| group))
            }
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
                let found = self.scan_organisations(HashSet::from([id])).await?;
                Ok(found.into_iter().next().map(|(_, row)| row))
            }
            Given::Standard(_) | Given::Nonsense => Ok(None),
        }
    }

    /// The groups of those ids, each id with its group; those that are not seen are left out.
    pub async fn groups_called(&self, ids: &[String]) -> Result<HashMap<String, Group>, Refusal> {
        limits::check_references("groups", ids.len()).or_refuse()?;
        let (uuids, standard) = told_apart(ids, "group--");
        let mut groups = HashMap::new();
        if !uuids.is_empty() {
            let query = Query {
                limit: u32::try_from(uuids.len()).unwrap_or(STEP),
                predicate: Predicate::Is(GroupField::Uuid, one_of(uuids.keys())),
                ..Query::default()
            };
            for group in taken(self.handle.groups(&query).await)?.items {
                let written = uuids.get(&group.uuid).into_iter().flatten();
                groups.extend(written.map(|id| (id.clone(), group.clone())));
            }
        }
        let wanted = standard.keys().cloned().collect();
        for (id, group) in self.scan_groups(wanted).await? {
            let written = standard.get(&id).into_iter().flatten();
            groups.extend(written.map(|id| (id.clone(), group.clone())));
        }
        Ok(groups)
    }

    /// The organisations of those ids, likewise.
    pub async fn organisations_called(
        &self,
        ids: &[String],
    ) -> Result<HashMap<String, Organisation>, Refusal> {
        limits::check_references("organisations", ids.len()).or_refuse()?;
        let (uuids, standard) = told_apart(ids, "identity--");
        let mut organisations = HashMap::new();
        if !uuids.is_empty() {
            let query = Query {
                limit: u32::try_from(uuids.len()).unwrap_or(STEP),
                predicate: Predicate::Is(OrganisationField::Uuid, one_of(uuids.keys())),
                ..Query::default()
            };
            for row in taken(self.handle.organisations(&query).await)?.items {
                let written = uuids.get(&row.uuid).into_iter().flatten();
                organisations.extend(written.map(|id| (id.clone(), row.clone())));
            }
        }
        let wanted = standard.keys().cloned().collect();
        for (id, row) in self.scan_organisations(wanted).await? {
            let written = standard.get(&id).into_iter().flatten();
            organisations.extend(written.map(|id| (id.clone(), row.clone())));
        }
        Ok(organisations)
    }

    /// What the standard ids of a filter stand for; unknown ones are left out.
    pub async fn resolve(&self, standard: Vec<String>) -> Result<Resolved, Refusal> {
        let mut resolved = Resolved::new();
        let (mut people, mut groups, mut organisations) =
            (Vec::new(), HashSet::new(), HashSet::new());
        for id in standard {
            match id.split("--").next() {
                Some("user") => people.push(id),
                Some("group") => drop(groups.insert(id)),
                Some("identity") => drop(organisations.insert(id)),
                Some("marking-definition") => {
                    let found = super::super::marking::find(&id).map(|found| found.id);
                    resolved.extend(found.map(|uuid| (id, uuid)));
                }
                _ => {}
            }
        }
        for user in self.called(people).await? {
            resolved.insert(super::super::account_address::standard_id(&user), user.uuid);
        }
        for (id, group) in self.scan_groups(groups).await? {
            resolved.insert(id, group.uuid);
        }
        for (id, row) in self.scan_organisations(organisations).await? {
            resolved.insert(id, row.uuid);
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

    /// Looks through the groups once, however many standard ids are wanted.
    async fn scan_groups(
        &self,
        mut wanted: HashSet<String>,
    ) -> Result<Vec<(String, Group)>, Refusal> {
        let mut found = Vec::new();
        let mut from = Position::Start;
        while !wanted.is_empty() {
            self.spend_scan()?;
            let query = Query {
                limit: STEP,
                from,
                ..Query::default()
            };
            let page = taken(self.handle.groups(&query).await)?;
            for team in self.teams(page.items).await? {
                let id = team.standard_id();
                if wanted.remove(&id) {
                    found.push((id, team.group.clone()));
                }
            }
            match page.next {
                Some(next) => from = Position::After(next),
                None => break,
            }
        }
        Ok(found)
    }

    /// Looks through the organisations, likewise.
    async fn scan_organisations(
        &self,
        mut wanted: HashSet<String>,
    ) -> Result<Vec<(String, Organisation)>, Refusal> {
        let mut found = Vec::new();
        let mut from = Position::Start;
        // An id that no name gives need not be looked for among those that names give.
        while wanted.iter().any(|id| ids::is_computed(id)) {
            self.spend_scan()?;
            let query = Query {
                limit: STEP,
                from,
                ..Query::default()
            };
            let page = taken(self.handle.organisations(&query).await)?;
            for row in page.items {
                let id = ids::organisation(&row.name);
                if wanted.remove(&id) {
                    found.push((id, row));
                }
            }
            match page.next {
                Some(next) => from = Position::After(next),
                None => break,
            }
        }
        // The id computed from an organisation's name is never another organisation's, even if a sender brought it.
        found.extend(self.organisations_brought(&wanted).await?);
        Ok(found)
    }

    /// The organisation that is known by one of these ids, computed or brought along by a sender.
    pub async fn find_brought(&self, ids: &[String]) -> Result<Option<Organisation>, Refusal> {
        let wanted: HashSet<String> = ids.iter().cloned().collect();
        let found = self.scan_organisations(wanted).await?;
        Ok(found.into_iter().next().map(|(_, row)| row))
    }

    /// The organisations of ids that senders brought along, each id with its organisation.
    async fn organisations_brought(
        &self,
        wanted: &HashSet<String>,
    ) -> Result<Vec<(String, Organisation)>, Refusal> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let field = OrganisationField::Term(super::super::catalogue::PLATFORM, STIX_ID.to_owned());
        let one_of = wanted.iter().map(|id| id.as_str().into()).collect();
        let query = Query {
            limit: STEP,
            predicate: Predicate::Is(field, Test::OneOf(one_of)),
            ..Query::default()
        };
        let rows = taken(self.handle.organisations(&query).await)?.items;
        let mut found: Vec<(String, Organisation)> = Vec::new();
        for company in self.companies(rows).await? {
            let known = company.document.stix_ids.iter().map(|id| id.to_lowercase());
            for id in known.filter(|id| wanted.contains(id)) {
                // If two brought one id, the organisation that was made first has it.
                if !found.iter().any(|(other, _)| *other == id) {
                    found.push((id, company.organisation.clone()));
                }
            }
        }
        Ok(found)
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

/// The texts that ids were written as, by what they are.
type Written<K> = HashMap<K, Vec<String>>;

/// Internal ids, and the standard ids of one kind; what is neither names nothing.
fn told_apart(ids: &[String], kind: &str) -> (Written<Uuid>, Written<String>) {
    let (mut uuids, mut standard) = (Written::new(), Written::new());
    for written in ids {
        match Given::read(written) {
            Given::Uuid(uuid) => uuids.entry(uuid).or_default().push(written.clone()),
            Given::Standard(id) if id.starts_with(kind) => {
                standard.entry(id).or_default().push(written.clone());
            }
            Given::Standard(_) | Given::Nonsense => {}
        }
    }
    (uuids, standard)
}

fn one_of<'u>(uuids: impl Iterator<Item = &'u Uuid>) -> Test {
    Test::OneOf(uuids.map(|uuid| uuid.to_string().into()).collect())
}
