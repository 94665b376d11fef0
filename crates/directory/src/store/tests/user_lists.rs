//! Lists of users against a brute-force reading of the same people: whatever way leads to a page, it holds
//! the same rows, and the search index is in step after every kind of change.

use crate::model::{
    AttributeKind, Cursor, Direction, Membership, Names, Organisation, OrganisationId, Position,
    Predicate, Profile, ProfileAttribute, Query, Scope, Status, Test, Time, User, UserField,
    UserId, UserKind, Value,
};
use crate::rules;

use super::super::user_lists::{self, Plan};
use super::super::users::Derived;
use super::super::{organisations, paging, users};
use super::statements::real_stores;
use super::*;

/// A small generator whose run is the same every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }

    fn word(&mut self) -> String {
        const LETTERS: [&str; 16] = [
            "an", "an", "a", "b", "bel", "É", "e", "ß", "o", "%", "_", "\\", "\"", "Zoë", "각",
            " x",
        ];
        (0..=self.roll(4)).map(|_| *self.pick(&LETTERS)).collect()
    }
}

/// Parents of the organisations 2 to 12, below the root 1.
const PARENTS: [i64; 11] = [1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 10];

fn below(organisation: i64, top: i64) -> bool {
    organisation == top || (organisation > 1 && below(PARENTS[organisation as usize - 2], top))
}

fn users(numbers: &[i64], within: i64) -> Scope {
    Scope::Users {
        users: numbers.iter().copied().map(Into::into).collect(),
        within: within.into(),
    }
}

fn groups(numbers: &[i64], within: i64) -> Scope {
    Scope::Groups {
        groups: numbers.iter().copied().map(Into::into).collect(),
        within: within.into(),
    }
}

#[derive(Clone)]
struct Person {
    user: User,
    members: Vec<i64>,
}

impl Person {
    fn derived(&self) -> Derived {
        Derived::of(
            &self.user.login,
            self.user.email.as_deref(),
            &self.user.names,
        )
    }

    fn seen(&self, scopes: &[Scope]) -> bool {
        let places = || self.members.iter().copied().chain([self.user.home.0]);
        scopes.iter().any(|scope| match scope {
            Scope::All => true,
            Scope::Own(user) => *user == self.user.id,
            Scope::Users { users, within } => {
                users.contains(&self.user.id) && below(self.user.home.0, within.0)
            }
            Scope::Groups { groups, within } => {
                below(self.user.home.0, within.0)
                    && self
                        .user
                        .primary_group
                        .is_some_and(|group| groups.contains(&group))
            }
            Scope::Organisation(one) => places().any(|place| place == one.0),
            Scope::Subtree(top) => places().any(|place| below(place, top.0)),
        })
    }

    fn searched(&self, search: &str) -> bool {
        let text = self.derived().search;
        rules::trigram_words(search)
            .iter()
            .all(|word| text.contains(word.as_str()))
    }

