//! Nobody climbs: whatever one person does, with every credential that comes into their hands on the way,
//! ends with no account of theirs able to do or read what they could not at the beginning.
//!
//! What somebody *can do* is a set of abilities: a word of a platform over a target (a person, an
//! organisation, a group, or everything). It is worked out here, apart from the code under test, from roles,
//! grants, groups, collections, flags and managers as the server itself lists them. What one may hand out by
//! an organisation's list counts as held from the beginning. Taking over an account adds its abilities, so
//! the guard is right when nothing is ever added.
//!
//! `USHER_HISTORIES=20000 cargo test -p directory escalation` looks longer.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use directory::{
    Accepts, Caller, Fault, GroupId, GroupRoleScope, Handle, HeldRole, Line, MailSettings, Manager,
    ManagerLevel, Membership, NewCollection, NewGrant, NewKey, NewOrganisation, NewPassword,
    NewRole, NewUser, OrganisationChange, OrganisationId, Permission, Platform, Query, Reach,
    RoleChange, RoleId, RoleInUse, SessionKind, SessionRequest, SettingsChange, UserChange, UserId,
    word_covers,
};

use crate::platforms::{CLUB, SOLO};
use crate::support::{
    ADMINISTRATOR, AUDITOR, CHIEF, HELPDESK, HOST, MANAGER, MEMBER, OWNER, ROOT, TEAM, TOY, World,
    from, world,
};

/// Histories in one world before it is made anew.
const PER_WORLD: usize = 40;
/// Steps of one history.
const STEPS: usize = 7;
const DOORS: [Platform; 4] = [Platform::USHER, TOY, SOLO, CLUB];
/// Words of the platforms themselves: two that the guard counts, and two of business.
const VENDORS: [&str; 4] = ["toy:command", "solo:oversee", "toy:play", "solo:write"];
const PASSWORD: &str = "Cobalt lantern 73";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_climbs() {
    let histories = std::env::var("USHER_HISTORIES").map_or(2_000, |many| many.parse().unwrap());
    let worlds = histories / PER_WORLD;
    let mut running = tokio::task::JoinSet::new();
    let (mut next, mut done) = (0, Counts::default());
    while next < worlds || !running.is_empty() {
        while next < worlds && running.len() < 4 {
            next += 1;
            running.spawn(histories_of(next as u64));
        }
        if let Some(counts) = running.join_next().await {
            done.add(counts.unwrap());
        }
    }
    // Most of what is drawn must be refused, and much must succeed, or nothing was tried.
    println!("{done:?}");
    assert!(done.succeeded * 20 > done.tried, "{done:?}");
    assert!(done.taken * 50 > done.tried / STEPS, "{done:?}");
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    tried: usize,
    succeeded: usize,
    /// Credentials that came into somebody's hands.
    taken: usize,
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.tried += other.tried;
        self.succeeded += other.succeeded;
        self.taken += other.taken;
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

    fn pick<T: Clone>(&mut self, among: &[T]) -> T {
        among[self.roll(among.len())].clone()
    }
}

/// What a right reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Target {
    Everything,
    Person(UserId),
    Place(OrganisationId),
    Circle(GroupId),
}

/// A platform's door, a word, and what it reaches.
type Ability = (&'static str, &'static str, Target);

/// The directory as the server itself sees it.
#[derive(Default)]
struct Facts {
    people: BTreeMap<UserId, (OrganisationId, Option<GroupId>)>,
    above: BTreeMap<OrganisationId, BTreeSet<OrganisationId>>,
    groups: BTreeMap<GroupId, OrganisationId>,
    lines: BTreeMap<RoleId, (Platform, Vec<Line>)>,
    held: Vec<HeldRole>,
    memberships: Vec<Membership>,
    managers: Vec<(GroupId, Manager)>,
    members: BTreeSet<(GroupId, UserId)>,
    grantable: Vec<(OrganisationId, GroupId)>,
    /// What each group brings, and where.
    brought: BTreeMap<GroupId, Vec<(RoleId, OrganisationId)>>,
}

fn words() -> Vec<&'static str> {
    let own = Permission::ALL.iter().map(|permission| permission.word());
    own.chain(VENDORS)
        .filter(|word| *word != "signed-in")
        .collect()
}

