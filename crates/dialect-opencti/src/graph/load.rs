//! Loading: rows with the dialect's documents, always for a whole list, and each relation once per
//! request however many fields ask for it.

use std::collections::HashMap;
use std::sync::Arc;

use directory::{
    Extended, Group, GroupId, Membership, Organisation, OrganisationId, Ref, Related, Role, RoleId,
    User, UserId, Wanted, WithDocument,
};

use super::super::documents::Document;
use super::super::errors::OrRefuse as _;
use super::super::node::{GroupNode, OrganizationNode, Person, RoleNode};
use super::{Session, found};
use graphql::{Field, Refusal};

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
        let stored = stored.or_refuse()?;
        Ok(stored
            .into_iter()
            .map(|(id, document)| (id, D::read(Some(&document))))
            .collect())
    }

    /// Users with their documents, and what a selection wants beside them.
    pub async fn persons(
        &self,
        users: Vec<User>,
        wanted: Wanted,
    ) -> Result<Vec<Arc<Person>>, Refusal> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
        let wanted = Wanted {
            documents: true,
            ..wanted
        };
        let related = self.handle.related(&ids, wanted).await;
        let mut related = related.or_refuse()?;
        let mut documents = std::mem::take(&mut related.documents);
        self.remember(&ids, wanted, related).await?;
        let told = users.into_iter().map(|row| WithDocument {
            document: documents.remove(&row.id),
            row,
        });
        Ok(told.map(|told| self.read_person(told)).collect())
    }

    /// One user with its document.
    pub async fn person(&self, user: User) -> Result<Arc<Person>, Refusal> {
        let mut persons = self.persons(vec![user], Wanted::default()).await?;
        persons.pop().ok_or_else(super::errors::internal)
    }

    /// The user of an id with what a selection wants, all in one snapshot.
    pub async fn whole_person(
        &self,
        uuid: uuid::Uuid,
        wanted: Wanted,
    ) -> Result<Option<Arc<Person>>, Refusal> {
        let person = self.handle.person(Ref::Uuid(uuid), wanted).await;
        let Some((told, related)) = found(person)? else {
            return Ok(None);
        };
        self.remember(&[told.row.id], wanted, related).await?;
        Ok(Some(self.read_person(told)))
    }

    fn read_person(&self, told: WithDocument<User>) -> Arc<Person> {
        Arc::new(Person {
            standing: told.row.standing(self.now()),
            document: Document::read(told.document.as_ref()),
            user: told.row,
            fresh_token: None,
        })
    }

    /// Keeps what was told of people for the fields that ask for it.
    async fn remember(
        &self,
        people: &[UserId],
        wanted: Wanted,
        related: Related,
    ) -> Result<(), Refusal> {
        let memo = &self.memo;
        if wanted.organisations {
            memo.companies
                .put(related.organisations.into_iter().map(|told| {
                    let company = OrganizationNode {
                        document: Document::read(told.document.as_ref()),
                        organisation: told.row,
                    };
                    (company.organisation.id, Arc::new(company))
                }));
            let rows = related.memberships.into_iter().map(|row| (row.user, row));
            let lists = gathered(people, rows).into_iter();
            memo.memberships
                .put(lists.map(|(user, list)| (user, list.into())));
        }
        if !(wanted.groups || wanted.roles) {
            return Ok(());
        }
        let scopes = self
            .scopes(related.groups.iter().map(|told| &told.row))
            .await?;
        let teams: HashMap<GroupId, Arc<GroupNode>> = related
            .groups
            .into_iter()
            .map(|told| {
                let team = GroupNode {
                    document: Document::read(told.document.as_ref()),
                    scope: scopes.get(&told.row.organisation).cloned(),
                    group: told.row,
                };
                (team.group.id, Arc::new(team))
            })
            .collect();
        let pairs = related
            .members
            .iter()
            .filter_map(|(user, group)| Some((*user, Arc::clone(teams.get(group)?))));
        let groups = gathered(people, pairs).into_iter().map(|(user, mut list)| {
            list.sort_by_cached_key(|team| (team.group.name.to_lowercase(), team.group.id));
            (user, Arc::<[Arc<GroupNode>]>::from(list))
        });
        let groups: HashMap<UserId, Arc<[Arc<GroupNode>]>> = groups.collect();
        if wanted.roles {
            let duties: HashMap<RoleId, Arc<RoleNode>> = related
                .roles
                .into_iter()
                .map(|told| {
                    let duty = RoleNode {
                        document: Document::read(told.document.as_ref()),
                        role: told.row,
                    };
                    (duty.role.id, Arc::new(duty))
                })
                .collect();
            let pairs = related
                .brought
                .iter()
                .filter_map(|(group, role)| Some((*group, Arc::clone(duties.get(role)?))));
            let ids: Vec<GroupId> = teams.keys().copied().collect();
            let brought: HashMap<GroupId, Arc<[Arc<RoleNode>]>> = gathered(&ids, pairs)
                .into_iter()
                .map(|(group, list)| (group, distinct(list)))
                .collect();
            memo.roles_of.put(groups.iter().map(|(user, teams)| {
                let list = teams
                    .iter()
                    .filter_map(|team| brought.get(&team.group.id))
                    .flat_map(|duties| duties.iter().cloned());
                (*user, distinct(list.collect()))
            }));
            memo.roles_of_group.put(brought);
            memo.roles.put(duties);
        }
        memo.groups_of.put(groups);
        memo.groups.put(teams);
        Ok(())
    }

    /// What tells groups of organisations other than the root apart: the organisation's slug.
    async fn scopes<'g>(
        &self,
        groups: impl Iterator<Item = &'g Group>,
    ) -> Result<HashMap<OrganisationId, String>, Refusal> {
        let mut elsewhere: Vec<OrganisationId> = groups
            .map(|group| group.organisation)
            .filter(|organisation| *organisation != directory::ROOT)
            .collect();
        elsewhere.sort_unstable();
        elsewhere.dedup();
        let known = self.companies_of(&elsewhere).await?;
        Ok(elsewhere
            .into_iter()
            .map(|id| match known.get(&id) {
                Some(company) => (id, company.organisation.slug.clone()),
                // An organisation one does not see still tells its groups apart.
                None => (id, id.to_string()),
            })
            .collect())
    }

    /// Groups with their documents.
    pub async fn teams(&self, groups: Vec<Group>) -> Result<Vec<Arc<GroupNode>>, Refusal> {
        let ids: Vec<i64> = groups.iter().map(|group| group.id.0).collect();
        let mut documents = self.documents(Extended::Group, &ids).await?;
        let scopes = self.scopes(groups.iter()).await?;
        Ok(groups
            .into_iter()
            .map(|group| {
                Arc::new(GroupNode {
                    document: documents.remove(&group.id.0).unwrap_or_default(),
                    scope: scopes.get(&group.organisation).cloned(),
                    group,
                })
            })
            .collect())
    }

    /// One group with its document.
    pub async fn team(&self, group: Group) -> Result<Arc<GroupNode>, Refusal> {
        let mut teams = self.teams(vec![group]).await?;
        teams.pop().ok_or_else(super::errors::internal)
    }

    /// Roles with their documents.
    pub async fn duties(&self, roles: Vec<Role>) -> Result<Vec<Arc<RoleNode>>, Refusal> {
        let ids: Vec<i64> = roles.iter().map(|role| role.id.0).collect();
        let mut documents = self.documents(Extended::Role, &ids).await?;
        Ok(roles
            .into_iter()
            .map(|role| {
                Arc::new(RoleNode {
                    document: documents.remove(&role.id.0).unwrap_or_default(),
                    role,
                })
            })
            .collect())
    }

    /// One role with its document.
    pub async fn duty(&self, role: Role) -> Result<Arc<RoleNode>, Refusal> {
        let mut duties = self.duties(vec![role]).await?;
        duties.pop().ok_or_else(super::errors::internal)
    }

    /// Organisations with their documents.
    pub async fn companies(
        &self,
        rows: Vec<Organisation>,
    ) -> Result<Vec<Arc<OrganizationNode>>, Refusal> {
        let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
        let mut documents = self.documents(Extended::Organisation, &ids).await?;
        Ok(rows
            .into_iter()
            .map(|organisation| {
                Arc::new(OrganizationNode {
                    document: documents.remove(&organisation.id.0).unwrap_or_default(),
                    organisation,
                })
            })
            .collect())
    }

    /// One organisation with its document.
    pub async fn company(
        &self,
        organisation: Organisation,
    ) -> Result<Arc<OrganizationNode>, Refusal> {
        let mut companies = self.companies(vec![organisation]).await?;
        companies.pop().ok_or_else(super::errors::internal)
    }

    /// The organisations of those numbers that the caller sees.
    pub async fn companies_of(
        &self,
        ids: &[OrganisationId],
    ) -> Result<HashMap<OrganisationId, Arc<OrganizationNode>>, Refusal> {
        let missing = self.memo.companies.missing(ids);
        if !missing.is_empty() {
            let rows = self.handle.organisations_by_id(&missing).await;
            let rows = rows.or_refuse()?;
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
    pub async fn teams_of(
        &self,
        ids: &[GroupId],
    ) -> Result<HashMap<GroupId, Arc<GroupNode>>, Refusal> {
        let missing = self.memo.groups.missing(ids);
        if !missing.is_empty() {
            let rows = self.handle.groups_by_id(&missing).await;
            let rows = rows.or_refuse()?;
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
    async fn duties_of(&self, ids: &[RoleId]) -> Result<HashMap<RoleId, Arc<RoleNode>>, Refusal> {
        let missing = self.memo.roles.missing(ids);
        if !missing.is_empty() {
            let rows = self.handle.roles_by_id(&missing).await;
            let rows = rows.or_refuse()?;
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

    /// Asks for rows related to people that no selection announced.
    async fn tie(&self, people: &[UserId], wanted: Wanted) -> Result<(), Refusal> {
        if people.is_empty() {
            return Ok(());
        }
        let related = self.handle.related(people, wanted).await;
        let related = related.or_refuse()?;
        self.remember(people, wanted, related).await
    }

    /// The groups of each user, by name.
    pub async fn groups_of(
        &self,
        users: &[UserId],
    ) -> Result<HashMap<UserId, Arc<[Arc<GroupNode>]>>, Refusal> {
        let wanted = Wanted {
            groups: true,
            ..Wanted::default()
        };
        self.tie(&self.memo.groups_of.missing(users), wanted)
            .await?;
        Ok(self.memo.groups_of.of(users))
    }

    /// The roles of each group, by name.
    pub async fn roles_of_groups(
        &self,
        groups: &[GroupId],
    ) -> Result<HashMap<GroupId, Arc<[Arc<RoleNode>]>>, Refusal> {
        let missing = self.memo.roles_of_group.missing(groups);
        if !missing.is_empty() {
            let carried = self.handle.group_roles(&missing).await;
            let carried = carried.or_refuse()?;
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
    ) -> Result<HashMap<UserId, Arc<[Arc<RoleNode>]>>, Refusal> {
        let wanted = Wanted {
            roles: true,
            ..Wanted::default()
        };
        self.tie(&self.memo.roles_of.missing(users), wanted).await?;
        Ok(self.memo.roles_of.of(users))
    }

    /// The memberships of each user, homes among them.
    pub async fn memberships_of(
        &self,
        users: &[UserId],
    ) -> Result<HashMap<UserId, Arc<[Membership]>>, Refusal> {
        let wanted = Wanted {
            organisations: true,
            ..Wanted::default()
        };
        self.tie(&self.memo.memberships.missing(users), wanted)
            .await?;
        Ok(self.memo.memberships.of(users))
    }
}

/// What a selection wants of the people in it.
pub(super) fn wanted(field: &Field) -> Wanted {
    let selected = field.beneath(&["User", "MeUser"]);
    let any = |names: &[&str]| selected.iter().any(|one| names.contains(&&*one.name));
    let through_groups = selected.iter().any(|one| {
        let groups = one.beneath(&["Group"]);
        &*one.name == "groups" && groups.iter().any(|field| &*field.name == "roles")
    });
    Wanted {
        documents: false,
        groups: any(&[
            "groups",
            "effective_confidence_level",
            "allowed_marking",
            "default_marking",
            "max_shareable_marking",
        ]),
        roles: through_groups
            || any(&[
                "roles",
                "capabilities",
                "capabilitiesInDraft",
                "can_manage_sensitive_config",
                "effective_confidence_level",
            ]),
        organisations: any(&[
            "objectOrganization",
            "objectAssignedOrganization",
            "administrated_organizations",
            "capabilities",
        ]),
        ..Wanted::NOTHING
    }
}

fn distinct(mut duties: Vec<Arc<RoleNode>>) -> Arc<[Arc<RoleNode>]> {
    duties.sort_by_key(|duty| (duty.role.name.to_lowercase(), duty.role.id));
    duties.dedup_by_key(|duty| duty.role.id);
    duties.into()
}
