//! Nobody climbs: whatever one person does, with every credential that comes into their hands on the way,
//! ends with no account of theirs able to do or read what they could not at the beginning. And a limited key
//! hands nothing on: whatever is done with it, no other account can do more afterwards.
//!
//! What a person *can do* is a set of abilities: a word at a door over a target (a person, an
//! organisation, a group, or everything). It is worked out here, apart from the code under test, from roles,
//! grants, groups, collections, flags and managers as the server itself lists them. What one may hand out by
//! an organisation's list counts as held from the beginning. Taking over an account adds its abilities, so
//! the guard is right when nothing is ever added.
//!
//! `USHER_HISTORIES=20000 cargo test -p directory escalation` looks longer.

use std::collections::{BTreeMap, BTreeSet};

use directory::{
    Accepts, Caller, CollectionId, Constraint, ConstraintKind, Fault, GroupField, GroupId,
    GroupManager, GroupRoleScope, Handle, HeldRole, KeyId, Line, MailSettings, Manager,
    ManagerLevel, Membership, NewCollection, NewGrant, NewGroup, NewKey, NewOrganisation,
    NewPassword, NewRole, NewUser, OrganisationChange, OrganisationField, OrganisationId,
    Permission, Platform, Query, Reach, RoleChange, RoleId, RoleInUse, SessionKind, SessionRequest,
    SettingsChange, UserChange, UserId, word_covers,
};