/// Whether the guard counts a word: business words of vendors are handed over with an account.
fn guarded(word: &str) -> bool {
    !matches!(word, "toy:play" | "solo:write")
}

fn all<F>() -> Query<F> {
    Query {
        limit: 10_000,
        ..Query::default()
    }
}

impl Facts {
    async fn read(system: &Handle) -> Facts {
        let mut facts = Facts::default();
        for user in system.users(&all()).await.unwrap().items {
            facts
                .people
                .insert(user.id, (user.home, user.primary_group));
        }
        let organisations = system.organisations(&all()).await.unwrap().items;
        let parents: BTreeMap<_, _> = organisations
            .iter()
            .map(|one| (one.id, one.parent))
            .collect();
        for organisation in parents.keys() {
            let mut line = BTreeSet::new();
            let mut at = Some(*organisation);
            while let Some(place) = at {
                line.insert(place);
                at = parents[&place];
            }
            facts.above.insert(*organisation, line);
        }
        for group in system.groups(&all()).await.unwrap().items {
            facts.groups.insert(group.id, group.organisation);
        }
        for role in system.roles(&all()).await.unwrap().items {
            let platform = DOORS
                .into_iter()
                .find(|door| door.word() == role.platform)
                .unwrap();
            facts.lines.insert(role.id, (platform, role.lines));
        }
        let people: Vec<UserId> = facts.people.keys().copied().collect();
        let places: Vec<OrganisationId> = facts.above.keys().copied().collect();
        let groups: Vec<GroupId> = facts.groups.keys().copied().collect();
        facts.held = system.grants_of(&people).await.unwrap();
        facts.memberships = system.memberships(&people).await.unwrap();
        let managers = system.managers(&groups).await.unwrap();
        facts.managers = managers
            .into_iter()
            .filter(|(_, _, level)| *level == ManagerLevel::Manage)
            .map(|(group, manager, _)| (group, manager))
            .collect();
        facts.members = system
            .members_of(&groups)
            .await
            .unwrap()
            .into_iter()
            .collect();
        facts.grantable = system.grantable_groups(&places).await.unwrap();
        let collections: Vec<_> = system.collections().await.unwrap();
        let collections: Vec<_> = collections.iter().map(|one| one.id).collect();
        let inside = system.collection_organisations(&collections).await.unwrap();
        for role in system.group_roles(&groups).await.unwrap() {
            let brought = facts.brought.entry(role.group).or_default();
            match role.scope {
                GroupRoleScope::Organisation(place) => brought.push((role.role, place)),
                GroupRoleScope::Collection(id) => {
                    let places = inside.iter().filter(|(one, _)| *one == id);
                    brought.extend(places.map(|(_, place)| (role.role, *place)));
                }
            }
        }
        facts
    }

    fn below(&self, place: OrganisationId, top: OrganisationId) -> bool {
        self.above
            .get(&place)
            .is_some_and(|above| above.contains(&top))
    }

    fn managed_by(&self, user: UserId) -> BTreeSet<GroupId> {
        let manages = |manager: &Manager| match manager {
            Manager::User(one) => *one == user,
            Manager::Group(group) => self.members.contains(&(*group, user)),
        };
        let managed = self.managers.iter().filter(|(_, manager)| manages(manager));
        managed.map(|(group, _)| *group).collect()
    }

    /// What a line reaches in its holder's hands, granted in an organisation.
    fn reached(&self, reach: &Reach, holder: UserId, place: OrganisationId) -> Vec<Target> {
        let within = |person: &UserId| self.below(self.people[person].0, place);
        let people = |holds: &dyn Fn(&UserId) -> bool| -> Vec<Target> {
            let those = self.people.keys().filter(|person| holds(person));
            those.map(|person| Target::Person(*person)).collect()
        };
        match reach {
            Reach::Own => vec![Target::Person(holder)],
            Reach::Listed(listed) => people(&|person| listed.contains(&person.0) && within(person)),
            Reach::ManagedGroups => {
                let managed = self.managed_by(holder);
                let mut targets = people(&|person| {
                    let primary = self.people[person].1;
                    primary.is_some_and(|group| managed.contains(&group)) && within(person)
                });
                let circles = managed
                    .iter()
                    .filter(|group| self.below(self.groups[group], place));
                targets.extend(circles.map(|group| Target::Circle(*group)));
                targets
            }
            Reach::Organisation => self.inside(&|one| one == place),
            Reach::Subtree if place != ROOT => self.inside(&|one| self.below(one, place)),
            Reach::Subtree | Reach::All => {
                let mut targets = self.inside(&|_| true);
                targets.push(Target::Everything);
                targets
            }
        }
    }

