//! What one transaction has looked up of the tree, groups and roles, so that a request that names many of
//! them costs a statement per kind and not one per name.
//!
//! All of it is given up as soon as the transaction writes to a table that the access of many rests on, or
//! undoes a part of itself.

use std::collections::HashMap;
use std::sync::Arc;

use crate::access::work::Work;
use crate::model::{
    CollectionId, Group, GroupId, GroupRole, GroupRoleScope, Membership, OrganisationId, Role,
    RoleId,
};
use crate::operations::groups::visibility::load_seen;
use crate::outcome::Outcome;
use crate::store::managers::{self, Managed};
use crate::store::{collections, grants, groups, organisations, pages, roles};

#[derive(Default)]
pub(crate) struct Lookups {
    /// How many writes to shared tables there had been when all this was read.
    at: u32,
    ancestors: HashMap<OrganisationId, Arc<[OrganisationId]>>,
    roles: HashMap<RoleId, Option<Role>>,
    groups: HashMap<GroupId, Option<Group>>,
    seen: HashMap<GroupId, Option<Group>>,
    brought: HashMap<GroupId, Vec<GroupRole>>,
    managed_by: HashMap<GroupId, Vec<Managed>>,
    listed_by: HashMap<GroupId, Vec<OrganisationId>>,
    collections: HashMap<CollectionId, Vec<OrganisationId>>,
    managed: Option<Vec<Managed>>,
    memberships: Option<Vec<Membership>>,
}

