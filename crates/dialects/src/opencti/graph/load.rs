//! Loading: rows with the dialect's documents, always for a whole list, and each relation once per
//! request however many fields ask for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use directory::{
    Extended, Group, GroupId, Membership, Organisation, OrganisationId, Role, RoleId, User, UserId,
};

use super::super::documents::Document;
use super::super::engine::Refusal;
use super::super::node::{Company, Duty, Person, Team};
use super::{Session, refused};

/// What a request has loaded.
#[derive(Default)]
pub struct Memo {
    groups_of: Slot<UserId, Arc<[Arc<Team>]>>,
    roles_of: Slot<UserId, Arc<[Arc<Duty>]>>,
    roles_of_group: Slot<GroupId, Arc<[Arc<Duty>]>>,
    memberships: Slot<UserId, Arc<[Membership]>>,
    roles: Slot<RoleId, Arc<Duty>>,
    groups: Slot<GroupId, Arc<Team>>,
    companies: Slot<OrganisationId, Arc<Company>>,
}

struct Slot<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Slot<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Copy + Eq + std::hash::Hash, V: Clone> Slot<K, V> {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<K, V>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn missing(&self, keys: &[K]) -> Vec<K> {
        self.with(|known| {
            let mut missing: Vec<K> = Vec::new();
            let mut seen = std::collections::HashSet::new();
            for key in keys {
                if !known.contains_key(key) && seen.insert(*key) {
                    missing.push(*key);
                }
            }
            missing
        })
    }

    fn get(&self, key: &K) -> Option<V> {
        self.with(|known| known.get(key).cloned())
    }

    fn put(&self, entries: impl IntoIterator<Item = (K, V)>) {
        self.with(|known| known.extend(entries));
    }

    fn clear(&self) {
        self.with(HashMap::clear);
    }
}

impl Memo {
    /// Forgets everything, after a mutation.
    pub fn clear(&self) {
        self.groups_of.clear();
        self.roles_of.clear();
        self.roles_of_group.clear();
        self.memberships.clear();
        self.roles.clear();
        self.groups.clear();
        self.companies.clear();
    }
}

/// Lists gathered under their keys.
fn gathered<K: Copy + Eq + std::hash::Hash, V>(
    keys: &[K],
    pairs: impl IntoIterator<Item = (K, V)>,
) -> HashMap<K, Vec<V>> {
    let mut lists: HashMap<K, Vec<V>> = keys.iter().map(|key| (*key, Vec::new())).collect();
    for (key, value) in pairs {
        if let Some(list) = lists.get_mut(&key) {
            list.push(value);
        }
    }
    lists
}