    fn inside(&self, holds: &dyn Fn(OrganisationId) -> bool) -> Vec<Target> {
        let people = self.people.iter().filter(|(_, (home, _))| holds(*home));
        let places = self.above.keys().filter(|place| holds(**place));
        let groups = self.groups.iter().filter(|(_, place)| holds(**place));
        people
            .map(|(person, _)| Target::Person(*person))
            .chain(places.map(|place| Target::Place(*place)))
            .chain(groups.map(|(group, _)| Target::Circle(*group)))
            .collect()
    }

    fn add(
        &self,
        abilities: &mut HashSet<Ability>,
        role: RoleId,
        holder: UserId,
        place: OrganisationId,
    ) {
        let (platform, lines) = &self.lines[&role];
        self.add_lines(abilities, *platform, lines, holder, place);
    }

    fn add_lines(
        &self,
        abilities: &mut HashSet<Ability>,
        platform: Platform,
        lines: &[Line],
        holder: UserId,
        place: OrganisationId,
    ) {
        let doors = DOORS.into_iter();
        let doors: Vec<Platform> = doors
            .filter(|door| platform == Platform::USHER || platform == *door)
            .collect();
        for line in lines {
            let targets = self.reached(&line.reach, holder, place);
            for word in words()
                .into_iter()
                .filter(|word| word_covers(&line.word, word))
            {
                for door in &doors {
                    abilities.extend(targets.iter().map(|target| (door.word(), word, *target)));
                }
            }
        }
    }

    /// All that somebody can do.
    fn abilities(&self, user: UserId, flag: &[(Platform, Vec<Line>)]) -> HashSet<Ability> {
        let mut abilities = HashSet::new();
        for held in self.held.iter().filter(|held| held.user == user) {
            self.add(&mut abilities, held.role, user, held.organisation);
        }
        for place in self.flagged(user) {
            for (platform, lines) in flag {
                self.add_lines(&mut abilities, *platform, lines, user, place);
            }
        }
        for group in self.managed_by(user) {
            for door in DOORS {
                abilities.insert((door.word(), "manager", Target::Circle(group)));
            }
        }
        abilities
    }

    fn flagged(&self, user: UserId) -> Vec<OrganisationId> {
        let own = self.memberships.iter().filter(|one| one.user == user);
        own.filter(|one| one.administrator)
            .map(|one| one.organisation)
            .collect()
    }

    /// With all that they may hand out to themselves, because an organisation lists it for them.
    fn potential(&self, user: UserId, flag: &[(Platform, Vec<Line>)]) -> HashSet<Ability> {
        let mut abilities = self.abilities(user, flag);
        let flagged = self.flagged(user);
        loop {
            let before = abilities.len();
            for (place, group) in &self.grantable {
                let members = |door: &Platform| {
                    let word = Permission::ManageMembers.word();
                    abilities.contains(&(door.word(), word, Target::Place(*place)))
                };
                if flagged.contains(place) || DOORS.iter().any(members) {
                    for (role, at) in self.brought.get(group).into_iter().flatten() {
                        self.add(&mut abilities, *role, user, *at);
                    }
                }
            }
            if abilities.len() == before {
                return abilities;
            }
        }
    }
}

/// A credential in somebody's hands.
#[derive(Clone, Debug)]
struct Held {
    user: UserId,
    secret: String,
    how: String,
}

/// One person's history: the credentials they have, and what they did.
struct History {
    pool: Vec<Held>,
    told: Vec<String>,
    counts: Counts,
}

