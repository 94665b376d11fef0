//! Lists against what they show: the rows that a filter finds are those that show the value, and an order
//! is the order of what is shown.

use directory::fold_search;
use serde_json::{Value, json};

use super::{ask, group_with, opencti, user};
use test_support::World;

/// A list, the keys of its filters with what they are read as, and its orders.
struct Shown {
    root: &'static str,
    /// What is selected of each row.
    selection: &'static str,
    /// Keys that texts are looked for in: the key, and where the row shows it.
    texts: &'static [(&'static str, &'static str)],
    /// Keys that are compared as a whole.
    wholes: &'static [(&'static str, &'static str)],
    /// Keys whose values are ordered: dates and figures.
    spans: &'static [(&'static str, &'static str)],
    orders: &'static [(&'static str, &'static str)],
}

const LISTS: &[Shown] = &[
    Shown {
        root: "users",
        selection: "id name user_email firstname lastname description theme language unit_system external account_status \
                    account_lock_after_date user_service_account otp_activated submenu_show_icons monochrome_labels \
                    default_hidden_types unsubscribed_news_feed_types default_time_field individual_id created_at \
                    updated_at entity_type parent_types standard_id",
        texts: &[
            ("name", "/name"),
            ("user_email", "/user_email"),
            ("firstname", "/firstname"),
            ("lastname", "/lastname"),
            ("description", "/description"),
            ("theme", "/theme"),
            ("unit_system", "/unit_system"),
            ("default_time_field", "/default_time_field"),
        ],
        wholes: &[
            ("id", "/id"),
            ("standard_id", "/standard_id"),
            ("language", "/language"),
            ("external", "/external"),
            ("account_status", "/account_status"),
            ("user_service_account", "/user_service_account"),
            ("otp_activated", "/otp_activated"),
            ("submenu_show_icons", "/submenu_show_icons"),
            ("monochrome_labels", "/monochrome_labels"),
            ("default_hidden_types", "/default_hidden_types"),
            (
                "unsubscribed_news_feed_types",
                "/unsubscribed_news_feed_types",
            ),
            ("individual_id", "/individual_id"),
            ("entity_type", "/entity_type"),
            ("parent_types", "/parent_types"),
        ],
        spans: &[
            ("account_lock_after_date", "/account_lock_after_date"),
            ("created_at", "/created_at"),
            ("updated_at", "/updated_at"),
        ],
        orders: &[
            ("name", "/name"),
            ("user_email", "/user_email"),
            ("firstname", "/firstname"),
            ("lastname", "/lastname"),
            ("language", "/language"),
            ("external", "/external"),
            ("created_at", "/created_at"),
            ("updated_at", "/updated_at"),
        ],
    },
    Shown {
        root: "groups",
        selection: "id name description default_assignation no_creators restrict_delete auto_new_marking \
                    auto_integration_assignation default_hidden_types not_shareable_marking_types created_at updated_at \
                    entity_type standard_id group_confidence_level { max_confidence }",
        texts: &[("name", "/name"), ("description", "/description")],
        wholes: &[
            ("id", "/id"),
            ("standard_id", "/standard_id"),
            ("default_assignation", "/default_assignation"),
            ("no_creators", "/no_creators"),
            ("restrict_delete", "/restrict_delete"),
            ("auto_new_marking", "/auto_new_marking"),
            (
                "auto_integration_assignation",
                "/auto_integration_assignation",
            ),
            ("default_hidden_types", "/default_hidden_types"),
            (
                "not_shareable_marking_types",
                "/not_shareable_marking_types",
            ),
            ("entity_type", "/entity_type"),
        ],
        spans: &[("created_at", "/created_at"), ("updated_at", "/updated_at")],
        orders: &[
            ("name", "/name"),
            ("default_assignation", "/default_assignation"),
            ("no_creators", "/no_creators"),
            ("restrict_delete", "/restrict_delete"),
            ("auto_new_marking", "/auto_new_marking"),
            ("created_at", "/created_at"),
            ("updated_at", "/updated_at"),
            (
                "group_confidence_level",
                "/group_confidence_level/max_confidence",
            ),
        ],
    },
    Shown {
        root: "organizations",
        selection: "id name description contact_information x_opencti_organization_type x_opencti_reliability \
                    x_opencti_aliases x_opencti_stix_ids x_opencti_score confidence revoked lang roles is_inferred \
                    identity_class created modified created_at updated_at entity_type standard_id spec_version \
                    createdBy { id }",
        texts: &[
            ("name", "/name"),
            ("description", "/description"),
            ("contact_information", "/contact_information"),
            (
                "x_opencti_organization_type",
                "/x_opencti_organization_type",
            ),
            ("x_opencti_reliability", "/x_opencti_reliability"),
            ("lang", "/lang"),
        ],
        wholes: &[
            ("id", "/id"),
            ("standard_id", "/standard_id"),
            ("x_opencti_aliases", "/x_opencti_aliases"),
            ("x_opencti_stix_ids", "/x_opencti_stix_ids"),
            ("roles", "/roles"),
            ("revoked", "/revoked"),
            ("is_inferred", "/is_inferred"),
            ("identity_class", "/identity_class"),
            ("spec_version", "/spec_version"),
            ("entity_type", "/entity_type"),
            ("createdBy", "/createdBy"),
        ],
        spans: &[
            ("x_opencti_score", "/x_opencti_score"),
            ("confidence", "/confidence"),
            ("created", "/created"),
            ("modified", "/modified"),
            ("created_at", "/created_at"),
            ("updated_at", "/updated_at"),
        ],
        orders: &[
            ("name", "/name"),
            ("confidence", "/confidence"),
            ("created", "/created"),
            ("modified", "/modified"),
            ("created_at", "/created_at"),
            ("updated_at", "/updated_at"),
            (
                "x_opencti_organization_type",
                "/x_opencti_organization_type",
            ),
            ("x_opencti_score", "/x_opencti_score"),
        ],
    },
    Shown {
        root: "markingDefinitions",
        selection: "id standard_id definition definition_type x_opencti_order x_opencti_color entity_type",
        texts: &[
            ("definition", "/definition"),
            ("definition_type", "/definition_type"),
            ("x_opencti_color", "/x_opencti_color"),
        ],
        wholes: &[
            ("id", "/id"),
            ("standard_id", "/standard_id"),
            ("entity_type", "/entity_type"),
        ],
        spans: &[("x_opencti_order", "/x_opencti_order")],
        orders: &[
            ("definition", "/definition"),
            ("definition_type", "/definition_type"),
            ("x_opencti_order", "/x_opencti_order"),
            ("x_opencti_color", "/x_opencti_color"),
        ],
    },
];

