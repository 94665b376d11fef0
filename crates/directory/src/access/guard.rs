//! What the caller's own rights cover: the base of granting and of the take-over guard.
//!
//! Every answer fails closed: what cannot be looked up (a user, an organisation, a group) is not covered.

use std::sync::Arc;

use crate::access::scope::scope_reaches;
use crate::access::work::Work;
use crate::model::{
    Fault, Group, GroupId, Held, ManagerLevel, OrganisationId, Permission, Platform, Scope, User,
    UserId, word_covers,
};
use crate::operations::groups::visibility::reaches;
use crate::operations::roles::covering::{self, Holder};
use crate::outcome::Outcome;
use crate::state::Inner;
use crate::store::managers::{self, Managed};
use crate::store::{credentials, groups, organisations, users};

impl Inner {
    /// Whether a word that a platform's roles bring is a power over people or settings, or a reading that
    /// not everybody has: what the take-over guard counts.
    pub fn counts_in_guard(&self, platform: Platform, word: &str) -> bool {
        let spec = self.platform(platform);
        match Permission::of_word(word) {
            Some(Permission::SignedIn) => false,
            Some(permission) => !spec.is_some_and(|spec| spec.everyday.contains(&permission)),
            // Other vendors' words are business, unless the catalogue says otherwise.
            None => word.ends_with('*') || spec.is_some_and(|spec| spec.privileged.contains(&word)),
        }
    }
}