async fn histories_of(seed: u64) -> Counts {
    let world = world().await;
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    set_up(&world, &mut dice).await;
    let mut counts = Counts::default();
    for number in 0..PER_WORLD {
        counts.add(history(&world, &mut dice, seed, number).await);
        shake(&world, &mut dice).await;
    }
    world.end().await;
    counts
}

/// Lines of a role that somebody might come to hold.
fn draw_lines(dice: &mut Dice, people: &[UserId], platform: Platform) -> Vec<Line> {
    use Permission as P;
    const POWERS: [Permission; 19] = [
        P::ReadUsers,
        P::ReadUsers,
        P::CreateUsers,
        P::EditUsers,
        P::DeleteUsers,
        P::ResetCredentials,
        P::ManageKeys,
        P::ManageSessions,
        P::ManageOrganisations,
        P::ManageMemberships,
        P::ReadGroups,
        P::ManageGroups,
        P::ManageMembers,
        P::ReadRoles,
        P::ManageRoles,
        P::GrantRoles,
        P::ReadAudit,
        P::ReadSettings,
        P::ManageSettings,
    ];
    // What one can do nothing without comes together, at one reach.
    let reach = draw_reach(dice, people);
    let mut lines: Vec<Line> = [
        P::ReadUsers,
        P::ReadRoles,
        P::ReadGroups,
        P::ReadOrganisations,
    ]
    .iter()
    .map(|permission| Line::may(*permission, reach.clone()))
    .collect();
    for _ in 0..2 + dice.roll(5) {
        let reach = match dice.roll(3) {
            0 => draw_reach(dice, people),
            _ => reach.clone(),
        };
        lines.push(Line::may(dice.pick(&POWERS), reach));
    }
    if dice.roll(8) == 0 {
        lines.push(Line::may(P::ManageMail, draw_reach(dice, people)));
    }
    let vendors: Vec<&str> = VENDORS
        .into_iter()
        .filter(|word| word.starts_with(platform.word()))
        .collect();
    if !vendors.is_empty() {
        lines.push(Line::word(dice.pick(&vendors), draw_reach(dice, people)));
    }
    lines
}

fn draw_reach(dice: &mut Dice, people: &[UserId]) -> Reach {
    match dice.roll(12) {
        0 => Reach::Own,
        1 | 2 => Reach::Listed((0..1 + dice.roll(3)).map(|_| dice.pick(people).0).collect()),
        3 | 4 => Reach::ManagedGroups,
        5..=7 => Reach::Organisation,
        8..=10 => Reach::Subtree,
        _ => Reach::All,
    }
}