async fn populate(world: &World) {
    let group = group_with(world, "Analysts", &["KNOWLEDGE"]).await;
    for (name, input) in [
        (
            "Ada Lovelace",
            json!({"firstname": "Ada", "lastname": "Lovelace", "description": "Countess", "language": "en-us",
            "theme": "dark", "unit_system": "metric", "submenu_show_icons": true, "unsubscribed_news_feed_types": ["releases"]}),
        ),
        (
            "Émile Zola",
            json!({"user_email": "emile@example.org", "language": "fr-fr", "monochrome_labels": true, "unit_system": "auto",
            "account_lock_after_date": "2031-05-01T00:00:00.000Z"}),
        ),
        (
            "zoe",
            json!({"user_email": "ZOE@example.org", "account_status": "Inactive", "description": "countess too"}),
        ),
        (
            "Bare Machine",
            json!({"user_email": null, "user_service_account": true}),
        ),
        (
            "Machine With Address",
            json!({"user_service_account": true, "theme": "Default"}),
        ),
        (
            "automatic person",
            json!({"user_email": "automatic@example.org", "account_lock_after_date": "2030-01-01T00:00:00.000Z"}),
        ),
    ] {
        world.clock.advance(1_000);
        user(world, name, input).await;
    }
    let patch = "mutation ($id: ID!, $input: [EditInput]!) { groupEdit(id: $id) { fieldPatch(input: $input) { id } } }";
    let edit = |key: &str, value: Value| json!({"key": key, "value": value});
    ask(
        world,
        &world.key,
        patch,
        json!({"id": group, "input": [
            edit("description", json!(["Reads reports"])), edit("no_creators", json!([true])),
            edit("auto_integration_assignation", json!(["global", "feeds"])), edit("default_hidden_types", json!(["Report", "Case"])),
            edit("not_shareable_marking_types", json!(["PAP"])), edit("default_assignation", json!([true])),
        ]}),
    )
    .await;
    let add = "mutation ($input: OrganizationAddInput!) { organizationAdd(input: $input) { id } }";
    for (name, input) in [
        (
            "Acme",
            json!({"description": "Makes things", "x_opencti_score": 7, "confidence": 100, "created": "2020-01-01T00:00:00Z",
            "x_opencti_organization_type": "Vendor", "lang": "en", "roles": ["maker"], "x_opencti_aliases": ["Akmé", "ACME Inc"]}),
        ),
        (
            "bolt",
            json!({"x_opencti_score": 70, "confidence": 5, "modified": "2040-01-01T12:00:00+02:00", "revoked": true,
            "x_opencti_reliability": "A - Completely reliable", "contact_information": "bolt@example.org"}),
        ),
        (
            "Çelik",
            json!({"x_opencti_score": 0, "stix_id": "identity--0b2f5cb0-4e27-4b0a-9b5e-3d6f4f0c7a11", "x_opencti_organization_type": "csirt"}),
        ),
    ] {
        world.clock.advance(1_000);
        let mut input = input;
        input["name"] = name.into();
        ask(world, &world.key, add, json!({"input": input})).await;
    }
}