    fn passes(&self, predicate: &Predicate<UserField>) -> bool {
        match predicate {
            Predicate::All => true,
            Predicate::Nothing => false,
            Predicate::Not(inner) => !self.passes(inner),
            Predicate::And(all) => all.iter().all(|one| self.passes(one)),
            Predicate::Or(any) => any.iter().any(|one| self.passes(one)),
            Predicate::Is(UserField::Organisation, Test::OneOf(values)) => {
                values.iter().any(|value| {
                    self.passes(&is(UserField::Organisation, Test::Equals(value.clone())))
                })
            }
            Predicate::Is(UserField::Organisation, Test::Equals(Value::Int(number))) => {
                self.seen(&[Scope::Organisation((*number).into())])
            }
            Predicate::Is(UserField::HomeSubtree, Test::Equals(Value::Int(number))) => {
                below(self.user.home.0, *number)
            }
            Predicate::Is(UserField::Home, Test::Equals(Value::Int(number))) => {
                self.user.home.0 == *number
            }
            Predicate::Is(UserField::HomeName, test) => {
                passes(&organisation(self.user.home.0).name, test, rules::fold)
            }
            Predicate::Is(UserField::Name, test) => {
                passes(&self.derived().name_key, test, rules::fold_search)
            }
            Predicate::Is(UserField::Login, test) => {
                passes(&self.derived().login_key, test, rules::fold)
            }
            Predicate::Is(UserField::OwnGiven, test) => {
                self.user.names.given.is_some()
                    && passes(&self.derived().given_key, test, rules::fold_search)
            }
            Predicate::Is(UserField::CreatedAt, Test::AtLeast(Value::Time(since))) => {
                self.user.created_at >= *since
            }
            Predicate::Is(UserField::LockAfter, Test::Less(Value::Time(end))) => {
                self.user.lock_after.is_some_and(|time| time < *end)
            }
            Predicate::Is(UserField::LastSeenAt, Test::Less(Value::Time(end))) => {
                self.user.last_seen_at.is_some_and(|time| time < *end)
            }
            Predicate::Is(UserField::LastSeenAt, Test::AtMost(Value::Time(end))) => {
                self.user.last_seen_at.is_some_and(|time| time <= *end)
            }
            Predicate::Is(UserField::Locked, Test::Equals(Value::Flag(locked))) => {
                *locked == self.user.locked_until.is_some_and(|until| until > NOW)
            }
            Predicate::Is(field, Test::Equals(Value::Text(word))) => self.has_word(field, word),
            Predicate::Is(field, Test::OneOf(words)) => words.iter().any(|word| match word {
                Value::Text(word) => self.has_word(field, word),
                other => panic!("not modelled: {other:?}"),
            }),
            Predicate::Is(field, test) => panic!("not modelled: {field:?} {test:?}"),
        }
    }

    /// The text that a list is in the order of.
    fn sorted_by(&self, field: &UserField, derived: Derived) -> String {
        let user = &self.user;
        match field {
            UserField::Name => derived.name_key,
            UserField::Login => derived.login_key,
            UserField::Given => derived.given_key,
            UserField::Family => derived.family_key,
            UserField::Status => users::status_word(user.status).to_owned(),
            UserField::Kind => users::kind_word(user.kind).to_owned(),
            UserField::Standing => self.standing().to_owned(),
            UserField::HomeName => rules::fold(&organisation(user.home.0).name),
            UserField::EmailOrMadeUp if derived.email_key.is_empty() => {
                format!("{}@usher.invalid", user.uuid.simple())
            }
            UserField::ShownEmail { .. } if derived.email_key.is_empty() => {
                format!("7+{}@example.org", user.uuid)
            }
            UserField::EmailOrMadeUp | UserField::ShownEmail { .. } => derived.email_key,
            UserField::Profile(attribute) => {
                let value = user.profile.value(*attribute).as_deref();
                value.unwrap_or_default().to_ascii_lowercase()
            }
            other => panic!("not modelled: {other:?}"),
        }
    }

    fn standing(&self) -> &'static str {
        let user = &self.user;
        let (after, locked, out) = (user.lock_after, user.locked_until, user.lockout_until);
        super::statements::word_of(rules::standing(user.status, after, locked, out, NOW))
    }

    fn has_word(&self, field: &UserField, word: &str) -> bool {
        let user = &self.user;
        let lowered = |text: Option<&str>| text.is_some_and(|text| text.eq_ignore_ascii_case(word));
        match field {
            UserField::Kind => users::kind_word(user.kind) == word,
            UserField::Status => users::status_word(user.status) == word,
            UserField::Standing => self.standing() == word,
            UserField::Profile(attribute) => {
                let value = user.profile.value(*attribute).as_deref();
                match attribute.kind() {
                    AttributeKind::Text => lowered(value),
                    AttributeKind::Exact => value == Some(word),
                }
            }
            other => panic!("not modelled: {other:?} {word}"),
        }
    }
}

/// When the lists are read.
const NOW: Time = Time(9);

/// Addresses begin with numbers here, so that made-up ones stand among them.
const SHOWN_EMAIL: UserField = UserField::ShownEmail {
    before: "7+",
    after: "@example.org",
};