async fn set_up(world: &World, dice: &mut Dice) {
    let tree = world.tree().await;
    let system = world.system();
    let places = [ROOT, tree.north, tree.south, tree.branch];
    let mut people = vec![
        tree.nora, tree.nils, tree.sara, tree.sven, tree.bea, tree.bob,
    ];
    for number in 0..6 {
        let email = format!("extra-{number}@example.org");
        people.push(world.person(&email, dice.pick(&places), &[MEMBER]).await.id);
    }
    let mut groups = Vec::new();
    for number in 0..4 {
        groups.push(
            world
                .group(&format!("group {number}"), dice.pick(&places))
                .await
                .id,
        );
    }
    let collection = NewCollection {
        name: "some".to_owned(),
        organisation: Some(ROOT),
        organisations: vec![tree.branch, tree.south],
        ..NewCollection::default()
    };
    let collection = system.create_collection(collection).await.unwrap().id;
    let mut roles = vec![HELPDESK, AUDITOR, ADMINISTRATOR];
    for number in 0..8 {
        let platform = dice.pick(&[Platform::USHER, Platform::USHER, TOY, SOLO, CLUB]);
        let new = NewRole {
            platform: Some(platform),
            organisation: [None, Some(dice.pick(&places))][dice.roll(2)],
            name: format!("role {number}"),
            lines: draw_lines(dice, &people, platform),
            ..NewRole::default()
        };
        // Lists of people from elsewhere are refused even of the server itself.
        if let Ok(role) = system.create_role(new).await {
            roles.push(role.id);
        }
    }
    roles.extend([MANAGER, CHIEF, HOST, TEAM]);
    for _ in 0..24 {
        let (user, role, place) = (dice.pick(&people), dice.pick(&roles), dice.pick(&places));
        let new = NewGrant {
            organisation: Some(place),
            ..NewGrant::from(role)
        };
        let _ = system.grant_role(user, new).await;
        let scope = match dice.roll(4) {
            0 => GroupRoleScope::Collection(collection),
            _ => GroupRoleScope::Organisation(place),
        };
        let group = dice.pick(&groups);
        if dice.roll(2) == 0 {
            let _ = system.add_group_role(group, dice.pick(&roles), scope).await;
        }
        let _ = system.add_member(group, dice.pick(&people)).await;
        if dice.roll(3) == 0 {
            let change = UserChange {
                primary_group: Some(Some(dice.pick(&groups))),
                ..UserChange::default()
            };
            let _ = system.update_user(dice.pick(&people), change).await;
        }
    }
    for _ in 0..3 {
        let manager = match dice.roll(3) {
            0 => Manager::Group(dice.pick(&groups)),
            _ => Manager::User(dice.pick(&people)),
        };
        let level = dice.pick(&[ManagerLevel::Write, ManagerLevel::Manage]);
        let _ = system.set_manager(dice.pick(&groups), manager, level).await;
    }
    let (place, group) = (dice.pick(&places), dice.pick(&groups));
    let _ = system.set_grantable_groups(place, &[group]).await;
    for _ in 0..3 {
        let (user, place) = (dice.pick(&people), dice.pick(&places));
        let _ = system
            .add_membership(user, place, Some(dice.roll(2) == 0))
            .await;
    }
}

/// The world moves on between histories: people move, join, and go.
async fn shake(world: &World, dice: &mut Dice) {
    let system = world.system();
    let facts = Facts::read(&system).await;
    let people: Vec<UserId> = facts
        .people
        .keys()
        .copied()
        .filter(|one| *one != OWNER)
        .collect();
    let places: Vec<OrganisationId> = facts.above.keys().copied().collect();
    let groups: Vec<GroupId> = facts.groups.keys().copied().collect();
    let change = UserChange {
        home: Some(dice.pick(&places)),
        ..UserChange::default()
    };
    let _ = system.update_user(dice.pick(&people), change).await;
    let _ = system
        .add_member(dice.pick(&groups), dice.pick(&people))
        .await;
    // Newcomers of the histories go, so that each is short.
    for user in people.iter().skip(14) {
        system.delete_user(*user).await.unwrap();
    }
    for organisation in places.iter().skip(6) {
        let _ = system.delete_organisation(*organisation).await;
    }
    if groups.len() > 20 {
        let _ = system.delete_group(dice.pick(&groups)).await;
    }
}

/// The doors a credential opens now, with what it may be used for.
async fn opens(world: &World, held: &Held) -> Vec<(Platform, Caller)> {
    let mut open = Vec::new();
    for door in DOORS {
        let authenticated = world
            .directory
            .authenticate(door, &held.secret, Accepts::Both, from("192.0.2.1"))
            .await;
        if let Ok(caller) = authenticated {
            open.push((door, caller));
        }
    }
    open
}

/// Whom a caller reads, and whether settings and the whole trail.
async fn reads(world: &World, caller: &Caller) -> BTreeSet<String> {
    let handle = world.directory.act(caller);
    let mut read = BTreeSet::new();
    for user in handle
        .users(&all())
        .await
        .map(|page| page.items)
        .unwrap_or_default()
    {
        read.insert(format!("user {}", user.id.0));
    }
    if handle.setting::<MailSettings>().await.is_ok() {
        read.insert("settings".to_owned());
    }
    if handle.mails(None, 1).await.is_ok() {
        read.insert("mails".to_owned());
    }
    read
}

