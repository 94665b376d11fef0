//! What a filter finds in the store is what it finds among the members shown.

use serde_json::{Value, json};

use super::{column, fault, owner};
use crate::world;
use directory::filter::{Comparison, Expression, Literal, Operator, parse};
use test_support::World;

/// Numbers drawn from a fixed seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}

const NAMES: [&str; 6] = ["Ada", "ada", "Zoë", "Björn", "O'Neil", "Ada Maria"];
const WORDS: [&str; 5] = ["Engines", "engines", "R&D (50%)", "a_b", "x"];

async fn people(world: &World, dice: &mut Dice) {
    owner(world, "POST", "/organisations", json!({"name": "Child"})).await;
    owner(world, "POST", "/groups", json!({"name": "SOC"})).await;
    let mut items = Vec::new();
    for number in 0..60 {
        let mut body = json!({ "login": format!("person{number}"), "kind": dice.pick(&["person", "service"]) });
        if body["kind"] == "person" || dice.roll(2) == 0 {
            body["email"] =
                format!("P{number}@{}", dice.pick(&["example.org", "Example.NET"])).into();
        }
        for (member, values) in [
            ("given_name", &NAMES[..]),
            ("family_name", &NAMES),
            ("display_name", &NAMES),
            ("department", &WORDS),
            ("title", &WORDS),
        ] {
            if dice.roll(3) > 0 {
                body[member] = (*dice.pick(values)).into();
            }
        }
        if dice.roll(3) == 0 {
            body["status"] = (*dice.pick(&["inactive", "suspended", "expired"])).into();
        }
        if dice.roll(4) == 0 {
            body["locked"] = true.into();
        }
        if dice.roll(3) == 0 {
            body["lock_after"] = (*dice.pick(&[
                "2025-12-31T00:00:00Z",
                "2026-01-01T00:00:10Z",
                "2031-01-01T00:00:00Z",
            ]))
            .into();
        }
        if dice.roll(2) == 0 {
            body["home"] = "Child".into();
        }
        if dice.roll(3) == 0 {
            body["groups"] = json!(["SOC"]);
        }
        if dice.roll(3) == 0 {
            body["second_factor_required"] = (dice.roll(2) == 0).into();
        }
        if number % 20 == 7 {
            body["password"] = format!("Cobalt-Lantern-{number}!").into();
        }
        items.push(body);
    }
    for chunk in items.chunks(10) {
        world.clock.advance(1_000);
        let made = owner(world, "POST", "/users/batch", json!({ "items": chunk })).await;
        assert_eq!(made.status, 201, "{made:?}");
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Word,
    Flag,
    Number,
    Time,
}

const FIELDS: [(&str, Kind); 22] = [
    ("number", Kind::Number),
    ("login", Kind::Text),
    ("email", Kind::Text),
    ("name", Kind::Text),
    ("given_name", Kind::Text),
    ("family_name", Kind::Text),
    ("department", Kind::Text),
    ("title", Kind::Text),
    ("kind", Kind::Word),
    ("status", Kind::Word),
    ("standing", Kind::Word),
    ("locked", Kind::Flag),
    ("second_factor", Kind::Flag),
    ("second_factor_required", Kind::Flag),
    ("has_password", Kind::Flag),
    ("must_change_password", Kind::Flag),
    ("home", Kind::Number),
    ("created_by", Kind::Number),
    ("lock_after", Kind::Time),
    ("created_at", Kind::Time),
    ("last_seen_at", Kind::Time),
    ("password_changed_at", Kind::Time),
];

fn comparison(dice: &mut Dice) -> Expression {
    let (field, kind) = *dice.pick(&FIELDS);
    let reference = matches!(field, "home" | "created_by");
    use Operator as O;
    let operator = match kind {
        _ if dice.roll(8) == 0 => O::Present,
        Kind::Text => *dice.pick(&[
            O::Equal,
            O::NotEqual,
            O::Contains,
            O::StartsWith,
            O::EndsWith,
        ]),
        Kind::Number | Kind::Time if !reference => *dice.pick(&[
            O::Equal,
            O::NotEqual,
            O::Greater,
            O::AtLeast,
            O::Less,
            O::AtMost,
        ]),
        _ => *dice.pick(&[O::Equal, O::NotEqual]),
    };
    let (text, quoted) = match kind {
        _ if matches!(operator, O::Equal | O::NotEqual) && dice.roll(8) == 0 => {
            ("null".to_owned(), false)
        }
        Kind::Text => {
            let words = [
                "ada",
                "ADA",
                "zoe",
                "Zoë",
                "bjorn",
                "engines",
                "%",
                "_",
                "o'n",
                "p1",
                "example.net",
                "person3",
                "",
                "(50",
            ];
            ((*dice.pick(&words)).to_owned(), true)
        }
        Kind::Word => {
            let words: &[&str] = match field {
                "kind" => &["person", "service", "PERSON"],
                "status" => &["active", "inactive", "suspended"],
                _ => &["active", "locked", "expired", "suspended"],
            };
            ((*dice.pick(words)).to_owned(), false)
        }
        Kind::Flag => ((*dice.pick(&["true", "false"])).to_owned(), false),
        Kind::Number => (dice.roll(if reference { 4 } else { 70 }).to_string(), false),
        Kind::Time => {
            let times = [
                "2026-01-01T00:00:03Z",
                "2026-01-01T00:00:00Z",
                "2031-01-01",
                "-2s",
                "+1d",
            ];
            ((*dice.pick(&times)).to_owned(), false)
        }
    };
    Expression::Test(Comparison {
        field: field.to_owned(),
        position: 0,
        operator,
        value: if operator == O::Present {
            Literal::default()
        } else {
            Literal {
                text,
                quoted,
                position: 0,
            }
        },
    })
}

fn expression(dice: &mut Dice, depth: usize) -> Expression {
    match dice.roll(if depth == 0 { 1 } else { 5 }) {
        0 | 1 => comparison(dice),
        2 => Expression::Not(Box::new(expression(dice, depth - 1))),
        3 => Expression::Or(vec![
            expression(dice, depth - 1),
            expression(dice, depth - 1),
        ]),
        _ => Expression::And(vec![
            expression(dice, depth - 1),
            expression(dice, depth - 1),
        ]),
    }
}

/// Whether a shown user passes an expression.
fn passes(expression: &Expression, user: &Value, now: i64) -> bool {
    match expression {
        Expression::Or(several) => several.iter().any(|one| passes(one, user, now)),
        Expression::And(several) => several.iter().all(|one| passes(one, user, now)),
        Expression::Not(inner) => !passes(inner, user, now),
        Expression::Test(test) => compares(test, user, now),
    }
}

fn compares(test: &Comparison, user: &Value, now: i64) -> bool {
    let shown = &user[&test.field];
    let kind = FIELDS
        .iter()
        .find(|(name, _)| *name == test.field)
        .unwrap()
        .1;
    let text = &test.value.text;
    if test.operator == Operator::Present {
        return !shown.is_null();
    }
    let empty = text.is_empty() && matches!(kind, Kind::Text);
    if test.value.is_null() || empty {
        return match test.operator {
            Operator::Equal => shown.is_null(),
            _ => !shown.is_null(),
        };
    }
    let negated = test.operator == Operator::NotEqual;
    if shown.is_null() {
        return negated;
    }
    let found = match kind {
        Kind::Text => {
            let fold = |text: &str| match test.field.as_str() {
                "login" | "email" => directory::fold(text),
                "department" | "title" => text.to_ascii_lowercase(),
                _ => directory::fold_search(text),
            };
            let (shown, text) = (fold(shown.as_str().unwrap()), fold(text));
            match test.operator {
                Operator::Contains => shown.contains(&text),
                Operator::StartsWith => shown.starts_with(&text),
                Operator::EndsWith => shown.ends_with(&text),
                _ => shown == text,
            }
        }
        Kind::Word => shown.as_str().unwrap().eq_ignore_ascii_case(text),
        Kind::Flag => shown.as_bool() == Some(text == "true"),
        Kind::Number => ordered(
            shown.as_i64().unwrap(),
            text.parse().unwrap(),
            test.operator,
        ),
        Kind::Time => {
            let asked = match text.as_str() {
                "-2s" => now - 2_000,
                "+1d" => now + 86_400_000,
                text => directory::Time::parse(text).unwrap().milliseconds(),
            };
            let shown = directory::Time::parse(shown.as_str().unwrap())
                .unwrap()
                .milliseconds();
            ordered(shown, asked, test.operator)
        }
    };
    found != negated
}

fn ordered(shown: i64, asked: i64, operator: Operator) -> bool {
    match operator {
        Operator::Greater => shown > asked,
        Operator::AtLeast => shown >= asked,
        Operator::Less => shown < asked,
        Operator::AtMost => shown <= asked,
        _ => shown == asked,
    }
}

#[tokio::test]
async fn a_filter_finds_what_is_shown() {
    let world = world().await;
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    people(&world, &mut dice).await;
    let whole = owner(&world, "GET", "/users?limit=1000", Value::Null).await;
    let now = world.directory.now().milliseconds();
    let mut found_any = 0;
    for _ in 0..400 {
        let filter = expression(&mut dice, 3);
        let text = filter.to_string();
        assert_eq!(parse(&text).unwrap(), filter, "{text}");
        let expected: Vec<Value> = whole.json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|user| passes(&filter, user, now))
            .map(|user| user["login"].clone())
            .collect();
        let path = format!(
            "/users?limit=1000&total=true&filter={}",
            kit::percent_encode(&text)
        );
        let reply = owner(&world, "GET", &path, Value::Null).await;
        assert_eq!(reply.status, 200, "{text}: {reply:?}");
        assert_eq!(column(&reply, "login"), expected, "{text}");
        assert_eq!(reply.json()["total"], expected.len(), "{text}");
        found_any += usize::from(!expected.is_empty() && expected.len() < 61);
    }
    assert!(
        found_any > 150,
        "only {found_any} filters told people apart"
    );
}

