//! The work: one transaction of one operation, with the look-ups that every use-case shares. What is
//! missing and what the caller may not see are told apart nowhere else than here.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::access::caller::CallerState;
use crate::access::lookups::Lookups;
use crate::access::scope::scope_reaches;
use crate::access::table::Operation;
use crate::model::{
    Fault, Kind, Organisation, OrganisationId, OrganisationRef, Permission, Platform, Ref, Scope,
    Time, User, UserId, UserRef,
};
use crate::outcome::Outcome;
use crate::rules;
use crate::state::Inner;
use crate::store::{Tx, named_users, organisations, users};

/// One transaction of one operation: the store, the caller with the rights of now, the time.
pub(crate) struct Work<'c> {
    pub tx: Tx<'c>,
    pub inner: Arc<Inner>,
    pub caller: Arc<CallerState>,
    pub now: Time,
    pub operation: Operation,
    pub lookups: Lookups,
}

impl Work<'_> {
    /// Goes on with another operation, for use-cases of several steps: each is allowed by itself.
    pub fn switch(&mut self, operation: Operation) -> Result<(), Fault> {
        let access = operation.access();
        if access.writes && self.caller.limits.read_only {
            return Err(Fault::KeyLimit);
        }
        if access.lasts {
            self.caller.check_finished(operation)?;
        }
        if access.permission != Permission::SignedIn
            && !access.own
            && self.caller.scopes(access.permission).is_empty()
        {
            return Err(Fault::Forbidden(access.permission));
        }
        if access.unlimited {
            self.caller.check_unlimited()?;
        }
        self.operation = operation;
        Ok(())
    }

    /// Where the operation's permission counts.
    pub fn scopes(&self) -> Vec<Scope> {
        self.caller.scopes(self.operation.access().permission)
    }

    /// The scopes of another permission.
    pub fn scopes_of(&self, permission: Permission) -> Vec<Scope> {
        self.caller.scopes(permission)
    }

    /// The platform whose roles and groups the caller's dialect shows; natively all are shown.
    pub fn shown_platform(&self) -> Option<Platform> {
        Some(self.caller.platform).filter(|platform| *platform != Platform::USHER)
    }

    /// What the caller may read by a permission, with what concerns themselves.
    pub fn reading(&self, permission: Permission) -> Vec<Scope> {
        let mut scopes = self.caller.scopes(permission);
        if !scopes.contains(&Scope::All) {
            scopes.push(Scope::Own(self.caller.user));
        }
        scopes
    }

    /// The organisation a token is limited to; the root is no limit.
    pub fn limit(&self) -> Option<i64> {
        self.caller
            .organisation
            .filter(|organisation| *organisation != crate::ROOT)
            .map(|organisation| organisation.0)
    }

    /// Whether `organisation` lies in the token's limit.
    pub async fn within_limit(&mut self, organisation: OrganisationId) -> Outcome<bool> {
        match self.caller.organisation {
            None => Ok(true),
            Some(limit) => Ok(self.ancestors(organisation).await?.contains(&limit)),
        }
    }

    /// Whether any of the scopes holds an organisation.
    pub async fn scope_holds(
        &mut self,
        scopes: &[Scope],
        organisation: OrganisationId,
    ) -> Outcome<bool> {
        if !self.within_limit(organisation).await? {
            return Ok(false);
        }
        if scopes
            .iter()
            .any(|scope| *scope == Scope::All || *scope == Scope::Organisation(organisation))
        {
            return Ok(true);
        }
        if scopes
            .iter()
            .any(|scope| matches!(scope, Scope::Subtree(_)))
        {
            let above = self.ancestors(organisation).await?;
            return Ok(scopes
                .iter()
                .any(|scope| matches!(scope, Scope::Subtree(top) if above.contains(top))));
        }
        Ok(false)
    }

    /// Whether a permission reaches an organisation.
    pub async fn reaches_organisation(
        &mut self,
        permission: Permission,
        organisation: OrganisationId,
    ) -> Outcome<bool> {
        let scopes = self.caller.scopes(permission);
        self.scope_holds(&scopes, organisation).await
    }

    /// Refuses unless the operation's permission reaches an organisation.
    pub async fn require_organisation(&mut self, organisation: OrganisationId) -> Outcome<()> {
        let permission = self.operation.access().permission;
        if self.reaches_organisation(permission, organisation).await? {
            Ok(())
        } else {
            Err(Fault::Forbidden(permission).into())
        }
    }

    /// Whether a permission reaches a user so as to change them: by their home, themselves, a list or
    /// their primary group.
    pub async fn reaches_user(&mut self, permission: Permission, user: &User) -> Outcome<bool> {
        let scopes = self.caller.scopes(permission);
        if scopes.is_empty() {
            return Ok(false);
        }
        if !self.within_limit(user.home).await? {
            return Ok(false);
        }
        if scopes.contains(&Scope::All) {
            return Ok(true);
        }
        let above = self.ancestors(user.home).await?;
        Ok(scopes
            .iter()
            .any(|scope| scope_reaches(scope, user, &above)))
    }

    /// Refuses unless the operation's permission counts over the whole installation. Reach over the
    /// root organisation alone is less.
    pub fn require_everywhere(&self) -> Outcome<()> {
        let permission = self.operation.access().permission;
        if self.reaches_everywhere(permission) {
            Ok(())
        } else {
            Err(Fault::Forbidden(permission).into())
        }
    }

    /// Whether a permission counts over the whole installation.
    pub fn reaches_everywhere(&self, permission: Permission) -> bool {
        self.limit().is_none() && self.caller.scopes(permission).contains(&Scope::All)
    }

    /// Whether the caller sees a user: themselves, or by a home or a membership within the reach of
    /// reading, or of the operation's own permission.
    pub async fn sees_user(&mut self, user: &User) -> Outcome<bool> {
        if user.id == self.caller.user {
            return Ok(true);
        }
        let scopes = self.seeing();
        if scopes.is_empty() {
            return Ok(false);
        }
        if scopes.contains(&Scope::All) && self.caller.organisation.is_none() {
            return Ok(true);
        }
        let (limit, own) = (self.limit(), self.caller.user);
        let seen = users::seen_of(&mut self.tx, &[user.id], &scopes, limit, own).await?;
        Ok(!seen.is_empty())
    }

    /// The users that a request names, each as far as the caller sees them and in a few statements however
    /// many they are. A hidden one is not found, like a missing one.
    pub async fn visible_users(&mut self, which: &[UserRef]) -> Outcome<Vec<User>> {
        let (mut ids, mut uuids) = (Vec::new(), Vec::new());
        for one in which {
            match one {
                Ref::Id(id) => ids.push(*id),
                Ref::Uuid(uuid) => uuids.push(*uuid),
                Ref::Name(_) => {}
            }
        }
        let mut known = named_users::by_ids(&mut self.tx, &ids).await?;
        known.extend(named_users::by_uuids(&mut self.tx, &uuids).await?);
        let by_id: HashMap<UserId, usize> = known
            .iter()
            .enumerate()
            .map(|(place, user)| (user.id, place))
            .collect();
        let by_uuid: HashMap<uuid::Uuid, usize> = known
            .iter()
            .enumerate()
            .map(|(place, user)| (user.uuid, place))
            .collect();
        let seen = self.seen_of(&known).await?;
        let mut users = Vec::with_capacity(which.len());
        for one in which {
            let place = match one {
                Ref::Id(id) => by_id.get(id),
                Ref::Uuid(uuid) => by_uuid.get(uuid),
                Ref::Name(_) => {
                    // Names are looked up one by one: requests that name many name numbers.
                    users.push(self.visible_user(one).await?);
                    continue;
                }
            };
            match place.and_then(|place| known.get(*place)) {
                Some(user) if seen.contains(&user.id) => users.push(user.clone()),
                _ => return Err(Fault::NotFound(Kind::User).into()),
            }
        }
        Ok(users)
    }

    /// The numbers of those of the users whom the caller sees by the operation's permission or by reading.
    pub async fn seen_of(&mut self, of: &[User]) -> Outcome<HashSet<UserId>> {
        let ids: Vec<UserId> = of.iter().map(|user| user.id).collect();
        let scopes = self.seeing();
        if scopes.contains(&Scope::All) && self.caller.organisation.is_none() {
            return Ok(ids.into_iter().collect());
        }
        let (limit, own) = (self.limit(), self.caller.user);
        if scopes.is_empty() {
            return Ok(ids.into_iter().filter(|id| *id == own).collect());
        }
        let seen = users::seen_of(&mut self.tx, &ids, &scopes, limit, own).await?;
        Ok(seen.into_iter().collect())
    }

    /// Where the caller sees users: by reading them, or by the operation's own permission.
    fn seeing(&self) -> Vec<Scope> {
        let mut scopes = self.caller.scopes(Permission::ReadUsers);
        let own = self.operation.access().permission;
        if own != Permission::SignedIn {
            scopes.extend(self.caller.scopes(own));
        }
        scopes
    }

    /// Those of the users whom the caller sees, in one statement; what batches start from.
    pub async fn seen_users(&mut self, of: &[UserId]) -> Outcome<Vec<UserId>> {
        let scopes = self.caller.scopes(Permission::ReadUsers);
        if (scopes.contains(&Scope::All) && self.caller.organisation.is_none())
            || of.iter().all(|user| *user == self.caller.user)
        {
            return Ok(of.to_vec());
        }
        let (limit, own) = (self.limit(), self.caller.user);
        Ok(users::seen_of(&mut self.tx, of, &scopes, limit, own).await?)
    }

    /// Finds a user by whatever names them, visible or not.
    pub async fn find_user(&mut self, which: &UserRef) -> Outcome<Option<User>> {
        Ok(match which {
            Ref::Id(id) => users::by_id(&mut self.tx, *id).await?,
            Ref::Uuid(uuid) => users::by_uuid(&mut self.tx, *uuid).await?,
            Ref::Name(name) => users::by_sign_in_name(&mut self.tx, &rules::fold(name)).await?,
        })
    }

    /// A user the caller sees; a hidden one is not found, like a missing one.
    pub async fn visible_user(&mut self, which: &UserRef) -> Outcome<User> {
        match self.find_user(which).await? {
            Some(user) if self.sees_user(&user).await? => Ok(user),
            _ => Err(Fault::NotFound(Kind::User).into()),
        }
    }

    /// A user the operation's permission reaches (or oneself, where the table allows it). Who holds the
    /// permission nowhere is forbidden whatever the target; else missing and hidden ones are not found,
    /// and visible ones out of reach are forbidden.
    pub async fn target_user(&mut self, which: &UserRef) -> Outcome<User> {
        let found = self.find_user(which).await?;
        let access = self.operation.access();
        let oneself = found
            .as_ref()
            .is_some_and(|user| user.id == self.caller.user);
        if let Some(user) = found.as_ref().filter(|_| access.own && oneself) {
            return Ok(user.clone());
        }
        if access.permission != Permission::SignedIn && self.scopes().is_empty() {
            return Err(Fault::Forbidden(access.permission).into());
        }
        let user = match found {
            Some(user) if self.sees_user(&user).await? => user,
            _ => return Err(Fault::NotFound(Kind::User).into()),
        };
        if self.reaches_user(access.permission, &user).await? {
            Ok(user)
        } else {
            Err(Fault::Forbidden(access.permission).into())
        }
    }

    /// Finds an organisation, visible or not.
    pub async fn find_organisation(
        &mut self,
        which: &OrganisationRef,
    ) -> Outcome<Option<Organisation>> {
        Ok(match which {
            Ref::Id(id) => organisations::by_id(&mut self.tx, *id).await?,
            Ref::Uuid(uuid) => organisations::by_uuid(&mut self.tx, *uuid).await?,
            Ref::Name(name) => organisations::by_name(&mut self.tx, &rules::fold(name)).await?,
        })
    }

    /// Whether the caller sees an organisation: within the reach of reading organisations or of the
    /// operation's own permission, or one they belong to.
    pub async fn sees_organisation(&mut self, organisation: OrganisationId) -> Outcome<bool> {
        if organisation == self.caller.home && self.caller.organisation.is_none() {
            return Ok(true);
        }
        let mut scopes = self.caller.scopes(Permission::ReadOrganisations);
        scopes.extend(self.caller.scopes(self.operation.access().permission));
        if self.scope_holds(&scopes, organisation).await? {
            return Ok(true);
        }
        let own = self.own_memberships().await?;
        Ok(own
            .iter()
            .any(|membership| membership.organisation == organisation)
            && self.within_limit(organisation).await?)
    }

    /// Refuses an organisation that a request names unless it is there and the caller sees it: rights over
    /// everything hold nothing that is missing.
    pub async fn require_named_organisation(&mut self, named: OrganisationId) -> Outcome<()> {
        let known = !self.ancestors(named).await?.is_empty();
        if known && self.sees_organisation(named).await? {
            Ok(())
        } else {
            Err(Fault::UnknownReference(Kind::Organisation).into())
        }
    }

    /// An organisation the caller sees.
    pub async fn visible_organisation(&mut self, which: &OrganisationRef) -> Outcome<Organisation> {
        match self.find_organisation(which).await? {
            Some(organisation) if self.sees_organisation(organisation.id).await? => {
                Ok(organisation)
            }
            _ => Err(Fault::NotFound(Kind::Organisation).into()),
        }
    }

    /// An organisation the operation's permission reaches.
    pub async fn target_organisation(&mut self, which: &OrganisationRef) -> Outcome<Organisation> {
        let organisation = self.visible_organisation(which).await?;
        self.require_organisation(organisation.id).await?;
        Ok(organisation)
    }

    /// The acting user's number for created-by columns; none for the server itself.
    pub fn actor(&self) -> Option<UserId> {
        (!self.caller.is_system()).then_some(self.caller.user)
    }
}