fn passes(text: &str, test: &Test, fold: impl Fn(&str) -> String) -> bool {
    match test {
        Test::Contains(part) => text.contains(&fold(part)),
        Test::StartsWith(part) => text.starts_with(&fold(part)),
        Test::EndsWith(part) => text.ends_with(&fold(part)),
        Test::Equals(Value::Text(value)) => text == fold(value),
        Test::Glob(pattern) => {
            let pieces: Vec<String> = pattern.split('*').map(fold).collect();
            let pattern = pieces
                .iter()
                .map(|piece| regex::escape(piece))
                .collect::<Vec<_>>()
                .join("(?s:.*)");
            regex::Regex::new(&format!("^{pattern}$"))
                .unwrap()
                .is_match(text)
        }
        other => panic!("not modelled: {other:?}"),
    }
}

fn is(field: UserField, test: Test) -> Predicate<UserField> {
    Predicate::Is(field, test)
}

fn organisation(number: i64) -> Organisation {
    let name = format!("organisation {number}");
    Organisation {
        id: number.into(),
        uuid: uuid::Uuid::from_u128(number as u128),
        parent: (number > 1).then(|| PARENTS[number as usize - 2].into()),
        slug: rules::slug(&name),
        name,
        description: None,
        kind: None,
        sector: None,
        nationality: None,
        contacts: None,
        local: true,
        domains: Vec::new(),
        second_factor_required: false,
        version: 1,
        created_at: Time(1),
        created_by: None,
        updated_at: Time(1),
        updated_by: None,
    }
}

fn person(number: u128, dice: &mut Dice) -> Person {
    let names = names(dice);
    let login = format!("{}{number}", dice.word().trim());
    let shown = rules::shown_names(&names, &login);
    let email = (dice.roll(3) > 0).then(|| format!("{number}{}@example.org", dice.word().trim()));
    let home = if dice.roll(3) > 0 {
        5
    } else {
        1 + dice.roll(12) as i64
    };
    let members = (0..dice.roll(3))
        .map(|_| 1 + dice.roll(12) as i64)
        .filter(|place| *place != home)
        .collect();
    let user = User {
        id: UserId(0),
        // Not in the order of the numbers.
        uuid: uuid::Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)),
        login,
        email,
        pending_email: None,
        names,
        shown,
        kind: if dice.roll(9) == 0 {
            UserKind::Service
        } else {
            UserKind::Person
        },
        status: match dice.roll(12) {
            0 => Status::Suspended,
            1 => Status::Expired,
            _ => Status::Active,
        },
        lock_after: (dice.roll(6) == 0).then(|| Time(5 + dice.roll(9) as i64)),
        locked_until: (dice.roll(6) == 0).then(|| Time(5 + dice.roll(9) as i64)),
        lockout_until: (dice.roll(6) == 0).then(|| Time(5 + dice.roll(9) as i64)),
        home: OrganisationId(home),
        primary_group: (dice.roll(5) == 0).then(|| (1 + dice.roll(2) as i64).into()),
        profile: Profile {
            department: (dice.roll(2) == 0)
                .then(|| (*dice.pick(&["Labs", "labs", "Sales", "", "Night shift"])).to_owned()),
            title: (dice.roll(9) == 0).then(|| "Analyst".to_owned()),
            time_zone: (dice.roll(9) == 0).then(|| "Europe/Berlin".to_owned()),
            locale: (dice.roll(9) == 0).then(|| "de-AT".to_owned()),
        },
        second_factor_required: None,
        second_factor: false,
        has_password: false,
        must_change_password: false,
        password_changed_at: None,
        revision: 1,
        created_at: Time(dice.roll(9) as i64),
        created_by: None,
        updated_at: Time(1),
        updated_by: None,
        last_seen_at: None,
        signed_in_at: None,
        previous_sign_in_at: None,
        sign_in_count: 0,
    };
    Person { user, members }
}

fn names(dice: &mut Dice) -> Names {
    let mut name = || (dice.roll(3) > 0).then(|| dice.word());
    Names {
        display: name(),
        given: name(),
        family: name(),
    }
}