/// Those that are not known yet, each once.
fn missing<K: Copy + Ord + std::hash::Hash, V>(of: &[K], known: &HashMap<K, V>) -> Vec<K> {
    let mut missing: Vec<K> = of
        .iter()
        .copied()
        .filter(|one| !known.contains_key(one))
        .collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// Sorts rows under the keys that were asked for; a key without rows has none.
fn under<K: Copy + Eq + std::hash::Hash, V>(
    into: &mut HashMap<K, Vec<V>>,
    keys: &[K],
    rows: impl IntoIterator<Item = (K, V)>,
) {
    for key in keys {
        into.insert(*key, Vec::new());
    }
    for (key, row) in rows {
        into.entry(key).or_default().push(row);
    }
}

impl Work<'_> {
    fn known(&mut self) -> &mut Lookups {
        let at = self.tx.shared_writes();
        if self.lookups.at != at {
            self.lookups = Lookups {
                at,
                ..Lookups::default()
            };
        }
        &mut self.lookups
    }

    /// Looks up where those organisations stand in the tree.
    pub async fn look_up_organisations(&mut self, of: &[OrganisationId]) -> Outcome<()> {
        let missing = missing(of, &self.known().ancestors);
        if missing.is_empty() {
            return Ok(());
        }
        let rows = organisations::ancestors_of(&mut self.tx, &missing).await?;
        let mut found = HashMap::new();
        under(&mut found, &missing, rows);
        let found = found.into_iter().map(|(id, above)| (id, above.into()));
        self.known().ancestors.extend(found);
        Ok(())
    }

    /// An organisation and all above it; nothing where there is no such organisation.
    pub async fn ancestors(&mut self, of: OrganisationId) -> Outcome<Arc<[OrganisationId]>> {
        self.look_up_organisations(&[of]).await?;
        let found = self.known().ancestors.get(&of).cloned();
        Ok(found.unwrap_or_default())
    }

    /// Looks roles up.
    pub async fn look_up_roles(&mut self, of: &[RoleId]) -> Outcome<()> {
        let missing = missing(of, &self.known().roles);
        if missing.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = missing.iter().map(|id| id.0).collect();
        let rows = pages::by_ids::<roles::Roles>(&mut self.tx, &ids, |_| {}).await?;
        let known = &mut self.known().roles;
        known.extend(missing.into_iter().map(|id| (id, None)));
        known.extend(rows.into_iter().map(|role| (role.id, Some(role))));
        Ok(())
    }

    /// A role, visible or not.
    pub async fn role(&mut self, id: RoleId) -> Outcome<Option<Role>> {
        self.look_up_roles(&[id]).await?;
        Ok(self.known().roles.get(&id).cloned().flatten())
    }

    /// Looks groups up that the caller names, with all that they bring their members.
    pub async fn look_up_groups(&mut self, of: &[GroupId]) -> Outcome<()> {
        let unseen = missing(of, &self.known().seen);
        if !unseen.is_empty() {
            let ids: Vec<i64> = unseen.iter().map(|id| id.0).collect();
            let rows = load_seen(self, &ids).await?;
            let known = &mut self.known().seen;
            known.extend(unseen.into_iter().map(|id| (id, None)));
            known.extend(rows.into_iter().map(|group| (group.id, Some(group))));
        }
        let unlisted = missing(of, &self.known().listed_by);
        if !unlisted.is_empty() {
            let rows = groups::listed_by(&mut self.tx, &unlisted).await?;
            under(&mut self.known().listed_by, &unlisted, rows);
        }
        self.look_up_brought(of).await
    }

    async fn look_up_brought(&mut self, of: &[GroupId]) -> Outcome<()> {
        let unknown = missing(of, &self.known().brought);
        if !unknown.is_empty() {
            let rows = grants::group_roles(&mut self.tx, &unknown).await?;
            let mut roles: Vec<RoleId> = Vec::with_capacity(rows.len());
            let mut through: Vec<CollectionId> = Vec::new();
            let mut places: Vec<OrganisationId> = Vec::new();
            for row in &rows {
                roles.push(row.role);
                match row.scope {
                    GroupRoleScope::Organisation(place) => places.push(place),
                    GroupRoleScope::Collection(collection) => through.push(collection),
                }
            }
            let rows = rows.into_iter().map(|row| (row.group, row));
            under(&mut self.known().brought, &unknown, rows);
            self.look_up_roles(&roles).await?;
            self.look_up_collections(&through).await?;
            self.look_up_organisations(&places).await?;
        }
        let unknown = missing(of, &self.known().managed_by);
        if !unknown.is_empty() {
            let rows = managers::managed_by_groups(&mut self.tx, &unknown).await?;
            under(&mut self.known().managed_by, &unknown, rows);
        }
        Ok(())
    }

    async fn look_up_collections(&mut self, of: &[CollectionId]) -> Outcome<()> {
        let missing = missing(of, &self.known().collections);
        if missing.is_empty() {
            return Ok(());
        }
        let rows = collections::organisations(&mut self.tx, &missing).await?;
        let places: Vec<OrganisationId> = rows.iter().map(|(_, place)| *place).collect();
        under(&mut self.known().collections, &missing, rows);
        self.look_up_organisations(&places).await
    }

    /// A group, visible or not.
    pub async fn group(&mut self, id: GroupId) -> Outcome<Option<Group>> {
        if !self.known().groups.contains_key(&id) {
            let found = groups::by_id(&mut self.tx, id).await?;
            self.known().groups.insert(id, found);
        }
        Ok(self.known().groups.get(&id).cloned().flatten())
    }

    /// A group that the caller sees.
    pub async fn seen_group(&mut self, id: GroupId) -> Outcome<Option<Group>> {
        if !self.known().seen.contains_key(&id) {
            let rows = load_seen(self, &[id.0]).await?;
            self.known().seen.insert(id, rows.into_iter().next());
        }
        Ok(self.known().seen.get(&id).cloned().flatten())
    }

    /// The organisations that list a group to be handed out by their administrators.
    pub async fn listed_by(&mut self, group: GroupId) -> Outcome<Vec<OrganisationId>> {
        if !self.known().listed_by.contains_key(&group) {
            let rows = groups::listed_by(&mut self.tx, &[group]).await?;
            under(&mut self.known().listed_by, &[group], rows);
        }
        let found = self.known().listed_by.get(&group).cloned();
        Ok(found.unwrap_or_default())
    }

    /// The roles that a group brings.
    pub async fn brought_by(&mut self, group: GroupId) -> Outcome<Vec<GroupRole>> {
        self.look_up_brought(&[group]).await?;
        let found = self.known().brought.get(&group).cloned();
        Ok(found.unwrap_or_default())
    }

    /// The groups that members of a group manage.
    pub async fn managed_by_group(&mut self, group: GroupId) -> Outcome<Vec<Managed>> {
        self.look_up_brought(&[group]).await?;
        let found = self.known().managed_by.get(&group).cloned();
        Ok(found.unwrap_or_default())
    }

    /// The organisations of a collection.
    pub async fn organisations_in(
        &mut self,
        collection: CollectionId,
    ) -> Outcome<Vec<OrganisationId>> {
        self.look_up_collections(&[collection]).await?;
        let found = self.known().collections.get(&collection).cloned();
        Ok(found.unwrap_or_default())
    }

    /// What the caller manages, directly or through a group.
    pub async fn managed(&mut self) -> Outcome<Vec<Managed>> {
        if self.known().managed.is_none() {
            let user = self.caller.user;
            self.lookups.managed = Some(managers::managed_by(&mut self.tx, user).await?);
        }
        Ok(self.lookups.managed.clone().unwrap_or_default())
    }

    /// The caller's memberships.
    pub async fn own_memberships(&mut self) -> Outcome<Vec<Membership>> {
        if self.known().memberships.is_none() {
            let user = self.caller.user;
            let found = organisations::memberships(&mut self.tx, &[user]).await?;
            self.lookups.memberships = Some(found);
        }
        Ok(self.lookups.memberships.clone().unwrap_or_default())
    }
}