async fn rows(world: &World, list: &Shown, variables: Value) -> Vec<Value> {
    let root = list.root;
    let order = match root {
        "users" => "UsersOrdering",
        "groups" => "GroupsOrdering",
        "organizations" => "OrganizationsOrdering",
        _ => "MarkingDefinitionsOrdering",
    };
    let query = format!(
        "query ($f: FilterGroup, $by: {order}, $mode: OrderingMode) {{ {root}(first: 1000, filters: $f, orderBy: $by, orderMode: $mode) \
         {{ edges {{ node {{ {} }} }} }} }}",
        list.selection
    );
    let data = ask(world, &world.key, &query, variables).await;
    let edges = data[root]["edges"].as_array().unwrap().iter();
    edges.map(|edge| edge["node"].clone()).collect()
}

fn filter(key: &str, operator: &str, values: Value) -> Value {
    json!({"f": {"mode": "and", "filters": [{"key": [key], "operator": operator, "values": values}], "filterGroups": []}})
}

/// What a row shows at a place, each value as a text that is compared without case and accents.
fn shown(row: &Value, place: &str) -> Vec<String> {
    let each = match row.pointer(place) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.clone(),
        Some(one) => vec![one.clone()],
    };
    let text = |value: &Value| match value {
        Value::String(text) => fold_search(text),
        other => other.to_string(),
    };
    each.iter()
        .map(text)
        .filter(|text| !text.is_empty())
        .collect()
}

fn ids(rows: &[Value], keep: impl Fn(&Value) -> bool) -> Vec<String> {
    let kept = rows.iter().filter(|row| keep(row));
    let mut ids: Vec<String> = kept
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort_unstable();
    ids
}

