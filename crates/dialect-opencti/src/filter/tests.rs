use serde_json::{Value, json};

use super::*;

const NOW: Time = Time(1_776_451_044_000);

fn columns(key: &str) -> Option<Column<&'static str>> {
    Some(match key {
        "name" => Column::Text("name"),
        "mail" => Column::Text("mail"),
        "note" => Column::Folded("note"),
        "id" => Column::Id("id"),
        "created_at" => Column::Time("created"),
        "status" => Column::Words(vec![
            ("Active", Predicate::is("state", Test::Equals("a".into()))),
            ("Locked", Predicate::is("state", Test::Equals("l".into()))),
        ]),
        "external" => Column::flag(Predicate::is("origin", Test::Equals("sso".into()))),
        "entity_type" => Column::always(&["User"]),
        _ => return None,
    })
}

/// A predicate in a line of text.
fn shown(predicate: &Predicate<&str>) -> String {
    let list = |parts: &[Predicate<&str>], word: &str| {
        let parts: Vec<String> = parts.iter().map(shown).collect();
        format!("({})", parts.join(word))
    };
    let value = |value: &Compared| match value {
        Compared::Text(text) => text.clone(),
        Compared::Time(time) => time.rfc3339(),
        other => format!("{other:?}"),
    };
    match predicate {
        Predicate::All => "all".into(),
        Predicate::Nothing => "nothing".into(),
        Predicate::Not(inner) => format!("!{}", shown(inner)),
        Predicate::And(parts) => list(parts, " & "),
        Predicate::Or(parts) => list(parts, " | "),
        Predicate::Is(field, test) => match test {
            Test::Equals(one) => format!("{field}={}", value(one)),
            Test::Less(one) => format!("{field}<{}", value(one)),
            Test::AtMost(one) => format!("{field}<={}", value(one)),
            Test::Greater(one) => format!("{field}>{}", value(one)),
            Test::AtLeast(one) => format!("{field}>={}", value(one)),
            Test::Contains(text) => format!("{field}~{text}"),
            Test::StartsWith(text) => format!("{field}^{text}"),
            Test::EndsWith(text) => format!("{field}${text}"),
            Test::Glob(text) => format!("{field}*{text}"),
            Test::Absent => format!("{field}?"),
            other => format!("{other:?}"),
        },
    }
}

fn read_one(filter: Value) -> Result<Predicate<&'static str>, Refusal> {
    let group = json!({"mode": "and", "filters": [filter], "filterGroups": []});
    read(&group, columns, &Resolved::new(), NOW)
}

