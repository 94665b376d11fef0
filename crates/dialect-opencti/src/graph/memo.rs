//! What one request has loaded: each thing once, however many fields ask for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use directory::{GroupId, Membership, OrganisationId, RoleId, UserId};

use super::super::node::{GroupNode, OrganizationNode, RoleNode};

/// What a request has loaded.
#[derive(Default)]
pub struct Memo {
    pub(super) groups_of: Slot<UserId, Arc<[Arc<GroupNode>]>>,
    pub(super) roles_of: Slot<UserId, Arc<[Arc<RoleNode>]>>,
    pub(super) roles_of_group: Slot<GroupId, Arc<[Arc<RoleNode>]>>,
    pub(super) memberships: Slot<UserId, Arc<[Membership]>>,
    pub(super) roles: Slot<RoleId, Arc<RoleNode>>,
    pub(super) groups: Slot<GroupId, Arc<GroupNode>>,
    pub(super) companies: Slot<OrganisationId, Arc<OrganizationNode>>,
}

/// What was loaded of one kind, by its keys.
pub(super) struct Slot<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Slot<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Copy + Eq + std::hash::Hash, V: Clone> Slot<K, V> {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<K, V>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Those of the keys that nothing is known of, each once.
    pub(super) fn missing(&self, keys: &[K]) -> Vec<K> {
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

    /// What is known of one key.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.with(|known| known.get(key).cloned())
    }

    /// What is known of several.
    pub(super) fn of(&self, keys: &[K]) -> HashMap<K, V> {
        self.with(|known| {
            let found = keys.iter();
            found
                .filter_map(|key| Some((*key, known.get(key)?.clone())))
                .collect()
        })
    }

    /// Adds what is known.
    pub(super) fn put(&self, entries: impl IntoIterator<Item = (K, V)>) {
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