async fn history(world: &World, dice: &mut Dice, seed: u64, number: usize) -> Counts {
    let system = world.system();
    let start = Facts::read(&system).await;
    let people: Vec<UserId> = start
        .people
        .keys()
        .copied()
        .filter(|one| *one != OWNER)
        .collect();
    let climber = dice.pick(&people);
    let flag = flag_lines(world);
    let could = start.potential(climber, &flag);
    let mail = Permission::ManageMail.word();
    let owns = |door: &Platform| could.contains(&(door.word(), mail, Target::Everything));
    if DOORS.iter().any(owns) {
        // Whoever decides where links to passwords go can take any account over.
        return Counts::default();
    }
    let secret = world.key_of(climber).await;
    let first = Held {
        user: climber,
        secret,
        how: "their own".to_owned(),
    };
    let mut could_read = BTreeMap::new();
    for (door, caller) in opens(world, &first).await {
        could_read.insert(door.word(), reads(world, &caller).await);
    }
    let mut history = History {
        pool: vec![first],
        told: Vec::new(),
        counts: Counts::default(),
    };
    for step in 0..STEPS {
        let by = dice.pick(&history.pool);
        let open = opens(world, &by).await;
        if open.is_empty() {
            continue;
        }
        let (door, caller) = dice.pick(&open);
        let mut handle = world.directory.act(&caller);
        if dice.roll(8) == 0
            && let Ok(named) = handle.in_the_name_of(dice.pick(&people)).await
        {
            handle = world.directory.act(&named);
        }
        history.counts.tried += 1;
        let unique = format!("{seed}-{number}-{step}");
        let acted = act(world, dice, &start, &handle, &unique, &mut history.pool).await;
        let (what, result) = acted;
        if result.is_ok() {
            history.counts.succeeded += 1;
        }
        if !matches!(result, Err(Fault::Forbidden(_) | Fault::NotFound(_))) {
            history
                .told
                .push(format!("{} at {door}: {what}: {result:?}", by.user.0));
        }
        assert!(
            !matches!(result, Err(Fault::Internal(_))),
            "{:#?}",
            history.told
        );
    }
    history.counts.taken = history.pool.len() - 1;
    let end = Facts::read(&system).await;
    for held in &history.pool {
        for (door, caller) in opens(world, held).await {
            let context = || {
                format!(
                    "seed {seed}, history {number}: {climber:?} has {:?} ({}) at {door}\n{:#?}",
                    held.user, held.how, history.told
                )
            };
            let before = could_read.get(door.word()).cloned().unwrap_or_default();
            for read in reads(world, &caller).await.difference(&before) {
                let excused = read
                    .strip_prefix("user ")
                    .map(|number| UserId(number.parse().unwrap()))
                    .is_some_and(|user| {
                        let own = history.pool.iter().any(|one| one.user == user);
                        own || moved(&start, &end, user) || joined(&start, &end, user)
                    });
                assert!(excused, "{read} is read\n{}", context());
            }
            for ability in end.abilities(held.user, &flag) {
                let (at, word, target) = ability;
                if at != door.word() || could.contains(&ability) {
                    continue;
                }
                assert!(
                    excused(&start, &end, &could, climber, held.user, ability),
                    "{word} over {target:?} at {at}\n{}",
                    context()
                );
            }
        }
    }
    history.counts
}

/// What the administrator flag of a membership brings; the same for every world.
fn flag_lines(world: &World) -> Vec<(Platform, Vec<Line>)> {
    let platforms = world.system();
    let platforms = platforms.platforms().iter();
    platforms
        .map(|spec| (spec.platform, spec.administrator_lines.clone()))
        .collect()
}

fn moved(start: &Facts, end: &Facts, user: UserId) -> bool {
    start.people.get(&user) != end.people.get(&user)
}

fn joined(start: &Facts, end: &Facts, user: UserId) -> bool {
    let of = |facts: &Facts| -> BTreeSet<OrganisationId> {
        let own = facts.memberships.iter().filter(|one| one.user == user);
        own.map(|one| one.organisation).collect()
    };
    of(start) != of(end)
}