async fn place(tx: &mut Tx<'_>, person: &Person) -> Res<()> {
    let places = person.members.iter().map(|place| (*place, false));
    for (organisation, home) in places.chain([(person.user.home.0, true)]) {
        let membership = Membership {
            user: person.user.id,
            organisation: organisation.into(),
            home,
            administrator: false,
        };
        organisations::put_membership(tx, membership, Time(1)).await?;
    }
    users::change_population(tx, person.user.home, 1).await
}

/// Makes people, then changes and deletes some; gives those that are left.
async fn populate(store: &Store, dice: &mut Dice) -> Vec<Person> {
    let made: Res<()> = store
        .write(async |tx: &mut Tx<'_>| {
            for number in 1..=12 {
                organisations::insert(tx, &organisation(number)).await?;
            }
            Ok(())
        })
        .await;
    made.unwrap();
    let mut people: Vec<Person> = (1..=130).map(|number| person(number, dice)).collect();
    for person in &mut people {
        let new = person.clone();
        let id: Res<_> = store
            .write(async move |tx: &mut Tx<'_>| {
                let mut person = new.clone();
                person.user.id = users::insert(tx, &new.user, None).await?.unwrap();
                place(tx, &person).await?;
                // A lock-out is no part of an insert.
                users::update(tx, &person.user, None).await?;
                Ok(person.user.id)
            })
            .await;
        person.user.id = id.unwrap();
        if dice.roll(3) == 0 {
            let (id, at) = (person.user.id, Time(1 + dice.roll(9) as i64));
            let seen: Res<()> = store
                .write(async move |tx: &mut Tx<'_>| users::note_use(tx, id, at).await)
                .await;
            seen.unwrap();
            person.user.last_seen_at = Some(at);
        }
    }
    // A write that is undone leaves the index as it was.
    let undone = people[0].user.clone();
    let refused: Result<(), super::Fault> = store
        .write(async move |tx: &mut Tx<'_>| {
            let mut user = undone.clone();
            user.names.display = Some("undone".to_owned());
            users::update(tx, &user, None).await?;
            Err(super::Fault::Refused)
        })
        .await;
    assert_eq!(refused, Err(super::Fault::Refused));
    for _ in 0..60 {
        let index = dice.roll(people.len());
        let person = &mut people[index];
        if dice.roll(3) == 0 {
            let gone = people.remove(index).user;
            let deleted: Res<()> = store
                .write(async move |tx: &mut Tx<'_>| {
                    users::change_population(tx, gone.home, -1).await?;
                    users::delete(tx, gone.id).await
                })
                .await;
            deleted.unwrap();
        } else {
            person.user.names = names(dice);
            person.user.shown = rules::shown_names(&person.user.names, &person.user.login);
            let user = person.user.clone();
            let updated: Res<_> = store
                .write(async move |tx: &mut Tx<'_>| users::update(tx, &user, None).await)
                .await;
            updated.unwrap();
        }
    }
    people
}

type Asked = (Query<UserField>, Vec<Scope>, Option<i64>);