impl Work<'_> {
    /// Whether what the caller holds covers a right, on whatever platform they hold it: the word, and
    /// the whole of its scope.
    pub async fn covers(&mut self, platform: Platform, word: &str, scope: &Scope) -> Outcome<bool> {
        if !self.scope_within_limit(scope).await? {
            return Ok(false);
        }
        let caller = Arc::clone(&self.caller);
        let candidates: Vec<&Held> = caller
            .held
            .iter()
            .filter(|held| {
                (held.platform == Platform::USHER || held.platform == platform)
                    && word_covers(&held.word, word)
            })
            .collect();
        if candidates
            .iter()
            .any(|held| held.scope == Scope::All || held.scope == *scope)
        {
            return Ok(true);
        }
        match scope {
            Scope::All => Ok(false),
            Scope::Organisation(place) | Scope::Subtree(place) => {
                self.any_subtree(&candidates, *place).await
            }
            Scope::Own(user) => self.covers_person(&candidates, *user).await,
            // The people are looked for when the right is used, wherever they are then; so the whole
            // place where it counts must be covered, or a list as long that counts as far.
            Scope::Users { users, within } => {
                let above = self.ancestors(*within).await?;
                Ok(candidates.iter().any(|held| match &held.scope {
                    Scope::Subtree(top) => above.contains(top),
                    Scope::Users {
                        users: own,
                        within: top,
                    } => above.contains(top) && users.iter().all(|user| own.contains(user)),
                    _ => false,
                }))
            }
            Scope::Groups { groups, within } => {
                let above = self.ancestors(*within).await?;
                // Without organisations below, the place is one organisation. When there are some later,
                // people come under the groups only by who has power over those people.
                let single = !organisations::has_children(&mut self.tx, *within).await?;
                Ok(candidates.iter().any(|held| match &held.scope {
                    Scope::Subtree(top) => above.contains(top),
                    Scope::Organisation(place) => single && place == within,
                    Scope::Groups {
                        groups: own,
                        within: top,
                    } => above.contains(top) && groups.iter().all(|group| own.contains(group)),
                    _ => false,
                }))
            }
        }
    }

    /// The organisation nearest to the root in whose whole subtree a permission counts.
    pub async fn highest_reach(&mut self, permission: Permission) -> Outcome<OrganisationId> {
        let mut highest: Option<(usize, OrganisationId)> = None;
        for scope in self.scopes_of(permission) {
            match scope {
                Scope::All => return Ok(self.caller.organisation.unwrap_or(crate::ROOT)),
                Scope::Subtree(top) => {
                    let depth = self.ancestors(top).await?.len();
                    if highest.is_none_or(|(least, _)| depth < least) {
                        highest = Some((depth, top));
                    }
                }
                _ => {}
            }
        }
        let (_, top) = highest.ok_or(Fault::Forbidden(permission))?;
        // A token that is limited to an organisation below reaches no higher.
        let limit = self.caller.organisation;
        match limit {
            Some(limit) if self.ancestors(limit).await?.contains(&top) => Ok(limit),
            _ => Ok(top),
        }
    }

    /// A token that is limited to an organisation covers nothing outside it.
    async fn scope_within_limit(&mut self, scope: &Scope) -> Outcome<bool> {
        let Some(limit) = self.limit() else {
            return Ok(true);
        };
        let place = match scope {
            Scope::All => return Ok(false),
            Scope::Organisation(place) | Scope::Subtree(place) => *place,
            Scope::Users { within, .. } | Scope::Groups { within, .. } => *within,
            Scope::Own(user) => match users::by_id(&mut self.tx, *user).await? {
                Some(user) => user.home,
                None => return Ok(false),
            },
        };
        let above = self.ancestors(place).await?;
        Ok(above.contains(&OrganisationId(limit)))
    }

    async fn any_subtree(
        &mut self,
        candidates: &[&Held],
        organisation: OrganisationId,
    ) -> Outcome<bool> {
        let above = self.ancestors(organisation).await?;
        Ok(candidates
            .iter()
            .any(|held| matches!(&held.scope, Scope::Subtree(top) if above.contains(top))))
    }

    /// Whether any of the rights reaches a person, where they are now.
    async fn covers_person(&mut self, candidates: &[&Held], user: UserId) -> Outcome<bool> {
        let Some(user) = users::by_id(&mut self.tx, user).await? else {
            return Ok(false);
        };
        let above = self.ancestors(user.home).await?;
        Ok(candidates
            .iter()
            .any(|held| scope_reaches(&held.scope, &user, &above)))
    }

    /// The take-over guard: nobody changes another's password, keys, factors, address, status, kind,
    /// names or existence unless their own rights cover all that the other may do, reading included.
    pub async fn guard_takeover(&mut self, user: &User) -> Outcome<()> {
        if user.id == self.caller.user || self.caller.is_system() {
            return Ok(());
        }
        let inner = Arc::clone(&self.inner);
        let holding =
            credentials::holding(&mut self.tx, user.id, &inner.platform_lines, self.now).await?;
        for held in &holding.held {
            // What reaches only its holder is no power over anybody.
            let personal = matches!(&held.scope, Scope::Own(_));
            if inner.counts_in_guard(held.platform, &held.word)
                && !personal
                && !self.covers(held.platform, &held.word, &held.scope).await?
            {
                return Err(Fault::OutranksCaller.into());
            }
        }
        self.guard_managed_groups(user).await?;
        self.guard_flags(user).await
    }

    /// Who manages groups may change who is in them, without any role.
    async fn guard_managed_groups(&mut self, user: &User) -> Outcome<()> {
        for managed in managers::managed_by(&mut self.tx, user.id).await? {
            let platform = self.platform_of(&managed);
            if !self
                .covers_managing(managed.group, managed.level, platform)
                .await?
            {
                return Err(Fault::OutranksCaller.into());
            }
        }
        Ok(())
    }

    /// Who administers an organisation by the flag may hand out the groups it lists, without any role.
    async fn guard_flags(&mut self, user: &User) -> Outcome<()> {
        for membership in organisations::memberships(&mut self.tx, &[user.id]).await? {
            if membership.administrator && !self.hands_out_for(membership.organisation).await? {
                return Err(Fault::OutranksCaller.into());
            }
        }
        Ok(())
    }

    /// Whether the caller may hand out all that an organisation lists for its administrators to hand out.
    /// By holding all that the groups bring, by managing members there at every door, or by the flag.
    pub async fn hands_out_for(&mut self, organisation: OrganisationId) -> Outcome<bool> {
        let listed = groups::grantable(&mut self.tx, &[organisation]).await?;
        let word = Permission::ManageMembers.word();
        let place = Scope::Organisation(organisation);
        if listed.is_empty() || self.covers(Platform::USHER, word, &place).await? {
            return Ok(true);
        }
        let own = self.own_memberships().await?;
        if own
            .iter()
            .any(|one| one.administrator && one.organisation == organisation)
        {
            return Ok(true);
        }
        for (_, group) in listed {
            if !covering::covers_group(self, group, Holder::Anybody).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The platform at whose dialect a manager counts; `usher` for every dialect.
    pub fn platform_of(&self, managed: &Managed) -> Platform {
        let found = self.inner.platform_named(&managed.platform);
        found.map_or(Platform::USHER, |spec| spec.platform)
    }

    /// Whether the caller may do with a group what its managers of a level may do at a platform's dialect
    /// (`usher`: at every one): as one of its managers, or by roles.
    pub async fn covers_managing(
        &mut self,
        group: GroupId,
        level: ManagerLevel,
        platform: Platform,
    ) -> Outcome<bool> {
        let Some(group) = self.group(group).await? else {
            return Ok(false);
        };
        if !self.within_limit(group.organisation).await? {
            return Ok(false);
        }
        let own = self.managed().await?;
        if own
            .iter()
            .any(|one| one.group == group.id && one.level >= level && one.counts_at(platform))
        {
            return Ok(true);
        }
        let needed: &[Permission] = match level {
            ManagerLevel::Read => &[Permission::ReadGroups],
            ManagerLevel::Write | ManagerLevel::Manage => {
                &[Permission::ManageGroups, Permission::ManageMembers]
            }
        };
        for permission in needed {
            if !self.covers_group(platform, *permission, &group).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a permission that roles of a platform or of `usher` bring reaches a group.
    async fn covers_group(
        &mut self,
        platform: Platform,
        permission: Permission,
        group: &Group,
    ) -> Outcome<bool> {
        let scopes: Vec<Scope> = self
            .caller
            .held
            .iter()
            .filter(|held| {
                (held.platform == Platform::USHER || held.platform == platform)
                    && word_covers(&held.word, permission.word())
            })
            .map(|held| held.scope.clone())
            .collect();
        reaches(self, &scopes, group).await
    }
}