impl Session {
    /// The dialect's documents of those entities.
    async fn documents<D: Document>(
        &self,
        kind: Extended,
        ids: &[i64],
    ) -> Result<HashMap<i64, D>, Refusal> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let stored = self.handle.extensions(kind, ids).await;
        let stored = stored.map_err(|fault| refused(&fault))?;
        Ok(stored
            .into_iter()
            .map(|(id, document)| (id, D::read(Some(&document))))
            .collect())
    }

    /// Users with their documents.
    pub async fn persons(&self, users: Vec<User>) -> Result<Vec<Arc<Person>>, Refusal> {
        let ids: Vec<i64> = users.iter().map(|user| user.id.0).collect();
        let mut documents = self.documents(Extended::User, &ids).await?;
        let now = self.now();
        Ok(users
            .into_iter()
            .map(|user| {
                Arc::new(Person {
                    document: documents.remove(&user.id.0).unwrap_or_default(),
                    standing: user.standing(now),
                    user,
                })
            })
            .collect())
    }

    /// One user with its document.
    pub async fn person(&self, user: User) -> Result<Arc<Person>, Refusal> {
        let mut persons = self.persons(vec![user]).await?;
        persons.pop().ok_or_else(super::errors::internal)
    }

    /// Groups with their documents.
    pub async fn teams(&self, groups: Vec<Group>) -> Result<Vec<Arc<Team>>, Refusal> {
        let ids: Vec<i64> = groups.iter().map(|group| group.id.0).collect();
        let mut documents = self.documents(Extended::Group, &ids).await?;
        let elsewhere: Vec<OrganisationId> = groups
            .iter()
            .map(|group| group.organisation)
            .filter(|organisation| *organisation != directory::ROOT)
            .collect();
        let organisations = self.companies_of(&elsewhere).await?;
        Ok(groups
            .into_iter()
            .map(|group| {
                let scope = organisations.get(&group.organisation);
                Arc::new(Team {
                    document: documents.remove(&group.id.0).unwrap_or_default(),
                    scope: match scope {
                        Some(company) => Some(company.organisation.slug.clone()),
                        // An organisation one does not see still tells its groups apart.
                        None if group.organisation != directory::ROOT => {
                            Some(group.organisation.to_string())
                        }
                        None => None,
                    },
                    group,
                })
            })
            .collect())
    }

    /// One group with its document.
    pub async fn team(&self, group: Group) -> Result<Arc<Team>, Refusal> {
        let mut teams = self.teams(vec![group]).await?;
        teams.pop().ok_or_else(super::errors::internal)
    }

    /// Roles with their documents.
    pub async fn duties(&self, roles: Vec<Role>) -> Result<Vec<Arc<Duty>>, Refusal> {
        let ids: Vec<i64> = roles.iter().map(|role| role.id.0).collect();
        let mut documents = self.documents(Extended::Role, &ids).await?;
        Ok(roles
            .into_iter()
            .map(|role| {
                Arc::new(Duty {
                    document: documents.remove(&role.id.0).unwrap_or_default(),
                    role,
                })
            })
            .collect())
    }

    /// One role with its document.
    pub async fn duty(&self, role: Role) -> Result<Arc<Duty>, Refusal> {
        let mut duties = self.duties(vec![role]).await?;
        duties.pop().ok_or_else(super::errors::internal)
    }

    /// Organisations with their documents.
    pub async fn companies(&self, rows: Vec<Organisation>) -> Result<Vec<Arc<Company>>, Refusal> {
        let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
        let mut documents = self.documents(Extended::Organisation, &ids).await?;
        Ok(rows
            .into_iter()
            .map(|organisation| {
                Arc::new(Company {
                    document: documents.remove(&organisation.id.0).unwrap_or_default(),
                    organisation,
                })
            })
            .collect())
    }

    /// One organisation with its document.
    pub async fn company(&self, organisation: Organisation) -> Result<Arc<Company>, Refusal> {
        let mut companies = self.companies(vec![organisation]).await?;
        companies.pop().ok_or_else(super::errors::internal)
    }

    /// The organisations of those numbers that the caller sees.
    pub async fn companies_of(
        &self,
        ids: &[OrganisationId],
    ) -> Result<HashMap<OrganisationId, Arc<Company>>, Refusal> {
        let missing = self.memo.companies.missing(ids);
        if !missing.is_empty() {
            let rows = self.handle.organisations_by_id(&missing).await;
            let rows = rows.map_err(|fault| refused(&fault))?;
            let companies = self.companies(rows).await?;
            let entries = companies
                .into_iter()
                .map(|company| (company.organisation.id, company));
            self.memo.companies.put(entries);
        }
        Ok(ids
            .iter()
            .filter_map(|id| Some((*id, self.memo.companies.get(id)?)))
            .collect())
    }

    /// The groups of those numbers that the caller sees.
    pub async fn teams_of(&self, ids: &[GroupId]) -> Result<HashMap<GroupId, Arc<Team>>, Refusal> {
        let missing = self.memo.groups.missing(ids);
        if !missing.is_empty() {
            let rows = self.handle.groups_by_id(&missing).await;
            let rows = rows.map_err(|fault| refused(&fault))?;
            let teams = self.teams(rows).await?;
            self.memo
                .groups
                .put(teams.into_iter().map(|team| (team.group.id, team)));
        }
        Ok(ids
            .iter()
            .filter_map(|id| Some((*id, self.memo.groups.get(id)?)))
            .collect())
    }

    /// The roles of those numbers that the caller sees.
    async fn duties_of(&self, ids: &[RoleId]) -> Result<HashMap<RoleId, Arc<Duty>>, Refusal> {
        let missing = self.memo.roles.missing(ids);
        if !missing.is_empty() {
            let rows = self.handle.roles_by_id(&missing).await;
            let rows = rows.map_err(|fault| refused(&fault))?;
            let duties = self.duties(rows).await?;
            self.memo
                .roles
                .put(duties.into_iter().map(|duty| (duty.role.id, duty)));
        }
        Ok(ids
            .iter()
            .filter_map(|id| Some((*id, self.memo.roles.get(id)?)))
            .collect())
    }

    /// The groups of each user, by name.
    pub async fn groups_of(
        &self,
        users: &[UserId],
    ) -> Result<HashMap<UserId, Arc<[Arc<Team>]>>, Refusal> {
        let missing = self.memo.groups_of.missing(users);
        if !missing.is_empty() {
            let pairs = self.handle.groups_of(&missing).await;
            let pairs = pairs.map_err(|fault| refused(&fault))?;
            let ids: Vec<GroupId> = pairs.iter().map(|(_, group)| *group).collect();
            let teams = self.teams_of(&ids).await?;
            let pairs = pairs
                .into_iter()
                .filter_map(|(user, group)| Some((user, Arc::clone(teams.get(&group)?))));
            let lists = gathered(&missing, pairs);
            self.memo
                .groups_of
                .put(lists.into_iter().map(|(user, mut list)| {
                    list.sort_by_key(|team| (team.group.name.to_lowercase(), team.group.id));
                    (user, list.into())
                }));
        }
        Ok(users
            .iter()
            .filter_map(|user| Some((*user, self.memo.groups_of.get(user)?)))
            .collect())
    }

    /// The roles of each group, by name.
    pub async fn roles_of_groups(
        &self,
        groups: &[GroupId],
    ) -> Result<HashMap<GroupId, Arc<[Arc<Duty>]>>, Refusal> {
        let missing = self.memo.roles_of_group.missing(groups);
        if !missing.is_empty() {
            let carried = self.handle.group_roles(&missing).await;
            let carried = carried.map_err(|fault| refused(&fault))?;
            let ids: Vec<RoleId> = carried.iter().map(|row| row.role).collect();
            let duties = self.duties_of(&ids).await?;
            let pairs = carried
                .into_iter()
                .filter_map(|row| Some((row.group, Arc::clone(duties.get(&row.role)?))));
            let lists = gathered(&missing, pairs);
            self.memo.roles_of_group.put(
                lists
                    .into_iter()
                    .map(|(group, list)| (group, distinct(list))),
            );
        }
        Ok(groups
            .iter()
            .filter_map(|group| Some((*group, self.memo.roles_of_group.get(group)?)))
            .collect())
    }

    /// The roles of each user, through their groups, by name.
    pub async fn roles_of(
        &self,
        users: &[UserId],
    ) -> Result<HashMap<UserId, Arc<[Arc<Duty>]>>, Refusal> {
        let missing = self.memo.roles_of.missing(users);
        if !missing.is_empty() {
            let groups = self.groups_of(&missing).await?;
            let ids: Vec<GroupId> = groups
                .values()
                .flat_map(|teams| teams.iter().map(|team| team.group.id))
                .collect();
            let roles = self.roles_of_groups(&ids).await?;
            self.memo
                .roles_of
                .put(groups.into_iter().map(|(user, teams)| {
                    let list = teams
                        .iter()
                        .filter_map(|team| roles.get(&team.group.id))
                        .flat_map(|duties| duties.iter().cloned());
                    (user, distinct(list.collect()))
                }));
        }
        Ok(users
            .iter()
            .filter_map(|user| Some((*user, self.memo.roles_of.get(user)?)))
            .collect())
    }

    /// The memberships of each user, homes among them.
    pub async fn memberships_of(
        &self,
        users: &[UserId],
    ) -> Result<HashMap<UserId, Arc<[Membership]>>, Refusal> {
        let missing = self.memo.memberships.missing(users);
        if !missing.is_empty() {
            let rows = self.handle.memberships(&missing).await;
            let rows = rows.map_err(|fault| refused(&fault))?;
            let lists = gathered(&missing, rows.into_iter().map(|row| (row.user, row)));
            self.memo
                .memberships
                .put(lists.into_iter().map(|(user, list)| (user, list.into())));
        }
        Ok(users
            .iter()
            .filter_map(|user| Some((*user, self.memo.memberships.get(user)?)))
            .collect())
    }
}

fn distinct(mut duties: Vec<Arc<Duty>>) -> Arc<[Arc<Duty>]> {
    duties.sort_by_key(|duty| (duty.role.name.to_lowercase(), duty.role.id));
    duties.dedup_by_key(|duty| duty.role.id);
    duties.into()
}