fn asked(people: &[Person], dice: &mut Dice) -> Vec<Asked> {
    let every = [
        vec![Scope::All],
        vec![Scope::Subtree(1.into())],
        vec![Scope::Subtree(2.into())],
        vec![Scope::Subtree(3.into()), Scope::Own(4.into())],
        vec![Scope::Subtree(4.into()), Scope::Organisation(8.into())],
        vec![Scope::Organisation(5.into())],
        vec![groups(&[1], 1), Scope::Organisation(9.into())],
        vec![groups(&[1, 2], 2)],
        vec![users(&[3, 8], 1)],
        vec![users(&[3, 8, 9, 999], 2), groups(&[], 1)],
        vec![users(&[4, 5, 6], 3), users(&[1, 2], 99)],
        vec![Scope::Subtree(99.into())],
        vec![],
    ];
    let mut asked: Vec<Asked> = Vec::new();
    let sorts = [
        None,
        Some(UserField::Name),
        Some(UserField::CreatedAt),
        Some(UserField::Login),
        Some(UserField::Status),
        Some(UserField::Kind),
        Some(UserField::Standing),
        Some(UserField::HomeName),
        Some(UserField::Given),
        Some(UserField::Family),
        Some(UserField::LastSeenAt),
        Some(UserField::EmailOrMadeUp),
        Some(SHOWN_EMAIL),
        Some(UserField::Profile(ProfileAttribute::Title)),
        Some(UserField::Profile(ProfileAttribute::Department)),
    ];
    for scopes in &every {
        for limit in [None, Some(2)] {
            for sort in &sorts {
                let query = Query {
                    sort: sort.clone(),
                    ..Query::default()
                };
                asked.push((query, scopes.clone(), limit));
            }
        }
    }
    // Everybody is found by what only they are called, however lately it was written.
    for person in people {
        let names = &person.user.names;
        for name in [Some(&person.user.login), names.display.as_ref()] {
            let query = Query {
                search: name.cloned(),
                ..Query::default()
            };
            asked.push((query, vec![Scope::All], None));
        }
    }
    let mut terms: Vec<String> = [
        "an", "x", "%", "_a", "zzz", "anan", "\\", "\"", "anb", "example", "각", "zoe b",
    ]
    .iter()
    .map(|term| (*term).to_owned())
    .collect();
    for _ in 0..8 {
        let text = dice.pick(people).derived().search;
        let letters: Vec<char> = text.chars().collect();
        let begin = dice.roll(letters.len());
        let end = (begin + 1 + dice.roll(6)).min(letters.len());
        terms.push(letters[begin..end].iter().collect());
    }
    // The last letter of a text, and the last two.
    for length in [1, 2, 2] {
        let text = dice.pick(people).derived().search;
        let begin = text.chars().count().saturating_sub(length);
        terms.push(text.chars().skip(begin).collect());
    }
    let words = |field, words: &[&str]| {
        let words = words.iter().map(|word| Value::Text((*word).to_owned()));
        is(field, Test::OneOf(words.collect()))
    };
    let conditions = [
        is(UserField::Status, Test::Equals("suspended".into())),
        words(UserField::Status, &["suspended", "expired", "inactive"]),
        words(UserField::Status, &["suspended", "active"]),
        is(UserField::Standing, Test::Equals("locked".into())),
        is(UserField::Standing, Test::Equals("expired".into())),
        words(UserField::Standing, &["locked_out", "suspended"]),
        is(UserField::Standing, Test::Equals("active".into())),
        is(UserField::Kind, Test::Equals("service".into())),
        is(
            UserField::Profile(ProfileAttribute::Department),
            Test::Equals("LABS".into()),
        ),
        words(
            UserField::Profile(ProfileAttribute::Department),
            &["night SHIFT", "sales", "none"],
        ),
        is(
            UserField::Profile(ProfileAttribute::Department),
            Test::Equals("".into()),
        ),
        is(
            UserField::Profile(ProfileAttribute::Title),
            Test::Equals("analyst".into()),
        ),
        is(
            UserField::Profile(ProfileAttribute::TimeZone),
            Test::Equals("Europe/Berlin".into()),
        ),
        is(
            UserField::Profile(ProfileAttribute::Locale),
            Test::Equals("de-AT".into()),
        ),
        is(UserField::Locked, Test::Equals(Value::Flag(true))),
        is(UserField::Locked, Test::Equals(Value::Flag(false))),
        is(UserField::LockAfter, Test::Less(Value::Time(Time(9)))),
        is(UserField::LastSeenAt, Test::Less(Value::Time(Time(6)))),
        is(UserField::LastSeenAt, Test::AtMost(Value::Time(Time(6)))),
        is(UserField::LastSeenAt, Test::Less(Value::Time(Time(0)))),
        is(UserField::CreatedAt, Test::AtLeast(Value::Time(Time(7)))),
        is(UserField::CreatedAt, Test::AtLeast(Value::Time(Time(1)))),
    ];
    for condition in conditions {
        for predicate in [
            condition.clone(),
            Predicate::Not(Box::new(condition.clone())),
            Predicate::Or(vec![
                condition.clone(),
                is(UserField::Home, Test::Equals(3.into())),
            ]),
            Predicate::And(vec![
                condition.clone(),
                is(UserField::HomeSubtree, Test::Equals(2.into())),
            ]),
        ] {
            let query = Query {
                predicate,
                sort: dice.pick(&sorts).clone(),
                ..Query::default()
            };
            asked.push((query, dice.pick(&every).clone(), None));
        }
    }
    for term in terms {
        let number = 1 + dice.roll(12) as i64;
        let organisation = is(UserField::Organisation, Test::Equals(number.into()));
        let contains = |field| is(field, Test::Contains(term.clone()));
        let predicates = [
            Predicate::All,
            organisation.clone(),
            Predicate::Or(vec![
                organisation,
                is(
                    UserField::Organisation,
                    Test::OneOf(vec![5.into(), 9.into()]),
                ),
            ]),
            is(UserField::HomeSubtree, Test::Equals(number.into())),
            Predicate::And(vec![
                is(UserField::HomeSubtree, Test::Equals(2.into())),
                contains(UserField::Login),
            ]),
            is(
                UserField::HomeName,
                Test::Contains(format!("TION {number}")),
            ),
            Predicate::Or(vec![
                contains(UserField::Login),
                is(UserField::HomeName, Test::EndsWith(format!(" {number}"))),
            ]),
            contains(UserField::Name),
            contains(UserField::OwnGiven),
            is(UserField::OwnGiven, Test::Equals(term.as_str().into())),
            Predicate::Not(Box::new(contains(UserField::Name))),
            Predicate::Or(vec![contains(UserField::Login), contains(UserField::Name)]),
            is(UserField::Name, Test::StartsWith(term.clone())),
            is(UserField::Login, Test::EndsWith(term.clone())),
            is(UserField::Name, Test::Glob(format!("*{term}*a*"))),
            is(UserField::Login, Test::Equals(term.as_str().into())),
            Predicate::And(vec![
                is(UserField::Home, Test::Equals(number.into())),
                contains(UserField::Name),
            ]),
        ];
        for predicate in predicates {
            let query = Query {
                search: (dice.roll(2) == 0).then(|| term.clone()),
                predicate,
                sort: dice.pick(&sorts).clone(),
                direction: *dice.pick(&[Direction::Up, Direction::Down]),
                ..Query::default()
            };
            let limit = *dice.pick(&[None, None, Some(2)]);
            asked.push((query, dice.pick(&every).clone(), limit));
        }
    }
    asked
}