#[tokio::test]
async fn a_filter_that_is_not_understood_is_refused() {
    let world = world().await;
    for (filter, words) in [
        ("", "at character 1: the name of a field"),
        ("age eq 5", "at character 1: a field was expected"),
        ("login is ada", "at character 7: one of eq"),
        (
            "number eq five",
            "at character 11: a whole number was expected",
        ),
    ] {
        let path = format!("/users?filter={}", kit::percent_encode(filter));
        let reply = owner(&world, "GET", &path, Value::Null).await;
        let (status, code, field) = fault(&reply);
        assert_eq!(
            (status, code.as_str(), field.as_deref()),
            (400, "invalid-filter", Some("filter")),
            "{filter}"
        );
        assert!(
            reply.json()["detail"].as_str().unwrap().contains(words),
            "{reply:?}"
        );
    }
    let twice = owner(
        &world,
        "GET",
        "/users?filter=locked+eq+true&filter=locked+eq+false",
        Value::Null,
    )
    .await;
    assert_eq!(fault(&twice).1, "invalid-parameter");
}

/// Every list takes a filter over each of its fields.
#[tokio::test]
async fn every_field_of_every_list_is_compared() {
    use directory::filter as f;
    use directory::filter::FieldKind as K;
    let world = world().await;
    fn tests(name: &str, kind: K) -> Vec<String> {
        let mut all = vec![format!("{name} pr"), format!("not {name} eq null")];
        all.push(match kind {
            K::Text | K::Lower | K::Exact => format!("{name} co \"x\" or {name} eq \"x\" or {name} sw \"x\" or {name} ew \"x\""),
            K::Word(words) => format!("{name} eq {}", words[0]),
            K::Uuid => format!("{name} eq 0190a5b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"),
            K::Flag => format!("{name} eq true"),
            K::Number => format!("{name} ge 1"),
            K::Time => format!("{name} lt -1d"),
            K::User | K::Organisation | K::Group | K::Role | K::Key => {
                format!("{name} eq 1 or {name} ne nothing or {name} eq 0190a5b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b")
            }
        });
        all
    }
    let mut filters: Vec<(&str, String)> = Vec::new();
    let mut add = |path: &'static str, name: &str, kind: K| {
        filters.extend(tests(name, kind).into_iter().map(|test| (path, test)));
    };
    f::USER_FIELDS
        .iter()
        .for_each(|one| add("/users", one.name, one.kind));
    f::ORGANISATION_FIELDS
        .iter()
        .for_each(|one| add("/organisations", one.name, one.kind));
    f::GROUP_FIELDS
        .iter()
        .for_each(|one| add("/groups", one.name, one.kind));
    f::ROLE_FIELDS
        .iter()
        .for_each(|one| add("/roles", one.name, one.kind));
    f::KEY_FIELDS
        .iter()
        .for_each(|one| add("/keys", one.name, one.kind));
    f::SESSION_FIELDS
        .iter()
        .for_each(|one| add("/sessions", one.name, one.kind));
    f::EVENT_FIELDS
        .iter()
        .for_each(|one| add("/events", one.name, one.kind));
    f::MAIL_FIELDS
        .iter()
        .for_each(|one| add("/mails", one.name, one.kind));
    f::COLLECTION_FIELDS
        .iter()
        .for_each(|one| add("/collections", one.name, one.kind));
    f::JOB_FIELDS
        .iter()
        .for_each(|one| add("/jobs", one.name, one.kind));
    f::GRANT_FIELDS
        .iter()
        .for_each(|one| add("/grants", one.name, one.kind));
    for (path, filter) in filters {
        let target = format!("{path}?filter={}", kit::percent_encode(&filter));
        let reply = owner(&world, "GET", &target, Value::Null).await;
        assert_eq!(reply.status, 200, "{path} {filter}: {reply:?}");
    }
}