/// What may be new at the end without anybody having climbed.
fn excused(
    start: &Facts,
    end: &Facts,
    could: &HashSet<Ability>,
    climber: UserId,
    holder: UserId,
    (door, word, target): Ability,
) -> bool {
    // Business is handed over with an account, and what reaches only its holder is no power.
    if holder != climber && !guarded(word) {
        return true;
    }
    let had = |word: &'static str, target| could.contains(&(door, word, target));
    match target {
        Target::Everything => false,
        Target::Person(user) => {
            let Some((home, primary)) = start.people.get(&user) else {
                return true;
            };
            if user == holder && holder != climber {
                return true;
            }
            let (home_now, primary_now) = end.people[&user];
            // Whoever moves people, which takes a right over them, moves them under others' rights.
            let moved_home = *home != home_now && had(word, Target::Place(home_now));
            let moved_group = *primary != primary_now
                && primary_now.is_some_and(|group| had(word, Target::Circle(group)));
            moved_home || moved_group
        }
        Target::Place(place) => !start.above.contains_key(&place),
        Target::Circle(group) => {
            !start.groups.contains_key(&group)
                || (word == "manager" && had(Permission::ManageGroups.word(), target))
        }
    }
}

/// One act, drawn; whatever credential comes of it goes into the pool.
async fn act(
    world: &World,
    dice: &mut Dice,
    facts: &Facts,
    handle: &Handle,
    unique: &str,
    pool: &mut Vec<Held>,
) -> (String, Result<(), Fault>) {
    let people: Vec<UserId> = facts.people.keys().copied().collect();
    let places: Vec<OrganisationId> = facts.above.keys().copied().collect();
    let groups: Vec<GroupId> = facts.groups.keys().copied().collect();
    let roles: Vec<RoleId> = facts.lines.keys().copied().collect();
    let (me, user, place) = (
        handle.caller().user(),
        dice.pick(&people),
        dice.pick(&places),
    );
    // Oneself is the likeliest to be raised.
    let whom = match dice.roll(2) {
        0 => me,
        _ => user,
    };
    let (group, role) = (dice.pick(&groups), dice.pick(&roles));
    let custom: Vec<RoleId> = roles
        .iter()
        .copied()
        .filter(|role| role.0 > TEAM.0)
        .collect();
    let custom = if custom.is_empty() {
        role
    } else {
        dice.pick(&custom)
    };
    let platform = handle.caller().platform();
    let taken = |user: UserId, secret: String, how: &str| Held {
        user,
        secret,
        how: how.to_owned(),
    };
    match dice.roll(26) {
        0 | 1 => {
            let made = handle.create_key(user, NewKey::default()).await;
            let result = made.map(|fresh| pool.push(taken(user, fresh.secret, "minted")));
            (format!("a key for {user:?}"), result)
        }
        2 | 3 => {
            let new = NewPassword::Chosen(format!("{PASSWORD} {unique}"));
            let result = handle.set_password(user, new).await;
            if result.is_ok() {
                let login = world.system().user(user).await.unwrap().login;
                let request = SessionRequest::of(SessionKind::Browser);
                let door = dice.pick(&DOORS);
                let password = format!("{PASSWORD} {unique}");
                let directory = &world.directory;
                let signed =
                    directory.sign_in(door, &login, &password, None, request, from("192.0.2.1"));
                if let Ok(fresh) = signed.await {
                    pool.push(taken(user, fresh.secret, "signed in"));
                }
            }
            (format!("a password for {user:?}"), result)
        }
        4 => {
            // Whoever owns the address has a link to a password mailed.
            let change = UserChange {
                email: Some(Some(format!("evil-{unique}@example.org"))),
                ..UserChange::default()
            };
            let result = handle.update_user(whom, change).await.map(|_| ());
            if result.is_ok() {
                pool.push(taken(whom, world.key_of(whom).await, "addressed"));
            }
            (format!("an address for {whom:?}"), result)
        }
        5 => {
            let change = UserChange {
                home: Some(place),
                ..UserChange::default()
            };
            let result = handle.update_user(whom, change).await.map(|_| ());
            (format!("{whom:?} moves to {place:?}"), result)
        }
        6 => {
            let change = UserChange {
                primary_group: Some(Some(group)),
                ..UserChange::default()
            };
            let result = handle.update_user(whom, change).await.map(|_| ());
            (format!("{whom:?} is first in {group:?}"), result)
        }
        7 | 8 => {
            let new = NewUser {
                email: Some(format!("new-{unique}@example.org")),
                home: Some(place),
                roles: vec![dice.pick(&[role, custom])],
                groups: if dice.roll(3) == 0 {
                    vec![group]
                } else {
                    vec![]
                },
                ..NewUser::default()
            };
            let what = format!(
                "a new account in {place:?} with {:?} {:?}",
                new.roles, new.groups
            );
            let made = handle.create_user(new).await;
            if let Ok(user) = &made {
                pool.push(taken(user.id, world.key_of(user.id).await, "made"));
            }
            (what, made.map(|_| ()))
        }
        9..=12 => {
            let role = dice.pick(&[role, custom]);
            let new = NewGrant {
                organisation: Some(place),
                ..NewGrant::from(role)
            };
            let result = handle.grant_role(whom, new).await.map(|_| ());
            (format!("{role:?} for {whom:?} in {place:?}"), result)
        }
        13 | 14 => {
            let lines = draw_lines(dice, &people, platform);
            let change = RoleChange {
                lines: Some(lines.clone()),
                ..RoleChange::default()
            };
            let result = handle.update_role(custom, change).await.map(|_| ());
            (format!("{custom:?} brings {lines:?}"), result)
        }
        15 => {
            let lines = draw_lines(dice, &people, platform);
            let new = NewRole {
                name: format!("role {unique}"),
                organisation: [None, Some(place)][dice.roll(2)],
                lines: lines.clone(),
                ..NewRole::default()
            };
            match handle.create_role(new).await {
                Err(fault) => (format!("a role {lines:?}"), Err(fault)),
                Ok(role) => {
                    let new = NewGrant {
                        organisation: Some(place),
                        ..NewGrant::from(role.id)
                    };
                    let result = handle.grant_role(whom, new).await.map(|_| ());
                    (
                        format!("a role {lines:?} for {whom:?} in {place:?}"),
                        result,
                    )
                }
            }
        }
        16 => {
            let result = handle.delete_role(custom, RoleInUse::TakeAway).await;
            (format!("{custom:?} goes"), result.map(|_| ()))
        }
        17 | 18 => {
            let result = handle.add_member(group, whom).await.map(|_| ());
            (format!("{whom:?} into {group:?}"), result)
        }
        19 => {
            let manager = match dice.roll(2) {
                0 => Manager::User(whom),
                _ => Manager::Group(dice.pick(&groups)),
            };
            let result = handle
                .set_manager(group, manager, ManagerLevel::Manage)
                .await;
            (format!("{manager:?} manages {group:?}"), result)
        }
        20 => {
            let scope = GroupRoleScope::Organisation(place);
            let role = dice.pick(&[role, custom]);
            let result = handle.add_group_role(group, role, scope).await.map(|_| ());
            (format!("{group:?} brings {role:?} in {place:?}"), result)
        }
        21 => {
            let result = handle.set_grantable_groups(place, &[group]).await;
            (format!("{place:?} lists {group:?}"), result)
        }
        22 => {
            let flag = [None, Some(true)][dice.roll(2)];
            let result = handle.add_membership(whom, place, flag).await.map(|_| ());
            (format!("{whom:?} belongs to {place:?}, {flag:?}"), result)
        }
        23 => {
            let change = OrganisationChange {
                parent: Some(dice.pick(&places)),
                ..OrganisationChange::default()
            };
            let what = format!("{place:?} goes below {:?}", change.parent);
            (
                what,
                handle.update_organisation(place, change).await.map(|_| ()),
            )
        }
        24 => {
            let mut members = serde_json::Map::new();
            members.insert("server".to_owned(), format!("{unique}.example").into());
            let change = SettingsChange::default().members::<MailSettings>(members);
            let result = handle.change_settings(change).await;
            if result.is_ok() {
                // Every link to a password goes there now.
                for user in people {
                    pool.push(taken(user, world.key_of(user).await, "mailed"));
                }
            }
            ("the mail server".to_owned(), result)
        }
        _ => {
            let new = NewOrganisation {
                name: format!("place {unique}"),
                parent: Some(place),
                ..NewOrganisation::default()
            };
            let result = handle.create_organisation(new).await.map(|_| ());
            (format!("a place below {place:?}"), result)
        }
    }
}