#[test]
fn filters_become_predicates() {
    let uuid = "1f6a9c52-7a0e-4c58-9a53-2f0c9f1f7b11";
    for (filter, expected) in [
        (json!({"key": ["name"], "values": ["Ada"]}), "name=Ada"),
        (
            json!({"key": ["name"], "values": ["a", "b"], "operator": "eq", "mode": "or"}),
            "(name=a | name=b)",
        ),
        (
            json!({"key": ["name"], "values": ["a", "b"], "operator": "contains", "mode": "and"}),
            "(name~a & name~b)",
        ),
        (
            json!({"key": ["name", "mail"], "values": ["a"], "operator": "starts_with"}),
            "(name^a | mail^a)",
        ),
        (
            json!({"key": ["name"], "values": ["a"], "operator": "not_eq"}),
            "!name=a",
        ),
        (
            json!({"key": ["name"], "values": ["a", "b"], "operator": "not_contains", "mode": "and"}),
            "(!name~a & !name~b)",
        ),
        (
            json!({"key": ["name"], "values": ["a"], "operator": "ends_with"}),
            "name$a",
        ),
        (
            json!({"key": ["name"], "values": ["a*"], "operator": "wildcard"}),
            "name*a*",
        ),
        (
            json!({"key": ["name"], "values": [], "operator": "nil"}),
            "name?",
        ),
        (
            json!({"key": ["name"], "values": [], "operator": "not_nil"}),
            "!name?",
        ),
        (
            json!({"key": ["name"], "values": ["ada \"van dyk\""], "operator": "match"}),
            "(name~ada | name~van dyk)",
        ),
        (
            json!({"key": ["name"], "values": ["ada lovelace"], "operator": "search"}),
            "(name~ada | name~lovelace)",
        ),
        (
            json!({"key": ["note"], "values": ["ÉCOLE"], "operator": "contains"}),
            "note~ecole",
        ),
        (
            json!({"key": ["note"], "values": [], "operator": "nil"}),
            "note?",
        ),
        (
            json!({"key": ["id"], "values": [uuid, "nonsense"]}),
            "id=1f6a9c52-7a0e-4c58-9a53-2f0c9f1f7b11",
        ),
        (
            json!({"key": ["created_at"], "values": ["2026-04-17"], "operator": "gt"}),
            "created>2026-04-17T00:00:00.000Z",
        ),
        (
            json!({"key": ["created_at"], "values": ["now-7d"], "operator": "lte"}),
            "created<=2026-04-10T18:37:24.000Z",
        ),
        (
            json!({"key": ["created_at"], "values": ["now-1h", "now"], "operator": "within"}),
            "(created>=2026-04-17T17:37:24.000Z & created<=2026-04-17T18:37:24.000Z)",
        ),
        (
            json!({"key": ["created_at"], "values": ["now-1h"], "operator": "within"}),
            "(created>=2026-04-17T17:37:24.000Z & created<=2026-04-17T18:37:24.000Z)",
        ),
        (json!({"key": ["status"], "values": ["active"]}), "state=a"),
        (
            json!({"key": ["status"], "values": ["c"], "operator": "contains"}),
            "(state=a | state=l)",
        ),
        (
            json!({"key": ["status"], "values": ["Active"], "operator": "not_eq"}),
            "!state=a",
        ),
        (json!({"key": ["status"], "values": ["Gone"]}), "nothing"),
        (json!({"key": ["external"], "values": [true]}), "origin=sso"),
        (
            json!({"key": ["external"], "values": ["false"]}),
            "!origin=sso",
        ),
        (
            json!({"key": ["external"], "values": ["true", "false"]}),
            "(origin=sso | !origin=sso)",
        ),
        (json!({"key": ["entity_type"], "values": ["User"]}), "all"),
        (
            json!({"key": ["entity_type"], "values": ["User"], "operator": "not_eq"}),
            "nothing",
        ),
        (json!({"key": ["name"], "values": [7]}), "name=7"),
    ] {
        assert_eq!(
            shown(&read_one(filter.clone()).unwrap()),
            expected,
            "{filter}"
        );
    }
}

#[test]
fn groups_nest() {
    let leaf = |name: &str| json!({"key": ["name"], "values": [name]});
    let group = json!({"mode": "and", "filters": [leaf("a")], "filterGroups": [
        {"mode": "or", "filters": [leaf("b"), leaf("c")], "filterGroups": [
            {"mode": "and", "filters": [], "filterGroups": []}]},
        {"mode": "or", "filters": [leaf("d"), leaf("e")], "filterGroups": []}]});
    let predicate = read(&group, columns, &Resolved::new(), NOW).unwrap();
    // An empty group says nothing: it neither holds for everybody nor for nobody.
    assert_eq!(
        shown(&predicate),
        "(name=a & (name=b | name=c) & (name=d | name=e))"
    );
    let empty = json!({"mode": "or", "filters": [], "filterGroups": [
        {"mode": "and", "filters": [], "filterGroups": []}]});
    let predicate = read(&empty, columns, &Resolved::new(), NOW).unwrap();
    assert_eq!(predicate, Predicate::All);
}

#[test]
fn standard_ids_are_looked_up_first() {
    let (known, unknown) = (
        "user--1f6a9c52-7a0e-4c58-9a53-2f0c9f1f7b11",
        "user--2f6a9c52-7a0e-4c58-9a53-2f0c9f1f7b11",
    );
    let group = json!({"mode": "or", "filters": [{"key": ["id"], "values": [known]}], "filterGroups": [
        {"mode": "or", "filters": [{"key": ["id"], "values": [unknown]}], "filterGroups": []}]});
    assert_eq!(standard_ids(&group), [known, unknown]);
    let resolved = Resolved::from([(known.to_owned(), Uuid::from_u128(7))]);
    let predicate = read(&group, columns, &resolved, NOW).unwrap();
    assert_eq!(shown(&predicate), "id=00000000-0000-0000-0000-000000000007");
}

