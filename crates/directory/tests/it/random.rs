//! Random commands by random people, compared with a reference model written apart from the code: it
//! knows no scopes and no SQL, only who was given which role in which organisation.

use std::collections::{BTreeMap, BTreeSet};

use directory::{
    Fault, GroupId, GroupRoleScope, Handle, NewGrant, NewGroup, NewUser, OrganisationChange,
    OrganisationId, Platform, Query, RoleId, Status, UserChange, UserId,
};

use crate::support::{
    ADMINISTRATOR, AUDITOR, HELPDESK, MEMBER, OWNER, OWNER_ROLE, ROOT, World, postgres_world, world,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    // More of them for a long look: `USHER_SEEDS=500`.
    let seeds = std::env::var("USHER_SEEDS").map_or(12, |seeds| seeds.parse().unwrap());
    for seed in 1..=seeds {
        let world = world().await;
        run(&world, seed, 250).await;
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres() {
    for seed in 101..=102 {
        let world = postgres_world().await;
        run(&world, seed, 120).await;
        world.end().await;
    }
}

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.roll(among.len())]
    }
}

#[derive(Clone, Copy, Debug)]
enum Command {
    CreateUser(OrganisationId, Option<RoleId>),
    DeleteUser(UserId),
    SetActive(UserId, bool),
    MoveHome(UserId, OrganisationId),
    Join(UserId, OrganisationId),
    Quit(UserId, OrganisationId),
    CreateGroup(OrganisationId, &'static str),
    DeleteGroup(GroupId),
    AddMember(GroupId, UserId),
    RemoveMember(GroupId, UserId),
    Delegate(OrganisationId, GroupId),
    Grant(UserId, RoleId, OrganisationId),
    Revoke(UserId, RoleId, OrganisationId),
    AddGroupRole(GroupId, RoleId, OrganisationId),
    RemoveGroupRole(GroupId, RoleId, OrganisationId),
    Rehang(OrganisationId, OrganisationId),
}

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Done,
    Forbidden,
    Missing,
    Exceeds,
    Outranks,
    Unfit,
    Taken,
    Protected,
    LastOwner,
}

fn end_of<T>(result: &Result<T, Fault>) -> End {
    match result {
        Ok(_) => End::Done,
        Err(Fault::Forbidden(_)) => End::Forbidden,
        Err(Fault::NotFound(_) | Fault::UnknownReference(_)) => End::Missing,
        Err(Fault::ExceedsOwn) => End::Exceeds,
        Err(Fault::OutranksCaller) => End::Outranks,
        Err(Fault::Invalid { .. }) => End::Unfit,
        Err(Fault::Taken { .. }) => End::Taken,
        Err(Fault::Protected(_)) => End::Protected,
        Err(Fault::LastOwner) => End::LastOwner,
        Err(other) => panic!("{other:?}"),
    }
}

const ROLES: [RoleId; 5] = [OWNER_ROLE, ADMINISTRATOR, HELPDESK, AUDITOR, MEMBER];
const READING: [&str; 6] = [
    "users.read",
    "organisations.read",
    "groups.read",
    "roles.read",
    "audit.read",
    "settings.read",
];

/// Whether a role brings a right over people and things of its organisation and those below.
fn brings(role: RoleId, right: &str) -> bool {
    match role {
        OWNER_ROLE => true,
        ADMINISTRATOR => right != "everything",
        HELPDESK => {
            READING[..4].contains(&right)
                || ["credentials.reset", "sessions.manage"].contains(&right)
        }
        AUDITOR => READING.contains(&right),
        _ => false,
    }
}