/// Values of a key, as rows show them, each once.
fn values(all: &[Value], place: &str) -> Vec<Value> {
    let mut values = Vec::new();
    for row in all {
        let each = match row.pointer(place) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items.clone(),
            Some(one) => vec![one.clone()],
        };
        for value in each {
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    values
}

#[tokio::test]
async fn filters_find_the_rows_that_show_the_value() {
    let world = opencti().await;
    populate(&world).await;
    let mut wrong = Vec::new();
    let mut asked = 0;
    for list in LISTS {
        let all = rows(&world, list, json!({})).await;
        let mut check = async |key: &str, operator: &str, values: Value, expected: Vec<String>| {
            let found = rows(&world, list, filter(key, operator, values.clone())).await;
            if ids(&found, |_| true) != expected {
                let names: Vec<_> = found.iter().map(|row| row["name"].clone()).collect();
                wrong.push(format!(
                    "{}: {key} {operator} {values} found {names:?}",
                    list.root
                ));
            }
            asked += 1;
        };
        for (key, place) in list.texts.iter().chain(list.wholes).chain(list.spans) {
            let none = ids(&all, |row| shown(row, place).is_empty());
            let some = ids(&all, |row| !shown(row, place).is_empty());
            check(key, "nil", json!([]), none).await;
            check(key, "not_nil", json!([]), some).await;
            for value in values(&all, place).into_iter().take(6) {
                let folded = shown(&json!({"v": value}), "/v");
                let has = |row: &Value| shown(row, place).iter().any(|own| folded.contains(own));
                check(key, "eq", json!([value]), ids(&all, has)).await;
                check(key, "not_eq", json!([value]), ids(&all, |row| !has(row))).await;
            }
        }
        for (key, place) in list.texts {
            for value in values(&all, place).into_iter().take(6) {
                let letters: Vec<char> = value.as_str().unwrap().chars().collect();
                let middle: String = letters.iter().skip(1).take(4).collect();
                let start: String = letters.iter().take(3).collect();
                let end: String = letters
                    .iter()
                    .skip(letters.len().saturating_sub(3))
                    .collect();
                let globbed = format!("*{middle}*");
                for (operator, part) in [
                    ("contains", &middle),
                    ("starts_with", &start),
                    ("ends_with", &end),
                    ("wildcard", &globbed),
                ] {
                    let wanted = fold_search(part.trim_matches('*'));
                    let has = |row: &Value| {
                        shown(row, place).iter().any(|own| match operator {
                            "starts_with" => own.starts_with(&wanted),
                            "ends_with" => own.ends_with(&wanted),
                            _ => own.contains(&wanted),
                        })
                    };
                    check(key, operator, json!([part]), ids(&all, has)).await;
                }
            }
        }
        for (key, place) in list.spans {
            for value in values(&all, place).into_iter().take(4) {
                let number = |value: &Value| value.as_f64();
                let compare = |row: &Value| {
                    let own = row.pointer(place).filter(|own| !own.is_null())?;
                    match (number(own), number(&value)) {
                        (Some(own), Some(value)) => own.partial_cmp(&value),
                        // Dates are all written in one form.
                        _ => Some(own.as_str().unwrap().cmp(value.as_str().unwrap())),
                    }
                };
                for operator in ["lt", "lte", "gt", "gte"] {
                    let has = |row: &Value| {
                        compare(row).is_some_and(|order| match operator {
                            "lt" => order.is_lt(),
                            "lte" => order.is_le(),
                            "gt" => order.is_gt(),
                            _ => order.is_ge(),
                        })
                    };
                    check(
                        key,
                        operator,
                        json!([value.to_string().trim_matches('"')]),
                        ids(&all, has),
                    )
                    .await;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 500, "{asked}");
}

#[tokio::test]
async fn orders_are_those_of_what_is_shown() {
    let world = opencti().await;
    populate(&world).await;
    for list in LISTS {
        for (order, place) in list.orders {
            for mode in ["asc", "desc"] {
                let mut found = rows(&world, list, json!({"by": order, "mode": mode})).await;
                if mode == "desc" {
                    found.reverse();
                }
                // Names of people are ordered without accents, those of what is unique with them.
                let written = |fold: fn(&str) -> String| -> Vec<String> {
                    let each = found.iter().map(|row| match row.pointer(place) {
                        Some(Value::Number(number)) => format!("{:06}", number.as_i64().unwrap()),
                        Some(Value::String(text)) => fold(text),
                        Some(Value::Bool(flag)) => flag.to_string(),
                        _ => String::new(),
                    });
                    each.collect()
                };
                let texts = written(fold_search);
                let sorted = texts.is_sorted() || written(str::to_lowercase).is_sorted();
                assert!(sorted, "{} {order} {mode}: {texts:#?}", list.root);
                assert!(texts.len() > 3, "{} {order}: {texts:?}", list.root);
            }
        }
    }
}

/// A filter with a value that its key cannot have, or that no row has, finds nothing or is refused; it never widens a
/// list, at any place of a group.
#[tokio::test]
async fn what_is_not_understood_never_widens_a_list() {
    let world = opencti().await;
    populate(&world).await;
    let nonsense = "maybe: no such value";
    for list in LISTS {
        let keys = list.texts.iter().chain(list.wholes).chain(list.spans);
        for (key, _) in keys {
            for operator in [
                "eq",
                "only_eq_to",
                "match",
                "search",
                "contains",
                "starts_with",
                "ends_with",
                "wildcard",
                "within",
                "script",
            ] {
                let single = json!({"key": [key], "operator": operator, "values": [format!("\"{nonsense}\"")]});
                let empty = json!({"mode": "and", "filters": [], "filterGroups": []});
                for group in [
                    json!({"mode": "and", "filters": [single], "filterGroups": []}),
                    json!({"mode": "or", "filters": [single], "filterGroups": [empty]}),
                    json!({"mode": "and", "filters": [], "filterGroups": [{"mode": "or", "filters": [single], "filterGroups": []}]}),
                ] {
                    let query = format!(
                        "query ($f: FilterGroup) {{ {}(filters: $f) {{ edges {{ node {{ id }} }} }} }}",
                        list.root
                    );
                    let reply = super::send(&world, &world.key, &query, json!({"f": group})).await;
                    let answer = reply.json();
                    let rows = answer["data"][list.root]["edges"].as_array();
                    let refused = answer["errors"][0]["name"] == "UNSUPPORTED_ERROR";
                    assert!(
                        refused || rows.is_some_and(Vec::is_empty),
                        "{} {key} {operator} {group}: {answer}",
                        list.root
                    );
                }
            }
        }
    }
}