#[test]
fn what_cannot_be_filtered_is_refused() {
    let mut deep = json!({"mode": "and", "filters": [], "filterGroups": []});
    for _ in 0..40 {
        deep = json!({"mode": "and", "filters": [], "filterGroups": [deep]});
    }
    let wide = json!({"key": ["name"], "values": vec!["a"; 3_000]});
    for (answer, code, message) in [
        (
            read_one(json!({"key": ["nope", "name"], "values": ["a"]})),
            "UNSUPPORTED_ERROR",
            "Incorrect filter keys not existing in any schema definition",
        ),
        (
            read_one(json!({"key": ["name"], "values": []})),
            "UNSUPPORTED_ERROR",
            "needs values",
        ),
        (
            read_one(json!({"key": ["name"], "values": [], "operator": "not_eq"})),
            "UNSUPPORTED_ERROR",
            "needs values",
        ),
        (
            read_one(json!({"key": [], "values": ["a"]})),
            "UNSUPPORTED_ERROR",
            "needs a key",
        ),
        (
            read_one(json!({"key": ["id"], "values": ["a"], "operator": "contains"})),
            "UNSUPPORTED_ERROR",
            "operator",
        ),
        (
            read_one(json!({"key": ["created_at"], "values": ["soon"], "operator": "gt"})),
            "UNSUPPORTED_ERROR",
            "no date",
        ),
        (
            read_one(
                json!({"key": ["created_at"], "values": ["now", "now", "now"], "operator": "within"}),
            ),
            "UNSUPPORTED_ERROR",
            "two values",
        ),
        (
            read_one(json!({"key": ["name"], "values": ["a"], "operator": "script"})),
            "UNSUPPORTED_ERROR",
            "operator",
        ),
        (
            read(&deep, columns, &Resolved::new(), NOW),
            "UNSUPPORTED_ERROR",
            "deeply",
        ),
        (read_one(wide), "UNSUPPORTED_ERROR", "too many"),
    ] {
        let refusal = answer.unwrap_err();
        assert_eq!(refusal.code, code);
        assert!(refusal.message.contains(message), "{}", refusal.message);
    }
    let refusal = read_one(json!({"key": ["nope", "name"], "values": ["a"]})).unwrap_err();
    assert_eq!(refusal.data.last().unwrap(), &("keys", json!(["nope"])));
}

#[test]
fn searches_fall_into_terms() {
    for (search, expected) in [
        ("ada", vec!["ada"]),
        ("ada ada", vec!["ada"]),
        ("  Ada  Lovelace ", vec!["Ada", "Lovelace"]),
        ("\"Ada Lovelace\" acme", vec!["Ada Lovelace", "acme"]),
        ("\"open", vec!["open"]),
        ("", vec![]),
        ("\"\"", vec![]),
    ] {
        assert_eq!(search_terms(search).unwrap(), expected, "{search}");
    }
}

#[test]
fn searches_are_bounded_before_they_are_split() {
    let words: Vec<String> = (0..60_000).map(|word| format!("{word:x}")).collect();
    for search in [words.join(" "), "a".repeat(60_000), "a ".repeat(17)] {
        let refusal = search_terms(&search).unwrap_err();
        assert_eq!(refusal.code, "UNSUPPORTED_ERROR", "{}", refusal.message);
        for operator in ["match", "search"] {
            let filter = json!({"key": ["name"], "values": [search], "operator": operator});
            assert!(read_one(filter).is_err(), "{operator}");
        }
    }
}

/// What is no value of its key matches nothing, and its opposite is refused instead of matching all.
#[test]
fn what_is_not_understood_widens_nothing() {
    for (key, value) in [
        ("status", json!("Gone")),
        ("external", json!("maybe")),
        ("entity_type", json!("Widget")),
        ("id", json!("nonsense")),
    ] {
        let filter =
            |operator: &str| json!({"key": [key], "values": [value], "operator": operator});
        assert_eq!(read_one(filter("eq")).unwrap(), Predicate::Nothing, "{key}");
        let refusal = read_one(filter("not_eq")).unwrap_err();
        assert!(refusal.message.contains("does not know"), "{key}");
    }
    for value in [json!(null), json!([]), json!({"a": 1})] {
        for operator in ["eq", "not_eq", "contains"] {
            let filter = json!({"key": ["name"], "values": [value], "operator": operator});
            assert!(read_one(filter).is_err(), "{value} {operator}");
        }
    }
}