/// The list read person by person.
fn expected(people: &[Person], (query, scopes, limit): &Asked) -> Vec<i64> {
    let mut found: Vec<_> = people
        .iter()
        .filter(|person| {
            person.seen(scopes)
                && limit.is_none_or(|top| person.seen(&[Scope::Subtree(top.into())]))
                && query
                    .search
                    .as_deref()
                    .is_none_or(|search| person.searched(search))
                && person.passes(&query.predicate)
        })
        .map(|person| {
            let derived = person.derived();
            let key = match &query.sort {
                None => (String::new(), 0),
                Some(UserField::CreatedAt) => (String::new(), person.user.created_at.0),
                Some(UserField::LastSeenAt) => (
                    String::new(),
                    person.user.last_seen_at.map_or(0, |time| time.0),
                ),
                Some(field) => (person.sorted_by(field, derived), 0),
            };
            (key, person.user.id.0)
        })
        .collect();
    found.sort();
    if query.direction == Direction::Down {
        found.reverse();
    }
    found.into_iter().map(|(_, id)| id).collect()
}

/// The whole list, page by page.
async fn read(store: &Store, plan: &Plan, limit: u32, by_offset: bool) -> Vec<i64> {
    let mut found = Vec::new();
    let mut from = Position::Start;
    loop {
        let plan = plan.at(from.clone(), limit);
        let (sql, text) = plan.page_sql(NOW).unwrap();
        let rows: Res<Vec<(User, Cursor)>> = store
            .read(async |tx: &mut Tx<'_>| user_lists::page(tx, &sql, text).await)
            .await;
        let page = paging::page(
            rows.unwrap_or_else(|error| panic!("{error:?}\n{}", sql.text)),
            &Query {
                from: from.clone(),
                limit,
                ..Query::<()>::default()
            },
            None,
        );
        found.extend(page.items.into_iter().map(|user| user.id.0));
        from = match page.next {
            None => return found,
            Some(_) if by_offset => Position::Offset(found.len() as u64),
            Some(cursor) => Position::After(cursor),
        };
    }
}

/// The whole list, page by page from its end.
async fn read_backwards(store: &Store, plan: &Plan, limit: u32, last: Cursor) -> Vec<i64> {
    let mut found = Vec::new();
    let mut from = Position::Before(last);
    loop {
        let plan = plan.at(from.clone(), limit);
        let (sql, text) = plan.page_sql(NOW).unwrap();
        let rows: Res<Vec<(User, Cursor)>> = store
            .read(async |tx: &mut Tx<'_>| user_lists::page(tx, &sql, text).await)
            .await;
        let query = Query::<()> {
            from: from.clone(),
            limit,
            ..Query::default()
        };
        let page = paging::page(rows.unwrap(), &query, None);
        let numbers = page.items.iter().map(|user| user.id.0);
        found.splice(0..0, numbers);
        match page.previous {
            None => return found,
            Some(cursor) => from = Position::Before(cursor),
        }
    }
}

async fn count(store: &Store, plan: &Plan) -> usize {
    let sql = plan.count_sql(NOW).unwrap();
    let counted: Res<_> = store
        .read(async |tx: &mut Tx<'_>| tx.one(&sql.text, &sql.vals(), |row| row.int(0)).await)
        .await;
    usize::try_from(counted.unwrap().unwrap()).unwrap()
}

async fn lists_are_as_read_by_brute_force(store: &Store) {
    let mut dice = Dice(88_172_645_463_325_252);
    let people = populate(store, &mut dice).await;
    let mut nonempty = 0;
    for one in asked(&people, &mut dice) {
        let expected = expected(&people, &one);
        nonempty += usize::from(!expected.is_empty());
        let (query, scopes, limit) = &one;
        let chosen: Res<Plan> = store
            .read(async |tx: &mut Tx<'_>| Plan::of(tx, query, scopes, *limit).await)
            .await;
        let mut plans = Plan::every(query, scopes, *limit, |top| {
            (1..=12).filter(|place| below(*place, top)).collect()
        });
        plans.push(chosen.unwrap());
        for (index, plan) in plans.iter().enumerate() {
            let rows_of_a_page = 10 + dice.roll(80) as u32;
            assert_eq!(
                read(store, plan, rows_of_a_page, index % 2 == 1).await,
                expected,
                "{one:?}\n{plan:?}"
            );
            if let Some((last, before)) = expected.split_last() {
                let whole = plan.at(Position::Start, 100_000);
                let (sql, text) = whole.page_sql(NOW).unwrap();
                let rows: Res<Vec<(User, Cursor)>> = store
                    .read(async |tx: &mut Tx<'_>| user_lists::page(tx, &sql, text).await)
                    .await;
                let (user, cursor) = rows.unwrap().pop().unwrap();
                assert_eq!(user.id.0, *last, "{one:?}\n{plan:?}");
                assert_eq!(
                    read_backwards(store, plan, rows_of_a_page, cursor).await,
                    before,
                    "{one:?}\n{plan:?}"
                );
            }
            assert_eq!(
                count(store, plan).await,
                expected.len(),
                "{one:?}\n{plan:?}"
            );
        }
    }
    assert!(nonempty > 150, "only {nonempty} lists held anybody");
}

#[tokio::test]
async fn lists_are_as_read_by_brute_force_on_sqlite() {
    let [(lite, _), (pg, _)] = real_stores().await;
    pg.end().await;
    lists_are_as_read_by_brute_force(&lite.store).await;
    lite.end().await;
}

#[tokio::test]
async fn lists_are_as_read_by_brute_force_on_postgres() {
    let [(_, _), (pg, _)] = real_stores().await;
    lists_are_as_read_by_brute_force(&pg.store).await;
    pg.end().await;
}