/// What has to be held to hand a role out, or to touch the account of somebody who has it. The rights
/// that only the higher roles bring stand for all of theirs.
fn asks(role: RoleId) -> &'static [&'static str] {
    match role {
        OWNER_ROLE => &["everything"],
        ADMINISTRATOR => &["users.edit"],
        HELPDESK => &["credentials.reset"],
        AUDITOR => &["audit.read"],
        _ => &[],
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Person {
    home: OrganisationId,
    member_of: BTreeSet<OrganisationId>,
    active: bool,
    grants: BTreeSet<(RoleId, OrganisationId)>,
    groups: BTreeSet<GroupId>,
}

#[derive(Clone, Debug)]
struct Circle {
    organisation: OrganisationId,
    name: &'static str,
    roles: BTreeSet<(RoleId, OrganisationId)>,
}

/// The reference.
#[derive(Clone, Debug, Default)]
struct Model {
    parents: BTreeMap<OrganisationId, OrganisationId>,
    people: BTreeMap<UserId, Person>,
    circles: BTreeMap<GroupId, Circle>,
    delegated: BTreeSet<(OrganisationId, GroupId)>,
}

impl Model {
    fn above(&self, place: OrganisationId) -> Vec<OrganisationId> {
        let mut line = vec![place];
        while let Some(parent) = self.parents.get(&line[line.len() - 1]) {
            line.push(*parent);
        }
        line
    }

    fn has(&self, user: UserId) -> Vec<(RoleId, OrganisationId)> {
        let person = &self.people[&user];
        let through = person
            .groups
            .iter()
            .flat_map(|group| &self.circles[group].roles);
        person.grants.iter().chain(through).copied().collect()
    }

    /// Whether somebody has a right in a place.
    fn may(&self, user: UserId, right: &str, place: OrganisationId) -> bool {
        let above = self.above(place);
        self.has(user)
            .iter()
            .any(|(role, at)| brings(*role, right) && above.contains(at))
    }

    fn may_somewhere(&self, user: UserId, right: &str) -> bool {
        self.has(user).iter().any(|(role, _)| brings(*role, right))
    }

    /// Whether the actor holds what a role brings in a place, to somebody or to whoever it may be.
    fn covers(
        &self,
        actor: UserId,
        role: RoleId,
        place: OrganisationId,
        holder: Option<UserId>,
    ) -> bool {
        match (role, holder) {
            // Reading oneself is covered by reading that person, or everybody there.
            (MEMBER, Some(user)) => {
                let own = actor == user && self.has(actor).iter().any(|(role, _)| *role == MEMBER);
                own || self.may(actor, "users.read", self.people[&user].home)
            }
            (MEMBER, None) => self.may(actor, "users.read", place),
            _ => asks(role).iter().all(|right| self.may(actor, right, place)),
        }
    }

    fn covers_circle(&self, actor: UserId, group: GroupId, holder: Option<UserId>) -> bool {
        let roles = &self.circles[&group].roles;
        roles
            .iter()
            .all(|(role, at)| self.covers(actor, *role, *at, holder))
    }

    /// Whether the account is within the actor's power: all rights over others count, reading too.
    fn masters(&self, actor: UserId, user: UserId) -> bool {
        actor == user
            || self
                .has(user)
                .iter()
                .all(|(role, at)| *role == MEMBER || self.covers(actor, *role, *at, None))
    }

    fn places_of(&self, user: UserId) -> BTreeSet<OrganisationId> {
        let person = &self.people[&user];
        let mut places = person.member_of.clone();
        places.insert(person.home);
        places
    }

    fn sees(&self, actor: UserId, user: UserId, right: &str) -> bool {
        self.people.contains_key(&user)
            && (actor == user
                || self.places_of(user).iter().any(|place| {
                    self.may(actor, "users.read", *place) || self.may(actor, right, *place)
                }))
    }

    fn sees_place(&self, actor: UserId, place: OrganisationId, right: &str) -> bool {
        self.may(actor, "organisations.read", place)
            || self.may(actor, right, place)
            || self.places_of(actor).contains(&place)
    }

    fn sees_circle(&self, actor: UserId, group: GroupId, right: &str) -> bool {
        let Some(circle) = self.circles.get(&group) else {
            return false;
        };
        let mut places = vec![circle.organisation];
        let delegated = self.delegated.iter().filter(|(_, one)| *one == group);
        places.extend(delegated.map(|(place, _)| *place));
        self.people[&actor].groups.contains(&group)
            || places.iter().any(|place| {
                self.may(actor, "groups.read", *place) || self.may(actor, right, *place)
            })
    }

    fn belongs(&self, user: UserId, place: OrganisationId) -> bool {
        let places = self.places_of(user);
        places.iter().any(|one| self.above(*one).contains(&place))
    }

    /// Whoever belongs to none of a group's organisations leaves it.
    fn prune(&mut self) {
        let users: Vec<UserId> = self.people.keys().copied().collect();
        for user in users {
            let groups = self.people[&user].groups.clone();
            for group in groups {
                if !self.belongs(user, self.circles[&group].organisation) {
                    self.person(user).groups.remove(&group);
                }
            }
        }
    }

    fn person(&mut self, user: UserId) -> &mut Person {
        self.people.get_mut(&user).unwrap()
    }

    fn owners_left(&self) -> bool {
        self.people
            .values()
            .any(|one| one.active && one.grants.contains(&(OWNER_ROLE, ROOT)))
    }

    /// Where the actor's reach lets them hand a group out although they do not reach the group.
    fn delegating(&self, actor: UserId, group: GroupId) -> Vec<OrganisationId> {
        self.delegated
            .iter()
            .filter(|(place, one)| *one == group && self.may(actor, "groups.members", *place))
            .map(|(place, _)| *place)
            .collect()
    }

    fn may_change_members(
        &self,
        actor: UserId,
        group: GroupId,
        user: UserId,
        joins: bool,
    ) -> Result<bool, End> {
        let right = "groups.members";
        if !self.may_somewhere(actor, right) {
            return Err(End::Forbidden);
        }
        if !self.sees_circle(actor, group, right) {
            return Err(End::Missing);
        }
        let delegating = self.delegating(actor, group);
        let organisation = self.circles[&group].organisation;
        let reaches = self.may(actor, right, organisation);
        if !reaches && delegating.is_empty() {
            return Err(End::Forbidden);
        }
        if !self.sees(actor, user, right) {
            return Err(End::Missing);
        }
        let person = &self.people[&user];
        if person.groups.contains(&group) == joins {
            return Ok(false);
        }
        if joins && !self.belongs(user, organisation) {
            return Err(End::Unfit);
        }
        if delegating.contains(&person.home) {
            return Ok(true);
        }
        if !reaches {
            return Err(End::Forbidden);
        }
        if self.covers_circle(actor, group, Some(user)) {
            Ok(true)
        } else {
            Err(End::Exceeds)
        }
    }

    fn may_grant(
        &self,
        actor: UserId,
        user: UserId,
        role: RoleId,
        place: OrganisationId,
    ) -> Result<(), End> {
        let right = "roles.grant";
        if !self.may_somewhere(actor, right) {
            return Err(End::Forbidden);
        }
        if !self.sees(actor, user, right) {
            return Err(End::Missing);
        }
        match role {
            OWNER_ROLE if place != ROOT => return Err(End::Unfit),
            OWNER_ROLE => {}
            _ if !self.sees_place(actor, place, right) => return Err(End::Missing),
            _ => {}
        }
        self.reaches_grant(actor, user, place)?;
        let present = self.people[&user].grants.contains(&(role, place));
        if present || self.covers(actor, role, place, Some(user)) {
            Ok(())
        } else {
            Err(End::Exceeds)
        }
    }

    fn reaches_grant(&self, actor: UserId, user: UserId, place: OrganisationId) -> Result<(), End> {
        let right = "roles.grant";
        let home = self.people[&user].home;
        let here = self.may(actor, right, place) && self.belongs(user, place);
        if self.may(actor, right, home) || here {
            Ok(())
        } else {
            Err(End::Forbidden)
        }
    }

    fn may_change_group_role(
        &self,
        actor: UserId,
        group: GroupId,
        role: RoleId,
        place: OrganisationId,
    ) -> Result<(), End> {
        let right = "roles.grant";
        if !self.may_somewhere(actor, right) {
            return Err(End::Forbidden);
        }
        if !self.sees_circle(actor, group, right) {
            return Err(End::Missing);
        }
        if !self.may(actor, right, self.circles[&group].organisation) {
            return Err(End::Forbidden);
        }
        if role == OWNER_ROLE {
            return Err(End::Unfit);
        }
        if !self.sees_place(actor, place, right) {
            return Err(End::Missing);
        }
        if !self.may(actor, right, place) {
            return Err(End::Forbidden);
        }
        if self.covers(actor, role, place, None) {
            Ok(())
        } else {
            Err(End::Exceeds)
        }
    }

    fn reaches_user(&self, actor: UserId, user: UserId, right: &str) -> Result<(), End> {
        if !self.may_somewhere(actor, right) {
            return Err(End::Forbidden);
        }
        if !self.sees(actor, user, right) {
            return Err(End::Missing);
        }
        if self.may(actor, right, self.people[&user].home) {
            Ok(())
        } else {
            Err(End::Forbidden)
        }
    }

    /// A place that a request names beside its target.
    fn reaches_place(&self, actor: UserId, place: OrganisationId, right: &str) -> Result<(), End> {
        if !self.sees_place(actor, place, right) {
            return Err(End::Missing);
        }
        if self.may(actor, right, place) {
            Ok(())
        } else {
            Err(End::Forbidden)
        }
    }

    /// Carries a command out; what is made gets its number from the directory.
    fn run(&mut self, actor: UserId, command: Command, made: i64) -> Result<(), End> {
        let somewhere = |right: &str| match self.may_somewhere(actor, right) {
            true => Ok(()),
            false => Err(End::Forbidden),
        };
        match command {
            Command::CreateUser(home, role) => {
                somewhere("users.create")?;
                self.reaches_place(actor, home, "users.create")?;
                let role = role.unwrap_or(MEMBER);
                if role == OWNER_ROLE && home != ROOT {
                    return Err(End::Unfit);
                }
                // The default role is the door's to give.
                if role != MEMBER && !self.covers(actor, role, home, None) {
                    return Err(End::Exceeds);
                }
                let person = Person {
                    home,
                    member_of: BTreeSet::new(),
                    active: true,
                    grants: BTreeSet::from([(role, home)]),
                    groups: BTreeSet::new(),
                };
                self.people.insert(UserId(made), person);
            }
            Command::DeleteUser(user) => {
                self.reaches_user(actor, user, "users.delete")?;
                self.guard(actor, user)?;
                self.people.remove(&user);
                self.one_stays()?;
            }
            Command::SetActive(user, active) => {
                self.reaches_user(actor, user, "users.edit")?;
                if self.people[&user].active == active {
                    return Ok(());
                }
                self.guard(actor, user)?;
                self.person(user).active = active;
                self.one_stays()?;
            }
            Command::MoveHome(user, home) => {
                self.reaches_user(actor, user, "users.edit")?;
                if self.people[&user].home == home {
                    return Ok(());
                }
                self.guard(actor, user)?;
                self.reaches_place(actor, home, "users.edit")?;
                let person = self.person(user);
                person.member_of.remove(&home);
                person.home = home;
                self.prune();
            }
            Command::Join(user, place) => {
                somewhere("memberships.manage")?;
                if !self.sees(actor, user, "memberships.manage") {
                    return Err(End::Missing);
                }
                self.reaches_place(actor, place, "memberships.manage")?;
                if self.people[&user].home != place {
                    self.person(user).member_of.insert(place);
                }
            }
            Command::Quit(user, place) => {
                somewhere("memberships.manage")?;
                if !self.sees(actor, user, "memberships.manage") {
                    return Err(End::Missing);
                }
                self.reaches_place(actor, place, "memberships.manage")?;
                if !self.places_of(user).contains(&place) {
                    return Err(End::Missing);
                }
                if self.people[&user].home == place {
                    if place == ROOT {
                        return Err(End::Protected);
                    }
                    self.guard(actor, user)?;
                    if !self.may(actor, "memberships.manage", ROOT) {
                        return Err(End::Forbidden);
                    }
                    let person = self.person(user);
                    person.member_of.remove(&ROOT);
                    person.home = ROOT;
                } else {
                    self.person(user).member_of.remove(&place);
                }
                self.prune();
            }
            Command::CreateGroup(organisation, name) => {
                somewhere("groups.manage")?;
                self.reaches_place(actor, organisation, "groups.manage")?;
                let mut all = self.circles.values();
                if all.any(|one| one.organisation == organisation && one.name == name) {
                    return Err(End::Taken);
                }
                let circle = Circle {
                    organisation,
                    name,
                    roles: BTreeSet::new(),
                };
                self.circles.insert(GroupId(made), circle);
            }
            Command::DeleteGroup(group) => {
                somewhere("groups.manage")?;
                if !self.sees_circle(actor, group, "groups.manage") {
                    return Err(End::Missing);
                }
                if !self.may(actor, "groups.manage", self.circles[&group].organisation) {
                    return Err(End::Forbidden);
                }
                if !self.covers_circle(actor, group, None) {
                    return Err(End::Exceeds);
                }
                self.circles.remove(&group);
                self.delegated.retain(|(_, one)| *one != group);
                for person in self.people.values_mut() {
                    person.groups.remove(&group);
                }
            }
            Command::AddMember(group, user) => {
                if self.may_change_members(actor, group, user, true)? {
                    self.person(user).groups.insert(group);
                }
            }
            Command::RemoveMember(group, user) => {
                if self.may_change_members(actor, group, user, false)? {
                    self.person(user).groups.remove(&group);
                }
            }
            Command::Delegate(place, group) => {
                somewhere("organisations.manage")?;
                self.reaches_place(actor, place, "organisations.manage")?;
                if !self.delegated.contains(&(place, group)) {
                    if !self.sees_circle(actor, group, "groups.read") {
                        return Err(End::Missing);
                    }
                    if !self.covers_circle(actor, group, None) {
                        return Err(End::Exceeds);
                    }
                }
                self.delegated.retain(|(one, _)| *one != place);
                self.delegated.insert((place, group));
            }
            Command::Grant(user, role, place) => {
                self.may_grant(actor, user, role, place)?;
                self.person(user).grants.insert((role, place));
            }
            Command::Revoke(user, role, place) => {
                somewhere("roles.grant")?;
                if !self.sees(actor, user, "roles.grant")
                    || !self.people[&user].grants.contains(&(role, place))
                {
                    return Err(End::Missing);
                }
                self.reaches_grant(actor, user, place)?;
                self.guard(actor, user)?;
                self.person(user).grants.remove(&(role, place));
                self.one_stays()?;
            }
            Command::AddGroupRole(group, role, place) => {
                self.may_change_group_role(actor, group, role, place)?;
                let circle = self.circles.get_mut(&group).unwrap();
                circle.roles.insert((role, place));
            }
            Command::RemoveGroupRole(group, role, place) => {
                self.may_change_group_role(actor, group, role, place)?;
                let circle = self.circles.get_mut(&group).unwrap();
                circle.roles.remove(&(role, place));
            }
            Command::Rehang(place, parent) => {
                somewhere("organisations.manage")?;
                self.reaches_place(actor, place, "organisations.manage")?;
                if self.parents.get(&place) == Some(&parent) {
                    return Ok(());
                }
                if place == ROOT {
                    return Err(End::Protected);
                }
                self.reaches_place(actor, parent, "organisations.manage")?;
                if self.above(parent).contains(&place) {
                    return Err(End::Unfit);
                }
                self.parents.insert(place, parent);
                self.prune();
            }
        }
        Ok(())
    }

    fn guard(&self, actor: UserId, user: UserId) -> Result<(), End> {
        if self.masters(actor, user) {
            Ok(())
        } else {
            Err(End::Outranks)
        }
    }

    fn one_stays(&self) -> Result<(), End> {
        if self.owners_left() {
            Ok(())
        } else {
            Err(End::LastOwner)
        }
    }
}

/// Carries a command out on the directory; tells the number of what was made.
async fn carry_out(handle: &Handle, command: Command, count: usize) -> Result<i64, Fault> {
    let nothing = |_: bool| 0;
    match command {
        Command::CreateUser(home, role) => {
            let new = NewUser {
                email: Some(format!("person{count}@example.org")),
                home: Some(home),
                roles: role.into_iter().collect(),
                ..NewUser::default()
            };
            handle.create_user(new).await.map(|user| user.id.0)
        }
        Command::DeleteUser(user) => handle.delete_user(user).await.map(|_| 0),
        Command::SetActive(user, active) => {
            let status = if active {
                Status::Active
            } else {
                Status::Inactive
            };
            let change = UserChange {
                status: Some(status),
                ..UserChange::default()
            };
            handle.update_user(user, change).await.map(|_| 0)
        }
        Command::MoveHome(user, home) => {
            let change = UserChange {
                home: Some(home),
                ..UserChange::default()
            };
            handle.update_user(user, change).await.map(|_| 0)
        }
        Command::Join(user, place) => handle.add_membership(user, place, None).await.map(|_| 0),
        Command::Quit(user, place) => handle.remove_membership(user, place).await.map(|()| 0),
        Command::CreateGroup(place, name) => {
            let new = NewGroup {
                name: name.to_owned(),
                organisation: Some(place),
                ..NewGroup::default()
            };
            handle.create_group(new).await.map(|group| group.id.0)
        }
        Command::DeleteGroup(group) => handle.delete_group(group).await.map(|_| 0),
        Command::AddMember(group, user) => handle.add_member(group, user).await.map(nothing),
        Command::RemoveMember(group, user) => handle.remove_member(group, user).await.map(nothing),
        Command::Delegate(place, group) => handle
            .set_grantable_groups(place, &[group])
            .await
            .map(|()| 0),
        Command::Grant(user, role, place) => {
            let grant = NewGrant {
                organisation: Some(place),
                ..NewGrant::from(role)
            };
            handle.grant_role(user, grant).await.map(nothing)
        }
        Command::Revoke(user, role, place) => handle
            .revoke_role(user, role, Some(place))
            .await
            .map(|()| 0),
        Command::AddGroupRole(group, role, place) => {
            let scope = GroupRoleScope::Organisation(place);
            handle.add_group_role(group, role, scope).await.map(nothing)
        }
        Command::RemoveGroupRole(group, role, place) => {
            let scope = GroupRoleScope::Organisation(place);
            let gone = handle.remove_group_role(group, role, scope).await;
            gone.map(nothing)
        }
        Command::Rehang(place, parent) => {
            let change = OrganisationChange {
                parent: Some(parent),
                ..OrganisationChange::default()
            };
            handle.update_organisation(place, change).await.map(|_| 0)
        }
    }
}

fn draw(dice: &mut Dice, model: &Model) -> Command {
    let places: Vec<OrganisationId> = model.parents.keys().copied().chain([ROOT]).collect();
    let mut users: Vec<UserId> = model.people.keys().copied().collect();
    users.push(UserId(9_999));
    let mut groups: Vec<GroupId> = model.circles.keys().copied().collect();
    groups.push(GroupId(9_999));
    let place = dice.pick(&places);
    let user = dice.pick(&users);
    let group = dice.pick(&groups);
    let role = dice.pick(&ROLES);
    match dice.roll(24) {
        0 | 1 if users.len() < 16 => {
            let role = (dice.roll(2) == 0).then_some(role);
            Command::CreateUser(place, role)
        }
        2 => Command::DeleteUser(user),
        3 | 4 => Command::SetActive(user, dice.roll(3) > 0),
        5 | 6 => Command::MoveHome(user, place),
        7 | 8 => Command::Join(user, place),
        9 => Command::Quit(user, place),
        10 | 11 => Command::CreateGroup(place, dice.pick(&["Blue", "Red", "Green"])),
        12 => Command::DeleteGroup(group),
        13 | 14 => Command::AddMember(group, user),
        15 => Command::RemoveMember(group, user),
        16 => Command::Delegate(place, group),
        17..=19 => Command::Grant(user, role, place),
        20 => Command::Revoke(user, role, place),
        21 => Command::AddGroupRole(group, role, place),
        22 => Command::RemoveGroupRole(group, role, place),
        _ => Command::Rehang(place, dice.pick(&places)),
    }
}

async fn run(world: &World, seed: u64, commands: usize) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let tree = world.tree().await;
    let mut model = Model::default();
    for (place, parent) in [
        (tree.north, ROOT),
        (tree.south, ROOT),
        (tree.branch, tree.north),
    ] {
        model.parents.insert(place, parent);
    }
    for (user, home, role) in [
        (OWNER, ROOT, OWNER_ROLE),
        (tree.nora, tree.north, ADMINISTRATOR),
        (tree.nils, tree.north, MEMBER),
        (tree.sara, tree.south, ADMINISTRATOR),
        (tree.sven, tree.south, MEMBER),
        (tree.bea, tree.branch, ADMINISTRATOR),
        (tree.bob, tree.branch, MEMBER),
    ] {
        let person = Person {
            home,
            member_of: BTreeSet::new(),
            active: true,
            grants: BTreeSet::from([(role, home)]),
            groups: BTreeSet::new(),
        };
        model.people.insert(user, person);
    }
    let mut keys: BTreeMap<UserId, String> = BTreeMap::new();
    let mut done = 0;
    for count in 0..commands {
        let people = model.people.iter();
        let able: Vec<UserId> = people
            .filter(|(_, person)| person.active)
            .map(|(user, _)| *user)
            .collect();
        let mighty = able
            .iter()
            .filter(|user| model.may_somewhere(**user, "users.edit"));
        let mighty: Vec<UserId> = mighty.copied().collect();
        // Powerless people act too, but not most of the time.
        let actor = match dice.roll(4) {
            0 => dice.pick(&able),
            _ => dice.pick(&mighty),
        };
        if let std::collections::btree_map::Entry::Vacant(empty) = keys.entry(actor) {
            empty.insert(world.key_of(actor).await);
        }
        let caller = world.caller(&keys[&actor]).await.unwrap();
        let handle = world.directory.act(&caller);
        let command = draw(&mut dice, &model);
        let result = carry_out(&handle, command, count).await;
        let mut expected = model.clone();
        let made = result.as_ref().copied().unwrap_or(0);
        let wanted = match expected.run(actor, command, made) {
            Ok(()) => {
                model = expected;
                End::Done
            }
            Err(end) => end,
        };
        assert_eq!(
            end_of(&result),
            wanted,
            "seed {seed}, command {count}: {actor} {command:?} {result:?} in {model:#?}"
        );
        done += usize::from(wanted == End::Done);
        if count % 10 == 0 {
            agree(world, &model, seed, count).await;
            let reader = dice.pick(&able);
            if model.people.get(&reader).is_some_and(|one| one.active) {
                lists_agree(world, &model, reader, &mut keys).await;
            }
        }
    }
    agree(world, &model, seed, commands).await;
    assert!(done > commands / 6, "seed {seed}: only {done} were done");
}

/// The directory holds what the model holds.
async fn agree(world: &World, model: &Model, seed: u64, count: usize) {
    let place = format!("seed {seed}, command {count}");
    let system = world.system();
    let query = Query {
        limit: 1_000,
        total: true,
        ..Query::default()
    };
    let page = system.users(&query).await.unwrap();
    assert_eq!(page.total, Some(model.people.len() as u64), "{place}");
    let ids: Vec<UserId> = page.items.iter().map(|user| user.id).collect();
    let memberships = system.memberships(&ids).await.unwrap();
    let held = system.grants_of(&ids).await.unwrap();
    let groups = system.groups_of(&ids).await.unwrap();
    for user in &page.items {
        let theirs = memberships.iter().filter(|one| one.user == user.id);
        let person = Person {
            home: user.home,
            member_of: theirs
                .clone()
                .filter(|one| !one.home)
                .map(|one| one.organisation)
                .collect(),
            active: user.status == Status::Active,
            grants: held
                .iter()
                .filter(|one| one.user == user.id && one.platform == Platform::USHER)
                .filter(|one| matches!(one.path, directory::Path::Direct(_)))
                .map(|one| (one.role, one.organisation))
                .collect(),
            groups: groups
                .iter()
                .filter(|(one, group)| *one == user.id && model.circles.contains_key(group))
                .map(|(_, group)| *group)
                .collect(),
        };
        assert_eq!(
            model.people.get(&user.id),
            Some(&person),
            "{place} {}",
            user.id
        );
        // The home is a membership, and the only one that is.
        let homes: Vec<OrganisationId> = theirs
            .filter(|one| one.home)
            .map(|one| one.organisation)
            .collect();
        assert_eq!(homes, [user.home], "{place}");
    }
    let places: Vec<OrganisationId> = model.parents.keys().copied().chain([ROOT]).collect();
    let population: BTreeMap<OrganisationId, i64> = system
        .population(&places)
        .await
        .unwrap()
        .into_iter()
        .collect();
    for organisation in &places {
        let living = model.people.values();
        let count = living.filter(|one| one.home == *organisation).count();
        let told = population.get(organisation).copied().unwrap_or(0);
        assert_eq!(told, i64::try_from(count).unwrap(), "{place}");
    }
    assert!(model.owners_left(), "{place}");
}

/// Somebody's lists show what they may see, and nothing else.
async fn lists_agree(
    world: &World,
    model: &Model,
    reader: UserId,
    keys: &mut BTreeMap<UserId, String>,
) {
    if let std::collections::btree_map::Entry::Vacant(empty) = keys.entry(reader) {
        empty.insert(world.key_of(reader).await);
    }
    let caller = world.caller(&keys[&reader]).await.unwrap();
    let handle = world.directory.act(&caller);
    if model.has(reader).is_empty() {
        let refused = handle.users(&Query::default()).await;
        assert!(matches!(refused, Err(Fault::Forbidden(_))));
        return;
    }
    let people = model.people.keys().copied();
    let reads_self = |user: &UserId| {
        *user != reader
            || model.has(reader).iter().any(|(role, _)| *role == MEMBER)
            || model
                .places_of(reader)
                .iter()
                .any(|place| model.may(reader, "users.read", *place))
    };
    let expected: Vec<UserId> = people
        .filter(|user| model.sees(reader, *user, "users.read"))
        .filter(reads_self)
        .collect();
    let query = Query {
        limit: 1_000,
        ..Query::default()
    };
    let page = handle.users(&query).await.unwrap();
    let listed: Vec<UserId> = page.items.iter().map(|user| user.id).collect();
    assert_eq!(listed, expected, "{reader} in {model:#?}");
    for group in model.circles.keys() {
        let shown = handle.group(*group).await.is_ok();
        let expected = model.sees_circle(reader, *group, "groups.read");
        assert_eq!(shown, expected, "{reader} {group} in {model:#?}");
    }
}