use crate::platforms::{CLUB, SOLO};
use crate::support::{
    ADMINISTRATOR, AUDITOR, CHIEF, HELPDESK, HOST, MANAGER, MEMBER, OWNER, ROOT, START, TEAM, TOY,
    World, from, world,
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
    let done = histories(2_000, false).await;
    // Most of what is drawn must be refused, and much must succeed, or nothing was tried.
    println!("{done:?}");
    assert!(done.succeeded * 20 > done.tried, "{done:?}");
    assert!(done.taken * 50 > done.tried / STEPS, "{done:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_limited_key_hands_nothing_on() {
    let done = histories(600, true).await;
    println!("{done:?}");
    assert!(done.succeeded * 20 > done.tried, "{done:?}");
}

/// Runs as many histories as the environment asks for, else so many.
async fn histories(usual: usize, limited: bool) -> Counts {
    let many = std::env::var("USHER_HISTORIES").map_or(usual, |many| many.parse().unwrap());
    let first = std::env::var("USHER_FIRST_HISTORY").map_or(0, |first| first.parse().unwrap());
    let worlds = first + many / PER_WORLD;
    let mut running = tokio::task::JoinSet::new();
    let (mut next, mut done) = (first, Counts::default());
    while next < worlds || !running.is_empty() {
        while next < worlds && running.len() < 4 {
            next += 1;
            running.spawn(histories_of(next as u64, limited));
        }
        if let Some(counts) = running.join_next().await {
            done.add(counts.unwrap());
        }
    }
    done
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

/// Highest number of a person, organisation or group in one world.
const NUMBERS: usize = 2_048;
const KINDS: usize = 4;

/// Abilities, as bits: many sets of thousands are made.
#[derive(Clone)]
struct Abilities(Vec<u64>);

impl Abilities {
    fn new() -> Self {
        Self(vec![0; DOORS.len() * words().len() * KINDS * NUMBERS / 64])
    }

    fn place(door: usize, word: usize, target: Target) -> usize {
        let (kind, number) = match target {
            Target::Everything => (0, 0),
            Target::Person(id) => (1, id.0),
            Target::Place(id) => (2, id.0),
            Target::Circle(id) => (3, id.0),
        };
        let number = usize::try_from(number).unwrap();
        assert!(number < NUMBERS);
        ((door * words().len() + word) * KINDS + kind) * NUMBERS + number
    }

    fn insert(&mut self, door: usize, word: usize, target: Target) {
        let place = Self::place(door, word, target);
        self.0[place / 64] |= 1 << (place % 64);
    }

    fn contains(&self, (door, word, target): Ability) -> bool {
        let door = DOORS.iter().position(|one| one.word() == door).unwrap();
        let place = Self::place(door, word_number(word), target);
        self.0[place / 64] & (1 << (place % 64)) != 0
    }

    fn count(&self) -> u32 {
        self.0.iter().map(|bits| bits.count_ones()).sum()
    }

    /// Those of these that the others lack.
    fn beyond(&self, others: &Abilities) -> Vec<Ability> {
        let mut beyond = Vec::new();
        for (index, (mine, theirs)) in self.0.iter().zip(&others.0).enumerate() {
            let mut bits = mine & !theirs;
            while bits != 0 {
                let place = index * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let number = i64::try_from(place % NUMBERS).unwrap();
                let rest = place / NUMBERS;
                let target = match rest % KINDS {
                    0 => Target::Everything,
                    1 => Target::Person(UserId(number)),
                    2 => Target::Place(OrganisationId(number)),
                    _ => Target::Circle(GroupId(number)),
                };
                let word = words()[rest / KINDS % words().len()];
                let door = DOORS[rest / KINDS / words().len()].word();
                beyond.push((door, word, target));
            }
        }
        beyond
    }
}

/// What the managers of a group may do, by their level.
const MANAGING: [(ManagerLevel, &str); 3] = [
    (ManagerLevel::Read, "reads a group"),
    (ManagerLevel::Write, "changes a group"),
    (ManagerLevel::Manage, "manages a group"),
];

/// The directory as the server itself sees it.
#[derive(Default)]
struct Facts {
    people: BTreeMap<UserId, (OrganisationId, Option<GroupId>)>,
    above: BTreeMap<OrganisationId, BTreeSet<OrganisationId>>,
    groups: BTreeMap<GroupId, OrganisationId>,
    lines: BTreeMap<RoleId, (Platform, Vec<Line>)>,
    held: Vec<HeldRole>,
    memberships: Vec<Membership>,
    managers: Vec<GroupManager>,
    collections: BTreeMap<CollectionId, OrganisationId>,
    members: BTreeSet<(GroupId, UserId)>,
    grantable: Vec<(OrganisationId, GroupId)>,
    /// What each group brings, and where.
    brought: BTreeMap<GroupId, Vec<(RoleId, OrganisationId)>>,
}

fn words() -> &'static [&'static str] {
    static WORDS: std::sync::OnceLock<Vec<&'static str>> = std::sync::OnceLock::new();
    WORDS.get_or_init(|| {
        let own = Permission::ALL.iter().map(|permission| permission.word());
        own.chain(VENDORS)
            .filter(|word| *word != "signed-in")
            .chain(MANAGING.map(|(_, word)| word))
            .collect()
    })
}

fn word_number(word: &str) -> usize {
    words().iter().position(|one| *one == word).unwrap()
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
        facts.managers = system.managers(&groups).await.unwrap();
        facts.members = system
            .members_of(&groups)
            .await
            .unwrap()
            .into_iter()
            .collect();
        facts.grantable = system.grantable_groups(&places).await.unwrap();
        let collections: Vec<_> = system.collections().await.unwrap();
        facts.collections = collections
            .iter()
            .map(|one| (one.id, one.organisation))
            .collect();
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

    /// What a user manages at a platform's door, directly or through a group.
    fn managed_by(&self, user: UserId, door: Platform) -> Vec<(GroupId, ManagerLevel)> {
        let manages = |row: &&GroupManager| {
            let here = row
                .platform
                .as_deref()
                .is_none_or(|only| only == door.word());
            here && match row.manager {
                Manager::User(one) => one == user,
                Manager::Group(group) => self.members.contains(&(group, user)),
            }
        };
        let managed = self.managers.iter().filter(manages);
        managed.map(|row| (row.group, row.level)).collect()
    }

    /// What a line of a platform's role reaches in its holder's hands, granted in an organisation.
    fn reached(
        &self,
        platform: Platform,
        reach: &Reach,
        holder: UserId,
        place: OrganisationId,
    ) -> Vec<Target> {
        let within = |person: &UserId| self.below(self.people[person].0, place);
        let people = |holds: &dyn Fn(&UserId) -> bool| -> Vec<Target> {
            let those = self.people.keys().filter(|person| holds(person));
            those.map(|person| Target::Person(*person)).collect()
        };
        match reach {
            Reach::Own => vec![Target::Person(holder)],
            Reach::Listed(listed) => people(&|person| listed.contains(&person.0) && within(person)),
            Reach::ManagedGroups => {
                let managed: BTreeSet<GroupId> = self
                    .managed_by(holder, platform)
                    .into_iter()
                    .filter(|(_, level)| *level == ManagerLevel::Manage)
                    .map(|(group, _)| group)
                    .collect();
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

    fn add(&self, abilities: &mut Abilities, role: RoleId, holder: UserId, place: OrganisationId) {
        let (platform, lines) = &self.lines[&role];
        self.add_lines(abilities, *platform, lines, holder, place);
    }

    fn add_lines(
        &self,
        abilities: &mut Abilities,
        platform: Platform,
        lines: &[Line],
        holder: UserId,
        place: OrganisationId,
    ) {
        for line in lines {
            let targets = self.reached(platform, &line.reach, holder, place);
            for (number, word) in words().iter().enumerate() {
                if !word_covers(&line.word, word) || MANAGING.iter().any(|(_, one)| one == word) {
                    continue;
                }
                for (door, _) in DOORS
                    .iter()
                    .enumerate()
                    .filter(|(_, door)| platform == Platform::USHER || platform == **door)
                {
                    // The mail server is everybody's: over less than everything the word opens nothing.
                    let whole_only = *word == Permission::ManageMail.word();
                    for target in &targets {
                        if !whole_only || *target == Target::Everything {
                            abilities.insert(door, number, *target);
                        }
                    }
                }
            }
        }
    }

    /// All that a user can do.
    fn abilities(&self, user: UserId, flag: &[(Platform, Vec<Line>)]) -> Abilities {
        let mut abilities = Abilities::new();
        for held in self.held.iter().filter(|held| held.user == user) {
            self.add(&mut abilities, held.role, user, held.organisation);
        }
        for place in self.flagged(user) {
            for (platform, lines) in flag {
                self.add_lines(&mut abilities, *platform, lines, user, place);
            }
        }
        for (number, door) in DOORS.iter().enumerate() {
            for (group, level) in self.managed_by(user, *door) {
                for (_, word) in MANAGING.iter().filter(|(least, _)| *least <= level) {
                    abilities.insert(number, word_number(word), Target::Circle(group));
                }
            }
        }
        abilities
    }

    /// All that bears on what a person can do, for the message of a failure.
    fn describe(&self, user: UserId) -> String {
        use std::fmt::Write as _;
        let mut text = String::new();
        let own: Vec<_> = self
            .memberships
            .iter()
            .filter(|one| one.user == user)
            .collect();
        let groups = self.members.iter().filter(|(_, one)| *one == user);
        let groups: Vec<GroupId> = groups.map(|(group, _)| *group).collect();
        writeln!(text, "{:?} {own:?} in {groups:?}", self.people.get(&user)).unwrap();
        writeln!(text, "people {:?}", self.people).unwrap();
        writeln!(text, "places {:?}", self.above).unwrap();
        writeln!(
            text,
            "groups {:?}, listed {:?}",
            self.groups, self.grantable
        )
        .unwrap();
        writeln!(text, "brought {:?}", self.brought).unwrap();
        writeln!(text, "managers {:?}", self.managers).unwrap();
        for held in self.held.iter().filter(|held| held.user == user) {
            let lines = self.lines[&held.role].1.iter();
            let lines: Vec<String> = lines
                .map(|line| format!("{} {:?}", line.word, line.reach))
                .collect();
            writeln!(
                text,
                "{:?} at {} in {:?} by {:?}: {lines:?}",
                held.role, held.platform, held.organisation, held.path
            )
            .unwrap();
        }
        text
    }

    /// Whether a role lists a person for its holder, and is granted where it would reach them in a place.
    fn lists(
        &self,
        holder: UserId,
        door: &str,
        word: &str,
        listed: UserId,
        place: OrganisationId,
    ) -> bool {
        self.held.iter().any(|held| {
            let (platform, lines) = &self.lines[&held.role];
            let here = *platform == Platform::USHER || platform.word() == door;
            let names = |line: &Line| {
                word_covers(&line.word, word)
                    && matches!(&line.reach, Reach::Listed(people) if people.contains(&listed.0))
            };
            held.user == holder
                && here
                && self.below(place, held.organisation)
                && lines.iter().any(names)
        })
    }

    fn flagged(&self, user: UserId) -> Vec<OrganisationId> {
        let own = self.memberships.iter().filter(|one| one.user == user);
        own.filter(|one| one.administrator)
            .map(|one| one.organisation)
            .collect()
    }

    /// With all that they may hand out to themselves: what an organisation lists for them, and the
    /// managing of groups that their roles let them change.
    fn potential(&self, user: UserId, flag: &[(Platform, Vec<Line>)]) -> Abilities {
        let mut abilities = self.abilities(user, flag);
        let flagged = self.flagged(user);
        loop {
            let before = abilities.count();
            for (place, group) in &self.grantable {
                let members = |door: &Platform| {
                    let word = Permission::ManageMembers.word();
                    abilities.contains((door.word(), word, Target::Place(*place)))
                };
                if flagged.contains(place) || DOORS.iter().any(members) {
                    for (role, at) in self.brought.get(group).into_iter().flatten() {
                        self.add(&mut abilities, *role, user, *at);
                    }
                }
            }
            for (number, door) in DOORS.iter().enumerate() {
                for group in self.groups.keys() {
                    let target = Target::Circle(*group);
                    let may = |permission: Permission| {
                        abilities.contains((door.word(), permission.word(), target))
                    };
                    let all = may(Permission::ManageGroups) && may(Permission::ManageMembers);
                    let read = may(Permission::ReadGroups);
                    for (level, word) in MANAGING {
                        if all || (read && level == ManagerLevel::Read) {
                            abilities.insert(number, word_number(word), target);
                        }
                    }
                }
            }
            if abilities.count() == before {
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
    key: Option<KeyId>,
}

/// One person's history: the credentials they have, and what they did.
struct History {
    pool: Vec<Held>,
    told: Vec<String>,
    counts: Counts,
}

async fn histories_of(seed: u64, limited: bool) -> Counts {
    let world = world().await;
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    set_up(&world, &mut dice).await;
    let mut counts = Counts::default();
    for number in 0..PER_WORLD {
        counts.add(match limited {
            false => history(&world, &mut dice, seed, number).await,
            true => limited_history(&world, &mut dice, seed, number).await,
        });
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
    // Newcomers of the histories go, so that each is short; others come for those who went.
    for user in people.iter().skip(14) {
        system.delete_user(*user).await.unwrap();
    }
    for _ in people.len()..10 {
        let unique = world.directory.seams().random_uuid();
        let home = dice.pick(&places);
        world
            .person(&format!("{unique}@example.org"), home, &[MEMBER])
            .await;
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

/// What a caller reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Read {
    User(UserId),
    Organisation(OrganisationId),
    Group(GroupId),
    Settings,
    Mails,
}

async fn reads(world: &World, caller: &Caller, facts: &Facts) -> BTreeSet<Read> {
    let handle = world.directory.act(caller);
    let mut read = BTreeSet::new();
    if let Ok(page) = handle.users(&all()).await {
        read.extend(page.items.iter().map(|user| Read::User(user.id)));
    }
    if let Ok(page) = handle.organisations(&all::<OrganisationField>()).await {
        read.extend(page.items.iter().map(|one| Read::Organisation(one.id)));
    }
    if let Ok(page) = handle.groups(&all::<GroupField>()).await {
        read.extend(page.items.iter().map(|group| Read::Group(group.id)));
    }
    // Groups that one belongs to or manages are read one by one, and are in no list.
    let groups: Vec<GroupId> = facts.groups.keys().copied().collect();
    if let Ok(groups) = handle.groups_by_id(&groups).await {
        read.extend(groups.iter().map(|group| Read::Group(group.id)));
    }
    if handle.setting::<MailSettings>().await.is_ok() {
        read.insert(Read::Settings);
    }
    if handle.mails(None, 1).await.is_ok() {
        read.insert(Read::Mails);
    }
    read
}

/// What may be named in a request: all that was there at the beginning, and what was made since.
struct Names {
    people: Vec<UserId>,
    places: Vec<OrganisationId>,
    groups: Vec<GroupId>,
    roles: Vec<RoleId>,
    collections: Vec<CollectionId>,
}

impl Names {
    fn of(facts: &Facts) -> Self {
        Self {
            people: facts.people.keys().copied().collect(),
            places: facts.above.keys().copied().collect(),
            groups: facts.groups.keys().copied().collect(),
            roles: facts.lines.keys().copied().collect(),
            collections: facts.collections.keys().copied().collect(),
        }
    }
}

async fn history(world: &World, dice: &mut Dice, seed: u64, number: usize) -> Counts {
    let system = world.system();
    let start = Facts::read(&system).await;
    let mut names = Names::of(&start);
    let people: Vec<UserId> = names
        .people
        .iter()
        .copied()
        .filter(|one| *one != OWNER)
        .collect();
    let climber = dice.pick(&people);
    let flag = flag_lines(world);
    let could = start.potential(climber, &flag);
    let mail = Permission::ManageMail.word();
    if DOORS
        .iter()
        .any(|door| could.contains((door.word(), mail, Target::Everything)))
    {
        // Whoever decides where links to passwords go can take any account over.
        return Counts::default();
    }
    let secret = world.key_of(climber).await;
    let first = Held {
        user: climber,
        secret,
        how: "their own".to_owned(),
        key: None,
    };
    // What is read at one door is known: showing it at another tells the climber nothing.
    let mut could_read = BTreeSet::new();
    for (_, caller) in opens(world, &first).await {
        could_read.extend(reads(world, &caller, &start).await);
    }
    let mut history = History {
        pool: vec![first],
        told: Vec::new(),
        counts: Counts::default(),
    };
    // Whose names the climber has acted in: what these read for themselves comes along.
    let mut named = Vec::new();
    for step in 0..STEPS {
        let by = dice.pick(&history.pool);
        let open = opens(world, &by).await;
        if open.is_empty() {
            continue;
        }
        let (door, caller) = dice.pick(&open);
        let mut handle = world.directory.act(&caller);
        let mut how = String::new();
        if dice.roll(8) == 0 {
            let person = dice.pick(&people);
            if let Ok(caller) = handle.impersonate(person).await {
                handle = world.directory.act(&caller);
                how = format!("in the name of {person:?}, ");
                named.push(person);
            }
        }
        let unique = format!("{seed}-{number}-{step}");
        let (what, result) =
            act(world, dice, &mut names, &handle, &unique, &mut history.pool).await;
        history.note(&by, door, (format!("{how}{what}"), result));
    }
    history.counts.taken = history.pool.len() - 1;
    let end = Facts::read(&system).await;
    for held in &history.pool {
        let context = |door: Platform| {
            format!(
                "seed {seed}, history {number}: {climber:?} has {:?} ({}) at {door}\n{:#?}\nat first\n{}at last\n{}",
                held.user,
                held.how,
                history.told,
                start.describe(held.user),
                end.describe(held.user)
            )
        };
        let open = opens(world, held).await;
        for (door, caller) in &open {
            for read in reads(world, caller, &end).await.difference(&could_read) {
                let own = history.pool.iter().map(|one| one.user);
                let own: Vec<UserId> = own.chain(named.iter().copied()).collect();
                assert!(
                    could_have_read(&could, &start, *door, *read)
                        || may_be_read(&start, &end, &own, *read),
                    "{read:?} is read\n{}",
                    context(*door)
                );
            }
        }
        if open.is_empty() {
            continue;
        }
        for ability in end.abilities(held.user, &flag).beyond(&could) {
            let (at, word, target) = ability;
            let Some((door, _)) = open.iter().find(|(door, _)| door.word() == at) else {
                continue;
            };
            assert!(
                excused(&start, &end, &could, climber, held.user, ability),
                "{word} over {target:?} at {at}\n{}",
                context(*door)
            );
        }
    }
    history.counts
}

impl History {
    fn note(&mut self, by: &Held, door: Platform, (what, result): (String, Result<(), Fault>)) {
        self.counts.tried += 1;
        self.counts.succeeded += usize::from(result.is_ok());
        if !matches!(result, Err(Fault::Forbidden(_) | Fault::NotFound(_))) {
            let told = format!("{} ({}) at {door}: {what}: {result:?}", by.user.0, by.how);
            self.told.push(told);
        }
        assert!(
            !matches!(result, Err(Fault::Internal(_))),
            "{:#?}",
            self.told
        );
    }
}

/// Whether the climber could have let themselves read it at the beginning, by what they may hand out. People
/// are read also where they belong without being at home there.
fn could_have_read(could: &Abilities, start: &Facts, door: Platform, read: Read) -> bool {
    let may =
        |permission: Permission, target| could.contains((door.word(), permission.word(), target));
    match read {
        Read::User(user) => {
            let mut own = start.memberships.iter().filter(|one| one.user == user);
            may(Permission::ReadUsers, Target::Person(user))
                || own.any(|one| may(Permission::ReadUsers, Target::Place(one.organisation)))
        }
        Read::Organisation(place) => may(Permission::ReadOrganisations, Target::Place(place)),
        Read::Group(group) => may(Permission::ReadGroups, Target::Circle(group)),
        Read::Settings | Read::Mails => false,
    }
}

/// What may be read at the end that was not at the beginning.
fn may_be_read(start: &Facts, end: &Facts, own: &[UserId], read: Read) -> bool {
    match read {
        Read::User(user) => {
            own.contains(&user) || moved(start, end, user) || joined(start, end, user)
        }
        Read::Organisation(place) => {
            let belongs = end
                .memberships
                .iter()
                .any(|one| one.organisation == place && own.contains(&one.user));
            belongs || start.above.get(&place) != end.above.get(&place)
        }
        Read::Group(group) => {
            let inside = own.iter().any(|user| end.members.contains(&(group, *user)));
            let listed = end.grantable.iter().any(|(place, one)| {
                *one == group && own.iter().any(|user| end.flagged(*user).contains(place))
            });
            let hung = |facts: &Facts| {
                let place = facts.groups.get(&group);
                place.and_then(|place| facts.above.get(place)).cloned()
            };
            inside || listed || hung(start) != hung(end)
        }
        Read::Settings | Read::Mails => false,
    }
}

/// A limited key of anybody's, the owner's too, does all it can; then nobody else can do more.
async fn limited_history(world: &World, dice: &mut Dice, seed: u64, number: usize) -> Counts {
    let start = Facts::read(&world.system()).await;
    let mut names = Names::of(&start);
    let flag = flag_lines(world);
    // A person who can do much hands on most.
    let climber = match dice.roll(2) {
        0 => OWNER,
        _ => dice.pick(&names.people),
    };
    let door = dice.pick(&DOORS);
    let kind = dice.pick(&["addresses", "paths", "expiry", "dialect"]);
    let made = world.directory.act(&world.directory.system(door));
    let made = made.create_key(climber, limited_key(kind, None)).await;
    let fresh = made.unwrap();
    let by = Held {
        user: climber,
        secret: fresh.secret,
        how: kind.to_owned(),
        key: Some(fresh.key.id),
    };
    let mut history = History {
        pool: vec![by.clone()],
        told: Vec::new(),
        counts: Counts::default(),
    };
    for step in 0..STEPS {
        let Ok(caller) = world.caller_at(door, &by.secret).await else {
            break;
        };
        let handle = world.directory.act(&caller);
        let unique = format!("{seed}-{number}-{step}");
        let acted = act(world, dice, &mut names, &handle, &unique, &mut history.pool).await;
        history.note(&by, door, acted);
    }
    let end = Facts::read(&world.system()).await;
    for user in end.people.keys().copied().filter(|one| *one != climber) {
        let before = match start.people.contains_key(&user) {
            true => start.abilities(user, &flag),
            false => Abilities::new(),
        };
        for (at, word, target) in end.abilities(user, &flag).beyond(&before) {
            let personal = target == Target::Person(user);
            // A key of one dialect hands on within that dialect what its owner may do there; natively that
            // is everything.
            let within = kind == "dialect" && (door == Platform::USHER || at == door.word());
            let carried =
                matches!(kind, "expiry" | "dialect") && hangs_elsewhere(&start, &end, target);
            assert!(
                !guarded(word) || personal || within || carried || !existed(&start, target),
                "seed {seed}, history {number}: {user:?} has {word} over {target:?} at {at} by a key limited in {kind}\n{:#?}",
                history.told
            );
        }
    }
    history.counts
}

fn existed(facts: &Facts, target: Target) -> bool {
    match target {
        Target::Everything => true,
        Target::Person(user) => facts.people.contains_key(&user),
        Target::Place(place) => facts.above.contains_key(&place),
        Target::Circle(group) => facts.groups.contains_key(&group),
    }
}

/// Whether a person who may has moved it below other administrators, or into another primary group.
fn hangs_elsewhere(start: &Facts, end: &Facts, target: Target) -> bool {
    let above = |facts: &Facts, place: Option<OrganisationId>| {
        place.and_then(|place| facts.above.get(&place).cloned())
    };
    match target {
        Target::Everything => false,
        Target::Person(user) => {
            let home = |facts: &Facts| facts.people.get(&user).map(|(home, _)| *home);
            moved(start, end, user) || above(start, home(start)) != above(end, home(end))
        }
        Target::Place(place) => above(start, Some(place)) != above(end, Some(place)),
        Target::Circle(group) => {
            let of = |facts: &Facts| above(facts, facts.groups.get(&group).copied());
            of(start) != of(end)
        }
    }
}

/// A key with one kind of limit that lets the tests' requests through.
fn limited_key(kind: &str, place: Option<OrganisationId>) -> NewKey {
    let mut new = NewKey::default();
    match kind {
        "read-only" => new.read_only = true,
        "addresses" => new.addresses = vec!["192.0.2.0/24".parse().unwrap()],
        "paths" => {
            new.constraints = vec![Constraint {
                kind: ConstraintKind::Verb,
                pattern: String::new(),
                methods: vec!["GET".to_owned()],
            }];
        }
        "dialect" => new.scopes = vec!["users:write".to_owned()],
        "place" => new.organisation = place,
        _ => new.expires_at = Some(START.plus(86_400_000)),
    }
    new
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
    could: &Abilities,
    climber: UserId,
    holder: UserId,
    (door, word, target): Ability,
) -> bool {
    // Business is handed over with an account, and what reaches only its holder is no power.
    if holder != climber && !guarded(word) {
        return true;
    }
    let had = |word: &'static str, target| could.contains((door, word, target));
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
            // A place that was made on the way is reached as the place that it was made in.
            let place = end.above[&home_now]
                .iter()
                .filter_map(|place| Some((start.above.get(place)?.len(), *place)))
                .max()
                .map_or(home_now, |(_, place)| place);
            let moved_home = *home != home_now && had(word, Target::Place(place));
            let moved_group = *primary != primary_now
                && primary_now.is_some_and(|group| had(word, Target::Circle(group)));
            // A list that names them counts again where it is granted.
            let moved_onto_list =
                *home != home_now && start.lists(climber, door, word, user, home_now);
            moved_home || moved_group || moved_onto_list
        }
        Target::Place(place) => !start.above.contains_key(&place),
        Target::Circle(group) => !start.groups.contains_key(&group),
    }
}

/// One act, drawn; whatever credential comes of it goes into the pool.
async fn act(
    world: &World,
    dice: &mut Dice,
    names: &mut Names,
    handle: &Handle,
    unique: &str,
    pool: &mut Vec<Held>,
) -> (String, Result<(), Fault>) {
    let people = names.people.clone();
    let (me, user, place) = (
        handle.caller().user(),
        dice.pick(&people),
        dice.pick(&names.places),
    );
    // Oneself is the likeliest to be raised.
    let whom = match dice.roll(2) {
        0 => me,
        _ => user,
    };
    let (group, role) = (dice.pick(&names.groups), dice.pick(&names.roles));
    let custom: Vec<RoleId> = names
        .roles
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
        key: None,
    };
    match dice.roll(40) {
        0 | 1 => {
            let made = handle.create_key(user, NewKey::default()).await;
            let result = made.map(|fresh| {
                let key = Some(fresh.key.id);
                let held = taken(user, fresh.secret, "minted");
                pool.push(Held { key, ..held });
            });
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
                names.people.push(user.id);
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
                    names.roles.push(role.id);
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
        19 | 20 => {
            let manager = match dice.roll(2) {
                0 => Manager::User(whom),
                _ => Manager::Group(dice.pick(&names.groups)),
            };
            let level = dice.pick(&[
                ManagerLevel::Read,
                ManagerLevel::Manage,
                ManagerLevel::Manage,
            ]);
            let result = handle.set_manager(group, manager, level).await;
            (format!("{manager:?} is of {group:?} {level:?}"), result)
        }
        21 => {
            let scope = match dice.roll(3) {
                0 if !names.collections.is_empty() => {
                    GroupRoleScope::Collection(dice.pick(&names.collections))
                }
                _ => GroupRoleScope::Organisation(place),
            };
            let role = dice.pick(&[role, custom]);
            let result = handle.add_group_role(group, role, scope).await.map(|_| ());
            (format!("{group:?} brings {role:?} in {scope:?}"), result)
        }
        22 => {
            let result = handle.set_grantable_groups(place, &[group]).await;
            (format!("{place:?} lists {group:?}"), result)
        }
        23 | 24 => {
            let flag = [None, Some(true)][dice.roll(2)];
            let result = handle.add_membership(whom, place, flag).await.map(|_| ());
            (format!("{whom:?} belongs to {place:?}, {flag:?}"), result)
        }
        25 => {
            let change = OrganisationChange {
                parent: Some(dice.pick(&names.places)),
                ..OrganisationChange::default()
            };
            let what = format!("{place:?} goes below {:?}", change.parent);
            (
                what,
                handle.update_organisation(place, change).await.map(|_| ()),
            )
        }
        26 => {
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
        27 => {
            let new = NewOrganisation {
                name: format!("place {unique}"),
                parent: Some(place),
                ..NewOrganisation::default()
            };
            let made = handle.create_organisation(new).await;
            let result = made.map(|made| names.places.push(made.id));
            (format!("a place below {place:?}"), result)
        }
        28 | 29 => {
            let new = NewGroup {
                name: format!("circle {unique}"),
                organisation: Some(place),
                managed_by_creator: dice.roll(2) == 0,
                newcomers: dice.roll(4) == 0,
                ..NewGroup::default()
            };
            let made = handle.create_group(new).await;
            let result = made.map(|made| names.groups.push(made.id));
            (format!("a group in {place:?}"), result)
        }
        30 => {
            let new = NewCollection {
                name: format!("set {unique}"),
                organisation: Some(place),
                organisations: vec![dice.pick(&names.places)],
                ..NewCollection::default()
            };
            let made = handle.create_collection(new).await;
            let result = made.map(|made| names.collections.push(made.id));
            (format!("a collection of {place:?}"), result)
        }
        31 | 32 if !names.collections.is_empty() => {
            let collection = dice.pick(&names.collections);
            let result = match dice.roll(3) {
                0 => handle.remove_from_collection(collection, &[place]).await,
                _ => handle.add_to_collection(collection, &[place]).await,
            };
            (format!("{collection:?} and {place:?}"), result)
        }
        33 | 34 => {
            let place = dice.pick(&names.places);
            let kind = dice.pick(&[
                "read-only",
                "addresses",
                "paths",
                "expiry",
                "dialect",
                "place",
            ]);
            let made = handle.create_key(me, limited_key(kind, Some(place))).await;
            let result = made.map(|fresh| {
                let key = Some(fresh.key.id);
                let held = taken(me, fresh.secret, kind);
                pool.push(Held { key, ..held });
            });
            (format!("an own key limited in {kind}"), result)
        }
        35 => {
            let Some(held) = pool.iter().find(|held| held.key.is_some()).cloned() else {
                return ("no key to revoke".to_owned(), Ok(()));
            };
            let result = handle.revoke_key(held.key.unwrap()).await.map(|_| ());
            if result.is_ok() {
                assert!(opens(world, &held).await.is_empty(), "{held:?}");
            }
            (format!("the key of {:?} goes", held.user), result)
        }
        36 => {
            let result = handle.delete_user(user).await.map(|_| ());
            (format!("{user:?} goes"), result)
        }
        37 => {
            let result = handle.delete_group(group).await.map(|_| ());
            (format!("{group:?} goes"), result)
        }
        38 => match dice.roll(4) {
            0 => {
                let result = handle.delete_organisation(place).await.map(|_| ());
                (format!("{place:?} goes"), result)
            }
            1 => {
                let result = handle.remove_membership(whom, place).await;
                (format!("{whom:?} leaves {place:?}"), result)
            }
            2 => {
                let result = handle.remove_member(group, whom).await.map(|_| ());
                (format!("{whom:?} leaves {group:?}"), result)
            }
            _ => {
                let result = handle.remove_manager(group, Manager::User(whom)).await;
                (
                    format!("{whom:?} no longer manages {group:?}"),
                    result.map(|_| ()),
                )
            }
        },
        _ => {
            let result = handle.revoke_role(whom, role, None).await;
            (format!("{whom:?} loses {role:?}"), result)
        }
    }
}
